"""Near words: misspellings are found, other meanings are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.concepts.spelling import (
    LEAST_LIKENESS,
    SHORTEST_LETTERS,
    NearWords,
    likeness,
    trigrams,
)


def test_a_misspelling_is_found() -> None:
    near = NearWords(["pneumonia", "pneumothorax", "haematoma"])
    found = near.nearest("pneumonnia")
    assert found is not None
    assert found[0] == "pneumonia"
    assert LEAST_LIKENESS <= found[1] < 1


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("hypotension", "hypertension"),
        ("abnormal", "normal"),
        ("cystis", "cystic"),
        ("il1234567", "il1234568"),
        ("carcinomatosis", "carcinoma"),
    ],
)
def test_other_meanings_are_not(word: str, known: str) -> None:
    assert NearWords([known]).nearest(word) is None


def test_likeness() -> None:
    assert trigrams("ab") == {"^ab", "ab$"}
    assert likeness(trigrams("abc"), trigrams("abc")) == 1
    assert likeness(trigrams("abc"), trigrams("xyz")) == 0
    assert likeness(trigrams("abcd"), trigrams("abce")) == pytest.approx(0.5)


ENDING = st.text("abc", min_size=2, max_size=8)
WORD = st.builds("{}{}".format, st.sampled_from(["card", "carb", "hypo", "1ab"]), ENDING)


@given(st.lists(WORD, max_size=20), WORD)
def test_nearest_of_all(words: list[str], word: str) -> None:
    grams = trigrams(word)
    best = max(
        (
            (likeness(grams, trigrams(other)), other)
            for other in words
            if other[:4] == word[:4] and abs(len(other) - len(word)) <= 2 and other.isalpha()
            if len(other) >= SHORTEST_LETTERS - 1
        ),
        default=(0.0, ""),
    )
    asked = len(word) >= SHORTEST_LETTERS and word.isalpha() and best[0] >= LEAST_LIKENESS
    assert NearWords(words).nearest(word) == ((best[1], best[0]) if asked else None)
