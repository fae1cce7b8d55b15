"""`fabrica write`: one task on a few rows of a corpus, all of it on the screen, to work on prompts.

Nothing is stored: what is seen here is what a run with these options would write.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import msgspec
import yaml

from llm_rewrite.endpoint import ModelUnavailable
from llm_rewrite.journal import Journal
from llm_rewrite.tasks import TASKS
from llm_rewrite.usage import Usage
from llm_rewrite.window import slide
from llm_rewrite.writing import Exchange, Judged, Step, request_of
from pipelines.corpus import Corpus, open_corpus, recipe_of, views
from pipelines.errors import UserError
from pipelines.models import check_models, opened_models, width_of
from pipelines.recipe import Recipe, load_recipe
from pipelines.selecting import check_where
from pipelines.sharding import read_range
from pipelines.steps import check_step, step_of
from pipelines.write_tools import tools_for
from pipelines.writing import Writing, write_steps
from schemas.manifest import MANIFEST, samples_from_table
from schemas.sample import Image, Question, Sample, Text

_NARROWEST = 60
_MOST_ROWS = 1000


@dataclass(frozen=True)
class Shown:
    """A row with all that was said for it; `word` is the one line that the record would carry."""

    row: Sample
    exchanges: Sequence[Exchange]
    word: str


def run(options: argparse.Namespace) -> int:
    """The command. Raises `UserError`."""
    if options.task not in TASKS:
        from schemas.options import suggestion

        raise UserError(f"{options.task!r} is no task{suggestion(options.task, TASKS)}")
    if not 1 <= options.rows <= _MOST_ROWS:
        raise UserError(f"--rows: {options.rows}: from 1 to {_MOST_ROWS}")
    corpus = open_corpus(options.corpus)
    recipe = load_recipe(options.recipe) if options.recipe else _recipe_of(corpus)
    step = _step(recipe, options.task, options.set, options.dry)
    if step.options.batch and not options.dry:
        raise UserError("fabrica write asks at once: --set batch= --set endpoint=URL, or --dry")
    rows = _rows(corpus, options.where or step.options.where, step, options.rows)
    shown = _dry(rows, step, recipe) if options.dry else _asked(corpus, rows, step, recipe)
    if options.json:
        print(json.dumps([_as_dict(one) for one in shown], ensure_ascii=False))
        return 0
    width = max(_NARROWEST, shutil.get_terminal_size((120, 40)).columns)
    for line in _page(step, shown, width):
        print(line)
    return 0


def _recipe_of(corpus: Corpus) -> Recipe:
    try:
        return recipe_of(corpus)
    except UserError as error:
        raise UserError(f"{error}; give one with --recipe") from None


def _step(recipe: Recipe, task: str, changes: Sequence[str], dry: bool) -> Step:
    """The task as the recipe has it, with changes; its defaults where the recipe has it not."""
    given: dict[str, Any] = {}
    for entry in recipe.write:
        if task in entry:
            given = dict(entry[task] or {})
            break
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or not key:
            raise UserError(f"--set {change}: write it as key=value")
        _set(given, key.split("."), yaml.safe_load(value) if value else "")
    if dry:
        given = {"model": "none", "endpoint": "http://localhost/v1", **given}
    checked = check_step(0, {task: given}, recipe.writer, lambda path: path, "fabrica write")
    return step_of(task, checked[task], recipe.writer)


def _set(given: dict[str, Any], path: Sequence[str], value: object) -> None:
    place = given
    for part in path[:-1]:
        inner = place.setdefault(part, {})
        if not isinstance(inner, dict):
            raise UserError(f"--set {'.'.join(path)}: {part!r} leads nowhere")
        place = inner
    place[path[-1]] = value


def _rows(corpus: Corpus, where: str, step: Step, most: int) -> list[Sample]:
    """Kept rows for which the task has something to ask, in an order that does not change."""
    connection = views(corpus)
    if where:
        check_where(where, connection)
    columns = ", ".join(f'"{field.name}"' for field in MANIFEST)
    sql = f"SELECT {columns} FROM samples WHERE kept AND ({where or 'true'}\n) ORDER BY md5(sample_id)"
    try:
        reader = connection.sql(sql).to_arrow_reader(max(64, most))
    except duckdb.Error as error:
        raise UserError(f"--where: {' '.join(str(error).split())[:300]}") from None
    found: list[Sample] = []
    for batch in reader:
        for row in samples_from_table(_table(batch)):
            if len(found) < most:
                found.append(_before(row, step.task.name))
        if len(found) >= most:
            break
    if not found:
        raise UserError("no kept row meets the condition")
    return found


def _table(batch):
    import pyarrow as pa

    return pa.Table.from_batches([batch]).cast(MANIFEST)


def _before(row: Sample, task: str) -> Sample:
    """The row without what an earlier run of this task wrote."""
    mine = f"{task}/"
    texts = [text for text in row.texts if not text.prompt.startswith(mine)]
    questions = [q for q in row.questions if not q.prompt.startswith(mine)]
    return msgspec.structs.replace(row, texts=texts, questions=questions)


def _dry(rows: Sequence[Sample], step: Step, recipe: Recipe) -> list[Shown]:
    tools = tools_for(recipe)
    shown = []
    for row in rows:
        prompts = step.task.prompts(row, step.options, tools)
        exchanges = [Exchange(p, request_of(row, p, step), ()) for p in prompts]
        shown.append(Shown(row, exchanges, "nothing to ask" if not prompts else "not asked"))
    return shown


def _asked(corpus: Corpus, rows: Sequence[Sample], step: Step, recipe: Recipe) -> list[Shown]:
    """Each row with what the model said. Raises `UserError`."""
    check_models([step.options], reach=True)
    everyone = frozenset(row.sample_id for row in rows)
    work = Writing([step], tools_for(recipe), [everyone])
    usage = Usage()

    def picture(image: Image) -> bytes:
        with corpus.store.opened(image.path) as file:
            return read_range(file, image)

    async def everything() -> list[Shown]:
        async with opened_models([step.options], "write", journal, usage, picture) as ask:

            async def one(row: Sample) -> Shown:
                said: list[Exchange] = []
                done = await write_steps(row, work, ask, lambda r, s, e: said.extend(e))
                return Shown(row, said, done.meta.get(step.name, "nothing to ask"))

            return await slide(rows, one, width_of([step.options]))

    with tempfile.TemporaryDirectory(prefix="fabrica-write-") as folder:
        journal = Journal(folder, "write")
        try:
            return asyncio.run(everything())
        except ModelUnavailable as error:
            raise UserError(f"write: {error}") from None
        finally:
            journal.close()


def _as_dict(shown: Shown) -> dict[str, Any]:
    return {
        "sample_id": shown.row.sample_id,
        "result": shown.word,
        "exchanges": [
            {
                "subject": exchange.prompt.subject,
                "system": exchange.request.system,
                "user": exchange.request.user,
                "images": [image.path for image in exchange.request.images],
                "replies": [msgspec.to_builtins(reply) for reply in exchange.replies],
                "problem": exchange.problem,
                "written": [_judged_as_dict(judged) for judged in exchange.judged],
            }
            for exchange in shown.exchanges
        ],
    }


def _judged_as_dict(judged: Judged) -> dict[str, Any]:
    made = judged.draft.made
    return {
        "made": msgspec.to_builtins(made) if made is not None else None,
        "scores": judged.draft.scores,
        "findings": [str(finding) for finding in judged.findings],
        "rejected": judged.rejected,
    }


def _page(step: Step, shown: Sequence[Shown], width: int) -> Iterator[str]:
    """The fixed prompt once, then for each row its material beside the answer, and the verdict."""
    first = next((e for one in shown for e in one.exchanges), None)
    yield f"{step.name}  {step.prompt_id}  {step.options.model}"
    if first is not None:
        yield from _wrapped(first.request.system, width, "  ")
    for one in shown:
        yield ""
        yield f"{'=' * 4} {one.row.sample_id}  {one.word}".ljust(width, " ")
        for exchange in one.exchanges:
            pictures = (
                f"({len(exchange.request.images)} picture) " if exchange.request.images else ""
            )
            yield from _beside(
                f"{pictures}{exchange.request.user}", "\n\n".join(_said(exchange)), width
            )
            for judged in exchange.judged:
                yield _verdict(judged)
            if exchange.problem:
                yield f"  no answer: {exchange.problem}"


def _said(exchange: Exchange) -> Iterator[str]:
    """What was written; where nothing could be made of a reply, the reply itself."""
    if not exchange.judged:
        yield from (reply.content or reply.problem for reply in exchange.replies)
    for judged in exchange.judged:
        made = judged.draft.made
        if isinstance(made, Text):
            yield made.text
        elif isinstance(made, Question):
            options = [f"{'*' if o in made.answer.split('; ') else '-'} {o}" for o in made.options]
            lines = [f"{made.kind}: {made.question}", *options, f"answer: {made.answer}"]
            lines += [f"rationale: {made.rationale}"] if made.rationale else []
            lines += [f"rejected: {made.rejected} (weight {made.weight})"] if made.rejected else []
            yield "\n".join(lines)
        if judged.draft.scores:
            yield "  ".join(f"{name} {value:g}" for name, value in judged.draft.scores.items())


def _verdict(judged: Judged) -> str:
    word = "rejected" if judged.rejected else "flagged" if judged.findings else "well"
    return f"  {word}{': ' if judged.findings else ''}{'; '.join(map(str, judged.findings))}"


def _beside(left: str, right: str, width: int) -> Iterator[str]:
    """Two texts in two columns."""
    half = (width - 3) // 2
    columns = [list(_wrapped(text, half, "")) for text in (left, right)]
    for i in range(max(map(len, columns))):
        cells = [column[i] if i < len(column) else "" for column in columns]
        yield f"{cells[0]:<{half}} | {cells[1]}".rstrip()


def _wrapped(text: str, width: int, indent: str) -> Iterator[str]:
    """Lines no wider than asked, without control characters that would change the terminal."""
    plain = "".join(c if c == "\n" or c.isprintable() else "·" for c in text)
    for line in plain.splitlines() or [""]:
        yield from textwrap.wrap(line, width, initial_indent=indent, subsequent_indent=indent) or [
            ""
        ]
