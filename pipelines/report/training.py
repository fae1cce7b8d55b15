"""The page of `fabrica train`: one verdict, and all that it stands on, from a `trainer.results.Result`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

from pipelines.report import markup, training_scores, training_tables
from pipelines.report.document import document
from pipelines.report.markup import text
from pipelines.report.training_marks import between
from pipelines.report.training_words import (
    number_of,
    seeds_of,
    shown_arms,
    tasks,
    title,
    verdict,
    worth,
)
from pipelines.storage import Store
from trainer.results import Result

PAGE = "index.html"


def write_training_page(folder: str, result: Result) -> str:
    """Write `index.html` into `folder`; returns where it lies."""
    Store(folder).write(PAGE, document(title(result), "".join(_body(result))))
    return os.path.abspath(os.path.join(folder, PAGE))


def _body(result: Result) -> Iterator[str]:
    yield f"<h1>{text(title(result))}</h1>"
    yield f'<p class="finding">{text(verdict(result))}</p>'
    yield f'<div class="tiles">{"".join(_tiles(result))}</div>'
    yield "".join(f'<p class="note">{text(note)}</p>' for note in result.notes)
    if result.command == "ablate":
        yield from training_tables.ablation(result)
    if result.command == "scaling":
        yield from training_tables.scaling(result)
    if result.command == "against":
        yield from training_scores.differences(result)
    yield from training_scores.scores(result)
    yield from training_scores.blind(result)
    yield from training_scores.details(result)
    yield from training_scores.robustness(result)
    yield from training_scores.calibration(result)
    yield from training_tables.training(result)
    yield from training_tables.left_out(result)
    yield from training_tables.settings(result)


def _tiles(result: Result) -> Iterator[str]:
    yield from _found(result)
    for name, arm in shown_arms(result):
        yield markup.tile(f"{arm.rows:,}", f"training rows of {name}")
    runs = [run for arm in result.arms for run in arm.runs]
    if runs:
        yield markup.tile(f"{runs[0].samples:,}", "samples seen in each run")
        yield markup.tile(f"{len(runs):,}", f"runs, {seeds_of(result)} each")
    rows = [each["rows"] for each in result.test_sets if isinstance(each.get("rows"), int)]
    if rows:
        sets = number_of(len(rows), "set")
        yield markup.tile(f"{sum(rows):,}", f"test rows in {sets}")  # type: ignore[arg-type]


def _found(result: Result) -> Iterator[str]:
    """What came of it, counted."""
    if result.command == "against" and result.overall is not None:
        found = result.overall
        numbers = between(found.difference, found.low, found.high, signed=True)
        yield markup.tile(numbers.split(" ")[0], f"overall {numbers.split(' ', 1)[1]}")
        count = Counter(each.verdict for each in tasks(result))
        yield markup.tile(
            f"{count['better']} / {count['worse']} / {count['tie']}", "tasks better / worse / tie"
        )
    if result.command == "ablate":
        kept = Counter(worth(rule) for rule in result.ablation)
        yield markup.tile(
            f"{kept['worth keeping']} of {len(result.ablation)}", "rules worth keeping"
        )
    if result.command == "scaling":
        gains = sum(each.low > 0 for each in result.scaling)
        yield markup.tile(f"{gains} of {len(result.scaling)}", "figures gain by doubling")
    if result.command in ("train", "scaling"):
        for _, arm in shown_arms(result):
            told = [score for score in arm.scores if score.role == "task"]
            above = sum(score.stands == "above" for score in told)
            yield markup.tile(f"{above} of {len(told)}", "tasks above chance")
