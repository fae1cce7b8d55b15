"""Numbers of a text with what they measure: 12 mm, five nodules, 3-5 weeks, p < 0.05, grade II.

A number that is part of a name (T2, CD34, C3-C4) is kept as that name; figure, panel, reference
and scale numbers are left out.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from llm_rewrite.checks.reading import Reading
from llm_rewrite.checks.terms import listed

# unit: (what it measures, how many of the base unit)
UNITS: dict[str, tuple[str, float]] = {
    "nm": ("length", 1e-6), "μm": ("length", 1e-3), "um": ("length", 1e-3), "micron": ("length", 1e-3),
    "microns": ("length", 1e-3), "micrometer": ("length", 1e-3), "micrometers": ("length", 1e-3),
    "mm": ("length", 1.0), "millimeter": ("length", 1.0), "millimeters": ("length", 1.0),
    "millimetre": ("length", 1.0), "millimetres": ("length", 1.0), "cm": ("length", 10.0),
    "cms": ("length", 10.0), "centimeter": ("length", 10.0), "centimeters": ("length", 10.0),
    "centimetre": ("length", 10.0), "centimetres": ("length", 10.0), "dm": ("length", 100.0),
    "m": ("length", 1000.0), "meter": ("length", 1000.0), "meters": ("length", 1000.0),
    "km": ("length", 1e6), "inch": ("length", 25.4), "inches": ("length", 25.4),
    "nanometers": ("length", 1e-6), "micrometre": ("length", 1e-3), "micrometres": ("length", 1e-3),
    "mm2": ("area", 1.0), "cm2": ("area", 100.0), "μm2": ("area", 1e-6), "m2": ("area", 1e6),
    "mm3": ("volume", 1e-3), "cm3": ("volume", 1.0), "cc": ("volume", 1.0), "ml": ("volume", 1.0),
    "milliliter": ("volume", 1.0), "milliliters": ("volume", 1.0), "millilitres": ("volume", 1.0),
    "μl": ("volume", 1e-3), "ul": ("volume", 1e-3), "dl": ("volume", 100.0), "l": ("volume", 1000.0),
    "liter": ("volume", 1000.0), "liters": ("volume", 1000.0), "litres": ("volume", 1000.0),
    "pg": ("mass", 1e-9), "ng": ("mass", 1e-6), "μg": ("mass", 1e-3), "ug": ("mass", 1e-3),
    "mcg": ("mass", 1e-3), "microgram": ("mass", 1e-3), "micrograms": ("mass", 1e-3),
    "mg": ("mass", 1.0), "milligram": ("mass", 1.0), "milligrams": ("mass", 1.0),
    "g": ("mass", 1e3), "gram": ("mass", 1e3), "grams": ("mass", 1e3), "gm": ("mass", 1e3),
    "kg": ("mass", 1e6), "kilogram": ("mass", 1e6), "kilograms": ("mass", 1e6),
    "ms": ("time", 1e-3), "msec": ("time", 1e-3), "s": ("time", 1.0), "sec": ("time", 1.0),
    "secs": ("time", 1.0), "second": ("time", 1.0), "seconds": ("time", 1.0), "min": ("time", 60.0),
    "mins": ("time", 60.0), "minute": ("time", 60.0), "minutes": ("time", 60.0), "h": ("time", 3600.0),
    "hr": ("time", 3600.0), "hrs": ("time", 3600.0), "hour": ("time", 3600.0), "hours": ("time", 3600.0),
    "day": ("days", 1.0), "days": ("days", 1.0), "week": ("days", 7.0), "weeks": ("days", 7.0),
    "wk": ("days", 7.0), "wks": ("days", 7.0), "month": ("months", 1.0), "months": ("months", 1.0),
    "mo": ("months", 1.0), "year": ("months", 12.0), "years": ("months", 12.0), "yr": ("months", 12.0),
    "yrs": ("months", 12.0), "y": ("months", 12.0), "yo": ("months", 12.0), "decade": ("months", 120.0),
    "decades": ("months", 120.0), "%": ("share", 1.0), "percent": ("share", 1.0),
    "pc": ("share", 1.0), "per-cent": ("share", 1.0), "fold": ("fold", 1.0), "folds": ("fold", 1.0),
    "times": ("fold", 1.0), "°c": ("celsius", 1.0), "°": ("angle", 1.0), "degree": ("angle", 1.0),
    "degrees": ("angle", 1.0), "hu": ("hounsfield", 1.0), "hounsfield": ("hounsfield", 1.0),
    "mmhg": ("pressure", 1.0), "kpa": ("pressure", 7.50062), "hz": ("frequency", 1.0),
    "khz": ("frequency", 1e3), "mhz": ("frequency", 1e6), "bpm": ("rate", 1.0), "t": ("tesla", 1.0),
    "tesla": ("tesla", 1.0), "kv": ("voltage", 1e3), "kvp": ("voltage", 1e3), "mv": ("voltage", 1e-3),
    "v": ("voltage", 1.0), "gy": ("dose", 1.0), "cgy": ("dose", 0.01), "mgy": ("dose", 1e-3),
    "msv": ("sievert", 1e-3), "mci": ("activity", 37.0), "mbq": ("activity", 1.0),
    "nm/l": ("molar", 1e-9), "m/s": ("speed", 1.0), "cm/s": ("speed", 0.01), "mm/s": ("speed", 1e-3),
    "nmol": ("amount", 1e-9), "μmol": ("amount", 1e-6), "mmol": ("amount", 1e-3), "mol": ("amount", 1.0),
    "μm/s": ("speed", 1e-6), "da": ("dalton", 1.0), "kda": ("dalton", 1e3), "bp": ("bases", 1.0),
    "kb": ("bases", 1e3), "iu": ("units", 1.0), "units": ("units", 1.0), "u": ("units", 1.0),
    "fr": ("french", 1.0), "french": ("french", 1.0), "gauge": ("gauge", 1.0), "kcal": ("energy", 1.0),
    "mcm": ("length", 1e-3), "nmole": ("amount", 1e-9), "cells": ("cells", 1.0), "mas": ("charge", 1.0),
}  # fmt: skip
DIGITS = frozenset("0123456789")
_TIMES = frozenset({"time", "days", "months"})
_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS: dict[str, float] = {
    **{w: float(i) for i, w in enumerate(_ONES)},
    **{w: float(20 + 10 * i) for i, w in enumerate(_TENS)},
    "half": 0.5, "dozen": 12.0, "twice": 2.0, "thrice": 3.0, "twofold": 2.0, "threefold": 3.0,
    "fourfold": 4.0, "fivefold": 5.0, "tenfold": 10.0, "double": 2.0, "doubled": 2.0,
    "triple": 3.0, "tripled": 3.0, "duplicate": 2.0, "duplicates": 2.0, "triplicate": 3.0,
    "triplicates": 3.0, "quadruplicate": 4.0, "quintuplicate": 5.0,
}  # fmt: skip
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
]
ORDINALS: dict[str, float] = {w: float(i + 1) for i, w in enumerate(_ORDINALS)}
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_LAYOUT = listed(
    """
    fig figs figure figures panel panels table tables ref refs reference references
    supplement supplementary section video movie scheme box appendix equation eq chapter
    page pages row volume vol issue no nos number case patient subject lane image
    """
)
_NAMED = listed("""
    type grade stage class level category score phase zone segment group gleason birads bi-rads
    pirads pi-rads lirads ti-rads fazekas figo tnm who asa nyha dallas garden salter mark
    cranial factor protein interleukin vitamin chromosome exon cluster component
    """)
_ROMAN = re.compile(r"(?:x{0,2}(?:ix|iv|v?i{0,3}))([a-d]?)\Z", re.IGNORECASE)
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTHS = {
    **{m: i + 1 for i, m in enumerate(_MONTHS)},
    **{m[:3]: i + 1 for i, m in enumerate(_MONTHS) if m != "may"},
    "sept": 9,
}
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\Z")
_DATE = re.compile(r"(\d{1,4})([/.-])(\d{1,2})\2(\d{2,4})(?![\w/-])")
_NAME = re.compile(r"[^\W\d_]{1,6}\d[^\W_]{0,6}\Z")
_SETTINGS = listed("kvp kv mas tr te fov matrix tesla")
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
        elif word in WORDS or word in _SCALES:
            value, last = _spelled(words, i)
            if not _is_pronoun(reading, i, last):
                yield _measured(reading, value, i, last)
            i = last
        elif word in ORDINALS:
            head = reading.keys[i + 1] if i + 1 < len(words) else ""
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


def _spelled(words: tuple[str, ...], i: int) -> tuple[float, int]:
    """The value of a number in words and its last token: twenty-five, two hundred."""
    value = WORDS.get(words[i], 1.0)
    if words[i] in _SCALES:
        value = _SCALES[words[i]]
    last = i
    j = i + 1
    if words[i] in _TENS:
        k = j + 1 if words[j : j + 1] == ("-",) else j
        if k < len(words) and 0 < WORDS.get(words[k], 0) < 10:
            value, last = value + WORDS[words[k]], k
    if last + 1 < len(words) and words[last + 1] in _SCALES:
        value, last = value * _SCALES[words[last + 1]], last + 1
    return value, last


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
    if _is_layout(words, i):
        return
    if letters in ("st", "nd", "rd", "th"):
        value = _value(number)
        yield Quantity(
            value, value, "ordinal", i, head=reading.keys[i + 1] if i + 1 < len(words) else ""
        )
        return
    if letters and letters not in UNITS and letters not in ("x", "yo", "year", "yr"):
        yield Quantity(0.0, 0.0, "name", i, name=words[i])
        return
    value = _value(number)
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


def _is_layout(words: tuple[str, ...], i: int) -> bool:
    """`Figure 3`, `panel 2`, `[12]`, `Figs 1-4`, `patient 7`."""
    before = words[i - 1] if i else ""
    if words[i + 1 : i + 2] and words[i + 1] in UNITS and len(words[i + 1]) > 1:
        return False
    if before in _LAYOUT or (before == "." and i > 1 and words[i - 2] in _LAYOUT):
        return True
    if before == "[":
        return True
    if before in ("-", ",", "and", "&") and i > 1 and words[i - 2][0] in DIGITS:
        for j in range(i - 2, max(-1, i - 12), -1):
            if words[j] in _LAYOUT or words[j] == "[":
                return True
            if not (words[j][0] in DIGITS or words[j] in ("-", ",", "and", "&", ".")):
                return False
    return False


def _is_year(words: tuple[str, ...], i: int, value: float, letters: str) -> bool:
    if letters or not 1900 <= value <= 2100 or value != int(value) or "." in words[i]:
        return False
    after = words[i + 1] if i + 1 < len(words) else ""
    return len(words[i]) == 4 and after not in UNITS


@functools.lru_cache(maxsize=16_384)
def _value(number: str) -> float:
    """1,024 is 1024; 1,5 is 1.5; 1.234.567 has thousands."""
    number = number[:40]
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number):
        number = number.replace(",", "")
    elif number.count(",") == 1 and "." not in number:
        number = number.replace(",", ".")
    elif number.count(".") > 1 or "," in number:
        number = re.sub("[.,]", "", number)
    return float(number)


def _measured(
    reading: Reading, value: float, first: int, last: int, attached: str = ""
) -> Quantity:
    """A number with the unit or the noun that follows it."""
    words = reading.words
    if last + 1 < len(words) and words[last + 1] in _SCALES and words[last][0] in DIGITS:
        value, last = value * _SCALES[words[last + 1]], last + 1
    minor = _is_minor(words, first)
    unit = attached or _unit_after(words, last)
    if words[last] == "half" and words[last + 1 : last + 2] in (("a",), ("an",)):
        unit = _unit_after(words, last + 1)
    if unit in UNITS:
        kind, factor = UNITS[unit]
        return Quantity(value * factor, value, kind, first, unit=unit, minor=minor)
    if words[first].endswith("fold") or words[first] in ("twice", "thrice", "double", "doubled"):
        return Quantity(value, value, "fold", first, unit="fold")
    head = _counted(reading, last)
    return Quantity(value, value, "count" if head else "", first, head=head, minor=minor)


def _is_minor(words: tuple[str, ...], i: int) -> bool:
    """Part of a scale bar, a magnification or a p-value: no loss where it is left out."""
    near = words[max(0, i - 4) : i]
    return not _SCALE_BAR.isdisjoint(near) or not _SETTINGS.isdisjoint(words[max(0, i - 8) : i + 3])


def _unit_after(words: tuple[str, ...], last: int) -> str:
    """The unit right after a number, or after the other numbers of `2 x 3 x 4 cm` and `3-5 cm`."""
    for j in range(last + 1, min(len(words), last + 12)):
        word = words[j]
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
    for j in range(last + 1, min(len(reading.words), last + 5)):
        if not reading.keys[j]:
            if reading.words[j] in ("-", "and", "to", "or") and not head:
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
        value = _roman(form[: len(form) - len(match[1])])
        yield Quantity(value, value, "name", j, name=f"{reading.words[i]} {value:g}{match[1]}")


def _roman(numeral: str) -> float:
    total = 0
    for here, after in zip(numeral, [*numeral[1:], ""], strict=True):
        value = _ROMAN_VALUES[here]
        total += -value if after and _ROMAN_VALUES[after] > value else value
    return float(total)
