"""General English: synonyms, wider words, plain words; and that a paraphrase in them adds nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_rewrite.checks.clinical import is_clinical
from llm_rewrite.checks.english import (
    is_plain,
    lemmas,
    narrower_in,
    opposites,
    said_in,
    synonyms,
    wider_in,
)
from llm_rewrite.checks.stems import key
from tests.llm_rewrite.checks.found import reasons


def test_forms_lead_to_their_lemmas() -> None:
    assert "break" in lemmas("broken")
    assert "enclose" in lemmas("encloses")
    assert "carry" in lemmas("carried")
    assert "stop" in lemmas("stopped")
    assert lemmas("xyzzy") == ()
    assert "live" not in lemmas("liver")


def test_plain_words_have_no_medical_sense() -> None:
    for word in ("encloses", "demonstrating", "microscope", "aid", "medium"):
        assert is_plain(word), word
    for word in ("lung", "pneumonia", "heart", "xyzzy", "hepatic", "fever"):
        assert not is_plain(word), word


def test_what_says_the_same_and_what_is_wider() -> None:
    assert said_in("enlarged", frozenset({key("magnified")}))
    assert not said_in("kidney", frozenset({key("liver")}))
    assert wider_in("fibula", frozenset({key("bone"), key("leg")}))
    assert narrower_in("bone", ("the", "rib"))
    assert not narrower_in("rib", ("bone",))
    assert "absent" in opposites("present")


@given(st.text(max_size=30))
def test_any_word_can_be_asked(word: str) -> None:
    assert isinstance(is_plain(word), bool)
    assert key(word) not in {k for keys in synonyms(word) if len(keys) == 1 for k in keys}


def test_an_ending_of_general_english_is_no_disease() -> None:
    assert not is_clinical("encloses")
    assert is_clinical("fibrosis")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("The area including all traps.", "The area that encloses all traps."),
        ("Breakdown of glucose into acetate.", "Glucose is broken down to acetate."),
        ("The figure is magnified on West Asia.", "The figure is enlarged on West Asia."),
        ("Glass beads in the central sulcus.", "Glass beads in the central groove."),
    ],
)
def test_a_paraphrase_in_plain_words_adds_nothing(source: str, text: str) -> None:
    assert "concept_added" not in reasons(source, text, keep=False)
