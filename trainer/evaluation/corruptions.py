"""Changes of pictures that a scanner, a microscope or a file may make, in five severities.

In the manner of MedMNIST-C (Di Salvo et al. 2024, "MedMNIST-C: comprehensive benchmark and improved
classifier robustness by simulating realistic image corruptions"), itself after ImageNet-C
(Hendrycks and Dietterich 2019). One set of changes for all modalities; their own artefacts (air
bubbles, stains, black corners) are left out.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

Corruption = Callable[[np.ndarray, int, int], np.ndarray]
# One picture (side, side, 3) as float32 from 0 to 1, the strength, and where chance comes from.
_Change = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]

_Five = tuple[float, float, float, float, float]

SEVERITIES = (1, 2, 3, 4, 5)
_GREY = 0.01  # channels apart by less than this on average (JPEG) are one


@dataclass(frozen=True)
class Strength:
    """A strength for each severity, in pictures of 64 and of 224 pixels a side.

    Between these it follows the logarithm of the side; outside them it is that of the nearer one,
    but what is in pixels (`pixels`) grows on with pictures above 224.
    """

    unit: str
    at_64: _Five
    at_224: _Five | None = None  # the same as at 64
    pixels: bool = False

    def of(self, severity: int, side: int) -> float:
        small, large = (five[severity - 1] for five in (self.at_64, self.at_224 or self.at_64))
        share = float(np.clip(np.log(side / 64) / np.log(224 / 64), 0, 1))
        strength = small + share * (large - small)
        return strength * max(side / 224, 1) if self.pixels else strength


STRENGTHS: Mapping[str, Strength] = {
    "gaussian noise": Strength(
        "deviation, white is 1", (0.02, 0.04, 0.07, 0.11, 0.16), (0.04, 0.08, 0.12, 0.18, 0.26)
    ),
    "shot noise": Strength("photons of white", (300, 120, 60, 30, 15), (150, 60, 25, 12, 6)),
    "speckle noise": Strength(
        "deviation, the pixel is 1", (0.08, 0.15, 0.25, 0.35, 0.5), (0.12, 0.25, 0.4, 0.55, 0.75)
    ),
    "defocus": Strength("radius", (0.8, 1.1, 1.5, 2.0, 2.6), (2.0, 3.0, 4.5, 6.0, 8.0), True),
    "motion blur": Strength("length", (3, 4, 6, 8, 11), (8, 13, 19, 26, 36), True),
    "pixelate": Strength("block", (1.4, 1.8, 2.3, 3.0, 4.0), (3.0, 4.5, 6.5, 9.0, 13.0), True),
    "jpeg": Strength("quality", (50, 35, 22, 15, 10), (25, 18, 12, 8, 5)),
    "brightness up": Strength("factor", (1.06, 1.12, 1.2, 1.3, 1.45)),
    "brightness down": Strength("factor", (0.85, 0.7, 0.55, 0.4, 0.3)),
    "contrast down": Strength("factor", (0.8, 0.65, 0.5, 0.35, 0.22)),
    "gamma": Strength("exponent", (1.15, 1.35, 1.6, 2.0, 2.5)),
    "saturation": Strength("factor", (1.25, 1.5, 1.9, 2.4, 3.0)),
}


def _gaussian_noise(
    picture: np.ndarray, deviation: float, chance: np.random.Generator
) -> np.ndarray:
    return picture + deviation * _noise(picture, chance)


def _speckle_noise(
    picture: np.ndarray, deviation: float, chance: np.random.Generator
) -> np.ndarray:
    return picture * (1 + deviation * _noise(picture, chance))


def _shot_noise(picture: np.ndarray, photons: float, chance: np.random.Generator) -> np.ndarray:
    seen = picture.mean(axis=2, keepdims=True) if _is_grey(picture) else picture
    return np.broadcast_to(chance.poisson(seen * photons) / photons, picture.shape)


def _noise(picture: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Normal noise, the same in all channels of a grey picture: a scanner has but one."""
    channels = 1 if _is_grey(picture) else 3
    return chance.standard_normal((*picture.shape[:2], channels), np.float32)


def _is_grey(picture: np.ndarray) -> bool:
    apart = np.abs(picture[..., :2] - picture[..., 1:]).mean()
    return float(apart) < _GREY


def _defocus(picture: np.ndarray, radius: float, chance: np.random.Generator) -> np.ndarray:
    reach = int(np.ceil(radius)) + 1
    across = np.arange(-reach, reach + 1)
    distance = np.hypot(across[:, None], across[None])
    # A pixel that the rim cuts counts by about the share of it that lies inside.
    return _filtered(picture, np.clip(radius + 0.5 - distance, 0, 1))


def _motion_blur(picture: np.ndarray, length: float, chance: np.random.Generator) -> np.ndarray:
    reach = int(np.ceil(length / 2)) + 1
    angle = chance.uniform(0, np.pi)
    along, across = np.cos(angle), np.sin(angle)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    line = np.clip(length / 2 + 0.5 - np.abs(along * x + across * y), 0, 1)
    return _filtered(picture, line * np.clip(1 - np.abs(along * y - across * x), 0, 1))


def _filtered(picture: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101)


def _pixelate(picture: np.ndarray, block: float, chance: np.random.Generator) -> np.ndarray:
    side = picture.shape[0]
    cells = max(1, min(side, round(side / block)))
    small = cv2.resize(picture, (cells, cells), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_NEAREST)


def _jpeg(picture: np.ndarray, quality: float, chance: np.random.Generator) -> np.ndarray:
    pixels = cv2.cvtColor(_as_bytes(picture), cv2.COLOR_RGB2BGR)
    _, coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, round(quality)])
    decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
    return decoded[..., ::-1] / np.float32(255)


def _brightness(picture: np.ndarray, factor: float, chance: np.random.Generator) -> np.ndarray:
    return picture * factor


def _contrast(picture: np.ndarray, factor: float, chance: np.random.Generator) -> np.ndarray:
    middle = _grey(picture).mean()
    return middle + factor * (picture - middle)


def _gamma(picture: np.ndarray, exponent: float, chance: np.random.Generator) -> np.ndarray:
    return np.power(picture, exponent)


def _saturation(picture: np.ndarray, factor: float, chance: np.random.Generator) -> np.ndarray:
    """Stronger colours, as of a stain; a grey picture stays as it is."""
    grey = _grey(picture)[..., None]
    return grey + factor * (picture - grey)


def _grey(picture: np.ndarray) -> np.ndarray:
    return picture @ np.array([0.299, 0.587, 0.114], np.float32)


def _as_bytes(picture: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def _changed(
    change: _Change, name: str, pixels: np.ndarray, severity: int, seed: int
) -> np.ndarray:
    """The same pictures, changed: (N, side, side, 3) uint8 to the same, the given ones untouched.

    Chance comes from the seed and a picture's own bytes: neither its row nor the rows beside it
    matter. Raises ValueError for a severity that is not 1 to 5.
    """
    if severity not in SEVERITIES:
        raise ValueError(f"severity {severity}: must be 1 to 5")
    changed = np.empty_like(pixels)
    strength = STRENGTHS[name].of(severity, pixels.shape[1])

    def one(row: int) -> None:
        chance = np.random.default_rng([seed, zlib.crc32(pixels[row].tobytes())])
        picture = pixels[row].astype(np.float32) / 255
        changed[row] = _as_bytes(change(picture, strength, chance))

    with ThreadPoolExecutor() as threads:  # numpy and OpenCV let go of the interpreter
        for _ in threads.map(one, range(len(pixels))):
            pass
    return changed


_CHANGES: Mapping[str, _Change] = {
    "gaussian noise": _gaussian_noise,
    "shot noise": _shot_noise,
    "speckle noise": _speckle_noise,
    "defocus": _defocus,
    "motion blur": _motion_blur,
    "pixelate": _pixelate,
    "jpeg": _jpeg,
    "brightness up": _brightness,
    "brightness down": _brightness,
    "contrast down": _contrast,
    "gamma": _gamma,
    "saturation": _saturation,
}

# (pixels, severity, seed) to changed pixels.
CORRUPTIONS: Mapping[str, Corruption] = {
    name: partial(_changed, change, name) for name, change in _CHANGES.items()
}
