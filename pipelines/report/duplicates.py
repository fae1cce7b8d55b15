"""The report on duplicates: how many of each kind, clusters as pictures, repeated captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from filters.options import DuplicateTexts, NearDuplicates
from pipelines.papers_selection import a_match
from pipelines.recipe import Recipe
from pipelines.report import markup
from pipelines.report.keep_out import in_words
from pipelines.report.markup import text
from pipelines.report.rows import Rows, card, gallery, note, table, told
from pipelines.selected import ALIKE_KIND
from pipelines.storage import Store
from pipelines.summary import Summary

_CLUSTERS = {"picture": 8, "embedding": 4, "text": 5}  # shown; a kind more for equal pixels
_MEMBERS_SHOWN = 7
_CAPTIONS_SHOWN = 10
_SAME = "same pixels"
_KINDS = {
    "picture": "nearly the same picture",
    "embedding": "alike by embedding",
    "text": "nearly the same caption",
}
_REASONS = ("duplicate", "near_duplicate", "duplicate_text", "boilerplate_text")

# Some of the largest clusters, and those with the pair that is farthest apart.
_WINNERS = f"""
    SELECT winner FROM (
        SELECT winner, row_number() OVER (ORDER BY count(*) DESC, md5(winner)) AS largest,
            row_number() OVER (ORDER BY max(distance) DESC, md5(winner)) AS farthest
        FROM near_pairs WHERE {ALIKE_KIND} = ? GROUP BY winner)
    ORDER BY least(2 * largest - 1, 2 * farthest), largest LIMIT ?"""
_MEMBERS = f"""
    SELECT winner, sample_id, distance, how FROM near_pairs
    SEMI JOIN (SELECT unnest(?) AS winner) USING (winner) WHERE {ALIKE_KIND} = ?
    ORDER BY winner, distance, sample_id"""
# Rows of equal pixels are told by their mark.
_EXACT = """
    SELECT sample_id, duplicate_of FROM manifest
    WHERE duplicate_of != '' AND len(list_filter(drops, lambda d: d.reason = 'duplicate')) > 0"""
_EXACT_WINNERS = f"""
    SELECT duplicate_of FROM ({_EXACT}) GROUP BY duplicate_of
    ORDER BY count(*) DESC, md5(duplicate_of) LIMIT ?"""
_EXACT_MEMBERS = f"""
    SELECT duplicate_of, sample_id, 0.0, '{_SAME}' FROM ({_EXACT})
    SEMI JOIN (SELECT unnest(?) AS duplicate_of) USING (duplicate_of)
    ORDER BY duplicate_of, sample_id"""
_BOILERPLATE = """
    SELECT any_value(caption ORDER BY sample_id), count(*) AS n,
        count(DISTINCT document_id) AS documents, min(sample_id)
    FROM manifest WHERE len(list_filter(drops, lambda d: d.reason = 'boilerplate_text')) > 0
    GROUP BY lower(trim(caption)) ORDER BY documents DESC, n DESC, md5(lower(trim(caption))) LIMIT ?"""


@dataclass(frozen=True)
class Cluster:
    """A row and those behind it: (sample_id, distance, how)."""

    kind: str
    winner: str
    members: Sequence[tuple[str, float, str]]


@dataclass(frozen=True)
class Duplicates:
    """What is shown: clusters, and (caption, rows, documents, a row with it)."""

    clusters: Sequence[Cluster]
    captions: Sequence[tuple[str, int, int, str]]

    @property
    def ids(self) -> list[str]:
        """The rows that are shown."""
        shown = [m[0] for c in self.clusters for m in c.members[:_MEMBERS_SHOWN]]
        return [*(c.winner for c in self.clusters), *shown, *(c[3] for c in self.captions)]


def duplicates(connection: duckdb.DuckDBPyConnection, summary: Summary) -> Duplicates:
    """Clusters and captions of a connection's views; empty where select found no duplicate."""
    dropped = _dropped(summary)
    clusters: list[Cluster] = []
    if dropped["duplicate"]:
        winners = _column(connection, _EXACT_WINNERS, [3])
        clusters += _clusters(_SAME, winners, connection.execute(_EXACT_MEMBERS, [winners]))
    for kind, _, _ in summary.selected.alike:
        winners = _column(connection, _WINNERS, [kind, _CLUSTERS[kind]])
        clusters += _clusters(kind, winners, connection.execute(_MEMBERS, [winners, kind]))
    captions: list[tuple] = []
    if dropped["boilerplate_text"]:
        captions = connection.execute(_BOILERPLATE, [_CAPTIONS_SHOWN]).fetchall()
    return Duplicates(clusters, captions)


def _dropped(summary: Summary) -> dict[str, int]:
    found = {reason: n for stage, reason, n in summary.drops if stage == "select"}
    return {reason: found.get(reason, 0) for reason in _REASONS}


def _column(connection: duckdb.DuckDBPyConnection, sql: str, params: list) -> list[str]:
    return [value for (value,) in connection.execute(sql, params).fetchall()]


def _clusters(
    kind: str, winners: Sequence[str], cursor: duckdb.DuckDBPyConnection
) -> list[Cluster]:
    members: dict[str, list[tuple[str, float, str]]] = {winner: [] for winner in winners}
    for winner, *member in cursor.fetchall():
        members[winner].append(tuple(member))
    return [Cluster(kind, winner, members[winner]) for winner in winners]


def duplicates_parts(
    store: Store, found: Duplicates, rows: Rows, summary: Summary, recipe: Recipe | None
) -> list[str]:
    """The section's HTML; nothing where nothing was compared and nothing found."""
    lines = _lines(summary, recipe)
    if not lines:
        return []
    head = ("duplicates", "compared", "a match is", "rows", "behind", "of these dropped")
    return [
        "<h2>Duplicates</h2>",
        table(head, lines),
        *_picture_clusters(store, found, rows),
        *_text_clusters(found, rows),
        *_boilerplate(found, rows),
    ]


def _lines(summary: Summary, recipe: Recipe | None) -> list[tuple]:
    """A line for each kind that was looked for, so that none found is said too."""
    compared, dropped = dict(summary.selected.compared), _dropped(summary)
    alike = {kind: (rows, winners) for kind, rows, winners in summary.selected.alike}
    select = recipe.select if recipe else None
    near: NearDuplicates | None = select.near_duplicates if select else None
    texts: DuplicateTexts | None = select.duplicate_texts if select else None
    lines: list[tuple] = []
    if n := dropped["duplicate"]:
        lines.append((_SAME, "", "the same bytes of pixels", n, "", n))
    for kind, what, said in (
        ("picture", "pictures for near duplicates", a_match(near) if near else ""),
        ("embedding", "embeddings for near duplicates", _cosine(near)),
        ("text", "captions for duplicate texts", _jaccard(texts)),
    ):
        if what in compared or kind in alike:
            n, winners = alike.get(kind, (0, 0))
            options = texts if kind == "text" else near
            gone = 0 if options and options.then == "mark" else n
            lines.append((_KINDS[kind], compared.get(what, ""), said, n, winners, gone))
    if n := dropped["boilerplate_text"]:
        least = f"the same caption in {texts.boilerplate} documents or more" if texts else ""
        lines.append(("boilerplate captions", "", least, n, "", n))
    return lines


def _cosine(near: NearDuplicates | None) -> str:
    return f"embeddings at least {near.embedding:g} alike" if near and near.embedding else ""


def _jaccard(texts: DuplicateTexts | None) -> str:
    return f"{texts.jaccard:.0%} of their runs of words in common" if texts else ""


def _picture_clusters(store: Store, found: Duplicates, rows: Rows) -> list[str]:
    clusters = [c for c in found.clusters if c.kind != "text"]
    if not clusters:
        return []
    said = "First the row that stands for the others, then those behind it, the nearest first."
    strips = "".join(_strip(store, cluster, rows) for cluster in clusters)
    return ["<h3>Pictures that are alike</h3>", note(said), strips]


def _strip(store: Store, cluster: Cluster, rows: Rows) -> str:
    cards = [card(store, rows, cluster.winner, told("the best of them"), "best")]
    for sample_id, distance, how in cluster.members[:_MEMBERS_SHOWN]:
        cards.append(card(store, rows, sample_id, told(in_words("picture", distance, how))))
    more = len(cluster.members) - _MEMBERS_SHOWN
    rest = f" · {more:,} more" if more > 0 else ""
    return (
        f'<div class="strip cluster"><h4>{text(cluster.winner)} <small>'
        f"{len(cluster.members):,} behind it{rest}</small></h4>{gallery(cards, 'row')}</div>"
    )


def _text_clusters(found: Duplicates, rows: Rows) -> list[str]:
    blocks = [_texts(c, rows) for c in found.clusters if c.kind == "text" and c.winner in rows]
    if not blocks:
        return []
    return ["<h3>Captions that are alike</h3>", f'<div class="written">{"".join(blocks)}</div>']


def _texts(cluster: Cluster, rows: Rows) -> str:
    """The winner's caption over those behind it."""
    lines = [
        f'<li><span class="told">{text(in_words("text", distance, how))}</span> '
        f'<span class="id">{text(i)}</span> {markup.long_text(rows[i]["caption"])}</li>'
        for i, distance, how in cluster.members[:3]
        if i in rows
    ]
    more = len(cluster.members) - 3
    rest = f"<li>and {more:,} more</li>" if more > 0 else ""
    return (
        f'<div class="made"><p><span class="id">{text(cluster.winner)}</span> '
        f"<b>{markup.long_text(rows[cluster.winner]['caption'])}</b></p>"
        f"<ul>{''.join(lines)}{rest}</ul></div>"
    )


def _boilerplate(found: Duplicates, rows: Rows) -> list[str]:
    """The captions that most documents share, as a row's are shown."""
    lines = [
        (rows[i]["caption"][:300], documents, n)
        for caption, n, documents, i in found.captions
        if i in rows
    ]
    if not lines:
        return []
    return [
        "<h3>The most repeated captions</h3>",
        markup.table(("caption", "documents", "rows"), lines),
    ]
