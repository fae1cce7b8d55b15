"""Millions of made picture hashes, as skewed as real ones, and how the search does on them.

Kinds of pictures (chest X-rays, charts) are alike, some far more than others: rows are drawn around
prototypes, whose sizes fall as 1 / rank, a fifth of them around narrower ones. To these come blank
pictures (not comparable), logos (50,000 equal hashes), forms (thousands that differ in a few bits),
exact copies, and the planted pairs that recall is counted on.
"""

from __future__ import annotations

import itertools
import resource
import time
from typing import Any

import numpy as np

from filters.alike.neighbours import near_matches, near_pairs
from filters.alike.signatures import turned
from filters.options import KeepOut, NearDuplicates

_CHUNK = 1 << 19
_KINDS = 4096
_PLANTED = 100_000
_QUERIES = 100_000
_CROPS = 16


def made_hashes(n: int, seed: int = 0, crowds: bool = True) -> np.ndarray:
    """(n, 4) uint64; of the same kinds whatever the seed."""
    prototypes = np.random.default_rng(7).integers(0, 2**64, (_KINDS, 4), dtype=np.uint64)
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, _KINDS + 1)
    bounds = np.cumsum(weights) / weights.sum()
    out = np.empty((n, 4), np.uint64)
    for start in range(0, n, _CHUNK):
        part = out[start : start + _CHUNK]
        kind = np.searchsorted(bounds, rng.random(len(part)))
        words = rng.integers(0, 2**64, (4, *part.shape), dtype=np.uint64)
        flips = words[0] & words[1]
        flips[:, 1:] |= words[2][:, 1:] & words[3][:, 1:]
        narrow = rng.random(len(part)) < 0.2
        flips[narrow, 0] &= words[2][narrow, 0]
        part[:] = prototypes[kind] ^ flips
    if crowds:
        _with_crowds(out, rng)
    return out


def _with_crowds(hashes: np.ndarray, rng: np.random.Generator) -> None:
    """Blank pictures, logos, forms and copies take the place of some rows."""
    n = len(hashes)
    places = rng.permutation(n)[: n // 20]
    blank, logos, forms, copies = np.array_split(places, 4)
    hashes[blank] = 0
    for some in np.array_split(logos, max(1, len(logos) // 50_000)):
        hashes[some] = rng.integers(0, 2**64, 4, dtype=np.uint64)
    for some in np.array_split(forms, max(1, len(forms) // 5_000)):
        form = rng.integers(0, 2**64, 4, dtype=np.uint64)
        hashes[some] = form ^ _flips(rng, rng.integers(0, 12, len(some)))
    hashes[copies] = hashes[rng.integers(0, n, len(copies))]


def _flips(rng: np.random.Generator, counts: np.ndarray) -> np.ndarray:
    """(n, 4): so many bits set in each row (fewer where one is drawn twice); of low frequencies
    half as often as of the others."""
    most = int(counts.max()) if len(counts) else 0
    places = np.append(np.arange(0, 64, 2), np.arange(64, 256))
    drawn = places[rng.integers(0, len(places), (len(counts), most))]
    drawn += (drawn < 64) & (rng.random(drawn.shape) < 0.5)
    out = np.zeros((len(counts), 4), np.uint64)
    rows = np.arange(len(counts))
    for i in range(most):
        word, bit = drawn[:, i] // 64, (63 - drawn[:, i] % 64).astype(np.uint64)
        out[rows, word] |= np.where(i < counts, np.uint64(1) << bit, np.uint64(0))
    return out


def planted(hashes: np.ndarray, limit: int, seed: int = 1) -> tuple[np.ndarray, ...]:
    """Rows made near copies of other rows, a third of them mirrored: rows, their copies, bits."""
    rng = np.random.default_rng(seed)
    some = rng.permutation(len(hashes))
    some = some[hashes[some].any(axis=1)][: 2 * min(_PLANTED, len(hashes) // 20)]
    one, other = np.array_split(some, 2)
    one = one[: len(other)]
    bits = rng.integers(1, limit + 1, len(other))
    copies = hashes[one].copy()
    mirrored = rng.random(len(one)) < 1 / 3
    copies[mirrored] = turned(copies[mirrored], "mirror")
    hashes[other] = copies ^ _flips(rng, bits)
    return one, other, bits


def scaled(n: int) -> dict[str, Any]:
    """Seconds, memory and recall of both searches over n rows."""
    duplicates, keep_out = NearDuplicates(), KeepOut(path="-")
    hashes = made_hashes(n)
    one, other, bits = planted(hashes, 4 * duplicates.hamming)
    before = _peak_mb()
    start, cpu = time.perf_counter(), time.process_time()
    pairs = near_pairs(hashes, duplicates)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = _peak_mb() - before
    behind = np.zeros(n, bool)  # a better row
    behind[pairs.second] = True
    taken = behind[one] | behind[other]
    result: dict[str, Any] = {
        "rows": n,
        "pairs_seconds": round(seconds, 1),
        "pairs_cpu_seconds": round(cpu, 1),
        "pairs_peak_mb_beyond": round(peak),
        "pairs": len(pairs),
        "equal": pairs.equal,
        "cut": pairs.cut,
        "duplicates": int(behind.sum()),
        "planted": len(one),
        "planted_merged": round(float(taken.mean()), 4),
        "planted_merged_by_bits": _by_bits(taken, bits),
    }
    return {**result, **_kept_out(hashes, keep_out)}


def _by_bits(hits: np.ndarray, bits: np.ndarray) -> dict[int, float]:
    """Recall for each fourth of the limit of bits."""
    steps = np.linspace(0, bits.max(), 5).astype(int)
    return {
        int(high): round(float(hits[(bits > low) & (bits <= high)].mean()), 4)
        for low, high in itertools.pairwise(steps)
    }


def _kept_out(hashes: np.ndarray, keep_out: KeepOut) -> dict[str, Any]:
    """Evaluation pictures with crops, of each of which a near copy is put among the rows."""
    rng = np.random.default_rng(2)
    n = min(_QUERIES, len(hashes) // 10)
    rows = rng.permutation(len(hashes))[:n]
    pictures = made_hashes(n, seed=3, crowds=False)
    limit = 4 * keep_out.hamming
    bits = rng.integers(1, limit + 1, n)
    queries = np.empty((n, _CROPS, 4), np.uint64)
    hashes[rows] = pictures ^ _flips(rng, bits)
    for i in range(_CROPS):
        queries[:, i] = pictures ^ _flips(rng, rng.integers(40, 80, n) if i else np.zeros(n, int))
    before = _peak_mb()
    start, cpu = time.perf_counter(), time.process_time()
    found = near_matches(queries.reshape(-1, 4), hashes, keep_out)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    hit = np.zeros(n, bool)
    hit[found.first[found.second == rows[found.first // _CROPS]] // _CROPS] = True
    return {
        "queries": n * _CROPS,
        "matches_seconds": round(seconds, 1),
        "matches_cpu_seconds": round(cpu, 1),
        "matches_peak_mb_beyond": round(_peak_mb() - before),
        "matches": len(found),
        "matches_cut": found.cut,
        "matches_recall": round(float(hit.mean()), 4),
        "matches_recall_by_bits": _by_bits(hit, bits),
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
