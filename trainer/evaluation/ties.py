"""Places among ties: the mean over all orders of the tied, so that a guess is exactly at chance.

A model that sees a blank picture ranks all pictures alike. Whatever order the rows happen to have
must not count then, and a drawn order would add noise of its own: each hit is therefore the share
of all orders of the tied in which it is one. Chance is the same with everything tied.
"""

from __future__ import annotations

import numpy as np

# Float32 vectors give cosines with an error of 1e-7: what is nearer than this is a tie.
_DECIMALS = 6


def similarities(queries: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Inner products (Q, P) as float64, rounded so that equal vectors give equal ones.

    A product in float32 depends on where in its block a row stands, and would break ties by place.
    """
    return np.round(queries.astype(np.float64) @ pool.astype(np.float64).T, _DECIMALS)


def hit_share(
    better: np.ndarray | int, tied: np.ndarray | int, right: np.ndarray | int, k: int
) -> np.ndarray:
    """In what share of the orders of the tied a right one is among the first k (hypergeometric).

    `better` come before them all, `tied` share the place; `right` (at least 1) of these are right.
    Arrays are broadcast; gives float64.
    """
    before, among, good = np.broadcast_arrays(better, tied, right)
    places = np.clip(k - before, 0, among)
    miss = np.ones(before.shape)
    for place in range(k):
        wrong = np.maximum(among - good - place, 0) / np.maximum(among - place, 1)
        miss *= np.where(place < places, wrong, 1.0)
    return 1.0 - miss


def hits_at(similarity: np.ndarray, right: np.ndarray, ks: tuple[int, ...]) -> np.ndarray:
    """Hit@k (Q, len(ks)) of each query, from similarities (Q, P) and which of the pool are right
    for it, (Q, P) bool with at least one each."""
    best = np.where(right, similarity, -np.inf).max(axis=1, keepdims=True)
    better = (similarity > best).sum(axis=1)
    level = similarity == best
    tied, good = level.sum(axis=1), (level & right).sum(axis=1)
    return np.stack([hit_share(better, tied, good, k) for k in ks], axis=1)
