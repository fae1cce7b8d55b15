"""Sections of the training page that show figures: differences, scores, blind checks, details."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pipelines.report.markup import text
from pipelines.report.training_marks import Line, Mark, between, forest, key, scale_of
from pipelines.report.training_words import (
    Key,
    key_of,
    listed,
    number_of,
    roles_of,
    shown_arms,
    task_words,
    under,
)
from trainer.results import Arm, Difference, Result, Score

_KINDS = ("one", "other")
_SHARES = (0.0, 1.0)
_WORDS = {"tie": "no difference seen"}
_ALL_CHANGES = "all changes"
_BESIDE = {
    "robust": "Under changed pictures",
    "calibration": "Calibration (less is better)",
    "detail": "Details",
}
_BLIND = {
    "above": "Above chance: something other than the picture gives answers away (the texts, or "
    "rows that are alike), and that much of the task's own score was not learned from pictures.",
    "below": "Below chance: the test is lopsided, and what it says of that task is not to be used.",
}


def differences(result: Result) -> Iterator[str]:
    """A forest of what one corpus reaches minus what the other does."""
    if not result.differences:
        return
    sets = len({each.test_set for each in result.differences})
    roles = roles_of(result)
    by_role: dict[str, list[Difference]] = {}
    for each in result.differences:
        by_role.setdefault(roles.get(key_of(each), "task"), []).append(each)
    names = [name for name, _ in shown_arms(result)]
    yield "<h2>Differences by task</h2>"
    yield f'<p class="note">{text(_difference_note(names))}</p>'
    signs = (("better", "better"), ("worse", "worse"), ("tie", "no difference seen"))
    yield f'<p class="note">{"".join(key(*each) for each in signs)}</p>'
    first = [_overall(result.overall)] if result.overall else []
    lines = first + [_difference(each, sets) for each in by_role.pop("task", [])]
    yield forest(lines, scale_of(lines, zero_in=True), "Differences by task", zero=True)
    for role, found in by_role.items():
        rows = [_difference(each, sets) for each in found]
        scale = scale_of(rows, zero_in=True)
        name = _BESIDE.get(role, role)
        yield (
            f"<details><summary>{text(name)}: {number_of(len(rows), 'figure')} without a part in "
            f"overall</summary>{forest(rows, scale, name, zero=True)}</details>"
        )


def _difference_note(names: Sequence[str]) -> str:
    one, other = names if len(names) == 2 else ("this corpus", "the other")
    return (
        f"{one} minus {other}, trained with the same seeds and budget and tested on the same rows. "
        "Right of the line is more. An interval that does not touch the line is a verdict. The "
        "intervals of all tasks hold together at 95 %; overall, their mean, holds on its own."
    )


def _difference(found: Difference, sets: int) -> Line:
    numbers = between(found.difference, found.low, found.high, signed=True)
    kind = found.verdict if found.verdict in ("better", "worse") else "tie"
    hint = f"{found.corpus:.3f} and {found.other:.3f}"
    mark = Mark(found.difference, found.low, found.high, kind, hint)
    return Line(
        task_words(found.task),
        under(found, sets),
        [mark],
        [numbers],
        None,
        _WORDS.get(found.verdict, found.verdict),
    )


def _overall(found: Difference) -> Line:
    line = _difference(found, 1)
    return Line(
        "Overall", "mean of the tasks", line.marks, line.beside, None, line.words, strong=True
    )


def scores(result: Result) -> Iterator[str]:
    """What models reach on each task, beside chance."""
    yield "<h2>Scores</h2>"
    yield from _rows_of(
        result,
        lambda score: score.role == "task",
        "What models reach, as the mean over seeds, with 95 % intervals over seeds and over test "
        "articles (or patients). An interval that lies right of chance was learned.",
        stands=True,
    ) or ("<p>Nothing was tested.</p>",)


def blind(result: Result) -> Iterator[str]:
    """Checks without the right picture, and what it means where they are not at chance."""
    arms = shown_arms(result)
    blind = [score for _, arm in arms for score in arm.scores if score.role == "blind"]
    if not blind:
        return
    yield "<h2>Blind checks</h2>"
    sets = len({score.test_set for score in blind})
    for name, arm in arms:
        yield _blind_line(name, [score for score in arm.scores if score.role == "blind"], sets)
    rows = _rows_of(
        result,
        lambda score: score.role == "blind",
        "The same tasks with a grey picture in place of every picture, and with pictures dealt out "
        "to other rows. A fair test leaves a model at chance. These intervals hold together at 95 %.",
        stands=True,
    )
    opened = " open" if any(score.stands != "at" for score in blind) else ""
    n = number_of(len(blind), "check")
    yield f"<details{opened}><summary>{n}</summary>{''.join(rows)}</details>"


def _blind_line(name: str, found: Sequence[Score], sets: int) -> str:
    off = [score for score in found if score.stands != "at"]
    if not off:
        checks = number_of(len(found), "check")
        return f'<p class="proof"><b>At chance.</b> {text(name)}: {checks}.</p>'
    which = listed(f"{task_words(s.task)} ({under(s, sets)}) {s.stands} chance" for s in off)
    means = " ".join(_BLIND[way] for way in _BLIND if any(s.stands == way for s in off))
    return (
        f'<p class="proof off"><b>NOT at chance.</b> {text(name)}, {len(off)} of '
        f"{number_of(len(found), 'check')}: {text(which)}. {text(means)}</p>"
    )


def details(result: Result) -> Iterator[str]:
    """Figures by modality, then other details."""
    modalities = {
        str(name)
        for each in result.test_sets
        if isinstance(its := each.get("modalities"), dict)
        for name in its
    }

    def of_modality(score: Score) -> bool:
        single = score.metric.startswith("recall@")
        return score.role == "detail" and score.slice in modalities and not single

    def other(score: Score) -> bool:
        return score.role == "detail" and not of_modality(score)

    found = _rows_of(
        result, of_modality, "Each kind of picture among its own rows.", True, by_slice=True
    )
    if found:
        yield f"<h2>By modality</h2>{''.join(found)}"
    found = _rows_of(
        result,
        other,
        "Figures that have no part in verdicts: single ks, classes and labels, fewer labels to learn from.",
        True,
    )
    if found:
        yield f"<h2>Details</h2><details><summary>without a verdict</summary>{''.join(found)}</details>"


def robustness(result: Result) -> Iterator[str]:
    """Scores under changed pictures beside those of the pictures as they are."""
    arms = shown_arms(result)
    clean = [_clean(arm) for _, arm in arms]
    kept: dict[Key, list[Score | None]] = _together(arms, lambda score: score.role == "robust")
    if not kept:
        return
    yield "<h2>Robustness</h2>"
    yield (
        '<p class="note">The same tasks on pictures that were changed as scanners, microscopes and '
        "files change them. The further left of the open circle, the more is lost.</p>"
    )
    yield _legend(arms, (("was", "the pictures as they are"), ("chance", "chance")))
    sets = len({found[0] for found in kept})
    lines: dict[str, list[Line]] = {}
    for (test_set, task, slice, metric), found in sorted(kept.items(), key=_changes_last):
        base, _, change = slice.rpartition(", ")
        was = [each.get((test_set, task, base, metric)) for each in clean]
        heading = " · ".join(
            filter(None, [task_words(task), metric, base, test_set if sets > 1 else ""])
        )
        marks = [w.value if w else None for w in was]
        line = _line(change, "", found, chance=True, was=marks)
        lines.setdefault(heading, []).append(line)
    scale = scale_of([line for each in lines.values() for line in each], within=_SHARES)
    for i, (heading, rows) in enumerate(lines.items()):
        opened = " open" if i == 0 else ""
        yield (
            f"<details{opened}><summary>{text(heading)}</summary>"
            f"{forest(rows, scale, heading)}</details>"
        )


def _clean(arm: Arm) -> dict[Key, Score]:
    return {key_of(score): score for score in arm.scores if score.role == "task"}


def _changes_last(item: tuple[Key, list[Score | None]]) -> tuple[bool, Key]:
    found = item[0]
    return found[2].endswith(_ALL_CHANGES), found


def calibration(result: Result) -> Iterator[str]:
    """How far probabilities are from shares that are right."""
    found = "".join(
        _rows_of(
            result,
            lambda score: score.role == "calibration",
            "How far a model's probabilities are from how often it is right; 0 is best.",
            stands=False,
        )
    )
    if found:
        yield f"<h2>Calibration</h2>{found}"


def _rows_of(
    result: Result,
    wanted: Callable[[Score], bool],
    note: str,
    stands: bool,
    by_slice: bool = False,
) -> list[str]:
    """Rows of the wanted figures, a mark for each arm; nothing where there are none.

    `stands`: with chance beside it. `by_slice`: the slice is the row's name, not the task.
    """
    arms = shown_arms(result)
    kept = _together(arms, wanted)
    if not kept:
        return []
    sets = len({found[0] for found in kept})
    lines = []
    for found in sorted(kept.values(), key=_slice_of) if by_slice else kept.values():
        first = _first(found)
        few = f"{number_of(first.units, 'unit')} in {number_of(first.groups, 'group')}"
        name, small = task_words(first.task), under(first, sets)
        if by_slice:
            small = " · ".join(
                filter(None, [name, first.metric, first.test_set if sets > 1 else ""])
            )
            name = first.slice
        lines.append(_line(name, f"{small} · {few}", found, stands))
    head = _legend(arms, (("chance", "chance"),) if stands else ())
    scale = scale_of(lines, within=_SHARES if stands else (-10.0, 10.0))
    return [f'<p class="note">{text(note)}</p>{head}', forest(lines, scale, note)]


def _first(found: Sequence[Score | None]) -> Score:
    return next(score for score in found if score)


def _slice_of(found: Sequence[Score | None]) -> str:
    return _first(found).slice


def _together(
    arms: Sequence[tuple[str, Arm]], wanted: Callable[[Score], bool]
) -> dict[Key, list[Score | None]]:
    """The wanted figures of all arms by what they are, in the order of the first arm."""
    found: dict[Key, list[Score | None]] = {}
    for i, (_, arm) in enumerate(arms):
        for score in filter(wanted, arm.scores):
            found.setdefault(key_of(score), [None] * len(arms))[i] = score
    return found


def _line(
    name: str,
    small: str,
    found: Sequence[Score | None],
    chance: bool,
    was: Sequence[float | None] = (None, None),
) -> Line:
    each = [(kind, s, w) for kind, s, w in zip(_KINDS, found, was, strict=False) if s]
    marks = [Mark(s.value, s.low, s.high, kind, "", w) for kind, s, w in each]
    beside = [
        between(s.value, s.low, s.high) + (f" {s.stands} chance" if chance else "")
        for _, s, _ in each
    ]
    return Line(name, small, marks, beside, each[0][1].chance if chance else None)


def _legend(arms: Sequence[tuple[str, Arm]], more: Sequence[tuple[str, str]]) -> str:
    signs = [(kind, name) for kind, (name, _) in zip(_KINDS, arms, strict=False)]
    return f'<p class="note">{"".join(key(*each) for each in [*signs, *more])}</p>'
