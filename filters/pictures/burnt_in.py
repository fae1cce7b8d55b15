"""Text burnt into a picture: where lines of it are, and how surely it is there.

Names, numbers and dates in the corners of scans and screens may tell who a patient is. Nothing is
read and nobody identified: a line of text is found by how it looks. Side markers and panel letters
are told from lines, for nearly every figure has one.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import msgspec
import numpy as np
from PIL import Image

from filters.pictures.burnt_in_lines import Line, lines_of, surety, text_maps

SCORES = ("burnt_in_text", "burnt_in_markers", "burnt_in_lines", "burnt_in_share")

MOST_PX = 1600  # a side, of the copy that is looked at
_THIRD = 3  # a second look at a copy this much smaller, for large letters
_LEAST_THIRD_PX = 300
_LEAST_PX = 6
_SURE = 0.5  # least score of a line whose box is given


class BurntIn(msgspec.Struct, frozen=True):
    """What was found in one picture.

    `score`: 0 to 1, that a line of three or more characters is burnt in; `markers`: the same for
    single letters and pairs ("L", "R", "a"). `boxes`: [x0, y0, x1, y1] in pixels of the given
    picture, one for each of the `lines` found, from top to bottom; `share`: of the picture's area
    they cover.
    """

    score: float
    markers: float
    boxes: list[list[int]]
    share: float
    lines: int

    def scores(self) -> dict[str, float]:
        """The values of `SCORES`."""
        values = (self.score, self.markers, float(self.lines), self.share)
        return dict(zip(SCORES, values, strict=True))


def burnt_in_text(image: Image.Image) -> BurntIn:
    """Lines of text in a decoded picture of any mode and size, looked at with 1600 px a side."""
    width, height = image.size
    pixels = _pixels(image)
    if min(pixels.shape[:2]) < _LEAST_PX or pixels.min() == pixels.max():
        return BurntIn(0.0, 0.0, [], 0.0, 0)
    found = _found(pixels, width / pixels.shape[1], height / pixels.shape[0])
    sure = [surety(line) for line in found]
    lines = [line for line, odds in zip(found, sure, strict=True) if odds >= _SURE]
    boxes = sorted((_whole(line.box, width, height) for line in lines), key=lambda b: (b[1], b[0]))
    return BurntIn(
        score=max(sure, default=0.0),
        markers=max((min(line.score, 1 - line.words) for line in found), default=0.0),
        boxes=boxes,
        share=_share(boxes, width, height),
        lines=len(boxes),
    )


def _pixels(image: Image.Image) -> np.ndarray:
    """(height, width, 3) uint8, at most `MOST_PX` a side; transparent pixels become white."""
    scale = min(1.0, MOST_PX / max(image.size))
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        values = np.nan_to_num(np.asarray(image, np.float32), posinf=0, neginf=0)
        low, high = float(values.min()), float(values.max())
        image = Image.fromarray(((values - low) * (255 / max(high - low, 1e-9))).astype(np.uint8))
    if image.has_transparency_data:
        image = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
    elif image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    if scale < 1:
        size = [max(1, round(side * scale)) for side in image.size]
        image = image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"))


def _found(pixels: np.ndarray, right: float, down: float) -> list[Line]:
    """Lines with boxes stretched by `right` and `down`; large ones from a smaller copy."""
    found = lines_of(text_maps(pixels))
    if min(pixels.shape[:2]) >= _LEAST_THIRD_PX:
        size = (pixels.shape[1] // _THIRD, pixels.shape[0] // _THIRD)
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        large = [_stretched(line, _THIRD, _THIRD) for line in lines_of(text_maps(small))]
        found += [line for line in large if not any(_share_box(line.box, o.box) for o in found)]
    return [_stretched(line, right, down) for line in found]


def _stretched(line: Line, right: float, down: float) -> Line:
    x0, y0, x1, y1 = line.box
    return replace(line, box=(x0 * right, y0 * down, x1 * right, y1 * down))


def _share_box(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _whole(box: tuple[float, ...], width: int, height: int) -> list[int]:
    x0, y0, x1, y1 = box
    return [
        max(0, int(x0)),
        max(0, int(y0)),
        min(width, int(np.ceil(x1))),
        min(height, int(np.ceil(y1))),
    ]


def _share(boxes: list[list[int]], width: int, height: int) -> float:
    """What the boxes cover together, on a grid of at most 512 cells a side."""
    if not boxes:
        return 0.0
    across, down = min(width, 512), min(height, 512)
    covered = np.zeros((down, across), bool)
    for x0, y0, x1, y1 in boxes:
        left, top = x0 * across // width, y0 * down // height
        covered[top : -(-y1 * down // height), left : -(-x1 * across // width)] = True
    return float(covered.mean())
