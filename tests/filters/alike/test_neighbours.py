"""Near pairs equal those of comparing everything with everything; winners are direct neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from filters.alike import neighbour_search, neighbours
from filters.alike.neighbour_keys import Turning, distances, keys, table_of
from filters.alike.neighbours import HOW, NearPairs, near_matches, near_pairs
from filters.alike.signatures import TURNS, turned
from filters.options import Alike

_SEVERAL = [
    Alike(hamming=3, mirror=False),
    Alike(hamming=3),
    Alike(hamming=3, mirror=False, rotate=True),
    Alike(hamming=3, rotate=True),
]


def flips(rng: np.random.Generator, counts: np.ndarray) -> np.ndarray:
    out = np.zeros((len(counts), 256), bool)
    for row, count in zip(out, counts, strict=True):
        row[rng.permutation(256)[:count]] = True
    return np.packbits(out, axis=1).view(">u8").astype(np.uint64)


def planted(n: int, seed: int = 0) -> np.ndarray:
    """Random hashes; a third of them are near copies, in any turn, of earlier ones."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 2**64, (n, 4), dtype=np.uint64)
    m = n // 3
    copies = hashes[rng.integers(0, m, m)]
    for k in range(m):
        copies[k] = turned(copies[k : k + 1], TURNS[int(rng.integers(8))])[0]
    hashes[-m:] = copies ^ flips(rng, rng.integers(0, 16, m))
    return hashes


def brute(hashes: np.ndarray, alike: Alike) -> dict[tuple[int, int], int]:
    i, j = np.triu_indices(len(hashes), 1)
    bits, _ = distances(hashes[i], hashes[j], Turning(alike.mirror, alike.rotate))
    near = bits <= 4 * alike.hamming
    return {(a, b): c for a, b, c in zip(i[near], j[near], bits[near], strict=True)}


def test_few_rows_are_compared_with_one_another() -> None:
    hashes = planted(300, 8)
    alike = Alike(hamming=12)
    found = near_pairs(hashes, alike)
    rows = zip(found.first.tolist(), found.second.tolist(), strict=True)
    truth = brute(hashes, alike)
    if not found.equal:
        assert set(rows) == set(truth)
    assert len(found) >= len({b for _, b in truth})


def rows_of(found: NearPairs) -> list[tuple[int, int]]:
    return list(zip(found.first.tolist(), found.second.tolist(), strict=True))


def clusters(n: int, pairs: list[tuple[int, int]]) -> list[int]:
    """A name for all rows that hang together."""
    heads = list(range(n))
    for a, b in pairs:
        one, other = heads[a], heads[b]
        heads = [one if head == other else head for head in heads]
    return heads


@pytest.mark.parametrize("alike", _SEVERAL)
def test_pairs_are_those_of_comparing_everything(
    alike: Alike, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "_FEW", 0)
    hashes = planted(900)
    truth = brute(hashes, alike)
    found = near_pairs(hashes, alike)
    rows = zip(found.first.tolist(), found.second.tolist(), strict=True)
    own = dict(zip(rows, found.bits.tolist(), strict=True))
    # Of rows with equal hashes only the first is paired with others, so some pairs stand for more.
    assert set(own) <= set(truth)
    assert all(truth[pair] == bits for pair, bits in own.items())
    heads = clusters(900, rows_of(found))
    reached = sum(heads[a] == heads[b] for a, b in truth)
    assert len(truth) > 30
    assert reached >= 0.97 * len(truth)
    for a, b, bits, how in zip(found.first, found.second, found.bits, found.how, strict=True):
        one = turned(hashes[a : a + 1], HOW[how])
        assert int(np.bitwise_count(one ^ hashes[b : b + 1]).sum()) == bits


def test_results_are_the_same_each_time_and_in_order() -> None:
    hashes = planted(600, 3)
    one, two = (near_pairs(hashes, Alike(hamming=4, rotate=True)) for _ in range(2))
    assert np.array_equal(one.first, two.first)
    assert np.array_equal(one.second, two.second)
    assert (one.first < one.second).all()
    assert (np.diff(one.first) >= 0).all()


def test_what_is_not_comparable_matches_nothing() -> None:
    zeros = np.zeros((40, 4), np.uint64)
    alike = Alike(hamming=12, rotate=True)
    assert len(near_pairs(zeros, alike)) == 0
    assert len(near_matches(zeros, zeros, alike)) == 0
    few = np.zeros((2, 4), np.uint64)
    few[1, 3] = 7
    assert len(near_pairs(few, alike)) == 0
    assert len(near_pairs(zeros[:0], alike)) == 0
    assert len(near_matches(zeros[:0], zeros, alike)) == 0


def test_equal_hashes_are_paired_with_the_best_ranked_alone() -> None:
    rng = np.random.default_rng(1)
    hashes = np.repeat(rng.integers(0, 2**64, (2, 4), dtype=np.uint64), 500, axis=0)
    order = rng.permutation(1000)
    found = near_pairs(hashes, Alike(hamming=6), order=order)
    assert len(found) == found.equal == 998
    assert set(found.first.tolist()) == {
        next(row for row in order.tolist() if row < 500),
        next(row for row in order.tolist() if row >= 500),
    }


def test_crowds_of_near_rows_do_not_become_quadratic(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    form = rng.integers(0, 2**64, 4, dtype=np.uint64)
    hashes = form ^ flips(rng, rng.integers(1, 7, 4000))
    monkeypatch.setattr(neighbour_search, "_PAIRS_PER_ROW", 0)
    found = near_pairs(hashes, Alike(hamming=3))
    assert len(found) <= 32 * 4000
    assert len(set(found.second.tolist())) > 0.97 * 4000


def test_crops_match_whole_pictures_of_other_rows() -> None:
    rng = np.random.default_rng(4)
    hashes = rng.integers(0, 2**64, (50, 4), dtype=np.uint64)
    crops = np.stack([hashes[7], turned(hashes[9:10], "mirror")[0], hashes[3]])
    owners = np.array([20, 4, 3])
    found = near_pairs(hashes, Alike(hamming=3, crop=0.05), crops, owners)
    pairs = [
        (a, b, HOW[how]) for a, b, how in zip(found.first, found.second, found.how, strict=True)
    ]
    assert pairs == [(4, 9, "crop, mirror"), (7, 20, "crop, as is")]


@pytest.mark.parametrize("every", [True, False])
def test_matches_are_those_of_comparing_everything(
    monkeypatch: pytest.MonkeyPatch, every: bool
) -> None:
    if not every:
        monkeypatch.setattr(neighbours, "_ALL_PAIRS", 0)
    rng = np.random.default_rng(5)
    targets = rng.integers(0, 2**64, (3000, 4), dtype=np.uint64)
    rows = rng.permutation(3000)[:200]
    queries = turned(targets[rows], "turn90") ^ flips(rng, rng.integers(0, 14, 200))
    queries = np.concatenate([queries, queries[:10]])
    found = near_matches(queries, targets, Alike(hamming=4, rotate=True))
    pairs = set(zip(found.first.tolist(), found.second.tolist(), strict=True))
    wanted = set(zip(range(210), [*rows.tolist(), *rows[:10].tolist()], strict=True))
    assert pairs <= wanted
    assert len(pairs) >= (210 if every else 205)
    assert {HOW[how] for how in found.how} == {"turn270"}
    assert not len(near_matches(queries, targets, Alike(hamming=4, rotate=False)))


def test_a_key_is_the_same_for_every_turn_that_is_allowed() -> None:
    hashes = np.random.default_rng(6).integers(0, 2**64, (200, 4), dtype=np.uint64)
    table = table_of((1, 5, 9, 12, 40, 70))
    for mirror, rotate, hows in ((True, False, TURNS[:2]), (True, True, TURNS)):
        turning = Turning(mirror, rotate)
        own = keys(hashes, table, turning)
        assert len(set(own.tolist())) > 140
        for how in hows:
            assert np.array_equal(keys(turned(hashes, how), table, turning), own)
    own = keys(hashes, table, Turning(True, False))
    assert not np.array_equal(keys(turned(hashes, "flip"), table, Turning(True, False)), own)
