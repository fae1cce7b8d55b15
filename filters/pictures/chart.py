"""Whether a picture is drawn (chart, diagram, table, page of text) or taken (photograph, scan).

A logistic model over a dozen plain measures; `training/picture_kinds.py` learns its weights.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import cv2
import numpy as np

WEIGHTS = Path(__file__).with_name("chart.json")
_WHITE = 235
_STILL = 2  # grey levels; less is no step
_WEAK = 24  # grey levels; more is an edge
_LINE = 1 / 12  # of a side, the least length of an axis or a rule
_INK = 48  # grey levels of a line over its ground


def chart_features(rgb: np.ndarray | None, grey: np.ndarray, text: float) -> dict[str, float]:
    """What tells drawings: all in 0 to 1. `text` is the share that text covers."""
    step = _steps(grey)
    moving = max(1, cv2.countNonZero(cv2.threshold(step, _STILL, 1, cv2.THRESH_BINARY)[1]))
    edges = cv2.countNonZero(cv2.threshold(step, _WEAK, 1, cv2.THRESH_BINARY)[1])
    return {
        "white": float(np.count_nonzero(grey >= _WHITE) / grey.size),
        "black": float(np.count_nonzero(grey <= 255 - _WHITE) / grey.size),
        "still": 1 - moving / step.size,
        "edges": edges / step.size,
        "sudden": edges / moving,
        "colours": _colours(grey if rgb is None else rgb),
        "lines": _lines(grey),
        "text": min(1.0, text) ** 0.5,
    }


def _steps(grey: np.ndarray) -> np.ndarray:
    """The greatest difference within 3 x 3 pixels."""
    return cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))


def _colours(pixels: np.ndarray) -> float:
    """How many of the 4096 colours (16 greys) take part: the entropy of them over its most."""
    thin = pixels[::3, ::3] >> 4
    if thin.ndim == 3:
        thin = (thin[..., 0].astype(np.int16) << 8) | (thin[..., 1] << 4) | thin[..., 2]
    share = np.bincount(thin.ravel()) / thin.size
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum() / 12)


def _lines(grey: np.ndarray) -> float:
    """How many rows and columns hold a long straight thin dark line: 1 from an eighth of them on."""
    found = sum(_ruled_rows(side) for side in (grey, cv2.transpose(grey)))
    return min(1.0, 8 * found / sum(grey.shape))


def _ruled_rows(grey: np.ndarray) -> int:
    """How many rows hold a dark line of at least `_LINE` of their length, thinner than 5 px."""
    length = max(9, int(grey.shape[1] * _LINE))
    ground = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((5, 1), np.uint8))
    ink = cv2.threshold(cv2.subtract(ground, grey), _INK, 255, cv2.THRESH_BINARY)[1]
    line = cv2.erode(ink, np.ones((1, length), np.uint8), borderValue=0)
    return int(np.count_nonzero(line.max(axis=1)))


def chart_score(features: Mapping[str, float]) -> float:
    """How likely it is that a picture with these features is drawn, 0 to 1."""
    weights = _weights()
    sum_ = weights["constant"] + sum(weights[name] * value for name, value in features.items())
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, sum_))))


@cache
def _weights() -> dict[str, float]:
    return dict(json.loads(WEIGHTS.read_text(encoding="utf-8"))["weights"])
