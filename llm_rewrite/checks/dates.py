"""Whole dates and months with a year: 5/31/13 is May 31, 2013, and not 5/13/13."""

from __future__ import annotations

from collections.abc import Sequence

from llm_rewrite.checks.quantities import Quantity
from llm_rewrite.checks.reading import Reading
from llm_rewrite.checks.units import MONTHS


def wrong_month(year: Quantity, text: Reading, source: Reading) -> str:
    """July 2011 where the source has July 2007; "" where nothing is wrong."""
    month = text.words[year.token - 1] if year.token else ""
    if month not in MONTHS:
        return ""
    pairs = [
        (i, source.words[i + 1])
        for i, word in enumerate(source.words[:-1])
        if MONTHS.get(word) == MONTHS[month] and len(source.words[i + 1]) == 4
    ]
    if not pairs or any(other == text.words[year.token] for _, other in pairs):
        return ""
    return f", source '{source.around(pairs[0][0], 0, 1)}'"


def wrong_date(quantity: Quantity, theirs: Sequence[Quantity], plain: set[float]) -> bool:
    """5/31/13 is 31 May 2013, not 5/13/13."""
    whole = [t for t in theirs if t.unit == "whole"]
    if any(_same_date(quantity, t) for t in whole):
        return False
    months = {t.value for t in theirs if t.unit == "month"}
    parts = [float(p) for p in quantity.name.split("/")]
    told = not whole and months & set(parts) and parts[2] % 100 in {p % 100 for p in plain}
    return not told


def _same_date(one: Quantity, two: Quantity) -> bool:
    """The same day; 5/31/13 and 31 May 2013 are, 5/6/13 and 6/5/13 are not."""
    if one.value == two.value:
        return True
    if not one.head and not two.head:
        return False
    a, b = (sorted(map(int, q.name.split("/")[:2])) for q in (one, two))
    return a == b and int(one.value) // 10_000 == int(two.value) // 10_000


def parts_told(date: Quantity, own: Sequence[Quantity]) -> bool:
    """Whether a text has a date's month by name, and its year."""
    parts = {float(p) for p in date.name.split("/")}
    months = {q.value for q in own if q.unit == "month"}
    years = {q.number % 100 for q in own if q.unit == "year"}
    return bool(months & parts) and bool(years & {p % 100 for p in parts})
