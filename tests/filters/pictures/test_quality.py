"""Signals of pictures: each says what it should on pictures whose truth is known."""

from __future__ import annotations

import io
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from extractors.rendered.charts import chart
from extractors.rendered.tissue import invented_picture
from filters.pictures.planes import SIDE, WINDOW, planes
from filters.pictures.quality import SCORES, image_scores
from filters.pictures.sharpness import detail_share, edge_width
from filters.pictures.text_density import text_share

MODES = ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16", "PA")


def scene(width: int = 400, height: int = 300, seed: int = 3) -> Image.Image:
    """Soft shapes of many colours with sharp edges, like a photograph."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    image = coarse.resize((width * 2, height * 2), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y = int(rng.integers(0, width * 2)), int(rng.integers(0, height * 2))
        r = int(rng.integers(8, 60))
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(rng.integers(0, 256, 3).tolist()))
    return image.resize((width, height), Image.Resampling.BOX)


def page(lines: int = 12, ink: int = 0, ground: int = 255, size: int = 14) -> Image.Image:
    image = Image.new("L", (480, 360), ground)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=size)
    for at in range(lines):
        draw.text((20, 10 + at * 28), "Survival of 214 patients by stage, months", ink, font=font)
    return image


def saved(image: Image.Image, quality: int) -> Image.Image:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=quality, subsampling=0)
    return Image.open(held)


def signal(image: Image.Image, name: str) -> float:
    return image_scores(image)[f"image_{name}"]


def test_names_and_their_order() -> None:
    assert tuple(image_scores(scene())) == SCORES
    assert all(name.startswith("image_") for name in SCORES)


def test_a_blank_picture() -> None:
    for tone in (0, 128, 255):
        found = image_scores(Image.new("RGB", (300, 200), (tone, tone, tone)))
        assert found["image_flat"] == 1
        assert found["image_border"] == 1
        assert found["image_contrast"] == 0
        assert found["image_blur"] == 1
        assert found["image_text"] == 0
        assert found["image_noise"] == 0


def test_size_and_shape_are_those_of_the_picture_not_of_its_copy() -> None:
    found = image_scores(Image.new("L", (3000, 1500)))
    assert found["image_megapixels"] == 4.5
    assert found["image_aspect"] == 2
    assert signal(Image.new("L", (10, 40)), "aspect") == 4


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0])
def test_the_width_of_edges_is_the_blur_that_was_planted(sigma: float) -> None:
    edges = Image.new("L", (400, 300), 40)
    ImageDraw.Draw(edges).rectangle((100, 80, 300, 220), fill=200)
    width = edge_width(np.asarray(edges.filter(ImageFilter.GaussianBlur(sigma))))
    assert width == pytest.approx(sigma, rel=0.25)


def test_blur_does_not_depend_on_size_or_contrast() -> None:
    small, large = scene(300, 200), scene(1500, 1000, seed=3)
    for sigma in (1, 2, 4):
        blurs = [signal(i.filter(ImageFilter.GaussianBlur(sigma)), "blur") for i in (small, large)]
        assert abs(blurs[0] - blurs[1]) < 0.15
    faint = scene().point(lambda v: 100 + v // 5)
    assert abs(signal(faint, "blur") - signal(scene(), "blur")) < 0.15


def test_blur_rises_and_detail_falls_with_each_planted_blur() -> None:
    found = [image_scores(scene().filter(ImageFilter.GaussianBlur(s))) for s in (0.01, 1, 2, 4)]
    blurs, details = ([f[name] for f in found] for name in ("image_blur", "image_detail"))
    assert blurs == sorted(blurs)
    assert blurs[0] < 0.3 < 0.75 < blurs[2]
    assert details == sorted(details, reverse=True)
    assert details[3] < 0.3 * details[0]


@pytest.mark.parametrize("times", [2, 4])
def test_enlarging_adds_no_detail(times: int) -> None:
    image = scene(300, 240)
    large = image.resize((300 * times, 240 * times), Image.Resampling.BICUBIC)
    assert signal(large, "detail") < 1.9 * signal(image, "detail")
    assert detail_share(planes(large).window) < 2 / times


def test_noise_is_measured_in_grey_levels() -> None:
    rng = np.random.default_rng(1)
    ramp = np.linspace(60, 180, 400)[None].repeat(400, 0)
    for sigma in (2, 5, 10):
        noisy = Image.fromarray((ramp + rng.normal(0, sigma, ramp.shape)).astype(np.uint8))
        assert signal(noisy, "noise") == pytest.approx(sigma, rel=0.25)


def test_blocks_of_jpeg_stand_out_by_quality_also_where_the_grid_is_shifted() -> None:
    image = scene()
    found = [signal(saved(image, q), "jpeg_blocking") for q in (95, 50, 20, 5)]
    assert found == sorted(found)
    assert found[0] < 0.1
    assert found[3] > 0.4
    shifted = saved(image, 5).crop((3, 5, 403, 305))
    assert signal(shifted, "jpeg_blocking") > 0.4


def test_a_ruled_grid_of_eight_pixels_is_no_jpeg() -> None:
    pixels = np.full((300, 400), 255, np.uint8)
    pixels[::24] = pixels[:, ::24] = 0
    assert signal(Image.fromarray(pixels), "jpeg_blocking") < 0.6


def test_margins_are_measured_on_each_side() -> None:
    image = Image.new("RGB", (500, 400), "white")
    image.paste(scene(300, 200), (50, 150))
    assert signal(image, "border") == pytest.approx(1 - 300 * 200 / (500 * 400), abs=0.02)
    two_toned = Image.new("L", (400, 300), 0)
    two_toned.paste(255, (0, 150, 400, 300))
    two_toned.paste(scene(400, 100).convert("L"), (0, 100))
    assert signal(two_toned, "border") == pytest.approx(2 / 3, abs=0.05)
    assert signal(scene(), "border") < 0.05


def test_grey_is_the_share_without_colour() -> None:
    assert signal(scene().convert("L"), "grey") == 1
    assert signal(scene().convert("L").convert("RGB"), "grey") == 1
    half = Image.new("RGB", (400, 300), (120, 120, 120))
    half.paste((200, 40, 40), (0, 0, 200, 300))
    assert signal(half, "grey") == pytest.approx(0.5, abs=0.01)


def test_text_is_found_dark_on_light_and_light_on_dark_and_nowhere_else() -> None:
    dark, light = page(), page(ink=255, ground=0)
    assert signal(dark, "text") > 0.15
    assert signal(light, "text") == pytest.approx(signal(dark, "text"), rel=0.3)
    assert signal(page(lines=3), "text") == pytest.approx(signal(dark, "text") / 4, rel=0.2)
    assert signal(scene(), "text") < 0.005
    rng = np.random.default_rng(2)
    grain = Image.fromarray(rng.integers(0, 256, (300, 400), dtype=np.uint8))
    assert signal(grain, "text") < 0.02


def test_dots_and_ticks_in_a_row_are_no_text() -> None:
    ticks = np.full((200, 400), 255, np.uint8)
    for x in range(20, 380, 16):
        ticks[100:110, x : x + 2] = 0
    assert text_share(ticks) == 0


def test_drawn_and_taken_are_told_apart() -> None:
    assert signal(page(), "chart") > 0.8
    assert signal(scene(), "chart") < 0.2
    bars = Image.new("RGB", (500, 400), "white")
    draw = ImageDraw.Draw(bars)
    draw.line((60, 30, 60, 350, 470, 350), fill="black", width=2)
    for at, high in enumerate((200, 120, 260)):
        draw.rectangle((100 + at * 120, 350 - high, 170 + at * 120, 350), fill=(40, 90, 200))
    assert signal(bars, "chart") > 0.8
    assert signal(scene().convert("L"), "chart") < 0.3


def test_rendered_charts_and_invented_micrographs_are_told_apart() -> None:
    charts = [chart(random.Random(seed), 480, 360, (255, 255, 255)) for seed in range(12)]
    assert sum(signal(image, "chart") >= 0.5 for image in charts) >= 11
    taken = [invented_picture(np.random.default_rng(seed), 480, 360) for seed in range(12)]
    assert sum(signal(image, "chart") < 0.5 for image in taken) >= 11


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(1, 1), (1, 90), (2, 3), (37, 41), (1700, 9), (900, 1300)])
def test_any_mode_and_size(mode: str, size: tuple[int, int]) -> None:
    grey = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (256, 1))).resize(size)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 100)
    elif mode == "LAB":
        image = Image.merge("LAB", (grey, grey, grey))
    elif mode in ("PA", "HSV", "CMYK"):
        image = (
            grey.convert("RGB").convert(mode) if mode != "PA" else grey.convert("LA").convert("PA")
        )
    else:
        image = grey.convert(mode)
    before = image.tobytes()
    found = image_scores(image)
    assert all(math.isfinite(v) for v in found.values())
    assert image.tobytes() == before
    assert found == image_scores(image)


def test_values_that_are_no_numbers_or_deep() -> None:
    values = np.linspace(-1e30, 1e30, 400, dtype=np.float32).reshape(20, 20)
    values[0, 0], values[1, 1] = np.nan, np.inf
    assert all(math.isfinite(v) for v in image_scores(Image.fromarray(values)).values())
    deep = Image.fromarray((np.asarray(scene().convert("L")).astype(np.uint16) + 200) * 16)
    assert signal(deep, "contrast") > 0.5 * signal(scene(), "contrast")


def test_what_is_transparent_is_white() -> None:
    clear = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    clear.paste((200, 30, 30, 255), (100, 50, 200, 150))
    assert signal(clear, "flat") == pytest.approx(1 - 1e4 / 6e4, abs=0.01)
    assert planes(clear).grey[0, 0] == 255


def test_a_huge_picture_is_looked_at_where_it_has_edges() -> None:
    huge = Image.new("L", (10_000, 8_000), 200)
    huge.paste(scene(400, 300).convert("L"), (9_000, 7_000))
    plane = planes(huge)
    assert max(plane.grey.shape) == SIDE
    assert plane.window.shape == (WINDOW, WINDOW)
    assert plane.window.std() > 20
    assert image_scores(huge)["image_blur"] < 0.5


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["L", "RGB", "RGBA", "P", "1", "LA", "CMYK"]),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 2**31),
)
def test_hostile_pixels(mode: str, width: int, height: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    blank = Image.new(mode, (width, height))
    noise = rng.integers(0, 256, len(blank.tobytes()), dtype=np.uint8).tobytes()
    found = image_scores(Image.frombytes(mode, (width, height), noise))
    assert all(math.isfinite(v) for v in found.values())
    for name in ("flat", "contrast", "border", "grey", "blur", "jpeg_blocking", "text", "chart"):
        assert 0 <= found[f"image_{name}"] <= 1, name
