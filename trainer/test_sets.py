"""Rows to test on, read from a corpus: its test split, and what a probe may be fitted on."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from schemas.sample import Sample
from trainer.batches import decoding_threads
from trainer.evaluation.measured import EvaluationSet, Rows
from trainer.pictures import Look, square
from trainer.rows import Faults, Row, read_rows, sample_of, shard_urls

MOST_ROWS = 5_000
_TEST, _FIT = ("test",), ("train", "val")


class NothingToTest(ValueError):
    """A corpus has no rows to test on; the message says what to do."""


def load_test_set(
    name: str, corpus: str, look: Look, faults: Faults, most_rows: int = MOST_ROWS
) -> EvaluationSet:
    """The test split of a corpus, and its other rows for a probe; without a test split all rows.

    Of each at most `most_rows`, chosen by a hash of their ids. Raises `NothingToTest`.
    """
    test = _rows(corpus, _TEST, look, faults, most_rows)
    fit_splits: Sequence[str] = _FIT
    if not len(test):
        test, fit_splits = _rows(corpus, _FIT, look, faults, most_rows), ()
    if not len(test):
        why = "; ".join(faults.lines()[:2]) or "no rows in its shards"
        raise NothingToTest(f"{corpus}: nothing to test on: {why}")
    return EvaluationSet(name, test, _rows(corpus, fit_splits, look, faults, most_rows))


def has_split(corpus: str, split: str) -> bool:
    """Whether a corpus has shards of a split."""
    return bool(shard_urls(corpus, split))


def _rows(corpus: str, splits: Sequence[str], look: Look, faults: Faults, most: int) -> Rows:
    urls = [url for split in splits for url in shard_urls(corpus, split)]
    chosen = sorted(_chosen(urls, faults, most), key=lambda pair: pair[0].sample_id)
    with ThreadPoolExecutor(decoding_threads(0)) as pool:
        found = list(pool.map(lambda pair: _pixels(pair[1], look, faults), chosen))
    good = [
        (sample, pixels)
        for (sample, _), pixels in zip(chosen, found, strict=True)
        if pixels is not None
    ]
    blank = np.zeros((0, look.side, look.side, 3), np.uint8)
    pixels = np.stack([pixels for _, pixels in good]) if good else blank
    return Rows([sample for sample, _ in good], pixels)


def _chosen(urls: Sequence[str], faults: Faults, most: int) -> list[tuple[Sample, Row]]:
    def numbered() -> Iterator[tuple[int, str, Sample, Row]]:
        for row in read_rows(urls, faults):
            if (sample := sample_of(row, faults)) is not None:
                digest = hashlib.blake2b(sample.sample_id.encode(), digest_size=8).digest()
                yield int.from_bytes(digest, "big"), sample.sample_id, sample, row

    least = heapq.nsmallest(most, numbered(), key=lambda found: found[:2])
    return [(sample, row) for _, _, sample, row in least]


def _pixels(row: Row, look: Look, faults: Faults) -> np.ndarray | None:
    try:
        return square(row.pictures[0], look.side, look)
    except ValueError as error:
        faults.add(row.key, "picture_not_readable", str(error))
        return None
