"""Pictures to squares, hostile ones too, and crops that stay inside."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from trainer.pictures import Look, crop_boxes, cropped, square

LOOK = Look(32, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), "squash")


def _encoded(image: Image.Image, form: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def _halves(width: int, height: int) -> Image.Image:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, width // 2 :] = 255
    return Image.fromarray(pixels)


def test_the_three_fits_show_what_they_say() -> None:
    wide = _encoded(_halves(200, 50))
    squashed = square(wide, 32, LOOK)
    assert squashed[:, :14].max() < 10
    assert squashed[:, 18:].min() > 245
    longest = square(wide, 32, Look(32, (), (), "longest", fill=128))
    assert (longest[:8] == 128).all()
    assert (longest[-8:] == 128).all()
    assert longest[16, 2].max() < 10
    assert longest[16, 29].min() > 245
    # The middle quarter of the width is all that the shortest side leaves.
    side = np.zeros((50, 200, 3), np.uint8)
    side[:, :70] = 255
    shortest = square(_encoded(Image.fromarray(side)), 32, Look(32, (), (), "shortest"))
    assert shortest.max() < 10


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "LA", "I;16"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    values = np.full((40, 40), 40_000, np.uint16)
    image = Image.fromarray(values) if mode == "I;16" else Image.new("L", (40, 40), 156)
    if mode not in ("L", "I;16"):
        image = image.convert(mode)
    found = square(_encoded(image), 32, LOOK)
    assert found.shape == (32, 32, 3)
    assert found.dtype == np.uint8
    if mode not in ("1",):
        assert abs(int(found.mean()) - 156) < 3


def test_a_large_jpeg_is_decoded_small_and_looks_the_same() -> None:
    ramp = np.tile(np.linspace(0, 255, 1600).astype(np.uint8), (1200, 1))
    found = square(_encoded(Image.fromarray(ramp), "JPEG"), 32, LOOK)
    assert np.abs(found[16, :, 0].astype(int) - np.linspace(4, 251, 32)).max() < 6


def _bomb() -> bytes:
    """A PNG that says it is 60,000 pixels wide and high."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"\xff\xd8\xff", _bomb(), _encoded(_halves(40, 40))[:60]]
)
def test_what_is_no_picture_is_a_value_error_of_one_line(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        square(data, 32, LOOK)
    assert "\n" not in str(error.value)


def test_other_formats_are_refused() -> None:
    with pytest.raises(ValueError, match=r"."):
        square(_encoded(_halves(40, 40), "BMP"), 32, LOOK)


@given(
    arrays.arrays(np.float64, (5, 4), elements=st.floats(0, 1, exclude_max=True)),
    st.floats(0.05, 1),
)
def test_crops_stay_inside_and_are_no_smaller_than_asked(draws: np.ndarray, least: float) -> None:
    boxes = crop_boxes(draws, least).astype(np.float64)
    scales, shifts = boxes[:, :2], boxes[:, 2:]
    assert (np.abs(shifts) + scales <= 1 + 1e-6).all()
    assert (scales.prod(axis=1) >= least * 0.7).all()  # where an aspect does not fit, less
    assert (scales <= 1).all()


def test_a_whole_crop_is_the_picture_and_a_quarter_is_a_quarter() -> None:
    pixels = torch.zeros(1, 36, 36, 3, dtype=torch.uint8)
    pixels[:, :, 18:] = 200
    whole = cropped(torch, pixels, torch.tensor([[1.0, 1.0, 0.0, 0.0]]), 36)
    torch.testing.assert_close(whole[0, 0], pixels[0, :, :, 0].float(), atol=0.01, rtol=0)
    right = cropped(torch, pixels, torch.tensor([[0.5, 0.5, 0.5, 0.0]]), 32)
    assert right.shape == (1, 3, 32, 32)
    assert float(right[0, 0, :, 1:].min()) > 199.9
