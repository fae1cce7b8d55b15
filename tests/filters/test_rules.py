"""Rules are checked before any data is there, and cannot reach beyond their row."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.rules import RuleError, check_rules, empty_samples, sealed


@pytest.mark.parametrize(
    "rule",
    [
        "least(width, height) >= 112",
        "licence.commercial",
        "licence.allows_derivatives",
        "length(caption) >= 20 AND NOT contains(lower(caption), 'see text')",
        "meta['year']::INT >= 2015",
        "len(list_filter(texts, lambda t: t.kind = 'reference')) > 0",
        "scores['clip'] > 0.2",
        "width > 3 -- a comment",
    ],
)
def test_good_rules_pass(rule: str) -> None:
    check_rules({"rule": rule})


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("widht > 3", "did you mean 'width'"),
        ("licence.comercial", "did you mean 'commercial'"),
        ("length(caption", "syntax error"),
        ("width", "gives INTEGER"),
        ("true; DROP TABLE samples", "syntax error"),
        ("EXISTS (SELECT 1)", "without SELECT"),
        ("(FROM read_text('/etc/passwd')) IS NULL", "disabled"),
        ("clip >= 0.25", "unknown column 'clip'"),
    ],
)
def test_bad_rules_say_why(rule: str, words: str) -> None:
    with pytest.raises(RuleError, match="rule") as caught:
        check_rules({"rule": rule})
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_score_is_a_column_by_its_name() -> None:
    check_rules({"agree": "clip >= 0.25"}, scores=["clip"])


@pytest.mark.parametrize("name", ["", "1st", "a b", "duplicate", "x" * 61, "a;b"])
def test_names_of_rules(name: str) -> None:
    with pytest.raises(RuleError, match="no name"):
        check_rules({name: "true"})


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_refused_cleanly_or_is_a_condition(text: str) -> None:
    try:
        check_rules({"rule": text})
    except RuleError as error:
        assert "\n" not in str(error)


def test_a_sealed_connection_reads_no_file() -> None:
    connection = sealed(empty_samples())
    with pytest.raises(Exception, match="disabled"):
        connection.sql("SELECT * FROM read_text('/etc/hostname')").fetchall()
    with pytest.raises(Exception, match="lock"):
        connection.execute("SET enable_external_access = true")
