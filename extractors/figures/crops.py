"""Panels cut out of a stored picture, with as little loss as its format allows.

A PNG is cut without loss, in its own mode and palette. A JPEG is cut without loss where
libturbojpeg is there and the box, grown to the JPEG's block borders, takes in nothing more of
another panel; else its pixels are coded again at high quality.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image

from extractors.figures import jpegcrop
from extractors.figures.records import Box
from extractors.images import FORMATS

_JPEG_QUALITY = 95
_PNG_LEVEL = 4


class Crop(NamedTuple):
    """A panel as stored: `box` is what it really shows, `change` what was done to the pixels."""

    data: bytes
    format: str
    box: Box
    change: str


def crop(
    data: bytes,
    form: str,
    box: Box,
    others: Sequence[Box] = (),
    decoded: Image.Image | None = None,
) -> Crop:
    """Cut `box` out of a picture of format `jpg` or `png`; the crop has the same format.

    `others` are the boxes of the other panels; `decoded` is the picture where it is at hand.
    """
    if form == "jpg" and (found := _lossless_jpeg(data, box, others)):
        return found
    if decoded is None:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            image.load()
            decoded = image
    part = decoded.crop(box)
    out = io.BytesIO()
    profile = decoded.info.get("icc_profile")
    if form == "png":
        part.save(out, "PNG", compress_level=_PNG_LEVEL, icc_profile=profile)
        return Crop(out.getvalue(), "png", box, "cropped without loss")
    plain = part if part.mode in ("L", "RGB") else part.convert("RGB")
    plain.save(out, "JPEG", quality=_JPEG_QUALITY, subsampling=0, icc_profile=profile)
    return Crop(out.getvalue(), "jpg", box, f"cropped, coded again at quality {_JPEG_QUALITY}")


def way_of_cropping() -> str:
    """What decides on the bytes of a crop, for fingerprints: the machine has the library or not."""
    return "libturbojpeg" if jpegcrop.available() else "plain"


def _lossless_jpeg(data: bytes, box: Box, others: Sequence[Box]) -> Crop | None:
    if not jpegcrop.available():
        return None
    grown = jpegcrop.on_block_borders(data, box)
    if grown is None or any(_shared(grown, other) > _shared(box, other) for other in others):
        return None
    found = jpegcrop.cut(data, grown)
    return Crop(found, "jpg", grown, "cropped without loss") if found else None


def _shared(a: Box, b: Box) -> int:
    """Pixels in both boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(0, width) * max(0, height)
