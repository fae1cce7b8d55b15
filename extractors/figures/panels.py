"""Panel boxes from a small net that was learned on rendered figures, put right at full resolution.

The net (`training.panels`) gives every cell of a 64 x 64 grid a guess of the box it lies in;
guesses that agree become one panel, whose sides then move to the gutter or edge nearby.
"""

from __future__ import annotations

import functools
from pathlib import Path

import cv2
import msgspec
import numpy as np
import onnxruntime

from extractors.figures.grid import CELLS, grid_features
from extractors.figures.records import Panel
from extractors.figures.snapping import snapped

MODEL = Path(__file__).with_name("panels.onnx")
UNKNOWN = -1

_FAINT, _SAME_IOU = 0.08, 0.55
_MOST_HINTED = 12


class Seen(msgspec.Struct, frozen=True):
    """What the net sees: candidate panels, surest first, and the probability of several panels."""

    panels: tuple[Panel, ...]
    compound: float


def see_panels(pixels: np.ndarray, named: int = UNKNOWN) -> Seen:
    """Candidate panels of a (height, width, 3) uint8 picture; they may overlap and be too many.

    `named` is how many panels the caption names: 0 for none, `UNKNOWN` where nobody has read it.
    """
    cells, compound = _run(pixels, named)
    height, width = pixels.shape[:2]
    boxes, scores = _agreed(cells)
    scale = np.array([width, height, width, height])
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    found = []
    for box, score in zip(boxes * scale, scores, strict=True):
        whole = snapped(grey, box)
        if whole[2] - whole[0] >= 8 and whole[3] - whole[1] >= 8:
            found.append(Panel(whole, float(score)))
    return Seen(tuple(found), compound)


@functools.cache
def _session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # processes share the cores, not threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])


def _run(pixels: np.ndarray, named: int) -> tuple[np.ndarray, float]:
    """The net's cells (5, 64, 64) and the probability that the figure is compound."""
    grid = grid_features(pixels).astype(np.float32) / 255
    hints = np.zeros((2, CELLS, CELLS), np.float32)
    if named >= 2:
        hints[0] = min(_MOST_HINTED, named) / _MOST_HINTED
    elif named == 0:
        hints[1] = 1
    cells, compound = _session().run(None, {"grid": np.concatenate((grid, hints))[None]})
    return cells[0], float(compound[0])


def _agreed(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (N, 4) of 0 to 1 and scores (N,): guesses that overlap much are one, their mean."""
    side = cells.shape[1]
    quality = cells[0].ravel()
    chosen = np.flatnonzero(quality > _FAINT)
    chosen = chosen[np.argsort(-quality[chosen], kind="stable")]
    scores = quality[chosen]
    cy, cx = np.divmod(chosen, side)
    left, up, right, down = cells[1:].reshape(4, -1)[:, chosen]
    x, y = (cx + 0.5) / side, (cy + 0.5) / side
    boxes = np.clip(np.stack((x - left, y - up, x + right, y + down), 1), 0, 1)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    free = areas > 1e-4
    found, sure = [], []
    for i in range(len(chosen)):
        if not free[i]:
            continue
        low = np.maximum(boxes[i, :2], boxes[:, :2])
        high = np.minimum(boxes[i, 2:], boxes[:, 2:])
        shared = np.clip(high - low, 0, None).prod(1)
        iou = shared / np.maximum(areas[i] + areas - shared, 1e-9)
        same = free & (iou > _SAME_IOU)
        weight = scores[same] * (iou[same] > 0.75)
        found.append((boxes[same] * weight[:, None]).sum(0) / weight.sum())
        sure.append(scores[i])
        free &= ~same
    return np.array(found).reshape(-1, 4), np.array(sure)
