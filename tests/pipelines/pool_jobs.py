"""Jobs for the pool's tests: module-level, so that children can import them.

A job that works on rows leaves one line per row it did or skipped in a file, as a stage does.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.errors import UserError
from pipelines.guard import guarded
from pipelines.pool import Progress

Skip = Mapping[str, str]


def whoami(*, skip: Skip, progress: Progress) -> dict[str, int]:
    return {"pid": os.getpid()}


def linkers_made(*, skip: Skip, progress: Progress) -> dict[str, int]:
    from pipelines import linkers

    return {"made": linkers._link_for.cache_info().currsize}


def add(left: int, right: int, *, skip: Skip, progress: Progress) -> dict[str, int]:
    return {"sum": left + right, "pid": os.getpid()}


def raise_always(log: str, *, skip: Skip, progress: Progress) -> dict[str, int]:
    _tried(log)
    raise ValueError("broken as asked")


def raise_first(log: str, times: int, *, skip: Skip, progress: Progress) -> dict[str, int]:
    if _tried(log) <= times:
        raise ValueError("not yet")
    return {"done": 1}


def refuse(log: str, *, skip: Skip, progress: Progress) -> dict[str, int]:
    _tried(log)
    raise UserError("corpus: the disk is full")


def end_itself(code: int, *, skip: Skip, progress: Progress) -> dict[str, int]:
    os._exit(code)


def rows(
    out: str, names: Sequence[str], deadly: Mapping[str, str], *, skip: Skip, progress: Progress
) -> dict[str, int]:
    """Write `name done` or `name skipped: why` per row; a deadly row kills or hangs the child."""
    lines = []
    for name in names:
        progress(name)
        if name in skip:
            lines.append(f"{name} skipped: {skip[name]}")
            continue
        _meet(deadly.get(name, ""))
        lines.append(f"{name} done")
    Path(out).write_text("\n".join(lines))
    return {"done": len(names) - len(skip), "skipped": len(skip)}


def guarded_rows(
    out: str,
    names: Sequence[str],
    deadly: Mapping[str, str],
    threads: int,
    *,
    skip: Skip,
    progress: Progress,
) -> dict[str, int]:
    """The same through `guarded`, with threads, as extract works on a remote source."""

    def work(name: str) -> list[str]:
        _meet(deadly.get(name, ""))
        time.sleep(0.1)
        return [f"{name} done"]

    lines = guarded(
        work, names, str, lambda name, why: f"{name} skipped: {why}", skip, progress, threads
    )
    Path(out).write_text("\n".join(lines))
    return {"done": 1}


def nap(seconds: float, pid_file: str = "", *, skip: Skip, progress: Progress) -> dict[str, int]:
    """Sleep without a word; say first, in a file, who sleeps."""
    if pid_file:
        with open(pid_file, "a") as file:
            file.write(f"{os.getpid()}\n")
    time.sleep(seconds)
    return {"pid": os.getpid()}


def _meet(end: str) -> None:
    if end == "hang":
        time.sleep(600)
    elif end == "exit":
        os._exit(7)
    elif end:
        os.kill(os.getpid(), signal.Signals[end])
        time.sleep(60)


def _tried(log: str) -> int:
    with open(log, "a") as file:
        file.write("tried\n")
    return len(Path(log).read_text().splitlines())


def main() -> None:
    """A parent to be killed: a pool of two with long jobs. `python -m ... PID_FILE [close]`."""
    from pipelines.pool import Job, WorkerPool

    pool = WorkerPool(2)
    for _ in range(4):
        pool.submit(Job(nap, (600.0, sys.argv[1])))
    if sys.argv[2:] == ["close"]:
        while not Path(sys.argv[1]).exists() or len(Path(sys.argv[1]).read_text().split()) < 2:
            time.sleep(0.05)
        pool.close()
        return
    time.sleep(600)


if __name__ == "__main__":
    main()
