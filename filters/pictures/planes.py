"""The arrays that the signals of a picture are measured on: small, 8 bits, never upscaled.

Tones, colours and text are measured on a copy of at most `SIDE` pixels a side; sharpness, noise and
compression on a window of the picture's own pixels, where it has most edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

SIDE = 800  # px, of the copy
WINDOW = 512  # px
_BLOCK = 8  # px, JPEG's: windows begin on its grid
_COLOURED = ("RGB", "RGBX", "CMYK", "YCbCr", "LAB", "HSV")
_DEEP = ("I", "F")


@dataclass(frozen=True, slots=True)
class Planes:
    """A picture as arrays of uint8.

    `rgb` is (h, w, 3), or None for a picture that has no colours; `grey` is (h, w); `window` is
    grey, the picture's own pixels, at most `WINDOW` a side; `width` and `height` are the picture's.
    """

    rgb: np.ndarray | None
    grey: np.ndarray
    window: np.ndarray
    width: int
    height: int


def planes(image: Image.Image) -> Planes:
    """The arrays of a decoded picture of any mode and size; transparent pixels become white."""
    width, height = image.size
    small = _pixels(_thinned(image))
    if max(small.shape) > SIDE:
        longer = max(small.shape)
        size = [max(1, round(side * SIDE / longer)) for side in (small.shape[1], small.shape[0])]
        small = cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)
    rgb = small if small.ndim == 3 else None
    grey = _grey(small)
    window = grey
    if max(width, height) > WINDOW:
        window = _grey(_pixels(image.crop(_busiest(grey, width, height))))
    return Planes(rgb, grey, window, width, height)


def _grey(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)


def _thinned(image: Image.Image) -> Image.Image:
    """A large picture with means of whole squares of pixels, one to two times `SIDE`."""
    step = max(image.size) // SIDE
    if step < 2:
        return image
    if image.mode in ("1", "P", "PA") or image.mode.startswith("I;"):
        image = Image.fromarray(_pixels(image))
    return image.reduce((min(step, image.size[0]), min(step, image.size[1])))


def _pixels(image: Image.Image) -> np.ndarray:
    """uint8 (h, w) for a picture without colours, else (h, w, 3)."""
    mode = image.mode
    if mode in ("L", "RGB"):
        return np.asarray(image)
    if mode in _DEEP or mode.startswith("I;"):
        return _eight_bits(np.asarray(image))
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return _on_white(image)
    return np.asarray(image.convert("RGB" if mode in (*_COLOURED, "P") else "L"))


def _on_white(image: Image.Image) -> np.ndarray:
    rgba = np.asarray(image.convert("RGBA"))
    colours, opaque = rgba[..., :3].astype(np.uint16), rgba[..., 3:].astype(np.uint16)
    return ((colours * opaque + 255 * (255 - opaque) + 127) // 255).astype(np.uint8)


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """Grey values as they are where they fit, else spread from the least to the greatest."""
    floats = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(floats.min()), float(floats.max())
    if low >= 0 and high <= 255:
        return floats.astype(np.uint8)
    return ((floats / 2 - low / 2) / max(high / 2 - low / 2, 1e-12) * 255).astype(np.uint8)


def _busiest(grey: np.ndarray, width: int, height: int) -> tuple[int, int, int, int]:
    """The window (x0, y0, x1, y1) of the picture with the most change in its small copy."""
    scale = max(1.0, max(width, height) / SIDE)
    change = cv2.absdiff(grey[1:, 1:], grey[:-1, :-1]) if min(grey.shape) > 1 else grey * 0
    sums = cv2.integral(change)  # a row and a column of zeros first
    high, wide = (min(side - 1, max(1, int(WINDOW / scale))) for side in sums.shape)
    found = sums[high:, wide:] - sums[:-high, wide:] - sums[high:, :-wide] + sums[:-high, :-wide]
    y, x = divmod(int(found.argmax()), found.shape[1])
    x0, y0 = _start(x * scale, width), _start(y * scale, height)
    return x0, y0, min(width, x0 + WINDOW), min(height, y0 + WINDOW)


def _start(place: float, side: int) -> int:
    return max(0, min(int(place), side - WINDOW)) // _BLOCK * _BLOCK
