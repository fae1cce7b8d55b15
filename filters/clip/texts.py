"""Texts as a CLIP model reads them: long ones in overlapping windows, equal ones only once.

A window is as many whole words as the model's context holds; its tokenizer puts begin and end
around it. Words are what whitespace parts, and pieces of words that are too long for a window.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Literal

import numpy as np

LongTexts = Literal["first", "best", "mean"]
# How many tokens each of some words takes, without begin and end.
Count = Callable[[list[str]], list[int]]

MOST_WINDOWS = 64
_MOST_CHARACTERS = 50_000
_LONGEST_PIECE = 128  # a tokenizer's time can grow with the square of a word's length
_OVERLAP = 8  # a window shares at most an eighth with the one before
_MOST_COUNTS = 200_000


def spans(counts: Sequence[int], room: int, overlap: int) -> list[tuple[int, int]]:
    """Ranges of words that cover all of them, each of at most `room` tokens where its words allow.

    Neighbours share up to `overlap` tokens; the last range begins as early as there is room for, so
    that it is no mere rest. `counts` are the tokens of each word.
    """
    ends = [0, *accumulate(counts)]
    found: list[tuple[int, int]] = []
    start = 0
    while True:
        end = start + 1
        while end < len(counts) and ends[end + 1] - ends[start] <= room:
            end += 1
        if end >= len(counts):
            break
        found.append((start, end))
        next_start = end
        while (
            next_start - 1 > start
            and ends[end] - ends[next_start - 1] <= overlap
            and ends[end + 1] - ends[next_start - 1] <= room
        ):
            next_start -= 1
        start = next_start
    while start and ends[-1] - ends[start - 1] <= room:
        start -= 1
    return [*found, (start, len(counts))]


@dataclass
class Reader:
    """Cuts texts into what a model reads at once. `room` is its context without begin and end."""

    count: Count
    room: int
    _counts: dict[str, int] = field(default_factory=dict)

    def windows(self, text: str, long_texts: LongTexts = "best") -> list[str]:
        """The text itself where it fits, else its windows, at most `MOST_WINDOWS`.

        With `first`, what is left of it once the tokenizer has cut it off.
        """
        whole = len(text) <= _MOST_CHARACTERS
        text = text[:_MOST_CHARACTERS]
        words, glued = self._words(text)
        counts = self._counted(words)
        if sum(counts) <= self.room or (long_texts == "first" and whole and not any(glued)):
            return [text]
        if long_texts == "first":
            needed = next(i for i, n in enumerate(accumulate(counts)) if n > self.room)
            return [_joined(words, glued, 0, needed + 1)]
        ranges = spans(counts, self.room, self.room // _OVERLAP)[:MOST_WINDOWS]
        return [_joined(words, glued, start, end) for start, end in ranges]

    def _words(self, text: str) -> tuple[list[str], list[bool]]:
        """Words and pieces of words that fit a window, and which belong to the one before."""
        words: list[str] = []
        glued: list[bool] = []
        for word in text.split():
            pieces = self._pieces(word)
            words += pieces
            glued += [False, *[True] * (len(pieces) - 1)]
        return words, glued

    def _pieces(self, word: str) -> list[str]:
        if len(word) > _LONGEST_PIECE:
            parts = range(0, len(word), _LONGEST_PIECE)
            return [p for at in parts for p in self._pieces(word[at : at + _LONGEST_PIECE])]
        if len(word) == 1 or 4 * len(word) <= self.room or self._counted([word])[0] <= self.room:
            return [word]
        middle = len(word) // 2
        return self._pieces(word[:middle]) + self._pieces(word[middle:])

    def _counted(self, words: list[str]) -> list[int]:
        if len(self._counts) > _MOST_COUNTS:
            self._counts.clear()
        new = [word for word in dict.fromkeys(words) if word not in self._counts]
        if new:
            self._counts.update(zip(new, self.count(new), strict=True))
        return [self._counts[word] for word in words]


def _joined(words: list[str], glued: list[bool], start: int, end: int) -> str:
    parts = [words[start]]
    for word, stuck in zip(words[start + 1 : end], glued[start + 1 : end], strict=True):
        parts += [word] if stuck else [" ", word]
    return "".join(parts)


class Texts:
    """Windows of different texts, given to the model `batch` at a time as they come.

    `encode` takes texts and gives a handle; what comes of the handles stays where it is until
    `finish`, so that a GPU need not be waited for.
    """

    def __init__(
        self,
        encode: Callable[[list[str]], Any],
        reader: Reader,
        batch: int,
        long_texts: LongTexts = "best",
    ) -> None:
        self._encode, self._reader, self._batch = encode, reader, batch
        self._long_texts = long_texts
        self._known: dict[bytes, int] = {}
        self._waiting: list[str] = []
        self._starts = [0]
        self._handles: list[Any] = []

    def add(self, text: str) -> int:
        """The number of a text; it keeps that number however often it comes."""
        key = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        if key not in self._known:
            self._known[key] = len(self._known)
            windows = self._reader.windows(text, self._long_texts)
            self._starts.append(self._starts[-1] + len(windows))
            self._waiting += windows
            while len(self._waiting) >= self._batch:
                self._flush()
        return self._known[key]

    def finish(self) -> tuple[list[Any], list[int]]:
        """The handles of all windows in their order, and where each text's begin (and the end)."""
        while self._waiting:
            self._flush()
        return self._handles, self._starts

    def _flush(self) -> None:
        batch, self._waiting = self._waiting[: self._batch], self._waiting[self._batch :]
        self._handles.append(self._encode(batch))


@dataclass(frozen=True)
class Vectors:
    """Unit vectors of windows, (M, width) float32; those of text i are `starts[i]` to
    `starts[i + 1]`."""

    windows: np.ndarray
    starts: Sequence[int]

    def of(self, text: int) -> np.ndarray:
        """Those of one text, (k, width)."""
        return self.windows[slice(*self.place(text))]

    def place(self, text: int) -> tuple[int, int]:
        """The range of windows of one text."""
        return self.starts[text], self.starts[text + 1]

    def usable(self, text: int) -> bool:
        """Whether all numbers are finite, which fp16 does not promise."""
        return bool(np.isfinite(self.windows[slice(*self.place(text))]).all())

    def means(self) -> Vectors:
        """One vector for each text: the unit mean of those of its windows."""
        sums = np.stack([self.of(text).sum(axis=0) for text in range(len(self.starts) - 1)])
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        return Vectors(sums / lengths, range(len(self.starts)))
