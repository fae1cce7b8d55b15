"""What picture it is, in words: "PA chest X-ray", "fundus photograph of the left eye"."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from extractors.labelled.records import Case
from extractors.labelled.words.draws import Draw
from extractors.labelled.words.english import is_plural, listed, number, plural, with_article
from extractors.labelled.words.picture_names import (
    BODY_WORDS,
    LONG,
    PAIRED,
    SAME,
    SHOWN_ANYHOW,
)
from schemas.wording import MODALITY_NOUNS

_OF = ("radiography", "mammography", "ct", "mri", "ultrasound", "nuclear", "angiography", "fundus")
_TELLING = ("view", "sequence", "plane", "laterality", "projection")
WHAT = ("modality", "picture", "body_part", "organ")
_SAID = (
    *("modality", "picture", "body_part", "organ", "view", "plane", "projection", "laterality"),
    *("sequence", "contrast", "stain", "magnification", "window"),
)
_PATIENT = ("age_years", "age_months", "sex")
_IN_FULL, _WINDOWED = 0.25, 0.3  # how often a projection is written out, and a window said


class About(NamedTuple):
    """What the words for a case's pictures depend on: the values of the facts `_SAID`, how many
    pictures there are, what tells them apart, and whether they are slices."""

    values: tuple[str, ...]
    pictures: int
    differing: str
    sliced: bool

    @property
    def facts(self) -> dict[str, str]:
        """The facts by name; empty where one is not known."""
        return dict(zip(_SAID, self.values, strict=True))


@dataclass(frozen=True)
class PictureWords:
    """The noun with what stands before it, what follows it, and the same taken apart.

    `noun` "PA chest X-ray", `tail` " of the left eye", `base` "chest X-ray", `tags` ("PA view",).
    """

    noun: str
    tail: str
    base: str
    tags: tuple[str, ...]
    many: bool = False
    joint: str = "of"

    @property
    def a(self) -> str:
        """With article: what the picture is called first."""
        return (self.noun if self.many else with_article(self.noun)) + self.tail

    @property
    def this(self) -> str:
        """With a pointing word."""
        return f"{'these' if self.many else 'this'} {self.noun}{self.tail}"

    @property
    def on(self) -> str:
        """The word for where in the picture something is: on an X-ray, in a photograph of skin."""
        return "on" if self.joint == "of" else "in"

    @property
    def the(self) -> str:
        """With the article of what is known already."""
        return f"the {self.noun}{self.tail}"


def picture_words(
    case: Case, rng: Draw | None, adjective: str = "", place: str = ""
) -> PictureWords:
    """How the case's pictures are called; without `rng` in the plainest way.

    `adjective` ("normal") stands before the noun; `place` says what is shown in place of organ
    and body part.
    """
    about = _about(case)
    bases = _bases(about)
    if rng is None:
        return _worded(about, bases[0], adjective, place, False, False)
    base = rng.choice(bases) if len(bases) > 1 else bases[0]
    in_full, windowed = rng.random() < _IN_FULL, rng.random() < _WINDOWED
    return _worded(about, base, adjective, place, in_full, windowed)


@functools.lru_cache(maxsize=64)
def _about(case: Case) -> About:
    facts = shared_facts(case)
    sliced = any("slice" in one for one in case.image_facts)
    return About(tuple(facts.get(k, "") for k in _SAID), len(case.sizes), _differing(case), sliced)


@functools.lru_cache(maxsize=8192)
def _worded(
    about: About, base: str, adjective: str, place: str, in_full: bool, windowed: bool
) -> PictureWords:
    """`in_full`: "posteroanterior" for PA; `windowed`: with the CT window, where it is known."""
    facts = about.facts
    befores = _befores(facts, base)
    if in_full:
        befores = [LONG.get(word, word) for word in befores]
    before = [adjective, *_contrast_and_stain(facts), *befores]
    tail = (f" of {place}" if place else _site(facts, base)) + _magnified(facts)
    if windowed and _window(facts):
        tail += f" in the {_window(facts)}"
    joint, tags = ("of" if facts["modality"] in _OF else "from"), tuple(_tags(facts))
    if about.pictures < 2:
        noun = " ".join(w for w in (*before, base) if w)
        return PictureWords(noun, tail, base, tags, is_plural(base), joint)
    differing = about.differing
    part = PAIRED.get(facts["body_part"])
    if differing == "left and right" and part:
        differing, tail = "", f" of the {differing} {plural(part)}{_magnified(facts)}"
    noun = " ".join(w for w in (*before, differing, plural(base)) if w)
    if "slice" in base or not (differing or (part and part in tail and about.pictures == 2)):
        noun = f"{number(about.pictures)} {noun}"
    return PictureWords(noun, tail, plural(base), tags, True, joint)


@functools.lru_cache(maxsize=64)
def shared_facts(case: Case) -> dict[str, str]:
    """The case's facts, with those that all its pictures share and without those that differ."""
    facts = {k: v for k, v in case.facts.items() if v.strip() and v.strip().lower() != "nan"}
    for key in {k for one in case.image_facts for k in one}:
        values = {one.get(key, "") for one in case.image_facts}
        if len(values) == 1 and key not in ("present", "visit", "days"):
            facts[key] = values.pop()
        else:
            facts.pop(key, None)
    return facts


def known_at_all(case: Case) -> bool:
    """Whether anything says what picture it is."""
    return any(shared_facts(case).get(key) for key in WHAT)


def only_where(case: Case) -> bool:
    """Whether nothing but a part of the body is known of the picture."""
    facts = shared_facts(case)
    return not any(
        facts.get(key) for key in (*_SAID, *_PATIENT) if key not in ("body_part", "organ")
    )


@functools.lru_cache(maxsize=4096)
def _bases(about: About) -> tuple[str, ...]:
    """Words for the kind of picture, the plainest first."""
    facts = about.facts
    base = facts["picture"] or MODALITY_NOUNS.get(facts["modality"], "medical image")
    if base == "X-ray" and facts["body_part"] == "chest" and not facts["organ"]:
        base = "chest X-ray"
    if about.pictures > 1 and about.sliced:
        base = re.sub(r"\b(scan|volume|image)$", "slice", base)
    for words in SAME:
        if base == words[0] or base.endswith(f" {words[0]}"):
            front = base[: len(base) - len(words[0])]
            return tuple(front + word for word in words)
    return (base,)


def _befores(facts: Mapping[str, str], base: str) -> list[str]:
    """View, plane and sequence, where the picture's name does not hold them already."""
    view = facts.get("projection") or _frontal_or_so(facts)
    words = [view, facts.get("plane", ""), facts.get("sequence", "")]
    kept = [w for w in words if w and not re.search(rf"\b{re.escape(w)}\b", base, re.IGNORECASE)]
    return [w for i, w in enumerate(kept) if w not in kept[:i]]


def _frontal_or_so(facts: Mapping[str, str]) -> str:
    view = facts.get("view", "").replace("_", " ")
    return "" if facts.get("plane") and view in ("axial", "coronal", "sagittal") else view


def _contrast_and_stain(facts: Mapping[str, str]) -> list[str]:
    words = {"with contrast": "contrast-enhanced", "without contrast": "non-contrast"}
    contrast = facts.get("contrast", "")
    stain = facts.get("stain", "")
    stained = f"{stain}-stained" if stain and not stain.endswith("stained") else stain
    return [words.get(contrast, contrast), stained]


def _site(facts: Mapping[str, str], base: str) -> str:
    """` of the left knee`, where the picture's name does not say it already."""
    part, organ = facts.get("body_part", ""), facts.get("organ", "")
    side = facts.get("laterality", "")
    anyhow = SHOWN_ANYHOW.get(facts.get("modality", ""), ())
    if organ and organ not in anyhow and not _said(organ, base):
        if part == "skin" and "skin" not in organ:
            organ = f"skin of the {organ}"
        return f" of the {side} {organ}" if side and side not in organ else f" of the {organ}"
    if side in ("left", "right") and part in PAIRED:
        return f" of the {side} {PAIRED[part]}"
    if not part or organ or part in anyhow or _said(part, base):
        return ""
    return f" of the {part.replace('_', ' ')}"


def _said(word: str, base: str) -> bool:
    stems = BODY_WORDS.get(word, (word.replace("_", " ").lower(),))
    return bool(word) and any(re.search(rf"\b{re.escape(stem)}", base.lower()) for stem in stems)


def _magnified(facts: Mapping[str, str]) -> str:
    value = facts.get("magnification", "")
    return f" at {value}{'x' if value.isdigit() else ''} magnification" if value else ""


def _window(facts: Mapping[str, str]) -> str:
    """ "lung window", where the grey values are those of a named CT window."""
    found = re.match(r"CT window ([a-z ]+?) -?\d", facts.get("window", ""))
    return f"{found[1]} window" if found else ""


def _tags(facts: Mapping[str, str]) -> list[str]:
    """The same facts as items after the picture's name: "PA view", "left eye"."""
    view = facts.get("projection") or _frontal_or_so(facts)
    tags = [f"{view} view"] if view else []
    tags += [f"{facts['plane']} plane"] if facts.get("plane") else []
    tags += [facts[k] for k in ("sequence", "contrast") if facts.get(k)]
    tags += [f"{facts['stain'].removesuffix('-stained')} stain"] if facts.get("stain") else []
    side = _site(facts, facts.get("picture", "")).removeprefix(" of the ")
    tags += [text for text in (side, _window(facts)) if text]
    return tags + ([_magnified(facts).removeprefix(" at ")] if facts.get("magnification") else [])


def _differing(case: Case) -> str:
    """What tells the pictures apart: "frontal and lateral", "T1-weighted, T2-weighted, and FLAIR"."""
    for key in _TELLING:
        values = _distinct([one.get(key, "").replace("_", " ") for one in case.image_facts])
        if len(values) > 1 and len(values) == len(set(values)):
            return listed(values)
    return ""


def _distinct(values: Sequence[str]) -> list[str]:
    """The values in their order, each once; nothing where one of them is unknown."""
    return list(dict.fromkeys(values)) if all(values) else []
