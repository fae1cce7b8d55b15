"""The report on kinds of picture: how many of each, some of each, and those least sure."""

from __future__ import annotations

import duckdb

from extractors.modality.tree import GROUPS, KIND_OF, group_of
from pipelines.content import BINS, Content
from pipelines.report import markup
from pipelines.report.hidden import safe_rows
from pipelines.report.markup import text
from pipelines.report.pictures import thumbnail
from pipelines.storage import Store

_KINDS_SHOWN = 8
_EXAMPLES_SHOWN = 4
_LEAST_SURE_SHOWN = 12
_PICTURE_PX = 180
_WORDS_SHOWN = 90
_UNDECIDED = "undecided"

# A fixed sample of each kind, in the memory of a few ids a kind.
_EXAMPLE_IDS = """
    SELECT unnest(min_by(sample_id, md5(sample_id), ?)) FROM manifest
    WHERE kept AND len(images) > 0 AND list_contains(?, modality) GROUP BY modality"""
_EXAMPLES = """
    SELECT sample_id, images, caption, texts, meta, modality, modality_score FROM manifest
    WHERE list_contains(?, sample_id) ORDER BY md5(sample_id)"""
_LEAST_SURE = """
    SELECT sample_id, images, caption, texts, meta, modality, modality_score FROM manifest
    WHERE kept AND len(images) > 0 AND modality_score < 1
    ORDER BY modality_score, md5(sample_id) LIMIT ?"""


def kinds_parts(store: Store, connection: duckdb.DuckDBPyConnection, content: Content) -> list[str]:
    """Bars by group, charts, examples of the commonest kinds and the least sure rows."""
    if not content.kinds:
        return []
    shown = [kind for kind, _, _ in content.kinds if kind][:_KINDS_SHOWN]
    counts = {kind: n for kind, n, _ in content.kinds}
    ids = connection.execute(_EXAMPLE_IDS, [_EXAMPLES_SHOWN, shown]).fetchall()
    examples = _rows(connection, _EXAMPLES, [[sample_id for (sample_id,) in ids]])
    least = _rows(connection, _LEAST_SURE, [_LEAST_SURE_SHOWN])
    strips = "".join(
        _strip(store, kind, counts[kind], [e for e in examples if e["modality"] == kind])
        for kind in shown
    )
    return [
        "<h3>Kinds of picture</h3>",
        _bars_by_group(content),
        f"<h3>Some of the commonest kinds</h3><div class='strips'>{strips}</div>",
        *(_least_sure(store, least) if least else []),
    ]


def _least_sure(store: Store, rows: list[dict]) -> list[str]:
    """Rows whose kind was told, not known."""
    return [
        "<h3>The least sure</h3>",
        "<p class='note'>Rows with the lowest <code>modality_score</code>: judge here whether a rule "
        "such as <code>modality_score >= 0.5</code> would help.</p>",
        f"<div class='gallery small'>{''.join(_card(store, row, name=True) for row in rows)}</div>",
    ]


def sureness_chart(content: Content) -> tuple[str, str]:
    """How sure the kinds are, as `(name, SVG)`."""
    bins = histogram(content.sureness)
    return "How sure the kind is", markup.columns(bins, "rows by modality_score")


def histogram(found: list[tuple]) -> list[tuple[object, int]]:
    """All bins from 0 to 1 with what was counted in each."""
    counts = dict(found)
    return [(f"{i / BINS:.2f}–{(i + 1) / BINS:.2f}", counts.get(i, 0)) for i in range(BINS)]


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, params: list) -> list[dict]:
    return safe_rows(connection.sql(sql, params=params))


def _bars_by_group(content: Content) -> str:
    """One card a group of the tree; all bars on one scale, filled as far as they are medical."""
    most = max((n for _, n, _ in content.kinds), default=1)
    total = sum(n for _, n, _ in content.kinds)
    cards = []
    for group in (*GROUPS, _UNDECIDED):
        kinds = [row for row in content.kinds if _group(row[0]) == group]
        n, medical = sum(row[1] for row in kinds), sum(row[2] for row in kinds)
        if kinds:
            bars = [(k or _UNDECIDED, _hint(k, i, m), i, m, most) for k, i, m in kinds]
            rows = f"{n:,} row{'' if n == 1 else 's'}, {markup.share(n, total)}"
            words = f"{rows} · {markup.share(medical, n)} medical"
            cards.append(
                f'<div class="chart"><h3>{text(group.replace("_", " "))} '
                f"<small>{text(words)}</small></h3>{markup.part_bars(bars)}</div>"
            )
    return (
        f'<div class="charts">{"".join(cards)}</div><p class="note"><span class="key full"></span> '
        'medical: shows a patient or a specimen <span class="key"></span> not medical. '
        f"{text(sum(m for _, _, m in content.kinds))} of {text(total)} kept rows are medical.</p>"
    )


def _group(kind: str) -> str:
    return group_of(kind) if kind in KIND_OF else _UNDECIDED


def _hint(kind: str, n: int, medical: int) -> str:
    title = KIND_OF[kind].title if kind in KIND_OF else "no kind was found"
    return f"{title}: {n:,} rows, {medical:,} of them medical"


def _strip(store: Store, kind: str, n: int, rows: list[dict]) -> str:
    title = KIND_OF[kind].title if kind in KIND_OF else kind
    cards = "".join(_card(store, row) for row in rows)
    return (
        f'<div class="strip"><h4 title="{text(title)}">{text(kind)} <small>{text(n)}</small></h4>'
        f'<div class="gallery tiny">{cards}</div></div>'
    )


def _card(store: Store, row: dict, name: bool = False) -> str:
    kind = f"<b>{breakable_kind(row['modality'])}</b> " if name else ""
    sure = row["modality_score"]
    score = f'<span class="score">{sure:.2f}</span>' if sure is not None else ""
    return (
        f'<figure><div class="pic">{thumbnail(store, row["images"], _PICTURE_PX)}</div>'
        f'<figcaption title="{text(row["sample_id"])}"><span class="words">'
        f"{kind}{score} {text(_start(row['caption']))}</span></figcaption></figure>"
    )


def breakable_kind(kind: str) -> str:
    """A kind's name as HTML."""
    return markup.breakable(kind or _UNDECIDED)


def _start(caption: str) -> str:
    words = " ".join(caption.split())
    return words if len(words) <= _WORDS_SHOWN else f"{words[:_WORDS_SHOWN].rsplit(' ', 1)[0]} …"
