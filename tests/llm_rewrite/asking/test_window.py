"""The sliding window: order, width, no waiting for the slowest, the first failure ends the rest."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_rewrite.asking.endpoint import EndpointDown, EndpointRefused
from llm_rewrite.asking.window import slide


@given(
    pauses=st.lists(st.sampled_from([0.0, 0.001, 0.003]), max_size=30),
    width=st.integers(1, 40),
)
@settings(max_examples=40, deadline=None)
def test_results_come_in_the_order_of_the_items(pauses: list[float], width: int) -> None:
    most = under_way = 0
    told: dict[int, str] = {}

    async def work(item: tuple[int, float]) -> str:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(item[1])
        under_way -= 1
        return f"result {item[0]}"

    found = asyncio.run(slide(enumerate(pauses), work, width, told.__setitem__))
    assert found == [f"result {i}" for i in range(len(pauses))]
    assert told == dict(enumerate(found))
    assert most == min(width, len(pauses))


def test_a_slow_one_keeps_nobody_waiting() -> None:
    async def work(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return time.monotonic()

    # batches of 2, each waited for, would take 4 x 0.2 s
    began = time.monotonic()
    ended = asyncio.run(slide([0.2, *[0.01] * 6, 0.0], work, 2))
    assert max(ended[1:]) - began < 0.19
    assert ended[0] - began < 0.4


def test_items_are_pulled_no_faster_than_they_are_worked_on() -> None:
    pulled: list[int] = []

    def items():
        for number in range(50):
            pulled.append(number)
            yield number

    async def work(number: int) -> int:
        await asyncio.sleep(0)
        return len(pulled) - number

    assert max(asyncio.run(slide(items(), work, 4))) <= 4


@pytest.mark.parametrize("error", [EndpointRefused("no"), EndpointDown("gone"), KeyError("bug")])
def test_the_first_failure_ends_the_rest_and_is_raised(error: Exception) -> None:
    started, ended = [], []

    async def work(number: int) -> int:
        started.append(number)
        try:
            await asyncio.sleep(0.01 if number == 5 else 30)
        except asyncio.CancelledError:
            ended.append(number)
            raise
        raise error

    async def whole() -> None:
        with pytest.raises(type(error)) as raised:
            await slide(range(100), work, 8)
        assert raised.value is error
        assert len(asyncio.all_tasks()) == 1  # nothing is left behind

    asyncio.run(whole())
    assert started == list(range(8))
    assert sorted(ended) == [0, 1, 2, 3, 4, 6, 7]


def test_a_failure_of_the_items_or_of_the_listener_is_raised_too() -> None:
    async def work(number: int) -> int:
        return number

    def broken():
        yield 1
        raise OSError("cannot be read")

    def listener(place: int, result: int) -> None:
        raise RuntimeError("no ears")

    with pytest.raises(OSError, match="cannot be read"):
        asyncio.run(slide(broken(), work, 3))
    with pytest.raises(RuntimeError, match="no ears"):
        asyncio.run(slide([1, 2], work, 3, listener))


def test_cancelled_from_outside_it_cancels_all() -> None:
    async def work(number: int) -> None:
        await asyncio.sleep(30)

    async def whole() -> int:
        task = asyncio.create_task(slide(range(9), work, 3))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(asyncio.all_tasks())

    assert asyncio.run(whole()) == 1
