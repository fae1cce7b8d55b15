"""The nearest word of a vocabulary for a word it does not have: misspellings and near forms.

Nearness is Dice's coefficient of character 3-grams (Dice 1945; Ukkonen 1992), asked only of words
that begin alike: most meanings that differ by a letter differ at the beginning ("hypo-", "a-").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

LEAST_LIKENESS = 0.72
SHORTEST_LETTERS = 7
_ALIKE_LETTERS = 4
_LENGTH_DIFFERENCE = 2


class NearWords:
    """The words of a vocabulary by their first letters."""

    def __init__(self, words: Iterable[str]) -> None:
        self._groups: dict[str, list[str]] = defaultdict(list)
        for word in words:
            if len(word) >= SHORTEST_LETTERS - 1 and word.isalpha():
                self._groups[word[:_ALIKE_LETTERS]].append(word)

    def nearest(self, word: str) -> tuple[str, float] | None:
        """The most alike word and its likeness of `LEAST_LIKENESS` to 1; None where none is."""
        if len(word) < SHORTEST_LETTERS or not word.isalpha():
            return None
        grams = trigrams(word)
        best: tuple[float, str] = (LEAST_LIKENESS, "")
        for other in self._groups.get(word[:_ALIKE_LETTERS], ()):
            if abs(len(other) - len(word)) <= _LENGTH_DIFFERENCE:
                best = max(best, (likeness(grams, trigrams(other)), other))
        return (best[1], best[0]) if best[1] else None


def trigrams(word: str) -> frozenset[str]:
    """The character 3-grams of a word with its two ends marked."""
    padded = f"^{word}$"
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice's coefficient of two sets, 0 to 1."""
    return 2 * len(one & other) / (len(one) + len(other))
