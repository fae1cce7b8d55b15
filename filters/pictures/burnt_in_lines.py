"""From the net's maps to lines of text: their boxes, and how sure each is.

The net (`burnt_in.onnx`, learned by `training.burnt_in`) sees RGB and says for each cell of 4 x 4
pixels whether it lies in the core of a line of text, and whether that line has three or more
characters. Cores are thinner than lines, so that lines below each other stay apart; boxes are
widened again (as in DBNet, Liao et al. 2020).
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

MODEL = Path(__file__).with_name("burnt_in.onnx")
CELL = 4  # px
_WHOLE = 16  # px, the net halves its input this often

_CORE = 0.4  # least odds of a cell of a core
_LEAST_CELLS = 2
_MOST_LINES = 1000  # of a picture; noise has more
_LEAST_LENGTH = 1.5  # of a core, in its heights, for three characters
_SQUAT = 0.3  # most odds of words for a shorter one
_CORE_SHARE = 0.64  # of a line's height that its core has


# Of `Line.features`, learned by `training.burnt_in_odds`.
_WEIGHTS = (-2.38, 0.82, 0.81, 0.57, -0.86)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: `box` [x0, y0, x1, y1] in pixels of what the net saw; `score` that it is
    text, `words` that it has three or more characters, both 0 to 1 and as the net says; `features`
    are what `surety` weighs."""

    box: tuple[float, float, float, float]
    score: float
    words: float
    features: tuple[float, ...]


def surety(line: Line) -> float:
    """0 to 1, that this is a line of three or more characters."""
    return float(1 / (1 + np.exp(-np.dot(line.features, _WEIGHTS))))


def _features(width: float, height: float, words: float, peak: float) -> tuple[float, ...]:
    """1, the logits of the mean and of the highest odds of words, length and height of the line."""
    high, long = sorted((width, height))
    logits = (math.log(odds / (1 - odds)) for odds in np.clip((words, peak), 0.001, 0.999))
    return (1.0, *logits, math.log(long / high), math.log(high / 16))


@functools.lru_cache(maxsize=1)
def _session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])


def text_maps(pixels: np.ndarray) -> np.ndarray:
    """Of (height, width, 3) uint8 RGB: (2, height / 4, width / 4) of 0 to 1, sides rounded up."""
    height, width = pixels.shape[:2]
    below, right = -height % _WHOLE, -width % _WHOLE
    if below or right:
        pixels = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REPLICATE)
    seen = cv2.dnn.blobFromImage(pixels, 1 / 255, mean=(127.5, 127.5, 127.5))
    maps = np.asarray(_session().run(None, {"pixels": seen})[0])[0]
    return maps[:, : -(-height // CELL), : -(-width // CELL)]


def lines_of(maps: np.ndarray) -> list[Line]:
    """The lines in what `text_maps` gave, from top to bottom; the surest where there are many."""
    core = (maps[0] >= _CORE).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=4)
    if count == 1:
        return []
    flat = labels.reshape(-1)
    sizes = np.maximum(np.bincount(flat, minlength=count), 1)
    odds = np.bincount(flat, maps[0].reshape(-1), count) / sizes
    words = np.bincount(flat, maps[1].reshape(-1), count) / sizes
    found = []
    large = 1 + np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] >= _LEAST_CELLS)
    surest = large[np.argsort(-np.minimum(odds, words)[large], kind="stable")]
    for i in sorted(surest[:_MOST_LINES]):
        x, y, width, height = (int(v) for v in stats[i, :4])
        # What a core lacks of its line at each side, across the direction of reading.
        lacks = min(width, height) * CELL * (1 / _CORE_SHARE - 1) / 2
        along = lacks / 2
        dx, dy = (along, lacks) if width >= height else (lacks, along)
        box = (x * CELL - dx, y * CELL - dy, (x + width) * CELL + dx, (y + height) * CELL + dy)
        said = float(words[i]), float(maps[1, y : y + height, x : x + width].max())
        squat = min(width, height) >= 2 and max(width, height) < _LEAST_LENGTH * min(width, height)
        said = (min(said[0], _SQUAT), min(said[1], _SQUAT)) if squat else said
        weighed = _features(box[2] - box[0], box[3] - box[1], *said)
        found.append(Line(box, float(odds[i]), said[0], weighed))
    return found
