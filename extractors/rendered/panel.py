"""One panel: a picture with its marks, a chart, a drawing, or a few of them together."""

from __future__ import annotations

import random

from PIL import Image, ImageDraw

from extractors.rendered.charts import WORDS, chart
from extractors.rendered.drawings import drawing
from extractors.rendered.fonts import Font, font, font_files
from extractors.rendered.pictures import cover

Colour = tuple[int, int, int]

_SMALLEST_DRAWN_PX = 24


def drawn_kind(kind: str, size: tuple[int, int]) -> str:
    """The kind that a panel of this size (width, height) is drawn as: the smallest are pictures."""
    return "picture" if min(size) < _SMALLEST_DRAWN_PX else kind


def fill_panel(
    rng: random.Random,
    kind: str,
    size: tuple[int, int],
    series: list[Image.Image],
    ground: Colour,
    tiles_gap: int = -1,
) -> Image.Image:
    """A panel of `kind` (picture, chart, drawing), `size` (width, height) pixels, on `ground`.

    `tiles_gap` of 0 or more makes it of several parts that far apart, as panels with one letter
    over a row of pictures are.
    """
    width, height = size
    if tiles_gap < 0:
        return _single(rng, kind, width, height, series, ground)
    columns, rows = rng.choice(((2, 1), (3, 1), (1, 2), (2, 2), (4, 1), (3, 2)))
    if width / columns < 28 or height / rows < 28:
        return _single(rng, kind, width, height, series, ground)
    whole = Image.new("RGB", size, ground)
    w, h = (width - tiles_gap * (columns - 1)) / columns, (height - tiles_gap * (rows - 1)) / rows
    for r in range(rows):
        for c in range(columns):
            tile = _single(rng, kind, max(4, round(w)), max(4, round(h)), series, ground)
            whole.paste(tile, (round(c * (w + tiles_gap)), round(r * (h + tiles_gap))))
    return whole


def _single(
    rng: random.Random,
    kind: str,
    width: int,
    height: int,
    series: list[Image.Image],
    ground: Colour,
) -> Image.Image:
    kind = drawn_kind(kind, (width, height))
    if kind == "chart":
        return chart(rng, width, height, ground)
    if kind == "drawing":
        return drawing(rng, width, height, ground)
    image = cover(rng, rng.choice(series), width, height)
    _mark(rng, image, series)
    return image


def _mark(rng: random.Random, image: Image.Image, series: list[Image.Image]) -> None:
    """Arrows, scale bars, insets, boxes, words and colour bars, each now and then."""
    width, height = image.size
    if min(width, height) < 50:
        return
    draw = ImageDraw.Draw(image)
    light = rng.choice(((255, 255, 255), (255, 255, 255), (0, 0, 0), (255, 230, 0), (255, 0, 0)))
    marks = (
        (0.20, _arrows),
        (0.25, _scale_bar),
        (0.08, _region),
        (0.15, _words),
    )
    for share, mark in marks:
        if rng.random() < share:
            mark(rng, draw, width, height, light)
    if rng.random() < 0.08:
        _inset(rng, image, series)
    if rng.random() < 0.04:
        _colour_bar(rng, image)


def _arrows(
    rng: random.Random, draw: ImageDraw.ImageDraw, width: int, height: int, light: Colour
) -> None:
    for _ in range(rng.randint(1, 4)):
        x, y = rng.uniform(0.15, 0.85) * width, rng.uniform(0.15, 0.85) * height
        dx, dy = rng.uniform(-25, 25), rng.uniform(-25, 25)
        draw.line((x, y, x + dx, y + dy), fill=light, width=rng.randint(1, 3))
        draw.polygon((x - 4, y - 3, x + 4, y - 3, x, y + 5), fill=light)


def _scale_bar(
    rng: random.Random, draw: ImageDraw.ImageDraw, width: int, height: int, light: Colour
) -> None:
    length, y = width * rng.uniform(0.1, 0.25), height - rng.randint(6, 14)
    draw.line((width - 8 - length, y, width - 8, y), fill=light, width=rng.randint(2, 4))
    if rng.random() < 0.5:
        words = rng.choice(("50 µm", "100 µm", "10 mm", "1 cm", "20 nm"))
        draw.text((width - 8, y - 3), words, fill=light, font=_font(rng, 9, 13), anchor="rb")


def _region(
    rng: random.Random, draw: ImageDraw.ImageDraw, width: int, height: int, light: Colour
) -> None:
    x, y = rng.uniform(0.1, 0.6) * width, rng.uniform(0.1, 0.6) * height
    draw.rectangle((x, y, x + width * 0.25, y + height * 0.25), outline=light, width=2)


def _words(
    rng: random.Random, draw: ImageDraw.ImageDraw, width: int, height: int, light: Colour
) -> None:
    for _ in range(rng.choice((1, 1, 2, 4))):
        place = (rng.uniform(0.02, 0.7) * width, rng.uniform(0.05, 0.9) * height)
        words = rng.choice((*WORDS, "R", "L", "T", "N", "*", "Se: 3", "Im: 25", "120 kV"))
        draw.text(place, words, fill=light, font=_font(rng, 8, 15))


def _inset(rng: random.Random, image: Image.Image, series: list[Image.Image]) -> None:
    width, height = image.size
    w, h = round(width * rng.uniform(0.22, 0.38)), round(height * rng.uniform(0.22, 0.38))
    x, y = rng.choice((0, width - w)), rng.choice((0, height - h))
    image.paste(cover(rng, rng.choice(series), w, h), (x, y))
    if rng.random() < 0.8:
        line = rng.choice(((255, 255, 255), (0, 0, 0)))
        ImageDraw.Draw(image).rectangle((x, y, x + w - 1, y + h - 1), outline=line, width=2)


def _colour_bar(rng: random.Random, image: Image.Image) -> None:
    width, height = image.size
    wide = max(4, width // 25)
    for k in range(height):
        u = k / height
        line = (round(255 * (1 - u)), round(200 * abs(0.5 - u)), round(255 * u))
        ImageDraw.Draw(image).line((width - wide, k, width, k), fill=line)


def _font(rng: random.Random, low: int, high: int) -> Font:
    files = font_files()
    return font(rng.choice(files) if files else "", rng.randint(low, high))
