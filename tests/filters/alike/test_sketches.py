"""Signatures of texts: what is the same, what is near, what they cost to share."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.alike.sketches import (
    BANDS,
    MOST_SHINGLES,
    SHINGLE_WORDS,
    containment,
    jaccard,
    normalised,
    text_signature,
)

CAPTION = (
    "Axial contrast-enhanced CT of the chest shows a 3 cm mass in the right upper lobe (arrow) with "
    "enlarged mediastinal lymph nodes and a small pleural effusion on the same side"
)


@pytest.mark.parametrize(
    "other",
    [
        f"Figure 3. {CAPTION}",
        f"FIG. 12B | {CAPTION}.",
        f"Supplementary Figure S4: {CAPTION}",
        f"Fig. iv - {CAPTION}",
        CAPTION.upper(),
        CAPTION.replace(" ", "  \n"),
        CAPTION.replace("(arrow)", "[arrow];"),
        CAPTION.replace("contrast", "con\u00adtrast").replace("mass", "ma\u200bss"),
        CAPTION.replace("CT", "\uff23\uff34"),  # full-width letters
    ],
)
def test_the_same_text_in_another_dress(other: str) -> None:
    assert text_signature(other) == text_signature(CAPTION)


@pytest.mark.parametrize(
    "other",
    [
        CAPTION.replace("3 cm", "4 cm"),
        CAPTION.replace("right", "left"),
        CAPTION.replace("a 3 cm mass in the", "in the a 3 cm mass"),
        "Figure of merit: " + CAPTION,
    ],
)
def test_another_text(other: str) -> None:
    assert text_signature(other).exact != text_signature(CAPTION).exact
    assert text_signature(other).shingles != text_signature(CAPTION).shingles


def test_a_label_is_taken_off_only_at_the_start_and_only_where_it_is_one() -> None:
    assert normalised("Figure 2A: Mass. See Figure 3.") == ["mass", "see", "figure", "3"]
    assert normalised("Figures of speech") == ["figures", "of", "speech"]
    assert normalised("Image 4") == []
    assert normalised("Fig vivid") == ["fig", "vivid"]


def test_it_is_the_same_on_every_machine() -> None:
    """The numbers that any version must give; a process with other hash seeds gives them, too."""
    signature = text_signature("Chest radiograph of a 45-year-old man, μ = 3")
    assert signature.words == 10
    assert signature.exact == 15650015083220195168
    assert signature.shingles[0] == 364950850
    assert signature.bands[:2] == [2294068584, 14912011]
    code = f"from filters.alike.sketches import text_signature; print(text_signature({CAPTION!r}))"
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said == [f"{text_signature(CAPTION)}\n"] * 2


@given(st.text(max_size=400))
def test_any_text_has_a_signature_of_the_right_shape(text: str) -> None:
    signature = text_signature(text)
    assert 0 <= signature.exact < 2**64
    assert len(signature.bands) == (BANDS if signature.words else 0)
    assert signature.shingles == sorted(set(signature.shingles))
    assert len(signature.shingles) <= max(1, signature.words - SHINGLE_WORDS + 1)
    assert bool(signature.shingles) == bool(signature.words)
    assert all(0 <= key < 2**32 for key in signature.bands + signature.shingles)


def test_no_words_are_like_nothing() -> None:
    empty = text_signature(" -- ")
    assert (empty.words, empty.bands, empty.shingles) == (0, [], [])
    assert jaccard(empty.shingles, empty.shingles) == 0
    assert containment(empty.shingles, text_signature(CAPTION).shingles) == 0


def test_short_texts_are_one_run() -> None:
    one, two = text_signature("Case"), text_signature("Case two")
    assert len(one.shingles) == len(two.shingles) == 1
    assert one.shingles != two.shingles
    assert text_signature("two case").shingles != two.shingles


def test_characters_are_words_where_there_are_no_spaces() -> None:
    signature = text_signature("图1. 胸部CT显示右上肺肿块。")
    assert signature.words == 10  # CT is one
    near = text_signature("胸部CT显示左上肺肿块")
    assert 0.3 < jaccard(signature.shingles, near.shingles) < 1
    assert normalised("मस्तिष्क का एमआरआई") == ["मस्तिष्क", "का", "एमआरआई"]


def test_jaccard_and_containment_of_known_texts() -> None:
    words = CAPTION.split()
    whole, half = text_signature(CAPTION), text_signature(" ".join(words[:16]))
    runs = len(normalised(" ".join(words[:16]))) - SHINGLE_WORDS + 1
    assert len(half.shingles) == runs
    assert jaccard(whole.shingles, half.shingles) == pytest.approx(runs / len(whole.shingles))
    assert containment(half.shingles, whole.shingles) == 1
    assert containment(whole.shingles, half.shingles) == pytest.approx(runs / len(whole.shingles))


def _words(chance: random.Random, count: int) -> list[str]:
    return [f"w{chance.randrange(10**6)}" for _ in range(count)]


@pytest.mark.parametrize(
    ("replaced", "least", "most"), [(2, 0.985, 1.0), (5, 0.7, 0.99), (16, 0, 0.2)]
)
def test_bands_find_what_is_alike(replaced: int, least: float, most: float) -> None:
    """Runs of words at the end replaced: 100 words have 98 shingles."""
    chance = random.Random(1)
    met = 0
    for _ in range(300):
        words = _words(chance, 50)
        other = words[: 50 - 2 * replaced] + _words(chance, 2 * replaced)
        a, b = text_signature(" ".join(words)), text_signature(" ".join(other))
        assert jaccard(a.shingles, b.shingles) == pytest.approx(
            (48 - 2 * replaced) / (48 + 2 * replaced), abs=0.01
        )
        met += bool({*a.bands} & {*b.bands})
    assert least <= met / 300 <= most


def test_bands_of_strangers_do_not_meet() -> None:
    chance = random.Random(3)
    keys: set[int] = set()
    for _ in range(2000):
        bands = text_signature(" ".join(_words(chance, 20))).bands
        assert keys.isdisjoint(bands)  # 32,000 keys of 32 bits: 0.1 would meet by chance
        keys.update(bands)


def test_long_texts_are_sampled_and_still_compared_rightly() -> None:
    chance = random.Random(3)
    words = _words(chance, 5000)
    other = words[:4000] + _words(chance, 1000)
    a, b = text_signature(" ".join(words)), text_signature(" ".join(other))
    assert len(a.shingles) == len(b.shingles) == MOST_SHINGLES
    assert jaccard(a.shingles, b.shingles) == pytest.approx(4000 / 6000, abs=0.08)
    assert {*a.bands} & {*b.bands}
    part = text_signature(" ".join(words[1000:1100]))
    assert containment(part.shingles, a.shingles) > 0.9
    assert containment(text_signature(" ".join(_words(chance, 100))).shingles, a.shingles) == 0


@pytest.mark.parametrize("unit", ["word ", "a", "图", "fig 1 ", " ", "\ud800", "\u0301"])
def test_a_megabyte_takes_a_moment(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    start = time.process_time()
    text_signature(text)
    assert time.process_time() - start < 10
