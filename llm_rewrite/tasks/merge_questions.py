"""merge_questions: one, two or three simple questions of a row made one harder one.

Kvasir-VQA-x1: the level is the number of facts, the answer has all of them, the questions it was
made of are its evidence. One fact is asked for in other words and answered in a sentence.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated

import msgspec
from pydantic import Field

from llm_rewrite.faithfulness import Evidence, Finding, check_question
from llm_rewrite.material.question_wording import beyond_the_picture, of_the_figure, of_the_source
from llm_rewrite.material.questions import (
    asked,
    drawn,
    images_of,
    in_language,
    numbered,
    one_line,
    plain,
    stated,
)
from llm_rewrite.material.sources import usable
from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Part, Prompt
from llm_rewrite.task import Draft, Task, Tools
from llm_rewrite.tasks.merge_facts import AFFIRMING, DENYING, fact_lost, gives_away
from schemas.evidence import joined
from schemas.sample import Question, Sample

NAME, VERSION = "merge_questions", 1
SEPARATOR = "; "

INSTRUCTIONS = """
You turn simple questions about a medical image into one question that asks for more at a time. You
are given one to three questions with their answers, in numbered blocks.

- Write one natural question, in one sentence, that can only be answered with the facts of all the
  answers. Do not number, and do not string the given questions together with "and"; ask for what
  they have in common, or for one thing through another.
- With a single block, ask the same in other words.
- Write the answer in one or two full sentences. It states every fact of every given answer, with
  its numbers, units, sides and names as they are, and nothing more. A given answer yes or no becomes
  a statement: "no" to "Is a polyp present?" becomes "no polyp is present".
- The question must not contain any of the answers, nor hint at them.
- Speak of the image, never of blocks, given questions, captions, labels, figures or panels.
"""


class Options(TaskOptions):
    """`one`, `two`, `three`: how many questions of a row are made of so many simple ones.

    `without`: tasks that are never merged, such as those answered by coordinates.
    """

    one: int = Field(1, ge=0, le=20)
    two: int = Field(1, ge=0, le=20)
    three: int = Field(1, ge=0, le=20)
    without: list[str] = ["box", "point", "description"]


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """The one question and its answer."""

    question: Annotated[str, msgspec.Meta(min_length=1)]
    answer: Annotated[str, msgspec.Meta(min_length=1)]


# Questions that cannot be asked without their options.
_NEEDS_OPTIONS = re.compile(
    r"\b(?:these|those|following|options?|choices?|listed|below)\b(?! images?\b)", re.IGNORECASE
)
_SAME_FACT = {"side", "place"}  # the upper left is on the left
_NOT_ALONE = re.compile(r"\A\W*(?:none|all|both|neither|other)\b", re.IGNORECASE)


def instructions(options: Options) -> str:
    """The fixed prompt."""
    return INSTRUCTIONS.strip()


def prompts(row: Sample, options: Options, tools: Tools) -> list[Prompt]:
    """One request for each group of questions that is to be merged."""
    return [_prompt(row, group) for group in groups_of(row, options)]


def _prompt(row: Sample, group: tuple[int, ...]) -> Prompt:
    parts = [
        Part("question", asked(row.questions[place], options=False), f"question:{place}")
        for place in group
    ]
    what = "the question in other words" if len(group) == 1 else f"one question of the {len(group)}"
    language = in_language(row.questions[group[0]].language)
    request = f"Write {what} about {images_of(row)}, and its answer.{language}"
    refs = SEPARATOR.join(f"question:{place}" for place in group)
    return Prompt(numbered(parts), request, subject=refs)


def groups_of(row: Sample, options: Options) -> list[tuple[int, ...]]:
    """Which questions are merged: drawn by the row's id, the least used first, each group once."""
    simple = [place for place in range(len(row.questions)) if is_simple(row, place, options)]
    used = dict.fromkeys(simple, 0)
    groups: list[tuple[int, ...]] = []
    for level, count in ((3, options.three), (2, options.two), (1, options.one)):
        for i in range(count):
            group = _group(row, used, level, f"{level}.{i}")
            if group and group not in groups:
                groups.append(group)
                for place in group:
                    used[place] += 1
    return sorted(groups, key=lambda group: (len(group), group))


def is_simple(row: Sample, place: int, options: Options) -> bool:
    """Whether a question has one plain fact for an answer, and can be asked without options."""
    question = row.questions[place]
    return (
        usable(question.faithful)
        and question.level <= 1
        and not _said_by_its_twin(row, question)
        and not (question.dialogue or question.rejected)
        and question.prompt.partition("/")[0] != NAME
        and question.task not in options.without
        and bool(question.answer.strip())
        and not _NOT_ALONE.search(question.answer)
        and not (question.options and _NEEDS_OPTIONS.search(question.question))
    )


def _said_by_its_twin(row: Sample, question: Question) -> bool:
    """Whether it is answered no and its twin yes: that one says the same, and more plainly."""
    return plain(question.answer) in DENYING and any(
        other.pair == question.pair and plain(other.answer) in AFFIRMING
        for other in row.questions
        if question.pair
    )


def _group(row: Sample, used: dict[int, int], level: int, key: str) -> tuple[int, ...]:
    """So many questions that go together, in their order; none where there are not so many."""
    order = sorted(
        used, key=lambda i: (used[i], drawn(row, NAME, key, row.questions[i].question), i)
    )
    taken: list[int] = []
    for place in order:
        fits = all(_together(row.questions[place], row.questions[other]) for other in taken)
        if len(taken) < level and fits:
            taken.append(place)
    return tuple(sorted(taken)) if len(taken) == level else ()


def _together(one: Question, other: Question) -> bool:
    """Whether two questions ask for two things: no twins, not of one task, not in each other's words."""
    if one.language != other.language or (one.pair and one.pair == other.pair):
        return False
    if one.task or other.task:
        return one.task != other.task and {one.task, other.task} != _SAME_FACT
    words, others = set(plain(one.question).split()), set(plain(other.question).split())
    return len(words & others) < len(words | others) / 2


def drafts(row: Sample, prompt: Prompt, answer: Answer, options: Options) -> list[Draft]:
    """The merged question, with each fact that its answer has lost."""
    places = [int(part.ref.partition(":")[2]) for part in prompt.parts]
    merged = [row.questions[place] for place in places]
    question, said = one_line(answer.question), one_line(answer.answer)
    findings = [lost for one in merged if (lost := fact_lost(one, said))]
    findings += [leak for one in merged if (leak := gives_away(one, question, merged))]
    findings += of_the_source(f"{question} {said}") + of_the_figure(f"{question} {said}")
    findings += beyond_the_picture(question, len(row.images))
    made = Question(
        "open",
        question,
        answer=said,
        evidence=joined(prompt.refs),
        task=SEPARATOR.join(dict.fromkeys(one.task for one in merged if one.task)),
        language=merged[0].language,
        level=len(merged),
    )

    def check(evidence: Evidence, tools: Tools) -> list[Finding]:
        known = replace(evidence, texts=tuple(stated(one) for one in merged))
        return check_question(made, known, tools)

    return [Draft(made, check=check, findings=tuple(dict.fromkeys(findings)))]


TASK = Task(
    name=NAME,
    version=VERSION,
    summary="one to three simple questions made one, by level of complexity",
    needs="questions",
    makes="open questions with a level from 1 to 3",
    options=Options,
    instructions=instructions,
    answer=Answer,
    prompts=prompts,
    drafts=drafts,
)
