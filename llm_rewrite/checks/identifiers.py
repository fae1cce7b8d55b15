"""Marks of persons: addresses, record numbers, names, dates of birth.

E-mail and web addresses, telephone numbers, record numbers and dates of birth are found wherever
they come from; they serve no training text. A name with a title ("Dr. Smith") too, unless it names
a thing (Mr. for magnetic resonance). Author-year citations are names as well. Places and hospitals
only where the source does not name them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from llm_rewrite.checks.reading import Reading

_MARKS = re.compile(
    r"(?P<email>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})"
    r"|(?P<address>(?i:https?://|www\.)\S{1,200}|(?i:\bdoi\s?:\s?)10\.\S{1,100}|\b10\.\d{4,9}/\S{1,100})"
    r"|(?P<telephone>(?<![\w.])\+\d{1,3}[ -]?(?:\(\d{1,4}\)[ -]?)?\d{2,4}(?:[ -]\d{2,4}){1,4}(?!\w)"
    r"|(?<![\w.])\(?\d{3}\)?[ -]\d{3}-\d{4}(?!\w)|(?i:\b(?:tel|phone|fax)\.?:? ?)\+?\d[\d -]{5,15}\d)"
    r"|(?P<record>(?i:\b(?:mrn|medical record(?: (?:no|number))?|record (?:no|number)"
    r"|accession (?:no|number)|patient (?:id|no|number)|case (?:no|number|id)"
    r"|hospital (?:no|number)|study id|ssn|nhs (?:no|number)|id(?: number)?))"
    r"\.?\s?[:#]?\s?(?=[\w-]{0,12}\d)[A-Za-z0-9][\w-]{3,20}\b)"
    r"|(?P<birth>(?i:\b(?:dob|d\.o\.b\.|date of birth|born (?:on|in)))\s?:?\s?[\w ,./-]{0,14}\d{2,4})"
    r"|(?P<name>\b(?:Dr|Drs|Prof|Professor|Mr|Mrs|Ms|Miss|Doctor)\.? (?:[A-Z]\. ?){0,2}"
    r"(?!(?:Scan|Imag|Angio|Findings|Sequence))[A-Z][a-z]+(?:[- ][A-Z][a-z]+)?"
    r"|\b[A-Z][a-z]+(?: [A-Z]{1,2})?(?: and [A-Z][a-z]+)?,? et al\b"
    r"|\([A-Z][a-z]+(?: (?:and|&) [A-Z][a-z]+)?,? (?:19|20)\d\d[a-z]?\)"
    r"|\b(?:[Pp]atient|[Mm]an|[Ww]oman|[Bb]oy|[Gg]irl)?,? ?(?:named|called) (?!the )[A-Z][a-z]+(?: [A-Z][a-z]+)?)"
)
_PLACE = re.compile(
    r"\b(?:[A-Z][\w'-]+ ){1,4}(?:Hospital|University|Clinic|Institute|Medical Cent(?:er|re)|Infirmary|College)\b"
    r"|\b(?:University|Hospital|Institute) of [A-Z]\w+"
)


def identifiers(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """Marks of persons in a text."""
    if found := _MARKS.search(text.text):
        yield "identifier", f"{found.lastgroup}: '{found[0][:40]}'"
        return
    for found in _PLACE.finditer(text.text):
        if found[0] not in source.text:
            yield "identifier", f"place: '{found[0][:60]}'"
            return
