"""shard and manifest: write the tars that select planned, then one manifest row per sample."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import BinaryIO

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from filters.select.selection import PlannedShard, caption_sql, quoted
from pipelines import layout
from pipelines.context import Context
from pipelines.pool import Progress
from pipelines.shard_plan_file import read_plan
from pipelines.storage import Store
from pipelines.tarwriter import TarWriter
from schemas.identifiers import shard_key
from schemas.manifest import IMAGES, MANIFEST
from schemas.sample import Image, Sample

_INDEX = pa.schema([("sample_id", pa.string()), ("images", IMAGES)])
_DECODER = msgspec.json.Decoder(Sample)


def write_shard(
    context: Context, number: int, skip: Mapping[str, str], progress: Progress
) -> dict[str, int]:
    """Worker: one planned shard to `shards/NAME.tar`, and where its pictures lie to an index."""
    store = context.store
    shard = read_plan(store)[number]
    target = layout.shard_index(shard.name)
    fingerprint = shard_fingerprint(context, shard.name)
    if store.fingerprint(target) == fingerprint and store.exists(layout.shard_tar(shard.name)):
        return {"shards_before": 1}
    index: list[tuple[str, list[Image]]] = []
    store.remove(target)  # the commit goes before what it stands for
    with store.staged(layout.shard_tar(shard.name)) as path, open(path, "wb") as file:
        tar = TarWriter(file)
        for sample, pictures in _shard_samples(context, shard):
            progress(sample.sample_id)
            index.append((sample.sample_id, _add_sample(tar, sample, pictures, shard.name)))
        tar.close()
    rows = [{"sample_id": i, "images": msgspec.to_builtins(images)} for i, images in index]
    store.write_table(target, pa.Table.from_pylist(rows, schema=_INDEX), fingerprint)
    return {"shards": 1, "sharded": len(index)}


def shard_fingerprint(context: Context, name: str) -> str:
    """What the index of a shard must carry to be up to date."""
    return context.fingerprint("shard", name, context.store.fingerprint(layout.PLAN))


def manifest_fingerprint(context: Context, partition: int) -> str:
    """What the manifest part of a partition must carry to be up to date."""
    decisions = context.store.fingerprint(layout.selected_part(partition))
    return context.fingerprint("manifest", partition, decisions)


def _shard_samples(context: Context, shard: PlannedShard) -> Iterator[tuple[Sample, list[bytes]]]:
    """The kept samples of a shard with their pictures, partition by partition, in id order."""
    for partition in range(shard.first_partition, shard.last_partition + 1):
        # By way of JSON: several times faster than Arrow's own conversion of nested rows.
        query = _decided_sql(context, partition, shard.name)
        records = _connection().sql(f"SELECT to_json(r)::VARCHAR FROM ({query}) r").fetchall()
        samples = [_DECODER.decode(record) for (record,) in records]
        pictures = _pictures(context.pictures, (i for sample in samples for i in sample.images))
        for sample in samples:
            yield sample, [next(pictures) for _ in sample.images]


def decided_rows(context: Context, partition: int) -> pa.Table:
    """All rows of a partition as the manifest has them."""
    rows = _connection().sql(_decided_sql(context, partition)).to_arrow_table()
    return rows.cast(MANIFEST).combine_chunks()


@functools.cache
def _connection() -> duckdb.DuckDBPyConnection:
    """One per process; opening one takes longer than a query."""
    return duckdb.connect(config={"threads": 1})


def _decided_sql(context: Context, partition: int, shard: str | None = None) -> str:
    """SQL for a partition's rows, by id, with the caption chosen and what select decided filled in.

    With `shard`, only the rows of that shard, their pictures still where extract put them;
    without, all rows, with the pictures of kept ones where they lie in their shards.
    """
    store = context.store
    connection = _connection()
    decisions = store.read_table(layout.selected_part(partition))
    connection.register("decisions", decisions)
    connection.register("extracted", store.read_table(context.rows_part(partition)))
    placed, condition = _INDEX.empty_table(), "true"
    if shard is not None:
        condition = f"d.shard = {quoted(shard)}"
    else:
        shards = sorted(set(decisions["shard"].to_pylist()) - {""})
        placed = pa.concat_tables(
            [placed, *(store.read_table(layout.shard_index(name)) for name in shards)]
        )
    connection.register("placed", placed)
    return f"""SELECT e.* EXCLUDE (record_bytes) REPLACE ({caption_sql(context.recipe.caption)} AS caption,
            coalesce(p.images, e.images) AS images, d.drops AS drops, d.kept AS kept,
            d.duplicate_of AS duplicate_of, d.split AS split, d.shard AS shard,
            d.sampling_weight AS sampling_weight, d.curriculum AS curriculum)
        FROM extracted e JOIN decisions d USING (sample_id) LEFT JOIN placed p USING (sample_id)
        WHERE {condition} ORDER BY e.sample_id"""


def _pictures(store: Store, images: Iterable[Image]) -> Iterator[bytes]:
    """The bytes of pictures, in order, each tar opened once in a row."""
    for path, run in groupby(images, key=lambda image: image.path):
        with store.opened(path) as file:
            for image in run:
                yield read_range(file, image)


def read_range(file: BinaryIO, image: Image) -> bytes:
    """One picture out of an open tar. Raises ValueError where the tar is too short."""
    file.seek(image.offset)
    data = file.read(image.length)
    if len(data) != image.length:
        raise ValueError(f"{image.path}: {len(data)} of {image.length} bytes at {image.offset}")
    return data


def _add_sample(tar: TarWriter, sample: Sample, pictures: list[bytes], shard: str) -> list[Image]:
    """Write a sample's members (pictures, record, caption); returns where its pictures now lie."""
    key = shard_key(sample.sample_id)
    images = []
    for i, (image, data) in enumerate(zip(sample.images, pictures, strict=True)):
        name = f"{key}.{image.format}" if len(pictures) == 1 else f"{key}.{i}.{image.format}"
        offset = tar.add(name, data)
        images.append(msgspec.structs.replace(image, path=layout.shard_tar(shard), offset=offset))
    record = msgspec.structs.replace(sample, images=images)
    tar.add(f"{key}.json", msgspec.json.encode(record))
    tar.add(f"{key}.txt", sample.caption.encode("utf-8"))
    return images


def write_manifest(
    context: Context, partition: int, skip: Mapping[str, str], progress: Progress
) -> dict[str, int]:
    """Worker: every row of a partition, kept or dropped, to `manifest/part-N.parquet`."""
    store = context.store
    target = layout.manifest_part(partition)
    fingerprint = manifest_fingerprint(context, partition)
    if store.fingerprint(target) == fingerprint:
        return {"manifests_before": 1}
    rows = decided_rows(context, partition)
    store.write_table(target, rows, fingerprint)
    return {"rows": rows.num_rows, "kept": pc.sum(rows["kept"]).as_py() or 0}
