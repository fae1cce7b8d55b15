"""Whether a written text says what its source says: proved without a model, each fault by name.

Every text that a model writes goes through `check_text` or `check_question` with the evidence that
the model was shown. A finding has a reason, one of `REASONS`, and a detail that quotes both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from llm_rewrite.checks import concepts, modalities, negation, numbers, qualifiers, questions, sides
from llm_rewrite.checks import language as languages
from llm_rewrite.checks.finding import Finding, findings
from llm_rewrite.checks.identifiers import identifiers
from llm_rewrite.checks.pairing import pairing
from llm_rewrite.checks.reading import Reading, read, read_all
from llm_rewrite.checks.relations import relations
from llm_rewrite.checks.stranger import stranger
from llm_rewrite.checks.translation import check_translation
from llm_rewrite.checks.visible import not_visible
from llm_rewrite.checks.wording import mentions_source, wording
from llm_rewrite.task import Tools
from schemas.sample import Concept, Question

__all__ = [
    "REASONS",
    "Evidence",
    "Finding",
    "check_question",
    "check_text",
    "check_translation",
    "not_visible",
    "sorted_out",
]

# Every reason there is, and what it means.
REASONS: dict[str, str] = {
    "concept_added": "names a disease, structure or procedure that the source does not",
    "concept_lost": "leaves out a concept of the source that it had to keep",
    "negation_flipped": "denies what the source states, or states what it denies",
    "certainty_changed": "states for certain what the source leaves open, or the other way round",
    "laterality_changed": "another side than the source",
    "number_changed": "a number that the source does not have, or a number lost with its meaning",
    "unit_changed": "a number of the source with another unit",
    "date_changed": "a date or duration that the source does not have",
    "qualifier_changed": "the opposite of a qualifier of the source: mild, upper, acute, increased",
    "modality_changed": "another kind of picture than the source says",
    "instruction_copied": "words of the prompt, or obeying words of the source",
    "source_mentioned": "'the caption says': it speaks of the text, not of the picture",
    "identifier": "a name, record number, address or other mark of a person",
    "answer_leaked": "the question gives its answer away",
    "option_wrong": "a wrong option that the evidence states, or an answer that is no option",
    "language_wrong": "not in the language asked for",
    "not_visible": "what no picture can show, where only the visible was asked for",
    "region_unknown": "a region or box that the row does not have",
    "term_changed": "a term, number or unit lost or changed in translation",
    "not_grounded": "an answer that nothing in the evidence supports",
    "judged_poor": "a second model's rubric found it below the recipe's mark",
    "empty": "nothing, or no words",
}


@dataclass(frozen=True)
class Evidence:
    """What a text may rest on: source texts, the row's known facts, whether the model saw pictures.

    `texts` are all that the prompt showed, source texts before knowledge; `knowledge` are
    definitions and expert descriptions, which may explain but say nothing about this picture.
    """

    texts: tuple[str, ...]
    knowledge: tuple[str, ...] = ()
    modality: str = ""
    saw_pictures: bool = False
    instructions: str = ""
    facts: dict[str, str] = field(default_factory=dict)


def check_text(
    text: str, evidence: Evidence, tools: Tools, *, must_keep: bool = False, language: str = "en"
) -> list[Finding]:
    """What is wrong with a text; empty where nothing is. `must_keep`: nothing may be left out.

    A text in another language than English is checked for numbers, language and wording alone:
    see `check_translation`.
    """
    if not any(character.isalnum() for character in text):
        return [Finding("empty")]
    own, source = read(text), _source(evidence)
    found = [*_form(text, own, source, evidence, language)]
    if language.startswith("en"):
        found += _content(own, source, evidence, tools, must_keep)
    return findings(found)


def check_question(question: Question, evidence: Evidence, tools: Tools) -> list[Finding]:
    """What is wrong with a question, its options, its answer or its rationale.

    Open, single and multiple answers are held against the evidence as texts are, closed ones with
    what their question states. Where the model saw the picture, only contradictions count.
    """
    if not (question.question.strip() and question.answer.strip()):
        return [Finding("empty")]
    whole = " ".join([question.question, *question.options, question.answer, question.rationale])
    source = _source(evidence)
    found = [*_form(whole, read(whole), source, evidence, question.language)]
    found += questions.structure(question)
    found += questions.leaks(question)
    if question.language.startswith("en"):
        found += _asked(question, source, evidence, tools)
        if question.rationale.strip():
            found += _content(read(question.rationale), source, evidence, tools, False)
    return findings(found)


def _source(evidence: Evidence) -> Reading:
    facts = tuple(f"{name}: {value}" for name, value in evidence.facts.items())
    return read_all((*evidence.texts, *facts))


def _form(
    text: str, own: Reading, source: Reading, evidence: Evidence, language: str
) -> Iterator[tuple[str, str]]:
    """What needs no understanding: language, copied prompts, talk of the source, persons."""
    yield from languages.language(text, language)
    yield from wording(own, source, evidence.instructions)
    yield from mentions_source(own, source)
    yield from identifiers(own, source, language.startswith("en"))


def _content(
    own: Reading, source: Reading, evidence: Evidence, tools: Tools, must_keep: bool
) -> Iterator[tuple[str, str]]:
    """What the text says against what the source says."""
    mine, theirs = tools.link([own.text, source.text])
    knowledge = read_all(evidence.knowledge)
    yield from stranger(own, source, knowledge)
    yield from concepts.added(own, source, knowledge, mine, theirs)
    if must_keep:
        yield from concepts.lost(own, source, mine, theirs)
    yield from _contradictions(own, source, evidence, mine, theirs, must_keep)
    seen = evidence.saw_pictures
    yield from modalities.modality(own, source, evidence.modality, seen)


def _contradictions(
    own: Reading,
    source: Reading,
    evidence: Evidence,
    mine: Sequence[Concept],
    theirs: Sequence[Concept],
    must_keep: bool = False,
) -> Iterator[tuple[str, str]]:
    yield from negation.flagged(own, mine, source, theirs)
    yield from negation.negation(own, source)
    yield from negation.alone(own, source)
    yield from negation.certainty(own, source, must_keep)
    yield from sides.sides(own, source, must_keep)
    yield from numbers.numbers(own, source, must_keep)
    yield from qualifiers.qualifiers(own, source, evidence.saw_pictures)
    yield from pairing(own, source)
    yield from relations(own, source)


def _asked(
    question: Question, source: Reading, evidence: Evidence, tools: Tools
) -> Iterator[tuple[str, str]]:
    """Whether the evidence gives the answer, and to what is asked."""
    if question.kind == "closed":
        asked = questions.statement(question)
        held = (
            []
            if questions.closed_answer(question) is None
            else [*_held(asked, source, evidence, tools)]
        )
        yield from questions.closed(question, source, held)
        return
    asked = read(question.question)
    yield from questions.true_options(question, source)
    if not evidence.saw_pictures:
        yield from questions.unasked(question, source)
    for answer in questions.answers(question):
        yield from _held(read(answer), source, evidence, tools)
        if question.kind == "open" and not evidence.saw_pictures:
            yield from questions.ungrounded(read(answer), source, asked)


def _held(
    own: Reading, source: Reading, evidence: Evidence, tools: Tools
) -> Iterator[tuple[str, str]]:
    """A statement against the evidence; what it adds is not grounded."""
    mine, theirs = tools.link([own.text, source.text])
    if not evidence.saw_pictures:
        knowledge = read_all(evidence.knowledge)
        for _, detail in concepts.added(own, source, knowledge, mine, theirs):
            yield "not_grounded", detail
    yield from modalities.modality(own, source, evidence.modality, evidence.saw_pictures)
    for reason, detail in _contradictions(own, source, evidence, mine, theirs):
        unheard = detail.endswith(("not in the source", "names no side"))
        yield "not_grounded" if unheard else reason, detail


def sorted_out(
    findings: Sequence[Finding], reject: Sequence[str] | None, flags: frozenset[str]
) -> tuple[list[Finding], list[Finding]]:
    """`(rejecting, flagged)`: `reject` names what rejects where given; else all but `flags`."""
    rejecting = [
        f for f in findings if (f.reason in reject if reject is not None else f.reason not in flags)
    ]
    return rejecting, [f for f in findings if f not in rejecting]
