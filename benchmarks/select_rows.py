"""Makes the rows that select is measured on: parts as the score stage writes them, without pictures.

Every row follows from its number alone, so that parts can be made in any order and process. Planted
are equal and nearly equal pictures, pictures and texts of an evaluation set, captions that repeat,
figures with panels, and skewed modalities and concepts. Signatures are those that such rows could
have; of texts, that of a set of sentences.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pyarrow as pa

from benchmarks.select_columns import (
    empty,
)
from benchmarks.select_numbers import (
    FAR,
    bands_of,
    exact_of,
    hashes,
    sentences_of,
    share,
    shingles_of,
)
from benchmarks.select_planted import Made, Planted
from benchmarks.select_table import stage_rows
from pipelines import layout
from pipelines.fingerprint_files import write_fingerprints
from pipelines.storage import Store
from schemas.signatures import FINGERPRINTS, PICTURE_SIGNATURES, TEXT_SIGNATURES, embeddings_schema

EMBEDDING_WIDTH = 16
EVALUATION = "evaluation.parquet"


def make_rows(url: str, made: Made, workers: int = 2) -> None:
    """Write all parts, and the evaluation set, below `url`."""
    write_fingerprints(os.path.join(url, EVALUATION), evaluation(made))
    jobs = [(url, made, part) for part in range(made.parts)]
    if workers < 2:
        for job in jobs:
            _make_part(*job)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        list(pool.map(_make_part, *zip(*jobs, strict=True), chunksize=4))


def _make_part(url: str, made: Made, part: int) -> None:
    store = Store(url)
    start = part * made.per_part
    ids = np.arange(start, min(start + made.per_part, made.rows), dtype=np.uint64)
    rows = Planted(ids, made)
    store.write_table(layout.scored_part(part), stage_rows(rows), "made")
    store.write_table(layout.picture_signatures_part(part), _picture_signatures(rows), "made")
    if made.evaluation_texts:
        store.write_table(layout.text_signatures_part(part), _text_signatures(rows), "made")
    if made.embeddings:
        store.write_table(layout.embeddings_part(part), _embeddings(rows), "made")


def _picture_signatures(rows: Planted) -> pa.Table:
    owner = rows.owners()
    number = np.arange(len(owner)) - np.searchsorted(owner, owner)
    found = rows.hashes[owner]
    found[number == 1] = hashes(rows.ids[owner[number == 1]] + FAR * np.uint64(16))
    columns = [
        rows.sample_ids().take(pa.array(owner)),
        pa.array(number, pa.int32()),
        *(pa.array(found[:, i]) for i in range(4)),
        empty(pa.list_(pa.uint64()), len(owner)),
    ]
    return pa.table(columns, schema=PICTURE_SIGNATURES)


def _text_signatures(rows: Planted) -> pa.Table:
    worded = np.flatnonzero(~rows.wordless | rows.rewritten)
    said = rows.said[worded]
    shingles = shingles_of(said)
    words = np.diff(shingles.offsets.to_numpy()) + 2
    ids = rows.sample_ids().take(pa.array(worded))
    columns = [ids, pa.array(words, pa.int32()), pa.array(exact_of(said)), bands_of(said), shingles]
    return pa.table(columns, schema=TEXT_SIGNATURES)


def _embeddings(rows: Planted) -> pa.Table:
    """Unit vectors that are near for equal pictures, and for a few others."""
    shared = np.where(share(rows.ids, 70) < 0.01, rows.ids // np.uint64(50), rows.picture)
    seeds = shared[:, None] * np.uint64(64) + np.arange(EMBEDDING_WIDTH, dtype=np.uint64)
    vectors = share(seeds, 71) - 0.5
    own = rows.ids[:, None] * np.uint64(64) + np.arange(EMBEDDING_WIDTH, dtype=np.uint64)
    vectors += 0.08 * (share(own, 72) - 0.5)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    schema = embeddings_schema(EMBEDDING_WIDTH, "made")
    flat = pa.array(vectors.astype(np.float16).ravel())
    ends = pa.array(np.arange(0, len(flat) + 1, EMBEDDING_WIDTH), pa.int32())
    lists = pa.ListArray.from_arrays(ends, flat)
    return pa.table([rows.sample_ids(), lists, lists], schema=schema)


def evaluation(made: Made) -> pa.Table:
    """The set that is kept out: pictures, and texts."""
    numbers = np.arange(made.evaluation, dtype=np.uint64)
    found = hashes(numbers + FAR)
    pictures = {
        "kind": ["picture"] * made.evaluation,
        "item": [f"image-{i:06d}.png" for i in range(made.evaluation)],
        **{f"h{i}": found[:, i] for i in range(4)},
    }
    texts = np.arange(made.evaluation_texts, dtype=np.uint64)
    said = sentences_of(texts + FAR)
    shingles = shingles_of(said)
    words = {
        "kind": ["text"] * len(texts),
        "item": [f"question-{i:06d}" for i in range(len(texts))],
        "words": [len(s) + 2 for s in shingles.to_pylist()],
        "exact": exact_of(said),
        "bands": bands_of(said),
        "shingles": shingles,
    }
    return pa.concat_tables([_filled(pictures), _filled(words)])


def _filled(columns: dict) -> pa.Table:
    size = len(columns["kind"])
    arrays = [
        pa.array(columns[field.name], field.type)
        if field.name in columns and not isinstance(columns[field.name], pa.Array)
        else columns.get(field.name, pa.nulls(size, field.type))
        for field in FINGERPRINTS
    ]
    return pa.table(arrays, schema=FINGERPRINTS)
