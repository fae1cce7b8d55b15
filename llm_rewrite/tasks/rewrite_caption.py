"""rewrite_caption: a caption without noise, complete from its citing sentences, or only what shows.

The text kind is `rewritten`. As in PubMedVision, LLaVA-Med, MAIRA-1 and the report-text recipes.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from pydantic import Field

from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Part, Prompt
from llm_rewrite.sources import caption_parts, reference_parts
from llm_rewrite.task import Draft, Task, Tools
from schemas.sample import Sample, Text

NAME, VERSION = "rewrite_caption", 1

INSTRUCTIONS = """
You rewrite the caption of one medical figure for a corpus that trains vision-language models.

Write plain prose about what the picture shows. Keep every finding, structure, side, number, unit,
stain, sequence and degree of certainty exactly as the source has it. Leave out figure numbers,
citations, copyright lines, and names of people and places. Add nothing that the source does not
say. Never speak of "the caption" or "the text".
"""

COMPLETE = """
Where the citing sentences say more about this picture than the caption, work it in.
"""

VISIBLE_ONLY = """
Keep only what can be seen in the picture: drop history, symptoms, laboratory values, treatment,
outcome, comparisons with pictures that are not shown, and what other tests found.
"""


class Options(TaskOptions):
    """`mode`: denoise the caption, complete it from citing sentences, or keep the visible only."""

    mode: Literal["denoise", "complete", "visible_only"] = "denoise"
    see_image: bool = False
    references: int = Field(3, ge=0, le=20)


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """The rewritten caption."""

    caption: Annotated[str, msgspec.Meta(min_length=1)]


def instructions(options: Options) -> str:
    """The fixed prompt of a mode."""
    more = {"complete": COMPLETE, "visible_only": VISIBLE_ONLY}.get(options.mode, "")
    return f"{INSTRUCTIONS.strip()}{more}".strip()


def prompts(row: Sample, options: Options, tools: Tools) -> list[Prompt]:
    """One request for a row that has a caption."""
    caption = caption_parts(row)
    if not caption:
        return []
    parts: list[Part] = [*caption]
    if options.mode == "complete":
        parts += reference_parts(row, options.references)
    seen = (0,) if options.see_image and row.images else ()
    return [Prompt(tuple(parts), "Rewrite the caption.", seen)]


def drafts(row: Sample, prompt: Prompt, answer: Answer, options: Options) -> list[Draft]:
    """The rewritten text; complete ones must keep all that the caption says."""
    made = Text("rewritten", answer.caption.strip())
    return [Draft(made, must_keep=options.mode != "visible_only")]


def flags(options: Options) -> frozenset[str]:
    """What the model sees it may name, and the recipe may look at it."""
    return frozenset({"concept_added"}) if options.see_image else frozenset()


TASK = Task(
    name=NAME,
    version=VERSION,
    summary="a caption without noise, completed from citing sentences, or only what shows",
    needs="a caption, subcaption, label caption or report",
    makes="a text of kind rewritten",
    options=Options,
    instructions=instructions,
    answer=Answer,
    prompts=prompts,
    drafts=drafts,
    flags=flags,
)
