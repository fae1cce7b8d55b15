"""Which rows of one picture are alike: by signature, by a crop, by embedding; and who stays of them.

Rows of equal signatures are one group: what is like one of them is like all. A figure and its
panels are one unit: they are never duplicates of one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from filters.alike.cosine import cosine_pairs
from filters.alike.neighbours import CROPPED, HOW, near_pairs
from filters.options import NearDuplicates
from filters.select.compared_pictures import EMBEDDED, Pictures, load_crops, told
from filters.select.leaders import Leaders, led
from filters.select.marking import as_table, count_compared, numbers
from filters.select.ranking import ROUGHLY, ranked

# A row of one picture that is left, or that is kept out: what is like that goes too.
_LEFT = "passed AND pictures = 1 AND (alive OR rowid IN (SELECT row FROM kept_out_rows))"
_BY_EMBEDDING = 2 * CROPPED


@dataclass(frozen=True)
class RowPairs:
    """Pairs of rows of `judged`. `distance` is in bits, or 1 - cosine where `how` (a place in `HOW`)
    is one past its end."""

    first: np.ndarray
    second: np.ndarray
    distance: np.ndarray
    how: np.ndarray


def find_pairs(
    connection: duckdb.DuckDBPyConnection, pictures: Pictures, wanted: NearDuplicates
) -> RowPairs:
    """All pairs of rows that are alike; of rows with equal signatures those with one of them."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE kept_out_rows AS
        SELECT row FROM given WHERE reason = 'keep_out'"""
    )
    left = numbers(
        connection, f"SELECT rowid AS row, {ROUGHLY} AS rank FROM judged WHERE {_LEFT} ORDER BY row"
    )
    here = np.isin(pictures.rows, left["row"], assume_unique=False)
    some = pictures.only(here & pictures.single)
    count_compared(connection, "pictures for near duplicates", len(some.rows))
    rank = left["rank"][np.searchsorted(left["row"], some.rows)]
    crops = owners = None
    if wanted.crop:
        crops, rows = load_crops(connection)
        owners = np.searchsorted(some.rows, rows)
        mine = (owners < len(some.rows)) & (some.rows[owners % max(1, len(some.rows))] == rows)
        crops, owners = crops[mine], owners[mine]
    found = near_pairs(some.hashes, wanted, crops, owners, np.argsort(rank, kind="stable"))
    parts = [(some.rows[found.first], some.rows[found.second], found.bits, found.how)]
    if wanted.embedding is not None:
        parts.append(_embedded(connection, wanted.embedding))
    first, second, distance, how = (np.concatenate(column) for column in zip(*parts, strict=True))
    return RowPairs(first, second, distance.astype(np.float64), how.astype(np.int64))


def _embedded(
    connection: duckdb.DuckDBPyConnection, least: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rows, pairs = cosine_pairs(
        connection,
        f"""SELECT j.row, e.picture AS vector FROM embeddings e
        JOIN (SELECT rowid AS row, partition, sample_id FROM judged WHERE {_LEFT}) j
            USING (partition, sample_id)
        WHERE e.picture IS NOT NULL ORDER BY j.row""",
        least,
    )
    count_compared(connection, "embeddings for near duplicates", len(rows))
    how = np.full(len(pairs.first), _BY_EMBEDDING)
    return rows[pairs.first], rows[pairs.second], 1 - pairs.cosine, how


class Alikes:
    """The rows of pairs, numbered from 0, in their groups, and which groups are alike."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, pairs: RowPairs) -> None:
        self._connection = connection
        self.rows = np.unique(np.concatenate([pairs.first, pairs.second]))
        first, second = (np.searchsorted(self.rows, x) for x in (pairs.first, pairs.second))
        equal = (pairs.distance == 0) & (pairs.how < CROPPED)
        self.groups = np.arange(len(self.rows))
        self.groups[second[equal]] = first[equal]
        self._link(self.groups[first[~equal]], self.groups[second[~equal]], pairs, ~equal)
        connection.register("chosen", as_table({"row": self.rows}))
        self._states = numbers(
            connection,
            """SELECT s.row, j.alive, row_number() OVER (ORDER BY j.sample_id, j.partition) AS name,
                dense_rank() OVER (ORDER BY j.document_id, coalesce(j.panel_of, j.sample_id))
                    AS figure
            FROM chosen s JOIN judged j ON j.rowid = s.row ORDER BY s.row""",
        )
        connection.unregister("chosen")

    def _link(self, a: np.ndarray, b: np.ndarray, pairs: RowPairs, chosen: np.ndarray) -> None:
        """Both ways, the nearest pair of two groups alone; a group's links lie together."""
        distance, how = pairs.distance[chosen], pairs.how[chosen]
        one, other = np.concatenate([a, b]), np.concatenate([b, a])
        distance, how = np.tile(distance, 2), np.tile(how, 2)
        order = np.lexsort((how, distance, how == _BY_EMBEDDING, other, one))
        one, other = one[order], other[order]
        new = np.ones(len(one), bool)
        new[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
        new &= one != other
        self._others, self._distance, self._how = other[new], distance[order][new], how[order][new]
        self._starts = np.searchsorted(one[new], np.arange(len(self.rows) + 1))

    def _alike(self, row: int) -> list[int]:
        group = int(self.groups[row])
        return [group, *self._others[self._starts[group] : self._starts[group + 1]].tolist()]

    def _nearness(self, row: int, other: int) -> tuple[float, int]:
        """Distance and `how` of two rows that are alike."""
        group, others = self.groups[row], self.groups[other]
        if group == others:
            return 0.0, 0
        start, end = self._starts[group], self._starts[group + 1]
        at = start + int(np.searchsorted(self._others[start:end], others))
        return float(self._distance[at]), int(self._how[at])

    def beside_kept_out(self) -> pa.Table:
        """(row, other, distance, how): alive rows that are like one that is kept out."""
        states = self._states
        figures = states["figure"]
        out: dict[int, list[int]] = {}  # of each group two of different figures are enough
        lost = np.flatnonzero(~states["alive"])
        for row in lost[np.argsort(states["name"][lost])].tolist():
            here = out.setdefault(int(self.groups[row]), [])
            if not here or (len(here) == 1 and figures[here[0]] != figures[row]):
                here.append(row)
        touched = {other for group in out for other in self._alike(group)}
        found = []
        for row in np.flatnonzero(states["alive"]).tolist() if out else []:
            if int(self.groups[row]) not in touched:
                continue
            others = [o for group in self._alike(row) for o in out.get(group, ())]
            others = [o for o in others if figures[o] != figures[row]]
            if others:
                found.append(
                    (row, min(others, key=lambda o: (self._nearness(row, o), states["name"][o])))
                )
        return self._table(found, "other")

    def behind(self, alive: np.ndarray) -> pa.Table:
        """(row, winner, distance, how, told): rows that are like a better one that stays."""
        left = self.rows[np.isin(self.rows, alive)]
        order = np.searchsorted(self.rows, ranked(self._connection, left)).tolist()
        leaders = Leaders(self.groups.tolist(), self._states["figure"].tolist())
        return self._table(led(order, leaders, self._alike), "winner")

    def _table(self, found: list[tuple[int, int]], name: str) -> pa.Table:
        near = [self._nearness(row, other) for row, other in found]
        return as_table(
            {
                "row": pa.array([self.rows[row] for row, _ in found], pa.int64()),
                name: pa.array([self.rows[other] for _, other in found], pa.int64()),
                "distance": pa.array([distance for distance, _ in near], pa.float64()),
                "how": pa.array([EMBEDDED if h == _BY_EMBEDDING else HOW[h] for _, h in near],
                                pa.string()),
                "told": pa.array([_told(distance, how) for distance, how in near], pa.string()),
            }
        )  # fmt: skip


def _told(distance: float, how: int) -> str:
    if how == _BY_EMBEDDING:
        return f"{1 - distance:.3f} alike by {EMBEDDED}"
    return told(int(distance), how)
