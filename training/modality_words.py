"""White sheets, inks and words, for what is drawn."""

from __future__ import annotations

import random

import cv2
import numpy as np

from extractors.rendered.charts import WORDS
from training.modality_scans import Rng, canvas


def plain_random(rng: Rng) -> random.Random:
    """The standard library's random source, seeded from ours."""
    return random.Random(int(rng.integers(2**31)))


def words(rng: Rng, count: int) -> list[str]:
    """As articles write on axes and in boxes."""
    return [WORDS[int(rng.integers(len(WORDS)))] for _ in range(count)]


def blank(rng: Rng, low: int = 260, high: int = 520) -> np.ndarray:
    """A sheet, most often white."""
    width, height = canvas(rng, low, high)
    ground = (
        (255, 255, 255) if rng.random() < 0.85 else tuple(int(v) for v in rng.integers(215, 255, 3))
    )
    return np.full((height, width, 3), ground, np.uint8)


def ink_colour(rng: Rng, pale: bool) -> tuple[int, int, int]:
    """An RGB colour, pale or dark."""
    low, high = (150, 256) if pale else (0, 200)
    red, green, blue = (int(v) for v in rng.integers(low, high, 3))
    return red, green, blue


def say(
    rng: Rng,
    pixels: np.ndarray,
    x: float,
    y: float,
    words: str,
    scale: float = 0.35,
    ink: tuple = (0, 0, 0),
) -> None:
    """Write words, centred."""
    wide = cv2.getTextSize(words, 0, scale, 1)[0][0]
    cv2.putText(
        pixels,
        words,
        (int(x - wide / 2), int(y + 4)),
        int(rng.choice((0, 0, 3, 2))),
        scale,
        ink,
        1,
        cv2.LINE_AA,
    )
