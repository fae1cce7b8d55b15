"""What an evaluation gives: one value per unit, so that means, intervals and pairs can be had of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from schemas.sample import Sample

# task: counts for verdicts. detail: shown only. robust: under changed pictures. blind: must be at
# chance. calibration: how far from right its probabilities are (0 is best).
Role = Literal["task", "detail", "robust", "blind", "calibration"]


class Encoder(Protocol):
    """What is needed of a model here. Vectors are float32 of length 1."""

    @property
    def scale(self) -> float:
        """By how much similarities are multiplied before a softmax."""

    def pictures(self, pixels: np.ndarray) -> np.ndarray:
        """(N, side, side, 3) uint8 to (N, width)."""

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """N texts to (N, width); what is longer than the context is cut."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a corpus with their first picture, as the model takes it, (N, side, side, 3) uint8."""

    samples: Sequence[Sample]
    pixels: np.ndarray

    def __len__(self) -> int:
        return len(self.samples)


@dataclass(frozen=True, eq=False)
class EvaluationSet:
    """Rows to test on and, of the same corpus, rows that a linear probe may learn from (none: the
    probe is fitted on other test rows in turn)."""

    name: str
    test: Rows
    fit: Rows


@dataclass(frozen=True, eq=False)
class Measured:
    """One figure as a weighted mean: `sum(weights * values) / sum(weights)`.

    `values`, `weights` are (units,); `groups` (units,) says which units belong to one article or
    patient, and are drawn together. Where a figure is no mean (AUROC), values are its influence
    values: same mean, right variance. `chance` is what a guess without the picture reaches.
    """

    test_set: str
    task: str  # retrieval_image_to_text, zero_shot, linear_probe, options, ...
    metric: str  # recall@1, balanced accuracy, AUROC, accuracy, ...
    role: Role
    values: np.ndarray
    weights: np.ndarray
    groups: np.ndarray  # of str
    chance: float
    slice: str = ""  # a modality, a source, a kind of question, a change of pictures; "" is all

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Which figure this is; equal for each seed and each corpus."""
        return self.test_set, self.task, self.slice, self.metric

    @property
    def mean(self) -> float:
        return float(np.average(self.values, weights=self.weights))
