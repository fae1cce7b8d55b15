"""Burnt-in text: found where it is, told from markers, not seen in what is no text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from filters.pictures.burnt_in import MOST_PX, SCORES, burnt_in_text
from filters.pictures.burnt_in_lines import CELL, lines_of, text_maps

NAME = "DOE, JANE 12.03.1950"


def written(
    text=NAME, at=(30, 40), size_px=16, ground=(0, 0, 0), ink=(255, 255, 255), size=(640, 480)
):
    image = Image.new("RGB", size, ground)
    font = ImageFont.load_default(size_px)
    draw = ImageDraw.Draw(image)
    draw.text(at, text, fill=ink, font=font)
    return image, [round(v) for v in draw.textbbox(at, text, font=font)]


def speckle(height=480, width=640):
    noise = np.random.default_rng(1).rayleigh(30, (height, width))
    return np.clip(noise, 0, 255).astype(np.uint8)


def covers(boxes, line, share=0.6):
    x0, y0, x1, y1 = line
    seen = np.zeros((y1 - y0, x1 - x0), bool)
    for a, b, c, d in boxes:
        seen[max(0, b - y0) : max(0, d - y0), max(0, a - x0) : max(0, c - x0)] = True
    return seen.mean() >= share


@pytest.mark.parametrize("size_px", [10, 14, 20, 30, 60])
def test_a_name_is_found_and_its_box_lies_on_it(size_px):
    image, line = written(size_px=size_px, size=(900, 480))
    found = burnt_in_text(image)
    assert found.score >= 0.5
    assert covers(found.boxes, line)
    area = (line[2] - line[0]) * (line[3] - line[1]) / (900 * 480)
    assert area * 0.5 <= found.share <= area * 4


@pytest.mark.parametrize(
    ("ground", "ink"),
    [((0, 0, 0), (255, 255, 0)), ((20, 20, 20), (0, 255, 0)), ((255,) * 3, (0,) * 3),
     ((90, 90, 90), (160, 160, 160)), ((210, 150, 170), (30, 20, 60))],
)  # fmt: skip
def test_text_of_any_colour_is_found(ground, ink):
    image, line = written(ground=ground, ink=ink)
    found = burnt_in_text(image)
    assert found.score >= 0.5
    assert covers(found.boxes, line)


def test_text_on_speckle_is_found():
    image = Image.fromarray(speckle())
    ImageDraw.Draw(image).text((200, 200), NAME, fill=255, font=ImageFont.load_default(18))
    assert burnt_in_text(image).score >= 0.5


def test_turned_text_is_found():
    image, _ = written(size_px=18)
    assert burnt_in_text(image.transpose(Image.Transpose.ROTATE_90)).score >= 0.5


def test_lines_below_each_other_stay_apart():
    image = Image.new("L", (640, 480))
    for row in range(4):
        ImageDraw.Draw(image).text((10, 10 + 26 * row), NAME, fill=255,
                                   font=ImageFont.load_default(18))  # fmt: skip
    found = burnt_in_text(image)
    assert found.lines == len(found.boxes) == 4
    assert found.boxes == sorted(found.boxes, key=lambda box: box[1])


@pytest.mark.parametrize("letter", ["R", "a", "B"])
def test_a_marker_is_no_line(letter):
    image, _ = written(letter, size_px=26)
    found = burnt_in_text(image)
    assert found.score < 0.5
    assert found.boxes == []


def ruler():
    image = Image.new("L", (640, 480))
    for n, y in enumerate(range(20, 460, 10)):
        ImageDraw.Draw(image).line((600, y, 622 if n % 5 == 0 else 610, y), 230)
    return image


def grid():
    image = Image.new("L", (640, 480), 20)
    for at in range(0, 640, 32):
        ImageDraw.Draw(image).line((at, 0, at, 480), 200)
        ImageDraw.Draw(image).line((0, at, 640, at), 200)
    return image


def heart_trace():
    x = np.arange(640)
    y = 240 - 90 * (x % 80 < 3) + 4 * np.sin(x / 9)
    image = Image.new("L", (640, 480))
    ImageDraw.Draw(image).line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=255)
    return image


def slope():
    return Image.fromarray(np.tile(np.linspace(0, 255, 640, dtype=np.uint8), (480, 1)))


@pytest.mark.parametrize(
    "make", [ruler, grid, heart_trace, slope, lambda: Image.fromarray(speckle())]
)
def test_what_is_no_text(make):
    assert burnt_in_text(make()).score < 0.5


def test_boxes_are_in_pixels_of_the_given_picture():
    image, line = written(at=(2000, 1500), size_px=70, size=(MOST_PX * 2, MOST_PX + 400))
    found = burnt_in_text(image)
    assert covers(found.boxes, line)
    assert not covers(found.boxes, [100, 100, 700, 200], share=0.01)


def test_the_same_twice_and_as_numbers():
    image, _ = written()
    found = burnt_in_text(image)
    assert found == burnt_in_text(image.copy())
    scores = found.scores()
    assert tuple(scores) == SCORES
    assert scores["burnt_in_text"] == found.score
    assert scores["burnt_in_lines"] == found.lines
    assert scores["burnt_in_share"] == found.share


MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB",
         "HSV", "I", "F", "I;16", "I;16B")  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(1, 1), (3, 900), (17, 5), (333, 301), (1700, 40)])
def test_any_mode_and_size(mode, size):
    found = burnt_in_text(Image.new(mode, size))
    assert (found.score, found.boxes, found.share) == (0, [], 0)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "I", "F", "I;16"])
def test_text_is_found_in_any_mode(mode):
    image, _ = written(size_px=20)
    if mode == "I;16":
        values = np.asarray(image.convert("L")).astype(np.uint16) * 16  # 12 bits
        image = Image.fromarray(values)
    else:
        image = image.convert(mode)
    assert image.mode == mode
    assert burnt_in_text(image).score >= 0.5


def test_floats_that_are_no_numbers():
    values = np.zeros((64, 64), np.float32)
    values[::2], values[1::4], values[3, 3] = np.nan, np.inf, -np.inf
    assert burnt_in_text(Image.fromarray(values)).score < 0.5


def test_black_text_under_a_clear_ground_is_found():
    image = Image.new("RGBA", (640, 480), (0, 0, 0, 0))
    ImageDraw.Draw(image).text((30, 30), NAME, fill=(0, 0, 0, 255),
                               font=ImageFont.load_default(20))  # fmt: skip
    assert burnt_in_text(image).score >= 0.5


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 140), st.integers(1, 140), st.integers(0, 2**32 - 1), st.booleans())
def test_random_pictures_keep_the_bounds(width, height, seed, coarse):
    numbers = np.random.default_rng(seed)
    pixels = numbers.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if coarse:
        pixels = (pixels > 127).astype(np.uint8) * 255
    found = burnt_in_text(Image.fromarray(pixels))
    assert 0 <= found.score <= 1
    assert 0 <= found.markers <= 1
    assert 0 <= found.share <= 1
    assert found.lines == len(found.boxes)
    for x0, y0, x1, y1 in found.boxes:
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height


def test_maps_have_a_cell_for_every_four_pixels():
    maps = text_maps(np.zeros((101, 66, 3), np.uint8))
    assert maps.shape == (2, 26, 17)
    assert maps.max() < 0.5


def test_lines_are_cut_from_maps():
    maps = np.zeros((2, 40, 60), np.float32)
    maps[0, 10:13, 5:25] = 0.9  # a line
    maps[1, 10:13, 5:25] = 0.8
    maps[0, 30:34, 50:54] = 0.7  # a marker
    maps[0, 2, 2] = 0.9  # a speck
    line, mark = lines_of(maps)
    x0, y0, x1, y1 = line.box
    assert x0 < 5 * CELL < 25 * CELL < x1
    assert y0 < 10 * CELL < 13 * CELL < y1
    assert y1 - y0 == pytest.approx(3 * CELL / 0.64)
    assert line.words > 0.5 > mark.words
    assert mark.box[0] < 50 * CELL < 54 * CELL < mark.box[2]


def test_noise_of_thousands_of_specks_is_bounded():
    maps = np.zeros((2, 400, 400), np.float32)
    maps[:, ::3, :] = np.where(np.arange(400) % 3 < 2, 0.6, 0)[None, None, :]
    assert len(lines_of(maps)) == 1000
