"""The linker without counts: longest names, offsets, scores, meanings, near spellings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.concepts.entries import Entry
from extractors.concepts.linker import Linker, _longest
from extractors.concepts.names import name_words, ways_to_write
from extractors.concepts.reading import Candidate
from tests.extractors.concepts.invented import linker, spans

NAMES = (
    "liver", "liver cyst", "renal cell carcinoma", "cell carcinoma of skin", "TNF-alpha",
    "Sjögren syndrome", "inguinal hernia", "fibrosis", "hepatitis B", "cross-over study",
)  # fmt: skip
LINKER = linker(*NAMES)


def linked(own: Linker, text: str) -> list[tuple[str, str]]:
    return spans(text, own.link(text))


def test_the_longest_from_the_left() -> None:
    assert linked(LINKER, "a liver cyst, a liver") == [
        ("liver cyst", "liver cyst"),
        ("liver", "liver"),
    ]
    assert linked(LINKER, "renal cell carcinoma of skin") == [
        ("renal cell carcinoma", "renal cell carcinoma")
    ]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("😀𝔘 liver", "liver"),
        ("\0\0liver\0", "liver"),
        ("\t\n liver\r\n", "liver"),
        ("of Sjo\u0308gren’s syndrome", "Sjo\u0308gren’s syndrome"),
        ("e\u0301 ﬁbrosis", "ﬁbrosis"),
        ("İİ İNGUİNAL hernia", "İNGUİNAL hernia"),
        ("Straße ß liver", "liver"),
        ("\u200b\ufeffliver\u200b", "liver"),
        ("li\u00adver", "li\u00adver"),
        ("TNFα", "TNFα"),
        ("TNF-𝛼 rose", "TNF-𝛼"),
        ("ofTNF-α", None),
        ("CROSSOVER STUDIES", "CROSSOVER STUDIES"),
        ("Livers,", "Livers"),
    ],
)
def test_offsets_are_those_of_the_text_as_given(text: str, span: str | None) -> None:
    assert [own for own, _ in linked(LINKER, text)] == ([span] if span else [])


def test_scores() -> None:
    own = linker("Carcinoma, renal", Entry("C1", "Cold"), Entry("C2", "Cold"), approximate=True)
    text = "carcinoma, renal; renal carcinoma; carcinomma renal; cold"
    first, second, third, fourth = own.link(text)
    assert first.score == 1
    assert second.score == 0.95
    assert 0.72 <= third.score < 0.95
    assert (fourth.cui, fourth.score) == ("C1", 0.5)


def test_near_spellings_can_be_switched_off() -> None:
    text = "a diverticulittis"
    assert linked(linker("diverticulitis"), text) == []
    assert linked(linker("diverticulitis", approximate=True), text) == [
        ("diverticulittis", "diverticulitis")
    ]
    assert linked(linker("hypertension", approximate=True), "hypotension, hypertensionn") == [
        ("hypertensionn", "hypertension")
    ]


COLDS = (
    Entry("C1", "Common Cold", ["cold"], definition="viral infection of the upper airways"),
    Entry("C2", "Cold Temperature", ["cold"], definition="absence of warmth in weather"),
    Entry("C3", "Chronic Obstructive Lung Disease", ["COLD"]),
)


def test_the_preferred_name_is_meant_before_a_synonym() -> None:
    own = linker(Entry("C1", "Nevus", ["mole"]), Entry("C2", "Mole"))
    assert [(m.cui, m.name, m.score) for m in own.link("a mole")] == [("C2", "Mole", 1.0)]


def test_the_words_of_definitions_decide() -> None:
    own = linker(*COLDS)
    (mention,) = own.link("cold after an infection of the airways")
    assert (mention.cui, mention.score) == ("C1", 1.0)
    (mention,) = own.link("cold weather without warmth")
    assert mention.cui == "C2"
    (mention,) = own.link("cold")
    assert (mention.cui, mention.score) == ("C1", 0.333)


def test_what_the_document_names_for_certain_decides() -> None:
    own = linker(*COLDS)
    text = "cold after an infection of the airways"
    certain = own.certain(own.choose("chronic obstructive lung disease, cold"))
    assert certain == {2}
    assert [m.cui for m in own.mentions(text, own.choose(text), certain)] == ["C3"]


def test_one_concept_of_two_equal_names_is_certain() -> None:
    own = linker(Entry("C1", "Cyst", ["cysts", "CYST"], types=["T190"]))
    (mention,) = own.link("cysts")
    assert (mention.cui, mention.types, mention.score) == ("C1", ["T190"], 1.0)


@given(st.text(max_size=80) | st.text("liver cystß-𝛼İ.() renalcarmo", max_size=80))
def test_any_text(text: str) -> None:
    mentions = LINKER.link(text)
    ways = {name: ways_to_write(name) for name in NAMES}
    at = 0
    for mention in mentions:
        assert at <= mention.start < mention.end <= len(text)
        at = mention.end
        assert name_words(text[mention.start : mention.end]) in ways[mention.cui]
        assert mention.score in (0.95, 1)
    assert LINKER.link(text) == mentions


def _written(name: str, case: str, plural: bool, hyphens: bool) -> str:
    written = getattr(name, case)() + ("s" if plural else "")
    return written.replace(" ", "-") if hyphens else written


@given(
    st.sampled_from(["liver", "liver cyst", "renal cell carcinoma", "inguinal hernia"]),
    st.sampled_from(["lower", "upper", "title", "capitalize"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "There was a ", "(", "seen: ", "é😀 "]),
    st.sampled_from(["", " was seen.", ")", ", then", "/"]),
)
def test_a_name_however_it_is_written(
    name: str, case: str, plural: bool, hyphens: bool, before: str, after: str
) -> None:
    # Five capitals at most may be an acronym, of which no letter is taken for a plural.
    plural = plural and not (case == "upper" and name.endswith(("liver", "cyst")))
    written = _written(name, case, plural, hyphens)
    assert linked(LINKER, before + written + after) == [(written, name)]


candidates = st.lists(
    st.builds(
        lambda first, words, key: Candidate(first, first + words, key, 1.0, "^", "$"),
        st.integers(0, 9),
        st.integers(1, 4),
        st.integers(0, 3),
    ),
    max_size=8,
)


@given(candidates)
def test_longest_one_by_one(found: list[Candidate]) -> None:
    chosen, at = [], 0
    while left := [c for c in found if c.first >= at]:
        first = min(c.first for c in left)
        last = max(c.last for c in left if c.first == first)
        chosen.append((first, last))
        at = last
    assert [(c.first, c.last) for c in _longest(found)] == chosen


@pytest.mark.parametrize(
    ("text", "cui"),
    [
        ("The RET gene was sequenced.", "C1"),
        ("RET mutations were found.", "C1"),
        ("The RET protein is a kinase.", "C2"),
        ("A patient with acute RET was seen.", "C3"),
        ("RET patients were seen.", "C3"),
        ("Administered RET at 5 mg.", "C4"),
    ],
)
def test_the_word_beside_a_name_tells_its_type(text: str, cui: str) -> None:
    kinds = {"C1": "T028", "C2": "T116", "C3": "T047", "C4": "T121"}
    own = linker(*(Entry(c, f"thing {c}", ["RET"], types=[t]) for c, t in kinds.items()))
    assert [m.cui for m in own.link(text)] == [cui]
