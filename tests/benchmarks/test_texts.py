"""The benchmarks of texts: their changes, their labelled sentences, their counts."""

from __future__ import annotations

import pytest

from benchmarks.identifying import Case, cases, measured, ours, plain_patterns
from benchmarks.text_changes import CHANGES, changed
from benchmarks.texts import contained, false_merges
from filters.alike.sketches import text_signature
from filters.texts.identifying import KINDS

TEXT = "One two three four five six seven eight nine ten, eleven twelve."


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_changes_and_is_the_same_each_time(name: str) -> None:
    other = changed(TEXT, name)
    assert other != TEXT
    assert other == changed(TEXT, name)
    same = len({*other.lower().split()} & {*TEXT.lower().split()})
    assert same >= 8


def test_the_sentences_are_well_made() -> None:
    aside, seen = cases("aside"), cases("seen")
    assert len(aside) + len(seen) >= 300
    for some in (aside, seen):
        assert 0.4 < sum(bool(c.found) for c in some) / len(some) < 0.6
        assert {c.where for c in some} == {"caption", "report", "header"}
        assert {kind for c in some for kind, _, _ in c.found} == set(KINDS)
        for case in some:
            assert all(case.text[a:b].strip() == case.text[a:b] != "" for _, a, b in case.found)
    assert {c.text for c in aside}.isdisjoint(c.text for c in seen)


def test_counts_of_recall_and_precision() -> None:
    case = Case("seen", "report", "on 1 May 2010 and x", [("date", 3, 13), ("name", 18, 19)])
    counts = measured([case], lambda _: [("date", 4, 6), ("phone", 0, 2)])
    assert counts["there"] == {"date": 1, "name": 1}
    assert counts["found"] == {"date": 1}
    assert counts["wrong"] == {"phone": 1}
    alike = measured([case], lambda _: [("birth_date", 4, 6)], loosely=True)
    assert alike["found"] == {"date": 1}
    assert not alike["wrong"]


def test_ours_is_better_than_plain_patterns_on_the_sentences_it_was_written_with() -> None:
    some = cases("seen")
    mine, plain = measured(some, ours), measured(some, plain_patterns)
    assert mine["found"].total() >= 0.97 * mine["there"].total()
    assert mine["wrong"].total() <= 0.03 * mine["there"].total()
    assert mine["found"].total() > 1.5 * plain["found"].total()


def test_false_merges_and_what_is_contained() -> None:
    rows = [
        ("a", TEXT),
        ("b", TEXT + " Thirteen"),
        ("b", TEXT.upper()),
        ("c", "Nothing of the kind"),
    ]
    signatures = [text_signature(text) for _, text in rows]
    found = false_merges(rows, signatures, lambda _: None)
    assert found["pairs"] == 6
    assert found["false merges at 0.8, two articles"] == 1
    assert found["false merges at 0.8, one article"] == 1  # the same in capitals is no other text
    counts = contained(["Two three four five", "Nothing else here"], [TEXT])
    assert counts == {"contained, of 1 words and more": 1, "contained, of 8 words and more": 0}
