"""How a figure grows with the size of the corpus: its gain by doubling, and a power law of its error.

The parts of a corpus are tested on the same rows with the same seeds, so the slope over them is a
weighted mean of values per row as any figure is, and has its interval from `trainer.bootstrap`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.bootstrap import intervals, stacked
from trainer.evaluation.measured import Measured
from trainer.results import Doubling
from trainer.statistics import ERROR, scores

Point = tuple[int, Sequence[Measured]]  # training rows of a part, and one figure for each seed


def doubling(test_set: str, task: str, metric: str, points: Sequence[Point]) -> Doubling:
    """The gain by each doubling of rows, 95 %, and `error = a * rows ** -b` with error 1 - mean.

    The gain is the slope of a straight line through the means over log2(rows); draws of test
    groups are the same for all parts. The power law is fitted by least squares of the logarithms
    (Kaplan et al. 2020 without a floor: four points cannot tell one); points without an error are
    left out of it, and with fewer than two left b is 0. Raises ValueError where there are fewer
    than two sizes, rows are not positive, or the parts differ in seeds, units, weights or groups.
    """
    points = sorted(points, key=lambda point: point[0])
    rows = np.array([n for n, _ in points], dtype=np.float64)
    if len(set(rows)) < 2 or rows.min() <= 0:
        raise ValueError(f"{task}: no curve without parts of two sizes")
    slopes = np.log2(rows) - np.log2(rows).mean()
    slopes /= np.square(slopes).sum()
    figures = [stacked([[each] for each in seeds])[0] for _, seeds in points]
    first = figures[0]
    for each in figures:
        if each.values.shape != first.values.shape or not (
            np.array_equal(each.weights, first.weights)
            and np.array_equal(each.groups, first.groups)
        ):
            raise ValueError(f"{task}: the parts differ in seeds, units, weights or groups")
    slope = np.tensordot(slopes, np.stack([each.values for each in figures]), 1)
    gain = intervals([first.with_values(slope)], np.eye(1), [ERROR])[0]
    shown = [scores([[each] for each in seeds])[0] for _, seeds in points]
    a, b = power_law(rows, np.array([1 - each.value for each in shown]))
    return Doubling(
        test_set,
        task,
        metric,
        [(n, each.value, each.low, each.high) for (n, _), each in zip(points, shown, strict=True)],
        gain.value,
        gain.low,
        gain.high,
        a,
        b,
    )


def power_law(rows: np.ndarray, errors: np.ndarray) -> tuple[float, float]:
    """`a` and `b` of `errors = a * rows ** -b`; rows (points,), errors (points,)."""
    told = errors > 1e-9
    if len(set(rows[told])) < 2:
        return float(errors.mean()), 0.0
    slope, height = np.polyfit(np.log(rows[told]), np.log(errors[told]), 1)
    return float(np.exp(height)), float(-slope)
