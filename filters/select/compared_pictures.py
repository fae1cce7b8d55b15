"""Signatures of the pictures of rows as arrays, and how a match is told."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from filters.alike.neighbours import CROPPED, HOW
from filters.select.marking import numbers

EMBEDDED = "embedding"
_TOLD = ("", "mirrored", "flipped", "turned by 180", "transposed", "turned by 90", "turned by 270")
_TOLD_AS = {HOW[i]: told for i, told in enumerate((*_TOLD, "transposed and turned by 180"))}


@dataclass(frozen=True)
class Pictures:
    """Signatures of pictures of rows: `rows` (n,) as in `judged`, ascending, `hashes` (n, 4) uint64,
    none of them not comparable, and whether a row has no other picture."""

    rows: np.ndarray
    hashes: np.ndarray
    single: np.ndarray

    def only(self, chosen: np.ndarray) -> Pictures:
        """Those of a mask (n,)."""
        return Pictures(self.rows[chosen], self.hashes[chosen], self.single[chosen])


_FOUND = "FROM picture_signatures p JOIN judged j USING (partition, sample_id) WHERE j.passed"


def load_pictures(connection: duckdb.DuckDBPyConnection) -> Pictures:
    """The signatures of all rows that passed the rules."""
    found = numbers(
        connection,
        f"""SELECT j.rowid AS row, j.pictures = 1 AS single, h0, h1, h2, h3
        {_FOUND} AND (h0 != 0 OR h1 != 0 OR h2 != 0 OR h3 != 0)""",
    )
    order = np.argsort(found["row"], kind="stable")
    hashes = np.empty((len(order), 4), np.uint64)
    for i in range(4):
        hashes[:, i] = found.pop(f"h{i}")[order]
    return Pictures(found["row"][order], hashes, found["single"][order])


def load_crops(connection: duckdb.DuckDBPyConnection) -> tuple[np.ndarray, np.ndarray]:
    """Signatures (m, 4) of crops of the pictures of rows that passed, and the row of each."""
    table = connection.sql(
        f"SELECT j.rowid AS row, crops {_FOUND} AND len(crops) > 0 ORDER BY row, p.image"
    ).to_arrow_table()
    crops, places = crops_of(table["crops"])
    return crops, table["row"].to_numpy()[places]


def crops_of(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """The crops (m, 4) of all rows of a column of lists, and the place of the row of each."""
    lists = column.combine_chunks()
    flat = lists.flatten().to_numpy(zero_copy_only=False).astype(np.uint64)
    counts = np.asarray(lists.value_lengths().fill_null(0)) // 4
    return flat.reshape(-1, 4), np.repeat(np.arange(len(lists)), counts)


def told(bits: int, how: int) -> str:
    """A match for people: `5 of 256 bits, cropped, mirrored`."""
    words = ["cropped"] if how >= CROPPED else []
    words += [_TOLD_AS[HOW[how % CROPPED]]]
    return ", ".join([f"{bits} of 256 bits", *filter(None, words)])
