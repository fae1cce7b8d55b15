"""vqa: questions with answers, of four kinds, out of what the record says of a picture.

Open, closed, single and multiple choice as in GEMeX; the picture shown too ("unblinded") and a row
that asks for a description as in PubMedVision; conversations as in LLaVA-Med and GMAI-VL.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from pydantic import Field

from llm_rewrite.material.questions import (
    YES_NO,
    drawn,
    images_of,
    in_language,
    language_of,
    says_little,
    shown_images,
)
from llm_rewrite.material.region_marks import evidence_parts
from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Prompt
from llm_rewrite.task import Draft, Task, Tools
from llm_rewrite.tasks.vqa_describe import descriptions
from llm_rewrite.tasks.vqa_drafts import DIALOGUE, Wanted, drafts_of
from schemas.options import Options as Section
from schemas.sample import Question, Sample

NAME, VERSION = "vqa", 1

INSTRUCTIONS = """
You write questions and answers that teach a model to read medical images. You are given material
about one image, or about one set of images, in numbered blocks. The learner will see the image and
the question, and nothing of the material.

What to ask
- Ask about what can be seen in the image, and only what the material settles. If it is silent or
  unsure, do not ask. Fewer questions are better than poor ones.
- A question must need the image. Never ask what general knowledge answers (what an abbreviation
  stands for, what a disease is, its causes or its treatment), nor the patient's age, sex, history,
  symptoms or outcome, nor change since an earlier examination.
- Every question asks about something else.
- Citing sentences may speak of other images too: use only what they say of this one.

How to write
- Write as one who looks at the image: "What does this image show ...". Never speak of a caption,
  text, report, label, article, figure or panel, nor of letters that name panels.
- Neither the question nor another question may give the answer away or quote the material.
- Keep terms, sides, numbers, units and the degree of certainty as the material has them. "Left" and
  "right" are the patient's where the material says so.
"""

SEEN = """
You also see the image. Use it to choose what can be asked and to word it. The material stays the
authority: where the image and the material seem to differ, do not ask.
"""

KINDS = """
The fields of each question
- `parts`: the numbers of the blocks that the answer rests on.
- `kind`: {kinds}.
- `task`: what is asked for, one of: {tasks}.
- `question`: the question alone, without options.
- `right`: the right answer or answers. `wrong`: the wrong options.
"""

OF_KIND = {
    "open": "open: `right` is one answer, as short as says it in full; `wrong` is empty",
    "closed": 'closed: answered by yes or no; `right` is ["yes"] or ["no"], `wrong` is empty. For '
    "an answer no, ask about something that the material denies or contradicts (another side, "
    "number, organ or kind of image), never about something that it does not mention",
    "single": "single: `right` is one option, `wrong` is exactly {wrong} options",
    "multiple": "multiple: several options are right; `right` and `wrong` have together exactly "
    "{choices} options, as many right as the request says",
}

CHOICES = """
Options are of one type, of similar length and detail, and plausible for this kind of image. Each
wrong one is certainly untrue of this image and would be said no to by the material; none is a
synonym, a part or a more general word of a right one. No letters before options; no "all of the
above", "none of these" or "both".
"""

CONVERSATION = """
When a conversation is asked for, each entry of `questions` is one turn, in order, of kind open. The
first stands alone. Later turns go on from those before, may say "it" or "this lesion", and go from
the whole image to its detail. Answers are one to three full sentences. A conversation does not end
on thanks.
"""

ASPECTS = {
    "modality": "kind of imaging, sequence or stain",
    "organ": "",
    "body_part": "organ or part of the body",
    "view": "plane or projection",
    "class": "what a lesion or structure is",
    "abnormality": "what is not normal",
    "presence": "whether something is there",
    "grade": "degree or stage",
    "attribute": "shape, edge, density, signal, colour, texture or pattern",
    "count": "how many",
    "side": "left or right",
    "place": "where in the image or the organ",
    "location": "where in the image or the organ",
    "size": "how large, in words or measured",
    "measure": "a measured value that can be read in the image",
    "relation": "how two things lie to each other",
}


class Kinds(Section):
    """How many questions of each kind a row is asked for."""

    open: int = Field(2, ge=0, le=20)
    closed: int = Field(2, ge=0, le=20)
    single: int = Field(2, ge=0, le=20)
    multiple: int = Field(1, ge=0, le=20)


class Options(TaskOptions):
    """`questions`: how many of each kind. `choices`: options of a choice question.

    `tasks`: what may be asked for; a question's `task` is one of these. `see_image`: the model sees
    the first `images` pictures. `references`, `regions`: the most citing sentences and regions it
    is told of. `dialogue`: turns of a conversation, 0 for none. `alignment`: a question for a
    description, whose answer is the row's own text; needs no model.
    """

    questions: Kinds = Kinds()
    choices: int = Field(4, ge=3, le=8)
    tasks: list[Annotated[str, Field(pattern=r"^[a-z][a-z_ ]*$", max_length=40)]] = Field(
        ["modality", "body_part", "view", "abnormality", "attribute", "place", "count", "relation"],
        min_length=1,
    )
    see_image: bool = False
    images: int = Field(4, ge=1, le=32)
    references: int = Field(3, ge=0, le=20)
    regions: int = Field(12, ge=0, le=100)
    dialogue: int = Field(0, ge=0, le=10)
    alignment: bool = False


class Written(msgspec.Struct, forbid_unknown_fields=True):
    """One question, or one turn of a conversation."""

    parts: list[int]
    kind: Literal["open", "closed", "single", "multiple"]
    task: str
    question: Annotated[str, msgspec.Meta(min_length=1)]
    right: Annotated[list[str], msgspec.Meta(min_length=1)]
    wrong: list[str]


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """All questions, or all turns in their order."""

    questions: list[Written]


def instructions(options: Options) -> str:
    """The fixed prompt: rules, what the model sees, the kinds that are asked for."""
    counts = options.questions.model_dump()
    kinds = [kind for kind in OF_KIND if counts[kind] or (kind == "open" and options.dialogue)]
    said = ";\n  ".join(OF_KIND[kind] for kind in kinds)
    said = said.format(wrong=options.choices - 1, choices=options.choices)
    tasks = "; ".join(f"{t} ({ASPECTS[t]})" if ASPECTS.get(t) else t for t in options.tasks)
    pieces = [INSTRUCTIONS, SEEN if options.see_image else ""]
    pieces += [KINDS.replace("{kinds}", said).replace("{tasks}", tasks)]
    pieces += [CHOICES if counts["single"] or counts["multiple"] else ""]
    pieces += [CONVERSATION if options.dialogue else ""]
    return "\n\n".join(piece.strip() for piece in pieces if piece)


def prompts(row: Sample, options: Options, tools: Tools) -> list[Prompt]:
    """One request for the questions and one for a conversation, of a row that says something."""
    evidence = evidence_parts(row, options.references, options.regions, "none")
    shown = shown_images(row, options.see_image, options.images)
    if not evidence or (says_little(row, evidence) and not shown):
        return []
    language, these = in_language(language_of(row)), images_of(row)
    wanted = wanted_of(row, options)
    asked = (
        [Prompt(evidence, f"{request_for(wanted, these)}{language}", shown)] if wanted.total else []
    )
    if options.dialogue:
        turns = f"Write a conversation of {options.dialogue} turns about {these}.{language}"
        asked.append(Prompt(evidence, turns, shown, DIALOGUE))
    return asked


def wanted_of(row: Sample, options: Options) -> Wanted:
    """How many of each kind, and which answers: drawn by the row's id, so that a corpus is even.

    Of closed questions every other one is to be answered no, beginning with either; a multiple
    choice has from two to all but one right.
    """
    counts = options.questions.model_dump()
    if language_of(row) not in YES_NO:
        counts["closed"] = 0
    first = drawn(row, "closed") % 2
    answers = tuple(("yes", "no")[(first + i) % 2] for i in range(counts["closed"]))
    several = range(2, options.choices)
    right = [several[drawn(row, "multiple", i) % len(several)] for i in range(counts["multiple"])]
    return Wanted(counts, answers, tuple(right), options.choices)


def request_for(wanted: Wanted, these: str) -> str:
    """The last line of a prompt: what is to be written about `these`."""
    words = []
    counts = {kind: count for kind, count in wanted.counts.items() if count}
    for kind, count in counts.items():
        more = ""
        if kind == "closed":
            more = f" (answers: {', '.join(wanted.closed)})"
        elif kind == "multiple":
            more = (
                f" ({', '.join(f'{n} right and {wanted.choices - n} wrong' for n in wanted.right)})"
            )
        words.append(f"{count} {kind}{more}")
    questions = "question" if sum(counts.values()) == 1 else "questions"
    return f"Write {questions} about {these}: {', '.join(words)}."


def drafts(row: Sample, prompt: Prompt, answer: Answer, options: Options) -> list[Draft]:
    """The questions in their final form, with what the task's own checks found."""
    return drafts_of(row, prompt, answer.questions, wanted_of(row, options), options)


def flags(options: Options) -> frozenset[str]:
    """What the model sees it may name, and the recipe may look at it."""
    return frozenset({"concept_added"}) if options.see_image else frozenset()


def unasked(row: Sample, options: Options) -> list[Question]:
    """The question for a description, where it is wanted."""
    return descriptions(row) if options.alignment else []


TASK = Task(
    name=NAME,
    version=VERSION,
    summary="open, closed, single and multiple choice questions, conversations, descriptions",
    needs="a caption, report, labels or regions",
    makes="questions",
    options=Options,
    instructions=instructions,
    answer=Answer,
    prompts=prompts,
    drafts=drafts,
    flags=flags,
    unasked=unasked,
)
