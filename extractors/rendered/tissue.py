"""Invented micrographs and scans: noise in the colours of stains, fluorescence and grey images."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

# (background, structure, nuclei) of stains as RGB.
_STAINS = (
    ((244, 214, 228), (205, 130, 175), (95, 55, 130)),
    ((238, 226, 240), (200, 150, 200), (70, 60, 140)),
    ((236, 232, 226), (190, 160, 130), (110, 70, 40)),
    ((232, 238, 244), (150, 175, 215), (50, 80, 150)),
    ((250, 248, 244), (230, 190, 190), (150, 60, 90)),
)


def invented_picture(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """An RGB picture of one of the kinds below."""
    kinds = (_stained, _fluorescent, _electron, _scan, _landscape)
    return kinds[rng.choice(len(kinds), p=_SHARES)](rng, max(width, 8), max(height, 8))


_SHARES = (0.38, 0.22, 0.14, 0.16, 0.10)


def clouds(rng: np.random.Generator, width: int, height: int, coarse_px: int) -> np.ndarray:
    """Smooth noise of 0 to 1, (height, width) float32, over three scales."""
    total = np.zeros((height, width), np.float32)
    weight, scale = 1.0, max(coarse_px, 2)
    for _ in range(3):
        shape = (max(2, height // scale + 2), max(2, width // scale + 2))
        grid = Image.fromarray((rng.random(shape) * 255).astype(np.uint8))
        total += weight * np.asarray(grid.resize((width, height), Image.Resampling.BICUBIC))
        weight, scale = weight * 0.6, max(2, scale // 3)
    low, high = total.min(), total.max()
    return (total - low) / max(high - low, 1e-6)


def _mix(a: tuple[int, ...], b: tuple[int, ...], share: np.ndarray) -> np.ndarray:
    first, second = np.array(a, np.float32), np.array(b, np.float32)
    return first + (second - first) * share[..., None]


def _noisy(rng: np.random.Generator, pixels: np.ndarray, sigma: float) -> Image.Image:
    noise = rng.normal(0, sigma, pixels.shape[:2])[..., None]
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


def _stained(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    ground, fibre, nucleus = _STAINS[rng.integers(len(_STAINS))]
    coarse = int(rng.integers(12, max(14, min(width, height) // 2 + 14)))
    share = np.clip(clouds(rng, width, height, coarse) * 1.8 - 0.4, 0, 1)
    if rng.random() < 0.35:  # lumina and empty slide stay near white
        share = np.where(share < 0.35, 0, share)
        ground = (246, 243, 245)
    picture = _noisy(rng, _mix(ground, fibre, share), 6)
    draw = ImageDraw.Draw(picture)
    size = float(rng.uniform(1.5, 6))
    for _ in range(int(min(600, width * height / (size * 40)))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        if share[int(y), int(x)] > 0.3:
            rx, ry = size * rng.uniform(0.6, 1.4), size * rng.uniform(0.6, 1.4)
            draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill=nucleus)
    return picture


def _fluorescent(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    pixels = np.zeros((height, width, 3), np.float32)
    for _ in range(int(rng.integers(1, 3))):
        coarse = int(rng.integers(6, 60))
        glow = np.clip(clouds(rng, width, height, coarse) * 2.4 - rng.uniform(0.8, 1.5), 0, 1)
        pixels[..., rng.integers(3)] += glow * rng.uniform(120, 255)
    return _noisy(rng, pixels, 4)


def _electron(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    base = clouds(rng, width, height, int(rng.integers(8, 80))) * 150 + rng.uniform(20, 90)
    return _noisy(rng, np.repeat(base[..., None], 3, axis=2), rng.uniform(6, 20))


def _scan(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """A bright oval body on black, as in CT and MR."""
    body = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(body)
    inset = rng.uniform(0.0, 0.16, 4) * (width, height, width, height)
    draw.ellipse((inset[0], inset[1], width - inset[2], height - inset[3]), fill=255)
    for _ in range(int(rng.integers(2, 9))):
        x, y = rng.uniform(0.15, 0.85) * width, rng.uniform(0.15, 0.85) * height
        r = rng.uniform(0.03, 0.18) * min(width, height)
        draw.ellipse((x - r, y - r * 0.8, x + r, y + r * 0.8), fill=int(rng.integers(30, 255)))
    texture = clouds(rng, width, height, int(rng.integers(6, 40)))
    pixels = np.asarray(body, np.float32) * (0.35 + 0.65 * texture) * rng.uniform(0.5, 1.0)
    return _noisy(rng, np.repeat(pixels[..., None], 3, axis=2), 4)


def _landscape(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Soft colours as in photographs of skin, eyes, organs and instruments."""
    a, b = rng.integers(20, 240, 3), rng.integers(20, 240, 3)
    share = clouds(rng, width, height, int(rng.integers(30, 200)))
    return _noisy(rng, _mix(tuple(a), tuple(b), share), rng.uniform(1, 8))
