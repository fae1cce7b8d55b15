"""Jobs of `fabrica fingerprint`: worker processes under a progress bar."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from contextlib import contextmanager

from tqdm import tqdm

from pipelines.pool import Job, JobFailed, WorkerPool

_SILENCE_S = 300.0
_PLAIN_EVERY_S = 30.0


def run_jobs(
    function: Callable[..., dict[str, int]],
    arguments: Sequence[tuple],
    sizes: Sequence[int],
    workers: int,
    unit: str,
    say: Callable[[str], None] | None,
) -> dict[int, str]:
    """Run `function` in worker processes; the numbers of the jobs that failed in every try, and
    why. `sizes` is how many of `unit` each stands for in the progress."""
    failed: dict[int, str] = {}
    if not arguments:
        return failed
    with WorkerPool(max(1, min(workers, len(arguments)))) as pool:
        futures = {
            pool.submit(Job(function, each, retries=1, timeout_s=_SILENCE_S)): i
            for i, each in enumerate(arguments)
        }
        with counted("fingerprint", sum(sizes), unit, say) as advance:
            for future in as_completed(futures):
                number = futures[future]
                try:
                    future.result()
                except JobFailed as error:
                    failed[number] = str(error)[:300]
                advance(sizes[number])
    return failed


@contextmanager
def counted(
    name: str, total: int, unit: str, say: Callable[[str], None] | None
) -> Iterator[Callable[[int], None]]:
    """Gives what counts on: a bar on a terminal, a plain line by `say` now and then elsewhere,
    nothing where `say` is None."""
    if say is not None and sys.stderr.isatty():
        with tqdm(total=total, desc=name, unit=unit, leave=False) as bar:

            def draw(n: int) -> None:
                bar.update(n)

            yield draw
        return
    done, spoken = 0, time.monotonic()

    def advance(n: int) -> None:
        nonlocal done, spoken
        done += n
        if say is not None and time.monotonic() - spoken > _PLAIN_EVERY_S:
            say(f"{name}: {done:,} of {total:,}")
            spoken = time.monotonic()

    yield advance
