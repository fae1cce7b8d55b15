"""The `write` section of a recipe: which tasks, by which model, under which instructions."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from pydantic import ValidationError

from filters.rules import (
    SCORES,
    RuleError,
    check_condition,
    empty_samples,
    samples_query,
    sealed,
)
from filters.select.selection import caption_sql
from llm_rewrite.options import PLACES, ModelOptions, TaskOptions, model_for
from llm_rewrite.tasks import TASKS
from llm_rewrite.writing import Step
from pipelines.errors import UserError
from pipelines.modelfiles import digest_of_theirs
from schemas.manifest import samples_to_table
from schemas.options import first_problem, suggestion
from schemas.sample import Sample

_MOST_PROMPT_BYTES = 200_000
# Options that say how a model is reached: they do not change what it writes.
HOW = frozenset(
    {
        *PLACES,
        "api_key_env",
        "in_flight",
        "timeout_s",
        "retries",
        "price",
    }
)


def without_how(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a model or task without what only says how it is reached."""
    return {key: value for key, value in options.items() if key not in HOW}


def check_step(
    position: int,
    entry: Mapping[str, Any],
    writer: ModelOptions | None,
    found: Callable[[str], str],
    where: str,
) -> dict[str, Any]:
    """One checked `{task: options}` of `write`, with paths as they are from here.

    Raises `UserError`.
    """
    at = f"{where}: write.{position}"
    if len(entry) != 1:
        raise UserError(f"{at}: write one task as `name: {{options}}`")
    name, given = next(iter(entry.items()))
    if name not in TASKS:
        raise UserError(f"{at}: unknown task {name!r}{suggestion(str(name), TASKS)}")
    if not isinstance(given or {}, dict):
        raise UserError(f"{at}.{name}: its options are a mapping of keys")
    task = TASKS[name]
    given = dict(given or {})
    for key in path_keys(task.options) & given.keys():
        given[key] = _found(given[key], found)
        _check_files(f"{at}.{name}.{key}", given[key])
    try:
        options = task.options.model_validate(given)
        whole = task.options.model_validate(model_for(writer, options))
    except ValidationError as error:
        problem = first_problem(error, task.options)
        mark = "." if error.errors()[0]["loc"] else ": "
        raise UserError(f"{at}.{name}{mark}{problem}") from None
    _check_model(f"{at}.{name}", whole)
    _check_where(f"{at}.{name}.where", options.where)
    return {name: options.model_dump(mode="json", exclude_unset=True, by_alias=True)}


def path_keys(options: type[TaskOptions]) -> set[str]:
    """The options of a task that are paths of files."""
    return {"prompt", "glossary", "knowledge"} & options.model_fields.keys()


def _check_model(at: str, options: TaskOptions) -> None:
    if not options.model:
        raise UserError(f"{at}.model: missing; name it here or once for all under `writer`")
    if not any(getattr(options, place) for place in PLACES):
        raise UserError(
            f"{at}: where is {options.model}? Give `endpoint` (an OpenAI-compatible server), "
            "`serve` (start vLLM) or `batch` (files for vllm run-batch), here or under `writer`"
        )


def _check_where(at: str, condition: str) -> None:
    if not condition:
        return
    try:
        check_condition(sealed(empty_samples(SCORES)), at, condition)
    except RuleError as error:
        raise UserError(str(error)) from None


def _found(paths: object, found: Callable[[str], str]) -> object:
    """The same with each path as it is from here; what is no path is for pydantic to refuse."""
    if isinstance(paths, list):
        return [_found(path, found) for path in paths]
    return found(paths) if isinstance(paths, str) and paths else paths


def _check_files(at: str, paths: object) -> None:
    for path in paths if isinstance(paths, list) else [paths]:
        if isinstance(path, str) and path and not Path(path).is_file():
            raise UserError(f"{at}: {path!r}: no such file")


def steps_of(write: Sequence[Mapping[str, Any]], writer: ModelOptions | None) -> list[Step]:
    """The steps of a checked recipe, in order. A task that comes again is `name.2`."""
    steps, seen = [], Counter[str]()
    for entry in write:
        name, given = next(iter(entry.items()))
        seen[name] += 1
        title = name if seen[name] == 1 else f"{name}.{seen[name]}"
        steps.append(step_of(name, dict(given or {}), writer, title))
    return steps


def step_of(
    name: str, given: Mapping[str, Any], writer: ModelOptions | None, title: str = ""
) -> Step:
    """One task with its options over those of the recipe's writer."""
    task = TASKS[name]
    own = task.options.model_validate(given)
    options = task.options.model_validate(model_for(writer, own))
    instructions = _instructions(options.prompt) if options.prompt else task.instructions(options)
    return Step(task, options, instructions, title or name)


def _instructions(path: str) -> str:
    """The user's own prompt. Raises `UserError`."""
    try:
        if os.path.getsize(path) > _MOST_PROMPT_BYTES:
            raise UserError(f"prompt: {path}: longer than {_MOST_PROMPT_BYTES:,} bytes")
        words = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"prompt: {path}: cannot be read: {error}") from None
    if not words:
        raise UserError(f"prompt: {path}: it is empty")
    return words


def step_state(step: Step) -> list[Any]:
    """What of a step changes what it writes, as plain data."""
    options = step.options.model_dump(mode="json", exclude={*HOW, *path_keys(step.task.options)})
    files = [
        digest_of_theirs(p, "write")
        for key in sorted(path_keys(step.task.options))
        for p in _paths(step, key)
    ]
    return [step.name, step.prompt_id, options, files]


def _paths(step: Step, key: str) -> list[str]:
    value = getattr(step.options, key)
    return [value] if isinstance(value, str) else list(value)


def rows_view(rows: Sequence[Sample], caption: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """A connection with these rows as `samples`, the caption as select would choose it now."""
    connection = duckdb.connect()
    connection.register("given", samples_to_table(rows))
    connection.execute(
        f"CREATE VIEW captioned AS SELECT * REPLACE ({caption_sql(caption)} AS caption) FROM given"
    )
    names = sorted({*SCORES, *(name for row in rows for name in row.scores)})
    connection.execute(f"CREATE VIEW samples AS {samples_query('captioned', names)}")
    return sealed(connection)


def rows_where(connection: duckdb.DuckDBPyConnection, condition: str) -> set[str]:
    """Ids of the rows of the view `samples` that meet a condition. Raises `UserError`."""
    if not condition:
        return {row[0] for row in connection.execute("SELECT sample_id FROM samples").fetchall()}
    try:
        sql = f"SELECT sample_id FROM samples WHERE ({condition}\n)"
        return {row[0] for row in connection.execute(sql).fetchall()}
    except duckdb.Error as error:
        words = " ".join(str(error).split())[:300]
        raise UserError(f"where: {condition!r}: {words}") from None
