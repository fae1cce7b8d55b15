"""The checks as a whole: names, what every text must survive, time, real captions."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_rewrite.checks.stems import key
from llm_rewrite.checks.terms import SYNONYMS
from llm_rewrite.faithfulness import (
    REASONS,
    Evidence,
    Finding,
    check_question,
    check_text,
    check_translation,
    not_visible,
    sorted_out,
)
from llm_rewrite.task import Tools
from schemas.sample import Question
from tests.conftest import DATA

WORDS = st.sampled_from(
    [
        "left",
        "right",
        "no",
        "without",
        "not",
        "the",
        "of",
        "and",
        "(",
        ")",
        ",",
        ".",
        ";",
        "-",
        "12",
        "mm",
        "cm",
        "1.2",
        "3-5",
        "T2",
        "L4",
        "CT",
        "MRI",
        "mass",
        "possible",
        "bilateral",
        "kidney",
        "effusion",
        "severe",
        "mild",
        "red",
        "arrow",
        "5/31/13",
        "May",
        "2013",
        "grade",
        "II",
        "half",
        "a",
        "both",
        "10⁶",
        "٣",
        "½",
        "Dr.",
        "Smith",
        "[1]",
        "quoted",
        "no",
        "evidence",
        "of",
        "one",
        "two",
        "μm",
        "×",
        "x3",
        "x-ray",
        "1,024",
        "n't",
        "didn't",
        "1.",
        "\n",
    ]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=30).map(" ".join))


@given(TEXTS, TEXTS, st.booleans())
def test_any_text_is_judged_with_known_names_and_the_same_each_time(
    source: str, text: str, keep: bool
) -> None:
    proof = Evidence((source,), instructions="Keep every finding.")
    found = check_text(text, proof, Tools(), must_keep=keep)
    assert {f.reason for f in found} <= REASONS.keys()
    assert all("\n" not in f.detail and len(f.detail) < 300 for f in found)
    assert found == check_text(text, proof, Tools(), must_keep=keep)


@given(st.lists(WORDS, min_size=1, max_size=30).map(" ".join))
def test_a_text_held_against_itself_changes_nothing(text: str) -> None:
    found = check_text(text, Evidence((text,)), Tools(), must_keep=True)
    assert {f.reason for f in found} <= {"empty", "identifier", "language_wrong"}


@given(TEXTS, TEXTS, TEXTS)
def test_any_question_and_translation_is_judged(source: str, one: str, two: str) -> None:
    for kind in ("open", "closed", "single", "multiple"):
        question = Question(kind, one, [two, source], two, rationale=source)
        found = check_question(question, Evidence((source,)), Tools())
        assert {f.reason for f in found} <= REASONS.keys()
    for language in ("zh", "es", "xx"):
        assert {
            f.reason for f in check_translation(source, one, language, Tools())
        } <= REASONS.keys()
    assert {f.reason for f in not_visible(one)} <= {"not_visible"}


@pytest.mark.parametrize(
    "hostile",
    [
        "1" * 100_000,
        "1," * 50_000,
        "(" * 100_000,
        "[a " * 30_000,
        "left " * 20_000,
        "no " * 30_000,
        "x" * 100_000,
        "\x00\x1f\u202e" * 30_000,
        "٣" * 50_000,
        "12 mm " * 15_000,
        "Aa " * 30_000,
        "a@" * 50_000,
        "A. " * 30_000,
        "write " * 15_000,
        "mild, severe and " * 6_000,
        "a-" * 50_000,
    ],
    ids=lambda text: repr(text[:6]),
)
def test_hostile_texts_take_no_longer_than_their_length(hostile: str) -> None:
    plain = "Chest CT with a 12 mm nodule in the left lung and no effusion."
    start = time.process_time()
    check_text(hostile, Evidence((plain,)), Tools(), must_keep=True)
    check_text(plain, Evidence((hostile[:6000],)), Tools(), must_keep=True)
    check_translation(plain, hostile, "es", Tools())
    not_visible(hostile)
    assert time.process_time() - start < 8


def test_an_empty_text_is_empty() -> None:
    assert check_text(" ... ", Evidence(("A mass.",)), Tools()) == [Finding("empty")]


def test_findings_are_sorted_by_what_the_recipe_rejects() -> None:
    one, two = Finding("number_changed", "a"), Finding("concept_added", "b")
    assert sorted_out([one, two], None, frozenset({"concept_added"})) == ([one], [two])
    assert sorted_out([one, two], ["concept_added"], frozenset()) == ([two], [one])
    assert str(one) == "number_changed: a"


def test_all_words_of_a_group_have_one_key_and_no_word_two() -> None:
    seen: dict[str, str] = {}
    for line in SYNONYMS.strip().split("\n"):
        keys = {key(word) for word in line.split()}
        assert len(keys) == 1, line
        assert seen.setdefault(keys.pop(), line) == line


def test_words_that_differ_in_kind_keep_apart() -> None:
    assert key("fibroma") != key("fibrosis")
    assert key("pneumonia") != key("pneumothorax")
    assert key("stenoses") == key("stenotic")
    assert key("renal") == key("kidneys")
    assert key("haemorrhages") == key("bleeding")


def _captions() -> Iterator[str]:
    folder = DATA / "concepts" / "roco" / "validation" / "radiology"
    path = folder / "captions.txt"
    if not path.is_file():
        pytest.skip(f"no captions at {folder} (set FABRICA_DATA)")
    for line in path.read_text("utf-8").splitlines()[:2500]:
        yield line.partition("\t")[2].strip()


def test_real_captions_held_against_themselves_have_no_finding_of_content() -> None:
    allowed = {"identifier", "language_wrong", "empty"}  # persons, and French captions
    for caption in _captions():
        found = check_text(caption, Evidence((caption,)), Tools(), must_keep=True)
        assert {f.reason for f in found} <= allowed, (caption, found)


def test_a_real_caption_cut_short_has_only_lost_something() -> None:
    for caption in _captions():
        head, dot, tail = caption.partition(". ")
        if dot and len(tail) > 20:
            found = check_text(head + ".", Evidence((caption,)), Tools(), must_keep=False)
            assert {f.reason for f in found} <= {"identifier", "language_wrong", "empty"}, caption
