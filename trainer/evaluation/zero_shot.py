"""Zero-shot classification: which class's sentences a picture is most similar to.

After Radford et al. 2021: a class is the mean, at length 1, of the vectors of its sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from trainer.evaluation.class_figures import Scored, class_figures
from trainer.evaluation.classes import ClassTask, class_tasks
from trainer.evaluation.measured import Encoder, EvaluationSet, Measured
from trainer.evaluation.prompts import class_sentences
from trainer.evaluation.ties import similarities

ZERO_SHOT = "zero_shot"


def zero_shot(
    test_set: EvaluationSet,
    pictures: np.ndarray,
    encoder: Encoder,
    extra: Mapping[str, tuple[str, ...]],
) -> list[Measured]:
    """Figures of all class tasks (see `class_figures`) from vectors (N, width) of the test rows.

    `extra` are sentences of the user's (see `class_sentences`). Equal similarities share a hit; a
    vector with something that is no number is taken as if it said nothing.
    """
    return class_figures(test_set, ZERO_SHOT, zero_shot_scores(test_set, pictures, encoder, extra))


def zero_shot_scores(
    test_set: EvaluationSet,
    pictures: np.ndarray,
    encoder: Encoder,
    extra: Mapping[str, tuple[str, ...]],
) -> list[Scored]:
    """Each class task with the similarity of its rows to its classes."""
    tasks = class_tasks(test_set.test)
    vectors = _class_vectors(tasks, encoder, extra)
    return [
        Scored(task, similarities(known(pictures[task.rows]), own))
        for task, own in zip(tasks, vectors, strict=True)
    ]


def known(vectors: np.ndarray) -> np.ndarray:
    """Vectors (N, width) with all 0 for those with NaN or infinity: similar to nothing."""
    return np.where(np.isfinite(vectors).all(axis=1, keepdims=True), vectors, 0.0)


def _class_vectors(
    tasks: Sequence[ClassTask], encoder: Encoder, extra: Mapping[str, tuple[str, ...]]
) -> list[np.ndarray]:
    """(C, width) of each task; all sentences are encoded at once, each once."""
    sentences = [class_sentences(task, extra) for task in tasks]
    texts = list(dict.fromkeys(text for task in sentences for own in task for text in own))
    if not texts:
        return []
    encoded = known(encoder.texts(texts)).astype(np.float64)
    place = {text: number for number, text in enumerate(texts)}
    return [
        np.stack([_unit(encoded[[place[text] for text in own]].mean(axis=0)) for own in task])
        for task in sentences
    ]


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)
