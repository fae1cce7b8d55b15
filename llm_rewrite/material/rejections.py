"""Whether a wrong answer is one: what a rejected answer says must be a fault by the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llm_rewrite.faithfulness import Evidence, Finding, check_text
from llm_rewrite.material.questions import plain
from llm_rewrite.material.resolve import asked_and_answered
from llm_rewrite.task import Tools
from schemas.sample import Question

# Findings that say that an answer is another one; the rest are faults of any text.
CONTENT = frozenset(
    {
        "concept_added",
        "concept_lost",
        "negation_flipped",
        "certainty_changed",
        "laterality_changed",
        "number_changed",
        "unit_changed",
        "date_changed",
        "qualifier_changed",
        "modality_changed",
        "not_grounded",
        "region_unknown",
        "not_visible",
    }
)
# A rejected answer much shorter or longer than the right one tells itself, in long answers.
_SHORTEST, _LONGEST, _TELLING = 0.4, 2.0, 40


def shown_wrong(
    evidence: Evidence, tools: Tools, *, question: Question, fault: str
) -> Sequence[Finding]:
    """What speaks against a preference: that its rejected answer may be right, or gives itself away.

    The other answer of a closed question and a wrong option are known to be wrong.
    """
    if question.kind in ("closed", "single"):
        return []
    return list(_faults_of_rejected(evidence, tools, question, fault))


def _faults_of_rejected(
    evidence: Evidence, tools: Tools, question: Question, fault: str
) -> Iterator[Finding]:
    chosen, rejected = question.answer, question.rejected
    if plain(chosen) == plain(rejected):
        yield Finding("option_wrong", "the rejected answer is the right one")
        return
    found = check_text(rejected, evidence, tools, language=question.language)
    yield from (f for f in found if f.reason not in CONTENT)
    sizes = len(rejected), len(chosen)
    if max(sizes) >= _TELLING and not _SHORTEST <= sizes[0] / sizes[1] <= _LONGEST:
        yield Finding("option_wrong", f"its length tells: {sizes[0]} characters beside {sizes[1]}")
    if any(f.reason in CONTENT for f in found):
        return
    known = Evidence(texts=(asked_and_answered(question),))
    other = check_text(rejected, known, tools, must_keep=True, language=question.language)
    if fault == "missed_finding" and any(f.reason == "concept_lost" for f in other):
        return
    said = set(plain(rejected).split())
    # of one piece: words from here and there say nothing together
    stated = any(said <= set(plain(text).split()) for text in evidence.texts)
    if stated and fault != "missed_finding":
        yield Finding("option_wrong", f"the evidence has all of {rejected[:80]!r}")
    else:
        yield Finding("not_grounded", f"no check shows that it is wrong: {rejected[:80]!r}")
