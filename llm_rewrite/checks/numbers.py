"""Numbers, units and dates of a text against those of its source.

1.2 cm is 12 mm, five is 5, II is 2, 1,024 is 1024; names with numbers (T2, CD34, L4) are compared
as names. A count is held against the count of the same noun.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from llm_rewrite.checks.clinical import is_clinical
from llm_rewrite.checks.dates import parts_told, wrong_date, wrong_month
from llm_rewrite.checks.quantities import Quantity, quantities
from llm_rewrite.checks.reading import Reading
from llm_rewrite.checks.stems import keys_of
from llm_rewrite.checks.terms import listed
from llm_rewrite.checks.units import MONTHS, WORDS

_SHOWN = keys_of(
    """
    image panel view picture figure photograph arrow case patient section group step
    component part point stage plane type condition set kind time different dimensional
    dimension asterisk star marker bracket circle arrowhead
    """
)
_PAIR = listed("""
    both pair pairs bilateral bilaterally couple twin twins double dual two
    """)
_LETTERS = re.compile(r"([^\W\d_]+)(\d+)")
_COMPARED = {"<": "<", "≤": "<", ">": ">", "≥": ">"}
_SAME = 1e-6
_LICENCE = listed("license licence unported creative commons attribution copyright doi")
_VERTEBRAE = {"c": "cervical", "t": "thoracic", "l": "lumbar", "s": "sacral"}
_SECONDS = {"time": 1.0, "days": 86_400.0}


def numbers(text: Reading, source: Reading, must_keep: bool) -> Iterator[tuple[str, str]]:
    """Numbers that the source does not have; where all is to be kept, measurements lost."""
    own, theirs = quantities(text), quantities(source)
    if not own and not must_keep:
        return
    plain = {t.number for t in theirs if t.kind != "name"}
    for quantity in own:
        if not quantity.value and text.words[quantity.token] == "zero":
            continue
        found = _wrong(quantity, theirs, plain, text, source)
        if found:
            reason, detail = found
            yield reason, f"'{text.around(quantity.token, 2, 2)}'{detail}"
    if must_keep:
        yield from _lost(own, theirs, text, source)


def _wrong(
    quantity: Quantity,
    theirs: Sequence[Quantity],
    plain: set[float],
    text: Reading,
    source: Reading,
) -> tuple[str, str] | None:
    """The reason and the source's side, None where a number is right."""
    if quantity.kind == "name":
        return _wrong_name(quantity, theirs, plain, source)
    if quantity.kind == "ordinal":
        return _wrong_ordinal(quantity, theirs, plain, source)
    if quantity.kind == "count":
        return _wrong_count(quantity, theirs, plain, text, source)
    if quantity.kind in ("", "date"):
        named = {float(n) for t in theirs if t.name for n in re.findall(r"\d{1,9}", t.name)}
        if quantity.unit == "whole":
            wrong = wrong_date(quantity, theirs, plain)
            return ("date_changed", _of_kind("date", theirs, source)) if wrong else None
        if quantity.kind == "date" and quantity.unit == "month":
            known = any(t.unit == "month" and t.value == quantity.value for t in theirs)
            known = known or any(
                str(int(quantity.value)) in t.name.split("/") for t in theirs if t.unit == "whole"
            )
            return None if known else ("date_changed", _of_kind("date", theirs, source))
        whole = {float(n) % 100 for t in theirs if t.unit == "whole" for n in t.name.split("/")}
        if quantity.unit == "year":
            if found := wrong_month(quantity, text, source):
                return "date_changed", found
            if quantity.number % 100 in whole:
                return None
        if quantity.number in plain or quantity.number in named:
            return _compared(quantity, theirs, text, source)
        reason = "date_changed" if quantity.kind else "number_changed"
        return reason, _of_kind(quantity.kind, theirs, source)
    return _wrong_measure(quantity, theirs, text, source)


def _wrong_measure(
    quantity: Quantity, theirs: Sequence[Quantity], text: Reading, source: Reading
) -> tuple[str, str] | None:
    if any(_equal(quantity, t) for t in theirs):
        return _compared(quantity, theirs, text, source) or _misplaced(
            quantity, theirs, text, source
        )
    same_number = [t for t in theirs if _close(t.number, quantity.number) and t.kind != "name"]
    if any(t.kind in ("", "count", "ordinal") for t in same_number):
        return None
    if same_number:
        return "unit_changed", f", source '{source.around(same_number[0].token, 1, 2)}'"
    many = quantity.is_time and quantity.number > 2 and text.words[quantity.token] in WORDS
    if many and _listed_so_many(replace(quantity, value=quantity.number), text, source):
        return None
    age = _is_age(text, quantity)
    reason = "date_changed" if quantity.is_time and not age else "number_changed"
    return reason, _of_kind(quantity.kind, theirs, source)


def _is_age(text: Reading, quantity: Quantity) -> bool:
    near = text.words[max(0, quantity.token - 2) : quantity.token + 5]
    return "old" in near or "aged" in near or "age" in near


def _wrong_count(
    quantity: Quantity,
    theirs: Sequence[Quantity],
    plain: set[float],
    text: Reading,
    source: Reading,
) -> tuple[str, str] | None:
    same_noun = [t for t in theirs if t.kind in ("count", "ordinal") and t.head == quantity.head]
    if any(t.value == quantity.value for t in same_noun):
        return None
    counted = [t for t in same_noun if t.kind == "count"]
    after = text.keys[quantity.token + 1 : quantity.token + 4]
    alike = [t for t in counted if source.keys[t.token + 1 : t.token + 4][:3] == after]
    if alike or (counted and quantity.head not in _SHOWN):
        return "number_changed", f", source '{source.around(counted[0].token, 0, 3)}'"
    if quantity.number in plain or quantity.value in plain or quantity.value <= 1:
        return None
    named = {float(n) for t in theirs if t.name for n in re.findall(r"\d{1,9}", t.name)}
    if quantity.value in named or (quantity.head in _SHOWN and quantity.value < 13):
        return None
    if quantity.value == 2 and not _PAIR.isdisjoint(source.known):
        return None
    if _listed_so_many(quantity, text, source):
        return None
    return "number_changed", _of_kind("count", theirs, source)


def _listed_so_many(quantity: Quantity, text: Reading, source: Reading) -> bool:
    """Whether the source lists as many of something that is no finding: three species, two groups."""
    after = range(quantity.token + 1, min(len(text.words), quantity.token + 6))
    noun = next((text.words[i] for i in after if text.keys[i] == quantity.head), "")
    if is_clinical(noun) or not 2 <= quantity.value <= 12:
        return False
    labels = {f.upper() for f in source.forms if len(f) == 1 and f.upper() in "ABCDEFGHIJKL"}
    if quantity.value in (2, len(labels)):
        return True
    return any(
        _length_of_list(inside, source) == quantity.value for inside in source.sentence_ranges
    )


def _length_of_list(inside: range, source: Reading) -> int:
    """How many a sentence lists, by its commas before an `and`."""
    joins = [source.words[i] for i in inside if source.words[i] in (",", "and", "or")]
    if not joins:
        return 1
    commas = 0
    for here, after in zip(joins, [*joins[1:], ""], strict=True):
        if here in ("and", "or"):
            break
        commas += here == "," and after != "and"
    return commas + 2


def _wrong_ordinal(
    quantity: Quantity, theirs: Sequence[Quantity], plain: set[float], source: Reading
) -> tuple[str, str] | None:
    if quantity.value in plain:
        return None
    same_noun = [t for t in theirs if t.kind == "ordinal" and t.head == quantity.head]
    if same_noun:
        return "number_changed", f", source '{source.around(same_noun[0].token, 0, 2)}'"
    if quantity.value < 3 or str(int(quantity.value)) in source.text:
        return None
    return "number_changed", ": not in the source"


def _wrong_name(
    quantity: Quantity, theirs: Sequence[Quantity], plain: set[float], source: Reading
) -> tuple[str, str] | None:
    """L4 for L5, grade II for grade III; a marker that the source does not name is a concept."""
    name = quantity.name
    if name in source.known or any(t.name == name for t in theirs):
        return None
    if " " in name:
        noun, _, value = name.partition(" ")
        other = [t for t in theirs if t.name.startswith(noun + " ")]
        if other:
            return "number_changed", f", source '{source.around(other[0].token, 1, 0)}'"
        known = re.findall(r"\d+", value)[:1]
        return (
            None
            if known and float(known[0]) in plain
            else ("number_changed", ": not in the source")
        )
    match = _LETTERS.match(name)
    if match is None:  # 18F, 3D
        digits = re.match(r"\d{1,9}", name)
        known_number = digits is not None and float(digits[0]) in plain
        return None if known_number else ("number_changed", ": not in the source")
    same = [
        t for t in theirs if t.name.startswith(match[1]) and t.name[len(match[1]) :][:1].isdigit()
    ]
    if any(_LETTERS.match(t.name) and _LETTERS.match(t.name)[2] == match[2] for t in same):  # type: ignore[index]
        return None
    if same:
        return "number_changed", f", source '{source.around(same[0].token, 0, 0)}'"
    if _VERTEBRAE.get(match[1], "-") in source.words and float(match[2][:9]) in plain | {
        t.value for t in theirs if t.kind == "ordinal"
    }:
        return None  # L4 is the fourth lumbar vertebra
    if match[1] in source.known and float(match[2][:9]) in plain:
        return None
    return "concept_added", ": not in the source"


def _equal(one: Quantity, two: Quantity) -> bool:
    if one.kind == two.kind:
        return _close(one.value, two.value)
    if one.kind in _SECONDS and two.kind in _SECONDS:
        return _close(one.value * _SECONDS[one.kind], two.value * _SECONDS[two.kind])
    return False


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= _SAME * max(abs(a), abs(b))


def _of_kind(kind: str, theirs: Sequence[Quantity], source: Reading) -> str:
    """The source's number of the same kind, for the detail."""
    for other in theirs:
        if other.kind == kind:
            return f", source '{source.around(other.token, 1, 2)}'"
    return ": not in the source"


def _sign(reading: Reading, token: int) -> str:
    before = reading.words[token - 1] if token else ""
    if before in _COMPARED:
        return _COMPARED[before]
    if before == "than" and token > 1:
        return {"less": "<", "fewer": "<", "lower": "<", "below": "<", "smaller": "<"}.get(
            reading.words[token - 2], ">"
        )
    return ""


def _compared(
    quantity: Quantity, theirs: Sequence[Quantity], text: Reading, source: Reading
) -> tuple[str, str] | None:
    """p > 0.05 for p < 0.05."""
    sign = _sign(text, quantity.token)
    if not sign:
        return None
    same = [t for t in theirs if _close(t.number, quantity.number)]
    signs = {_sign(source, t.token) for t in same}
    if same and sign not in signs and signs != {""}:
        return "number_changed", f", source '{source.around(same[0].token, 2, 1)}'"
    return None


def _misplaced(
    quantity: Quantity, theirs: Sequence[Quantity], text: Reading, source: Reading
) -> tuple[str, str] | None:
    """A number of the source that there measures something else: two sizes changed about."""
    alike = [t for t in theirs if t.kind == quantity.kind][:20]
    same = [t for t in alike if _equal(quantity, t)]
    other = [t for t in alike if not _equal(quantity, t)]
    if not same or not other:
        return None
    near = _near(text, quantity.token)
    best = max(len(near & _near(source, t.token)) for t in same)
    rival = max(other, key=lambda t: len(near & _near(source, t.token)))
    if len(near & _near(source, rival.token)) >= best + 3:
        return "number_changed", f", source '{source.around(rival.token, 2, 3)}'"
    return None


def _near(reading: Reading, token: int) -> frozenset[str]:
    inside = reading.sentence_words(token)
    window = range(max(inside.start, token - 6), min(inside.stop, token + 8))
    return frozenset(reading.keys[j] for j in window if reading.keys[j])


def _lost(
    own: Sequence[Quantity], theirs: Sequence[Quantity], text: Reading, source: Reading
) -> Iterator[tuple[str, str]]:
    """Measurements, counts, ages and dates of the source that the text does not have."""
    numbers = {q.number for q in own} | {q.value for q in own}
    told: set[float] = set()
    spans = [(a.number, b.number) for a, b in pairwise(own) if _to(text, a, b)]
    for quantity in theirs:
        if (
            quantity.kind in ("", "name", "ordinal")
            or quantity.minor
            or _is_statistic(source, quantity)
        ):
            continue
        if quantity.kind == "count" and (quantity.value < 3 or quantity.head in _SHOWN):
            continue
        if quantity.unit == "year" and source.words[max(0, quantity.token - 1)] not in MONTHS:
            continue
        if any(low < quantity.number < high for low, high in spans) or _is_cited(source, quantity):
            continue
        if not quantity.number or (quantity.unit == "whole" and parts_told(quantity, own)):
            continue
        if quantity.number in numbers or any(_equal(quantity, q) for q in own):
            continue
        if quantity.value == 2 and not _PAIR.isdisjoint(text.known):
            continue
        if quantity.number not in told:
            told.add(quantity.number)
            dated = quantity.kind == "date" or (quantity.is_time and not _is_age(source, quantity))
            reason = "date_changed" if dated else "number_changed"
            yield reason, f"lost: '{source.around(quantity.token, 1, 2)}'"


def _to(text: Reading, low: Quantity, high: Quantity) -> bool:
    """`zero to three`, `3-5`: what lies between is said too."""
    between = text.words[low.token + 1 : high.token]
    return low.number < high.number and between in (("to",), ("-",), ("and",))


def _is_cited(source: Reading, quantity: Quantity) -> bool:
    """`(after Huffman, 2007)`, `Share Alike 3.0`: of a reference or a licence."""
    near = source.words[max(0, quantity.token - 4) : quantity.token + 4]
    if not _LICENCE.isdisjoint(near):
        return True
    before = source.forms[max(0, quantity.token - 2) : quantity.token]
    return (
        quantity.unit == "year"
        and len(before) == 2
        and ((before[1] == "," and before[0][:1].isupper()) or "al" in before)
    )


def _is_statistic(source: Reading, quantity: Quantity) -> bool:
    """`p < 0.05`, `n = 12`, `95% CI`: of an analysis, not of the picture."""
    before = source.words[max(0, quantity.token - 3) : quantity.token]
    after = source.words[quantity.token + 1 : quantity.token + 4]
    return not {"p", "n", "r", "sd", "sem", "±", "fdr"}.isdisjoint(before) or not {
        "ci", "confidence", "±", "times",
    }.isdisjoint(after)  # fmt: skip
