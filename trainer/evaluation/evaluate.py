"""Everything that is measured of a model on test sets, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from trainer.evaluation.blind import blind_checks
from trainer.evaluation.calibration import calibration
from trainer.evaluation.corruptions import CORRUPTIONS, SEVERITIES
from trainer.evaluation.measured import Encoder, EvaluationSet, Measured, Role
from trainer.evaluation.options import rank_options
from trainer.evaluation.probe import linear_probe
from trainer.evaluation.remembered import Remembered
from trainer.evaluation.retrieval import captions_of, retrieval
from trainer.evaluation.robust import robustness
from trainer.evaluation.zero_shot import zero_shot


@dataclass(frozen=True)
class EvaluateOptions:
    """What to measure. `corruptions` (none: no robustness) at `severities` of 1 to 5; `permutations`
    of the blind check; at most so many questions; `prompts` adds sentences to classes.

    Raises ValueError for what cannot be measured.
    """

    severities: tuple[int, ...] = (3,)
    corruptions: tuple[str, ...] = tuple(CORRUPTIONS)
    permutations: int = 20
    most_questions: int = 2000
    seed: int = 0
    prompts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.corruptions:
            if name not in CORRUPTIONS:
                raise ValueError(f"no change {name!r}; there are {', '.join(CORRUPTIONS)}")
        if not self.severities or not set(self.severities) <= set(SEVERITIES):
            raise ValueError(f"severities {self.severities}: must be some of 1 to 5")


def evaluate(
    encoder: Encoder, test_sets: Sequence[EvaluationSet], options: EvaluateOptions
) -> list[Measured]:
    """Every figure of every test set; a set without rows gives none.

    Raises ValueError for two sets of one name, `trainer.evaluation.remembered.NotFinite` for a
    model that diverged.
    """
    names = [each.name for each in test_sets]
    if len(set(names)) < len(names):
        raise ValueError(f"test sets must have names of their own: {', '.join(names)}")
    remembered = Remembered(encoder)
    return [
        one for each in test_sets if len(each.test) for one in _of_set(remembered, each, options)
    ]


def _of_set(encoder: Encoder, test_set: EvaluationSet, options: EvaluateOptions) -> list[Measured]:
    pixels, seed = test_set.test.pixels, options.seed
    pictures = encoder.pictures(pixels)
    fit = encoder.pictures(test_set.fit.pixels) if len(test_set.fit) else pictures[:0]
    captions = captions_of(test_set.test.samples)
    texts = encoder.texts(captions.texts) if captions.texts else pictures[:0]

    def both(vectors: np.ndarray, role: Role) -> list[Measured]:
        recalls = retrieval(test_set, vectors, texts, captions, role)
        return recalls + zero_shot(test_set, vectors, encoder, options.prompts)

    def ranked(vectors: np.ndarray) -> list[Measured]:
        return rank_options(test_set, vectors, encoder, options.most_questions, seed)

    found = both(pictures, "task") + ranked(pictures)
    found += linear_probe(test_set, pictures, fit)
    found += calibration(test_set, pictures, encoder, options.prompts)
    found += blind_checks(
        encoder,
        pixels.shape[1],
        pictures,
        lambda vectors: both(vectors, "blind") + ranked(vectors),
        options.permutations,
        seed,
    )
    found += robustness(
        encoder,
        pixels,
        lambda vectors: both(vectors, "robust"),
        options.corruptions,
        options.severities,
        seed,
    )
    return found
