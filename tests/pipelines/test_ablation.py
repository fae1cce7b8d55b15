"""What a corpus would be without each rule: built anew from select on, the corpus itself untouched."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from pipelines.ablation import changes_of, corpora_without
from pipelines.corpus import open_corpus, views
from pipelines.errors import UserError
from pipelines.recipe_file import load_recipe
from pipelines.run import RunOptions, run
from tests.conftest import ROOT, fabrica
from tests.trainer.small import small

__all__ = ["small"]


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _kept(folder: Path | str) -> set[str]:
    connection = views(open_corpus(str(folder)))
    return {row[0] for row in connection.sql("SELECT sample_id FROM samples WHERE kept").fetchall()}


def _alone(folder: Path, reason: str) -> set[str]:
    connection = views(open_corpus(str(folder)))
    sql = "SELECT sample_id FROM samples WHERE len(drops) = 1 AND drops[1].reason = $1"
    return {row[0] for row in connection.execute(sql, [reason]).fetchall()}


RECIPE = """
name: ruled
sources:
  - labelled: {dataset: examples/mini-labelled/cards/medmnist.yaml, root: examples/mini-labelled/medmnist}
  - labelled: {dataset: examples/mini-labelled/cards/blood-cells.yaml, root: examples/mini-labelled/blood-cells}
  - labelled: {dataset: examples/mini-labelled/cards/skin.yaml, root: examples/mini-labelled/skin}
caption: [label_caption]
select:
  rules:
    large_enough: "least(width, height) >= 30"
    has_a_caption: "length(caption) > 0"
    not_too_long: "length(caption) < 70"
  split: {val: 0.2, test: 0.3}
"""


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of invented sets, with rules of which some drop rows."""
    folder = tmp_path_factory.mktemp("ruled")
    (folder / "ruled.yaml").write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        recipe = load_recipe(str(folder / "ruled.yaml"))
        run(recipe, str(folder / "corpus"), RunOptions(workers=2, say=lambda _: None))
    return folder / "corpus"


@pytest.fixture
def at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # the recipe's paths start at the repository


@pytest.mark.usefixtures("at_root")
def test_each_rule_is_left_out_and_nothing_else(ruled: Path, tmp_path: Path) -> None:
    before = _files(ruled)
    said: list[str] = []
    found = corpora_without(str(ruled), tmp_path / "out", said.append)
    recipe = json.loads((ruled / "corpus.json").read_text())["recipe"]
    assert [each.rule for each in found][: len(recipe["select"]["rules"])] == list(
        recipe["select"]["rules"]
    )
    made = [each for each in found if each.corpus]
    assert made, "the demo has a rule that drops rows"
    for each in made:
        assert each.corpus
        more = _alone(ruled, each.rule)
        assert more
        assert _kept(each.corpus.url) == _kept(ruled) | more
        assert f"without {each.rule}: {len(more)} more rows" in "\n".join(said)
        assert (
            recipe["select"]
            != json.loads((Path(each.corpus.url) / "corpus.json").read_text())["recipe"]["select"]
        )
        stages = Path(each.corpus.url) / "stages" / "extract" / "part-00000.parquet"
        assert os.path.samefile(stages, ruled / "stages/extract/part-00000.parquet")
    for each in found:
        if not each.corpus:
            assert each.skipped == "no row is dropped by it alone"
            assert not _alone(ruled, each.rule)
    assert _files(ruled) == before


@pytest.mark.usefixtures("at_root", "small")
def test_the_command_says_what_each_rule_is_worth(
    ruled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("train", ruled, "--ablate", "rules", "--out", tmp_path / "t", "--json")
    quick = ("--seeds", 2, "--samples", 64, "--set", "batch=16")
    code, out, err = fabrica(capsys, *command, *quick)
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert result["command"] == "ablate"
    rules = {each["rule"]: each for each in result["ablation"]}
    assert rules["large_enough"]["condition"] == "least(width, height) >= 30"
    tried = [each for each in rules.values() if not each["skipped"]]
    assert all(each["overall"]["verdict"] in ("better", "worse", "tie") for each in tried)
    assert all(each["rows_without"] >= each["rows_with"] for each in tried)


def test_a_corpus_without_working_files_or_rules_says_so(ruled: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(ruled, bare)
    state = json.loads((bare / "corpus.json").read_text())
    state["recipe"]["select"]["rules"] = {}
    (bare / "corpus.json").write_text(json.dumps(state))
    with pytest.raises(UserError, match="has no rules to leave out"):
        corpora_without(str(bare), tmp_path / "out", print)
    shutil.rmtree(bare / "stages")
    with pytest.raises(UserError, match="--clean"):
        corpora_without(str(bare), tmp_path / "out", print)


def test_parts_of_select_that_drop_rows_count_as_rules(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE + "  near_duplicates: {hamming: 4}\n")
    recipe = load_recipe(str(tmp_path / "r.yaml"), ["select.split.val=0.1"])
    changes = {name: (reason, changed) for name, _, reason, changed in changes_of(recipe)}
    assert list(changes) == ["large_enough", "has_a_caption", "not_too_long", "near_duplicates"]
    reason, without = changes["near_duplicates"]
    assert reason == "near_duplicate"
    assert without.select.near_duplicates is None
    assert without.select.rules == recipe.select.rules
    assert "large_enough" not in changes["large_enough"][1].select.rules
    assert changes["large_enough"][1].select.near_duplicates == recipe.select.near_duplicates
