"""Picture files to what a corpus stores: safely decoded, unchanged wherever possible.

A JPEG or PNG that any trainer reads as it is keeps its bytes. All else (TIFF, GIF, WebP, CMYK,
16-bit, transparency, a rotation in EXIF) is decoded once and re-encoded, and `change` says so.
"""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from collections.abc import Callable

import msgspec
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP")
MAX_PIXELS = 120_000_000
MAX_BYTES = 256 * 2**20

_STUB_BYTES = 64
_ORIENTATION = 0x0112
_PASSED_MODES = {"JPEG": ("L", "RGB"), "PNG": ("1", "L", "RGB", "P")}
_JPEG_QUALITY = 95
_PNG_LEVEL = 4
_HASH_SIDE = 128

# Our own limit, checked before decoding, takes the place of Pillow's warning.
Image.MAX_IMAGE_PIXELS = None


class BadImage(ValueError):
    """A picture that cannot be used; `reason` is the drop reason, the message the detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Picture(msgspec.Struct, frozen=True):
    """A picture as stored: `data` is JPEG or PNG, sizes in pixels, `change` what was done to it."""

    data: bytes
    width: int
    height: int
    format: str
    sha256: str
    phash: int
    change: str = ""


def load_picture(
    data: bytes, signature: Callable[[Image.Image], int], max_side: int = 0
) -> Picture:
    """Decode, check, and re-encode only if needed; `max_side` in pixels shrinks, 0 does not.

    `signature` gives the perceptual hash of a decoded picture. Raises `BadImage`.
    """
    if len(data) < _STUB_BYTES:
        raise BadImage("image_stub", f"the file has {len(data)} bytes")
    if len(data) > MAX_BYTES:
        raise BadImage("image_too_large", f"{len(data):,} bytes; at most {MAX_BYTES:,} are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                _check_size(image)
                return _stored(image, data, signature, max_side)
    except BadImage:
        raise
    except UnidentifiedImageError:
        raise BadImage(
            "image_unreadable", f"no picture format we read{_looks_like(data)}"
        ) from None
    except MemoryError:
        raise BadImage("image_too_large", "it does not fit in memory") from None
    except Exception as error:  # Pillow's decoders raise nearly anything on hostile bytes.
        raise BadImage("image_broken", f"{type(error).__name__}: {error}"[:300]) from None


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise BadImage("image_broken", f"{width} x {height} pixels")
    if width * height > MAX_PIXELS:
        raise BadImage(
            "image_too_large", f"{width} x {height} pixels; at most {MAX_PIXELS:,} are decoded"
        )


def _stored(
    image: Image.Image, data: bytes, signature: Callable[[Image.Image], int], max_side: int
) -> Picture:
    width, height = image.size
    kind = image.format or ""
    frames = getattr(image, "n_frames", 1) if kind in ("GIF", "TIFF", "WEBP", "PNG") else 1
    orientation = image.getexif().get(_ORIENTATION, 1) if kind in ("JPEG", "TIFF", "PNG") else 1
    shrink = bool(max_side) and max(width, height) > max_side
    plain = (
        image.mode in _PASSED_MODES.get(kind, ())
        and orientation in (0, 1)
        and frames == 1
        and "transparency" not in image.info
        and not shrink
    )
    if plain:
        if kind == "JPEG":
            image.draft("L", (_HASH_SIDE, _HASH_SIDE))
        image.load()
        return _picture(data, width, height, "jpg" if kind == "JPEG" else "png", signature(image))
    changes = [f"{kind} {image.mode}"]
    if frames > 1:
        changes.append(f"first of {frames} frames")
    if shrink and kind == "JPEG":
        image.draft(None, (max_side, max_side))
    ready = _plain_pixels(image, changes)
    if orientation not in (0, 1):
        ready = ImageOps.exif_transpose(_with_orientation(ready, orientation))
        changes.append("turned upright")
    if shrink:
        scale = max_side / max(width, height)
        size = (math.ceil(width * scale), math.ceil(height * scale))
        if orientation in (5, 6, 7, 8):
            size = size[::-1]
        ready = ready.resize(size, Image.Resampling.LANCZOS)
        changes.append(f"from {width} x {height}")
    return _encoded(ready, "jpg" if kind == "JPEG" else "png", changes, signature)


def _with_orientation(image: Image.Image, orientation: int) -> Image.Image:
    image.getexif()[_ORIENTATION] = orientation
    return image


def _plain_pixels(image: Image.Image, changes: list[str]) -> Image.Image:
    """The first frame as 8-bit grey or RGB; transparency lies on white."""
    image.load()
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        return _eight_bit(image, changes)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", coloured.size, (255, 255, 255, 255))
        changes.append("on white")
        return Image.alpha_composite(white, coloured).convert("RGB")
    if image.mode in ("L", "RGB"):
        return image.copy()
    return image.convert("L" if image.mode == "1" else "RGB")


def _eight_bit(image: Image.Image, changes: list[str]) -> Image.Image:
    """Grey values of more than 8 bits, their range stretched to 0..255."""
    values = np.asarray(image).astype(np.float32)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    changes.append(f"grey {low:g}..{high:g} to 0..255")
    scaled = (values - low) * (255.0 / (high - low)) if high > low else np.zeros_like(values)
    return Image.fromarray(np.rint(scaled).astype(np.uint8))


def _encoded(
    image: Image.Image, form: str, changes: list[str], signature: Callable[[Image.Image], int]
) -> Picture:
    out = io.BytesIO()
    if form == "jpg":
        image.save(out, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    else:
        image.save(out, "PNG", compress_level=_PNG_LEVEL)
    changes.append(f"stored as {form}")
    width, height = image.size
    return _picture(out.getvalue(), width, height, form, signature(image), "; ".join(changes))


def _picture(
    data: bytes, width: int, height: int, form: str, signature: int, change: str = ""
) -> Picture:
    digest = hashlib.sha256(data).hexdigest()
    return Picture(data, width, height, form, digest, signature, change)


def _looks_like(data: bytes) -> str:
    """A word on what the bytes are, where their start tells."""
    start = data[:512].lstrip().lower()
    for mark, name in (
        (b"%pdf", "PDF"),
        (b"%!ps", "PostScript"),
        (b"<svg", "SVG"),
        (b"<?xml", "XML"),
    ):
        if start.startswith(mark):
            return f": it is {name}"
    if b"<html" in start or b"<!doctype" in start:
        return ": it is an HTML page"
    return ""
