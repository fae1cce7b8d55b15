"""Progress of a stage, counted in committed files: true for every runner, near or far."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tqdm import tqdm

from pipelines.storage import Store

_EVERY_S = 0.5
_PLAIN_EVERY_S = 30.0


@dataclass(frozen=True)
class Progress:
    """What to count: `total` files in `folder` of `store`, shown as `name`."""

    name: str
    total: int
    store: Store
    folder: str

    def done(self) -> int:
        """Finished files so far."""
        names = self.store.names(self.folder)
        return min(self.total, sum(n.endswith(".parquet") and n != "plan.parquet" for n in names))


@contextmanager
def watch(progress: Progress, say: Callable[[str], None]) -> Iterator[None]:
    """Show a bar on a terminal, a plain line now and then elsewhere, and one at the end."""
    stop = threading.Event()
    show = _bar if sys.stderr.isatty() else _lines
    thread = threading.Thread(target=show, args=(progress, stop, say), daemon=True)
    started = time.monotonic()
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    say(f"{progress.name}: {progress.total:,} done in {time.monotonic() - started:.1f} s")


def _bar(progress: Progress, stop: threading.Event, say: Callable[[str], None]) -> None:
    with tqdm(total=progress.total, desc=progress.name, unit="part", leave=False) as bar:
        while not stop.wait(_EVERY_S):
            bar.update(_counted(progress) - bar.n)


def _lines(progress: Progress, stop: threading.Event, say: Callable[[str], None]) -> None:
    while not stop.wait(_PLAIN_EVERY_S):
        say(f"{progress.name}: {_counted(progress):,} of {progress.total:,}")


def _counted(progress: Progress) -> int:
    try:
        return progress.done()
    except OSError:  # A listing that fails now may work the next time; it is only a display.
        return 0
