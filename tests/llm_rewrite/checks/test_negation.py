"""What is denied, what is doubted, by words and by the linker's marks."""

from __future__ import annotations

import pytest

from tests.llm_rewrite.checks.found import LINKING, reasons

SAME = [
    ("No evidence of fracture.", "There is no fracture."),
    ("A fracture is not seen.", "No fracture."),
    ("No mass, effusion or lymphadenopathy.", "Absence of mass, effusion and lymphadenopathy."),
    ("Two bladders without communication.", "The two bladders do not communicate."),
    ("The hematoma has resolved.", "Resolution of the hematoma."),
    ("Nonossified zone of the bone.", "A zone of the bone that is not ossified."),
    ("Suspected sarcoidosis.", "Sarcoidosis is possible."),
    ("Bodies consistent with fungi.", "Bodies in keeping with fungi."),
    ("High-resolution CT of fibrosis.", "Fibrosis on high-resolution CT."),
]

CHANGED = [
    ("No evidence of fracture.", "There is a fracture.", "negation_flipped"),
    ("Fracture of the rib.", "No fracture of the rib.", "negation_flipped"),
    ("CT without contrast.", "CT with contrast.", "negation_flipped"),
    ("Complete excision of the bone.", "The bone has not been completely excised.", "negation_flipped"),
    ("No mass, effusion or nodule.", "No mass. There is a nodule and effusion.", "negation_flipped"),
    ("The fracture isn't displaced.", "The fracture is displaced.", "negation_flipped"),
    ("Suspected sarcoidosis.", "Sarcoidosis.", "certainty_changed"),
    ("Sarcoidosis of the lung.", "Possible sarcoidosis of the lung.", "certainty_changed"),
    ("Bodies consistent with fungi.", "Bodies confirming fungi.", "certainty_changed"),
    ("Ossification, possibly in the membrane.", "Ossification, in the membrane.", "certainty_changed"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text"), SAME)
def test_the_same_in_other_words_is_no_finding(source: str, text: str) -> None:
    assert not reasons(source, text)


@pytest.mark.parametrize(("source", "text", "reason"), CHANGED)
def test_a_turned_statement_is_found_by_its_name(source: str, text: str, reason: str) -> None:
    assert reason in reasons(source, text)


def test_the_linkers_marks_count_across_synonyms() -> None:
    source = "No sign of heart attack."
    assert "negation_flipped" in reasons(source, "Shows a myocardial infarction.", tools=LINKING)
    assert not reasons(source, "There is no myocardial infarction.", tools=LINKING)
    assert "certainty_changed" in reasons(
        "Shows a possible heart attack.", "Shows a myocardial infarction.", tools=LINKING
    )
