"""`fabrica write`: one task on a few rows of a corpus, all of it on the screen, to work on prompts.

Nothing is stored: what is seen here is what a run with these options would write.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import tempfile
from collections.abc import Sequence
from typing import Any

import duckdb
import msgspec
import yaml

from llm_rewrite.asking.endpoint import ModelUnavailable
from llm_rewrite.asking.journal import Journal
from llm_rewrite.asking.usage import Usage
from llm_rewrite.asking.window import slide
from llm_rewrite.options import TaskOptions
from llm_rewrite.task import Tools
from llm_rewrite.tasks import TASKS
from llm_rewrite.writing import Exchange, Judged, Step, request_of
from pipelines.corpus import Corpus, open_corpus, recipe_of, views
from pipelines.errors import UserError
from pipelines.models import check_models, opened_models, width_of
from pipelines.part_views import check_where
from pipelines.recipe import Recipe
from pipelines.recipe_file import load_recipe
from pipelines.sharding import read_range
from pipelines.steps import check_step, step_of
from pipelines.write_page import Shown, page
from pipelines.write_tools import tools_for
from pipelines.writing import Writing, write_steps
from schemas.manifest import MANIFEST, samples_from_table
from schemas.options import suggestion
from schemas.sample import Image, Sample

_HERE = "fabrica write"
_NARROWEST = 60
_MOST_ROWS = 1000
_MOST_LOOKED_AT = 5000


def list_tasks(as_json: bool) -> int:
    """Print every task: what it writes, what it needs, what it adds, and its own options."""
    shared = TaskOptions.model_fields.keys()
    rows = {
        task.name: {
            "writes": task.summary,
            "needs": task.needs,
            "makes": task.makes,
            "options": [name for name in task.options.model_fields if name not in shared],
        }
        for task in TASKS.values()
    }
    if as_json:
        print(json.dumps(rows))
        return 0
    for name, row in sorted(rows.items()):
        print(f"{name}\n  writes   {row['writes']}\n  needs    {row['needs']}")
        print(f"  makes    {row['makes']}\n  options  {', '.join(row['options']) or 'none'}")
    print(f"options of all: {', '.join(shared)}")
    return 0


def run(options: argparse.Namespace) -> int:
    """The command. Raises `UserError`."""
    if options.task not in TASKS:
        raise UserError(f"{options.task!r} is no task{suggestion(options.task, TASKS)}")
    if not 1 <= options.rows <= _MOST_ROWS:
        raise UserError(f"--rows: {options.rows}: from 1 to {_MOST_ROWS}")
    corpus = open_corpus(options.corpus)
    recipe = load_recipe(options.recipe) if options.recipe else _recipe_of(corpus)
    step = _step(recipe, options.task, options.set, options.dry)
    if step.options.batch and not options.dry:
        raise UserError("fabrica write asks at once: --set batch= --set endpoint=URL, or --dry")
    where = options.where or step.options.where
    rows = _rows(corpus, where, step, tools_for(recipe), options.rows)
    shown = _dry(rows, step, recipe) if options.dry else _asked(corpus, rows, step, recipe)
    if options.json:
        print(json.dumps([_as_dict(one) for one in shown], ensure_ascii=False))
        return 0
    width = max(_NARROWEST, shutil.get_terminal_size((120, 40)).columns)
    for line in page(step, shown, width):
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
        _set(given, key.split("."), _value(value))
    if dry:
        given = {"model": "none", "endpoint": "http://localhost/v1", **given}
    try:
        checked = check_step(0, {task: given}, recipe.writer, lambda path: path, _HERE)
    except UserError as error:
        raise UserError(str(error).removeprefix(f"{_HERE}: write.0.")) from None
    return step_of(task, checked[task], recipe.writer)


def _value(text: str) -> object:
    try:
        return yaml.safe_load(text) if text else ""
    except yaml.YAMLError:
        return text


def _set(given: dict[str, Any], path: Sequence[str], value: object) -> None:
    place = given
    for part in path[:-1]:
        inner = place.setdefault(part, {})
        if not isinstance(inner, dict):
            raise UserError(f"--set {'.'.join(path)}: {part!r} leads nowhere")
        place = inner
    place[path[-1]] = value


def _rows(corpus: Corpus, where: str, step: Step, tools: Tools, most: int) -> list[Sample]:
    """Kept rows for which the task has something to ask, in an order that does not change.

    Raises `UserError` where there is none among the first.
    """
    connection = views(corpus)
    if where:
        check_where(where, connection)
    columns = ", ".join(f'"{field.name}"' for field in MANIFEST)
    sql = f"SELECT {columns} FROM samples WHERE kept AND ({where or 'true'}\n) ORDER BY md5(sample_id)"
    try:
        reader = connection.sql(sql).to_arrow_reader(max(64, most))
    except duckdb.Error as error:
        raise UserError(f"--where: {' '.join(str(error).split())[:300]}") from None
    found, seen = list[Sample](), 0
    for batch in reader:
        for row in samples_from_table(_table(batch)):
            row, seen = _before(row, step.task.name), seen + 1
            if step.task.prompts(row, step.options, tools):
                found.append(row)
            if len(found) >= most:
                return found
        if seen >= _MOST_LOOKED_AT:
            break
    if not seen:
        raise UserError("no kept row meets the condition")
    if not found:
        raise UserError(
            f"{step.name} has nothing to ask for in {seen:,} rows; it needs: {step.task.needs}"
        )
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
