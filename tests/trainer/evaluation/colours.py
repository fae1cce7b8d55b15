"""Pictures of colours, and a model made by hand that sees them and reads their names, no more."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from schemas.sample import Label, Question, Sample
from tests.trainer.evaluation.rows import rows_of
from trainer.evaluation.measured import Rows

COLOURS = {
    "red": (200, 60, 60),
    "green": (60, 190, 60),
    "blue": (70, 70, 210),
    "yellow": (200, 200, 50),
}
THINGS = ("disc", "ring", "square")


class SeesColour:
    """Which colour a picture's mean lies nearest to in hue; which colour word a text has."""

    scale = 10.0

    def pictures(self, pixels: np.ndarray) -> np.ndarray:
        mean = _hue(pixels.mean(axis=(1, 2)))
        near = mean @ _hue(np.array(list(COLOURS.values()), float)).T
        return _unit(np.maximum(near, 0) ** 4 + 1e-3)

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        found = np.array([[word in text.lower() for word in COLOURS] for text in texts], float)
        # What else a text says gives it a place of its own, which no picture is near to.
        other = [[zlib.crc32(text.encode()) % 1000 / 1e5] * len(COLOURS) for text in texts]
        return _unit(found + np.array(other) + 1e-3)


class SeesNothing(SeesColour):
    def pictures(self, pixels: np.ndarray) -> np.ndarray:
        return super().pictures(np.full_like(pixels, (200, 60, 60)))


class Diverged(SeesColour):
    def pictures(self, pixels: np.ndarray) -> np.ndarray:
        return np.full((len(pixels), len(COLOURS)), np.nan)


def _hue(colours: np.ndarray) -> np.ndarray:
    return _unit(colours - colours.mean(axis=-1, keepdims=True))


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return (vectors / lengths).astype(np.float32)


def colour_rows(count: int, seed: int) -> Rows:
    chance = np.random.default_rng(seed)
    colours, samples, pixels = list(COLOURS), [], []
    for number in range(count):
        colour, thing = colours[number % 4], THINGS[number // 4 % 3]
        name = f"{seed}/{number}"
        samples.append(
            Sample(
                name, name, f"{seed}/g{number // 2}", "made",
                caption=f"A {colour} {thing}.",
                labels=[Label(c, "present" if c == colour else "absent") for c in colours],
                questions=[Question("single", "Which colour?", options=colours, answer=colour)],
            )
        )  # fmt: skip
        noise = chance.normal(0, 12, (16, 16, 3))
        pixels.append(np.clip(COLOURS[colour] + noise, 0, 255).astype(np.uint8))
    return rows_of(samples, np.stack(pixels))
