"""What a name means where several concepts share it, and the records of concepts.

A meaning that annotated text prefers wins; then one that the rest of the document names for
certain; then one of the type that the word beside it asks for ("RET gene", "acute RET"); then the
one whose preferred name it is; then the one whose definition the text speaks of (Lesk 1986); then
the one that most sources have.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from functools import lru_cache

import numpy as np
import pyarrow as pa

from extractors.concepts.index import Index

_NEXT = re.compile(r"[ -]([A-Za-z]+)")
_WORD = re.compile(r"[^\W\d_]{5,}")

_GENE = frozenset(("T028", "T114", "T086"))
_PROTEIN = frozenset(("T116", "T123", "T126", "T129", "T192"))
_DISORDER = frozenset(
    ("T019", "T020", "T033", "T037", "T046", "T047", "T048", "T184", "T190", "T191")
)
_ANATOMY = frozenset(("T017", "T021", "T022", "T023", "T024", "T029", "T030"))
_DRUG = frozenset(("T109", "T121", "T125", "T130", "T195", "T197", "T200"))
_CELL = frozenset(("T025", "T026"))
# Semantic types by the word after a name, and by the word before it.
_TYPES_AFTER = {
    word: types
    for words, types in (
        ("gene genes locus allele alleles mutation mutations mrna transcript promoter", _GENE),
        ("protein proteins receptor receptors antibody antibodies level levels", _PROTEIN),
        ("patient patients syndrome disease disorder symptoms", _DISORDER),
        ("mg dose doses dosage therapy treatment injection", _DRUG),
        ("cell cells", _CELL),
        ("wall lobe margin border cavity region", _ANATOMY),
    )
    for word in words.split()
}
_TYPES_BEFORE = {
    word: types
    for words, types in (
        ("acute chronic severe recurrent metastatic suspected diagnosed no", _DISORDER),
        ("left right bilateral distal proximal anterior posterior upper lower", _ANATOMY),
        ("oral intravenous topical administered", _DRUG),
    )
    for word in words.split()
}


class Concepts:
    """The columns of a vocabulary that mentions show, read from Arrow only where asked for."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self.record = lru_cache(maxsize=50_000)(self._record)
        self._words = lru_cache(maxsize=5_000)(self._words_about)

    def _record(self, concept: int) -> tuple[str, str, list[str]]:
        """CUI, preferred name and types of a concept by its number."""
        row = self._table.slice(concept, 1)
        return (row["cui"][0].as_py(), row["name"][0].as_py(), row["types"][0].as_py() or [])

    def _words_about(self, concept: int) -> frozenset[str]:
        row = self._table.slice(concept, 1)
        about = " ".join((row["definition"][0].as_py() or "", *(row["synonyms"][0].as_py() or [])))
        return frozenset(_WORD.findall(about.lower()))

    def _sources(self, concept: int) -> int:
        """How many sources have a concept."""
        return len(self._table["sources"][concept].as_py() or [])

    def meaning(
        self,
        index: Index,
        rows: range,
        text: str,
        span: tuple[int, int],
        known: Set[int],
        counted: np.ndarray | None = None,
    ) -> tuple[int, float]:
        """The row of `rows` (the meanings of a key) that `span` of `text` means; how sure, to 1.

        `known`: concepts that the document names for certain. `counted`: how often annotated text
        meant each row, where that is known.
        """
        if len(rows) == 1:
            return rows[0], 1.0
        if counted is not None and (total := int(counted.sum())):
            best = int(np.argmax(counted))
            return rows[best], float(counted[best]) / total
        left = [row for row in rows if index.concept[row] in known]
        if not left:
            fitting = self._of_type(index, rows, types_beside(text, *span))
            rank = min(index.rank[row] for row in fitting)
            left = [row for row in fitting if index.rank[row] == rank]
        if len(left) == 1:
            return left[0], 1.0
        words = set(_WORD.findall(text.lower()))
        spoken = {row: len(words & self._words(index.concept[row])) for row in left}
        most = max(spoken.values())
        equal = [row for row in left if spoken[row] == most]
        known_to = {row: self._sources(index.concept[row]) for row in equal}
        return max(equal, key=lambda row: (known_to[row], -row)), 1.0 / len(equal)

    def _of_type(self, index: Index, rows: range, types: frozenset[str]) -> Sequence[int]:
        """The rows of concepts of one of these types; all where none is."""
        if not types:
            return rows
        fitting = [r for r in rows if not types.isdisjoint(self.record(index.concept[r])[2])]
        return fitting or rows


def types_beside(text: str, start: int, end: int) -> frozenset[str]:
    """The semantic types that the words beside a name ask for; empty where they ask for none."""
    after = _NEXT.match(text, end)
    if after and (types := _TYPES_AFTER.get(after[1].lower())):
        return types
    before = text[max(0, start - 20) : start].split()
    return _TYPES_BEFORE.get(before[-1].lower(), frozenset()) if before else frozenset()
