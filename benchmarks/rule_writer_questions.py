"""Questions that the rule writer makes of a caption's own nouns, of labels, regions and facts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.rule_writer_request import Asked, Block
from benchmarks.rule_writer_words import (
    FINDINGS,
    MODALITIES,
    ORGANS,
    VIEWS,
    article,
    capital,
    cleaned,
    denied,
    ended,
    known,
    label_of,
    modality_in,
    sentences,
)

_KINDS = ("open", "closed", "single", "multiple")
_MODALITY_OF = {"radiography": "X-ray", "ct": "CT", "mri": "MRI", "histology": "light microscopy"}
_ATTRIBUTES = r"(?:(?:left|right|bilateral|large|small|mild|severe|upper|lower|multiple) ){0,2}"


@dataclass(frozen=True)
class Known:
    """One thing that the material settles: of which blocks, what it is of, and its name."""

    parts: tuple[int, ...]
    task: str
    name: str
    there: bool = True


def questions(asked: Asked) -> dict[str, Any]:
    """`vqa`: as many questions of each kind as asked for, fewer where little is known; or a talk."""
    if turns := re.search(r"conversation of (\d+) turns", asked.request):
        return {"questions": list(_talk(asked))[: int(turns[1])]}
    material = list(_known(asked))
    makers = {"open": _open, "closed": _closed, "single": _single, "multiple": _multiple}
    made = []
    for kind in _KINDS:
        wanted = re.search(rf"(\d+) {kind}\b", asked.request)
        found = list(makers[kind](asked, material)) if wanted else []
        made += found[: int(wanted[1]) if wanted else 0]
    return {"questions": made}


def _known(asked: Asked) -> Iterator[Known]:
    """What is settled, the most telling first."""
    for block in asked.named("caption", "citing sentence"):
        if block.name == "citing sentence" and not re.search(r"fig", block.text, re.IGNORECASE):
            continue
        text = cleaned(block.text)
        for word in known(text, list(FINDINGS)):
            yield Known((block.number,), "abnormality", _phrase(text, word), not denied(text, word))
        if block.name == "caption":
            if modality := modality_in(text):
                yield Known((block.number,), "modality", modality)
            yield from (Known((block.number,), "body_part", word) for word in known(text, ORGANS))
            yield from (Known((block.number,), "view", word) for word in known(text, list(VIEWS)))
    for block in asked.named("label"):
        name, value = label_of(block.text)
        if value in ("present", "absent"):
            yield Known((block.number,), "abnormality", name, value == "present")
    for block in asked.named("facts"):
        yield from _facts(block, asked)


def _facts(block: Block, asked: Asked) -> Iterator[Known]:
    facts = asked.facts
    if modality := _MODALITY_OF.get(facts.get("modality", "")):
        yield Known((block.number,), "modality", modality)
    if body_part := facts.get("body part"):
        yield Known((block.number,), "body_part", body_part)
    for label, count in re.findall(r"([^,\d]+) (\d+)", facts.get("regions in all", "")):
        yield Known((block.number,), "count", f"{label.strip()}={count}")


def _phrase(text: str, word: str) -> str:
    """The word as the text has it, with the plain adjectives before it."""
    match = re.search(rf"\b{_ATTRIBUTES}{re.escape(word)}(?:s|es)?\b", text, re.IGNORECASE)
    return match[0].lower() if match else word


def _of(material: list[Known], *tasks: str) -> list[Known]:
    names = set[str]()
    chosen = []
    for one in material:
        key = f"{one.task} {one.name.split()[-1]}"
        if one.task in tasks and key not in names:
            names.add(key)
            chosen.append(one)
    return chosen


def _entry(one: Known, kind: str, question: str, right: list[str], wrong: list[str]) -> dict:
    return {
        "parts": list(one.parts),
        "kind": kind,
        "task": one.task,
        "question": question,
        "right": right,
        "wrong": wrong,
    }


def _open(asked: Asked, material: list[Known]) -> Iterator[dict]:
    for one in _of([m for m in material if m.there], "abnormality"):
        question = asked.pick(
            ("What abnormality can be seen in this image?", "What finding does this image show?"),
            one.name,
        )
        yield _entry(one, "open", question, [capital(one.name)], [])
        break
    for one in _of(material, "body_part")[:1]:
        yield _entry(one, "open", "Which part of the body is seen?", [capital(one.name)], [])
    for one in _of(material, "count"):
        label, _, count = one.name.partition("=")
        plural = label if label.endswith("s") else f"{label}s"
        yield _entry(one, "open", f"How many {plural} are marked in this image?", [count], [])
    for one in _of(material, "modality")[:1]:
        yield _entry(one, "open", "What kind of image is this?", [one.name], [])


def _closed(asked: Asked, material: list[Known]) -> Iterator[dict]:
    """In the order that the request says: yes and no in turn."""
    order = re.search(r"answers: ([a-z, ]+)\)", asked.request)
    there = [m for m in _of(material, "abnormality", "body_part") if m.there]
    for answer in order[1].split(", ") if order else ():
        if answer == "yes" and there:
            one = there.pop(0)
            yield _entry(one, "closed", f"Is {_a(one)} seen in this image?", ["yes"], [])
        elif answer == "no" and (entry := _denied(asked, material)):
            yield entry


def _denied(asked: Asked, material: list[Known]) -> dict | None:
    for one in material:
        if not one.there:
            return _entry(one, "closed", f"Does this image show {_a(one)}?", ["no"], [])
    for one in _of(material, "modality")[:1]:
        other = asked.pick([name for name in MODALITIES if name != one.name], "other")
        return _entry(one, "closed", f"Was this image made by {other}?", ["no"], [])
    return None


def _a(one: Known) -> str:
    if one.task == "body_part":
        return f"the {one.name}"
    first = one.name.split()[0]
    bare = one.name.endswith(("s", "ion", "edema", "pneumothorax", "megaly", "hy"))
    return one.name if bare or first in ("multiple", "bilateral") else article(one.name)


def _single(asked: Asked, material: list[Known]) -> Iterator[dict]:
    choices = int((re.search(r"exactly (\d+) options", asked.system) or ["", "3"])[1])
    said = " ".join(block.text for block in asked.blocks)
    for one in _of(material, "modality")[:1]:
        wrong = asked.mixed([name for name in MODALITIES if name not in _said(said)], "modality")
        question = "By which technique was this image made?"
        yield _entry(one, "single", question, [one.name], wrong[:choices])
    for one in _of([m for m in material if m.there], "abnormality", "view")[:2]:
        pool = VIEWS if one.task == "view" else FINDINGS
        wrong = [word for word in asked.mixed(list(pool), one.name) if not known(said, [word])]
        question = "Which plane is shown?" if one.task == "view" else "Which of these is seen?"
        if len(wrong) >= choices:
            yield _entry(one, "single", question, [one.name], wrong[:choices])


def _said(text: str) -> set[str]:
    return {name for name, words in MODALITIES.items() if known(text, words)}


def _multiple(asked: Asked, material: list[Known]) -> Iterator[dict]:
    counts = re.search(r"multiple \((\d+) right and (\d+) wrong", asked.request)
    right = [m for m in _of(material, "abnormality", "body_part") if m.there]
    if counts is None or len(right) < int(counts[1]):
        return
    said = " ".join(block.text for block in asked.blocks)
    chosen = right[: int(counts[1])]
    wrong = [word for word in asked.mixed([*FINDINGS], "multiple") if not known(said, [word])]
    parts = tuple(dict.fromkeys(part for one in chosen for part in one.parts))
    yield _entry(
        Known(parts, "abnormality", ""),
        "multiple",
        "Which of these are seen in this image?",
        [one.name for one in chosen],
        wrong[: int(counts[2])],
    )


def _talk(asked: Asked) -> Iterator[dict]:
    """From the whole picture to its details."""
    caption = next(iter(asked.named("caption")), Block("caption", ""))
    told = [ended(s) for s in sentences(cleaned(caption.text))]
    material = list(_known(asked))
    for one in _of(material, "modality")[:1]:
        answer = f"This is {article(one.name)} image."
        yield _entry(one, "open", "What kind of image is this?", [answer], [])
    about = Known((caption.number,), "abnormality", "")
    if told:
        yield _entry(about, "open", "What can be seen in it?", [told[0]], [])
    if len(told) > 1:
        yield _entry(about, "open", "What else is there to see?", [told[1]], [])
    for one in _of(material, "body_part")[:1]:
        answer = f"It shows the {one.name}."
        yield _entry(one, "open", "Which part of the body does it show?", [answer], [])
