"""A sheet of small pictures with a line of words over each, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_CELL = 190
_WORDS = 16
_COLUMNS = 7


def draw_sheet(labelled: Sequence[tuple[str, Image.Image]], path: Path) -> None:
    """Write the pictures, row after row, as one PNG."""
    rows = max(1, -(-len(labelled) // _COLUMNS))
    sheet = Image.new("RGB", (_COLUMNS * _CELL, rows * (_CELL + _WORDS)), (205, 220, 245))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=12)
    for at, (words, image) in enumerate(labelled):
        x, y = at % _COLUMNS * _CELL, at // _COLUMNS * (_CELL + _WORDS)
        small = image.convert("RGB")
        small.thumbnail((_CELL - 6, _CELL - 6))
        draw.text((x + 3, y + 1), words, fill="black", font=font)
        sheet.paste(small, (x + 3, y + _WORDS))
    sheet.save(path)
