"""Tables, gels, traces and renderings of bodies.

Every function takes a random source and gives RGB pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from extractors.rendered import drawings
from extractors.rendered.tissue import clouds
from training.modality_scans import Rng, canvas, places
from training.modality_words import blank, ink_colour, plain_random, say, words


def table_or_screen(rng: Rng) -> np.ndarray:
    """Tables, pages of words, sequences in columns, windows of programs."""
    return (_grid, _grid, _grid, _prose, _alignment)[rng.integers(5)](rng)


def _prose(rng: Rng) -> np.ndarray:
    """Paragraphs or a plain table with rules above and below alone."""
    pixels = blank(rng, 320, 560)
    height, width = pixels.shape[:2]
    scale, y = rng.uniform(0.26, 0.45), 20.0
    columns = int(rng.choice((1, 1, 2, 4, 6)))
    while y < height - 8:
        for c in range(columns):
            most = int(width / columns / (scale * 21))
            line = " ".join(words(rng, 1 + most // 7))[: max(2, int(most * rng.uniform(0.4, 1)))]
            at = (int(10 + c * width / columns), int(y))
            cv2.putText(pixels, line, at, 0, scale, (0, 0, 0), 1, cv2.LINE_AA)
        y += scale * 40 * (1.8 if rng.random() < 0.12 else 1)
        if columns > 1 and rng.random() < 0.12:
            cv2.line(
                pixels, (8, int(y - scale * 28)), (width - 8, int(y - scale * 28)), (0, 0, 0), 1
            )
    return pixels


def _alignment(rng: Rng) -> np.ndarray:
    """Letters of sequences in rows, like ones on like colours."""
    pixels = blank(rng, 340, 580)
    height, width = pixels.shape[:2]
    step, tall, y = int(rng.integers(7, 11)), int(rng.integers(10, 15)), 16
    letters = "ACGT-" if rng.random() < 0.4 else "ACDEFGHIKLMNPQRSTVWY-"
    tones = [ink_colour(rng, True) for _ in range(4)] if rng.random() < 0.7 else []
    while y < height - tall * 4:
        rows = int(rng.integers(3, 12))
        for x in range(70, width - step, step):
            alike, letter = rng.random() < 0.5, str(rng.choice(list(letters)))
            tone = tones[letters.index(letter) % 4] if tones else (60, 60, 60)
            for r in range(rows):
                top = y + r * tall
                if alike:
                    cv2.rectangle(pixels, (x, top), (x + step, top + tall), tone, -1)
                shown = letter if alike else letters[int(rng.integers(len(letters)))]
                ink = (255, 255, 255) if alike and not tones else (0, 0, 0)
                cv2.putText(pixels, shown, (x, top + tall - 3), 0, step / 30, ink, 1, cv2.LINE_AA)
        for r in range(rows):
            cv2.putText(
                pixels, words(rng, 1)[0][:8], (4, y + r * tall + tall - 3), 0, 0.3, (0, 0, 0), 1
            )
        y += rows * tall + 16
    return pixels


def _grid(rng: Rng) -> np.ndarray:
    """A table with rules and bands of colour, or a window of a program."""
    pixels = blank(rng, 300, 560)
    height, width = pixels.shape[:2]
    u = rng.random()
    lines = int(rng.integers(6, 40))
    columns = int(rng.integers(2, 10)) if u < 0.65 else 1
    tall = height / (lines + 1)
    colours = [ink_colour(rng, True) for _ in range(3)]
    banded, grid = rng.random() < 0.5, rng.random() < 0.6
    if u > 0.85:  # a window
        pixels[:] = rng.integers(200, 250)
        cv2.rectangle(pixels, (0, 0), (width, int(tall * 1.5)), ink_colour(rng, False), -1)
        for _ in range(int(rng.integers(3, 14))):
            p = (rng.uniform(0, 0.8, 2) * (width, height)).astype(int)
            q = p + (rng.uniform(0.05, 0.5, 2) * (width, height)).astype(int)
            cv2.rectangle(
                pixels,
                tuple(map(int, p)),
                tuple(map(int, q)),
                colours[rng.integers(3)] if rng.random() < 0.4 else (255, 255, 255),
                -1,
            )
            cv2.rectangle(pixels, tuple(map(int, p)), tuple(map(int, q)), (120, 120, 120), 1)
    scale = float(np.clip(tall / 32, 0.22, 0.5))
    for r in range(lines):
        top = int((r + 0.4) * tall)
        if banded and u < 0.65 and (r == 0 or rng.random() < 0.5):
            cv2.rectangle(
                pixels,
                (4, top),
                (width - 4, int(top + tall)),
                colours[0 if r == 0 else 1 + r % 2],
                -1,
            )
        for c in range(columns):
            if rng.random() < 0.12:
                continue
            most = int(width / columns / (scale * 20))
            line = (
                " ".join(words(rng, 1 + most // 8))
                if rng.random() < 0.6
                else f"{rng.uniform(0, 100):.2f}"
            )
            if u > 0.58 and u < 0.65:
                line = "".join(rng.choice(list("ACGT-"), most))
            cv2.putText(
                pixels,
                line[: max(1, most)],
                (int(8 + c * width / columns), int(top + tall * 0.7)),
                0,
                scale,
                (0, 0, 0),
                1,
                cv2.LINE_AA,
            )
        if grid and u < 0.65:
            cv2.line(pixels, (4, top), (width - 4, top), (90, 90, 90), 1)
    if grid and columns > 1:
        for c in range(columns + 1):
            cv2.line(
                pixels,
                (int(c * (width - 1) / columns), 4),
                (int(c * (width - 1) / columns), height - 4),
                (90, 90, 90),
                1,
            )
    return pixels


def gel_blot(rng: Rng) -> np.ndarray:
    """Our renderer's blots, strips with names, and gels with bright bands on black."""
    width, height = canvas(rng, 220, 460)
    if rng.random() < 0.5:
        image = Image.new("RGB", (width, height), (255, 255, 255))
        drawings._blot(plain_random(rng), image)
        return np.asarray(image)
    lanes = int(rng.integers(3, 16))
    plane = 0.08 + 0.1 * clouds(rng, width, height, width // 2)
    for lane in range(lanes):
        x = width * (lane + 0.5) / lanes
        ladder = lane == 0 or rng.random() < 0.1
        for _ in range(int(rng.integers(5, 14)) if ladder else int(rng.integers(1, 5))):
            y, wide = rng.uniform(0.08, 0.95) * height, width / lanes * rng.uniform(0.25, 0.42)
            yy, xx = np.mgrid[:height, :width]
            near = np.exp(
                -(((yy - y - 0.02 * (xx - x)) / rng.uniform(1.2, 5)) ** 2) - ((xx - x) / wide) ** 4
            )
            plane += near * rng.uniform(0.2, 0.9)
    if rng.random() < 0.55:
        plane = 0.95 - plane * rng.uniform(0.7, 1)
    plane += rng.normal(0, 0.015, plane.shape)
    pixels = np.repeat((np.clip(plane, 0, 1) * 255).astype(np.uint8)[..., None], 3, 2)
    if rng.random() < 0.5:
        pixels = cv2.copyMakeBorder(
            pixels, 24, 4, 46, 4, cv2.BORDER_CONSTANT, value=(255, 255, 255)
        )
        for k in range(lanes):
            say(rng, pixels, 46 + width * (k + 0.5) / lanes, 12, str(k + 1))
        for k in range(5):
            say(rng, pixels, 22, 40 + k * height / 6, f"{rng.integers(10, 250)}")
    return pixels


def signal(rng: Rng) -> np.ndarray:
    """ECG on its grid in several leads, EEG and other stacked traces, monitors."""
    width, height = canvas(rng, 300, 560)
    monitor, grid = rng.random() < 0.15, rng.random() < 0.55
    ground = (5, 10, 15) if monitor else (255, 255, 255)
    if grid and not monitor and rng.random() < 0.6:
        ground = ((255, 236, 232), (250, 240, 225), (235, 245, 240))[rng.integers(3)]
    pixels = np.full((height, width, 3), ground, np.uint8)
    if grid and not monitor:
        step = int(rng.integers(4, 9))
        tone = ((245, 190, 190), (235, 200, 170), (205, 205, 205), (190, 220, 200))[rng.integers(4)]
        for k, x in enumerate(range(0, max(width, height), step)):
            ink = tuple(int(v * (0.88 if k % 5 == 0 else 1.03)) if v < 245 else 250 for v in tone)
            if k % 5 == 0 or step > 4:
                cv2.line(pixels, (x, 0), (x, height), ink, 1)
                cv2.line(pixels, (0, x), (width, x), ink, 1)
    rows, columns = int(rng.integers(1, 20)), int(rng.choice((1, 1, 2, 4)))
    heart, ink = rng.random() < 0.6, ink_colour(rng, monitor)
    if rng.random() < 0.7:
        ink = (0, 0, 0) if not monitor else (60, 255, 90)
    for r in range(rows):
        for c in range(columns):
            n = width // columns - 8
            t = np.arange(n)
            beat = rng.uniform(25, 80)
            if heart:
                phase = (t % beat) / beat
                wave = 1.0 * np.exp(-(((phase - 0.4) / 0.015) ** 2)) - 0.3 * np.exp(
                    -(((phase - 0.44) / 0.02) ** 2)
                )
                wave += 0.15 * np.exp(-(((phase - 0.25) / 0.04) ** 2)) + 0.25 * np.exp(
                    -(((phase - 0.7) / 0.06) ** 2)
                )
                wave = wave * rng.uniform(-0.6, 1) + rng.normal(0, 0.01, n)
            else:
                noise = np.convolve(
                    rng.normal(0, 1, n + 20), np.hanning(int(rng.integers(4, 24))), "same"
                )[:n]
                wave = noise / np.abs(noise).max() * rng.uniform(0.2, 0.7)
            y = (r + 0.55) * height / rows - wave * height / rows * 0.5
            points = np.stack((t + c * width / columns + 4, y), 1).astype(int)
            cv2.polylines(pixels, [points], False, ink, 1, cv2.LINE_AA)
            if rng.random() < 0.7:
                say(
                    rng,
                    pixels,
                    c * width / columns + 14,
                    r * height / rows + 9,
                    str(rng.choice(("I", "II", "V1", "aVF", "Fp1", "C3", "O2"))),
                    0.3,
                    ink,
                )
    return pixels


def render_3d(rng: Rng) -> np.ndarray:
    """Lit smooth bodies, seen from one side: bones, vessels, proteins, meshes in plain colours."""
    side = int(rng.integers(160, 300))
    x, y = places(side, side)
    depth = np.full((side, side), -9.0, np.float32)
    owner = np.zeros((side, side), int)
    thread, at = rng.random() < 0.5, rng.normal(0, 0.2, 3)
    radius = rng.uniform(0.03, 0.09) if thread else 0.0
    move = rng.normal(0, 1, 3)
    parts = int(rng.integers(60, 260)) if thread else int(rng.integers(3, 60))
    for k in range(parts):
        if thread:
            move = move + rng.normal(0, 0.5, 3)
            move /= np.linalg.norm(move)
            at = np.clip(at + move * 0.05, -0.8, 0.8)
            r = radius
        else:
            at, r = rng.normal(0, 0.33, 3), rng.uniform(0.06, 0.4)
        inside = r * r - (x - at[0]) ** 2 - (y - at[1]) ** 2
        z = np.where(inside > 0, at[2] + np.sqrt(np.maximum(inside, 0)), -9)
        owner[z > depth] = k * 4 // parts
        depth = np.maximum(depth, z)
    there = depth > -5
    solid = cv2.GaussianBlur(
        np.where(there, depth, depth[there].min()), (0, 0), 0.8 if thread else 3
    )
    solid = solid.astype(np.float32)
    solid += 0.015 * clouds(rng, side, side, 10) * (rng.random() < 0.5)
    gx, gy = (
        cv2.Sobel(solid, cv2.CV_32F, 1, 0) * side / 16,
        cv2.Sobel(solid, cv2.CV_32F, 0, 1) * side / 16,
    )
    normal = 1 / np.sqrt(1 + gx**2 + gy**2)
    light = np.clip((normal + 0.5 * (-gx - gy) * normal) * 0.8 + 0.2, 0.08, 1.0)
    colours = np.array(
        [
            ((235, 225, 200), (200, 60, 50), ink_colour(rng, False), ink_colour(rng, True))[
                rng.integers(4)
            ]
            for _ in range(4)
        ],
        np.float32,
    )
    if rng.random() < 0.5:
        colours[:] = colours[0]
    body = colours[owner] * light[..., None] + 150 * (np.clip(light, 0.9, 1) - 0.9)[..., None] * 8
    ground = ((0, 0, 0), (255, 255, 255), (255, 255, 255), (90, 110, 160), (60, 60, 60))[
        rng.integers(5)
    ]
    pixels = np.where(there[..., None], body, ground)
    return cv2.resize(
        np.clip(pixels, 0, 255).astype(np.uint8),
        canvas(rng, 240, 400),
        interpolation=cv2.INTER_AREA,
    )
