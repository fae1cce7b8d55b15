"""Panels by a plain recursive cut along straight gutters of one colour: the baseline."""

from __future__ import annotations

import numpy as np

from extractors.figures.records import Box, Panel

_TOLERANCE = 12
_SMALLEST_SHARE = 0.06
_NARROWEST_PX = 3


def gutter_panels(pixels: np.ndarray) -> list[Panel]:
    """Boxes between gutters of a (height, width, 3) uint8 picture, at least one, row by row."""
    grey = pixels.astype(np.int16).mean(axis=2)
    height, width = grey.shape
    boxes = _cut(grey, (0, 0, width, height), max(8, int(min(height, width) * _SMALLEST_SHARE)))
    boxes = boxes or [(0, 0, width, height)]
    return [Panel(box, 0.5) for box in sorted(boxes, key=lambda b: (b[1], b[0]))]


def _cut(grey: np.ndarray, box: Box, smallest_px: int) -> list[Box]:
    x0, y0, x1, y1 = box
    part = grey[y0:y1, x0:x1]
    for axis in (0, 1):
        pieces = _pieces(part, axis)
        if not pieces:
            return []
        if axis == 0:
            y0, y1, part = y0 + pieces[0][0], y0 + pieces[-1][1], part[pieces[0][0] : pieces[-1][1]]
            found = [(x0, y0 + a - pieces[0][0], x1, y0 + b - pieces[0][0]) for a, b in pieces]
        else:
            found = [(x0 + a, y0, x0 + b, y1) for a, b in pieces]
        large = [f for f in found if (f[3] - f[1] if axis == 0 else f[2] - f[0]) >= smallest_px]
        if len(large) > 1:
            return [leaf for piece in large for leaf in _cut(grey, piece, smallest_px)]
    return [(x0 + pieces[0][0], y0, x0 + pieces[-1][1], y1)]


def _pieces(part: np.ndarray, axis: int) -> list[tuple[int, int]]:
    """Runs of rows (axis 0) or columns (1) that are not of one colour, over narrow gaps."""
    if part.size == 0:
        return []
    spread = np.ptp(part, axis=1 - axis)
    busy = np.flatnonzero(spread > _TOLERANCE)
    if busy.size == 0:
        return []
    breaks = np.flatnonzero(np.diff(busy) > _NARROWEST_PX)
    starts = [int(busy[0]), *(int(busy[b + 1]) for b in breaks)]
    ends = [*(int(busy[b]) + 1 for b in breaks), int(busy[-1]) + 1]
    return list(zip(starts, ends, strict=True))
