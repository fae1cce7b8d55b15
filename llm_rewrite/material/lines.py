"""Texts as numbered lines, so that what comes back can be put where it belongs."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Annotated

import msgspec

from llm_rewrite.answers import BadAnswer


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """A line under its number."""

    number: int
    text: Annotated[str, msgspec.Meta(min_length=1)]


def numbered(
    blocks: Sequence[Sequence[str]], known: Container[str] = ()
) -> tuple[list[str], dict[str, int]]:
    """Each block with its lines numbered, and the number of every line.

    Blanks in a line are made one, so that no line can pass for two. A line that came before is not
    shown again; one without a letter (a number, a box) and a `known` one are not shown at all.
    """
    numbers: dict[str, int] = {}
    shown = []
    for block in blocks:
        new = []
        for line in (" ".join(string.split()) for string in block):
            if line not in numbers and line not in known and any(map(str.isalpha, line)):
                numbers[line] = len(numbers) + 1
                new.append(f"{numbers[line]}: {line}")
        shown.append("\n".join(new))
    return shown, numbers


def read_lines(lines: Iterable[Line], numbers: Mapping[str, int]) -> dict[int, str]:
    """The text of each number, on one line. Raises `BadAnswer` where not every one is there once."""
    wanted, found = set(numbers.values()), dict[int, str]()
    for line in lines:
        text = " ".join(line.text.split())
        if line.number not in wanted:
            raise BadAnswer(f"there is no line {line.number}")
        if line.number in found:
            raise BadAnswer(f"line {line.number} comes twice")
        if not text:
            raise BadAnswer(f"line {line.number} is empty")
        found[line.number] = text
    if lost := sorted(wanted - set(found)):
        raise BadAnswer(f"not there: line {', '.join(map(str, lost[:20]))}")
    return found
