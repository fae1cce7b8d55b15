"""Imitations of eye, skin and endoscopic photographs and of micrographs (see `modality_scans`)."""

from __future__ import annotations

import cv2
import numpy as np

from extractors.rendered.tissue import clouds
from training.modality_scans import Rng, canvas, grey_to_rgb, places, step_down, vessels, warped


def between(a: np.ndarray | tuple, b: np.ndarray | tuple, share: np.ndarray) -> np.ndarray:
    """Colours from `a` where `share` (height, width) is 0 to `b` where it is 1."""
    return (
        np.asarray(a, np.float32)
        + (np.asarray(b, np.float32) - np.asarray(a, np.float32)) * share[..., None]
    )


def clipped(rng: Rng, pixels: np.ndarray, sigma: float) -> np.ndarray:
    """The same pixels with grey noise, as uint8."""
    return np.clip(pixels + rng.normal(0, sigma, (*pixels.shape[:2], 1)), 0, 255).astype(np.uint8)


def fundus(rng: Rng) -> np.ndarray:
    """An orange disc on black with vessels and a pale nerve head; sometimes grey, as in angiograms."""
    side = int(rng.integers(240, 420))
    width = int(side * rng.choice((1.0, 1.05, 1.3)))
    x, y = places(width, side)
    x = x * width / side
    tree = np.maximum(
        vessels(rng, width, side, 3, rng.uniform(3, 6)), vessels(rng, width, side, 3, 2.5)
    )
    share = clouds(rng, width, side, side // 2)
    ground = between((150, 50, 10), (230, 120, 50), share * rng.uniform(0.5, 1.0))
    if rng.random() < 0.2:
        ground = ground[..., [0, 2, 1]] * (0.9, 0.9, 0.7) + 20
    ground = ground * (1 - tree[..., None] * (0.35, 0.6, 0.7))
    cx, cy = rng.uniform(-0.5, 0.5), rng.uniform(-0.2, 0.2)
    head = step_down((np.hypot(x - cx, y - cy) - rng.uniform(0.1, 0.2)) * 50)
    ground = ground + head[..., None] * np.array((60, 110, 80))
    spot = np.exp(-((x + cx) ** 2 + (y + cy) ** 2) / 0.03)
    ground = ground * (1 - 0.35 * spot[..., None])
    for _ in range(int(rng.integers(0, 25))):
        px, py, r = rng.uniform(-0.7, 0.7), rng.uniform(-0.7, 0.7), rng.uniform(0.005, 0.05)
        colour = ((240, 220, 120), (110, 20, 10))[rng.integers(2)]
        ground = np.where((np.hypot(x - px, y - py) < r)[..., None], colour, ground)
    grey = rng.random() < 0.22
    if grey:
        level = 0.2 + 0.25 * share + tree * rng.uniform(0.4, 0.7) + 0.2 * head
        ground = grey_to_rgb(level).astype(np.float32)
    radius = rng.uniform(0.9, 1.1) if rng.random() < 0.85 else 3.0
    fade = 1 - 0.25 * np.hypot(x, y) ** 2
    seen = (np.hypot(x, y) < radius) & (np.abs(y) < rng.uniform(0.85, 1.05))
    return clipped(rng, np.where(seen[..., None], ground * fade[..., None], 0), 2)


def endoscopy(rng: Rng) -> np.ndarray:
    """Wet pink folds with highlights, darker in the depth, in a black-cornered frame with words."""
    width, height = canvas(rng, 260, 420)
    x, y = places(width, height)
    hues = (((120, 40, 30), (245, 150, 120)), ((150, 70, 50), (240, 180, 140)), ((90, 20, 20), (220, 100, 90)),
            ((130, 80, 40), (230, 190, 120)))  # fmt: skip
    a, b = hues[rng.integers(len(hues))]
    folds = clouds(rng, width, height, int(rng.integers(60, 260)))
    folds = cv2.GaussianBlur(folds, (0, 0), rng.uniform(1, 12))
    relief = cv2.Sobel(cv2.GaussianBlur(folds, (0, 0), 4), cv2.CV_32F, 1, 0) * 5
    ground = between(a, b, np.clip(folds + relief * 0.4, 0, 1))
    cx, cy = rng.uniform(-0.5, 0.5, 2)
    far = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / rng.uniform(0.05, 0.4))
    ground = ground * (1 - rng.uniform(0, 0.8) * far[..., None])
    ground = ground * (
        1 - 0.35 * vessels(rng, width, height, 2, 2.0)[..., None] * (0.2, 0.8, 0.8) * rng.random()
    )
    shine = cv2.GaussianBlur(
        (clouds(rng, width, height, 12) > rng.uniform(0.86, 0.97)).astype(np.float32), (0, 0), 1.2
    )
    ground = ground + shine[..., None] * 160
    u = rng.random()
    if u < 0.55:  # octagon or circle in black
        corner = (
            np.abs(x) + np.abs(y) < rng.uniform(1.35, 1.7)
            if u < 0.35
            else np.hypot(x, y) < rng.uniform(0.9, 1.2)
        )
        ground = np.where(corner[..., None], ground, rng.integers(0, 12))
    pixels = clipped(rng, ground, 3)
    if rng.random() < 0.3:
        left = int(width * rng.uniform(0.15, 0.35))
        pixels = cv2.copyMakeBorder(pixels, 8, 8, left, 8, cv2.BORDER_CONSTANT)
        for k in range(5):
            cv2.putText(pixels, f"{rng.integers(10**6)}", (3, 20 + 18 * k), 0, 0.35, (230,) * 3, 1)
    if rng.random() < 0.15:
        box = (int(pixels.shape[1] * 0.3), int(pixels.shape[0] * 0.3))
        pixels[-box[1] :, : box[0]] = (20, 90, 60)
    return pixels


def dermoscopy(rng: Rng) -> np.ndarray:
    """A brown patch with a network on pink skin, hairs, sometimes a dark rim."""
    width, height = canvas(rng)
    x, y = places(width, height)
    skin = between((215, 150, 130), (240, 195, 185), clouds(rng, width, height, 60))
    skin = skin * rng.uniform(0.75, 1.05) + rng.normal(0, 8, 3)
    dist = np.hypot(
        x - rng.uniform(-0.2, 0.2), (y - rng.uniform(-0.2, 0.2)) * rng.uniform(0.7, 1.4)
    )
    size = rng.uniform(0.3, 0.9)
    edge = dist + 0.5 * (clouds(rng, width, height, 50) - 0.5)
    lesion = step_down((edge - size) * rng.uniform(8, 30))
    colour = ((110, 60, 40), (60, 35, 30), (170, 90, 80), (150, 100, 70), (190, 110, 110))[
        rng.integers(5)
    ]
    tone = between(
        colour, (200, 140, 110), clouds(rng, width, height, int(rng.integers(6, 40))) * 0.7
    )
    ground = between(skin, tone, lesion)
    for _ in range(int(rng.integers(0, 18)) if rng.random() < 0.5 else 0):
        p, q = rng.uniform(0, 1, 2) * (width, height), rng.uniform(0, 1, 2) * (width, height)
        ground = np.ascontiguousarray(ground)
        cv2.line(ground, tuple(map(int, p)), tuple(map(int, q)), (60, 40, 35), 1, cv2.LINE_AA)
    if rng.random() < 0.3:
        ground = ground * np.clip(1.6 - np.hypot(x, y), 0, 1)[..., None]
    return clipped(rng, ground, 3)


def clinical_photo(rng: Rng) -> np.ndarray:
    """Skin, wounds, teeth or organs before a plain or draped background."""
    width, height = canvas(rng)
    x, y = places(width, height)
    grounds = (
        (40, 110, 120),
        (30, 60, 140),
        (225, 225, 225),
        (20, 20, 20),
        (70, 130, 90),
        (150, 150, 160),
    )
    ground = between(
        np.array(grounds[rng.integers(6)]) * 0.6,
        grounds[rng.integers(6)],
        clouds(rng, width, height, 70),
    )
    tones = ((225, 170, 145), (190, 130, 100), (140, 90, 65), (95, 60, 45), (235, 190, 170))
    tone = np.array(tones[rng.integers(5)], np.float32)
    skin = between(tone * 0.65, tone * 1.08, clouds(rng, width, height, int(rng.integers(60, 180))))
    reach = np.hypot(x * rng.uniform(0.5, 1.6), y * rng.uniform(0.4, 1.2)) + 0.6 * (
        clouds(rng, width, height, 120) - 0.5
    )
    form = step_down((reach - rng.uniform(0.5, 1.3)) * 25)
    pixels = between(ground, skin, form)
    for _ in range(int(rng.integers(0, 4))):
        cx, cy, r = *rng.uniform(-0.5, 0.5, 2), rng.uniform(0.08, 0.45)
        near = np.hypot(x - cx, (y - cy) * rng.uniform(0.6, 2)) + 0.4 * (
            clouds(rng, width, height, 40) - 0.5
        )
        wound = step_down((near - r) * 30)
        red = ((150, 25, 30), (185, 60, 55), (110, 15, 20), (220, 120, 110), (240, 235, 215))[
            rng.integers(5)
        ]
        inner = between(np.array(red) * 0.6, np.array(red) * 1.2, clouds(rng, width, height, 14))
        pixels = between(pixels, inner, wound)
    shine = cv2.GaussianBlur((clouds(rng, width, height, 16) > 0.94).astype(np.float32), (0, 0), 2)
    return clipped(rng, pixels + shine[..., None] * rng.uniform(0, 110), 3)


def histopathology(rng: Rng) -> np.ndarray:
    """Tissue in a stain: fibres, holes and many nuclei of like size, some in rows round glands."""
    width, height = canvas(rng)
    stains = (
        ((240, 205, 225), (205, 120, 170), (85, 45, 125)), ((235, 190, 210), (215, 90, 140), (70, 40, 110)),
        ((236, 232, 232), (205, 200, 215), (105, 65, 35)), ((225, 228, 240), (150, 165, 205), (120, 70, 30)),
        ((245, 235, 240), (120, 160, 200), (150, 40, 70)), ((250, 225, 230), (230, 140, 170), (110, 50, 120)),
    )  # fmt: skip
    pale, fibre, nucleus = stains[rng.integers(len(stains))]
    x, y = places(width, height)
    grain = clouds(rng, width, height, int(rng.integers(10, 60)))
    waves = 0.5 + 0.5 * np.sin(
        (x * rng.normal(0, 20) + y * rng.normal(0, 20)) + 14 * clouds(rng, width, height, 70)
    )
    share = np.clip(0.6 * grain + 0.5 * waves * clouds(rng, width, height, 50), 0, 1)
    pixels = between(pale, fibre, share)
    holes = clouds(rng, width, height, int(rng.integers(20, 100)))
    void = holes > rng.uniform(0.65, 1.0)
    pixels[void] = (245, 242, 244)
    rim = cv2.dilate(void.view(np.uint8), np.ones((9, 9), np.uint8)).astype(bool) & ~void
    size = rng.uniform(1.5, 6)
    dense = clouds(rng, width, height, 50)
    layer = np.zeros((height, width), np.float32)
    for _ in range(int(min(1500, width * height / size**2 / rng.uniform(5, 60)))):
        px, py = int(rng.integers(width)), int(rng.integers(height))
        if void[py, px] or (dense[py, px] < rng.uniform(0, 0.7) and not rim[py, px]):
            continue
        axes = (
            max(1, int(size * rng.uniform(0.7, 1.4))),
            max(1, int(size * rng.uniform(0.4, 1.1))),
        )
        cv2.ellipse(
            layer,
            (px, py),
            axes,
            float(rng.uniform(0, 180)),
            0,
            360,
            float(rng.uniform(0.5, 1)),
            -1,
        )
    layer = cv2.GaussianBlur(layer, (0, 0), 0.7) * (0.8 + 0.3 * clouds(rng, width, height, 4))
    pixels = between(pixels, nucleus, np.clip(layer, 0, 1))
    return clipped(rng, warped(rng, pixels, 3), rng.uniform(2, 7))


def cytology(rng: Rng) -> np.ndarray:
    """Scattered cells on a pale ground: red cells with pale centres, purple nuclei in pale plasma."""
    width, height = canvas(rng)
    ground = between(
        (238, 228, 225), (252, 246, 240), clouds(rng, width, height, 120)
    ) * rng.uniform(0.8, 1.0)
    pap = rng.random() < 0.4
    size = rng.uniform(9, 26)
    for _ in range(int(width * height / size**2 / rng.uniform(5, 16))):
        at = (int(rng.integers(width)), int(rng.integers(height)))
        r = int(size * rng.uniform(0.85, 1.1))
        red = (
            (215, 165, 165)
            if not pap
            else ((150, 190, 200), (225, 160, 175), (160, 170, 215))[rng.integers(3)]
        )
        layer = np.zeros((height, width), np.float32)
        cv2.ellipse(
            layer,
            at,
            (r, int(r * rng.uniform(0.7, 1))),
            float(rng.uniform(0, 180)),
            0,
            360,
            0.75,
            -1,
        )
        if not pap:
            cv2.circle(layer, at, max(1, r // 3), 0.35, -1)
        elif rng.random() < 0.9:
            ground = between(ground, red, cv2.GaussianBlur(layer, (0, 0), 1.0))
            layer = np.zeros_like(layer)
            red = (80, 50, 110)
            cv2.circle(layer, at, max(2, r // 4), 0.9, -1)
        ground = between(ground, red, cv2.GaussianBlur(layer, (0, 0), 1.5))
    for _ in range(0 if pap else int(rng.integers(0, 6))):
        at = (int(rng.integers(width)), int(rng.integers(height)))
        layer = np.zeros((height, width), np.float32)
        for _ in range(int(rng.integers(1, 5))):
            off = rng.normal(0, size * 0.45, 2).astype(int)
            cv2.circle(
                layer, (at[0] + off[0], at[1] + off[1]), int(size * rng.uniform(0.4, 0.9)), 0.9, -1
            )
        body = cv2.GaussianBlur(layer, (0, 0), size * 0.6)
        ground = between(ground, (190, 180, 215), np.clip(body, 0, 1))
        ground = between(
            ground,
            (95, 50, 140),
            cv2.GaussianBlur(layer, (0, 0), 1) * (0.7 + 0.3 * clouds(rng, width, height, 5)),
        )
    return clipped(rng, ground, 3)


def light_microscopy(rng: Rng) -> np.ndarray:
    """Unstained cells with halos, threads or grains on a flat grey, beige or bluish field."""
    width, height = canvas(rng)
    field = 0.5 + 0.15 * (clouds(rng, width, height, width) - 0.5)
    size = rng.uniform(4, 22)
    for _ in range(int(width * height / size**2 / rng.uniform(6, 60))):
        layer = np.zeros((height, width), np.float32)
        at = (int(rng.integers(width)), int(rng.integers(height)))
        long = size * rng.uniform(0.8, 1.3) * rng.choice((1, 1, 2.5))
        cv2.ellipse(
            layer,
            at,
            (int(long) + 1, int(size * rng.uniform(0.4, 1)) + 1),
            float(rng.uniform(0, 180)),
            0,
            360,
            1.0,
            -1,
        )
        edge = cv2.GaussianBlur(layer, (0, 0), 1.0) - cv2.GaussianBlur(layer, (0, 0), 3.0)
        field += edge * rng.uniform(-0.3, 0.6) - layer * rng.uniform(-0.05, 0.15)
    field = field * (0.85 + 0.3 * clouds(rng, width, height, 6) * rng.random()) + rng.normal(
        0, 0.012, field.shape
    )
    tints = ((1, 1, 1), (1, 1, 1), (1.0, 0.93, 0.75), (0.85, 0.95, 1.0), (0.9, 1.0, 0.8))
    tint = np.array(tints[rng.integers(5)])
    return np.clip(field[..., None] * tint * 255 * rng.uniform(0.8, 1.5), 0, 255).astype(np.uint8)


def fluorescence_microscopy(rng: Rng) -> np.ndarray:
    """Glowing nuclei, spots, threads or haze in one to three colours on black."""
    width, height = canvas(rng)
    pixels = np.zeros((height, width, 3), np.float32)
    colours = (
        (0, 0, 1),
        (0, 1, 0),
        (1, 0, 0),
        (0.1, 0.3, 1),
        (1, 0, 1),
        (0, 1, 1),
        (1, 1, 0),
        (1, 1, 1),
    )
    size = rng.uniform(2, 20)
    for _ in range(int(rng.integers(1, 4))):
        glow = np.zeros((height, width), np.float32)
        u = rng.random()
        if u < 0.55:
            r = size * rng.choice((1, 1, 0.3))
            for _ in range(int(min(700, width * height / r**2 / rng.uniform(8, 120)))):
                at = (int(rng.integers(width)), int(rng.integers(height)))
                axes = (int(r * rng.uniform(0.7, 1.3)) + 1, int(r * rng.uniform(0.6, 1)) + 1)
                cv2.ellipse(
                    glow,
                    at,
                    axes,
                    float(rng.uniform(0, 180)),
                    0,
                    360,
                    float(rng.uniform(0.3, 1)),
                    -1,
                )
            glow = cv2.GaussianBlur(glow, (0, 0), max(0.6, r * 0.15)) * (
                0.6 + 0.5 * clouds(rng, width, height, 6)
            )
        elif u < 0.75:
            glow = vessels(
                rng, width, height, int(rng.integers(4, 20)), rng.uniform(1, 3)
            ) * rng.uniform(0.5, 1)
        else:
            glow = np.clip(
                clouds(rng, width, height, int(rng.integers(5, 60))) * 2.2 - rng.uniform(0.7, 1.3),
                0,
                1,
            )
        colour = colours[rng.integers(8)] if rng.random() < 0.85 else (1, 1, 1)
        pixels += glow[..., None] * np.array(colour, np.float32) * rng.uniform(120, 255)
    haze = cv2.GaussianBlur(pixels, (0, 0), 12) * rng.uniform(0, 0.4)
    return clipped(rng, pixels + haze, rng.uniform(1, 6))


def electron_microscopy(rng: Rng) -> np.ndarray:
    """Grey: membranes and vesicles (transmission), a lit relief or specimen (scanning)."""
    width, height = canvas(rng)
    field = (_transmission, _relief, _specimen)[rng.choice(3, p=(0.45, 0.25, 0.3))](
        rng, width, height
    )
    field = cv2.GaussianBlur(field.astype(np.float32), (0, 0), 0.6)
    field += rng.normal(0, rng.uniform(0.01, 0.08), field.shape)
    pixels = grey_to_rgb(field * rng.uniform(0.8, 1.2))
    if rng.random() < 0.3:
        bar = np.zeros((max(16, height // 14), width, 3), np.uint8)
        cv2.putText(bar, "15.0kV x2,000 10um", (6, 13), 0, 0.38, (255,) * 3, 1, cv2.LINE_AA)
        cv2.line(bar, (width - 70, 8), (width - 20, 8), (255,) * 3, 2)
        pixels[-len(bar) :] = bar
    return pixels


def _transmission(rng: Rng, width: int, height: int) -> np.ndarray:
    """Dark level lines of smooth noise as membranes, filled and hollow vesicles."""
    field = 0.55 + 0.25 * (clouds(rng, width, height, 60) - 0.5)
    for _ in range(int(rng.integers(2, 6))):
        noise = clouds(rng, width, height, int(rng.integers(20, 90)))
        line = (noise - rng.uniform(0.3, 0.7)) / rng.uniform(0.008, 0.025)
        field -= rng.uniform(0.15, 0.4) * np.exp(-(line**2))
    for _ in range(int(rng.integers(0, 60))):
        at = (int(rng.integers(width)), int(rng.integers(height)))
        layer = np.zeros((height, width), np.float32)
        cv2.circle(layer, at, int(rng.integers(2, 18)), 1.0, -1 if rng.random() < 0.5 else 2)
        field += cv2.GaussianBlur(layer, (0, 0), 0.8) * rng.uniform(-0.45, 0.25)
    return field + 0.12 * (clouds(rng, width, height, 4) - 0.5)


def _relief(rng: Rng, width: int, height: int) -> np.ndarray:
    """Bumps from edge to edge, bright where steep."""
    relief = np.zeros((height, width), np.float32)
    x, y = places(width, height)
    for _ in range(int(rng.integers(3, 120))):
        cx, cy, r = *rng.uniform(-1.1, 1.1, 2), rng.uniform(0.04, 0.45)
        d = ((x - cx) / r) ** 2 + ((y - cy) / r / rng.uniform(0.5, 1.5)) ** 2
        relief = np.maximum(relief, np.sqrt(np.maximum(1 - d, 0)) * r)
    relief += 0.08 * clouds(rng, width, height, int(rng.integers(6, 40)))
    return _lit(relief, width)


def _lit(relief: np.ndarray, width: int) -> np.ndarray:
    relief = relief.astype(np.float32)
    gx, gy = cv2.Sobel(relief, cv2.CV_32F, 1, 0), cv2.Sobel(relief, cv2.CV_32F, 0, 1)
    steep = np.hypot(gx, gy) * width / 16
    return 0.25 + 0.4 * np.tanh(steep) + 0.12 * np.tanh(gx * width / 8) + 0.2 * relief


def _specimen(rng: Rng, width: int, height: int) -> np.ndarray:
    """A body with segments, scales, spines and hairs, bright-edged, on a dark or grey ground."""
    x, y = places(width, height)
    relief = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(1, 7))):
        cx, cy = rng.uniform(-0.5, 0.5, 2)
        turn, long, wide = rng.uniform(0, np.pi), rng.uniform(0.4, 1.3), rng.uniform(0.1, 0.6)
        along = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)
        across = (y - cy) * np.cos(turn) - (x - cx) * np.sin(turn)
        body = np.sqrt(np.maximum(1 - (along / long) ** 2 - (across / wide) ** 2, 0)) * wide
        grooves = 0.03 * np.abs(np.sin(along * rng.uniform(5, 60))) * (body > 0)
        relief = np.maximum(relief, body + grooves)
    relief = warped(rng, relief, 10)
    there = relief > 0.01
    relief = relief + there * rng.uniform(0.01, 0.08) * clouds(
        rng, width, height, int(rng.integers(3, 30))
    )
    field = np.where(there, _lit(relief, width), rng.uniform(0.0, 0.45))
    field = field.astype(np.float32)
    for _ in range(int(rng.integers(0, 150)) if rng.random() < 0.6 else 0):
        p = rng.uniform(0, 1, 2) * (width, height)
        q = p + rng.normal(0, 0.05, 2) * (width, height)
        cv2.line(
            field,
            tuple(map(int, p)),
            tuple(map(int, q)),
            float(rng.uniform(0.6, 1)),
            1,
            cv2.LINE_AA,
        )
    return field
