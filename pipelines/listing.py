"""list: freeze what the corpus is made from, in partitions by a hash of each document's key.

The driver enumerates refs (cheap) and puts them into partitions; workers describe each ref
(licence, files, checksum). Listing again adds partitions for what is new or changed and leaves
the finished ones alone.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass

import duckdb
import msgspec
import pyarrow as pa

from extractors.pmc.fetch import FetchError
from extractors.sources import SOURCES
from pipelines import layout
from pipelines.context import Context, settled
from pipelines.errors import UserError
from pipelines.guard import guarded
from pipelines.partitioned import tables_by_partition
from pipelines.pool import Progress
from pipelines.storage import Store
from schemas.identifiers import short_hash
from schemas.manifest import documents_from_table, documents_to_table
from schemas.sample import Document, DocumentRef, Drop

REFS = pa.schema(
    [
        ("source_index", pa.int32()),
        ("key", pa.string()),
        ("address", pa.string()),
        ("tag", pa.string()),
        ("known", pa.list_(pa.string())),
    ]
)
_BATCH = 50_000
_KEPT_SETTINGS = (
    *("max_side", "concurrent_requests", "retries", "timeout_s"),
    *("captions", "describe", "knowledge", "overlay", "questions", "region_captions"),
)


@dataclass(frozen=True)
class Listing:
    """The frozen list: how many partitions and refs, and of which sources."""

    partitions: int
    documents: int
    generations: int
    sources: str


def read_listing(store: Store) -> Listing | None:
    """The frozen list of a corpus folder, or None."""
    try:
        return Listing(**json.loads(store.read(layout.LIST_JSON)))
    except FileNotFoundError:
        return None


def all_done(
    context: Context, part: Callable[[int], str], fingerprint: Callable[[Context, int], str]
) -> bool:
    """Whether a stage has nothing left to do, as far as can be told before a run."""
    store, listing = context.store, read_listing(context.store)
    if listing is None:  # working files may have been removed from a finished corpus
        return store.exists(layout.CORPUS_JSON) and not store.exists("stages")
    numbers = range(listing.partitions)
    return all(store.fingerprint(part(p)) == fingerprint(context, p) for p in numbers)


def freeze(context: Context, again: bool) -> Listing:
    """The frozen list, made now if there is none, extended if `again` or the sources changed."""
    store, sources = context.store, _sources_state(context)
    old = read_listing(store)
    if old is not None and not again and old.sources == sources:
        return old
    with tempfile.TemporaryDirectory(prefix="fabrica-list-") as folder:
        connection = duckdb.connect(os.path.join(folder, "list.db"))
        _load(connection, "fresh", _all_refs(context))
        if old is not None:
            _forget_known(connection, store, old)
        first = old.partitions if old else 0
        per_partition = context.recipe.run.documents_per_partition
        added, count = _write_partitions(connection, store, first, per_partition)
    if old is None and not count:
        raise UserError("the sources hold no document; nothing to do")
    listing = Listing(
        partitions=first + added,
        documents=(old.documents if old else 0) + count,
        generations=(old.generations if old else 0) + 1,
        sources=sources,
    )
    store.write(layout.LIST_JSON, json.dumps(asdict(listing), indent=1))
    return listing


def _sources_state(context: Context) -> str:
    """A fingerprint of what is listed; settings that change no list are left out."""
    sources = context.recipe.sources_state(_KEPT_SETTINGS)
    return context.fingerprint("list", sources, *context.recipe.named_files())


def _all_refs(context: Context) -> Iterator[tuple[int, DocumentRef]]:
    for index, (name, options) in enumerate(context.recipe.source_options()):
        try:
            for ref in SOURCES[name].enumerate(options):
                yield index, ref
        except (FetchError, ValueError, OSError) as error:
            raise UserError(f"sources.{index}.{name}: {error}") from None


def _load(
    connection: duckdb.DuckDBPyConnection, table: str, refs: Iterator[tuple[int, DocumentRef]]
) -> None:
    """Stream refs into a table on disk; a key that comes twice gets `~2`, `~3` behind it."""
    connection.execute(
        "CREATE TABLE raw (source_index INTEGER, key VARCHAR, address VARCHAR, tag VARCHAR)"
    )
    for batch in _batches(refs):
        block = pa.table(  # noqa: F841 - DuckDB finds it by name
            {
                "source_index": pa.array([i for i, _ in batch], pa.int32()),
                "key": [ref.key for _, ref in batch],
                "address": [ref.address for _, ref in batch],
                "tag": [ref.tag for _, ref in batch],
            }
        )
        connection.execute("INSERT INTO raw SELECT * FROM block")
    connection.execute(
        f"""CREATE TABLE {table} AS
        SELECT source_index, CASE WHEN n > 1 THEN key || '~' || n ELSE key END AS key, address, tag,
               []::VARCHAR[] AS known
        FROM (SELECT *, row_number() OVER (PARTITION BY key ORDER BY source_index, address) AS n
              FROM raw)"""
    )


def _batches(refs: Iterator[tuple[int, DocumentRef]]) -> Iterator[list[tuple[int, DocumentRef]]]:
    batch: list[tuple[int, DocumentRef]] = []
    for item in refs:
        batch.append(item)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _forget_known(connection: duckdb.DuckDBPyConnection, store: Store, old: Listing) -> None:
    """Take out of `fresh` what is listed and has the same tag; note what is gone.

    A ref with another tag, or with none, stays, with the checksums its documents are known by.
    """
    connection.execute(
        "CREATE TABLE listed (source_index INTEGER, key VARCHAR, address VARCHAR, tag VARCHAR)"
    )
    connection.execute("CREATE TABLE described (ref VARCHAR, checksum VARCHAR, partition INTEGER)")
    for partition in range(old.partitions):
        refs = store.read_table(layout.refs_part(partition))  # noqa: F841
        connection.execute("INSERT INTO listed SELECT source_index, key, address, tag FROM refs")
        if store.exists(layout.documents_part(partition)):
            documents = store.read_table(  # noqa: F841
                layout.documents_part(partition), ["ref", "checksum"]
            )
            connection.execute(
                f"INSERT INTO described SELECT ref, checksum, {partition} FROM documents"
            )
    gone = connection.sql(
        "SELECT DISTINCT key FROM listed WHERE key NOT IN (SELECT key FROM fresh)"
    )
    withdrawn = gone.order("key").to_arrow_table()
    keys = "\n".join(withdrawn["key"].to_pylist())
    store.write_table(layout.WITHDRAWN, withdrawn, short_hash(keys) if keys else "")
    connection.execute(
        """DELETE FROM fresh WHERE tag != ''
           AND (key, tag) IN (SELECT key, arg_max(tag, rowid) FROM listed GROUP BY key)"""
    )
    connection.execute(
        """UPDATE fresh SET known = d.sums FROM
           (SELECT ref, list(DISTINCT checksum ORDER BY checksum) AS sums FROM described
            WHERE (ref, partition) IN (SELECT ref, max(partition) FROM described GROUP BY ref)
            GROUP BY ref) d
           WHERE d.ref = fresh.key"""
    )


def _write_partitions(
    connection: duckdb.DuckDBPyConnection, store: Store, first: int, per_partition: int
) -> tuple[int, int]:
    """Write the refs of `fresh` as partitions from number `first`; returns how many of both."""
    count = int(connection.execute("SELECT count(*) FROM fresh").fetchall()[0][0])
    partitions = -(-count // per_partition)
    if not partitions:
        return 0, 0
    reader = connection.sql(
        f"""SELECT (('0x' || substr(md5(regexp_replace(key, '~[0-9]+$', '')), 1, 8))::UBIGINT
            % {partitions})::INTEGER AS partition,
            source_index, key, address, tag, known
        FROM fresh ORDER BY ALL"""
    ).to_arrow_reader(_BATCH)
    for number, refs in tables_by_partition(reader, REFS, partitions):
        store.write_table(layout.refs_part(first + number), refs, "")
    return partitions, count


def describe_partition(
    context: Context, partition: int, skip: Mapping[str, str], progress: Progress
) -> dict[str, int]:
    """Worker: the refs of a partition to documents; one commit."""
    store = context.store
    refs = store.read_table(layout.refs_part(partition)).to_pylist()
    fingerprint = documents_fingerprint(context, refs)
    target = layout.documents_part(partition)
    if store.fingerprint(target) == fingerprint:
        return {"documents_before": len(refs)}
    sources = context.recipe.source_options()

    def describe(ref: dict) -> list[Document]:
        with gates[ref["source_index"]]:
            return _describe(ref, sources, context.cache_of(partition), partition)

    def fault(ref: dict, why: str) -> Document:
        drops = [Drop("list", "fault", why[:500])]
        name = sources[ref["source_index"]][0]
        return Document(ref["key"], ref["key"], name, ref["address"], ref["key"], drops=drops)

    limits = [max(1, SOURCES[n].threads(options) // context.workers) for n, options in sources]
    gates = [threading.BoundedSemaphore(limit) for limit in limits]
    documents = list(
        guarded(describe, refs, lambda ref: ref["key"], fault, skip, progress, max(limits))
    )
    documents = [d for d in documents if d.source]  # an unchanged document gives none
    drops = (drop for document in documents for drop in document.drops)
    store.write_table(target, documents_to_table(_numbered(documents)), settled(fingerprint, drops))
    return {"documents": len(documents)}


def documents_fingerprint(context: Context, refs: list[dict]) -> str:
    """What the described part of these refs must carry to be up to date."""
    recipe = context.recipe
    return context.fingerprint(
        "list", recipe.sources_state(_KEPT_SETTINGS), refs, *recipe.named_files()
    )


def _describe(ref: dict, sources: list, cache: str, partition: int) -> list[Document]:
    """The documents of a ref; a placeholder without source where nothing has changed."""
    name, options = sources[ref["source_index"]]
    key = ref["key"]
    documents = SOURCES[name].describe(options, DocumentRef(key, ref["address"], ref["tag"]), cache)
    documents = [
        msgspec.structs.replace(d, ref=key, source_index=ref["source_index"]) for d in documents
    ]
    if not ref["known"]:
        return documents
    if sorted({d.checksum for d in documents}) == sorted(ref["known"]):
        return [Document(key, key, "", ref["address"])]
    # A changed article keeps its group; its rows must not meet those of its older state.
    return [
        msgspec.structs.replace(d, document_id=f"{d.document_id}~p{partition}") for d in documents
    ]


def _numbered(documents: list[Document]) -> list[Document]:
    """Documents with ids made unique within the partition; the same one named twice is one."""
    seen: dict[str, int] = {}
    places: set[tuple[int, str, int]] = set()
    unique = []
    for document in documents:
        place = (document.source_index, document.address, document.entry)
        if place in places:
            continue
        places.add(place)
        n = seen[document.document_id] = seen.get(document.document_id, 0) + 1
        name = f"{document.document_id}~{n}" if n > 1 else document.document_id
        unique.append(msgspec.structs.replace(document, document_id=name))
    return unique


def read_documents(store: Store, partition: int) -> list[Document]:
    """The documents of a described partition."""
    return documents_from_table(store.read_table(layout.documents_part(partition)))
