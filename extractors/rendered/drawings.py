"""What is neither photograph nor chart: blots, traces, schemes, tables, structures."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from extractors.rendered.charts import WORDS, Colour
from extractors.rendered.fonts import Font, font, font_files


def drawing(rng: random.Random, width: int, height: int, ground: Colour) -> Image.Image:
    """An RGB drawing of one of the kinds below, `width` x `height` pixels."""
    kind = rng.choice((_blot, _blot, _traces, _scheme, _scheme, _table, _structure))
    image = Image.new("RGB", (width, height), ground)
    kind(rng, image)
    return image


def _font(rng: random.Random, height: int) -> Font:
    files = font_files()
    size = max(7, min(16, round(height * rng.uniform(0.04, 0.09))))
    return font(rng.choice(files) if files else "", size)


def _blot(rng: random.Random, image: Image.Image) -> None:
    """Strips of a gel under one another, each with its name at one side."""
    width, height = image.size
    draw, words = ImageDraw.Draw(image), _font(rng, height)
    strips = rng.randint(1, max(1, min(6, height // 28)))
    lanes = rng.randint(2, 8)
    left = round(width * rng.uniform(0.0, 0.25))
    gap = rng.randint(2, 6)
    top = 0 if rng.random() < 0.6 else min(height // 4, 16)
    if top:
        for k in range(lanes):
            x = left + (width - left) * (k + 0.5) / lanes
            draw.text((x, 1), rng.choice("+-"), fill=(0, 0, 0), font=words, anchor="mt")
    tall = (height - top - gap * (strips - 1)) / strips
    for s in range(strips):
        y0 = round(top + s * (tall + gap))
        strip = _strip(rng, max(2, width - left), max(2, round(tall)), lanes)
        image.paste(strip, (left, y0))
        draw.text(
            (2, y0 + tall / 2), rng.choice(WORDS)[:9], fill=(0, 0, 0), font=words, anchor="lm"
        )
        if rng.random() < 0.4:
            draw.rectangle((left, y0, width - 1, y0 + round(tall) - 1), outline=(0, 0, 0))
        draw.rectangle((0, y0, 0, y0), fill=(0, 0, 0))


def _strip(rng: random.Random, width: int, height: int, lanes: int) -> Image.Image:
    light = rng.randint(170, 240)
    strip = Image.new("L", (width, height), light)
    draw = ImageDraw.Draw(strip)
    for lane in range(lanes):
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            c, half = width * (lane + 0.5) / lanes, width / lanes * rng.uniform(0.25, 0.42)
            y = height * rng.uniform(0.25, 0.75)
            thick = max(1.0, height * rng.uniform(0.04, 0.16))
            box = (c - half, y - thick, c + half, y + thick)
            draw.rounded_rectangle(box, thick, fill=rng.randint(10, light - 20))
    strip = strip.filter(ImageFilter.GaussianBlur(max(0.8, height / 40)))
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, 4, (height, width))
    pixels = np.clip(np.asarray(strip, np.float32) + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels).convert("RGB")


def _traces(rng: random.Random, image: Image.Image) -> None:
    """ECG-like lines, on paper or on white."""
    width, height = image.size
    draw = ImageDraw.Draw(image)
    if rng.random() < 0.4:
        draw.rectangle((0, 0, width, height), fill=(255, 236, 236))
        for x in range(0, width, 8):
            draw.line((x, 0, x, height), fill=(245, 200, 200))
        for y in range(0, height, 8):
            draw.line((0, y, width, y), fill=(245, 200, 200))
    rows = rng.randint(1, max(1, min(6, height // 40)))
    for row in range(rows):
        base, period = height * (row + 0.6) / rows, rng.randint(20, 60)
        high = height / rows * 0.5
        points = []
        for x in range(0, width, 2):
            phase = (x % period) / period
            spike = high * math.exp(-(((phase - 0.4) / 0.03) ** 2)) - high * 0.2 * math.exp(
                -(((phase - 0.7) / 0.08) ** 2)
            )
            points.append((x, base - spike + rng.gauss(0, 0.6)))
        draw.line(points, fill=(10, 10, 40), width=1)


def _scheme(rng: random.Random, image: Image.Image) -> None:
    """Boxes and ovals with words, joined by arrows."""
    width, height = image.size
    draw, words = ImageDraw.Draw(image), _font(rng, height)
    columns, rows = max(1, min(4, width // 90)), max(1, min(5, height // 60))
    if columns * rows == 1:
        rows = 2
    places = [((c + 0.5) * width / columns, (r + 0.5) * height / rows)
              for r in range(rows) for c in range(columns)]  # fmt: skip
    rng.shuffle(places)
    places = places[: rng.randint(2, len(places))]
    places.sort(key=lambda p: (p[1], p[0]))
    for (xa, ya), (xb, yb) in pairwise(places):
        draw.line((xa, ya, xb, yb), fill=(60, 60, 60), width=2)
    for x, y in places:
        w, h = width / columns * rng.uniform(0.3, 0.47), height / rows * rng.uniform(0.2, 0.4)
        fill = (rng.randint(150, 255), rng.randint(150, 255), rng.randint(150, 255))
        shape = rng.random()
        if shape < 0.5:
            draw.rectangle((x - w, y - h, x + w, y + h), fill=fill, outline=(0, 0, 0))
        elif shape < 0.8:
            draw.ellipse((x - w, y - h, x + w, y + h), fill=fill, outline=(0, 0, 0))
        draw.text((x, y), rng.choice(WORDS)[:14], fill=(0, 0, 0), font=words, anchor="mm")


def _table(rng: random.Random, image: Image.Image) -> None:
    width, height = image.size
    draw, words = ImageDraw.Draw(image), _font(rng, height)
    rows, columns = max(2, min(9, height // 18)), max(1, min(5, width // 70))
    for r in range(rows):
        y = height * r / rows
        if r in (0, 1) or rng.random() < 0.2:
            draw.line((0, y, width, y), fill=(0, 0, 0))
        for c in range(columns):
            text = rng.choice(WORDS)[:10] if c == 0 or r == 0 else f"{rng.uniform(0, 99):.1f}"
            draw.text((width * c / columns + 2, y + 2), text, fill=(0, 0, 0), font=words)
    draw.line((0, height - 1, width, height - 1), fill=(0, 0, 0))


def _structure(rng: random.Random, image: Image.Image) -> None:
    """A molecule-like net of bonds, or a sketch of closed curves."""
    width, height = image.size
    draw = ImageDraw.Draw(image)
    side = min(width, height)
    if rng.random() < 0.5:
        r = max(6.0, side * rng.uniform(0.08, 0.16))
        x, y = width * rng.uniform(0.2, 0.4), height * rng.uniform(0.3, 0.6)
        for _ in range(rng.randint(3, 8)):
            ring = [(x + r * math.cos(a * math.pi / 3), y + r * math.sin(a * math.pi / 3))
                    for a in range(7)]  # fmt: skip
            draw.line(ring, fill=(0, 0, 0), width=2)
            x += r * rng.choice((1.75, 0.9))
            y += r * rng.uniform(-1.6, 1.6)
            x, y = min(max(r, x), width - r), min(max(r, y), height - r)
        return
    for _ in range(rng.randint(3, 10)):
        cx, cy = rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height
        points = []
        for a in range(13):
            r = side * rng.uniform(0.08, 0.3)
            points.append((cx + r * math.cos(a * 0.52), cy + r * math.sin(a * 0.52)))
        fill = None
        if rng.random() < 0.4:
            fill = (rng.randint(90, 255), rng.randint(90, 255), rng.randint(90, 255))
        draw.polygon(points, outline=(20, 20, 20), fill=fill)
