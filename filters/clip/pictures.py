"""Pictures as a CLIP model sees them, prepared ahead in threads into the buffers of batches.

What open_clip's transform does on Pillow pictures is done by the transform itself; its last steps,
to numbers between 0 and 1 and to the mean and spread of its training set, are done on whole batches
where the model runs, which takes a quarter of the memory and gives the same numbers.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from PIL import Image

Picture = Callable[[], Image.Image]

# A stripe would be scaled to something huge before its middle is cut out.
MOST_ASPECT = 40
_AHEAD = 2  # batches that are filled while one is computed
_MOST_THREADS = 16
_LAST_STEPS = ["ToTensor", "Normalize"]


@dataclass(frozen=True)
class Preparation:
    """From a picture to what a batch holds, (side, side, 3) uint8, and from there to the network.

    Where the transform is not of the known form, batches hold its own output.
    """

    steps: Callable[[Any], Any]
    shape: tuple[int, ...]
    dtype: Any
    mean: Any
    spread: Any

    def __call__(self, image: Image.Image, out: np.ndarray) -> None:
        out[...] = np.asarray(self.steps(plain(image)))

    def finish(self, batch: Any) -> Any:
        """What the network takes, (B, 3, side, side) float32, of a batch on its device."""
        if self.dtype != np.uint8:
            return batch
        return batch.permute(0, 3, 1, 2).float().div_(255).sub_(self.mean).div_(self.spread)


def preparation(transform: Any, torch: Any, device: str) -> Preparation:
    """How a transform of open_clip is done in two parts, or in one where it is of another form."""
    blank = Image.new("RGB", (64, 64))
    steps = list(getattr(transform, "transforms", []))
    if [type(step).__name__.removeprefix("Maybe") for step in steps[-2:]] == _LAST_STEPS:
        first, normalize = type(transform)(steps[:-2]), steps[-1]
        shape = np.asarray(first(blank)).shape
        mean, spread = (
            torch.tensor(values, dtype=torch.float32, device=device).view(1, -1, 1, 1)
            for values in (normalize.mean, normalize.std)
        )
        return Preparation(first, shape, np.uint8, mean, spread)
    return Preparation(transform, tuple(transform(blank).shape), np.float32, None, None)


def plain(image: Image.Image) -> Image.Image:
    """The picture in RGB or grey of 8 bits; a stripe is cut to its middle."""
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip at 255
        values = np.asarray(image).astype(np.int64)
        high = values.max(initial=0) > 255
        image = Image.fromarray(np.clip(values >> 8 if high else values, 0, 255).astype(np.uint8))
    if image.mode not in ("RGB", "L"):
        image = image.convert("RGB")
    width, height = image.size
    most = MOST_ASPECT * min(width, height)
    if max(width, height) > most:
        left, top = max(0, (width - most) // 2), max(0, (height - most) // 2)
        image = image.crop((left, top, left + min(width, most), top + min(height, most)))
    return image


class Encoder(Protocol):
    """What is needed of a model here."""

    @property
    def on_gpu(self) -> bool: ...
    @property
    def prepare(self) -> Preparation: ...
    def buffer(self, rows: int) -> Any: ...
    def encode_pictures(self, buffer: Any) -> Any: ...


class _Batch:
    """Pictures on their way into one buffer; `jobs` has one entry per row, None for no picture."""

    def __init__(self, model: Encoder, rows: int) -> None:
        self.buffer = model.buffer(rows)
        self._view = self.buffer.numpy()
        self.jobs: list[Future[str] | None] = []
        self.taken = 0

    def add(self, pool: ThreadPoolExecutor, model: Encoder, picture: Picture | None) -> None:
        if picture is None:
            self.jobs.append(None)
            return
        self.jobs.append(pool.submit(_fill, model.prepare, picture, self._view[self.taken]))
        self.taken += 1


def _fill(prepare: Preparation, picture: Picture, out: np.ndarray) -> str:
    """Put a picture into its place; what is wrong with it where it cannot be."""
    try:
        prepare(picture(), out)
        return ""
    except Exception as error:  # whatever is wrong with one picture, the others go on
        out[...] = 0
        return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def vectors_of(
    model: Encoder, pictures: Iterable[Picture | None], batch: int, threads: int
) -> Iterator[tuple[np.ndarray | None, str]]:
    """In order, each picture's unit vector, (width,) float32, or None and what is wrong with it.

    `pictures` are called in `threads` threads, at most `_AHEAD` batches before their turn.
    """
    pending = iter(pictures)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="clip-pictures")
    filling: deque[_Batch] = deque()
    running: deque[tuple[Any, list[str | None]]] = deque()
    try:
        for _ in range(_AHEAD):
            filling.extend(_started(pool, model, pending, batch))
        while filling:
            current = filling.popleft()
            problems = [job.result() if job else None for job in current.jobs]
            filling.extend(_started(pool, model, pending, batch))
            running.append((_encoded(model, current), problems))
            while len(running) > 1:  # a GPU has the next batch before the last is fetched
                yield from _fetched(*running.popleft())
        while running:
            yield from _fetched(*running.popleft())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _started(
    pool: ThreadPoolExecutor, model: Encoder, pending: Iterator[Picture | None], rows: int
) -> list[_Batch]:
    """The next batch, being filled; none where there is nothing more."""
    batch = _Batch(model, rows)
    for picture in pending:
        batch.add(pool, model, picture)
        if batch.taken == rows:
            break
    return [batch] if batch.jobs else []


def _encoded(model: Encoder, batch: _Batch) -> Any:
    """Vectors of a batch that may not be computed yet; on a GPU of all its places."""
    if not batch.taken:
        return None
    return model.encode_pictures(batch.buffer if model.on_gpu else batch.buffer[: batch.taken])


def _fetched(vectors: Any, problems: list[str | None]) -> Iterator[tuple[np.ndarray | None, str]]:
    found = None if vectors is None else vectors.cpu().numpy()
    place = 0
    for problem in problems:
        if problem is None:
            yield None, ""
            continue
        assert found is not None
        vector, place = found[place], place + 1
        if problem:
            yield None, problem
        elif not np.isfinite(vector).all():
            yield None, "the model gives no numbers for it; try precision: fp32"
        else:
            yield vector, ""


def decoding_threads(on_gpu: bool, hint: int) -> int:
    """How many threads prepare pictures: as many as this process may use (`hint`, 0 for all cores);
    where a GPU does the rest, all cores in any case."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(_MOST_THREADS, cores or 1 if on_gpu or not hint else hint))
