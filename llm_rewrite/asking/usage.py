"""What a task cost: requests, tokens, money, time; added up over partitions and kept as JSON.

What is computed from replies (`answered`, `problems`, tokens, cost, latency) counts each request
once, whether its reply came now or from the journal, so a run that was stopped and resumed ends
with the same numbers. What this run did (`sent`, `journaled`, `failed_tries`) is kept beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from llm_rewrite.prompt import Request
from llm_rewrite.reply import Reply

_STEP = 1.05  # each bucket of latency is 5 % wider than the one before it
_SHORTEST_S = 1e-4

Name = TypeVar("Name", int, str)


class TaskUsage(msgspec.Struct):
    """Counts of one task. `cost_e9` is in billionths of the currency, whole, so that sums agree.

    `latency` counts answers by bucket: bucket `n` ends at 0.1 ms * 1.05 ** n.
    """

    answered: int = 0
    problems: dict[str, int] = {}
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost_e9: int = 0
    latency: dict[int, int] = {}
    sent: int = 0
    journaled: int = 0
    failed_tries: dict[str, int] = {}

    @property
    def cost(self) -> float:
        """In the currency of the recipe's `price`."""
        return self.cost_e9 / 1e9

    def latency_s(self, share: float) -> float:
        """The latency in seconds that this share of answers kept within, to 5 %; 0 for none."""
        left = share * sum(self.latency.values())
        for bucket, count in sorted(self.latency.items()):
            left -= count
            if left <= 0:
                return _SHORTEST_S * _STEP**bucket
        return 0.0

    def plain(self) -> dict[str, object]:
        """For people and reports: the counts, cost, and median and 95th percentile of latency."""
        told = msgspec.to_builtins(self)
        del told["latency"], told["cost_e9"]
        times = {"latency_p50_s": self.latency_s(0.5), "latency_p95_s": self.latency_s(0.95)}
        return {**told, "cost": self.cost, **{k: round(v, 4) for k, v in times.items()}}


class Usage(msgspec.Struct):
    """The counts of each task, by its name."""

    tasks: dict[str, TaskUsage] = {}

    def of(self, task: str) -> TaskUsage:
        """The counts of a task, to be added to."""
        return self.tasks.setdefault(task, TaskUsage())

    def count(self, request: Request, reply: Reply) -> None:
        """Count the reply to a request; the caller does so once for each request."""
        task, price = self.of(request.task), request.model.price
        if reply.problem:
            _add(task.problems, {problem_name(reply.problem): 1})
        else:
            task.answered += 1
        task.prompt_tokens += reply.prompt_tokens
        task.cached_tokens += reply.cached_tokens
        task.completion_tokens += reply.completion_tokens
        task.cost_e9 += round(reply.prompt_tokens * price.input * 1000)
        task.cost_e9 += round(reply.completion_tokens * price.output * 1000)
        if reply.latency_s > 0:
            _add(task.latency, {_bucket(reply.latency_s): 1})

    def count_try(self, task: str, problem: str = "") -> None:
        """Count one request that was sent, and how it failed where it did."""
        counts = self.of(task)
        counts.sent += 1
        if problem:
            _add(counts.failed_tries, {problem_name(problem): 1})


def added(usages: Iterable[Usage]) -> Usage:
    """The sum of usages, in whatever order they come."""
    whole = Usage()
    for usage in usages:
        for name, part in sorted(usage.tasks.items()):
            _merge(whole.of(name), part)
    return whole


def problem_name(problem: str) -> str:
    """`http_400` of `http_400: too long`."""
    return problem.partition(":")[0].strip()


def _merge(whole: TaskUsage, part: TaskUsage) -> None:
    for name in whole.__struct_fields__:
        value = getattr(part, name)
        if isinstance(value, dict):
            _add(getattr(whole, name), value)
        else:
            setattr(whole, name, getattr(whole, name) + value)


def _add(counts: dict[Name, int], more: dict[Name, int]) -> None:
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count


def _bucket(seconds: float) -> int:
    seconds = min(max(seconds, _SHORTEST_S), 1e6)
    return math.ceil(math.log(seconds / _SHORTEST_S) / math.log(_STEP))
