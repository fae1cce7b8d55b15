"""HTML and SVG pieces of the report. Every text that comes from data is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_BAR_HEIGHT = 22
_CHART_HEIGHT = 150
_TEXT_SHOWN = 220


def text(value: object) -> str:
    """Any value as escaped text; numbers with thousands separators."""
    return escape(f"{value:,}" if isinstance(value, int) else str(value), quote=True)


def long_text(value: str) -> str:
    """A text whose end opens on a click."""
    if len(value) <= _TEXT_SHOWN:
        return text(value)
    start = value[:_TEXT_SHOWN].rsplit(" ", 1)[0]
    return f"{text(start)} <details><summary>more</summary>{text(value[len(start) :].strip())}</details>"


def tile(number: str, words: str) -> str:
    """One big number with what it counts."""
    return f'<div class="tile"><b>{text(number)}</b><span>{text(words)}</span></div>'


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; numbers stand to the right."""
    cells = "".join(f"<th>{text(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(map(_table_cell, row))}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'


def _table_cell(value: object) -> str:
    css = ' class="n"' if isinstance(value, int | float) else ""
    return f"<td{css}>{text(value)}</td>"


def funnel(steps: Sequence[tuple[str, str, int]], total: int) -> str:
    """What is left after each step: `(step, why, rows left)`; bars share one scale."""
    rows = []
    for name, why, left in steps:
        share = 100 * left / total if total else 0
        rows.append(
            f'<div class="step"><span class="name">{text(name)}</span>'
            f'<span class="bar"><i style="width:{share:.2f}%"></i></span>'
            f'<span class="left">{text(left)}<span class="why">{text(why)}</span></span></div>'
        )
    return f'<div class="funnel">{"".join(rows)}</div>'


def bars(pairs: Sequence[tuple[object, int]], name: str) -> str:
    """Horizontal bars, a label and a count each."""
    most = max((n for _, n in pairs), default=1) or 1
    height = _BAR_HEIGHT * len(pairs)
    rows = []
    for i, (label, n) in enumerate(pairs):
        y = i * _BAR_HEIGHT
        rows.append(
            f'<text x="122" y="{y + 15}" text-anchor="end">{text(_short(label))}</text>'
            f'<rect x="130" y="{y + 4}" width="{max(1.0, 210 * n / most):.1f}" height="14" rx="2"/>'
            f'<text x="{136 + 210 * n / most:.1f}" y="{y + 15}" class="count">{text(n)}</text>'
        )
    return _svg(400, max(height, 1), rows, name)


def columns(pairs: Sequence[tuple[object, int]], name: str, unit: str = "") -> str:
    """Vertical columns in the given order, first and last labelled."""
    most = max((n for _, n in pairs), default=1) or 1
    width = 380 / max(1, len(pairs))
    rows = [f'<text x="10" y="12" class="count">most: {text(most)}</text>']
    for i, (label, n) in enumerate(pairs):
        tall = _CHART_HEIGHT * n / most
        rows.append(
            f'<rect x="{10 + i * width:.1f}" y="{20 + _CHART_HEIGHT - tall:.1f}" '
            f'width="{max(1.0, width - 2):.1f}" height="{max(tall, 0.5):.1f}" rx="1">'
            f"<title>{text(label)}{text(unit)}: {text(n)}</title></rect>"
        )
    if pairs:
        y = _CHART_HEIGHT + 36
        rows.append(f'<text x="10" y="{y}">{text(pairs[0][0])}{text(unit)}</text>')
        rows.append(
            f'<text x="390" y="{y}" text-anchor="end">{text(pairs[-1][0])}{text(unit)}</text>'
        )
    return _svg(400, _CHART_HEIGHT + 42, rows, name)


def _svg(width: int, height: int, parts: Iterable[str], name: str) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{text(name)}">'
        f"{''.join(parts)}</svg>"
    )


def _short(label: object) -> str:
    words = str(label) or "(none)"
    return words if len(words) <= 18 else words[:17] + "…"
