"""Windows of long texts and the order of batches, without any model."""

from __future__ import annotations

import itertools
import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from filters.clip.texts import MOST_WINDOWS, Reader, Texts, Vectors, spans


def count(words: list[str]) -> list[int]:
    """A token for every three letters."""
    return [-(-len(word) // 3) for word in words]


@given(st.lists(st.integers(1, 10), min_size=1, max_size=60), st.integers(10, 40))
def test_ranges_cover_all_words_and_fit(counts: list[int], room: int) -> None:
    overlap = room // 8
    found = spans(counts, room, overlap)
    assert found[0][0] == 0
    assert found[-1][1] == len(counts)
    for start, end in found:
        assert start < end
        assert sum(counts[start:end]) <= room
    for (start, end), (next_start, next_end) in itertools.pairwise(found):
        assert start < next_start <= end < next_end  # no gap, and always on
    for (_, end), (next_start, _) in itertools.pairwise(found[:-1]):
        assert sum(counts[next_start:end]) <= overlap
    start = found[-1][0]
    assert not start or sum(counts[start - 1 :]) > room  # the last is no mere rest


def test_ranges_overlap_where_words_are_short() -> None:
    assert spans([1] * 20, 8, 2) == [(0, 8), (6, 14), (12, 20)]
    assert spans([1] * 9, 8, 2) == [(0, 8), (1, 9)]
    assert spans([1] * 8, 8, 2) == [(0, 8)]
    assert spans([], 8, 2) == [(0, 0)]


def test_a_text_that_fits_stays_as_it_is() -> None:
    reader = Reader(count, 8)
    for text in ("", "  ", "Two\n words ", "abc " * 8):
        assert reader.windows(text) == [text]


def test_a_long_text_is_cut_at_words() -> None:
    text = "one two three four five six seven eight nine ten"
    assert Reader(count, 9).windows(text) == [
        "one two three four five six",
        "six seven eight nine ten",
    ]
    assert Reader(count, 9).windows(text, "first") == [text]  # its tokenizer cuts it


def test_a_word_longer_than_a_window_is_cut_without_losing_a_letter() -> None:
    reader = Reader(count, 8)
    letters = "".join(chr(0x4E00 + i) for i in range(300))
    windows = reader.windows(letters)
    assert all(len(window) <= 24 and " " not in window for window in windows)
    assert set("".join(windows)) == set(letters)
    (first,) = reader.windows(letters, "first")
    assert letters.startswith(first)
    assert len(first) > 24


@given(st.text(max_size=400), st.integers(2, 30))
def test_no_window_is_too_long_and_no_word_is_lost(text: str, room: int) -> None:
    windows = Reader(count, room).windows(text)
    if len(windows) > 1:
        assert all(sum(count(window.split())) <= room for window in windows)
    if len(windows) < MOST_WINDOWS:
        assert set("".join(text.split())) == set("".join("".join(windows).split()))


def test_hostile_texts_are_cut_in_time() -> None:
    def slow(words: list[str]) -> list[int]:  # as byte pairs are merged: the square of the length
        assert all(len(word) <= 128 for word in words)
        return [len(word) for word in words]

    start = time.perf_counter()
    for text in ("x" * 5_000_000, "x " * 2_000_000, "\u4e00" * 1_000_000):
        assert len(Reader(slow, 75).windows(text)) == MOST_WINDOWS
        assert len(Reader(slow, 75).windows(text, "first")) == 1
    assert time.perf_counter() - start < 20


def test_equal_texts_are_read_once_and_batches_are_full() -> None:
    batches: list[list[str]] = []

    def encode(texts: list[str]) -> int:
        batches.append(texts)
        return len(texts)

    texts = Texts(encode, Reader(count, 4), 3)
    numbers = [texts.add(text) for text in ("a", "b", "a", "a b c d e", "c", "b")]
    assert numbers == [0, 1, 0, 2, 3, 1]
    handles, starts = texts.finish()
    assert batches == [["a", "b", "a b c d"], ["b c d e", "c"]]
    assert handles == [3, 2]
    assert starts == [0, 1, 2, 4, 5]


def test_the_mean_of_windows_is_a_unit_vector() -> None:
    vectors = Vectors(np.array([[1, 0], [0, 1], [0, 1]], np.float32), [0, 1, 3])
    assert np.allclose(vectors.means().windows, [[1, 0], [0, 1]])
    vectors = Vectors(np.array([[1, 0], [0, 1]], np.float32), [0, 2])
    assert np.allclose(vectors.means().of(0), [[0.5**0.5, 0.5**0.5]])
    assert not Vectors(np.array([[np.nan, 0]], np.float32), [0, 1]).usable(0)
