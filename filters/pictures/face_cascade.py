"""A cascade of local binary patterns that finds upright frontal faces in grey pictures.

Runs cascade files of OpenCV's form (Liao et al. 2007, "Learning multi-scale block local binary
patterns for face recognition"; Viola and Jones 2001) over a pyramid of a small picture, in numpy.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

# Places of the eight neighbours (column, row) in 3 x 3 blocks, from the highest bit to the lowest.
_AROUND = ((0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1))
_MOST_WINDOWS = 200_000  # that pass the dense stages of one level; more is no picture of a face


class BadCascade(ValueError):
    """The file is no cascade of local binary patterns; the message says why."""


@dataclass(frozen=True, slots=True)
class Weak:
    """One pattern: its block's `rect` (x, y, width, height of one of 3 x 3 blocks, px in the
    window), and `votes` (256,), what each pattern adds."""

    rect: tuple[int, int, int, int]
    votes: np.ndarray


@dataclass(frozen=True, slots=True)
class FaceCascade:
    """Stages of weak patterns and their thresholds, over windows of `side` x `side` px."""

    side: int
    stages: tuple[tuple[float, tuple[Weak, ...]], ...]


def read_cascade(path: Path) -> FaceCascade:
    """The cascade of an OpenCV XML file. Raises BadCascade."""
    try:
        root = ET.parse(path).getroot().find("cascade")  # noqa: S314 - a file of ours
        if root is None or _text(root, "featureType") != "LBP":
            raise BadCascade(f"{path}: no <cascade> with featureType LBP")
        rects = [_ints(node.findtext("rect")) for node in root.iterfind("features/_")]
        stages = tuple(_stage(node, rects) for node in root.iterfind("stages/_"))
        return FaceCascade(int(_text(root, "width")), stages)
    except (ET.ParseError, OSError, ValueError, IndexError) as error:
        raise BadCascade(f"{path}: {error}") from error


def _stage(node: ET.Element, rects: list[list[int]]) -> tuple[float, tuple[Weak, ...]]:
    weak = tuple(_weak(part, rects) for part in node.iterfind("weakClassifiers/_"))
    return float(_text(node, "stageThreshold")), weak


def _weak(node: ET.Element, rects: list[list[int]]) -> Weak:
    _, _, feature, *words = _ints(node.findtext("internalNodes"))
    inside, outside = (float(v) for v in _text(node, "leafValues").split())
    bits = np.array([(word >> bit) & 1 for word in words for bit in range(32)], bool)
    if len(bits) != 256:
        raise BadCascade(f"a pattern has {len(bits)} bits, not 256")
    x, y, width, height = rects[feature]
    votes = np.where(bits, inside, outside).astype(np.float32)
    return Weak((x, y, width, height), votes)


def _text(node: ET.Element, name: str) -> str:
    return (node.findtext(name) or "").strip()


def _ints(text: str | None) -> list[int]:
    return [int(word) for word in (text or "").split()]


def windows(
    cascade: FaceCascade,
    grey: np.ndarray,
    mask: np.ndarray,
    least_mask: float,
    least_spread: float,
    step: float = 1.15,
) -> np.ndarray:
    """All windows (n, 4) of uint8 (h, w) that pass: x, y, side, margin; not yet joined.

    Only windows are looked at of which `mask`, 0 or 1 of (h, w), holds `least_mask`, and whose
    standard deviation is `least_spread`; of these every second in each direction. `step` is the
    ratio of one size to the next.
    """
    found = []
    scale, side = 1.0, cascade.side
    while min(grey.shape) / scale >= side:
        size = (int(grey.shape[1] / scale), int(grey.shape[0] / scale))
        level = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        allowed = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
        worth = _worth(level, allowed, side, least_mask, least_spread)
        worth[1::2] = worth[:, 1::2] = False
        x, y, margin = _passing(cascade, level, np.flatnonzero(worth)[:_MOST_WINDOWS])
        found.append(np.stack([x * scale, y * scale, np.full(len(x), side * scale), margin], 1))
        scale *= step
    return np.concatenate(found) if found else np.empty((0, 4))


def _worth(
    level: np.ndarray, mask: np.ndarray, side: int, least_mask: float, least_spread: float
) -> np.ndarray:
    """Which windows (high, wide) hold enough of the mask and are not even."""

    def means(values: np.ndarray) -> np.ndarray:
        total = cv2.boxFilter(values, cv2.CV_32F, (side, side), anchor=(0, 0))
        return total[: level.shape[0] - side + 1, : level.shape[1] - side + 1]

    grey = level.astype(np.float32)
    spread2 = means(grey * grey) - np.square(means(grey))
    return (means(mask) >= least_mask) & (spread2 >= least_spread**2)


def _passing(cascade: FaceCascade, level: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, ...]:
    """x, y and the last stage's margin of those windows `at` (flat) that pass all stages."""
    sums = cv2.integral(level)
    y, x = np.divmod(at, level.shape[1] - cascade.side + 1)
    flat, pitch = sums.ravel(), sums.shape[1]
    margin = np.zeros(len(x), np.float32)
    for threshold, stage in cascade.stages:
        start = y * pitch + x
        total = np.zeros(len(x), np.float32)
        for weak in stage:
            total += weak.votes[_patterns(flat, pitch, weak.rect, start)]
        passed = total >= threshold
        x, y, margin = x[passed], y[passed], (total - threshold)[passed]
    return x, y, margin


def _patterns(flat: np.ndarray, pitch: int, rect: tuple[int, ...], start: np.ndarray) -> np.ndarray:
    """The pattern of the windows whose corners lie at `start` of the flat sums, (n,)."""
    x, y, width, height = rect
    corners = np.array(
        [(y + r * height) * pitch + x + c * width for r in range(4) for c in range(4)]
    )
    grid = flat[start[:, None] + corners].reshape(-1, 4, 4)
    cells = grid[:, 1:, 1:] - grid[:, :-1, 1:] - grid[:, 1:, :-1] + grid[:, :-1, :-1]
    code = np.zeros(len(start), np.uint8)
    for bit, (column, row) in enumerate(_AROUND):
        code |= (cells[:, row, column] >= cells[:, 1, 1]).view(np.uint8) << (7 - bit)
    return code
