"""Words as the linker compares them: one form for plural, spelling, Greek letters and accents.

The same function makes the words of a vocabulary and of a text, so a form need not be a word:
it only has to be equal for what means the same, and different for what does not.
"""

from __future__ import annotations

import functools
import re
import unicodedata

# A Greek letter is a word of its own, so that "TNFα" and "TNF-alpha" are the same two words.
WORD = re.compile(r"[^\W_α-ωΑ-Ω]+(?:['’]s(?!\w))?|[α-ωΑ-Ω]")

_GREEK_NAMES = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho
    sigma tau upsilon phi chi psi omega sigma
"""
_GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψως", _GREEK_NAMES.split(), strict=True))
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_IRREGULAR = {
    "men": "man",
    "women": "woman",
    "children": "child",
    "mice": "mouse",
    "feet": "foot",
    "teeth": "tooth",
    "lice": "louse",
    "criteria": "criterion",
    "phenomena": "phenomenon",
    "ganglia": "ganglion",
    "viscera": "viscus",
    "data": "data",
    "bacteria": "bacterium",
    "ova": "ovum",
    "ilia": "ilium",
    "foramina": "foramen",
    "lumina": "lumen",
    "stigmata": "stigma",
    "corpora": "corpus",
    "viruses": "virus",
    "lenses": "lens",
    "biases": "bias",
    "gases": "gas",
    "abdomens": "abdomen",
    "pancreas": "pancreas",
    "diabetes": "diabetes",
    "herpes": "herpes",
    "caries": "caries",
    "rabies": "rabies",
    "scabies": "scabies",
    "ascites": "ascites",
    "species": "species",
    "series": "series",
    "feces": "feces",
    "faeces": "feces",
    "mumps": "mumps",
    "measles": "measles",
    "lens": "lens",
    "gas": "gas",
    "bias": "bias",
    "has": "has",
    "was": "was",
    "this": "this",
}
# British to American, inside a word; each is safe in biomedical English.
_SPELLING = (
    (re.compile(r"haem"), "hem"),
    (re.compile(r"anaem"), "anem"),
    (re.compile(r"aemia"), "emia"),
    (re.compile(r"aemic"), "emic"),
    (re.compile(r"oedem"), "edem"),
    (re.compile(r"oesoph"), "esoph"),
    (re.compile(r"oestr"), "estr"),
    (re.compile(r"paed"), "ped"),
    (re.compile(r"anaesth"), "anesth"),
    (re.compile(r"caec"), "cec"),
    (re.compile(r"coel(?=i)"), "cel"),
    (re.compile(r"diarrhoe"), "diarrhe"),
    (re.compile(r"rrhoe"), "rrhe"),
    (re.compile(r"dyspnoe"), "dyspne"),
    (re.compile(r"pnoea"), "pnea"),
    (re.compile(r"faec"), "fec"),
    (re.compile(r"foet"), "fet"),
    (re.compile(r"gynaec"), "gynec"),
    (re.compile(r"leuk?aem"), "leukem"),
    (re.compile(r"leuco"), "leuko"),
    (re.compile(r"orthopaed"), "orthoped"),
    (re.compile(r"aetiol"), "etiol"),
    (re.compile(r"amoeb"), "ameb"),
    (re.compile(r"glycaem"), "glycem"),
    (re.compile(r"ischaem"), "ischem"),
    (re.compile(r"sulph"), "sulf"),
    (re.compile(r"tumour"), "tumor"),
    (re.compile(r"colour"), "color"),
    (re.compile(r"behaviour"), "behavior"),
    (re.compile(r"odour"), "odor"),
    (re.compile(r"humour"), "humor"),
    (re.compile(r"labour"), "labor"),
    (re.compile(r"fibre"), "fiber"),
    (re.compile(r"litre"), "liter"),
    (re.compile(r"metre"), "meter"),
    (re.compile(r"centre"), "center"),
    (re.compile(r"calibre"), "caliber"),
    (re.compile(r"(?<=[lr])yse(?=[sdr]?\b)"), "yze"),
    (re.compile(r"is(?=(?:e|ed|es|ing|ation|ations)\b)(?<=\w{4})"), "iz"),
    (re.compile(r"signall"), "signal"),
    (re.compile(r"labell"), "label"),
    (re.compile(r"grey"), "gray"),
)
_BRITISH = re.compile(r"ae|oe|our|tre|bre|ph|is|ys|ll|uc|grey")


@functools.lru_cache(maxsize=500_000)
def word_form(word: str) -> str:
    """The form of one word found by `WORD`; never empty for a word.

    Capitals do not count here; the linker looks at them where a short name is an acronym.
    """
    form = word[:-2] if word[-2:] in ("'s", "’s") else word
    acronym = len(form) > 1 and form.isupper()
    form = form.lower()
    if not form.isascii():
        form = _GREEK.get(form) or _without_accents(form)
    if acronym and len(form) <= 5:
        return _ROMAN.get(form, form)
    return _ROMAN.get(form) or american(singular(form))


def american(word: str) -> str:
    """A lower-case word in American spelling ("haemorrhage" to "hemorrhage")."""
    if len(word) > 3 and _BRITISH.search(word):
        for british, us in _SPELLING:
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
    if word[-1] == "i" and len(word) > 4:
        return word[:-1] + "us"
    return word


def _without_s(word: str) -> str:
    if word[-2] in "su" or word[-2:] == "is" or not word[-2].isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes", "zes")):
        return word[:-2]
    if len(word) > 6 and word.endswith(("ases", "eses", "ises", "oses", "yses", "ypses", "opses")):
        # "metastases" and "diagnoses", but also "diseases" and "doses": both lose what differs.
        return word[:-2] + ("e" if word.endswith(("eases", "urses", "ulses", "onses")) else "is")
    return word[:-1]


def _without_accents(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word)
    bare = "".join(c for c in plain if not unicodedata.combining(c)).lower()
    return bare.replace("ß", "ss").replace("ø", "o").replace("æ", "ae").replace("œ", "oe") or word
