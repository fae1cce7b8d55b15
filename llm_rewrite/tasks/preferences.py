"""preferences: a wrong answer beside the known one, and how much the difference matters clinically.

The model writes a plausible answer with one fault that we draw; it must be shown to be wrong by the
same checks that prove what is written elsewhere. Weights from 0 to 1. As in MMedPO and MMed-RAG.
"""

from __future__ import annotations

import functools
import re
from typing import Annotated, Literal, get_args

import msgspec
from pydantic import Field

from llm_rewrite.answers import BadAnswer
from llm_rewrite.material.questions import YES_NO, drawn, plain, source_parts, spread
from llm_rewrite.material.rejections import shown_wrong
from llm_rewrite.material.resolve import asked_and_answered, evidence_refs, resolved
from llm_rewrite.material.sources import usable
from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Part, Prompt
from llm_rewrite.task import Draft, Task, Tools
from llm_rewrite.tasks.vqa_describe import TASK as DESCRIPTION
from llm_rewrite.tasks.vqa_describe import descriptions
from schemas.evidence import joined
from schemas.sample import Question, Sample

NAME, VERSION = "preferences", 1

INSTRUCTIONS = """
You write wrong answers for a corpus that teaches vision-language models which of two answers about
a medical picture is right. For each item you are given the question and its right answer.

Write under rejected an answer that a hurried reader of the picture might give and that is wrong:
- it has exactly the fault that is asked for, and agrees with the right answer in all else;
- it is clearly wrong by the material: never another way to say the right answer, never a part of
  it that is true by itself, never something else that the material says is true;
- it has the length, style, language and degree of certainty of the right answer, and nothing in it
  says that it is wrong or that there is a text behind it.
Where a wrong option is asked for, rejected is the most tempting of the wrong options, word for word.

Then judge the difference. Under matters give 0 to 10 for what it means to the patient if the
rejected answer were believed: 10 a missed or invented emergency, an operation on the wrong side;
7 another treatment; 4 another control or test; 1 wording or technique; 0 nothing. Under reason say
why, in one short sentence.
"""

# The faults, and how each is asked for.
FAULTS = {
    "wrong_finding": "put another finding, structure or technique that looks alike in place of it",
    "wrong_side": "give the other side or another place",
    "wrong_size": "give another size, number or degree of a finding",
    "missed_finding": "leave out the finding that matters most, as if it were not there",
    "hallucinated_finding": "add one finding that is not there",
}
# What can be wrong with the answers of these tasks; any fault with those of others.
_OF_TASK = {
    **dict.fromkeys(("side", "place", "relation"), "wrong_side"),
    **dict.fromkeys(("size", "count", "measure", "grade"), "wrong_size"),
    **dict.fromkeys(("modality", "body_part", "view", "class", "organ"), "wrong_finding"),
}
_SIDE = re.compile(
    r"\b(?:left|right|bilateral|upper|lower|middle|anterior|posterior|medial|lateral|apical|basal)\b",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"\d(?![\d-]*[- ]?(?:years?|months?|days?)\b)|\b(?:small|large|mild|moderate|severe|marked|slight"
    r"|minimal|massive|single|two|three|several|multiple|numerous|diffuse|focal|enlarged|thickened)\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r",|;|\band\b|\bwith\b", re.IGNORECASE)
_NOT_WORDS = frozenset({"box", "point"})  # tasks whose answers are coordinates

Fault = Literal[
    "wrong_finding", "wrong_side", "wrong_size", "missed_finding", "hallucinated_finding"
]


class Options(TaskOptions):
    """`of`: kinds of questions, and `caption` for the picture's description. `tasks`: only questions
    of these tasks. `most`: so many a row. `faults`: of which one is drawn for an open answer.
    """

    of: list[Literal["open", "closed", "single", "caption"]] = ["open", "closed", "single"]
    tasks: list[str] = []
    most: int = Field(4, ge=1, le=50)
    faults: list[Fault] = Field(list(get_args(Fault)), min_length=1)
    see_image: bool = False


class Rejection(msgspec.Struct, forbid_unknown_fields=True):
    """A wrong answer to one item, and what it means."""

    item: int
    rejected: Annotated[str, msgspec.Meta(min_length=1)]
    reason: Annotated[str, msgspec.Meta(min_length=1)]
    matters: Annotated[int, msgspec.Meta(ge=0, le=10)]


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """A rejection for each item."""

    items: list[Rejection]


def prompts(row: Sample, options: Options, tools: Tools) -> list[Prompt]:
    """One request for all of a row's questions; none where it has no question of these kinds."""
    chosen = _chosen(row, options)
    if not chosen:
        return []
    refs = [ref for _, question in chosen for ref in evidence_refs(question)]
    parts = {part.ref or part.name: part for part in source_parts(row, 2)}
    parts |= {part.ref: part for part in resolved(row, refs, tools)}
    asked = {ref for ref, _ in chosen}
    shown = [part for ref, part in parts.items() if ref not in asked]
    requests = []
    for number, (ref, question) in enumerate(chosen, 1):
        shown.append(Part(f"item {number}", asked_and_answered(question), ref))
        if question.kind == "single":
            listed = "\n".join(f"- {' '.join(option.split())}" for option in question.options)
            shown.append(Part(f"options of item {number}", listed))
        requests.append(f"Item {number}: {_asked_for(row, ref, question, options)}.")
    request = "Write a rejected answer for each item. " + " ".join(requests)
    seen = (0,) if options.see_image and row.images else ()
    return [Prompt(tuple(shown), request, seen, subject="; ".join(ref for ref, _ in chosen))]


def _chosen(row: Sample, options: Options) -> list[tuple[str, Question]]:
    """The questions to write a wrong answer for, with references; a description by its text's."""
    places = [i for i, question in enumerate(row.questions) if _fits(question, options)]
    chosen = [(f"question:{i}", row.questions[i]) for i in spread(row, places, options.most, NAME)]
    fresh = descriptions(row) if "caption" in options.of and not options.tasks else []
    return [*chosen[: options.most - len(fresh)], *((q.evidence, q) for q in fresh)]


def _fits(question: Question, options: Options) -> bool:
    if question.rejected or not usable(question.faithful) or not question.answer.strip():
        return False
    if question.task == DESCRIPTION:
        return "caption" in options.of
    if question.kind not in options.of or (options.tasks and question.task not in options.tasks):
        return False
    if question.kind == "closed":
        return bool(_other(question))
    if question.kind == "single":
        return question.answer in question.options and len(question.options) > 1
    return question.task not in _NOT_WORDS and any(map(str.isalnum, question.answer))


def _other(question: Question) -> str:
    """The other answer to a closed question, "" where there is none or several."""
    options = question.options or list(YES_NO.get(question.language) or ())
    others = [option for option in options if option.casefold() != question.answer.casefold()]
    return others[0] if len(options) == 2 and len(others) == 1 else ""


def _asked_for(row: Sample, ref: str, question: Question, options: Options) -> str:
    """What the request says of one item."""
    if question.kind == "closed":
        return "give the opposite answer"
    if question.kind == "single":
        return "choose one of its wrong options"
    return FAULTS[_fault(row, ref, question, options)]


def _fault(row: Sample, ref: str, question: Question, options: Options) -> str:
    """The fault of an answer, drawn among those that its task and its words allow."""
    fixed = _OF_TASK.get(question.task, "")
    allowed = [f for f in options.faults if _allows(question.answer, f) and fixed in ("", f)]
    if not allowed:
        return fixed or "wrong_finding"
    return allowed[drawn(row, NAME, ref) % len(allowed)]


def _allows(answer: str, fault: str) -> bool:
    if fault == "wrong_side":
        return bool(_SIDE.search(answer))
    if fault == "wrong_size":
        return bool(_SIZE.search(answer))
    if fault == "missed_finding":
        return bool(_SEVERAL.search(answer))
    return any(map(str.isalpha, answer))


def drafts(row: Sample, prompt: Prompt, answer: Answer, options: Options) -> list[Draft]:
    """A preference for each item. Raises `BadAnswer` where one is missing or no wrong option."""
    refs = prompt.subject.split("; ")
    chosen = dict(_chosen(row, options))
    items = {item.item: item for item in answer.items}
    if len(items) < len(answer.items) or set(items) != set(range(1, len(refs) + 1)):
        raise BadAnswer(f"there must be one rejected answer for each item from 1 to {len(refs)}")
    return [
        _draft(row, ref, chosen[ref], items[number], prompt, options)
        for number, ref in enumerate(refs, 1)
    ]


def _draft(
    row: Sample, ref: str, question: Question, item: Rejection, prompt: Prompt, options: Options
) -> Draft:
    fault = {"closed": "opposite", "single": "wrong_option"}.get(question.kind, "")
    fault = fault or _fault(row, ref, question, options)
    reason = " ".join(item.reason.split())[:200]
    # What the row says of the picture is the evidence; the other items are not this one's.
    against = [part.ref for part in prompt.parts if part.ref and not part.name.startswith("item ")]
    images = [f"image:{place}" for place in prompt.images]
    made = msgspec.structs.replace(
        question,
        rejected=_rejected(question, item),
        weight=item.matters / 10,
        evidence=joined([ref, *against, *images]),
        reasons=[f"{fault}: {reason}"],
        rationale="",
        pair="",
        dialogue="",
    )
    check = functools.partial(shown_wrong, question=made, fault=fault)
    return Draft(made, against=(ref, *against), check=check)


def _rejected(question: Question, item: Rejection) -> str:
    """The wrong answer as the question has it. Raises `BadAnswer` where it is none of its options."""
    if question.kind == "closed":
        return _other(question)
    if question.kind != "single":
        return item.rejected.strip()
    said = plain(re.sub(r"\A\W*[A-Ha-h][.):]\s+", "", item.rejected))
    for option in question.options:
        if option != question.answer and plain(option) in (said, plain(item.rejected)):
            return option
    raise BadAnswer(f"item {item.item}: rejected must be one of the wrong options, word for word")


def flags(options: Options) -> frozenset[str]:
    """What no check can show to be wrong is kept and says so."""
    return frozenset({"not_grounded"})


TASK = Task(
    name=NAME,
    version=VERSION,
    summary="a rejected answer beside the known one, with a clinical weight, for DPO",
    needs="questions with known answers, or a text to describe the picture with",
    makes="questions with rejected and weight; their source questions stay",
    options=Options,
    instructions=lambda options: INSTRUCTIONS,
    answer=Answer,
    prompts=prompts,
    drafts=drafts,
    flags=flags,
)
