"""HTML and SVG pieces of the report. Every text that comes from data is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_BAR_HEIGHT = 22
_CHART_HEIGHT = 150


def text(value: object) -> str:
    """Any value as escaped text; numbers with thousands separators."""
    return escape(f"{value:,}" if isinstance(value, int) else str(value), quote=True)


def tile(number: str, words: str) -> str:
    """One big number with what it counts."""
    return f'<div class="tile"><b>{text(number)}</b><span>{text(words)}</span></div>'


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; numbers stand to the right."""
    cells = "".join(f"<th>{text(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(map(_table_cell, row))}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'
    )


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
            f'<span class="left">{text(left)}</span><span class="why">{text(why)}</span></div>'
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
        rows.append(f'<text x="390" y="{y}" text-anchor="end">{text(pairs[-1][0])}{text(unit)}</text>')
    return _svg(400, _CHART_HEIGHT + 42, rows, name)


def _svg(width: int, height: int, parts: Iterable[str], name: str) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{text(name)}">'
        f"{''.join(parts)}</svg>"
    )


def _short(label: object) -> str:
    words = str(label) or "(none)"
    return words if len(words) <= 18 else words[:17] + "…"


STYLE = """
:root{color-scheme:light dark;--page:#fbfaf7;--card:#fff;--ink:#20242a;--soft:#667080;--line:#e3e1da;
--accent:#2f6f73;--warn:#a8552f}
@media(prefers-color-scheme:dark){:root{--page:#14171b;--card:#1c2026;--ink:#e6e4de;--soft:#98a1ad;
--line:#2e343c;--accent:#63b3ad;--warn:#e0925f}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 16px 64px}h1{font-size:1.9rem;margin:.2em 0}
h2{font-size:1.25rem;margin:2.2em 0 .6em;border-bottom:1px solid var(--line);padding-bottom:.3em}
h3{font-size:1rem;margin:1.6em 0 .5em}p.lead{color:var(--soft);margin:.2em 0 1.2em}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:10px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.tile b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:.85rem}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:14px}
.chart{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px}
.chart h3{margin:0 0 .5em}svg{width:100%;height:auto;font-size:12px;fill:var(--accent)}
svg text{fill:var(--ink)}svg text.count{fill:var(--soft)}
.step{display:grid;grid-template-columns:190px 1fr 90px;gap:4px 12px;align-items:center;margin:4px 0}
.step .why{grid-column:2/4;color:var(--soft);font-size:.82rem;margin-top:-2px}
.bar{background:var(--line);border-radius:3px;height:14px;overflow:hidden}
.bar i{display:block;height:100%;background:var(--accent)}.left{text-align:right;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--line)}td.n{text-align:right;font-variant-numeric:tabular-nums}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:12px}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;overflow:hidden;display:flex;flex-direction:column}
figure .pic{background:#888;display:flex;align-items:center;justify-content:center;height:170px}
figure img{max-width:100%;max-height:170px;display:block}figure .none{color:#fff;font-size:.85rem}
figcaption{padding:8px 10px;font-size:.84rem;overflow-wrap:anywhere}figcaption .id{color:var(--soft);font-size:.76rem;display:block}
figcaption .why{color:var(--warn);display:block}details summary{cursor:pointer;color:var(--accent)}
@media(max-width:560px){.step{grid-template-columns:1fr 70px}.step .bar{grid-column:1/3;grid-row:2}.step .why{grid-column:1/3}}
"""
