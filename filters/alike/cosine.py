"""Pairs of embeddings of at least a given cosine: all of them, or of millions nearly all.

Up to `_EXACT` vectors every pair is computed. Of more, those pairs are that share a key of signs of
random projections (Charikar 2002, "Similarity estimation techniques from rounding algorithms"),
with as many keys as find a pair just at the threshold with probability `_RECALL`. Vectors lie in a
file, so that memory does not grow with their width.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass

import duckdb
import numpy as np

_EXACT = 20_000
_RECALL = 0.98
_MOST_KEYS = 64
# A key that more vectors than this share is left to the other keys.
_MOST_MATES = 200
_CHUNK = 2_048
_BATCH = 50_000
_SEED = 20_020_519


@dataclass(frozen=True)
class CosinePairs:
    """`first` < `second` are places of vectors, `cosine` float64."""

    first: np.ndarray
    second: np.ndarray
    cosine: np.ndarray


def cosine_pairs(
    connection: duckdb.DuckDBPyConnection, query: str, least: float
) -> tuple[np.ndarray, CosinePairs]:
    """The rows of a query (row, vector), and the pairs of them that are near enough."""
    with tempfile.TemporaryDirectory(prefix="fabrica-vectors-") as folder:
        rows, vectors = _spooled(connection, query, f"{folder}/vectors")
        if len(rows) <= _EXACT:
            return rows, _all_pairs(np.asarray(vectors, np.float32), least)
        return rows, _keyed_pairs(vectors, least)


def _spooled(
    connection: duckdb.DuckDBPyConnection, query: str, path: str
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and unit vectors (n, width) float16, these in a file."""
    rows, width = [np.empty(0, np.int64)], 0
    with open(path, "wb") as file:
        for batch in connection.sql(query).to_arrow_reader(_BATCH):
            if not batch.num_rows:
                continue
            vectors = np.array(batch.column("vector").to_pylist(), dtype=np.float32)
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            rows.append(batch.column("row").to_numpy())
            width = vectors.shape[1]
            (vectors / np.maximum(lengths, 1e-12)).astype(np.float16).tofile(file)
    numbers = np.concatenate(rows)
    if not len(numbers):
        return numbers, np.empty((0, 1), np.float16)
    return numbers, np.memmap(path, np.float16, "r", shape=(len(numbers), width))


def _all_pairs(vectors: np.ndarray, least: float) -> CosinePairs:
    found = []
    for start in range(0, len(vectors), _CHUNK):
        cosines = vectors[start : start + _CHUNK] @ vectors[start:].T
        first, second = np.nonzero(np.triu(cosines >= least, 1))
        found.append((first + start, second + start, cosines[first, second]))
    return _pairs(found)


def _keyed_pairs(vectors: np.ndarray, least: float) -> CosinePairs:
    """Pairs that share a key, their cosines computed."""
    bits = math.ceil(math.log2(len(vectors)))
    alike = (1 - math.acos(least) / math.pi) ** bits
    count = min(_MOST_KEYS, math.ceil(math.log(1 - _RECALL) / math.log(1 - min(alike, 0.999999))))
    planes = np.random.Generator(np.random.PCG64(_SEED)).standard_normal(
        (vectors.shape[1], count * bits), dtype=np.float32
    )
    keys = _keys(vectors, planes, count, bits)
    found = []
    for key in range(count):
        first, second = _mates(keys[key])
        for start in range(0, len(first), _BATCH):
            a, b = first[start : start + _BATCH], second[start : start + _BATCH]
            left, right = (np.asarray(vectors[side], np.float32) for side in (a, b))
            cosines = np.einsum("ij,ij->i", left, right)
            near = cosines >= least
            found.append((a[near], b[near], cosines[near]))
    return _pairs(found)


def _keys(vectors: np.ndarray, planes: np.ndarray, count: int, bits: int) -> np.ndarray:
    """(count, n) uint32: the signs of `bits` projections each."""
    keys = np.empty((count, len(vectors)), np.uint32)
    weights = 1 << np.arange(bits, dtype=np.uint32)
    for start in range(0, len(vectors), _CHUNK):
        signs = np.asarray(vectors[start : start + _CHUNK], np.float32) @ planes > 0
        part = signs.reshape(-1, count, bits) @ weights
        keys[:, start : start + _CHUNK] = part.T
    return keys


def _mates(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (a < b) of places with the same key."""
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    sizes = np.diff(np.r_[starts, len(keys)])
    sizes = np.where(sizes > _MOST_MATES, 1, sizes)
    firsts, seconds = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for gap in range(1, int(sizes.max(initial=1))):
        for offset in range(int(sizes.max(initial=1)) - gap):
            here = starts[sizes > offset + gap]
            firsts.append(order[here + offset])
            seconds.append(order[here + offset + gap])
    return np.concatenate(firsts), np.concatenate(seconds)


def _pairs(found: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> CosinePairs:
    """All that was found, each pair once."""
    if not found:
        none = np.empty(0, np.int64)
        return CosinePairs(none, none, np.empty(0, np.float64))
    first, second, cosine = (np.concatenate(column) for column in zip(*found, strict=True))
    pairs, places = np.unique(np.stack([first, second], axis=1), axis=0, return_index=True)
    return CosinePairs(pairs[:, 0], pairs[:, 1], cosine[places].astype(np.float64))
