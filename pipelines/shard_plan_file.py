"""The shard plan on disk: the last file that select writes, and so its commit."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from filters.select.selection import PlannedShard
from pipelines import layout
from pipelines.storage import Store

_PLAN = pa.schema(
    [
        ("name", pa.string()),
        ("samples", pa.int64()),
        ("first_partition", pa.int32()),
        ("last_partition", pa.int32()),
    ]
)


def write_plan(store: Store, shards: Sequence[PlannedShard], fingerprint: str) -> None:
    """Put the plan in place."""
    rows = [[getattr(s, f.name) for s in shards] for f in _PLAN]
    store.write_table(layout.PLAN, pa.table(rows, schema=_PLAN), fingerprint)


def read_plan(store: Store) -> list[PlannedShard]:
    """The shard plan of the last select."""
    return [PlannedShard(**row) for row in store.read_table(layout.PLAN).to_pylist()]
