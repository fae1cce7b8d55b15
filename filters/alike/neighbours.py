"""Near pairs among millions of picture signatures, and near matches between two sets of them.

Rows meet where a choice of low frequencies of theirs is equal (`filters.alike.neighbour_keys`): one sort
for each choice, then all rows of equal keys are compared in all 256 bits. What is reported is
exact; what is missed are pairs that differ in too many blocks of low frequencies (the benchmark
says how many), and in crowds of equal keys that are too large to compare (`NearPairs.cut` counts
them). Up to 2,000 rows, and an evaluation set with rows up to `_ALL_PAIRS`, everything is compared.
Numpy alone, in two threads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from filters.alike.hashes import bit_counts
from filters.alike.neighbour_groups import batches, groups, members
from filters.alike.neighbour_keys import Table, Turning, distances, every_bit, keys, table_of
from filters.alike.neighbour_search import (
    KEY_WORDS,
    LOW,
    SHIFT,
    Found,
    Rows,
    Rule,
    choices,
    compared,
    distinct,
    fewer,
    merged,
)
from filters.alike.signatures import TURNS, turned
from filters.options import Alike

# How two pictures are the same: `how` of the results counts these, the last 8 where it was through
# a crop of one of them.
HOW = (*TURNS, *(f"crop, {turn}" for turn in TURNS))
CROPPED = len(TURNS)

_FEW = 2_000
# Pairs and turns that are compared one and all for an evaluation set: some ten seconds.
_ALL_PAIRS = 4 * 10**8
_CHUNK = 1 << 20
_PART = 1 << 16
_MARKS = 24
_FIRST = 4
_ENOUGH = 4


@dataclass(frozen=True)
class NearPairs:
    """Pairs of rows that are nearly the same picture, `first` the better one (int64 both).

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


def near_pairs(
    hashes: np.ndarray,
    alike: Alike,
    crops: np.ndarray | None = None,
    owners: np.ndarray | None = None,
    order: np.ndarray | None = None,
) -> NearPairs:
    """Pairs of rows of `hashes` (n, 4) uint64 of which at most `4 * alike.hamming` bits differ.

    `crops` (m, 4) are hashes of crops of the rows `owners` (m,), compared with all whole pictures.
    `order` (n,): the rows by rank, the best first, where that is not their own order. A row is
    paired with no more than the 32 best of those that are near it and better. Takes some 140 bytes
    a row beyond the hashes. Rows that are not comparable (all zero)
    are in no pair.
    """
    rule = _rule(alike)
    ranked = np.arange(len(hashes)) if order is None else np.asarray(order)
    comparable = np.asarray(hashes.any(axis=1))
    alive = ranked[comparable[ranked]].astype(np.uint32)
    equal, places = _equal(hashes, alive, rule.turning)
    alive = np.delete(alive, places)
    found, cut = _search(hashes, alive, rule)
    parts = [equal, _measured(hashes, hashes, alive[found >> SHIFT], alive[found & LOW], rule, cut)]
    if crops is not None and owners is not None and len(crops):
        parts.append(_through_crops(hashes, crops, owners, ranked, alike))
    return _joined(parts)


def near_matches(queries: np.ndarray, targets: np.ndarray, alike: Alike) -> NearPairs:
    """Pairs of a row of `queries` (q, 4) and a row of `targets` (n, 4), uint64, of which at most
    `4 * alike.hamming` bits differ: `first` are rows of `queries`, `second` of `targets`.

    Queries may be whole pictures and crops alike. Up to `_ALL_PAIRS` pairs all are compared; beyond,
    those that share a key, which nearly all near pairs do, the less the more bits they differ in.
    """
    rule = _rule(alike)
    unique, which = _first_of_each(keys(queries, every_bit(), Turning(False, False)))
    known = np.flatnonzero(np.asarray(queries[unique].any(axis=1)))
    asked, cut = queries[unique[known]], 0
    if compares_all(len(known), len(targets), alike):
        found = _every_near(asked, targets, rule)
    else:
        search = _MatchSearch(asked, targets, rule)
        found, cut = merged(search.by, choices(math.isqrt(2 * len(known) * len(targets))))
        asked = search.queries
    one, other = (found >> SHIFT).astype(np.int64), (found & LOW).astype(np.int64)
    near = _measured(asked, targets, one, other, rule, cut)
    one, other = near.first, near.second
    # Back from different hashes to all the queries that have them.
    by_hash = np.argsort(which, kind="stable")
    counts = np.bincount(which, minlength=len(unique))
    starts, times = (np.cumsum(counts) - counts)[known[one]], counts[known[one]]
    again = np.repeat(np.arange(len(one)), times)
    at = np.repeat(starts - (np.cumsum(times) - times), times) + np.arange(len(again))
    return NearPairs(by_hash[at], other[again], near.bits[again], near.how[again], cut=cut)


def compares_all(queries: int, targets: int, alike: Alike) -> bool:
    """Whether `near_matches` of so many rows compares each with each."""
    return queries * targets * len(_rule(alike).turning.allowed) <= _ALL_PAIRS


def _every_near(queries: np.ndarray, targets: np.ndarray, rule: Rule) -> np.ndarray:
    """All pairs within the limit, packed, in order: half of the bits first, the rest of few."""
    comparable = np.asarray(targets.any(axis=1))
    halves = np.ascontiguousarray(targets[:, :2])
    found = [np.zeros(0, np.uint64)]
    for turn in rule.turning.allowed:
        asked = turned(queries, TURNS[turn])
        for number, query in enumerate(asked):
            for start in range(0, len(targets), _PART):
                part = slice(start, start + _PART)
                bits = bit_counts(halves[part] ^ query[:2]).sum(axis=1, dtype=np.int16)
                near = start + np.flatnonzero((bits <= rule.limit) & comparable[part])
                if len(near):
                    bits = bit_counts(targets[near] ^ query).sum(axis=1, dtype=np.int16)
                    near = near[bits <= rule.limit].astype(np.uint64)
                    found.append((np.uint64(number) << SHIFT) | near)
    return np.unique(np.concatenate(found))


def _rule(alike: Alike) -> Rule:
    return Rule(4 * alike.hamming, Turning(alike.mirror, alike.rotate))


def _first_of_each(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each different value first is, and for each value which of these it equals."""
    order = np.argsort(values, kind="stable")
    new = np.ones(len(values), bool)
    new[1:] = values[order[1:]] != values[order[:-1]]
    which = np.empty(len(values), np.int64)
    which[order] = np.cumsum(new) - 1
    return order[new], which


def _measured(
    hashes: np.ndarray,
    others: np.ndarray,
    one: np.ndarray,
    other: np.ndarray,
    rule: Rule,
    cut: int,
) -> NearPairs:
    """Those pairs that are near by the turns allowed, with their distances."""
    bits, how = np.empty(len(one), np.int16), np.empty(len(one), np.int8)
    for start in range(0, len(one), _CHUNK):
        part = slice(start, start + _CHUNK)
        bits[part], how[part] = distances(hashes[one[part]], others[other[part]], rule.turning)
    near = bits <= rule.limit
    one, other = one[near].astype(np.int64), other[near].astype(np.int64)
    return NearPairs(one, other, bits[near], how[near], cut=cut)


def _search(hashes: np.ndarray, alive: np.ndarray, rule: Rule) -> Found:
    """Near pairs among the rows `alive`, by their places there.

    After a first few choices of bits, rows that have enough better near rows are left out: so a
    crowd of like pictures costs little.
    """
    if len(alive) <= _FEW:
        i, j = np.triu_indices(len(alive), 1)
        bits, _ = distances(hashes[alive[i]], hashes[alive[j]], rule.turning)
        near = bits <= rule.limit
        return (i[near].astype(np.uint64) << SHIFT) | j[near].astype(np.uint64), 0
    slots = choices(len(alive))
    first, cut = _among(hashes, alive, rule, slots[:: len(slots) // _FIRST])
    numbers, times = np.unique((first & LOW).astype(np.int64), return_counts=True)
    keep = np.ones(len(alive), bool)
    keep[numbers[times >= _ENOUGH]] = False
    left = np.flatnonzero(keep).astype(np.uint32)
    rest, more = _among(hashes, alive[left], rule, slots)
    again = (left[rest >> SHIFT].astype(np.uint64) << SHIFT) | left[rest & LOW].astype(np.uint64)
    return fewer(distinct(np.concatenate([first, again]))), cut + more


def _among(
    hashes: np.ndarray, alive: np.ndarray, rule: Rule, slots: list[tuple[int, ...]]
) -> Found:
    some = np.empty((len(alive), KEY_WORDS), np.uint64)
    for start in range(0, len(alive), _CHUNK):
        some[start : start + _CHUNK] = hashes[alive[start : start + _CHUNK], :KEY_WORDS]
    rows = Rows(some, lambda numbers: hashes[alive[numbers]])

    def by(slots: tuple[int, ...]) -> Found:
        found = groups(keys(some, table_of(slots), rule.turning))
        return compared(found, rows, rule, slots)

    return merged(by, slots, fewer)


def _equal(hashes: np.ndarray, alive: np.ndarray, turning: Turning) -> tuple[NearPairs, np.ndarray]:
    """Rows of equal hashes, each with the first of them; and their places in `alive`."""
    digests = np.empty(len(alive), np.uint64)
    for start in range(0, len(alive), _CHUNK):
        part = hashes[alive[start : start + _CHUNK]]
        digests[start : start + _CHUNK] = keys(part, every_bit(), turning)
    none = np.zeros(0, np.int64)
    lists = [(none, none, none.astype(np.int16), none.astype(np.int8), none)]
    for some in batches(groups(digests)):
        at, of = members(some)
        one, other = (alive[x].astype(np.int64) for x in (some.rows[some.starts][of], at))
        bits, how = distances(hashes[one], hashes[other], turning)
        same = (bits == 0) & (one != other)
        lists.append((one[same], other[same], bits[same], how[same], at[same].astype(np.int64)))
    one, other, bits, how, places = (np.concatenate(x) for x in zip(*lists, strict=True))
    return NearPairs(one, other, bits, how, equal=len(one)), places


def _through_crops(
    hashes: np.ndarray, crops: np.ndarray, owners: np.ndarray, order: np.ndarray, alike: Alike
) -> NearPairs:
    """Pairs of a picture of which a crop is nearly another picture."""
    found = near_matches(crops, hashes, alike)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    a, b = owners[found.first].astype(np.int64), found.second
    keep = a != b
    a, b, bits, how = a[keep], b[keep], found.bits[keep], found.how[keep] + np.int8(CROPPED)
    worse = rank[a] > rank[b]
    return NearPairs(np.where(worse, b, a), np.where(worse, a, b), bits, how, cut=found.cut)


def _joined(parts: list[NearPairs]) -> NearPairs:
    """All pairs once, with the fewest bits, by row."""
    first, second, bits, how = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("first", "second", "bits", "how")
    )
    packed = (first.astype(np.uint64) << SHIFT) | second.astype(np.uint64)
    # Only through crops is a pair found twice.
    at = np.lexsort((how, bits, packed)) if len(parts) > 2 else np.argsort(packed)
    first, second, bits, how = first[at], second[at], bits[at], how[at]
    new = np.ones(len(first), bool)
    new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    equal, cut = sum(part.equal for part in parts), sum(part.cut for part in parts)
    return NearPairs(first[new], second[new], bits[new], how[new], equal=equal, cut=cut)


class _MatchSearch:
    """Queries against targets, for one choice of bits after the other."""

    def __init__(self, queries: np.ndarray, targets: np.ndarray, rule: Rule) -> None:
        self.queries, self.targets, self.rule = queries, targets, rule
        self.asked = np.ascontiguousarray(queries[:, :KEY_WORDS])

    def by(self, slots: tuple[int, ...]) -> Found:
        """Pairs of a query and a target, packed."""
        table, n = table_of(slots), np.uint64(len(self.queries))
        asked = keys(self.asked, table, self.rule.turning)
        numbers, theirs = self._met(asked, table)

        def whole(at: np.ndarray) -> np.ndarray:
            out = np.empty((len(at), 4), np.uint64)
            mine = at < n
            out[mine] = self.queries[at[mine]]
            out[~mine] = self.targets[numbers[at[~mine] - n]]
            return out

        some = np.concatenate([self.asked, self.targets[numbers, :KEY_WORDS]])
        found = groups(np.concatenate([asked, theirs]))
        packed, cut = compared(found, Rows(some, whole, int(n)), self.rule, slots)
        return (packed & ~LOW) | numbers[(packed & LOW) - n].astype(np.uint64), cut

    def _met(self, asked: np.ndarray, table: Table) -> tuple[np.ndarray, np.ndarray]:
        """The comparable targets whose key is perhaps a query's, and their keys."""
        shift = np.uint64(64 - _MARKS)
        marked = np.zeros(1 << _MARKS, bool)
        marked[asked >> shift] = True
        numbers, theirs = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
        for start in range(0, len(self.targets), _CHUNK):
            part = self.targets[start : start + _CHUNK]
            own = keys(part, table, self.rule.turning)
            at = np.flatnonzero(marked[own >> shift])
            at = at[part[at].any(axis=1)]
            numbers.append(at + start)
            theirs.append(own[at])
        return np.concatenate(numbers), np.concatenate(theirs)
