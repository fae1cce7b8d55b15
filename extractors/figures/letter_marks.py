"""Marks in a figure that could be glyphs: connected components of a few binarisations.

A letter is painted in one colour on a place of another, so in one of these planes it stands out
brightly and alone: what is near white, near black, lighter or darker than its surroundings, or
more colourful. Each mark is cut out as the learned reader (`glyphs.py`) wants it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import msgspec
import numpy as np

SIDE = 20
COARSE = 8
MEASURES = 5
INPUTS = 2 * SIDE * SIDE + MEASURES
COARSE_INPUTS = 2 * COARSE * COARSE + MEASURES

_MIN_HEIGHT = 6
_MAX_HEIGHT = 96
_WINDOW = 15
_COLOUR_WINDOW = 21
_LOCAL_CONTRAST = 20
_LINE = 64
_PAD = 0.15
_FINER = 2  # samples per cell and axis, against aliasing of large letters


class Plane(msgspec.Struct, frozen=True):
    """One view of the picture, (height, width) uint8, in which letters are bright.

    `labels` (int32) numbers the components of what is bright in it from 1; `stats` (M, 5) are
    left, top, width, height and pixel count of each, and zeros for 0, the rest.
    """

    bright: np.ndarray
    labels: np.ndarray
    stats: np.ndarray


class Marks(msgspec.Struct, frozen=True):
    """N marks of one plane: `boxes` (N, 4) in pixels.

    `labels` (N, 2): the numbers of its component and of its dot (the same where it has none).
    """

    boxes: np.ndarray
    labels: np.ndarray

    def take(self, chosen: np.ndarray) -> Marks:
        """The marks at these indices, or where this mask is true."""
        return Marks(self.boxes[chosen], self.labels[chosen])


def find_marks(pixels: np.ndarray) -> Iterator[tuple[Plane, Marks]]:
    """Each plane of a (height, width, 3) uint8 picture with its marks of a letter's size.

    One at a time: memory used again is faster than memory that is new.
    """
    for bright, mask in _binarised(pixels):
        plane = _plane(bright, mask)
        chosen = _letter_sized(plane)
        left, top, width, height, _ = plane.stats[chosen].T
        boxes = np.stack([left, top, left + width, top + height], axis=1)
        yield plane, Marks(boxes, np.stack([chosen, chosen], axis=1))


def _binarised(pixels: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(view in which letters are bright, what of it is bright) for each way a letter stands out."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    red, green, blue = cv2.split(pixels)
    least = cv2.min(cv2.min(red, green), blue)
    most = cv2.max(cv2.max(red, green), blue)
    around = cv2.blur(grey, (_WINDOW, _WINDOW))
    dark = cv2.bitwise_not(most)
    yield least, _above(least, 208)
    yield dark, _above(dark, 190)
    yield grey, _without_lines(_above(cv2.subtract(grey, around), _LOCAL_CONTRAST))
    lower = _above(cv2.subtract(around, grey), _LOCAL_CONTRAST)
    yield cv2.bitwise_not(grey), _without_lines(lower)
    colour = cv2.subtract(most, least)
    strong = _above(cv2.subtract(colour, cv2.blur(colour, (_COLOUR_WINDOW, _COLOUR_WINDOW))), 30)
    if cv2.countNonZero(strong):
        yield colour, strong


def _above(values: np.ndarray, limit: int) -> np.ndarray:
    return cv2.threshold(values, limit, 255, cv2.THRESH_BINARY)[1]


def _without_lines(mask: np.ndarray) -> np.ndarray:
    """The mask less its long level and upright lines: a letter may touch a frame or an edge."""
    upright, level = _upright(mask), cv2.transpose(_upright(cv2.transpose(mask)))
    return cv2.subtract(mask, cv2.max(upright, level))


def _upright(mask: np.ndarray) -> np.ndarray:
    """What of the mask is in upright lines of at least `_LINE` pixels."""
    if len(mask) < _LINE:
        return np.zeros_like(mask)
    whole = _joined(cv2.min, mask)
    if not cv2.countNonZero(whole):
        return np.zeros_like(mask)
    ground = cv2.copyMakeBorder(whole, _LINE - 1, _LINE - 1, 0, 0, cv2.BORDER_CONSTANT, value=0)
    return _joined(cv2.max, ground)


def _joined(join: Callable[..., np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Each `_LINE` rows that follow one another as one; `_LINE` is a power of two."""
    step = 1
    while step < _LINE:
        rows = join(rows[step:], rows[:-step])
        step *= 2
    return rows


def _plane(bright: np.ndarray, mask: np.ndarray) -> Plane:
    count, labels = cv2.connectedComponents(mask, connectivity=8, ltype=cv2.CV_32S)
    return Plane(bright, labels, _stats(mask, labels, count))


def _stats(mask: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Left, top, width, height and pixels of each component, (count, 5) int64.

    From where the rows of pixels begin and end: a third of the time that OpenCV takes for it.
    """
    ground = cv2.copyMakeBorder(mask, 0, 0, 1, 0, cv2.BORDER_CONSTANT, value=0)
    flat = np.append(ground, np.uint8(0))
    row, x = np.divmod(np.flatnonzero(flat[1:] != flat[:-1]), ground.shape[1])
    row, x0, x1 = row[::2], x[::2], x[1::2]
    own = labels[row, x0]
    left, right = np.full(count, mask.shape[1]), np.zeros(count, np.int64)
    np.minimum.at(left, own, x0)
    np.maximum.at(right, own, x1)
    top, bottom = np.zeros(count, np.int64), np.zeros(count, np.int64)
    top[own[::-1]] = row[::-1]
    bottom[own] = row + 1
    pixels = np.bincount(own, x1 - x0, count).astype(np.int64)
    out = np.stack([left, top, right - left, bottom - top, pixels], axis=1)
    out[0] = 0
    return out


def _letter_sized(plane: Plane) -> np.ndarray:
    """The numbers of the components that a letter could be, by size and shape alone."""
    tallest = min(_MAX_HEIGHT, max(_MIN_HEIGHT, plane.bright.shape[0] // 4))
    height = plane.stats[:, cv2.CC_STAT_HEIGHT]
    some = np.flatnonzero((height >= _MIN_HEIGHT) & (height <= tallest))
    some = some[some != 0]  # the background
    width, height, count = plane.stats[some, 2:].T
    fill = count / (width * height)
    fits = (width >= 2) & (width <= 2.4 * height) & (fill > 0.1)
    return some[fits & ((fill < 0.9) | (width < 0.6 * height))]


def join_dots(plane: Plane, marks: Marks) -> Marks:
    """The marks, each narrow stem with the dot above it where there is one ("i", "j")."""
    boxes, labels = marks.boxes.copy(), marks.labels.copy()
    left, top, width, height, count = plane.stats.T
    dots = np.flatnonzero(
        (height <= 16) & (width <= 16) & (width <= 2.2 * height) & (height <= 2.2 * width)
        & (count >= 0.45 * width * height) & (count >= 2)
    )  # fmt: skip
    left, top, width, height = left[dots], top[dots], width[dots], height[dots]
    lean = boxes[:, 2] - boxes[:, 0] <= 0.65 * (boxes[:, 3] - boxes[:, 1])
    stems = np.flatnonzero(lean)
    x0, y0, x1, y1 = boxes[stems].T[:, :, None]
    gap, tall = y0 - top - height, y1 - y0
    fits = (gap >= 0) & (gap <= 0.35 * tall) & (height <= 0.4 * tall) & (height * 8 >= tall)
    fits &= (left < x1) & (left + width > x0)
    for row in np.flatnonzero(fits.any(axis=1)):
        dot, stem = int(np.argmax(fits[row])), stems[row]
        labels[stem, 1] = dots[dot]
        boxes[stem, 0] = min(boxes[stem, 0], left[dot])
        boxes[stem, 1] = top[dot]
        boxes[stem, 2] = max(boxes[stem, 2], left[dot] + width[dot])
    return Marks(boxes, labels)


def cut_out(plane: Plane, marks: Marks, side: int = SIDE) -> np.ndarray:
    """What the learned reader is given of each mark, (N, 2 * side * side + 5) float32.

    Twice side x side cells: the view scaled so that the ground is 0 and the mark 1, and the share
    of each cell that is the mark's own; then shape, contrast and evenness in numbers.
    """
    if not len(marks.boxes):
        return np.zeros((0, 2 * side * side + MEASURES), np.float32)
    values, share = _sampled(plane, marks, side, _FINER if side == SIDE else 1)
    return _scaled(values, share, marks.boxes)


def _sampled(plane: Plane, marks: Marks, side: int, finer: int) -> tuple[np.ndarray, np.ndarray]:
    """The view and the mark's own share of it in side x side cells: (N, side * side) float32."""
    across, down = sample_grid(marks.boxes, side * finer)
    view = cv2.remap(plane.bright, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # OpenCV moves no int32, but any four bytes; outside of the picture it fills in zeros.
    numbers = plane.labels.view(np.uint8).reshape(*plane.labels.shape, 4)
    number = cv2.remap(numbers, across, down, cv2.INTER_NEAREST).view(np.int32)[..., 0]
    own = (number == marks.labels[:, :1]) | (number == marks.labels[:, 1:])
    return _pooled(view, side, finer), _pooled(own.view(np.uint8) * 255, side, finer) / 255


def _scaled(values: np.ndarray, share: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    rest = 1 - share
    ink = np.maximum(share.sum(axis=1), 1e-3)
    ground = np.maximum(rest.sum(axis=1), 1e-3)
    high = np.einsum("ij,ij->i", values, share) / ink
    low = np.einsum("ij,ij->i", values, rest) / ground
    gap = np.maximum(high - low, 8)
    unit = (values - low[:, None]) / gap[:, None]
    rough_ground = np.sqrt(np.einsum("ij,ij,ij->i", rest, unit, unit) / ground)
    off = unit - 1
    rough_ink = np.sqrt(np.einsum("ij,ij,ij->i", share, off, off) / ink)
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    measures = (np.log(width / height), np.log(height / 16), gap / 128, rough_ink, rough_ground)
    columns = np.stack(measures, axis=1).astype(np.float32)
    return np.concatenate([np.clip(unit, -1, 2), share, columns], axis=1)


def sample_grid(boxes: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Where to sample for each mark: x and y, each (N, steps * steps) float32."""
    parts = (np.arange(steps, dtype=np.float32) + 0.5) / steps
    x0, y0, x1, y1 = boxes.T.astype(np.float32)
    pad = _PAD * np.maximum(x1 - x0, y1 - y0)
    x = (x0 - pad)[:, None] + (x1 - x0 + 2 * pad)[:, None] * parts - 0.5
    y = (y0 - pad)[:, None] + (y1 - y0 + 2 * pad)[:, None] * parts - 0.5
    return np.tile(x, (1, steps)), np.repeat(y, steps, axis=1)


def _pooled(samples: np.ndarray, side: int, finer: int) -> np.ndarray:
    """Means over the finer samples of each cell: (N, side * side) float32."""
    tall = samples.reshape(len(samples) * side * finer, side * finer)
    if finer > 1:
        tall = cv2.resize(tall, (side, len(samples) * side), interpolation=cv2.INTER_AREA)
    return tall.reshape(len(samples), side * side).astype(np.float32)
