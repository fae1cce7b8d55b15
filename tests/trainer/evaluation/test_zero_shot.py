"""Zero-shot figures: perfect, constant and random encoders, ties, and the AUROC over labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.sample import Sample
from tests.trainer.evaluation.labelled_rows import (
    WIDTH,
    Keyed,
    WordEncoder,
    axes,
    blank_pictures,
    classed,
    figure,
    random_pictures,
    row,
    rows,
    set_of,
    well_formed,
)
from trainer.evaluation.class_figures import Scored, class_figures
from trainer.evaluation.classes import class_tasks
from trainer.evaluation.influence import auroc_influence
from trainer.evaluation.zero_shot import zero_shot

_COUNTS = {"melanoma": 5, "naevus": 20, "wart": 7}
_KEYS = ["melanoma", "naevus", "wart"]


def _targets() -> list[int]:
    return [0] * 5 + [1] * 20 + [2] * 7


def test_a_perfect_encoder_is_at_1() -> None:
    found = zero_shot(set_of(classed(_COUNTS)), axes(_targets()), Keyed(_KEYS), {})
    well_formed(found)
    main = figure(found, "balanced accuracy", "set")
    assert (main.task, main.role, main.mean) == ("zero_shot", "task", 1.0)
    assert main.chance == pytest.approx(1 / 3)
    assert figure(found, "accuracy", "set").chance == 20 / 32
    assert {m.slice for m in found if m.metric == "recall"} == {f"set, {k}" for k in _KEYS}


def test_balanced_accuracy_by_hand() -> None:
    # All melanomas right, half of the naevi, no wart: (1 + 1/2 + 0) / 3, whatever their numbers.
    seen = [0] * 5 + [1] * 10 + [0] * 10 + [1] * 7
    found = zero_shot(set_of(classed(_COUNTS)), axes(seen), Keyed(_KEYS), {})
    assert figure(found, "balanced accuracy", "set").mean == pytest.approx(0.5)
    assert figure(found, "accuracy", "set").mean == pytest.approx(15 / 32)
    recalls = [figure(found, "recall", f"set, {k}").mean for k in _KEYS]
    assert recalls == pytest.approx([1, 0.5, 0])
    assert len(figure(found, "recall", "set, melanoma").values) == 5


@pytest.mark.parametrize("axis", [0, 1, 2, WIDTH - 1])
def test_a_blank_picture_is_exactly_at_chance(axis: int) -> None:
    """Whether it is most similar to one class or to none."""
    found = zero_shot(set_of(classed(_COUNTS)), axes([axis] * 32), Keyed(_KEYS), {})
    assert figure(found, "balanced accuracy", "set").mean == pytest.approx(1 / 3)


def test_shuffled_pictures_are_at_chance_on_average() -> None:
    seen, means = np.array(_targets()), []
    for seed in range(200):
        mixed = np.random.default_rng(seed).permutation(seen)
        found = zero_shot(set_of(classed(_COUNTS)), axes(mixed.tolist()), Keyed(_KEYS), {})
        means.append(figure(found, "balanced accuracy", "set").mean)
    assert np.mean(means) == pytest.approx(1 / 3, abs=0.02)


def test_a_class_is_the_mean_of_its_sentences() -> None:
    # Two sentences on axis 0, one on axis 1 (together nearer to 0), against one on axis 2.
    extra = {"a": ("zero", "zero too", "one"), "b": ("two",)}
    test = set_of(classed({"a": 5, "b": 5}))
    encoder = Keyed(["zero", "one", "two"])
    for axis, right in ((0, 1.0), (1, 1.0), (2, 0.0)):
        found = zero_shot(test, axes([axis] * 5 + [2] * 5), encoder, extra)
        assert figure(found, "recall", "set, a").mean == right
    # The class's vector has length 1: along axis 0 it is 2 / sqrt(5), or it would lose here.
    seen = np.zeros((10, WIDTH), np.float32)
    seen[:5, [0, 2]] = [0.76, 0.65]
    seen[5:, 2] = 1
    found = zero_shot(test, seen, encoder, extra)
    assert figure(found, "recall", "set, a").mean == 1.0


def _two_labels() -> list[Sample]:
    both = [("present", "absent"), ("absent", "present"), ("present", "present"), ("absent",) * 2]
    pairs = [both[i % 4] for i in range(24)] + [("present", "unstated"), ("absent", "uncertain")]
    return [row(i, {"edema": a, "nodule": b}, "chest") for i, (a, b) in enumerate(pairs)]


def _margins(pictures: np.ndarray, label: str, encoder: WordEncoder) -> np.ndarray:
    absent, present = encoder.texts([f"{label} absent", f"{label} present"])
    return pictures @ (present - absent)


def test_labels_give_their_auroc_and_its_mean() -> None:
    samples, encoder = _two_labels(), WordEncoder()
    pictures = random_pictures(len(samples))
    extra = {k: (f"{k} present",) for k in ("edema", "nodule")}
    extra |= {f"no {k}": (f"{k} absent",) for k in ("edema", "nodule")}
    found = zero_shot(set_of(samples), pictures, encoder, extra)
    well_formed(found)
    areas = []
    for number, label in enumerate(("edema", "nodule")):
        rows = [i for i, s in enumerate(samples) if s.labels[number].value in ("present", "absent")]
        positive = np.array([samples[i].labels[number].value == "present" for i in rows])
        values, weights = auroc_influence(_margins(pictures, label, encoder)[rows], positive)
        one = figure(found, "AUROC", f"chest, {label}")
        assert (one.role, one.chance) == ("detail", 0.5)
        assert one.values == pytest.approx(values, abs=1e-6)
        assert one.groups.tolist() == [samples[i].group_id for i in rows]
        areas.append(weights @ values)
    mean = figure(found, "mean AUROC", "chest")
    assert (mean.role, mean.chance) == ("task", 0.5)
    assert mean.mean == pytest.approx(np.mean(areas), abs=1e-6)
    assert len(mean.values) == 26


def test_perfect_and_blank_auroc() -> None:
    values = [i % 2 for i in range(20)]
    samples = [
        row(i, {"edema": "present" if v else "absent", "x": "present"}, "chest")
        for i, v in enumerate(values)
    ]
    encoder = Keyed(["without", " no ", "no ", "edema"])
    seen = axes([3 if v else 1 for v in values])
    perfect = zero_shot(set_of(samples), seen, encoder, {"no edema": ("without",)})
    assert figure(perfect, "mean AUROC", "chest").mean == 1.0
    blank = zero_shot(set_of(samples), blank_pictures(20), WordEncoder(), {})
    assert figure(blank, "mean AUROC", "chest").mean == 0.5


def test_noise_of_float_arithmetic_is_no_order() -> None:
    """A blank picture's vector may differ in its last digits from batch to batch."""
    samples = [
        row(i, {"edema": "present" if i < 10 else "absent", "x": "present"}) for i in range(20)
    ]
    pictures = blank_pictures(20)
    pictures[:10] *= 1 + 2e-7
    found = zero_shot(set_of(samples), pictures, WordEncoder(), {})
    assert figure(found, "mean AUROC", "set").mean == pytest.approx(0.5, abs=1e-9)


def test_equal_margins_are_ties_though_their_differences_are_not_exact() -> None:
    samples = [row(i, {"a": "present" if i < 6 else "absent", "x": "present"}) for i in range(12)]
    task = class_tasks(rows(samples))[0]
    scores = np.array([[0.1, 0.3]] * 6 + [[0.5, 0.7]] * 6)
    assert 0.3 - 0.1 != 0.7 - 0.5
    found = class_figures(set_of(samples), "zero_shot", [Scored(task, scores)])
    assert figure(found, "AUROC", "set, a").mean == 0.5


def test_the_modality_is_a_slice_of_its_own() -> None:
    samples = [row(i, source=m, modality=m) for i, m in enumerate(["ct", "mri"] * 6)]
    found = zero_shot(set_of(samples), axes([0, 1] * 6), Keyed(["CT", "MRI"]), {})
    assert figure(found, "balanced accuracy", "the modality").mean == 1.0
    assert figure(found, "recall", "the modality, MRI scan").chance == 0.5


def test_groups_are_the_patients() -> None:
    samples = [row(i, {"a": "present" if i < 6 else "absent", "b": "absent" if i < 6 else "present"},
                   group=f"g{i // 3}") for i in range(12)]  # fmt: skip
    found = zero_shot(set_of(samples), random_pictures(12), WordEncoder(), {})
    groups = figure(found, "balanced accuracy", "set").groups
    assert groups.tolist() == [f"g{i // 3}" for i in range(12)]


@pytest.mark.parametrize("samples", [[], classed({"only": 9}), [row(i) for i in range(9)]])
def test_nothing_to_ask_gives_no_figures(samples: Sequence[Sample]) -> None:
    assert zero_shot(set_of(samples), random_pictures(len(samples)), WordEncoder(), {}) == []


def test_hostile_names_and_vectors() -> None:
    names = ["x" * 10_000, "x" * 9_999, "{0}\n\0", "ö" * 300]
    pictures = random_pictures(24)
    pictures[:3] = np.nan
    for source in ("", "s" * 5_000, "a\nb"):
        samples = classed(dict.fromkeys(names, 6), source)
        samples += [row(i, modality="ct" if i % 2 else "mri", source="m") for i in range(12)]
        seen = np.concatenate([pictures, random_pictures(12, 1)])
        found = zero_shot(set_of(samples), seen, WordEncoder(), {})
        well_formed(found)
        assert len([m for m in found if m.role == "task"]) == 2


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=12, max_size=40))
def test_balanced_accuracy_is_the_mean_recall(pairs: list[tuple[int, int]]) -> None:
    keys = ["aaa", "bbb", "ccc", "ddd"]
    samples = [
        row(i, {k: "present" if n == own else "absent" for n, k in enumerate(keys)})
        for i, (own, _) in enumerate(pairs)
    ]
    found = zero_shot(set_of(samples), axes([seen for _, seen in pairs]), Keyed(keys), {})
    kept = [k for n, k in enumerate(keys) if [own for own, _ in pairs].count(n) >= 5]
    if len(kept) < 2:
        return
    recalls = [figure(found, "recall", f"set, {k}").mean for k in kept]
    assert figure(found, "balanced accuracy", "set").mean == pytest.approx(np.mean(recalls))
