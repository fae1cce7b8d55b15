"""One task on one row: ask, read strictly, repair once, prove, keep or fall back.

Whatever happens, the row comes back: with what was written, or as it was, and `meta[task]` says
which: `2 written, 1 rejected (number_changed)`.
"""

from __future__ import annotations

import asyncio
import functools
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import msgspec

from llm_rewrite.answers import BadAnswer, read_answer, schema_of
from llm_rewrite.asking.endpoint import one_line
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
Read = TypeVar("Read")

_OUTSIDE = ("definition:", "knowledge:")
_QUOTED = re.compile(r'"[^"]{0,400}"')  # in a prompt: words that an answer may have


@dataclass(frozen=True)
class Step:
    """A task as a recipe asks for it; `instructions` are the task's own, or of the user's file.

    `name` is the task's, numbered where a recipe has it more than once.
    """

    task: Task
    options: TaskOptions
    instructions: str
    name: str

    @functools.cached_property
    def prompt_id(self) -> str:
        return prompt_id(self.task.name, self.task.version, self.instructions)

    @functools.cached_property
    def system(self) -> str:
        """The fixed part of its prompts."""
        return system_text(self.instructions, schema_of(self.task.answer))

    @functools.cached_property
    def own_words(self) -> str:
        """Its instructions but for what they quote: words that no answer may copy."""
        return _QUOTED.sub(" ", self.instructions)


@dataclass(frozen=True)
class Judged:
    """A draft with what was found in it; `rejected` where it is not to be used."""

    draft: Draft
    findings: tuple[Finding, ...] = ()
    rejected: bool = False


@dataclass(frozen=True)
class Exchange:
    """All that happened for one prompt, for people who work on prompts; `then` its follow-up."""

    prompt: Prompt
    request: Request
    replies: tuple[Reply, ...]
    judged: tuple[Judged, ...] = ()
    problem: str = ""
    passing: bool = False
    then: Exchange | None = None


async def write_row(
    row: Sample, step: Step, ask: Ask, tools: Tools
) -> tuple[Sample, list[Exchange]]:
    """The row with what the task wrote, and what was said for it."""
    prompts = step.task.prompts(row, step.options, tools)
    exchanges = await asyncio.gather(*(_exchange(row, p, step, ask, tools) for p in prompts))
    return _settled(row, step, exchanges), list(exchanges)


def request_of(row: Sample, prompt: Prompt, step: Step) -> Request:
    """The request for a prompt, without its pictures' bytes."""
    return Request(
        task=step.task.name,
        prompt_id=step.prompt_id,
        model=step.options,
        system=step.system,
        user=user_text(prompt),
        images=tuple(row.images[place] for place in prompt.images),
        schema=schema_of(step.task.answer),
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
    """One answer, read, followed up where the task does that, and judged."""
    prompt = exchange.prompt

    def read(content: str) -> tuple[Any, list[Draft]]:
        answer = read_answer(content, step.task.answer)
        return answer, step.task.drafts(row, prompt, answer, step.options)

    done, made = await _asked(exchange, ask, read)
    if made is None:
        return done
    answer, drafts = made
    follow = _follow_up(row, prompt, answer, step)
    if follow:
        then, followed = await _asked(follow[0], ask, follow[1])
        done = replace(done, then=then, problem=then.problem, passing=then.passing)
        drafts = followed or []
    judged = [_judge(row, prompt, draft, step, tools) for draft in drafts]
    return replace(done, judged=tuple(_ended(judged)))


async def _asked(
    exchange: Exchange, ask: Ask, read: Callable[[str], Read]
) -> tuple[Exchange, Read | None]:
    """What was read out of an answer; one that cannot be read is sent back once."""
    request, replies = exchange.request, exchange.replies
    problem = ""
    for _ in range(2):
        reply = await ask(request)
        replies = (*replies, reply)
        if reply.problem:
            failed = replace(exchange, replies=replies, problem=reply.problem)
            return replace(failed, passing=reply.passing), None
        try:
            made = read(reply.content)
        except BadAnswer as error:
            problem = f"bad_answer: {one_line(str(error))}"
            request = _asked_again(request, reply, f"{error}. Answer again, as the schema says.")
            continue
        return replace(exchange, request=request, replies=replies), made
    return replace(exchange, replies=replies, problem=problem), None


def _follow_up(
    row: Sample, prompt: Prompt, answer: Any, step: Step
) -> tuple[Exchange, Callable[[str], list[Draft]]] | None:
    """The second request of a task that has one, and how its answer is read."""
    follow = step.task.follow_up
    second = follow.prompt(row, prompt, answer, step.options) if follow else None
    if follow is None or second is None:
        return None
    task = replace(step.task, name=f"{step.task.name}_{follow.name}", answer=follow.answer)
    asked = replace(step, task=task, instructions=follow.instructions(step.options))

    def read(content: str) -> list[Draft]:
        again = read_answer(content, follow.answer)
        return follow.drafts(row, prompt, answer, again, step.options)

    return Exchange(second, request_of(row, second, asked), ()), read


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
        instructions=step.own_words,
    )


def _judge(row: Sample, prompt: Prompt, draft: Draft, step: Step, tools: Tools) -> Judged:
    """The draft with every finding, those of its own task first."""
    findings = [_finding(words) for words in draft.findings]
    evidence = evidence_of(row, prompt, draft, step)
    made = draft.made if draft.prove else None
    if draft.check:
        findings += draft.check(evidence, tools)
    elif isinstance(made, Text):
        keep, language = draft.must_keep, made.language
        findings += check_text(made.text, evidence, tools, must_keep=keep, language=language)
    elif isinstance(made, Question):
        findings += check_question(made, evidence, tools)
    findings = list(dict.fromkeys(findings))
    flags = step.task.flags(step.options) | frozenset(step.options.flag or ())
    rejecting, _ = sorted_out(findings, step.options.reject, flags)
    return Judged(draft, tuple(findings), bool(rejecting))


def _ended(judged: Sequence[Judged]) -> Iterator[Judged]:
    """The same; a conversation ends at its first rejected turn, since later ones may build on it."""
    broken: set[str] = set()
    for one in judged:
        made = one.draft.made
        dialogue = made.dialogue if isinstance(made, Question) else ""
        if dialogue in broken and not one.rejected:
            after = Finding("not_grounded", "follows a rejected turn of the conversation")
            one = replace(one, findings=(*one.findings, after), rejected=True)
        if dialogue and one.rejected:
            broken.add(dialogue)
        yield one


def _finding(words: str) -> Finding:
    reason, _, detail = words.partition(": ")
    assert reason in REASONS, reason
    return Finding(reason, detail)


def _settled(row: Sample, step: Step, exchanges: Sequence[Exchange]) -> Sample:
    """The row with all drafts, the rejected ones marked so, and the word on them in `meta`."""
    texts, questions, scores = list(row.texts), list(row.questions), dict[str, float]()
    unasked = step.task.unasked(row, step.options)
    texts += [made for made in unasked if isinstance(made, Text)]
    questions += [made for made in unasked if isinstance(made, Question)]
    for exchange, judged in ((e, j) for e in exchanges for j in e.judged):
        made = _marked(judged, exchange.prompt, step)
        for name, score in judged.draft.scores.items():
            scores[name] = min(score, scores.get(name, score))
        place = judged.draft.replaces.partition(":")[2]
        if made is None or (judged.draft.adds and judged.rejected):
            continue
        target: list[Any] = texts if isinstance(made, Text) else questions
        if place:
            target[int(place)] = made
        else:
            target.append(made)
    word = ", ".join([*([f"{len(unasked)} unasked"] if unasked else []), *_words(exchanges)])
    meta = {**row.meta, step.name: word} if word else row.meta
    scores = {**row.scores, **scores}
    return msgspec.structs.replace(row, texts=texts, questions=questions, scores=scores, meta=meta)


def _marked(judged: Judged, prompt: Prompt, step: Step) -> Text | Question | None:
    """What stands in the record: the draft, by whom, from what, and what was found in it."""
    made = judged.draft.made
    if made is None:
        return None
    origin: dict[str, Any] = {}
    if judged.draft.adds:
        origin = {"prompt": joined([made.prompt, f"{step.prompt_id} by {step.options.model}"])}
    elif not judged.draft.replaces:
        evidence = made.evidence or joined(prompt.refs)
        origin = {"writer": step.options.model, "prompt": step.prompt_id, "evidence": evidence}
    reasons = [*made.reasons, *(str(finding)[:300] for finding in judged.findings)]
    as_it_was = judged.draft.adds or not judged.draft.prove
    faithful = made.faithful if as_it_was and not judged.rejected else not judged.rejected
    return msgspec.structs.replace(made, faithful=faithful, reasons=reasons, **origin)


def _words(exchanges: Sequence[Exchange]) -> list[str]:
    """`2 written`, `1 rejected (number_changed)`, `1 failed (http_400: ...)`; none for no prompt."""
    judged = [j for exchange in exchanges for j in exchange.judged]
    rejected = [j for j in judged if j.rejected]
    flagged = [j for j in judged if not j.rejected and j.findings]
    failed = [exchange.problem for exchange in exchanges if exchange.problem]
    parts = [f"{len(judged) - len(rejected)} written"] if exchanges else []
    parts += _counted("flagged", flagged) + _counted("rejected", rejected)
    parts += [f"{len(failed)} failed ({'; '.join(dict.fromkeys(failed))[:200]})"] if failed else []
    return parts


def _counted(word: str, judged: Sequence[Judged]) -> list[str]:
    reasons = Counter(f.reason for j in judged for f in j.findings)
    return [f"{len(judged)} {word} ({', '.join(sorted(reasons))})"] if judged else []
