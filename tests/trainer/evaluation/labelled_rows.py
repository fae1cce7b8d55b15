"""Made-up labelled rows and encoders whose vectors are known, for tests of evaluation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from schemas.sample import Label, Question, Sample
from trainer.evaluation.measured import EvaluationSet, Measured, Rows

WIDTH = 16


def row(
    number: int,
    labels: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    source: str = "set",
    group: str = "",
    modality: str = "",
    questions: Sequence[Question] = (),
) -> Sample:
    pairs = labels.items() if isinstance(labels, Mapping) else labels
    return Sample(
        sample_id=f"{source}/{number}",
        document_id=f"{source}/{number}",
        group_id=group or f"{source}/p{number}",
        source=source,
        labels=[Label(name, value) for name, value in pairs],
        modality=modality,
        questions=list(questions),
    )


def classed(counts: Mapping[str, int], source: str = "set", start: int = 0) -> list[Sample]:
    """Rows of an exclusive dataset: so many of each class, in turn."""
    names = [name for name, count in counts.items() for _ in range(count)]
    return [
        row(start + i, {n: "present" if n == own else "absent" for n in counts}, source)
        for i, own in enumerate(names)
    ]


def rows(samples: Sequence[Sample]) -> Rows:
    return Rows(samples, np.zeros((len(samples), 1, 1, 3), np.uint8))


def set_of(test: Sequence[Sample], fit: Sequence[Sample] = ()) -> EvaluationSet:
    return EvaluationSet("t", rows(test), rows(fit))


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def direction(word: str) -> np.ndarray:
    """A vector of its own for each word."""
    seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[:8], "big")
    return np.random.default_rng(seed).normal(size=WIDTH)


class WordEncoder:
    """A text is the sum of its words' directions: alike texts are near."""

    scale = 10.0

    def pictures(self, pixels: np.ndarray) -> np.ndarray:
        raise AssertionError("pictures are given")

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        summed = [sum((direction(w) for w in t.split()), np.zeros(WIDTH)) for t in texts]
        return unit(np.array(summed) + 1e-9)


class Keyed:
    """A text's vector is the axis of the first of `keys` that it contains (the last axis: none)."""

    def __init__(self, keys: Sequence[str], scale: float = 10.0) -> None:
        self._keys, self.scale = keys, scale

    def pictures(self, pixels: np.ndarray) -> np.ndarray:
        raise AssertionError("pictures are given")

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        found = [next((i for i, k in enumerate(self._keys) if k in t), WIDTH - 1) for t in texts]
        return np.eye(WIDTH, dtype=np.float32)[found]


def axes(numbers: Sequence[int]) -> np.ndarray:
    """Pictures (N, WIDTH) that lie on these axes."""
    return np.eye(WIDTH, dtype=np.float32)[list(numbers)]


def random_pictures(count: int, seed: int = 0) -> np.ndarray:
    return unit(np.random.default_rng(seed).normal(size=(count, WIDTH)))


def blank_pictures(count: int, seed: int = 0) -> np.ndarray:
    return np.repeat(random_pictures(1, seed), count, axis=0)


def figure(found: Sequence[Measured], metric: str, slice: str) -> Measured:
    """The one figure of this metric and slice."""
    (one,) = [m for m in found if m.metric == metric and m.slice == slice]
    return one


def well_formed(found: Sequence[Measured]) -> None:
    """What holds of all figures."""
    assert len({m.key for m in found}) == len(found)
    for m in found:
        assert m.values.shape == m.weights.shape == m.groups.shape
        assert len(m.values) > 0
        assert m.groups.dtype.kind == "U"
        assert np.isfinite(m.values).all()
        assert (m.weights > 0).all()
        assert len(m.slice) < 200
        assert "\n" not in m.slice
