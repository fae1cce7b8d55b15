"""The real pictures that `training.burnt_in_crops` cuts from: without text, and with text read.

Only the development half (by hash); `benchmarks.burnt_in` measures on the other half.
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from training.burnt_in_marks import letters_in

_CLEAN = frozenset(
    ["MPX1081_synpic24311", "MPX1086_synpic25219", "MPX1141_synpic60798", "MPX1147_synpic27148"]
    + [f"MPX1124_synpic507{n}" for n in range(39, 51)]
    + [f"MPX1147_synpic271{n}" for n in range(49, 54)]
)
_WITH_TEXT = ("cju0qkwl35piu0993l0dewei2", "cju0qx73cjw570799j4n5cjze", "xray_cardiomegaly",
              "00000001_000")  # fmt: skip
MARGIN = 0.16  # of a side; text of VQA-RAD and MedPix is in the margins
# Folder, and how often each of its pictures is taken.
_GROUNDS = (("vqa_rad/images", 1.0), ("medpix2/images", 1.0), ("kvasir_seg/images", 4.0),
            ("bccd/JPEGImages", 0.3), ("cxr_images", 4.0), ("drive/images", 6.0),
            ("dermamnist28/images", 0.05))  # fmt: skip
_PICTURES = (".jpg", ".png", ".tif")

NONE, MARKER, WORDS = 0, 1, 2


@dataclass(frozen=True)
class Read:
    """A picture with the boxes of its text, each `NONE` (unsure), `MARKER` or `WORDS`."""

    pixels: np.ndarray
    boxes: list[tuple[tuple[float, float, float, float], int]]
    margins: bool  # whether all its text is in its margins


def is_aside(content: bytes) -> bool:
    """Whether a picture is kept for measuring only."""
    return hashlib.sha256(content).digest()[0] % 2 == 1


def _pixels(path: Path) -> np.ndarray:
    return np.array(Image.open(path).convert("RGB"))


def _has_margins(path: Path) -> bool:
    return path.parent.parent.name in ("vqa_rad", "medpix2") and path.stem not in _CLEAN


def grounds(data: Path, read: list[dict]) -> list[np.ndarray]:
    """Pictures without text, or their middles; some several times."""
    busy = set()
    for row in read:
        middles = [
            (np.mean(corners, axis=0) / row["size"], score) for corners, _, score in row["rows"]
        ]
        if any(score > 0.6 and at.min() > 0.14 and at.max() < 0.86 for at, score in middles):
            busy.add(row["id"])
    rng = random.Random(3)
    found = []
    for folder, often in _GROUNDS:
        for path in sorted((data / "labelled" / folder).glob("*")):
            name = path.relative_to(data).as_posix()
            if path.suffix not in _PICTURES or path.stem in _WITH_TEXT or name in busy:
                continue
            times = int(often) + (rng.random() < often % 1)
            if not times or is_aside(path.read_bytes()):
                continue
            pixels = _pixels(path)
            height, width = pixels.shape[:2]
            if _has_margins(path):
                low, high = MARGIN, 1 - MARGIN
                pixels = pixels[int(height * low) : int(height * high),
                                int(width * low) : int(width * high)]  # fmt: skip
            found += [pixels] * times
    return found


def read_pictures(data: Path, read: list[dict]) -> list[Read]:
    """Pictures with text: figures three times, pictures with text in their margins once."""
    found = []
    for row in read:
        path = data / row["id"]
        margins = _has_margins(path) or path.stem in _WITH_TEXT
        figure = not row["id"].startswith(("labelled", "formats"))
        if not (figure or margins) or min(row["size"]) < 60 or is_aside(path.read_bytes()):
            continue
        boxes = []
        for corners, text, score in row["rows"]:
            at = np.array(corners)
            count = letters_in(text)
            sure = score > 0.7 and (count >= 2 or score > 0.9)
            kind = NONE if not sure else WORDS if count >= 3 else MARKER
            x0, y0, x1, y1 = (float(v) for v in (*at.min(axis=0), *at.max(axis=0)))
            boxes.append(((x0, y0, x1, y1), kind))
        found += [Read(_pixels(path), boxes, margins)] * (3 if figure else 1)
    return found


def read_lines(path: Path) -> list[dict]:
    """What `training.burnt_in --read` wrote."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
