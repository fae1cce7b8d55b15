"""Captions of different articles or patients that are nearly the same, and boilerplate of many.

Candidates share a MinHash band (`filters.alike.sketches`), a match is proved by the Jaccard similarity of
the shingles. Rows are taken from the best on, as in `filters.select.duplicates`. Captions made from
labels are left alone: they repeat because what is to be seen does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa

from filters.alike.sketches import jaccard
from filters.options import DuplicateTexts
from filters.select.duplicates import note_behind
from filters.select.leaders import Leaders, led
from filters.select.marking import as_table, count_compared, give
from filters.select.ranking import ranked


def duplicate_texts(connection: duckdb.DuckDBPyConnection, wanted: DuplicateTexts) -> None:
    """Mark boilerplate, then the rows whose caption is nearly that of a better row elsewhere."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE captions AS
        SELECT j.rowid AS row, j.group_id, t.exact, t.bands, t.shingles
        FROM text_signatures t JOIN judged j USING (partition, sample_id)
        WHERE j.alive AND NOT j.made AND t.words >= {wanted.least_words} AND len(t.shingles) > 0"""
    )
    ((compared,),) = connection.sql("SELECT count(*) FROM captions").fetchall()
    count_compared(connection, "captions for duplicate texts", compared)
    if wanted.boilerplate:
        give(
            connection,
            f"""SELECT c.row, 'boilerplate_text' AS reason,
                'the same caption in ' || b.n || ' articles or patients' AS detail
            FROM captions c JOIN (
                SELECT exact, count(DISTINCT group_id) AS n FROM captions
                GROUP BY exact HAVING n >= {wanted.boilerplate}) b USING (exact)""",
        )
        connection.execute("DELETE FROM captions WHERE row IN (SELECT row FROM given)")
    note_behind(
        connection,
        _followers(connection, wanted.jaccard),
        "duplicate_text",
        "format('the caption of {}, {:.2f} alike', name, 1 - distance)",
        wanted.then == "drop",
    )


def _followers(connection: duckdb.DuckDBPyConnection, least: float) -> pa.Table:
    """(row, winner, distance, how) of rows that are behind a better one."""
    _candidates(connection)
    table = connection.sql(
        """SELECT c.row, c.group_id, c.exact, c.bands, c.shingles
        FROM captions c SEMI JOIN candidates USING (exact) ORDER BY c.row"""
    ).to_arrow_table()
    rows = table["row"].to_numpy()
    order = np.searchsorted(rows, ranked(connection, rows))
    exact = table["exact"].to_pylist()
    groups = table["group_id"].combine_chunks().dictionary_encode().indices.to_pylist()
    texts = _Texts(table, least)
    found = led(order.tolist(), Leaders(exact, groups), texts.alike, texts.add)
    shares = [texts.share(row, exact[row], exact[leader]) for row, leader in found]
    return as_table(
        {
            "row": pa.array([rows[row] for row, _ in found], pa.int64()),
            "winner": pa.array([rows[leader] for _, leader in found], pa.int64()),
            "distance": pa.array([1 - share for share in shares], pa.float64()),
            "how": pa.array(["text"] * len(found), pa.string()),
        }
    )


def _candidates(connection: duckdb.DuckDBPyConnection) -> None:
    """`candidates`: the texts (`exact`) that share a band with another, or are in two groups.

    One band after another, so that memory is that of one number a text.
    """
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE candidates AS
        SELECT exact FROM captions GROUP BY exact HAVING count(DISTINCT group_id) > 1"""
    )
    bands = connection.sql("SELECT max(len(bands)) FROM captions").fetchall()[0][0] or 0
    for band in range(1, bands + 1):
        connection.execute(
            f"""INSERT INTO candidates SELECT DISTINCT exact FROM captions
            WHERE bands[{band}] IN (SELECT bands[{band}] FROM captions
                GROUP BY bands[{band}] HAVING min(exact) != max(exact))"""
        )


class _Texts:
    """Which texts of rows that stay are like a row's: they share a band, and enough shingles."""

    def __init__(self, table: pa.Table, least: float) -> None:
        self._exact: Sequence[int] = table["exact"].to_pylist()
        self._bands: Sequence[Sequence[int]] = table["bands"].to_pylist()
        self._shingles = table["shingles"]
        self._least = least
        self._in_bucket: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._row_of: dict[int, int] = {}
        self._shares: dict[tuple[int, int], float] = {}

    def add(self, row: int) -> None:
        """A row that is the first of its text to stay."""
        for band, key in enumerate(self._bands[row]):
            self._in_bucket[band, key].append(self._exact[row])
        self._row_of[self._exact[row]] = row

    def alike(self, row: int) -> list[int]:
        """Texts (`exact`), the row's own among them."""
        text = self._exact[row]
        others = {
            other
            for band, key in enumerate(self._bands[row])
            for other in self._in_bucket.get((band, key), ())
        }
        return [text, *(o for o in others - {text} if self.share(row, text, o) >= self._least)]

    def share(self, row: int, text: int, other: int) -> float:
        """How much of its shingles a row's text has in common with that of a row that stays."""
        if text == other:
            return 1.0
        pair = (min(text, other), max(text, other))
        if pair not in self._shares:
            theirs = self._shingles[self._row_of[other]].as_py()
            self._shares[pair] = jaccard(self._shingles[row].as_py(), theirs)
        return self._shares[pair]
