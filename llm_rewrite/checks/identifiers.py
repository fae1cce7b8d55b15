"""Marks of persons: addresses, record numbers, names, dates of birth.

E-mail addresses, telephone and record numbers, dates of birth and names with a title serve no
training text and are found even where the source has them. Web addresses, citations ("Smith et
al."), places and plain names count where the text brings them: the source, or the step that cleans
captions, answers for its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from llm_rewrite.checks.abbreviations import ABBREVIATIONS
from llm_rewrite.checks.clinical import is_clinical
from llm_rewrite.checks.reading import Reading, has_odd_letters
from llm_rewrite.checks.terms import FUNCTION, listed

_NUMBER = r"\.?\s?[:#]?\s?(?=[\w/-]{0,12}\d)[A-Za-z0-9][\w/-]{2,20}\b"
ALWAYS = re.compile(
    r"(?P<email>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})"
    r"|(?P<telephone>(?<![\w.])\+\d{1,3}[ -]?(?:\(\d{1,4}\)[ -]?)?\d{2,4}(?:[ -]\d{2,4}){1,4}(?!\w)"
    r"|(?<![\w.])\(?\d{3}\)?[ -]\d{3}-\d{4}(?!\w)|(?i:\b(?:tel|phone|fax|mobile)\.?:? ?)\+?\d[\d -]{5,15}\d)"
    r"|(?P<record>(?i:\b(?:mrn|medical record|record|patient|hospital|chart|file|nhs|study"
    r"|registration|admission|insurance|social security|specimen) (?:no|number|id|#)|\b(?:mrn|ssn|uhid)\b)"
    + _NUMBER
    + r")|(?P<identity>(?i:\b(?:case|accession|lab|biopsy|slide|block) (?:no|number|id|#)|\bid|\bid no)"
    + _NUMBER.replace("{2,20}", "{3,20}")
    + r")|(?P<birth>(?i:\b(?:dob|d\.o\.b\.|date of birth|birth ?date|born (?:on |in )?))\s?:?\s?[\w ,./-]{0,14}\d{2,4})"
    r"|(?P<name>\b(?:Dr|Drs|Prof|Professor|Mr|Mrs|Ms|Miss|Master|Doctor|Sir|Madame|Mme)\.? (?:[A-Z]\. ?){0,2}"
    r"(?!(?:Scan|Imag|Angio|Findings|Sequence|Series|Degree))[A-Z][a-z]+(?:[- ][A-Z][a-z]+)?"
    r"|(?i:\b(?:patient|man|woman|boy|girl|child|infant|he|she),? (?:was |is )?(?:named|called)) [A-Z][a-z]+"
    r"|(?i:\bcourtesy of )(?:[A-Z][\w.-]* ){1,3}[A-Z][\w-]+|\b[A-Z][a-z]+ [A-Z]\. ?[A-Z][\w-]{2,}"
    r"|(?i:\binitials)\.? [A-Z]\.? ?[A-Z]\b)"
)
WHERE_NEW = re.compile(
    r"(?P<address>(?i:https?://|www\.)\S{1,200}|(?i:\bdoi\s?:\s?)10\.\S{1,100}|\b10\.\d{4,9}/\S{1,100})"
    r"|(?P<citation>\b[A-Z][a-z]+(?: [A-Z]{1,2})?(?: and [A-Z][a-z]+)?,? et al\b"
    r"|\([A-Z][a-z]+(?: (?:and|&) [A-Z][a-z]+)?,? (?:19|20)\d\d[a-z]?\))"
    r"|(?P<place>\b(?:[A-Z][\w'-]+ ){1,4}(?:Hospital|University|Clinic|Institute|Medical Cent(?:er|re)"
    r"|Infirmary|College|Department)\b|\b(?:University|Hospital|Institute|Department) of (?:the )?[A-Z]\w+)"
)
# Signs that each match of the two has, as a cheap look tells; in most texts there is none.
_ALWAYS_WORDS = listed("""
    mrn ssn uhid dr drs prof professor mr mrs ms miss master doctor sir madame mme named called
    courtesy initials
    """)
_ALWAYS_SIGNS = re.compile(
    r"@|\+\d|\d-\d{4}|(?:tel|phone|fax|mobile)\.?:? ?\+?\d|(?:#|no|number|id)\W{0,4}[\w/-]{0,12}\d"
    r"|dob|d\.o\.b|birth|born"
)
_INITIAL = re.compile(r" [A-Z]\. ?[A-Z]")
_WHERE_WORDS = listed("""
    hospital university clinic institute medical infirmary college department
    """)
_WHERE_SIGNS = re.compile(r"https?://|www\.|10\.|et al|(?:19|20)\d\d[a-z]?\)")
_PAIR = re.compile(
    r"(?<![\w.\"“-])(?<!the )(?P<first>[A-Z][a-z]+) (?P<last>[A-Z][a-z]{2,})(?![\w-])"
)
_NO_NAMES = listed(
    """
    axial coronal sagittal transverse computed magnetic resonance tomography imaging
    scanning electron microscopy light optical coherence positron emission single photon
    digital subtraction chest plain lateral frontal anterior posterior left right upper
    lower white black red blue green arrow arrows panel panels figure table case patient
    note scale bar image images section grade stage type class score original magnification
    high low power contrast enhanced weighted fast spin echo gradient inversion recovery
    diffusion doppler color colour ultrasound video group united states kingdom new zealand
    south north east west africa african america american europe european asia asian central
    republic islands island city river lake sea ocean western eastern northern southern
    forest plot flow chart gram western blot
    """
)


def identifiers(text: Reading, source: Reading, english: bool = True) -> Iterator[tuple[str, str]]:
    """Marks of persons in a text; the first of each sort. Plain names only where it is English."""
    plain = text.plain
    for found in ALWAYS.finditer(plain) if may_be_marked(text) else ():
        if found.lastgroup != "identity" or found[0] not in source.plain:
            yield "identifier", f"{found.lastgroup}: '{found[0][:40]}'"
            break
    for found in WHERE_NEW.finditer(plain) if may_be_placed(text) else ():
        if found[0] not in source.plain:
            yield "identifier", f"{found.lastgroup}: '{found[0][:60]}'"
            break
    else:
        if not english:
            return
        yield from _plain_name(text, source)


def may_be_marked(text: Reading) -> bool:
    """Whether a text has a sign that each match of `ALWAYS` has."""
    small = text.plain.lower()
    return bool(
        not _ALWAYS_WORDS.isdisjoint(text.known)
        or _ALWAYS_SIGNS.search(small)
        or _INITIAL.search(text.plain)
        or has_odd_letters(text.plain)
    )


def may_be_placed(text: Reading) -> bool:
    """Whether a text has a sign that each match of `WHERE_NEW` has."""
    small = text.plain.lower()
    return bool(
        not _WHERE_WORDS.isdisjoint(text.known)
        or _WHERE_SIGNS.search(small)
        or has_odd_letters(text.plain)
    )


def _plain_name(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """Two capitalised words in a sentence ("of Maria Fernandes") that are nothing else."""
    words = [form for form in text.forms if form[0].isalpha() and len(form) > 3]
    if sum(form[0].isupper() for form in words) * 3 > len(words) + 6:
        return  # a text in title case
    for found in _PAIR.finditer(text.plain):
        first, last = found["first"].lower(), found["last"].lower()
        if _may_be_name(first, source) and _may_be_name(last, source):
            yield "identifier", f"name: '{found[0][:40]}'"
            return


def _may_be_name(word: str, source: Reading) -> bool:
    if word in source.known or word in FUNCTION or word in _NO_NAMES or word in ABBREVIATIONS:
        return False
    return not is_clinical(word) and word not in source.plain.lower()
