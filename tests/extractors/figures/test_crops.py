"""Crops show what their box says, and lose nothing where that is promised."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFilter

from extractors.figures import jpegcrop
from extractors.figures.crops import Crop, crop, way_of_cropping

SIZE = (211, 157)
needs_library = pytest.mark.skipif(not jpegcrop.available(), reason="no libturbojpeg here")


def scene(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    noise = np.random.default_rng(7).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    smooth = Image.fromarray(noise).filter(ImageFilter.GaussianBlur(1.5))
    if mode == "P":
        return smooth.quantize(37)
    return smooth.convert(mode)


def coded(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG" if form == "jpg" else "PNG", **options)  # type: ignore[arg-type]
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def region(data: bytes, box: tuple[int, int, int, int]) -> np.ndarray:
    return np.asarray(opened(data).crop(box))


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpegcrop, "_library", lambda: None)


BOXES = st.tuples(
    st.integers(0, SIZE[0] - 2), st.integers(0, SIZE[1] - 2), st.integers(1, 200), st.integers(1, 150)
).map(lambda b: (b[0], b[1], min(SIZE[0], b[0] + b[2]), min(SIZE[1], b[1] + b[3])))  # fmt: skip


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
@settings(max_examples=15, deadline=None)
@given(box=BOXES)
def test_a_png_keeps_pixels_mode_and_palette(mode: str, box: tuple[int, int, int, int]) -> None:
    data = coded(scene(mode), "png")
    found = crop(data, "png", box)
    image = opened(found.data)
    assert (found.format, found.box, found.change) == ("png", box, "cropped without loss")
    assert (image.mode, image.size) == (mode, (box[2] - box[0], box[3] - box[1]))
    assert np.array_equal(np.asarray(image), region(data, box))
    if mode == "P":
        assert image.getpalette() == opened(data).getpalette()


@needs_library
@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("L", {}),
        ("RGB", {"subsampling": 0}),
        ("RGB", {"subsampling": 0, "progressive": True}),
        ("RGB", {"keep_rgb": True}),
    ],
    ids=str,
)
@settings(max_examples=15, deadline=None)
@given(box=BOXES)
def test_a_jpeg_crop_has_the_very_pixels(
    mode: str, options: dict, box: tuple[int, int, int, int]
) -> None:
    data = coded(scene(mode), "jpg", quality=80, **options)
    found = crop(data, "jpg", box)
    assert found.change == "cropped without loss"
    assert _holds(found.box, box, 8)
    assert np.array_equal(np.asarray(opened(found.data)), region(data, found.box))


@needs_library
@pytest.mark.parametrize(("subsampling", "block"), [(1, (16, 8)), (2, (16, 16))])
@settings(max_examples=15, deadline=None)
@given(box=BOXES)
def test_a_jpeg_crop_with_coarse_colour(
    subsampling: int, block: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    """Brightness is the same everywhere; colour too, but for the rim, where a decoder that
    smooths colour would look at the next block."""
    data = coded(scene(), "jpg", quality=80, subsampling=subsampling)
    found = crop(data, "jpg", box)
    assert found.change == "cropped without loss"
    assert _holds(found.box, box, *block)
    assert np.array_equal(_brightness(found.data, None), _brightness(data, found.box))
    ours, theirs = np.asarray(opened(found.data)), region(data, found.box)
    assert np.array_equal(ours[2:-2, 2:-2], theirs[2:-2, 2:-2])


def _holds(outer: tuple, inner: tuple, across: int, down: int = 0) -> bool:
    x0, y0, x1, y1 = outer
    left, top = inner[0] - x0, inner[1] - y0
    return (
        (x1, y1) == inner[2:] and 0 <= left < across and 0 <= top < (down or across)
        and not x0 % across and not y0 % (down or across)
    )  # fmt: skip


def _brightness(data: bytes, box: tuple | None) -> np.ndarray:
    image = Image.open(io.BytesIO(data))
    image.draft("L", image.size)
    return np.asarray(image.crop(box) if box else image)


@needs_library
def test_a_box_does_not_grow_into_another_panel() -> None:
    data = coded(scene(), "jpg", quality=90, subsampling=2)
    box, left = (37, 0, 99, 80), (0, 0, 35, 80)
    found = crop(data, "jpg", box, [left])
    assert (found.box, found.change) == (box, "cropped, coded again at quality 95")
    assert crop(data, "jpg", box, [(0, 0, 32, 80)]).box == (32, 0, 99, 80)
    overlapping = [(0, 0, 60, 300)]  # what overlaps anyway may not overlap more
    assert crop(data, "jpg", box, overlapping).box == box
    assert crop(data, "jpg", (48, 3, 99, 80), [(40, 4, 60, 20)]).change == "cropped without loss"


@pytest.mark.usefixtures("without_library")
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_the_plain_way_is_near(mode: str) -> None:
    data = coded(scene(mode), "jpg", quality=85)
    box = (13, 17, 140, 120)
    found = crop(data, "jpg", box, [(0, 0, 13, 157)])
    assert found == Crop(found.data, "jpg", box, "cropped, coded again at quality 95")
    assert way_of_cropping() == "plain"
    ours = np.asarray(opened(found.data), dtype=int)
    theirs = np.asarray(opened(data).crop(box).convert("L" if mode == "L" else "RGB"), dtype=int)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).mean() < 2


@pytest.mark.usefixtures("without_library")
def test_a_picture_already_decoded_gives_the_same_bytes() -> None:
    for form, mode in (("jpg", "RGB"), ("png", "P")):
        data = coded(scene(mode), form)
        box = (5, 6, 70, 80)
        assert crop(data, form, box, decoded=opened(data)) == crop(data, form, box)


@pytest.mark.parametrize("library", ["with", "without"])
def test_the_colour_profile_is_kept(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if library == "without":
        monkeypatch.setattr(jpegcrop, "_library", lambda: None)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for form in ("jpg", "png"):
        data = coded(scene(), form, icc_profile=profile, exif=b"Exif\0\0MM\0*\0\0\0\10\0\0\0\0\0\0")
        found = opened(crop(data, form, (16, 16, 80, 80)).data)
        assert found.info["icc_profile"] == profile
        assert "exif" not in found.info


@needs_library
@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 400), st.booleans())
def test_damaged_jpegs_are_never_cut_wrongly(noise: bytes, place: int, short: bool) -> None:
    data = coded(scene(), "jpg")
    damaged = data[:place] + noise + (b"" if short else data[place + len(noise) :])
    grown = jpegcrop.on_block_borders(damaged, (20, 20, 60, 60))
    found = jpegcrop.cut(damaged, grown) if grown else None
    assert found is None or found[:2] == b"\xff\xd8"


def test_what_is_no_jpeg_has_no_blocks() -> None:
    for data in (
        b"",
        b"\xff\xd8",
        b"GIF89a" * 20,
        b"\xff\xd8\xff\xda\0\0",
        b"\xff\xd8\xff\xc0\0\2",
    ):
        assert jpegcrop.on_block_borders(data, (3, 3, 9, 9)) is None
