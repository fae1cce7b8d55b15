"""Sheets of glyphs, words and shapes drawn over pictures, with truth, for `training.glyphs`."""

from __future__ import annotations

import functools
import io
import random
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from extractors.figures.glyphs import CHARACTERS
from extractors.figures.records import Box
from extractors.rendered.pictures import Pictures

FONTS_ASIDE = ("OpenSans", "Carlito", "Caladea", "P052", "texgyrepagella", "Inter", "Roboto")
COMMON_FONTS = ("Liberation", "Nimbus", "FreeSans", "FreeSerif", "Arimo", "Tinos", "texgyreheros",
                "texgyretermes", "DejaVuSans", "NotoSans")  # fmt: skip
_NO_TEXT_FONTS = ("Z003", "D050000L", "StandardSymbols", "LinBiolinum_K", "texgyrechorus",
                  "DejaVuMath", "LinLibertine_M", "Hairline", "Thin", "GFSDidotI")  # fmt: skip
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "C:/Windows/Fonts")

Glyph = tuple[str, Box]
_LIKE_ITSELF = set("oO0xXsSzZNHI8l1iInuUdpqb96")  # turned by a quarter, still some character
_ROMAN = ("ii", "iii", "iv", "vi", "vii", "viii", "ix", "II", "III", "IV", "VI")
_PAINTS = (*((255, 255, 255), (0, 0, 0)) * 5, (255, 255, 0), (255, 0, 0),
           (0, 0, 255), (0, 255, 0), (0, 255, 255), (255, 128, 0), (90, 90, 90))  # fmt: skip


def font_files(aside: bool = False) -> list[str]:
    """Paths of the fonts for learning, or of those held aside; common families several times."""
    files = sorted(str(p) for folder in _FONT_FOLDERS for p in Path(folder).rglob("*.[to]tf"))
    chosen = []
    for file in files:
        name = Path(file).name
        if any(word in name for word in _NO_TEXT_FONTS) or ("Noto" in name and not _latin(name)):
            continue
        if name.startswith(FONTS_ASIDE) == aside:
            chosen += [file] * (4 if name.startswith(COMMON_FONTS) else 1)
    return chosen


def _latin(name: str) -> bool:
    return name.split("-")[0] in ("NotoSans", "NotoSerif", "NotoSansDisplay", "NotoSerifDisplay")


@functools.lru_cache(maxsize=4096)
def _font(path: str, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size_px)


class Sheets:
    """Drawn sheets from one seed: `draw()` gives RGB pixels and all glyphs with their boxes."""

    def __init__(self, pictures: Pictures, fonts: list[str], seed: int) -> None:
        self.rng = random.Random(seed)
        self.pictures, self.fonts = pictures, fonts

    def draw(self, side: int = 480) -> tuple[np.ndarray, list[Glyph], list[Box]]:
        """Pixels (height, width, 3), readable glyphs, and boxes that teach nothing."""
        rng = self.rng
        sheet = Image.new("RGB", (side, side), self._flat())
        for _ in range(rng.randint(0, 7)):
            self._paste_ground(sheet)
        glyphs: list[Glyph] = []
        skipped: list[Box] = []
        y = 0
        while y < side:
            row = int(12 * 7 ** rng.random())
            x = rng.randint(0, 20)
            while x < side:
                x += self._item(sheet, x, y, row, glyphs, skipped) + rng.randint(4, 24)
            y += row
        return self._spoiled(sheet, glyphs, skipped)

    def _flat(self) -> tuple[int, int, int]:
        rng = self.rng
        u = rng.random()
        if u < 0.45:
            return (255, 255, 255)
        if u < 0.6:
            return (0, 0, 0)
        return (rng.randint(0, 255), rng.randint(0, 255), rng.randint(0, 255))

    def _paste_ground(self, sheet: Image.Image) -> None:
        rng = self.rng
        w, h = rng.randint(120, sheet.width), rng.randint(120, sheet.height)
        picture = self.pictures.series(rng, 1)[0]
        zoom = rng.uniform(1.0, 2.0)
        cut_w, cut_h = picture.width / zoom, picture.height / zoom
        x, y = rng.uniform(0, picture.width - cut_w), rng.uniform(0, picture.height - cut_h)
        cut = picture.resize((w, h), Image.Resampling.BILINEAR, (x, y, x + cut_w, y + cut_h))
        sheet.paste(cut, (rng.randint(-40, sheet.width - 80), rng.randint(-40, sheet.height - 80)))

    def _item(self, sheet: Image.Image, x: int, y: int, row: int,
              glyphs: list[Glyph], skipped: list[Box]) -> int:  # fmt: skip
        """Draw one thing at (x, y); its width in pixels."""
        rng = self.rng
        u = rng.random()
        if u < 0.06:
            return self._shape(sheet, x, y, row)
        if u < 0.10:
            return self._turned(sheet, x, y, row, skipped)
        if u < 0.2:
            return row  # bare ground
        size = max(8, int(row * rng.uniform(0.55, 1.0)))
        return self._text(sheet, x, y, size, self._words(), glyphs)

    def _words(self) -> str:
        rng = self.rng
        u = rng.random()
        if u < 0.52:
            return rng.choice("AABBCCDDEFGH" + CHARACTERS[:-2] + "abcdefghij")
        if u < 0.75:
            return rng.choice(("({})", "({})", "{})", "{}.", "[{}]")).format(
                rng.choice(CHARACTERS[:52])
            )
        if u < 0.85:
            return rng.choice((rng.choice(_ROMAN), str(rng.randint(10, 99)),
                               rng.choice(CHARACTERS[:20]) + str(rng.randint(1, 9))))  # fmt: skip
        letters = "etaoinshrdlucmfwypvbgk"
        word = "".join(rng.choice(letters) for _ in range(rng.randint(2, 8)))
        number = f"{rng.uniform(0, 200):.{rng.randint(0, 2)}f}"
        return rng.choice((word, word.title(), word.upper(), number, f"{number} µm", f"p={number}"))

    def _text(self, sheet: Image.Image, x: int, y: int, size: int, words: str,
              glyphs: list[Glyph]) -> int:  # fmt: skip
        rng = self.rng
        font = _font(rng.choice(self.fonts), size)
        draw = ImageDraw.Draw(sheet)
        width = int(font.getlength(words)) + 1
        box = draw.textbbox((x, y), words, font=font)
        colour = self._paint(sheet, box)
        if rng.random() < 0.12:
            colour = self._plate(draw, box)
        edge = 0
        if rng.random() < 0.06 and size > 14:
            edge = rng.randint(1, 2)
        far = (0, 0, 0) if sum(colour) > 380 else (255, 255, 255)
        draw.text((x, y), words, fill=colour, font=font, stroke_width=edge, stroke_fill=far)
        inks = []
        for i, character in enumerate(words):
            at = x + font.getlength(words[:i])
            x0, y0, x1, y1 = draw.textbbox((at, y), character, font=font)
            inks.append((character, (round(x0), round(y0), round(x1), round(y1))))
        glyphs += [(c, box) for c, box in inks if c in CHARACTERS]
        if len(words) <= 3 and words.endswith(")"):
            glyphs += _merged(inks)
        return width

    def _paint(self, sheet: Image.Image, box: tuple[float, ...]) -> tuple[int, int, int]:
        """A colour that can be told from the ground."""
        x0, y0, x1, y1 = (round(v) for v in box)
        part = np.asarray(sheet.crop((x0, y0, max(x1, x0 + 1), max(y1, y0 + 1))), np.float32)
        ground = part.mean(axis=(0, 1))
        for _ in range(6):
            colour = self.rng.choice(_PAINTS)
            if np.abs(np.array(colour) - ground).max() > 90:
                break
        return colour

    def _plate(self, draw: ImageDraw.ImageDraw, box: tuple[float, ...]) -> tuple[int, int, int]:
        """A box or disc under the text, and the text's colour on it."""
        rng = self.rng
        x0, y0, x1, y1 = box
        m = rng.uniform(0.1, 0.4) * (y1 - y0) + 1
        plate = rng.choice(((255, 255, 255), (0, 0, 0), self._flat()))
        shape = rng.choice((draw.rectangle, draw.rectangle, draw.ellipse))
        line = None if rng.random() < 0.7 else (0, 0, 0)
        shape((x0 - m, y0 - m, x1 + m, y1 + m), fill=plate, outline=line)
        return (0, 0, 0) if sum(plate) > 380 else (255, 255, 255)

    def _shape(self, sheet: Image.Image, x: int, y: int, row: int) -> int:
        """An arrow, line, disc, box, star or cross: no glyph."""
        rng = self.rng
        draw = ImageDraw.Draw(sheet)
        w, h = int(row * rng.uniform(0.3, 1.2)), int(row * rng.uniform(0.3, 0.9))
        colour = self._paint(sheet, (x, y, x + w, y + h))
        box = (x, y, x + w, y + h)
        thick = rng.randint(1, 4)
        kind = rng.randrange(6)
        if kind == 0:
            draw.ellipse(box, fill=colour if rng.random() < 0.6 else None, outline=colour)
        elif kind == 1:
            draw.rectangle(box, fill=colour if rng.random() < 0.5 else None, outline=colour,
                           width=thick)  # fmt: skip
        elif kind == 2:
            draw.polygon([(x + rng.uniform(0, w), y + rng.uniform(0, h)) for _ in range(3)],
                         fill=colour)  # fmt: skip
        elif kind == 3:
            draw.line((x, y, x + w, y + h), fill=colour, width=thick)
            draw.polygon((x + w, y + h, x + w - 8, y + h - 2, x + w - 2, y + h - 8), fill=colour)
        elif kind == 4:
            points = [(x + rng.uniform(0, w), y + rng.uniform(0, h)) for _ in range(6)]
            draw.line(points, fill=colour, width=thick, joint="curve")
        else:
            font = _font(rng.choice(self.fonts), max(8, row))
            draw.text((x, y), rng.choice("*+-=&%#?!<>/~^µ°±"), fill=colour, font=font)
        return w

    def _turned(self, sheet: Image.Image, x: int, y: int, row: int, skipped: list[Box]) -> int:
        """A word turned by a quarter, as on the axes of charts: no glyphs to be read."""
        rng = self.rng
        size = max(8, int(row * rng.uniform(0.2, 0.5)))
        font = _font(rng.choice(self.fonts), size)
        word = self._words()
        patch = Image.new("L", (int(font.getlength(word)) + 4, size + size // 2), 0)
        ImageDraw.Draw(patch).text((2, 0), word, fill=255, font=font)
        patch = patch.rotate(90, expand=True)
        colour = self._paint(sheet, (x, y, x + patch.width, y + patch.height))
        sheet.paste(Image.new("RGB", patch.size, colour), (x, y), patch)
        if set(word) & _LIKE_ITSELF:
            skipped.append((x, y, x + patch.width, y + patch.height))
        return patch.width

    def _spoiled(
        self, sheet: Image.Image, glyphs: list[Glyph], skipped: list[Box]
    ) -> tuple[np.ndarray, list[Glyph], list[Box]]:
        """Squashed, blurred, noisy, stored as JPEG: what publishers and collectors do."""
        rng = self.rng
        sx, sy = rng.uniform(0.85, 1.15), rng.uniform(0.85, 1.15)
        if rng.random() < 0.4:
            squash = 2 ** rng.uniform(-0.65, 0.65)
            sx, sy = squash, 1 / squash
        size = (round(sheet.width * sx), round(sheet.height * sy))
        how = rng.choice((Image.Resampling.BICUBIC, Image.Resampling.BILINEAR,
                          Image.Resampling.LANCZOS, Image.Resampling.BOX))  # fmt: skip
        pixels = np.asarray(sheet.resize(size, how))
        if rng.random() < 0.25:
            pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 0.9))
        if rng.random() < 0.2:
            noise = np.random.default_rng(rng.getrandbits(32)).normal(0, 8, pixels.shape)
            pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
        if rng.random() < 0.85:
            stored = io.BytesIO()
            Image.fromarray(pixels).save(stored, "JPEG", quality=rng.randint(40, 95))
            pixels = np.asarray(Image.open(stored).convert("RGB"))

        def moved(b: Box) -> Box:
            return round(b[0] * sx), round(b[1] * sy), round(b[2] * sx), round(b[3] * sy)

        return pixels, [(c, moved(b)) for c, b in glyphs], [moved(b) for b in skipped]


def _merged(inks: list[Glyph]) -> list[Glyph]:
    """The letter of "(a)" with either or both brackets: where they touch, one mark is all."""
    place = len(inks) - 2
    letter = inks[place][0]
    merged = []
    for first, last in ((0, place), (place, place + 1), (0, place + 1)):
        boxes = [box for _, box in inks[first : last + 1]]
        if len(boxes) > 1 and letter in CHARACTERS:
            around = (boxes[0][0], min(b[1] for b in boxes), boxes[-1][2], max(b[3] for b in boxes))
            merged.append((letter, around))
    return merged
