"""What the checks find in a text, by reason, with or without a small linker of a few names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from llm_rewrite.faithfulness import Evidence, check_question, check_text
from llm_rewrite.task import Tools
from schemas.sample import Concept, Question

_NAMES = {
    "C1": ("pneumothorax",),
    "C2": ("pleural effusion", "pleural effusions"),
    "C3": ("hydronephrosis",),
    "C4": ("heart attack", "myocardial infarction"),
}


def _link(texts: Sequence[str]) -> list[list[Concept]]:
    return [
        [
            Concept(
                cui, names[-1], start=m.start(), end=m.end(),
                negated=bool(re.search(r"(?i)\b(?:no|without)\b[^.;]*\Z", text[: m.start()])),
                uncertain=bool(re.search(r"\bpossible\b[^.;]*\Z", text[: m.start()])),
            )
            for cui, names in _NAMES.items()
            for name in names
            for m in re.finditer(rf"\b{name}\b", text)
        ]
        for text in texts
    ]  # fmt: skip


LINKING = Tools(link=_link)


def reasons(
    source: str, text: str, keep: bool = True, tools: Tools | None = None, **evidence: object
) -> set[str]:
    """Names of what is found in a text."""
    proof = Evidence((source,), **evidence)  # type: ignore[arg-type]
    return {f.reason for f in check_text(text, proof, tools or Tools(), must_keep=keep)}


def asked(source: str, question: Question, **evidence: object) -> set[str]:
    """Names of what is found in a question."""
    proof = Evidence((source,), **evidence)  # type: ignore[arg-type]
    return {f.reason for f in check_question(question, proof, Tools())}
