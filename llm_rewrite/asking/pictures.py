"""A picture as a data URI, in the size a model wants: the same bytes every time."""

from __future__ import annotations

import base64
import io

from PIL import Image, UnidentifiedImageError

_FORMATS = ("JPEG", "PNG")
_MOST_PIXELS = 179_000_000  # as Pillow's own limit, which others in the process may have taken off


class BadPicture(ValueError):
    """Bytes that are no picture, or one that cannot be read whole."""


def data_uri(data: bytes, longer_side: int, quality: int) -> str:
    """A JPEG or PNG as an RGB JPEG whose longer side is at most so many pixels; never enlarged.

    It is always encoded anew, so that no EXIF or other mark of the file goes to the server;
    transparent parts become white. Raises `BadPicture`.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            return _encoded(picture, longer_side, quality)
    except BadPicture:
        raise
    except UnidentifiedImageError:
        raise BadPicture("neither JPEG nor PNG") from None
    except Exception as error:  # a hostile file can raise anything out of Pillow's decoders
        raise BadPicture(f"{type(error).__name__}: {error}") from None


def _encoded(picture: Image.Image, longer_side: int, quality: int) -> str:
    width, height = picture.size
    if width * height > _MOST_PIXELS:
        raise BadPicture(f"{width} x {height} pixels are too many")
    shrunk = min(1.0, longer_side / max(width, height))
    size = max(1, round(width * shrunk)), max(1, round(height * shrunk))
    picture.draft("RGB", (2 * size[0], 2 * size[1]))  # large JPEGs decode at a part of their size
    whole = _rgb(picture)
    if whole.size != size:
        whole = whole.resize(size, Image.Resampling.LANCZOS)
    whole.info = {}  # else a comment of the file would be written again
    buffer = io.BytesIO()
    whole.save(buffer, "JPEG", quality=quality, subsampling=0)  # thin coloured marks stay
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16 bits of grey: convert() would clip, not scale
        picture = picture.point(lambda value: value / 256).convert("L")
    if picture.has_transparency_data:
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture.convert("RGBA"))
    return picture.convert("RGB")
