"""Learns drawn from taken pictures: `python -m training.picture_kinds --data DIR`.

Writes the weights of `filters/pictures/chart.py`. Drawn are charts, schemes and tables rendered by
`extractors.rendered` and the charts, diagrams and tables of five openly licensed articles; taken are
VQA-RAD's films and scans (CC0), BCCD's blood films (MIT), invented micrographs and the photographs of
those articles. Single pictures and pages of several, at many sizes and JPEG qualities. What
`benchmarks/picture_kinds.tsv` holds aside is not read.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from extractors.rendered import drawings
from extractors.rendered.charts import chart
from extractors.rendered.tissue import invented_picture
from filters.pictures.chart import WEIGHTS, chart_features
from filters.pictures.planes import planes
from filters.pictures.text_density import text_share

LABELS = Path(__file__).parents[1] / "benchmarks" / "picture_kinds.tsv"
_WHITE = (255, 255, 255)
_DRAWN = (drawings._traces, drawings._scheme, drawings._table, drawings._structure)
_RIDGE = 2.0  # keeps the weights small where features say the same
Source = Callable[[random.Random], Image.Image]


def labels(part: str) -> list[tuple[str, str]]:
    """Path below the data and kind (drawn, taken, mixed) of the pictures of `part`."""
    with LABELS.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return [(row["path"], row["kind"]) for row in rows if row["part"] == part]


def main() -> None:
    """Render, measure, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--each", type=int, default=300, help="pages of each kind")
    options = parser.parse_args()
    names, x, y = measure(options.data, options.each)
    weights = fit(x, y)
    table = {n: round(float(w), 3) for n, w in zip([*names, "constant"], weights, strict=True)}
    WEIGHTS.write_text(json.dumps({"weights": table}, indent=1) + "\n", encoding="utf-8")
    right = (x @ weights[:-1] + weights[-1] > 0) == y
    print(f"{len(y)} pages, {right.mean():.3f} right on what was learned from")
    print(table)


def measure(data: Path, each: int) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names of the features, their values (n, features), and which pages are drawn (n,)."""
    fit_files = [(data / path, kind) for path, kind in labels("fit")]
    drawn: list[Source] = [_drawing, _drawing, _one_of([p for p, k in fit_files if k == "drawn"])]
    films = sorted((data / "labelled" / "vqa_rad" / "images").glob("*.jpg"))
    blood = sorted((data / "labelled" / "bccd" / "JPEGImages").glob("*.jpg"))
    photographs = [p for p, k in fit_files if k == "taken"]
    taken = [_one_of(films), _one_of(blood), _invented, _one_of(photographs)]
    found: list[dict[str, float]] = []
    for sources, seed in ((drawn, 1), (taken, 2)):
        for page in _pages(sources, each, random.Random(seed)):
            plane = planes(page)
            found.append(chart_features(plane.rgb, plane.grey, text_share(plane.grey)))
    names = list(found[0])
    x = np.array([[row[name] for name in names] for row in found])
    return names, x, np.repeat([True, False], each)


def fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights (features + 1,) of a logistic model, by Newton's method with a ridge."""
    x1 = np.column_stack([x, np.ones(len(x))])
    ridge = np.diag([_RIDGE] * x.shape[1] + [1e-6])
    weights = np.zeros(x1.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x1 @ weights))
        gradient = x1.T @ (p - y) + ridge @ weights
        weights -= np.linalg.solve((x1 * (p * (1 - p))[:, None]).T @ x1 + ridge, gradient)
    return weights


def _pages(sources: list[Source], count: int, rng: random.Random) -> Iterator[Image.Image]:
    """Pages of one to nine pictures of one source, saved as JPEG as often as not."""
    for _ in range(count):
        source = rng.choice(sources)
        columns, rows = rng.choice(((1, 1), (1, 1), (1, 1), (2, 1), (1, 2), (2, 2), (3, 2), (3, 3)))
        wide, high = rng.randint(240, 900) // columns, rng.randint(200, 900) // rows
        if columns == rows == 1:
            page = source(rng).convert("RGB")
            page.thumbnail((rng.randint(200, 1000),) * 2)
        else:
            gap = rng.randint(0, 20)
            page = Image.new("RGB", (columns * (wide + gap), rows * (high + gap)), _WHITE)
            for k in range(columns * rows):
                cell = source(rng).convert("RGB").resize((wide, high))
                page.paste(cell, ((k % columns) * (wide + gap), (k // columns) * (high + gap)))
        yield _saved(page, rng)


def _saved(page: Image.Image, rng: random.Random) -> Image.Image:
    if rng.random() < 0.3:
        return page
    held = io.BytesIO()
    page.save(held, "JPEG", quality=rng.randint(40, 95))
    return Image.open(held)


def _drawing(rng: random.Random) -> Image.Image:
    size = (rng.randint(240, 800), rng.randint(200, 700))
    if rng.random() < 0.5:
        return chart(rng, *size, _WHITE)
    image = Image.new("RGB", size, _WHITE)
    rng.choice(_DRAWN)(rng, image)
    return image


def _invented(rng: random.Random) -> Image.Image:
    size = (rng.randint(200, 800), rng.randint(200, 700))
    return invented_picture(np.random.default_rng(rng.randrange(2**31)), *size)


def _one_of(files: list[Path]) -> Source:
    return lambda rng: Image.open(rng.choice(files))


if __name__ == "__main__":
    main()
