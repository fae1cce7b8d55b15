"""Invented medical pictures, drawn with NumPy and Pillow.

Nothing here comes from a patient: every picture is put together from ellipses, curves and seeded
noise. The same seed gives the same picture. Coordinates run over -1..1 along the height.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

Array = NDArray[np.float64]
Spot = tuple[float, float, float]  # x, y, radius


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that comes inside Pillow, so that no system font changes the bytes."""
    return ImageFont.load_default(size)


def plane(width: int, height: int) -> tuple[Array, Array]:
    across = (np.arange(width, dtype=np.float64) - width / 2) / (height / 2)
    down = (np.arange(height, dtype=np.float64) - height / 2) / (height / 2)
    x, y = np.meshgrid(across, down)
    return x, y


def noise(rng: np.random.Generator, shape: tuple[int, ...], cell: float) -> Array:
    """Smooth noise of unit variance whose blobs are about `cell` pixels wide."""
    height, width = shape
    small = rng.standard_normal((int(height / cell) + 3, int(width / cell) + 3)).astype(np.float32)
    big = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    field: Array = np.asarray(big, dtype=np.float64)
    scaled: Array = field / field.std()
    return scaled


def clouds(rng: np.random.Generator, shape: tuple[int, ...], cell: float) -> Array:
    """Noise of several sizes together: looks like tissue rather than like blobs."""
    return sum((noise(rng, shape, cell / 2**k) / 2**k for k in range(4)), np.zeros(shape)) / 1.2


def oval(
    x: Array,
    y: Array,
    cx: float,
    cy: float,
    rx: float,
    ry: float,
    turn: float = 0,
    soft: float = 0.02,
) -> Array:
    """Mask 0..1 of an ellipse; `turn` in degrees, `soft` the width of its edge."""
    t = math.radians(turn)
    u = (x - cx) * math.cos(t) + (y - cy) * math.sin(t)
    v = -(x - cx) * math.sin(t) + (y - cy) * math.cos(t)
    r = np.sqrt((u / rx) ** 2 + (v / ry) ** 2)
    return np.clip(0.5 - (r - 1) * min(rx, ry) / soft, 0, 1)


def paint(base: Array, mask: Array, value: float | Array) -> Array:
    return base * (1 - mask) + value * mask


def tint(base: Array, mask: Array, colour: Sequence[float]) -> Array:
    """paint() for colour pictures."""
    m = mask[..., None]
    return base * (1 - m) + np.asarray(colour, dtype=np.float64) * m


def to_image(array: Array) -> Image.Image:
    return Image.fromarray(np.clip(array, 0, 255).astype(np.uint8))


def text(image: Image.Image, xy: tuple[int, int], words: str, size: int = 15) -> Image.Image:
    colour = 235 if image.mode == "L" else (235, 235, 235)
    ImageDraw.Draw(image).text(xy, words, fill=colour, font=font(size))
    return image


def arrow(
    image: Image.Image, tip: tuple[int, int], turn: float = 45, length: int = 46
) -> Image.Image:
    """A white arrow with a dark rim, pointing at `tip` and coming from the direction `turn`."""
    t = math.radians(turn)
    dx, dy = math.cos(t), -math.sin(t)
    out = [(0, 0), (17, -9), (15, -3), (length, -3), (length, 3), (15, 3), (17, 9)]
    points = [(tip[0] + a * dx - b * dy, tip[1] + a * dy + b * dx) for a, b in out]
    light, dark = (255, 20) if image.mode == "L" else ((255, 255, 255), (20, 20, 20))
    draw = ImageDraw.Draw(image)
    draw.polygon(points, fill=light, outline=dark)
    return image


def scale_bar(image: Image.Image, pixels: int, words: str, dark: bool = True) -> Image.Image:
    colour = (20, 20, 20) if dark else (245, 245, 245)
    draw = ImageDraw.Draw(image)
    right, low = image.width - 18, image.height - 18
    draw.rectangle((right - pixels, low - 5, right, low), fill=colour)
    draw.text((right - pixels, low - 24), words, fill=colour, font=font(15))
    return image


# --- Radiology ---------------------------------------------------------------------------------


def _thorax(x: Array, y: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Soft tissue values and the mask of both lungs, before the organs in the middle."""
    wx = x + 0.02 * noise(rng, x.shape, 90)
    wy = y + 0.02 * noise(rng, x.shape, 90)
    body = oval(wx, wy, 0, 0.02, 1.12, 0.83)
    img = paint(np.zeros_like(x), body, 92)
    img = paint(img, oval(wx, wy, 0, 0.03, 1.03, 0.74), 150 + 5 * clouds(rng, x.shape, 30))
    for side in (-1, 1):
        img = paint(img, oval(wx, wy, side * 0.42, -0.68, 0.3, 0.05, side * 13), 140)
        img = paint(img, oval(x, y, side * 0.72, 0.5, 0.24, 0.028, side * -38), 232)
        for turn in (-62, -34, -8, 18, 42, 64):
            t = math.radians(turn)
            rib = oval(
                x,
                y,
                side * 0.94 * math.cos(t),
                0.03 + 0.66 * math.sin(t),
                0.032,
                0.085,
                side * turn * 1.2,
            )
            img = paint(img, rib, 228)
    lungs = np.maximum(
        oval(wx, wy, -0.47, 0.0, 0.4, 0.6, 6), oval(wx, wy, 0.49, 0.02, 0.38, 0.58, -6)
    )
    return img, lungs


def _lung_texture(x: Array, y: Array, rng: np.random.Generator, lungs: Array) -> Array:
    """Vessels: bright streaks running outwards, thinner towards the chest wall."""
    height, width = x.shape
    layer = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(layer)
    for _ in range(130):
        side = rng.choice([-1, 1])
        px, py, turn = side * 0.22, rng.uniform(-0.05, 0.15), rng.uniform(-1.5, 1.5)
        start, thick = rng.uniform(0, 0.45), rng.uniform(0.6, 3.4)
        for step in range(7):
            length = rng.uniform(0.03, 0.06)
            qx, qy = px + side * length * math.cos(turn), py + length * math.sin(turn)
            if step * 0.06 >= start:
                ends = [(v + 0) * height / 2 for v in (px, py, qx, qy)]
                box = [
                    ends[0] + width / 2,
                    ends[1] + height / 2,
                    ends[2] + width / 2,
                    ends[3] + height / 2,
                ]
                draw.line(
                    box,
                    fill=int(80 + 70 * rng.random()),
                    width=max(1, round(thick * (1 - step / 8))),
                )
            px, py, turn = qx, qy, turn + rng.normal(0, 0.35)
    soft = np.asarray(layer.filter(ImageFilter.GaussianBlur(0.9)), dtype=np.float64)
    return np.clip(28 + 7 * clouds(rng, x.shape, 26) + soft * 0.9, 0, 190) * lungs


def ct_chest(
    seed: int,
    size: tuple[int, int] = (620, 480),
    nodule: Spot | None = None,
    ground_glass: Spot | None = None,
    effusion: bool = False,
    soft_window: bool = False,
) -> Image.Image:
    """Axial slice of the chest; the patient's right side is on the left, as radiologists look."""
    rng = np.random.default_rng(seed)
    x, y = plane(*size)
    x, y = x * 1.06, y * 1.06
    img, lungs = _thorax(x, y, rng)
    img = paint(img, lungs, _lung_texture(x, y, rng, lungs))
    if ground_glass:
        gx, gy, r = ground_glass
        haze = oval(x + 0.05 * noise(rng, x.shape, 40), y, gx, gy, r, r * 0.8, soft=0.16) * lungs
        img = img + haze * (58 + 14 * noise(rng, x.shape, 5))
    if nodule:
        nx, ny, r = nodule
        edge = 0.13 * r * clouds(rng, x.shape, 22)
        img = paint(img, oval(x + edge, y - edge, nx, ny, r, r, soft=0.025), 168)
    wx = x + 0.012 * noise(rng, x.shape, 60)
    img = paint(img, oval(wx, y, 0.02, 0.1, 0.22, 0.5), 152 + 3 * noise(rng, x.shape, 12))
    img = paint(img, oval(wx, y, 0.13, -0.14, 0.34, 0.3, 25), 172 if soft_window else 160)
    img = paint(img, oval(wx, y, 0.16, -0.14, 0.14, 0.12, 25, 0.05), 192 if soft_window else 168)
    img = paint(img, oval(x, y, 0.16, 0.36, 0.095, 0.095), 196 if soft_window else 176)
    img = paint(img, oval(x, y, -0.02, 0.22, 0.06, 0.045), 12)
    if effusion:
        img = paint(
            img, lungs * np.clip((y + 0.12 * (x + 0.5) ** 2 - 0.27) * 30, 0, 1) * (x < 0), 128
        )
    img = _spine_and_sternum(img, x, y)
    table = np.abs(y - 0.97 + 0.1 * x**2) < 0.012
    img = np.where(table & (np.abs(x) < 1.05), 70, img)
    if soft_window:
        img = np.where(img < 60, img * 0.25, (img - 60) * 1.25 + 10)
    return to_image(img + 4.5 * noise(rng, x.shape, 1.6))


def _spine_and_sternum(img: Array, x: Array, y: Array) -> Array:
    img = paint(img, oval(x, y, 0, 0.5, 0.15, 0.115), 240)
    img = paint(img, oval(x, y, 0, 0.5, 0.11, 0.08, soft=0.05), 200)
    for side in (-1, 1):
        img = paint(img, oval(x, y, side * 0.16, 0.62, 0.15, 0.028, side * 28), 232)
    img = paint(img, oval(x, y, 0, 0.72, 0.026, 0.11), 232)
    img = paint(img, oval(x, y, 0, 0.62, 0.075, 0.06), 140)
    img = paint(img, oval(x, y, 0, -0.66, 0.15, 0.038), 226)
    return paint(img, oval(x, y, 0, -0.66, 0.11, 0.02), 180)


def ct_abdomen(
    seed: int,
    size: tuple[int, int] = (620, 480),
    lesion: Spot | None = None,
    arterial: bool = False,
) -> Image.Image:
    """Axial slice at the height of the liver, with contrast medium."""
    rng = np.random.default_rng(seed)
    x, y = plane(*size)
    x, y = x * 1.08, y * 1.08
    wx, wy = x + 0.02 * noise(rng, x.shape, 70), y + 0.02 * noise(rng, x.shape, 70)
    img = paint(np.zeros_like(x), oval(wx, wy, 0, 0.0, 1.12, 0.86), 66)
    img = paint(img, oval(wx, wy, 0, 0.0, 1.02, 0.76), 128)
    img = paint(img, oval(wx, wy, 0, -0.02, 0.96, 0.7), 72 + 4 * clouds(rng, x.shape, 30))
    liver = np.maximum(
        oval(wx, wy, -0.5, 0.0, 0.43, 0.58, 8), oval(wx, wy, -0.14, -0.32, 0.42, 0.26, 14)
    )
    img = paint(img, liver, 150 + 3 * clouds(rng, x.shape, 20))
    for cx, cy, r in (
        (-0.4, -0.1, 0.05),
        (-0.55, 0.15, 0.035),
        (-0.3, -0.3, 0.03),
        (-0.62, -0.15, 0.03),
    ):
        img = paint(img, oval(wx, wy, cx, cy, r * 2.2, r, 40) * liver, 172)
    if lesion:
        lx, ly, r = lesion
        img = paint(img, oval(wx, wy, lx, ly, r, r * 0.9), 205 if arterial else 108)
        img = paint(
            img, oval(wx, wy, lx, ly, r * 0.55, r * 0.5, soft=0.08), 120 if arterial else 92
        )
    img = paint(img, oval(wx, wy, 0.76, 0.2, 0.15, 0.34, -20), 158)
    stomach = oval(wx, wy, 0.4, -0.32, 0.36, 0.24, -18)
    img = paint(img, stomach, np.where(y < -0.4, 8, 120))
    for side in (-1, 1):
        img = paint(img, oval(wx, wy, side * 0.36, 0.4, 0.13, 0.18, side * -25), 196)
        img = paint(img, oval(wx, wy, side * 0.32, 0.4, 0.06, 0.09, side * -25, 0.06), 96)
        img = paint(img, oval(wx, wy, side * 0.24, 0.62, 0.15, 0.1), 130)
        for turn in (-55, -22, 10, 40, 62):
            t = math.radians(turn)
            rib = oval(
                x, y, side * 0.99 * math.cos(t), 0.73 * math.sin(t), 0.03, 0.085, side * turn * 1.2
            )
            img = paint(img, rib, 230)
    img = paint(img, oval(x, y, 0.08, 0.24, 0.075, 0.075), 225 if arterial else 185)
    img = paint(img, oval(x, y, -0.12, 0.22, 0.09, 0.065), 175)
    img = _spine_and_sternum_low(img, x, y)
    return to_image(img + 4.5 * noise(rng, x.shape, 1.6))


def _spine_and_sternum_low(img: Array, x: Array, y: Array) -> Array:
    img = paint(img, oval(x, y, 0, 0.46, 0.17, 0.13), 240)
    img = paint(img, oval(x, y, 0, 0.46, 0.13, 0.095, soft=0.05), 198)
    img = paint(img, oval(x, y, 0, 0.72, 0.028, 0.11), 232)
    return paint(img, oval(x, y, 0, 0.62, 0.08, 0.06), 138)


MRI_VALUES = {  # scalp, white matter, grey matter, fluid, lesion, swelling around it
    "t1": (205, 168, 118, 30, 80, 122),
    "t1c": (210, 165, 118, 30, 240, 118),
    "t2": (150, 92, 132, 232, 205, 190),
    "flair": (150, 102, 136, 22, 205, 225),
    "dwi": (24, 92, 122, 26, 240, 130),
}


def brain_mri(
    seed: int, kind: str = "t2", size: tuple[int, int] = (480, 520), lesion: Spot | None = None
) -> Image.Image:
    """Axial slice at the height of the lateral ventricles. The same seed gives the same brain."""
    scalp, white, grey, fluid, core, swelling = MRI_VALUES[kind]
    rng = np.random.default_rng(seed)
    x, y = plane(*size)
    x, y = x * 1.1, y * 1.1
    fold = noise(rng, x.shape, 15) + 0.5 * noise(rng, x.shape, 9)
    wx, wy = x + 0.012 * noise(rng, x.shape, 190), y + 0.012 * noise(rng, x.shape, 190)
    img = paint(np.zeros_like(x), oval(wx, wy, 0, 0, 0.84, 1.0), scalp)
    img = paint(img, oval(wx, wy, 0, 0, 0.785, 0.945), 14)
    img = paint(img, oval(wx, wy, 0, 0, 0.73, 0.89), fluid)
    img = paint(img, oval(wx, wy, 0, 0, 0.71, 0.87), grey)
    radius = np.sqrt((wx / 0.71) ** 2 + (wy / 0.87) ** 2)
    inner = np.clip((0.86 - radius + 0.075 * fold) * 22, 0, 1)
    img = paint(img, inner, white + 3 * noise(rng, x.shape, 24))
    groove = (
        np.clip((0.2 - np.abs(fold)) * 8, 0, 1)
        * np.clip((radius - 0.8) * 14, 0, 1)
        * (radius < 0.99)
    )
    img = paint(img, groove * 0.75, fluid)
    for side in (-1, 1):
        img = paint(img, oval(wx, wy, side * 0.27, 0.02, 0.11, 0.19, side * 12, 0.04), grey)
        img = paint(img, oval(wx, wy, side * 0.13, 0.17, 0.1, 0.13, side * 25, 0.04), grey)
        img = paint(img, oval(wx, wy, side * 0.11, -0.2, 0.055, 0.19, side * 14, 0.03), fluid)
        img = paint(img, oval(wx, wy, side * 0.22, 0.38, 0.055, 0.2, side * -24, 0.03), fluid)
    img = paint(img, oval(x, y, 0, 0.1, 0.015, 0.11), fluid)
    falx = (np.abs(x) < 0.008) & ((y < -0.42) | (y > 0.5)) & (radius < 1)
    img = np.where(falx, paint(img, np.full_like(x, 0.7), fluid if kind != "t1" else 40), img)
    if lesion:
        img = _brain_lesion(
            img,
            wx + 0.02 * fold,
            wy,
            lesion,
            (core, swelling),
            kind,
            np.where(radius < 0.97, 1.0, 0.0),
        )
    field = 1 + 0.06 * noise(np.random.default_rng(seed + 1), x.shape, 220)
    return to_image(img * field + 3.2 * np.abs(noise(rng, x.shape, 1.6)))


def _brain_lesion(
    img: Array, x: Array, y: Array, lesion: Spot, values: tuple[int, int], kind: str, inside: Array
) -> Array:
    lx, ly, r = lesion
    img = paint(img, oval(x, y, lx, ly, r * 1.9, r * 1.6, 20, 0.1) * inside, values[1])
    img = paint(img, oval(x, y, lx, ly, r, r * 1.1, soft=0.03), values[0])
    if kind in ("t1c", "dwi"):
        return paint(
            img, oval(x, y, lx, ly, r * 0.66, r * 0.74, soft=0.04), 62 if kind == "t1c" else 225
        )
    return paint(img, oval(x, y, lx, ly, r * 0.5, r * 0.55, soft=0.08), 238 if kind == "t2" else 70)


def chest_xray(
    seed: int,
    size: tuple[int, int] = (560, 600),
    opacity: Spot | None = None,
    effusion: bool = False,
    big_heart: bool = False,
    pneumothorax: bool = False,
) -> Image.Image:
    """Frontal view, built as the sum of the thicknesses along the beam."""
    rng = np.random.default_rng(seed)
    x, y = plane(*size)
    wx, wy = x + 0.015 * noise(rng, x.shape, 90), y + 0.015 * noise(rng, x.shape, 90)
    trunk = np.maximum(
        oval(wx, wy, 0, 0.35, 0.92, 1.15, soft=0.08), oval(wx, wy, 0, -0.98, 0.2, 0.5)
    )
    trunk = np.maximum(trunk, oval(wx, wy, 0, -0.25, 1.1, 0.52, soft=0.06))
    mass = trunk * (1.5 + 0.25 * np.abs(x))
    lungs = np.zeros_like(x)
    for side in (-1, 1):
        lungs = np.maximum(lungs, oval(wx, wy, side * 0.4, -0.08, 0.33, 0.68, side * -5, 0.05))
    base = 0.5 - 0.05 * (x < 0) + 0.55 * (np.abs(x) - 0.38) ** 2
    lungs = lungs * np.clip((base - y) * 30, 0, 1)
    mass = mass - lungs * (1.08 + 0.03 * clouds(rng, x.shape, 24))
    mass = mass + _ribs(size) * 0.3 + _lung_marks(rng, size) * lungs * 0.22
    mass = mass + 0.35 * oval(x, y, 0, 0, 0.1, 1.3, soft=0.06)
    width = 0.42 if big_heart else 0.27
    mass = mass + 0.62 * oval(wx, wy, 0.14, 0.24, width, 0.27, 28, 0.06) * (y < base + 0.05)
    mass = mass + 0.3 * oval(wx, wy, 0.12, -0.2, 0.09, 0.1, soft=0.05)
    mass = mass - 0.25 * oval(x, y, -0.01, -0.6, 0.05, 0.34, soft=0.04)
    if opacity:
        ox, oy, r = opacity
        haze = oval(wx + 0.06 * noise(rng, x.shape, 30), wy, ox, oy, r, r * 0.85, soft=0.09)
        mass = mass + haze * (0.42 + 0.05 * noise(rng, x.shape, 8)) * lungs
    if effusion:
        mass = mass + 0.8 * np.clip((y - 0.34 + 0.5 * (x + 0.68)) * 9, 0, 1) * lungs * (x < 0)
    if pneumothorax:
        outer = lungs * (1 - oval(wx, wy, 0.32, 0.0, 0.23, 0.52, -5, 0.015)) * (x > 0.1)
        mass = mass - 0.16 * outer
    img = 255 * (1 - np.exp(-0.95 * np.clip(mass, 0, None))) * 1.05 - 12
    return text(to_image(img + 2.2 * noise(rng, x.shape, 1.7)), (size[0] - 34, 20), "L", 26)


def _ribs(size: tuple[int, int]) -> Array:
    """Ribs (back part falling, front part rising) and both clavicles."""
    width, height = size
    layer = Image.new("L", size, 0)
    for number in range(9):
        top = -0.8 + number * 0.165
        spread = 0.5 + 0.32 * min(1, (number + 1.5) / 5)
        for side in (-1, 1):
            ink = Image.new("L", size, 0)
            draw = ImageDraw.Draw(ink)
            back = [
                (
                    side * spread * math.sin(t * 1.57),
                    top + 0.05 - 0.1 * math.sin(t * 3.1) + 0.32 * t * t,
                )
                for t in (k / 14 for k in range(15))
            ]
            front = [
                (side * (spread - 0.5 * t * spread), top + 0.37 + 0.2 * t)
                for t in (k / 8 for k in range(9))
            ]
            for curve, value in ((back, 200), (front, 105)):
                points = [
                    (width / 2 + a * height / 2, height / 2 + b * height / 2) for a, b in curve
                ]
                draw.line(points, fill=value, width=max(8, height // 42), joint="curve")
            layer = ImageChops.add(layer, ink)
    draw = ImageDraw.Draw(layer)
    for side in (-1, 1):
        ends = [(0.07, -0.6), (0.3, -0.66), (0.52, -0.74), (0.74, -0.72)]
        points = [(width / 2 + side * a * height / 2, height / 2 + b * height / 2) for a, b in ends]
        draw.line(points, fill=250, width=height // 34, joint="curve")
    return np.asarray(layer.filter(ImageFilter.GaussianBlur(2.6)), dtype=np.float64) / 255


def _lung_marks(rng: np.random.Generator, size: tuple[int, int]) -> Array:
    width, height = size
    layer = Image.new("L", size, 0)
    draw = ImageDraw.Draw(layer)
    for _ in range(90):
        side = rng.choice([-1, 1])
        px, py, turn = side * 0.16, rng.uniform(-0.1, 0.12), rng.uniform(-1.4, 1.4)
        for step in range(9):
            qx, qy = px + side * 0.06 * math.cos(turn), py + 0.06 * math.sin(turn)
            line = [width / 2 + px * height / 2, height / 2 + py * height / 2]
            line += [width / 2 + qx * height / 2, height / 2 + qy * height / 2]
            draw.line(line, fill=210 - 18 * step, width=max(1, 5 - step // 2))
            px, py, turn = qx, qy, turn + rng.normal(0, 0.25)
    return np.asarray(layer.filter(ImageFilter.GaussianBlur(2)), dtype=np.float64) / 255


def forearm_xray(
    seed: int, size: tuple[int, int] = (500, 640), fracture: bool = True
) -> Image.Image:
    """Two long bones, the wider one broken across its lower third."""
    rng = np.random.default_rng(seed)
    x, y = plane(*size)
    wave = 0.03 * np.sin(y * 2.2)
    mass = 0.55 * np.clip((0.5 + 0.06 * y - np.abs(x + wave)) * 12, 0, 1) ** 0.5
    for centre, half, shift in ((-0.17, 0.105, 0.055), (0.17, 0.085, 0.0)):
        bend = 0.05 * np.sin(y * 1.7 + centre * 9) + centre
        if fracture:
            bend = bend + shift * (y > 0.28 + 0.35 * (x - centre) + 0.02 * noise(rng, x.shape, 14))
        flare = half * (1 + 0.55 * np.clip(np.abs(y) - 0.72, 0, 1) * 3)
        edge = np.abs(x - bend) / flare
        bone = np.clip((1 - edge) * 14, 0, 1) * np.clip((0.94 - np.abs(y)) * 20, 0, 1)
        mass = (
            mass
            + bone * (0.6 + 0.75 * np.clip(edge, 0, 1) ** 4)
            + 0.04 * bone * clouds(rng, x.shape, 12)
        )
        if fracture and shift:
            gap = np.abs(y - 0.28 - 0.35 * (x - centre)) < 0.012
            mass = mass - 0.55 * bone * gap
    img = 245 * (1 - np.exp(-0.95 * np.clip(mass, 0, None))) + 6
    return text(to_image(img + 2.5 * noise(rng, x.shape, 1.7)), (24, 22), "R", 30)


def mammogram(
    seed: int, size: tuple[int, int] = (480, 640), mass: Spot | None = None
) -> Image.Image:
    rng = np.random.default_rng(seed)
    x, y = plane(*size)
    left = -size[0] / size[1]
    wx, wy = x + 0.02 * noise(rng, x.shape, 80), y + 0.02 * noise(rng, x.shape, 80)
    breast = oval(wx, wy, left, 0.1, 1.12, 0.86, soft=0.08)
    img = paint(np.full_like(x, 4), breast, 66 + 8 * clouds(rng, x.shape, 30))
    strands = 1 - np.abs(clouds(rng, x.shape, 34))
    gland = oval(wx, wy, left + 0.5, 0.12, 0.46, 0.5, soft=0.35)
    img = img + gland * (40 + 24 * np.clip(strands, -0.5, 1) + 14 * clouds(rng, x.shape, 90))
    img = paint(img, np.clip((-0.28 - (x - left) * 1.25 - y) * 14, 0, 1) * (y < 0.5) * breast, 168)
    img = img + 34 * oval(wx, wy, left + 1.1, 0.12, 0.035, 0.05, soft=0.03)
    if mass:
        mx, my, r = mass
        turn = np.arctan2(y - my, x - mx)
        far = np.hypot(x - mx, y - my)
        turn = turn + 0.25 * noise(rng, x.shape, 40)
        spikes = r * (0.9 + 0.24 * np.sin(turn * 7) + 0.2 * np.sin(turn * 16 + 1))
        img = img + 84 * np.clip((spikes - far) / 0.1 + 0.6, 0, 1) * (
            0.9 + 0.08 * noise(rng, x.shape, 9)
        )
    image = to_image(img + 2.4 * noise(rng, x.shape, 1.7))
    return text(image, (size[0] - 92, 22), "L MLO", 24)


def ultrasound(
    seed: int,
    size: tuple[int, int] = (600, 460),
    cyst: Spot | None = None,
    mass: Spot | None = None,
    words: str = "",
) -> Image.Image:
    """Curved-array sector with speckle that widens with depth."""
    rng = np.random.default_rng(seed)
    width, height = size
    xx, yy = np.meshgrid(np.arange(width) - width / 2, np.arange(height) + height * 0.16)
    depth, turn = np.hypot(xx, yy) / height, np.arctan2(xx, yy)
    sector = (depth > 0.3) & (depth < 1.1) & (np.abs(turn) < 0.68)
    bands = noise(rng, (260, 160), 9)
    speckle = np.hypot(noise(rng, (520, 240), 1.5), noise(rng, (520, 240), 1.5)) / 1.25
    rows = np.clip((depth - 0.3) / 0.8, 0, 0.999)
    cols = np.clip((turn + 0.68) / 1.36, 0, 0.999)
    layer = bands[(rows * 260).astype(int), (cols * 160).astype(int)]
    grain = speckle[(rows * 520).astype(int), (cols * 240).astype(int)]
    echo = 74 + 15 * layer + 60 * np.exp(-(((depth - 0.36) / 0.025) ** 2)) - 30 * (depth - 0.5)
    echo = echo + 55 * np.exp(-(((depth - 0.5 - 0.02 * np.sin(6 * turn)) / 0.008) ** 2))
    x, y = plane(*size)
    if mass:
        rough = 0.02 * noise(rng, x.shape, 26)
        echo = paint(
            echo,
            oval(x + rough, y + rough, mass[0], mass[1], mass[2] * 1.25, mass[2], soft=0.04),
            30,
        )
    if cyst:
        cx, cy, r = cyst
        below = np.clip((y - cy - 0.7 * r) * 9, 0, 1) * np.exp(
            -np.clip(y - cy - r, 0, 3) / (2.2 * r)
        )
        echo = echo + 62 * below * np.exp(-(((x - cx * (1 + 0.4 * (y - cy))) / (0.85 * r)) ** 6))
        echo = paint(echo, oval(x, y, cx, cy, r * 1.15, r, soft=0.02), 4)
    img = np.where(sector, np.clip(echo * (0.35 + 0.65 * grain), 0, 255), 6)
    image = to_image(img).filter(ImageFilter.GaussianBlur(0.8))
    draw = ImageDraw.Draw(image)
    for k in range(1, 8):
        draw.line(
            (width - 26, k * height // 8, width - (16 if k % 2 else 10), k * height // 8), fill=200
        )
    return text(image, (14, 12), words, 16)


# --- Eye and skin ------------------------------------------------------------------------------


def _vessels(rng: np.random.Generator, size: tuple[int, int], start: tuple[float, float]) -> Array:
    """Branching tree that leaves the optic disc in four arcades."""
    width, height = size
    layer = Image.new("L", size, 0)
    draw = ImageDraw.Draw(layer)
    away = -1 if start[0] > 0 else 1
    roots = [(away, -1.25, 6.0), (away, 1.25, 6.0), (-away, -1.0, 4.5), (-away, 1.0, 4.5)]
    stack = [(start[0], start[1], math.atan2(v, u * 0.75), t, u, 0) for u, v, t in roots]
    stack += [
        (start[0], start[1], math.atan2(v * 1.2, u * 0.4), t * 0.7, u, 0) for u, v, t in roots
    ]
    while stack:
        px, py, turn, thick, bend, level = stack.pop()
        goal = math.pi if bend < 0 else 0.0
        for _ in range(int(rng.integers(14, 24))):
            off = (goal - turn + math.pi) % (2 * math.pi) - math.pi
            turn += 0.045 * off * (level == 0) + rng.normal(0, 0.07)
            qx, qy = px + 0.045 * math.cos(turn), py + 0.045 * math.sin(turn)
            box = [width / 2 + px * height / 2, height / 2 + py * height / 2]
            box += [width / 2 + qx * height / 2, height / 2 + qy * height / 2]
            draw.line(box, fill=min(255, 120 + int(thick * 24)), width=max(1, round(thick)))
            px, py, thick = qx, qy, thick * 0.972
            if level < 3 and thick > 1.2 and rng.random() < 0.14:
                stack.append(
                    (px, py, turn + rng.choice([-0.6, 0.6]), thick * 0.62, bend, level + 1)
                )
    return np.asarray(layer.filter(ImageFilter.GaussianBlur(1.1)), dtype=np.float64) / 255


def fundus(
    seed: int,
    size: tuple[int, int] = (560, 520),
    right_eye: bool = True,
    bleeds: int = 0,
    exudates: int = 0,
) -> Image.Image:
    """Colour photograph of the back of the eye; the disc lies on the nasal side."""
    rng = np.random.default_rng(seed)
    x, y = plane(*size)
    side = 1 if right_eye else -1
    glow = 1 - 0.42 * np.hypot(x, y) ** 2 + 0.035 * clouds(rng, x.shape, 60)
    img = glow[..., None] * np.array([212.0, 98.0, 42.0])
    img = tint(img, 0.55 * oval(x, y, -side * 0.12, 0.04, 0.2, 0.2, soft=0.3), (120, 38, 16))
    img = tint(img, 0.55 * _vessels(rng, size, (side * 0.42, 0.0)), (95, 14, 14))
    img = tint(img, oval(x, y, side * 0.42, 0, 0.135, 0.15, soft=0.04), (246, 196, 118))
    img = tint(img, oval(x, y, side * 0.41, 0, 0.06, 0.065, soft=0.05), (255, 236, 190))
    img = tint(
        img, 0.55 * _vessels(rng, size, (side * 0.42, 0.0)) * (np.hypot(x, y) < 0.9), (120, 18, 16)
    )
    for _ in range(bleeds):
        a, r = rng.uniform(0, 6.3), rng.uniform(0.15, 0.75)
        s = rng.uniform(0.014, 0.06)
        blot = oval(
            x + 0.01 * noise(rng, x.shape, 12),
            y,
            r * math.cos(a),
            r * math.sin(a),
            s * 1.4,
            s,
            rng.uniform(0, 90),
        )
        img = tint(img, 0.8 * blot, (98, 8, 10))
    for _ in range(exudates):
        a, r, s = rng.uniform(0, 6.3), rng.normal(0.26, 0.05), rng.uniform(0.01, 0.024)
        spot = oval(x, y, -side * 0.12 + r * math.cos(a), 0.04 + r * math.sin(a), s, s, soft=0.02)
        img = tint(img, 0.85 * spot, (250, 222, 130))
    disc = oval(x, y, 0, 0, 0.94, 0.94, soft=0.015) * (np.abs(y) < 0.88)
    return to_image(img * disc[..., None] + 1.5 * noise(rng, x.shape, 2)[..., None])


def oct_scan(seed: int, size: tuple[int, int] = (620, 320), fluid: bool = False) -> Image.Image:
    """Optical coherence tomography: retinal layers with the foveal pit in the middle."""
    rng = np.random.default_rng(seed)
    width, height = size
    cols = np.linspace(-1, 1, width)
    rows = np.arange(height)[:, None]
    pit = np.exp(-((cols / 0.2) ** 2))
    swell = 26 * np.exp(-((cols / 0.42) ** 2)) if fluid else 0 * cols
    base = height * 0.66 - 10 * cols**2 * 3
    top = base - 96 + 46 * pit * (0.35 if fluid else 1) - swell
    img = np.full((height, width), 14.0)
    bands = [
        (0.0, 0.14, 175),
        (0.14, 0.34, 105),
        (0.34, 0.46, 72),
        (0.46, 0.56, 118),
        (0.56, 0.8, 58),
    ]
    bands += [(0.8, 0.85, 190), (0.85, 0.91, 95), (0.91, 1.0, 225)]
    for start, end, value in bands:
        inside = (rows >= top + (base - top) * start) & (rows < top + (base - top) * end)
        img = np.where(inside, float(value), img)
    img = np.where(rows >= base, 120 * np.exp(-(rows - base) / 38) + 12, img)
    if fluid:
        x = np.broadcast_to(cols, img.shape)
        y = (rows - (top + (base - top) * 0.5)) / height * 2
        for cx, cy, rx, ry in (
            (-0.05, 0, 0.07, 0.13),
            (0.07, 0.01, 0.05, 0.11),
            (-0.17, 0.0, 0.04, 0.07),
        ):
            img = paint(img, oval(x, y, cx, cy, rx, ry), 16)
    grain = np.hypot(noise(rng, img.shape, 1.4), noise(rng, img.shape, 1.4)) / 1.25
    return to_image(img * (0.5 + 0.5 * grain) + 5 * grain).filter(ImageFilter.GaussianBlur(0.7))


def dermoscopy(
    seed: int, size: tuple[int, int] = (560, 460), veil: bool = False, regular: bool = False
) -> Image.Image:
    """Pigmented lesion with a brown network, a ruler and a few hairs."""
    rng = np.random.default_rng(seed)
    x, y = plane(*size)
    skin = clouds(rng, x.shape, 70)[..., None]
    img = np.array([226.0, 176.0, 150.0]) + skin * np.array([5.0, 7.0, 8.0])
    rough, cell = 0.02 if regular else 0.1, size[1] / 4.6
    wx, wy = x + rough * clouds(rng, x.shape, cell), y + rough * clouds(rng, x.shape, cell)
    spot = oval(wx, wy, 0, 0, 0.64, 0.54, 15, soft=0.2)
    img = tint(img, spot * 0.92, (146, 86, 52))
    tone = np.clip(clouds(rng, x.shape, 60 if regular else 110), -1, 1.4)
    img = tint(img, spot * np.clip(0.3 + 0.3 * tone, 0, 0.75), (74, 40, 26))
    ux, uy = x + 0.016 * noise(rng, x.shape, 26), y + 0.016 * noise(rng, x.shape, 26)
    waves = [np.cos(46 * (ux * math.cos(t) + uy * math.sin(t))) for t in (0, 2.094, 4.189)]
    mesh = np.clip((0.35 - sum(waves, np.zeros_like(x))) * 0.7, 0, 1)
    img = tint(img, spot * mesh * 0.5, (60, 30, 18))
    if veil:
        img = tint(img, 0.75 * oval(wx, wy, 0.18, -0.1, 0.26, 0.2, 30, 0.2), (104, 112, 142))
        img = tint(img, 0.6 * oval(wx, wy, -0.24, 0.16, 0.13, 0.1, 0, 0.1), (214, 150, 140))
    image = to_image(img + 2.2 * noise(rng, x.shape, 2)[..., None])
    draw = ImageDraw.Draw(image)
    for _ in range(4):
        px, py, turn = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(0, 6.3)
        hair, bend = [(px, py)], rng.normal(0, 0.06)
        for _ in range(int(rng.integers(12, 24))):
            px, py, turn = px + 11 * math.cos(turn), py + 11 * math.sin(turn), turn + bend
            hair.append((px, py))
        draw.line(hair, fill=(66, 46, 38), width=2, joint="curve")
    for k in range(0, size[0], 28):
        draw.line((k, size[1], k, size[1] - (20 if k % 140 == 0 else 10)), (30, 30, 30), 2)
    return image.filter(ImageFilter.GaussianBlur(0.5))


def endoscopy(
    seed: int, size: tuple[int, int] = (540, 480), polyp: Spot | None = None
) -> Image.Image:
    """Look into a hollow organ: ring folds around a dark lumen, cut to an octagon."""
    rng = np.random.default_rng(seed)
    x, y = plane(*size)
    cx, cy = 0.12, -0.1
    wx, wy = x - cx + 0.06 * noise(rng, x.shape, 120), y - cy + 0.06 * noise(rng, x.shape, 120)
    r = np.hypot(wx, wy * 1.1)
    folds = 0.5 + 0.5 * np.sin(15 * np.sqrt(r + 0.01) + 1.2 * np.sin(3 * np.arctan2(wy, wx)))
    light = np.clip(r * 1.5, 0.03, 1) * (0.6 + 0.4 * folds) * (1 - 0.22 * np.hypot(x, y) ** 2)
    img = light[..., None] * np.array([238.0, 142.0, 112.0])
    img = tint(img, 0.35 * _vessels(rng, size, (0.9, 0.5)) * light, (150, 40, 40))
    if polyp:
        px, py, rad = polyp
        bump = oval(wx + cx, wy + cy, px, py, rad, rad * 0.85, soft=0.04)
        shade = 0.62 + 0.4 * np.clip(
            1 - np.hypot(x - px + 0.3 * rad, y - py + 0.3 * rad) / (1.4 * rad), 0, 1
        )
        img = (
            img
            * (1 - 0.45 * oval(x, y, px + 0.05, py + 0.07, rad * 1.1, rad, soft=0.15))[..., None]
        )
        img = img * (1 - bump[..., None]) + (bump * shade)[..., None] * np.array(
            [232.0, 104.0, 92.0]
        )
        img = img + 12 * (bump * noise(rng, x.shape, 7))[..., None]
        img = tint(
            img, oval(x, y, px - rad * 0.35, py - rad * 0.35, 0.035, 0.022, 30), (255, 246, 238)
        )
    for _ in range(7):
        gx, gy = rng.uniform(-0.8, 0.8, 2)
        img = tint(img, 0.8 * oval(x, y, gx, gy, 0.022, 0.01, rng.uniform(0, 90)), (255, 240, 232))
    frame = (np.abs(x) < 0.98) & (np.abs(y) < 0.94) & (np.abs(x) + np.abs(y) < 1.55)
    return to_image(np.where(frame[..., None], img + 2 * noise(rng, x.shape, 2)[..., None], 8))


# --- Microscopy --------------------------------------------------------------------------------


def _nuclei(
    image: Image.Image,
    rng: np.random.Generator,
    spots: list[tuple[float, float]],
    big: float,
    colour: tuple[int, ...],
) -> None:
    """Draw nuclei as turned ellipses with a darker rim."""
    draw = ImageDraw.Draw(image)
    for px, py in spots:
        a, b, t = big * rng.uniform(0.8, 1.35), big * rng.uniform(0.5, 0.85), rng.uniform(0, 3.14)
        ring = [
            (
                px + a * math.cos(k) * math.cos(t) - b * math.sin(k) * math.sin(t),
                py + a * math.cos(k) * math.sin(t) + b * math.sin(k) * math.cos(t),
            )
            for k in (j * 0.42 for j in range(15))
        ]
        shade = int(rng.integers(-22, 22))
        fill = tuple(min(255, max(0, c + shade)) for c in colour)
        draw.polygon(ring, fill=fill, outline=tuple(int(c * 0.72) for c in fill))


def _scatter(
    rng: np.random.Generator, size: tuple[int, int], count: int, apart: float
) -> list[tuple[float, float]]:
    """Random places that keep a distance, as cells do."""
    found: list[tuple[float, float]] = []
    for _ in range(count * 3):
        px, py = rng.uniform(0, size[0]), rng.uniform(0, size[1])
        if all((px - a) ** 2 + (py - b) ** 2 > apart**2 for a, b in found):
            found.append((px, py))
        if len(found) == count:
            break
    return found


def histology(
    seed: int,
    size: tuple[int, int] = (600, 450),
    cells: int = 260,
    glands: int = 0,
    big: float = 6.5,
    stain: str = "he",
    bar: str = "100 um",
) -> Image.Image:
    """Section in haematoxylin and eosin ("he") or with a brown marker ("dab")."""
    rng = np.random.default_rng(seed)
    shape = (size[1], size[0])
    ground, dark = (
        ((232, 168, 196), (92, 58, 138)) if stain == "he" else ((232, 226, 228), (104, 122, 172))
    )
    fibres = np.sin(9 * clouds(rng, shape, 150) + 2 * clouds(rng, shape, 30))[..., None]
    img = np.array(ground, dtype=np.float64) + fibres * np.array([7.0, 13.0, 9.0])
    gaps = np.clip(clouds(rng, shape, 46) - 1.15, 0, 1)
    image = to_image(tint(img, np.clip(gaps * 2.2, 0, 0.9), (247, 240, 244)))
    draw = ImageDraw.Draw(image)
    rings: list[tuple[float, float]] = []
    for gx, gy in _scatter(rng, size, glands, size[1] / 2.7):
        r = rng.uniform(0.09, 0.15) * size[1]
        edge = [
            (gx + r * rng.uniform(0.9, 1.1) * math.cos(k), gy + r * math.sin(k))
            for k in np.arange(0, 6.28, 0.35)
        ]
        draw.polygon(
            [(gx + 1.5 * (a - gx), gy + 1.5 * (b - gy)) for a, b in edge], fill=(218, 138, 180)
        )
        draw.polygon(edge, fill=(250, 243, 247))
        count = int(r * 0.62)
        rings += [
            (
                gx + 1.27 * r * math.cos(k * 6.283 / count),
                gy + 1.27 * r * math.sin(k * 6.283 / count),
            )
            for k in range(count)
        ]
    loose = _scatter(rng, size, cells, big * 2.1)
    far = [p for p in loose if all(math.dist(p, q) > big * 1.6 for q in rings)]
    paper = np.asarray(image).sum(axis=2)
    centres = [(a, b) for a, b in far if paper[int(b), int(a)] < 715]
    _nuclei(image, rng, centres + rings, big, dark)
    if stain == "dab":
        _nuclei(image, rng, [p for p in centres if rng.random() < 0.45], big * 1.1, (136, 84, 44))
    image = image.filter(ImageFilter.GaussianBlur(0.9))
    grain = np.asarray(image, dtype=np.float64) + 4 * noise(rng, shape, 2.5)[..., None]
    return scale_bar(to_image(grain), 90, bar)


def fluorescence(
    seed: int,
    size: tuple[int, int] = (420, 420),
    green: bool = True,
    red: bool = False,
    cells: int = 16,
) -> Image.Image:
    """Blue nuclei, green fibres and red grains on black."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(size[0], dtype=np.float64), np.arange(size[1], dtype=np.float64))
    light = np.zeros((size[1], size[0], 3))
    spots = _scatter(rng, size, cells, size[0] / 6)
    for px, py in spots:
        t, a = rng.uniform(0, 180), rng.uniform(21, 29)
        body = oval(x, y, px, py, a, a * 0.72, t, 6)
        light += (
            body[..., None]
            * np.array([28.0, 52.0, 215.0])
            * (0.8 + 0.12 * noise(rng, x.shape, 8))[..., None]
        )
        if green:
            ux = x + 9 * noise(rng, x.shape, 34)
            spread = np.clip(1.25 - np.hypot(x - px, y - py) / (a * 2.5), 0, 1)
            threads = np.clip(np.cos((ux * math.cos(t) + y * math.sin(t)) * 0.85), 0, 1) ** 3
            light += (spread * (0.16 + 0.7 * threads) * (1 - 0.85 * body))[..., None] * np.array(
                [26.0, 205.0, 44.0]
            )
        if red:
            near = np.clip(1.3 - np.hypot(x - px, y - py) / (a * 1.9), 0, 1)
            grains = np.clip(noise(rng, x.shape, 4) - 1.5, 0, 1)
            light += (near * grains * (1 - body))[..., None] * np.array([330.0, 40.0, 40.0])
    image = to_image(light + 4 + 2 * noise(rng, x.shape, 2)[..., None])
    return scale_bar(image, 70, "20 um", dark=False)
