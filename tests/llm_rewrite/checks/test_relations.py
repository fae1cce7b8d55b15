"""Denials of names and prefixed words, pairs that deny nothing, and numbers shared over a list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_rewrite.checks.reading import read
from llm_rewrite.checks.relations import relations
from llm_rewrite.faithfulness import not_visible
from schemas.sample import Question
from tests.llm_rewrite.checks.found import asked, reasons

_NAMES = "PfMA co-localizes with EBA-175 but does not co-localize with PfRH2."
_BINDING = "Serum blocked the binding of PfMA. It had no effect on the binding of EBA-175."


@pytest.mark.parametrize(
    ("source", "text", "reason"),
    [
        (_NAMES, "PfMA co-localizes with EBA-175 and with PfRH2.", "negation_flipped"),
        (_BINDING, "Serum blocked the binding of PfMA and that of EBA-175.", "negation_flipped"),
        (
            "Ossification parted from bone by a thin nonossified zone.",
            "Ossification parted from bone by a thin ossified zone.",
            "negation_flipped",
        ),
        ("Radiographs of case 10.", "Radiographs of case 17.", "number_changed"),
        (
            "A man aged 83 with a score of 21.",
            "A man aged 83 with a score of 83.",
            "number_changed",
        ),
    ],
)
def test_found(source: str, text: str, reason: str) -> None:
    assert reason in reasons(source, text, keep=False)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (_NAMES, "PfMA co-localizes with EBA-175, not with PfRH2."),
        (_BINDING, "Serum blocked the binding of PfMA; the binding of EBA-175 was unaffected."),
        ("Cells in the presence or absence of arabinoside.", "Cells with and without arabinoside."),
        (
            "Open and closed circles: unmethylated and methylated sites.",
            "Unmethylated sites as open circles, methylated ones as closed circles.",
        ),
        (
            "Two (black bars) and four weeks (grey bars) after immunization.",
            "14 days (black bars) and 28 days (grey bars) after immunization.",
        ),
        ("A total of 20% of the cells died.", "A fifth of the cells died."),
        ("All were seen on a single day.", "All were seen on one day."),
        ("Radiographs of case 10 and case 17.", "Radiographs of case 17."),
    ],
)
def test_no_alarm(source: str, text: str) -> None:
    assert not reasons(source, text, keep=False)


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_read(text: str, source: str) -> None:
    assert len([*relations(read(text), read(source))]) <= 1


@pytest.mark.parametrize(
    "text", ["A reaction, which had regressed after three years.", "It grew over six months."]
)
def test_a_course_over_time_cannot_be_seen(text: str) -> None:
    assert not_visible(text)


def test_a_superlative_needs_a_comparison_in_the_evidence() -> None:
    question = Question(
        kind="single",
        question="At which lag is the association strongest?",
        answer="2 months",
        options=["0 months", "1 month", "2 months"],
    )
    assert "not_grounded" in asked("Risk at lags of 0, 1, 2 and 3 months.", question)
    assert "not_grounded" not in asked("Risk peaked at a lag of 2 months, not 0 or 1.", question)


def test_another_technique_is_wrong_even_where_the_picture_was_seen() -> None:
    question = Question(kind="closed", question="Was this taken with ultrasound?", answer="Yes")
    assert "modality_changed" in asked("A CT of the chest.", question, saw_pictures=True)
    assert not asked("An ultrasound of the chest.", question, saw_pictures=True)


def test_more_than_ten_is_not_less_than_ten() -> None:
    source = "Most plots had less than ten collections of plants."
    assert "number_changed" in reasons(source, "Most plots had more than ten collections.")
    assert not reasons(source, "Less than ten collections of plants were had from most plots.")


def test_a_standard_error_is_no_electron_microscope() -> None:
    source = "Confocal images of purified bodies. Bars show mean ± SEM."
    assert "modality_changed" in reasons(source, "Electron microscopy of purified bodies.", False)
    assert "modality_changed" not in reasons(source, "Confocal images of bodies.", False)
