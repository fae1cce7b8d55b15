"""The Beam coat: numbers of partitions in, committed files out, on any runner.

Elements are partition (or shard) numbers, a few bytes each; no pixel passes through Beam. Each
worker process keeps one pool of children (`pipelines.pool`) for all its bundles.
"""

from __future__ import annotations

import atexit
import logging
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from pipelines import layout
from pipelines.context import Context
from pipelines.errors import StorageError, UserError
from pipelines.pool import Job, JobFailed, WorkerPool
from pipelines.shared_linker import announce
from pipelines.steps import steps_of
from pipelines.tasks import run_task

DEFAULT_RUNNER = "FnApiRunner"
# Tracebacks quote the line that raises: it must not read like the mark itself.
_MARK = "fabrica refuses: {} ..fabrica"
_REFUSED = re.compile(r"fabrica refuses: (.*?) \.\.fabrica", re.DOTALL)

_pools: dict[int, WorkerPool] = {}
_pools_lock = threading.Lock()


def _shared_pool(workers: int) -> WorkerPool:
    """The one pool of this process for a number of workers."""
    with _pools_lock:
        if workers not in _pools:
            _pools[workers] = WorkerPool(workers)
            atexit.register(_pools[workers].close)
        return _pools[workers]


def _close_pools() -> None:
    """End all work now; what is queued would otherwise be done before this process can end."""
    with _pools_lock:
        for pool in _pools.values():
            pool.close()
        _pools.clear()


class RunTasks(beam.DoFn):
    """Hands every number of a bundle to the pool at once, and waits at the bundle's end."""

    def __init__(self, task: str, context: Context) -> None:
        self._task, self._context = task, context

    def start_bundle(self) -> None:
        self._waiting: list[tuple[int, Future[dict[str, int]]]] = []

    def process(self, item: int) -> None:
        announce(self._context.recipe.linker)
        limits = self._context.recipe.run
        job = Job(run_task, (self._task, self._context, item), limits.retries, limits.timeout_s)
        self._waiting.append((item, _shared_pool(self._context.workers).submit(job)))

    def finish_bundle(self) -> Iterator[WindowedValue]:
        window = GlobalWindow()
        for item, future in self._waiting:
            try:
                counts = future.result()
            except JobFailed as failure:
                note = layout.failure_note(self._task, item)
                self._context.store.write(note, str(failure))
                counts = {"failed": 1}
            except UserError as error:
                # Marked, so that the driver finds the one line in any runner's traceback.
                raise RuntimeError(_MARK.format(error)) from None
            for name, value in counts.items():
                Metrics.counter("fabrica", f"{self._task}_{name}").inc(value)
            yield WindowedValue(item, window.max_timestamp(), (window,))


def run_tasks(
    task: str, items: Sequence[int], context: Context, runner: str, beam_arguments: Sequence[str]
) -> dict[str, int]:
    """Run a task for every number on a Beam runner; returns its counters (attempted values).

    Raises `UserError` where a worker found that the user's input or machine refuses.
    """
    if not items:
        return {}
    options = pipeline_options(runner, beam_arguments)
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    try:
        pipeline = beam.Pipeline(options=options)
        (
            pipeline
            | "Numbers" >> beam.Create(list(items))
            | "Spread" >> beam.Reshuffle()
            | f"Run {task}"
            >> beam.ParDo(RunTasks(task, context)).with_resource_hints(**_hints(task, context))
        )
        result = pipeline.run()
        result.wait_until_finish()
    except KeyboardInterrupt:
        _close_pools()
        raise
    except Exception as error:  # Runners wrap a worker's error in their own.
        _close_pools()
        if "KeyboardInterrupt" in str(error):
            raise KeyboardInterrupt from None
        if match := _REFUSED.search(str(error)):
            raise StorageError(match[1]) from None
        raise UserError(_runner_problem(runner, error)) from None
    return _counters(result)


def _hints(task: str, context: Context) -> dict[str, str]:
    """What Beam is told that a stage needs: the accelerator of the models that are served here."""
    steps = steps_of(context.recipe.write, context.recipe.writer) if task == "write" else []
    kinds = [step.options.serve.accelerator for step in steps if step.options.serve]
    return {"accelerator": kinds[0]} if any(kinds) else {}


def pipeline_options(runner: str, beam_arguments: Sequence[str]) -> PipelineOptions:
    """Beam's options. Raises `UserError` for one that Beam does not know (it would only warn)."""
    options = PipelineOptions([f"--runner={runner}", *beam_arguments], save_main_session=False)
    logging.disable(logging.WARNING)
    try:
        known = options.get_all_options(drop_default=True)
        given = options.get_all_options(drop_default=True, retain_unknown_options=True)
    except SystemExit:
        raise UserError(f"Beam cannot read its options: {' '.join(beam_arguments)}") from None
    finally:
        logging.disable(logging.NOTSET)
    if unknown := sorted(set(given) - set(known)):
        raise UserError(f"--{unknown[0]}: neither Fabrica nor Beam has this option")
    values = {str(v) for value in known.values() for v in _listed(value)}
    stray = [w for w in beam_arguments if not w.startswith("-") and w not in values]
    if stray:
        raise UserError(f"{stray[0]!r}: what is this for? Options begin with --")
    return options


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else [value]


def _runner_problem(runner: str, error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"the runner {runner} failed: {type(error).__name__}: {lines[-1] if lines else ''}"


def _counters(result: Any) -> dict[str, int]:
    try:
        found = result.metrics().query()["counters"]
    except (NotImplementedError, KeyError, AttributeError, ValueError):
        return {}
    return {
        c.key.metric.name: int(c.result or 0) for c in found if c.key.metric.namespace == "fabrica"
    }
