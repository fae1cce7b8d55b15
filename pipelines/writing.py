"""write: texts and questions by served models for every row of a partition; none is added or lost.

Many rows are worked on at a time, each through its tasks in order. Every answer is journaled as it
arrives, so that a run which is stopped anywhere asks nothing twice.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import duckdb
import msgspec

from llm_rewrite.asking.endpoint import ModelUnavailable
from llm_rewrite.asking.journal import Journal
from llm_rewrite.asking.refusals import is_refusal
from llm_rewrite.asking.usage import Usage
from llm_rewrite.asking.window import slide
from llm_rewrite.task import Tools
from llm_rewrite.writing import Ask, Exchange, Step, write_row
from pipelines import layout
from pipelines import pool as workers
from pipelines.context import Context, settled, unsettled
from pipelines.errors import RunFailed, UserError
from pipelines.guard import RowLost
from pipelines.listing import all_done
from pipelines.models import check_models, opened_models, prompts_waiting, width_of
from pipelines.pool import Progress
from pipelines.sharding import read_range
from pipelines.steps import rows_view, rows_where, step_state, steps_of
from pipelines.write_tools import check_tools, tools_for, tools_state
from schemas.identifiers import part_name
from schemas.manifest import samples_from_table, stage_rows_to_table
from schemas.sample import Image, Sample, dropped

STAGE = "write"
_BEAT_S = 5.0

# Told what was said for a row by a step, as soon as the row is through it.
Tell = Callable[[Sample, Step, Sequence[Exchange]], None]


@dataclass(frozen=True)
class Writing:
    """What is to be done: the steps, what checks need, and for each step the ids it is for."""

    steps: Sequence[Step]
    tools: Tools
    wanted: Sequence[frozenset[str]]


class Begun:
    """Tells the pool the row that was begun last, again and again."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._row = progress, ""

    def tell(self, row: str = "") -> None:
        """A sign of life, at this row from now on where one is given."""
        self._row = row or self._row
        self._progress(self._row)


def check_writing(context: Context, reach: bool = True) -> None:
    """Raise `UserError` for a model that cannot be asked, before any row is read.

    `reach`: whether the machine that starts the run must reach the servers too. Where all is
    written already no model is needed.
    """
    recipe = context.recipe
    if not recipe.write:
        return
    check_tools(recipe)
    try:
        check_models([step.options for step in steps_of(recipe.write, recipe.writer)], reach)
    except UserError:
        if not all_done(context, layout.written_part, write_fingerprint):
            raise


def check_waiting(context: Context, partitions: int) -> None:
    """Raise `RunFailed` where prompts lie in files that a batch job has yet to answer."""
    recipe = context.recipe
    files = prompts_waiting([step.options for step in steps_of(recipe.write, recipe.writer)])
    if not files or not any(
        "unsettled" in context.store.fingerprint(layout.written_part(p)) for p in range(partitions)
    ):
        return
    raise RunFailed(
        f"prompts wait for a batch job: {len(files)} files, the first is {files[0]}\n"
        f"answer each, as in: vllm run-batch -i {files[0]} "
        f"-o {files[0].with_suffix('.out.jsonl')} --model MODEL (as the recipe names it), or all "
        "at once: cat part-*.jsonl > all.jsonl, answered into all.out.jsonl; then run again"
    )


def write_partition(
    context: Context, partition: int, skip: Mapping[str, str], progress: Progress
) -> dict[str, int]:
    """Worker: the rows of the stage before with what models wrote, to `part-N.parquet`."""
    store, recipe = context.store, context.recipe
    target = layout.written_part(partition)
    fingerprint = write_fingerprint(context, partition)
    if store.fingerprint(target) == fingerprint:
        return {"write_before": 1}
    rows = samples_from_table(store.read_table(context.unwritten_part(partition)))
    steps = steps_of(recipe.write, recipe.writer)
    work = Writing(steps, tools_for(recipe), wanted_rows(rows, steps, recipe.caption))
    journal = Journal(store.address(layout.ANSWERS), part_name(partition))
    usage, failed = Usage(), list[str]()
    with ExitStack() as files:
        files.callback(journal.close)

        @functools.cache
        def tar(path: str) -> BinaryIO:
            return files.enter_context(store.opened(path))

        one_reader = threading.Lock()

        def picture(image: Image) -> bytes:
            with one_reader:  # pictures are read in threads, and a tar has one place to read at
                return read_range(tar(image.path), image)

        async def everything() -> list[Sample]:
            options = [step.options for step in steps]
            name, share = part_name(partition), _processes(context)
            begun = Begun(progress)
            async with (
                _beating(begun),  # also while a server loads its model
                opened_models(options, name, journal, usage, picture, share) as ask,
            ):
                return await _written(work, rows, skip, ask, begun, failed)

        try:
            with _out_of_sight():
                written = asyncio.run(everything())
        except ModelUnavailable as error:
            raise UserError(f"write: {error}") from None
    if [row.sample_id for row in written] != [row.sample_id for row in rows]:
        raise RowLost(f"write was given {len(rows)} rows and has {len(written)}")
    store.write(layout.usage_part(partition), msgspec.json.encode(usage))
    drops = [drop for row in written for drop in row.drops]
    done = unsettled(settled(fingerprint, drops), failed)
    store.write_table(target, stage_rows_to_table(written), done)
    return {"written": len(written)}


def _processes(context: Context) -> int:
    """How many processes ask at a time: there are no more than partitions."""
    if context.workers <= 1:
        return 1
    return min(context.workers, len(context.store.names(layout.REFS)))


def write_fingerprint(context: Context, partition: int) -> str:
    """What the written part of a partition must carry to be up to date."""
    recipe = context.recipe
    return context.fingerprint(
        STAGE,
        [step_state(step) for step in steps_of(recipe.write, recipe.writer)],
        recipe.caption,
        tools_state(recipe),
        context.store.fingerprint(context.unwritten_part(partition)),
    )


def wanted_rows(
    rows: Sequence[Sample], steps: Sequence[Step], caption: Sequence[str]
) -> list[frozenset[str]]:
    """For each step the ids of the rows that its `where` chooses. Raises `UserError`."""
    everyone = frozenset(row.sample_id for row in rows)
    if not any(step.options.where for step in steps):
        return [everyone] * len(steps)
    with rows_view(rows, caption) as connection:
        return [
            frozenset(_rows_where(connection, step)) if step.options.where else everyone
            for step in steps
        ]


def _rows_where(connection: duckdb.DuckDBPyConnection, step: Step) -> set[str]:
    try:
        return rows_where(connection, step.options.where)
    except UserError as error:  # a condition may fail on a value that no empty table has
        raise UserError(f"write: {step.name}.{error}") from None


async def write_steps(row: Sample, work: Writing, ask: Ask, tell: Tell) -> Sample:
    """The row after all steps that want it; one that must not be changed as it is."""
    for step, wanted in zip(work.steps, work.wanted, strict=True):
        if row.sample_id not in wanted:
            continue
        if why := _untouchable(row):
            row = msgspec.structs.replace(row, meta={**row.meta, step.name: f"skipped: {why}"})
            continue
        row, exchanges = await write_row(row, step, ask, work.tools)
        tell(row, step, exchanges)
    return row


def _untouchable(row: Sample) -> str:
    """Why nothing may be made of a row, or need be; empty where it may."""
    if not row.licence.derivatives:
        return "no_derivatives"
    return "retracted" if row.licence.retracted else ""


async def _written(
    work: Writing,
    rows: Sequence[Sample],
    skip: Mapping[str, str],
    ask: Ask,
    begun: Begun,
    failed: list[str],
) -> list[Sample]:
    """All rows in order; what failed and may pass is added to `failed`. So is what a server
    refuses of a step of which it answers nothing, which may be its own fault.

    Where a row ended the process before, rows are worked on singly, so that the pool sees which.
    """

    refused, answered = defaultdict[str, list[str]](list), set[str]()

    def tell(row: Sample, step: Step, exchanges: Iterable[Exchange]) -> None:
        found = dict.fromkeys(e.problem for e in exchanges if e.passing)
        failed.extend(f"{row.sample_id} {step.name}: {problem}" for problem in found)
        replies = [reply for exchange in exchanges for reply in exchange.replies]
        refused[step.name] += sorted({r.problem for r in replies if is_refusal(r)})
        answered.update({step.name} if any(not reply.problem for reply in replies) else ())

    async def one(row: Sample) -> Sample:
        if row.drops:
            return row
        if row.sample_id in skip:
            return dropped(row, STAGE, "fault", skip[row.sample_id])
        begun.tell(row.sample_id)
        try:
            return await write_steps(row, work, ask, tell)
        except (ModelUnavailable, UserError):
            raise
        except Exception as error:  # One bad row must not stop the others.
            why = f"{type(error).__name__}: {error}"
            return dropped(row, STAGE, "fault", why.encode("utf-8", "backslashreplace").decode())

    width = 1 if workers.one_at_a_time else width_of([step.options for step in work.steps])
    written = await slide(rows, one, width)
    for name in refused.keys() - answered:
        failed.extend(f"{name}: {problem}" for problem in refused[name])
    return written


@contextmanager
def _out_of_sight() -> Iterator[None]:
    """What is there now, all rows and the linker, is not looked through for cycles meanwhile: it
    stays, and each look would hold up all requests for a tenth of a second."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@asynccontextmanager
async def _beating(begun: Begun):
    """Signs of life while answers are waited for; each request has a time limit of its own."""

    async def beat() -> None:
        while True:
            begun.tell()
            await asyncio.sleep(_BEAT_S)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
