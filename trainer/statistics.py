"""Scores with intervals, and verdicts on one corpus against another, from figures of several seeds.

What an evaluation gives for each seed goes in; `trainer.results.Score` and `Difference` come out.
How intervals are made stands in `trainer.bootstrap`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.stats import norm

from trainer.bootstrap import Figure, Interval, intervals, stacked
from trainer.evaluation.measured import Measured, Role
from trainer.results import Difference, Score, Verdict

ERROR = 0.05
OVERALL = "overall"
_ROUNDING = 1e-9  # sums of the same numbers in another order differ by less
_ALL_CHANGES = "all changes"
_DIRECTIONS = ("_image_to_text", "_text_to_image")


def scores(per_seed: Sequence[Sequence[Measured]]) -> list[Score]:
    """Each figure of an arm over its seeds, with its 95 % interval.

    With one seed the intervals hold test rows alone, not what another seed would have given.
    Intervals of figures that must be at chance (role `blind`) hold together at 95 %: there are
    many of them, and one false alarm in twenty would be had in almost every evaluation. Shares are
    given Wilson's interval, at as many rows as would have the variance found (Franco et al. 2019):
    no hit at all has an interval too. Raises ValueError as `stacked`.
    """
    figures = stacked(per_seed)
    blind = sum(figure.role == "blind" for figure in figures)
    errors = [ERROR / blind if figure.role == "blind" else ERROR for figure in figures]
    if not figures:
        return []
    found = intervals(figures, np.eye(len(figures)), errors)
    return [_score(*each) for each in zip(figures, found, errors, strict=True)]


def _score(figure: Figure, found: Interval, error: float) -> Score:
    value, low, high = found.value, max(0.0, found.low), found.high
    if figure.role != "calibration":
        value, low, high = _share(found, error)
    return Score(
        *figure.key,
        role=figure.role,
        value=value,
        low=low,
        high=high,
        chance=float(figure.chance),
        stands=_stands(low, high, figure.chance),
        units=len(figure.weights),
        groups=len(np.unique(figure.groups)),
    )


def _share(found: Interval, error: float) -> tuple[float, float, float]:
    """Wilson's interval of a share (1927), at the rows that its variance is worth."""
    z = float(norm.ppf(1 - error / 2))
    value = min(1.0, max(0.0, found.value))
    deviation = (found.high - found.low) / 2 / z
    spread = value * (1 - value)
    told = spread > _ROUNDING and deviation > _ROUNDING
    rows = spread / deviation**2 if told else found.groups
    middle = (value + z * z / rows / 2) / (1 + z * z / rows)
    half = z * (spread / rows + (z / rows / 2) ** 2) ** 0.5 / (1 + z * z / rows)
    return value, max(0.0, min(value, middle - half)), min(1.0, max(value, middle + half))


def _stands(low: float, high: float, chance: float) -> Literal["above", "at", "below"]:
    if low > chance + _ROUNDING:
        return "above"
    return "below" if high < chance - _ROUNDING else "at"


def differences(
    a: Sequence[Sequence[Measured]], b: Sequence[Sequence[Measured]]
) -> tuple[Difference, list[Difference]]:
    """What the seeds of `a` reach minus what those of `b` do, seed by seed: overall and by figure.

    Overall is the mean over tasks, 95 %: figures of one test set and family (retrieval in its two
    directions is one; each other task its own) are averaged first, then families of all test sets,
    each of which counts alike. By figure: role `task`; then, without a part in overall, `robust`
    over all changes of pictures, `calibration` (less is better) and `detail`. Intervals of one
    role hold together at 95 % (Bonferroni). One seed: no verdict, the intervals hold test rows
    alone. Raises ValueError as `stacked`, where the arms differ in seeds, figures or units, and
    where there is no task.
    """
    arm_a, arm_b = _paired(stacked(a), stacked(b))
    off = [
        one.with_values(one.values - other.values) for one, other in zip(arm_a, arm_b, strict=True)
    ]
    count = Counter(figure.role for figure in off)
    mixes = np.vstack([_overall(off), np.eye(len(off))])
    errors = [ERROR, *(ERROR / count[figure.role] for figure in off)]
    overall, *others = intervals(off, mixes, errors)
    of_a, of_b = (np.array([figure.means.mean() for figure in arm]) for arm in (arm_a, arm_b))
    seeds = len(a)
    by_figure = [
        _difference(figure.key, figure.role, one, other, found, seeds)
        for figure, one, other, found in zip(off, of_a, of_b, others, strict=True)
    ]
    key = ("", OVERALL, "", f"mean of {count['task']}")
    mean_a, mean_b = mixes[0] @ of_a, mixes[0] @ of_b
    return _difference(key, "task", mean_a, mean_b, overall, seeds), by_figure


def _paired(a: list[Figure], b: list[Figure]) -> tuple[list[Figure], list[Figure]]:
    """The figures that are compared, in one order: tasks first."""
    by_key = {figure.key: figure for figure in b}
    if by_key.keys() != {figure.key for figure in a}:
        raise ValueError("the two corpora do not have the same figures")
    shown = [figure for figure in a if figure.role in ("task", "calibration", "detail")]
    shown += [each for each in a if each.role == "robust" and each.slice.endswith(_ALL_CHANGES)]
    shown.sort(key=lambda figure: ("task", "robust", "calibration", "detail").index(figure.role))
    for figure in shown:
        other = by_key[figure.key]
        if figure.values.shape != other.values.shape or not (
            np.array_equal(figure.weights, other.weights)
            and np.array_equal(figure.groups, other.groups)
        ):
            name = " ".join(filter(None, figure.key))
            raise ValueError(f"{name}: the corpora differ in seeds, units, weights or groups")
    if not any(figure.role == "task" for figure in shown):
        raise ValueError("no task to compare by")
    return shown, [by_key[figure.key] for figure in shown]


def _overall(figures: Sequence[Figure]) -> np.ndarray:
    """What each figure counts in the mean over tasks, (figures,); of sum 1."""
    families = [_family(figure) if figure.role == "task" else None for figure in figures]
    size = Counter(filter(None, families))
    return np.array([1 / size[each] / len(size) if each else 0.0 for each in families])


def _family(figure: Figure) -> tuple[str, str]:
    task = figure.task
    for direction in _DIRECTIONS:
        task = task.removesuffix(direction)
    return figure.test_set, task


def _difference(
    key: tuple[str, str, str, str],
    role: Role,
    corpus: float,
    other: float,
    found: Interval,
    seeds: int,
) -> Difference:
    low, high = found.low, found.high
    if role != "calibration":  # of two shares, within -1 and 1
        low, high = max(-1.0, low), min(1.0, high)
    verdict = _verdict(low, high, seeds, role == "calibration")
    return Difference(*key, float(corpus), float(other), found.value, low, high, verdict)


def _verdict(low: float, high: float, seeds: int, less_is_better: bool) -> Verdict:
    if seeds < 2:
        return "one seed: no verdict"
    if low <= _ROUNDING and high >= -_ROUNDING:
        return "tie"
    return "better" if (low > 0) != less_is_better else "worse"
