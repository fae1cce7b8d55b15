"""describe_regions: a description from the whole picture down to each marked region.

The text kind is `region_caption`. As MedTrinity-25M: kind of picture and organ; then for each region
where it is, how large, what it is, and how it lies to its surroundings; with retrieved knowledge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from pydantic import Field

from llm_rewrite.answers import BadAnswer
from llm_rewrite.faithfulness import Evidence, Finding
from llm_rewrite.material.marked_regions import (
    box_in,
    count_part,
    region_parts,
    shown_regions,
    size_of,
)
from llm_rewrite.material.naming import general_findings, is_named, label_findings
from llm_rewrite.material.placing import Placed, place_findings
from llm_rewrite.material.sources import fact_parts, label_parts, passage_parts, plain
from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Prompt
from llm_rewrite.task import Draft, Task, Tools
from llm_rewrite.tasks.caption_labels import check_of, values_of
from schemas.evidence import joined
from schemas.sample import Sample, Text

NAME, VERSION = "describe_regions", 1

INSTRUCTIONS = """
You describe one medical picture and the regions marked in it, for a corpus that trains
vision-language models.

You get facts on the picture, labels of it, the marked regions with their numbers, and sometimes
background. Boxes are [left, top, right, bottom], {unit}.
- `whole`: one sentence on the kind of picture, the body part or organ, and what is marked in it.
  No place of a single region.
- `regions`: {regions}
  Say what it is, in its label's own words; where in the picture it lies; how much of the picture it
  takes up; and how it lies to the other region that is named, if any.
- Keep places, shares and relations as given. "Left" and "right" of a place are the picture's: write
  "on the left of the image". A side that is given is the patient's: write "on the patient's right".
- Tiny to large mean the part of the picture: a thing is not small because its part is.
- Nothing else is known. State no other finding, number, cause or severity.
- Background tells what such a thing is or looks like in general, not in this picture. Use it only in
  words that say so: "typically ...", "often ...".
- Plain prose. No coordinates, no numbers of regions; never speak of boxes, masks, labels,
  annotations or data sets.

Example. Region 0: "label: cyst; place in the picture: lower left; share of the picture: about 6%
(medium)". Answer: whole "Ultrasound of the neck: one marked cyst.", regions: numbers [0], text "A
cyst at the lower left takes up about 6%."
"""

UNITS = {
    "thousandths": "from 0 to 999 over the width and height of the picture",
    "pixels": "in pixels",
}
TOGETHER = (
    "every region once. Give its number in `numbers` and one or two sentences in `text`; regions of"
    " the same label that lie alike may share an entry with all their numbers."
)
EACH = "one entry for every region: its number alone in `numbers`, one or two sentences in `text`."

SEE_IMAGE = """
You also see the picture. You may add shape, colour, brightness and texture of a region and of what
lies around it where they are plain to see, but no disease that is not given.
"""

_PLACED = re.compile(
    r"\b(?:left|right|upper|lower|top|bottom|above|below|tiny|small|medium|large)\b", re.IGNORECASE
)
_NUMBERED = re.compile(r"\bregions?\s+(?:no\.?\s*|number\s+)?\d+", re.IGNORECASE)


class Options(TaskOptions):
    """`per_region`: a text for each region, beside the one on the whole picture, in place of one
    description. At most `most` regions are shown; `boxes` in thousandths of the picture's sides or
    in pixels. `passages` is how many pieces of background are shown, `knowledge` files of it beside
    those of the sources. `pictures` is how many `see_image` shows."""

    per_region: bool = False
    most: int = Field(12, ge=1, le=100)
    boxes: Literal["thousandths", "pixels"] = "thousandths"
    passages: int = Field(6, ge=0, le=30)
    knowledge: list[str] = []
    see_image: bool = False
    pictures: int = Field(4, ge=1, le=16)


class About(msgspec.Struct, forbid_unknown_fields=True):
    """What is said of one region, or of several that are alike."""

    numbers: Annotated[list[int], msgspec.Meta(min_length=1)]
    text: Annotated[str, msgspec.Meta(min_length=1)]


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """The picture as a whole, then its regions."""

    whole: Annotated[str, msgspec.Meta(min_length=1)]
    regions: list[About]


def instructions(options: Options) -> str:
    """The fixed prompt."""
    regions = EACH if options.per_region else TOGETHER
    text = INSTRUCTIONS.format(regions=regions, unit=UNITS[options.boxes]).strip()
    return f"{text}\n\n{SEE_IMAGE.strip()}" if options.see_image else text


def prompts(row: Sample, options: Options, tools: Tools) -> list[Prompt]:
    """One request for a row that has regions on its pictures."""
    shown = shown_regions(row, options.most)
    if not shown:
        return []
    background = passage_parts(tools.passages(row), options.passages) if options.passages else []
    labels = [part for part in label_parts(row) if not part.text.endswith(" is absent.")]
    parts = [
        *fact_parts(row, patient=False),
        *labels,
        count_part(row, shown),
        *region_parts(row, shown, options.boxes),
        *background,
    ]
    seen = tuple(range(min(len(row.images), options.pictures))) if options.see_image else ()
    return [Prompt(tuple(parts), "Describe the picture and its regions.", seen)]


def drafts(row: Sample, prompt: Prompt, answer: Answer, options: Options) -> list[Draft]:
    """One description, or a text on the whole and one on each region.

    Raises `BadAnswer` where a shown region is left out, or an entry has not the form asked for.
    """
    shown = [int(ref.partition(":")[2]) for ref in prompt.refs if ref.startswith("region:")]
    _check_form(answer, shown, options)
    whole = plain(answer.whole)
    texts = [plain(entry.text) for entry in answer.regions]
    all_ = {n: placed for n in range(len(row.regions)) if (placed := _placed(row, n, options))}
    wrong = [
        _findings(t, [n for n in entry.numbers if n in shown], all_, row, prompt)
        + [f"region_unknown: region {number}" for number in entry.numbers if number not in shown]
        for entry, t in zip(answer.regions, texts, strict=True)
    ]
    of_whole = _findings(whole, shown, all_, row, prompt, whole=True)
    if not options.per_region:
        findings = dict.fromkeys([*of_whole, *(f for found in wrong for f in found)])
        made = Text("region_caption", " ".join([_ended(whole), *map(_ended, texts)]))
        return [Draft(made, check=_check_of(made.text, prompt), findings=tuple(findings))]
    made = Text("region_caption", _ended(whole))
    return [
        Draft(made, check=_check_of(made.text, prompt), findings=tuple(of_whole)),
        *(
            _of_region(_ended(text), entry.numbers[0], found, prompt)
            for entry, text, found in zip(answer.regions, texts, wrong, strict=True)
        ),
    ]


def _check_form(answer: Answer, shown: Sequence[int], options: Options) -> None:
    told = [number for entry in answer.regions for number in entry.numbers]
    if missing := [number for number in shown if number not in told]:
        raise BadAnswer(f"nothing is said of region {', '.join(map(str, missing[:20]))}")
    if twice := [number for number in shown if told.count(number) > 1]:
        raise BadAnswer(f"region {', '.join(map(str, twice[:20]))} has more than one entry")
    if options.per_region and any(len(entry.numbers) != 1 for entry in answer.regions):
        raise BadAnswer("each entry is about one region: one number in `numbers`")


def _of_region(text: str, number: int, found: Sequence[str], prompt: Prompt) -> Draft:
    """The text on one region, proved against that region, the facts and the background alone."""
    refs = [ref for ref in prompt.refs if not ref.startswith("region:")]
    evidence = [f"region:{number}", *refs]
    made = Text("region_caption", text, evidence=joined(evidence))
    return Draft(
        made, against=("", *evidence), check=_check_of(text, prompt), findings=tuple(found)
    )


def _check_of(text: str, prompt: Prompt) -> Callable[[Evidence, Tools], list[Finding]]:
    """The usual checks but those of side, place and size: a region's lines name its picture's
    sides, its patient's and its neighbours', and `placing` holds the text against the region."""

    usual = check_of(text, prompt)

    def check(evidence: Evidence, tools: Tools) -> list[Finding]:
        return [
            finding
            for finding in usual(evidence, tools)
            if finding.reason != "laterality_changed"
            and not (finding.reason == "qualifier_changed" and _PLACED.search(finding.detail))
        ]

    return check


def _findings(
    text: str,
    numbers: Sequence[int],
    all_: Mapping[int, Placed],
    row: Sample,
    prompt: Prompt,
    whole: bool = False,
) -> list[str]:
    """Places, sizes and numbers that are not those of the regions; names lost or added."""
    about, known = [all_[n] for n in numbers if n in all_], list(all_.values())
    background = [part.text for part in prompt.parts if part.name == "background"]
    own = [part.text for part in prompt.parts if part.name != "background"]
    values = {n: v for n, v in values_of(row.labels).items() if v != "present"}
    facts = next((part.text for part in prompt.parts if part.name == "facts"), "")
    names = [line.partition(": ")[2] for line in facts.splitlines()]
    found = place_findings(text, about, known, [*names, *(label.name for label in row.labels)])
    found += label_findings(text, values, {}, "\n".join(part.text for part in prompt.parts))
    found += [f"source_mentioned: {match[0]}" for match in _NUMBERED.finditer(text)]
    lost = dict.fromkeys(p.region.label for p in about if not is_named(text, p.region.label))
    found += [f"concept_lost: {label}" for label in lost if not whole]
    if not prompt.images:
        found += general_findings(text, background, own)
    return found


def _placed(row: Sample, number: int, options: Options) -> Placed | None:
    region = row.regions[number]
    size = size_of(row, region) if len(region.box) == 4 else None
    return Placed(region, size, tuple(box_in(region, size, options.boxes))) if size else None


def _ended(text: str) -> str:
    return text if text[-1:] in (".", "!", "?") else f"{text}."


def flags(options: Options) -> frozenset[str]:
    """What the model sees it may name, and the recipe may look at it."""
    return frozenset({"concept_added"}) if options.see_image else frozenset()


TASK = Task(
    name=NAME,
    version=VERSION,
    summary="a description of the picture and of each marked region, with retrieved knowledge",
    needs="regions",
    makes="a text of kind region_caption, or one for each region",
    options=Options,
    instructions=instructions,
    answer=Answer,
    prompts=prompts,
    drafts=drafts,
    flags=flags,
)
