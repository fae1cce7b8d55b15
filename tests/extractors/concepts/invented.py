"""Small vocabularies for the linker's tests."""

from __future__ import annotations

import msgspec
import pyarrow as pa

from extractors.concepts.entries import VOCABULARY, Entry
from extractors.concepts.linker import Linker, Mention
from extractors.concepts.loading import linker_of


def table(*entries: Entry) -> pa.Table:
    return pa.Table.from_pylist([msgspec.structs.asdict(e) for e in entries], VOCABULARY)


def named(*names: str) -> list[Entry]:
    """One concept a name, its id the name."""
    return [Entry(name, name) for name in names]


def linker(*names: str | Entry, approximate: bool = False) -> Linker:
    """An untuned linker of names (ids as `named`) and entries."""
    entries = [own if isinstance(own, Entry) else Entry(own, own) for own in names]
    return linker_of(table(*entries), approximate=approximate)


def spans(text: str, mentions: list[Mention]) -> list[tuple[str, str]]:
    """What each mention covers, and its id."""
    return [(text[m.start : m.end], m.cui) for m in mentions]
