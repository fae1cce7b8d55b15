"""An encoder that encodes each text once, and refuses vectors that are no numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.evaluation.measured import Encoder


class NotFinite(ValueError):
    """A model gave a vector with NaN or infinity: its training broke down."""


class Remembered:
    """The same `Encoder`; the vectors of texts are kept, for the tasks ask for them many times."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._vectors: dict[str, np.ndarray] = {}

    @property
    def scale(self) -> float:
        return self._encoder.scale

    def pictures(self, pixels: np.ndarray) -> np.ndarray:
        """(N, side, side, 3) uint8 to (N, width); raises NotFinite."""
        return _checked(self._encoder.pictures(pixels), "pictures")

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """N texts to (N, width); raises NotFinite."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            vectors = _checked(self._encoder.texts(new), "texts")
            self._vectors.update(zip(new, vectors, strict=True))
        if not texts:
            return self._encoder.texts([])
        return np.stack([self._vectors[text] for text in texts])


def _checked(vectors: np.ndarray, what: str) -> np.ndarray:
    if not np.isfinite(vectors).all():
        raise NotFinite(f"the model's vectors of {what} are not all numbers: did it diverge?")
    return vectors
