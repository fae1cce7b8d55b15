"""The report's section on compound figures: what became of them, and some of them, cut."""

from __future__ import annotations

import duckdb

from pipelines.report import markup
from pipelines.report.hidden import safe_rows
from pipelines.report.markup import text
from pipelines.report.pictures import Gone, embedded, thumbnail
from pipelines.storage import Store
from pipelines.summary import Summary, manifest_connection

_FIGURES_SHOWN = 12
_PANELS_SHOWN = 12
_WHOLE_PX = 480
_PANEL_PX = 200
_COLOURS = ("#e4572e", "#2e86de", "#3aa655", "#c03ab5", "#d9a400", "#00a5a8")
_WORDS = {
    "split": "split into panels",
    "single": "left whole: one panel",
    "low_confidence": "left whole: too little confidence",
    "no_derivatives": "left whole: the licence forbids derivatives",
    "several_pictures": "left whole: several pictures",
    "too_small": "left whole: too small",
    "no_picture": "left whole: no picture",
    "fault": "fault",
}

# A fixed sample that does not change from run to run.
_WHOLES_SQL = """
    SELECT sample_id, images, figure, caption, texts, meta, partition,
        scores['split_confidence'] AS confidence
    FROM manifest WHERE 'split' IN map_keys(meta) AND len(figure.box) = 0
    ORDER BY md5(sample_id) LIMIT ?"""
_PANELS_SQL = """
    SELECT sample_id, images, figure, kept, drops, meta['panel_text'] AS about, meta, texts
    FROM manifest
    WHERE partition = ? AND len(figure.box) > 0 AND regexp_replace(sample_id, '/[^/]+$', '') = ?
    ORDER BY length(sample_id), sample_id"""


def figures_section(store: Store, summary: Summary) -> list[str]:
    """Counts and a gallery; nothing where no figure was up for splitting."""
    if not summary.figures:
        return []
    rows = [(_WORDS.get(what, what), n, panels or "") for what, n, panels in summary.figures]
    connection = manifest_connection(store, summary.partitions)
    wholes = safe_rows(connection.sql(_WHOLES_SQL, params=[_FIGURES_SHOWN]))
    return [
        "<h2>Compound figures</h2>",
        markup.table(("what became of figures", "figures", "panels"), rows),
        *(_split_figure(store, connection, whole) for whole in wholes),
    ]


def _split_figure(store: Store, connection: duckdb.DuckDBPyConnection, whole: dict) -> str:
    found = connection.sql(_PANELS_SQL, params=[whole["partition"], whole["sample_id"]])
    panels = safe_rows(found)
    cards = [_panel(store, panel, _colour(i)) for i, panel in enumerate(panels[:_PANELS_SHOWN])]
    more = len(panels) - _PANELS_SHOWN
    if more > 0:
        cards.append(f"<p>and {more} more panels</p>")
    caption = next((t["text"] for t in whole["texts"] if t["kind"] == "caption"), "")
    sure = f" · confidence {whole['confidence']:.2f}" if whole["confidence"] is not None else ""
    return (
        f'<div class="split"><figure>{_drawn_over(store, whole, panels)}'
        f'<figcaption><span class="id">{text(whole["sample_id"])}{sure}</span>'
        f'{markup.long_text(caption)}</figcaption></figure><div class="gallery">{"".join(cards)}'
        "</div></div>"
    )


def _drawn_over(store: Store, whole: dict, panels: list[dict]) -> str:
    """The whole figure with the box and letter of every panel, all in the figure's own pixels."""
    width, height = int(whole["figure"]["width"]), int(whole["figure"]["height"])
    stroke, size = max(width, height) / 200, max(width, height) / 22
    try:
        picture = (
            f'<image href="{embedded(store, whole["images"], _WHOLE_PX)}" '
            f'width="{width}" height="{height}" preserveAspectRatio="none"/>'
        )
    except Gone as gone:
        picture = f"<title>{gone}</title>"
    shapes = [_box(panel, _colour(i), stroke, size) for i, panel in enumerate(panels)]
    return (
        f'<svg class="boxes" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="panels of {text(whole["sample_id"])}">{picture}{"".join(shapes)}</svg>'
    )


def _box(panel: dict, colour: str, stroke: float, size: float) -> str:
    x0, y0, x1, y1 = panel["figure"]["box"]
    return (
        f'<rect x="{x0}" y="{y0}" width="{x1 - x0}" height="{y1 - y0}" fill="none" '
        f'stroke="{colour}" stroke-width="{stroke:.1f}"/>'
        f'<text x="{x0 + size / 3:.0f}" y="{y1 - size / 3:.0f}" style="fill:{colour};'
        f"font-size:{size:.0f}px;font-weight:700;paint-order:stroke;stroke:#fff;"
        f'stroke-width:{size / 6:.1f}px">{text(_name(panel))}</text>'
    )


def _panel(store: Store, panel: dict, colour: str) -> str:
    own = next((t["text"] for t in panel["texts"] if t["kind"] == "subcaption"), "")
    words = markup.long_text(own) if own else '<span class="why">the whole caption</span>'
    shared = '<span class="why">only what all panels share</span>' if _shared(panel) else ""
    drops = "".join(f'<span class="why">{text(d["reason"])}</span>' for d in panel["drops"])
    return (
        f'<figure><div class="pic">{thumbnail(store, panel["images"], _PANEL_PX)}</div>'
        f'<figcaption><span class="id"><b style="color:{colour}">{text(_name(panel))}</b> · '
        f"{text(panel['sample_id'])}</span>{drops}{shared}{words}</figcaption></figure>"
    )


def _shared(panel: dict) -> bool:
    return panel["about"] == "shared"


def _name(panel: dict) -> str:
    """The panel's letter, or what its id calls it."""
    return panel["figure"]["panel"] or panel["sample_id"].rpartition("/")[2]


def _colour(number: int) -> str:
    return _COLOURS[number % len(_COLOURS)]
