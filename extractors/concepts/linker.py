"""Concepts in a text: of all names in it the best that do not overlap, and what they mean.

Without counts from annotated text the longest name wins; with them (`tuning`) each candidate has
a probability and the most probable set is taken. Offsets are characters of the text as given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

import msgspec

from extractors.concepts.index import VARIANT, Index
from extractors.concepts.meanings import Concepts
from extractors.concepts.reading import Candidate, Expansions, Reader
from extractors.concepts.tuning import Tuning

_VARIANT_SCORE = 0.95


class Mention(msgspec.Struct, frozen=True):
    """A concept at characters `start` to `end`; `score` is from 0 to 1, see `Linker`."""

    start: int
    end: int
    cui: str
    name: str
    types: list[str]
    score: float


class Chosen(NamedTuple):
    """A name to link at characters `start` to `end`, and how sure that it is one."""

    start: int
    end: int
    key: int
    score: float


class Linker:
    """Links texts to the concepts of one vocabulary; made once, used for any number of texts.

    `score` of a mention: with `tuning`, the probability that an annotator would have linked this
    span to this concept; else 1 for a name as the vocabulary has it, less for another way to
    write it, a near spelling, and a name of several concepts that nothing tells apart.
    `threshold`: the probability from which a name is taken, instead of that of `tuning`.
    """

    def __init__(
        self,
        index: Index,
        concepts: Concepts,
        tuning: Tuning | None = None,
        approximate: bool = True,
        threshold: float | None = None,
    ) -> None:
        self.index, self.concepts, self.tuning = index, concepts, tuning
        self.reader = Reader(index, approximate, every_word=tuning is not None)
        self._threshold = threshold
        # Meanings that no context changes, by key.
        self._fixed: dict[int, tuple[str, str, list[str], float, int]] = {}

    def link(self, text: str) -> list[Mention]:
        """The mentions of one text on its own, in order, none overlapping."""
        return self.mentions(text, self.choose(text))

    def choose(self, text: str, expansions: Expansions | None = None) -> list[Chosen]:
        """The names to link in a text, in order, none overlapping; what they mean is not said."""
        found, spans = self.reader.read(text, expansions)
        if self.tuning:
            chosen = self.tuning.choose(found, self._threshold)
        else:
            chosen = [(c, c.likeness) for c in _longest(found)]
        return [
            Chosen(spans[c.first][0], spans[c.last - 1][1], c.key, score) for c, score in chosen
        ]

    def mentions(
        self, text: str, chosen: Sequence[Chosen], known: Set[int] = frozenset()
    ) -> list[Mention]:
        """The chosen names of `text` as mentions.

        `known`: numbers of the concepts that the document names for certain.
        """
        return [self._mention(text, one, known) for one in chosen]

    def certain(self, chosen: Iterable[Chosen]) -> set[int]:
        """The numbers of the concepts that chosen names mean without doubt."""
        first, concept = self.index.first, self.index.concept
        return {concept[first[c.key]] for c in chosen if first[c.key + 1] - first[c.key] == 1}

    def _mention(self, text: str, chosen: Chosen, known: Set[int]) -> Mention:
        start, end, key, score = chosen
        meaning = self._fixed.get(key)
        if meaning is None:
            meaning = self._meaning(text, (start, end), key, known)
        cui, name, types, share, rank = meaning
        if not self.tuning:
            score *= share * (_VARIANT_SCORE if rank == VARIANT else 1.0)
        return Mention(start, end, cui, name, types, round(score, 3))

    def _meaning(
        self, text: str, span: tuple[int, int], key: int, known: Set[int]
    ) -> tuple[str, str, list[str], float, int]:
        """CUI, name and types of what a span with this key means; how sure that is; its rank."""
        rows = self.index.meanings(key)
        counted = self.tuning.counts.meant[rows.start : rows.stop] if self.tuning else None
        row, share = self.concepts.meaning(self.index, rows, text, span, known, counted)
        meaning = (*self.concepts.record(self.index.concept[row]), share, self.index.rank[row])
        if len(rows) == 1 or (counted is not None and counted.any()):
            self._fixed[key] = meaning
        return meaning


def _longest(found: list[Candidate]) -> list[Candidate]:
    """The leftmost longest candidates, none overlapping."""
    chosen: list[Candidate] = []
    end = 0
    for candidate in sorted(found, key=lambda c: (c.first, -c.last, -c.likeness)):
        if candidate.first >= end:
            chosen.append(candidate)
            end = candidate.last
    return chosen
