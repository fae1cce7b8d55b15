"""Fingerprints of a corpus of ours: what its score stage kept, else hashed from its shards."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from filters.alike.signatures import NOT_COMPARABLE
from filters.alike.sketches import text_signature
from pipelines import layout
from pipelines.corpus import Corpus
from pipelines.fingerprint_files import PICTURE, TEXT, fingerprints
from pipelines.fingerprint_jobs import run_jobs
from pipelines.fingerprint_parts import Found, Unreadable, part_of, temporary_parts, write_part
from pipelines.fingerprint_pictures import decoded, picture_row
from pipelines.pool import Progress
from pipelines.sharding import read_range
from pipelines.storage import Store
from schemas.sample import Image
from schemas.signatures import FINGERPRINTS


def fingerprint_corpus(
    corpus: Corpus, crop: float, workers: int, say: Callable[[str], None] | None = None
) -> Found:
    """Pictures and training captions of the kept rows; items are sample ids, `ID#2` for further
    pictures."""
    parts = range(corpus.partitions)
    if all(corpus.store.exists(layout.picture_signatures_part(p)) for p in parts):
        kept = [_kept_signatures(corpus.store, p) for p in parts]
        rows = pa.concat_tables([FINGERPRINTS.empty_table(), *kept])
        lists = pc.list_value_length(rows.filter(pc.equal(rows["kind"], PICTURE))["crops"])
        if not crop or (pc.max(lists).as_py() or 0) > 0:
            return Found(rows)
    with temporary_parts() as folder:
        arguments = [(corpus.store.url, p, crop, f"{folder}/{p}") for p in parts]
        failed = run_jobs(hash_partition, arguments, [1 for _ in parts], workers, "part", say)
        found = [part_of(f"{folder}/{p}") for p in parts if p not in failed]
    lost = [Unreadable(f"partition {p}", "fault", why) for p, why in sorted(failed.items())]
    rows = pa.concat_tables([FINGERPRINTS.empty_table(), *(one.rows for one in found)])
    return Found(rows, (*lost, *(u for one in found for u in one.unreadable)))


def _kept_signatures(store: Store, partition: int) -> pa.Table:
    manifest = store.read_table(layout.manifest_part(partition), ["sample_id", "kept"])
    kept = manifest.filter(manifest["kept"])["sample_id"].combine_chunks()
    pictures = store.read_table(layout.picture_signatures_part(partition))
    pictures = pictures.filter(pc.is_in(pictures["sample_id"], kept))
    pictures = pictures.filter(_comparable(pictures))
    texts = store.read_table(layout.text_signatures_part(partition))
    texts = texts.filter(pc.is_in(texts["sample_id"], kept))
    items = [
        f"{sample}#{place + 1}" if place else sample
        for sample, place in zip(
            pictures["sample_id"].to_pylist(), pictures["image"].to_pylist(), strict=True
        )
    ]
    return pa.concat_tables(
        [
            _as_fingerprints(PICTURE, pa.array(items, pa.string()), pictures),
            _as_fingerprints(TEXT, texts["sample_id"], texts),
        ]
    )


def _comparable(pictures: pa.Table) -> pa.ChunkedArray:
    words = [pa.scalar(word, pa.uint64()) for word in NOT_COMPARABLE]
    flat = [pc.equal(pictures[f"h{i}"], word) for i, word in enumerate(words)]
    return pc.invert(pc.and_(pc.and_(flat[0], flat[1]), pc.and_(flat[2], flat[3])))


def _as_fingerprints(kind: str, items: pa.Array, table: pa.Table) -> pa.Table:
    """The columns that a table of signatures has, null for the others."""
    own = {"kind": pa.array([kind] * table.num_rows, pa.string()), "item": items}
    own |= {name: table[name] for name in table.column_names if name in FINGERPRINTS.names}
    columns = [own.get(f.name, pa.nulls(table.num_rows, f.type)) for f in FINGERPRINTS]
    return pa.table(columns, schema=FINGERPRINTS)


def hash_partition(
    url: str,
    partition: int,
    crop: float,
    target: str,
    skip: Mapping[str, str],
    progress: Progress,
) -> dict[str, int]:
    """Worker: pictures and captions of a partition's kept rows, for `part_of(target)`."""
    store, rows, unreadable = Store(url), [], []
    columns = ["sample_id", "images", "caption", "kept"]
    table = store.read_table(layout.manifest_part(partition), columns)
    for row in table.filter(table["kept"]).select(columns[:3]).to_pylist():
        sample = row["sample_id"]
        progress(sample)
        if row["caption"]:
            rows.append(text_row(sample, row["caption"]))
        if sample in skip:
            unreadable.append(Unreadable(sample, "fault", skip[sample]))
            continue
        for place, image in enumerate(row["images"]):
            item = f"{sample}#{place + 1}" if place else sample
            try:
                with store.opened(image["path"]) as file:
                    picture = decoded(read_range(file, Image(**image)))
            except (OSError, ValueError) as error:
                unreadable.append(Unreadable(item, "picture_missing", str(error)[:300]))
                continue
            own = picture_row(item, picture, crop)
            if own is None:
                unreadable.append(Unreadable(item, "flat", "there is nothing to compare"))
            else:
                rows.append(own)
    write_part(target, Found(fingerprints(rows), tuple(unreadable)))
    return {"pictures": len(rows)}


def text_row(item: str, text: str) -> dict:
    """A row of `FINGERPRINTS` for a text."""
    signature = text_signature(text)
    return {
        "kind": TEXT,
        "item": item,
        "words": signature.words,
        "exact": signature.exact,
        "bands": signature.bands,
        "shingles": signature.shingles,
    }
