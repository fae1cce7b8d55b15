"""Charts as articles have them: axes, ticks, titles and legends on white, without a border."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw

from extractors.rendered.fonts import Font, font, font_files

Colour = tuple[int, int, int]
Area = tuple[int, int, int, int]
Painter = Callable[["Plot"], None]

_SCALE = 2  # drawn larger and shrunk, which smooths lines
_PALETTES: tuple[tuple[Colour, ...], ...] = (
    ((31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189)),
    ((0, 0, 0), (90, 90, 90), (150, 150, 150), (200, 200, 200), (60, 60, 60)),
    ((200, 30, 40), (30, 50, 140), (40, 120, 60), (230, 160, 30), (120, 60, 130)),
    ((68, 114, 196), (237, 125, 49), (165, 165, 165), (255, 192, 0), (91, 155, 213)),
)
WORDS = [
    "Time (days)",
    "Survival",
    "Control",
    "Treated",
    "Relative expression",
    "Dose (mg)",
    "Age",
    "Volume",
    "Intensity",
    "Concentration (nM)",
    "% of cells",
    "Group",
    "WT",
    "KO",
    "Score",
    "Follow-up (months)",
    "Sham",
    "Vehicle",
    "Frequency",
    "mRNA",
    "Protein",
    "Cell viability (%)",
    "Tumour weight (g)",
    "Day 0",
    "Day 7",
    "n.s.",
    "p < 0.05",
    "siRNA",
    "Baseline",
    "Sensitivity",
    "1 - Specificity",
    "Count",
    "Fold change",
    "Wavelength (nm)",
    "Absorbance",
    "Signal",
    "IL-6",
    "TNF",
    "Placebo",
    "Mean",
    "Blood pressure",
    "Heart rate",
    "Male",
    "Female",
    "T cells",
    "CD4",
    "CD8",
    "Normalised ratio",
]


class Plot:
    """A canvas of one chart: its drawing, its plot area and its random source."""

    def __init__(self, rng: random.Random, width: int, height: int, ground: Colour) -> None:
        self.rng = rng
        self.width, self.height = width * _SCALE, height * _SCALE
        self.image = Image.new("RGB", (self.width, self.height), ground)
        self.draw = ImageDraw.Draw(self.image)
        self.palette = rng.choice(_PALETTES)
        self.line = max(1, round(_SCALE * rng.choice((0.6, 1, 1, 1.5, 2))))
        side = min(width, height)
        self.text_px = _SCALE * max(6, min(16, round(side * rng.uniform(0.035, 0.07))))
        files = font_files()
        self.font: Font = font(rng.choice(files) if files else "", self.text_px)
        self.area: Area = (0, 0, self.width, self.height)

    def word(self) -> str:
        return self.rng.choice(WORDS)

    def text(self, x: float, y: float, words: str, anchor: str = "mm") -> None:
        self.draw.text((x, y), words, fill=(0, 0, 0), font=self.font, anchor=anchor)

    def text_up(self, x: float, y: float, words: str) -> None:
        """Words that run upwards, centred at (x, y)."""
        length = int(self.draw.textlength(words, font=self.font)) + 4
        strip = Image.new("L", (length, self.text_px + 6), 0)
        ImageDraw.Draw(strip).text((2, 1), words, fill=255, font=self.font)
        strip = strip.rotate(90, expand=True)
        place = (round(x - strip.width / 2), round(y - strip.height / 2))
        self.image.paste((0, 0, 0), place, strip)


def chart(rng: random.Random, width: int, height: int, ground: Colour) -> Image.Image:
    """An RGB chart that fills `width` x `height` from its outermost words to its last line."""
    plot = Plot(rng, width, height, ground)
    painter = rng.choice(PAINTERS)
    if painter in _BARE:
        plot.area = (2, 2, plot.width - 2, plot.height - 2)
    else:
        _frame(plot)
    painter(plot)
    return plot.image.reduce(_SCALE)


def _frame(plot: Plot) -> None:
    """Axes, ticks and titles; sets the plot area inside them."""
    rng, t = plot.rng, plot.text_px
    left = round(t * (rng.uniform(1.6, 3.2) + (titled := rng.random() < 0.8) * 1.2))
    bottom = round(t * (1.5 + (named := rng.random() < 0.7) * 1.3))
    top = round(t * (1.6 if (headed := rng.random() < 0.4) else 0.5))
    right = round(t * rng.choice((0.2, 0.2, 0.2, 1.0)))
    if rng.random() < 0.18:  # a legend beside the plot
        right += _legend(plot, plot.width - round(t * 6), round(plot.height * 0.3)) or 0
    left, right = min(left, plot.width // 3), min(right, plot.width // 3)
    top, bottom = min(top, plot.height // 4), min(bottom, plot.height // 3)
    x0, y0, x1, y1 = left, top, plot.width - right - 1, plot.height - bottom - 1
    plot.area = (x0, y0, x1, y1)
    style = rng.random()
    if style < 0.35:
        plot.draw.rectangle((x0, y0, x1, y1), outline=(0, 0, 0), width=plot.line)
    elif style < 0.45:
        plot.draw.rectangle((x0, y0, x1, y1), fill=(235, 235, 242))
    else:
        plot.draw.line((x0, y0, x0, y1, x1, y1), fill=(0, 0, 0), width=plot.line)
    _ticks(plot)
    if rng.random() < 0.15:
        for k in range(1, 6):
            y = y0 + (y1 - y0) * k / 6
            plot.draw.line((x0, y, x1, y), fill=(205, 205, 205), width=1)
    if titled:
        plot.text_up(t * 0.7, (y0 + y1) / 2, plot.word())
    if named:
        plot.text((x0 + x1) / 2, plot.height - t * 0.65, plot.word())
    if headed:
        plot.text((x0 + x1) / 2, t * 0.7, plot.word())


def _ticks(plot: Plot) -> None:
    x0, y0, x1, y1 = plot.area
    rng, t = plot.rng, plot.text_px
    step = rng.choice((1, 5, 10, 20, 0.2, 50))
    for k in range(n := rng.randint(3, 7)):
        y = y1 - (y1 - y0) * k / (n - 1)
        plot.draw.line((x0 - t * 0.3, y, x0, y), fill=(0, 0, 0), width=plot.line)
        plot.text(x0 - t * 0.4, y, f"{k * step:g}", "rm")
    for k in range(n := rng.randint(3, 7)):
        x = x0 + (x1 - x0) * (k + 0.5) / n
        plot.draw.line((x, y1, x, y1 + t * 0.25), fill=(0, 0, 0), width=plot.line)
        plot.text(x, y1 + t * 0.8, f"{k * step:g}")


def _legend(plot: Plot, x: float, y: float) -> int:
    t = plot.text_px
    for k in range(plot.rng.randint(2, 4)):
        at = y + k * t * 1.3
        plot.draw.rectangle((x, at, x + t * 0.7, at + t * 0.7), fill=plot.palette[k])
        plot.text(x + t, at + t * 0.3, plot.word()[:8], "lm")
    return round(t * 6)


def _inner_legend(plot: Plot) -> None:
    if plot.rng.random() < 0.35:
        x0, y0, x1, _ = plot.area
        _legend(plot, x0 + (x1 - x0) * plot.rng.choice((0.05, 0.6)), y0 + plot.text_px * 0.4)


def _bars(plot: Plot) -> None:
    x0, y0, x1, y1 = plot.area
    rng = plot.rng
    groups, series = rng.randint(2, 8), rng.choice((1, 1, 2, 3))
    slot = (x1 - x0) / groups
    for g in range(groups):
        for s in range(series):
            height = (y1 - y0) * rng.uniform(0.1, 0.85)
            a = x0 + slot * (g + 0.15 + 0.7 * s / series)
            b = a + slot * 0.7 / series * 0.9
            fill = plot.palette[s] if rng.random() < 0.95 else (255, 255, 255)
            plot.draw.rectangle((a, y1 - height, b, y1), fill=fill, outline=(0, 0, 0))
            _error(plot, (a + b) / 2, y1 - height, slot * 0.1)
    if rng.random() < 0.3 and groups > 1:
        y = y0 + plot.text_px * 0.6
        plot.draw.line((x0 + slot * 0.5, y, x0 + slot * 1.5, y), fill=(0, 0, 0), width=plot.line)
        plot.text(x0 + slot, y - plot.text_px * 0.2, rng.choice(("*", "**", "***", "ns")))
    _inner_legend(plot)


def _error(plot: Plot, x: float, y: float, half: float) -> None:
    up = plot.text_px * plot.rng.uniform(0.2, 0.8)
    plot.draw.line((x, y - up, x, y + up * 0.6), fill=(0, 0, 0), width=plot.line)
    plot.draw.line((x - half, y - up, x + half, y - up), fill=(0, 0, 0), width=plot.line)


def _lines(plot: Plot) -> None:
    x0, y0, x1, y1 = plot.area
    rng = plot.rng
    stepped = rng.random() < 0.3
    for s in range(rng.randint(1, 4)):
        value = rng.uniform(0.1, 0.9)
        points: list[tuple[float, float]] = []
        drift = rng.uniform(-0.12, 0.12)
        n = rng.randint(4, 24)
        for k in range(n):
            value = min(0.97, max(0.03, value + drift + rng.gauss(0, 0.05)))
            x, y = x0 + (x1 - x0) * (k + 0.3) / n, y1 - (y1 - y0) * value
            if stepped and points:
                points.append((x, points[-1][1]))
            points.append((x, y))
        plot.draw.line(points, fill=plot.palette[s], width=plot.line + 1)
        if rng.random() < 0.5 and not stepped:
            r = plot.text_px * 0.25
            for x, y in points:
                plot.draw.ellipse((x - r, y - r, x + r, y + r), fill=plot.palette[s])
                if rng.random() < 0.5:
                    _error(plot, x, y, r)
    _inner_legend(plot)


def _scatter(plot: Plot) -> None:
    x0, y0, x1, y1 = plot.area
    rng = plot.rng
    r = plot.text_px * rng.uniform(0.08, 0.3)
    for s in range(rng.randint(1, 3)):
        cx, cy, spread = rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8), rng.uniform(0.05, 0.2)
        for _ in range(rng.randint(10, 180)):
            x = x0 + (x1 - x0) * min(0.98, max(0.02, rng.gauss(cx, spread)))
            y = y0 + (y1 - y0) * min(0.98, max(0.02, rng.gauss(cy, spread)))
            plot.draw.ellipse((x - r, y - r, x + r, y + r), fill=plot.palette[s])
    if rng.random() < 0.4:
        plot.draw.line((x0, y1 - (y1 - y0) * 0.2, x1, y0 + (y1 - y0) * 0.2), fill=(0, 0, 0))
    if rng.random() < 0.25:  # flow cytometry gates
        gx, gy = x0 + (x1 - x0) * 0.5, y0 + (y1 - y0) * 0.5
        plot.draw.line((gx, y0, gx, y1), fill=(0, 0, 0), width=plot.line)
        plot.draw.line((x0, gy, x1, gy), fill=(0, 0, 0), width=plot.line)


def _boxes(plot: Plot) -> None:
    x0, y0, x1, y1 = plot.area
    rng = plot.rng
    n = rng.randint(2, 7)
    for k in range(n):
        c, half = x0 + (x1 - x0) * (k + 0.5) / n, (x1 - x0) / n * 0.28
        a, b = sorted(y0 + (y1 - y0) * rng.uniform(0.2, 0.8) for _ in range(2))
        plot.draw.line((c, max(y0, a - 20), c, min(y1, b + 20)), fill=(0, 0, 0), width=plot.line)
        fill = plot.palette[k % 5] if rng.random() < 0.6 else (255, 255, 255)
        plot.draw.rectangle((c - half, a, c + half, b + 2), fill=fill, outline=(0, 0, 0))
        plot.draw.line((c - half, (a + b) / 2, c + half, (a + b) / 2), fill=(0, 0, 0))


def _heatmap(plot: Plot) -> None:
    x0, y0, x1, y1 = plot.area
    rng = plot.rng
    rows, columns = rng.randint(4, 24), rng.randint(3, 20)
    cold, hot = rng.choice((((0, 0, 160), (180, 0, 0)), ((0, 130, 0), (200, 0, 0)),
                            ((255, 255, 255), (20, 60, 150)), ((68, 1, 84), (253, 231, 37))))  # fmt: skip
    for i in range(rows):
        for j in range(columns):
            u = rng.random()
            colour = tuple(round(a + (b - a) * u) for a, b in zip(cold, hot, strict=True))
            plot.draw.rectangle(
                (
                    x0 + (x1 - x0) * j / columns,
                    y0 + (y1 - y0) * i / rows,
                    x0 + (x1 - x0) * (j + 1) / columns,
                    y0 + (y1 - y0) * (i + 1) / rows,
                ),
                fill=colour,
            )


def _histogram(plot: Plot) -> None:
    x0, y0, x1, y1 = plot.area
    rng = plot.rng
    n = rng.randint(10, 50)
    centre, spread = rng.uniform(0.2, 0.8), rng.uniform(0.08, 0.3)
    for k in range(n):
        u = (k + 0.5) / n
        h = (y1 - y0) * 0.9 * math.exp(-(((u - centre) / spread) ** 2)) * rng.uniform(0.8, 1)
        a = x0 + (x1 - x0) * k / n
        plot.draw.rectangle((a, y1 - h, a + (x1 - x0) / n, y1), fill=plot.palette[0])


def _forest(plot: Plot) -> None:
    x0, y0, x1, y1 = plot.area
    rng, t = plot.rng, plot.text_px
    n = max(2, int((y1 - y0) / (t * 1.8)))
    middle = x0 + (x1 - x0) * 0.7
    plot.draw.line((middle, y0, middle, y1), fill=(0, 0, 0), width=plot.line)
    for k in range(n):
        y = y0 + (k + 0.5) * (y1 - y0) / n
        c, half = x0 + (x1 - x0) * rng.uniform(0.6, 0.85), (x1 - x0) * rng.uniform(0.03, 0.12)
        plot.text(x0, y, plot.word(), "lm")
        plot.draw.line((c - half, y, min(x1, c + half), y), fill=(0, 0, 0), width=plot.line)
        plot.draw.rectangle((c - t * 0.2, y - t * 0.2, c + t * 0.2, y + t * 0.2), fill=(0, 0, 0))


def _pie(plot: Plot) -> None:
    x0, y0, x1, y1 = plot.area
    rng = plot.rng
    r = min(x1 - x0, y1 - y0) * 0.48
    cx = x0 + r if rng.random() < 0.5 else (x0 + x1) / 2
    cy, start = (y0 + y1) / 2, 0.0
    for k in range(n := rng.randint(2, 5)):
        end = 360.0 if k == n - 1 else start + rng.uniform(20, 300 / n)
        box = (cx - r, cy - r, cx + r, cy + r)
        plot.draw.pieslice(box, start, end, fill=plot.palette[k % 5], outline=(255, 255, 255))
        start = end
    if x1 - (cx + r) > plot.text_px * 5:
        _legend(plot, x1 - plot.text_px * 6, y0 + r * 0.6)


def _tree(plot: Plot) -> None:
    """A dendrogram with names at its right."""
    x0, y0, x1, y1 = plot.area
    rng, t = plot.rng, plot.text_px
    n = max(3, int((y1 - y0) / (t * 1.6)))
    leaves = [(y0 + (k + 0.5) * (y1 - y0) / n, x0 + (x1 - x0) * 0.7) for k in range(n)]
    for y, x in leaves:
        plot.text(x + t * 0.4, y, plot.word()[:12], "lm")
    while len(leaves) > 1:
        k = rng.randrange(len(leaves) - 1)
        (ya, xa), (yb, xb) = leaves[k], leaves[k + 1]
        x = max(x0 + 2, min(xa, xb) - (x1 - x0) * 0.7 * rng.uniform(0.3, 1.3) / n)
        plot.draw.line((xa, ya, x, ya, x, yb, xb, yb), fill=(0, 0, 0), width=plot.line)
        leaves[k : k + 2] = [((ya + yb) / 2, x)]


PAINTERS: tuple[Painter, ...] = (
    _bars, _bars, _bars, _lines, _lines, _lines, _scatter, _scatter, _boxes, _heatmap, _histogram,
    _forest, _pie, _tree,
)  # fmt: skip
_BARE = (_forest, _pie, _tree)
