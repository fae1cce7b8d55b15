"""Keep evaluation sets out: rows whose picture or text is one of theirs, with their figure or article.

All rows that passed the rules are compared. `leaks` says of each row that is kept out what it
matched and how near; rows that are not matches themselves (`direct` false) belong to the figure or
article of one, or have nearly its picture.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from filters.alike.neighbours import CROPPED, HOW, NearPairs, near_matches
from filters.options import KeepOut
from filters.select.captions import quoted
from filters.select.compared_pictures import Pictures, crops_of, load_crops, told
from filters.select.contained import MATCHES, contained_texts
from filters.select.marking import count_compared, give

_WHOLE = "coalesce({0}.panel_of, {0}.sample_id)"


def keep_out(
    connection: duckdb.DuckDBPyConnection, sets: list[KeepOut], pictures: Pictures
) -> None:
    """Mark the rows that match an item of one of the sets."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE found (row BIGINT, place INTEGER, set VARCHAR,
        item VARCHAR, kind VARCHAR, distance DOUBLE, how VARCHAR, told VARCHAR)"""
    )
    for place, wanted in enumerate(sets):
        count_compared(connection, f"pictures for {wanted.name}", len(pictures.rows))
        _note(
            connection, place, wanted.name, "picture", _picture_hits(connection, wanted, pictures)
        )
        if wanted.text is not None:
            hits, compared = contained_texts(connection, wanted.name, wanted.text)
            count_compared(connection, f"texts for {wanted.name}", compared)
            _note(connection, place, wanted.name, "text", hits)
    _spread_to_scope(connection, sets)
    connection.execute(
        """INSERT INTO leaks SELECT j.partition, j.sample_id, f.set, f.item, f.kind, f.distance,
            f.how, f.direct FROM kept_out f JOIN judged j ON j.rowid = f.row
        ORDER BY f.place, j.partition, j.sample_id, NOT f.direct, f.kind"""
    )
    give(
        connection,
        """SELECT row, 'keep_out' AS reason,
            first(set || ': ' || item || ', ' || told ORDER BY NOT direct, place, kind) AS detail
        FROM kept_out GROUP BY row""",
    )


def _picture_hits(
    connection: duckdb.DuckDBPyConnection, wanted: KeepOut, pictures: Pictures
) -> pa.Table:
    """(row, item, distance, how, told) of pictures that are nearly one of the set's."""
    evaluation = connection.sql(
        f"""SELECT item, h0, h1, h2, h3, coalesce(crops, []) AS crops FROM evaluation
        WHERE set = {quoted(wanted.name)} AND kind = 'picture' AND h0 IS NOT NULL ORDER BY item"""
    ).to_arrow_table()
    count_compared(connection, f"pictures of {wanted.name}", evaluation.num_rows)
    hashes = np.stack([evaluation[f"h{i}"].to_numpy() for i in range(4)], axis=1)
    whole = np.arange(len(hashes))
    searches = [(hashes, whole, pictures.hashes, pictures.rows, 0)]
    if wanted.crop:
        crops, items = crops_of(evaluation["crops"])
        ours, rows = load_crops(connection)
        searches.append((crops, items, pictures.hashes, pictures.rows, CROPPED))
        searches.append((hashes, whole, ours, rows, CROPPED))
    names = evaluation["item"]
    parts = [MATCHES.empty_table()]
    for queries, items, targets, rows, how in searches:
        if len(queries) and len(targets):
            parts.append(_hits(near_matches(queries, targets, wanted), names, items, rows, how))
    return pa.concat_tables(parts)


def _hits(
    found: NearPairs, names: pa.ChunkedArray, items: np.ndarray, rows: np.ndarray, how: int
) -> pa.Table:
    """Matches as rows; `items` and `rows` say whose each query and target is."""
    hows = found.how.astype(np.int64) + how
    words = [told(bits, way) for bits, way in zip(found.bits.tolist(), hows.tolist(), strict=True)]
    columns = [
        pa.array(rows[found.second], pa.int64()),
        names.take(pa.array(items[found.first], pa.int64())).combine_chunks(),
        pa.array(found.bits, pa.float64()),
        pa.array([HOW[way] for way in hows.tolist()], pa.string()),
        pa.array(words, pa.string()),
    ]
    return pa.table(columns, schema=MATCHES)


def _note(
    connection: duckdb.DuckDBPyConnection, place: int, name: str, kind: str, hits: pa.Table
) -> None:
    """The nearest item of the set for each row, to `found`."""
    connection.register("hits", hits)
    connection.execute(
        f"""INSERT INTO found SELECT row, {place}, {quoted(name)}, item, '{kind}', distance, how,
            told FROM hits
        QUALIFY row_number() OVER (PARTITION BY row ORDER BY distance, item, how) = 1"""
    )
    connection.unregister("hits")


def _spread_to_scope(connection: duckdb.DuckDBPyConnection, sets: list[KeepOut]) -> None:
    """`kept_out`: the matches, and the other rows of their figure or article."""
    figures = [str(i) for i, wanted in enumerate(sets) if wanted.scope == "figure"]
    same = f"{_WHOLE.format('o')} = {_WHOLE.format('j')}"
    narrow = f"(f.place NOT IN ({', '.join(figures)}) OR {same})" if figures else "true"
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE kept_out AS
        SELECT row, place, set, item, kind, distance, how, told, true AS direct FROM found
        UNION ALL
        SELECT o.rowid, f.place, f.set, first(f.item ORDER BY {_NEAREST}),
            first(f.kind ORDER BY {_NEAREST}), first(f.distance ORDER BY {_NEAREST}),
            first(f.how ORDER BY {_NEAREST}),
            'through ' || first(j.sample_id ORDER BY {_NEAREST}), false
        FROM found f JOIN judged j ON j.rowid = f.row
        JOIN judged o ON o.document_id = j.document_id AND o.rowid != j.rowid AND o.alive
        WHERE {narrow} AND NOT EXISTS (
            SELECT 1 FROM found x WHERE x.row = o.rowid AND x.place = f.place)
        GROUP BY o.rowid, f.place, f.set"""
    )


_NEAREST = "f.kind, f.distance, j.sample_id, j.partition"
