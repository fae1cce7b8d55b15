"""Other perceptual hashes, measured beside ours: pHash and dHash of 64 bits, PDQ of 256."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from filters.alike.hashes import phash

PeerHash = Callable[[Image.Image], list[int]]

# Name and the bits that may differ: what their users choose.
LIMITS: dict[str, tuple[int, ...]] = {"phash": (4, 8, 10), "dhash": (4, 8, 10), "pdq": (20, 31)}


def peers() -> dict[str, PeerHash]:
    """Those that can be computed here; PDQ needs the package pdqhash."""
    found: dict[str, PeerHash] = {"phash": lambda image: [phash(image)], "dhash": _dhash}
    try:
        import pdqhash  # type: ignore[import-not-found]
    except ImportError:
        return found

    def pdq(image: Image.Image) -> list[int]:
        bits, _ = pdqhash.compute(np.asarray(image.convert("RGB")))
        return np.packbits(bits).view(">u8").astype(np.uint64).tolist()

    return {**found, "pdq": pdq}


def _dhash(image: Image.Image) -> list[int]:
    """Whether each of 8 x 8 places is darker than the next (Krawetz 2013)."""
    grey = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    pixels = np.asarray(grey, dtype=np.int16)
    return np.packbits(pixels[:, 1:] > pixels[:, :-1]).view(">u8").astype(np.uint64).tolist()
