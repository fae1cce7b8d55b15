"""Write a small evaluation set, some of whose pictures are also figures of the invented articles.

    python examples/make_mini_evaluation.py [DIR]

writes into DIR, or beside this file, `mini-evaluation/`: two pictures that are figures of `mini-pmc`
saved again, one smaller, one mirrored and trimmed, and four that are nowhere else. The demo keeps
what they show out of its corpus.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from drawings import noise, plane
from PIL import Image, ImageOps

HERE = Path(__file__).resolve().parent
_SIZE = (420, 360)


def write_mini_evaluation(out: Path) -> None:
    """The six pictures as JPEG below `out`."""
    folder = out / "mini-evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    with Image.open(HERE / "mini-pmc" / "PMC990000022.1" / "abscess2.jpg") as picture:
        smaller = picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))
        smaller.save(folder / "smaller.jpg", quality=60)
    with Image.open(
        HERE / "mini-pmc" / "PMC990000013.1" / "0000-0000-rem-01-01-0013-gf01.jpg"
    ) as picture:
        mirrored = ImageOps.mirror(picture)
        trimmed = mirrored.crop((12, 10, mirrored.width - 8, mirrored.height - 12))
        trimmed.save(folder / "mirrored.jpg", quality=80)
    for seed in range(4):
        cells(seed).save(folder / f"cells-{seed}.jpg", quality=85)


def cells(seed: int) -> Image.Image:
    """A field of round bodies on a stained ground, 420 x 360 px."""
    rng = np.random.default_rng(seed)
    x, y = plane(*_SIZE)
    ground = 205 + 6 * noise(rng, (_SIZE[1], _SIZE[0]), 40)
    for _ in range(30):
        cx, cy, radius = rng.uniform(-1.1, 1.1), rng.uniform(-1, 1), rng.uniform(0.05, 0.14)
        inside = np.clip((radius - np.hypot(x - cx, y - cy)) * 60, 0, 1)
        ground -= inside * rng.uniform(30, 110)
    grey = np.clip(ground + rng.normal(0, 3, ground.shape), 0, 255).astype(np.uint8)
    return ImageOps.colorize(Image.fromarray(grey), (70, 30, 110), (250, 235, 245))


if __name__ == "__main__":
    write_mini_evaluation(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
