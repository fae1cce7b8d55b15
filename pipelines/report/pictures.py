"""Pictures of a corpus as small JPEGs inside the report."""

from __future__ import annotations

import base64
import io

from PIL import Image as PillowImage

from extractors.images import FORMATS
from pipelines.sharding import read_range
from pipelines.storage import Store
from schemas.sample import Image

THUMBNAIL_PX = 320


class Gone(Exception):
    """A picture that cannot be had: the message is the word to show in its place."""


def thumbnail(store: Store, images: list[dict], side_px: int = THUMBNAIL_PX) -> str:
    """The first picture, small, as an `<img>`; a word where it cannot be had."""
    try:
        return f'<img loading="lazy" alt="" src="{embedded(store, images, side_px)}">'
    except Gone as gone:
        return f'<span class="none">{gone}</span>'


def embedded(store: Store, images: list[dict], side_px: int = THUMBNAIL_PX) -> str:
    """The first picture, small, as a `data:` address. Raises `Gone`."""
    if not images:
        raise Gone("no picture")
    image = Image(**images[0])
    try:
        with store.opened(image.path) as file:
            data = read_range(file, image)
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
            picture.draft("RGB", (side_px, side_px))
            small = picture.convert("RGB")
            small.thumbnail((side_px, side_px))
            out = io.BytesIO()
            small.save(out, "JPEG", quality=72)
    except (OSError, ValueError):
        raise Gone("picture not here any more") from None
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"
