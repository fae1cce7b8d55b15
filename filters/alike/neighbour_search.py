"""The search itself: rows of equal keys compared in all bits, crowds of them by longer keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from filters.alike.neighbour_groups import Groups, batches, below_split, groups, members, pairs
from filters.alike.neighbour_keys import Table, Turning, keys, least_bits, table_of, tables

SHIFT = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
# Of the better rows that a row is near to, so many are kept.
MOST = 32
# Words of a hash that keys are made of.
KEY_WORDS = 2

_THREADS = 2
# Choices of bits: 3 of 8 blocks, so that a pair is met where the bits that differ leave three of
# them alone. A block has so many pairs of bits for so many rows: with more rows keys must be longer,
# or too many rows have the same, and more near pairs are missed.
_BLOCKS, _CHOSEN = 8, 3
_WIDTHS = ((20_000, 2), (200_000, 3), (1_000_000, 4), (5_000_000, 5), (1 << 62, 6))
# Where too many rows have equal keys, further bits are added to each key, in turn.
_FURTHER = tuple(tuple(range(48 + i, 96, 6)) for i in range(6))
# Pairs compared for each row and table, at most, before groups are refined; groups of so few pairs
# are always compared.
_PAIRS_PER_ROW = 2
_ALWAYS_PAIRS = 28
_LEADERS = 32
_CROWD_ROWS = 1 << 20
_PENDING = 1 << 23


@dataclass(frozen=True)
class Rows:
    """Hashes by number: `some` (n, 2) their first words, contiguous; `whole(numbers)` all four.

    With `split`, only pairs of a row below it with one from it on are looked for.
    """

    some: np.ndarray
    whole: Callable[[np.ndarray], np.ndarray]
    split: int = 0


@dataclass(frozen=True)
class Rule:
    """How many bits of 256 may differ, and which turns are allowed."""

    limit: int
    turning: Turning


# Pairs of numbers packed into uint64, and how many pairs were not compared.
Found = tuple[np.ndarray, int]


def choices(rows: int) -> list[tuple[int, ...]]:
    """The choices of bits for so many rows."""
    width = next(w for most, w in _WIDTHS if rows <= most)
    return tables(width * _BLOCKS, _BLOCKS, _CHOSEN)


def merged(
    by: Callable[[tuple[int, ...]], Found],
    slots: Iterable[tuple[int, ...]],
    kept: Callable[[np.ndarray], np.ndarray] = lambda packed: packed,
) -> Found:
    """What all choices of bits find, each pair once, of those that are `kept` now and then."""
    found, cut = np.zeros(0, np.uint64), 0
    more: list[np.ndarray] = []
    with ThreadPoolExecutor(_THREADS) as pool:
        for some, lost in pool.map(by, slots):
            more.append(some)
            cut += lost
            if sum(map(len, more)) > len(found) + _PENDING:
                found, more = kept(distinct(np.concatenate([found, *more]))), []
    return kept(distinct(np.concatenate([found, *more]))), cut


def fewer(packed: np.ndarray) -> np.ndarray:
    """Of pairs, no more than the `MOST` best first rows of each second one; ascending."""
    turned = (packed << SHIFT) | (packed >> SHIFT)
    turned.sort()
    second = turned >> SHIFT
    starts = np.ones(len(turned), bool)
    starts[1:] = second[1:] != second[:-1]
    at = np.flatnonzero(starts)
    place = np.arange(len(turned)) - np.repeat(at, np.diff(np.append(at, len(turned))))
    some = turned[place < MOST]
    packed = (some << SHIFT) | (some >> SHIFT)
    packed.sort()
    return packed


def distinct(packed: np.ndarray) -> np.ndarray:
    """Each once, ascending; sorts in place, for numpy's own `unique` by hashing is far slower."""
    packed.sort()
    new = np.ones(len(packed), bool)
    new[1:] = packed[1:] != packed[:-1]
    return packed[new]


def compared(found: Groups, rows: Rows, rule: Rule, slots: tuple[int, ...]) -> Found:
    """The near pairs of the groups; too large ones are looked at again by longer keys."""
    small, large = _by_size(found, rows.split, _PAIRS_PER_ROW * len(rows.some))
    near = _Near(rows, rule, table_of(slots))
    lists = [near(a, b) for a, b in pairs(small, rows.split)]
    cut = 0
    for crowd in batches(large, _CROWD_ROWS):
        packed, lost = _of_crowd(crowd, rows, rule, slots)
        lists.append(packed)
        cut += lost
    return distinct(np.concatenate([np.zeros(0, np.uint64), *lists])), cut


def _of_crowd(crowd: Groups, rows: Rows, rule: Rule, slots: tuple[int, ...]) -> Found:
    """The near pairs of large groups, by keys of these and further bits."""
    numbers = np.sort(members(crowd)[0])
    whole = rows.whole(numbers)
    split = int(np.searchsorted(numbers, rows.split)) if rows.split else 0
    inner = Rows(np.ascontiguousarray(whole[:, :KEY_WORDS]), whole.__getitem__, split)
    lists, cut = [], 0
    for further in _FURTHER:
        table = table_of(tuple(sorted({*slots, *further})))
        near = _Near(inner, rule, table)
        finer = groups(keys(whole, table, rule.turning))
        small, huge = _by_size(finer, split, _PAIRS_PER_ROW * len(numbers))
        lists += [near(a, b) for a, b in pairs(small, split)]
        led, lost = _led(huge, near)
        lists.append(led)
        cut += lost
    packed = distinct(np.concatenate(lists))
    return (numbers[packed >> SHIFT] << SHIFT) | numbers[packed & LOW], cut


def _by_size(found: Groups, split: int, budget: int) -> tuple[Groups, Groups]:
    """The groups that are small enough to compare all their pairs, and the others."""
    costs = found.sizes * (found.sizes - 1) // 2
    if split:
        below = below_split(found, split)
        costs = below * (found.sizes - below)
        found, costs = found.only(costs > 0), costs[costs > 0]
    ascending = np.sort(costs)
    fits = int(np.searchsorted(np.cumsum(ascending), budget, "right"))
    limit = max(_ALWAYS_PAIRS, int(ascending[fits - 1]) if fits else 0)
    return found.only(costs <= limit), found.only(costs > limit)


@dataclass(frozen=True)
class _Near:
    """Of pairs of numbers whose keys by `table` are equal, those that are near, packed."""

    rows: Rows
    rule: Rule
    table: Table

    def __call__(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        # The first half of the bits are the low frequencies, and have less than half of what
        # differs: three quarters of the limit there are hardly ever passed.
        some, most = self.rows.some, self.rule.limit * 3 // 4
        likely = least_bits(some[a], some[b], self.table, self.rule.turning) <= most
        a, b = a[likely], b[likely]
        whole = self.rows.whole
        near = least_bits(whole(a), whole(b), self.table, self.rule.turning) <= self.rule.limit
        return (a[near].astype(np.uint64) << SHIFT) | b[near].astype(np.uint64)


def _led(found: Groups, near: _Near) -> Found:
    """Of huge groups: the first row with all that are near it, then the first of those that are
    not, and so on; what is then left is not compared, and counted."""
    rows = near.rows
    numbers, of = members(found)
    lists = [np.zeros(0, np.uint64)]
    for _ in range(_LEADERS):
        if not len(numbers):
            break
        starts = np.ones(len(of), bool)
        starts[1:] = of[1:] != of[:-1]
        sizes = np.diff(np.append(np.flatnonzero(starts), len(of)))
        one, other = np.repeat(numbers[starts], sizes)[~starts], numbers[~starts]
        of, numbers = of[~starts], other
        across = (one < rows.split) & (other >= rows.split) if rows.split else slice(None)
        packed = near(one[across], other[across])
        lists.append(packed)
        if not rows.split:
            taken = np.zeros(int(numbers.max()) + 1 if len(numbers) else 0, bool)
            taken[packed & LOW] = True
            left = ~taken[numbers]
            numbers, of = numbers[left], of[left]
    sizes = np.bincount(of) if len(of) else np.zeros(0, np.int64)
    if rows.split:
        below = np.bincount(of, weights=numbers < rows.split) if len(of) else sizes
        return np.concatenate(lists), int((below * (sizes - below)).sum())
    return np.concatenate(lists), int((sizes * (sizes - 1) // 2).sum())
