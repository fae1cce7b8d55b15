"""Documents: abbreviations and meanings across texts, and what sentences deny or doubt."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from extractors.concepts.document import asserted, link_document
from extractors.concepts.entries import Entry
from extractors.concepts.linker import Linker, Mention
from tests.extractors.concepts.invented import linker

LINKER = linker(
    Entry("PE", "pulmonary embolism", ["PE"]),
    "von Hippel-Lindau disease",
    "pleural effusion",
    "pneumonia",
    "fever",
    Entry("C1", "Common Cold", ["cold"], definition="infection"),
    Entry("C2", "Chronic Obstructive Lung Disease", ["cold"], definition="smoking"),
)


def linked(*texts: str, own: Linker = LINKER) -> list[list[tuple[str, str]]]:
    return [
        [(text[o.mention.start : o.mention.end], o.mention.cui) for o in found]
        for text, found in zip(texts, link_document(own, texts), strict=True)
    ]


def test_a_caption_uses_what_the_abstract_defines() -> None:
    own = linker("pulmonary embolism")
    assert linked("CT of a PE, two PEs.", own=own) == [[]]
    assert linked("CT of a PE, two PEs.", "We saw a pulmonary embolism (PE).", own=own) == [
        [("PE", "pulmonary embolism"), ("PEs", "pulmonary embolism")],
        [("pulmonary embolism", "pulmonary embolism"), ("PE", "pulmonary embolism")],
    ]


def test_part_of_a_name_may_be_abbreviated() -> None:
    caption, _ = linked("VHL disease in MRI", "the von Hippel-Lindau (VHL) gene")
    assert caption == [("VHL disease", "von Hippel-Lindau disease")]


def test_the_document_is_believed_before_the_vocabulary() -> None:
    assert linked("a PE") == [[("PE", "PE")]]
    assert linked("a PE", "with pleural effusion (PE)")[0] == [("PE", "pleural effusion")]
    assert linked("a PE", "after physical education (PE)") == [[], []]


def test_another_text_decides_what_a_name_means() -> None:
    assert linked("cold with infection") == [[("cold", "C1")]]
    found = linked("cold with infection", "Chronic obstructive lung disease is frequent.")
    assert found[0] == [("cold", "C2")]


def test_denials_and_doubts() -> None:
    text = "No pneumonia. Fever was seen; possible pulmonary embolism.\nNo fever"
    (found,) = link_document(LINKER, [text])
    assert [(o.mention.cui, o.negated, o.uncertain) for o in found] == [
        ("pneumonia", True, False),
        ("fever", False, False),
        ("PE", False, True),
        ("fever", True, False),
    ]


def test_no_texts() -> None:
    assert link_document(LINKER, []) == []
    assert link_document(LINKER, ["", "nothing", " "]) == [[], [], []]


def test_a_mention_outside_all_sentences_stays() -> None:
    mention = Mention(0, 3, "C1", "x", [], 1.0)
    assert [o.mention for o in asserted("   ", [mention])] == [mention]


PIECES = ["PE", " (PE)", "pulmonary embolism", " ", ". ", "\n", "no ", "fever", "VHL", "İ", "cold "]


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=10).map("".join), max_size=3))
def test_every_mention_is_kept_in_order(texts: list[str]) -> None:
    found = link_document(LINKER, texts)
    assert len(found) == len(texts)
    for text, own in zip(texts, found, strict=True):
        at = 0
        for one in own:
            assert at <= one.mention.start < one.mention.end <= len(text)
            at = one.mention.end
    assert link_document(LINKER, texts) == found
