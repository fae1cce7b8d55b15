"""The report on concepts: the commonest, where they occur, and captions with what was linked."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from pipelines.content import Content
from pipelines.report import markup
from pipelines.report.hidden import safe_rows
from pipelines.report.kinds import breakable_kind, histogram, kinds_parts, sureness_chart
from pipelines.report.markup import share, text
from pipelines.report.pictures import thumbnail
from pipelines.storage import Store
from pipelines.summary import Summary, manifest_connection

_CROSSED_CONCEPTS, _CROSSED_KINDS = 15, 8
_CAPTIONS_SHOWN = 6
_OPEN_SHOWN = 3  # of these captions, so many with a negated or uncertain concept where there are
_PICTURE_PX = 200
_CAPTION_SHOWN = 900

# Captions with a concept in them: a fixed sample, and one of those that deny or doubt something.
_CAPTIONS = """
    WITH found AS (
        SELECT sample_id, images, caption, texts, meta, modality, partition, list_filter(concepts, lambda c:
            texts[c.text + 1].text = caption) AS concepts
        FROM manifest WHERE kept AND len(concepts) > 0
    ), open AS (
        SELECT * FROM found
        WHERE len(list_filter(concepts, lambda c: c.negated OR c.uncertain)) > 0
        ORDER BY md5(sample_id) LIMIT ?
    ), any_of_them AS (
        SELECT * FROM found
        WHERE len(concepts) > 0 AND sample_id NOT IN (SELECT sample_id FROM open)
        ORDER BY md5(sample_id) LIMIT ?
    )
    SELECT 1 AS place, * FROM any_of_them UNION ALL SELECT 0, * FROM open
    ORDER BY place DESC, md5(sample_id)"""


def content_section(store: Store, summary: Summary) -> list[str]:
    """Kinds of picture and concepts; nothing where the corpus has neither."""
    content = summary.content
    if not (content.kinds or content.concepts):
        return []
    connection = manifest_connection(store, summary.partitions)
    return [
        "<h2>Concepts and kinds of picture</h2>",
        *kinds_parts(store, connection, content),
        _charts(content),
        *(_concept_parts(store, connection, summary) if content.concepts else []),
    ]


def _charts(content: Content) -> str:
    charts = []
    if content.kinds:
        charts.append(sureness_chart(content))
    if content.body_parts:
        bars = markup.bars(content.body_parts[:10], "rows by body part")
        charts.append(("Body part, where it is said", bars))
    if content.matches:
        matches = markup.columns(histogram(content.matches), "mentions by score")
        charts.append(("How well words match their concept", matches))
    cells = (f'<div class="chart"><h3>{text(name)}</h3>{svg}</div>' for name, svg in charts)
    return f'<div class="charts spaced">{"".join(cells)}</div>'


def _concept_parts(
    store: Store, connection: duckdb.DuckDBPyConnection, summary: Summary
) -> Iterator[str]:
    content = summary.content
    yield "<h3>Commonest concepts</h3>"
    yield (
        f'<p class="note">{text(content.with_concepts)} of {text(summary.kept)} kept rows '
        f"({text(share(content.with_concepts, summary.kept))}) name a concept: "
        f"{text(content.mentions)} mentions of {text(content.different)} concepts. A row counts once "
        "for a concept; negated and uncertain are shares of its mentions.</p>"
    )
    yield _commonest(content)
    if content.crossed:
        yield "<h3>Concepts by kind of picture</h3>"
        yield _crossed(content)
    captions = _captions(store, connection)
    if captions:
        yield "<h3>Captions with their concepts</h3>"
        yield (
            '<p class="note"><mark>stated</mark> <mark class="negated">negated</mark> '
            '<mark class="uncertain">uncertain</mark> · point at a word for its concept</p>'
        )
        yield f'<div class="linked">{captions}</div>'


def _commonest(content: Content) -> str:
    head = ("concept", "id", "rows", "mentions", "negated", "uncertain")
    most = max(row[2] for row in content.concepts)
    rows = []
    for cui, name, n, mentions, negated, uncertain in content.concepts:
        cells = (text(n), text(mentions), *(_share(k, mentions) for k in (negated, uncertain)))
        numbers = "".join(f'<td class="n">{cell}</td>' for cell in cells)
        rows.append(
            f'<tr><td><span class="under" style="--long:{100 * n / most:.1f}%">{text(name)}</span>'
            f"</td><td><code>{text(cui)}</code></td>{numbers}</tr>"
        )
    titles = "".join(
        f"<th{' class=n' if i > 1 else ''}>{title}</th>" for i, title in enumerate(head)
    )
    return (
        f'<div class="scroll"><table class="commonest"><thead><tr>{titles}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _share(n: int, total: int) -> str:
    return text(share(n, total)) if n else '<span class="nothing">·</span>'


def _crossed(content: Content) -> str:
    """Of the commonest concepts, the rows of each of the kinds that have most of them."""
    concepts = content.concepts[:_CROSSED_CONCEPTS]
    counts = {(cui, kind): n for cui, kind, n in content.crossed}
    named = {cui for cui, *_ in concepts}
    weight: dict[str, int] = {}
    for cui, kind, n in content.crossed:
        if cui in named:
            weight[kind] = weight.get(kind, 0) + n
    kinds = sorted(weight, key=lambda kind: (-weight[kind], kind))[:_CROSSED_KINDS]
    rows = [
        (text(name), [counts.get((cui, kind), 0) for kind in kinds]) for cui, name, *_ in concepts
    ]
    return markup.shaded_table(("concept", *(kind or "undecided" for kind in kinds)), rows)


def _captions(store: Store, connection: duckdb.DuckDBPyConnection) -> str:
    asked = [_OPEN_SHOWN, _CAPTIONS_SHOWN]
    rows = safe_rows(connection.sql(_CAPTIONS, params=asked))
    several = [row for row in rows if row["place"]]
    open_ones = [row for row in rows if not row["place"]]
    shown = [*several[: _CAPTIONS_SHOWN - len(open_ones)], *open_ones]
    return "".join(_caption(store, row) for row in shown)


def _caption(store: Store, row: dict) -> str:
    kind = f" · {breakable_kind(row['modality'])}" if row["modality"] else ""
    return (
        f'<figure><div class="pic">{thumbnail(store, row["images"], _PICTURE_PX)}</div><figcaption>'
        f'<span class="id">{text(row["sample_id"])}{kind}</span>'
        f"{marked(row['caption'], row['concepts'])}</figcaption></figure>"
    )


def marked(caption: str, concepts: list[dict], shown: int = _CAPTION_SHOWN) -> str:
    """The start of a caption as HTML, its concepts marked; those that overlap share a mark."""
    parts, place = [], 0
    end_shown = min(len(caption), shown)
    for start, end, found in _spans(concepts, end_shown):
        parts.append(text(caption[place:start]))
        parts.append(_mark(caption[start:end], found))
        place = end
    parts.append(text(caption[place:end_shown]))
    return "".join(parts) + (" …" if end_shown < len(caption) else "")


def _spans(concepts: list[dict], length: int) -> list[tuple[int, int, list[dict]]]:
    """Stretches of a text, apart from one another, with the concepts in each."""
    spans: list[tuple[int, int, list[dict]]] = []
    for concept in sorted(concepts, key=lambda c: (c["start"], -c["end"])):
        start, end = concept["start"], concept["end"]
        if not 0 <= start < end <= length:
            continue
        if spans and start < spans[-1][1]:
            first, last, found = spans.pop()
            spans.append((first, max(last, end), [*found, concept]))
        else:
            spans.append((start, end, [concept]))
    return spans


def _mark(words: str, found: list[dict]) -> str:
    css = " ".join(name for name in ("negated", "uncertain") if any(c[name] for c in found))
    title = "; ".join(_title(concept) for concept in found)
    return f'<mark{f" class={chr(34)}{css}{chr(34)}" if css else ""} title="{text(title)}">{text(words)}</mark>'


def _title(concept: dict) -> str:
    words = [concept["cui"], concept["name"], f"score {concept['score']:.2f}"]
    return " · ".join([*words, *(name for name in ("negated", "uncertain") if concept[name])])
