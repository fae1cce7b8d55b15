"""The counts and weights of `tuning`, learned from texts that people annotated.

Every text is judged with the counts of the other folds alone; else a name that the vocabulary
owes to this very text would look as if it were always meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from extractors.concepts.abbreviations import document_definitions
from extractors.concepts.index import Index
from extractors.concepts.meanings import Concepts
from extractors.concepts.reading import Candidate, Reader
from extractors.concepts.tuning import (
    KEY_FEATURES,
    Counts,
    Tuning,
    beside,
    best_set,
    key_features,
    nesting,
)

_FOLDS = 5
_LEAST_USES = 2
_STEPS, _RATE, _RIDGE = 400, 0.1, 10.0
_THRESHOLDS = np.arange(0.05, 0.7, 0.025)


class Annotated(msgspec.Struct, frozen=True):
    """A text and what people linked in it: `(start, end, cui)` of each mention."""

    text: str
    links: list[tuple[int, int, str]]


class _Read(NamedTuple):
    """A text read: its candidates, whether each was linked, and the meaning linked (row) or -1."""

    found: list[Candidate]
    linked: list[bool]
    meaning: list[int]


def learn(
    index: Index,
    concepts: Concepts,
    documents: Sequence[Sequence[Annotated]],
    own: np.ndarray | None = None,
    approximate: bool = True,
) -> Tuning:
    """Tuning for an index of `concepts`, from the texts of annotated documents.

    `own`: (n,) whether a key is known from these texts alone; such a key counts only where
    another fold has it too. Raises ValueError where the texts have no name of the index.
    """
    own = np.zeros(index.keys, bool) if own is None else own
    reader = Reader(index, approximate, every_word=True)
    read = [text for document in documents for text in _read(reader, concepts, document)]
    whole = _counts(index, read)
    size = -(-len(read) // _FOLDS)
    kept: list[_Read] = []
    dense: list[np.ndarray] = []
    right: list[np.ndarray] = []
    for fold in range(_FOLDS):
        inside = read[fold * size : (fold + 1) * size]
        counts = Counts(*(a - b for a, b in zip(whole, _counts(index, inside), strict=True)))
        known = ~own | (counts.linked > 0)
        inside = [_only(known, text) for text in inside]
        features, best = key_features(index, counts), _likeliest(index, counts)
        for text in inside:
            dense.append(_dense(features, text.found))
            keys = [c.key for c in text.found]
            right.append(np.array(text.meaning, np.int64) == best[keys])
        kept += inside
    if not sum(map(len, right)):
        raise ValueError("no name of the vocabulary is in the annotated texts")
    weights, scores = _fitted(np.concatenate(dense), kept, np.concatenate(right))
    total = sum(len(text.links) for document in documents for text in document)
    least = _best_threshold(kept, scores, np.concatenate(right), total)
    return Tuning(index, whole, weights, least)


def keys_of_source_only(index: Index, sources: Sequence[Sequence[str]], source: str) -> np.ndarray:
    """(n,) whether every concept that a key may mean comes from `source` alone.

    `sources`: those of each concept of the index, in its order.
    """
    only = np.array([list(own) == [source] for own in sources], bool)
    return np.logical_and.reduceat(only[index.concept], np.frombuffer(index.first, np.int32)[:-1])


def _read(reader: Reader, concepts: Concepts, document: Sequence[Annotated]) -> Iterator[_Read]:
    expansions = reader.expansions(document_definitions(own.text for own in document))
    for own in document:
        found, spans = reader.read(own.text, expansions)
        links = {(start, end): cui for start, end, cui in own.links}
        given = [links.get((spans[c.first][0], spans[c.last - 1][1])) for c in found]
        rows = [_row(reader.index, concepts, c.key, g) for c, g in zip(found, given, strict=True)]
        yield _Read(found, [cui is not None for cui in given], rows)


def _row(index: Index, concepts: Concepts, key: int, cui: str | None) -> int:
    """The row of the meaning of `key` that is `cui`; -1 where none is."""
    if cui is not None:
        for row in index.meanings(key):
            if concepts.record(index.concept[row])[0] == cui:
                return row
    return -1


def _counts(index: Index, read: Sequence[_Read]) -> Counts:
    keys = np.array([c.key for text in read for c in text.found], np.int64)
    linked = np.array([one for text in read for one in text.linked], bool)
    rows = np.array([row for text in read for row in text.meaning if row >= 0], np.int64)
    return Counts(
        np.bincount(keys, minlength=index.keys),
        np.bincount(keys[linked], minlength=index.keys),
        np.bincount(rows, minlength=len(index.concept)),
    )


def _only(known: np.ndarray, text: _Read) -> _Read:
    """The text as it would be read by an index of the known keys."""
    kept = [i for i, c in enumerate(text.found) if known[c.key]]
    return _Read(
        [text.found[i] for i in kept],
        [text.linked[i] for i in kept],
        [text.meaning[i] for i in kept],
    )


def _likeliest(index: Index, counts: Counts) -> np.ndarray:
    """(n,) the row of the meaning that each key would be given."""
    rank = np.frombuffer(index.rank, np.uint8).astype(np.int64)
    order = np.lexsort((-np.arange(len(rank)), -rank, counts.meant))
    best = np.zeros(index.keys, np.int64)
    best[np.repeat(np.arange(index.keys), np.diff(index.first))[order]] = order
    return best


def _dense(features: np.ndarray, found: Sequence[Candidate]) -> np.ndarray:
    """(candidates, len(KEY_FEATURES)) what does not depend on the words beside."""
    held, longest = nesting(found)
    unlike = [1 - c.likeness for c in found]
    nested = np.array([held, longest, unlike], np.float64).reshape(3, len(found)).T
    return np.concatenate([features[[c.key for c in found]], nested], 1)


def _fitted(
    dense: np.ndarray, read: Sequence[_Read], right: np.ndarray
) -> tuple[dict[str, float], np.ndarray]:
    """Weights of a logistic regression by feature, and the probability of each candidate.

    Ridge penalty, full batches, Adam (Kingma and Ba 2015): the same weights on every machine.
    """
    names = [
        (*beside("before", c.before), *beside("after", c.after))
        for text in read
        for c in text.found
    ]
    uses = Counter(name for row in names for name in row)
    frequent = sorted(name for name, count in uses.items() if count >= _LEAST_USES)
    number = {name: i for i, name in enumerate(frequent)}
    rare = len(frequent)
    columns = np.array([[number.get(name, rare) for name in row] for row in names])
    target = right.astype(np.float64)
    weights = np.zeros(dense.shape[1] + rare + 1)
    split = dense.shape[1]
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, _STEPS + 1):
        z = dense @ weights[:split] + weights[split:][columns].sum(1)
        missed = 1 / (1 + np.exp(-z)) - target
        gradient = _RIDGE * weights
        gradient[:split] += missed @ dense
        repeated = np.repeat(missed, columns.shape[1])
        gradient[split:] += np.bincount(columns.ravel(), repeated, rare + 1)
        gradient[-1] = 0.0
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        rate = _RATE * (1 - step / _STEPS) + 1e-3
        weights -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    named = dict(zip([*KEY_FEATURES, *frequent], weights[:-1].tolist(), strict=True))
    z = dense @ weights[:split] + weights[split:][columns].sum(1)
    return named, 1 / (1 + np.exp(-z))


def _best_threshold(
    read: Sequence[_Read], scores: np.ndarray, right: np.ndarray, total: int
) -> float:
    """The threshold of the best F1 against `total` annotated mentions; of equals the middle one."""
    found: list[tuple[float, float]] = []
    for least in _THRESHOLDS.tolist():
        taken = correct = at = 0
        for text in read:
            own = scores[at : at + len(text.found)].tolist()
            chosen = best_set(text.found, own, least)
            taken += len(chosen)
            correct += int(right[[at + i for i in chosen]].sum())
            at += len(text.found)
        found.append((2 * correct / max(taken + total, 1), least))
    equals = [least for f1, least in found if f1 == max(found)[0]]
    return equals[len(equals) // 2]
