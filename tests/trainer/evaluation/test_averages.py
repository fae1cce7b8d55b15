from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trainer.evaluation.averages import as_role, averaged
from trainer.evaluation.measured import Measured


def _figure(values: list[float], **more) -> Measured:
    units = len(values)
    made = Measured(
        "set", "task", "metric", "task", np.array(values), np.ones(units),
        np.array([f"g{i}" for i in range(units)]), 0.5,
    )  # fmt: skip
    return replace(made, **more)


def test_figures_are_averaged_unit_by_unit() -> None:
    one, other = _figure([0, 1, 1]), _figure([0, 0, 1])
    (mean,) = averaged([[one], [other]])
    assert mean.values.tolist() == [0, 0.5, 1]
    assert mean.key == one.key
    assert averaged([]) == []


@pytest.mark.parametrize(
    "more",
    [{"slice": "other"}, {"groups": np.array(["g1", "g0"])}, {"weights": np.array([1.0, 2.0])}],
)
def test_different_figures_or_units_are_no_mean(more: dict) -> None:
    with pytest.raises(ValueError, match="units"):
        averaged([[_figure([0, 1])], [_figure([0, 1], **more)]])
    with pytest.raises(ValueError, match="shorter"):
        averaged([[_figure([0, 1])], []])


def test_only_figures_that_count_take_the_role_and_none_become_one() -> None:
    found = [
        _figure([1]),
        _figure([1], slice="source"),
        _figure([1], role="blind", metric="m"),
        _figure([1], role="detail", metric="d"),
    ]
    roles = as_role(found, "blind", "no picture")
    assert [one.slice for one in roles] == ["no picture", "source, no picture", "no picture"]
    assert {one.role for one in roles} == {"blind"}
    assert len({one.key for one in roles}) == 3
