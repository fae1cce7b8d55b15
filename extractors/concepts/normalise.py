"""Words as the linker compares them: one form for plural, spelling, Greek letters and accents.

The same function makes the words of a vocabulary and of a text, so a form need not be a word:
it only has to be equal for what means the same, and different for what does not.
"""

from __future__ import annotations

import functools
import re
import unicodedata

_GREEK_LETTERS = "α-ωΑ-Ωµϑϕϵ"
# Accents that stand apart from their letter, soft hyphens and joiners: within a word.
_WITHIN = "\\u0300-\\u036f\\u00ad\\u200c\\u200d\\u2060\\ufeff"
# A Greek letter is a word of its own, so that "TNFα" and "TNF-alpha" are the same two words.
WORD = re.compile(
    rf"[^\W_{_GREEK_LETTERS}]+(?:[{_WITHIN}]+[^\W_{_GREEK_LETTERS}]*)*(?:['’][sS](?!\w))?"
    rf"|[{_GREEK_LETTERS}]"
)

_GREEK_NAMES = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho
    sigma tau upsilon phi chi psi omega sigma beta
"""
# A German sharp s on its own is a beta that somebody could not type.
_GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψωςß", _GREEK_NAMES.split(), strict=True))
_LATIN = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i"})
_ROMAN = {
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xii": "12",
}  # fmt: skip
# Plurals, and singulars that end like one, that the endings of `singular` do not get right.
_IRREGULAR = {
    "men": "man",
    "women": "woman",
    "children": "child",
    "mice": "mouse",
    "lice": "louse",
    "feet": "foot",
    "teeth": "tooth",
    "aches": "ache",
    "headaches": "headache",
    "calories": "calorie",
    "calves": "calf",
    "gases": "gas",
    "overdoses": "overdose",
    "purposes": "purpose",
    "lens": "lens",
    "lenses": "lens",
    "bias": "bias",
    "biases": "bias",
    "axes": "axis",
    "crises": "crisis",
    "pelves": "pelvis",
    "testes": "testis",
    "apices": "apex",
    "cortices": "cortex",
    "indices": "index",
    "vertices": "vertex",
    "appendices": "appendix",
    "matrices": "matrix",
    "varices": "varix",
    "phalanges": "phalanx",
    "foci": "focus",
    "hili": "hilus",
    "loci": "locus",
    "nevi": "nevus",
    "rami": "ramus",
    "atria": "atrium",
    "criteria": "criterion",
    "diverticula": "diverticulum",
    "endothelia": "endothelium",
    "epithelia": "epithelium",
    "ganglia": "ganglion",
    "ilia": "ilium",
    "ostia": "ostium",
    "ova": "ovum",
    "phenomena": "phenomenon",
    "septa": "septum",
    "viscera": "viscus",
    "corpora": "corpus",
    "foramina": "foramen",
    "lumina": "lumen",
    "mitochondria": "mitochondrion",
    "stigmata": "stigma",
}
_BRITISH = {
    "haem": "hem",
    "aemi": "emi",
    "aesth": "esth",
    "aetio": "etio",
    "caec": "cec",
    "caesar": "cesar",
    "faec": "fec",
    "gynaec": "gynec",
    "naev": "nev",
    "paed": "ped",
    "phaeo": "pheo",
    "amoeb": "ameb",
    "coeli": "celi",
    "foet": "fet",
    "homoeo": "homeo",
    "oedem": "edem",
    "oesoph": "esoph",
    "oestr": "estr",
    "pnoe": "pne",
    "rrhoe": "rrhe",
    "leucaem": "leukem",
    "leuco": "leuko",
    "sulph": "sulf",
    "behaviour": "behavior",
    "colour": "color",
    "labour": "labor",
    "odour": "odor",
    "tumour": "tumor",
    "fibre": "fiber",
    "grey": "gray",
}
# Most words have none of these, and are done.
_MAYBE_BRITISH = re.compile(r"[ao]e|our|[tb]re|leuco|sulph|grey|is|ys|[ae]ll")
_SPELLINGS = re.compile("|".join(_BRITISH))
_ENDINGS = (
    (re.compile(r"(?<=[lr])ys(?=(?:e|ed|er|ing)\Z)"), "yz"),
    (re.compile(r"(?<=\w\w)is(?=(?:e|ed|er|ing|ation)\Z)"), "iz"),
    (re.compile(r"(?<=[ae]l)l(?=(?:ed|ing)\Z)"), ""),
    (re.compile(r"(calib|cent|goit|lit|met|tit)re\Z"), r"\1er"),
    (re.compile(r"\Adisc\Z"), "disk"),
)


@functools.lru_cache(maxsize=500_000)
def word_form(word: str) -> str:
    """The form of one word found by `WORD`; never empty for a word.

    Capitals do not count here; the linker looks at them where a short name is an acronym.
    """
    form = word[:-2] if word[-2:-1] in ("'", "’") else word
    if len(form) > 2 and form[-1] == "s" and form[:-1].isupper():
        form = form[:-1]
    acronym = 1 < len(form) <= 5 and form.isupper()
    form = form.lower()
    if not form.isascii():
        form = _GREEK.get(form) or _ascii(form)
    if number := _ROMAN.get(form):
        return number
    return form if acronym else american(singular(form))


def american(word: str) -> str:
    """A lower-case singular in American spelling ("haemorrhage" to "hemorrhage")."""
    if len(word) > 3 and _MAYBE_BRITISH.search(word):
        word = _SPELLINGS.sub(lambda match: _BRITISH[match[0]], word)
        for british, us in _ENDINGS:
            word = british.sub(us, word)
    return word


def singular(word: str) -> str:
    """A lower-case word without its plural ending, Latin and Greek ones too ("metastases")."""
    if found := _IRREGULAR.get(word):
        return found
    if len(word) < 4 or not word.isascii():
        return word
    if word[-1] == "s":
        return _without_s(word)
    if word.endswith("ae") and len(word) > 5:
        return word[:-1]
    if word.endswith("omata") and len(word) > 6:
        return word[:-2]
    if word.endswith("bacteria"):
        return word[:-1] + "um"
    if word[-1] == "i" and len(word) > 4:
        return word[:-1] + "us"
    return word


def _without_s(word: str) -> str:
    if word[-2] in "sui" or not word[-2].isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    if len(word) > 6:
        if word.endswith(("stases", "eses", "oses", "yses")):
            return word[:-2] + "is"
        if word.endswith("uses") and word[-5] not in "aeo":
            return word[:-2]
    return word[:-1]


def _ascii(word: str) -> str:
    """A lower-case word without accents and marks, of Latin letters as far as it can be."""
    plain = unicodedata.normalize("NFKD", word)
    bare = "".join(c for c in plain if unicodedata.category(c) not in ("Mn", "Cf")).lower()
    return _GREEK.get(bare) or bare.translate(_LATIN) or word
