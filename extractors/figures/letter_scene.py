"""All that reads like a panel letter in a picture, before it is judged.

Marks that stand out (`letter_marks`) are read by a small learned network (`glyphs`) and joined to
runs (`letter_runs`). Numpy and OpenCV only, no fonts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import msgspec
import numpy as np

from extractors.figures.glyphs import character_odds, glyph_odds
from extractors.figures.letter_marks import (
    COARSE,
    SIDE,
    Marks,
    cut_out,
    find_marks,
    join_dots,
    sample_grid,
)
from extractors.figures.letter_runs import Run, as_runs, free_readings, lines, wanted_readings
from extractors.figures.letter_votes import Reading, features
from extractors.figures.records import Box

_MOST_PIXELS = 800 * 800
_FEWEST_PIXELS = 512 * 512
_ZOOMED_PIXELS = 640 * 640  # what has fewer is enlarged to this
_MOST_ZOOM = 2.0
_MOST_MARKS = 120  # of one plane
_QUICK_LIMIT = 0.12
_GLYPH_LIMIT = 0.25
_READ_LIMIT = 0.02
_MOST_READINGS = 160


class Scene(msgspec.Struct, frozen=True):
    """All that could be a panel letter in a picture, in pixels of the picture as searched.

    `readings` in the order of `run_of`, the number (below `runs`) of the run each belongs to;
    `glyphs` (M, 4) are all characters seen, `shape` is (height, width), and `scale` (x, y) times
    these pixels are the original's.
    """

    readings: tuple[Reading, ...]
    run_of: tuple[int, ...]
    runs: int
    glyphs: np.ndarray
    shape: tuple[int, int]
    scale: tuple[float, float]


def look(pixels: np.ndarray, wanted: Sequence[str] = ()) -> Scene:
    """Everything in a (height, width, 3) uint8 picture that reads like a panel letter."""
    searched = _handy(pixels)
    height, width = searched.shape[:2]
    scale = (pixels.shape[1] / width, pixels.shape[0] / height)
    marks, cells, odds = _glyphs(searched)
    marks, cells, odds = _one_each(marks, cells, odds)
    looks = np.column_stack([_inks(searched, marks, cells), cells[:, -3:-1], odds[:, -1]]).tolist()
    boxes = marks.boxes.tolist()
    readings, run_of = [], []
    for number, line in enumerate(lines(marks.boxes, 1 - odds[:, -1])):
        for run in as_runs(line, odds):
            found = _readings(run, boxes, odds, looks, wanted)
            readings += found
            run_of += [number] * len(found)
    best = _best(readings)
    kept = [(readings[i], run_of[i]) for i in best]
    numbers = {run: i for i, run in enumerate(dict.fromkeys(run for _, run in kept))}
    return Scene(
        tuple(reading for reading, _ in kept),
        tuple(numbers[run] for _, run in kept),
        len(numbers),
        marks.boxes,
        (height, width),
        scale,
    )


def scene_features(
    scene: Scene, wanted: Sequence[str] = (), panels: Sequence[Box] = ()
) -> np.ndarray:
    """`letter_votes.features` of a scene; `panels` in pixels of the original."""
    x, y = scene.scale
    near = [(int(a / x), int(b / y), int(c / x), int(d / y)) for a, b, c, d in panels]
    return features(scene.readings, scene.glyphs, scene.shape, wanted, near)


def original_box(scene: Scene, box: Box) -> Box:
    """A box of the scene in pixels of the original picture."""
    across, down = scene.scale
    width, height = round(scene.shape[1] * across), round(scene.shape[0] * down)
    x0, y0 = int(box[0] * across), int(box[1] * down)
    x1, y1 = math.ceil(box[2] * across), math.ceil(box[3] * down)
    return max(0, x0), max(0, y0), min(width, x1), min(height, y1)


def _handy(pixels: np.ndarray) -> np.ndarray:
    """The picture at a size at which letters are neither tiny nor slow to find."""
    height, width = pixels.shape[:2]
    area = height * width
    limit = _MOST_PIXELS if area > _MOST_PIXELS else _ZOOMED_PIXELS
    if _FEWEST_PIXELS <= area <= _MOST_PIXELS:
        return np.ascontiguousarray(pixels)
    factor = min(_MOST_ZOOM, math.sqrt(limit / area))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    how = cv2.INTER_AREA if factor < 0.5 else cv2.INTER_LINEAR if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(pixels, size, interpolation=how)


def _glyphs(pixels: np.ndarray) -> tuple[Marks, np.ndarray, np.ndarray]:
    """The marks that look like characters, with their cells and character odds."""
    found, parts = [], []
    for plane, marks in find_marks(pixels):
        likely = glyph_odds(cut_out(plane, marks, COARSE))
        order = np.argsort(-likely, kind="stable")[:_MOST_MARKS]
        found.append(join_dots(plane, marks.take(order[likely[order] >= _QUICK_LIMIT])))
        parts.append(cut_out(plane, found[-1]))
    cells = np.concatenate(parts)
    odds = character_odds(cells)
    seen = odds[:, -1] <= 1 - _GLYPH_LIMIT
    boxes, labels = (
        np.concatenate([getattr(m, name) for m in found]) for name in ("boxes", "labels")
    )
    return Marks(boxes, labels).take(seen), cells[seen], odds[seen]


def _one_each(
    marks: Marks, cells: np.ndarray, odds: np.ndarray
) -> tuple[Marks, np.ndarray, np.ndarray]:
    """One mark for each glyph: the surest of those at one place, its odds their mean."""
    sure = 1 - odds[:, -1]
    shared, covered = _shared(marks.boxes)
    same = shared >= 0.6
    weight = same * (sure**2)[None]
    mean = weight @ odds / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    # First comes what reads clearly, in either case, and is evenly painted: no letter's halo.
    clear = np.partition(mean[:, :-1], -2, axis=1)[:, -2:].sum(axis=1)
    even = 1 / (1 + cells[:, -2:].sum(axis=1))
    order = np.argsort(-(1 - mean[:, -1]) * (0.3 + clear) * (0.5 + even), kind="stable")
    height = marks.boxes[:, 3] - marks.boxes[:, 1]
    gone = np.zeros(len(order), bool)
    kept = []
    for mark in order.tolist():
        if not gone[mark]:
            kept.append(mark)
            # A counter of "A", or half of "H", lies within the letter and is none; nor is the
            # ring around it, or the ground between its brackets.
            around = (covered[mark] >= 0.8) & (height[mark] >= 0.4 * height)
            gone |= same[mark] | (covered[:, mark] >= 0.8) | (shared[mark] >= 0.35) | around
    chosen = np.array(kept, int)
    return marks.take(chosen), cells[chosen], mean[chosen]


def _shared(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, N) intersection over union, and the share of the first box that the second covers."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2).astype(float)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1).astype(float)
    return both / (area[:, None] + area[None] - both), both / area[:, None]


def _inks(pixels: np.ndarray, marks: Marks, cells: np.ndarray) -> np.ndarray:
    """The mean colour of each mark, (N, 3)."""
    if not len(marks.boxes):
        return np.zeros((0, 3))
    across, down = sample_grid(marks.boxes, SIDE)
    colours = cv2.remap(pixels, across, down, cv2.INTER_LINEAR).astype(np.float32)
    share = cells[:, SIDE * SIDE : 2 * SIDE * SIDE] ** 2
    total = np.maximum(share.sum(axis=1), 1e-3)
    return np.einsum("nc,nck->nk", share, colours) / total[:, None]


def _readings(
    run: Run,
    boxes: list[list[int]],
    odds: np.ndarray,
    looks: list[list[float]],
    wanted: Sequence[str],
) -> list[Reading]:
    """What the run may say: the best wanted texts, and the best of any texts.

    `looks` of each mark: red, green, blue, contrast, roughness, and the odds of being no glyph.
    """
    hoped = wanted_readings(run, odds, wanted)[:3]
    folded = {text.lower() for text, _ in hoped}
    free = [pair for pair in free_readings(run, odds) if pair[0].lower() not in folded][:2]
    texts = [(t, p, True) for t, p in hoped] + [(t, p, False) for t, p in free]
    texts = [(text, chance, kind) for text, chance, kind in texts if chance >= _READ_LIMIT]
    if not texts:
        return []
    own = [looks[mark] for mark in run.core]
    red, green, blue, contrast, rough, _ = (
        sum(values) / len(own) for values in zip(*own, strict=True)
    )
    glyph = 1 - max(look[-1] for look in own)
    whole, inner = (_around([boxes[mark] for mark in marks]) for marks in (run.all, run.core))
    return [
        Reading(
            text=text,
            box=whole,
            core=inner,
            chance=chance,
            glyph=glyph,
            bracketed=run.bracketed,
            wanted=is_wanted,
            ink=(red, green, blue),
            contrast=contrast,
            rough=rough,
        )
        for text, chance, is_wanted in texts
    ]


def _around(boxes: list[list[int]]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def _best(readings: list[Reading]) -> list[int]:
    """Indices of the likeliest readings, wanted ones first, in their order."""
    order = sorted(range(len(readings)), key=lambda i: -readings[i].wanted - readings[i].chance)
    return sorted(order[:_MOST_READINGS])
