"""From a model's reasoning to a rationale: marks made boxes, the conclusion held to the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from llm_rewrite.answers import BadAnswer
from llm_rewrite.faithfulness import Evidence, Finding, check_text
from llm_rewrite.material.marked_regions import size_of
from llm_rewrite.material.placing import Placed, place_findings
from llm_rewrite.material.question_wording import of_the_figure, of_the_source
from llm_rewrite.material.questions import one_line, plain, same_answer, stated
from llm_rewrite.material.region_marks import BoxForm, with_boxes
from llm_rewrite.prompt import Prompt
from llm_rewrite.task import Draft, Tools
from llm_rewrite.tasks.merge_facts import DENYING, without_denial
from schemas.evidence import joined
from schemas.sample import Question, Sample

# CoMT's chain. The names stand before the links in the stored rationale, a line each.
LINKS = {
    "body part": "organ or part of the body",
    "modality": "kind of image, view or sequence",
    "normal or abnormal": "one of these two words",
    "findings": "what is abnormal",
    "attributes": "where it lies, its side, size, shape, density or signal",
    "conclusion": "what it all amounts to",
}
_MOST_STEPS = 8
# Only what is said to be of the picture: another side may be the patient's, or of something else.
_IN_PICTURE = re.compile(
    r"\b(?:(?:upper|lower|middle|top|bottom|left|right)[\s-]+)+"
    r"(?:(?:side|half|part|third|corner|quadrant|area)\s+)?of\s+(?:the|this)\s+(?:image|picture)\b",
    re.IGNORECASE,
)
_STATEMENT = 3  # so many words of an answer may state or deny something
_SIDE = re.compile(r"\b(left|right)\b", re.IGNORECASE)
_STEP_NUMBER = re.compile(r"\A\s*(?:step\s*)?\d{1,2}\s*[.):]\s+", re.IGNORECASE)
_LEADS_TO = re.compile(
    r"\banswer (?:is|must be|would be|should be):?\s+[\"'“]?(yes|no)\b", re.IGNORECASE
)
_YES_NO_FIRST = re.compile(
    r"\A\s*(?:(?:so|thus|hence|therefore|in conclusion|overall),?\s+)?(yes|no)\s*[,.;:]",
    re.IGNORECASE,
)


def reasoned(
    row: Sample,
    prompt: Prompt,
    said: tuple[Sequence[str], str],
    place: int,
    used: Sequence[str],
    boxes: BoxForm,
) -> Draft:
    """The row's question with the steps as its rationale; `said` are steps and conclusion.

    Raises `BadAnswer` where there is but one step or far too many.
    """
    steps, conclusion = said
    question = row.questions[place]
    lines = [_STEP_NUMBER.sub("", one_line(step)) for step in steps if step.strip()]
    if not 2 <= len(lines) <= _MOST_STEPS:
        raise BadAnswer(f"{len(lines)} steps, not two to five")
    rationale, refs, findings = _placed(lines, row, prompt, boxes)
    if not same_answer(question, conclusion):
        findings.append(
            f"not_grounded: concludes {conclusion[:100]!r}, the answer is {question.answer[:100]!r}"
        )
    else:
        findings += against_the_answer(lines[-1], question)
    evidence = _evidence(prompt, question.evidence, [*used, *refs])
    made = msgspec.structs.replace(question, rationale=rationale, evidence=evidence)
    against = tuple(part.ref for part in prompt.parts if part.ref != prompt.subject)

    def check(evidence: Evidence, tools: Tools) -> list[Finding]:
        """The rationale alone: question and answer are known, so they are evidence."""
        denied = question.kind == "closed" and plain(question.answer) in DENYING
        texts = (*(evidence.texts if against else ()), *([] if denied else [stated(question)]))
        known = replace(evidence, texts=texts)
        said = without_denial(rationale, question) if denied else rationale
        found = check_text(said, known, tools, language=question.language) if said else []
        return [*found, *_turned_round(lines[-1], question, tools)]

    return Draft(
        made,
        replaces=prompt.subject,
        against=against,
        check=check,
        findings=tuple(findings),
        adds=True,
    )


def chained(
    row: Sample,
    prompt: Prompt,
    steps: Sequence[str],
    target: tuple[Question, str],
    used: Sequence[str],
    boxes: BoxForm,
) -> Draft:
    """The question for a description with a chain as its rationale; put in its place, or new.

    Raises `BadAnswer` where the chain has not all its links in order, or says nothing.
    """
    if len(steps) != len(LINKS):
        raise BadAnswer(f"{len(steps)} strings in steps, not {len(LINKS)}")
    links = [_without_name(one_line(step), name) for step, name in zip(steps, LINKS, strict=True)]
    if not links[3] or not links[5]:
        raise BadAnswer("findings and conclusion must not be empty")
    if links[2] and plain(links[2]) not in ("normal", "abnormal"):
        raise BadAnswer("the third string is 'normal' or 'abnormal'")
    question, ref = target
    rationale, refs, findings = _placed(links, row, prompt, boxes)
    named = zip(LINKS, rationale.split("\n"), strict=True)
    lines = [f"{name[0].upper()}{name[1:]}: {link}" for name, link in named if link]
    evidence = _evidence(prompt, question.evidence, [*used, *refs])
    made = msgspec.structs.replace(question, rationale="\n".join(lines), evidence=evidence)
    findings += _other_than_labels(row, plain(links[2]))
    return Draft(made, replaces=ref, findings=tuple(findings), adds=bool(ref))


def against_the_answer(last: str, question: Question) -> list[str]:
    """A last step that says the opposite of the answer, or names only options that are wrong."""
    said = f" {plain(last)} "
    if question.kind == "closed":
        leads = _LEADS_TO.search(last) or _YES_NO_FIRST.search(last)
        wrong = leads is not None and leads[1].casefold() != question.answer.casefold()
        return [f"not_grounded: the last step says {leads[1]!r}"] if leads and wrong else []
    if question.kind == "open":
        sides = {word.casefold() for word in _SIDE.findall(last)}
        known = {word.casefold() for word in _SIDE.findall(question.answer)}
        wrong = len(sides) == len(known) == 1 and sides != known
        return [f"laterality_changed: the last step says {sides.pop()!r}"] if wrong else []
    if question.kind != "single":
        return []
    others = [option for option in question.options if option != question.answer]
    named = [option for option in others if f" {plain(option)} " in said]
    if named and f" {plain(question.answer)} " not in said:
        return [f"not_grounded: the last step names {named[0][:80]!r}"]
    return []


def _turned_round(last: str, question: Question, tools: Tools) -> list[Finding]:
    """What the answer denies and the last step states, or the other way round.

    The question names the thing without a word on whether it is there, so it is no evidence here.
    """
    if question.kind != "open" or len(question.answer.split()) < _STATEMENT:
        return []
    answer = Evidence(texts=(question.answer,))
    found = check_text(last, answer, tools, language=question.language)
    return [finding for finding in found if finding.reason == "negation_flipped"]


def _placed(
    lines: Sequence[str], row: Sample, prompt: Prompt, boxes: BoxForm
) -> tuple[str, list[str], list[str]]:
    """The lines with boxes for marks, the regions named, and what is wrong in their wording."""
    made, refs, findings = [], list[str](), list[str]()
    for line in lines:
        text, named, wrong = with_boxes(line, row, prompt, boxes)
        made.append(text)
        refs += named
        findings += [*wrong, *_misplaced(line, row, set(named))]
    whole = " ".join(lines)
    return (
        "\n".join(made),
        refs,
        [
            *findings,
            *of_the_source(whole, reasoning=True),
            *of_the_figure(whole),
        ],
    )


def _misplaced(line: str, row: Sample, named: set[str]) -> list[str]:
    """A place in the picture that is not that of the one region which a step marks."""
    if len(named) != 1:
        return []
    region = row.regions[int(named.pop().partition(":")[2])]
    size = size_of(row, region)
    if size is None or len(region.box) != 4:
        return []
    about = [Placed(region, size)]
    places = (match[0] for match in _IN_PICTURE.finditer(line))
    return [found for place in places for found in place_findings(place, about, about, [])]


def _evidence(prompt: Prompt, before: str, used: Sequence[str]) -> str:
    """What the question rested on and what the reasoning used; the question itself is neither."""
    refs = [ref for ref in used if ref != prompt.subject]
    images = [f"image:{place}" for place in prompt.images]
    return joined([*(part.strip() for part in before.split(";")), *refs, *images])


def _without_name(link: str, name: str) -> str:
    """A link without its name or number before it."""
    link = _STEP_NUMBER.sub("", link)
    return re.sub(rf"\A\s*{re.escape(name)}\s*[:\-–]\s*", "", link, flags=re.IGNORECASE)


def _other_than_labels(row: Sample, verdict: str) -> list[str]:
    """A verdict that the row's own label of no finding contradicts."""
    for label in row.labels:
        if plain(label.name) in ("no finding", "normal") and label.value in ("present", "absent"):
            known = "normal" if label.value == "present" else "abnormal"
            if verdict and verdict != known:
                return [f"not_grounded: calls it {verdict}, the label says {known}"]
    return []
