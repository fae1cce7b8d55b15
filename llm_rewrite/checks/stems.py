"""One key for all forms of a word: plural, verb form, British spelling, clinical noun and adjective.

`key("stenotic") == key("stenoses")`, `key("renal") == key("kidneys")`. Endings that tell diseases
apart (-itis, -osis, -oma, -ectomy) are kept: fibroma is not fibrosis.
"""

from __future__ import annotations

import functools
import re

from llm_rewrite.checks.terms import SYNONYMS

_KEPT = re.compile(
    r"(?P<stem>.{2,}?)(?:"
    r"(?P<osis>osis|oses|otic|osed)|(?P<itis>itis|itic|itides)|(?P<oma>omas?|omata|omatous)"
    r"|(?P<emia>a?emia|a?emic)|(?P<pathy>path(?:y|ies|ic))|(?P<ectomy>ectom(?:y|ies|ized|ised))"
    r"|(?P<stasis>sta(?:sis|ses|tic|sized|sised|sizing))|(?P<ectasis>ecta(?:sis|ses|sia|tic))"
    r"|(?P<plasia>plas(?:ia|ias|tic))|(?P<trophy>troph(?:y|ies|ic|ied))|(?P<ptysis>pty(?:sis|tic))"
    r"|(?P<morph>morph(?:ism|isms|ic|ous|y))|(?P<scopy>scop(?:y|ic|ically|ies|e|es))|(?P<lithiasis>lithias(?:is|es))|(?P<pnea>pno?ea)"
    r"|(?P<malacia>malac(?:ia|ic))|(?P<lysis>ly(?:sis|tic|ses))|(?P<penia>peni[ac])"
    r"|(?P<megaly>megal(?:y|ic))|(?P<plegia>pleg(?:ia|ic))|(?P<cele>celes?)|(?P<uria>uri[ac])"
    r"|(?P<sclerosis>scler(?:osis|otic|osed))|(?P<graph>gra(?:ph|phy|phs|phic|phies|phically|m|ms))"
    r")\Z"
)
_PLURALS = {
    "foci": "focus", "bronchi": "bronchus", "thrombi": "thrombus", "emboli": "embolus",
    "calculi": "calculus", "nuclei": "nucleus", "sulci": "sulcus", "gyri": "gyrus",
    "villi": "villus", "fungi": "fungus", "rami": "ramus", "radii": "radius", "loci": "locus",
    "bacilli": "bacillus", "hila": "hilum", "ganglia": "ganglion", "septa": "septum",
    "atria": "atrium", "ostia": "ostium", "sera": "serum", "crura": "crus", "genera": "genus",
    "diverticula": "diverticulum", "bacteria": "bacterium", "ova": "ovum", "acini": "acinus",
    "mitochondria": "mitochondrion", "cortices": "cortex", "apices": "apex",
    "vertices": "vertex", "indices": "index", "matrices": "matrix", "cervices": "cervix",
    "cicatrices": "cicatrix", "calyces": "calyx", "phalanges": "phalanx", "meninges": "meninx",
    "pharynges": "pharynx", "feet": "foot", "teeth": "tooth", "women": "woman", "men": "man",
    "children": "child", "mice": "mouse", "testes": "testis", "pelves": "pelvis",
    "viscera": "viscus", "lumina": "lumen", "foramina": "foramen", "halves": "half",
    "leaves": "leaf", "calves": "calf", "lives": "life", "criteria": "criterion",
    "phenomena": "phenomenon", "hyphae": "hypha", "saw": "see", "seen": "see", "shown": "show",
    "found": "find", "taken": "take", "lay": "lie", "lying": "lie", "arose": "arise",
    "arisen": "arise", "grew": "grow", "grown": "grow", "broken": "break", "biopsies": "biopsy",
    "axes": "axis", "pubes": "pubis", "species": "species", "series": "series", "iris": "iris",
    "pubis": "pubis", "pelvis": "pelvis", "testis": "testis", "penis": "penis", "axis": "axis",
    "left": "left", "right": "right", "pons": "pons", "biceps": "biceps", "triceps": "triceps",
    "lens": "lens", "lenses": "lens", "gas": "gas", "herpes": "herpes", "diabetes": "diabetes",
    "rabies": "rabies", "caries": "caries", "calculated": "reckon", "calculate": "reckon",
    "calculation": "reckon", "calculations": "reckon", "calculating": "reckon",
    "enter": "entry", "entered": "entry", "enters": "entry", "entering": "entry",
    "frontal": "frontalis", "portal": "portalis", "coma": "comatose", "ascites": "ascites",
    "facies": "facies", "ileus": "ileus", "fetus": "fetus",
}  # fmt: skip
_ENDINGS = (
    (re.compile(r"ically\Z"), "ic"),
    (re.compile(r"(?<=.{3})(?:ifications?|ified|ifying|ifies|ify)\Z"), "if"),
    (re.compile(r"(?<=.{3})(?:ations?|ated|ating|ates?|ative|atory|ators?)\Z"), "at"),
    (re.compile(r"(?<=.{3})(?:ions?|ives?|ory)\Z"), ""),
    (re.compile(r"(?<=.{3})(?:ments?|nesses|ness|fully|ful)\Z"), ""),
    (re.compile(r"(?<=.{4})(?:ities|ity)\Z"), ""),
    (re.compile(r"(?<=.{3})(?:ally|ly)\Z"), ""),
    (re.compile(r"(?<=.{3})(?:ings?|ed)\Z"), ""),
    (re.compile(r"(?<=.{3})ies\Z"), "y"),
    (re.compile(r"(?<=.)sses\Z"), "ss"),
    (re.compile(r"(?<=[xszh])es\Z"), ""),
    (re.compile(r"(?<=[^suai])s\Z"), ""),
    (re.compile(r"(?<=a)s\Z"), ""),
)
_LAST = re.compile(
    r"(?<=.{3})(?:al|ous|ary|ic|ar|e|y|a|um)\Z|(?<=.{4})(?:us|age|isms?|istic|ures?)\Z"
)
_TWICE = re.compile(r"([bdglmnprt])\1\Z")
_LONGEST = 40


@functools.lru_cache(maxsize=65_536)
def key(word: str) -> str:
    """The key of a lower-case word, the same for its forms and for its listed synonyms."""
    if len(word) > _LONGEST:
        return word[:_LONGEST]
    root = _stem(word)
    return _groups().get(root, root)


def keys_of(words: str) -> frozenset[str]:
    """The keys of the words of a string."""
    return frozenset(map(key, words.split()))


def _stem(word: str) -> str:
    if word not in _PLURALS and len(word) > 5 and word.endswith("i"):
        word = word[:-1] + "us"  # alveoli, malleoli
    word = _american(_PLURALS.get(word, word))
    if len(word) <= 3:
        return word
    if word.endswith("ae"):
        word = word[:-1]
    kept = _KEPT.match(word)
    if kept and kept.lastgroup and kept.lastgroup != "stem" and kept["stem"]:
        return kept["stem"] + "+" + kept.lastgroup
    for pattern, to in _ENDINGS:
        shorter, changed = pattern.subn(to, word)
        if changed and len(shorter) >= 3:
            word = _TWICE.sub(r"\1", shorter) if len(shorter) > 3 else shorter
            break
    shorter = _LAST.sub("", word)
    return shorter[:-2] if shorter.endswith("at") and len(shorter) > 5 else shorter


def _american(word: str) -> str:
    """One spelling: tumour, oedema, haemorrhage, fibre, localised, grey, sulphur."""
    if "ae" in word[:-1]:
        word = word[:-1].replace("ae", "e") + word[-1]
    if "oe" in word[:-1] and len(word) > 4:
        word = word[:-1].replace("oe", "e") + word[-1]
    if "our" in word and len(word) > 4:
        word = word.replace("our", "or")
    if word.endswith(("bre", "bres", "tre", "tres")):
        word = re.sub(r"re(s?)\Z", r"er\1", word)
    if "is" in word:
        word = re.sub(r"is(e|ed|es|ing|ation|ations)\Z", r"iz\1", word)
    return word.replace("ph", "f") if word.startswith("sulph") else word


@functools.cache
def _groups() -> dict[str, str]:
    """Stem to the key of its synonyms; the first word of a line names the group."""
    groups: dict[str, str] = {}
    for line in SYNONYMS.strip().split("\n"):
        words = line.split()
        name = "=" + words[0]
        for word in words:
            root = _stem(word)
            assert groups.get(root, name) == name, (word, root, groups[root], name)
            groups[root] = name
    return groups
