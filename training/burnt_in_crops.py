"""Crops of pictures with text planted, and where it is, for `training.burnt_in`.

Grounds are the development half of the real pictures (by hash; the other half is what
`benchmarks.burnt_in` measures on), made speckle and plain tones. Some crops are of real pictures
whose text RapidOCR has read: what it was not sure of teaches nothing, what it did not see little.
"""

from __future__ import annotations

import functools
import math
import random
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.burnt_in_grounds import MARGIN, MARKER, NONE, WORDS, grounds, read_pictures
from training.burnt_in_marks import Shapes, letters_in, marker, words
from training.glyph_sheets import font_files

SIDE = 256  # px
CELL = 4  # px
CORE_SHARE = 0.64  # of a line's height, as `filters.pictures.burnt_in_lines` widens cores again
BITMAPS_ASIDE = ("ter-u14", "ter-u20", "7x13", "9x15")

Planes = list[np.ndarray]  # text, words, weight: each (SIDE, SIDE) of 0 to 1


@functools.lru_cache(maxsize=4096)
def _font(path: str, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size_px)


@functools.lru_cache(maxsize=4096)
def _any_size(path: str) -> bool:
    try:
        return all(ImageFont.truetype(path, size_px) for size_px in (8, 17, 43))
    except OSError:  # a bitmap font
        return False


def bitmap_fonts() -> list[tuple[str, int]]:
    """Bitmap fonts with their only size, as machines use them (Debian's xfonts-base, -terminus)."""
    found = []
    folder = Path("/usr/share/fonts/X11")
    files = [*folder.rglob("*ISO8859-1.pcf.gz"), *folder.rglob("ter-*n_iso-8859-1.pcf.gz")]
    for path in sorted(files):
        if path.name.startswith(BITMAPS_ASIDE):
            continue
        for size_px in range(6, 40):
            try:
                font = ImageFont.truetype(str(path), size_px)
            except OSError:  # not its size
                continue
            if font.getlength("Abc") > 5:
                found.append((str(path), size_px))
                break
    return found


class Crops:
    """Crops from one seed: `draw()` gives (256, 256, 3) uint8 and (3, 64, 64) of 0 to 1.

    The three are: core of a line of text; the same of three or more characters; the weight.
    """

    def __init__(self, data: Path, read: list[dict], seed: int) -> None:
        self.rng, self.numbers = random.Random(seed), np.random.default_rng(seed)
        self.shapes = Shapes(self.rng, self.numbers)
        self.grounds, self.read = grounds(data, read), read_pictures(data, read)
        self.fonts = [file for file in font_files() if _any_size(file)]
        self.bitmaps = bitmap_fonts()

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        """The next crop and what is true of it."""
        rng = self.rng
        planes = [np.zeros((SIDE, SIDE), np.float32) for _ in range(2)]
        planes.append(np.ones((SIDE, SIDE), np.float32))
        if self.read and rng.random() < 0.22:
            pixels = self._read_crop(planes)
        else:
            pixels = self._ground()
            if rng.random() < 0.4:
                self.shapes.draw(pixels)
            if rng.random() < 0.15:
                self.shapes.clutter(pixels)
            taken: list[tuple[int, int, int, int]] = []
            for _ in range(rng.choice((1, 1, 2, 3, 4, 6, 8)) if rng.random() < 0.8 else 0):
                self._text(pixels, planes, taken)
        small = (SIDE // CELL, SIDE // CELL)
        truth = [cv2.resize(plane, small, interpolation=cv2.INTER_AREA) for plane in planes]
        return self._spoiled(pixels), np.stack(truth)

    # --- grounds

    def _ground(self) -> np.ndarray:
        rng, u = self.rng, self.rng.random()
        if u < 0.11:
            grey = rng.choice((0, 0, 255, rng.randint(0, 255)))
            colour = [rng.randint(0, 255) for _ in range(3)] if u < 0.04 else [grey] * 3
            return np.full((SIDE, SIDE, 3), colour, np.uint8)
        if u < 0.33:
            return self._speckle() if u < 0.18 else self._small()
        pixels = rng.choice(self.grounds)
        height, width = pixels.shape[:2]
        zoom = math.exp(rng.uniform(math.log(0.5), math.log(1.6)))
        zoom = rng.uniform(2, 8) if min(height, width) < 100 else zoom
        side = max(8, min(int(SIDE / zoom), height, width))
        y, x = rng.randint(0, height - side), rng.randint(0, width - side)
        if rng.random() < 0.35:  # at the edges, where text usually is
            y, x = rng.choice((0, height - side)), rng.choice((0, width - side, x))
        how = rng.choice((cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC))
        cut = cv2.resize(pixels[y : y + side, x : x + side], (SIDE, SIDE), interpolation=how)
        return self._changed(cut)

    def _changed(self, cut: np.ndarray) -> np.ndarray:
        rng = self.rng
        cut = cut[:, ::-1] if rng.random() < 0.5 else cut
        cut = np.rot90(cut, rng.randint(1, 3)) if rng.random() < 0.3 else cut
        cut = 255 - cut if rng.random() < 0.15 else cut
        if rng.random() < 0.3:
            tones = cut.astype(np.float32) * rng.uniform(0.5, 1.4) + rng.uniform(-30, 30)
            cut = np.clip(tones, 0, 255).astype(np.uint8)
        return np.ascontiguousarray(cut)

    def _small(self) -> np.ndarray:
        """Whole pictures much reduced, as the look for large letters sees them."""
        rng = self.rng
        canvas = np.full((SIDE, SIDE, 3), rng.choice((0, 0, 255, rng.randint(0, 255))), np.uint8)
        for _ in range(rng.randint(1, 5)):
            pixels = rng.choice(self.grounds)
            height, width = pixels.shape[:2]
            zoom = min(rng.uniform(0.15, 0.5), math.sqrt(9e4 / (height * width)))
            if min(height, width) < 100:
                continue
            small = cv2.resize(pixels, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
            y = rng.randint(-small.shape[0] // 2, SIDE - 20)
            x = rng.randint(-small.shape[1] // 2, SIDE - 20)
            top, left = max(0, y), max(0, x)
            there = canvas[top : y + small.shape[0], left : x + small.shape[1]]
            there[:] = small[top - y :, left - x :][: there.shape[0], : there.shape[1]]
        return canvas

    def _speckle(self) -> np.ndarray:
        rng, numbers = self.rng, self.numbers
        coarse = SIDE // rng.choice((1, 2, 3, 4)) + 2
        noise = numbers.rayleigh(1, (coarse, coarse)).astype(np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.4, 1.2), sigmaY=rng.uniform(0.4, 2))
        tone = cv2.resize(noise, (SIDE, SIDE)) * rng.uniform(15, 110)
        gain = numbers.random((rng.randint(2, 6), rng.randint(2, 6))).astype(np.float32)
        gain = cv2.resize(gain, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) * 1.4 - 0.2
        tone = np.clip(tone * np.clip(gain, 0, 1), 0, 255)
        if rng.random() < 0.5:
            sector = np.zeros((SIDE, SIDE), np.uint8)
            middle, reach = (rng.randint(-50, 306), rng.randint(-150, 60)), rng.randint(150, 330)
            left, right = -rng.randint(25, 50), rng.randint(25, 50)
            cv2.ellipse(sector, middle, (reach, reach), 90, left, right, 255, -1)
            tone *= sector > 0
        return np.repeat(tone.astype(np.uint8)[:, :, None], 3, 2)

    def _read_crop(self, planes: Planes) -> np.ndarray:
        rng = self.rng
        read = rng.choice(self.read)
        height, width = read.pixels.shape[:2]
        zoom = math.exp(rng.uniform(math.log(0.6), math.log(1.5)))
        side = min(int(SIDE / zoom), height, width)
        zoom = SIDE / side
        x, y = rng.randint(0, width - side), rng.randint(0, height - side)
        if read.boxes and rng.random() < 0.7:
            x0, y0, x1, y1 = rng.choice(read.boxes)[0]
            x = int(np.clip((x0 + x1) / 2 - rng.uniform(0.1, 0.9) * side, 0, width - side))
            y = int(np.clip((y0 + y1) / 2 - rng.uniform(0.1, 0.9) * side, 0, height - side))
        planes[2][:] = 0 if read.margins else 0.3
        if read.margins:
            whole = np.array([width, height, width, height])
            sides = whole * (MARGIN, MARGIN, 1 - MARGIN, 1 - MARGIN) - (x, y, x, y)
            x0, y0, x1, y1 = (max(0, round(float(v) * zoom)) for v in sides)
            planes[2][y0:y1, x0:x1] = 1
        for box, kind in read.boxes:
            x0, y0, x1, y1 = ((v - o) * zoom for v, o in zip(box, (x, y, x, y), strict=True))
            if x1 > 0 and y1 > 0 and x0 < SIDE and y0 < SIDE:
                _note(planes, (x0, y0, x1, y1), kind, slack=0, rim=0)
        how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
        return cv2.resize(read.pixels[y : y + side, x : x + side], (SIDE, SIDE), interpolation=how)

    # --- text

    def _text(self, pixels: np.ndarray, planes: Planes, taken: list) -> None:
        """One block of lines at a free place."""
        rng = self.rng
        size_px = int(math.exp(rng.uniform(math.log(8), math.log(rng.choice((24, 24, 44))))))
        single = rng.random() < 0.27
        count = 1 if single or rng.random() < 0.6 else rng.randint(2, 5)
        texts = [marker(rng) if single else words(rng) for _ in range(count)]
        ink, boxes = _block(rng, [(self._ink(text, size_px), text) for text in texts])
        height, width = ink.shape
        place = self._place(width, height, taken)
        if place is None:
            return
        x, y = place
        x0, y0, x1, y1 = max(0, x), max(0, y), min(SIDE, x + width), min(SIDE, y + height)
        there = pixels[y0:y1, x0:x1]
        if min(there.shape[:2]) < 6:
            return
        if rng.random() < 0.07:  # a plate
            there[:] = rng.choice((0, 0, 255, rng.randint(0, 255)))
        colour = self._colour(there)
        if colour is None:
            return
        taken.append((x - 3, y - 3, x + width + 3, y + height + 3))
        self._paint(there, ink[y0 - y : y1 - y, x0 - x : x1 - x], colour)
        for (left, top, right, bottom), kind in boxes:
            _note(planes, (left + x, top + y, right + x, bottom + y), kind, slack=3, rim=0.35)

    def _ink(self, text: str, size_px: int) -> np.ndarray:
        """(height, width) uint8, 255 where there is ink."""
        rng = self.rng
        if rng.random() < 0.1:  # OpenCV's own letters
            face, thick = rng.choice((0, 1, 2, 3, 4, 5)), rng.choice((1, 2)) if size_px > 18 else 1
            text = text.encode("ascii", "replace").decode()
            (width, height), below = cv2.getTextSize(text, face, size_px / 30, thick)
            ink = np.zeros((height + below + 4, width + 4), np.uint8)
            smooth = rng.choice((cv2.LINE_AA, cv2.LINE_8))
            cv2.putText(ink, text, (2, height + 2), face, size_px / 30, 255, thick, smooth)
            return ink
        font = _font(rng.choice(self.fonts), size_px)
        if self.bitmaps and rng.random() < 0.2:
            font = _font(*rng.choice(self.bitmaps))
        x0, y0, x1, y1 = (int(v) for v in font.getbbox(text))
        image = Image.new("L", (max(1, x1 - x0) + 4, max(1, y1 - y0) + 4))
        draw = ImageDraw.Draw(image)
        draw.fontmode = "1" if rng.random() < 0.2 else "L"
        draw.text((2 - x0, 2 - y0), text, fill=255, font=font)
        return np.array(image)

    def _place(self, width: int, height: int, taken: list) -> tuple[int, int] | None:
        """Where a block fits among those placed; long lines run over the crop's edge."""
        rng = self.rng
        for _ in range(6):
            free_x, free_y = SIDE - width - 2, SIDE - height - 2
            x = rng.randint(*sorted((2, free_x)))
            y = rng.randint(*sorted((2, free_y)))
            if rng.random() < 0.25:
                x = rng.choice((-width // 3, SIDE - 2 * width // 3, x))
            if not any(x - 3 < right and left < x + width + 3 and y - 3 < low and top < y + height + 3
                       for left, top, right, low in taken):  # fmt: skip
                return x, y
        return None

    def _colour(self, there: np.ndarray) -> tuple[int, ...] | None:
        """One that can be read there; None where the chosen one cannot."""
        rng = self.rng
        weights = np.array([0.299, 0.587, 0.114])
        mean = there.reshape(-1, 3).mean(axis=0)
        grey, u = float(mean @ weights), rng.random()
        plain = (255,) * 3 if grey < 150 else (0,) * 3
        bright = ((255, 255, 0), (0, 255, 0), (0, 255, 255), (255, 128, 0), (255, 0, 0),
                  (255, 0, 255), (0, 0, 255), (120, 200, 255), (255, 220, 120))  # fmt: skip
        colour: tuple[int, ...] = plain if u < 0.55 else rng.choice(bright)
        if u > 0.72:
            near = mean if rng.random() < 0.3 else np.full(3, grey)
            faint = near + rng.uniform(28, 110) * (1 if grey < 128 else -1)
            colour = tuple(int(v) for v in np.clip(faint, 0, 255))
        if abs(float(np.array(colour) @ weights) - grey) < 26:
            colour = (255,) * 3 if grey < 128 else (0,) * 3
        return colour if abs(float(np.array(colour) @ weights) - grey) >= 30 else None

    def _paint(self, there: np.ndarray, ink: np.ndarray, colour: tuple[int, ...]) -> None:
        rng = self.rng
        cover = ink.astype(np.float32) / 255
        if rng.random() < 0.12:  # an outline
            edge = cv2.dilate(cover, np.ones((3, 3)))[:, :, None]
            far = np.zeros(3) if sum(colour) > 380 else np.full(3, 255)
            there[:] = (there * (1 - edge) + far * edge).astype(np.uint8)
        if rng.random() < 0.1:
            cover = cv2.GaussianBlur(cover, (0, 0), rng.uniform(0.4, 0.8))
        share = cover[:, :, None]
        there[:] = (there * (1 - share) + np.array(colour, np.float32) * share).astype(np.uint8)

    def _spoiled(self, pixels: np.ndarray) -> np.ndarray:
        """Blurred, with noise, without colours, or as JPEG stores it."""
        rng = self.rng
        if rng.random() < 0.15:
            pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 0.8))
        if rng.random() < 0.15:
            noise = self.numbers.normal(0, rng.uniform(2, 10), pixels.shape[:2])[:, :, None]
            pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
        if rng.random() < 0.45:
            pixels = np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[:, :, None], 3, 2)
        if rng.random() < 0.65:
            quality = [cv2.IMWRITE_JPEG_QUALITY, rng.randint(35, 97)]
            pixels = cv2.imdecode(cv2.imencode(".jpg", pixels, quality)[1], cv2.IMREAD_COLOR)
        return pixels


def _block(
    rng: random.Random, parts: list[tuple[np.ndarray, str]]
) -> tuple[np.ndarray, list[tuple[tuple[int, int, int, int], int]]]:
    """Lines below each other, sometimes turned by a quarter: their ink and their boxes."""
    gap, to_right = rng.randint(1, 8), rng.random() < 0.25
    width = max(ink.shape[1] for ink, _ in parts)
    block = np.zeros((sum(ink.shape[0] + gap for ink, _ in parts), width), np.uint8)
    boxes, y = [], 0
    for ink, text in parts:
        x = width - ink.shape[1] if to_right else 0
        block[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
        rows, columns = np.nonzero(ink > 90)
        if len(rows):
            box = (int(x + columns.min()), int(y + rows.min()),
                   int(x + columns.max() + 1), int(y + rows.max() + 1))  # fmt: skip
            boxes.append((box, WORDS if letters_in(text) >= 3 else MARKER))
        y += ink.shape[0] + gap
    if rng.random() >= 0.08:
        return block, boxes
    high, wide = block.shape
    if rng.random() < 0.5:
        turned = [((y0, wide - x1, y1, wide - x0), kind) for (x0, y0, x1, y1), kind in boxes]
        return np.rot90(block), turned
    turned = [((high - y1, x0, high - y0, x1), kind) for (x0, y0, x1, y1), kind in boxes]
    return np.rot90(block, 3), turned


def _note(
    planes: Planes, box: tuple[float, float, float, float], kind: int, slack: int, rim: float
) -> None:
    """Enter one line: its core, and around it a rim that weighs `rim`."""
    x0, y0, x1, y1 = box
    flat = y1 - y0 <= x1 - x0
    lack = (1 - CORE_SHARE) / 2 * min(x1 - x0, y1 - y0)
    across = lack if kind == MARKER else 0.0
    dx, dy = (across, lack) if flat else (lack, across)
    core = [max(0, round(v)) for v in (x0 + dx, y0 + dy, x1 - dx, y1 - dy)]
    outer = [max(0, round(v)) for v in (x0 - slack, y0 - slack, x1 + slack, y1 + slack)]
    around = planes[2][outer[1] : outer[3], outer[0] : outer[2]]
    np.minimum(around, rim, out=around)
    if kind == NONE:
        return
    inner = np.s_[core[1] : core[3], core[0] : core[2]]
    planes[0][inner] = planes[2][inner] = 1
    if kind == WORDS:
        planes[1][inner] = 1
