"""Counts and weights learned from invented annotated text; the best set against all sets."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.concepts.entries import Entry
from extractors.concepts.index import build_index
from extractors.concepts.learning import Annotated, keys_of_source_only, learn
from extractors.concepts.linker import Linker
from extractors.concepts.loading import linker_of, read_tuning, write_tuning
from extractors.concepts.reading import Candidate
from extractors.concepts.tuning import KEY_FEATURES, Counts, Tuning, best_set, nesting
from tests.extractors.concepts.invented import named, spans, table

ENTRIES = [
    *named("patient", "carcinoma", "liver", "liver carcinoma"),
    Entry("C1", "Common Cold", ["cold"]),
    Entry("C2", "Cold", types=["T070"]),
]
TABLE = table(*ENTRIES)
CUIS = TABLE["cui"].to_pylist()
SENTENCES = (
    ("The patient has a carcinoma of the skin.", {"carcinoma": "carcinoma"}),
    ("In this patient the liver was large.", {"liver": "liver"}),
    ("A liver carcinoma was seen in one patient.", {"liver carcinoma": "liver carcinoma"}),
    ("She had a cold with cough and fever.", {"cold": "C1"}),
)


def annotated(text: str, names: dict[str, str]) -> Annotated:
    starts = {name: text.index(name) for name in names}
    return Annotated(text, [(at, at + len(name), names[name]) for name, at in starts.items()])


CORPUS = [[annotated(*sentence)] for _ in range(10) for sentence in SENTENCES]
UNTUNED = linker_of(TABLE, approximate=False)
TUNING = learn(UNTUNED.index, UNTUNED.concepts, CORPUS, approximate=False)
TUNED = Linker(UNTUNED.index, UNTUNED.concepts, TUNING, approximate=False)
TEXT = "Another patient had a liver carcinoma, a cold and a carcinoma."


def test_a_general_word_is_kept_out_and_a_term_kept() -> None:
    assert ("patient", "patient") in spans(TEXT, UNTUNED.link(TEXT))
    assert spans(TEXT, TUNED.link(TEXT)) == [
        ("liver carcinoma", "liver carcinoma"),
        ("cold", "C1"),
        ("carcinoma", "carcinoma"),
    ]


def test_the_annotated_meaning_is_taken() -> None:
    assert [m.cui for m in UNTUNED.link("a cold")] == ["C2"]
    assert [m.cui for m in TUNED.link("a cold")] == ["C1"]


def test_counts() -> None:
    def seen_and_linked(*words: str) -> tuple[int, int]:
        key = UNTUNED.index.key_of(words)
        assert key is not None
        return int(TUNING.counts.seen[key]), int(TUNING.counts.linked[key])

    assert seen_and_linked("patient") == (30, 0)
    assert seen_and_linked("carcinoma") == (20, 10)
    assert seen_and_linked("liver", "carcinoma") == (10, 10)
    key = UNTUNED.index.key_of(["cold"])
    assert key is not None
    rows = UNTUNED.index.meanings(key)
    assert TUNING.counts.meant[rows.start : rows.stop].tolist() == [10, 0]


def test_scores_are_probabilities_and_the_threshold_holds() -> None:
    every = Linker(UNTUNED.index, UNTUNED.concepts, TUNING, approximate=False, threshold=0.0)
    scores = {m.cui: m.score for m in every.link(TEXT)}
    assert 0 <= scores["patient"] < TUNING.threshold < scores["carcinoma"] <= 1
    none = Linker(UNTUNED.index, UNTUNED.concepts, TUNING, approximate=False, threshold=0.9999)
    assert none.link(TEXT) == []


def test_learning_twice_is_learning_once() -> None:
    again = learn(UNTUNED.index, UNTUNED.concepts, CORPUS, approximate=False)
    assert again.weights == TUNING.weights
    assert again.threshold == TUNING.threshold


def test_names_that_only_a_text_of_the_same_fold_has_are_not_trusted() -> None:
    """Each rare name is linked once, so with its own text left out nobody knows it."""
    rare = [f"raritas{letter}" for letter in "abcdefghij"]
    corpus = [[annotated(f"A {name} and a patient.", {name: name})] for name in rare]
    entries = [Entry(own.cui, own.name, sources=["annotated"]) for own in named(*rare)]
    known = table(*entries, Entry("patient", "patient", sources=["annotated", "HPO"]))
    own = linker_of(known, approximate=False)
    only = keys_of_source_only(own.index, known["sources"].to_pylist(), "annotated")
    assert only.tolist() == [True] * 10 + [False]
    trusting = learn(own.index, own.concepts, corpus, approximate=False)
    careful = learn(own.index, own.concepts, corpus, only, approximate=False)
    assert careful.weights["never seen"] < trusting.weights["never seen"]


@pytest.mark.parametrize("corpus", [[], [[]], [[Annotated("nothing", [])]]])
def test_nothing_to_learn_from(corpus: list[list[Annotated]]) -> None:
    with pytest.raises(ValueError, match="no name of the vocabulary"):
        learn(UNTUNED.index, UNTUNED.concepts, corpus)


def test_what_was_learned_can_be_kept(tmp_path: Path) -> None:
    path = str(tmp_path / "tuning.parquet")
    assert write_tuning(TUNING, UNTUNED.index, CUIS, path) == 5
    read = read_tuning(path, UNTUNED.index, CUIS)
    for ours, theirs in zip(TUNING.counts, read.counts, strict=True):
        assert np.array_equal(ours, theirs)
    loaded = linker_of(TABLE, path, approximate=False)
    for text in (TEXT, *(text for text, _ in SENTENCES), "an unknown text"):
        assert loaded.link(text) == TUNED.link(text)


def test_a_larger_vocabulary_can_use_it(tmp_path: Path) -> None:
    path = str(tmp_path / "tuning.parquet")
    write_tuning(TUNING, UNTUNED.index, CUIS, path)
    larger = linker_of(table(*named("cough", "arm"), *reversed(ENTRIES)), path, approximate=False)
    assert spans(TEXT, larger.link(TEXT)) == spans(TEXT, TUNED.link(TEXT))


def test_nesting() -> None:
    found = [candidate(*own) for own in [(0, 1), (0, 3), (1, 2), (2, 4), (5, 6)]]
    held, longest = nesting(found)
    assert held == [True, False, True, False, False]
    assert longest == [False, True, True, True, True]


def candidate(first: int, last: int, key: int = 0) -> Candidate:
    return Candidate(first, last, key, 1.0, "^", "$")


scored = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 4), st.integers(0, 100)).map(
        lambda v: (candidate(v[0], v[0] + v[1]), v[2] / 100)
    ),
    max_size=8,
)


@given(scored, st.integers(0, 9))
def test_the_best_set_of_all_sets(found: list[tuple[Candidate, float]], tenths: int) -> None:
    least = tenths / 10
    names, scores = [own for own, _ in found], [score for _, score in found]

    def total(chosen: tuple[int, ...] | list[int]) -> float:
        return sum(scores[i] - least for i in chosen)

    def apart(chosen: tuple[int, ...] | list[int]) -> bool:
        spans = sorted((names[i].first, names[i].last) for i in chosen)
        return all(one[1] <= other[0] for one, other in pairwise(spans))

    chosen = best_set(names, scores, least)
    assert apart(chosen)
    assert [names[i].first for i in chosen] == sorted(names[i].first for i in chosen)
    sets = (own for size in range(len(names) + 1) for own in combinations(range(len(names)), size))
    assert total(chosen) == pytest.approx(max(total(own) for own in sets if apart(own)))


@given(scored)
def test_nesting_by_hand(found: list[tuple[Candidate, float]]) -> None:
    names = [own for own, _ in found]
    held, longest = nesting(names)
    for own, is_held, is_longest in zip(names, held, longest, strict=True):
        span = (own.first, own.last)
        others = {(c.first, c.last) for c in names} - {span}
        assert is_held == any(a <= own.first and own.last <= b for a, b in others)
        assert is_longest == all(b <= own.last for a, b in others if a == own.first)


def test_each_weight_counts() -> None:
    index = build_index([["liver"], ["liver cyst"]])
    found = [candidate(0, 1, 0), candidate(0, 2, 1)._replace(before="of", likeness=0.8)]

    def chosen(**weights: float) -> list[tuple[int, float]]:
        none = dict.fromkeys(KEY_FEATURES, 0.0)
        named = {name.replace("_", " "): weight for name, weight in weights.items()}
        tuning = Tuning(index, Counts(*np.zeros((3, 2), np.int64)), none | named, 0.5)
        return [(one.last, round(score, 3)) for one, score in tuning.choose(found)]

    assert chosen() == []
    assert chosen(held=2) == [(1, 0.881)]
    assert chosen(longest=2) == chosen(before_of=2) == [(2, 0.881)]
    assert chosen(likeness=10) == [(2, 0.881)]
    assert chosen(one_word=2, two_words=3) == [(2, 0.953)]


def test_weights_far_out_do_not_overflow() -> None:
    index = build_index([["liver"]])
    weights = dict.fromkeys(KEY_FEATURES, 0.0) | {"all": -1e4}
    tuning = Tuning(index, Counts(*np.zeros((3, 1), np.int64)), weights, 0.1)
    assert tuning.choose([candidate(0, 1)]) == []
