"""Whether a written text says what its source says: proved without a model, each fault by name.

Every text that a model writes goes through `check_text` or `check_question` with the evidence that
the model was shown. A finding has a reason, one of `REASONS`, and a detail that quotes both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from llm_rewrite.task import Tools
from schemas.sample import Question

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
class Finding:
    """One fault: a name out of `REASONS` and a detail for people."""

    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


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
    """What is wrong with a text; empty where nothing is. `must_keep`: nothing may be left out."""
    return [Finding("empty")] if not text.strip() else []


def check_question(question: Question, evidence: Evidence, tools: Tools) -> list[Finding]:
    """What is wrong with a question, its options, its answer or its rationale."""
    return [Finding("empty")] if not (question.question.strip() and question.answer.strip()) else []


def sorted_out(
    findings: Sequence[Finding], reject: Sequence[str] | None, flags: frozenset[str]
) -> tuple[list[Finding], list[Finding]]:
    """`(rejecting, flagged)`: `reject` names what rejects where given; else all but `flags`."""
    rejecting = [
        f for f in findings if (f.reason in reject if reject is not None else f.reason not in flags)
    ]
    return rejecting, [f for f in findings if f not in rejecting]
