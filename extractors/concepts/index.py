"""The names of a vocabulary in one automaton that is read word by word.

Aho and Corasick (1975) find all names in one pass over a text. Here the letters of the automaton
stand for whole words: each word has three characters, of three alphabets, so that a name can
match only where a word begins, and an index into the text is an index of words.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ahocorasick
import numpy as np

from extractors.concepts.names import ways_to_write

CODE_LENGTH = 3
_RADIX = 64
_FIRST, _SECOND, _THIRD = 0x1000, 0x400, 0x500
UNKNOWN = "\x00" * CODE_LENGTH

# How well a name stands for its concept, best first.
PREFERRED, SYNONYM, VARIANT = 0, 1, 2


@dataclass(frozen=True)
class Index:
    """`n` keys (sequences of word forms) and the concepts that each may mean.

    The meanings of key `k` are rows `first[k]` to `first[k + 1]` of `concept` (index into the
    entries) and `rank` (how the name stands for it). `only_acronym`, `has_acronym`: all, or some,
    of a key's names are short words in capitals.
    """

    codes: dict[str, str]
    automaton: ahocorasick.Automaton
    first: array[int]  # n + 1
    concept: array[int]  # m
    rank: bytes  # m
    only_acronym: bytes  # n
    has_acronym: bytes  # n
    words: bytes  # n: words of each key
    letters: bytes  # n: letters of each key

    @property
    def keys(self) -> int:
        """How many keys there are."""
        return len(self.words)

    def meanings(self, key: int) -> range:
        """The rows of the meanings of a key."""
        return range(self.first[key], self.first[key + 1])

    def key_of(self, words: Sequence[str]) -> int | None:
        """The key of exactly these word forms, or None."""
        code = "".join(self.codes.get(word, UNKNOWN) for word in words)
        return self.automaton.get(code, None) if code else None


def build_index(names: Iterable[Sequence[str]]) -> Index:
    """The index of the names of each concept, its preferred name first, by the concepts' order.

    Raises ValueError where there is no name.
    """
    codes = _NewCodes()
    automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
    columns = tuple(array("i") for _ in range(4))
    keys, concepts, ranks, acronyms = columns
    words, letters = array("B"), array("B")
    for number, ways_of in enumerate(names):
        for i, name in enumerate(ways_of):
            acronym = is_acronym(name)
            for j, way in enumerate(ways_to_write(name)):
                code = "".join(map(codes.__getitem__, way))
                key = automaton.get(code, -1)
                if key < 0:
                    key = len(words)
                    automaton.add_word(code, key)
                    words.append(len(way))
                    letters.append(min(len("".join(way)), 255))
                keys.append(key)
                concepts.append(number)
                ranks.append(VARIANT if j else SYNONYM if i else PREFERRED)
                acronyms.append(acronym)
    if not words:
        raise ValueError("the vocabulary has no names")
    automaton.make_automaton()
    return _packed(
        dict(codes), automaton, [np.frombuffer(c, np.int32) for c in columns], words, letters
    )


def is_acronym(name: str) -> bool:
    """Whether a name is one short word in capitals, which counts only where written so."""
    return len(name) <= 6 and sum(c.isupper() for c in name) >= 2 and " " not in name


class _NewCodes(dict[str, str]):
    """The code of each word; a word not met before is given the next one."""

    def __missing__(self, word: str) -> str:
        high, low = divmod(len(self), _RADIX)
        higher, high = divmod(high, _RADIX)
        self[word] = code = chr(_FIRST + higher) + chr(_SECOND + high) + chr(_THIRD + low)
        return code


def _packed(
    codes: dict[str, str],
    automaton: ahocorasick.Automaton,
    columns: Sequence[np.ndarray],
    words: array[int],
    letters: array[int],
) -> Index:
    """Sort the meanings by key, each concept once a key with its best rank."""
    keys, concept, rank, acronym = columns
    order = np.lexsort((rank, concept, keys))
    keys, concept, rank, acronym = (column[order] for column in columns)
    new = np.ones(len(keys), bool)
    new[1:] = (keys[1:] != keys[:-1]) | (concept[1:] != concept[:-1])
    starts = np.searchsorted(keys, np.arange(len(words)))
    first = np.searchsorted(keys[new], np.arange(len(words) + 1))
    return Index(
        codes,
        automaton,
        array("i", first.astype(np.int32).tobytes()),
        array("i", concept[new].tobytes()),
        rank[new].astype(np.uint8).tobytes(),
        np.minimum.reduceat(acronym, starts).astype(np.uint8).tobytes(),
        np.maximum.reduceat(acronym, starts).astype(np.uint8).tobytes(),
        words.tobytes(),
        letters.tobytes(),
    )
