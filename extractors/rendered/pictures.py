"""Pictures to fill panels with: files of a folder, invented micrographs, or both."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from extractors.images import MAX_PIXELS
from extractors.rendered.tissue import invented_picture

_SUFFIXES = (".jpg", ".jpeg", ".png")
_SMALLEST_PX, _LARGEST_PX = 64, 640
_INVENTED_SHARE = 0.45


class BadPicture(ValueError):
    """A picture of the pool that cannot be decoded; the message names it."""


class Pictures:
    """A pool of pictures. `folder` is searched for JPEG and PNG; empty means invented ones only.

    `groups` are those of each folder in it; pictures of a group may stand in one figure.
    """

    def __init__(self, folder: str | Path = "") -> None:
        found = sorted(Path(folder).rglob("*")) if folder else []
        self.groups: dict[str, list[str]] = {}
        for path in found:
            if path.suffix.lower() in _SUFFIXES and path.is_file() and not _is_small(path):
                self.groups.setdefault(_group(path, Path(folder)), []).append(str(path))

    def series(self, rng: random.Random, count: int) -> list[Image.Image]:
        """1 to `count` pictures that could stand in one figure: of one group, alike in colour."""
        many = min(count, rng.choice((1, 2, 4, 8)))
        if not self.groups or rng.random() < _INVENTED_SHARE:
            noise = np.random.default_rng(rng.getrandbits(32))
            size = rng.randint(160, 420)
            return [invented_picture(noise, size, size) for _ in range(many)]
        group = self.groups[rng.choice(sorted(self.groups))]
        tint = _tint(rng)
        return [tint(_open(rng.choice(group))) for _ in range(many)]


def _is_small(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            return min(image.size) < _SMALLEST_PX
    except Exception:  # Pillow raises nearly anything on hostile bytes.
        return True


def _group(path: Path, folder: Path) -> str:
    """The first folder on the way to a picture; all that lie in none are one group."""
    *folders, _ = path.relative_to(folder).parts
    return folders[0] if folders else ""


@functools.lru_cache(maxsize=64)
def _open(path: str) -> Image.Image:
    """Raises `BadPicture`."""
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadPicture(f"{path}: {image.width} x {image.height} pixels are too many")
            image.draft("RGB", (_LARGEST_PX, _LARGEST_PX))
            picture = image.convert("RGB")
    except BadPicture:
        raise
    except Exception as error:  # As above.
        raise BadPicture(f"{path}: {error}") from None
    picture.thumbnail((_LARGEST_PX, _LARGEST_PX))
    return picture


def _tint(rng: random.Random) -> Callable[[Image.Image], Image.Image]:
    """A change of colour for all pictures of a figure; most often none."""
    u = rng.random()
    if u < 0.62:
        return lambda image: image
    if u < 0.74:
        return lambda image: image.convert("L").convert("RGB")
    if u < 0.80:
        return lambda image: ImageOps.invert(image.convert("L")).convert("RGB")
    black, white = rng.choice((("black", "lime"), ("black", "red"), ("black", "blue"),
                               ("black", "orange"), ("navy", "pink"), ("purple", "white")))  # fmt: skip
    return lambda image: ImageOps.colorize(image.convert("L"), black, white)


def cover(rng: random.Random, picture: Image.Image, width: int, height: int) -> Image.Image:
    """A random cut of the picture, scaled to fill `width` x `height`."""
    scale = max(width / picture.width, height / picture.height)
    if rng.random() < 0.5:
        scale *= rng.uniform(1.0, 1.8)
    w, h = min(picture.width, width / scale), min(picture.height, height / scale)
    x, y = rng.uniform(0, picture.width - w), rng.uniform(0, picture.height - h)
    if rng.random() < 0.3:
        x, y = (picture.width - w) / 2, (picture.height - h) / 2
    cut = picture.resize((width, height), Image.Resampling.BILINEAR, (x, y, x + w, y + h))
    return ImageOps.mirror(cut) if rng.random() < 0.3 else cut
