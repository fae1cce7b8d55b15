"""Figures over seeds, and the intervals of their means over test groups and over seeds.

Two things could have been otherwise: which articles (or patients) are in the test set, and what
chance did in training. Groups are many, so they are drawn again: 2,000 times as many groups with
replacement, the same draw for all figures of one test set, a percentile interval of the mean
(Efron 1979). Seeds are two to ten, far too few to draw from (two of them can give three means), so
their part is Student's t of the means by seed. The two half widths are added as squares, each side
for itself (MOVER: Zou and Donner 2008). For normal means this covers at least what it says at any
mix of the two variances (Banerjee 1960, Sankhya 22:357), also with two seeds, where one t with
Satterthwaite's degrees of freedom would miss up to 12 % at 95 %; what seed and group do together is
in both parts, which errs to the wide side. `python -m benchmarks.verdicts` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import norm, t

from trainer.evaluation.measured import Measured, Role

DRAWS = 2000
_CELLS = 2_000_000  # groups times draws that are in memory at once
_WHOLE = 1.0  # by how much a share can differ from another at most


@dataclass(frozen=True, eq=False)
class Figure:
    """One figure over its seeds: `values` (seeds, units), `weights` (units,) of sum 1."""

    test_set: str
    task: str
    slice: str
    metric: str
    role: Role
    chance: float
    values: np.ndarray
    weights: np.ndarray
    groups: np.ndarray

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.test_set, self.task, self.slice, self.metric

    @property
    def means(self) -> np.ndarray:
        """(seeds,)"""
        return self.values @ self.weights

    def with_values(self, values: np.ndarray) -> Figure:
        """The same units with other values, (seeds, units)."""
        return Figure(*self.key, self.role, self.chance, values, self.weights, self.groups)


class Interval(NamedTuple):
    """A mean and what it lies between; `groups` is how many groups of equal weight say as much."""

    value: float
    low: float
    high: float
    groups: float


def stacked(per_seed: Sequence[Sequence[Measured]]) -> list[Figure]:
    """The figures of one arm, in the order of its first seed.

    Raises ValueError where seeds do not have the same figures of the same units, where a figure
    comes twice, has no unit or no weight, or a value is not a number.
    """
    if not per_seed:
        raise ValueError("no seed")
    by_key = [{each.key: each for each in seed} for seed in per_seed]
    if any(len(found) != len(seed) for found, seed in zip(by_key, per_seed, strict=True)):
        raise ValueError("a figure comes twice in one seed")
    if any(found.keys() != by_key[0].keys() for found in by_key):
        raise ValueError("the seeds do not have the same figures")
    return [_figure([found[key] for found in by_key]) for key in by_key[0]]


def _figure(seeds: Sequence[Measured]) -> Figure:
    first, name = seeds[0], " ".join(filter(None, seeds[0].key))
    if not all(_same_units(first, each) for each in seeds):
        raise ValueError(f"{name}: the seeds do not have the same units, weights and groups")
    values = np.stack([np.asarray(each.values, np.float64) for each in seeds])
    weights = np.asarray(first.weights, np.float64)
    if not (np.isfinite(values).all() and np.isfinite(weights).all()):
        raise ValueError(f"{name}: a value or a weight is not a number")
    if not len(weights) or weights.min() < 0 or weights.sum() <= 0:
        raise ValueError(f"{name}: no units, or weights that are not positive")
    groups = np.asarray(first.groups).astype(str)
    return Figure(*first.key, first.role, first.chance, values, weights / weights.sum(), groups)


def _same_units(a: Measured, b: Measured) -> bool:
    shapes = {np.shape(each) for m in (a, b) for each in (m.values, m.weights, m.groups)}
    return (
        len(shapes) == 1
        and (a.role, a.chance) == (b.role, b.chance)
        and np.array_equal(a.weights, b.weights)
        and np.array_equal(a.groups, b.groups)
    )


def intervals(
    figures: Sequence[Figure], mixes: np.ndarray, errors: Sequence[float]
) -> list[Interval]:
    """For each row of `mixes` (mixes, figures) the interval of that sum of figures.

    `errors`: for each mix, how often its interval may miss (0.05 for 95 %). With one seed the
    interval holds test groups alone. All values 0 give [0, 0]; a single group, which says nothing
    of others, gives the mean +- 1.
    """
    means = np.stack([figure.means for figure in figures], axis=1)  # (seeds, figures)
    draws, shares = drawn(figures)
    alone = np.array([(share > 0).sum() < 2 for share in shares])
    found = []
    for mix, error in zip(mixes, errors, strict=True):
        used = np.flatnonzero(mix)
        by_seed = means[:, used] @ mix[used]
        groups = 1.0 / float(np.square(mix[used] @ shares[used] / mix[used].sum()).sum())
        down, up = _group_part(mix[used] @ draws[used], groups, error)
        seed = _seed_part(by_seed, error)
        whole = _WHOLE * float(np.linalg.norm(mix[used][alone[used]]))
        value = float(by_seed.mean())
        low, high = (float(np.linalg.norm((side, seed, whole))) for side in (down, up))
        found.append(Interval(value, value - low, value + high, groups))
    return found


def _seed_part(means: np.ndarray, error: float) -> float:
    """Half the width of Student's interval of means by seed; nothing for one seed."""
    seeds = len(means)
    if seeds < 2:
        return 0.0
    return float(t.ppf(1 - error / 2, seeds - 1) * means.std(ddof=1) / seeds**0.5)


def _group_part(draws: np.ndarray, groups: float, error: float) -> tuple[float, float]:
    """How far the percentile interval of drawn deviations reaches down and up.

    2,000 draws do not know their thousandth part: the 2.5th and 97.5th percentile are taken, and
    stretched by t / 1.96 to the level asked for, and for few groups by sqrt(n / (n - 1)).
    """
    if groups < 1 + 1e-9:
        return 0.0, 0.0
    low, high = np.nanpercentile(draws, (2.5, 97.5))
    stretch = (groups / (groups - 1)) ** 0.5 * t.ppf(1 - error / 2, groups - 1) / norm.ppf(0.975)
    return max(0.0, -float(low) * stretch), max(0.0, float(high) * stretch)


def drawn(figures: Sequence[Figure]) -> tuple[np.ndarray, np.ndarray]:
    """Deviations of the seeds' mean in each draw, (figures, draws), and shares (figures, groups).

    A share is the part of a figure's weight that a group holds. A draw without any unit of a
    figure is NaN there. The draw depends on the name of the test set and its number of groups.
    """
    draws = np.empty((len(figures), DRAWS))
    shares = []
    for name in dict.fromkeys(figure.test_set for figure in figures):
        at = [i for i, figure in enumerate(figures) if figure.test_set == name]
        sums, weights = _by_group([figures[i] for i in at])
        done = 0
        for counts in _counts(name, weights.shape[1]):
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = (sums @ counts.T) / (weights @ counts.T)
            draws[at, done : done + len(counts)] = ratio
            done += len(counts)
        block = np.zeros((len(figures), weights.shape[1]))
        block[at] = weights
        shares.append(block)
    return draws, np.concatenate(shares, axis=1)


def _by_group(figures: Sequence[Figure]) -> tuple[np.ndarray, np.ndarray]:
    """Weighted sums of deviations and weights of each group of a test set, (figures, groups) each."""
    names = np.unique(np.concatenate([figure.groups for figure in figures]))
    sums, weights = np.zeros((2, len(figures), len(names)))
    for i, figure in enumerate(figures):
        where = np.searchsorted(names, figure.groups)
        values = figure.values.mean(axis=0)
        off = figure.weights * (values - figure.weights @ values)
        sums[i] = np.bincount(where, off, len(names))
        weights[i] = np.bincount(where, figure.weights, len(names))
    return sums, weights


def _counts(name: str, groups: int) -> Iterator[np.ndarray]:
    """How often each group is drawn, (some draws, groups) at a time."""
    seed = int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:8], "big")
    random = np.random.default_rng([seed, groups])
    at_once = max(1, min(DRAWS, _CELLS // groups))
    for start in range(0, DRAWS, at_once):
        n = min(at_once, DRAWS - start)
        picks = random.integers(0, groups, (n, groups)) + groups * np.arange(n)[:, None]
        counts = np.bincount(picks.ravel(), minlength=n * groups)
        yield counts.reshape(n, groups).astype(np.float64)
