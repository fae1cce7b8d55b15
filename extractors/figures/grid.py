"""A picture as the panel net sees it: a small grid with what thin gutters leave in it.

The picture is squeezed to 512 x 512 and then described per cell of 4 x 4 pixels, so that a gutter
of one or two pixels, gone in any thumbnail, still shows as an extreme or as an edge.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

SIDE_PX = 512
CELLS = 128
CHANNELS = 7  # red, green, blue, darkest, lightest, edge across, edge down

_CELL_PX = SIDE_PX // CELLS


def grid_features(pixels: np.ndarray) -> np.ndarray:
    """(height, width, 3) uint8 to (CHANNELS, CELLS, CELLS) uint8."""
    square = Image.fromarray(pixels).resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)
    grey = np.asarray(square.convert("L"))
    out = np.empty((CHANNELS, CELLS, CELLS), np.uint8)
    out[:3] = np.asarray(square.reduce(_CELL_PX)).transpose(2, 0, 1)
    out[3] = _pooled(np.minimum, _pooled(np.minimum, grey, 0), 1)
    out[4] = _pooled(np.maximum, _pooled(np.maximum, grey, 0), 1)
    # An edge counts where it runs along the whole side of a cell.
    across = np.zeros(grey.shape, np.uint16)
    across[:, :-1] = _distance(grey[:, 1:], grey[:, :-1])
    out[5] = _pooled(np.maximum, _pooled(np.add, across, 0), 1) // _CELL_PX
    down = np.zeros(grey.shape, np.uint16)
    down[:-1] = _distance(grey[1:], grey[:-1])
    out[6] = _pooled(np.maximum, _pooled(np.add, down, 1), 0) // _CELL_PX
    return out


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.maximum(a, b) - np.minimum(a, b)


def _pooled(join: np.ufunc, values: np.ndarray, axis: int) -> np.ndarray:
    """`join` over each run of `_CELL_PX` rows (axis 0) or columns (1)."""
    runs = [values[k::_CELL_PX] if axis == 0 else values[:, k::_CELL_PX] for k in range(_CELL_PX)]
    first, *others = runs
    for run in others:
        first = join(first, run)
    return first
