"""The same tasks on changed pictures: one figure for each change, and one over all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from trainer.evaluation.averages import as_role, averaged
from trainer.evaluation.corruptions import CORRUPTIONS, Corruption
from trainer.evaluation.measured import Encoder, Measured

ALL_CHANGES = "all changes"
_AT_ONCE = 1024  # changed pictures that are in memory together


def robustness(
    encoder: Encoder,
    pixels: np.ndarray,
    tasks: Callable[[np.ndarray], list[Measured]],
    names: Sequence[str],
    severities: Sequence[int],
    seed: int,
) -> list[Measured]:
    """What `tasks` measures of pictures (N, side, side, 3) under each named change, with role
    `robust` and the name as slice; the mean of several severities, unit by unit. Then the mean
    over all changes."""
    found = [
        averaged(
            [tasks(_vectors(encoder, pixels, CORRUPTIONS[name], each, seed)) for each in severities]
        )
        for name in names
    ]
    every = as_role(averaged(found), "robust", ALL_CHANGES)
    by_name = zip(names, found, strict=True)
    return [one for name, each in by_name for one in as_role(each, "robust", name)] + every


def _vectors(
    encoder: Encoder, pixels: np.ndarray, change: Corruption, severity: int, seed: int
) -> np.ndarray:
    return np.concatenate(
        [
            encoder.pictures(change(pixels[at : at + _AT_ONCE], severity, seed))
            for at in range(0, len(pixels), _AT_ONCE)
        ]
    )
