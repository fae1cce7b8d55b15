"""Small corpora of drawn pictures with captions, built by the real pipeline."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image

CARD = """name: drawn
title: Drawn pictures
family: pairs
licence: CC0-1.0
attribution: drawn for tests
reading: {files: [captions.csv], image: image, images: images,
  texts: [{column: caption, kind: caption}]}
"""


def drawn(seed: int, size: tuple[int, int] = (180, 140)) -> Image.Image:
    """A picture with plenty of structure, another for every seed."""
    chance = np.random.default_rng(seed)
    coarse = chance.integers(0, 255, (9, 12, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    fine = chance.integers(0, 255, (36, 48, 3), dtype=np.uint8)
    return Image.blend(picture, Image.fromarray(fine).resize(size), 0.35)


def dataset(folder: Path, captions: dict[str, str]) -> Path:
    """A folder of pictures named as the keys (drawn by their place), with a card and captions."""
    (folder / "images").mkdir(parents=True)
    (folder / "card.yaml").write_text(CARD)
    for seed, name in enumerate(captions):
        drawn(seed).save(folder / "images" / name, quality=92)
    with (folder / "captions.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "caption"), *captions.items()])
    return folder


def build(folder: Path, out: Path, select: dict, name: str = "drawn", caption: str = "") -> Path:
    """The corpus of a dataset, with what `select` says and three documents a partition."""
    from pipelines.recipe_file import check_recipe
    from pipelines.run import RunOptions, run

    recipe = {
        "name": name,
        "sources": [{"labelled": {"dataset": str(folder / "card.yaml"), "root": str(folder)}}],
        "caption": json.loads(caption) if caption else ["caption"],
        "select": select,
        "run": {"documents_per_partition": 3},
    }
    run(check_recipe(recipe), str(out), RunOptions(workers=2, say=lambda _: None))
    return out
