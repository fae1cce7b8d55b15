"""Work on many items at once, a fixed number at a time, the next as soon as one is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def slide(
    items: Iterable[Item],
    work: Callable[[Item], Awaitable[Result]],
    width: int,
    done: Callable[[int, Result], None] | None = None,
) -> list[Result]:
    """The results of `work` on each item, in the order of the items.

    `width` workers pull from `items`, which is read no faster than they do; nobody ever waits for
    the slowest of a batch. `done(place, result)` is told each result as it comes. The first
    exception (of an item, of `work`, of `done`) ends the others and is raised. Where each item asks
    a model and then computes, a width of twice the model's `in_flight` keeps the model busy.
    """
    results: dict[int, Result] = {}
    pairs = enumerate(items)
    workers = [asyncio.create_task(_worker(pairs, work, results, done)) for _ in range(width)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return [results[place] for place in range(len(results))]


async def _worker(
    pairs: Iterator[tuple[int, Item]],
    work: Callable[[Item], Awaitable[Result]],
    results: dict[int, Result],
    done: Callable[[int, Result], None] | None,
) -> None:
    for place, item in pairs:
        results[place] = result = await work(item)
        if done is not None:
            done(place, result)
