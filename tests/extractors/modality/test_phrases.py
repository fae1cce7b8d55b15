import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.modality.phrases import PhraseList, words_of, written


def found(phrases: dict[str, str], text: str) -> list[str]:
    return [hit.payload for hit in PhraseList(phrases).find(words_of(text))]


def test_the_longest_phrase_wins() -> None:
    phrases = {"angiogra*": "angiography", "CT": "ct", "CT angiogra*": "cta"}
    assert found(phrases, "CT angiographic view, then angiography and CT") == [
        "cta",
        "angiography",
        "ct",
    ]


def test_hyphens_plurals_and_case_do_not_matter() -> None:
    phrases = {"x ray": "x", "western blot": "w", "h&e": "h", "biopsy": "b"}
    assert found(phrases, "X-rays. WESTERN blots; H&E; Biopsies") == ["x", "w", "h", "b"]


def test_an_acronym_is_found_in_capitals_only() -> None:
    phrases = {"CT": "ct", "PET": "pet"}
    assert found(phrases, "Ct of the pet, ct") == []
    assert found(phrases, "Two CTs and one PET/CT") == ["ct", "pet", "ct"]


def test_a_prefix_that_leads_nowhere_hides_nothing() -> None:
    phrases = {"computed tomography of the skull": "long", "tomography": "short"}
    assert found(phrases, "computed tomography of the hand") == ["short"]


def test_a_phrase_with_two_meanings_is_an_error() -> None:
    with pytest.raises(ValueError, match="two meanings"):
        PhraseList({"x-ray": "a", "X rays": "b"})
    with pytest.raises(ValueError, match="three letters"):
        PhraseList({"ab*": "a"})
    with pytest.raises(ValueError, match="no words"):
        PhraseList({"": "a"})


def test_lists_are_written_over_several_lines() -> None:
    assert written(" one,two\n  words ,, three") == ["one", "two words", "three"]


@given(st.text())
def test_words_lie_where_they_say(text: str) -> None:
    ends = [0]
    for word in words_of(text):
        assert ends[-1] <= word.start < word.end <= len(text)
        ends.append(word.end)
