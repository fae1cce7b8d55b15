"""The limit on what is under way, waits between tries, and sums of usage: alone, without a server."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_rewrite.asking.pacing import Pace
from llm_rewrite.asking.retrying import LONGEST_WAIT_S, retry_after_s, wait_s
from llm_rewrite.asking.usage import Usage, added
from llm_rewrite.options import ModelOptions, Price
from llm_rewrite.prompt import Request
from llm_rewrite.reply import Reply


def test_requests_that_were_under_way_together_cut_the_limit_once() -> None:
    async def whole() -> list[float]:
        pace, limits = Pace(64), []
        entered = [await pace.enter() for _ in range(64)]
        for number in entered:
            pace.overloaded(number)
            pace.leave()
        limits.append(pace.limit)
        later = [await pace.enter() for _ in range(32)]
        for number in later:
            pace.overloaded(number)
            pace.leave()
        limits.append(pace.limit)
        for _ in range(16):  # one limit's worth of answers
            pace.answered()
        return [*limits, pace.limit]

    half, quarter, grown = asyncio.run(whole())
    assert (half, quarter) == (32, 16)
    assert 16.9 < grown <= 17


def test_the_limit_stays_between_one_and_the_most() -> None:
    pace = Pace(5)
    for _ in range(20):
        pace.overloaded(pace._cuts)
    assert pace.limit == 1
    for _ in range(1000):
        pace.answered()
    assert pace.limit == 5


@given(seed=st.integers(0, 10**6))
def test_no_place_is_lost_or_given_twice_when_waiters_go(seed: int) -> None:
    random_one = random.Random(seed)

    async def whole() -> None:
        pace = Pace(3)
        inside = 0

        async def one() -> None:
            nonlocal inside
            number = await pace.enter()
            inside += 1
            assert inside <= 3
            try:
                await asyncio.sleep(0)
                if random_one.random() < 0.2:
                    pace.overloaded(number)
            finally:
                inside -= 1
                pace.leave()
            pace.answered()

        tasks = [asyncio.create_task(one()) for _ in range(25)]
        for _ in range(10):
            await asyncio.sleep(0)
            random_one.choice(tasks).cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        assert not [t for t in tasks if not t.cancelled() and t.exception()]
        assert (pace.under_way, inside) == (0, 0)

    asyncio.run(whole())


def test_a_pause_holds_everybody_and_ends() -> None:
    async def whole() -> float:
        pace, loop = Pace(4), asyncio.get_running_loop()
        began = loop.time()
        pace.pause(0.1)
        pace.pause(0.05)  # the longest counts
        await asyncio.gather(*(pace.enter() for _ in range(4)))
        return loop.time() - began

    assert 0.09 < asyncio.run(whole()) < 2


def test_waits_grow_to_a_bound_and_differ() -> None:
    for attempt in (0, 1, 5, 20, 10_000):
        waits = {wait_s(attempt, 0.5) for _ in range(50)}
        most = min(LONGEST_WAIT_S, 0.5 * 2.0 ** min(attempt, 20))
        assert len(waits) > 10
        assert most / 2 <= min(waits) <= max(waits) <= most


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        (" 2.5 ", 2.5),
        ("0", 0.0),
        ("99999", LONGEST_WAIT_S),
        ("9" * 400, LONGEST_WAIT_S),
        ("Thu, 01 Jan 2026 00:00:07 GMT", 7.0),
        ("Thu, 01 Jan 2026 00:00:07 -0000", 7.0),
        ("Thu, 01 Jan 2026 00:00:07", 7.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("Fri, 01 Jan 2027 00:00:00 GMT", LONGEST_WAIT_S),
        *(
            (word, None)
            for word in (None, "", "soon", "-3", "nan", "inf", "1e3", "٣", "3 s", "1..2")
        ),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, datetime(2026, 1, 1, tzinfo=UTC)) == seconds


@given(header=st.text())
def test_no_header_breaks_it(header: str) -> None:
    seconds = retry_after_s(header)
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT_S


# ------------------------------------------------------------------ usage

_REPLIES = st.builds(
    Reply,
    prompt_tokens=st.integers(0, 5000),
    cached_tokens=st.integers(0, 5000),
    completion_tokens=st.integers(0, 900),
    latency_s=st.floats(0, 100),
    problem=st.sampled_from(["", "", "http_400: x", "cut_off: y"]),
)


@given(replies=st.lists(_REPLIES, max_size=30), cuts=st.lists(st.integers(0, 30), max_size=3))
def test_parts_in_any_order_add_up_to_the_whole(replies: list[Reply], cuts: list[int]) -> None:
    request = Request("t", "t/1-0", ModelOptions(price=Price(input=0.1, output=0.7)), "", "")
    whole, parts = Usage(), [Usage() for _ in range(4)]
    for place, reply in enumerate(replies):
        part = parts[sum(place >= cut for cut in cuts)]
        for usage in (whole, part):
            usage.count(request, reply)
            usage.count_try("t", reply.problem)
    kept = [msgspec.json.decode(msgspec.json.encode(p), type=Usage) for p in parts]
    assert added(kept) == added(reversed(kept)) == whole
    assert whole.of("t").cached_tokens == sum(r.cached_tokens for r in replies)
    paid = sum(r.prompt_tokens * 0.1 + r.completion_tokens * 0.7 for r in replies) / 1e6
    assert whole.of("t").cost == pytest.approx(paid, abs=1e-7)


def test_latency_is_told_to_five_percent() -> None:
    usage, request = Usage(), Request("t", "t/1-0", ModelOptions(), "", "")
    for hundredths in range(1, 1001):
        usage.count(request, Reply(latency_s=hundredths / 100))
    task = usage.of("t")
    assert task.latency_s(0.5) == pytest.approx(5.0, rel=0.06)
    assert task.latency_s(0.95) == pytest.approx(9.5, rel=0.06)
    assert Usage().of("t").latency_s(0.5) == 0
