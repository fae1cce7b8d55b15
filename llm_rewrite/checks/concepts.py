"""Clinical things that a text adds to its source or leaves out.

By the linker's concepts where there is one, and by words with a clinical ending or meaning that
occur nowhere in the other text. Words of the source in any order add nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llm_rewrite.checks.clinical import is_clinical
from llm_rewrite.checks.reading import Reading, read
from llm_rewrite.checks.stems import key
from schemas.sample import Concept

# A general word may stand for what the source names more exactly: key to endings and keys of that.
_GENERAL: dict[str, tuple[str, ...]] = {
    key("tumor"): ("+oma", "=cancer", "=metastasis", "blastom", "leukem", "mass", "les"),
    key("cancer"): ("carcin+oma", "sarc+oma", "lymph+oma", "melan+oma", "+oma", "=tumor"),
    key("malignancy"): ("+oma", "=cancer", "=metastasis"),
    key("mass"): ("+oma", "=tumor", "=cyst", "les", "=growth"),
    key("lesion"): ("+oma", "=tumor", "=cyst", "mass", "=nodule", "=metastasis", "=abscess", "=ulcer",
                    "defect", "plaqu", "=infarction", "=opacity", "focus", "=polyp", "=granuloma"),
    key("cyst"): ("pseudocyst", "hydatid"),
    key("infection"): ("+itis", "pneumon", "=abscess", "tuberculosis", "tubercul+osis", "seps"),
    key("inflammation"): ("+itis",),
    key("surgery"): ("+ectomy", "plast", "otom", "ostom", "=resection", "=transplant", "repair"),
    key("resection"): ("+ectomy",),
    key("implant"): ("=stent", "prosthes", "screw", "plat", "devic"),
    key("hemorrhage"): ("=hematoma", "hem+oma"),
    key("contrast"): ("gadolini", "postcontrast", "=enhancement"),
    key("artery"): ("aort", "=aorta", "carotid", "lad", "rca"),
    key("vessel"): ("=artery", "=vein", "=aorta"),
    key("bone"): ("=vertebra", "=femur", "=rib", "=fracture", "=thigh", "=shin"),
}  # fmt: skip
_PREFIXES = [
    "post",
    "pre",
    "non",
    "intra",
    "peri",
    "sub",
    "supra",
    "infra",
    "retro",
    "trans",
    "para",
    "extra",
    "inter",
    "multi",
    "bi",
    "uni",
    "un",
    "re",
    "pseudo",
    "micro",
    "macro",
    "endo",
    "epi",
    "poly",
    "mono",
    "hemi",
    "pan",
    "neo",
    "anti",
    "juxta",
    "mid",
]
_MOST = 12


def added(
    text: Reading,
    source: Reading,
    knowledge: Reading,
    own: Sequence[Concept],
    theirs: Sequence[Concept],
) -> Iterator[tuple[str, str]]:
    """Concepts and clinical words of a text that neither source nor knowledge has."""
    known = source.known | knowledge.known
    cuis = {concept.cui for concept in theirs}
    told: set[str] = set()
    for concept in own:
        if concept.cui in cuis or concept.cui in told:
            continue
        words = [k for k in read(text.text[concept.start : concept.end]).keys if k]
        missing = [w for w in words if not supported(w, known, text)]
        named = [k for k in read(concept.name).keys if k]
        if missing and not (named and all(k in known for k in named)):
            told |= {concept.cui, *missing}
            yield (
                "concept_added",
                f"'{text.text[concept.start : concept.end][:60]}' not in the source",
            )
    for i, word in enumerate(text.words):
        k = text.keys[i]
        if not k or k in known or k in told or not is_clinical(word):
            continue
        told.add(k)
        if not supported(k, known, text) and not _compound(word, known):
            yield "concept_added", f"'{text.around(i, 1, 1)}' not in the source"
        if len(told) > _MOST:
            return


def supported(k: str, known: frozenset[str], text: Reading) -> bool:
    """Whether a key is known: itself, what its abbreviation stands for, or something narrower."""
    if k in known:
        return True
    expansion = text.expansions.get(k)
    if expansion and all(e in known for e in expansion):
        return True
    return any(
        other == wanted or (wanted[0] == "+" and other.endswith(wanted))
        for wanted in _GENERAL.get(k, ())
        for other in known
    )


def _compound(word: str, known: frozenset[str]) -> bool:
    """Whether a word is a known word with a prefix, or two known words as one."""
    for prefix in _PREFIXES:
        if (
            word.startswith(prefix)
            and len(word) - len(prefix) >= 4
            and key(word[len(prefix) :]) in known
        ):
            return True
    for cut in range(4, len(word) - 3):
        if key(word[cut:]) in known and (
            word[:cut] in known or key(word[:cut].rstrip("o")) in known
        ):
            return True
    return False


def lost(
    text: Reading,
    source: Reading,
    own: Sequence[Concept],
    theirs: Sequence[Concept],
) -> Iterator[tuple[str, str]]:
    """Concepts and clinical words of the source that the text has in no form."""
    cuis = {concept.cui for concept in own}
    told: set[str] = set()
    for concept in theirs:
        if concept.cui in cuis or concept.cui in told:
            continue
        words = [k for k in read(source.text[concept.start : concept.end]).keys if k]
        named = [k for k in read(concept.name).keys if k]
        kept = any(kept_in(k, text, source) for k in words[-1:]) or (
            named and all(k in text.known for k in named)
        )
        told |= {concept.cui, *words}
        if words and not kept:
            yield "concept_lost", f"'{source.text[concept.start : concept.end][:60]}'"
    for i, word in enumerate(source.words):
        k = source.keys[i]
        if not k or k in told or k in text.known or not is_clinical(word):
            continue
        told.add(k)
        if not kept_in(k, text, source) and not _compound(word, text.known):
            yield "concept_lost", f"'{source.around(i, 1, 1)}'"
        if len(told) > 60:
            return


def kept_in(k: str, text: Reading, source: Reading) -> bool:
    """Whether a key of the source is in the text: itself, its abbreviation, or what it stands for."""
    if k in text.known:
        return True
    expansion = source.expansions.get(k)
    if expansion and sum(e in text.known for e in expansion) * 2 >= len(expansion):
        return True
    return any(k in keys and short in text.known for short, keys in source.expansions.items())
