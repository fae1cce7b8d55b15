"""How sharp, fine, noisy and recompressed a picture is, from its own grey pixels.

Blur follows Zhuo and Sim 2011 ("Defocus map estimation from a single image"): the slopes of an edge
after two known blurs tell its own. Noise follows Immerkaer 1996 ("Fast noise variance estimation").
"""

from __future__ import annotations

import cv2
import numpy as np

_NEAR, _FAR = 1.0, 2.0  # px, the two known blurs
_STEEP = 0.3  # edges count from this share of the steepest slope
_LEAST_SLOPE = 1.5  # grey levels a pixel; less is noise
_LEAST_EDGES = 24  # fewer tell nothing
_WIDEST = 8.0  # px
_FALL = 0.015  # detail ends where the slopes' power has fallen to this share of its top
_ROUNDING = 12**-0.5  # grey levels, the noise of whole numbers
_OVER_NOISE = 2.0
_BANDS = 32
_LINES = 128  # lines of pixels looked at in each direction
_CELL = 16  # px, side of the cells in which noise is measured
_SLIGHT = 0.05  # grey levels on average; less is not seen
_STEP = 12  # grey levels; greater steps are edges of the picture, not of blocks


def edge_width(grey: np.ndarray) -> float | None:
    """The blur of the steepest edges as a Gaussian's sigma in px, or None where there is none."""
    found = [_widths(grey), _widths(cv2.transpose(grey))]
    widths = np.concatenate(found)
    return float(np.median(widths)) if widths.size >= _LEAST_EDGES else None


def _widths(grey: np.ndarray) -> np.ndarray:
    """The sigma of each steep upright edge."""
    if min(grey.shape) < 8:
        return np.empty(0, np.float32)
    near, far = _slopes(grey, _NEAR), _slopes(grey, _FAR)
    top = float(near.max())
    if top * _STEEP < _LEAST_SLOPE:
        return np.empty(0, np.float32)
    crest = cv2.dilate(near, np.ones((1, 3), np.uint8))
    here = (near >= top * _STEEP) & (near == crest)
    here[:, :6] = here[:, -6:] = False  # the rim mirrors itself
    ratio2 = np.square(near[here] / np.maximum(far[here], 1e-3))
    # slope after a blur s of an edge of width w: A / sqrt(2 pi (w^2 + s^2))
    width2 = (_FAR**2 - ratio2 * _NEAR**2) / np.maximum(ratio2 - 1, 1e-3)
    return np.sqrt(np.clip(width2, 0, _WIDEST**2))


def _slopes(grey: np.ndarray, sigma: float) -> np.ndarray:
    """Absolute slopes along rows after a blur of `sigma` px along them, in grey levels a px."""
    reach = int(np.ceil(3 * sigma))
    x = np.arange(-reach, reach + 1, dtype=np.float32)
    kernel = x * np.exp(-(x**2) / (2 * sigma**2))
    kernel /= np.sum(kernel * x)
    across = np.full(3, 1 / 3, np.float32)  # edges go on for a few pixels, noise does not
    return np.abs(cv2.sepFilter2D(grey, cv2.CV_32F, kernel, across))


def detail_share(grey: np.ndarray) -> float:
    """To which share of its sides a picture can be shrunk without loss, 0 to 1."""
    noise = max(noise_level(grey), _ROUNDING)
    return float(np.sqrt(_reach(grey, noise) * _reach(cv2.transpose(grey), noise)))


def _reach(grey: np.ndarray, noise: float) -> float:
    """The highest frequency along rows that carries detail, as a share of the highest there is.

    That is where the power of the slopes, which in sharp pictures is about even over frequencies
    (Field 1987), falls to `_FALL` of its top or into the noise.
    """
    height, width = grey.shape
    if width < 16:
        return 1.0
    window = np.hanning(width - 1).astype(np.float32)
    lines = grey[:: max(1, height // _LINES)].astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(np.diff(lines, axis=1) * window, axis=1))).mean(axis=0)[1:]
    bands = min(_BANDS, len(power))
    # The median of a band leaves out the peaks of JPEG's blocks and of dithering.
    curve = np.median(power[: len(power) // bands * bands].reshape(bands, -1), axis=1)
    at = np.arange(0.5, bands) / bands / 2  # cycles a pixel
    floor = _OVER_NOISE * noise**2 * np.square(2 * np.sin(np.pi * at)) * np.square(window).sum()
    curve = np.maximum(curve - floor, 0) / np.square(np.sinc(at))  # differences weaken the top
    if not curve.max() > 0:
        return 1.0 / bands
    return float((np.flatnonzero(curve >= _FALL * curve.max())[-1] + 1) / bands)


def noise_level(grey: np.ndarray) -> float:
    """The standard deviation of noise in grey levels, from the calmest quarter of the cells."""
    if min(grey.shape) < 3:
        return 0.0
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    bent = np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel))
    cells = [max(1, side // _CELL) for side in grey.shape]
    high, wide = (
        n * _CELL if n * _CELL <= side else side for n, side in zip(cells, grey.shape, strict=True)
    )
    calm = cv2.resize(bent[:high, :wide], cells[::-1], interpolation=cv2.INTER_AREA)
    calm = np.sort(calm.ravel())
    inside = calm[calm > 0]  # where nothing moves at all, nothing was measured
    if not inside.size:
        return 0.0
    return float(np.sqrt(np.pi / 2) / 6 * inside[: max(1, inside.size // 4)].mean())


def blocking(grey: np.ndarray) -> float:
    """How much steeper steps are on a grid of 8 px than beside it, 0 to 1: JPEG's blocks."""
    if min(grey.shape) < 32:
        return 0.0
    return float(np.sqrt(_grid(grey) * _grid(cv2.transpose(grey))))


def _grid(grey: np.ndarray) -> float:
    step = cv2.absdiff(grey[:, 1:], grey[:, :-1])
    beside = cv2.addWeighted(step[:, :-2], 0.5, step[:, 2:], 0.5, 0)
    above = np.minimum(cv2.subtract(step[:, 1:-1], beside), _STEP)  # never under 0
    means = above.mean(axis=0)
    phases = np.array([means[start::8].mean() for start in range(8)])
    highest = int(phases.argmax())
    others = np.delete(phases, highest)
    return float((phases[highest] - others.max()) / (phases[highest] + _SLIGHT))
