"""What near pairs make of rows: stars around winners, and clusters of all that hang together."""

from __future__ import annotations

import numpy as np

from filters.alike.neighbours import NearPairs


def stars(n: int, pairs: NearPairs, rank: np.ndarray) -> np.ndarray:
    """(n,) int64: for each row the winner whose duplicate it is, -1 for none.

    Rows are visited by `rank` (n,), lowest first. One that is not yet taken wins, and takes all its
    direct neighbours that are not: so no row is dropped for one that it is not itself near to, as
    would happen along a chain. Rows of equal hashes count as one with the best rank among them.
    """
    equal = pairs.bits == 0
    head = np.arange(n)
    head[pairs.second[equal]] = pairs.first[equal]
    head = _settled(head)
    # The best row of each class of equal hashes stands for it.
    by_rank = np.lexsort((rank, head))
    new = np.ones(n, bool)
    new[1:] = head[by_rank][1:] != head[by_rank][:-1]
    best = np.empty(n, np.int64)
    best[head[by_rank[new]]] = by_rank[new]
    best = best[head]
    a, b = best[pairs.first[~equal]], best[pairs.second[~equal]]
    place = np.empty(n, np.int64)
    place[np.argsort(rank, kind="stable")] = np.arange(n)
    winner = _taken(n, np.minimum(place[a], place[b]), np.maximum(place[a], place[b]))
    by_place = np.argsort(place)
    of_best = np.where(winner < 0, -1, by_place[winner])
    own = of_best[place[best]]
    own = np.where((own < 0) & (best != np.arange(n)), best, own)
    return own


def _taken(n: int, better: np.ndarray, worse: np.ndarray) -> np.ndarray:
    """(n,): by whom each place is taken, -1 if by none; pairs of places, the better one first.

    In rounds: a place wins once none of its better neighbours is undecided, as one by one.
    """
    wins = np.zeros(n, bool)
    undecided = np.zeros(n, bool)
    undecided[better] = undecided[worse] = True
    a, b = better, worse
    while len(a):
        blocked = np.zeros(n, bool)
        blocked[b] = True
        won = undecided & ~blocked
        wins |= won
        undecided[won] = False
        undecided[b[won[a]]] = False
        keep = undecided[a] & undecided[b]
        a, b = a[keep], b[keep]
        # What no pair blocks any more.
        wins |= undecided & ~_named(n, a, b)
        undecided &= ~wins
    winner = np.full(n, n, np.int64)
    ours = wins[better] & ~wins[worse]
    np.minimum.at(winner, worse[ours], better[ours])
    return np.where(winner < n, winner, -1)


def _named(n: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.zeros(n, bool)
    out[a] = out[b] = True
    return out


def clusters(n: int, pairs: NearPairs) -> np.ndarray:
    """(n,) int64: for each row the first row of those that it hangs together with by any chain."""
    label = np.arange(n)
    a, b = pairs.first, pairs.second
    while len(a):
        low, high = np.minimum(label[a], label[b]), np.maximum(label[a], label[b])
        differ = low != high
        if not differ.any():
            break
        a, b, low, high = a[differ], b[differ], low[differ], high[differ]
        np.minimum.at(label, high, low)
        label = _settled(label)
    return label


def _settled(label: np.ndarray) -> np.ndarray:
    """Each label followed to its end."""
    while True:
        further = label[label]
        if np.array_equal(further, label):
            return label
        label = further
