"""How drafts land in a row: additions that fall back, conversations that end, what needs no model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Prompt
from llm_rewrite.reply import Reply
from llm_rewrite.task import Draft, Task, Tools
from llm_rewrite.writing import Step, write_row
from schemas.sample import Question, Sample, Text

ASKED = Question("closed", "Is it so?", ["yes", "no"], "yes", evidence="region:0", writer="people")
ROW = Sample("a/1", "a", "a", "a", questions=[ASKED])
ORIGIN = "toy/1-"


class Answer(msgspec.Struct):
    """Nothing of note."""


TOY = Task(
    name="toy",
    version=1,
    summary="",
    needs="",
    makes="",
    options=TaskOptions,
    instructions=lambda options: "Say something.",
    answer=Answer,
    prompts=lambda row, options, tools: [Prompt((), "Go.")],
    drafts=lambda row, prompt, answer, options: [],
)


def written(drafts: Sequence[Draft], unasked: Sequence[Text | Question] = ()) -> Sample:
    """The row after a task that makes these drafts."""

    async def ask(request: object) -> Reply:
        return Reply(content="{}")

    task = replace(TOY, drafts=lambda *_: list(drafts), unasked=lambda *_: unasked)
    step = Step(task, TaskOptions(model="m"), "Say something.", "toy")
    row, _ = asyncio.run(write_row(ROW, step, ask, Tools()))
    return row


def test_an_addition_keeps_whose_question_it_is_and_says_who_added() -> None:
    made = msgspec.structs.replace(ASKED, rationale="Because.")
    row = written([Draft(made, replaces="question:0", adds=True)])
    (question,) = row.questions
    assert question.rationale == "Because."
    assert (question.writer, question.evidence, question.faithful) == ("people", "region:0", None)
    assert question.prompt.startswith(ORIGIN)
    assert question.prompt.endswith(" by m")


def test_a_rejected_addition_leaves_the_question_as_it_was() -> None:
    made = msgspec.structs.replace(ASKED, rationale="Wrong.")
    draft = Draft(made, replaces="question:0", adds=True, findings=("not_grounded: no",))
    row = written([draft])
    assert row.questions == [ASKED]
    assert row.meta["toy"] == "0 written, 1 rejected (not_grounded)"


def test_a_judgement_without_adding_marks_the_question_itself() -> None:
    draft = Draft(ASKED, replaces="question:0", prove=False, findings=("judged_poor: 1",))
    assert written([draft]).questions[0].faithful is False


def test_a_conversation_ends_at_its_first_rejected_turn() -> None:
    turns = [Question("open", f"Question {i}?", answer="So.", dialogue="d") for i in range(4)]
    other = Question("open", "Another?", answer="So.", dialogue="e")
    alone = Question("open", "Alone?", answer="So.")
    drafts = [Draft(made) for made in (*turns, other, alone)]
    drafts[1] = replace(drafts[1], findings=("number_changed: 3",))
    row = written(drafts)
    assert [q.faithful for q in row.questions[1:]] == [True, False, False, False, True, True]
    assert row.questions[3].reasons == ["not_grounded: follows a rejected turn of the conversation"]


def test_what_needs_no_model_keeps_its_own_origin() -> None:
    made = Question("open", "What is it?", answer="It.", writer="fabrica", prompt="p")
    row = written([], [made, Text("rewritten", "It.")])
    assert row.questions == [ASKED, made]
    assert [text.text for text in row.texts] == ["It."]
    assert row.meta["toy"] == "2 unasked, 0 written"
