"""Gains by doubling and power laws, on curves that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.test_bootstrap import measured
from trainer.evaluation.measured import Measured
from trainer.scaling import doubling, power_law

NAMES = ("s", "t", "m")


def part(level: float, spread: float = 0.02, seeds: int = 3) -> list[Measured]:
    rows = np.random.default_rng(int(level * 1e6)).normal(0, spread, 80)
    return [measured(level + rows + 0.003 * seed) for seed in range(seeds)]


def test_a_straight_line_has_its_slope() -> None:
    points = [(100 * 2**i, part(0.3 + 0.05 * i)) for i in range(4)]
    found = doubling(*NAMES, points[::-1])
    assert found.gain == pytest.approx(0.05, abs=0.005)
    assert found.low < 0.05 < found.high < 0.1
    assert found.low > 0
    assert [point[0] for point in found.points] == [100, 200, 400, 800]
    assert all(low < mean < high for _, mean, low, high in found.points)
    assert found.b > 0


def test_no_gain_is_seen_where_there_is_none() -> None:
    found = doubling(*NAMES, [(100 * 2**i, part(0.3, 0.3)) for i in range(4)])
    assert (found.gain, found.low, found.high) == pytest.approx((0, 0, 0), abs=1e-9)
    noisy = doubling(*NAMES, [(100 * 2**i, part(0.3 + 0.001 * (i % 2), 0.3)) for i in range(4)])
    assert noisy.low < 0 < noisy.high


def test_sizes_need_not_double() -> None:
    found = doubling(*NAMES, [(100, part(0.3, 0)), (300, part(0.3 + 0.1 * np.log2(3), 0))])
    assert found.gain == pytest.approx(0.1)


def test_a_power_law_is_found_again() -> None:
    rows = np.array([100.0, 200, 400, 800])
    assert power_law(rows, 3 * rows**-0.25) == pytest.approx((3, 0.25))
    # A part without an error has no logarithm and is left out.
    errors = np.append(3 * rows**-0.25, 0.0)
    assert power_law(np.append(rows, 1600), errors) == pytest.approx((3, 0.25))
    assert power_law(rows, np.array([0.5, 0, 0, 0])) == (0.125, 0)


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="two sizes"):
        doubling(*NAMES, [(100, part(0.3)), (100, part(0.4))])
    with pytest.raises(ValueError, match="two sizes"):
        doubling(*NAMES, [(0, part(0.3)), (100, part(0.4))])
    with pytest.raises(ValueError, match="differ in seeds"):
        doubling(*NAMES, [(100, part(0.3)), (200, part(0.4)[:2])])
    other = [replace(each, weights=each.weights * np.arange(1, 81)) for each in part(0.4)]
    with pytest.raises(ValueError, match="differ in seeds, units"):
        doubling(*NAMES, [(100, part(0.3)), (200, other)])
