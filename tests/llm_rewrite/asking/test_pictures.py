"""Pictures as data URIs: size, colour, what is not a picture, the same bytes every time."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from llm_rewrite.asking.pictures import BadPicture, data_uri


def _bytes(picture: Image.Image, form: str = "PNG", **more) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **more)
    return buffer.getvalue()


def _noise(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def shown(uri: str) -> Image.Image:
    """The picture in a data URI."""
    head, _, data = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    picture = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
    assert (picture.format, picture.mode) == ("JPEG", "RGB")
    return picture


@pytest.mark.parametrize(
    ("size", "side", "expected"),
    [
        ((1000, 500), 768, (768, 384)),
        ((500, 1000), 768, (384, 768)),
        ((1500, 1000), 300, (300, 200)),
        ((40, 30), 768, (40, 30)),  # never enlarged
        ((768, 768), 768, (768, 768)),
        ((4000, 3), 100, (100, 1)),
    ],
)
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_the_longer_side_is_at_most_what_was_asked(size, side, expected, form) -> None:
    uri = data_uri(_bytes(_noise(*size), form), side, 90)
    assert shown(uri).size == expected
    assert uri == data_uri(_bytes(_noise(*size), form), side, 90)


def test_quality_is_what_was_asked() -> None:
    picture = _bytes(_noise(200, 200))
    assert len(data_uri(picture, 768, 95)) > 1.5 * len(data_uri(picture, 768, 50))


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (Image.new("L", (50, 50), 100), (100, 100, 100)),
        (Image.new("RGBA", (50, 50), (200, 0, 0, 0)), (255, 255, 255)),
        (Image.new("RGBA", (50, 50), (200, 10, 30, 255)), (200, 10, 30)),
        (Image.new("LA", (50, 50), (0, 0)), (255, 255, 255)),
        (Image.new("1", (50, 50), 1), (255, 255, 255)),
        (Image.fromarray(np.full((50, 50), 128 * 256, np.uint16)), (128, 128, 128)),
    ],
    ids=lambda value: getattr(value, "mode", ""),
)
def test_every_kind_of_png_keeps_its_colour(picture, expected) -> None:
    got = shown(data_uri(_bytes(picture), 768, 95)).getpixel((25, 25))
    assert np.abs(np.subtract(got, expected)).max() <= 3


def test_palettes_and_cmyk() -> None:
    red = Image.new("RGB", (50, 50), (220, 20, 20))
    for data in (_bytes(red.convert("P")), _bytes(red.convert("CMYK"), "JPEG", quality=95)):
        assert shown(data_uri(data, 768, 95)).getpixel((25, 25))[0] > 190
    flat = red.quantize(2)
    clear = _bytes(flat, transparency=flat.getpixel((0, 0)))
    assert shown(data_uri(clear, 768, 95)).getpixel((25, 25)) == (255, 255, 255)


def test_no_mark_of_the_file_goes_out() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Patient Jane Roe"
    data = _bytes(_noise(60, 60), "JPEG", exif=exif, comment=b"Jane Roe, born 1950")
    assert b"Jane Roe" in data
    sent = base64.b64decode(data_uri(data, 768, 90).partition(",")[2])
    assert b"Jane Roe" not in sent


def test_what_is_no_picture_is_said_so() -> None:
    whole = _bytes(_noise(300, 300), "JPEG")
    gif = _bytes(Image.new("P", (5, 5)), "GIF")
    for data in (b"", b"x" * 500, gif, whole[:100], whole[: len(whole) // 2]):
        with pytest.raises(BadPicture, match=r"\w"):
            data_uri(data, 768, 90)


def test_a_picture_of_too_many_pixels_is_not_unfolded(monkeypatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # as others in the process do
    # the header says 60,000 x 60,000; the file is small
    data = bytearray(_bytes(Image.new("L", (60, 60))))
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    with pytest.raises(BadPicture, match="60000 x 60000 pixels are too many"):
        data_uri(bytes(data), 768, 90)


_JPEG = _bytes(_noise(64, 48), "JPEG")


@given(place=st.integers(0, len(_JPEG) - 1), value=st.binary(min_size=1, max_size=40))
@settings(max_examples=150, deadline=None)
def test_damaged_bytes_give_a_picture_or_one_error(place: int, value: bytes) -> None:
    data = _JPEG[:place] + value + _JPEG[place + len(value) :]
    with suppress(BadPicture):
        assert max(shown(data_uri(data, 32, 80)).size) <= 32
