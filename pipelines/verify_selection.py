"""verify, score and select: signatures against rows, leaks, duplicates, weights, held-out rows."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from filters.rules import samples_query
from pipelines import layout
from pipelines.corpus import Corpus, report_recipe
from pipelines.part_views import score_names, view_of_parts
from pipelines.recipe import Recipe
from pipelines.selected import selection_views

_SHOWN = 5

_QUESTIONS = {
    "kept rows that match an evaluation set": (
        "SELECT sample_id FROM manifest m SEMI JOIN leaks l USING (partition, sample_id) WHERE kept"
    ),
    "matches of evaluation sets in rows that are not there": (
        "SELECT DISTINCT sample_id FROM leaks ANTI JOIN manifest USING (partition, sample_id)"
    ),
    "rows kept out without a match": (
        "SELECT sample_id FROM manifest ANTI JOIN leaks USING (partition, sample_id) "
        "WHERE len(list_filter(drops, lambda d: d.stage = 'select' AND d.reason = 'keep_out')) > 0 "
        "AND (SELECT count(*) FROM compared) > 0"
    ),
    "near duplicates that are not there": (
        "SELECT sample_id FROM near_pairs ANTI JOIN manifest USING (partition, sample_id)"
    ),
    "near duplicates of rows that are not there": (
        "SELECT sample_id FROM near_pairs ANTI JOIN "
        "(SELECT sample_id AS winner FROM manifest) USING (winner)"
    ),
    "near duplicates of themselves": "SELECT sample_id FROM near_pairs WHERE sample_id = winner",
    "near duplicates of a row that is behind another by the same likeness": (
        "SELECT p.sample_id FROM near_pairs p JOIN near_pairs w ON w.sample_id = p.winner "
        "AND (p.how = 'text') = (w.how = 'text')"
    ),
    "near duplicates without duplicate_of": (
        "SELECT sample_id FROM near_pairs JOIN manifest USING (partition, sample_id) "
        "WHERE duplicate_of = ''"
    ),
    "duplicates of themselves": (
        "SELECT sample_id FROM manifest WHERE duplicate_of != '' AND duplicate_of = sample_id"
    ),
    "duplicates of a row that is dropped as a duplicate": (
        "SELECT sample_id FROM manifest SEMI JOIN (SELECT sample_id AS duplicate_of FROM manifest "
        "WHERE duplicate_of != '' AND {as_duplicate}) USING (duplicate_of)"
    ),
    "rows dropped as duplicates that say of none": (
        "SELECT sample_id FROM manifest WHERE duplicate_of = '' AND {as_duplicate} "
        "AND len(list_filter(drops, lambda d: d.stage = 'curate')) = 0"
    ),
    "rows without a sampling_weight of 0 or more": (
        "SELECT sample_id FROM manifest WHERE NOT coalesce(isfinite(sampling_weight) "
        "AND sampling_weight >= 0, false)"
    ),
    "rows with scores that are no numbers": (
        "SELECT sample_id FROM manifest WHERE len(list_filter(map_values(scores), "
        "lambda v: v IS NULL OR NOT isfinite(v))) > 0"
    ),
}
_AS_DUPLICATE = (
    "len(list_filter(drops, lambda d: d.stage = 'select' AND d.reason IN "
    "('duplicate', 'near_duplicate', 'duplicate_text'))) > 0"
)
# Rows that the score stage looks at: those that no stage before it dropped, and whole figures that
# may come back for their panels.
_LOOKED_AT = """len(list_filter(drops, lambda d: d.stage NOT IN ('score', 'select', 'curate')
        AND NOT (d.stage = 'figures' AND d.reason = 'split'))) = 0
    AND len(list_filter(drops, lambda d: d.stage = 'curate'
        OR d.stage = 'score' AND d.reason = 'fault')) = 0"""
_SIGNED = {
    "pictures without a signature": f"""
        SELECT sample_id || ' ' || image FROM (
            SELECT sample_id, partition, unnest(range(len(images)))::INTEGER AS image
            FROM manifest WHERE {_LOOKED_AT})
        ANTI JOIN picture_signatures USING (partition, sample_id, image)""",
    "signatures of pictures that are not there": """
        SELECT sample_id || ' ' || image FROM picture_signatures
        ANTI JOIN (SELECT sample_id, partition, unnest(range(len(images)))::INTEGER AS image
            FROM manifest) USING (partition, sample_id, image)""",
    "signatures that come twice": """
        SELECT sample_id FROM picture_signatures GROUP BY partition, sample_id, image
        HAVING count(*) > 1
        UNION ALL SELECT sample_id FROM text_signatures GROUP BY partition, sample_id
        HAVING count(*) > 1""",
    "captions without a signature": f"""
        SELECT sample_id FROM manifest
        ANTI JOIN text_signatures USING (partition, sample_id)
        WHERE caption != '' AND {_LOOKED_AT}""",
    "signatures of captions that are not there": """
        SELECT sample_id FROM text_signatures
        ANTI JOIN (SELECT partition, sample_id FROM manifest WHERE caption != '')
        USING (partition, sample_id)""",
}
# A whole figure that came back for its panels was set aside when embeddings were made.
_EMBEDDED = {
    "kept rows without an embedding": (
        "SELECT sample_id FROM manifest ANTI JOIN embeddings USING (partition, sample_id) "
        "WHERE kept AND NOT (map_contains(meta, 'split') AND len(figure.box) = 0)"
    ),
    "embeddings of rows that are not there": (
        "SELECT sample_id FROM embeddings ANTI JOIN manifest USING (partition, sample_id)"
    ),
    "embeddings that come twice": (
        "SELECT sample_id FROM embeddings GROUP BY partition, sample_id HAVING count(*) > 1"
    ),
    "embeddings that are no unit vectors": (
        "SELECT sample_id FROM (SELECT sample_id, unnest([picture, text]) AS v FROM embeddings) "
        "WHERE v IS NOT NULL AND NOT coalesce(abs("
        "list_sum(list_transform(v, lambda x: x::DOUBLE * x::DOUBLE)) - 1) < 0.02, false)"
    ),
}

_COVERED = (
    (
        (
            ("picture_signatures", layout.picture_signatures_part),
            ("text_signatures", layout.text_signatures_part),
        ),
        _SIGNED,
    ),
    ((("embeddings", layout.embeddings_part),), _EMBEDDED),
)


def verify_selection(corpus: Corpus, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """One line for each thing about scores and selection that does not hold."""
    columns = {name for name, *_ in connection.execute("DESCRIBE manifest").fetchall()}
    if "sampling_weight" not in columns:
        return  # by a version that had none of this
    selection_views(connection, corpus.store)
    for what, sql in _QUESTIONS.items():
        yield from _found(connection, what, sql.format(as_duplicate=_AS_DUPLICATE))
    yield from _signatures(corpus, connection)
    if recipe := report_recipe(corpus):
        yield from _held_out(connection, recipe)


def _found(connection: duckdb.DuckDBPyConnection, what: str, sql: str) -> Iterator[str]:
    """A line that counts all rows and names a few."""
    (n, some) = connection.execute(
        f"SELECT count(*), list(id ORDER BY id)[:{_SHOWN}] FROM ({sql}) AS found(id)"
    ).fetchall()[0]
    if n:
        yield f"{n:,} {what}: {', '.join(some)}"


def _signatures(corpus: Corpus, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Signatures and embeddings cover exactly the rows they should, where there are any."""
    for tables, questions in _COVERED:
        parts = {name: [part(p) for p in range(corpus.partitions)] for name, part in tables}
        wanted = [part for own in parts.values() for part in own]
        missing = [part for part in wanted if not corpus.store.exists(part)]
        if len(missing) == len(wanted):
            continue
        yield from (f"missing file: {part}" for part in missing)
        if not missing:
            for name, own in parts.items():
                view_of_parts(connection, corpus.store, name, own)
            for what, sql in questions.items():
                yield from _found(connection, what, sql)


def _held_out(connection: duckdb.DuckDBPyConnection, recipe: Recipe) -> Iterator[str]:
    """No row of a combination that is held out is in train or val."""
    if not recipe.select.hold_out:
        return
    scores = sorted({*recipe.score_names, *score_names(connection, "manifest")})
    connection.execute(f"CREATE OR REPLACE TEMP VIEW held AS {samples_query('manifest', scores)}")
    for name, condition in recipe.select.hold_out.items():
        sql = f"""SELECT sample_id FROM held s
            WHERE kept AND split != 'test' AND coalesce(TRY(({condition}\n)), false)"""
        yield from _found(connection, f"rows held out as {name} that are not in test", sql)
