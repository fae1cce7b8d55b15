"""The ways to write a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.concepts.names import LONGEST_NAME_WORDS, name_words, ways_to_write


def ways(name: str) -> set[str]:
    return {" ".join(way) for way in ways_to_write(name)}


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("Carcinoma, renal cell", "renal cell carcinoma"),
        ("Carcinoma, Squamous Cell, Esophageal", "esophageal squamous cell carcinoma"),
        ("Pneumonia (disorder)", "pneumonia"),
        ("Pneumonia, NOS", "pneumonia"),
        ("Pneumonia NOS", "pneumonia"),
        ("Pneumonia, Unspecified", "pneumonia"),
        ("Pneumonia [DISEASE]", "pneumonia"),
        ("Cancer of the breast", "cancer of breast"),
        ("Cross-over", "crossover"),
        ("Cross-over", "cross over"),
        ("IL-2", "il2"),
        ("IL2", "il 2"),
        ("Interleukin-2, human", "human interleukin 2"),
        ("Interleukin-2, human", "interleukin2 human"),
        ("The", "the"),
        ("A-a gradient", "aa gradient"),
    ],
)
def test_a_way_to_write(name: str, way: str) -> None:
    assert way in ways(name)


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("Fever, headache and rash", "headache and rash fever"),
        ("Trisomy 21, mosaic, type 2, left", "left type 2 mosaic trisomy 21"),
        ("a-b-c-d", "abcd"),
        ("p53", "p 53"),
        ("Left (disorder) lobe", "left lobe"),
    ],
)
def test_no_way_to_write(name: str, way: str) -> None:
    assert way not in ways(name)


def test_as_written_comes_first() -> None:
    assert ways_to_write("Carcinoma, renal cell")[0] == ("carcinoma", "renal", "cell")
    assert ways_to_write("(disorder)") == [("disorder",)]


def test_names_that_cannot_be_found() -> None:
    assert ways_to_write("") == []
    assert ways_to_write(" - + ,") == []
    assert ways_to_write(" ".join("abcdefghijklm")) == []
    assert len(ways_to_write(" ".join("abcdefghijkl"))) == 1


def test_articles() -> None:
    assert name_words("The cancer of the breast") == ("cancer", "of", "breast")
    assert name_words("hepatitis A") == ("hepatitis", "a")
    assert name_words("the") == ("the",)


@given(st.text(max_size=60) | st.text("ab,- ()[]NOS2αé", max_size=60))
def test_any_name_can_be_read(name: str) -> None:
    found = ways_to_write(name)
    assert len(found) == len(set(found))
    for way in found:
        assert 0 < len(way) <= LONGEST_NAME_WORDS
        assert all(way)
