"""What a written text rests on, looked up in its record again: references to parts of a prompt."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from llm_rewrite.material.questions import one_line
from llm_rewrite.material.sources import SAID, cut, usable
from llm_rewrite.prompt import Part
from llm_rewrite.task import Tools
from schemas.evidence import references
from schemas.sample import Question, Region, Sample, Text

_OUTSIDE = ("definition", "knowledge")
_REGION = re.compile(r"\bregions\[(\d{1,6})\]")
_GRID = 1000  # boxes are said in thousandths of the picture, as in questions about boxes


def resolved(row: Sample, refs: Iterable[str], tools: Tools) -> list[Part]:
    """A part for each reference that leads somewhere, each once, in order; pictures have none.

    Rejected texts and questions are no evidence. Definitions and knowledge are asked of `tools`.
    """
    wanted = list(dict.fromkeys(refs))
    passages = {}
    if any(ref.partition(":")[0] in _OUTSIDE for ref in wanted):
        passages = {passage.ref: passage.text for passage in tools.passages(row)}
    found = (_part(row, ref, passages) for ref in wanted)
    return [part for part in found if part is not None and part.text.strip()]


def pictures(row: Sample, refs: Iterable[str]) -> tuple[int, ...]:
    """The pictures among references, as places in `row.images`."""
    places = (_place(ref, len(row.images)) for ref in refs if ref.startswith("image:"))
    return tuple(dict.fromkeys(place for place in places if place is not None))


def evidence_refs(item: Text | Question) -> list[str]:
    """The references of a text's or question's evidence; `regions[2]` of template questions too."""
    drawn = [f"region:{place}" for place in _REGION.findall(item.evidence)]
    return list(dict.fromkeys([*references(item.evidence), *drawn]))


def asked_and_answered(question: Question) -> str:
    """A question and its answer, without the options that are wrong."""
    return f"Question: {one_line(question.question)}\nAnswer: {one_line(question.answer)}"


def region_words(row: Sample, region: Region) -> str:
    """A region on a line: what, where, how large, and what is written of it."""
    side = f"{region.side} side of the {region.frame or 'picture'}" if region.side else ""
    share = f"{100 * region.share:.2g} % of the picture" if region.share else ""
    box = _thousandths(row, region)
    words = [region.label, region.place, side, share, box and f"box {box}", region.text]
    return "; ".join(one_line(word) for word in words if word.strip())


def _part(row: Sample, ref: str, passages: dict[str, str]) -> Part | None:
    kind, _, which = ref.partition(":")
    if kind in _OUTSIDE:
        return Part(kind, cut(passages[ref]), ref) if ref in passages else None
    if kind == "label":
        return _label_part(row, ref, which)
    if kind == "concept":
        names = [c.name for c in row.concepts if c.cui == which and not c.negated]
        return Part("concept", names[0], ref) if names else None
    if kind == "text" and (place := _place(ref, len(row.texts))) is not None:
        text = row.texts[place]
        return (
            Part(text.kind.replace("_", " "), cut(text.text), ref)
            if usable(text.faithful)
            else None
        )
    if kind == "region" and (place := _place(ref, len(row.regions))) is not None:
        return Part("region", cut(region_words(row, row.regions[place])), ref)
    if kind == "question" and (place := _place(ref, len(row.questions))) is not None:
        question = row.questions[place]
        known = cut(asked_and_answered(question))
        return Part("known answer", known, ref) if usable(question.faithful) else None
    return None


def _label_part(row: Sample, ref: str, which: str) -> Part | None:
    for label in row.labels:
        if label.name.replace(";", ",") == which and label.value in SAID:
            return Part("label", f"{label.name}: {SAID[label.value]}", ref)
    return None


def _place(ref: str, count: int) -> int | None:
    which = ref.partition(":")[2]
    if not (which.isascii() and which.isdigit() and len(which) < 9):
        return None
    return int(which) if int(which) < count else None


def _thousandths(row: Sample, region: Region) -> str:
    if len(region.box) != 4 or region.image >= len(row.images):
        return ""
    image = row.images[region.image]
    sides = (image.width, image.height) * 2
    if not all(sides) or not all(map(math.isfinite, region.box)):
        return ""
    whole = [
        min(_GRID - 1, max(0, int(_GRID * value / side)))
        for value, side in zip(region.box, sides, strict=True)
    ]
    return str(whole)
