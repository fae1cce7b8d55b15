from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.evaluation.rows import set_of
from trainer.evaluation import retrieval as module
from trainer.evaluation.measured import EvaluationSet, Measured
from trainer.evaluation.retrieval import (
    IMAGE_TO_TEXT,
    MEAN_RECALL,
    TEXT_TO_IMAGE,
    captions_of,
    retrieval,
)

LABELS = ["a", "b", "c"] * 4 + ["a"] * 9 + ["d", "e", "f", "g"]


def _measured(
    test_set: EvaluationSet, pictures: np.ndarray, texts: np.ndarray, **more
) -> list[Measured]:
    return retrieval(test_set, pictures, texts, captions_of(test_set.test.samples), **more)


def _by_name(found: list[Measured], slice: str = "") -> dict[tuple[str, str], Measured]:
    return {(one.task, one.metric): one for one in found if one.slice == slice}


def _random(chance: np.random.Generator, count: int, width: int = 6) -> np.ndarray:
    vectors = chance.normal(size=(count, width))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_captions_equal_but_for_case_and_space_are_one_and_the_empty_take_no_part() -> None:
    samples = set_of(["The lung.", " the\n LUNG. ", "", "Bone", "  "]).test.samples
    captions = captions_of(samples)
    assert captions.texts == ("Bone", "The lung.")
    assert captions.of_row.tolist() == [1, 1, -1, 0, -1]
    backwards = captions_of(samples[::-1])
    assert backwards.texts == captions.texts
    assert backwards.of_row.tolist() == captions.of_row.tolist()[::-1]


def test_a_case_counted_by_hand() -> None:
    """Four pictures of x, x, y and z, on a line; captions x at 0, y and z at the two ends."""
    test_set = set_of(["x", "x", "y", "z"], ["p", "q", "r", "r"])
    texts = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    pictures = np.array([[1, 0, 0], [0.6, 0.8, 0], [0, 0.6, 0.8], [0, 0, 1]], np.float32)
    found = _by_name(_measured(test_set, pictures, texts))
    to_text = found[IMAGE_TO_TEXT, "recall@1"]
    assert to_text.values.tolist() == [1, 0, 0, 1]
    assert to_text.weights.tolist() == [0.5, 0.5, 1, 1]
    assert to_text.groups.tolist() == ["p", "q", "r", "r"]
    assert to_text.mean == pytest.approx((0.5 + 0 + 1) / 3)
    assert to_text.chance == pytest.approx(1 / 3)
    to_image = found[TEXT_TO_IMAGE, "recall@1"]
    assert to_image.values.tolist() == [1, 0, 1]
    assert to_image.chance == pytest.approx((2 / 4 + 1 / 4 + 1 / 4) / 3)
    assert to_image.groups[1:].tolist() == ["r", "r"]
    assert to_image.groups[0].startswith("caption:")
    # Three captions and four pictures: no 5 nor 10, so the mean is that of recall@1 alone.
    assert set(found) == {(t, m) for t, _ in found for m in ("recall@1", MEAN_RECALL)}
    assert found[IMAGE_TO_TEXT, MEAN_RECALL].values.tolist() == [1, 0, 0, 1]


def test_mean_recall_is_the_mean_over_k_and_alone_counts_for_verdicts() -> None:
    chance = np.random.default_rng(1)
    test_set = set_of([f"caption {i}" for i in range(30)])
    measured = _measured(test_set, _random(chance, 30), _random(chance, 30))
    found = _by_name(measured)
    for task in (IMAGE_TO_TEXT, TEXT_TO_IMAGE):
        each = [found[task, f"recall@{k}"] for k in (1, 5, 10)]
        mean = found[task, MEAN_RECALL]
        assert mean.role == "task"
        assert {one.role for one in each} == {"detail"}
        np.testing.assert_allclose(mean.values, np.mean([one.values for one in each], axis=0))
        assert mean.chance == pytest.approx((1 + 5 + 10) / 3 / 30)
        assert each[0].values.sum() <= each[1].values.sum() <= each[2].values.sum()
    blind = _measured(test_set, _random(chance, 30), _random(chance, 30), role="blind", slice="s")
    assert {(one.metric, one.role, one.slice) for one in blind} == {(MEAN_RECALL, "blind", "s")}


def test_over_all_ways_to_hand_out_pictures_each_figure_is_exactly_at_chance() -> None:
    chance = np.random.default_rng(2)
    test_set = set_of(["a", "a", "a", "b", "b", "c"])
    texts, pictures = _random(chance, 3), _random(chance, 6)
    pictures[0] = pictures[1] = texts[0]  # ties, and a model that knows something
    times = [_measured(test_set, pictures[list(p)], texts) for p in permutations(range(6))]
    for each in zip(*times, strict=True):
        assert np.mean([one.mean for one in each]) == pytest.approx(each[0].chance, abs=1e-12)


def test_random_encoders_are_at_chance_on_average() -> None:
    chance = np.random.default_rng(3)
    test_set = set_of(LABELS)
    times = [_measured(test_set, _random(chance, 25), _random(chance, 7)) for _ in range(1500)]
    for each in zip(*times, strict=True):
        means = np.array([one.mean for one in each])
        error = means.std() / np.sqrt(len(means))
        assert error < 0.006
        assert abs(means.mean() - each[0].chance) < 4 * error


@pytest.mark.parametrize("seed", range(5))
def test_whatever_it_prefers_a_model_that_sees_no_picture_is_exactly_at_chance(seed: int) -> None:
    chance = np.random.default_rng(seed)
    blank = np.repeat(_random(chance, 1), len(LABELS), axis=0)
    found = _measured(set_of(LABELS), blank, _random(chance, 7))
    assert {one.task for one in found} == {IMAGE_TO_TEXT, TEXT_TO_IMAGE}
    for one in found:
        assert one.mean == pytest.approx(one.chance, abs=1e-12)


def test_a_constant_encoder_is_exactly_at_chance_unit_by_unit() -> None:
    same = np.ones((25, 1), np.float32)
    found = _by_name(_measured(set_of(LABELS), same, same[:7]))
    np.testing.assert_allclose(found[IMAGE_TO_TEXT, "recall@5"].values, 5 / 7)
    expected = [1 - (25 - p) / 25 for p in (13, 4, 4, 1, 1, 1, 1)]
    np.testing.assert_allclose(found[TEXT_TO_IMAGE, "recall@1"].values, expected)


def test_a_perfect_encoder_gets_all() -> None:
    test_set = set_of(LABELS, modalities=["ct"] * 12 + ["mri"] * 13)
    texts = np.eye(7, dtype=np.float32)
    pictures = texts[captions_of(test_set.test.samples).of_row]
    found = _measured(test_set, pictures, texts)
    assert {one.slice for one in found} == {"", "ct", "mri"}
    assert all((one.values == 1).all() and one.chance < 1 for one in found)


def test_the_order_of_rows_does_not_matter() -> None:
    chance = np.random.default_rng(4)
    groups = [f"g{i // 2}" for i in range(25)]
    pictures, texts = _random(chance, 25), _random(chance, 7)
    order = chance.permutation(25)
    one = _measured(set_of(LABELS, groups), pictures, texts)
    other = _measured(
        set_of([LABELS[i] for i in order], [groups[i] for i in order]), pictures[order], texts
    )
    for a, b in zip(one, other, strict=True):
        assert (a.key, a.role, a.chance) == (b.key, b.role, b.chance)
        assert a.mean == pytest.approx(b.mean, abs=1e-12)
        units = [sorted(zip(m.groups, m.values, m.weights, strict=True)) for m in (a, b)]
        assert units[0] == units[1]


def test_modalities_have_their_own_pool_if_it_is_large_enough() -> None:
    chance = np.random.default_rng(5)
    captions = [f"caption {i}" for i in range(12)] + ["one"] * 12 + ["x", "y"] * 5 + ["z", "w"] * 4
    modalities = ["ct"] * 12 + ["same"] * 12 + [""] * 10 + ["few"] * 8
    test_set = set_of(captions, modalities=modalities)
    texts = _random(chance, 17)
    found = _measured(test_set, _random(chance, 42), texts)
    assert {one.slice for one in found} == {"", "ct", "unknown"}
    own = _by_name(found, "ct")
    assert {one.role for one in own.values()} == {"detail"}
    assert {metric for _, metric in own} == {MEAN_RECALL, "recall@1"}
    assert own[IMAGE_TO_TEXT, "recall@1"].chance == pytest.approx(1 / 12)
    assert len(own[TEXT_TO_IMAGE, MEAN_RECALL].values) == 12
    assert _by_name(found, "unknown")[TEXT_TO_IMAGE, "recall@1"].chance == pytest.approx(1 / 2)


def test_one_modality_is_not_shown_twice_and_one_caption_gives_nothing() -> None:
    vectors = np.eye(12, dtype=np.float32)
    whole = _measured(set_of(list("abcdefghijkl"), modalities=["ct"] * 12), vectors, vectors)
    assert {one.slice for one in whole} == {""}
    assert _measured(set_of(["a", "A ", ""]), vectors[:3], vectors[:1]) == []


def test_hostile_captions_and_modalities() -> None:
    captions = ["\ud800 lone", "\0", "x" * 100_000, "\u202e"] * 6
    test_set = set_of(captions, modalities=["m" * 9_999] * 12 + [" \n"] * 12)
    vectors = np.eye(4, dtype=np.float32)
    found = _measured(test_set, vectors[captions_of(test_set.test.samples).of_row], vectors)
    assert all(one.mean == 1 for one in found)
    slices = {one.slice for one in found}
    assert "unknown" in slices
    assert max(len(one) for one in slices) < 100
    assert max(len(one) for one in _by_name(found)[TEXT_TO_IMAGE, MEAN_RECALL].groups) < 40


def test_small_blocks_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(6)
    pictures, texts = _random(chance, 25), _random(chance, 7)
    whole = _measured(set_of(LABELS), pictures, texts)
    monkeypatch.setattr(module, "_MOST_CELLS", 30)
    for a, b in zip(whole, _measured(set_of(LABELS), pictures, texts), strict=True):
        np.testing.assert_array_equal(a.values, b.values)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from(["", " ", "a", "A", *"bcdefghijklm"]), max_size=40),
    st.integers(1, 5),
    st.integers(0, 99),
)
def test_any_rows_give_sound_figures(captions: list[str], width: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    test_set = set_of(captions, modalities=[str(chance.choice(["ct", ""])) for _ in captions])
    distinct = len({c.strip().lower() for c in captions} - {""})
    found = _measured(
        test_set, _random(chance, len(captions), width), _random(chance, distinct, width)
    )
    assert bool(found) == (distinct >= 2)
    assert len({one.key for one in found}) == len(found)
    for one in found:
        assert one.values.shape == one.weights.shape == one.groups.shape
        assert ((one.values >= 0) & (one.values <= 1)).all()
        assert (one.weights > 0).all()
        assert 0 < one.chance <= 1
        assert one.weights.sum() == pytest.approx(round(one.weights.sum()))
