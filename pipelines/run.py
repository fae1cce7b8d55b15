"""A whole run, on one page: list, extract (figures, link, write, score), select, shard, manifest, papers.

Every step skips what is already done, so a run that was stopped anywhere goes on where it was.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from extractors.sources import SOURCES
from pipelines import layout
from pipelines.beam import DEFAULT_RUNNER, pipeline_options, run_tasks
from pipelines.comparing import check_evaluations
from pipelines.context import Context
from pipelines.cost import cost_lines, usage_of
from pipelines.errors import RunFailed, UserError
from pipelines.figures import check_options
from pipelines.knowledge import write_vocabulary_in_use
from pipelines.linking import check_linking
from pipelines.listing import Listing, freeze, read_listing
from pipelines.papers import write_papers
from pipelines.progress import Progress, watch
from pipelines.recipe import Recipe
from pipelines.report import write_report
from pipelines.scoring import check_scoring
from pipelines.selecting import select
from pipelines.storage import Store
from pipelines.summary import Summary, summarise
from pipelines.version import VERSION
from pipelines.writing import check_waiting, check_writing
from schemas.identifiers import short_hash

_AFTER_EXTRACT = (layout.FIGURES, layout.LINKED)
_BY_PARTITION = (
    layout.MANIFEST,
    layout.PICTURE_SIGNATURES,
    layout.TEXT_SIGNATURES,
    layout.EMBEDDINGS,
)


@dataclass(frozen=True)
class RunOptions:
    """How to run, as opposed to what: nothing here changes the corpus."""

    workers: int = 0
    runner: str = DEFAULT_RUNNER
    beam_arguments: Sequence[str] = ()
    list_again: bool = False
    clean: bool = False
    cache: str = ""
    say: Callable[[str], None] = print

    @property
    def worker_count(self) -> int:
        return self.workers or os.cpu_count() or 1


def run(recipe: Recipe, out: str, options: RunOptions) -> Summary:
    """Build (or finish, or bring up to date) the corpus at `out`; returns its numbers.

    Raises `UserError` for what the user must change and `RunFailed` for partitions that failed.
    """
    store = Store(out)
    pipeline_options(options.runner, options.beam_arguments)
    check_options(recipe.figures)
    check_linking(recipe)
    check_evaluations(recipe)
    context = Context(
        recipe_json=recipe.model_dump_json(by_alias=True, exclude_unset=True),
        out=store.url,
        workers=_workers(recipe, options),
        folder=os.getcwd(),
        cache=options.cache or _default_cache(store),
    )
    check_writing(context, reach=options.runner == DEFAULT_RUNNER)
    check_scoring(context)
    _check_folder(store, recipe)
    if done := _cleaned(store, context, options):
        return done
    # Its presence means complete, which the corpus is not while it changes.
    store.remove(layout.CORPUS_JSON)
    store.sweep()
    old = read_listing(store)
    listing = freeze(context, options.list_again)
    _say_listing(listing, old, options)
    spread("extract", listing.partitions, context.unwritten_folder, context, options)
    _remove_empty(context.cache)
    if recipe.write:
        spread("write", listing.partitions, layout.WRITTEN, context, options)
        check_waiting(context, listing.partitions)
        _say_cost(store, listing.partitions, options)
    if recipe.scores:
        spread("score", listing.partitions, layout.SCORED, context, options)
    shards = select(context, listing)
    spread("shard", len(shards), layout.SHARD_INDEX, context, options)
    spread("manifest", listing.partitions, layout.MANIFEST, context, options)
    _remove_stale(store, {s.name for s in shards}, listing.partitions)
    _remove_unasked(store, recipe)
    write_vocabulary_in_use(store, recipe.concepts, listing.partitions)
    summary = summarise(store, listing.partitions, [s.name for s in shards])
    write_papers(store, recipe, summary)
    write_report(store, recipe.name, summary, recipe)
    store.sweep()
    complete(store, context, recipe, summary)
    if options.clean:
        store.remove("stages", folder=True)
    _check_faults(recipe, summary)
    return summary


def _workers(recipe: Recipe, options: RunOptions) -> int:
    """Processes to use: not more than a source allows requests at a time."""
    limits = [
        SOURCES[name].threads(source)
        for name, source in recipe.source_options()
        if SOURCES[name].is_remote(source)
    ]
    return min([options.worker_count, *limits])


def _default_cache(store: Store) -> str:
    """Fetched files wait here until their partition is committed."""
    if store.is_local:
        return store.path("stages/fetched")
    return os.path.join(tempfile.gettempdir(), f"fabrica-fetched-{short_hash(store.url)}")


def _remove_empty(folder: str) -> None:
    with contextlib.suppress(OSError):  # not there, or some partition still wants its files
        os.rmdir(folder)


def _check_folder(store: Store, recipe: Recipe) -> None:
    """The folder must be new, empty, or hold this very corpus."""
    try:
        names = store.names("")
    except UserError:
        raise
    except Exception as error:  # Each storage has its own errors for "no such bucket", "no key".
        raise UserError(f"--out {store.url}: {type(error).__name__}: {error}") from None
    if layout.CORPUS_JSON in names:
        try:
            found = json.loads(store.read(layout.CORPUS_JSON)).get("name")
        except ValueError:
            found = None
        if found != recipe.name:
            raise UserError(
                f"{store.url} holds another corpus ({found!r}, not {recipe.name!r}); "
                "choose another --out, or delete it"
            )
    elif names and "stages" not in names:
        raise UserError(f"{store.url} is not empty and holds no corpus; choose another --out")
    owner = "stages/recipe-name"
    if "stages" in names and store.exists(owner) and store.read_text(owner) != recipe.name:
        raise UserError(
            f"{store.url} holds an unfinished corpus of another recipe "
            f"({store.read_text(owner)!r}); choose another --out, or delete it"
        )
    if layout.CORPUS_JSON not in names and not store.exists(owner):
        store.write(owner, recipe.name)


def _cleaned(store: Store, context: Context, options: RunOptions) -> Summary | None:
    """The numbers of a complete corpus whose working files were removed; nothing can be redone."""
    if store.exists("stages") or not store.exists(layout.CORPUS_JSON):
        return None
    state = json.loads(store.read(layout.CORPUS_JSON))
    if state.get("recipe") != context.recipe.public() or options.list_again:
        raise UserError(
            f"{store.url}: its working files were removed (--clean), so it cannot be changed; "
            "choose another --out, or use: fabrica curate"
        )
    options.say("the corpus is complete; nothing to do")
    return summarise(store, int(state["partitions"]), list(state["shards"]))


def _say_listing(listing: Listing, old: Listing | None, options: RunOptions) -> None:
    if old is None:
        options.say(f"list: {listing.documents:,} documents in {listing.partitions} partitions")
    elif old == listing:
        options.say(
            f"list: {listing.documents:,} documents, as frozen before (--relist looks for new ones)"
        )
    else:
        added = listing.documents - old.documents
        options.say(f"list: {added:,} documents are new or may have changed")


def spread(task: str, count: int, folder: str, context: Context, options: RunOptions) -> None:
    """Run a task for numbers 0 to count-1 on Beam, under a progress bar."""
    store = context.store
    for name in store.names(f"stages/{task}"):
        if name.endswith(".failed"):
            store.remove(f"stages/{task}/{name}")
    try:
        with watch(Progress(_title(task, folder), count, store, folder), options.say):
            run_tasks(task, range(count), context, options.runner, options.beam_arguments)
    finally:
        store.sweep()
    failed = [n for n in store.names(f"stages/{task}") if n.endswith(".failed")]
    if failed:
        lines = [
            f"{task} {_number(n):05d}: {store.read_text(f'stages/{task}/{n}')}" for n in failed
        ]
        raise RunFailed("\n".join([*lines, "the others are done; run again to try these again"]))


def _say_cost(store: Store, partitions: int, options: RunOptions) -> None:
    """What the models took, as lines and as `stages/write/usage.json`."""
    usage = usage_of(store, partitions)
    plain = {name: task.plain() for name, task in sorted(usage.tasks.items())}
    store.write(layout.USAGE_JSON, json.dumps(plain, indent=1) + "\n")
    for line in cost_lines(usage):
        options.say(line)


def _title(task: str, folder: str) -> str:
    """What a progress bar says: the task, with the last stage it goes through."""
    return f"{task}, {folder.partition('/')[2]}" if folder in _AFTER_EXTRACT else task


def _number(name: str) -> int:
    """42 of `part-00042.parquet`."""
    return int(name.removeprefix("part-").partition(".")[0])


def _remove_stale(store: Store, shards: set[str], partitions: int) -> None:
    """Files of an earlier state of this corpus that the new one does not have."""
    for name in store.names(layout.SHARDS):
        if name.removesuffix(".tar") not in shards:
            store.remove(f"{layout.SHARDS}/{name}")
    for name in store.names(layout.SHARD_INDEX):
        if name.removesuffix(".parquet") not in shards:
            store.remove(f"{layout.SHARD_INDEX}/{name}")
    for folder in _BY_PARTITION:
        for name in store.names(folder):
            if _number(name) >= partitions:
                store.remove(f"{folder}/{name}")


def _remove_unasked(store: Store, recipe: Recipe) -> None:
    """What stages left that an earlier state of the recipe had."""
    asked = {
        layout.FIGURES: recipe.figures.split,
        layout.LINKED: recipe.links,
        layout.WRITTEN: bool(recipe.write),
        layout.SCORED: recipe.scores,
        layout.PICTURE_SIGNATURES: recipe.scores,
        layout.TEXT_SIGNATURES: recipe.scores,
        layout.EMBEDDINGS: bool(recipe.score and recipe.score.clip),
    }
    for folder, wanted in asked.items():
        if not wanted:
            store.remove(folder, folder=True)


def complete(
    store: Store,
    context: Context,
    recipe: Recipe,
    summary: Summary,
    origin: Mapping[str, object] | None = None,
) -> None:
    """Write corpus.json, last: its presence means that all else is there."""
    state = {
        "name": recipe.name,
        "fabrica": VERSION,
        "recipe": recipe.public(),
        "fingerprint": store.fingerprint(layout.PLAN),
        "counts": summary.counts(),
        "shards": summary.shards,
        "partitions": summary.partitions,
        **(origin or {}),
    }
    store.write(layout.CORPUS_JSON, json.dumps(state, indent=1, sort_keys=True) + "\n")


def _check_faults(recipe: Recipe, summary: Summary) -> None:
    share = summary.faults / summary.rows if summary.rows else 0.0
    if share > recipe.run.max_fault_share:
        raise RunFailed(
            f"{summary.faults:,} of {summary.rows:,} rows are faults ({share:.1%}; the recipe "
            f"allows {recipe.run.max_fault_share:.1%}). The corpus is complete; see why with: "
            "fabrica query CORPUS \"SELECT sample_id, detail FROM drops WHERE reason = 'fault'\""
        )
