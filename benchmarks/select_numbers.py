"""Rows to select from, from their numbers alone: random-looking bits, signatures of things."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from filters.alike.signatures import TURNS, turned

SENTENCES = 20_000
FAR = np.uint64(1 << 40)  # rows, evaluation items and logos have numbers of their own
MODALITIES = (
    *("radiology__ct", "radiology__mri", "radiology__xray", "radiology__ultrasound"),
    *("microscopy__light", "microscopy__fluorescence", "microscopy__electron", "endoscopy"),
    *("photograph__skin", "photograph__eye", "chart", ""),
)
_SLOTS = 5
_LOWEST = 60
_BANDS = 16
_BAND_MINIMA = 3


def mixed(numbers: np.ndarray, salt: int) -> np.ndarray:
    """64 random-looking bits for each number (splitmix64)."""
    z = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = z + np.uint64((salt * 0xD1342543DE82EF95 + 0x2545F4914F6CDD1D) % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def share(numbers: np.ndarray, salt: int) -> np.ndarray:
    """A number from 0 to 1 for each."""
    return (mixed(numbers, salt) >> np.uint64(11)).astype(np.float64) / 2**53


def hashes(pictures: np.ndarray) -> np.ndarray:
    """(n, 4): the signature of each picture; pictures of one kind have most bits in common."""
    kind = np.array([kind_of(pictures) * 7 + i for i in range(4)], dtype=np.uint64).T
    common = mixed(kind, 90)
    own = np.stack([mixed(pictures, 91 + i) & mixed(pictures, 95 + i) for i in range(4)], axis=1)
    return common ^ own


def kind_of(pictures: np.ndarray) -> np.ndarray:
    """The place in `MODALITIES` of each picture; the first are the commonest."""
    return np.minimum((share(pictures, 1) ** 2 * len(MODALITIES)).astype(np.int64), 11)


def changed(hashed: np.ndarray, seeds: np.ndarray, most: int, turns: int) -> np.ndarray:
    """Each with up to `most` bits changed, one at most of the lowest frequencies, as changes of a
    picture do; some of them turned in one of `turns` ways."""
    out = hashed.copy()
    for i in range(most):
        here = share(seeds, 200) * most > i
        bit = mixed(seeds, 201 + i)
        bit = (
            bit % np.uint64(_LOWEST)
            if i == 0
            else bit % np.uint64(256 - _LOWEST) + np.uint64(_LOWEST)
        )
        flip = np.where(here, np.uint64(1) << (np.uint64(63) - bit % np.uint64(64)), np.uint64(0))
        out[np.arange(len(out)), (bit // np.uint64(64)).astype(np.int64)] ^= flip
    turn = np.where(share(seeds, 300) < 0.3, mixed(seeds, 301) % np.uint64(turns), 0)
    for way in range(1, turns):
        some = turn == way
        out[some] = turned(out[some], TURNS[way])
    return out


def sentences_of(texts: np.ndarray) -> np.ndarray:
    """(n, slots) numbers of sentences, of which some repeat the first: three to five different."""
    out = np.stack([mixed(texts, 20 + i) % np.uint64(SENTENCES) for i in range(_SLOTS)], axis=1)
    for slot in (3, 4):
        short = share(texts, 30 + slot) < 0.5
        out[short, slot] = out[short, 0]
    return out


def exact_of(said: np.ndarray) -> np.ndarray:
    """The same number for the same sentences."""
    ordered = np.sort(said, axis=1)
    total = np.zeros(len(said), np.uint64)
    for slot in range(said.shape[1]):
        total = mixed(total + ordered[:, slot], 40 + slot)
    return total


def bands_of(said: np.ndarray) -> pa.Array:
    """MinHash keys of the sets of sentences."""
    keys = np.empty((len(said), _BANDS), np.uint32)
    for band in range(_BANDS):
        total = np.zeros(len(said), np.uint64)
        for i in range(_BAND_MINIMA):
            total = mixed(total + mixed(said, 1000 + 10 * band + i).min(axis=1), 50 + i)
        keys[:, band] = (total >> np.uint64(32)).astype(np.uint32)
    offsets = np.arange(0, keys.size + 1, _BANDS, dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(keys.ravel()))


def shingles_of(said: np.ndarray) -> pa.Array:
    """The shingles of all sentences, sorted, each once."""
    most = 20
    numbers = np.arange(most, dtype=np.uint64)
    grid = mixed(said[:, :, None] * np.uint64(64) + numbers, 60) >> np.uint64(32)
    there = numbers < 8 + said[:, :, None] % np.uint64(12)
    flat = np.where(there, grid, np.uint64(2**40)).reshape(len(said), said.shape[1] * most)
    flat.sort(axis=1)
    keep = flat < 2**40
    keep[:, 1:] &= flat[:, 1:] != flat[:, :-1]
    offsets = np.concatenate([[0], np.cumsum(keep.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat[keep].astype(np.uint32)))
