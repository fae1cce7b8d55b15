"""Numbers of a text with what they measure: 12 mm, five nodules, 3-5 weeks, p < 0.05, grade II.

A number that is part of a name (T2, CD34, C3-C4) is kept as that name; figure, panel, reference
and scale numbers are left out.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from llm_rewrite.checks.layout_numbers import DIGITS, is_layout, list_after
from llm_rewrite.checks.reading import Reading
from llm_rewrite.checks.terms import listed
from llm_rewrite.checks.units import (
    MONTHS,
    ORDINALS,
    SCALES,
    UNITS,
    WORDS,
    number_of,
    roman,
    spelled,
)

_TIMES = frozenset({"time", "days", "months"})
_NAMED = listed("""
    type grade stage class level category score phase zone segment group gleason birads bi-rads
    pirads pi-rads lirads ti-rads fazekas figo tnm who asa nyha dallas garden salter mark
    cranial factor protein interleukin vitamin chromosome exon cluster component
    """)
_ROMAN = re.compile(r"(?:x{0,2}(?:ix|iv|v?i{0,3}))([a-d]?)\Z", re.IGNORECASE)
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\Z")
_DATE = re.compile(r"(\d{1,4})([/.-])(\d{1,2})\2(\d{2,4})(?![\w/-])")
_NAME = re.compile(r"[^\W\d_]{1,6}\d[^\W_]{0,6}\Z")
_SETTINGS = listed("kvp kv mas tr te fov matrix tesla")
_PARTS_OF = listed("half quarter")
_WHICH = listed("left right upper lower top bottom front back inner outer medial lateral other")
_SHARES = listed("fifth tenth")
_BETWEEN = frozenset({"-", "x", "to", "by", "±", "and", "or", "~", "/", ","})
_SCALE_BAR = frozenset({"bar", "bars", "scale", "magnification", "magnifications", "x", "original"})


@dataclass(frozen=True)
class Quantity:
    """A number with what it measures.

    `kind` is a dimension of `UNITS`, "count", "date", "ordinal", "name" or "" where nothing tells.
    `value` is in the base unit of the dimension, `number` as written; `head` is the key of the
    counted noun, `name` the name that the number is part of.
    """

    value: float
    number: float
    kind: str
    token: int
    unit: str = ""
    head: str = ""
    name: str = ""
    minor: bool = False

    @property
    def is_time(self) -> bool:
        return self.kind in _TIMES


@functools.lru_cache(maxsize=512)
def quantities(reading: Reading) -> tuple[Quantity, ...]:
    """All numbers of a text, in order."""
    return tuple(_quantities(reading))


def _quantities(reading: Reading) -> Iterator[Quantity]:
    words = reading.words
    i = 0
    while i < len(words):
        word = words[i]
        if word[0] in DIGITS:
            date = _whole_date(reading, i)
            if date:
                yield Quantity(date[0], date[0], "date", i, unit="whole", name=date[1])
                i = date[2]
            else:
                yield from _digits(reading, i)
        elif word in WORDS or word in SCALES:
            value, last = spelled(words, i)
            place = word in _PARTS_OF and i > 0 and words[i - 1] in _WHICH  # "the right half"
            if not place and not _is_pronoun(reading, i, last):
                yield _measured(reading, value, i, last)
            i = last
        elif word in ORDINALS:
            head = reading.keys[i + 1] if i + 1 < len(words) else ""
            if word in _SHARES and words[i + 1 : i + 2] == ("of",) and words[i - 1] in ("a", "one"):
                share = 100 / ORDINALS[word]
                yield Quantity(share, share, "share", i, unit="%")
            else:
                yield Quantity(ORDINALS[word], ORDINALS[word], "ordinal", i, head=head)
        elif word in MONTHS and _is_month(reading, i):
            if named := _named_date(words, i):
                yield named
            yield Quantity(float(MONTHS[word]), float(MONTHS[word]), "date", i, unit="month")
        elif _NAME.match(word):
            yield Quantity(0.0, 0.0, "name", i, name=word)
        elif word in _NAMED and i + 1 < len(words):
            yield from _grade(reading, i)
        i += 1


def _whole_date(reading: Reading, i: int) -> tuple[float, str, int] | None:
    """5/31/13, 31.05.2013 or 2013-05-31: a value, its parts and its last token."""
    match = _DATE.match(reading.plain, reading.starts[i])
    if match is None or (i and reading.plain[reading.starts[i] - 1] in ".,/-"):
        return None
    parts = [int(part) for part in match.group(1, 3, 4)]
    years = [p for p in parts if p > 31 or len(str(p)) == 4]
    if len(years) > 1 or not any(0 < p <= 12 for p in parts):
        return None
    last = i
    while last + 1 < len(reading.starts) and reading.starts[last + 1] < match.end():
        last += 1
    year = parts[0] if parts[0] > 31 else parts[2]
    others = parts[1:] if parts[0] > 31 else parts[:2]
    whole = (year % 100) * 10_000 + others[0] * 100 + others[1]
    return float(whole), "/".join(map(str, [*others, year])), last


def _named_date(words: tuple[str, ...], i: int) -> Quantity | None:
    """`May 31, 2013`, `31 May 2013`: the same as 5/31/2013."""
    after = [w for w in words[i + 1 : i + 5] if w not in (",", "of", "the")]
    before = [w for w in words[max(0, i - 2) : i] if w not in (",", "of", "the")]
    days = [_DAY.match(w) for w in (*after[:1], *before[-1:])]
    day = next((int(d[1]) for d in days if d and 0 < int(d[1]) < 32), 0)
    year = next((w for w in after[:2] if len(w) == 4 and w.isdecimal()), "")
    if not day or not year:
        return None
    whole = (int(year) % 100) * 10_000 + MONTHS[words[i]] * 100 + day
    name = f"{MONTHS[words[i]]}/{day}/{year}"
    return Quantity(float(whole), float(whole), "date", i, unit="whole", head="named", name=name)


def _is_pronoun(reading: Reading, i: int, last: int) -> bool:
    """`one of`, `no one`, `this one`, `one another`: no count."""
    if reading.words[i] != "one" or last != i:
        return False
    after = reading.words[i + 1] if i + 1 < len(reading.words) else ""
    before = reading.words[i - 1] if i else ""
    if after in ("-", ",") or after in UNITS or after in WORDS:
        return before in ("this", "that", "no")
    return not any(reading.keys[i + 1 : i + 2]) or after in ("another", "side", "hand") or before in (
        "no", "this", "that", "the", "each", "every", "another",
    )  # fmt: skip


def _is_month(reading: Reading, i: int) -> bool:
    if reading.words[i] not in ("may", "march", "mar", "jan", "dec"):
        return reading.forms[i][:1].isupper()
    near = reading.words[max(0, i - 1) : i] + reading.words[i + 1 : i + 2]
    return reading.forms[i][:1].isupper() and any(w[0] in DIGITS for w in near)


_PARTS = re.compile(r"(\d+(?:[.,]\d+)*)(.*)\Z", re.DOTALL)


def _digits(reading: Reading, i: int) -> Iterator[Quantity]:
    """A number in digits, with letters attached or not."""
    words = reading.words
    match = _PARTS.match(words[i])
    assert match is not None
    number, letters = match[1], match[2]
    before = words[i - 1] if i else ""
    if is_layout(words, i):
        return
    if letters in ("st", "nd", "rd", "th"):
        value = number_of(number)
        yield Quantity(
            value, value, "ordinal", i, head=reading.keys[i + 1] if i + 1 < len(words) else ""
        )
        return
    if letters == "k":
        yield _measured(reading, 1000 * number_of(number), i, i)
        return
    if letters and letters not in UNITS and letters not in ("x", "yo", "year", "yr"):
        yield Quantity(0.0, 0.0, "name", i, name=words[i])
        return
    value = number_of(number)
    if before in _NAMED and before not in ("type",):
        yield Quantity(value, value, "name", i, name=f"{before} {value:g}")
        return
    if i and before == "-" and i > 1 and _NAME.match(words[i - 2]) and _joined(reading, i - 1):
        return  # C3-4
    if _is_year(words, i, value, letters):
        yield Quantity(value, value, "date", i, unit="year")
        return
    yield _measured(reading, value, i, i, letters if letters != "x" else "")


def _joined(reading: Reading, i: int) -> bool:
    return reading.starts[i] + 1 == reading.starts[i + 1]


def _is_year(words: tuple[str, ...], i: int, value: float, letters: str) -> bool:
    if letters or not 1900 <= value <= 2100 or value != int(value) or "." in words[i]:
        return False
    after = words[i + 1] if i + 1 < len(words) else ""
    return len(words[i]) == 4 and after not in UNITS


def _measured(
    reading: Reading, value: float, first: int, last: int, attached: str = ""
) -> Quantity:
    """A number with the unit or the noun that follows it."""
    words = reading.words
    if last + 1 < len(words) and words[last + 1] in SCALES and words[last][0] in DIGITS:
        value, last = value * SCALES[words[last + 1]], last + 1
    minor = _is_minor(words, first)
    unit = attached or _unit_after(words, last)
    if words[last] == "half" and words[last + 1 : last + 2] in (("a",), ("an",)):
        unit = _unit_after(words, last + 1)
    if unit in UNITS:
        kind, factor = UNITS[unit]
        return Quantity(value * factor, value, kind, first, unit=unit, minor=minor)
    if words[first].endswith("fold") or words[first] in ("twice", "thrice", "double", "doubled"):
        return Quantity(value, value, "fold", first, unit="fold")
    if words[first] in _PARTS_OF and words[last + 1 : last + 2] != ("-",):
        return Quantity(100 * value, 100 * value, "share", first, unit="%")
    head = _counted(reading, last)
    return Quantity(value, value, "count" if head else "", first, head=head, minor=minor)


def _is_minor(words: tuple[str, ...], i: int) -> bool:
    """Part of a scale bar, a magnification or a p-value: no loss where it is left out."""
    near = words[max(0, i - 4) : i]
    return not _SCALE_BAR.isdisjoint(near) or not _SETTINGS.isdisjoint(words[max(0, i - 8) : i + 3])


def _unit_after(words: tuple[str, ...], last: int) -> str:
    """The unit right after a number, or after the other numbers of `2 x 3 x 4 cm` and `3-5 cm`."""
    inside = 0
    for j in range(last + 1, min(len(words), last + 12)):
        word = words[j]
        if inside or (word == "(" and list_after(words, j)):
            inside = 0 if word == ")" else 1  # "two (black bars) and four weeks"
            continue
        if word in UNITS:
            if word == "°" and words[j + 1 : j + 2] == ("c",):
                return "°c"
            if words[j + 1 : j + 2] in (("²",), ("³",)):
                return word + ("2" if words[j + 1] == "²" else "3")
            return word
        match = _PARTS.match(word) if word[0] in DIGITS else None
        if match and match[2] in UNITS:
            return match[2]
        if not (match or word in _BETWEEN or word in WORDS):
            return ""
    return ""


def _counted(reading: Reading, last: int) -> str:
    """The key of the noun that a count goes with: the last word of its noun phrase."""
    head = ""
    if reading.words[last + 1 : last + 2] == ("-",) and any(reading.keys[last + 2 : last + 3]):
        return reading.keys[last + 2]
    for j in range(last + 1, min(len(reading.words), last + 7)):
        if not reading.keys[j]:
            if reading.words[j] == "-" or (reading.words[j] in ("and", "to", "or") and not head):
                continue
            break
        head = reading.keys[j]
        if reading.forms[j].endswith("s"):
            break
    return head


def _grade(reading: Reading, i: int) -> Iterator[Quantity]:
    """`grade II`, `stage IIIB`: a Roman number after a word that takes one."""
    j = i + 2 if reading.words[i + 1] == "-" and i + 2 < len(reading.words) else i + 1
    form = reading.words[j]
    if form and _ROMAN.match(form) and form[0] in "ivx":
        match = _ROMAN.match(form)
        assert match is not None
        value = roman(form[: len(form) - len(match[1])])
        yield Quantity(value, value, "name", j, name=f"{reading.words[i]} {value:g}{match[1]}")
