"""One task on one row: ask, read strictly, repair once, prove, keep or fall back.

Whatever happens, the row comes back: with what was written, or as it was, and `meta[task]` says
which: `2 written, 1 rejected (number_changed)`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from llm_rewrite.answers import BadAnswer, read_answer, schema_of
from llm_rewrite.faithfulness import (
    REASONS,
    Evidence,
    Finding,
    check_question,
    check_text,
    sorted_out,
)
from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Prompt, Request, prompt_id, system_text, user_text
from llm_rewrite.reply import Reply
from llm_rewrite.task import Draft, Task, Tools
from schemas.evidence import joined
from schemas.sample import Question, Sample, Text

Ask = Callable[[Request], Awaitable[Reply]]

_OUTSIDE = ("definition:", "knowledge:")


@dataclass(frozen=True)
class Step:
    """A task as a recipe asks for it; `instructions` are the task's own, or of the user's file."""

    task: Task
    options: TaskOptions
    instructions: str

    @property
    def prompt_id(self) -> str:
        return prompt_id(self.task.name, self.task.version, self.instructions)


@dataclass(frozen=True)
class Judged:
    """A draft with what was found in it; `rejected` where it is not to be used."""

    draft: Draft
    findings: tuple[Finding, ...] = ()
    rejected: bool = False


@dataclass(frozen=True)
class Exchange:
    """All that happened for one prompt, for people who work on prompts."""

    prompt: Prompt
    request: Request
    replies: tuple[Reply, ...]
    judged: tuple[Judged, ...] = ()
    problem: str = ""
    passing: bool = False


async def write_row(
    row: Sample, step: Step, ask: Ask, tools: Tools
) -> tuple[Sample, list[Exchange]]:
    """The row with what the task wrote, and what was said for it."""
    prompts = step.task.prompts(row, step.options, tools)
    exchanges = await asyncio.gather(*(_exchange(row, p, step, ask, tools) for p in prompts))
    return _settled(row, step, exchanges), list(exchanges)


def request_of(row: Sample, prompt: Prompt, step: Step) -> Request:
    """The request for a prompt, without its pictures' bytes."""
    schema = schema_of(step.task.answer)
    return Request(
        task=step.task.name,
        prompt_id=step.prompt_id,
        model=step.options,
        system=system_text(step.instructions, schema),
        user=user_text(prompt),
        images=tuple(row.images[place] for place in prompt.images),
        schema=schema,
    )


async def _exchange(row: Sample, prompt: Prompt, step: Step, ask: Ask, tools: Tools) -> Exchange:
    """Ask for one prompt until there is an answer that can be used, or no try is left."""
    request = request_of(row, prompt, step)
    done = await _answered(row, Exchange(prompt, request, ()), step, ask, tools)
    rejected = [judged for judged in done.judged if judged.rejected]
    if not rejected or not step.options.second_try:
        return done
    again = _asked_again(done.request, done.replies[-1], _complaint(rejected))
    second = await _answered(row, replace(done, request=again), step, ask, tools)
    better = not second.problem and _rejections(second) < _rejections(done)
    return second if better else replace(done, replies=second.replies)


def _rejections(exchange: Exchange) -> int:
    return sum(judged.rejected for judged in exchange.judged)


def _complaint(rejected: Sequence[Judged]) -> str:
    found = dict.fromkeys(str(f) for judged in rejected for f in judged.findings)
    return "This is not true to the source: " + "; ".join(found) + ". Write it again."


async def _answered(
    row: Sample, exchange: Exchange, step: Step, ask: Ask, tools: Tools
) -> Exchange:
    """One answer, read and judged; a reply that cannot be read is sent back once."""
    request, replies = exchange.request, exchange.replies
    problem = ""
    for _ in range(2):
        reply = await ask(request)
        replies = (*replies, reply)
        if reply.problem:
            return replace(exchange, replies=replies, problem=reply.problem, passing=reply.passing)
        try:
            answer = read_answer(reply.content, step.task.answer)
            drafts = step.task.drafts(row, exchange.prompt, answer, step.options)
        except BadAnswer as error:
            problem = f"bad_answer: {error}"
            request = _asked_again(request, reply, f"{error}. Answer again, as the schema says.")
            continue
        judged = tuple(_judge(row, exchange.prompt, draft, step, tools) for draft in drafts)
        return replace(exchange, request=request, replies=replies, judged=judged)
    return replace(exchange, replies=replies, problem=problem)


def _asked_again(request: Request, reply: Reply, complaint: str) -> Request:
    turns = (*request.turns, (reply.content[:8_000], complaint))
    return replace(request, turns=turns)


def evidence_of(row: Sample, prompt: Prompt, draft: Draft, step: Step) -> Evidence:
    """What a draft may rest on: the parts of its prompt, or those it names."""
    parts = [p for p in prompt.parts if not draft.against or p.ref in draft.against]
    return Evidence(
        texts=tuple(p.text for p in parts if not p.ref.startswith(_OUTSIDE)),
        knowledge=tuple(p.text for p in parts if p.ref.startswith(_OUTSIDE)),
        modality=row.modality,
        saw_pictures=bool(prompt.images),
        instructions=step.instructions,
    )


def _judge(row: Sample, prompt: Prompt, draft: Draft, step: Step, tools: Tools) -> Judged:
    """The draft with every finding, those of its own task first."""
    findings = [_finding(words) for words in draft.findings]
    evidence = evidence_of(row, prompt, draft, step)
    made = draft.made if draft.prove else None
    if isinstance(made, Text):
        keep, language = draft.must_keep, made.language
        findings += check_text(made.text, evidence, tools, must_keep=keep, language=language)
    elif isinstance(made, Question):
        findings += check_question(made, evidence, tools)
    findings = list(dict.fromkeys(findings))
    flags = step.task.flags(step.options) | frozenset(step.options.flag or ())
    rejecting, _ = sorted_out(findings, step.options.reject, flags)
    return Judged(draft, tuple(findings), bool(rejecting))


def _finding(words: str) -> Finding:
    reason, _, detail = words.partition(": ")
    assert reason in REASONS, reason
    return Finding(reason, detail)


def _settled(row: Sample, step: Step, exchanges: Sequence[Exchange]) -> Sample:
    """The row with all drafts, the rejected ones marked so, and the word on them in `meta`."""
    texts, questions, scores = list(row.texts), list(row.questions), dict(row.scores)
    for exchange, judged in ((e, j) for e in exchanges for j in e.judged):
        made = _marked(judged, exchange.prompt, step)
        scores |= judged.draft.scores
        place = judged.draft.replaces.partition(":")[2]
        if made is None:
            continue
        target: list[Any] = texts if isinstance(made, Text) else questions
        if place:
            target[int(place)] = made
        else:
            target.append(made)
    word = _word(exchanges)
    meta = {**row.meta, step.task.name: word} if word else row.meta
    return msgspec.structs.replace(row, texts=texts, questions=questions, scores=scores, meta=meta)


def _marked(judged: Judged, prompt: Prompt, step: Step) -> Text | Question | None:
    """What stands in the record: the draft, by whom, from what, and what was found in it."""
    made = judged.draft.made
    if made is None:
        return None
    origin: dict[str, Any] = {}
    if not judged.draft.replaces:
        evidence = made.evidence or joined(prompt.refs)
        origin = {"writer": step.options.model, "prompt": step.prompt_id, "evidence": evidence}
    reasons = [*made.reasons, *(str(finding)[:300] for finding in judged.findings)]
    faithful = (
        made.faithful if not judged.draft.prove and not judged.rejected else not judged.rejected
    )
    return msgspec.structs.replace(made, faithful=faithful, reasons=reasons, **origin)


def _word(exchanges: Sequence[Exchange]) -> str:
    """`2 written, 1 rejected (number_changed), 1 failed (http_400: ...)`; "" for no prompt."""
    judged = [j for exchange in exchanges for j in exchange.judged]
    rejected = [j for j in judged if j.rejected]
    flagged = [j for j in judged if not j.rejected and j.findings]
    failed = [exchange.problem for exchange in exchanges if exchange.problem]
    parts = [f"{len(judged) - len(rejected)} written"] if exchanges else []
    parts += _counted("flagged", flagged) + _counted("rejected", rejected)
    parts += [f"{len(failed)} failed ({'; '.join(dict.fromkeys(failed))[:200]})"] if failed else []
    return ", ".join(parts)


def _counted(word: str, judged: Sequence[Judged]) -> list[str]:
    reasons = Counter(f.reason for j in judged for f in j.findings)
    return [f"{len(judged)} {word} ({', '.join(sorted(reasons))})"] if judged else []
