"""Phrases of a word list found in a text, longest first, in one pass over its words.

A list is written as people read it: `western blot, echocardiogra*, CT scan`. Words are compared
without case and plural, hyphen and slash part words, a star ends a stem. A word in capitals (`CT`,
`SEM`) is an acronym and is found in capitals only, also with a plural s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec

Payload = TypeVar("Payload")

_WORD = re.compile(r"\w+(?:&\w+)?|[±*<>=×%&]")
_ACRONYM = re.compile(r"(?=[A-Z0-9&]*[A-Z])[A-Z0-9&]{2,6}s?")
_LONGEST_WORD = 60
_SHORTEST_PLURAL = 4
_SAME = frozenset({"species", "series", "lens", "pancreas"})
_END = ""


class Word(msgspec.Struct, frozen=True):
    """A word of a text: as an acronym if it may be one, in plain form, and where it stands."""

    acronym: str
    plain: str
    start: int
    end: int


class Found(msgspec.Struct, Generic[Payload], frozen=True):
    """A phrase found from word `first` up to, not including, word `last`."""

    first: int
    last: int
    payload: Payload


@lru_cache(maxsize=1 << 15)
def _forms(word: str) -> tuple[str, str]:
    """The acronym that a word may be, and its plain form: lower case, without a plural s."""
    acronym = word.rstrip("s") if _ACRONYM.fullmatch(word) else ""
    low = word.lower()
    return acronym, _singular(low)


def _singular(word: str) -> str:
    if len(word) < _SHORTEST_PLURAL or word[-1] != "s" or word[-2] in "sui" or word in _SAME:
        return word
    return word[:-3] + "y" if word.endswith("ies") else word[:-1]


@lru_cache(maxsize=256)
def words_of(text: str) -> tuple[Word, ...]:
    """The words of `text` with their places; signs such as ± and < are words too."""
    found = []
    for match in _WORD.finditer(text.replace("_", " ")):
        acronym, plain = _forms(match[0][:_LONGEST_WORD])
        found.append(Word(acronym, plain, match.start(), match.end()))
    return tuple(found)


def written(phrases: str) -> list[str]:
    """The phrases of a list as it is written: parted by commas, line breaks are blanks."""
    return [" ".join(phrase.split()) for phrase in phrases.split(",") if phrase.strip()]


class PhraseList(Generic[Payload]):
    """A list of phrases with a payload each, compiled once. Raises ValueError for an empty phrase and one with two."""

    def __init__(self, entries: Mapping[str, Payload]) -> None:
        pieces = {phrase: re.findall(r"\w+(?:&\w+)?\*?|[±*<>=×%&]", phrase) for phrase in entries}
        stems = {p[:-1].lower() for words in pieces.values() for p in words if _is_stem(p)}
        self._stems = _by_start(stems)
        self._stem = lru_cache(maxsize=1 << 15)(self._stem_of)
        self._tree: dict[str, Any] = {}
        for phrase, words in pieces.items():
            node = self._tree
            for word in words:
                node = node.setdefault(self._key(word), {})
            if not words or node.get(_END, entries[phrase]) != entries[phrase]:
                raise ValueError(f"no words, or twice with two meanings: {phrase!r}")
            node[_END] = entries[phrase]

    def _key(self, word: str) -> str:
        if _is_stem(word):
            return f"{word[:-1].lower()}*"
        acronym, plain = _forms(word)
        return acronym or self._stem(plain)

    def _stem_of(self, plain: str) -> str:
        """`endoscop*` for `endoscopic` where that stem is in the list, else the word itself."""
        for stem in self._stems.get(plain[:3], ()):
            if plain.startswith(stem):
                return f"{stem}*"
        return plain

    def find(self, words: Sequence[Word]) -> Iterator[Found[Payload]]:
        """The phrases among `words` from left to right, the longest where several start."""
        tree, stem = self._tree, self._stem
        at = 0
        while at < len(words):
            word = words[at]
            if word.acronym not in tree and stem(word.plain) not in tree:
                at += 1
                continue
            end, payload = self._longest(tree, words, at)
            if end > at:
                yield Found(at, end, payload)
            at = max(end, at + 1)

    def _longest(self, node: dict[str, Any], words: Sequence[Word], at: int) -> tuple[int, Any]:
        best: tuple[int, Any] = (at, node[_END]) if _END in node else (0, None)
        if at >= len(words):
            return best
        word = words[at]
        for key in (word.acronym, self._stem(word.plain)):
            if key and key in node:
                best = max(best, self._longest(node[key], words, at + 1), key=_reach)
        return best


def _is_stem(word: str) -> bool:
    return len(word) > 1 and word.endswith("*")


def _reach(found: tuple[int, Any]) -> int:
    return found[0]


def _by_start(stems: Iterable[str]) -> dict[str, list[str]]:
    """Stems by their first three letters, the longest first. Raises ValueError for shorter ones."""
    found: dict[str, list[str]] = {}
    for stem in sorted(stems, key=len, reverse=True):
        if len(stem) < 3:
            raise ValueError(f"a stem has three letters or more: {stem!r}")
        found.setdefault(stem[:3], []).append(stem)
    return found
