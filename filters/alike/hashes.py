"""Signatures of a picture: a perceptual hash of 64 bits.

The hash is pHash (Zauner 2010, "Implementation and benchmarking of perceptual image hash
functions"): signs of the low frequencies of the cosine transform of the 32 x 32 grey picture.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

_SIDE = 32
_LOW = 8


def _cosines() -> np.ndarray:
    """The first rows of the DCT-II matrix, (8, 32)."""
    k, n = np.mgrid[0:_LOW, 0:_SIDE]
    return np.cos(np.pi * k * (2 * n + 1) / (2 * _SIDE)).astype(np.float32)


_COSINES = _cosines()


def phash(image: Image.Image) -> int:
    """The 64-bit perceptual hash of a decoded picture of any mode and size."""
    grey = image if image.mode == "L" else image.convert("L")
    # Box averages are a good low-pass here and take a third of the time of a finer filter.
    small = grey.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    pixels = np.asarray(small, dtype=np.float32)
    low = (_COSINES @ pixels @ _COSINES.T).ravel()
    bits = low > np.partition(low[1:], 31)[31]
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def hamming(a: int, b: int) -> int:
    """The number of bits in which two hashes differ."""
    return (a ^ b).bit_count()


def bit_counts(numbers: np.ndarray) -> np.ndarray:
    """How many bits are set in each number of an array of uint64, of any shape."""
    if hasattr(np, "bitwise_count"):
        return np.asarray(np.bitwise_count(numbers))
    parts = np.ascontiguousarray(numbers).view(np.uint16).reshape(*numbers.shape, 4)  # NumPy 1
    return np.asarray(_BITS_OF[parts].sum(axis=-1, dtype=np.uint8))


_BITS_OF = np.array([number.bit_count() for number in range(2**16)], np.uint8)
