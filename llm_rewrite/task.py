"""What a task is: one kind of text, its prompt, the form of its answer, what is made of it.

A task is data and plain functions; `llm_rewrite.tasks` is the registry, `llm_rewrite.writing` runs
any of them on a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from llm_rewrite.options import TaskOptions
from llm_rewrite.prompt import Prompt
from schemas.sample import Concept, Question, Sample, Text

if TYPE_CHECKING:  # faithfulness imports Tools from here
    from llm_rewrite.faithfulness import Evidence, Finding


@dataclass(frozen=True)
class Passage:
    """A piece of knowledge from outside the record: `ref` is `definition:CUI` or `knowledge:NAME`."""

    text: str
    ref: str
    source: str = ""


def _no_links(texts: Sequence[str]) -> list[list[Concept]]:
    return [[] for _ in texts]


def _no_modality(text: str) -> str:
    return ""


def _no_passages(row: Sample) -> list[Passage]:
    return []


@dataclass(frozen=True)
class Tools:
    """What the pipeline lends: all plain functions, so that this folder needs no other of ours.

    `link`: concepts of each text, with `start`, `end`, `negated`, `uncertain`; texts of one call are
    read as one document, so that an abbreviation of one is known in all. `modality`: the kind
    of picture that a text speaks of, "" where it does not say. `passages`: definitions of the row's
    concepts and what knowledge files say of its labels.
    """

    link: Callable[[Sequence[str]], list[list[Concept]]] = _no_links
    modality: Callable[[str], str] = _no_modality
    passages: Callable[[Sample], list[Passage]] = _no_passages


@dataclass(frozen=True)
class Draft:
    """Something made of an answer, not yet proved. `made` is what will stand in the record; its
    writer, prompt and evidence are set when it is put there, where it does not replace anything.

    `scores` are columns of the row (a judge's); of several drafts the lowest stands. `replaces` is
    the reference of the text or question in whose place `made` goes; added at the end where empty.
    `must_keep`: concepts and numbers of the evidence that are missing are findings (for a rewrite,
    not for a question). `against` limits the evidence to these references; all that the prompt
    showed where empty. `prove`: whether `faithfulness` looks at it. `check(evidence, tools)` looks
    at it in place of that, where the usual checks do not fit (another language; an answer that is
    to be wrong). `findings` are what the task's own check found, as `reason: detail`. `adds`: it only
    adds to what it replaces, which stays as it was where the draft is rejected, and where it is not
    keeps its origin; its `prompt` says who added.
    """

    made: Text | Question | None = None
    scores: dict[str, float] = field(default_factory=dict)
    replaces: str = ""
    must_keep: bool = False
    against: tuple[str, ...] = ()
    prove: bool = True
    check: Callable[[Evidence, Tools], Sequence[Finding]] | None = None
    findings: tuple[str, ...] = ()
    adds: bool = False


@dataclass(frozen=True)
class FollowUp:
    """A second request made of the first's answer, to prove it: a translation back, without the
    source. Where the second fails, the whole exchange has failed.

    `prompt(row, prompt, answer, options)` is None where there is nothing to ask;
    `drafts(row, prompt, answer, second, options)` stand in place of the task's.
    """

    name: str
    instructions: Callable[[Any], str]
    answer: type[msgspec.Struct]
    prompt: Callable[[Sample, Prompt, Any, Any], Prompt | None]
    drafts: Callable[[Sample, Prompt, Any, Any, Any], list[Draft]]


@dataclass(frozen=True)
class Task:
    """A kind of text. `version` is raised when prompt, form or check change what comes out.

    `instructions(options)` is the fixed prompt; `prompts(row, options, tools)` the requests for a
    row, none where it has nothing for this task; `answer` the struct that a reply must fit;
    `drafts(row, prompt, answer, options)` what is made of one. `flags` are findings that are
    flagged, not rejected, unless the recipe says otherwise. `unasked(row, options)` is what needs no
    model, complete with its origin. `needs` says in words what a row must have, `makes` what is
    added to it.
    """

    name: str
    version: int
    summary: str
    needs: str
    makes: str
    options: type[TaskOptions]
    instructions: Callable[[Any], str]
    answer: type[msgspec.Struct]
    prompts: Callable[[Sample, Any, Tools], list[Prompt]]
    drafts: Callable[[Sample, Prompt, Any, Any], list[Draft]]
    flags: Callable[[Any], frozenset[str]] = lambda options: frozenset()
    unasked: Callable[[Sample, Any], Sequence[Text | Question]] = lambda row, options: ()
    follow_up: FollowUp | None = None
