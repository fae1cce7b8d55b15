"""Keys by which near hashes meet: chosen bits of a signature, the same however a picture is turned.

A pair of hashes that differ in few bits agrees in all bits of some choice of them (Manku, Jain, Das
Sarma 2007, "Detecting near-duplicates for web crawling"). The choices here are of the lowest
frequencies, which changes of a picture move least.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from filters.alike.hashes import bit_counts
from filters.alike.signatures import (
    BITS,
    FREQUENCIES,
    ODD_ACROSS,
    ODD_DOWN,
    TURNS,
    WORDS,
    transposed,
)

_CHUNK = 1 << 17
_ONE = np.uint64(1)
_FACTORS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], np.uint64
)
_LAST_FACTOR = np.uint64(0xFF51AFD7ED558CCD)


@dataclass(frozen=True)
class Turning:
    """Which turns of a picture count as the same picture."""

    mirror: bool
    rotate: bool

    @property
    def allowed(self) -> tuple[int, ...]:
        """Places in `TURNS`."""
        if self.mirror and self.rotate:
            return tuple(range(len(TURNS)))
        if self.rotate:
            return tuple(TURNS.index(t) for t in ("as is", "turn180", "turn270", "turn90"))
        return (0, 1) if self.mirror else (0,)


@dataclass(frozen=True)
class Table:
    """A choice of bits: pairs of bits (frequency and its transpose) of the signature.

    `masks` has the chosen bits of each word. `across` and `down` are (word, shift) of the lowest
    chosen bit that mirroring at the upright, or at the level, changes alone: a hash is turned so
    that it is 0 before its key is taken.
    """

    masks: tuple[int, ...]
    across: tuple[int, int]
    down: tuple[int, int]

    @property
    def words(self) -> int:
        """How many words of a hash the key needs."""
        return max(i for i, mask in enumerate(self.masks) if mask) + 1


def table_of(slots: tuple[int, ...]) -> Table:
    """The table of pairs of bits 2k and 2k + 1, for `slots` k of 0 to 127."""
    masks = [0] * WORDS
    for slot in slots:
        for bit in (2 * slot, 2 * slot + 1):
            masks[bit // 64] |= 1 << (63 - bit % 64)
    turning = next(k for k in sorted(slots) if FREQUENCIES[2 * k].sum() % 2)
    places = [(bit // 64, 63 - bit % 64) for bit in (2 * turning, 2 * turning + 1)]
    if FREQUENCIES[2 * turning, 1] % 2 == 0:
        places.reverse()
    return Table(tuple(masks), *places)


def tables(slots: int, blocks: int, chosen: int) -> list[tuple[int, ...]]:
    """The slots of each choice of `chosen` out of `blocks` blocks of the first `slots`.

    Two hashes that differ in at most blocks - chosen blocks agree in one of them. Neighbouring
    frequencies share a block, for they change together.
    """
    width = slots // blocks
    dealt = [range(i * width, (i + 1) * width) for i in range(blocks)]
    return [
        tuple(itertools.chain.from_iterable(some)) for some in itertools.combinations(dealt, chosen)
    ]


def every_bit() -> Table:
    """The table of all bits: equal keys are equal hashes, save for one in 2^39."""
    return table_of(tuple(range(BITS // 2)))


def keys(words: np.ndarray, table: Table, turning: Turning) -> np.ndarray:
    """(n,) uint64: a mixed key for each hash (n, >= table.words), equal where the chosen bits are,
    of any turn that is allowed."""
    out = np.empty(len(words), np.uint64)
    for start in range(0, len(words), _CHUNK):
        part = words[start : start + _CHUNK, : table.words]
        key = _upright_key(part, table, turning)
        if turning.rotate:
            key = np.minimum(key, _upright_key(transposed(part), table, turning))
        out[start : start + _CHUNK] = key
    return out


def _upright_key(words: np.ndarray, table: Table, turning: Turning) -> np.ndarray:
    """The key of the hashes, mirrored so that the two bits of the table that tell are 0."""
    mirrored, flipped = _turned_bits(words, table, turning)
    key = np.zeros(len(words), np.uint64)
    for i in range(table.words):
        if not table.masks[i]:
            continue
        word_of = words[:, i]
        if mirrored is not None:
            word_of = word_of ^ (mirrored & ODD_ACROSS[i])
        if flipped is not None:
            word_of = word_of ^ (flipped & ODD_DOWN[i])
        key += (word_of & np.uint64(table.masks[i])) * _FACTORS[i]
    key ^= key >> np.uint64(32)
    return key * _LAST_FACTOR


def least_bits(a: np.ndarray, b: np.ndarray, table: Table, turning: Turning) -> np.ndarray:
    """(n,) int16: bits in which hashes (n, words) of equal keys differ, turned as their bits of the
    table say; never more than they differ as the turn that made their keys equal."""
    best: np.ndarray | None = None
    for crossed in (False, True) if turning.rotate else (False,):
        other = (transposed(a) if crossed else a) ^ b
        mirrored, flipped = _turned_bits(other, table, turning)
        bits = np.zeros(len(other), np.int16)
        for i in range(other.shape[1]):
            word = other[:, i]
            if mirrored is not None:
                word = word ^ (mirrored & ODD_ACROSS[i])
            if flipped is not None:
                word = word ^ (flipped & ODD_DOWN[i])
            bits += bit_counts(word)
        best = bits if best is None else np.minimum(best, bits)
    assert best is not None
    return best


def _turned_bits(
    words: np.ndarray, table: Table, turning: Turning
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """All ones where the bit of the table that tells of mirroring, or of flipping, is set."""
    mirrored = flipped = None
    zero = np.uint64(0)
    if turning.mirror or turning.rotate:
        word, shift = table.across
        mirrored = zero - ((words[:, word] >> np.uint64(shift)) & _ONE)
    if turning.rotate:
        word, shift = table.down
        flipped = zero - ((words[:, word] >> np.uint64(shift)) & _ONE)
    return mirrored, flipped


def distances(a: np.ndarray, b: np.ndarray, turning: Turning) -> tuple[np.ndarray, np.ndarray]:
    """The fewest bits in which hashes (n, 4) differ, (n,) int16, and the turn of `a` for which they
    do, (n,) int8 places in `TURNS`: the first where several do."""
    best = np.full(len(a), BITS + 1, np.int16)
    how = np.zeros(len(a), np.int8)
    for turn in turning.allowed:
        other = (transposed(a) if turn & 4 else a) ^ b
        if turn & 1:
            other ^= ODD_ACROSS
        if turn & 2:
            other ^= ODD_DOWN
        bits = bit_counts(other).sum(axis=1, dtype=np.int16)
        nearer = bits < best
        best[nearer] = bits[nearer]
        how[nearer] = turn
    return best, how
