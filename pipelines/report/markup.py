"""HTML and SVG pieces of the report. Every text that comes from data is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_BAR_HEIGHT = 22
_CHART_HEIGHT = 150
_TEXT_SHOWN = 220


# Control characters that no HTML text may have.
_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127], " ")


def text(value: object) -> str:
    """Any value as escaped text; numbers with thousands separators."""
    words = f"{value:,}" if isinstance(value, int) else str(value).translate(_CONTROLS)
    return escape(words, quote=True)


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
    """A table; numbers, and the heads of their columns, stand to the right."""
    rows = list(rows)
    first = rows[0] if rows else [""] * len(head)
    cells = "".join(
        f'<th class="n">{text(cell)}</th>' if _is_number(value) else f"<th>{text(cell)}</th>"
        for cell, value in zip(head, first, strict=True)
    )
    body = "".join(f"<tr>{''.join(map(_table_cell, row))}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'


def _table_cell(value: object) -> str:
    css = ' class="n"' if _is_number(value) else ""
    return f"<td{css}>{text(value)}</td>"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def shaded_table(head: Sequence[str], rows: Iterable[tuple[str, Sequence[int]]]) -> str:
    """A table of counts, each cell as dark as its count is great; rows are `(HTML name, counts)`."""
    rows = list(rows)
    most = max((n for _, counts in rows for n in counts), default=0) or 1
    cells = "".join(f'<th class="n">{breakable(cell)}</th>' for cell in head[1:])
    body = "".join(
        f"<tr><td>{name}</td>{''.join(_shaded_cell(n, most) for n in counts)}</tr>"
        for name, counts in rows
    )
    return (
        f'<div class="scroll"><table class="shaded"><thead><tr><th>{text(head[0])}</th>{cells}</tr>'
        f"</thead><tbody>{body}</tbody></table></div>"
    )


def _shaded_cell(n: int, most: int) -> str:
    if not n:
        return '<td class="n">·</td>'
    return f'<td class="n" style="--shade:{0.12 + 0.6 * (n / most) ** 0.5:.2f}">{text(n)}</td>'


def breakable(name: str) -> str:
    """A name with underscores, escaped, that may break after each of them."""
    return text(name).replace("_", "_<wbr>")


def part_bars(rows: Iterable[tuple[str, str, int, int, int]]) -> str:
    """Horizontal bars of which a part is filled: `(name, hint, n, n filled, longest n of all)`."""
    bars = []
    for name, hint, n, filled, most in rows:
        whole, part = 100 * n / (most or 1), 100 * filled / (n or 1)
        bars.append(
            f'<div class="part" title="{text(hint)}"><span class="name">{breakable(name)}</span>'
            f'<span class="track"><i style="width:{whole:.2f}%"><b style="width:{part:.2f}%"></b></i>'
            f'</span><span class="left">{text(n)}</span></div>'
        )
    return "".join(bars)


def share(n: int, total: int) -> str:
    """`n` of `total` in per cent; what is not nothing does not round to nothing."""
    if not n or not total:
        return "0%"
    return "<1%" if n / total < 0.01 else f"{n / total:.0%}"


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
