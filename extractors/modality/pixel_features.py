"""Hand-made numbers that tell kinds of pictures apart: colour, layout, texture, lines, blobs.

In: RGB pixels, (height, width, 3) uint8. Out: (FEATURES,) float32. Nothing here is learnt. What is
measured follows the non-neural entries of ImageCLEF's figure classification (Garcia Seco de
Herrera et al. 2016: colour and edge histograms, texture) with local binary patterns (Ojala et al.
2002) and radial power spectra.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

SIDE_PX = 256  # the longer side that everything is measured at
_LEAST_PX = 16
_GRID = 6
_RINGS = 8


def pixel_features(rgb: np.ndarray) -> np.ndarray:
    """All features of one picture of any size, (FEATURES,) float32; the same for the same pixels."""
    height, width = rgb.shape[:2]
    small = shrunk(rgb)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    parts = (
        [np.clip(np.log(width / height), -3, 3)],
        _colours(small),
        _tones(grey),
        _flatness(small, grey),
        _places(small, grey),
        _rings(grey),
        _gradients(grey),
        _spectrum(grey),
        _patterns(grey),
        _blobs(grey),
        _inks(grey),
        _mirrors(grey),
    )
    return np.nan_to_num(_joined(*parts))


def _joined(*parts: ArrayLike) -> np.ndarray:
    """One row of numbers, float32."""
    return np.concatenate([np.asarray(part, np.float32).ravel() for part in parts])


def shrunk(rgb: np.ndarray, side_px: int = SIDE_PX) -> np.ndarray:
    """The picture with its longer side at `side_px`; the shorter has at least 16 pixels."""
    height, width = rgb.shape[:2]
    scale = side_px / max(height, width)
    size = (max(_LEAST_PX, round(width * scale)), max(_LEAST_PX, round(height * scale)))
    if max(height, width) > 4 * side_px:  # area averaging of very large pictures is slow
        step = max(height, width) // (3 * side_px)
        rgb = np.ascontiguousarray(rgb[: max(1, height) : step, ::step])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(rgb, size, interpolation=way)


def _colours(rgb: np.ndarray) -> np.ndarray:
    """Saturation, hue, a coarse joint histogram, which channel rules, how channels go together."""
    red, green, blue = (rgb[..., k].ravel() for k in range(3))
    low = np.minimum(np.minimum(red, green), blue)
    chroma = np.maximum(np.maximum(red, green), blue) - low
    hue = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)[..., 0].ravel()
    hues = np.bincount(hue // 12, weights=chroma, minlength=15)[:15] / hue.size / 255
    reached = np.cumsum(np.bincount(chroma, minlength=256)) / chroma.size
    strong = 1 - reached[[6, 12, 25, 50, 90, 140]]
    level = (red >> 6) * 16 + (green >> 6) * 4 + (blue >> 6)
    joint = np.bincount(level, minlength=64) / hue.size
    rules = [
        np.mean(cv2.subtract(one, np.maximum(other, another)) > 40)
        for one, other, another in ((red, green, blue), (green, red, blue), (blue, red, green))
    ]
    sparse = [c[::3].astype(np.float32) for c in (red, green, blue, chroma)]
    value = (sparse[0] + sparse[1] + sparse[2]) / 3
    together = [_correlation(sparse[i], sparse[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    shares = np.searchsorted(reached, (0.25, 0.5, 0.75, 0.9, 0.97)) / 255
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).reshape(-1, 1, 3)
    mean, spread = cv2.meanStdDev(lab)
    tinted = lab[chroma > 12]
    stain = cv2.meanStdDev(tinted) if len(tinted) else (np.full((3, 1), 128.0), np.zeros((3, 1)))
    return _joined(
        np.sqrt(hues), strong, np.sqrt(joint), rules, together, shares,
        _correlation(sparse[3], value), low.mean() / 255, (mean - 128) / 64, spread / 64,
        (stain[0].ravel()[1:] - 128) / 64, stain[1].ravel()[1:] / 64,
    )  # fmt: skip


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's r; 0 where one of them hardly varies."""
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt(np.mean(a * a) * np.mean(b * b))
    return float(np.mean(a * b) / scale) if scale > 0.25 else 0.0


def _tones(grey: np.ndarray) -> np.ndarray:
    """Histogram of grey values, percentiles, entropy."""
    counts = np.bincount(grey.ravel(), minlength=256) / grey.size
    bins = counts.reshape(32, 8).sum(1)
    entropy = -np.sum(bins * np.log2(bins + 1e-9)) / 5
    marks = (
        np.searchsorted(np.cumsum(counts), (0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98))
        / 255
    )
    ends = [counts[:4].sum(), counts[:16].sum(), counts[240:].sum(), counts[252:].sum()]
    inner = np.sort(counts[8:248])[::-1]
    peaky = [inner[:3].sum(), inner[:10].sum()]
    return _joined(np.sqrt(bins), [entropy, grey.std() / 128], marks, ends, peaky)


def _flatness(rgb: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """Shares of equal neighbours and of the commonest colours; how many colours there are."""
    across = np.abs(np.diff(grey.astype(np.int16), axis=1))
    equal: list[float] = [float(np.mean(across <= limit)) for limit in (0, 1, 3, 8, 20)]
    middle = (grey[:, 1:] > 16) & (grey[:, 1:] < 240)
    equal += [float(np.mean(across[middle] <= n)) if middle.any() else 1.0 for n in (1, 4)]
    level = (rgb.reshape(-1, 3) >> 4).astype(np.int32)
    counts = np.sort(np.bincount(level @ np.array([256, 16, 1]), minlength=4096))[::-1]
    shares = np.cumsum(counts[:32]) / len(level)
    many = np.log1p(np.sum(counts > 2)) / 8
    return _joined(equal, shares[[0, 1, 3, 7, 15, 31]], [many])


def _places(rgb: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """Brightness, busyness and colour on a coarse grid, and along the four borders and corners."""
    busy = cv2.convertScaleAbs(cv2.Laplacian(grey, cv2.CV_16S))
    red, green, blue = (rgb[..., k] for k in range(3))
    colour = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    grids = [cv2.resize(x, (_GRID, _GRID), interpolation=cv2.INTER_AREA) / 255.0
             for x in (grey, busy, colour)]  # fmt: skip
    edge = max(2, min(grey.shape) // 24)
    sides = (grey[:edge], grey[-edge:], grey[:, :edge], grey[:, -edge:])
    rims = [
        f for s in sides for f in (s.mean() / 255, s.std() / 128, np.mean(s > 245), np.mean(s < 12))
    ]
    k = max(4, min(grey.shape) // 8)
    corners = (grey[:k, :k], grey[:k, -k:], grey[-k:, :k], grey[-k:, -k:])
    dark = sorted(float(np.mean(c < 16)) for c in corners)
    light = sorted(float(np.mean(c > 245)) for c in corners)
    ink = grey < 235
    return _joined(*grids, rims, dark, light, ink.any(0).mean(), ink.any(1).mean())


def _rings(grey: np.ndarray) -> np.ndarray:
    """Brightness by distance from the centre (of the inscribed ellipse): apertures, bodies, sectors."""
    square = cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    y, x = (np.mgrid[:64, :64] - 31.5) / 32
    ring = np.minimum((np.hypot(x, y) * _RINGS / 1.42).astype(int), _RINGS - 1)
    counts = np.bincount(ring.ravel(), minlength=_RINGS)
    mean = np.bincount(ring.ravel(), square.ravel(), minlength=_RINGS) / counts
    second = np.bincount(ring.ravel(), square.ravel() ** 2, minlength=_RINGS) / counts
    rows = (square > 0.06).mean(1).reshape(8, 8).mean(1)
    columns = (square > 0.06).mean(0).reshape(8, 8).mean(1)
    return _joined(mean, np.sqrt(np.maximum(second - mean**2, 0)), rows, columns)


def _gradients(grey: np.ndarray) -> np.ndarray:
    """Strength and direction of edges at two scales."""
    found = []
    for scale in (1, 2):
        plane = grey if scale == 1 else cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=3)
        gx, gy = cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1)
        size = cv2.magnitude(gx, gy).ravel()
        turn = (np.arctan2(gy, gx).ravel() / np.pi * 12 + 12.5).astype(int) % 12
        ways = np.bincount(turn, size, minlength=12)
        ways = ways / max(ways.sum(), 1e-6)
        marks = np.log1p(np.percentile(size[::3], (25, 50, 75, 90, 97))) / 7
        dense = [np.mean(size > limit) for limit in (20, 60, 150, 400)]
        found += [
            ways,
            marks,
            dense,
            [ways.max(), ways[0] + ways[6], -np.sum(ways * np.log(ways + 1e-9)) / 2.5],
        ]
    return _joined(*found)


def _spectrum(grey: np.ndarray) -> np.ndarray:
    """Log power by frequency (12 bands), its slope, and the share along the two axes."""
    plane = cv2.resize(grey, (128, 128), interpolation=cv2.INTER_AREA).astype(np.float32)
    window = np.hanning(128).astype(np.float32)
    power = np.abs(np.fft.rfft2((plane - plane.mean()) * window[:, None] * window)) ** 2
    fy, fx = np.fft.fftfreq(128)[:, None] * 128, np.arange(65)[None]
    band = np.minimum(np.hypot(fy, fx) / 64 * 12, 11.99).astype(int)
    bands = np.bincount(band.ravel(), power.ravel(), minlength=12) / np.bincount(band.ravel())
    total = max(float(power.sum()), 1e-6)
    logs = np.log10(bands / 1e4 + 1e-4)
    axes = [power[:2].sum() / total, power[-1:].sum() / total, power[:, :2].sum() / total]
    return _joined(logs, [logs[1] - logs[6], logs[6] - logs[11]], axes)


def _patterns(grey: np.ndarray) -> np.ndarray:
    """Rotation-invariant uniform local binary patterns and local contrast at three scales."""
    found = []
    for scale in (1, 2, 4):
        plane = grey if scale == 1 else cv2.resize(
            grey, (max(8, grey.shape[1] // scale), max(8, grey.shape[0] // scale)),
            interpolation=cv2.INTER_AREA)  # fmt: skip
        found.append(_binary_patterns(plane.astype(np.int16)))
        values = plane.astype(np.float32)
        mean = cv2.blur(values, (5, 5))
        spread = np.sqrt(np.maximum(cv2.blur(values * values, (5, 5)) - mean * mean, 0))
        counts = np.histogram(spread, (-1, 0.5, 1.5, 3, 6, 12, 24, 48, 200))[0] / spread.size
        mean, spread = mean[::2, ::2], spread[::2, ::2]
        lit = mean > 24
        share = np.median(spread[lit] / mean[lit]) if lit.any() else 0.0  # speckle: about constant
        found.append(_joined(np.sqrt(counts), [share]))
    return _joined(*found)


def _binary_patterns(plane: np.ndarray) -> np.ndarray:
    """Shares of the 10 rotation-invariant uniform patterns, and of flat places."""
    centre = plane[1:-1, 1:-1]
    h, w = plane.shape
    around = [plane[1 + dy : h - 1 + dy, 1 + dx : w - 1 + dx] for dy, dx in
              ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))]  # fmt: skip
    bits = [(a > centre).view(np.int8) for a in around]
    ones = np.sum(bits, axis=0, dtype=np.int8)
    turns = np.sum([bits[k] != bits[k - 1] for k in range(8)], axis=0, dtype=np.int8)
    code = np.where(turns <= 2, ones, 9)
    flat = np.max(around, axis=0) - np.min(around, axis=0) <= 2
    counts = np.bincount(code[~flat].ravel(), minlength=10)[:10]
    return _joined(np.sqrt(counts / max(counts.sum(), 1)), [flat.mean()])


def _blobs(grey: np.ndarray) -> np.ndarray:
    """Differences of Gaussians at four scales: how strong, how lopsided, how peaked."""
    found = []
    values = grey.astype(np.float32)
    last: np.ndarray = values
    for sigma in (1.0, 2.0, 4.0, 8.0):
        smooth = cv2.GaussianBlur(values, (0, 0), sigma)
        band = last - smooth
        last = smooth
        spread = max(float(band.std()), 0.5)
        unit = (band - band.mean()) / spread
        squared = unit * unit
        found.append([np.log1p(spread) / 4, np.tanh(np.mean(squared * unit) / 4),
                      np.log1p(np.mean(squared * squared)) / 4,
                      np.mean(band > 6), np.mean(band < -6)])  # fmt: skip
    return np.asarray(found)


def _inks(grey: np.ndarray) -> np.ndarray:
    """Dark on light and light on dark: strokes, straight lines, and pieces by size (letters)."""
    found = []
    for plane in (grey, 255 - grey):
        ink = (plane < 128).view(np.uint8)
        lines = [cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8)).mean()
                 for shape in ((1, 25), (25, 1), (3, 3), (7, 7), (15, 15))]  # fmt: skip
        count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
        wide, tall, area = (stats[1:, k].astype(np.float32) for k in (2, 3, 4))
        sizes = np.histogram(np.maximum(wide, tall), (0, 3, 7, 13, 25, 60, 1000))[0]
        letters = (tall >= 3) & (tall <= 14) & (wide <= 18)
        alike = np.std(tall[letters]) if letters.sum() > 3 else 0.0
        round_ = np.median(area / (wide * tall)) if count > 1 else 0.0
        found += [ink.mean(), *lines, *(np.log1p(sizes) / 6), np.log1p(letters.sum()) / 6,
                  alike / 4, round_, area.max() / grey.size if count > 1 else 0.0]  # fmt: skip
    return np.asarray(found)


def _mirrors(grey: np.ndarray) -> np.ndarray:
    """How alike the halves are: left and right, top and bottom, and after half a turn."""
    plane = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    plane = (plane - plane.mean()) / max(float(plane.std()), 1.0)
    return np.array([np.mean(plane * other) for other in
                     (plane[:, ::-1], plane[::-1], plane[::-1, ::-1], plane.T)])  # fmt: skip


FEATURES = len(pixel_features(np.zeros((32, 32, 3), np.uint8)))
