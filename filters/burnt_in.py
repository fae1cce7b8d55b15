"""Text burnt into a picture: where lines of it are, and how surely it is there.

Nothing is read and nobody identified: a line of text is found by how it looks.
"""

from __future__ import annotations

import cv2
import msgspec
import numpy as np
from PIL import Image

SCORES = ("burnt_in_text", "burnt_in_markers", "burnt_in_lines", "burnt_in_share")

MOST_PX = 1600
_GLYPH_PX = (5, 60)


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
    """Lines of text in a picture of any mode and size."""
    grey = np.asarray(image.convert("L"))
    height, width = grey.shape
    scale = min(1.0, MOST_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    boxes: list[list[int]] = []
    odds: list[float] = []
    markers = 0.0
    kernel = np.ones((9, 9), np.uint8)
    for shape in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
        strokes = (cv2.morphologyEx(small, shape, kernel) > 48).astype(np.uint8)
        joined = cv2.dilate(strokes, np.ones((1, 9), np.uint8))
        count, marks, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
        _, labels, lines, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
        inside: dict[int, list[int]] = {}
        for i in range(1, count):
            x, y, w, h, _ = stats[i]
            if _GLYPH_PX[0] <= h <= _GLYPH_PX[1] and w <= 1.6 * h:
                row = labels[y + h // 2, x + w // 2]
                inside.setdefault(int(row), []).append(int(h))
        for line, heights in inside.items():
            if line == 0:
                continue
            x, y, w, h, _ = (int(v) for v in lines[line])
            even = float(np.std(heights) / np.mean(heights))
            if len(heights) < 3 or h > 1.8 * np.median(heights) or even > 0.25:
                markers = max(markers, 0.3)
                continue
            odds.append(min(0.95, 0.5 + 0.06 * len(heights)))
            boxes.append([int(v / scale) for v in (x, y, x + w, y + h)])
    order = sorted(range(len(boxes)), key=lambda i: (boxes[i][1], boxes[i][0]))
    area = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes)
    share = min(1.0, area / max(1, width * height))
    return BurntIn(max(odds, default=0.0), markers, [boxes[i] for i in order], share, len(boxes))
