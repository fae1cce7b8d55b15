"""What is learned from, in which order: rows shuffled anew each epoch, each with one of its captions.

All of it follows from the seed and the place in the stream, so that a run can go on anywhere.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from trainer.rows import Faults, Record, Row, Wanted, read_rows, record_of, shuffled
from trainer.settings import Settings


class NothingToLearn(Exception):
    """No row of the corpus can be used; the message says why."""


class Place(NamedTuple):
    """How far the stream has come: draws taken in this epoch, and in all."""

    epoch: int = 0
    within: int = 0
    drawn: int = 0


@dataclass(frozen=True)
class Draw:
    """One picture with one text. `crop` are four numbers in [0, 1); `after` is where to go on."""

    key: str
    picture: bytes
    number: int
    text: str
    crop: tuple[float, float, float, float]
    after: Place


def usable_texts(record: Record, kinds: Sequence[str]) -> list[str]:
    """The training caption, then the other texts of these kinds, without those proved wrong."""
    others = [t.text for t in record.texts if t.kind in kinds and t.faithful is not False]
    return list(dict.fromkeys(text for text in [record.caption, *others] if text.strip()))


def draws(
    urls: Sequence[str],
    settings: Settings,
    seed: int,
    faults: Faults,
    wanted: Wanted = lambda record: True,
    place: Place = Place(),  # noqa: B008 a place is immutable
) -> Iterator[Draw]:
    """Draws without end from `place` on. Raises `NothingToLearn` where an epoch has none."""
    epoch, skip, drawn = place
    while True:
        within = 0
        for row, record in _epoch(urls, settings, seed, epoch, faults, wanted):
            for _ in range(_copies(record, seed, epoch)):
                within += 1
                if within <= skip:
                    continue
                drawn += 1
                after = Place(epoch, within, drawn)
                yield _draw(row, record, settings.texts, seed, after)
        if not within:
            why = "; ".join(faults.lines()[:3]) or "no shard of the split train has a row"
            raise NothingToLearn(why)
        epoch, skip = epoch + 1, 0


def _epoch(
    urls: Sequence[str], settings: Settings, seed: int, epoch: int, faults: Faults, wanted: Wanted
) -> Iterator[tuple[Row, Record]]:
    order = list(urls)
    mixed = int.from_bytes(_digest(seed, epoch)[:8], "big")
    random.Random(mixed).shuffle(order)
    for row in shuffled(read_rows(order, faults), settings.shuffle, mixed):
        record = record_of(row, faults)
        if record is None or not wanted(record):
            continue
        if not usable_texts(record, settings.texts):
            faults.add(row.key, "no_text")
            continue
        yield row, record


def _copies(record: Record, seed: int, epoch: int) -> int:
    """How often a row is drawn in an epoch: its sampling weight, on average."""
    weight = record.sampling_weight
    if weight is None:
        return 1
    chance = _uniform(_digest(seed, epoch, record.sample_id))[0]
    return int(weight) + (chance < weight % 1)


def _draw(row: Row, record: Record, kinds: Sequence[str], seed: int, after: Place) -> Draw:
    chances = _uniform(_digest(seed, after.epoch, after.within))
    texts = usable_texts(record, kinds)
    number = int(chances[0] * len(row.pictures))
    return Draw(
        key=row.key,
        picture=row.pictures[number],
        number=number,
        text=texts[int(chances[1] * len(texts))],
        crop=(chances[2], chances[3], chances[4], chances[5]),
        after=after,
    )


def _digest(*parts: object) -> bytes:
    return hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=24).digest()


def _uniform(digest: bytes) -> list[float]:
    """Six numbers in [0, 1)."""
    values: list[float] = (np.frombuffer(digest, np.uint32) / 2.0**32).tolist()
    return values
