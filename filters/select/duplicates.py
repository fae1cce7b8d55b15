"""Duplicates among the rows that are left: equal pixels, then pictures that are nearly the same.

Rows are taken from the best on (words of its own, longest caption, most texts, largest picture,
freest licence, id); a row that is like a better one that stays is that one's duplicate. So no two
rows that stay are alike, and each that goes is truly like the one it stands behind. What is like a
row that is kept out is kept out too.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from filters.options import NearDuplicates
from filters.select.captions import quoted
from filters.select.compared_pictures import Pictures
from filters.select.marking import give, pair_up
from filters.select.near_rows import Alikes, find_pairs
from filters.select.ranking import BEST_FIRST


def exact_duplicates(connection: duckdb.DuckDBPyConnection, drop: bool) -> None:
    """Rows of the same pixels: all but the best go (`drop`), or stay as if they were none."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE same AS
        SELECT rowid AS row, * FROM judged WHERE passed AND pixels IN (
            SELECT pixels FROM judged WHERE passed GROUP BY pixels HAVING count(*) > 1)"""
    )
    _keep_out_too(
        connection,
        """SELECT a.row, k.other, 0.0 AS distance, 'same pixels' AS how
        FROM same a JOIN (
            SELECT pixels, arg_min(row, (sample_id, partition)) AS other FROM same
            WHERE row IN (SELECT row FROM given WHERE reason = 'keep_out') GROUP BY pixels
        ) k USING (pixels) WHERE a.alive""",
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
    found = Alikes(connection, find_pairs(connection, pictures, wanted))
    connection.register("found_leaks", found.beside_kept_out())
    _keep_out_too(connection, "FROM found_leaks")
    connection.unregister("found_leaks")
    note_behind(
        connection,
        found.behind(_alive(connection)),
        "near_duplicate",
        "'nearly the picture of ' || name || ', ' || told",
        wanted.then == "drop",
    )


def note_behind(
    connection: duckdb.DuckDBPyConnection, found: pa.Table, reason: str, detail: str, drop: bool
) -> None:
    """Note all rows of `found` (row, winner, distance, how): dropped, or only paired with their
    winners. `detail` is SQL over its columns and `name`, the winner's."""
    connection.register("found_behind", found)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE behind AS
        SELECT f.*, j.sample_id, j.partition, w.sample_id AS name FROM found_behind f
        JOIN judged j ON j.rowid = f.row JOIN judged w ON w.rowid = f.winner"""
    )
    connection.unregister("found_behind")
    connection.execute(
        """INSERT INTO near_pairs SELECT sample_id, partition, name, distance, how
        FROM behind ORDER BY partition, sample_id"""
    )
    pair_up(connection, "SELECT row, winner FROM behind", drop)
    if drop:
        give(connection, f"SELECT row, {quoted(reason)} AS reason, {detail} AS detail FROM behind")


def _alive(connection: duckdb.DuckDBPyConnection) -> np.ndarray:
    rows = connection.sql("SELECT rowid AS row FROM judged WHERE alive").to_arrow_table()
    return np.asarray(rows["row"].to_numpy())


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
