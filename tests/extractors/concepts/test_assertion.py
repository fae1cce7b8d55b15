"""What is denied and what is doubted: our cases, the documented choices, and hostile input."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.negation import ours, read_case, read_cases, scores
from extractors.concepts.assertion import Assertion, assertions
from extractors.concepts.assertion_cues import CUES, SCREEN, phrases


def _said(marked: str) -> list[tuple[bool, bool]]:
    return ours([read_case("", "", marked)])[0]


@pytest.mark.parametrize("part", ["dev", "aside"])
def test_cases_hold_as_measured(part: str) -> None:
    cases = [case for case in read_cases() if case.part == part]
    answers = ours(cases)
    assert len(cases) > 100
    assert scores(cases, answers, 0)[2] > 0.97
    assert scores(cases, answers, 1)[2] > 0.92


@pytest.mark.parametrize(
    "marked",
    [
        "No {fever|n}, {cough|n} or {effusion|n}.",
        "no evidence of {pneumothorax|n} .",
        "NO {FRACTURE|n}.",
        "There is no {mass|n} in the {liver} or {ascites|n}.",
        "No change in the {effusion}.",
        "Not only {pneumonia} but {empyema}.",
        "Neither {ascites|n} nor {edema|n}, but {emphysema}.",
        "{Pneumonia|u} cannot be excluded.",
        "{Malignancy|nu} is unlikely.",
        "No findings suggestive of {pneumonia|n}.",
        "{Opacity} consistent with {pneumonia}.",
        "Rule out {sarcoidosis|u}.",
        "Family history of {glioma|u}.",
        "The {mediastinum} is unremarkable.",
        "{HER2|n}-negative {carcinoma}.",
        "A {HIV-negative} man.",
        "{Tumor|n}-free margins.",
        "No {pneumothorax|n}. {Cardiomegaly} is mild.",
        "No {lesion|n} could be found.",
        "Without {diabetes mellitus|n} ({DM|n}) or {asthma|n}.",
        "No {fistula|n} (arrow) or {abscess|n}.",
        "Suggestive of a {cyst|u} and an {abscess|u}.",
        "(most likely {cyst|u}, {abscess|u}, or {hematoma|u})",
        "There isn’t a {fracture|n}.",
        "There is questionable {dilatation|u} of the {aorta}.",
        "The {lesion} is likely a {cyst|u}.",
        "{Pneumonia|u} is likely given the {fever}.",
        "There is absent {flow|n} in the artery.",
        "MRI confirmed the {infarct} (not shown).",
        "{Opacity} reflecting {atelectasis|u} versus {infiltrate|u}.",
        "The {tumor}, which was suspected to be a {lymphoma|u}, grew.",
    ],
)
def test_choices(marked: str) -> None:
    assert _said(marked) == read_case("", "", marked).truth, marked


def test_a_sentence_within_a_text_is_read_alone() -> None:
    text = "No effusion. Cardiomegaly. No mass."
    spans = [(13, 25)]
    assert assertions(text, (13, 26), spans) == [Assertion()]
    assert assertions(text, (0, 12), [(3, 11)]) == [Assertion(negated=True)]
    assert assertions(text, (0, 12), []) == []


def test_the_screen_lets_every_cue_pass() -> None:
    for kind in CUES:
        for phrase in phrases(kind):
            assert SCREEN.search(" ".join(phrase)), phrase


def test_the_split_is_a_half_and_much_is_hard() -> None:
    cases = read_cases()
    assert len(cases) >= 200
    assert 0.4 < sum(case.part == "aside" for case in cases) / len(cases) < 0.6
    assert sum(case.kind not in ("plain", "near") for case in cases) / len(cases) > 0.4


_WORDS = (
    "no not without but , . ; : ? ( ) [ ] and or is was absent possible may be excluded in "
    "the effusion mass versus nor İ ’ non- -negative (-) unlikely of isn't"
)
_PIECES = st.lists(st.sampled_from(_WORDS.split()), max_size=40)


@given(_PIECES, st.sampled_from(["", " ", "\n"]))
def test_any_words_in_any_order_get_an_answer(pieces: list[str], blank: str) -> None:
    text = blank.join(pieces)
    spans = [m.span() for m in re.finditer(r"effusion|mass|in", text)]
    found = assertions(text, (0, len(text)), spans)
    assert len(found) == len(spans)


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_any_text_and_span_get_an_answer(text: str, a: int, b: int) -> None:
    assert len(assertions(text, (0, len(text)), [(min(a, b), max(a, b))])) == 1


@pytest.mark.parametrize(
    "piece", ["no , ", "may a, ", "possible ", "(", "no (", "and ", "versus x ", "x not seen, "]
)
def test_time_is_linear_in_hostile_text(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    spans = [(i, i + 1) for i in range(0, len(text), 50)]
    start = time.perf_counter()
    assertions(text, (0, len(text)), spans)
    assert time.perf_counter() - start < 10
