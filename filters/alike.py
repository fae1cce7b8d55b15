"""Which pictures are alike: signatures as arrays, and pairs of them within so many bits."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np

from filters.marking import numbers
from filters.options import Alike
from filters.signatures import TURNS, turned

# How a match is told; the picture that is looked for is the one that was changed.
TOLD = dict(
    zip(
        TURNS,
        (
            *("", "mirrored", "upside-down and mirrored", "turned by 180", "transposed"),
            *("turned by 90", "turned by 270", "transposed the other way"),
        ),
        strict=True,
    )
)
CROPPED = "cropped"


@dataclass(frozen=True)
class Pictures:
    """Signatures of pictures of rows: `rows` (n,) as in `judged`, `hashes` (n, 4) uint64, and
    whether a row has no other picture. None is `NOT_COMPARABLE`."""

    rows: np.ndarray
    hashes: np.ndarray
    single: np.ndarray


@dataclass(frozen=True)
class Matches:
    """Pairs: `queries` and `targets` are places in what was compared, `distances` in bits, `how`
    small numbers of `HOWS`."""

    queries: np.ndarray
    targets: np.ndarray
    distances: np.ndarray
    how: np.ndarray


HOWS = [*(TOLD[turn] for turn in TURNS)]
HOWS += [f"{CROPPED}, {how}" if how else CROPPED for how in HOWS]


def bits_of(alike: Alike) -> int:
    """How many of 256 bits may differ."""
    return 4 * alike.hamming


def turns_of(alike: Alike) -> list[str]:
    """The ways in which a picture may be turned."""
    if alike.rotate:
        turns = ("as is", "flip", "turn180", "transpose", "turn90", "turn270", "transverse")
        kept = ("as is", "turn180", "turn90", "turn270")
        return [t for t in TURNS if t in (turns if alike.mirror else kept) or _mirrors(alike, t)]
    return ["as is", "mirror"] if alike.mirror else ["as is"]


def _mirrors(alike: Alike, turn: str) -> bool:
    return alike.mirror and turn == "mirror"


def load_pictures(connection: duckdb.DuckDBPyConnection) -> Pictures:
    """The signatures of all rows that passed the rules."""
    found = numbers(
        connection,
        """SELECT j.rowid AS row, j.pictures = 1 AS single, h0, h1, h2, h3
        FROM picture_signatures p JOIN judged j USING (partition, sample_id)
        WHERE j.passed AND (h0 != 0 OR h1 != 0 OR h2 != 0 OR h3 != 0)
        ORDER BY row, p.image""",
    )
    hashes = np.stack([found[f"h{i}"] for i in range(4)], axis=1).astype(np.uint64)
    return Pictures(found["row"], hashes, found["single"])


def joined(parts: list[Matches]) -> Matches:
    """All matches of several searches, in their order."""
    if not parts:
        none = np.empty(0, np.int64)
        return Matches(none, none, none, none)
    return Matches(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("queries", "targets", "distances", "how")
        )
    )


def near(queries: np.ndarray, targets: np.ndarray, alike: Alike, cropped: bool = False) -> Matches:
    """All pairs of a query (n, 4), turned as allowed, and a target (m, 4) that are near enough."""
    parts = []
    for turn in turns_of(alike):
        q, t, distance = _near(turned(queries, turn), targets, bits_of(alike))
        how = np.full(len(q), TURNS.index(turn) + (len(TURNS) if cropped else 0))
        parts.append(Matches(q, t, distance, how))
    return joined(parts)


def _near(
    queries: np.ndarray, targets: np.ndarray, bits: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = []
    for i, query in enumerate(queries):
        distance = np.bitwise_count(targets ^ query).sum(axis=1, dtype=np.int64)
        hits = np.flatnonzero(distance <= bits)
        found.append((np.full(len(hits), i), hits, distance[hits]))
    if not found:
        none = np.empty(0, np.int64)
        return none, none, none
    q, t, d = (np.concatenate(column) for column in zip(*found, strict=True))
    return q, t, d
