"""Curves of the training page: loss by samples seen, and figures by size of the corpus."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipelines.report.markup import text
from pipelines.report.training_marks import Scale, between
from pipelines.report.training_words import task_words
from trainer.results import Arm, Doubling

_SMALL, _BROAD = (420, 230), (740, 280)  # px
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 18, 12, 34
_KINDS = ("one", "other")
_MOST_POINTS = 400  # of one line
_STEPS_OF_CURVE = 48


@dataclass(frozen=True)
class _Frame:
    """Two scales and the picture they are drawn on."""

    across: Scale
    up: Scale
    size: tuple[int, int] = _SMALL

    @property
    def right(self) -> int:
        return self.size[0] - _RIGHT

    @property
    def foot(self) -> int:
        return self.size[1] - _BOTTOM

    def x(self, value: float) -> str:
        share = (value - self.across.low) / (self.across.high - self.across.low or 1.0)
        return f"{_LEFT + share * (self.right - _LEFT):.1f}"

    def y(self, value: float) -> str:
        share = (value - self.up.low) / (self.up.high - self.up.low or 1.0)
        return f"{self.foot - share * (self.foot - _TOP):.1f}"


def loss_charts(arms: Sequence[tuple[str, Arm]], together: bool) -> str:
    """Losses of all runs, a thin line for each seed; all arms in one chart, or one chart each."""
    frame = _loss_frame([arm for _, arm in arms], _BROAD if together else _SMALL)
    if frame is None:
        return "<p>No losses were noted.</p>"
    if together:
        lines = [
            line
            for kind, (_, arm) in zip(_KINDS, arms, strict=False)
            for line in _losses(arm, kind, frame)
        ]
        return f'<div class="chart broad">{_chart(lines, frame, "samples seen", "Loss")}</div>'
    charts = (
        f'<div class="chart"><h3>{text(name)}</h3>'
        f"{_chart(_losses(arm, 'one', frame), frame, 'samples seen', f'Loss of {name}')}</div>"
        for name, arm in arms
    )
    return f'<div class="charts">{"".join(charts)}</div>'


def _loss_frame(arms: Sequence[Arm], size: tuple[int, int]) -> _Frame | None:
    points = [
        (seen, loss)
        for arm in arms
        for run in arm.runs
        for seen, loss in run.losses
        if math.isfinite(loss)
    ]
    if not points:
        return None
    losses = [loss for _, loss in points]
    room = 0.05 * (max(losses) - min(losses)) or 0.1
    low = max(0.0, min(losses) - room)
    across = Scale(0, max(seen for seen, _ in points))
    return _Frame(across, Scale(low, max(losses) + room), size)


def _losses(arm: Arm, kind: str, frame: _Frame) -> Iterator[str]:
    for run in arm.runs:
        step = max(1, math.ceil(len(run.losses) / _MOST_POINTS))
        # From the last back, so that a line ends where its run did.
        points = [each for each in run.losses[::-1][::step][::-1] if math.isfinite(each[1])]
        hint = f"<title>{text(arm.name)}, seed {text(run.seed)}</title>"
        path = " ".join(f"{frame.x(seen)},{frame.y(loss)}" for seen, loss in points)
        if len(points) > 1:
            yield f'<polyline class="{kind}" points="{path}">{hint}</polyline>'
        for seen, loss in points[:1] if len(points) == 1 else ():
            x, y = frame.x(seen), frame.y(loss)
            yield f'<circle class="{kind}" cx="{x}" cy="{y}" r="2">{hint}</circle>'


def doubling_chart(found: Doubling, chance: float | None) -> str:
    """Means by rows of the parts, with intervals, and the power law that was fitted."""
    points = [each for each in found.points if all(map(math.isfinite, each))]
    if not points:
        return ""
    rows = [_log(n) for n, *_ in points]
    values = [value for _, *three in points for value in three]
    values += [] if chance is None else [chance]
    room = 0.06 * (max(values) - min(values)) or 0.05
    edge = 0.05 * (max(rows) - min(rows)) or 0.5
    frame = _Frame(
        Scale(min(rows) - edge, max(rows) + edge), Scale(min(values) - room, max(values) + room)
    )
    parts = [*_chance(chance, frame), *_fitted(found, frame), *_points(points, frame)]
    labels = [(_log(n), f"{n:,}") for n, *_ in points]
    name = f"{task_words(found.task)} by training rows"
    return _chart(parts, frame, "training rows (logarithmic)", name, labels)


def doubling_words(found: Doubling) -> str:
    """The gain in numbers, and the law where it has one."""
    gain = f"{between(found.gain, found.low, found.high, signed=True)} by each doubling"
    verdict = "gains" if found.low > 0 else "loses" if found.high < 0 else "no gain seen"
    law = f"error = {found.a:.3g} × rows^{-found.b:.3g}" if found.b else "no curve"
    return f"{gain}: {verdict}; {law}"


def _log(rows: int) -> float:
    return math.log2(max(1, rows))


def _chance(chance: float | None, frame: _Frame) -> Iterator[str]:
    if chance is not None:
        y = frame.y(chance)
        yield f'<line class="chance" x1="{_LEFT}" x2="{frame.right}" y1="{y}" y2="{y}"/>'


def _fitted(found: Doubling, frame: _Frame) -> Iterator[str]:
    points = []
    for i in range(_STEPS_OF_CURVE + 1):
        at = frame.across.low + (frame.across.high - frame.across.low) * i / _STEPS_OF_CURVE
        try:
            value = 1 - found.a * (2.0**at) ** -found.b
        except OverflowError:
            continue
        if frame.up.low <= value <= frame.up.high:
            points.append(f"{frame.x(at)},{frame.y(value)}")
    if points:
        yield f'<polyline class="fitted" points="{" ".join(points)}"/>'


def _points(points: Sequence[tuple[int, float, float, float]], frame: _Frame) -> Iterator[str]:
    for n, mean, low, high in points:
        x = frame.x(_log(n))
        yield (
            f'<line class="one" x1="{x}" x2="{x}" y1="{frame.y(low)}" y2="{frame.y(high)}"/>'
            f'<circle class="one" cx="{x}" cy="{frame.y(mean)}" r="4">'
            f"<title>{text(n)} rows: {text(between(mean, low, high))}</title></circle>"
        )


def _chart(
    parts: Iterable[str],
    frame: _Frame,
    below: str,
    name: str,
    labels: Sequence[tuple[float, str]] = (),
) -> str:
    """Lines and numbers of the axes, then `parts`; `labels` are what stands below, else ticks."""
    around = []
    for tick in frame.up.ticks():
        y = frame.y(tick)
        around.append(
            f'<line class="grid" x1="{_LEFT}" x2="{frame.right}" y1="{y}" y2="{y}"/>'
            f'<text x="{_LEFT - 6}" y="{y}" dy="4" text-anchor="end" class="count">{tick:g}</text>'
        )
    for at, words in labels or [(tick, f"{tick:,.0f}") for tick in frame.across.ticks()]:
        around.append(
            f'<text x="{frame.x(at)}" y="{frame.foot + 15}" text-anchor="middle" class="count">'
            f"{text(words)}</text>"
        )
    width, height = frame.size
    around.append(
        f'<text x="{(_LEFT + frame.right) // 2}" y="{height - 4}" text-anchor="middle" '
        f'class="count">{text(below)}</text>'
    )
    return (
        f'<svg class="curve" viewBox="0 0 {width} {height}" role="img" aria-label="{text(name)}">'
        f"{''.join(around)}{''.join(parts)}</svg>"
    )
