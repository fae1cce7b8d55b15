from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from trainer.evaluation.remembered import NotFinite, Remembered


class _Lengths:
    """A text's vector is its length; `bad` and a black picture have none."""

    scale = 7.0

    def __init__(self) -> None:
        self.asked: list[str] = []

    def pictures(self, pixels: np.ndarray) -> np.ndarray:
        light = pixels.reshape(len(pixels), -1).mean(axis=1, keepdims=True)
        return np.where(light > 0, light, np.inf)

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[np.nan if t == "bad" else len(t)] for t in texts]).reshape(-1, 1)


def test_each_text_is_encoded_once() -> None:
    inner = _Lengths()
    encoder = Remembered(inner)
    assert encoder.scale == 7
    assert encoder.texts(["a", "bb", "a"]).tolist() == [[1], [2], [1]]
    assert encoder.texts(["ccc", "bb"]).tolist() == [[3], [2]]
    assert inner.asked == ["a", "bb", "ccc"]
    assert encoder.texts([]).shape == (0, 1)


def test_vectors_that_are_no_numbers_are_refused() -> None:
    encoder = Remembered(_Lengths())
    white = np.full((1, 2, 2, 3), 255, np.uint8)
    assert encoder.pictures(white).tolist() == [[255]]
    with pytest.raises(NotFinite, match="pictures"):
        encoder.pictures(np.concatenate([white, 0 * white]))
    for _ in range(2):  # nor are they kept
        with pytest.raises(NotFinite, match="texts"):
            encoder.texts(["a", "bad"])
