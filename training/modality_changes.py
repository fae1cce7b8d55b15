"""What happens to a picture before it stands in an article: cuts, marks, montage, JPEG, shrinking."""

from __future__ import annotations

import cv2
import numpy as np

from extractors.rendered.charts import WORDS
from training.modality_scans import Rng

_GREY_TOO = {"histopathology", "cytology", "fluorescence_microscopy", "light_microscopy", "fundus",
             "dermoscopy", "clinical_photo", "chart", "diagram", "table_or_screen", "other",
             "render_3d", "endoscopy", "gel_blot", "signal"}  # fmt: skip
_TURNED = {"histopathology", "cytology", "fluorescence_microscopy", "light_microscopy",
           "electron_microscopy", "dermoscopy"}  # fmt: skip
_DRAWN = {"chart", "diagram", "table_or_screen", "signal"}


def changed(rng: Rng, pixels: np.ndarray, kind: str) -> np.ndarray:
    """One picture as it may be cut, coloured and marked; RGB pixels."""
    pixels = _cut(rng, pixels, kind)
    if kind in _TURNED and rng.random() < 0.5:
        pixels = np.rot90(pixels, int(rng.integers(1, 4)))
    if kind not in _DRAWN and rng.random() < 0.4:
        pixels = pixels[:, ::-1]
    pixels = _toned(rng, np.ascontiguousarray(pixels), kind)
    if kind not in _DRAWN and rng.random() < 0.35:
        pixels = _marked(rng, pixels)
    return pixels


def figure(rng: Rng, parts: list[np.ndarray], kind: str) -> np.ndarray:
    """One to twelve pictures of a kind side by side, framed, shrunk and stored as JPEG."""
    pixels = _montage(rng, parts) if len(parts) > 1 else parts[0]
    if rng.random() < 0.3:
        sides = [int(v) for v in rng.integers(0, 30, 4)]
        shade = int(rng.choice((255, 255, 255, 0)))
        pixels = cv2.copyMakeBorder(pixels, *sides, cv2.BORDER_CONSTANT, value=(shade,) * 3)
    return _stored(rng, pixels, kind)


def _cut(rng: Rng, pixels: np.ndarray, kind: str) -> np.ndarray:
    height, width = pixels.shape[:2]
    least = 0.8 if kind in _DRAWN else rng.choice((0.4, 0.75, 0.9))
    if rng.random() < 0.55:
        w, h = (int(n * rng.uniform(least, 1)) for n in (width, height))
        x, y = rng.integers(0, width - w + 1), rng.integers(0, height - h + 1)
        pixels = pixels[y : y + max(h, 12), x : x + max(w, 12)]
    if rng.random() < 0.3:
        stretch = float(np.exp(rng.normal(0, 0.15)))
        pixels = cv2.resize(
            np.ascontiguousarray(pixels),
            None,
            fx=stretch,
            fy=1 / stretch,
            interpolation=cv2.INTER_AREA,
        )
    return pixels


def _toned(rng: Rng, pixels: np.ndarray, kind: str) -> np.ndarray:
    values = pixels.astype(np.float32)
    if rng.random() < 0.6 and kind not in _DRAWN:
        gamma = float(np.exp(rng.normal(0, 0.28)))
        values = 255 * (values / 255) ** gamma * rng.uniform(0.8, 1.2) + rng.normal(0, 6)
    coloured = np.ptp(values, axis=2).mean() > 4
    if coloured and rng.random() < 0.4:
        values = values * np.exp(rng.normal(0, 0.07, 3))
    if coloured and kind in _GREY_TOO and rng.random() < (0.25 if kind in _DRAWN else 0.07):
        values = np.repeat(values.mean(2, keepdims=True), 3, axis=2)
    if kind not in _DRAWN and rng.random() < 0.25:
        values = values + rng.normal(0, rng.uniform(1, 9), values.shape[:2])[..., None]
    return np.clip(values, 0, 255).astype(np.uint8)


def _marked(rng: Rng, pixels: np.ndarray) -> np.ndarray:
    """Panel letters, arrows, scale bars, words, as laid on pictures."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    ink = ((255, 255, 255), (0, 0, 0), (255, 255, 0), (255, 0, 0))[
        rng.choice(4, p=(0.55, 0.25, 0.12, 0.08))
    ]
    size = min(height, width) / 260
    if rng.random() < 0.6:
        at = (int(6 * size) + 1, int(28 * size))
        if rng.random() < 0.3:
            cv2.rectangle(
                pixels, (0, 0), (int(34 * size), int(36 * size)), tuple(255 - v for v in ink), -1
            )
        cv2.putText(
            pixels,
            str(rng.choice(list("ABCDEFabcdef"))),
            at,
            int(rng.choice((0, 2))),
            size,
            ink,
            max(1, round(2 * size)),
            cv2.LINE_AA,
        )
    for _ in range(int(rng.integers(0, 4)) if rng.random() < 0.5 else 0):
        to = rng.uniform(0.15, 0.85, 2) * (width, height)
        start = to + rng.normal(0, 0.1, 2) * (width, height)
        cv2.arrowedLine(
            pixels,
            tuple(map(int, start)),
            tuple(map(int, to)),
            ink,
            max(1, round(2 * size)),
            cv2.LINE_AA,
            tipLength=0.35,
        )
    if rng.random() < 0.4:
        y, x = int(height * 0.94), int(width * 0.92)
        cv2.line(
            pixels,
            (x - int(width * rng.uniform(0.1, 0.25)), y),
            (x, y),
            ink,
            max(2, round(4 * size)),
        )
    return pixels


def _montage(rng: Rng, parts: list[np.ndarray]) -> np.ndarray:
    count = len(parts)
    columns = int(rng.integers(1, count + 1)) if count < 4 else int(rng.choice((2, 3, count // 2)))
    rows = -(-count // columns)
    gap, shade = int(rng.choice((0, 2, 4, 8, 14))), int(rng.choice((255, 255, 255, 0)))
    side = max(70, 520 // max(rows, columns))
    ratio = float(np.clip(parts[0].shape[0] / parts[0].shape[1], 0.4, 2.0))
    wide, tall = side, max(24, int(side * ratio))
    sheet = np.full(
        (rows * tall + (rows + 1) * gap, columns * wide + (columns + 1) * gap, 3), shade, np.uint8
    )
    for k, part in enumerate(parts):
        y, x = gap + k // columns * (tall + gap), gap + k % columns * (wide + gap)
        sheet[y : y + tall, x : x + wide] = cv2.resize(
            part, (wide, tall), interpolation=cv2.INTER_AREA
        )
    if rng.random() < 0.3:
        sheet = cv2.copyMakeBorder(
            sheet,
            int(rng.integers(0, 30)),
            0,
            int(rng.integers(0, 40)),
            0,
            cv2.BORDER_CONSTANT,
            value=(shade,) * 3,
        )
    ink, size = (255 - shade,) * 3, rng.uniform(0.35, 0.6)
    for k in range(columns if rng.random() < 0.4 else 0):
        name = WORDS[int(rng.integers(len(WORDS)))][:12]
        cv2.putText(sheet, name, (20 + k * wide, 14), 0, size, ink, 1, cv2.LINE_AA)
    return sheet


def _stored(rng: Rng, pixels: np.ndarray, kind: str) -> np.ndarray:
    """Shrunk or enlarged, then JPEG at some quality."""
    longest = max(pixels.shape[:2])
    least, often = (
        (26, 0.5) if kind == "dermoscopy" else (90, 0.25)
    )  # thumbnails of skin are common
    wanted = rng.uniform(240, 800)
    if rng.random() < often:
        wanted = np.exp(rng.uniform(np.log(least), np.log(900)))
    scale = float(np.clip(wanted / longest, 0.05, 2.2))
    way = cv2.INTER_AREA if scale < 1 else int(rng.choice((1, 2)))
    pixels = cv2.resize(np.ascontiguousarray(pixels), None, fx=scale, fy=scale, interpolation=way)
    if rng.random() < 0.75:
        quality = int(rng.integers(35, 97))
        data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    return np.ascontiguousarray(pixels)
