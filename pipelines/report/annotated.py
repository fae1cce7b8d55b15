"""The report on labels and regions: how many of each, and rows with all that was written of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipelines.report import markup
from pipelines.report.hidden import safe_rows
from pipelines.report.markup import text
from pipelines.report.pictures import Gone, embedded
from pipelines.storage import Store
from pipelines.summary import Summary, manifest_connection

_LABELS_SHOWN = 30
_ROWS_SHOWN = 4  # of each source
_SOURCES_SHOWN = 8
_PICTURE_PX = 420
_TEXTS_SHOWN = 6
_QUESTIONS_SHOWN = 8
_REGIONS_DRAWN = 60
_LONGEST_RLE = 200_000
_COLOURS = ("#e4572e", "#2e86de", "#3aa655", "#c03ab5", "#d9a400", "#00a5a8")

_LABELS = """
    SELECT source, l.name AS label,
        count(*) FILTER (l.value = 'present') AS present,
        count(*) FILTER (l.value = 'absent') AS absent,
        count(*) FILTER (l.value = 'uncertain') AS uncertain,
        count(*) FILTER (l.value = 'unstated') AS unstated
    FROM (SELECT source, unnest(labels) AS l FROM manifest WHERE kept)
    GROUP BY ALL ORDER BY present DESC, source, label LIMIT ?"""
_REGIONS = """
    SELECT source, r.label AS label, count(*) AS n, count(DISTINCT sample_id) AS samples,
        round(100 * median(r.share), 2) AS share
    FROM (SELECT source, sample_id, unnest(regions) AS r FROM manifest WHERE kept)
    GROUP BY ALL ORDER BY n DESC, source, label LIMIT ?"""
_ROWS = """
    SELECT sample_id, source, images, caption, texts, meta, labels, regions, questions FROM manifest
    WHERE kept AND len(images) > 0 AND coalesce(len(figure.box), 0) = 0
        AND len(labels) + len(regions) + len(questions) > 0
    QUALIFY row_number() OVER (PARTITION BY source ORDER BY md5(sample_id)) <= ?
        AND dense_rank() OVER (ORDER BY source) <= ?
    ORDER BY source, md5(sample_id)"""


def annotated_section(store: Store, summary: Summary) -> list[str]:
    """Tables and rows with their words; nothing where no kept row has a label or region."""
    connection = manifest_connection(store, summary.partitions)
    labels = connection.execute(_LABELS, [_LABELS_SHOWN]).fetchall()
    regions = connection.execute(_REGIONS, [_LABELS_SHOWN]).fetchall()
    if not labels and not regions:
        return []
    rows = safe_rows(connection.sql(_ROWS, params=[_ROWS_SHOWN, _SOURCES_SHOWN]))
    return [
        "<h2>Labels, regions and what was written of them</h2>",
        *_tables(labels, regions),
        "<h3>Rows with their texts</h3>",
        "<p class='note'>The training caption is in bold. Boxes and outlines are those of the "
        "dataset.</p>",
        *(_row(store, row) for row in rows),
    ]


def _tables(labels: list[tuple], regions: list[tuple]) -> Iterator[str]:
    if labels:
        head = ("source", "label", "present", "absent", "uncertain", "unstated")
        yield f"<h3>Labels of kept rows</h3>{markup.table(head, labels)}"
    if regions:
        columns = ("source", "region", "regions", "samples", "median share of the picture, %")
        yield f"<h3>Regions of kept rows</h3>{markup.table(columns, regions)}"


def _row(store: Store, row: dict) -> str:
    return (
        f'<div class="split"><figure>{_drawn(store, row)}<figcaption>'
        f'<span class="id">{text(row["sample_id"])}</span>{_stated(row)}</figcaption></figure>'
        f'<div class="written">{_texts(row)}{_questions(row)}</div></div>'
    )


def _stated(row: dict) -> str:
    """The labels that a row has, by value."""
    parts = []
    for value in ("present", "uncertain", "absent"):
        names = [label["name"] for label in row["labels"] if label["value"] == value]
        if names:
            parts.append(f"<b>{value}</b> {text(', '.join(names[:12]))}")
    return "<br>".join(parts)


def _texts(row: dict) -> str:
    items = []
    for own in row["texts"][:_TEXTS_SHOWN]:
        words = markup.long_text(own["text"])
        chosen = f"<b>{words}</b>" if own["text"] == row["caption"] else words
        items.append(f'<li><span class="id">{text(own["kind"])}</span>{chosen}</li>')
    return f"<ul>{''.join(items)}</ul>"


def _questions(row: dict) -> str:
    lines = [
        (q["task"], q["question"], " · ".join(q["options"]), q["answer"])
        for q in row["questions"][:_QUESTIONS_SHOWN]
    ]
    if not lines:
        return ""
    more = len(row["questions"]) - len(lines)
    rest = f'<p class="note">and {more} more</p>' if more > 0 else ""
    return markup.table(("task", "question", "options", "answer"), lines) + rest


def _drawn(store: Store, row: dict) -> str:
    """The first picture with its regions drawn over, in the picture's own pixels."""
    image = row["images"][0]
    width, height = int(image["width"]), int(image["height"])
    try:
        href = embedded(store, row["images"], _PICTURE_PX)
        inside = f'<image href="{href}" width="{width}" height="{height}"/>'
    except Gone as gone:
        inside = f"<title>{gone}</title>"
    own = [region for region in row["regions"] if region["image"] == 0][:_REGIONS_DRAWN]
    stroke = max(width, height) / 220
    colours = _by_label(region["label"] for region in own)
    shapes = (_shape(r, colours[r["label"]], stroke, width, height) for r in own)
    return (
        f'<svg class="boxes" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="regions of {text(row["sample_id"])}">{inside}{"".join(shapes)}</svg>'
    )


def _by_label(labels: Iterable[str]) -> dict[str, str]:
    """A colour for each label, the same one for equal labels."""
    return {label: _COLOURS[i % len(_COLOURS)] for i, label in enumerate(dict.fromkeys(labels))}


def _shape(region: dict, colour: str, stroke: float, width: int, height: int) -> str:
    style = f'fill="none" stroke="{colour}" stroke-width="{stroke:.2f}"'
    title = f"<title>{text(region['label'])}: {text(region['place'])}</title>"
    if path := _outline(region["rle"], width, height):
        return f'<path d="{path}" {style}>{title}</path>'
    if len(region["box"]) != 4:
        return ""
    x0, y0, x1, y1 = (float(v) for v in region["box"])
    return (
        f'<rect x="{x0:.1f}" y="{y0:.1f}" width="{x1 - x0:.1f}" height="{y1 - y0:.1f}" {style}>'
        f"{title}</rect>"
    )


def _outline(rle: str, width: int, height: int) -> str:
    """The outline of a mask as an SVG path; empty where there is none that can be drawn."""
    if not rle or len(rle) > _LONGEST_RLE:
        return ""
    import cv2

    from extractors.labelled.files import BadData
    from extractors.labelled.regions.masks import mask_of

    try:
        decoded = mask_of(rle, (width, height)).astype("uint8")
    except BadData:  # of a corpus that others have changed; its box is drawn instead
        return ""
    found, _ = cv2.findContours(decoded, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_TC89_L1)
    return " ".join(
        "M" + "L".join(f"{x},{y}" for x, y in contour[:, 0].tolist()) + "Z" for contour in found
    )
