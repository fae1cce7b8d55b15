from __future__ import annotations

import numpy as np
import pytest

from tests.trainer.evaluation.colours import SeesColour, colour_rows
from trainer.evaluation.corruptions import CORRUPTIONS
from trainer.evaluation.measured import Measured
from trainer.evaluation.robust import ALL_CHANGES, robustness

PIXELS = colour_rows(20, 0).pixels
UNITS = np.array([f"g{i}" for i in range(20)])


def _first(vectors: np.ndarray) -> list[Measured]:
    """A figure whose values are the vectors' first numbers, and one that does not count."""
    return [
        Measured("set", "first", "m", role, vectors[:, 0], np.ones(20), UNITS, 0.5)
        for role in ("task", "detail")
    ]


def _found(names: list[str], severities: list[int], seed: int = 0) -> dict[str, np.ndarray]:
    found = robustness(SeesColour(), PIXELS, _first, names, severities, seed)
    assert {one.role for one in found} <= {"robust"}
    return {one.slice: one.values for one in found}


def test_a_figure_for_each_change_and_the_mean_over_all() -> None:
    found = _found(["jpeg", "gaussian noise"], [3])
    assert list(found) == ["jpeg", "gaussian noise", ALL_CHANGES]
    changed = CORRUPTIONS["jpeg"](PIXELS, 3, 0)
    np.testing.assert_array_equal(found["jpeg"], SeesColour().pictures(changed)[:, 0])
    both = (found["jpeg"] + found["gaussian noise"]) / 2
    np.testing.assert_allclose(found[ALL_CHANGES], both)


def test_several_severities_are_averaged_by_unit() -> None:
    weak, strong, both = (
        _found(["gaussian noise"], severities)["gaussian noise"]
        for severities in ([1], [5], [1, 5])
    )
    assert not np.array_equal(weak, strong)
    np.testing.assert_allclose(both, (weak + strong) / 2)


def test_pictures_changed_in_parts_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _found(["gaussian noise"], [3], 5)
    assert not np.array_equal(whole[ALL_CHANGES], _found(["gaussian noise"], [3], 6)[ALL_CHANGES])
    most = []
    encode = SeesColour.pictures

    def counted(self: SeesColour, pixels: np.ndarray) -> np.ndarray:
        most.append(len(pixels))
        return encode(self, pixels)

    monkeypatch.setattr(SeesColour, "pictures", counted)
    monkeypatch.setattr("trainer.evaluation.robust._AT_ONCE", 7)
    np.testing.assert_array_equal(
        _found(["gaussian noise"], [3], 5)[ALL_CHANGES], whole[ALL_CHANGES]
    )
    assert most == [7, 7, 6]


def test_no_changes_give_nothing() -> None:
    assert _found([], [3]) == {}
