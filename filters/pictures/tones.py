"""Tones, colours and margins of a picture, from its small copy."""

from __future__ import annotations

import cv2
import numpy as np

_ONE_TONE = 4  # grey levels either side that still count as one tone
_MARGIN = 24  # grey levels within which a margin stays
_COLOURED = 20  # levels between a pixel's strongest and weakest colour


def histogram(grey: np.ndarray) -> np.ndarray:
    """The share of each of the 256 tones, (256,), of every second row."""
    some = np.ascontiguousarray(grey[::2])
    return cv2.calcHist([some], [0], None, [256], [0, 256]).ravel().astype(np.float64) / some.size


def flat_share(tones: np.ndarray) -> float:
    """The share of pixels in the commonest tone, within `_ONE_TONE` levels."""
    return float(np.convolve(tones, np.ones(2 * _ONE_TONE + 1)).max())


def contrast(tones: np.ndarray) -> float:
    """The standard deviation of the tones; 1 where half is black and half is white."""
    levels = np.arange(256)
    mean = (tones * levels).sum()
    return float(np.sqrt((tones * np.square(levels - mean)).sum()) / 127.5)


def margin_share(grey: np.ndarray) -> float:
    """The share of the picture outside what is left when even rows and columns at its rim are cut."""
    rows = [_even(grey, 1, int(np.median(grey[rim]))) for rim in (0, -1)]
    columns = [_even(grey, 0, int(np.median(grey[:, rim]))) for rim in (0, -1)]
    height = grey.shape[0] - _run(rows[0]) - _run(rows[1][::-1])
    width = grey.shape[1] - _run(columns[0]) - _run(columns[1][::-1])
    return 1 - max(0, height) * max(0, width) / grey.size


def _even(grey: np.ndarray, axis: int, tone: int) -> np.ndarray:
    """Which rows (axis 1) or columns (axis 0) have nothing but `tone`."""
    low, high = grey.min(axis).astype(int), grey.max(axis).astype(int)
    return (tone - low <= _MARGIN) & (high - tone <= _MARGIN)


def _run(even: np.ndarray) -> int:
    return len(even) if even.all() else int(even.argmin())


def grey_share(rgb: np.ndarray | None) -> float:
    """The share of pixels without colour, 1 for a grey picture."""
    if rgb is None:
        return 1.0
    red, green, blue = cv2.split(np.ascontiguousarray(rgb[::2, ::2]))
    high, low = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    coloured = cv2.threshold(cv2.subtract(high, low), _COLOURED, 1, cv2.THRESH_BINARY)[1]
    return 1 - cv2.countNonZero(coloured) / red.size
