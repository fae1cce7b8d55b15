"""shard and manifest: write the tars that select planned, then one manifest row per sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from filters.selection import PlannedShard, training_caption
from pipelines import layout
from pipelines.context import Context
from pipelines.pool import Progress
from pipelines.selecting import read_plan
from pipelines.storage import Store
from pipelines.tarwriter import TarWriter
from schemas.identifiers import shard_key
from schemas.manifest import IMAGES, samples_from_table, samples_to_table
from schemas.sample import Drop, Image, Sample

_INDEX = pa.schema([("sample_id", pa.string()), ("images", IMAGES)])
_CHUNK_ROWS = 2_000


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
        for samples in decided_samples(context, partition, shard.name):
            wanted = [image for sample in samples for image in sample.images]
            pictures = _pictures(context.pictures, wanted)
            for sample in samples:
                yield sample, [next(pictures) for _ in sample.images]


def decided_samples(
    context: Context, partition: int, shard: str | None = None
) -> Iterator[list[Sample]]:
    """Chunks of a partition's samples with what select decided; of one shard only, if given."""
    store, preference = context.store, context.recipe.caption
    decisions = store.read_table(layout.selected_part(partition))
    if shard is not None:
        decisions = decisions.filter(pc.equal(decisions["shard"], shard))
        if not decisions.num_rows:
            return
    by_id = {row["sample_id"]: row for row in decisions.to_pylist()}
    extracted = store.read_table(layout.extracted_part(partition))
    mine = pc.is_in(extracted["sample_id"], pa.array(sorted(by_id), pa.string()))
    extracted = extracted.filter(mine).sort_by("sample_id")
    for start in range(0, extracted.num_rows, _CHUNK_ROWS):
        chunk = samples_from_table(extracted.slice(start, _CHUNK_ROWS))
        yield [_decided(sample, by_id[sample.sample_id], preference) for sample in chunk]


def _decided(sample: Sample, decision: dict, preference: list[str]) -> Sample:
    return msgspec.structs.replace(
        sample,
        caption=training_caption(sample.texts, preference),
        drops=[Drop(**drop) for drop in decision["drops"]],
        kept=decision["kept"],
        duplicate_of=decision["duplicate_of"],
        split=decision["split"],
        shard=decision["shard"],
    )


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
    tables = []
    rows = kept = 0
    indexes: dict[str, dict[str, list]] = {}
    for samples in decided_samples(context, partition):
        progress(samples[0].sample_id)
        samples = [_placed(store, sample, indexes) for sample in samples]
        rows, kept = rows + len(samples), kept + sum(s.kept for s in samples)
        tables.append(samples_to_table(samples))
    table = pa.concat_tables(tables).combine_chunks() if tables else samples_to_table([])
    store.write_table(target, table, fingerprint)
    return {"rows": rows, "kept": kept}


def _placed(store: Store, sample: Sample, indexes: dict[str, dict[str, list]]) -> Sample:
    """The sample with its pictures in the shard, where it is in one."""
    if not sample.shard:
        return sample
    if sample.shard not in indexes:
        table = store.read_table(layout.shard_index(sample.shard))
        ids, images = table["sample_id"].to_pylist(), table["images"].to_pylist()
        indexes[sample.shard] = dict(zip(ids, images, strict=True))
    images = [Image(**image) for image in indexes[sample.shard][sample.sample_id]]
    return msgspec.structs.replace(sample, images=images)
