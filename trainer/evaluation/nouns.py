"""Class names as nouns in a sentence: a or an by sound, none before plurals and what is not counted."""

from __future__ import annotations

import re

from schemas.wording import article

LONGEST_NAME = 200  # characters of a class name that go into a sentence
_PHRASE_ENDS = re.compile(r" (?:of|in|on|with|without|from|at|after|due|by|to)\b| \(|,")
_DETERMINED = re.compile(r"(?:no|not|without|a|an|the|some|any|all)\s", re.IGNORECASE)
_ADJECTIVES = "normal abnormal benign malignant premalignant healthy negative positive"
_BARE_ADJECTIVES = frozenset(_ADJECTIVES.split())
_COUNTED = "hernia fibula"
_COUNTED_NOUNS = frozenset(_COUNTED.split())
_MASS = (
    "acne background blood bone cancer cartilage consolidation debris disease eczema emphysema "
    "epithelium fat fibrin fluid glaucoma haemorrhage hemorrhage infiltration mucosa mucus muscle "
    "pigmentation skin stroma thickening tissue trachoma urticaria"
)
_MASS_NOUNS = frozenset(_MASS.split())
_MASS_ENDINGS = ("ia", "itis", "osis", "asis", "megaly", "edema", "pathy", "ism", "ectasis")
_NUMBERED = re.compile(r"[A-Z]|[IVX]+|.*\d.*")  # grade II, category 3, type B


def tidy(name: str) -> str:
    """The name on one line with single blanks, cut at a word to `LONGEST_NAME` characters."""
    line = " ".join(name.replace("_", " ").split()) or " ".join(name.split())
    return line if len(line) <= LONGEST_NAME else _cut(line)


def _cut(line: str) -> str:
    head = line[:LONGEST_NAME]
    return head.rsplit(" ", 1)[0] if " " in head else head


def as_noun(name: str) -> str:
    """The name as what an image can show: a word such as `normal` or `benign` gets a noun."""
    return f"{name} findings" if name.lower() in _BARE_ADJECTIVES else name


def with_article(name: str) -> str:
    """The noun with `a` or `an` where it takes one: a CT scan, an ulcer, platelets, pneumonia."""
    if not name or _DETERMINED.match(name) or is_plural(name) or _is_mass(name):
        return name
    return f"{article(name)} {name}"


def is_plural(name: str) -> bool:
    """Whether its head noun is in the plural, by its ending."""
    if " and " in name and " with " not in name:
        return True
    head = _head(name).lower()
    if head.endswith("i"):
        return len(head) > 3  # nuclei, villi, thrombi
    return (
        len(head) > 3 and head.endswith("s") and not head.endswith(("ss", "us", "is", "'s", "’s"))
    )


def _is_mass(name: str) -> bool:
    head = _head(name)
    if _NUMBERED.fullmatch(head) and head != name:
        return True
    low = head.lower()
    return low in _MASS_NOUNS or (low.endswith(_MASS_ENDINGS) and low not in _COUNTED_NOUNS)


def _head(name: str) -> str:
    front = _PHRASE_ENDS.split(name, maxsplit=1)[0].strip()
    return front.split()[-1] if front else name
