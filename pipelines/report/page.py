"""The report page: numbers, funnel, charts, and galleries of kept and dropped rows."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines import layout
from pipelines.recipe import Recipe
from pipelines.report import markup
from pipelines.report.annotated import annotated_section
from pipelines.report.concepts import content_section
from pipelines.report.document import document
from pipelines.report.hidden import safe_rows
from pipelines.report.markup import text
from pipelines.report.panels import figures_section
from pipelines.report.pictures import thumbnail
from pipelines.report.questions import questions_section
from pipelines.report.selection import selection_sections
from pipelines.report.written import traced_rows, written_section
from pipelines.storage import Store
from pipelines.summary import Summary, manifest_connection

_KEPT_SHOWN = 24
_DROPPED_SHOWN = 6
_REASONS_SHOWN = 20
_BEFORE_PANELS = ("list", "extract")

_GALLERY_COLUMNS = (
    "sample_id, images, caption, texts, meta, drops, licence.code AS licence, figure.label AS label"
)
# A fixed sample that does not change from run to run, and never only the first article.
_KEPT_SQL = f"SELECT {_GALLERY_COLUMNS} FROM manifest WHERE kept ORDER BY md5(sample_id) LIMIT ?"
_DROPPED_SQL = f"""SELECT {_GALLERY_COLUMNS} FROM manifest
    WHERE NOT kept AND drops[1].stage = ? AND drops[1].reason = ? ORDER BY md5(sample_id) LIMIT ?"""


def write_report(store: Store, name: str, summary: Summary, recipe: Recipe | None = None) -> None:
    """Write `report/index.html` of a corpus, and `written.html` where models wrote something.

    `recipe`: what it was made by, for thresholds and conditions.
    """
    store.write(layout.REPORT, page(store, name, summary, recipe))
    store.remove(layout.WRITTEN_PAGE)
    if summary.written.tasks:
        title = f"{name}: every written text with its evidence"
        body = "".join([f"<h1>{text(title)}</h1>", *traced_rows(store, summary)])
        store.write(layout.WRITTEN_PAGE, document(title, body))


def page(store: Store, name: str, summary: Summary, recipe: Recipe | None = None) -> str:
    """The whole page; no script, no outside address, so that it can be mailed."""
    share = f"{summary.kept / summary.rows:.0%}" if summary.rows else "0%"
    body = [
        f"<h1>{text(name)}</h1>",
        f'<p class="lead">{text(summary.kept)} image-text samples kept of {text(summary.rows)} rows '
        f"({share}), from {text(summary.documents)} documents.</p>",
        _tiles(summary),
        "<h2>Where the rows went</h2>",
        _funnel(summary),
        "<h2>What is in it</h2>",
        _charts(summary),
        *content_section(store, summary),
        *annotated_section(store, summary),
        *written_section(store, summary),
        *questions_section(store, summary),
        *figures_section(store, summary),
        *selection_sections(store, summary, recipe),
        "<h2>Kept</h2>",
        _kept_gallery(store, summary),
        "<h2>Dropped, by first reason</h2>",
        _dropped_galleries(store, summary),
        "<h2>All drop marks</h2>",
        markup.table(("stage", "reason", "rows marked"), summary.drops),
    ]
    return document(f"{name}: corpus report", "".join(body))


def _tiles(summary: Summary) -> str:
    tiles = [
        markup.tile(f"{summary.kept:,}", "samples kept"),
        markup.tile(f"{summary.kept_documents:,}", "documents they come from"),
        markup.tile(f"{summary.images:,}", "pictures"),
        markup.tile(f"{summary.image_bytes / 1e6:,.1f} MB", "of pictures"),
        markup.tile(f"{len(summary.shards):,}", "shards"),
        markup.tile(f"{summary.faults:,}", "faults"),
    ]
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _funnel(summary: Summary) -> str:
    """From all rows that came in, by first drop reason; panels come in where figures are split."""
    left = summary.rows - summary.panels
    steps = [("all rows", "", left)]
    late = [step for step in summary.funnel if step[0] not in _BEFORE_PANELS]
    early = summary.funnel[: len(summary.funnel) - len(late)]
    panels = [("figures", "panels cut out", -summary.panels)] if summary.panels else []
    for stage, reason, n in [*early, *panels, *late]:
        left -= n
        steps.append((f"{stage}: {reason}", f"{'−' if n > 0 else '+'}{abs(n):,}", left))
    return markup.funnel(steps, max(n for _, _, n in steps))


def _charts(summary: Summary) -> str:
    charts = [
        ("Licence", markup.bars(summary.licences[:12], "samples by licence")),
        ("Source", markup.bars(summary.sources[:12], "samples by source")),
        ("Split", markup.bars(summary.splits, "samples by split")),
        ("Language of the caption", markup.bars(summary.languages[:12], "samples by language")),
        ("Year", markup.columns(_years(summary), "samples by year")),
        (
            "Caption length",
            markup.columns(_filled(summary.caption_lengths, 100), "caption length", " characters"),
        ),
        (
            "Longer side",
            markup.columns(_filled(summary.sides, 200), "longer side of the picture", " px"),
        ),
    ]
    cells = (f'<div class="chart"><h3>{text(name)}</h3>{svg}</div>' for name, svg in charts)
    return f'<div class="charts">{"".join(cells)}</div>'


def _years(summary: Summary) -> list[tuple[int, int]]:
    return _filled([(year, n) for year, n in summary.years if str(year).isdigit()], 1)


def _filled(pairs: Sequence[tuple], step: int) -> list[tuple[int, int]]:
    """Buckets `step` apart without holes between the first and the last."""
    counts = {int(value): n for value, n in pairs if value is not None}
    if not counts:
        return []
    return [(v, counts.get(v, 0)) for v in range(min(counts), max(counts) + 1, step)]


def _kept_gallery(store: Store, summary: Summary) -> str:
    connection = manifest_connection(store, summary.partitions)
    rows = safe_rows(connection.sql(_KEPT_SQL, params=[_KEPT_SHOWN]))
    return _gallery(store, rows) if rows else "<p>No row was kept.</p>"


def _dropped_galleries(store: Store, summary: Summary) -> str:
    connection = manifest_connection(store, summary.partitions)
    parts = []
    for stage, reason, n in summary.funnel[:_REASONS_SHOWN]:
        rows = connection.sql(_DROPPED_SQL, params=[stage, reason, _DROPPED_SHOWN])
        parts.append(f"<h3>{text(stage)}: {text(reason)} ({text(n)})</h3>")
        parts.append(_gallery(store, safe_rows(rows)))
    if len(summary.funnel) > _REASONS_SHOWN:
        parts.append(f"<p>and {len(summary.funnel) - _REASONS_SHOWN} more reasons</p>")
    return "".join(parts) or "<p>No row was dropped.</p>"


def _gallery(store: Store, rows: list[dict]) -> str:
    return f'<div class="gallery">{"".join(_card(store, row) for row in rows)}</div>'


def _card(store: Store, row: dict) -> str:
    why = "".join(
        f'<span class="why">{text(d["reason"])}{": " if d["detail"] else ""}{text(d["detail"][:160])}</span>'
        for d in row["drops"]
    )
    label = " · ".join(part for part in (row["label"], row["licence"]) if part)
    return (
        f'<figure><div class="pic">{thumbnail(store, row["images"])}</div>'
        f'<figcaption><span class="id">{text(row["sample_id"])}{" · " if label else ""}{text(label)}</span>'
        f"{why}{markup.long_text(row['caption'])}</figcaption></figure>"
    )
