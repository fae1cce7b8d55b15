"""The numbers of a corpus, by SQL over its manifest: what the report, card and corpus.json say."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from pipelines import layout
from pipelines.content import Content, content_of
from pipelines.part_views import connect, view_of_parts
from pipelines.selected import Selected, selected_of, selection_views
from pipelines.storage import Store
from pipelines.written import Written, written_of

Table = list[tuple]


@dataclass(frozen=True)
class Summary:
    """Counts of one corpus. Tables are `(value, rows)` pairs or wider, in a stable order."""

    partitions: int
    shards: list[str]
    rows: int
    kept: int
    documents: int
    kept_documents: int
    images: int
    image_bytes: int
    faults: int
    panels: int = 0
    drops: Table = field(default_factory=list)
    funnel: Table = field(default_factory=list)
    licences: Table = field(default_factory=list)
    years: Table = field(default_factory=list)
    splits: Table = field(default_factory=list)
    sources: Table = field(default_factory=list)
    caption_lengths: Table = field(default_factory=list)
    sides: Table = field(default_factory=list)
    languages: Table = field(default_factory=list)
    figures: Table = field(default_factory=list)
    content: Content = field(default_factory=Content)
    written: Written = field(default_factory=Written)
    selected: Selected = field(default_factory=Selected)

    def counts(self) -> dict[str, object]:
        """The numbers that corpus.json carries and `verify` checks."""
        return {
            "rows": self.rows,
            "kept": self.kept,
            "documents": self.documents,
            "images": self.images,
            "image_bytes": self.image_bytes,
            "faults": self.faults,
            "shards": len(self.shards),
            "by_split": dict(self.splits),
            "by_licence": dict(self.licences),
            "by_drop": {f"{stage}/{reason}": n for stage, reason, n in self.drops},
            **({"panels": self.panels} if self.panels else {}),
            **self.content.counts(),
            **self.written.counts(),
            **self.selected.counts(),
        }


_ONE = """
    SELECT count(*), count(*) FILTER (kept), count(DISTINCT document_id),
        count(DISTINCT document_id) FILTER (kept),
        coalesce(sum(len(images)) FILTER (kept), 0)::BIGINT,
        coalesce(sum(list_sum(list_transform(images, lambda i: i.length))) FILTER (kept), 0)::BIGINT,
        count(*) FILTER (list_contains(list_transform(drops, lambda d: d.reason), 'fault')),
        count(*) FILTER (len(figure.box) > 0)
    FROM manifest"""
_DROPS = """
    SELECT d.stage AS stage, d.reason AS reason, count(*) AS n
    FROM (SELECT unnest(drops) AS d FROM manifest) GROUP BY stage, reason
    ORDER BY n DESC, stage, reason"""
_FUNNEL = """
    SELECT d.stage AS stage, d.reason AS reason, count(*) AS n
    FROM (SELECT drops[1] AS d FROM manifest WHERE NOT kept) GROUP BY stage, reason
    ORDER BY list_position(['list', 'extract', 'figures', 'link', 'write', 'score', 'select', 'curate'], stage),
        n DESC, reason"""
# What became of whole figures, and why: `low_confidence 0.31` is counted as `low_confidence`.
_FIGURES = """
    SELECT CASE WHEN 'split' IN map_keys(meta) THEN 'split'
                WHEN 'figures' IN map_keys(meta) THEN split_part(meta['figures'], ' ', 1)
                ELSE 'fault' END AS v, count(*) AS n,
           coalesce(sum(CASE WHEN 'split' IN map_keys(meta)
                             THEN split_part(meta['split'], ' ', 1)::BIGINT END), 0)::BIGINT
    FROM manifest
    WHERE len(figure.box) = 0
      AND ('split' IN map_keys(meta) OR 'figures' IN map_keys(meta)
           OR len(list_filter(drops, lambda d: d.stage = 'figures')) > 0)
    GROUP BY v ORDER BY v != 'split', n DESC, v"""
_KEPT_BY = "SELECT {value} AS v, count(*) AS n FROM manifest WHERE kept GROUP BY v ORDER BY {order}"


def summarise(store: Store, partitions: int, shards: list[str]) -> Summary:
    """Read the whole manifest once per question; memory stays with DuckDB."""
    connection = manifest_connection(store, partitions)
    selection_views(connection, store)
    (numbers,) = connection.execute(_ONE).fetchall()
    rows, kept, documents, kept_documents, images, image_bytes, faults, panels = numbers
    return Summary(
        partitions=partitions,
        shards=shards,
        rows=rows,
        kept=kept,
        documents=documents,
        kept_documents=kept_documents,
        images=images,
        image_bytes=image_bytes,
        faults=faults,
        panels=panels,
        drops=connection.execute(_DROPS).fetchall(),
        funnel=connection.execute(_FUNNEL).fetchall(),
        licences=_by(connection, "licence.code"),
        years=_by(connection, "coalesce(meta['year'], '')", "v"),
        splits=_by(connection, "split"),
        sources=_by(connection, "source"),
        caption_lengths=_by(connection, "least(length(caption) // 100 * 100, 2000)", "v"),
        sides=_by(connection, "least(greatest(width, height) // 200 * 200, 4000)", "v"),
        languages=_by(connection, "coalesce(texts[1].language, '')"),
        figures=connection.execute(_FIGURES).fetchall(),
        content=content_of(connection),
        written=written_of(connection),
        selected=selected_of(connection),
    )


def _by(connection: duckdb.DuckDBPyConnection, value: str, order: str = "n DESC, v") -> Table:
    return connection.execute(_KEPT_BY.format(value=value, order=order)).fetchall()


def manifest_connection(store: Store, partitions: int) -> duckdb.DuckDBPyConnection:
    """A connection with a view `manifest` over all its parts."""
    connection = connect(store)
    view_of_parts(
        connection, store, "manifest", [layout.manifest_part(p) for p in range(partitions)]
    )
    return connection
