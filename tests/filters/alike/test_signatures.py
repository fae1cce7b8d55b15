"""Picture signatures: near after small changes, turned from the bits alone, flat ones apart."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from filters.alike.signatures import NOT_COMPARABLE, TURNS, picture_signature, turned

_METHODS = {
    "mirror": Image.Transpose.FLIP_LEFT_RIGHT,
    "flip": Image.Transpose.FLIP_TOP_BOTTOM,
    "turn180": Image.Transpose.ROTATE_180,
    "transpose": Image.Transpose.TRANSPOSE,
    "turn270": Image.Transpose.ROTATE_270,
    "turn90": Image.Transpose.ROTATE_90,
    "transverse": Image.Transpose.TRANSVERSE,
}


def cloudy(seed: int, width: int = 300, height: int = 220) -> Image.Image:
    """A picture with content at all scales, as real ones have."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width))
    for cells in (3, 6, 12, 24):
        coarse = Image.fromarray(rng.normal(size=(cells, cells)).astype(np.float32) / cells)
        total += np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))
    low, high = total.min(), total.max()
    return Image.fromarray(((total - low) / (high - low) * 255).astype(np.uint8)).convert("RGB")


def bits_apart(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    return sum((x ^ y).bit_count() for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("how", _METHODS)
@pytest.mark.parametrize("size", [(300, 220), (129, 255), (64, 64)])
def test_the_hash_of_a_turned_picture_follows_from_the_bits(
    how: str, size: tuple[int, int]
) -> None:
    for seed in range(4):
        image = cloudy(seed, *size)
        own = np.array([picture_signature(image).hash], np.uint64)
        really = picture_signature(image.transpose(_METHODS[how])).hash
        assert bits_apart(tuple(turned(own, how)[0].tolist()), really) <= 6
        assert bits_apart(tuple(own[0].tolist()), really) > 60


def test_turning_twice_or_four_times_gives_the_hash_back() -> None:
    hashes = np.random.default_rng(0).integers(0, 2**64, (50, 4), dtype=np.uint64)
    for how in ("mirror", "flip", "turn180", "transpose", "transverse"):
        assert np.array_equal(turned(turned(hashes, how), how), hashes)
    assert np.array_equal(turned(turned(hashes, "turn90"), "turn270"), hashes)
    assert np.array_equal(turned(turned(hashes, "turn90"), "turn90"), turned(hashes, "turn180"))
    assert np.array_equal(turned(hashes, "as is"), hashes)
    assert len({turned(hashes[:1], how).tobytes() for how in TURNS}) == len(TURNS)


def test_small_changes_move_few_bits_and_other_pictures_are_far() -> None:
    for seed in range(5):
        image = cloudy(seed)
        own = picture_signature(image).hash
        out = io.BytesIO()
        image.resize((150, 110)).save(out, "JPEG", quality=50)
        assert bits_apart(own, picture_signature(Image.open(out)).hash) <= 12
        lettered = image.copy()
        ImageDraw.Draw(lettered).rectangle((0, 0, 18, 18), fill="white")
        assert bits_apart(own, picture_signature(lettered).hash) <= 32
        assert bits_apart(own, picture_signature(cloudy(seed + 100)).hash) > 60


def test_a_crop_is_near_to_one_of_the_crops_alone() -> None:
    image = cloudy(7, 400, 400)
    kept = picture_signature(image, 0.05)
    assert len(kept.crops) == 15
    for box in ((20, 0, 400, 400), (0, 0, 400, 380), (20, 20, 380, 380), (8, 12, 388, 396)):
        crop = picture_signature(image.crop(box)).hash
        assert min(bits_apart(crop, one) for one in kept.crops) <= 32
    assert picture_signature(image).crops == []
    assert picture_signature(image).hash == kept.hash


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "CMYK", "P", "I;16", "I", "F", "RGBA", "LA"])
def test_flat_pictures_are_not_comparable_in_any_mode(mode: str) -> None:
    assert picture_signature(Image.new(mode, (50, 40)), 0.05).hash == NOT_COMPARABLE
    assert picture_signature(Image.new(mode, (50, 40)), 0.05).crops == []


def test_pictures_of_lines_alone_are_not_comparable() -> None:
    stripes = Image.new("L", (256, 256), 0)
    for x in range(0, 256, 64):
        ImageDraw.Draw(stripes).rectangle((x, 0, x + 31, 255), fill=255)
    assert picture_signature(stripes).hash == NOT_COMPARABLE
    zero = np.zeros((1, 4), np.uint64)
    assert not any(turned(zero, how).any() for how in TURNS)


def test_modes_of_the_same_picture_agree() -> None:
    image = cloudy(3)
    own = picture_signature(image).hash
    grey = image.convert("L")
    wide = Image.fromarray(np.asarray(grey).astype(np.uint16) * 16)
    seen_through = image.convert("RGBA")
    for other in (grey, wide, seen_through, image.convert("CMYK"), grey.convert("F")):
        assert bits_apart(own, picture_signature(other).hash) <= 4


def test_what_is_transparent_is_white() -> None:
    image = cloudy(4).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    white = Image.new("RGBA", image.size, "white")
    on_paper = Image.alpha_composite(white, image).convert("RGB")
    assert picture_signature(image).hash == picture_signature(on_paper).hash


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 300), st.integers(1, 300), st.sampled_from(["L", "RGB", "F", "I"]), st.integers()
)
def test_any_size_gives_four_words(width: int, height: int, mode: str, seed: int) -> None:
    rng = np.random.default_rng(abs(seed))
    noise = Image.fromarray(rng.integers(0, 256, (height, width), dtype=np.uint8)).convert(mode)
    signature = picture_signature(noise, 0.05)
    assert len(signature.hash) == 4
    assert all(0 <= word < 2**64 for one in (signature.hash, *signature.crops) for word in one)


def test_values_that_are_no_numbers_do_no_harm() -> None:
    pixels = np.asarray(cloudy(5).convert("F")).copy()
    pixels[:5, :5] = np.nan
    pixels[10, 10] = np.inf
    assert any(picture_signature(Image.fromarray(pixels)).hash)
