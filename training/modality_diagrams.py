"""Flow charts, sets, wheels, networks, cartoons, structures, maps, shaded drawings.

`diagram` takes a random source and gives RGB pixels.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from PIL import Image

from extractors.rendered import drawings
from extractors.rendered.tissue import clouds
from training.modality_scans import Rng, canvas, places
from training.modality_tissue import between
from training.modality_words import blank, ink_colour, plain_random, say, words


def diagram(rng: Rng) -> np.ndarray:
    """Boxes with arrows, overlapping sets, wheels, structures, networks, pathways, maps, shaded drawings."""
    u = rng.random()
    if u < 0.25:
        kind = (drawings._scheme, drawings._structure)[rng.integers(2)]
        image = Image.new("RGB", canvas(rng, 240, 500), (255, 255, 255))
        kind(plain_random(rng), image)
        return np.asarray(image)
    makers = (_flow, _flow, _sets, _wheel, _network, _cells, _cells, _map, _illustration, _structures,
              _illustration, _pathway, _pathway, _inclusion, _inclusion, _slide, _slide)  # fmt: skip
    return makers[rng.integers(len(makers))](rng)


def _flow(rng: Rng) -> np.ndarray:
    pixels = blank(rng)
    height, width = pixels.shape[:2]
    rows, columns = int(rng.integers(2, 7)), int(rng.integers(1, 5))
    colour = rng.random() < 0.65
    fills = [ink_colour(rng, True) for _ in range(4)]
    centres = []
    for r in range(rows):
        for c in range(columns):
            if rng.random() < 0.15:
                continue
            x, y = int(width * (c + 0.5) / columns), int(height * (r + 0.5) / rows)
            w, h = (
                int(width / columns * rng.uniform(0.25, 0.42)),
                int(height / rows * rng.uniform(0.2, 0.38)),
            )
            fill = fills[rng.integers(4)] if colour else (255, 255, 255)
            if rng.random() < 0.75:
                cv2.rectangle(pixels, (x - w, y - h), (x + w, y + h), fill, -1)
                if rng.random() < 0.8:
                    cv2.rectangle(
                        pixels, (x - w, y - h), (x + w, y + h), (0, 0, 0), int(rng.integers(1, 3))
                    )
            else:
                cv2.ellipse(pixels, (x, y), (w, h), 0, 0, 360, fill, -1, cv2.LINE_AA)
                cv2.ellipse(pixels, (x, y), (w, h), 0, 0, 360, (0, 0, 0), 1, cv2.LINE_AA)
            for k in range(max(1, int(h / 9))):
                say(rng, pixels, x, y + (k - h / 18) * 12, words(rng, 1)[0][: max(3, w // 4)], 0.3)
            centres.append((x, y, h))
    for (ax, ay, ah), (bx, by, bh) in pairwise(centres):
        if rng.random() < 0.85:
            sign = 1 if by >= ay else -1
            cv2.arrowedLine(
                pixels,
                (ax, ay + sign * ah),
                (bx, by - sign * bh),
                ink_colour(rng, False) if colour else (0, 0, 0),
                int(rng.integers(1, 3)),
                cv2.LINE_AA,
                tipLength=0.15,
            )
    return pixels


def _sets(rng: Rng) -> np.ndarray:
    pixels = blank(rng).astype(np.float32)
    height, width = pixels.shape[:2]
    for _ in range(int(rng.integers(1, 5))):
        ox, oy = rng.uniform(0.2, 0.8) * width, rng.uniform(0.25, 0.75) * height
        for _ in range(int(rng.integers(2, 5))):
            layer = pixels.copy()
            at = (int(ox + rng.normal(0, width * 0.1)), int(oy + rng.normal(0, height * 0.1)))
            cv2.ellipse(
                layer,
                at,
                (int(width * 0.14), int(height * rng.uniform(0.12, 0.22))),
                float(rng.uniform(0, 180)),
                0,
                360,
                ink_colour(rng, bool(rng.random() < 0.6)),
                -1,
                cv2.LINE_AA,
            )
            pixels = pixels * 0.45 + layer * 0.55
    out = pixels.astype(np.uint8)
    for _ in range(12):
        say(
            rng,
            out,
            rng.uniform(0.1, 0.9) * width,
            rng.uniform(0.1, 0.9) * height,
            str(rng.integers(2000)),
        )
    return out


def _wheel(rng: Rng) -> np.ndarray:
    pixels = blank(rng)
    height, width = pixels.shape[:2]
    n, r = int(rng.integers(3, 9)), min(width, height) * 0.36
    for k in range(n):
        angle = 2 * np.pi * k / n
        at = (int(width / 2 + r * np.cos(angle)), int(height / 2 + r * np.sin(angle)))
        cv2.circle(
            pixels,
            at,
            int(r * rng.uniform(0.22, 0.34)),
            ink_colour(rng, bool(rng.random() < 0.4)),
            -1 if rng.random() < 0.6 else 4,
            cv2.LINE_AA,
        )
        say(rng, pixels, *at, words(rng, 1)[0][:10])
    cv2.circle(
        pixels, (width // 2, height // 2), int(r * 0.5), ink_colour(rng, True), -1, cv2.LINE_AA
    )
    say(rng, pixels, width / 2, height / 2, words(rng, 1)[0], 0.45)
    return pixels


def _network(rng: Rng) -> np.ndarray:
    pixels = blank(rng)
    height, width = pixels.shape[:2]
    at = (rng.uniform(0.08, 0.92, (int(rng.integers(6, 60)), 2)) * (width, height)).astype(int)
    for a in at:
        for b in at[rng.integers(len(at), size=2)]:
            cv2.line(
                pixels, tuple(map(int, a)), tuple(map(int, b)), (130, 130, 130), 1, cv2.LINE_AA
            )
    for a in at:
        cv2.circle(
            pixels,
            tuple(map(int, a)),
            int(rng.integers(3, 14)),
            ink_colour(rng, bool(rng.random() < 0.5)),
            -1,
            cv2.LINE_AA,
        )
        if rng.random() < 0.5:
            say(rng, pixels, a[0], a[1] - 8, words(rng, 1)[0][:7], 0.28)
    return pixels


def _cells(rng: Rng) -> np.ndarray:
    """Cartoon cells: big pale ovals with outlines, nuclei, receptors, curved arrows."""
    pixels = blank(rng)
    height, width = pixels.shape[:2]
    for _ in range(int(rng.integers(1, 6))):
        x, y = int(rng.uniform(0.15, 0.85) * width), int(rng.uniform(0.2, 0.8) * height)
        axes = (int(width * rng.uniform(0.1, 0.35)), int(height * rng.uniform(0.08, 0.3)))
        cv2.ellipse(pixels, (x, y), axes, 0, 0, 360, ink_colour(rng, True), -1, cv2.LINE_AA)
        cv2.ellipse(pixels, (x, y), axes, 0, 0, 360, ink_colour(rng, False), 2, cv2.LINE_AA)
        cv2.ellipse(
            pixels,
            (x, y),
            (axes[0] // 3 + 1, axes[1] // 3 + 1),
            0,
            0,
            360,
            ink_colour(rng, True),
            -1,
            cv2.LINE_AA,
        )
    for _ in range(int(rng.integers(6, 30))):
        x, y = int(rng.uniform(0, 1) * width), int(rng.uniform(0, 1) * height)
        r = int(rng.integers(3, 12))
        if rng.random() < 0.5:
            cv2.circle(pixels, (x, y), r, ink_colour(rng, False), -1, cv2.LINE_AA)
        else:
            to = (x + int(rng.normal(0, 50)), y + int(rng.normal(0, 50)))
            cv2.arrowedLine(pixels, (x, y), to, (0, 0, 0), 1, cv2.LINE_AA, tipLength=0.2)
        if rng.random() < 0.6:
            say(rng, pixels, x, y - r - 5, words(rng, 1)[0][:12])
    return pixels


def _structures(rng: Rng) -> np.ndarray:
    """Several chemical structures with labels."""
    pixels = blank(rng, 300, 520)
    height, width = pixels.shape[:2]
    for _ in range(int(rng.integers(2, 9))):
        x, y = rng.uniform(0.1, 0.85) * width, rng.uniform(0.1, 0.85) * height
        side = rng.uniform(9, 18)
        for k in range(int(rng.integers(1, 5))):
            cx, cy = x + k * side * 1.73, y + (k % 2) * side * 0.0
            ring = np.array(
                [
                    (cx + side * np.cos(a), cy + side * np.sin(a))
                    for a in np.arange(6) * np.pi / 3 + np.pi / 6
                ]
            )
            cv2.polylines(pixels, [ring.astype(int)], True, (0, 0, 0), 1, cv2.LINE_AA)
            if rng.random() < 0.5:
                cv2.polylines(
                    pixels,
                    [(ring * 0.8 + np.array((cx, cy)) * 0.2).astype(int)[:2]],
                    False,
                    (0, 0, 0),
                    1,
                    cv2.LINE_AA,
                )
            corner = ring[rng.integers(6)]
            end = corner + (corner - (cx, cy))
            cv2.line(
                pixels, tuple(map(int, corner)), tuple(map(int, end)), (0, 0, 0), 1, cv2.LINE_AA
            )
            say(rng, pixels, *end, str(rng.choice(("OH", "O", "N", "CH3", "NH2", "Cl"))), 0.3)
        say(rng, pixels, x, y + side * 3, words(rng, 1)[0][:10], 0.3)
    return pixels


def _map(rng: Rng) -> np.ndarray:
    """Regions in flat colours with outlines and names."""
    width, height = canvas(rng, 260, 480)
    noise = clouds(rng, width, height, int(rng.integers(60, 160)))
    steps = int(rng.integers(4, 10))
    level = (noise * steps).astype(int)
    fills = np.array([ink_colour(rng, True) for _ in range(steps + 1)], np.uint8)
    if rng.random() < 0.5:
        fills[: steps // 2] = 255
    pixels = fills[level]
    edge = (
        np.abs(np.diff(level, axis=0, append=level[-1:]))
        + np.abs(np.diff(level, axis=1, append=level[:, -1:]))
    ) > 0
    pixels[edge] = (60, 60, 60)
    for _ in range(int(rng.integers(2, 14))):
        say(
            rng,
            pixels,
            rng.uniform(0.1, 0.9) * width,
            rng.uniform(0.1, 0.9) * height,
            words(rng, 1)[0][:10],
        )
    return pixels


def _illustration(rng: Rng) -> np.ndarray:
    """Soft-shaded shapes on white with thin pointers and names, as in anatomy drawings."""
    pixels = blank(rng).astype(np.float32)
    height, width = pixels.shape[:2]
    x, y = places(width, height)
    for _ in range(int(rng.integers(2, 8))):
        cx, cy = rng.uniform(-0.6, 0.6, 2)
        r = np.hypot((x - cx) / rng.uniform(0.15, 0.6), (y - cy) / rng.uniform(0.15, 0.6))
        r = r + 0.35 * (clouds(rng, width, height, 150) - 0.5)
        tone = np.array(
            ((240, 195, 170), (225, 130, 120), (250, 220, 150), (170, 200, 230), (235, 170, 190))[
                rng.integers(5)
            ]
        )
        shade = between(
            tone * 0.7, np.minimum(tone * 1.15, 255), np.clip(1 - r * 0.8 + 0.3 * (x - y), 0, 1)
        )
        inside = r < 1
        pixels[inside] = shade[inside]
        pixels[np.abs(r - 1) < 0.02] = tone * 0.4
    out = cv2.GaussianBlur(pixels, (0, 0), 0.6).astype(np.uint8)
    for _ in range(int(rng.integers(2, 10))):
        at = (rng.uniform(0.08, 0.9, 2) * (width, height)).astype(int)
        cv2.line(
            out,
            tuple(map(int, at)),
            (width // 2, int(at[1] + rng.normal(0, 30))),
            (0, 0, 0),
            1,
            cv2.LINE_AA,
        )
        say(rng, out, *at, words(rng, 1)[0][:14])
    return out


def _pathway(rng: Rng) -> np.ndarray:
    """Bare words joined by arrows, some bent, some dashed, a few boxed."""
    pixels = blank(rng)
    height, width = pixels.shape[:2]
    columns = int(rng.integers(1, 5))
    colour = rng.random() < 0.4
    for c in range(columns):
        x, rows = width * (c + 0.5) / columns, int(rng.integers(4, 13))
        for r in range(rows):
            y = height * (r + 0.5) / rows
            say(rng, pixels, x, y, words(rng, 1)[0][:14], rng.uniform(0.3, 0.42))
            if rng.random() < 0.2:
                wide, tall = int(width / columns * 0.35), int(height / rows * 0.28)
                corners = ((int(x) - wide, int(y) - tall), (int(x) + wide, int(y) + tall))
                cv2.rectangle(pixels, *corners, (0, 0, 0), 1)
            ink = ink_colour(rng, False) if colour else (0, 0, 0)
            to = height * (r + 1.5) / rows if r + 1 < rows else y
            ends = ((int(x), int(y + 7)), (int(x), int(to - 7)))
            if to > y:
                cv2.arrowedLine(pixels, *ends, ink, 1, cv2.LINE_AA, tipLength=0.25)
            if rng.random() < 0.3:
                side = int(x + rng.choice((-1, 1)) * width / columns * rng.uniform(0.3, 0.7))
                cv2.arrowedLine(
                    pixels, ends[0], (side, int(to)), ink, 1, cv2.LINE_AA, tipLength=0.1
                )
                say(rng, pixels, side, to, words(rng, 1)[0][:9], 0.3)
            if rng.random() < 0.12:
                arc = (int(width * 0.1), int(height / rows))
                cv2.ellipse(pixels, (int(x), int(y)), arc, 0, -80, 80, ink, 1, cv2.LINE_AA)
    return pixels


def _inclusion(rng: Rng) -> np.ndarray:
    """Who was included: boxes of several lines of small print under one another."""
    pixels = blank(rng, 320, 560)
    height, width = pixels.shape[:2]
    fill = ink_colour(rng, True) if rng.random() < 0.4 else (255, 255, 255)
    rows, last = int(rng.integers(3, 8)), None
    for r in range(rows):
        branches = 1 if r < rows - 2 or rng.random() < 0.4 else int(rng.integers(2, 5))
        for c in range(branches):
            x, y = width * (c + 0.5) / branches, height * (r + 0.5) / rows
            wide, tall = width / branches * rng.uniform(0.2, 0.42), height / rows * 0.33
            corners = ((int(x - wide), int(y - tall)), (int(x + wide), int(y + tall)))
            cv2.rectangle(pixels, *corners, fill, -1)
            cv2.rectangle(pixels, *corners, (0, 0, 0), 1)
            for k in range(max(1, int(tall / 7))):
                line = " ".join(words(rng, 3))[: int(wide / 2.7)]
                say(rng, pixels, x, y - tall + 9 + 12 * k, line, 0.28)
            if last:
                cv2.arrowedLine(pixels, last, (int(x), int(y - tall)), (0, 0, 0), 1, cv2.LINE_AA)
        last = (int(width / 2), int(height * (r + 0.5) / rows + height / rows * 0.33))
    return pixels


def _slide(rng: Rng) -> np.ndarray:
    """Shapes in strong colours with a gradient, white or black words in them, fat arrows, icons."""
    pixels = blank(rng).astype(np.float32)
    height, width = pixels.shape[:2]
    x, y = places(width, height)
    if rng.random() < 0.3:
        pixels = between(pixels[0, 0], ink_colour(rng, True), (x + 1) / 2)
    tones = [np.array(ink_colour(rng, bool(rng.random() < 0.5)), np.float32) for _ in range(4)]
    labels = []
    for _ in range(int(rng.integers(3, 11))):
        cx, cy, w, h = *rng.uniform(-0.75, 0.75, 2), *rng.uniform(0.08, 0.4, 2)
        form = np.maximum(np.abs(x - cx) / w, np.abs(y - cy) / h)
        if rng.random() < 0.4:
            form = np.hypot((x - cx) / w, (y - cy) / h)
        elif rng.random() < 0.3:
            form = np.maximum(form, (np.abs(y - cy) / h + (x - cx) / w) * 0.8)
        tone = tones[rng.integers(4)]
        shade = between(
            np.minimum(tone * 1.3, 255), tone * 0.8, np.clip((y - cy) / h * 0.5 + 0.5, 0, 1)
        )
        flat = np.broadcast_to(tone, shade.shape)
        inside = form < 1
        pixels[inside] = (shade if rng.random() < 0.5 else flat)[inside]
        if rng.random() < 0.5:
            pixels[(form > 0.94) & inside] = tone * 0.4
        labels.append(((cx + 1) / 2 * width, (cy + 1) / 2 * height, tone.sum() < 330))
    out = np.clip(pixels, 0, 255).astype(np.uint8)
    for at_x, at_y, dark in labels:
        ink = (255, 255, 255) if dark else (0, 0, 0)
        say(rng, out, at_x, at_y, words(rng, 1)[0][:14], rng.uniform(0.35, 0.55), ink)
    return out
