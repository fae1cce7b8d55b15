"""A task's second request, its drafts' own checks, and scores of several drafts."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import msgspec

from llm_rewrite.faithfulness import Finding
from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Part, Prompt
from llm_rewrite.reply import Reply
from llm_rewrite.task import Draft, FollowUp, Task, Tools
from llm_rewrite.writing import Step, write_row
from schemas.sample import Sample, Text


class Said(msgspec.Struct):
    text: str


class Again(msgspec.Struct):
    back: str


def _prompts(row, options, tools):
    return [Prompt((Part("text", row.caption, "text:0"),), "Turn it round.")]


def _drafts(row, prompt, answer, options):
    return [Draft(Text("rewritten", answer.text), scores={"mark": 1.0})]


def _back_prompt(row, prompt, answer, options):
    return Prompt((Part("text", answer.text),), "Back.") if answer.text != "skip" else None


def _back_drafts(row, prompt, answer, second, options):
    def check(evidence, tools):
        assert evidence.texts == (row.caption,)
        return [] if second.back == row.caption else [Finding("term_changed", second.back)]

    return [Draft(Text("rewritten", answer.text), check=check)]


FOLLOW = FollowUp("back", lambda options: "Turn it back.", Again, _back_prompt, _back_drafts)
TASK = Task(
    name="turn",
    version=1,
    summary="",
    needs="",
    makes="",
    options=TaskOptions,
    instructions=lambda options: "Turn.",
    answer=Said,
    prompts=_prompts,
    drafts=_drafts,
    follow_up=FOLLOW,
)
ROW = Sample("a", "d", "g", "s", caption="abc", texts=[Text("caption", "abc")])


def run(replies, task=TASK, **options):
    step = Step(task, TaskOptions(model="m", **options), "Turn.", task.name)
    asked = []

    async def ask(request):
        asked.append(request)
        content = replies[len(asked) - 1]
        return content if isinstance(content, Reply) else Reply(content=json.dumps(content))

    row, exchanges = asyncio.run(write_row(ROW, step, ask, Tools()))
    return row, exchanges[0], asked


def test_the_second_request_sees_the_first_answer_and_not_the_source():
    row, exchange, asked = run([{"text": "cba"}, {"back": "abc"}])
    first, second = asked
    assert "abc" in first.user
    assert "abc" not in second.user
    assert "cba" in second.user
    assert second.system.startswith("Turn it back.")
    assert second.prompt_id.startswith("turn_back/1-")
    assert second.schema["properties"] == {"back": {"type": "string"}}
    assert first.key != second.key
    assert row.texts[1].faithful is True
    assert row.texts[1].prompt.startswith("turn/1-")
    assert exchange.then.request.user == second.user


def test_what_the_second_answer_shows_rejects_the_draft():
    row, _, _ = run([{"text": "cba"}, {"back": "abd"}])
    assert row.texts[1].faithful is False
    assert row.texts[1].reasons == ["term_changed: abd"]


def test_a_second_answer_that_cannot_be_read_is_asked_for_again_once():
    row, exchange, asked = run([{"text": "cba"}, {"wrong": 1}, {"back": "abc"}])
    assert len(asked) == 3
    assert len(asked[2].turns) == 1
    assert row.texts[1].faithful is True
    row, exchange, asked = run([{"text": "cba"}, {"wrong": 1}, {"wrong": 2}])
    assert len(asked) == 3
    assert row.texts == ROW.texts
    assert exchange.problem.startswith("bad_answer")


def test_a_refused_second_request_fails_the_exchange_and_says_whether_it_passes():
    row, exchange, _ = run([{"text": "cba"}, Reply(problem="http_503: busy", passing=True)])
    assert row.texts == ROW.texts
    assert (exchange.problem, exchange.passing) == ("http_503: busy", True)
    assert "1 failed" in row.meta["turn"]


def test_where_there_is_nothing_to_follow_the_first_drafts_stand():
    row, exchange, asked = run([{"text": "skip"}])
    assert len(asked) == 1
    assert exchange.then is None
    assert row.texts[1].text == "skip"


def test_a_second_try_complains_of_the_first_answer_not_of_the_second():
    replies = [{"text": "cba"}, {"back": "abd"}, {"text": "cab"}, {"back": "abc"}]
    row, _, asked = run(replies, second_try=True)
    assert asked[2].turns[0][0] == json.dumps({"text": "cba"})
    assert "term_changed: abd" in asked[2].turns[0][1]
    assert asked[3].turns == ()
    assert [text.text for text in row.texts] == ["abc", "cab"]


def test_of_several_scores_of_one_name_the_lowest_stands():
    def drafts(row, prompt, answer, options):
        return [Draft(scores={"judge": mark}) for mark in (4.0, 2.0, 3.0)]

    task = replace(TASK, drafts=drafts, follow_up=None)
    row, _, _ = run([{"text": "x"}], task=task)
    assert row.scores == {"judge": 2.0}
