"""Pictures of a corpus as small JPEGs inside the report."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

from PIL import Image as PillowImage

from extractors.images import FORMATS
from pipelines.report.hidden import Box, filled
from pipelines.sharding import read_range
from pipelines.storage import Store
from schemas.sample import Image

THUMBNAIL_PX = 320


class Gone(Exception):
    """A picture that cannot be had: the message is the word to show in its place."""


def thumbnail(
    store: Store, images: list[dict], side_px: int = THUMBNAIL_PX, marked: bool = False
) -> str:
    """The first picture, small, as an `<img>`; a word where it cannot be had.

    Boxes beside its place (`hide`) are filled; `marked`: so that one sees where they were.
    """
    try:
        return img(embedded(store, images, side_px, marked))
    except Gone as gone:
        return f'<span class="none">{gone}</span>'


def img(address: str) -> str:
    """An `<img>` of a `data:` address."""
    return f'<img loading="lazy" alt="" src="{address}">'


def embedded(
    store: Store, images: list[dict], side_px: int = THUMBNAIL_PX, marked: bool = False
) -> str:
    """The first picture, small, as a `data:` address. Raises `Gone`."""
    if not images:
        raise Gone("no picture")
    place = dict(images[0])
    hide = place.pop("hide", ())
    image = Image(**place)
    try:
        with store.opened(image.path) as file:
            data = read_range(file, image)
        return small_jpeg(data, side_px, hide, marked)
    except (OSError, ValueError):
        raise Gone("picture not here any more") from None


def small_jpeg(data: bytes, side_px: int, hide: Sequence[Box] = (), marked: bool = False) -> str:
    """A picture file as a small JPEG, as a `data:` address. Raises OSError or ValueError."""
    with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
        size = picture.size
        picture.draft("RGB", (side_px, side_px))
        small = picture.convert("RGB")
    small.thumbnail((side_px, side_px))
    out = io.BytesIO()
    filled(small, hide, size, marked).save(out, "JPEG", quality=72)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"
