"""Questions and answers as an exported conversation says them: options lettered, reasons placed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_uppercase

from pipelines import export_words
from schemas.sample import Question

RATIONALES = ("none", "first", "after")
# What a chat template or a trainer would take for a mark of its own.
_MARKS = re.compile(
    r"<\|[^<>|\n]{0,60}\|>|</?(?:image|video|audio|im_patch|im_start|im_end|s|bos|eos)>",
    re.IGNORECASE,
)
_NESTED = 5  # marks within marks: <im<image>age>


@dataclass(frozen=True)
class Turn:
    """One question and its answer."""

    asked: str
    answered: str


def turn_of(question: Question, rationale: str = "none") -> Turn:
    """A question with its options, and its answer with the reasons before it, after it or left out."""
    answered = answer_text(question, question.answer)
    reasons = clean(question.rationale)
    if reasons and rationale == "first":
        answered = f"{reasons}\n\n{export_words.answer(question.language)}{answered}"
    elif reasons and rationale == "after":
        answered = f"{answered}\n\n{reasons}"
    return Turn(asked_text(question), answered)


def asked_text(question: Question) -> str:
    """The question, and below it its options with letters and what is to be done with them."""
    lines = [clean(question.question)]
    if question.kind == "closed":
        lines.append(_closed(question))
    elif question.options:
        lines += [f"{letter}. {text}" for letter, text in lettered(question)]
        lines.append(export_words.choose(question.kind, question.language))
    return "\n".join(line for line in lines if line)


def answer_text(question: Question, answer: str) -> str:
    """An answer, the options in it with their letters: `B. cytology`, `A. polyp; C. ulcer`."""
    if question.kind not in ("single", "multiple"):
        return clean(answer)
    chosen = [f"{letter}. {text}" for letter, text in _chosen(question, answer)]
    return "; ".join(chosen) or clean(answer)


def letters_of(question: Question, answer: str) -> list[str]:
    """The letters of the options in an answer; none where it is no option."""
    return [letter for letter, _ in _chosen(question, answer)]


def lettered(question: Question) -> list[tuple[str, str]]:
    """The options under their letters, as many as there are letters."""
    return list(zip(ascii_uppercase, map(clean, question.options), strict=False))


def clean(text: str) -> str:
    """A text without marks that a chat template would act on, and without blanks around it."""
    for _ in range(_NESTED):
        if (without := _MARKS.sub("", text)) == text:
            return text.strip()
        text = without
    return re.sub("[<>]", "", text).strip()


def _chosen(question: Question, answer: str) -> list[tuple[str, str]]:
    wanted = set(answer.split("; ")) if question.kind == "multiple" else {answer}
    if not wanted <= set(question.options):
        return []
    pairs = zip(question.options, lettered(question), strict=False)
    return [pair for option, pair in pairs if option in wanted]


def _closed(question: Question) -> str:
    hint = export_words.yes_or_no(question.language)
    return hint or " / ".join(map(clean, question.options))
