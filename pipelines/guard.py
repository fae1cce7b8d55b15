"""Law 1 around every stage: each row that goes in comes out, on which code failed as a fault.

A stage works on one partition as `Iterator -> Iterator`. The guard hands it its rows one at a
time, knows which row it failed on, marks that row, and lets the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from pipelines import pool as workers
from pipelines.errors import UserError, storage_error
from pipelines.pool import Progress

Row = TypeVar("Row")
Out = TypeVar("Out")

Fault = Callable[[Row, str], Out]


class RowLost(RuntimeError):
    """A stage took a row and gave none back for it: a bug in the stage."""


def guarded(
    work: Callable[[Row], Iterable[Out]],
    rows: Iterable[Row],
    name_of: Callable[[Row], str],
    fault: Fault[Row, Out],
    skip: Mapping[str, str],
    progress: Progress,
    threads: int = 1,
) -> Iterator[Out]:
    """The results of `work(row)` for every row, in order; a failed row gives `fault(row, why)`.

    A row in `skip` is not tried (it killed a worker before). With `threads` > 1, rows are worked
    on ahead of time, at most two per thread, for work that waits on a network.
    """
    if threads <= 1 or workers.one_at_a_time:
        for row in rows:
            progress(name_of(row))
            yield from _results(work, row, name_of, fault, skip)
        return
    with ThreadPoolExecutor(threads) as pool:
        ahead: list[tuple[Row, Future[list[Out]]]] = []
        for row in rows:
            ahead.append((row, pool.submit(_results, work, row, name_of, fault, skip)))
            if len(ahead) >= 2 * threads:
                first, future = ahead.pop(0)
                progress(name_of(first))
                yield from future.result()
        for row, future in ahead:
            progress(name_of(row))
            yield from future.result()


def _results(
    work: Callable[[Row], Iterable[Out]],
    row: Row,
    name_of: Callable[[Row], str],
    fault: Fault[Row, Out],
    skip: Mapping[str, str],
) -> list[Out]:
    name = name_of(row)
    if name in skip:
        return [fault(row, skip[name])]
    try:
        results = list(work(row))
    except UserError:
        raise
    except Exception as error:  # One bad row must not stop the others.
        if isinstance(error, OSError) and (refusal := storage_error(error, name)):
            raise refusal from None
        why = f"{type(error).__name__}: {error}"
        return [fault(row, why.encode("utf-8", "backslashreplace").decode())]
    if not results:
        return [fault(row, str(RowLost(f"the stage gave nothing back for {name}")))]
    return results
