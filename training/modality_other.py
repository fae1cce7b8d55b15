"""Stand-ins for photographs of other things: insects, leaves, apparatus, dishes.

`other` takes a random source and gives RGB pixels.
"""

from __future__ import annotations

import cv2
import numpy as np

from extractors.rendered.tissue import clouds
from training.modality_scans import Rng, canvas, places, warped
from training.modality_tissue import between, clipped
from training.modality_words import ink_colour


def other(rng: Rng) -> np.ndarray:
    """Insects on white, leaves, apparatus, landscapes, dishes: soft stand-ins for photographs."""
    makers = (_specimens, _specimens, _leaves, _apparatus, _scenery, _dish)
    return makers[rng.integers(len(makers))](rng)


def _specimens(rng: Rng) -> np.ndarray:
    width, height = canvas(rng, 260, 460)
    light = rng.integers(200, 256, 3) if rng.random() < 0.5 else np.full(3, rng.integers(235, 256))
    pixels = between(light * 0.97, light, clouds(rng, width, height, 90))
    rows, columns = int(rng.integers(1, 5)), int(rng.integers(1, 7))
    tone = np.array(
        ((120, 80, 40), (60, 45, 30), (180, 130, 70), (30, 30, 30), (90, 110, 50), (150, 60, 40))[
            rng.integers(6)
        ],
        np.float32,
    )
    for r in range(rows):
        for c in range(columns):
            layer = np.zeros((height, width), np.float32)
            x, y = width * (c + 0.5) / columns, height * (r + 0.5) / rows
            w, h = width / columns * rng.uniform(0.1, 0.25), height / rows * rng.uniform(0.3, 0.42)
            cv2.ellipse(
                layer,
                (int(x), int(y)),
                (int(w) + 1, int(h) + 1),
                float(rng.normal(0, 6)),
                0,
                360,
                1.0,
                -1,
            )
            for _ in range(int(rng.integers(0, 8))):
                end = (int(x + rng.normal(0, w * 2)), int(y + rng.normal(0, h * 0.8)))
                cv2.line(layer, (int(x), int(y)), end, 1.0, int(rng.integers(1, 4)), cv2.LINE_AA)
            layer = cv2.GaussianBlur(layer, (0, 0), 1)
            skin = between(
                tone * 0.4,
                tone * 1.4,
                np.clip(
                    clouds(rng, width, height, 8) * 0.7
                    + 0.3 * np.sin(np.arange(height) / 4)[:, None],
                    0,
                    1,
                ),
            )
            pixels = between(pixels, skin, layer)
    return clipped(rng, pixels, 3)


def _leaves(rng: Rng) -> np.ndarray:
    width, height = canvas(rng)
    pixels = between((40, 60, 20), (130, 150, 70), clouds(rng, width, height, 40))
    for _ in range(int(rng.integers(5, 80))):
        layer = np.zeros((height, width), np.float32)
        at, axes = (
            (int(rng.integers(width)), int(rng.integers(height))),
            (int(rng.integers(8, 70)), int(rng.integers(3, 25))),
        )
        cv2.ellipse(layer, at, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
        green = np.array(
            ((70, 130, 40), (120, 170, 70), (40, 90, 40), (190, 180, 70), (220, 120, 150))[
                rng.choice(5, p=(0.35, 0.3, 0.2, 0.1, 0.05))
            ]
        )
        pixels = between(
            pixels,
            between(green * 0.7, green * 1.25, clouds(rng, width, height, 25)),
            cv2.GaussianBlur(layer, (0, 0), 1),
        )
    return clipped(rng, pixels, 5)


def _apparatus(rng: Rng) -> np.ndarray:
    width, height = canvas(rng)
    x, y = places(width, height)
    base = np.array(ink_colour(rng, bool(rng.random() < 0.7)), np.float32)
    pixels = between(base * 0.7, base, (y + 1) / 2)
    for _ in range(int(rng.integers(4, 25))):
        p = (rng.uniform(-0.1, 0.9, 2) * (width, height)).astype(int)
        q = p + (rng.uniform(0.05, 0.5, 2) * (width, height)).astype(int)
        tone = (
            np.full(3, rng.uniform(20, 230))
            if rng.random() < 0.6
            else np.array(ink_colour(rng, False), float)
        )
        layer = np.zeros((height, width), np.float32)
        if rng.random() < 0.7:
            cv2.rectangle(layer, tuple(map(int, p)), tuple(map(int, q)), 1.0, -1)
        else:
            cv2.circle(layer, tuple(map(int, p)), int((q - p).min()) + 2, 1.0, -1)
        shade = np.clip(0.5 + 0.5 * np.sin(x * rng.uniform(1, 6) + rng.uniform(0, 6)), 0, 1)
        pixels = between(
            pixels,
            between(tone * 0.5, np.minimum(tone * 1.3, 255), shade),
            cv2.GaussianBlur(layer, (0, 0), 0.8),
        )
    return clipped(rng, pixels, 4)


def _scenery(rng: Rng) -> np.ndarray:
    width, height = canvas(rng)
    _, y = places(width, height)
    sky = between((110, 150, 210), (225, 235, 245), (y + 1) / 2)
    land = between((90, 80, 50), (150, 160, 90), clouds(rng, width, height, 14))
    line = rng.uniform(-0.4, 0.4) + 0.3 * (clouds(rng, width, height, 80)[0] - 0.5)
    return clipped(rng, np.where((y > line[None, :])[..., None], land, sky), 5)


def _dish(rng: Rng) -> np.ndarray:
    width, height = canvas(rng)
    x, y = places(width, height)
    ground = np.array(((20, 20, 20), (230, 230, 225), (90, 100, 130))[rng.integers(3)], np.float32)
    agar = np.array(
        ((200, 160, 110), (160, 40, 50), (230, 225, 190), (190, 200, 160))[rng.integers(4)],
        np.float32,
    )
    pixels = (
        between(ground, agar, (np.hypot(x, y) < 0.9).astype(np.float32))
        * (0.9 + 0.15 * clouds(rng, width, height, 80))[..., None]
    )
    for _ in range(int(rng.integers(0, 120))):
        cx, cy = rng.normal(0, 0.4, 2)
        near = np.hypot(x - cx, y - cy) < rng.uniform(0.01, 0.05)
        pixels[near] = (245, 240, 220)
    pixels[np.abs(np.hypot(x, y) - 0.9) < 0.02] = 235
    return clipped(rng, warped(rng, pixels.astype(np.float32), 2), 3)
