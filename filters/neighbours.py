"""Near pairs among millions of picture signatures, and near matches between two sets of them.

Rows meet where a choice of low frequencies of theirs is equal (`filters.neighbour_keys`); one sort
for each choice, then all rows of equal keys are compared in all 256 bits. What is reported is
exact; what is missed are pairs that differ in too many of the low frequencies (the benchmark says
how many), and in groups of equal keys that are too large to compare (`NearPairs.cut` counts them).
Numpy alone, in two threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from filters.neighbour_groups import Groups, batches, below_split, groups, members, pairs
from filters.neighbour_keys import Table, Turning, distances, every_bit, keys, table_of, tables
from filters.options import Alike
from filters.signatures import ODD_ACROSS, ODD_DOWN, TURNS, transposed

# How two pictures are the same: `how` of the results counts these, and 8 more where it was through
# a crop of one of them.
HOW = (*TURNS, *(f"crop, {turn}" for turn in TURNS))
CROPPED = len(TURNS)

_THREADS = 2
# Choices of bits: 3 of 6 blocks of the first 60 bits, so that pairs that differ in any three of
# these are met, and most that differ in more.
_SLOTS = tuple(range(30))
_BLOCKS, _CHOSEN = 6, 3
# Where too many rows have equal keys, further bits are added to each key, in turn.
_FURTHER = tuple(tuple(range(30 + i, 90, 6)) for i in range(6))
# Pairs compared for each row and table, at most, before groups are refined.
_PAIRS_PER_ROW = 2
_LEADERS = 32
_SHIFT = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_MARKS = 24


@dataclass(frozen=True)
class NearPairs:
    """Pairs of rows that are nearly the same picture, `first` before `second` in the order given.

    `bits` (of 256) differ when `first` is turned as `HOW[how]`. Rows whose hashes are equal are
    each paired with the first of them alone, and only that one with other rows; `equal` counts
    them. `cut` counts pairs of rows of equal keys that were not compared.
    """

    first: np.ndarray
    second: np.ndarray
    bits: np.ndarray
    how: np.ndarray
    equal: int = 0
    cut: int = 0

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True)
class _Rows:
    """Hashes by number: `first` (n,) their first words, contiguous; `whole(numbers)` all four."""

    first: np.ndarray
    whole: Callable[[np.ndarray], np.ndarray]
    split: int = 0


@dataclass(frozen=True)
class _Rule:
    limit: int
    turning: Turning


def near_pairs(
    hashes: np.ndarray,
    alike: Alike,
    crops: np.ndarray | None = None,
    owners: np.ndarray | None = None,
    order: np.ndarray | None = None,
) -> NearPairs:
    """Pairs of rows of `hashes` (n, 4) uint64 of which at most `4 * alike.hamming` bits differ.

    `crops` (m, 4) are hashes of crops of the rows `owners` (m,), compared with all whole pictures.
    `order` (n,): the rows by rank, the best first, where that is not their own order: `first` of a
    pair is the better one. Of very large groups of like pictures only pairs with leading rows are
    given. Needs 28 bytes for each row, and 40 for each pair.
    """
    rule = _Rule(4 * alike.hamming, Turning(alike.mirror, alike.rotate))
    order = np.arange(len(hashes)) if order is None else order
    comparable: np.ndarray = np.asarray(hashes.any(axis=1))
    alive = order[comparable[order]]
    equal = _equal(hashes, alive, rule.turning)
    alive = np.delete(alive, equal[1]) if len(equal[1]) else alive
    first = np.ascontiguousarray(hashes[alive, 0])
    found, cut = _search(_Rows(first, lambda numbers: hashes[alive[numbers]]), rule)
    one, other = alive[found >> _SHIFT], alive[found & _LOW]
    bits, how = distances(hashes[one], hashes[other], rule.turning)
    near = NearPairs(one, other, bits, how, cut=cut)
    parts = [equal[0], near]
    if crops is not None and owners is not None and len(crops):
        parts.append(_through_crops(hashes, crops, owners, order, alike))
    return _joined(parts)


def near_matches(queries: np.ndarray, targets: np.ndarray, alike: Alike) -> NearPairs:
    """Pairs of a row of `queries` (q, 4) and a row of `targets` (n, 4), uint64, of which at most
    `4 * alike.hamming` bits differ: `first` are rows of `queries`, `second` of `targets`.

    Queries may be whole pictures and crops alike. Needs 10 bytes for each target.
    """
    rule = _Rule(4 * alike.hamming, Turning(alike.mirror, alike.rotate))
    digests = keys(queries, every_bit(), Turning(False, False))
    unique, which = _first_of_each(digests)
    asked = queries[unique]
    known = np.flatnonzero(asked.any(axis=1))
    asked = asked[known]
    search = _MatchSearch(asked, targets, rule)
    found, cut = _merged(search.by, _all_tables())
    one, other = (found >> _SHIFT).astype(np.int64), (found & _LOW).astype(np.int64)
    bits, how = distances(asked[one], targets[other], rule.turning)
    # Back from different hashes to the queries that have them.
    by_hash = np.argsort(which, kind="stable")
    counts = np.bincount(which, minlength=len(unique))
    starts = np.cumsum(counts) - counts
    own = known[one]
    times = counts[own]
    at = np.repeat(starts[own] - (np.cumsum(times) - times), times) + np.arange(times.sum())
    again = np.repeat(np.arange(len(one)), times)
    return NearPairs(by_hash[at], other[again], bits[again], how[again], cut=cut)


def _first_of_each(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each different value first is, and for each value which of these it equals."""
    order = np.argsort(values, kind="stable")
    new = np.ones(len(values), bool)
    new[1:] = values[order[1:]] != values[order[:-1]]
    which = np.empty(len(values), np.int64)
    which[order] = np.cumsum(new) - 1
    return order[new], which


def _all_tables() -> list[tuple[int, ...]]:
    return tables(_SLOTS, _BLOCKS, _CHOSEN)


def _equal(hashes: np.ndarray, alive: np.ndarray, turning: Turning) -> tuple[NearPairs, np.ndarray]:
    """Rows of equal hashes, each with the first of them; and their places in `alive`."""
    every = every_bit()
    digests = np.empty(len(alive), np.uint64)
    for start in range(0, len(alive), 1 << 20):
        part = hashes[alive[start : start + (1 << 20)]]
        digests[start : start + (1 << 20)] = keys(part, every, turning)
    found = groups(digests)
    none = np.zeros(0, np.int64)
    lists = [(none, none, none.astype(np.int16), none.astype(np.int8), none)]
    for some in batches(found):
        at, of = members(some)
        one = alive[some.rows[some.starts][of].astype(np.int64)]
        other = alive[at.astype(np.int64)]
        bits, how = distances(hashes[one], hashes[other], turning)
        same = (bits == 0) & (one != other)
        lists.append((one[same], other[same], bits[same], how[same], at[same].astype(np.int64)))
    one, other, bits, how, places = (np.concatenate(column) for column in zip(*lists, strict=True))
    return NearPairs(one, other, bits, how, equal=len(one)), places


def _through_crops(
    hashes: np.ndarray, crops: np.ndarray, owners: np.ndarray, order: np.ndarray, alike: Alike
) -> NearPairs:
    """Pairs of a picture of which a crop is nearly another picture; the nearest crop of each."""
    found = near_matches(crops, hashes, alike)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    a, b = owners[found.first].astype(np.int64), found.second
    keep = a != b
    a, b, bits, how = a[keep], b[keep], found.bits[keep], found.how[keep] + CROPPED
    swap = rank[a] > rank[b]
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    return NearPairs(a, b, bits, how.astype(np.int8), cut=found.cut)


def _joined(parts: list[NearPairs]) -> NearPairs:
    """All pairs once, with the fewest bits, by row."""
    first, second, bits, how = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("first", "second", "bits", "how")
    )
    at = np.lexsort((how, bits, second, first))
    first, second, bits, how = first[at], second[at], bits[at], how[at]
    new = np.ones(len(first), bool)
    new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    return NearPairs(
        first[new],
        second[new],
        bits[new],
        how[new],
        equal=sum(part.equal for part in parts),
        cut=sum(part.cut for part in parts),
    )


def _search(rows: _Rows, rule: _Rule) -> tuple[np.ndarray, int]:
    """Pairs of numbers of rows, packed into uint64, and how many were cut."""

    def by(slots: tuple[int, ...]) -> tuple[np.ndarray, int]:
        found = groups(keys(rows.first[:, None], table_of(slots), rule.turning))
        return _compared(found, rows, rule, slots)

    return _merged(by, _all_tables())


def _merged(
    by: Callable[[tuple[int, ...]], tuple[np.ndarray, int]], choices: Iterable[tuple[int, ...]]
) -> tuple[np.ndarray, int]:
    """What all tables find, each pair once."""
    found, cut = np.zeros(0, np.uint64), 0
    with ThreadPoolExecutor(_THREADS) as pool:
        for some, lost in pool.map(by, choices):
            found = _distinct(np.concatenate([found, some]))
            cut += lost
    return found, cut


def _compared(
    found: Groups, rows: _Rows, rule: _Rule, slots: tuple[int, ...]
) -> tuple[np.ndarray, int]:
    """The near pairs of the groups; too large ones are looked at again by longer keys."""
    small, large = _by_size(found, rows.split, _PAIRS_PER_ROW * len(rows.first))
    lists = [_near(a, b, rows, rule) for a, b in pairs(small, rows.split)]
    cut = 0
    for some in batches(large, 1 << 21):
        numbers, _ = members(some)
        numbers = np.sort(numbers)
        whole = rows.whole(numbers)
        split = int(np.searchsorted(numbers, rows.split)) if rows.split else 0
        inner = _Rows(np.ascontiguousarray(whole[:, 0]), whole.__getitem__, split)
        for further in _FURTHER:
            table = table_of(tuple(sorted({*slots, *further})))
            finer = groups(keys(whole, table, rule.turning))
            near, huge = _by_size(finer, split, _PAIRS_PER_ROW * len(numbers))
            own = [_near(a, b, inner, rule) for a, b in pairs(near, split)]
            led, lost = _led(huge, inner, rule)
            cut += lost
            for packed in (*own, led):
                one, other = numbers[packed >> _SHIFT], numbers[packed & _LOW]
                lists.append((one.astype(np.uint64) << _SHIFT) | other.astype(np.uint64))
    return _distinct(np.concatenate([np.zeros(0, np.uint64), *lists])), cut


def _distinct(packed: np.ndarray) -> np.ndarray:
    """Each once, ascending; sorts in place, for numpy's own `unique` by hashing is far slower."""
    packed.sort()
    new = np.ones(len(packed), bool)
    new[1:] = packed[1:] != packed[:-1]
    return packed[new]


def _by_size(found: Groups, split: int, budget: int) -> tuple[Groups, Groups]:
    """The groups that are small enough to compare all their pairs, and the others."""
    sizes = found.sizes
    if split:
        below = below_split(found, split)
        found = found.only((below > 0) & (below < sizes))
        costs = (below * (sizes - below))[(below > 0) & (below < sizes)]
    else:
        costs = sizes * (sizes - 1) // 2
    ascending = np.sort(costs)
    fits = int(np.searchsorted(np.cumsum(ascending), budget, "right"))
    limit = max(28, int(ascending[fits - 1]) if fits else 0)
    return found.only(costs <= limit), found.only(costs > limit)


def _near(a: np.ndarray, b: np.ndarray, rows: _Rows, rule: _Rule) -> np.ndarray:
    """Those pairs of numbers that are near, packed."""
    likely = _near_at_first(rows.first[a], rows.first[b], rule)
    a, b = a[likely], b[likely]
    bits, _ = distances(rows.whole(a), rows.whole(b), rule.turning)
    near = bits <= rule.limit
    return (a[near].astype(np.uint64) << _SHIFT) | b[near].astype(np.uint64)


def _near_at_first(a: np.ndarray, b: np.ndarray, rule: _Rule) -> np.ndarray:
    """Whether the first words alone differ in no more than half of what the whole may."""
    likely = np.zeros(len(a), bool)
    plain = a ^ b
    crossed = transposed(a[:, None])[:, 0] ^ b if rule.turning.rotate else plain
    for turn in rule.turning.allowed:
        bits = crossed if turn & 4 else plain
        if turn & 1:
            bits = bits ^ ODD_ACROSS[0]
        if turn & 2:
            bits = bits ^ ODD_DOWN[0]
        likely |= np.bitwise_count(bits) <= rule.limit // 2
    return likely


def _led(found: Groups, rows: _Rows, rule: _Rule) -> tuple[np.ndarray, int]:
    """Of huge groups: the first row with all that are near it, then the first of the others, and
    so on; what is then left is not compared, and counted."""
    numbers, of = members(found)
    lists = []
    for _ in range(_LEADERS):
        if not len(numbers):
            break
        starts = np.concatenate([[True], of[1:] != of[:-1]])
        leaders = np.repeat(numbers[starts], np.diff(np.append(np.flatnonzero(starts), len(of))))
        one, other = leaders[~starts], numbers[~starts]
        if rows.split:
            across = (one < rows.split) & (other >= rows.split)
            lists.append(_near(one[across], other[across], rows, rule))
            numbers, of = other, of[~starts]
            continue
        packed = _near(one, other, rows, rule)
        lists.append(packed)
        left = ~np.isin(other, packed & _LOW)
        numbers, of = other[left], of[~starts][left]
    sizes = np.bincount(of) if len(of) else np.zeros(0, np.int64)
    cut = int((sizes * (sizes - 1) // 2).sum())
    return (np.concatenate(lists) if lists else np.zeros(0, np.uint64)), cut


class _MatchSearch:
    """Queries against targets, table by table."""

    def __init__(self, queries: np.ndarray, targets: np.ndarray, rule: _Rule) -> None:
        self.queries, self.targets, self.rule = queries, targets, rule
        self.first = np.ascontiguousarray(targets[:, 0])
        self.own = np.ascontiguousarray(queries[:, 0])

    def by(self, slots: tuple[int, ...]) -> tuple[np.ndarray, int]:
        """Pairs of a query and a target, packed."""
        table, n = table_of(slots), len(self.queries)
        asked = keys(self.own[:, None], table, self.rule.turning)
        numbers, theirs = self._met(asked, table)
        if not len(numbers):
            return np.zeros(0, np.uint64), 0

        def whole(at: np.ndarray) -> np.ndarray:
            out = np.empty((len(at), 4), np.uint64)
            mine = at < n
            out[mine] = self.queries[at[mine]]
            out[~mine] = self.targets[numbers[(at[~mine] - np.uint64(n)).astype(np.int64)]]
            return out

        first = np.concatenate([self.own, self.first[numbers]])
        found = groups(np.concatenate([asked, theirs]))
        packed, cut = _compared(found, _Rows(first, whole, n), self.rule, slots)
        target = numbers[((packed & _LOW) - np.uint64(n)).astype(np.int64)]
        return (packed & ~_LOW) | target.astype(np.uint64), cut

    def _met(self, asked: np.ndarray, table: Table) -> tuple[np.ndarray, np.ndarray]:
        """The targets whose key is perhaps a query's, and their keys."""
        shift = np.uint64(64 - _MARKS)
        marked = np.zeros(1 << _MARKS, bool)
        marked[asked >> shift] = True
        lists = []
        for start in range(0, len(self.first), 1 << 20):
            part = keys(self.first[start : start + (1 << 20), None], table, self.rule.turning)
            at = np.flatnonzero(marked[part >> shift])
            lists.append((at + start, part[at]))
        if not lists:
            return np.zeros(0, np.int64), np.zeros(0, np.uint64)
        return np.concatenate([x for x, _ in lists]), np.concatenate([x for _, x in lists])
