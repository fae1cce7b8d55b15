"""Brier score and calibration error: by hand, of sure, right, wrong and guessing models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.evaluation.labelled_rows import (
    WIDTH,
    Keyed,
    WordEncoder,
    axes,
    classed,
    figure,
    random_pictures,
    row,
    set_of,
    well_formed,
)
from trainer.evaluation.calibration import brier, calibration, calibration_error

_BRIER, _ERROR = "Brier score", "expected calibration error"


def test_brier_by_hand() -> None:
    likely = np.array([[0.7, 0.2, 0.1], [1.0, 0, 0]])
    assert brier(likely, np.array([0, 1])) == pytest.approx([0.09 + 0.04 + 0.01, 2])


def test_calibration_error_by_hand() -> None:
    # 20 rows, two bins: 0.6 sure and right in 3 of 10, 0.9 sure and right in 10 of 10.
    confidence = np.repeat([0.6, 0.9], 10)
    hit = np.array([1.0] * 3 + [0.0] * 7 + [1.0] * 10)
    values = calibration_error(confidence, hit, np.ones(20))
    assert values.mean() == pytest.approx((0.3 + 0.1) / 2)
    assert values[10:] == pytest.approx(0.1)
    assert values[0] == pytest.approx(-0.4)
    assert values[3] == pytest.approx(0.6)


def test_equal_confidences_lie_in_one_bin_whatever_their_order() -> None:
    hit = np.array([1.0] * 150 + [0.0] * 150)
    values = calibration_error(np.full(300, 0.5), hit, np.ones(300))
    assert values.mean() == pytest.approx(0)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=400)
)
def test_the_mean_is_the_error_of_the_bins(rows: list[tuple[float, float]]) -> None:
    confidence, hit = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    values = calibration_error(confidence, hit, np.ones(len(rows)))
    # Right, and never less than the error of a single bin, nor more than that of a bin per row.
    assert (
        abs((confidence - hit).mean()) - 1e-9
        <= values.mean()
        <= np.abs(confidence - hit).mean() + 1e-9
    )
    assert np.abs(values) == pytest.approx(np.abs(confidence - hit))


def test_a_calibrated_model_has_a_small_error_and_a_bold_one_a_large() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 6000)
    hit = (rng.random(6000) < confidence).astype(float)
    weights = np.ones(6000)
    assert calibration_error(confidence, hit, weights).mean() < 0.03
    assert calibration_error(confidence**0.2, hit, weights).mean() > 0.1


_COUNTS = {"melanoma": 5, "naevus": 20, "wart": 7}
_KEYS = ["melanoma", "naevus", "wart"]
_RIGHT = [0] * 5 + [1] * 20 + [2] * 7


def test_sure_and_right_is_0_sure_and_wrong_is_worst() -> None:
    sure = Keyed(_KEYS, scale=1000.0)
    found = calibration(set_of(classed(_COUNTS)), axes(_RIGHT), sure, {})
    well_formed(found)
    assert [m.role for m in found] == ["calibration"] * 2
    assert figure(found, _BRIER, "set").mean == pytest.approx(0)
    assert figure(found, _ERROR, "set").mean == pytest.approx(0)
    wrong = calibration(set_of(classed(_COUNTS)), axes([(t + 1) % 3 for t in _RIGHT]), sure, {})
    assert figure(wrong, _BRIER, "set").mean == pytest.approx(2)
    assert figure(wrong, _ERROR, "set").mean == pytest.approx(1)


def test_a_guess_is_exactly_at_the_stated_chance() -> None:
    nothing = axes([WIDTH - 2] * 32)
    found = calibration(set_of(classed(_COUNTS)), nothing, Keyed(_KEYS), {})
    for one in found:
        assert one.mean == pytest.approx(one.chance)
    assert figure(found, _BRIER, "set").chance == pytest.approx(2 / 3)
    assert figure(found, _ERROR, "set").chance == 0


def test_the_scale_of_the_model_counts() -> None:
    test, seen = set_of(classed(_COUNTS)), axes(_RIGHT)
    dull = calibration(test, seen, Keyed(_KEYS, scale=0.1), {})
    sure = calibration(test, seen, Keyed(_KEYS, scale=5.0), {})
    assert figure(dull, _BRIER, "set").mean > 0.5 > figure(sure, _BRIER, "set").mean
    assert (
        figure(calibration(test, seen, Keyed(_KEYS, scale=np.nan), {}), _BRIER, "set").mean < 2 / 3
    )


def test_labels_of_a_source_count_alike() -> None:
    # "edema" (20 rows) is always right, "nodule" (10 rows) always wrong.
    samples = [
        row(i, {"edema": "present" if i % 2 else "absent",
                "nodule": ("present" if i % 2 else "absent") if i < 10 else "unstated"}, "chest")
        for i in range(20)
    ]  # fmt: skip
    extra = {"edema": ("A",), "no edema": ("B",), "nodule": ("B",), "no nodule": ("A",)}
    pictures = axes([0 if i % 2 else 1 for i in range(20)])
    found = calibration(set_of(samples), pictures, Keyed(["A", "B"], scale=1000.0), extra)
    well_formed(found)
    brier_score = figure(found, _BRIER, "chest")
    assert len(brier_score.values) == 30
    assert brier_score.mean == pytest.approx((0 + 2) / 2)
    assert brier_score.chance == 0.5
    assert brier_score.groups.tolist() == [s.group_id for s in [*samples, *samples[:10]]]


def test_sources_and_the_modality_are_apart() -> None:
    samples = classed(_COUNTS, "one") + classed(_COUNTS, "two")
    samples += [row(i, source="m", modality="ct" if i % 2 else "mri") for i in range(12)]
    found = calibration(set_of(samples), random_pictures(len(samples)), WordEncoder(), {})
    well_formed(found)
    assert {m.slice for m in found} == {"one", "two", "the modality"}
    assert calibration(set_of([]), random_pictures(0), WordEncoder(), {}) == []
