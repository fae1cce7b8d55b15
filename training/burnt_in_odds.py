"""Weights of `filters.pictures.burnt_in_lines`: how sure a line is, from what the net says of it.

    python -m training.burnt_in_odds --lines FILE [--data DIR] [--crops N]

Lines that the net finds in new crops are told true or false by the truth of the crop, and a
logistic regression on their features is printed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from filters.pictures.burnt_in_lines import CELL, Line, lines_of, text_maps
from training.burnt_in_crops import Crops
from training.burnt_in_grounds import read_lines

_SEED = 99
_GROUND = 4.0  # what a false line weighs: pictures have more ground than crops


def labelled(line: Line, truth: np.ndarray) -> bool | None:
    """Whether a line has three or more characters; None where the truth is not known."""
    x0, y0, x1, y1 = (max(0, round(v / CELL)) for v in line.box)
    text, words, weight = (float(plane[y0:y1, x0:x1].mean()) for plane in truth)
    if text < 0.05 and weight < 0.9:
        return None
    return words >= 0.25 if text < 0.05 or words >= 0.25 or words < 0.05 else None


def gather(crops: Crops, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, F) and labels (N,) of the lines found in so many crops."""
    rows, labels = [], []
    for _ in range(count):
        pixels, truth = crops.draw()
        for line in lines_of(text_maps(np.ascontiguousarray(pixels))):
            label = labelled(line, truth)
            if label is not None:
                rows.append(line.features)
                labels.append(label)
    return np.array(rows), np.array(labels, float)


def fit(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Weights (F,) by Newton's method, with a little ridge."""
    weights = np.zeros(rows.shape[1])
    counts = np.where(labels > 0, 1.0, _GROUND)
    for _ in range(30):
        odds = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (counts * (odds - labels)) + 0.01 * weights
        curve = (rows * (counts * odds * (1 - odds))[:, None]).T @ rows
        weights -= np.linalg.solve(curve + 0.01 * np.eye(len(weights)), slope)
    return weights


def main() -> None:
    """Print the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--lines", type=Path, required=True)
    parser.add_argument("--crops", type=int, default=1500)
    options = parser.parse_args()
    crops = Crops(options.data, read_lines(options.lines), _SEED)
    rows, labels = gather(crops, options.crops)
    weights = fit(rows, labels)
    odds = 1 / (1 + np.exp(-rows @ weights))
    print("weights", tuple(round(float(w), 3) for w in weights))
    print(f"{len(rows)} lines, {labels.mean():.3f} true")
    print(
        f"missed {(odds[labels > 0] < 0.5).mean():.3f}, false {(odds[labels < 1] >= 0.5).mean():.3f}"
    )


if __name__ == "__main__":
    main()
