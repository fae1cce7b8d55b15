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
        self, index: Index, key: int, text: str, known: Set[int], meant: np.ndarray | None
    ) -> tuple[int, float, int]:
        """Number of the concept that a key means in `text`, how sure (to 1), and its rank.

        `meant`: (m,) times that each meaning of the index was the one, where that was counted.
        """
        first, last = index.first[key], index.first[key + 1]
        if last - first == 1:
            return index.concept[first], 1.0, index.rank[first]
        rows = range(first, last)
        if meant is not None and (total := int(meant[first:last].sum())):
            best = first + int(np.argmax(meant[first:last]))
            share = float(meant[best]) / total
            return index.concept[best], share, index.rank[best]
        if known and (sure := [r for r in rows if index.concept[r] in known]):
            rows_left = sure
        else:
            rank = min(index.rank[r] for r in rows)
            rows_left = [r for r in rows if index.rank[r] == rank]
        if len(rows_left) == 1:
            best = rows_left[0]
            return index.concept[best], 1.0, index.rank[best]
        words = set(_WORD.findall(text.lower()))
        spoken = {r: len(words & self._words(index.concept[r])) for r in rows_left}
        best = max(rows_left, key=lambda r: (spoken[r], -r))
        equals = sum(count == spoken[best] for count in spoken.values())
        return index.concept[best], 1.0 / equals, index.rank[best]
