"""A corpus as it would be without one of its rules, for each rule: select and shard are run again.

What came before select is shared: its files are linked, or copied where a disk has no links.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import layout
from pipelines.corpus import Corpus, open_corpus, recipe_of, views
from pipelines.errors import UserError
from pipelines.recipe import Recipe
from pipelines.run import RunOptions, run

if TYPE_CHECKING:
    from trainer.commands import Without

_AFTER_SCORE = {"select", "shard"}
# Parts of select that drop rows without a rule of SQL, by the drop reason they give.
_PARTS = {"near_duplicates": "near_duplicate", "duplicate_texts": "duplicate_text"}


def corpora_without(where: str, out: Path, say: Callable[[str], None]) -> list[Without]:
    """The corpora without each rule, below `out`/ablation. Raises `UserError` for a corpus that
    has no rules, or whose working files are gone."""
    from trainer.arms import Corpus as Named
    from trainer.commands import Without

    corpus = open_corpus(where)
    recipe = _recipe(corpus)
    alone = _dropped_alone(corpus)
    found: list[Without] = []
    for rule, condition, reason, changed in changes_of(recipe):
        rows = alone.get(reason, 0)
        if not rows:
            found.append(Without(rule, condition, None, "no row is dropped by it alone"))
            continue
        say(f"without {rule}: {rows:,} more rows; building that corpus")
        place = str(out / "ablation" / rule)
        _share_stages(corpus, place)
        run(changed, place, RunOptions(say=lambda _: None))
        found.append(Without(rule, condition, Named(f"without {rule}", place)))
    return found


def _recipe(corpus: Corpus) -> Recipe:
    if "curated" in corpus.state:
        raise UserError(f"{corpus.store.url}: was curated; its rules cannot be left out any more")
    if not corpus.store.exists(layout.EXTRACTED):
        raise UserError(
            f"{corpus.store.url}: its working files were removed (--clean); run its recipe again "
            "into another folder"
        )
    if not corpus.store.is_local:
        raise UserError(f"{corpus.store.url}: --ablate needs a corpus on a local disk")
    recipe = recipe_of(corpus)
    if not any(True for _ in changes_of(recipe)):
        raise UserError(f"{corpus.store.url}: its recipe has no rules to leave out")
    return recipe


def changes_of(recipe: Recipe) -> Iterator[tuple[str, str, str, Recipe]]:
    """Each rule: its name, condition, drop reason, and the recipe without it."""
    select = recipe.select
    for name, condition in select.rules.items():
        others = {n: c for n, c in select.rules.items() if n != name}
        yield name, condition, name, _with(recipe, rules=others)
    for name, reason in _PARTS.items():
        if getattr(select, name) is not None:
            yield name, str(getattr(select, name)), reason, _with(recipe, **{name: None})


def _with(recipe: Recipe, **changed: object) -> Recipe:
    return recipe.model_copy(update={"select": recipe.select.model_copy(update=changed)})


def _dropped_alone(corpus: Corpus) -> dict[str, int]:
    """How many rows have this drop mark and no other."""
    connection = views(corpus)
    found = connection.sql(
        "SELECT drops[1].reason, count(*) FROM samples "
        "WHERE NOT kept AND len(drops) = 1 AND drops[1].stage = 'select' GROUP BY 1"
    )
    return dict(found.fetchall())


def _share_stages(corpus: Corpus, place: str) -> None:
    """Give a new folder the files of all stages up to score."""
    source = Path(corpus.store.path())
    for folder in (layout.PICTURE_SIGNATURES, layout.TEXT_SIGNATURES, layout.EMBEDDINGS):
        if (source / folder).is_dir():
            _link_tree(source / folder, Path(place) / folder)
    for stage in sorted((source / "stages").iterdir()):
        target = Path(place) / "stages" / stage.name
        if stage.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(str(stage), str(target))
        elif stage.name not in _AFTER_SCORE:
            _link_tree(stage, target)


def _link_tree(source: Path, target: Path) -> None:
    shutil.copytree(source, target, copy_function=_link, dirs_exist_ok=True)


def _link(source: str, target: str) -> None:
    """A second name of a finished file, which is only ever replaced, never written into."""
    if os.path.exists(target):
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
