"""Questions on what a picture is: technique, part of the body, view, projection, side.

Each true closed question has a false twin of the same level (ProbMed, Yan et al. 2024): the false
one names what a table says this picture can not also be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from extractors.labelled.options import QuestionOptions
from extractors.labelled.questions.choice import (
    Unit,
    closed,
    drawn,
    first_apart,
    opened,
    single,
)
from extractors.labelled.questions.phrases import phrase, plain
from extractors.labelled.questions.terms import (
    NEAR_PARTS,
    NEAR_TECHNIQUES,
    PARTS,
    TECHNIQUES,
    VIEW_GROUPS,
    VIEW_NAMES,
    apart,
    parts_for,
    techniques_for,
)
from extractors.labelled.records import Case
from extractors.labelled.words.english import be, is_plural
from extractors.labelled.words.picture import shared_facts
from extractors.labelled.words.picture_names import PAIRED
from schemas.wording import article as indefinite

_PROJECTIONS = {"PA": "posteroanterior (PA)", "AP": "anteroposterior (AP)"}
_ONLY_OPEN = ("whole_body", "skin", "blood")  # every other part is near, or no plausible option
Near = frozenset[frozenset[str]]


def modality_questions(case: Case, options: QuestionOptions) -> list[Unit]:
    """By which technique the picture was made."""
    truth = _fact(case, "modality")
    if truth not in TECHNIQUES:
        return []
    pool = _pool(case, "modality", truth, techniques_for(truth), NEAR_TECHNIQUES, options)
    return _asked(case, options, "modality", truth, pool, TECHNIQUES, "")


def body_part_questions(case: Case, options: QuestionOptions) -> list[Unit]:
    """Which part of the body the picture shows."""
    truth = _fact(case, "body_part")
    if truth not in PARTS:
        return []
    parts = [] if truth in _ONLY_OPEN else parts_for(_fact(case, "modality"))
    if parts and truth not in parts:
        parts = [truth, *parts]
    pool = _pool(case, "body_part", truth, parts, NEAR_PARTS, options)
    return _asked(case, options, "body_part", truth, pool, PARTS, "the")


def view_questions(case: Case, options: QuestionOptions) -> list[Unit]:
    """From which direction the picture was taken: its view, else its plane; and its projection."""
    truth = _fact(case, "view") or _fact(case, "plane")
    group = next((group for group in VIEW_GROUPS if truth in group), ())
    units = []
    if truth in VIEW_NAMES:
        pool = _pool(case, "view", truth, group, frozenset(), options)
        units = _asked(case, options, "view", truth, pool, VIEW_NAMES, "a")
    return units + _projection(case, options)


def side_questions(case: Case, options: QuestionOptions) -> list[Unit]:
    """Whether a paired organ is the left or the right one."""
    truth = _fact(case, "laterality")
    organ = PAIRED.get(case.facts.get("body_part", ""), "")
    if truth not in ("left", "right") or not organ:
        return []
    sides = [truth, "left" if truth == "right" else "right"]
    names = {side: f"{side} {organ}" for side in sides}
    return _twins(case, options, "side", "side/closed", sides, names, "laterality", "the")


def _fact(case: Case, name: str) -> str:
    """A fact of the sample; empty where its pictures differ in it."""
    return shared_facts(case).get(name, "")


def _article(article: str, name: str) -> str:
    """`a` agrees with the name; blood has no article."""
    if name == PARTS["blood"]:
        return ""
    return indefinite(name) if article == "a" else article


def _projection(case: Case, options: QuestionOptions) -> list[Unit]:
    truth = _fact(case, "projection").upper()
    if truth not in _PROJECTIONS:
        return []
    sides = [truth, "AP" if truth == "PA" else "PA"]
    question = phrase(case, "projection/open", this=plain(case))
    evidence = f"projection: {truth}"
    asked = opened("view", question, _PROJECTIONS[truth], evidence)
    twins = _twins(
        case, options, "view", "projection/closed", sides, _PROJECTIONS, "projection", "a"
    )
    return [asked, *twins]


def _pool(
    case: Case,
    task: str,
    truth: str,
    names: Sequence[str],
    near: Near,
    options: QuestionOptions,
) -> list[str]:
    """The wrong names to offer: none near the truth or near another of them."""
    shuffled = [name for name in names if name != truth]
    drawn(case, task, "pool").shuffle(shuffled)
    return first_apart(
        truth,
        shuffled,
        options.choices - 1,
        lambda one, other: apart(one, [other], near),
    )


def _asked(
    case: Case,
    options: QuestionOptions,
    task: str,
    truth: str,
    pool: Sequence[str],
    names: Mapping[str, str],
    article: str,
) -> list[Unit]:
    """Open, single choice, and closed twins on one fact."""
    evidence = f"{task}: {truth}"
    this = plain(case)
    units = [
        opened(task, phrase(case, f"{task}/open", this=this), names[truth], evidence),
        single(
            case,
            task,
            phrase(case, f"{task}/single", this=this),
            names[truth],
            [names[name] for name in pool],
            evidence,
        ),
    ]
    if pool:
        sides = [truth, pool[0]]
        units += _twins(case, options, task, f"{task}/closed", sides, names, task, article)
    return units


def _twins(
    case: Case,
    options: QuestionOptions,
    task: str,
    key: str,
    sides: Sequence[str],
    names: Mapping[str, str],
    fact: str,
    article: str,
) -> list[Unit]:
    """`sides` is the truth and what is false; without twins one of both, drawn."""
    evidence = f"{fact}: {sides[0]}"
    asked = []
    for side, answer in zip(sides, ("yes", "no"), strict=True):
        name = f"{_article(article, names[side])} {names[side]}".strip()
        is_ = be(is_plural(names[side]))
        slots = {"this": plain(case), "x": name, "bare": names[side], "is": is_}
        asked.append((phrase(case, key, **slots), answer, evidence))
    if not options.twins:
        asked = [drawn(case, key, "one").choice(asked)]
    return [closed(case, task, asked)]
