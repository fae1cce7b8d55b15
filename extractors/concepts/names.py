"""The names a vocabulary entry can be written by: without qualifiers, turned round, joined."""

from __future__ import annotations

import re

from extractors.concepts.normalise import WORD, word_form

LONGEST_NAME_WORDS = 12

_QUALIFIER = re.compile(
    r"\s*(?:\((?:disorder|finding|procedure|body structure|morphologic abnormality|disease|"
    r"observable entity|substance|organism|qualifier value|physical object|situation|event|"
    r"diagnosis|symptom|regime/therapy|clinical)\)|\[[A-Z]+\]|,?\s+\(?NOS\)?|,?\s+unspecified)\s*\Z",
    re.IGNORECASE,
)
_QUALIFIER_ENDS = (")", "]", "NOS", "nos", "nspecified")
# "Carcinoma, renal cell", but not "Fever, headache and rash" or "Trisomy 21, mosaic type 2, left".
_INVERTED = re.compile(r"[^,;:()\[\]]+(?:, [^,;:()\[\]]+){1,2}\Z")
_LIST = re.compile(r"\b(?:and|or|with|without|of|due|in|by|to|from|not|other|except)\b", re.I)
_SPECIAL = re.compile(r"[-,\d]")
_LETTERS_BEFORE_DIGIT = re.compile(r"[^\W\d_]{2}\d")
_LETTERS_THEN_DIGITS = re.compile(r"([a-z]{2,})(\d+)\Z")
# Words that change nothing of what a name says; "a" does ("hepatitis A").
ARTICLES = frozenset(("the",))


def name_words(name: str) -> tuple[str, ...]:
    """The forms of a name's words, without articles ("Cancer of the breast")."""
    plain = name.isascii() and name.replace(" ", "").isalpha()
    forms = tuple(map(word_form, name.split() if plain else WORD.findall(name)))
    if not ARTICLES.isdisjoint(forms):
        forms = tuple(form for form in forms if form not in ARTICLES) or forms
    return forms


def ways_to_write(name: str) -> list[tuple[str, ...]]:
    """Every sequence of word forms that stands for `name`, the one as written first.

    Empty for a name without words or of more than `LONGEST_NAME_WORDS`.
    """
    plain = _QUALIFIER.sub("", name) or name if name.endswith(_QUALIFIER_ENDS) else name
    ways = [name_words(plain)]
    if _SPECIAL.search(plain):  # most names have none, and loading is to be quick
        ways = list(dict.fromkeys(_all_ways(plain, ways)))
    return [way for way in ways if 0 < len(way) <= LONGEST_NAME_WORDS]


def _all_ways(plain: str, ways: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The way as written and those of a name with commas, hyphens or digits; some may be equal."""
    if _INVERTED.match(plain) and not _LIST.search(plain):
        ways = [*ways, name_words(" ".join(reversed(plain.split(", "))))]
    if "-" in plain:
        ways = [*ways, *_joined(plain)]
    if _LETTERS_BEFORE_DIGIT.search(plain):
        ways = [*ways, *(way for first in ways[:2] for way in _parted(first))]
    return ways


def _joined(name: str) -> list[tuple[str, ...]]:
    """ "IL-2" as "IL2", "cross-over" as "crossover"; more than two hyphens are left."""
    parts = re.split(r"(?<=\w)-(?=\w)", name)
    return [name_words("".join(parts))] if 1 < len(parts) <= 3 else []


def _parted(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """ "IL2" as "IL 2", which is how "IL-2" is read."""
    for i, word in enumerate(words):
        if match := _LETTERS_THEN_DIGITS.match(word):
            return [(*words[:i], match[1], match[2], *words[i + 1 :])]
    return []
