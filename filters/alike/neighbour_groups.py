"""Rows whose keys are equal, and the pairs among them: sorting, groups, comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_PAIRS_AT_ONCE = 1 << 19
_ROWS_AT_ONCE = 1 << 19
_KEYS_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class Groups:
    """Runs of equal keys in `rows`: from `starts` to before `ends`, each of at least two rows.

    Rows of a run are in ascending order.
    """

    rows: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        return self.ends - self.starts

    def only(self, chosen: np.ndarray) -> Groups:
        """The groups chosen, over the same rows."""
        return Groups(self.rows, self.starts[chosen], self.ends[chosen])


def groups(keys: np.ndarray) -> Groups:
    """The runs of equal keys (n,) uint64; equal in as many of their upper bits as the row leaves.

    The row and the key share one number, so that one sort without indices does it. `keys` is used
    up.
    """
    low = np.uint64(max(1, int(len(keys) - 1).bit_length()))
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        part = keys[start : start + _KEYS_AT_ONCE]
        part >>= low
        part <<= low
        part |= np.arange(start, start + len(part), dtype=np.uint64)
    keys.sort()
    same = np.zeros(max(0, len(keys) - 1), bool)
    for start in range(0, len(same), _KEYS_AT_ONCE):
        part = keys[start : start + _KEYS_AT_ONCE + 1]
        same[start : start + _KEYS_AT_ONCE] = (part[1:] ^ part[:-1]) >> low == 0
    at = np.flatnonzero(same)
    breaks = np.flatnonzero(np.diff(at) != 1)
    starts = at[np.concatenate([[0], breaks + 1])] if len(at) else at
    ends = at[np.concatenate([breaks, [-1]])] + 2 if len(at) else at
    keys &= (np.uint64(1) << low) - np.uint64(1)
    return Groups(keys, starts, ends)


def members(found: Groups) -> tuple[np.ndarray, np.ndarray]:
    """All rows of the groups, and the number of the group of each."""
    sizes = found.sizes
    at = ranges(found.starts, sizes)
    return found.rows[at], np.repeat(np.arange(len(sizes)), sizes)


def ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """start, start + 1, ... of each, as many as its count."""
    total = int(counts.sum())
    offsets = np.cumsum(counts) - counts
    return np.arange(total) + np.repeat(starts - offsets, counts)


def batches(found: Groups, rows: int = _ROWS_AT_ONCE) -> Iterator[Groups]:
    """The groups in pieces of about so many rows, one group at least."""
    until = np.cumsum(found.sizes)
    start = 0
    while start < len(until):
        done = int(until[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(until, done + rows, "right")))
        yield Groups(found.rows, found.starts[start:end], found.ends[start:end])
        start = end


def pairs(found: Groups, split: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All pairs within each group, the smaller row first, in pieces of bounded size; with `split`
    only pairs of a row below it with one from it on."""
    for some in batches(found):
        sizes = some.sizes
        if split:
            below = below_split(some, split)
            at = ranges(some.starts + below, sizes - below)
            starts, counts = (np.repeat(x, sizes - below) for x in (some.starts, below))
            for second, first in _paired(some.rows, at, starts, counts):
                yield first, second
        else:
            at = ranges(some.starts, sizes)
            yield from _paired(some.rows, at, at + 1, np.repeat(some.ends, sizes) - at - 1)


def below_split(found: Groups, split: int) -> np.ndarray:
    """How many rows of each group are below `split`."""
    rows, of = members(found)
    return np.bincount(of, weights=rows < split, minlength=len(found.starts)).astype(np.int64)


def _paired(
    rows: np.ndarray, at: np.ndarray, starts: np.ndarray, counts: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Row `at` with `counts` rows from `starts` on."""
    until = np.cumsum(counts)
    start = 0
    while start < len(at):
        done = int(until[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(until, done + _PAIRS_AT_ONCE, "right")))
        some = counts[start:end]
        yield np.repeat(rows[at[start:end]], some), rows[ranges(starts[start:end], some)]
        start = end
