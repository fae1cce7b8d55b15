"""What a label is called: with its article, in the plural, counted, denied, and doubted.

A card's own article, plural and words of absence come first; the rules here are for what it leaves
open. A label of a whole picture takes an article only where its noun is known to be counted ("shows
a nodule", "shows pneumonia"); a thing that is marked in it, unless it is known not to be ("a
duct is outlined", "consolidation is outlined").
"""

from __future__ import annotations

import functools
import re

from extractors.labelled.card import LabelInfo
from extractors.labelled.words.english import (
    be,
    head_of,
    is_plural,
    number,
    plural,
    with_article,
)
from schemas.wording import article

_KEPT = 4096  # labels of which the phrases are remembered
_COUNTED = """
    abnormality abscess adenoma aneurysm angioma bulla calculus carcinoid cataract catheter
    cavity cardiomediastinum coloboma crescent cyst defect deformity deposit dermatofibroma device
    dislocation drain effusion exudate fibroma fistula fold fracture glioma granuloma haemangioma
    haematoma hemangioma hematoma hernia hole hydropneumothorax hydrothorax implant keratoacanthoma
    leiomyoma lesion lipoma lump macroaneurysm macule mass membrane meningioma microaneurysm naevus
    neoplasm network nevus nodule opacity pacemaker papule patch plaque pneumothorax polyp pseudocyst
    pterygium pustule ring scar schwannoma scotoma shadow shunt spot stent stone structure tear
    tube tumor tumour ulcer veil vesicle wart wound
"""
_COUNTED_HEADS = frozenset(_COUNTED.split())
_NOT_COUNTED = re.compile(
    r"(megaly|o?edema|emia|pneumonia|emphysema|fibrosis|consolidation|atelectasis|infiltration"
    r"|tissue|fluid|blood|bone|fat|bowel|background|cartilage|thickening|scarring|air|mucosa"
    r"|ascites|inflammation|necrosis|stool|pus|ink|stroma|matter|water|cardiomyopathy|caries"
    r"|tuberculosis|cytoplasm|gas|scabies|diabetes|herpes|rabies)$"
)
_SEEN_AS_A_WHOLE = ("structure", "anatomy")
_COUNTED_KINDS = ("instrument", "cell")
_DENIES = re.compile(r"^(no|non|not|without|absence of|absent|negative for)\s", re.IGNORECASE)
_UNARTICLED = ("any ", "some ", "other ")
DENIABLE = ("finding", "diagnosis", "instrument", "attribute", "cell")


@functools.lru_cache(maxsize=_KEPT)
def denies(info: LabelInfo) -> bool:
    """Whether the label's own name says that something is not there: "no finding"."""
    return bool(_DENIES.match(info.name))


@functools.lru_cache(maxsize=_KEPT)
def is_many(info: LabelInfo) -> bool:
    """Whether the label's name is a plural itself: "blood vessels", "hard exudates", "drusen"."""
    one = info.article in ("a", "an") or (info.plural and info.plural != info.name)
    return not one and is_plural(info.name)


def plural_of(info: LabelInfo) -> str:
    """The label in the plural: the card's, else its head noun inflected ("areas of bleeding")."""
    return info.plural or (info.name if is_many(info) else plural(info.name))


@functools.lru_cache(maxsize=_KEPT)
def article_of(info: LabelInfo, marked: bool = False) -> str:
    """a, an, the, or nothing; `marked`: of a thing that has its place in the picture."""
    return "" if info.name.startswith(_UNARTICLED) else _article(info, marked)


def _article(info: LabelInfo, marked: bool) -> str:
    if denies(info):
        return ""
    if info.article is not None:
        return article(info.name) if info.article in ("a", "an") else info.article
    if info.kind in _SEEN_AS_A_WHOLE and not marked:
        return "the"
    return article(info.name) if _takes_a(info, marked) else ""


def _takes_a(info: LabelInfo, marked: bool) -> bool:
    if is_many(info) or denies(info):
        return False
    head = head_of(re.split(r" or |/", info.name)[0]).lower()
    counted = head in _COUNTED_HEADS or info.kind in _COUNTED_KINDS
    return counted or (marked and not _NOT_COUNTED.search(head))


def is_counted(info: LabelInfo) -> bool:
    """Whether one counts such things where they are marked: not fluid, nor a plural name."""
    return bool(_article(info, marked=True)) and not is_many(info)


@functools.lru_cache(maxsize=_KEPT)
def named(info: LabelInfo, count: int = 0) -> str:
    """The label as one says it of a picture; `count` is how many are known to be seen (0: unknown)."""
    several = count > 1 and info.article in (None, "a", "an")
    if several or (info.article is None and info.kind == "cell" and count != 1):
        return plural_of(info)
    return f"{article_of(info)} {info.name}".strip()


@functools.lru_cache(maxsize=_KEPT)
def many(info: LabelInfo, count: int = 0) -> bool:
    """Whether a verb after the label as named is in the plural."""
    said = named(info, count)
    if said.startswith(("a ", "an ")):
        return False
    return is_many(info) or said == plural_of(info) != info.name


def one_marked(info: LabelInfo) -> str:
    """One thing that is marked: a polyp, an ulcer, the optic disc, consolidation."""
    return f"{article_of(info, marked=True)} {info.name}".strip()


def counted(info: LabelInfo, count: int) -> str:
    """Two polyps, one white blood cell, no platelet, the optic disc, two areas of consolidation."""
    if count == 1 and info.article == "the":
        return f"the {info.name}"
    if count == 1 and is_many(info):
        return info.name
    if not is_counted(info):
        return f"{number(count)} {'area' if count < 2 else 'areas'} of {info.name}"
    return f"{number(count)} {info.name if count < 2 else plural_of(info)}"


def verb(info: LabelInfo, count: int = 1) -> str:
    """Is or are, for so many things of the label."""
    return be(count > 1 or (count == 1 and is_many(info)))


@functools.lru_cache(maxsize=_KEPT)
def bare(info: LabelInfo) -> str:
    """The label without article; cells in the plural, as no single one is meant."""
    if info.kind == "cell" and info.article is None:
        return plural_of(info)
    return info.name


@functools.lru_cache(maxsize=_KEPT)
def any_of(info: LabelInfo) -> str:
    """As after "free of": counted things in the plural, the others bare."""
    return plural_of(info) if named(info).startswith(("a ", "an ")) else bare(info)


@functools.lru_cache(maxsize=_KEPT)
def denied(info: LabelInfo) -> str:
    """That the label is absent: the card's own words, or `no` and its name."""
    return info.absent or f"no {bare(info)}"


@functools.lru_cache(maxsize=_KEPT)
def possible(info: LabelInfo) -> str:
    """The label as a possibility: "a possible nodule", "possible oedema"."""
    phrase = f"possible {bare(info)}"
    one = bare(info) == info.name and not is_many(info)
    counted_one = info.article in ("a", "an") or (info.article is None and _takes_a(info, False))
    return with_article(phrase) if one and counted_one else phrase
