"""How much of a picture is covered by lines of text: strokes as thin and as even as letters are.

No letter is read. Parts that differ from their surroundings, dark or light, and have a letter's size
are kept where three or more of like height stand side by side.
"""

from __future__ import annotations

import cv2
import numpy as np

_STROKE = 7  # px, wider strokes are no text at this scale
_CONTRAST = 40  # grey levels of a stroke over its surroundings
_EVEN = 24  # grey levels within which the ground of a letter stays
_LOW, _HIGH = 5, 44  # px, heights of letters
_BAND = 24  # px, in which the letters of a line are looked for
_AHEAD = 3
_APART = 0.45  # gap between letters, in heights
_RUN = 3  # letters of a line


def text_share(grey: np.ndarray) -> float:
    """The share of the pixels within lines of text, 0 to 1, of uint8 (h, w) of about 1000 a side."""
    if min(grey.shape) < _LOW + 2:
        return 0.0
    kernel = np.ones((_STROKE, _STROKE), np.uint8)
    covered = 0
    for without_ink in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN):  # dark letters, light letters
        ground = cv2.morphologyEx(grey, without_ink, kernel)
        strokes = cv2.threshold(cv2.absdiff(ground, grey), _CONTRAST - 1, 255, cv2.THRESH_BINARY)[1]
        covered += _covered(_on_even_ground(_letters(strokes), ground))
    return min(1.0, covered / grey.size)


def _letters(strokes: np.ndarray) -> np.ndarray:
    """Boxes (n, 4) of the parts that may be letters: x, y, width, height."""
    stats = cv2.connectedComponentsWithStats(strokes, connectivity=8, ltype=cv2.CV_16U)[2][1:]
    x, y, width, height, area = stats.astype(np.int64).T
    good = (height >= _LOW) & (height <= _HIGH) & (width <= 2.5 * height) & (area >= 6)
    fill = area / np.maximum(width * height, 1)
    good &= (fill > 0.12) & ((fill < 0.85) | (width < 0.5 * height))
    return np.stack([x, y, width, height], axis=1)[good]


def _on_even_ground(letters: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """The letters whose ground is of one tone from corner to corner; in tissue it is not."""
    x, y, width, height = letters.T
    tones = np.stack([ground[r, c] for r in (y, y + height - 1) for c in (x, x + width - 1)])
    return letters[np.ptp(tones, axis=0) < _EVEN]


def _covered(letters: np.ndarray) -> int:
    """Pixels covered by letters of which `_RUN` stand side by side, and by the gaps between them."""
    if len(letters) < _RUN:
        return 0
    follower = _followers(letters)
    has = follower >= 0
    followed = np.zeros(len(letters), bool)
    followed[follower[has]] = True
    middle = has & followed  # of three letters in a row
    in_line = middle.copy()
    in_line[follower[middle]] = True
    in_line |= has & middle[follower]
    x, _, width, height = letters.T
    wide = np.where(has, np.maximum(x[follower] - x, width), width)
    return int((wide * height)[in_line].sum())


def _followers(letters: np.ndarray) -> np.ndarray:
    """For each letter (n, 4) the next one to its right on the same line, or -1."""
    x, y, width, height = letters.T
    found = np.full(len(letters), -1)
    middle = y + height // 2
    for shift in (0, _BAND // 2):  # a line that one set of bands cuts, the other does not
        order = np.lexsort((x, (middle + shift) // _BAND))
        for ahead in range(_AHEAD, 0, -1):
            here, there = order[:-ahead], order[ahead:]
            high = np.maximum(height[here], height[there])
            gap = x[there] - x[here] - width[here]
            alike = np.abs(middle[here] - middle[there]) < 0.4 * high
            alike &= 2 * np.minimum(height[here], height[there]) >= high
            alike &= (gap <= _APART * high) & (gap > -0.3 * high) & (x[there] > x[here])
            # Ticks of an axis and the dots of a halftone are all alike; letters are not.
            alike &= (width[here] != width[there]) | (height[here] != height[there]) | (gap < 4)
            found[here[alike]] = there[alike]
    return found
