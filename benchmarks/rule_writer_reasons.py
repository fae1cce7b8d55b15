"""Reasons that the rule writer gives: from the kind of picture over its regions to the answer."""

from __future__ import annotations

import re
from typing import Any

from benchmarks.rule_writer_request import Asked, Block
from benchmarks.rule_writer_words import (
    DENYING,
    FINDINGS,
    MODALITIES,
    ORGANS,
    article,
    capital,
    cleaned,
    ended,
    known,
    sentences,
)

_AREAS = ((0.5, "less than 0.5%"), (5.0, "0.5% to 5%"), (20.0, "5% to 20%"), (1e9, "more than 20%"))
_SIDE = re.compile(r"left|right|upper|lower")


def reasoning(asked: Asked) -> dict[str, Any]:
    """`reason`: steps to the answer, which is repeated where given and else looked for; or a chain."""
    if "exactly six strings" in asked.system:
        return _chain(asked)
    block = next(b for b in asked.blocks if b.name.startswith("question, "))
    kind = block.name.partition(", ")[2]
    lines = block.text.split("\n")
    options = [line[2:] for line in lines if line.startswith("- ")]
    given = [line.partition(": ")[2] for line in lines if line.startswith("Answer: ")]
    seen, parts = _looked(asked, lines[0])
    answer = given[0] if given else _found(asked, lines[0], kind, options)
    last = f"So the answer is {answer}." if kind == "closed" else f"This leads to: {ended(answer)}"
    steps = [_first(asked), *seen, last]
    return {"parts": parts, "steps": list(dict.fromkeys(steps)), "answer": answer}


def _first(asked: Asked) -> str:
    kind, part = asked.facts.get("modality", ""), asked.facts.get("body part", "")
    what = f"{article(kind)} image" if kind and kind != "other" else "a medical image"
    return f"This is {what}{f' of the {part}' if part else ''}."


def _regions(asked: Asked, question: str) -> list[Block]:
    """The regions of the labels that a question names, the place too where it says one."""
    named = [b for b in asked.named("region") if b.text.split(";")[0] in question]
    exact = [b for b in named if b.text.split("; ")[1].removesuffix(" of the image") in question]
    return exact or named


def _looked(asked: Asked, question: str) -> tuple[list[str], list[int]]:
    """One or two steps on what is asked for, with the numbers of the blocks used."""
    about = set(re.findall(r"\w{4,}", question.lower()))
    steps, parts = [], [block.number for block in asked.named("facts")]
    for block in _regions(asked, question)[:2]:
        label, _, rest = block.text.partition("; ")
        place = rest.partition("; ")[0].removesuffix(" of the image")
        where = place if place.startswith("spread") else f"in the {place} of the image"
        many = label.endswith("s")
        subject = capital(label) if many else f"The {label}"
        steps.append(f"{subject} <region {block.number}> {'are' if many else 'is'} {where}.")
        parts.append(block.number)
    for block in asked.named("caption")[:1]:
        told = sentences(cleaned(block.text))
        told = [s for s in told if set(re.findall(r"\w{4,}", s.lower())) & about]
        steps += [f"The image shows {_lower(told[0])}"] if told and not steps else []
        parts.append(block.number)
    return steps[:2] or ["One must look at the whole image for this."], parts


def _lower(sentence: str) -> str:
    """A sentence to go on with: no capital first, unless it is an abbreviation."""
    text = re.sub(r"\A(?:The image shows|There is|There are) ", "", ended(sentence))
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _found(asked: Asked, question: str, kind: str, options: list[str]) -> str:
    """The answer that the material speaks for: what a model that is not told it must find."""
    names = ("caption", "label", "region", "citing sentence")
    said = " ".join([*asked.texts(*names), *asked.facts.values()])
    here = _regions(asked, question)
    if kind == "closed":
        return _yes_or_no(asked, said, question, here)
    if kind == "multiple":
        return "; ".join([o for o in options if known(said, [o])] or options[:1])
    if here and (option := _of_region(here[0].text, options)):
        return option
    words = set(re.findall(r"\w{3,}", said.lower()))
    scores = [(len(set(re.findall(r"\w{3,}", o.lower())) & words), o) for o in options]
    return max(scores, key=lambda pair: pair[0])[1] if scores else "unclear"


def _of_region(region: str, options: list[str]) -> str:
    """The option that a region's place or share is, "" for none."""
    place = region.split("; ")[1]
    share = re.search(r"about ([\d.]+) %", region)
    for option in options:
        side = _SIDE.search(option) if " half " in option else None
        if (side and side[0] in place) or place.startswith(f"{option} of"):
            return option
    area = next((w for most, w in _AREAS if share and float(share[1]) < most), "")
    return area if area in options else ""


def _yes_or_no(asked: Asked, said: str, question: str, here: list[Block]) -> str:
    """Yes where the thing asked for is stated and not denied."""
    turned = bool(re.search(r"\b(?:no|free of|without)\b", question))
    place = _SIDE.search(question)
    if here and place and " lie " in question:
        return "yes" if place[0] in here[0].text.split("; ")[1] else "no"
    thing = [*known(question, list(FINDINGS)), *known(question, ORGANS)]
    for name, words in MODALITIES.items():
        thing += [word for word in (name.lower(), *words) if known(question, [word])]
    thing += [
        label for label in asked.facts.get("regions in all", "").split(", ") if label in question
    ]
    if not thing:
        common = ("image", "there", "seen", "show", "does", "this")
        thing = [w for w in re.findall(r"\w{4,}", question.lower()) if w not in common]
    sure = [word for word in thing if known(said, [word])]
    there = bool(sure) and not DENYING.search(said.split(sure[0])[0][-30:])
    return "yes" if there != turned else "no"


def _chain(asked: Asked) -> dict[str, Any]:
    caption = cleaned(" ".join(asked.texts("caption")))
    told = [ended(s) for s in sentences(caption)] or ["No abnormal finding."]
    verdict = "abnormal" if known(caption, list(FINDINGS)) else ""
    facts = asked.facts
    steps = [facts.get("body part", ""), facts.get("modality", ""), verdict, told[0], "", told[-1]]
    return {"parts": [1], "steps": steps, "answer": told[-1]}
