"""Batches of draws, decoded in threads ahead of their turn; pictures of small corpora are kept."""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trainer.draws import Draw, NothingToLearn, Place
from trainer.pictures import Look, crop_boxes, square
from trainer.rows import Faults
from trainer.settings import Settings

_AHEAD = 3  # batches
_MOST_THREADS = 32
_MOST_TEXTS_KEPT = 100_000


@dataclass(frozen=True, eq=False)
class Batch:
    """`pixels` (B, S, S, 3) uint8, `tokens` (B, context) int64, `crops` (B, 4) float32.

    `texts` and `rows` (B,) are numbers of 63 bits, equal where two pairs have equal text, or are of
    one row; also over batches.
    `after` is where the stream goes on.
    """

    pixels: np.ndarray
    tokens: np.ndarray
    crops: np.ndarray
    texts: np.ndarray
    rows: np.ndarray
    after: Place


@dataclass
class KeptPictures:
    """Decoded pictures, as long as they find room: a small corpus is decoded once, not each epoch."""

    room: int  # bytes
    _pictures: dict[tuple[str, int], np.ndarray] = field(default_factory=dict)

    def decoded(self, draw: Draw, side: int, look: Look) -> np.ndarray:
        """The picture of a draw, (side, side, 3). Raises `ValueError`."""
        key = (draw.key, draw.number)
        if (found := self._pictures.get(key)) is not None:
            return found
        pixels = square(draw.picture, side, look)
        if pixels.nbytes <= self.room:
            self.room -= pixels.nbytes
            self._pictures[key] = pixels
        return pixels


def batches(
    draws: Iterator[Draw],
    look: Look,
    tokenize: Callable[[list[str]], Any],
    settings: Settings,
    faults: Faults,
    kept: KeptPictures,
) -> Iterator[Batch]:
    """Full batches without end. A picture that cannot be decoded is a fault, and another is drawn."""
    side, words = look.training_side, _Tokens(tokenize)
    pending: deque[tuple[Draw, Future[np.ndarray]]] = deque()
    good: list[tuple[Draw, np.ndarray]] = []
    good_epoch = 0
    with ThreadPoolExecutor(decoding_threads(settings.threads)) as pool:
        for draw in draws:
            pending.append((draw, pool.submit(kept.decoded, draw, side, look)))
            if len(pending) < _AHEAD * settings.batch:
                continue
            first, job = pending.popleft()
            try:
                good.append((first, job.result()))
                good_epoch = first.after.epoch
            except ValueError as error:
                faults.add(first.key, "picture_not_readable", str(error))
                if first.after.epoch > good_epoch + 1:
                    raise NothingToLearn("; ".join(faults.lines()[:3])) from None
                continue
            if len(good) == settings.batch:
                yield _batch(good, words, settings.crop)
                good = []


def _batch(good: Sequence[tuple[Draw, np.ndarray]], words: _Tokens, crop: float) -> Batch:
    drawn = [draw for draw, _ in good]
    return Batch(
        pixels=np.stack([pixels for _, pixels in good]),
        tokens=words.of([draw.text for draw in drawn]),
        crops=crop_boxes(np.array([draw.crop for draw in drawn]), crop),
        texts=_numbers([" ".join(draw.text.lower().split()) for draw in drawn]),
        rows=_numbers([draw.key for draw in drawn]),
        after=drawn[-1].after,
    )


def _numbers(values: Iterable[str]) -> np.ndarray:
    """Equal numbers for equal values."""
    digests = b"".join(
        hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=8).digest()
        for value in values
    )
    return (np.frombuffer(digests, np.uint64) >> 1).astype(np.int64)


class _Tokens:
    """Tokens of texts, which are drawn again and again."""

    def __init__(self, tokenize: Callable[[list[str]], Any]) -> None:
        self._tokenize = tokenize
        self._known: dict[str, np.ndarray] = {}

    def of(self, texts: list[str]) -> np.ndarray:
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if len(self._known) + len(new) > _MOST_TEXTS_KEPT:
            self._known.clear()
            new = list(dict.fromkeys(texts))
        if new:
            self._known.update(zip(new, np.asarray(self._tokenize(new)), strict=True))
        return np.stack([self._known[text] for text in texts]).astype(np.int64)


def decoding_threads(asked: int) -> int:
    """As many as asked for, else as the process has cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return asked or min(_MOST_THREADS, cores or 1)


def ahead(items: Iterator[Batch], most: int = 2) -> Iterator[Batch]:
    """The same items, made in a thread of its own, up to `most` before their turn."""
    ready: queue.Queue[Batch | BaseException] = queue.Queue(most)
    stopped = threading.Event()

    def put(item: Batch | BaseException) -> None:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
                return
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    break
        except BaseException as error:  # the training thread must hear of it
            put(error)
        finally:
            items.close()  # type: ignore[attr-defined]

    thread = threading.Thread(target=work, name="trainer-batches", daemon=True)
    thread.start()
    try:
        while True:
            item = ready.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join(timeout=30)
