"""Signals of texts: each on texts that deserve it, and on those that do not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.real_texts import article_captions
from filters.texts.quality import MOST, SCORES, text_scores

CAPTION = "Axial CT shows a mass in the right upper lobe (arrow). The left lung is normal."


def score(name: str, text: str, language: str = "en") -> float:
    return text_scores(text, language)[name]


@given(st.text(max_size=300), st.sampled_from(["en", "zh-CN", "PT_br", "xx", ""]))
def test_every_score_of_any_text(text: str, language: str) -> None:
    scores = text_scores(text, language)
    assert tuple(sorted(scores)) == tuple(sorted(SCORES))
    assert all(isinstance(value, float) for value in scores.values())
    counts = {"text_words", "text_urls"}
    assert all(0 <= value <= 1 for name, value in scores.items() if name not in counts), scores
    assert scores == text_scores(text, language)


def test_names_begin_alike_and_are_of_the_module() -> None:
    assert len(set(SCORES)) == len(SCORES)
    assert all(name.startswith("text_") for name in SCORES)


def test_what_a_text_is_made_of() -> None:
    scores = text_scores("AB 12 µ= x.")
    assert scores["text_letters"] == pytest.approx(4 / 8)
    assert scores["text_digits"] == pytest.approx(2 / 8)
    assert scores["text_symbols"] == pytest.approx(1 / 8)  # the full stop is none
    assert scores["text_capitals"] == pytest.approx(2 / 4)
    assert score("text_capitals", "ÄÖ äö") == pytest.approx(2 / 4)
    assert score("text_words", "T2-weighted MR, 3 T") == 5
    assert score("text_words", "图中的肺") == 4


def test_repetition_counts_runs_that_stood_before() -> None:
    assert score("text_repetition", CAPTION) == 0
    assert score("text_repetition", "a b c d a b c") == pytest.approx(1 / 5)
    assert score("text_repetition", "scan " * 50) > 0.9


def test_sentences_and_small_words() -> None:
    assert score("text_sentence", CAPTION) == 1
    assert score("text_sentence", "chest radiograph") == 0
    assert score("text_sentence", "Chest radiograph.") == pytest.approx(2 / 3)
    assert score("text_stop_words", "The mass of the lung") == pytest.approx(3 / 5)


@pytest.mark.parametrize(
    "text",
    [
        "See text.",
        "Figure 2, continued.",
        "Legend as in Fig. 1.",
        "(See legend on previous page.)",
        "Same as Figure 3, see text for details.",
        "Figure 4",
        "Fig 2 cont'd",
        "As in Fig. 5 (A-C)",
        "See Supplementary Table S1 for further information.",
        "Figura 2 (continuação)",
        "见正文",
    ],
)
def test_a_text_that_only_refers(text: str) -> None:
    assert score("text_refers_only", text) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CT of the same patient as in Figure 3.",
        "See text for details of the tumour.",
        "Figure 2, continued. Liver.",
        "MRI",
        "Chest X-ray",
        "胸部X光片",
    ],
)
def test_a_text_that_says_something(text: str) -> None:
    assert score("text_refers_only", text) == 0


@pytest.mark.parametrize(
    ("text", "share"),
    [
        (CAPTION, 0),
        ("Figure 3. Axial CT of the chest", 0),  # its own label
        ("Higher magnification of Figure 4", 2 / 5),
        ("Same eye as in Figs. 2a and 3-5", 7 / 9),
        ("Details in the text", 0),
        ("Mass in the liver (see text for details)", 4 / 8),
        ("Colours as in Table 2", 1),
        ("File in canal", 0),
    ],
)
def test_the_share_of_references(text: str, share: float) -> None:
    assert score("text_references", text) == pytest.approx(share)


@pytest.mark.parametrize(
    ("text", "truncated"),
    [
        ("CT of the", 1),
        ("Mass in the liver, spleen and", 1),
        ("Mass in the liver (arrow", 1),
        ("Mass in the liver,", 1),
        ("Mass in the liver...", 1),
        ("Mass in the li-", 1),
        ("Mass in the liver", 0),
        ("Mass in the liver (arrow)", 0),
        ("Patient A", 0),
        ("Findings are described therein.", 0),
        ("A typo at the end..", 0),
    ],
)
def test_a_text_that_breaks_off(text: str, truncated: float) -> None:
    assert score("text_truncated", text) == truncated


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("<b>CT</b>", 7 / 9),
        ("a &amp; b", 5 / 9),
        (r"\alpha x", 6 / 8),
        ("$x^2$ is", 5 / 8),
        ("p < 0.05 and n > 3 (**p<0.01)", 0),
        ("$5 and $6", 0),
    ],
)
def test_markup(text: str, share: float) -> None:
    assert score("text_markup", text) == pytest.approx(share)


def test_mojibake() -> None:
    assert score("text_mojibake", "Sjögren’s – 5 µm, Ångström, Ã, São, 10 °C") == 0
    for text in ("SjÃ¶gren", "Sjogrenâ€™s", "5 Âµm", "a \ufffd b", "a\x92b"):
        assert score("text_mojibake", text) > 0, text
    wrong = "Sjögren’s".encode().decode("cp1252")
    assert score("text_mojibake", wrong) > 0.3


def test_addresses_and_copyright() -> None:
    assert score("text_urls", "see https://a.org/b and www.c.org, http://d.e") == 3
    assert score("text_urls", "no. 3, p. 4") == 0
    for text in (
        "© 2010 Elsevier",
        "Copyright 2003 by us",
        "Reproduced from [3]",
        "From Smith, with permission of Wiley.",
        "(c) 2011 the authors",
        "Licensed under CC BY-SA 3.0",
    ):
        assert score("text_copyright", text) == 1, text
    for text in ("(c) coronal view", "Taken with permission from our patient", CAPTION):
        assert score("text_copyright", text) == 0, text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (CAPTION, "en"),
        ("TC de tórax, corte axial, com massa no pulmão direito", "pt"),
        ("Tomografía axial del paciente con una masa en el pulmón", "es"),
        ("Radiographie de face montrant une fracture de la diaphyse", "fr"),
        ("Axiale CT mit einer Raumforderung in der Lunge", "de"),
        ("TC assiale del paziente con una massa nel polmone", "it"),
        ("CT-scan van de patiënt met een massa in de long", "nl"),
        ("图中包含的器官是什么？", "zh"),
        ("КТ органов грудной клетки", "ru"),
        ("胸部のCTで肺に腫瘤があります", "ja"),
        ("흉부 CT에서 종괴", "ko"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert score("text_language", text, language) > 0.7
    if language != "en":
        assert score("text_english", text, language) < 0.3
        assert score("text_english", text, "en") < 0.5
        assert score("text_language", text, "sv") < 0.3


def test_names_and_symbols_leave_the_stated_language() -> None:
    for text in (
        "Juxtarenal abdominal aortic aneurysm",
        "α-SMA, μ = 3, IL-1β",
        "Aedes trivittatus",
    ):
        assert score("text_english", text) > 0.5, text
    assert score("text_language", CAPTION, "en-GB") == score("text_english", CAPTION)


def test_only_the_beginning_of_a_long_text_counts() -> None:
    assert score("text_words", "word " * MOST) == MOST / 5


@pytest.mark.parametrize(
    "unit", ["<a ", "$", "\\a", "see fig 1, ", "(", "é", "Ã", "图", "A. ", "{"]
)
def test_a_megabyte_takes_a_moment(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    start = time.process_time()
    text_scores(text)
    assert time.process_time() - start < 5


def test_real_captions_are_in_the_language_their_articles_say(jats_data: Path) -> None:
    texts = {(tongue, text) for _, tongue, text in article_captions(jats_data.parent)}
    right = [(score("text_english", t) >= 0.5) == (tongue == "en") for tongue, t in texts]
    assert len(right) > 900
    assert sum(right) / len(right) > 0.99
    assert sum(score("text_refers_only", t) for _, t in texts) <= 3
    assert sum(score("text_truncated", t) for _, t in texts) <= 0.02 * len(texts)
