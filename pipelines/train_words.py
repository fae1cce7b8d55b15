"""What `fabrica train` prints: a verdict first, then each task with its interval and chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainer.results import Arm, Difference, Result, Score


def lines(result: Result) -> Iterator[str]:
    """A few lines for a terminal; all of it is in result.json and on the page."""
    for arm in result.arms:
        yield from _left_out(arm)
    whole = result.arms[0]
    if result.command in ("train", "scaling"):
        yield f"{whole.name}: {whole.rows:,} rows, {_seeds(whole)}"
        yield from _table([score for score in whole.scores if score.role == "task"])
    yield from _blind(result.arms)
    if result.command == "against" and result.overall:
        yield from _verdict(result)
    for each in result.scaling:
        yield (
            f"  {each.test_set} {each.task}: {each.gain:+.3f} [{each.low:+.3f}, {each.high:+.3f}] "
            "for each doubling of the corpus"
        )
    for rule in result.ablation:
        if rule.overall is None:
            yield f"  {rule.rule}: {rule.skipped}"
            continue
        yield (
            f"  {rule.rule}: worth {_interval(rule.overall)}: {rule.overall.verdict} with it "
            f"({rule.rows_with:,} rows, {rule.rows_without:,} without)"
        )
    yield from result.notes


def _seeds(arm: Arm) -> str:
    return f"{len(arm.runs)} seeds" if len(arm.runs) > 1 else "1 seed"


def _left_out(arm: Arm) -> Iterator[str]:
    if arm.overlap:
        why = ", ".join(f"{n:,} {reason}" for reason, n in arm.overlap.items())
        yield f"{arm.name}: left out of training as they are tested on: {why}"


def _table(scores: Sequence[Score]) -> Iterator[str]:
    named = [(" ".join(part for part in (s.test_set, s.task, s.slice) if part), s) for s in scores]
    width = max((len(name) for name, _ in named), default=0)
    for name, s in named:
        yield (
            f"  {name:<{width}}  {s.metric:<17}  {s.value:.3f} [{s.low:.3f}, {s.high:.3f}]  "
            f"chance {s.chance:.3f}: {s.stands}"
        )


def _blind(arms: Sequence[Arm]) -> Iterator[str]:
    checks = [(arm, score) for arm in arms for score in arm.scores if score.role == "blind"]
    found = [(arm, score) for arm, score in checks if score.stands != "at"]
    if not checks:
        return
    if not found:
        yield f"blind checks (no picture, shuffled pairs): all {len(checks)} at chance"
        return
    yield f"blind checks: {len(found)} of {len(checks)} NOT at chance:"
    for arm, s in found[:10]:
        yield (
            f"  {arm.name}: {s.test_set} {s.task} with {s.slice}: {s.value:.3f} "
            f"[{s.low:.3f}, {s.high:.3f}], chance {s.chance:.3f}"
        )


def _verdict(result: Result) -> Iterator[str]:
    corpus, other = result.arms
    for each in result.differences:
        if each.verdict != "tie" and _counts(result, each):
            name = " ".join(part for part in (each.test_set, each.task, each.slice) if part)
            yield f"  {name} {each.metric}: {_interval(each)}: {each.verdict}"
    assert result.overall
    yield (
        f"verdict: {corpus.name} is {_words(result.overall.verdict)} {other.name}: "
        f"{_interval(result.overall)} over all tasks, {_seeds(corpus)}"
    )


def _counts(result: Result, difference: Difference) -> bool:
    tasks = {
        (s.test_set, s.task, s.slice, s.metric) for s in result.arms[0].scores if s.role == "task"
    }
    return (difference.test_set, difference.task, difference.slice, difference.metric) in tasks


def _words(verdict: str) -> str:
    return {"better": "better than", "worse": "worse than", "tie": "no better or worse than"}.get(
        verdict, f"({verdict}) against"
    )


def _interval(found: Difference) -> str:
    return f"{found.difference:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
