"""Facts of a picture from the columns of a table: which column, and what its values mean.

Only what an option maps is believed: a value that is not listed states nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from extractors.labelled.facts import check_names
from extractors.labelled.families.patterns import Expression, finds
from extractors.labelled.rows.records import field, text_of
from schemas.options import Options

_WHOLE = ("age_years", "age_months", "visit", "days")


class FactColumn(Options):
    """`column` holds the fact. `values` maps its texts, `search` regular expressions, to values.

    With neither the text itself is the value. Upper and lower case are the same.
    """

    column: str
    values: dict[str, str] = {}
    search: dict[Expression, str] = {}


def _checked(facts: dict[str, FactColumn]) -> dict[str, FactColumn]:
    check_names(facts)
    return facts


FactColumns = Annotated[dict[str, FactColumn], AfterValidator(_checked)]


def facts_of(columns: Mapping[str, FactColumn], values: Mapping[str, Any]) -> dict[str, str]:
    """What a row states, by the options; empty and unlisted values are left out."""
    stated = {name: _fact(name, how, values) for name, how in columns.items()}
    return {name: value for name, value in stated.items() if value}


def _fact(name: str, how: FactColumn, values: Mapping[str, Any]) -> str:
    text = text_of(field(values, how.column))
    if how.values or how.search:
        folded = {key.casefold(): value for key, value in how.values.items()}
        exact = folded.get(text.casefold(), "")
        found = (v for pattern, v in how.search.items() if finds(pattern, text))
        return exact or next(found, "")
    if name in _WHOLE:
        return str(int(text)) if re.fullmatch(r"\d{1,5}", text) else ""
    return text
