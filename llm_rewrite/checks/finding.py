"""A finding: the name of a fault and what speaks for it; and findings out of what checks yield."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One fault: a name out of `faithfulness.REASONS` and a detail for people."""

    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


def findings(found: Iterable[tuple[str, str]]) -> list[Finding]:
    """Each fault once, in order, its detail on one line."""
    return list(
        dict.fromkeys(Finding(reason, " ".join(detail.split())) for reason, detail in found)
    )
