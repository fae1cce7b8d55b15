"""The panels that a citing sentence names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.figures.citations import cited_labels

UPPER, LOWER = tuple("ABCD"), tuple("abcd")


@pytest.mark.parametrize(
    ("sentence", "figure", "labels", "cited"),
    [
        ("The mass is shown in Fig. 2b.", "Fig. 2.", LOWER, "b"),
        ("Cells grew (Figure 2A-C).", "Figure 2", UPPER, "ABC"),
        ("See Figs. 1B and 2C.", "Figure 2", UPPER, "C"),
        ("See Figs. 1B and 2C.", "Figure 1", UPPER, "B"),
        ("Fig. 2 (a) shows the mass.", "F2", LOWER, "a"),
        ("The nodes (Fig. 2A, B; Fig. 3) grew.", "Fig. 2", UPPER, "AB"),
        ("It is seen in Figure 2, panel B.", "Figure 2", UPPER, "B"),
        ("It is seen in panels A–D of Figure 2.", "Figure 2", UPPER, "ABCD"),
        ("The blots (Fig. S3C) agree.", "Fig. S3", UPPER, "C"),
        ("Supplementary Fig. 3C agrees.", "Figure S3", UPPER, "C"),
        ("Veja a Figura 2B e 2C.", "Figura 2", UPPER, "BC"),
        ("FIG. 2c shows it.", "Fig 2", UPPER, "C"),
        ("Fig. 2 A and B show it.", "Fig. 2", UPPER, "AB"),
        ("Figs. 2A–2C show it.", "Fig. 2", UPPER, "ABC"),
        ("Fig. 2(a)-(c) show it.", "Fig. 2", LOWER, "abc"),
        ("It grew (Fig. 2, B and C).", "Fig. 2", UPPER, "BC"),
        ("It grew (Fig.2B).", "Fig. 2", UPPER, "B"),
        ("It grew (Figs. 2 and 3B).", "Fig. 3", UPPER, "B"),
        ("See Fig. 2.", "Fig. 2", UPPER, ""),
        ("See Figs 1-4.", "Fig. 2", UPPER, ""),
        ("See Fig. 12b.", "Fig. 2", LOWER, ""),
        ("See Fig. 2b.", "Fig. 12", LOWER, ""),
        ("See Fig. 3C.", "Fig. S3", UPPER, ""),
        ("In Fig. 2 a patient is shown.", "Fig. 2", UPPER, ""),
        ("See Figure 2. A total of 5 rats were used.", "Figure 2", UPPER, ""),
        ("See Fig. 2 and A549 cells.", "Fig. 2", UPPER, ""),
        ("See Fig. 2b.", "Scheme", LOWER, ""),
        ("See Fig. 2b.", "Fig. 2", (), ""),
    ],
)
def test_the_panels_of_one_figure(
    sentence: str, figure: str, labels: tuple[str, ...], cited: str
) -> None:
    assert cited_labels(sentence, figure, labels) == tuple(cited)


@pytest.mark.parametrize("piece", ["Fig. 1, ", "Fig. 1A, B, ", "A, ", "Figs 1-"])
def test_long_sentences_are_no_trouble(piece: str) -> None:
    cited_labels(piece * 2000, "Fig. 1", UPPER)


@given(st.text(max_size=120), st.text(max_size=12))
def test_any_text_cites_known_labels_only(sentence: str, figure: str) -> None:
    assert set(cited_labels(f"Fig. 2{sentence}", figure or "Fig. 2", UPPER)) <= set(UPPER)
