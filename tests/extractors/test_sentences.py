"""Sentence boundaries where scientific prose makes them hard."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.sentences import sentence_spans


def _split(text: str) -> list[str]:
    return [text[a:b] for a, b in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["One ends here.", "Two starts there."],
        ["As shown in Fig. 2B, it grew.", "See Figs. 3 and 4 for more."],
        ["Smith et al. 2010 saw it.", "We did not."],
        ["It was seen by Smith et al.", "The others were not."],
        ["E. coli and S. aureus grew at 37.5 °C.", "B. subtilis did not."],
        ["The dose was 5 mg (i.e. Low) vs. High.", "Then it rose."],
        ["Is it so?", "Yes!", "“Quite.”", "Good."],
        ["The rhythm was irregular at 2 a.m. (Figure 1) and regular at noon."],
        ["It grew. (Figure 3)."],
        ["A first paragraph", "a second one"],
        ["A paragraph ends", "Fig. 2 shows the next."],
    ],
)
def test_boundaries(sentences: list[str]) -> None:
    text = (
        " ".join(sentences)
        if len(sentences) != 2 or "paragraph" not in sentences[0]
        else "\n".join(sentences)
    )
    assert _split(text) == sentences


@given(st.text(alphabet="aB.?! \n(Fig)12", max_size=80))
def test_spans_are_in_order_and_cover_all_words(text: str) -> None:
    spans = sentence_spans(text)
    assert all(a < b for a, b in spans)
    assert all(b <= c for (_, b), (c, _) in pairwise(spans))
    kept = "".join(text[a:b] for a, b in spans)
    assert "".join(kept.split()) == "".join(text.split())
