"""What a name means where several concepts share it, and the records of concepts.

A meaning that annotated text prefers wins; then one that the rest of the document names for
certain; then the one whose definition and relatives the text speaks of (Lesk 1986); then the
one whose preferred name it is.
"""

from __future__ import annotations

import re
from collections.abc import Set
from functools import lru_cache

import numpy as np
import pyarrow as pa

from extractors.concepts.index import Index

_WORD = re.compile(r"[^\W\d_]{5,}")


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

    def meaning(
        self,
        index: Index,
        rows: range,
        text: str,
        known: Set[int],
        counted: np.ndarray | None = None,
    ) -> tuple[int, float]:
        """The row of `rows` (the meanings of a key) that is meant in `text`, and how sure, to 1.

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
            rank = min(index.rank[row] for row in rows)
            left = [row for row in rows if index.rank[row] == rank]
        if len(left) == 1:
            return left[0], 1.0
        words = set(_WORD.findall(text.lower()))
        spoken = {row: len(words & self._words(index.concept[row])) for row in left}
        most = max(spoken.values())
        best_rows = [row for row in left if spoken[row] == most]
        return best_rows[0], 1.0 / len(best_rows)
