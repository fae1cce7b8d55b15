from __future__ import annotations

import numpy as np
import pytest

from tests.trainer.evaluation.rows import set_of
from trainer.evaluation.blind import NO_PICTURE, SHUFFLED, blind_checks
from trainer.evaluation.measured import Measured
from trainer.evaluation.retrieval import captions_of, retrieval

LABELS = [f"label {i}" for i in range(5)] * 8


class _Seen:
    """A picture's vector is its mean colour; grey is half of each."""

    scale = 1.0

    def pictures(self, pixels: np.ndarray) -> np.ndarray:
        return pixels.mean(axis=(1, 2)) / 255

    def texts(self, texts) -> np.ndarray:
        raise AssertionError("not asked for here")


def _retrieved(pictures: np.ndarray) -> list[Measured]:
    test_set = set_of(LABELS)
    captions = captions_of(test_set.test.samples)
    return retrieval(test_set, pictures, np.eye(5), captions, "blind")


def test_a_good_model_is_at_chance_without_its_pictures_and_with_those_of_others() -> None:
    pictures = np.eye(5)[captions_of(set_of(LABELS).test.samples).of_row]
    assert all(one.mean == 1 for one in _retrieved(pictures))
    tried = []

    def tasks(vectors: np.ndarray) -> list[Measured]:
        tried.append(vectors)
        wide = np.zeros((len(vectors), 5))
        wide[:, : vectors.shape[1]] = vectors
        return _retrieved(wide)

    found = blind_checks(_Seen(), 8, pictures, tasks, permutations=300, seed=0)
    assert {(one.role, one.slice) for one in found} == {
        ("blind", NO_PICTURE),
        ("blind", SHUFFLED),
    }
    np.testing.assert_allclose(tried[0], np.full((40, 3), 128 / 255))
    assert len(tried) == 301
    for one in found:
        if one.slice == NO_PICTURE:
            assert one.mean == pytest.approx(one.chance, abs=1e-12)
        else:
            assert one.mean == pytest.approx(one.chance, abs=0.01)
            assert len(np.unique(one.values)) > 2


def test_each_permutation_hands_out_every_picture_once_and_may_leave_some_in_place() -> None:
    seen: list[list[int]] = []

    def tasks(vectors: np.ndarray) -> list[Measured]:
        seen.append(vectors[:, 0].astype(int).tolist())
        return []

    for _ in range(2):
        blind_checks(_Seen(), 8, np.arange(6)[:, None], tasks, permutations=50, seed=3)
    shuffled = seen[1:51]
    assert all(sorted(one) == list(range(6)) for one in shuffled)
    # A fixed picture is as frequent as chance has it: one of six rows on average.
    assert 0.6 < np.mean([sum(a == b for a, b in enumerate(one)) for one in shuffled]) < 1.5
    assert seen[52:] == shuffled  # the seed alone decides
