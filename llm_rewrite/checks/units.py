"""Units with what they measure, and numbers, ordinals and months as words."""

from __future__ import annotations

import functools
import re

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
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS: dict[str, float] = {
    **{w: float(i) for i, w in enumerate(_ONES)},
    **{w: float(20 + 10 * i) for i, w in enumerate(TENS)},
    "half": 0.5, "quarter": 0.25, "dozen": 12.0, "twice": 2.0, "thrice": 3.0, "twofold": 2.0, "threefold": 3.0,
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
SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9}
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
_ROMAN = {"i": 1, "v": 5, "x": 10}


def spelled(words: tuple[str, ...], i: int) -> tuple[float, int]:
    """The value of a number in words and its last token: twenty-five, two hundred."""
    value = WORDS.get(words[i], 1.0)
    if words[i] in SCALES:
        value = SCALES[words[i]]
    last = i
    j = i + 1
    if words[i] in TENS:
        k = j + 1 if words[j : j + 1] == ("-",) else j
        if k < len(words) and 0 < WORDS.get(words[k], 0) < 10:
            value, last = value + WORDS[words[k]], k
    if last + 1 < len(words) and words[last + 1] in SCALES:
        value, last = value * SCALES[words[last + 1]], last + 1
    return value, last


@functools.lru_cache(maxsize=16_384)
def number_of(number: str) -> float:
    """1,024 is 1024; 1,5 is 1.5; 1.234.567 has thousands."""
    number = number[:40]
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number):
        number = number.replace(",", "")
    elif number.count(",") == 1 and "." not in number:
        number = number.replace(",", ".")
    elif number.count(".") > 1 or "," in number:
        number = re.sub("[.,]", "", number)
    return float(number)


def roman(numeral: str) -> float:
    """The value of a Roman number in small letters."""
    total = 0
    for here, after in zip(numeral, [*numeral[1:], ""], strict=True):
        value = _ROMAN[here]
        total += -value if after and _ROMAN[after] > value else value
    return float(total)
