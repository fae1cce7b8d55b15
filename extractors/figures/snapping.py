"""Moves the sides of a rough box to the gutter, the ink or the edge that they mean."""

from __future__ import annotations

import numpy as np

from extractors.figures.records import Box

_REACH_SHARE = 1 / 40
_FLAT_STEP = 24
_INK_SHARE = 0.015
_EDGE_STEP = 12.0


def snapped(pixels: np.ndarray, box: np.ndarray) -> Box:
    """The box (4,) in float pixels as whole pixels, each side moved by a fortieth at most.

    A side in flat ground moves in to the first ink; one in ink moves out to the next flat line;
    where there is no flat line, as between pictures that touch, to the strongest edge.
    """
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = (round(float(v)) for v in box)
    x0, y0, x1, y1 = max(0, x0), max(0, y0), min(width, x1), min(height, y1)
    if x1 - x0 < 8 or y1 - y0 < 8:
        return x0, y0, x1, y1
    across, down = max(3, round(width * _REACH_SHARE)), max(3, round(height * _REACH_SHARE))
    rows = pixels[y0:y1]
    left = _side(rows.swapaxes(0, 1), x0, across, 1)
    right = width - _side(rows[:, ::-1].swapaxes(0, 1), width - x1, across, 1)
    columns = pixels[:, x0:x1]
    top = _side(columns, y0, down, 1)
    bottom = height - _side(columns[::-1], height - y1, down, 1)
    if right - left < 8 or bottom - top < 8:
        return x0, y0, x1, y1
    return left, top, right, bottom


def _side(lines: np.ndarray, at: int, reach: int, step: int) -> int:
    """Where the side near line `at` is; the box lies towards higher lines.

    `lines` is (n, length, 3): the lines parallel to the side, over the extent of the box.
    """
    first, last = max(0, at - reach), min(len(lines), at + reach + 1)
    thin = max(1, lines.shape[1] // 256)
    band = lines[first:last, ::thin].astype(np.int16).mean(axis=2)
    flat = _is_flat(band)
    here = at - first
    if at == 0 and not (flat.size and flat[0]):
        return 0
    if here < len(flat) and flat[here]:
        inner = np.flatnonzero(~flat[here:])
        return at + int(inner[0]) if inner.size else at
    outer = np.flatnonzero(flat[:here])
    if outer.size:
        return first + int(outer[-1]) + 1
    if first == 0 and here <= reach // 2:
        return 0
    change = np.abs(np.diff(band, axis=0))
    strength = np.median(change, axis=1) if change.size else np.zeros(0)
    if strength.size and strength.max() >= _EDGE_STEP:
        return first + int(strength.argmax()) + 1
    return at


def _is_flat(band: np.ndarray) -> np.ndarray:
    """Which lines are of one colour, but for a few pixels."""
    middle = np.median(band, axis=1, keepdims=True)
    return (np.abs(band - middle) > _FLAT_STEP).mean(axis=1) <= _INK_SHARE
