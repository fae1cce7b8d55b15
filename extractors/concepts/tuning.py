"""How probable it is that a name in a text is meant, learned from text that people annotated.

Keyphraseness (Mihalcea and Csomai 2007), the share of a name's uses that are links, keeps general
words out; a logistic model adds what stands before and after, and whether a longer name holds it.
"""

from __future__ import annotations

import bisect
import math
from array import array
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from extractors.concepts.index import Index
from extractors.concepts.reading import Candidate

# The features of a key by number; those of the words beside it are named.
KEY_FEATURES = (
    "prior", "log seen", "log linked", "never seen", "linked once", "letters", "share",
    "one word", "two words", "three words", "more words", "all", "held", "longest", "likeness",
)  # fmt: skip


class Counts(NamedTuple):
    """What annotated text says of an index's keys and meanings.

    `seen`, `linked`: (n,) times a key was a candidate, and times its span was linked. `meant`:
    (m,) times each meaning of a key was the one.
    """

    seen: np.ndarray
    linked: np.ndarray
    meant: np.ndarray


class Tuning:
    """Counts of an index's keys in annotated text, and the weights learned with them.

    `weights`: by feature; `threshold`: the probability from which a candidate is taken.
    """

    def __init__(
        self, index: Index, counts: Counts, weights: Mapping[str, float], threshold: float
    ) -> None:
        self.counts, self.weights, self.threshold = counts, dict(weights), threshold
        features = key_features(index, counts)
        own = KEY_FEATURES[: features.shape[1]]
        base = features @ np.array([self.weights[name] for name in own])
        self._base = array("d", base.tobytes())
        self._before = _Beside("before", self.weights)
        self._after = _Beside("after", self.weights)

    def choose(
        self, found: Sequence[Candidate], threshold: float | None = None
    ) -> list[tuple[Candidate, float]]:
        """The candidates that together have most probability above the threshold, in order."""
        least = self.threshold if threshold is None else threshold
        held, longest = nesting(found)
        base, before_weight, after_weight = self._base, self._before, self._after
        for_held, for_longest, for_unlike = (self.weights[name] for name in KEY_FEATURES[-3:])
        scores: list[float] = []
        for (_, _, key, likeness, before, after), is_held, is_longest in zip(
            found, held, longest, strict=True
        ):
            z = base[key] + before_weight[before] + after_weight[after]
            z += for_held * is_held + for_longest * is_longest + for_unlike * (1 - likeness)
            scores.append(1 / (1 + math.exp(min(-z, 700.0))))
        return [(found[i], scores[i]) for i in best_set(found, scores, least)]


class _Beside(dict[str, float]):
    """The weight of a token beside a name, kept once it was asked for."""

    def __init__(self, side: str, weights: Mapping[str, float]) -> None:
        super().__init__()
        self._side, self._weights = side, weights

    def __missing__(self, token: str) -> float:
        if len(self) > 300_000:
            self.clear()
        get = self._weights.get
        self[token] = weight = sum(get(name, 0.0) for name in beside(self._side, token))
        return weight


def beside(side: str, token: str) -> tuple[str, ...]:
    """The features of the token before or after a name."""
    word = token.lower()
    return (f"{side} {word}", f"{side} -{word[-3:]}")


def key_features(index: Index, counts: Counts) -> np.ndarray:
    """(n, k) the first `k` features of `KEY_FEATURES` for each key."""
    seen, linked, meant = counts
    first = np.frombuffer(index.first, np.int32)[:-1]
    words, letters = (np.frombuffer(own, np.uint8) for own in (index.words, index.letters))
    share = np.maximum.reduceat(meant, first) / np.maximum(np.add.reduceat(meant, first), 1)
    columns = [
        np.log((linked + 0.5) / (np.maximum(seen - linked, 0) + 0.7)),
        np.log1p(seen),
        np.log1p(linked),
        seen == 0,
        linked == 1,
        np.minimum(letters, 30) / 10,
        share,
        words == 1,
        words == 2,
        words == 3,
        words > 3,
        np.ones(len(words)),
    ]
    return np.stack(columns, 1).astype(np.float64)


def nesting(found: Sequence[Candidate]) -> tuple[list[bool], list[bool]]:
    """For each candidate: whether another holds it, whether it is the longest from its start."""
    longest_from: dict[int, int] = {}
    for candidate in found:
        longest_from[candidate.first] = max(longest_from.get(candidate.first, 0), candidate.last)
    reach: dict[int, int] = {}
    end = 0
    for first in sorted(longest_from):
        reach[first] = end  # how far names that begin earlier reach
        end = max(end, longest_from[first])
    held = [reach[c.first] >= c.last or longest_from[c.first] > c.last for c in found]
    return held, [longest_from[c.first] == c.last for c in found]


def best_set(found: Sequence[Candidate], scores: Sequence[float], least: float) -> list[int]:
    """Weighted interval scheduling: the set without overlaps of greatest total over `least`."""
    over = [i for i, score in enumerate(scores) if score > least]
    over.sort(key=lambda i: found[i].first)
    if all(found[i].last <= found[j].first for i, j in pairwise(over)):
        return over  # most texts: nothing to choose between
    by_end: dict[int, list[int]] = {}
    for i in over:
        by_end.setdefault(found[i].last, []).append(i)
    ends = sorted(by_end)
    totals, best_at = [0.0], [-1]
    edges = [0]
    for end in ends:
        total, best = totals[-1], -1
        for i in by_end[end]:
            before = _last_at_most(edges, found[i].first)
            if totals[before] + scores[i] - least > total:
                total, best = totals[before] + scores[i] - least, i
        edges.append(end)
        totals.append(total)
        best_at.append(best)
    chosen: list[int] = []
    at = len(edges) - 1
    while at > 0:
        if best_at[at] < 0:
            at -= 1
        else:
            chosen.append(best_at[at])
            at = _last_at_most(edges, found[best_at[at]].first)
    return chosen[::-1]


def _last_at_most(edges: Sequence[int], value: int) -> int:
    return bisect.bisect_right(edges, value) - 1
