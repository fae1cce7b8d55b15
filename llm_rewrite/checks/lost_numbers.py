"""Measurements, counts, ages and dates that a text leaves out; when two numbers are one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from llm_rewrite.checks.dates import parts_told
from llm_rewrite.checks.quantities import Quantity
from llm_rewrite.checks.reading import Reading
from llm_rewrite.checks.stems import keys_of
from llm_rewrite.checks.terms import listed
from llm_rewrite.checks.units import MONTHS

SHOWN = keys_of(
    """
    image panel view picture figure photograph arrow case patient section group step
    component part point stage plane type condition set kind time different dimensional
    dimension asterisk star marker bracket circle arrowhead
    """
)
PAIR = listed("""
    both pair pairs bilateral bilaterally couple twin twins double dual two
    """)
_SAME = 1e-6
_SECONDS = {"time": 1.0, "days": 86_400.0}
_LICENCE = listed("license licence unported creative commons attribution copyright doi")


def lost_numbers(
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
        if quantity.kind == "count" and (quantity.value < 3 or quantity.head in SHOWN):
            continue
        if quantity.unit == "year" and source.words[max(0, quantity.token - 1)] not in MONTHS:
            continue
        if any(low < quantity.number < high for low, high in spans) or _is_cited(source, quantity):
            continue
        if not quantity.number or (quantity.unit == "whole" and parts_told(quantity, own)):
            continue
        if quantity.number in numbers or any(equal(quantity, q) for q in own):
            continue
        if quantity.value == 2 and not PAIR.isdisjoint(text.known):
            continue
        if quantity.number not in told:
            told.add(quantity.number)
            dated = quantity.kind == "date" or (quantity.is_time and not is_age(source, quantity))
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


def equal(one: Quantity, two: Quantity) -> bool:
    """Whether two quantities are the same in the same dimension; 24 h is one day."""
    if one.kind == two.kind:
        return close(one.value, two.value)
    if one.kind in _SECONDS and two.kind in _SECONDS:
        return close(one.value * _SECONDS[one.kind], two.value * _SECONDS[two.kind])
    return False


def close(a: float, b: float) -> bool:
    """Equal but for rounding in the last place."""
    return abs(a - b) <= _SAME * max(abs(a), abs(b))


def is_age(text: Reading, quantity: Quantity) -> bool:
    """Whether a time is how old someone is."""
    near = text.words[max(0, quantity.token - 2) : quantity.token + 5]
    return "old" in near or "aged" in near or "age" in near
