"""Duplicates among the rows that are left: equal pixels, then pictures that are nearly the same.

Rows are taken from the best on (words of its own, longest caption, most texts, largest picture,
freest licence, id); a row that is like a better one that stays is that one's duplicate. So no two
rows that stay are alike, and each that goes is truly like the one it stands behind. What is like a
row that is kept out is kept out too.
"""

from __future__ import annotations

import duckdb
import numpy as np

from filters.alike import HOWS, Matches, Pictures, near
from filters.captions import quoted
from filters.cosine import cosine_pairs
from filters.marking import as_table, count_compared, give, pair_up
from filters.options import NearDuplicates

# A panel whose caption is that of its whole figure stands behind one with words of its own.
BEST_FIRST = (
    "borrowed, caption_length DESC, text_count DESC, area DESC, freedom, sample_id, partition"
)
_EMBEDDED = "embedding"


def exact_duplicates(connection: duckdb.DuckDBPyConnection, drop: bool) -> None:
    """Rows of the same pixels: all but the best go (`drop`), or stay as if they were none."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE same AS
        SELECT rowid AS row, * FROM judged WHERE passed AND pixels IN (
            SELECT pixels FROM judged WHERE passed GROUP BY pixels HAVING count(*) > 1)"""
    )
    _keep_out_too(
        connection,
        """SELECT a.row, k.row AS other, 0.0 AS distance, 'same pixels' AS how
        FROM same a JOIN same k USING (pixels) WHERE a.alive AND NOT k.alive""",
    )
    if drop:
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE pairs AS SELECT * FROM (
                SELECT row, first_value(row) OVER (PARTITION BY pixels ORDER BY {BEST_FIRST})
                    AS winner
                FROM same WHERE row IN (SELECT rowid FROM judged WHERE alive)
            ) WHERE winner != row"""
        )
        pair_up(connection, "FROM pairs", dropped=True)
        give(
            connection,
            """SELECT p.row, 'duplicate' AS reason, 'same picture as ' || w.sample_id AS detail
            FROM pairs p JOIN judged w ON w.rowid = p.winner""",
        )


def near_duplicates(
    connection: duckdb.DuckDBPyConnection, pictures: Pictures, wanted: NearDuplicates
) -> None:
    """Rows of one picture that is nearly that of another row; figures and their panels never."""
    left = _left(connection, pictures)
    count_compared(connection, "pictures for near duplicates", len(left.rows))
    found = near(left.hashes, left.hashes, wanted)
    rows = [
        _row_pairs(left.rows, found),
        *_embedded(connection, wanted.embedding),
    ]
    pairs = {key: np.concatenate([part[key] for part in rows]) for key in rows[0]}
    _load_pairs(connection, pairs)
    _keep_out_too(
        connection,
        """SELECT p.a AS row, p.b AS other, distance, how FROM pairs p
        JOIN judged k ON k.rowid = p.b WHERE NOT k.alive
        UNION ALL SELECT p.b, p.a, distance, how FROM pairs p
        JOIN judged k ON k.rowid = p.a WHERE NOT k.alive""",
    )
    a, b = _alive_pairs(connection)
    rows_of, winners = led(connection, a, b)
    followers = as_table({"row": rows_of, "winner": winners})
    connection.register("followers", followers)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE behind AS
        SELECT f.row, f.winner, p.distance, p.how, j.sample_id, j.partition, w.sample_id AS name
        FROM followers f
        JOIN pairs p ON p.a = least(f.row, f.winner) AND p.b = greatest(f.row, f.winner)
        JOIN judged j ON j.rowid = f.row JOIN judged w ON w.rowid = f.winner"""
    )
    connection.unregister("followers")
    note_behind(
        connection,
        "near_duplicate",
        f"""'nearly the picture of ' || name || CASE WHEN how = '{_EMBEDDED}'
            THEN format(', {{:.3f}} alike by embedding', 1 - distance)
            ELSE format(', {{}} of 256 bits', distance::INTEGER)
                || CASE WHEN how = '' THEN '' ELSE ', ' || how END END""",
        wanted.then == "drop",
    )


def note_behind(
    connection: duckdb.DuckDBPyConnection, reason: str, detail: str, drop: bool
) -> None:
    """Note all of `behind` (row, winner, distance, how, sample_id, partition, name): dropped, or
    only paired with their winners. `detail` is SQL."""
    connection.execute(
        """INSERT INTO near_pairs SELECT sample_id, partition, name, distance, how
        FROM behind ORDER BY partition, sample_id"""
    )
    pair_up(connection, "SELECT row, winner FROM behind", drop)
    if drop:
        give(connection, f"SELECT row, {quoted(reason)} AS reason, {detail} AS detail FROM behind")


def led(
    connection: duckdb.DuckDBPyConnection, a: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`(rows, winners)` of rows that are like a better one that stays, from pairs that are alike."""
    nodes = np.unique(np.concatenate([a, b]))
    order = ranked(connection, nodes)
    place = np.empty(len(nodes), np.int64)
    place[np.searchsorted(nodes, order)] = np.arange(len(order))
    first, second = (place[np.searchsorted(nodes, side)] for side in (a, b))
    better, worse = np.minimum(first, second), np.maximum(first, second)
    turn = np.lexsort((better, worse))
    winner = [-1] * len(order)
    for low, high in zip(worse[turn].tolist(), better[turn].tolist(), strict=True):
        if winner[low] < 0 and winner[high] < 0:
            winner[low] = high
    found = np.array(winner, np.int64)
    followers = np.flatnonzero(found >= 0)
    return order[followers], order[found[followers]]


def ranked(connection: duckdb.DuckDBPyConnection, rows: np.ndarray) -> np.ndarray:
    """The rows, best first."""
    connection.register("some", as_table({"row": rows}))
    ordered = connection.sql(
        f"SELECT j.rowid AS row FROM judged j JOIN some ON some.row = j.rowid ORDER BY {BEST_FIRST}"
    ).to_arrow_table()
    connection.unregister("some")
    return np.asarray(ordered["row"].to_numpy())


def _left(connection: duckdb.DuckDBPyConnection, pictures: Pictures) -> Pictures:
    """Rows of one picture that are no duplicates yet, or are kept out (what is like them goes)."""
    out = connection.sql(
        """SELECT rowid AS row FROM judged WHERE passed AND
        (alive OR rowid IN (SELECT row FROM given WHERE reason = 'keep_out'))"""
    ).to_arrow_table()["row"]
    wanted = pictures.single & np.isin(pictures.rows, out.to_numpy())
    return Pictures(pictures.rows[wanted], pictures.hashes[wanted], pictures.single[wanted])


def _row_pairs(rows: np.ndarray, found: Matches) -> dict[str, np.ndarray]:
    names = np.array(HOWS)
    return {
        "a": rows[found.queries],
        "b": rows[found.targets],
        "distance": found.distances.astype(np.float64),
        "how": names[found.how],
    }


def _embedded(
    connection: duckdb.DuckDBPyConnection, least: float | None
) -> list[dict[str, np.ndarray]]:
    """Pairs of rows whose picture embeddings have at least this cosine."""
    if least is None:
        return []
    rows, pairs = cosine_pairs(
        connection,
        """SELECT j.rowid AS row, e.picture AS vector
        FROM embeddings e JOIN judged j USING (partition, sample_id)
        WHERE j.passed AND j.pictures = 1 AND e.picture IS NOT NULL AND
            (j.alive OR j.rowid IN (SELECT row FROM given WHERE reason = 'keep_out'))
        ORDER BY row""",
        least,
    )
    count_compared(connection, "embeddings for near duplicates", len(rows))
    return [
        {
            "a": rows[pairs.first],
            "b": rows[pairs.second],
            "distance": 1 - pairs.cosine,
            "how": np.full(len(pairs.first), _EMBEDDED),
        }
    ]


def _load_pairs(connection: duckdb.DuckDBPyConnection, found: dict[str, np.ndarray]) -> None:
    """`pairs` (a < b), each once with its least distance, without those within one figure."""
    connection.register("found_pairs", as_table(found))
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE pairs AS
        SELECT p.* FROM (
            SELECT least(a, b) AS a, greatest(a, b) AS b,
                first(distance ORDER BY how = 'embedding', distance, how) AS distance,
                first(how ORDER BY how = 'embedding', distance, how) AS how
            FROM found_pairs WHERE a != b GROUP BY 1, 2) p
        JOIN judged x ON x.rowid = p.a JOIN judged y ON y.rowid = p.b
        WHERE x.document_id != y.document_id
            OR coalesce(x.panel_of, x.sample_id) != coalesce(y.panel_of, y.sample_id)"""
    )
    connection.unregister("found_pairs")


def _alive_pairs(connection: duckdb.DuckDBPyConnection) -> tuple[np.ndarray, np.ndarray]:
    table = connection.sql(
        """SELECT a, b FROM pairs p JOIN judged x ON x.rowid = p.a JOIN judged y ON y.rowid = p.b
        WHERE x.alive AND y.alive"""
    ).to_arrow_table()
    return table["a"].to_numpy(), table["b"].to_numpy()


def _keep_out_too(connection: duckdb.DuckDBPyConnection, pairs: str) -> None:
    """Keep out the alive rows of a query (row, other, distance, how) whose other is kept out."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE spread AS
        SELECT p.row, arg_min({{'set': l.set, 'item': l.item, 'kind': l.kind, 'through': o.sample_id,
            'distance': p.distance, 'how': p.how}},
            (p.distance, o.sample_id, o.partition, l.set, l.item)) AS leak
        FROM ({pairs}) p JOIN judged j ON j.rowid = p.row JOIN judged o ON o.rowid = p.other
        JOIN given g ON g.row = p.other AND g.reason = 'keep_out'
        JOIN leaks l ON l.partition = o.partition AND l.sample_id = o.sample_id
        WHERE j.alive GROUP BY p.row"""
    )
    connection.execute(
        """INSERT INTO leaks SELECT j.partition, j.sample_id, leak.set, leak.item, leak.kind,
            leak.distance, leak.how, false
        FROM spread s JOIN judged j ON j.rowid = s.row ORDER BY j.partition, j.sample_id"""
    )
    give(
        connection,
        """SELECT row, 'keep_out' AS reason, leak.set || ': ' || leak.item
            || ', its picture is that of ' || leak.through AS detail FROM spread""",
    )
