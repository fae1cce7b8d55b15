"""The shard plan: kept rows in order, cut into runs that fit a shard."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa


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
        """CREATE OR REPLACE TABLE queue AS SELECT partition, sample_id, split, bytes
        FROM decided WHERE kept ORDER BY split, partition, sample_id"""
    )
    shards: list[PlannedShard] = []
    for (split,) in connection.execute(
        "SELECT DISTINCT split FROM queue ORDER BY split"
    ).fetchall():
        rows = connection.sql(
            "SELECT bytes, partition FROM queue WHERE split = ? ORDER BY rowid", params=[split]
        ).to_arrow_table()
        sizes, partitions = rows["bytes"].to_numpy(), rows["partition"].to_numpy()
        shards += [
            PlannedShard(
                f"{split}-{number:06d}",
                stop - start,
                int(partitions[start]),
                int(partitions[stop - 1]),
            )
            for number, (start, stop) in enumerate(cut(sizes, max_samples, max_bytes))
        ]
    _place(connection, shards)
    return shards


def _place(connection: duckdb.DuckDBPyConnection, shards: list[PlannedShard]) -> None:
    """`placed`: the rows of `queue`, which stand in the order of the shards, each with its own."""
    names = pa.array([shard.name for shard in shards], pa.string())
    numbers = np.repeat(np.arange(len(shards)), [shard.samples for shard in shards])
    column = pa.DictionaryArray.from_arrays(pa.array(numbers, pa.int32()), names)
    connection.register("shard_column", pa.table({"shard": column}))
    connection.execute(
        """CREATE OR REPLACE TABLE placed AS SELECT q.partition, q.sample_id, c.shard::VARCHAR AS shard
        FROM (SELECT * FROM queue ORDER BY rowid) q POSITIONAL JOIN shard_column c"""
    )
    connection.unregister("shard_column")


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
