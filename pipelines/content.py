"""What kept rows show: kinds of picture and concepts, counted by SQL over the manifest.

A row counts once for a concept however often its texts name it; shares of denied and uncertain
are of all mentions. DuckDB holds a few numbers per concept and kind, never rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb

CONCEPTS_SHOWN = 20
BINS = 20
MEDICAL_FROM = 0.5  # from this score on a row counts as medical

Table = list[tuple]


@dataclass(frozen=True)
class Content:
    """Counts over kept rows; all empty where the corpus has neither concepts nor modality.

    `kinds`: (kind, rows, medical rows). `concepts`: (cui, name, rows, mentions, denied mentions,
    uncertain mentions). `crossed`: (cui, kind, rows) of these concepts. `sureness` and `matches`:
    (bin, n) for `modality_score` of rows and `score` of mentions, bin 0 to `BINS` - 1.
    """

    with_concepts: int = 0
    mentions: int = 0
    different: int = 0
    kinds: Table = field(default_factory=list)
    body_parts: Table = field(default_factory=list)
    concepts: Table = field(default_factory=list)
    crossed: Table = field(default_factory=list)
    sureness: Table = field(default_factory=list)
    matches: Table = field(default_factory=list)

    def counts(self) -> dict[str, object]:
        """What corpus.json carries of it; nothing where there is nothing."""
        concepts = {"with_concepts": self.with_concepts} if self.with_concepts else {}
        kinds = {"by_modality": {kind: n for kind, n, _ in self.kinds}} if self.kinds else {}
        return {**concepts, **kinds}


# Whether any row was given a kind or a concept, dropped or not.
_ANY = """
    SELECT coalesce(bool_or(modality != ''), false), coalesce(bool_or(len(concepts) > 0), false)
    FROM manifest"""
_KINDS = f"""
    SELECT modality AS kind, count(*) AS n, count(*) FILTER (scores['medical'] >= {MEDICAL_FROM})
    FROM manifest WHERE kept GROUP BY kind ORDER BY n DESC, kind"""
_BODY_PARTS = """
    SELECT body_part AS part, count(*) AS n FROM manifest
    WHERE kept AND body_part != '' GROUP BY part ORDER BY n DESC, part"""
_BIN = f"least(greatest(floor({{}} * {BINS}), 0), {BINS - 1})::INTEGER AS bin"
_SURENESS = f"""
    SELECT {_BIN.format("modality_score")}, count(*)
    FROM manifest WHERE kept AND modality_score IS NOT NULL GROUP BY bin ORDER BY bin"""
_MATCHES = f"""
    SELECT {_BIN.format("c.score")}, count(*)
    FROM (SELECT unnest(concepts) AS c FROM manifest WHERE kept) GROUP BY bin ORDER BY bin"""
_BY_CONCEPT = """
    CREATE TEMP TABLE by_concept AS
    WITH mentions AS (
        SELECT c.cui AS cui, min(c.name) AS name, count(*) AS mentions,
            count(*) FILTER (c.negated) AS negated, count(*) FILTER (c.uncertain) AS uncertain
        FROM (SELECT unnest(concepts) AS c FROM manifest WHERE kept) GROUP BY ALL
    ), named AS (
        SELECT cui, count(*) AS n FROM (
            SELECT unnest(list_distinct(list_transform(concepts, lambda c: c.cui))) AS cui
            FROM manifest WHERE kept
        ) GROUP BY cui
    ) SELECT cui, name, n, mentions, negated, uncertain FROM mentions JOIN named USING (cui)"""
_TOP_CONCEPTS = f"SELECT * FROM by_concept ORDER BY n DESC, cui LIMIT {CONCEPTS_SHOWN}"
_WITH_CONCEPTS = """
    SELECT (SELECT count(*) FROM manifest WHERE kept AND len(concepts) > 0),
        coalesce(sum(mentions), 0)::BIGINT, count(*) FROM by_concept"""
_CROSSED = """
    SELECT cui, modality AS kind, count(*) AS n FROM (
        SELECT modality, unnest(list_intersect(
            list_distinct(list_transform(concepts, lambda c: c.cui)), ?)) AS cui
        FROM manifest WHERE kept
    ) GROUP BY cui, kind ORDER BY cui, kind"""


def content_of(connection: duckdb.DuckDBPyConnection) -> Content:
    """The numbers of a connection's view `manifest`."""
    (has,) = connection.execute(_ANY).fetchall()
    has_kinds, has_concepts = has
    return Content(
        **(_kinds(connection) if has_kinds else {}),
        **(_concepts(connection, has_kinds) if has_concepts else {}),
    )


def _kinds(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    questions = {"kinds": _KINDS, "body_parts": _BODY_PARTS, "sureness": _SURENESS}
    return {name: connection.execute(sql).fetchall() for name, sql in questions.items()}


def _concepts(connection: duckdb.DuckDBPyConnection, has_kinds: bool) -> dict[str, Any]:
    connection.execute(_BY_CONCEPT)
    (numbers,) = connection.execute(_WITH_CONCEPTS).fetchall()
    with_concepts, mentions, different = numbers
    top = connection.execute(_TOP_CONCEPTS).fetchall()
    cuis = [row[0] for row in top]
    return {
        "with_concepts": with_concepts,
        "mentions": mentions,
        "different": different,
        "concepts": top,
        "matches": connection.execute(_MATCHES).fetchall(),
        "crossed": connection.execute(_CROSSED, [cuis]).fetchall() if has_kinds else [],
    }
