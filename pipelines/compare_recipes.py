"""What two recipes say differently, key by key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_ABSENT = object()


@dataclass(frozen=True)
class Changed:
    """A key of one or both recipes; None on the side that does not have it."""

    key: str
    a: Any
    b: Any


def changed_keys(a: Any, b: Any) -> list[Changed]:
    """The keys whose values differ, with dots, in order; list entries by their place.

    Where one side has no such section, all of the other's is one change.
    """
    return list(_changes("", a, b))


def _changes(key: str, a: Any, b: Any) -> Iterator[Changed]:
    if a == b and type(a) is type(b):
        return
    if isinstance(a, dict) and isinstance(b, dict):
        for name in sorted({*map(str, a), *map(str, b)}):
            yield from _changes(_below(key, name), a.get(name, _ABSENT), b.get(name, _ABSENT))
    elif isinstance(a, list) and isinstance(b, list) and _sections(a) and _sections(b):
        for i in range(max(len(a), len(b))):
            own = a[i] if i < len(a) else _ABSENT
            other = b[i] if i < len(b) else _ABSENT
            yield from _changes(_below(key, str(i)), own, other)
    else:
        own, other = (None if value is _ABSENT else value for value in (a, b))
        if own is not None or other is not None:
            yield Changed(key, own, other)


def _sections(values: list) -> bool:
    """Whether a list is one of sections, like `sources`, and not of plain values."""
    return all(isinstance(value, dict) for value in values)


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
