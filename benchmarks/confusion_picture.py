"""A confusion matrix drawn as a picture: rows are the truth, columns the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_CELL = 34
_MARGIN = 210
_EDGE = 12
_RIGHT, _WRONG = (31, 119, 80), (196, 78, 50)


def draw_confusion(pairs: Sequence[tuple[str, str]], names: Sequence[str], path: Path) -> None:
    """Write counts of `(truth, answer)` over `names`; the darker, the larger the row's share."""
    counts = Counter(pairs)
    rows = Counter(truth for truth, _ in pairs)
    side = _MARGIN + _CELL * len(names) + _EDGE
    image = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=14)
    for at, name in enumerate(names):
        middle = _MARGIN + at * _CELL + _CELL // 2
        label = f"{name} ({rows[name]})"
        draw.text((_MARGIN - 8, middle), label, fill="black", font=font, anchor="rm")
        _upright(image, name, middle, font)
    for (truth, answer), count in counts.items():
        if truth in names and answer in names:
            share = count / rows[truth]
            _cell(draw, names.index(truth), names.index(answer), count, share, font)
    for at in range(len(names) + 1):
        line = _MARGIN + at * _CELL
        draw.line((line, _MARGIN, line, side - _EDGE), fill=(220, 220, 220))
        draw.line((_MARGIN, line, side - _EDGE, line), fill=(220, 220, 220))
    image.save(path)


def _upright(image: Image.Image, name: str, middle: int, font: ImageFont.ImageFont) -> None:
    """A column's name, read from below."""
    strip = Image.new("RGB", (_MARGIN, _CELL), "white")
    ImageDraw.Draw(strip).text((8, _CELL // 2), name, fill="black", font=font, anchor="lm")
    image.paste(strip.rotate(90, expand=True), (middle - _CELL // 2, 0))


def _cell(
    draw: ImageDraw.ImageDraw,
    row: int,
    column: int,
    count: int,
    share: float,
    font: ImageFont.ImageFont,
) -> None:
    left, top = _MARGIN + column * _CELL, _MARGIN + row * _CELL
    colour = _RIGHT if row == column else _WRONG
    depth = 0.15 + 0.85 * share
    red, green, blue = (round(255 - (255 - c) * depth) for c in colour)
    draw.rectangle((left, top, left + _CELL, top + _CELL), fill=(red, green, blue))
    ink = "white" if depth > 0.6 else "black"
    draw.text((left + _CELL // 2, top + _CELL // 2), str(count), fill=ink, font=font, anchor="mm")
