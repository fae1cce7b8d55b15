"""caption_labels: natural captions from labels, facts and what is known of the labelled things.

The text kind is `label_caption`. As UniMed and FLAIR: several captions a picture, every label in
each, an expert's description beside the bare name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator

import msgspec
from pydantic import Field

from llm_rewrite.answers import BadAnswer
from llm_rewrite.faithfulness import Evidence, Finding, check_text
from llm_rewrite.material.naming import (
    general_findings,
    label_findings,
    other_names,
    says_normal,
    without_general,
)
from llm_rewrite.material.sources import fact_parts, label_parts, passage_parts, plain
from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Part, Prompt
from llm_rewrite.task import Draft, Task, Tools
from schemas.sample import Label, Sample, Text

NAME, VERSION = "caption_labels", 1

INSTRUCTIONS = """
You write the caption of one medical picture from what is known of it, for a corpus that trains
vision-language models.

You get facts on the picture; labels, each present, absent or possible; and sometimes background.
- Name every present label in its own words (plural where it fits), as something the picture shows.
- Call a possible label possible, or leave it out.
- An absent label may be left out or said to be absent. It is never said to be there.
- Nothing else is known. State no other finding and no side, place, size, number, severity or cause.
- Background tells what a label looks like in general, not in this picture. Use it only in words
  that say so: "typically seen as ...", "often with ...".
- Write one or two natural sentences as in a medical publication. Never speak of labels, data sets,
  annotations or background.

Example. facts: "picture: fundus photograph". Labels: "macular hole is present.",
"drusen is possible.", "retinal haemorrhage is absent." Caption: "Fundus photograph showing a macular
hole, with possible drusen and no retinal haemorrhage."
"""

SEE_IMAGE = """
You also see the picture. You may name what is plain to see, such as the view, a colour or a tube,
but no disease that the labels do not name.
"""

PATIENT = "Age and sex of the patient may be told where they are given."
NO_PATIENT = "Say nothing about the patient."
ONE = "Give one caption in `captions`."
SEVERAL = (
    "Give {count} captions in `captions`, all true and complete, that differ in wording, order,"
    " length, and in whether they use the background."
)

_FEMALE = re.compile(r"\b(?:female|wom[ae]n|girl|her|she|lady)\b", re.IGNORECASE)
_MALE = re.compile(r"\b(?:male|m[ae]n|boy|his|he|gentleman)\b", re.IGNORECASE)


class Options(TaskOptions):
    """`variants` is how many captions are asked for, in one answer. `absent` is how many absent
    labels are shown, `passages` how many pieces of background, `knowledge` files of it beside those
    of the sources. `patient`: with age and sex. `pictures` is how many `see_image` shows."""

    variants: int = Field(1, ge=1, le=20)
    absent: int = Field(3, ge=0, le=50)
    passages: int = Field(6, ge=0, le=30)
    knowledge: list[str] = []
    patient: bool = True
    see_image: bool = False
    pictures: int = Field(4, ge=1, le=16)


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """The captions."""

    captions: list[str]


def instructions(options: Options) -> str:
    """The fixed prompt."""
    several = SEVERAL.format(count=options.variants)
    pieces = [
        INSTRUCTIONS,
        PATIENT if options.patient else NO_PATIENT,
        SEE_IMAGE if options.see_image else "",
        several if options.variants > 1 else ONE,
    ]
    return "\n\n".join(piece.strip() for piece in pieces if piece)


def prompts(row: Sample, options: Options, tools: Tools) -> list[Prompt]:
    """One request for a row of which a label is present, possible or to be said absent."""
    labels = _shown_labels(row, options.absent)
    if not labels:
        return []
    facts = fact_parts(row, options.patient)
    background = passage_parts(tools.passages(row), options.passages) if options.passages else []
    seen = tuple(range(min(len(row.images), options.pictures))) if options.see_image else ()
    return [Prompt((*facts, *labels, *background), "Write the caption.", seen)]


def _shown_labels(row: Sample, absent: int) -> list[Part]:
    """Every present and possible label, and some absent ones, others for each row.

    That a "no finding" is absent is left out: nobody says so.
    """
    values = {
        f"label:{label.name}": label.value
        for label in row.labels
        if not (label.value == "absent" and says_normal(label.name))
    }
    parts = [part for part in label_parts(row) if part.ref in values]
    missing = [part for part in parts if values[part.ref] == "absent"]
    missing.sort(key=lambda part: hashlib.sha256(f"{row.sample_id} {part.ref}".encode()).digest())
    chosen = {part.ref for part in missing[:absent]}
    return [part for part in parts if values[part.ref] != "absent" or part.ref in chosen]


def drafts(row: Sample, prompt: Prompt, answer: Answer, options: Options) -> list[Draft]:
    """The captions, each once, with what is wrong with each. Raises `BadAnswer` for none."""
    texts = list(dict.fromkeys(plain(text) for text in answer.captions if text.strip()))
    if not texts:
        raise BadAnswer("there is no caption in it")
    return [
        Draft(
            Text("label_caption", text),
            check=check_of(text, prompt),
            findings=tuple(_findings(text, row, prompt)),
        )
        for text in texts[: options.variants]
    ]


def check_of(text: str, prompt: Prompt) -> Callable[[Evidence, Tools], list[Finding]]:
    """The usual checks of what a text says of this picture: not of what the background says of
    such pictures in general, whose words and numbers are its own."""
    background = [part.text for part in prompt.parts if part.name == "background"]
    own = without_general(text, background)
    return lambda evidence, tools: check_text(own, evidence, tools)


def _findings(text: str, row: Sample, prompt: Prompt) -> Iterator[str]:
    """Labels lost, added or turned round; general knowledge said of this picture; the wrong sex."""
    background = [part.text for part in prompt.parts if part.name == "background"]
    own = [part.text for part in prompt.parts if part.name != "background"]
    labels = values_of(row.labels)
    shown = "\n".join(part.text for part in prompt.parts if part.name != "label")
    yield from label_findings(text, labels, other_names(background, labels), shown)
    if not prompt.images:
        yield from general_findings(text, background, own)
    sex = row.meta.get("sex", "")
    wrong = {"female": _MALE, "male": _FEMALE}.get(sex)
    if wrong and (match := wrong.search(text)):
        yield f"qualifier_changed: {match[0]} for {sex}"


def values_of(labels: list[Label]) -> dict[str, str]:
    """Each label's value; of a label that comes twice the stronger one."""
    order = ("unstated", "absent", "uncertain", "present")
    ranked = sorted(labels, key=lambda one: order.index(one.value) if one.value in order else 0)
    return {label.name: label.value for label in ranked if label.name.strip()}


def flags(options: Options) -> frozenset[str]:
    """What the model sees it may name, and the recipe may look at it."""
    return frozenset({"concept_added"}) if options.see_image else frozenset()


TASK = Task(
    name=NAME,
    version=VERSION,
    summary="natural captions from labels, facts and what is known of the labelled things",
    needs="labels",
    makes="a text of kind label_caption, or several",
    options=Options,
    instructions=instructions,
    answer=Answer,
    prompts=prompts,
    drafts=drafts,
    flags=flags,
)
