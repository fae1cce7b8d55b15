"""The rows of a corpus that a search looks at, partition by partition, and what it finds in them."""

from __future__ import annotations

import heapq
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from filters.rules import samples_query
from filters.select.selection import quoted
from pipelines import layout
from pipelines.corpus import Corpus
from pipelines.part_views import score_names
from schemas.identifiers import part_name

KEPT = "kept"


@dataclass(frozen=True)
class Hit:
    """A row that was found: `score` is 1 for the very same and 0 for strangers (by words: BM25),
    `why` says in words what was alike."""

    sample_id: str
    partition: int
    score: float
    why: str
    by: str

    @property
    def order(self) -> tuple[float, str]:
        """Best first, and always in the same order."""
        return -self.score, self.sample_id


@dataclass(frozen=True)
class Rows:
    """A corpus, and a SQL condition (checked before) on the rows that are looked at."""

    corpus: Corpus
    where: str = KEPT

    def query(self, partition: int, columns: str) -> pa.Table:
        """Columns of the wanted rows of a partition, in the order of its file."""
        with self._manifest(partition) as path:
            connection = duckdb.connect()
            connection.execute(f"CREATE VIEW part AS FROM read_parquet({quoted(path)})")
            # A score that no row of this partition has is null here, not unknown.
            source = samples_query("part", self._scores())
            return connection.sql(
                f"SELECT {columns} FROM ({source}) WHERE ({self.where}\n)"
            ).to_arrow_table()

    def _scores(self) -> list[str]:
        if self.where == KEPT:
            return []
        return _score_names(self.corpus)

    def ids(self, partition: int) -> pa.Array:
        """The ids of the wanted rows of a partition."""
        return self.query(partition, "sample_id")["sample_id"].combine_chunks()

    @contextmanager
    def _manifest(self, partition: int) -> Iterator[str]:
        """A local path of a partition's manifest; one on object storage is here for the while."""
        store, part = self.corpus.store, layout.manifest_part(partition)
        if store.is_local:
            yield store.address(part)
            return
        with tempfile.TemporaryDirectory(prefix="fabrica-search-") as folder:
            path = os.path.join(folder, f"{part_name(partition)}.parquet")
            store.fs.get_file(store.path(part), path)
            yield path

    def batches(self, part: str, columns: list[str], partition: int) -> Iterator[pa.Table]:
        """A table beside the manifest, a row group at a time, only the wanted rows of it."""
        import pyarrow.parquet as pq

        wanted = self.ids(partition)
        with self.corpus.store.opened(part) as file:
            parquet = pq.ParquetFile(file)
            for group in range(parquet.num_row_groups):
                table = parquet.read_row_group(group, columns=columns)
                yield table.filter(pc.is_in(table["sample_id"], wanted))


_SCORES: dict[str, list[str]] = {}


def _score_names(corpus: Corpus) -> list[str]:
    """The scores that rows of a corpus carry, looked up once."""
    if corpus.store.url not in _SCORES:
        from pipelines.summary import manifest_connection

        connection = manifest_connection(corpus.store, corpus.partitions)
        _SCORES[corpus.store.url] = score_names(connection, "manifest")
    return _SCORES[corpus.store.url]


def best(hits: Iterable[Hit], top: int) -> list[Hit]:
    """The best `top` of any number of hits, each sample once; holds no more than a few times
    `top` of them."""
    kept: dict[str, Hit] = {}
    for hit in hits:
        if hit.sample_id not in kept or hit.order < kept[hit.sample_id].order:
            kept[hit.sample_id] = hit
        if len(kept) > 4 * top + 64:
            kept = {h.sample_id: h for h in heapq.nsmallest(top, kept.values(), key=_order)}
    return heapq.nsmallest(top, kept.values(), key=_order)


def _order(hit: Hit) -> tuple[float, str]:
    return hit.order
