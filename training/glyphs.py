"""Learn to read glyphs from drawn ones: `python -m training.glyphs --out FILE.npz [--data DIR]`.

Sheets of single glyphs, words and shapes are drawn over pictures of `DIR/labelled` in all fonts
of this system, squashed, blurred and stored as JPEG. What `extractors.figures.letter_marks` finds
on them is what the two networks of `extractors.figures.glyphs` learn from: a coarse one that only
tells glyphs from other marks, and a fine one that reads. Seeded: the same fonts, pictures and
seed give the same file. Families in `FONTS_ASIDE` are for measuring only.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import io
import random
from collections.abc import Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from extractors.figures.glyphs import CHARACTERS, NONE, forward, network
from extractors.figures.letter_marks import COARSE, cut_out, find_marks, join_dots
from extractors.figures.letters import Scene, look, original_box, scene_features
from extractors.figures.records import Box
from extractors.rendered.figure import Rendered, render_figure
from extractors.rendered.layouts import Layout, invented_layout, read_layouts
from extractors.rendered.pictures import Pictures

FONTS_ASIDE = ("OpenSans", "Carlito", "Caladea", "P052", "texgyrepagella", "Inter", "Roboto")
COMMON_FONTS = ("Liberation", "Nimbus", "FreeSans", "FreeSerif", "Arimo", "Tinos", "texgyreheros",
                "texgyretermes", "DejaVuSans", "NotoSans")  # fmt: skip
_NO_TEXT_FONTS = ("Z003", "D050000L", "StandardSymbols", "LinBiolinum_K", "texgyrechorus",
                  "DejaVuMath", "LinLibertine_M", "Hairline", "Thin", "GFSDidotI")  # fmt: skip
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "C:/Windows/Fonts")
_PICTURES = ("bccd", "kvasir_seg", "medpix2", "vqa_rad", "dermamnist28", "cxr_images")

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


@functools.lru_cache(maxsize=400)
def _picture(path: Path) -> Image.Image:
    with Image.open(path) as image:
        picture = image.convert("RGB")
    picture.thumbnail((640, 640))
    return picture


class Sheets:
    """Drawn sheets from one seed: `draw()` gives RGB pixels and all glyphs with their boxes."""

    def __init__(self, pictures: list[Path], fonts: list[str], seed: int) -> None:
        self.rng = random.Random(seed)
        self.fonts = fonts
        self.groups: dict[Path, list[Path]] = {}
        for picture in pictures:
            self.groups.setdefault(picture.parent, []).append(picture)

    def draw(self, side: int = 480) -> tuple[np.ndarray, list[Glyph], list[Box]]:
        """Pixels (height, width, 3), readable glyphs, and boxes that teach nothing."""
        rng = self.rng
        sheet = Image.new("RGB", (side, side), self._flat())
        for _ in range(rng.randint(0, 7)):
            self._paste_ground(sheet)
        glyphs: list[Glyph] = []
        skipped: list[Box] = []
        scale = rng.uniform(0.6, 1.6)
        y = 0
        while y < side:
            row = int(rng.uniform(22, 72) * scale)
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
        group = self.groups[rng.choice(sorted(self.groups))]
        picture = _picture(rng.choice(group))
        zoom = rng.uniform(1.0, 2.0)
        cut_w, cut_h = picture.width / zoom, picture.height / zoom
        x, y = rng.uniform(0, picture.width - cut_w), rng.uniform(0, picture.height - cut_h)
        cut = picture.resize((w, h), Image.Resampling.BILINEAR, (x, y, x + cut_w, y + cut_h))
        if rng.random() < 0.25:
            cut = Image.fromarray(np.asarray(cut)[..., rng.sample((0, 1, 2), 3)])
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
        size = max(7, int(row * rng.uniform(0.35, 0.95)))
        return self._text(sheet, x, y, size, self._words(), glyphs)

    def _words(self) -> str:
        rng = self.rng
        u = rng.random()
        if u < 0.6:
            return rng.choice("AABBCCDDEFGH" + CHARACTERS[:-2] + "abcdefghij")
        if u < 0.7:
            return rng.choice(("({})", "{})", "{}.", "[{}]")).format(rng.choice(CHARACTERS[:52]))
        if u < 0.78:
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
        for i, character in enumerate(words):
            at = x + font.getlength(words[:i])
            ink = draw.textbbox((at, y), character, font=font)
            if character in CHARACTERS:
                glyphs.append((character, tuple(round(v) for v in ink)))  # type: ignore[arg-type]
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
            squash = 2 ** rng.uniform(-0.5, 0.5)
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


def overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of (N, 4) with (M, 4) boxes: (N, M)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    sizes = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    others_sizes = (others[:, 2:] - others[:, :2]).prod(axis=1)
    return both / np.maximum(sizes[:, None] + others_sizes[None] - both, 1e-6)


def taught(sheets: Sheets, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fine cells, coarse cells and classes of one sheet's marks; not too many that are none."""
    pixels, glyphs, skipped = sheets.draw()
    planes, marks = find_marks(pixels)
    coarse = cut_out(planes, marks, COARSE)
    marks = join_dots(planes, marks)
    classes = np.full(len(marks.boxes), NONE)
    keep = np.ones(len(classes), bool)
    if glyphs:
        truth = np.array([box for _, box in glyphs])
        shared = overlaps(marks.boxes, truth)
        best, value = shared.argmax(axis=1), shared.max(axis=1)
        names = np.array([CHARACTERS.index(c) for c, _ in glyphs])
        classes = np.where(value >= 0.62, names[best], NONE)
        keep &= (value >= 0.62) | (value < 0.5)
    if skipped:
        keep &= overlaps(marks.boxes, np.array(skipped)).max(axis=1) == 0
    none = np.flatnonzero(keep & (classes == NONE))
    many = max(60, int(1.3 * (keep & (classes != NONE)).sum()))
    if len(none) > many:
        keep[rng.choice(none, len(none) - many, replace=False)] = False
    chosen = np.flatnonzero(keep)
    fine = cut_out(planes, marks.take(chosen))
    return fine.astype(np.float16), coarse[chosen].astype(np.float16), classes[chosen]


def gather(sheets: Sheets, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`taught` of many sheets, one below the other."""
    rng = np.random.default_rng(sheets.rng.getrandbits(32))
    parts = list(zip(*(taught(sheets, rng) for _ in range(count)), strict=True))
    fine, coarse, classes = (np.concatenate(part) for part in parts)
    return fine, coarse, classes


def learn(
    cells: np.ndarray, classes: np.ndarray, sizes: tuple[int, int], epochs: int = 12
) -> dict[str, np.ndarray]:
    """Weights of a network of these hidden sizes, by Adam on the cross entropy."""
    rng = np.random.default_rng(1)
    widths = (cells.shape[1], *sizes, int(classes.max()) + 1)
    learned = {}
    for i, (a, b) in enumerate(zip(widths, widths[1:], strict=False), 1):
        learned[f"w{i}"] = rng.normal(0, np.sqrt(2 / a), (a, b)).astype(np.float32)
        learned[f"b{i}"] = np.zeros(b, np.float32)
    first = {k: np.zeros_like(v) for k, v in learned.items()}
    second = {k: np.zeros_like(v) for k, v in learned.items()}
    step, total = 0, epochs * (len(cells) // 256)
    for _ in range(epochs):
        for batch in _batches(rng, len(cells), 256):
            step += 1
            rate = 2e-3 * 0.5 * (1 + np.cos(np.pi * step / (total + 1)))
            noisy = cells[batch].astype(np.float32)
            slopes = _slopes(learned, noisy, classes[batch])
            for name, slope in slopes.items():
                first[name] += 0.1 * (slope - first[name])
                second[name] += 0.001 * (slope * slope - second[name])
                mean = first[name] / (1 - 0.9**step)
                scale = np.sqrt(second[name] / (1 - 0.999**step)) + 1e-8
                learned[name] -= rate * (mean / scale + 1e-2 * learned[name])
    return learned


def _batches(rng: np.random.Generator, count: int, size: int) -> Iterator[np.ndarray]:
    order = rng.permutation(count)
    for start in range(0, count - size + 1, size):
        yield order[start : start + size]


def _slopes(
    learned: dict[str, np.ndarray], x: np.ndarray, classes: np.ndarray
) -> dict[str, np.ndarray]:
    """The gradient of the cross entropy for one batch."""
    one = np.maximum(x @ learned["w1"] + learned["b1"], 0)
    two = np.maximum(one @ learned["w2"] + learned["b2"], 0)
    scores = two @ learned["w3"] + learned["b3"]
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    error = odds / odds.sum(axis=1, keepdims=True)
    error[np.arange(len(x)), classes] -= 1
    error /= len(x)
    back2 = (error @ learned["w3"].T) * (two > 0)
    back1 = (back2 @ learned["w2"].T) * (one > 0)
    return {
        "w3": two.T @ error, "b3": error.sum(0), "w2": one.T @ back2, "b2": back2.sum(0),
        "w1": x.T @ back1, "b1": back1.sum(0),
    }  # fmt: skip


class Figures:
    """Rendered figures from one seed; aside are the layouts whose hash is a multiple of 5."""

    def __init__(self, data: Path, seed: int, aside: bool = False) -> None:
        self.rng = random.Random(seed)
        self.pictures = Pictures(data / "labelled")
        layouts = read_layouts(data / "compound" / "zou_panelseg" / "train.csv")
        self.layouts = [x for x in layouts if is_aside(x.name) == aside]

    def draw(self) -> tuple[np.ndarray, Rendered]:
        """Pixels (height, width, 3) and truth of the next figure."""
        rng = self.rng
        layout = rng.choice(self.layouts)
        if rng.random() < 0.15:
            layout = invented_layout(rng, f"invented {rng.random()}")
        figure = render_figure(relabelled(rng, layout), self.pictures, rng.getrandbits(30))
        return np.asarray(figure.picture), figure


def is_aside(name: str) -> bool:
    """Whether a figure of the annotated layouts is kept for measuring only."""
    return int(hashlib.sha256(Path(name).name.encode()).hexdigest(), 16) % 5 == 0


def relabelled(rng: random.Random, layout: Layout) -> Layout:
    """Labels of one case, which the annotations are not, and of rarer kinds for some figures."""
    labels = [slot.label for slot in layout.slots]
    upper = sum(label.isupper() for label in labels) * 2 >= sum(map(bool, labels))
    new = [label.upper() if upper else label.lower() for label in labels]
    if len(set(labels)) == len(labels) and rng.random() < 0.15:
        kinds = (lambda i: ROMAN[i], lambda i: str(i + 1), lambda i: f"{'ABCD'[i // 3]}{i % 3 + 1}")
        kind = rng.choice(kinds)
        new = [kind(i) if i < len(ROMAN) and label else label for i, label in enumerate(new)]
    slots = zip(layout.slots, new, strict=True)
    replaced = tuple(msgspec.structs.replace(slot, label=label) for slot, label in slots)
    return msgspec.structs.replace(layout, slots=replaced)


ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")


def right(scene: Scene, figure: Rendered) -> np.ndarray:
    """Which readings of a scene are true panel letters: (N,) of 0 and 1."""
    out = np.zeros(len(scene.readings), int)
    truth = [(p.label.lower(), p.letter_box) for p in figure.panels if p.label and p.letter_box]
    for i, reading in enumerate(scene.readings):
        box = original_box(scene, reading.core)
        out[i] = any(reading.text.lower() == t and same_place(box, b) for t, b in truth)
    return out


def same_place(a: Box, b: Box) -> bool:
    """Whether two boxes share at least half of the smaller one."""
    across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    least = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return across > 0 and down > 0 and across * down >= 0.5 * least


def hints(rng: random.Random, figure: Rendered) -> tuple[list[str], list[Box]]:
    """What a caption and a panel finder would tell: letters, boxes, both or nothing."""
    labels = list(dict.fromkeys(p.label for p in figure.panels if p.label))
    if labels and rng.random() < 0.2:
        labels.append(chr(ord(labels[-1][-1]) + 1) if labels[-1].isalpha() else "A")
    boxes = [tuple(v + rng.randint(-3, 3) for v in p.box) for p in figure.panels]
    return (labels if rng.random() < 0.6 else []), (boxes if rng.random() < 0.5 else [])  # type: ignore[return-value]


def gather_votes(figures: Figures, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Features and truth of all readings in rendered figures."""
    parts, classes = [], []
    for _ in range(count):
        pixels, figure = figures.draw()
        for _ in range(2):
            wanted, panels = hints(figures.rng, figure)
            scene = look(pixels, wanted)
            parts.append(scene_features(scene, wanted, panels))
            classes.append(right(scene, figure))
    return np.concatenate(parts), np.concatenate(classes)


def pictures_below(folder: Path) -> list[Path]:
    """The JPEG and PNG files to draw over."""
    return sorted(
        p for name in _PICTURES for p in (folder / "labelled" / name).rglob("*.[jp][pn]g")
    )


def accuracy(learned: dict[str, np.ndarray], cells: np.ndarray, classes: np.ndarray) -> str:
    """Shares read right, in words: case folded, and glyph or not."""
    odds = forward(learned, cells.astype(np.float32))
    guess = odds.argmax(axis=1)
    fold = np.array([CHARACTERS.index(c.lower()) for c in CHARACTERS] + [NONE])
    real = classes != NONE
    right = (fold[guess] == fold[classes])[real].mean()
    found = (guess != NONE)[real].mean()
    return f"read {right:.3f}, found {found:.3f}, none kept out {(guess == NONE)[~real].mean():.3f}"


def learn_reader(data: Path, sheets: int, seed: int) -> dict[str, np.ndarray]:
    """The coarse and the fine network, learned and measured on sheets."""
    pictures = pictures_below(data)
    fine, coarse, classes = gather(Sheets(pictures, font_files(), seed), sheets)
    print(f"{len(classes)} marks, {(classes != NONE).sum()} glyphs")
    quick = learn(coarse, (classes != NONE).astype(int), (24, 8), epochs=6)
    reader = learn(fine, classes, (192, 96))
    tested = gather(Sheets(pictures, font_files(aside=True), seed + 1), 60)
    print("fonts aside:", accuracy(reader, tested[0], tested[2]))
    kept = forward(quick, tested[1].astype(np.float32))[:, 1] >= 0.05
    glyphs = tested[2] != NONE
    print(f"coarse: {kept[glyphs].mean():.4f} of glyphs, {kept[~glyphs].mean():.3f} of others pass")
    return {f"fine_{k}": v for k, v in reader.items()} | {f"coarse_{k}": v for k, v in quick.items()}


def learn_vote(data: Path, figures: int, seed: int) -> dict[str, np.ndarray]:
    """The network that votes, learned on what the stored ones read in rendered figures."""
    features, classes = gather_votes(Figures(data, seed + 2), figures)
    print(f"{len(classes)} readings, {classes.sum()} letters")
    vote = learn(features, classes, (24, 12), epochs=40)
    return {f"vote_{k}": v for k, v in vote.items()}


def store(path: Path, learned: dict[str, np.ndarray]) -> None:
    """Write the numbers, beside those that the file already has under other names."""
    old = dict(np.load(path, allow_pickle=False)) if path.exists() else {}
    halves = {name: value.astype(np.float16) for name, value in learned.items()}
    np.savez_compressed(path, **{**old, **halves})


def main() -> None:
    """Draw, learn, measure on the fonts held aside, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sheets", type=int, default=1500, help="0 keeps the stored readers")
    parser.add_argument("--figures", type=int, default=800)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if options.sheets:
        store(options.out, learn_reader(options.data, options.sheets, options.seed))
        network.cache_clear()
    store(options.out, learn_vote(options.data, options.figures, options.seed))


if __name__ == "__main__":
    main()
