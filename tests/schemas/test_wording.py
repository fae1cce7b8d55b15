"""Articles by sound, and names of pictures that every modality of labelled sets has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.wording import MODALITY_NOUNS, article


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("MRI scan", "an"),
        ("CT scan", "a"),
        ("ultrasound image", "an"),
        ("uniform mass", "a"),
        ("8-year-old girl", "an"),
        ("80 mm cyst", "an"),
        ("1 mm cyst", "a"),
        ("FLAIR image", "a"),
        ("X-ray", "an"),
        ("hour", "an"),
        ("hernia", "a"),
        ("“ulcer”", "an"),
    ],
)
def test_articles(phrase: str, expected: str) -> None:
    assert article(phrase) == expected


@given(st.text())
def test_any_text_has_one(phrase: str) -> None:
    assert article(phrase) in ("a", "an")


def test_names_are_nouns_on_one_line() -> None:
    for code, noun in MODALITY_NOUNS.items():
        assert code == code.lower()
        assert noun
        assert noun == " ".join(noun.split())
