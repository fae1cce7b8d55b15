"""Moves the sides of a rough box to the gutter, the ink or the edge that they mean."""

from __future__ import annotations

import numpy as np

from extractors.figures.records import Box

_REACH_SHARE = 1 / 40
_FLAT_STEP = 24
_INK_SHARE = 0.015
_EDGE_STEP = 12.0


def snapped(grey: np.ndarray, box: np.ndarray) -> Box:
    """The box (4,) in float pixels as whole pixels, each side moved by a fortieth at most.

    `grey` is the picture, (height, width) uint8.

    A side moves to the nearest straight edge along its length; then, in flat ground, in to the
    first ink. Where there is no edge, one in ink moves out to the next flat line.
    """
    height, width = grey.shape
    x0, y0, x1, y1 = (round(float(v)) for v in box)
    x0, y0, x1, y1 = max(0, x0), max(0, y0), min(width, x1), min(height, y1)
    if x1 - x0 < 8 or y1 - y0 < 8:
        return x0, y0, x1, y1
    across, down = max(3, round(width * _REACH_SHARE)), max(3, round(height * _REACH_SHARE))
    rows = grey[y0:y1]
    left = _side(rows.T, x0, across)
    right = width - _side(rows[:, ::-1].T, width - x1, across)
    columns = grey[:, x0:x1]
    top = _side(columns, y0, down)
    bottom = height - _side(columns[::-1], height - y1, down)
    if right - left < 8 or bottom - top < 8:
        return x0, y0, x1, y1
    return left, top, right, bottom


def inked(grey: np.ndarray) -> Box:
    """The picture without its margins of one colour; all of it where there is nothing else."""
    height, width = grey.shape
    grey = grey[:: max(1, height // 512), :: max(1, width // 512)].astype(np.int16)
    rows, columns = np.flatnonzero(~_is_flat(grey)), np.flatnonzero(~_is_flat(grey.T))
    if not rows.size or not columns.size:
        return 0, 0, width, height
    down, across = height / grey.shape[0], width / grey.shape[1]
    return (
        int(columns[0] * across),
        int(rows[0] * down),
        min(width, int((columns[-1] + 1) * across) + 1),
        min(height, int((rows[-1] + 1) * down) + 1),
    )


def _side(lines: np.ndarray, at: int, reach: int) -> int:
    """Where the side near line `at` is; the box lies towards higher lines.

    `lines` is (n, length): the lines parallel to the side, over the extent of the box.
    """
    first, last = max(0, at - reach), min(len(lines), at + reach + 1)
    thin = max(1, lines.shape[1] // 128)
    band = lines[first:last, ::thin].astype(np.int16)
    flat = _is_flat(band)
    here = min(at - first, len(flat) - 1)
    edges = _edges(band)
    if edges.size:
        here = int(edges[np.abs(edges - here).argmin()])
    if flat[here]:
        inner = np.flatnonzero(~flat[here:])
        return first + here + (int(inner[0]) if inner.size else 0)
    outer = np.flatnonzero(flat[:here])
    if edges.size or not (outer.size or first == 0):
        return first + here
    return first + int(outer[-1]) + 1 if outer.size else 0


def _edges(band: np.ndarray) -> np.ndarray:
    """Lines that differ from the line before along most of their length."""
    strength = np.median(np.abs(np.diff(band, axis=0)), axis=1) if len(band) > 1 else np.zeros(0)
    if not strength.size:
        return np.zeros(0, int)
    # Noise has edges everywhere; a side stands out from them.
    least = max(_EDGE_STEP, 2.5 * float(np.median(strength)), float(strength.max()) / 2)
    return np.flatnonzero(strength >= least) + 1


def _is_flat(band: np.ndarray) -> np.ndarray:
    """Which lines are of one colour, but for a few pixels."""
    middle = np.median(band, axis=1, keepdims=True)
    return (np.abs(band - middle) > _FLAT_STEP).mean(axis=1) <= _INK_SHARE
