"""judge: a second model marks what was written against the same evidence, by a rubric.

The marks are scores of the row (`judge`, `judge_accuracy`, ...), each the lowest over its items; an
item marked below `least` is not used. With `sentences`, CoMT's five grades for each sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import msgspec
from pydantic import Field, field_validator

from llm_rewrite.answers import BadAnswer
from llm_rewrite.material.questions import known_facts, one_line
from llm_rewrite.material.resolve import asked_and_answered, evidence_refs, pictures, resolved
from llm_rewrite.material.sources import cut, usable
from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Part, Prompt
from llm_rewrite.task import Draft, Task, Tools
from schemas.options import suggestion
from schemas.sample import TEXT_KINDS, Question, Sample, Text

NAME, VERSION = "judge", 1

INSTRUCTIONS = """
You judge items that were written for a corpus that trains medical vision-language models. Judge
each item by the evidence shown, and by the picture where there is one; not by what is likely, and
not by how well it reads. The evidence is right; only the items are in question.

For each item give the reason in one line that names the worst fault, or "none"; then four marks
from 1 to 5:
accuracy: does what it says agree with the evidence? 5 all of it; 4 a slip that misleads nobody;
  3 a wrong detail; 2 a wrong finding, side, number, negation or degree of certainty; 1 mostly wrong.
grounded: does it say only what the evidence or the picture shows? 5 nothing is added; 3 one thing
  is added that may be true; 1 much is invented.
complete: does it say what of the evidence matters for its purpose? 5 nothing of weight is missing;
  3 one thing is; 1 most is. A question is complete if it is answered in full. To leave out what no
  picture can show is no fault.
clear: 5 can be understood without the evidence; a question has one right answer and does not give
  it away; 3 can be misunderstood; 1 cannot be understood.

The wrong options of a question belong there and are no faults, but an option that is right too is.
A translation is judged by what it means. Of an item with a rejected answer, the rejected answer is
meant to be wrong: give accuracy 2 or less where it may be right, and as weight, from 0 to 10, how
much it matters for the patient which of the two is believed. Leave weight out of other items.
"""

SENTENCES = """
Some items are numbered sentences. For these also give under sentences one grade for each, in order:
catastrophic: says the opposite of the evidence or would harm the patient; critical: a finding or
diagnosis that is not there; attribute: a true finding with a wrong side, place, size, number or
degree; minor: a slip that changes nothing for the patient; correct. Leave it out of other items.
"""

# CoMT's worth of a sentence by the kind of its fault.
GRADES = {"catastrophic": 0.0, "critical": 0.2, "attribute": 0.4, "minor": 0.8, "correct": 1.0}
MARKS = ("accuracy", "grounded", "complete", "clear")
SCORES = ("judge", *(f"judge_{mark}" for mark in MARKS), "judge_sentences")

_AT_ONCE = 5
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)|(?<=[。！？])\s*(?=\S)|\s*\n\s*")


class Options(TaskOptions):
    """`of`: kinds of texts and names of tasks whose writing is judged; all of it where empty.

    `least`: an item with a mark below it is not used. `see_image`: the pictures that the writer saw
    are shown to the judge too. `sentences`: texts are graded sentence by sentence as well.
    """

    of: list[str] = []
    least: int = Field(3, ge=1, le=5)
    see_image: bool = True
    sentences: bool = False

    @field_validator("of")
    @classmethod
    def _known(cls, names: list[str]) -> list[str]:
        from llm_rewrite.tasks import TASKS

        allowed = [*TEXT_KINDS, *(name for name in TASKS if name != NAME)]
        for name in names:
            if name not in allowed:
                raise ValueError(f"{name!r} is nothing to judge{suggestion(name, allowed)}")
        return names


Mark = Annotated[int, msgspec.Meta(ge=1, le=5)]
Grade = Literal["catastrophic", "critical", "attribute", "minor", "correct"]


class Verdict(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The marks of one item, with the reason first."""

    item: int
    reason: str
    accuracy: Mark
    grounded: Mark
    complete: Mark
    clear: Mark
    weight: Annotated[int, msgspec.Meta(ge=0, le=10)] | None = None
    sentences: list[Grade] = []


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """A verdict on each item."""

    verdicts: list[Verdict]


def instructions(options: Options) -> str:
    """The rubric, with the grades of sentences where they are asked for."""
    return f"{INSTRUCTIONS.strip()}\n{SENTENCES if options.sentences else ''}".strip()


def prompts(row: Sample, options: Options, tools: Tools) -> list[Prompt]:
    """A request for every few items that rest on the same evidence."""
    together: dict[tuple[str, ...], list[str]] = {}
    for ref, item in _items(row, options):
        together.setdefault(tuple(evidence_refs(item)), []).append(ref)
    return [
        prompt
        for refs, items in together.items()
        for start in range(0, len(items), _AT_ONCE)
        for prompt in _prompt(row, refs, items[start : start + _AT_ONCE], options, tools)
    ]


def _items(row: Sample, options: Options) -> Iterator[tuple[str, Text | Question]]:
    """What a model wrote and nothing has rejected, with its reference."""
    for place, text in enumerate(row.texts):
        if _wanted(text, text.kind, options):
            yield f"text:{place}", text
    for place, question in enumerate(row.questions):
        if _wanted(question, "", options):
            yield f"question:{place}", question


def _wanted(item: Text | Question, kind: str, options: Options) -> bool:
    added = " by " in item.prompt  # a reason, to a question of the source
    if not (item.writer or added) or not usable(item.faithful):
        return False
    tasks = {part.strip().partition("/")[0] for part in item.prompt.split(";") if "/" in part}
    return bool(tasks & set(options.of)) or kind in options.of if options.of else bool(tasks)


def _prompt(
    row: Sample, refs: Sequence[str], items: Sequence[str], options: Options, tools: Tools
) -> list[Prompt]:
    """The request for items of one evidence; none where there is nothing to judge by."""
    evidence = resolved(row, refs, tools)
    shown = pictures(row, refs) if options.see_image else ()
    if not evidence and not shown:
        return []
    parts = [Part(f"evidence, {part.name}", part.text, part.ref) for part in evidence]
    facts = known_facts(row)
    parts += [Part("evidence, facts", facts)] if facts else []
    for number, ref in enumerate(items, 1):
        parts.append(Part(f"item {number}", _shown(_item(row, ref), options), ref))
    return [Prompt(tuple(parts), f"Judge {_counted(len(items))}.", shown, subject="; ".join(items))]


def _shown(item: Text | Question, options: Options) -> str:
    """An item as the judge sees it: what was written, not by whom."""
    if isinstance(item, Text):
        text = cut(item.text)
        pieces = sentences_of(text) if options.sentences else []
        return "\n".join(f"{n}: {piece}" for n, piece in enumerate(pieces, 1)) or text
    known = asked_and_answered(item)
    question, _, answer = known.rpartition("\nAnswer: ")
    lines = [question]
    lines += ["Options: " + " | ".join(map(one_line, item.options))] if item.options else []
    lines += [f"Answer: {answer}"]
    lines += [f"Reasoning: {one_line(item.rationale)}"] if item.rationale else []
    lines += [f"Rejected answer: {one_line(item.rejected)}"] if item.rejected else []
    return cut("\n".join(lines))


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, by their last mark or a line's end."""
    return [piece.strip() for piece in _SENTENCE.split(text) if piece.strip()]


def drafts(row: Sample, prompt: Prompt, answer: Answer, options: Options) -> list[Draft]:
    """Each item again, with its marks. Raises `BadAnswer` where an item has no verdict, or two."""
    items = prompt.subject.split("; ")
    verdicts = {verdict.item: verdict for verdict in answer.verdicts}
    if len(verdicts) < len(answer.verdicts) or set(verdicts) != set(range(1, len(items) + 1)):
        raise BadAnswer(f"there must be one verdict for each of {_counted(len(items))}")
    return [
        _draft(_item(row, ref), ref, verdicts[number], options)
        for number, ref in enumerate(items, 1)
    ]


def _draft(item: Text | Question, ref: str, verdict: Verdict, options: Options) -> Draft:
    marks = {mark: getattr(verdict, mark) for mark in MARKS}
    worst = min(MARKS, key=lambda mark: marks[mark])
    scores = {f"judge_{mark}": float(value) for mark, value in marks.items()}
    scores["judge"] = float(marks[worst])
    if isinstance(item, Text) and options.sentences:
        scores["judge_sentences"] = _sentence_score(item, verdict)
    if isinstance(item, Question) and item.weight is not None and verdict.weight is not None:
        weight = round((item.weight + verdict.weight / 10) / 2, 3)
        item = msgspec.structs.replace(item, weight=weight)
    reason = " ".join(verdict.reason.split())[:200]
    poor = marks[worst] < options.least
    word = f"judged_poor: {worst} {marks[worst]}: {reason}"
    if poor and isinstance(item, Question) and item.faithful is None:
        return Draft(_without_reason(item, word), scores=scores, replaces=ref, prove=False)
    findings = (word,) if poor else ()
    return Draft(item, scores=scores, replaces=ref, prove=False, findings=findings)


def _without_reason(question: Question, word: str) -> Question:
    """A question of the source, which is not the model's to lose, without the reason that was added."""
    prompts = [part for part in question.prompt.split("; ") if " by " not in part]
    return msgspec.structs.replace(
        question,
        rationale="",
        prompt="; ".join(prompts),
        reasons=[*question.reasons, f"rationale {word}"[:300]],
    )


def _sentence_score(text: Text, verdict: Verdict) -> float:
    """The mean worth of a text's sentences. Raises `BadAnswer` for too many or too few grades."""
    count = len(sentences_of(cut(text.text)))
    if len(verdict.sentences) != count:
        raise BadAnswer(f"item {verdict.item} has {count} sentences, not {len(verdict.sentences)}")
    return round(sum(GRADES[grade] for grade in verdict.sentences) / count, 4)


def _item(row: Sample, ref: str) -> Text | Question:
    kind, _, place = ref.partition(":")
    return row.texts[int(place)] if kind == "text" else row.questions[int(place)]


def _counted(count: int) -> str:
    return "item 1" if count == 1 else f"items 1 to {count}"


TASK = Task(
    name=NAME,
    version=VERSION,
    summary="marks of a second model for what was written, by a rubric against the evidence",
    needs="a text or question that a model wrote",
    makes="scores judge, judge_accuracy, ...; what is below the mark is rejected",
    options=Options,
    instructions=instructions,
    answer=Answer,
    prompts=prompts,
    drafts=drafts,
)
