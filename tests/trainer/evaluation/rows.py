"""Rows of a corpus made by hand, for tests of what is measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schemas.sample import Sample
from trainer.evaluation.measured import EvaluationSet, Rows


def sample(number: int, caption: str, group: str = "", modality: str = "") -> Sample:
    name = f"s{number}"
    return Sample(name, name, group or f"g{number}", "made", caption=caption, modality=modality)


def rows_of(samples: Sequence[Sample], pixels: np.ndarray | None = None) -> Rows:
    empty = np.zeros((len(samples), 8, 8, 3), np.uint8)
    return Rows(samples, empty if pixels is None else pixels)


def set_of(captions: Sequence[str], groups: Sequence[str] = (), modalities: Sequence[str] = ()):
    count = range(len(captions))
    made = [
        sample(i, captions[i], groups[i] if groups else "", modalities[i] if modalities else "")
        for i in count
    ]
    return EvaluationSet("made", rows_of(made), rows_of([]))
