"""Numbers, units and dates of a text against those of its source.

1.2 cm is 12 mm, five is 5, II is 2, 1,024 is 1024; names with numbers (T2, CD34, L4) are compared
as names. A count is held against the count of the same noun.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from llm_rewrite.checks.clinical import is_clinical
from llm_rewrite.checks.dates import wrong_date, wrong_month
from llm_rewrite.checks.lost_numbers import PAIR, SHOWN, close, equal, is_age, lost_numbers
from llm_rewrite.checks.quantities import Quantity, quantities
from llm_rewrite.checks.reading import Reading
from llm_rewrite.checks.units import UNITS, WORDS

_LETTERS = re.compile(r"([^\W\d_]+)(\d+)")
_SINGLE = frozenset({"single", "a", "an", "per", "each", "every"})
_COMPARED = {"<": "<", "≤": "<", "below": "<", ">": ">", "≥": ">", "above": ">"}
_VERTEBRAE = {"c": "cervical", "t": "thoracic", "l": "lumbar", "s": "sacral"}


def numbers(text: Reading, source: Reading, must_keep: bool) -> Iterator[tuple[str, str]]:
    """Numbers that the source does not have; where all is to be kept, measurements lost."""
    own, theirs = quantities(text), quantities(source)
    if not own and not must_keep:
        return
    plain = {t.number for t in theirs if t.kind != "name"}
    ages = {t.number for t in theirs if is_age(source, t)}
    young = plain - (ages - {t.number for t in theirs if not is_age(source, t)})
    for quantity in own:
        if not quantity.value and text.words[quantity.token] == "zero":
            continue
        scored = quantity.kind == "" and not is_age(text, quantity)
        found = _wrong(quantity, theirs, young if scored else plain, text, source)
        if found:
            reason, detail = found
            yield reason, f"'{text.around(quantity.token, 2, 2)}'{detail}"
    if must_keep:
        yield from lost_numbers(own, theirs, text, source)


@functools.lru_cache(maxsize=512)
def _named(reading: Reading) -> frozenset[float]:
    """The numbers within names and dates: 38 of CD38."""
    names = [quantity.name for quantity in quantities(reading) if quantity.name]
    return frozenset(float(n) for name in names for n in re.findall(r"\d{1,9}", name))


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
        if quantity.number in plain or quantity.number in _named(source):
            return _compared(quantity, theirs, text, source)
        reason = "date_changed" if quantity.kind else "number_changed"
        return reason, _of_kind(quantity.kind, theirs, source)
    return _wrong_measure(quantity, theirs, text, source)


def _wrong_measure(
    quantity: Quantity, theirs: Sequence[Quantity], text: Reading, source: Reading
) -> tuple[str, str] | None:
    if any(equal(quantity, t) for t in theirs):
        return _compared(quantity, theirs, text, source) or _misplaced(
            quantity, theirs, text, source
        )
    if quantity.number == 1 and any(  # "a single day"
        word in _SINGLE and UNITS.get(after, ("",))[0] == quantity.kind
        for word, after in pairwise(source.words)
    ):
        return None
    same_number = [t for t in theirs if close(t.number, quantity.number) and t.kind != "name"]
    if any(t.kind in ("", "count", "ordinal") for t in same_number):
        return None
    if same_number:
        return "unit_changed", f", source '{source.around(same_number[0].token, 1, 2)}'"
    many = quantity.is_time and quantity.number > 2 and text.words[quantity.token] in WORDS
    if many and _listed_so_many(replace(quantity, value=quantity.number), text, source):
        return None
    age = is_age(text, quantity)
    reason = "date_changed" if quantity.is_time and not age else "number_changed"
    return reason, _of_kind(quantity.kind, theirs, source)


def _wrong_count(
    quantity: Quantity,
    theirs: Sequence[Quantity],
    plain: set[float],
    text: Reading,
    source: Reading,
) -> tuple[str, str] | None:
    same_noun = [t for t in theirs if t.kind in ("count", "ordinal") and t.head == quantity.head]
    if any(t.value == quantity.value for t in same_noun):
        return _compared(quantity, theirs, text, source)
    counted = [t for t in same_noun if t.kind == "count"]
    after = text.keys[quantity.token + 1 : quantity.token + 4]
    if any(_shares_noun(t, counted, source) for t in theirs if t.number == quantity.number):
        return None
    alike = [t for t in counted if source.keys[t.token + 1 : t.token + 4][:3] == after]
    if alike or (counted and quantity.head not in SHOWN):
        return "number_changed", f", source '{source.around(counted[0].token, 0, 3)}'"
    if quantity.number in plain or quantity.value in plain or quantity.value <= 1:
        return None
    named = {float(n) for t in theirs if t.name for n in re.findall(r"\d{1,9}", t.name)}
    if quantity.value in named or (quantity.head in SHOWN and quantity.value < 13):
        return None
    if quantity.value == 2 and not PAIR.isdisjoint(source.known):
        return None
    if _listed_so_many(quantity, text, source):
        return None
    return "number_changed", _of_kind("count", theirs, source)


def _shares_noun(bare: Quantity, counted: Sequence[Quantity], source: Reading) -> bool:
    """`36 in May and 38 cases`: a number without a noun before one with it, in its sentence."""
    return bare.kind == "" and any(
        source.sentences[t.token] == source.sentences[bare.token] and 0 < t.token - bare.token < 9
        for t in counted
    )


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
        _length_of_list(inside, source) >= quantity.value for inside in source.sentence_ranges
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
    same = [t for t in theirs if close(t.number, quantity.number)]
    signs = {_sign(source, t.token) for t in same}
    if same and sign not in signs and signs != {""}:
        return "number_changed", f", source '{source.around(same[0].token, 2, 1)}'"
    return None


def _misplaced(
    quantity: Quantity, theirs: Sequence[Quantity], text: Reading, source: Reading
) -> tuple[str, str] | None:
    """A number of the source that there measures something else: two sizes changed about."""
    alike = list(itertools.islice((t for t in theirs if t.kind == quantity.kind), 20))
    same = [t for t in alike if equal(quantity, t)]
    other = [t for t in alike if not equal(quantity, t)]
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
