"""Regions as numbered parts of a prompt, and marks in a model's text that become boxes.

A model is shown regions as numbered parts and writes `<region 4>`; what is stored has the region's
label and its box in the form asked for, so no model ever writes a coordinate (GEMeX-ThinkVG).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from llm_rewrite.material.questions import known_facts, numbered, one_line, source_parts
from llm_rewrite.prompt import Part, Prompt
from schemas.sample import Question, Region, Sample

BoxForm = Literal["thousandths", "pixels", "fractions", "none"]
_TOP = 999  # 0 is the left or upper edge, this the right or lower, as in questions about boxes
_MARK = re.compile(
    r"\(?[<\[(]\s*regions?\s*#?\s*(\d{1,4}(?:\s*(?:,|and|&)\s*\d{1,4})*)\s*[>\])]\)?"
    r"|\bregions?\s+#?(\d{1,4}(?:\s*(?:,|and|&)\s*\d{1,4})*)\b",
    re.IGNORECASE,
)
_COORDINATES = re.compile(r"[\[(]\s*\d+(?:\.\d+)?(?:\s*[,;]\s*\d+(?:\.\d+)?){3}\s*[\])]")
_RENDERED_AWAY = re.compile(r"\b(?:is|are) (?:marked|outlined)\b")
_PLACES = re.compile(r"regions?(?:\[(\d+)\]|:(\d+))")


def evidence_parts(
    row: Sample, references: int, regions: int, form: BoxForm, first: Sequence[int] = ()
) -> tuple[Part, ...]:
    """All that the record says of the picture, numbered; nothing where only columns say anything."""
    parts = [*source_parts(row, references), *region_parts(row, regions, form, first)]
    facts = known_facts(row)
    return numbered([*parts, Part("facts", facts)] if parts and facts else parts)


def region_parts(row: Sample, most: int, form: BoxForm, first: Sequence[int] = ()) -> list[Part]:
    """A part for each region, those named `first` before others, then the largest; in their order."""
    order = sorted(
        range(len(row.regions)), key=lambda i: (i not in first, -row.regions[i].share, i)
    )
    return [
        Part("region", region_words(row, row.regions[place], form), f"region:{place}")
        for place in sorted(order[:most])
    ]


def region_words(row: Sample, region: Region, form: BoxForm) -> str:
    """What a region is, where it lies, how much of the picture it covers."""
    of_image = region.frame == "image" and bool(region.place)  # the place says it
    whose = {"patient": "the patient's {}", "image": "{} side of the image"}
    side = whose.get(region.frame, "{}").format(region.side)
    side = side if region.side and not of_image else ""
    share = f"about {100 * region.share:.2g} % of the image" if region.share else ""
    box = box_in(row, region, form)
    which = f"image {region.image + 1}" if len(row.images) > 1 else ""
    said = "" if _RENDERED_AWAY.search(region.text) else region.text
    place = f"{region.place} of the image" if region.place else ""
    words = [region.label, which, place, side, share, f"box {box}" if box else "", said]
    return "; ".join(one_line(word) for word in words if word.strip())


def box_in(row: Sample, region: Region, form: BoxForm) -> str:
    """The box as `[x0, y0, x1, y1]` in thousandths, pixels or fractions; "" where there is none."""
    if form == "none" or len(region.box) != 4 or not 0 <= region.image < len(row.images):
        return ""
    image = row.images[region.image]
    sides = (image.width, image.height) * 2
    if not all(sides) or not all(map(math.isfinite, region.box)):
        return ""
    pairs = list(zip(region.box, sides, strict=True))
    if form == "pixels":
        values = [str(round(value)) for value, _ in pairs]
    elif form == "fractions":
        values = [f"{min(1.0, max(0.0, value / side)):.3f}" for value, side in pairs]
    else:
        scaled = [round(Fraction(value) * _TOP / side) for value, side in pairs]
        values = [str(min(_TOP, max(0, value))) for value in scaled]
    return f"[{', '.join(values)}]"


def named_regions(question: Question) -> list[int]:
    """Places of the regions that a question's evidence names, as `region:2` or `regions[2]`."""
    return [int(a or b) for a, b in _PLACES.findall(question.evidence) if len(a or b) < 6]


def with_boxes(
    text: str, row: Sample, prompt: Prompt, form: BoxForm
) -> tuple[str, list[str], list[str]]:
    """A text with its marks made labels and boxes, the references it names, and what is wrong.

    A mark of a number that is no region, and coordinates that the model wrote itself, are
    `region_unknown`.
    """
    found = [f"region_unknown: wrote {box[0]}" for box in _COORDINATES.finditer(text)]
    refs: list[str] = []
    pieces, end = [], 0
    for mark in _MARK.finditer(text):
        told = []
        for number in map(int, re.findall(r"\d+", mark[1] or mark[2])):
            ref = _region_ref(prompt, number)
            if not ref:
                found.append(f"region_unknown: region {number} is none of those given")
                continue
            refs.append(ref)
            region = row.regions[int(ref.partition(":")[2])]
            told.append(_told(text[: mark.start()], row, region, form))
        words = " and ".join(told)
        aside = _in_sentence(text[: mark.start()]) and words and words[0] != "["
        pieces += [text[end : mark.start()], f"({words})" if aside else words]
        end = mark.end()
    made = "".join([*pieces, text[end:]])
    return re.sub(r"\s+([.,;:])", r"\1", one_line(made)), refs, found


def _in_sentence(before: str) -> str:
    """What the sentence has said so far."""
    return re.split(r"[.!?]\s", before)[-1].strip()


def _region_ref(prompt: Prompt, number: int) -> str:
    ref = prompt.parts[number - 1].ref if 0 < number <= len(prompt.parts) else ""
    return ref if ref.startswith("region:") else ""


def _told(before: str, row: Sample, region: Region, form: BoxForm) -> str:
    """The box, after its label where the sentence so far does not say it."""
    said = region.label.casefold() in _in_sentence(before).casefold()
    label = "" if said else region.label
    which = f"image {region.image + 1}" if len(row.images) > 1 and form != "none" else ""
    return " ".join(word for word in (label, which, box_in(row, region, form)) if word)
