"""Pictures of every kind, whole and broken."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from extractors import images
from extractors.images import BadImage, Picture, load_picture
from filters.alike.hashes import phash


def _noise(width: int = 120, height: int = 90, mode: str = "RGB") -> Image.Image:
    bands = {"L": (), "RGB": (3,), "RGBA": (4,), "CMYK": (4,)}[mode]
    values = np.random.default_rng(7).integers(0, 255, (height, width, *bands), dtype=np.uint8)
    return Image.fromarray(values, mode=mode) if mode == "CMYK" else Image.fromarray(values)


def _bytes(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _load(data: bytes, max_side: int = 0) -> Picture:
    return load_picture(data, phash, max_side)


def _opened(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.data))


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGB"), ("PNG", "L")]
)
def test_plain_files_keep_their_bytes(kind: str, mode: str) -> None:
    data = _bytes(_noise(mode=mode), kind)
    picture = _load(data)
    assert picture.data == data
    assert picture.sha256 == hashlib.sha256(data).hexdigest()
    assert (picture.width, picture.height, picture.change) == (120, 90, "")
    assert picture.format == {"JPEG": "jpg", "PNG": "png"}[kind]


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "BMP"])
def test_other_formats_become_lossless_png(kind: str) -> None:
    data = _bytes(_noise(), kind, **({"lossless": True} if kind == "WEBP" else {}))
    picture = _load(data)
    assert picture.format == "png"
    assert picture.change.startswith(kind)
    before = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert np.array_equal(np.asarray(_opened(picture)), before)


def test_cmyk_becomes_rgb() -> None:
    picture = _load(_bytes(_noise(mode="CMYK"), "JPEG"))
    assert _opened(picture).mode == "RGB"
    assert picture.format == "jpg"


def test_transparency_lies_on_white() -> None:
    clear = Image.new("RGBA", (80, 80), (255, 0, 0, 0))
    picture = _load(_bytes(clear, "PNG"))
    assert _opened(picture).getpixel((5, 5)) == (255, 255, 255)


def test_palette_with_transparency_lies_on_white() -> None:
    clear = Image.new("P", (80, 80), 0)
    clear.putpalette([10, 20, 30] + [0] * 765)
    picture = _load(_bytes(clear, "PNG", transparency=0))
    assert _opened(picture).convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bits_use_the_range_that_is_there() -> None:
    ramp = (np.arange(100 * 100, dtype=np.uint16).reshape(100, 100) % 4096) + 1000
    picture = _load(_bytes(Image.fromarray(ramp), "PNG"))
    pixels = np.asarray(_opened(picture))
    assert (pixels.min(), pixels.max(), pixels.dtype) == (0, 255, np.uint8)
    assert "1000..5095" in picture.change


def test_float_tiff_with_nan() -> None:
    values = np.linspace(-1, 1, 6400, dtype=np.float32).reshape(80, 80)
    values[0, 0] = np.nan
    pixels = np.asarray(_opened(_load(_bytes(Image.fromarray(values), "TIFF"))))
    assert pixels.max() == 255


def test_the_first_page_of_several() -> None:
    pages = [Image.new("L", (60, 60), value) for value in (10, 200)]
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    picture = _load(out.getvalue())
    assert _opened(picture).getpixel((0, 0)) == 10
    assert "first of 2" in picture.change


def test_an_animation_gives_its_first_frame() -> None:
    frames = [Image.new("P", (60, 60), i) for i in range(3)]
    for frame in frames:
        frame.putpalette([0, 0, 0, 90, 90, 90, 250, 250, 250])
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    picture = _load(out.getvalue())
    assert _opened(picture).getpixel((0, 0)) == (0, 0, 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    upright = Image.new("RGB", (64, 32))
    upright.paste((255, 0, 0), (0, 0, 32, 16))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = _bytes(upright, "JPEG", exif=exif, quality=95)
    from PIL import ImageOps

    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    picture = _load(data)
    assert (picture.width, picture.height) == expected.size
    difference = np.abs(np.asarray(_opened(picture), int) - np.asarray(expected, int))
    assert difference.mean() < 3
    assert (picture.data == data) == (orientation == 1)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_max_side_shrinks_and_keeps_shape(kind: str) -> None:
    picture = _load(_bytes(_noise(900, 300), kind), max_side=256)
    assert (picture.width, picture.height) == (256, 86)
    assert _opened(picture).size == (256, 86)
    small = _bytes(_noise(200, 100), kind)
    assert _load(small, max_side=256).width == 200


def test_max_side_of_a_turned_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = _load(_bytes(_noise(800, 400), "JPEG", exif=exif), max_side=200)
    assert (picture.width, picture.height) == (100, 200)


def _png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "image_stub"),
        (b"abc", "image_stub"),
        (b"%PDF-1.4" + b" " * 100, "image_unreadable"),
        (b"<html><body>404 Not Found</body></html>" * 4, "image_unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>" + b" " * 100, "image_unreadable"),
        (_png_header(100_000, 100_000), "image_too_large"),
        (_png_header(0, 10), "image_unreadable"),
        (_png_header(100, 100), "image_broken"),
        (_bytes(_noise(), "JPEG")[:-2000], "image_broken"),
        (_bytes(_noise(), "PNG")[:-2000], "image_broken"),
        (_bytes(_noise(), "TIFF")[:900], "image_broken"),
    ],
)
def test_bad_pictures_say_what_is_wrong(data: bytes, reason: str) -> None:
    with pytest.raises(BadImage) as caught:
        _load(data)
    assert caught.value.reason in (reason, "image_unreadable", "image_broken")
    if reason in ("image_stub", "image_too_large"):
        assert caught.value.reason == reason


def test_a_bomb_is_refused_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 10_000)
    with pytest.raises(BadImage, match="at most 10,000"):
        _load(_bytes(_noise(101, 100), "PNG"))
    assert _load(_bytes(_noise(100, 100), "PNG")).width == 100


def test_a_file_of_too_many_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 1000)
    with pytest.raises(BadImage, match="at most 1,000"):
        _load(_bytes(_noise(), "PNG"))


def test_a_tiff_that_points_nowhere() -> None:
    out = io.BytesIO()
    _noise().save(out, "TIFF", tiffinfo=TiffImagePlugin.ImageFileDirectory_v2())
    data = bytearray(out.getvalue())
    data[4:8] = struct.pack("<I", 2**31)
    with pytest.raises(BadImage):
        _load(bytes(data))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP"]), st.data())
def test_mutated_files_load_or_are_refused(kind: str, data: st.DataObject) -> None:
    raw = bytearray(_bytes(_noise(64, 48), kind))
    for _ in range(data.draw(st.integers(1, 12))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    try:
        picture = _load(bytes(raw if cut < 40 else raw[:cut]))
    except BadImage as error:
        assert error.reason.startswith("image_")
    else:
        assert _opened(picture).size == (picture.width, picture.height)
