"""Intervals over groups and seeds, on cases whose answer is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import t

from trainer import bootstrap
from trainer.bootstrap import Interval, intervals, stacked
from trainer.evaluation.measured import Measured


def measured(values: Any, groups: Any = None, weights: Any = None, **names: Any) -> Measured:
    values = np.asarray(values, float)
    units = np.arange(len(values))
    return Measured(
        **{"test_set": "s", "task": "t", "metric": "m", "role": "task", "chance": 0.1, **names},
        values=values,
        weights=np.ones(len(values)) if weights is None else np.asarray(weights, float),
        groups=(units if groups is None else np.asarray(groups)).astype(str),
    )


def interval(*seeds: Measured, error: float = 0.05) -> Interval:
    return intervals(stacked([[seed] for seed in seeds]), np.eye(1), [error])[0]


def test_one_seed_of_independent_rows_is_as_wide_as_the_binomial() -> None:
    found = interval(measured(np.arange(400) % 4 == 0))
    assert found.value == pytest.approx(0.25)
    half = 1.96 * (0.25 * 0.75 / 400) ** 0.5
    assert (found.low, found.high) == pytest.approx((0.25 - half, 0.25 + half), abs=0.15 * half)
    assert found.groups == pytest.approx(400)


def test_rows_of_a_group_are_drawn_together() -> None:
    hits = np.repeat(np.arange(60) % 3 == 0, 10)
    alone = interval(measured(hits))
    together = interval(measured(hits, np.arange(600) // 10))
    ratio = (together.high - together.low) / (alone.high - alone.low)
    assert ratio == pytest.approx(10**0.5, rel=0.12)


def test_a_unit_of_weight_two_is_two_units_of_its_group() -> None:
    values = np.random.default_rng(0).random(50)
    weighed = interval(measured(values, weights=np.arange(50) % 2 + 1))
    names = np.repeat(np.arange(50), np.arange(50) % 2 + 1)
    counted = interval(measured(values[names], names))
    assert weighed == pytest.approx(counted)
    assert weighed.value == pytest.approx(np.average(values, weights=np.arange(50) % 2 + 1))


def test_figures_of_one_test_set_share_their_draws() -> None:
    values = np.arange(90) % 3 == 0
    figures = stacked([[measured(values, task="a"), measured(values, task="b")]])
    assert intervals(figures, np.array([[1.0, -1.0 + 1e-15]]), [0.05])[0].high < 1e-9
    apart = stacked([[measured(values, task="a"), measured(values, task="b", test_set="other")]])
    assert intervals(apart, np.array([[0.5, 0.4]]), [0.05])[0].high > 0.1


def test_seeds_alone_give_students_interval() -> None:
    means = np.array([0.2, 0.5, 0.35])
    found = interval(*[measured(np.full(30, mean)) for mean in means])
    half = t.ppf(0.975, 2) * means.std(ddof=1) / 3**0.5
    assert found[:3] == pytest.approx((0.35, 0.35 - half, 0.35 + half))
    strict = interval(*[measured(np.full(30, mean)) for mean in means], error=0.01)
    assert strict.high - 0.35 == pytest.approx(half * t.ppf(0.995, 2) / t.ppf(0.975, 2))


def test_both_parts_are_added_as_squares() -> None:
    values = np.random.default_rng(1).random(80)
    rows = interval(measured(values))
    both = interval(measured(values - 0.1), measured(values + 0.1))
    seeds = t.ppf(0.975, 1) * 0.1 * 2**0.5 / 2**0.5
    assert both.high - both.value == pytest.approx(np.hypot(seeds, rows.high - rows.value))
    assert both.value - both.low == pytest.approx(np.hypot(seeds, rows.value - rows.low))


def test_few_groups_are_stretched_by_student() -> None:
    values = np.array([0.0, 1.0, 0.0, 1.0])
    found = interval(measured(values))
    assert found.groups == pytest.approx(4)
    # The percentiles of four draws of 0 or 1 are 0 and 1, times sqrt(4 / 3) * t_3 / 1.96.
    half = 0.5 * (4 / 3) ** 0.5 * t.ppf(0.975, 3) / 1.96
    assert found.high - 0.5 == pytest.approx(half, rel=0.01)


def test_one_group_says_nothing_of_others() -> None:
    assert interval(measured([0.4, 0.4], ["p", "p"])) == pytest.approx((0.4, -0.6, 1.4, 1))
    figures = stacked([[measured(np.full(50, 0.4)), measured([0.4] * 5, ["p"] * 5, task="small")]])
    mixed = intervals(figures, np.array([[0.5, 0.5]]), [0.05])[0]
    assert mixed.high - mixed.value == pytest.approx(0.5)


def test_nothing_that_varies_is_exactly_nothing() -> None:
    zero = measured(np.zeros(20))
    assert interval(zero, zero)[:3] == (0, 0, 0)


def test_draws_without_a_unit_of_a_small_task_are_left_out() -> None:
    big = measured(np.arange(40) % 2, np.arange(40))
    small = measured([0.0, 1.0, 1.0], [0, 1, 2], task="small")
    found = intervals(stacked([[big, small]]), np.array([[0, 1], [0.5, 0.5]]), [0.05, 0.05])
    for each in found:
        assert np.isfinite(each).all()
        assert each.low < each.value < each.high


def test_draws_do_not_depend_on_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(2).random(33)
    whole = interval(measured(values))
    monkeypatch.setattr(bootstrap, "_CELLS", 33 * 7)
    assert interval(measured(values)) == whole


Change = Callable[[Measured], Measured]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: replace(m, metric="other"), "same figures"),
        (lambda m: replace(m, weights=m.weights * 2), "same units"),
        (lambda m: replace(m, groups=m.groups[::-1]), "same units"),
        (lambda m: replace(m, values=m.values[1:]), "same units"),
        (lambda m: replace(m, chance=0.2), "same units"),
        (lambda m: replace(m, values=m.values * np.nan), "not a number"),
    ],
)
def test_seeds_that_do_not_fit_are_refused(change: Change, words: str) -> None:
    good = measured([0.0, 1.0, 1.0])
    with pytest.raises(ValueError, match=words):
        stacked([[good], [change(good)]])


def test_figures_without_units_are_refused() -> None:
    one = measured([0.5, 0.5])
    with pytest.raises(ValueError, match="comes twice"):
        stacked([[one, one]])
    with pytest.raises(ValueError, match="no seed"):
        stacked([])
    with pytest.raises(ValueError, match="no units"):
        stacked([[measured([])]])
    with pytest.raises(ValueError, match="not positive"):
        stacked([[measured([0.5], weights=[0.0])]])
