"""Text planted into pictures for `benchmarks.burnt_in`: eight ways, six sizes, and markers.

Fonts are those that `training.burnt_in` does not learn from.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.burnt_in_pictures import Given

FONTS_ASIDE = ("OpenSans", "Carlito", "Caladea", "P052", "texgyrepagella", "Inter", "Roboto")
BITMAPS_ASIDE = ("ter-u14", "ter-u20", "7x13", "9x15")
SIZES_PX = (8, 10, 12, 16, 20, 30)

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Planted:
    """A picture with text planted: how, of which font size, and the box of each line."""

    given: Given
    way: str
    size_px: int
    image: Image.Image
    lines: list[Box]


_FAMILY = ("Berg", "Okafor", "LINDQVIST", "Moreau", "TANAKA", "Novak", "Hughes", "DA COSTA")
_GIVEN = ("Elsa", "TOM", "Ruth", "IVAN", "Mei", "Carla", "Noah", "ADA")
_PLACES = ("Riverside Hospital", "ST. LUKE MEDICAL CENTRE", "Klinikum Nord", "City Imaging")
_SETTINGS = ("Gain 52%", "MI 0.9", "TIb 0.2", "Depth 16.0cm", "FR 31Hz", "5C1-D", "W 400 L 40",
             "120 kV", "Thk 5.0 mm", "TE 88.0", "Se: 4 Im: 27", "DFOV 36cm", "Zoom: 100%")  # fmt: skip


def _who(rng: random.Random) -> str:
    return f"{rng.choice(_FAMILY)}, {rng.choice(_GIVEN)}"


def _when(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1935, 2025)
    return rng.choice((f"{day:02}.{month:02}.{year}", f"{year}-{month:02}-{day:02}",
                       f"{month}/{day}/{year} {rng.randint(1, 12)}:{day:02}:07 PM"))  # fmt: skip


def _number(rng: random.Random) -> str:
    return rng.choice(("ID: ", "MRN ", "", "#")) + str(rng.randint(10_000, 99_999_999))


def some_text(rng: random.Random) -> str:
    """A name, date, number, place or setting."""
    makers = (_who, _when, _number, lambda r: r.choice(_PLACES), lambda r: r.choice(_SETTINGS))
    return rng.choice(makers)(rng)


def fonts_aside() -> list[str]:
    """Font files not learned from; none where this system has none of them."""
    folder = Path("/usr/share/fonts")
    files = sorted([*folder.rglob("*.[to]tf"), *folder.rglob("*.pcf.gz")])
    plain = [f for f in files if f.name.startswith(FONTS_ASIDE) and "Thin" not in f.name]
    bitmaps = [f for f in files if f.name.startswith(BITMAPS_ASIDE) and "8859-1." in f.name]
    bitmaps = [f for f in bitmaps if f.name.endswith("iso-8859-1.pcf.gz") or "ISO" in f.name]
    return [str(f) for f in (*plain, *bitmaps * 6)]


def font_of(rng: random.Random, files: list[str], size_px: int) -> ImageFont.FreeTypeFont:
    """One of the fonts, or Pillow's own; bitmaps only in their own size."""
    if files and rng.random() < 0.9:
        try:
            return ImageFont.truetype(rng.choice(files), size_px)
        except OSError:  # a bitmap of another size
            pass
    font = ImageFont.load_default(size_px)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


class Planter:
    """Draws lines on one picture and notes their boxes."""

    def __init__(
        self, image: Image.Image, rng: random.Random, font: ImageFont.FreeTypeFont
    ) -> None:
        self.image, self.rng, self.font = image.copy(), rng, font
        self.lines: list[Box] = []

    def line(
        self, words: str, x: int, y: int, contrast: int = 255, right: bool = False,
        colour: tuple[int, int, int] | None = None, turned: bool = False,
    ) -> int:  # fmt: skip
        """Write one line with a corner at (x, y), unless it does not fit; the next line's y."""
        x0, y0, x1, y1 = (int(v) for v in self.font.getbbox(words))
        ink = Image.new("L", (x1 - x0 + 1, y1 - y0 + 1))
        ImageDraw.Draw(ink).text((-x0, -y0), words, fill=255, font=self.font)
        ink = ink.rotate(90, expand=True) if turned else ink
        x = x - ink.width if right else x
        box = (x, y, x + ink.width, y + ink.height)
        if x < 0 or y < 0 or box[2] > self.image.width or box[3] > self.image.height:
            return y
        if ink.getbbox() is None or any(_overlap(box, other) for other in self.lines):
            return y
        paint = colour if colour and self._readable(box, colour) else self._grey(box, contrast)
        self.image.paste(paint, box[:2], ink)
        self.lines.append(box)
        return box[3] + self.rng.randint(2, 6)

    def _readable(self, box: Box, colour: tuple[int, int, int]) -> bool:
        there = np.asarray(self.image.crop(box).convert("L")).mean()
        return abs(Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0)) - there) >= 60

    def _grey(self, box: Box, contrast: int) -> tuple[int, int, int]:
        """Grey that differs by `contrast` from what is there."""
        there = float(np.asarray(self.image.crop(box).convert("L")).mean())
        value = there + contrast if there < 128 else there - contrast
        return (int(np.clip(value, 0, 255)),) * 3


def _corner(p: Planter, contrast: int = 255, colour: tuple[int, int, int] | None = None) -> None:
    right, low = p.rng.random() < 0.5, p.rng.random() < 0.5
    w, h = p.image.size
    size = int(p.font.size)
    y = h - 2 * size - 4 if low else 4
    p.line(some_text(p.rng), w - 4 if right else 4, y, contrast, right, colour)


def _low_contrast(p: Planter) -> None:
    _corner(p, p.rng.choice((40, 60)))


def _coloured(p: Planter) -> None:
    box = (0, 0, p.image.width, p.image.height)
    dark = np.asarray(p.image.crop(box).convert("L")).mean() < 110
    bright = ((255, 255, 0), (0, 255, 0), (0, 255, 255), (255, 170, 0))
    _corner(p, colour=p.rng.choice(bright if dark else ((0, 0, 160), (0, 90, 0), (120, 0, 0))))


def _header(p: Planter) -> None:
    w, h = p.image.size
    step = int(p.font.size) + 6
    for right in (False, True):
        y = 4
        for make in (_who, _number, _when)[: p.rng.randint(1, 3)]:
            y = p.line(make(p.rng), w - 4 if right else 4, y, right=right)
        y = h - 4 - 3 * step
        for _ in range(p.rng.randint(0, 2)):
            y = p.line(p.rng.choice(_SETTINGS), w - 4 if right else 4, y, right=right)


def _within(p: Planter) -> None:
    w, h = p.image.size
    words = some_text(p.rng)
    x = p.rng.randint(0, max(1, w - int(p.font.getlength(words)) - 4))
    p.line(words, x, p.rng.randint(h // 4, 3 * h // 4))


def _turned(p: Planter) -> None:
    p.line(
        some_text(p.rng), p.rng.choice((4, p.image.width - int(p.font.size) - 6)), 8, turned=True
    )


def _strip(p: Planter) -> None:
    """A white bar above with black words, as viewers and scanners of film print it."""
    size = int(p.font.size)
    ImageDraw.Draw(p.image).rectangle((0, 0, p.image.width, size + 10), fill="white")
    p.line(f"{_who(p.rng)}  {_when(p.rng)}", 6, 4)


def _machine(p: Planter) -> None:
    """The screen of an ultrasound machine."""
    w, h = p.image.size
    p.line(p.rng.choice(_PLACES), 6, 4)
    p.line(_who(p.rng), w // 2, 4)
    p.line(_when(p.rng), w - 6, 4, right=True)
    y = h // 4
    for _ in range(p.rng.randint(3, 6)):
        y = p.line(
            p.rng.choice(_SETTINGS), 6, y, colour=p.rng.choice(((255, 255, 0), (90, 200, 255)))
        )


WAYS: dict[str, Callable[[Planter], None]] = {
    "corner": _corner, "low contrast": _low_contrast, "coloured": _coloured, "header": _header,
    "within": _within, "turned": _turned, "strip": _strip, "machine": _machine,
}  # fmt: skip


def planted_pictures(clean: list[Given], seed: int = 0) -> Iterator[Planted]:
    """Each picture once for each way, the sizes taking turns; some stored as JPEG."""
    files = fonts_aside()
    for n, given in enumerate(clean):
        for k, (way, plant) in enumerate(WAYS.items()):
            rng = random.Random(f"{seed} {given.name} {way}")
            size_px = SIZES_PX[(n + k) % len(SIZES_PX)]
            planter = Planter(given.image, rng, font_of(rng, files, size_px))
            plant(planter)
            if planter.lines:
                image = stored(rng, planter.image)
                yield Planted(given, way, size_px, image, planter.lines)


def marked_pictures(clean: list[Given], seed: int = 0) -> Iterator[Planted]:
    """Each picture with a side marker or panel letter only."""
    files = fonts_aside()
    for given in clean:
        rng = random.Random(f"{seed} {given.name} marker")
        size_px = rng.choice((12, 16, 20, 30))
        planter = Planter(given.image, rng, font_of(rng, files, size_px))
        planter.line(rng.choice(("L", "R", "a", "b", "A", "B", "C", "(a)", "Rt")), 6, 6)
        if planter.lines:
            yield Planted(given, "marker", size_px, stored(rng, planter.image), planter.lines)


def stored(rng: random.Random, image: Image.Image) -> Image.Image:
    """The picture after JPEG of quality 50 to 95, for two in three."""
    if rng.random() < 1 / 3:
        return image
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=rng.choice((50, 75, 85, 95)))
    return Image.open(buffer).convert("RGB")
