"""The part of the vocabulary that a corpus uses, kept beside its manifest.

Names, types, broader concepts and sources only: definitions may be under a licence of their own.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from extractors.concepts.entries import VOCABULARY
from pipelines import layout
from pipelines.linkers import vocabulary_file
from pipelines.recipe import Concepts
from pipelines.storage import Store
from pipelines.summary import manifest_connection

_COLUMNS = ("cui", "name", "types", "parents", "sources")
IN_USE = pa.schema([VOCABULARY.field(name) for name in _COLUMNS])


def write_vocabulary_in_use(store: Store, concepts: Concepts | None, partitions: int) -> None:
    """Write `vocabulary.parquet`: every concept of the manifest and all that are broader."""
    if concepts is None:
        store.remove(layout.VOCABULARY)
        return
    used = manifest_connection(store, partitions).sql(
        "SELECT DISTINCT c.cui FROM (SELECT unnest(concepts) AS c FROM manifest) ORDER BY 1"
    )
    table = pq.read_table(vocabulary_file(concepts), columns=IN_USE.names, memory_map=True)
    kept = with_broader(table, used.to_arrow_table()["cui"])
    store.write_table(layout.VOCABULARY, kept.cast(IN_USE), "")


def with_broader(table: pa.Table, cuis: pa.ChunkedArray) -> pa.Table:
    """The rows of these concepts and of all above them, in the vocabulary's order."""
    wanted = fresh = pa.chunked_array([cuis.combine_chunks()], pa.string())
    while len(fresh):
        rows = table.filter(pc.is_in(table["cui"], fresh.combine_chunks()))
        above = pc.unique(pc.list_flatten(rows["parents"]).drop_null())
        fresh = pa.chunked_array(
            [above.filter(pc.invert(pc.is_in(above, wanted.combine_chunks())))]
        )
        wanted = pa.chunked_array([*wanted.chunks, *fresh.chunks])
    return table.filter(pc.is_in(table["cui"], wanted.combine_chunks()))
