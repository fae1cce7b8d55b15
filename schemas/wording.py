"""Words that several parts say alike: what a picture of a modality is called, and a or an."""

from __future__ import annotations

import functools
import re

# How one speaks of a picture of each modality.
MODALITY_NOUNS = {
    "radiography": "X-ray",
    "mammography": "mammogram",
    "ct": "CT scan",
    "mri": "MRI scan",
    "ultrasound": "ultrasound image",
    "nuclear": "nuclear medicine scan",
    "angiography": "angiogram",
    "fundus": "fundus photograph",
    "oct": "OCT scan",
    "endoscopy": "endoscopic image",
    "dermoscopy": "dermoscopic image",
    "clinical_photo": "clinical photograph",
    "histopathology": "histopathology image",
    "cytology": "cytology image",
    "light_microscopy": "light micrograph",
    "fluorescence_microscopy": "fluorescence micrograph",
    "electron_microscopy": "electron micrograph",
    "signal": "signal trace",
}
_KEPT = 8192  # phrases of which what is said of them is remembered
_LETTERS_WITH_AN = "AEFHILMNORSX"
_LONGEST_ACRONYM = 5
_ACRONYMS_READ_AS_WORDS = {"FLAIR", "SPECT", "STIR", "MIP", "SARS", "LASIK", "MASH", "NASH"}
_SOUNDS_LIKE_YOU = re.compile(
    r"(uni(?!n|rr|m[^o]|d[^i])|us[aeu]|ut[ei]|ur[eio]|uv[ue]|ubi|eu|one\b|once\b)"
)
_SILENT_H = re.compile(r"(hour|honest|heir)")
_EIGHTS = re.compile(r"(8\d*|11|18)(?!\d)")


@functools.lru_cache(maxsize=_KEPT)
def article(phrase: str) -> str:
    """`a` or `an` before the phrase, by how its first word sounds: an MRI, an 8-year-old, a CT."""
    word = phrase.lstrip("“\"'(")
    first = re.split(r"[\s-]", word, maxsplit=1)[0]
    if first[:1].isdigit():
        return "an" if _EIGHTS.match(first) else "a"
    letters = re.split(r"[&0-9/]", first)[0]
    spelt_out = letters.isupper() and len(letters) <= _LONGEST_ACRONYM
    if spelt_out and first not in _ACRONYMS_READ_AS_WORDS:
        return "an" if letters[0] in _LETTERS_WITH_AN else "a"
    low = first.lower()
    if _SILENT_H.match(low):
        return "an"
    return "an" if low[:1] in tuple("aeiou") and not _SOUNDS_LIKE_YOU.match(low) else "a"
