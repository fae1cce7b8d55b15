"""Invented plots, traces, gels and flow charts, and the sheet that joins panels to one figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from drawings import font, noise, to_image
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
COLOURS: list[Colour] = [(31, 90, 150), (200, 82, 44), (60, 138, 84), (120, 84, 150)]
INK: Colour = (25, 25, 25)
SCALE = 2  # drawn at twice the size and shrunk, which smooths the lines


@dataclass(frozen=True)
class Compound:
    """A picture with its panels: (letter, (x0, y0, x1, y1)), the letter's own margin left out."""

    image: Image.Image
    panels: list[tuple[str, tuple[int, int, int, int]]] = field(default_factory=list)


def compose(
    tiles: Sequence[Image.Image], columns: int, letters: str, inside: bool = True, gutter: int = 10
) -> Compound:
    """Put tiles on a white sheet; letters white on the picture, or black above it."""
    width = max(tile.width for tile in tiles)
    height = max(tile.height for tile in tiles)
    head = 0 if inside else 30
    rows = math.ceil(len(tiles) / columns)
    size = (columns * (width + gutter) + gutter, rows * (height + gutter + head) + gutter)
    sheet = Image.new("RGB", size, (255, 255, 255))
    draw = ImageDraw.Draw(sheet)
    panels = []
    for number, (tile, letter) in enumerate(zip(tiles, letters, strict=True)):
        left = gutter + (number % columns) * (width + gutter)
        top = gutter + head + (number // columns) * (height + gutter + head)
        sheet.paste(tile.convert("RGB"), (left, top))
        box = (left, top, left + tile.width, top + tile.height)
        if inside:
            white, black = (255, 255, 255), (0, 0, 0)
            draw.text(
                (left + 10, top + 6), letter, white, font(30), stroke_width=1, stroke_fill=black
            )
        else:
            draw.text((left + 1, top - 31), letter, INK, font(27), stroke_width=1, stroke_fill=INK)
        panels.append((letter, box))
    return Compound(sheet, panels)


class Axes:
    """A small plotting area: axes with ticks and labels, in data coordinates."""

    def __init__(
        self,
        size: tuple[int, int],
        x: tuple[float, float],
        y: tuple[float, float],
        labels: tuple[str, str],
    ) -> None:
        self.size = size
        self.x, self.y = x, y
        self.box = (78, 26, size[0] - 24, size[1] - 66)
        self.image = Image.new("RGB", (size[0] * SCALE, size[1] * SCALE), (255, 255, 255))
        self.draw = ImageDraw.Draw(self.image)
        left, top, right, low = self.box
        self.line_px([(left, top), (left, low), (right, low)], INK, 1.4)
        self.words(((left + right) / 2, size[1] - 20), labels[0], 17)
        self._side_words(labels[1])

    def _side_words(self, words: str) -> None:
        wide = int(self.draw.textlength(words, font(17 * SCALE))) + 8
        strip = Image.new("RGB", (wide, 26 * SCALE), (255, 255, 255))
        ImageDraw.Draw(strip).text((4, 4), words, INK, font(17 * SCALE))
        middle = (self.box[1] + self.box[3]) * SCALE // 2
        self.image.paste(strip.rotate(90, expand=True), (4 * SCALE, middle - wide // 2))

    def at(self, px: float, py: float) -> tuple[float, float]:
        left, top, right, low = self.box
        u = (px - self.x[0]) / (self.x[1] - self.x[0])
        v = (py - self.y[0]) / (self.y[1] - self.y[0])
        return left + u * (right - left), low - v * (low - top)

    def line_px(
        self, points: Sequence[tuple[float, float]], colour: Colour, width: float = 2
    ) -> None:
        scaled = [(a * SCALE, b * SCALE) for a, b in points]
        self.draw.line(scaled, fill=colour, width=round(width * SCALE), joint="curve")

    def line(self, points: Sequence[tuple[float, float]], colour: Colour, width: float = 2) -> None:
        self.line_px([self.at(a, b) for a, b in points], colour, width)

    def dot(self, px: float, py: float, colour: Colour, r: float = 4) -> None:
        a, b = (v * SCALE for v in self.at(px, py))
        self.draw.ellipse((a - r * SCALE, b - r * SCALE, a + r * SCALE, b + r * SCALE), fill=colour)

    def bar(self, left: float, right: float, top: float, colour: Colour) -> None:
        (a, b), (c, d) = self.at(left, top), self.at(right, self.y[0])
        self.draw.rectangle(
            [v * SCALE for v in (a, b, c, d)], fill=colour, outline=INK, width=SCALE
        )

    def words(
        self, at: tuple[float, float], words: str, size: int = 15, anchor: str = "mm"
    ) -> None:
        place = (at[0] * SCALE, at[1] * SCALE)
        self.draw.text(place, words, INK, font(size * SCALE), anchor=anchor)

    def ticks(
        self, xs: Sequence[float], ys: Sequence[float], names: Sequence[str] | None = None
    ) -> None:
        for number, value in enumerate(xs):
            a, _ = self.at(value, 0)
            if names is None:
                self.line_px([(a, self.box[3]), (a, self.box[3] + 5)], INK, 1.4)
            self.words((a, self.box[3] + 17), names[number] if names else f"{value:g}")
        for value in ys:
            _, b = self.at(0, value)
            self.line_px([(self.box[0], b), (self.box[0] - 5, b)], INK, 1.4)
            self.words((self.box[0] - 9, b), f"{value:g}", anchor="rm")

    def legend(self, names: Sequence[str], right: bool = True, low: bool = False) -> None:
        x0 = self.box[2] - 175 if right else self.box[0] + 18
        y0 = self.box[3] - 22 * len(names) - 8 if low else self.box[1] + 8
        for number, name in enumerate(names):
            y = y0 + 22 * number
            self.line_px([(x0, y), (x0 + 26, y)], COLOURS[number], 3)
            self.words((x0 + 34, y), name, 15, "lm")

    def done(self) -> Image.Image:
        return self.image.resize(self.size, Image.Resampling.LANCZOS)


def survival_plot(seed: int, names: Sequence[str], p_value: str) -> Image.Image:
    """Kaplan-Meier curves with marks where a subject was censored."""
    rng = np.random.default_rng(seed)
    axes = Axes((680, 480), (0, 60), (0, 100), ("Time (months)", "Overall survival (%)"))
    axes.ticks(range(0, 61, 12), range(0, 101, 20))
    for number, rate in enumerate((0.011, 0.026)[: len(names)]):
        month, alive = 0.0, 100.0
        points = [(month, alive)]
        while month < 60:
            nxt = min(60.0, month + rng.exponential(2.2))
            points.append((nxt, alive))
            if rng.random() < 0.25:
                axes.line([(nxt, alive - 2), (nxt, alive + 2)], COLOURS[number], 1.6)
            alive = max(2.0, alive * (1 - rate * (nxt - month) * rng.uniform(0.5, 1.5)))
            points.append((nxt, alive))
            month = nxt
        axes.line(points, COLOURS[number], 2.4)
    axes.legend(names)
    axes.words((axes.box[0] + 20, axes.box[3] - 22), p_value, 16, "lm")
    return axes.done()


def bar_plot(
    groups: Sequence[str],
    values: Sequence[Sequence[float]],
    names: Sequence[str],
    labels: tuple[str, str],
    top: float = 100,
    size: tuple[int, int] = (640, 460),
) -> Image.Image:
    """Grouped bars with error bars; one colour for each name."""
    axes = Axes(size, (0, len(groups)), (0, top), labels)
    axes.ticks([k + 0.5 for k in range(len(groups))], [top * k / 5 for k in range(6)], groups)
    wide = 0.7 / len(names)
    for g, row in enumerate(values):
        for n, value in enumerate(row):
            left = g + 0.15 + n * wide
            axes.bar(left, left + wide, value, COLOURS[n])
            middle, spread = left + wide / 2, top * 0.03 + value * 0.05
            axes.line([(middle, value - spread), (middle, value + spread)], INK, 1.4)
            for end in (value - spread, value + spread):
                axes.line([(middle - 0.04, end), (middle + 0.04, end)], INK, 1.4)
    if len(names) > 1:
        axes.legend(names)
    return axes.done()


def line_plot(
    series: Sequence[Sequence[float]],
    xs: Sequence[float],
    names: Sequence[str],
    labels: tuple[str, str],
    top: float,
    size: tuple[int, int] = (640, 440),
) -> Image.Image:
    axes = Axes(size, (min(xs), max(xs)), (0, top), labels)
    axes.ticks(xs, [top * k / 5 for k in range(6)])
    for number, values in enumerate(series):
        axes.line(list(zip(xs, values, strict=True)), COLOURS[number], 2.4)
        for px, py in zip(xs, values, strict=True):
            axes.dot(px, py, COLOURS[number])
    if len(names) > 1:
        axes.legend(names)
    return axes.done()


def scatter_plot(seed: int, labels: tuple[str, str], note: str) -> Image.Image:
    rng = np.random.default_rng(seed)
    axes = Axes((600, 460), (0, 10), (0, 50), labels)
    axes.ticks(range(0, 11, 2), range(0, 51, 10))
    for px in rng.uniform(0.6, 9.6, 70):
        py = 4 + 3.9 * px + rng.normal(0, 3.6)
        axes.dot(float(px), float(min(49, max(1, py))), COLOURS[0], 3.6)
    axes.line([(0.3, 5.2), (9.9, 42.6)], COLOURS[1], 2.2)
    axes.words((axes.box[0] + 24, axes.box[1] + 18), note, 17, "lm")
    return axes.done()


def roc_plot(names: Sequence[str], powers: Sequence[float]) -> Image.Image:
    axes = Axes((520, 500), (0, 1), (0, 1), ("1 - specificity", "Sensitivity"))
    axes.ticks([k / 5 for k in range(6)], [k / 5 for k in range(6)])
    for k in range(0, 40, 2):
        axes.line([(k / 40, k / 40), ((k + 1) / 40, (k + 1) / 40)], (150, 150, 150), 1.4)
    for number, power in enumerate(powers):
        axes.line([(t / 60, (t / 60) ** power) for t in range(61)], COLOURS[number], 2.4)
    axes.legend(names, low=True)
    return axes.done()


def gel(
    seed: int, lanes: Sequence[str], rows: Sequence[tuple[str, Sequence[float]]]
) -> Image.Image:
    """Western blot strips: darkness of each band is given, 0 to 1."""
    rng = np.random.default_rng(seed)
    wide, high, left = 74, 62, 130
    size = (left + wide * len(lanes) + 24, 58 + (high + 14) * len(rows))
    sheet = Image.new("L", size, 255)
    draw = ImageDraw.Draw(sheet)
    for number, name in enumerate(lanes):
        draw.text((left + wide * (number + 0.5), 26), name, 20, font(18), anchor="mm")
    for row, (protein, bands) in enumerate(rows):
        top = 48 + row * (high + 14)
        y, x = np.mgrid[0:high, 0 : wide * len(lanes)].astype(np.float64)
        strip = 206 + 5 * noise(rng, (high, wide * len(lanes)), 40)
        for number, dark in enumerate(bands):
            cx, cy = wide * (number + 0.5), high / 2 + rng.normal(0, 1.5)
            smile = cy - 4 * ((x - cx) / 30) ** 2
            band = np.exp(-(((x - cx) / 25) ** 6)) * np.exp(-(((y - smile) / (5 + 4 * dark)) ** 2))
            strip = strip - 175 * dark * band
        sheet.paste(to_image(strip + 2 * noise(rng, strip.shape, 2)), (left, top))
        draw.rectangle((left - 1, top - 1, left + wide * len(lanes), top + high), outline=60)
        draw.text((left - 12, top + high / 2), protein, 20, font(18), anchor="rm")
    return sheet


def flow_chart(
    steps: Sequence[str], excluded: Sequence[str], colour: Colour = (226, 236, 246)
) -> Image.Image:
    """Boxes from top to bottom with arrows; what was left out stands at the right."""
    high, gap, wide = 74, 46, 300
    size = (700, len(steps) * (high + gap) - gap + 40)
    image = Image.new("RGB", (size[0] * SCALE, size[1] * SCALE), (255, 255, 255))
    draw = ImageDraw.Draw(image)

    def box(x: float, y: float, w: float, h: float, words: str, fill: Colour) -> None:
        draw.rectangle([v * SCALE for v in (x, y, x + w, y + h)], fill, INK, 2 * SCALE)
        middle = ((x + w / 2) * SCALE, (y + h / 2) * SCALE)
        draw.multiline_text(middle, words, INK, font(17 * SCALE), anchor="mm", align="center")

    def head(x: float, y: float, dx: int, dy: int) -> None:
        sides = [
            (x, y),
            (x - 11 * dx - 6 * dy, y - 11 * dy - 6 * dx),
            (x - 11 * dx + 6 * dy, y - 11 * dy + 6 * dx),
        ]
        draw.polygon([(a * SCALE, b * SCALE) for a, b in sides], fill=INK)

    for number, words in enumerate(steps):
        top = 20 + number * (high + gap)
        box(40, top, wide, high, words, colour)
        if number < len(steps) - 1:
            middle, end = 40 + wide / 2, top + high + gap
            draw.line([v * SCALE for v in (middle, top + high, middle, end - 6)], INK, 2 * SCALE)
            head(middle, end, 0, 1)
            across = top + high + gap / 2
            draw.line([v * SCALE for v in (middle, across, 404, across)], INK, 2 * SCALE)
            head(410, across, 1, 0)
            box(410, across - 34, 270, 68, excluded[number], (250, 244, 232))
    return image.resize(size, Image.Resampling.LANCZOS)


LEADS = ["I", "aVR", "V1", "V4", "II", "aVL", "V2", "V5", "III", "aVF", "V3", "V6"]
HEIGHTS = [0.7, -0.8, -0.6, 1.2, 1.0, 0.3, -0.4, 1.1, 0.6, 0.8, 0.5, 0.9]


def _beat(t: float, high: float, st: float, p_wave: bool) -> float:
    """One heart beat in millivolts; `t` in seconds, `st` the shift of the ST segment."""
    waves = [
        (0.16, 0.022, 0.12),
        (0.285, 0.009, -0.12),
        (0.31, 0.011, 1.0),
        (0.335, 0.010, -0.22),
        (0.55, 0.04, 0.28),
    ]
    kept = waves if p_wave else waves[1:]
    value = sum(high * a * math.exp(-(((t - m) / s) ** 2) / 2) for m, s, a in kept)
    if st:
        value += st * math.exp(-(((t - 0.45) / 0.075) ** 4))
    return value


def ecg(
    seed: int, st_leads: Sequence[str] = (), mirror: Sequence[str] = (), irregular: bool = False
) -> Image.Image:
    """Twelve leads in three rows and a rhythm strip, on pink millimetre paper."""
    rng = np.random.default_rng(seed)
    size, step = (800, 440), 7
    image = Image.new("RGB", size, (255, 246, 243))
    draw = ImageDraw.Draw(image)
    for k in range(0, size[0], step):
        for line in ((k, 0, k, size[1]), (0, k, size[0], k)):
            draw.line(line, (238, 160, 155) if k % (5 * step) == 0 else (250, 218, 213))
    beats = np.cumsum(rng.uniform(0.5, 1.15, 30) if irregular else np.full(30, 0.82)) - 0.7
    per_second, per_mv = 12 * step, 7 * step
    for row in range(4):
        base = 72 + row * 104
        points = []
        for px in range(20, size[0] - 12):
            lead = LEADS[row * 4 + min(3, (px - 20) * 4 // (size[0] - 32))] if row < 3 else "II"
            st = 0.28 if lead in st_leads else -0.14 if lead in mirror else 0
            t = (px - 20) / per_second
            high = HEIGHTS[LEADS.index(lead)]
            value = sum(_beat(t - b, high, st, not irregular) for b in beats if abs(t - b) < 1)
            if irregular:
                value += 0.035 * math.sin(38 * t + row) + 0.02 * math.sin(51 * t)
            points.append((px, base - per_mv * value + rng.normal(0, 0.25)))
        draw.line(points, (20, 20, 40), 2, "curve")
        for k in range(4 if row < 3 else 1):
            name = LEADS[row * 4 + k] if row < 3 else "II"
            draw.text((26 + k * (size[0] - 32) // 4, base - 67), name, (20, 20, 40), font(17))
    return image
