"""Signatures of a picture: 256 bits that small changes hardly move, and those of its crops.

A bit is the sign of one low frequency of the cosine transform of the grey picture made square, as
in pHash (Zauner 2010, "Implementation and benchmarking of perceptual image hash functions"), with
two differences. Coefficients are compared with 0, not with their median: so the signature of the
mirrored or turned picture follows from the bits alone (`turned`), and neither brightness nor
contrast moves any. And the middle of the picture weighs more than its border: so letters in corners
and what a crop takes away hardly matter.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

BITS = 256
WORDS = 4
NOT_COMPARABLE = (0, 0, 0, 0)

# Sides of at least twice as many pixels are averaged to at least so many first.
_SIDE = 128
# The weight of a place x of 0 to 1 is 1 - this x cos(2 pi x), down and across.
_FOCUS = 0.8
# A picture of less contrast (standard deviation, of 255) has no content to compare.
_LEAST_CONTRAST = 2.0
# A bit counts where its frequency has this share of the picture's contrast; a signature needs so
# many, or pictures with a few lines would equal one another in all the bits that are nothing.
_LEAST_SHARE = 1e-4
_LEAST_BITS = 96
# What may be lacking at both ends of a side, as shares of `crop`; chosen by the benchmark so that
# few crops are near to most.
_LACKS = ((0.0, 0.0), (0.8, 0.1), (0.1, 0.8), (0.7, 0.7))
_WIDE_CROP = 0.05
_WIDE_LACKS = ((0.0, 0.0), *((a, b) for a in (0.1, 0.5, 0.9) for b in (0.1, 0.5, 0.9)))

Hash = tuple[int, int, int, int]


@dataclass(frozen=True)
class PictureSignature:
    """256 bits as four unsigned 64-bit numbers, most significant first, and those of crops.

    All zero: not comparable, for a flat picture has nothing to be recognised by.
    """

    hash: Hash
    crops: list[Hash] = field(default_factory=list)


def picture_signature(image: Image.Image, crop: float = 0.0) -> PictureSignature:
    """The signature of a decoded picture of any mode and size.

    `crop` is the share of each side (0 to 0.1) that another copy may lack: with it, signatures of
    15 crops (up to 0.05) or 99 crops of the picture are given too.
    """
    pixels, size = _small_grey(image)
    if pixels.std() < _LEAST_CONTRAST:
        return PictureSignature(NOT_COMPARABLE)
    down = _bases(pixels.shape[0], size[1], crop)
    across = _bases(pixels.shape[1], size[0], crop)
    table = _transformed(pixels, down, across)
    whole, *crops = _hashes(_signs(table))
    if not any(whole):
        return PictureSignature(NOT_COMPARABLE)
    return PictureSignature(whole, [h for h in crops if any(h)])


def _small_grey(image: Image.Image) -> tuple[np.ndarray, tuple[int, int]]:
    """Grey values (height, width) of 255 or of their own range, made fewer by averages of blocks,
    and of how many columns and rows of pixels of the picture."""
    if image.mode in ("RGBA", "LA", "La", "PA", "RGBa") or "transparency" in image.info:
        image = _on_white(image)
    if image.mode.startswith("I") or image.mode == "F":
        image = _stretched(image)
    elif image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    size = image.size
    factors = (max(1, size[0] // _SIDE), max(1, size[1] // _SIDE))
    small = image.reduce(factors) if factors != (1, 1) else image
    if small.mode == "RGB":
        small = small.convert("L")
    return np.asarray(small, dtype=np.float32), size


def _on_white(image: Image.Image) -> Image.Image:
    """As it is seen on paper."""
    seen = image.convert("RGBA")
    white = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(white, seen).convert("RGB")


def _stretched(image: Image.Image) -> Image.Image:
    """Of a picture of more than 8 bits, its own range made 0 to 255."""
    wide = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0.0, neginf=0.0)
    low, high = float(wide.min()), float(wide.max())
    scaled = (wide - low) * (255 / (high - low)) if high > low else np.zeros_like(wide)
    return Image.fromarray(scaled.astype(np.float32))


def _frequencies() -> np.ndarray:
    """(256, 2): the frequency (down, across) of each bit, low ones first.

    Bits 2k and 2k + 1 are (u, v) and (v, u), or two of the diagonal: a transposed picture has
    neighbouring bits exchanged.
    """
    order: list[tuple[int, int]] = []
    diagonal: list[tuple[int, int]] = []
    some = [(u, v) for v in range(1, 24) for u in range(v + 1)]
    for u, v in sorted(some, key=_radius):
        if u < v:
            order += [(u, v), (v, u)]
            continue
        diagonal.append((u, v))
        if len(diagonal) == 2:
            order += diagonal
            diagonal = []
    return np.array(order[:BITS])


def _radius(frequency: tuple[int, int]) -> tuple[int, int]:
    u, v = frequency
    return u * u + v * v, u


FREQUENCIES = _frequencies()
_TOP = int(FREQUENCIES.max()) + 1


def _focus() -> np.ndarray:
    """(frequencies, 2 more of them): from the cosine transform to that of the weighted picture.

    cos(2 pi x) cos(k pi x) is half of the cosines of k - 2 and k + 2.
    """
    matrix = np.zeros((_TOP, _TOP + 2), np.float32)
    for k in range(_TOP):
        matrix[k, k] += 1
        matrix[k, abs(k - 2)] -= _FOCUS / 2
        matrix[k, k + 2] -= _FOCUS / 2
    return matrix


_FOCUSED = _focus()


@functools.lru_cache(maxsize=256)
def _bases(blocks: int, pixels: int, crop: float) -> np.ndarray:
    """(parts, frequencies, blocks): the cosine transform of the whole side, of
    `pixels` averaged in blocks, and of its parts.

    Each block weighs the integral of the cosine over what of it lies in the part.
    """
    block = max(1, pixels // _SIDE)
    edges = np.minimum(np.arange(blocks + 1) * block, pixels) / pixels
    starts, ends = np.array(_parts(crop)).T[:, :, None, None]
    inside = np.clip((edges - starts) / (ends - starts), 0, 1)
    k = np.arange(_TOP + 2)[:, None]
    integral = np.where(k, np.sin(np.pi * k * inside) / (np.pi * np.maximum(k, 1)), inside)
    return np.diff(integral, axis=-1).astype(np.float32)


def _parts(crop: float) -> list[tuple[float, float]]:
    """Where the whole side begins and ends, then parts of it."""
    if not crop:
        return [(0.0, 1.0)]
    lacks = _LACKS if crop <= _WIDE_CROP else _WIDE_LACKS
    return [(a * crop, 1 - b * crop) for a, b in lacks]


def _transformed(pixels: np.ndarray, down: np.ndarray, across: np.ndarray) -> np.ndarray:
    """(crops, frequencies, frequencies): each part down with each across, the whole picture first.

    The mean is left out: weighted, it would be in other frequencies too.
    """
    # One small product after another: a large one wakes the threads of BLAS, which costs more.
    halves = [rows @ pixels for rows in down]
    table = np.stack([half @ columns.T for half in halves for columns in across])
    table[:, 0, 0] = 0
    return _FOCUSED @ table @ _FOCUSED.T


def _signs(table: np.ndarray) -> np.ndarray:
    """(..., 256) of -1, 0 and 1 from (..., frequencies, frequencies); 0 is next to nothing."""
    values = table[..., FREQUENCIES[:, 0], FREQUENCIES[:, 1]]
    scale = np.sqrt(np.square(values).sum(-1, keepdims=True))
    return np.where(np.abs(values) > _LEAST_SHARE * scale, np.sign(values), 0)


def _hashes(signs: np.ndarray) -> list[Hash]:
    """Four numbers for each row of (n, 256); `NOT_COMPARABLE` where too few bits say anything."""
    packed = np.ascontiguousarray(np.packbits(signs > 0, axis=-1))
    words = packed.view(">u8").astype(np.uint64)
    words[np.count_nonzero(signs, axis=-1) < _LEAST_BITS] = 0
    return [tuple(row) for row in words.tolist()]


# In this order a turn is 4 x transposed first + 2 x top and bottom exchanged + 1 x left and right.
TURNS = ("as is", "mirror", "flip", "turn180", "transpose", "turn270", "turn90", "transverse")


def _mask(chosen: np.ndarray) -> np.ndarray:
    """(4,) uint64 with the bits set that are chosen of (256,)."""
    return np.packbits(chosen).view(">u8").astype(np.uint64)


ODD_ACROSS = _mask(FREQUENCIES[:, 1] % 2 == 1)
ODD_DOWN = _mask(FREQUENCIES[:, 0] % 2 == 1)
ON_DIAGONAL = _mask(FREQUENCIES[:, 0] == FREQUENCIES[:, 1])
_FIRST_OF_TWO = np.uint64(0xAAAAAAAAAAAAAAAA)
_ONE = np.uint64(1)


def turned(hashes: np.ndarray, how: str) -> np.ndarray:
    """The hashes (n, 4) uint64 of the same pictures mirrored or turned.

    `how`: one of `TURNS`; `mirror` exchanges left and right, `flip` top and bottom, turns are
    counter-clockwise, `transverse` mirrors at the other diagonal. Hashes that are not comparable
    stay so.
    """
    turn = TURNS.index(how)
    out = transposed(hashes) if turn & 4 else hashes.copy()
    if turn & 1:
        out ^= ODD_ACROSS
    if turn & 2:
        out ^= ODD_DOWN
    out[~hashes.any(axis=1)] = 0
    return out


def transposed(words: np.ndarray) -> np.ndarray:
    """Words of hashes (..., 4) with rows and columns of the picture exchanged; or their first
    words alone, as (n, 1)."""
    fixed = ON_DIAGONAL[: words.shape[-1]]
    first, second = _FIRST_OF_TWO & ~fixed, ~_FIRST_OF_TWO & ~fixed
    return ((words & first) >> _ONE) | ((words & second) << _ONE) | (words & fixed)
