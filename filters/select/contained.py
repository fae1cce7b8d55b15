"""Evaluation texts that are contained in ours: most of their shingles are.

A text of ours can only contain a share `t` of an item's n shingles if it has one of the item's
n - ceil(t n) + 1 rarest: only those are looked up, in a table of one bit for each of their low bits
first, so that nearly all of our texts are passed over at the speed of memory. Of a long text we
have but a sample, which may lack them: it is compared with every item that shares anything.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import duckdb
import numpy as np
import pyarrow as pa

from filters.alike.sketches import MOST_SHINGLES, containment
from filters.select.captions import quoted

_LEAST_WORDS = 8
_LEAST_SHINGLES = 4
_BATCH = 100_000
_SIEVE_BITS = 24

# What a search for an evaluation set finds, one row each; `row` is that of `judged`.
MATCHES = pa.schema(
    [
        ("row", pa.int64()),
        ("item", pa.string()),
        ("distance", pa.float64()),
        ("how", pa.string()),
        ("told", pa.string()),
    ]
)


def contained_texts(
    connection: duckdb.DuckDBPyConnection, name: str, least: float
) -> tuple[pa.Table, int]:
    """(row, item, distance, how, told) of texts that have the share `least` of an item's shingles;
    and how many texts were compared. `distance` is 1 minus the share."""
    items = connection.sql(
        f"""SELECT DISTINCT item, shingles FROM evaluation
        WHERE set = {quoted(name)} AND kind = 'text' AND words >= {_LEAST_WORDS}
            AND len(shingles) >= {_LEAST_SHINGLES} ORDER BY item, shingles"""
    ).fetchall()
    if not items:
        return MATCHES.empty_table(), 0
    rare = _rarest(items, least)
    sieve = _sieve(rare)
    anywhere = _rarest(items, 0.0)
    found: list[tuple[int, str, str, float]] = []
    compared = 0
    reader = connection.sql(
        "SELECT partition, sample_id, shingles FROM text_signatures"
    ).to_arrow_reader(_BATCH)
    for batch in reader:
        compared += batch.num_rows
        for partition, sample_id, ours in zip(*_sifted(batch, sieve), strict=True):
            index = anywhere if len(ours) >= MOST_SHINGLES else rare
            for place in sorted({p for shingle in ours for p in index.get(shingle, ())}):
                share = containment(items[place][1], ours)
                if share >= least:
                    found.append((partition, sample_id, items[place][0], share))
    return _of_rows(connection, found), compared


def _of_rows(
    connection: duckdb.DuckDBPyConnection, found: list[tuple[int, str, str, float]]
) -> pa.Table:
    """The matches of rows that passed the rules, schema `MATCHES`."""
    names = {"partition": pa.int32(), "sample_id": pa.string(), "item": pa.string(),
             "share": pa.float64()}  # fmt: skip
    columns = [pa.array([f[i] for f in found], kind) for i, kind in enumerate(names.values())]
    connection.register("contained", pa.table(columns, names=list(names)))
    rows = connection.sql(
        """SELECT j.rowid AS row, c.item, 1 - c.share AS distance, 'text' AS how,
            format('{:.2f} of its words', c.share) AS told
        FROM contained c JOIN judged j USING (partition, sample_id) WHERE j.passed"""
    ).to_arrow_table()
    connection.unregister("contained")
    return rows.cast(MATCHES)


def _rarest(items: list[tuple[str, list[int]]], least: float) -> dict[int, list[int]]:
    """Shingle to the places of the items that it must lead to."""
    counts = Counter(shingle for _, shingles in items for shingle in shingles)
    rare: dict[int, list[int]] = defaultdict(list)
    for place, (_, shingles) in enumerate(items):
        enough = len(shingles) - math.ceil(least * len(shingles) - 1e-9) + 1
        for shingle in sorted(shingles, key=lambda s: (counts[s], s))[:enough]:
            rare[shingle].append(place)
    return rare


def _sieve(rare: dict[int, list[int]]) -> np.ndarray:
    sieve = np.zeros(1 << _SIEVE_BITS, bool)
    sieve[np.array(list(rare), np.uint32) & ((1 << _SIEVE_BITS) - 1)] = True
    return sieve


def _sifted(batch: pa.RecordBatch, sieve: np.ndarray) -> list[list]:
    """The rows that have a shingle whose low bits are in the sieve, by column."""
    lists = batch.column("shingles")
    values = lists.flatten().to_numpy(zero_copy_only=False)
    hits = sieve[values & np.uint32((1 << _SIEVE_BITS) - 1)]
    counts = np.asarray(lists.value_lengths().fill_null(0))
    holders = np.searchsorted(np.cumsum(counts), np.flatnonzero(hits), side="right")
    long = np.flatnonzero(counts >= MOST_SHINGLES)
    rows = batch.take(pa.array(np.union1d(holders, long)))
    return [rows.column(i).to_pylist() for i in range(rows.num_columns)]
