"""How far a model's zero-shot probabilities are from what happens: Brier score, calibration error.

Probabilities are the softmax of similarities times the model's scale, as it was trained. Rows count
alike (not classes), since a probability speaks of how often. A guess of 1 / C for each class has a
Brier score of 1 - 1 / C and an expected calibration error of 0: it says little, but nothing wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
from scipy.special import softmax
from scipy.stats import rankdata

from trainer.evaluation.class_figures import Scored, groups_of, hits, slice_name
from trainer.evaluation.measured import Encoder, EvaluationSet, Measured
from trainer.evaluation.zero_shot import zero_shot_scores

CALIBRATION = "calibration"
_BINS = 15
_ROWS_IN_BIN = 10  # fewer bins rather than fewer rows in each


def calibration(
    test_set: EvaluationSet,
    pictures: np.ndarray,
    encoder: Encoder,
    extra: Mapping[str, tuple[str, ...]],
) -> list[Measured]:
    """ "Brier score" and "expected calibration error" of the zero-shot classes of each source and of
    the modality, role `calibration`; 0 is best. The labels of a source that are asked one by one
    count alike: a unit is then a row and a label.
    """
    scored = zero_shot_scores(test_set, pictures, encoder, extra)
    scale = encoder.scale if np.isfinite(encoder.scale) else 1.0
    found = []
    for _, together in groupby(scored, key=lambda s: (s.task.kind, s.task.source)):
        found += _figures(test_set, list(together), scale)
    return found


def brier(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """(n,) squared distance of probabilities (n, C) to the truth, from 0 to 2 (Brier 1950)."""
    truth = np.eye(probabilities.shape[1])[targets]
    return ((probabilities - truth) ** 2).sum(axis=1)


def calibration_error(confidence: np.ndarray, hit: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Values (n,) whose weighted mean is the expected calibration error (Naeini et al. 2015).

    Rows lie in up to 15 bins of equal count by confidence, equal confidences in one bin, 10 rows or
    more in each. A bin's error is |mean of (confidence - hit)|, so a row's value is confidence - hit
    with the sign of its bin's mean. As a mean of absolute values the error is above 0 for a perfectly
    calibrated model too, the more so the fewer rows a bin has, and an interval with these signs held
    does not show that: compare models on the same rows, do not read it as an absolute figure.
    """
    count = len(confidence)
    bins = min(_BINS, max(1, count // _ROWS_IN_BIN))
    level = np.round(confidence, 6)
    place = ((rankdata(level, "min") - 1) * bins / count).astype(int)
    gap = confidence - hit
    sums = np.bincount(place, weights=weights * gap, minlength=bins)
    return np.where(sums[place] < 0, -gap, gap)


def _figures(test_set: EvaluationSet, found: Sequence[Scored], scale: float) -> list[Measured]:
    likely = [softmax(scored.scores * scale, axis=1) for scored in found]
    weights = np.concatenate([np.full(len(p), 1 / len(p) / len(found)) for p in likely])
    groups = groups_of(test_set, np.concatenate([scored.task.rows for scored in found]))
    confidence = np.concatenate([p.max(axis=1) for p in likely])
    errors = calibration_error(confidence, np.concatenate([hits(s) for s in found]), weights)
    briers = np.concatenate(
        [brier(p, scored.task.targets) for p, scored in zip(likely, found, strict=True)]
    )
    task = found[0].task
    guess = 1 - 1 / len(task.classes)
    return [
        Measured(
            test_set.name, CALIBRATION, metric, "calibration", values, weights, groups, chance,
            slice_name(task),
        )
        for metric, values, chance in (
            ("Brier score", briers, guess),
            ("expected calibration error", errors, 0.0),
        )
    ]  # fmt: skip
