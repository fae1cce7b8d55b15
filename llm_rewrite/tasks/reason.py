"""reason: steps from the picture to the answer of a question, with regions inline; or a chain.

Steps are GEMeX-ThinkVG's and MedThink's: the model is given what is known as text and writes as one
who looks at the picture; only what ends in the known answer is kept. The chain is CoMT's.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from pydantic import Field

from llm_rewrite.answers import BadAnswer
from llm_rewrite.material.questions import (
    asked,
    images_of,
    in_language,
    language_of,
    numbered,
    refs_of,
    says_little,
    shown_images,
    spread,
    stated,
)
from llm_rewrite.material.region_marks import BoxForm, evidence_parts, named_regions
from llm_rewrite.material.sources import usable
from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Part, Prompt
from llm_rewrite.task import Draft, Task, Tools
from llm_rewrite.tasks.reason_drafts import LINKS, chained, reasoned
from llm_rewrite.tasks.vqa_describe import TASK as DESCRIPTION
from llm_rewrite.tasks.vqa_describe import descriptions
from schemas.evidence import holds, references
from schemas.sample import Question, Sample

NAME, VERSION = "reason", 1
Kind = Literal["open", "closed", "single", "multiple"]

INSTRUCTIONS = """
You write the reasoning that leads from a medical image to the answer of a question, for a corpus
that teaches models to look before they answer. You are given what is known of the image in numbered
blocks, and last the question. The learner will see the image, the question and your reasoning, and
nothing of the blocks.

- Write as one who looks at the image: what kind of image it is, where one must look, what is seen
  there, what that means for the question.
- State only what the blocks state. Add no finding, side, number, size or degree of certainty. What
  a finding is known to mean may be used, in a few words, where the step needs it.
- Never speak of what you were given: no caption, report, label, annotation, box, "given findings",
  "known answer". Say "the image shows", "there is", "at the upper right".
- Where you speak of something that has a block named region, write its mark with the number of the
  block right after the words: "the dark nodule <region 4> has a smooth edge". Use numbers of region
  blocks only. Write no coordinates.
- Citing sentences may speak of other images too: use only what they say of this one.
- `parts`: the numbers of the blocks that the reasoning rests on.
"""

SEEN = """
- You also see the image. Use it to describe what the blocks name; where the two seem to differ, the
  blocks are right.
"""

STEPS = """
- `steps`: two to five steps, each one or two sentences that add something. Do not begin with the
  answer and do not argue from it. The last step draws the conclusion in words.
- `answer`: the answer that the steps lead to. Where the question comes with its answer, reason
  towards that, and repeat it word for word. Where it comes with options, give the right one word for
  word; for a question of kind multiple all right ones, joined by "; ". For a question of kind
  closed, yes or no.
"""

CHAIN = """
- `steps`: exactly six strings, one for each link of this chain, in this order:
  {links}.
  Each is a phrase or a sentence, without its name. Where the blocks say nothing of a link, its
  string is empty. In a normal image the findings are "No abnormal finding." and the attributes empty.
- `answer`: the conclusion once more, in one sentence.
"""


class Options(TaskOptions):
    """`form`: steps for the row's questions, or a chain that leads to its description or report.

    `kinds`, `tasks`: which questions (no task named: all), at most `most` of a row; those with a
    rationale only where `again`. `hide_answer`: kinds whose answer the model must find; of others it
    is told. `boxes`: how a region stands in the rationale, `[x0, y0, x1, y1]` or by label alone.
    `see_image`: the model sees the first `images` pictures. `references`, `regions`: the most
    citing sentences and regions it is told of.
    """

    form: Literal["steps", "chain"] = "steps"
    kinds: list[Kind] = ["open", "closed", "single", "multiple"]
    tasks: list[str] = []
    most: int = Field(4, ge=1, le=100)
    again: bool = False
    hide_answer: list[Kind] = ["closed", "single", "multiple"]
    boxes: BoxForm = "thousandths"
    see_image: bool = False
    images: int = Field(4, ge=1, le=32)
    references: int = Field(3, ge=0, le=20)
    regions: int = Field(12, ge=0, le=100)


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """The reasoning and where it leads."""

    parts: list[int]
    steps: Annotated[list[str], msgspec.Meta(min_length=1)]
    answer: Annotated[str, msgspec.Meta(min_length=1)]


def instructions(options: Options) -> str:
    """The fixed prompt of a form."""
    links = "; ".join(f"{i} {name} ({what})" for i, (name, what) in enumerate(LINKS.items(), 1))
    form = CHAIN.replace("{links}", links) if options.form == "chain" else STEPS
    pieces = [INSTRUCTIONS, SEEN if options.see_image else "", form]
    return "\n".join(piece.strip() for piece in pieces if piece)


def prompts(row: Sample, options: Options, tools: Tools) -> list[Prompt]:
    """One request for each question that is to have a rationale; for a chain one for the row."""
    if options.form == "chain":
        return _chain_prompts(row, options)
    return [
        prompt
        for place in wanted_questions(row, options)
        if (prompt := _prompt(row, place, options)) is not None
    ]


def wanted_questions(row: Sample, options: Options) -> list[int]:
    """Places of the questions that are to have a rationale, of as many tasks as there are.

    Turns of a conversation cannot be understood alone, a description has nothing to find out.
    """
    fit = [
        place
        for place, question in enumerate(row.questions)
        if question.kind in options.kinds
        and (not options.tasks or question.task in options.tasks)
        and (options.again or not question.rationale)
        and usable(question.faithful)
        and not (question.dialogue or question.rejected or question.task == DESCRIPTION)
        and question.answer.strip()
    ]
    return spread(row, fit, options.most, NAME)


def _prompt(row: Sample, place: int, options: Options) -> Prompt | None:
    """The evidence, then the question, so that a server keeps the evidence for the next one."""
    question = row.questions[place]
    first = named_regions(question)
    evidence = evidence_parts(row, options.references, options.regions, options.boxes, first)
    shown = shown_images(row, options.see_image, options.images)
    known = _merged_from(row, question)
    if not shown and not known and says_little(row, evidence):
        return None
    evidence = (*evidence, *numbered(known, len(evidence) + 1))
    told = question.kind not in options.hide_answer
    part = Part(f"question, {question.kind}", asked(question, answer=told), f"question:{place}")
    language = in_language(question.language)
    request = f"Answer the question of the last block about {images_of(row)}.{language}"
    return Prompt((*evidence, part), request, shown, f"question:{place}")


def _merged_from(row: Sample, question: Question) -> list[Part]:
    """The simple questions that a merged one was made of, with their answers."""
    refs = [ref for ref in references(question.evidence) if ref.startswith("question:")]
    return [
        Part("known answer", stated(row.questions[int(ref[9:])]), ref)
        for ref in refs
        if holds(row, ref)
    ]


def _chain_prompts(row: Sample, options: Options) -> list[Prompt]:
    evidence = evidence_parts(row, options.references, options.regions, options.boxes)
    shown = shown_images(row, options.see_image, options.images)
    if described(row) is None or (says_little(row, evidence) and not shown):
        return []
    request = f"Write the chain for {images_of(row)}.{in_language(language_of(row))}"
    return [Prompt(evidence, request, shown)]


def described(row: Sample) -> tuple[Question, str] | None:
    """The question for a description that a chain leads to, and its reference where it is there."""
    for place, question in enumerate(row.questions):
        if question.task == DESCRIPTION and usable(question.faithful) and not question.rationale:
            return question, f"question:{place}"
    made = descriptions(row, ("report", "rewritten", "subcaption", "caption"))
    return (made[0], "") if made else None


def drafts(row: Sample, prompt: Prompt, answer: Answer, options: Options) -> list[Draft]:
    """The question with its rationale, which is put in its place; of a chain a new one, too."""
    used = refs_of(prompt, answer.parts)
    if options.form == "chain":
        target = described(row)
        if target is None:
            raise BadAnswer("the row has no text for a chain to lead to")
        return [chained(row, prompt, answer.steps, target, used, options.boxes)]
    place = int(prompt.subject.partition(":")[2])
    return [reasoned(row, prompt, (answer.steps, answer.answer), place, used, options.boxes)]


def flags(options: Options) -> frozenset[str]:
    """What the model sees it may name, and the recipe may look at it."""
    return frozenset({"concept_added"}) if options.see_image else frozenset()


TASK = Task(
    name=NAME,
    version=VERSION,
    summary="grounded steps to the answer of a question, regions inline; or a chain to a report",
    needs="questions, and a caption, report, labels or regions",
    makes="the rationale of questions",
    options=Options,
    instructions=instructions,
    answer=Answer,
    prompts=prompts,
    drafts=drafts,
    flags=flags,
)
