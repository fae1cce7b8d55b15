"""Which rows are made: whose picture and whose words each has, and what was changed of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from benchmarks.select_columns import (
    joined,
)
from benchmarks.select_numbers import (
    FAR,
    SENTENCES,
    changed,
    hashes,
    mixed,
    sentences_of,
    share,
)

BLOCK = 10  # rows of two documents: four figures; and two figures, one more and its three panels
_LOGOS = 20
_WINDOW = 1_000_000


@dataclass(frozen=True)
class Made:
    """How much there is: `rows` (a multiple of `BLOCK`), of which `per_part` go into a part.

    `planted`: how many times as many equal and nearly equal things as in millions of rows.
    """

    rows: int
    per_part: int = 20_000
    evaluation: int = 100_000
    evaluation_texts: int = 0
    embeddings: bool = False
    planted: float = 1.0

    @property
    def parts(self) -> int:
        return -(-self.rows // self.per_part)


class Planted:
    """The rows of one part, from their numbers."""

    def __init__(self, ids: np.ndarray, made: Made) -> None:
        self.ids, self.made, self.size = ids, made, len(ids)
        self.place = (ids % np.uint64(BLOCK)).astype(np.int64)
        self.document = ids // np.uint64(BLOCK) * np.uint64(2) + (self.place >= 4)
        self.whole, self.panel = self.place == 6, self.place >= 7
        self.lost = ~self.whole & ~self.panel & (share(ids, 2) < 0.02)
        self.two = ~self.whole & ~self.panel & ~self.lost & (share(ids, 3) < 0.02)
        self._choose_pictures()
        self._choose_texts()

    def _choose_pictures(self) -> None:
        """`picture`: whose picture a row has; `changed`: nearly so, `leaked`: of the evaluation."""
        ids, draw = self.ids, share(self.ids, 4) / self.made.planted
        plain = ~self.whole
        same = plain & (draw < 0.02)
        near = plain & (draw >= 0.02) & (draw < 0.05)
        logo = plain & (draw >= 0.05) & (draw < 0.052)
        self.leaked = plain & (draw >= 0.052) & (draw < 0.0525)
        other = mixed(ids, 5)
        self.picture = ids.copy()
        self.picture[same | near] = self._neighbour(other)[same | near]
        self.picture[logo] = (other % np.uint64(_LOGOS))[logo] + FAR * np.uint64(2)
        asked = np.uint64(max(1, self.made.evaluation))
        self.picture[self.leaked] = (other % asked)[self.leaked] + FAR
        hashed = hashes(self.picture)
        close = near | logo
        hashed[close] = changed(hashed[close], ids[close], 30, 2)
        hashed[self.leaked] = changed(hashed[self.leaked], ids[self.leaked], 40, 8)
        hashed[share(ids, 6) < 0.001] = 0
        self.hashes = hashed
        # Equal bytes only where nothing was changed.
        self.bytes = np.where(close | self.leaked, ids + FAR * np.uint64(4), self.picture)

    def _neighbour(self, draws: np.ndarray) -> np.ndarray:
        """Some row of the same million: so that a part of the rows has as many repeated things."""
        window = np.uint64(min(_WINDOW, self.made.rows))
        return self.ids // window * window + draws % window

    def _choose_texts(self) -> None:
        """`said`: the sentences of the training caption."""
        ids, draw = self.ids, share(self.ids, 7) / self.made.planted
        text = ids.copy()
        again = draw < 0.01
        text[again] = self._neighbour(mixed(ids, 8))[again]
        common = (draw >= 0.01) & (draw < 0.013)
        text[common] = (mixed(ids, 8) % np.uint64(5))[common] + FAR * np.uint64(3)
        asked = (draw >= 0.013) & (draw < 0.014) & (self.made.evaluation_texts > 0)
        text[asked] = (mixed(ids, 8) % np.uint64(max(1, self.made.evaluation_texts)))[asked] + FAR
        self.said = sentences_of(text)
        added = again & (share(ids, 9) < 0.5)
        self.said[added, 4] = (mixed(ids, 10) % np.uint64(SENTENCES))[added]
        self.wordless = ~self.panel & (share(ids, 11) < 0.01)
        self.rewritten = ~self.panel & ~self.wordless & (share(ids, 12) < 0.2)

    def sample_ids(self) -> pa.Array:
        figure = np.where(self.place < 4, self.place + 1, np.minimum(self.place - 3, 3))
        panel = pa.array(np.array(["", "/a", "/b", "/c"])[np.maximum(self.place - 6, 0)])
        return joined(self.document_ids(), "/F", figure, panel)

    def document_ids(self) -> pa.Array:
        numbers = (self.document * np.uint64(2_654_435_761)) % np.uint64(10**8) + np.uint64(10**8)
        return joined("PMC", numbers, ".1")

    def owners(self) -> np.ndarray:
        """The row of each picture."""
        return np.repeat(np.arange(self.size), np.where(self.lost, 0, 1 + self.two))
