"""What a run's models cost: requests, tokens, money and latency by task, added up over partitions."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from llm_rewrite.asking.usage import Usage, added
from pipelines import layout
from pipelines.storage import Store

_DECODER = msgspec.json.Decoder(Usage)


def usage_of(store: Store, partitions: int) -> Usage:
    """The sum of what the partitions of the write stage noted; what cannot be read counts nothing."""
    return added(_parts(store, partitions))


def _parts(store: Store, partitions: int) -> Iterator[Usage]:
    for partition in range(partitions):
        try:
            yield _DECODER.decode(store.read(layout.usage_part(partition)))
        except (FileNotFoundError, msgspec.MsgspecError):
            continue


def cost_lines(usage: Usage) -> Iterator[str]:
    """One line for each task, for people."""
    for name, task in sorted(usage.tasks.items()):
        problems = sum(task.problems.values())
        parts = [
            f"{task.answered:,} answers",
            f"{task.journaled:,} of them known before" if task.journaled else "",
            f"{problems:,} failed" if problems else "",
            f"{task.prompt_tokens:,} + {task.completion_tokens:,} tokens",
            f"cost {task.cost:,.2f}" if task.cost_e9 else "",
            f"half within {task.latency_s(0.5):.2g} s, 95 % within {task.latency_s(0.95):.2g} s",
        ]
        yield f"  {name}: {', '.join(part for part in parts if part)}"
