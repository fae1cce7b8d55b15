"""Likely identifiers of patients in captions, reports and texts read off pictures.

Rules only, no model; nothing is identified or looked up. De-identified places (XXXX, ___,
[**...**]) are no findings. Time is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from filters.texts.identifying_names import names
from filters.texts.identifying_numbers import Found, ages, contacts, dates, numbers
from filters.texts.words import words_of

KINDS = (
    "name",
    "person",
    "birth_date",
    "date",
    "age_over_89",
    "record_number",
    "national_id",
    "phone",
    "email",
    "address",
)
# Those that are about somebody else: physicians, photographers, who is thanked.
NOT_PATIENTS = frozenset({"person"})
SCORES = ("identifying",)

_FILLED = re.compile(r"\[\*\*[^\[\]]{0,200}\*\*\]|X{3,}|x{4,}|_{2,}|█+|\*{3,}|<[A-Z_]{3,20}>")
_ORDER = {kind: i for i, kind in enumerate(
    ("email", "birth_date", "national_id", "date", "record_number", "phone", "age_over_89", "name",
     "person", "address")
)}  # fmt: skip
_DIGIT = re.compile(r"\d")


class Identifying(msgspec.Struct, frozen=True):
    """A likely identifier at characters `start` to `end`; `kind` is one of `KINDS`, `score` from 0
    to 1 how likely it is one."""

    kind: str
    start: int
    end: int
    score: float


def identifying(text: str) -> list[Identifying]:
    """What in a text may tell who somebody is, in the order of the text, without overlaps."""
    text = _FILLED.sub(lambda found: "\x01" * len(found[0]), text)
    found = sorted(_all(text), key=lambda f: (_ORDER[f[0]], f[1], -f[2]))
    taken: list[Found] = []
    if not found:
        return []
    spans = bytearray(len(text))
    for kind, start, end, score in found:
        if not any(spans[start:end]):
            spans[start:end] = b"\x01" * (end - start)
            taken.append((kind, start, end, score))
    return [Identifying(*one) for one in sorted(taken, key=lambda f: f[1])]


def _all(text: str) -> Iterator[Found]:
    known = frozenset(words_of(text.lower()))
    if _DIGIT.search(text):
        yield from dates(text, known)
        yield from numbers(text, known)
    yield from contacts(text, known)
    yield from ages(text, known)
    yield from names(text, known)
