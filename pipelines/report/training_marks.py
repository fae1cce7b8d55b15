"""Figures with intervals drawn in rows that share one scale: what is where, the numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.report.markup import text

_MIDDLE, _APART = 13, 9  # px: the middle of a row, and how far two marks of it are apart
_STEPS = (1, 2, 2.5, 5, 10)

# Told apart by shape as well as by colour.
_SHAPES = {
    "one": "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0",
    "other": "M0 -6L6 0L0 6L-6 0Z",
    "better": "M0 -6L6 5L-6 5Z",
    "worse": "M0 6L6 -5L-6 -5Z",
    "tie": "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0",
    "was": "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0",
}


@dataclass(frozen=True)
class Mark:
    """A value between two ends; `kind` names its shape and colour.

    `was` is drawn as an open circle of the same colour: what it would be but for a change.
    """

    value: float
    low: float
    high: float
    kind: str
    hint: str = ""
    was: float | None = None


@dataclass(frozen=True)
class Line:
    """A row: its name, what is drawn, and what stands beside it (one text for each mark).

    `tick` is where chance lies; `words` come last; a `strong` row stands out.
    """

    name: str
    under: str
    marks: Sequence[Mark]
    beside: Sequence[str]
    tick: float | None = None
    words: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Scale:
    """What the left and the right edge stand for."""

    low: float
    high: float

    def at(self, value: float) -> str:
        """Per cent from the left, kept inside."""
        share = (value - self.low) / (self.high - self.low or 1.0)
        return f"{100 * min(1.0, max(0.0, share)):.2f}%"

    def ticks(self) -> list[float]:
        """Three to seven round numbers."""
        width = self.high - self.low or 1.0
        rough = 10.0 ** math.floor(math.log10(width / 4))
        step = next(rough * each for each in _STEPS if width / (rough * each) <= 6)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(step * i, 10) for i in range(first, last + 1)]


def scale_of(
    lines: Sequence[Line], zero_in: bool = False, within: tuple[float, float] = (-1, 1)
) -> Scale:
    """A scale that all marks and ticks fit on, with a little room, within bounds."""
    values = [
        each for line in lines for mark in line.marks for each in (mark.low, mark.value, mark.high)
    ]
    values += [mark.was for line in lines for mark in line.marks if mark.was is not None]
    values += [line.tick for line in lines if line.tick is not None]
    values += [0.0] if zero_in else []
    values = [min(within[1], max(within[0], each)) for each in values if math.isfinite(each)] or [
        0.0
    ]
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 0.05
    return Scale(max(within[0], low - room), min(within[1], high + room))


def forest(lines: Sequence[Line], scale: Scale, name: str, zero: bool = False) -> str:
    """Rows on one scale; `zero` draws a line at 0 through all of them."""
    rows = [_row(line, scale, zero) for line in lines]
    return f'<div class="forest" role="group" aria-label="{text(name)}">{_axis(scale)}{"".join(rows)}</div>'


def _axis(scale: Scale) -> str:
    labels = "".join(
        f'<text x="{scale.at(tick)}" y="12" text-anchor="middle" class="count">{tick:g}</text>'
        for tick in scale.ticks()
    )
    return (
        f'<div class="line axis"><span></span><svg class="marks">{labels}</svg><span></span></div>'
    )


def _row(line: Line, scale: Scale, zero: bool) -> str:
    under = f"<small>{text(line.under)}</small>" if line.under else ""
    beside = "".join(
        f'<span class="{mark.kind}">{text(words)}</span>'
        for mark, words in zip(line.marks, line.beside, strict=True)
    )
    words = f"<em>{text(line.words)}</em>" if line.words else ""
    height = 2 * _MIDDLE + _APART * max(0, len(line.marks) - 1)
    css = "line strong" if line.strong else "line"
    return (
        f'<div class="{css}"><span class="name">{text(line.name)}{under}</span>'
        f'<svg class="marks" style="height:{height}px" role="img" aria-label="{text(_spoken(line))}">'
        f"{''.join(_drawn(line, scale, zero, height))}</svg>"
        f'<span class="left">{beside}{words}</span></div>'
    )


def _spoken(line: Line) -> str:
    return "; ".join([f"{line.name} {line.under}".strip(), *line.beside])


def _drawn(line: Line, scale: Scale, zero: bool, height: int) -> Iterator[str]:
    yield from (
        f'<line class="grid" x1="{scale.at(tick)}" x2="{scale.at(tick)}" y1="0" y2="{height}"/>'
        for tick in scale.ticks()
    )
    if zero:
        yield f'<line class="zero" x1="{scale.at(0)}" x2="{scale.at(0)}" y1="0" y2="{height}"/>'
    if line.tick is not None:
        x = scale.at(line.tick)
        yield f'<line class="chance" x1="{x}" x2="{x}" y1="3" y2="{height - 3}"/>'
    for i, mark in enumerate(line.marks):
        yield from _mark(mark, scale, _MIDDLE + _APART * i)


def _mark(mark: Mark, scale: Scale, y: int) -> Iterator[str]:
    left, right = scale.at(mark.low), scale.at(mark.high)
    yield f'<line class="{mark.kind}" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>'
    hint = f"<title>{text(mark.hint)}</title>" if mark.hint else ""
    yield _shape(mark.kind, mark.kind, scale.at(mark.value), y, hint)
    if mark.was is not None:
        yield _shape(f"{mark.kind} was", "was", scale.at(mark.was), y)


def _shape(css: str, shape: str, x: str, y: int, hint: str = "") -> str:
    return f'<svg class="at" x="{x}" y="{y}"><path class="{css}" d="{_SHAPES[shape]}">{hint}</path></svg>'


def key(kind: str, words: str) -> str:
    """A mark with what it stands for, for the line under a heading."""
    if kind == "chance":
        shape = '<line class="chance" x1="0" x2="0" y1="-7" y2="7"/>'
    else:
        shape = f'<path class="{kind}" d="{_SHAPES[kind]}"/>'
    return f'<span class="legend"><svg class="sign" viewBox="-8 -8 16 16">{shape}</svg>{text(words)}</span>'


def between(value: float, low: float, high: float, signed: bool = False) -> str:
    """`0.412 [0.380, 0.445]`."""
    form = "{:+.3f}" if signed else "{:.3f}"
    value, low, high = (0.0 if abs(each) < 5e-4 else each for each in (value, low, high))
    shown = [form.format(each).replace("+0.000", "0.000") for each in (value, low, high)]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"
