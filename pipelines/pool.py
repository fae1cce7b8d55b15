"""A pool of worker processes that survives the death of any of them.

`concurrent.futures` gives up the whole pool when a child is killed, and cannot end one that
hangs. Here each child is watched by a thread: a child that dies or is silent for too long is
replaced and its job tried again; the row it was at is named, and skipped in the last try.
"""

from __future__ import annotations

import gc
import multiprocessing
import multiprocessing.connection
import multiprocessing.forkserver
import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from pipelines.errors import UserError

Progress = Callable[[str], None]
JobFunction = Callable[..., dict[str, int]]

_PRELOADED = ["pipelines.tasks", "pipelines.shared_linker"]

# In a child whose job killed one before: rows are to be worked on singly, to see which does it.
one_at_a_time = False


def warm_up() -> None:
    """Start the process that children are forked from; it imports what they need meanwhile."""
    _one_thread_each()
    multiprocessing.get_context("forkserver").set_forkserver_preload(_PRELOADED)
    multiprocessing.forkserver.ensure_running()


def _one_thread_each() -> None:
    """Children share the cores among them; threads of their matrix products would only wait."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")


@dataclass(frozen=True)
class Job:
    """One call `function(*arguments, skip=..., progress=...)` in a child; all of it picklable.

    `function` reports each row id to `progress` before working on it, and marks the rows in
    `skip` (id to reason) as faults without touching them. `timeout_s` is the longest silence.
    """

    function: JobFunction
    arguments: tuple[Any, ...]
    retries: int = 2
    timeout_s: float = 300.0


class JobFailed(Exception):
    """A job failed in every try; the message says how."""


@dataclass
class _Child:
    process: Any
    connection: multiprocessing.connection.Connection
    at: str = ""


@dataclass
class _Attempts:
    """`free`: failures that use up no try, as they led to a skipped row or to more care."""

    free: int = 0
    blamed: dict[str, int] = field(default_factory=dict)
    skip: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


class WorkerPool:
    """`workers` child processes, each reused from job to job. Use as a context manager."""

    def __init__(self, workers: int) -> None:
        _one_thread_each()
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_PRELOADED)
        self._idle: queue.SimpleQueue[_Child | None] = queue.SimpleQueue()
        for _ in range(workers):
            self._idle.put(None)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="fabrica-job")
        self._closing = threading.Event()
        self._children: list[_Child] = []
        self._lock = threading.Lock()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, job: Job) -> Future[dict[str, int]]:
        """Run a job; the future gives its counts or raises `JobFailed` or `UserError`."""
        return self._threads.submit(self._run, job)

    def close(self) -> None:
        """End all children at once, also those at work; jobs still waiting are cancelled."""
        self._closing.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            children, self._children = self._children, []
        for child in children:
            child.process.kill()
        self._threads.shutdown(wait=True)
        for child in children:
            self._end(child)

    def _run(self, job: Job) -> dict[str, int]:
        attempts = _Attempts()
        child = self._idle.get()
        try:
            while len(attempts.failures) - attempts.free <= job.retries:
                try:
                    if child is None or not child.process.is_alive():
                        child = self._start()
                except (EOFError, OSError) as error:  # the fork server was killed just now
                    attempts.failures.append(f"no worker could be started: {error}")
                    self._closing.wait(0.5)  # until the next start finds it gone and makes another
                    continue
                careful = attempts.free > 0
                kind, value = self._attempt(child, job, attempts.skip, careful)
                if kind == "done":
                    return value
                if kind == "refused":
                    raise UserError(value)
                if kind == "raised":
                    attempts.failures.append(value)
                    continue
                self._end(child)
                self._blame(attempts, child.at, value, job.retries, careful)
                child = None
            raise JobFailed("; ".join(dict.fromkeys(attempts.failures)))
        finally:
            self._idle.put(child)

    @staticmethod
    def _blame(attempts: _Attempts, row: str, how: str, retries: int, careful: bool) -> None:
        attempts.failures.append(f"{how} at {row!r}" if row else how)
        if row and not careful:  # with threads it may have been another row: see which it is
            attempts.free += 1
        elif row:
            attempts.blamed[row] = attempts.blamed.get(row, 0) + 1
            if attempts.blamed[row] > max(0, min(retries - 1, 1)):
                attempts.skip[row] = how
                attempts.free += attempts.blamed[row]

    def _attempt(
        self, child: _Child, job: Job, skip: dict[str, str], careful: bool
    ) -> tuple[str, Any]:
        """One try: `done`, `refused`, `raised` by the child, or `died` of it."""
        child.at = ""
        try:
            child.connection.send((job.function, job.arguments, skip, careful))
            while True:
                ready = multiprocessing.connection.wait(
                    [child.connection, child.process.sentinel], job.timeout_s
                )
                if not ready:
                    return "died", f"nothing heard for {job.timeout_s:g} s"
                if child.connection not in ready:
                    child.process.join(5)
                    return "died", _cause_of_death(child.process.exitcode)
                kind, value = child.connection.recv()
                if kind != "at":
                    return kind, value
                child.at = value
        except (EOFError, OSError):
            child.process.join(5)
            return "died", _cause_of_death(child.process.exitcode)

    def _start(self) -> _Child:
        if self._closing.is_set():
            raise JobFailed("the pool is closed")
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        child = _Child(process, ours)
        with self._lock:
            self._children.append(child)
            closed = self._closing.is_set()
        if closed:
            self._end(child)
            raise JobFailed("the pool is closed")
        return child

    def _end(self, child: _Child) -> None:
        with self._lock:
            self._children = [c for c in self._children if c is not child]
        child.process.kill()
        child.process.join(10)
        child.connection.close()


def _cause_of_death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        try:
            name = signal.Signals(-exit_code).name
        except ValueError:
            name = f"signal {-exit_code}"
        memory = " (out of memory?)" if name == "SIGKILL" else ""
        return f"the worker was killed by {name}{memory}"
    return f"the worker ended with exit code {exit_code}"


def _serve(connection: multiprocessing.connection.Connection) -> None:
    """A child's life: jobs from the pipe until the parent is gone."""
    global one_at_a_time
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # what is imported stays; looking through it again and again costs a tenth
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            function, arguments, skip, one_at_a_time = connection.recv()
        except (EOFError, OSError):
            return
        try:
            reply = ("done", function(*arguments, skip=skip, progress=_teller(connection)))
        except UserError as error:
            reply = ("refused", str(error))
        except BaseException as error:  # Whatever a job raises must reach the parent.
            where = traceback.extract_tb(error.__traceback__)[-1]
            reply = ("raised", f"{type(error).__name__}: {error} ({where.name}:{where.lineno})")
        try:
            connection.send(reply)
        except OSError:
            os._exit(1)


def _end_with_parent() -> None:
    """Wait for the parent's end, also in the middle of a row, and go with it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _teller(connection: multiprocessing.connection.Connection) -> Progress:
    def tell(row: str) -> None:
        try:
            connection.send(("at", row))
        except OSError:
            os._exit(1)  # The parent is gone: so is the reason for this work.

    return tell
