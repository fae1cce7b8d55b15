"""Linear probe: what it learns from, that groups stay apart, and chance where nothing is to be seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from schemas.sample import Sample
from tests.trainer.evaluation.labelled_rows import (
    axes,
    blank_pictures,
    classed,
    figure,
    random_pictures,
    row,
    set_of,
    unit,
    well_formed,
)
from trainer.evaluation.probe import linear_probe

_COUNTS = {"a": 12, "b": 8, "c": 10}
_TARGETS = np.repeat([0, 1, 2], [12, 8, 10])
_FEW = "10 % of labels"


def _noisy(targets: Sequence[int] | np.ndarray, seed: int, noise: float = 0.1) -> np.ndarray:
    """Pictures near the axis of their class."""
    return unit(axes(list(targets)) + noise * random_pictures(len(targets), seed))


def _fit(counts: dict[str, int], start: int = 1000) -> list[Sample]:
    return classed(counts, start=start)


def test_what_can_be_seen_is_learnt_from_the_rows_to_fit() -> None:
    test = set_of(classed(_COUNTS), _fit(dict.fromkeys(_COUNTS, 20)))
    found = linear_probe(test, _noisy(_TARGETS, 0), _noisy(np.repeat([0, 1, 2], 20), 1))
    well_formed(found)
    main = figure(found, "balanced accuracy", "set")
    assert (main.task, main.role, main.mean, len(main.values)) == ("linear_probe", "task", 1.0, 30)
    assert main.chance == pytest.approx(1 / 3)
    few = figure(found, "balanced accuracy", f"set, {_FEW}")
    assert (few.role, few.mean) == ("detail", 1.0)


def test_the_rows_to_fit_are_what_it_learns_from() -> None:
    """With their classes the wrong way round the probe is wrong on every row."""
    test = set_of(classed({"a": 10, "b": 10}), _fit({"a": 20, "b": 20}))
    found = linear_probe(test, _noisy([0] * 10 + [1] * 10, 0), _noisy([1] * 20 + [0] * 20, 1))
    assert figure(found, "balanced accuracy", "set").mean == 0.0


def test_a_tenth_is_fewer_labels() -> None:
    noisy = [_noisy(np.repeat([0, 1], n), seed, 4.0) for n, seed in ((200, 0), (300, 1))]
    test = set_of(classed({"a": 200, "b": 200}), _fit({"a": 300, "b": 300}))
    found = linear_probe(test, *noisy)
    whole, few = (figure(found, "balanced accuracy", s).mean for s in ("set", f"set, {_FEW}"))
    assert 0.6 < few < whole - 0.01
    assert not [m for m in found if _FEW in m.slice and m.metric != "balanced accuracy"]


def test_a_class_that_no_row_to_fit_has_is_left_out() -> None:
    test = set_of(classed(_COUNTS), _fit({"a": 20, "c": 20}))
    found = linear_probe(test, _noisy(_TARGETS, 0), _noisy(np.repeat([0, 2], 20), 1))
    main = figure(found, "balanced accuracy", "set")
    assert (main.chance, main.mean, len(main.values)) == (0.5, 1.0, 22)
    assert {m.slice for m in found if m.metric == "recall"} == {"set, a", "set, c"}


@pytest.mark.parametrize("fit", [{}, {"a": 4, "b": 4, "c": 4}, {"a": 30, "b": 4}, {"a": 30}])
def test_too_few_rows_to_fit_leave_the_test_rows_in_turn(fit: dict[str, int]) -> None:
    test = set_of(classed(_COUNTS), _fit(fit))
    # The rows to fit would mislead: all classes have pictures of another.
    wrong = _noisy([1] * sum(fit.values()), 1) if fit else random_pictures(0)
    found = linear_probe(test, _noisy(_TARGETS, 0), wrong)
    well_formed(found)
    main = figure(found, "balanced accuracy", "set")
    assert (main.mean, len(main.values)) == (1.0, 30)
    assert not [m for m in found if _FEW in m.slice]


def test_groups_stay_apart_in_folds() -> None:
    """Pictures tell the patient, and the patient the class: only that must not help."""
    rng = np.random.default_rng(0)
    patients = unit(rng.normal(size=(24, 16)))
    samples, seen = [], []
    for patient in range(24):
        own = "a" if patient % 2 else "b"
        for each in range(4):
            labels = {k: "present" if k == own else "absent" for k in ("a", "b")}
            samples.append(row(patient * 4 + each, labels, group=f"p{patient}"))
            seen.append(patients[patient])
    found = linear_probe(set_of(samples), np.array(seen), random_pictures(0))
    assert figure(found, "balanced accuracy", "set").mean < 0.75
    alone = [row(i, {x.name: x.value for x in s.labels}) for i, s in enumerate(samples)]
    leaked = linear_probe(set_of(alone), np.array(seen), random_pictures(0))
    assert figure(leaked, "balanced accuracy", "set").mean > 0.9


def test_rows_to_fit_of_tested_patients_are_not_used() -> None:
    tested = classed({"a": 10, "b": 10})
    wrong = [row(500 + i, {x.name: x.value for x in s.labels}, group=s.group_id)
             for i, s in enumerate(tested)]  # fmt: skip
    fit = [*wrong, *_fit({"a": 6, "b": 6})]
    pictures = np.concatenate([_noisy([1] * 10 + [0] * 10, 1), _noisy([0] * 6 + [1] * 6, 2)])
    found = linear_probe(set_of(tested, fit), _noisy([0] * 10 + [1] * 10, 0), pictures)
    assert figure(found, "balanced accuracy", "set").mean == 1.0


@pytest.mark.parametrize("seen", [blank_pictures(90, 3), random_pictures(90, 3)])
def test_blank_pictures_are_exactly_at_chance(seen: np.ndarray) -> None:
    """Whether those to fit are blank too or not, and though batches differ in their last digits."""
    for fit in ({}, {"a": 30, "b": 11, "c": 9}):
        blank = blank_pictures(30)
        blank[7:] *= 1 + 2e-7
        test = set_of(classed(_COUNTS), _fit(fit))
        found = linear_probe(test, blank, seen[: sum(fit.values())])
        assert figure(found, "balanced accuracy", "set").mean == pytest.approx(1 / 3)
    values = ["present"] * 15 + ["absent"] * 15
    found = linear_probe(set_of(_chest(values), _chest(values * 3, 100)), blank, seen)
    assert figure(found, "mean AUROC", "chest").mean == 0.5


def test_random_pictures_are_near_chance() -> None:
    test = set_of(classed({"a": 100, "b": 100}), _fit({"a": 100, "b": 100}))
    means = [
        figure(linear_probe(test, random_pictures(200, s), random_pictures(200, s + 50)),
               "balanced accuracy", "set").mean
        for s in range(5)
    ]  # fmt: skip
    assert np.mean(means) == pytest.approx(0.5, abs=0.06)


def _chest(counts: Sequence[str], start: int = 0) -> list[Sample]:
    return [row(start + i, {"edema": v, "x": "present"}, "chest") for i, v in enumerate(counts)]


def test_labels_give_auroc_from_uneven_rows() -> None:
    test_values = ["present"] * 10 + ["absent"] * 30 + ["unstated"] * 4
    fit_values = ["present"] * 15 + ["absent"] * 60 + ["uncertain"] * 9
    seen = _noisy([0] * 10 + [1] * 30 + [5] * 4, 0, 0.8)
    fit = _noisy([0] * 15 + [1] * 60 + [6] * 9, 1, 0.8)
    found = linear_probe(set_of(_chest(test_values), _chest(fit_values, 100)), seen, fit)
    well_formed(found)
    main = figure(found, "mean AUROC", "chest")
    assert (main.role, main.chance, len(main.values)) == ("task", 0.5, 40)
    assert main.mean > 0.9
    assert figure(found, "AUROC", "chest, edema").mean == pytest.approx(main.mean)
    assert figure(found, "mean AUROC", f"chest, {_FEW}").role == "detail"
    blank = linear_probe(
        set_of(_chest(test_values), _chest(fit_values, 100)), blank_pictures(44), blank_pictures(84)
    )
    assert figure(blank, "mean AUROC", "chest").mean == 0.5


def test_it_is_the_regression_of_scikit_learn() -> None:
    """Against a direct fit at one of the strengths it may choose."""
    test = set_of(classed({"a": 40, "b": 40}), _fit({"a": 40, "b": 20}))
    seen, fit = _noisy([0] * 40 + [1] * 40, 0, 2.0), _noisy([0] * 40 + [1] * 20, 1, 2.0)
    mine = figure(linear_probe(test, seen, fit), "accuracy", "set").mean
    direct = set()
    for c in (0.1, 1, 10, 100, 1000):
        model = LogisticRegression(C=c, class_weight="balanced", max_iter=5000)
        direct.add(
            model.fit(fit.astype(float), [0] * 40 + [1] * 20).score(seen, [0] * 40 + [1] * 40)
        )
    assert mine in direct


def test_the_same_again() -> None:
    test = set_of(classed(_COUNTS), _fit(dict.fromkeys(_COUNTS, 20)))
    once, again = (
        linear_probe(test, random_pictures(30), random_pictures(60, 1)) for _ in range(2)
    )
    assert [m.key for m in once] == [m.key for m in again]
    assert all((a.values == b.values).all() for a, b in zip(once, again, strict=True))


def test_odd_rows_take_no_part() -> None:
    one_patient = [row(i, {"a": "present", "b": "absent"}, group="p") for i in range(6)]
    samples = [*one_patient, *classed({"b": 9, "a": 0}, start=50)]
    assert linear_probe(set_of(samples), random_pictures(15), random_pictures(0)) == []
    assert linear_probe(set_of([]), random_pictures(0), random_pictures(0)) == []
    pictures = random_pictures(30)
    pictures[::2] = np.inf
    well_formed(linear_probe(set_of(classed(_COUNTS)), pictures, random_pictures(0)))
