"""The shard plan: kept rows in order, cut into runs that fit a shard."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np


@dataclass(frozen=True)
class PlannedShard:
    """A run of kept rows in (split, partition, sample_id) order."""

    name: str
    samples: int
    first_partition: int
    last_partition: int


def plan_shards(
    connection: duckdb.DuckDBPyConnection, max_samples: int, max_bytes: int
) -> list[PlannedShard]:
    """Cut the kept rows into shards, greedily, and set `shard` in a table `placed`."""
    connection.execute(
        """CREATE OR REPLACE TABLE queue AS
        SELECT partition, sample_id, split, bytes,
               row_number() OVER (PARTITION BY split ORDER BY partition, sample_id) - 1 AS place
        FROM decided WHERE kept"""
    )
    shards: list[PlannedShard] = []
    connection.execute(
        "CREATE OR REPLACE TABLE cuts (split VARCHAR, start BIGINT, stop BIGINT, shard VARCHAR)"
    )
    for (split,) in connection.execute(
        "SELECT DISTINCT split FROM queue ORDER BY split"
    ).fetchall():
        rows = connection.sql(
            "SELECT bytes, partition FROM queue WHERE split = ? ORDER BY place", params=[split]
        ).to_arrow_table()
        sizes, partitions = rows["bytes"].to_numpy(), rows["partition"].to_numpy()
        for number, (start, stop) in enumerate(cut(sizes, max_samples, max_bytes)):
            name = f"{split}-{number:06d}"
            shards.append(
                PlannedShard(name, stop - start, int(partitions[start]), int(partitions[stop - 1]))
            )
            connection.execute("INSERT INTO cuts VALUES (?, ?, ?, ?)", [split, start, stop, name])
    connection.execute(
        """CREATE OR REPLACE TABLE placed AS
        SELECT q.partition, q.sample_id, c.shard FROM queue q
        JOIN cuts c ON q.split = c.split AND q.place >= c.start AND q.place < c.stop"""
    )
    return shards


def cut(sizes: np.ndarray, max_samples: int, max_bytes: int) -> list[tuple[int, int]]:
    """Greedy `[start, stop)` runs of at most `max_samples` items and `max_bytes` in sum.

    An item larger than `max_bytes` stands alone.
    """
    ends = np.cumsum(np.asarray(sizes, dtype=np.int64))
    runs, start = [], 0
    while start < len(ends):
        before = int(ends[start - 1]) if start else 0
        stop = int(np.searchsorted(ends, before + max_bytes, side="right"))
        stop = max(start + 1, min(stop, start + max_samples, len(ends)))
        runs.append((start, stop))
        start = stop
    return runs
