"""Option ranking: hand-computed questions, chance whatever texts a model prefers, odd questions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.sample import Question, Sample
from tests.trainer.evaluation.labelled_rows import (
    Keyed,
    WordEncoder,
    axes,
    blank_pictures,
    figure,
    random_pictures,
    row,
    set_of,
    unit,
    well_formed,
)
from trainer.evaluation.options import ADJUSTED, rank_options

_MOST = 10_000
_KEYS = ["left", "right", "above"]


def _single(answer: str, options: Sequence[str] = _KEYS, words: str = "Where is it?") -> Question:
    return Question(
        kind="single", question=words, options=list(options), answer=answer, task="place"
    )


def _placed(answers: Sequence[int], options: Sequence[str] = _KEYS) -> list[Sample]:
    return [row(i, questions=[_single(_KEYS[a], options)]) for i, a in enumerate(answers)]


def test_a_perfect_encoder_on_even_answers_is_at_1() -> None:
    answers = [0, 1, 2] * 8
    found = rank_options(set_of(_placed(answers)), axes(answers), Keyed(_KEYS), _MOST, 0)
    well_formed(found)
    main = figure(found, ADJUSTED, "single")
    assert (main.task, main.role, len(main.values)) == ("options", "task", 24)
    assert main.chance == pytest.approx(1 / 3)
    assert figure(found, "accuracy", "single").mean == 1.0
    # Of the 23 other pictures 7 give the same answer: 1 - 7/23 + 1/3.
    assert main.mean == pytest.approx(1 - 7 / 23 + 1 / 3)
    assert figure(found, ADJUSTED, "single, place").role == "detail"


def test_adjusted_accuracy_by_hand() -> None:
    # Pictures left, left, right, above; the last is taken for left. Others that hit: of "left" (rows
    # 0, 1) rows 1 and 3, and 0 and 3; of "right" none; of "above" none.
    found = rank_options(set_of(_placed([0, 0, 1, 2])), axes([0, 0, 1, 0]), Keyed(_KEYS), _MOST, 0)
    main = figure(found, ADJUSTED, "single")
    assert main.values - main.chance == pytest.approx([1 - 2 / 3, 1 - 2 / 3, 1.0, 0.0])
    assert figure(found, "accuracy", "single").values.tolist() == [1, 1, 1, 0]


def test_a_question_that_every_picture_answers_alike_counts_as_chance() -> None:
    """All pictures show the left, all are taken for it: nothing is seen that was not known."""
    found = rank_options(set_of(_placed([0] * 6)), axes([0] * 6), Keyed(_KEYS), _MOST, 0)
    assert figure(found, ADJUSTED, "single").values == pytest.approx(1 / 3)


def test_pictures_of_the_same_patient_are_no_others() -> None:
    samples = [row(i, questions=[_single(_KEYS[i // 3])], group=f"p{i // 3}") for i in range(6)]
    found = rank_options(set_of(samples), axes([0] * 3 + [1] * 3), Keyed(_KEYS), _MOST, 0)
    assert figure(found, ADJUSTED, "single").values == pytest.approx(1 + 1 / 3)
    alone = [row(i, questions=[_single("left")], group="p") for i in range(6)]
    assert rank_options(set_of(alone), axes([0] * 6), Keyed(_KEYS), _MOST, 0) == []


_CORPUS = [
    row(
        i,
        questions=[
            _single("left" if i % 5 else "right", ["left", "right"]),
            _single("skin", ["skin", f"bone {i % 4}", f"brain {i % 3}"], "Which part?"),
            Question(
                kind="closed", question=f"Is it {i % 7}?", options=["yes", "no"], answer="yes"
            ),
        ],
    )
    for i in range(60)
]


class _Opinionated(WordEncoder):
    """Prefers some texts by far, whatever the picture."""

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        pull = np.array([3.0 * ("yes" in t or "skin" in t or "left" in t) for t in texts])
        found = super().texts(texts)
        found[:, 0] += pull
        return unit(found)


@pytest.mark.parametrize("seed", range(4))
def test_a_blank_picture_is_exactly_at_chance_whatever_texts_are_preferred(seed: int) -> None:
    blank = unit(blank_pictures(60, seed) + 2 * axes([0] * 60))
    found = rank_options(set_of(_CORPUS), blank, _Opinionated(), _MOST, 0)
    for one in found:
        if one.metric == ADJUSTED:
            assert one.values == pytest.approx(one.chance)
    # The words alone answer nearly all of them, and that is told.
    assert figure(found, "accuracy without the picture", "closed").mean > 0.95
    assert figure(found, "accuracy without the picture", "single").mean > 0.85


def test_shuffled_pictures_are_at_chance_though_answers_are_uneven() -> None:
    """Pictures are all of "left" but a few, and so are the answers: a shuffled one is often right."""
    answers = [0] * 40 + [1] * 8
    means, plain = [], []
    for seed in range(60):
        mixed = np.random.default_rng(seed).permutation(answers).tolist()
        found = rank_options(set_of(_placed(answers)), axes(mixed), Keyed(_KEYS), _MOST, 0)
        means.append(figure(found, ADJUSTED, "single").mean)
        plain.append(figure(found, "accuracy", "single").mean)
    assert np.mean(means) == pytest.approx(1 / 3, abs=0.015)
    assert np.mean(plain) > 0.6


def test_random_pictures_are_near_chance() -> None:
    means = [
        figure(rank_options(set_of(_CORPUS), random_pictures(60, s), _Opinionated(), _MOST, 0),
               ADJUSTED, "single").mean
        for s in range(20)
    ]  # fmt: skip
    assert np.mean(means) == pytest.approx((1 / 2 + 1 / 3) / 2, abs=0.03)


def test_questions_at_most_and_the_same_whatever_the_order_and_seed() -> None:
    found = rank_options(set_of(_CORPUS), random_pictures(60), WordEncoder(), 30, 0)
    counts = [len(figure(found, ADJUSTED, kind).values) for kind in ("single", "closed")]
    assert counts == [15, 15]
    other = rank_options(set_of(_CORPUS), random_pictures(60, 1), WordEncoder(), 30, 7)
    for one, same in zip(found, other, strict=True):
        assert one.key == same.key
        assert one.groups.tolist() == same.groups.tolist()
    turned = rank_options(set_of(_CORPUS[::-1]), random_pictures(60)[::-1], WordEncoder(), 30, 0)
    for one, same in zip(found, turned, strict=True):
        assert sorted(one.groups) == sorted(same.groups)
        assert one.mean == pytest.approx(same.mean)


@pytest.mark.parametrize(
    ("most", "counts"), [(130, (70, 60)), (180, (120, 60)), (0, ()), (1, (1,)), (100, (50, 50))]
)
def test_a_kind_of_which_there_are_few_leaves_room(most: int, counts: tuple[int, ...]) -> None:
    found = rank_options(set_of(_CORPUS), random_pictures(60), WordEncoder(), most, 0)
    assert tuple(len(m.values) for m in found if m.metric == "accuracy") in (counts,)


@pytest.mark.parametrize(
    "question",
    [
        _single("elsewhere"),
        _single(""),
        _single("left", []),
        _single("left", ["left"]),
        _single("left", ["left", "LEFT ", " left"]),
        _single("left", ["left", "", "  "]),
        _single("left", words="   "),
        _single("left", [*_KEYS, *(str(n) for n in range(30))]),
        Question(kind="multiple", question="q", options=["a", "b"], answer="a"),
        Question(kind="open", question="q", options=["a", "b"], answer="a"),
        Question(kind="single", question="q", options=["a", "b"], answer="a", faithful=False),
    ],
)
def test_odd_questions_take_no_part(question: Question) -> None:
    samples = [row(i, questions=[question]) for i in range(4)]
    assert rank_options(set_of(samples), random_pictures(4), WordEncoder(), _MOST, 0) == []


def test_duplicate_options_and_questions_count_once() -> None:
    twice = _single(" RIGHT", ["left", "Left", "right", ""])
    samples = [
        row(i, questions=[twice, twice, _single("right", ["right", "left"])]) for i in range(4)
    ]
    found = rank_options(set_of(samples), axes([1, 1, 0, 0]), Keyed(["left", "right"]), _MOST, 0)
    main = figure(found, "accuracy", "single")
    assert (main.chance, main.values.tolist()) == (0.5, [1, 1, 0, 0])


def test_a_long_question_does_not_push_the_option_out() -> None:
    class Short(Keyed):
        def texts(self, texts: Sequence[str]) -> np.ndarray:
            assert all(len(t) <= 401 and t.startswith("pad ") for t in texts)
            return super().texts([t.split("Where? ")[1] for t in texts])

    options = ["0 " + "x" * 999, *_KEYS[:2]]
    asked = [_single(_KEYS[i % 2], options, "pad " * 5_000 + "Where?") for i in range(6)]
    samples = [row(i, questions=[own]) for i, own in enumerate(asked)]
    found = rank_options(set_of(samples), axes([0, 1] * 3), Short(_KEYS), _MOST, 0)
    assert len(figure(found, ADJUSTED, "single").values) == 6


def test_only_one_picture_and_vectors_that_are_no_numbers() -> None:
    assert rank_options(set_of(_CORPUS[:1]), random_pictures(1), WordEncoder(), _MOST, 0) == []
    pictures = random_pictures(60)
    pictures[:7] = np.nan
    well_formed(rank_options(set_of(_CORPUS), pictures, WordEncoder(), _MOST, 0))


_TEXT = st.sampled_from(["", " ", "a", "A", "b", "c\n", "x" * 500, "\ud800", "{}"])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["single", "closed"]), _TEXT, st.lists(_TEXT, max_size=4), _TEXT),
        min_size=2,
        max_size=12,
    )
)
def test_any_questions_give_sound_figures(asked: list[tuple[str, str, list[str], str]]) -> None:
    samples = [
        row(i, questions=[Question(kind=k, question=q, options=o, answer=a, task=q)])
        for i, (k, q, o, a) in enumerate(asked)
    ]
    found = rank_options(set_of(samples), random_pictures(len(samples)), WordEncoder(), _MOST, 0)
    well_formed(found)
    for one in found:
        if one.metric == ADJUSTED:
            assert ((one.values >= one.chance - 1) & (one.values <= one.chance + 1)).all()


def test_its_spread_is_that_of_a_direct_bootstrap_of_patients() -> None:
    """Values hold the other pictures still; drawing these anew as well must change little."""
    rng = np.random.default_rng(0)
    answers = rng.integers(0, 2, 120).tolist()
    seen = [a if rng.random() < 0.7 else 1 - a for a in answers]
    samples = _placed(answers, ["left", "right"])
    main = figure(
        rank_options(set_of(samples), axes(seen), Keyed(_KEYS), _MOST, 0), ADJUSTED, "single"
    )
    own = np.equal(answers, seen).astype(float)
    cross = np.equal.outer(np.array(answers), np.array(seen)).astype(float)
    direct, ours = [], []
    for _ in range(1000):
        drawn = rng.integers(0, 120, 120)
        block = cross[np.ix_(drawn, drawn)]
        same = drawn[:, None] == drawn[None]
        direct.append(own[drawn].mean() - block[~same].mean())
        ours.append(main.values[drawn].mean())
    assert np.std(ours) == pytest.approx(np.std(direct), rel=0.15)


def test_answers_stand_as_well_first_as_last() -> None:
    """The order of options is no hint: with all the same vector each has its share."""
    for order in itertools.permutations(_KEYS):
        samples = _placed([0] * 4, order)
        found = rank_options(set_of(samples), axes([0, 1, 0, 1]), Keyed([]), _MOST, 0)
        assert figure(found, "accuracy", "single").values == pytest.approx(1 / 3)
