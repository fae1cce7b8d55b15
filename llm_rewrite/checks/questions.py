"""Questions about a picture: options, leaks, and whether the evidence gives the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llm_rewrite.checks.assertions import assertions
from llm_rewrite.checks.clinical import is_clinical
from llm_rewrite.checks.reading import Reading, read
from llm_rewrite.checks.terms import listed
from schemas.sample import Question

_YES = listed("yes true correct present")
_NO = listed("no false incorrect absent not")
_WHAT_IS_SEEN = re.compile(
    r"\b(?:which|what)\b[^?]{0,60}\b(?:finding|abnormalit|feature|lesion|structure|sign|pathology|observation|following|condition)\w*"
    r"[^?]{0,60}\b(?:seen|shown|present|visible|demonstrated|identified|depicted|observed|true|described)\b",
    re.IGNORECASE,
)
_ABSENT = re.compile(r"\b(?:not|absent|except|isn't|aren't|least|incorrect|false)\b", re.IGNORECASE)
_NONE_OF = re.compile(
    r"\b(?:none|all|both|neither) (?:of|are|is)\b|\bcannot be determined\b", re.IGNORECASE
)
_PLAIN = listed("image picture figure scan seen shown visible present")


def structure(question: Question) -> Iterator[tuple[str, str]]:
    """Options that repeat or do not hold the answer; a closed answer that is no yes or no."""
    options = [_normal(o) for o in question.options]
    if question.kind == "closed" and question.language == "en":
        if closed_answer(question) is None:
            yield "option_wrong", f"'{question.answer[:40]}' is neither yes nor no"
        return
    if question.kind not in ("single", "multiple"):
        return
    if len(options) < 2:
        yield "option_wrong", "a choice without options"
        return
    for option in dict.fromkeys(o for o in options if options.count(o) > 1 or not o):
        yield "option_wrong", f"option '{option[:40]}' twice" if option else "an empty option"
    for answer in answers(question):
        if _normal(answer) not in options:
            yield "option_wrong", f"'{answer[:60]}' is no option"


def answers(question: Question) -> list[str]:
    """The answer, or for multiple choice each of them."""
    if question.kind == "multiple" and _normal(question.answer) not in map(
        _normal, question.options
    ):
        return [part.strip() for part in question.answer.split(";") if part.strip()]
    return [question.answer]


def closed_answer(question: Question) -> bool | None:
    """True for yes, False for no, None for neither."""
    first = re.match(r"\W*([a-z]+)", question.answer.lower())
    if first is None:
        return None
    return True if first[1] in _YES else False if first[1] in _NO else None


def leaks(question: Question) -> Iterator[tuple[str, str]]:
    """Where the question holds its answer, and does not offer the others beside it."""
    if question.kind == "closed":
        return
    asked = f" {_normal(question.question)} "
    offered = sum(f" {_normal(o)} " in asked for o in question.options)
    for answer in answers(question):
        said = _normal(answer)
        if not said or (said.isdigit() and len(said) < 2) or offered > 1 or _either(question, said):
            continue
        if f" {said} " in asked:
            yield "answer_leaked", f"'{answer[:60]}'"
            continue
        content = [k for k in read(answer).keys if k]
        clinical = [k for k in content if k not in _PLAIN]
        if len(clinical) >= 2 and set(clinical) <= read(question.question).known:
            yield "answer_leaked", f"'{answer[:60]}'"


def _either(question: Question, said: str) -> bool:
    """`Is it left or right?` offers its answer beside another."""
    return " or " in f" {_normal(question.question)} " and question.kind == "open"


def true_options(question: Question, source: Reading) -> Iterator[tuple[str, str]]:
    """Wrong options that the evidence states, where the question asks what is to be seen."""
    if not question.options or not _WHAT_IS_SEEN.search(question.question):
        return
    if _ABSENT.search(question.question) or _asks_of_a_place(question.question):
        return
    right = {_normal(a) for a in answers(question)}
    right_keys = {k for a in right for k in read(a).keys if k}
    told = assertions(source)
    for option in question.options:
        keys = [k for k in read(option).keys if k]
        if _normal(option) in right or not keys or _NONE_OF.search(option):
            continue
        if set(keys) <= right_keys:
            continue
        stated = all(k in told.stated and k not in told.denied for k in keys)
        if (
            stated
            and _in_one_sentence(keys, source)
            and any(is_clinical(w) for w in read(option).words)
        ):
            yield "option_wrong", f"wrong option '{option[:60]}' is true by the source"


def _asks_of_a_place(question: str) -> bool:
    """`... in the left lung`: an option may be true elsewhere."""
    after = re.search(r"\b(?:in|of|on|at|within) (?:the|this) (\w+)", question.lower())
    return after is not None and after[1] not in (
        "image", "picture", "figure", "scan", "ct", "mri", "following", "radiograph", "photograph",
        "provided", "chest", "given", "above", "medical", "x", "ultrasound", "case", "patient",
    )  # fmt: skip


def _in_one_sentence(keys: list[str], source: Reading) -> bool:
    return any(
        {source.keys[i] for i in inside}.issuperset(keys) for inside in source.sentence_ranges
    )


def closed(question: Question, source: Reading, saw_pictures: bool) -> Iterator[tuple[str, str]]:
    """Yes to what the evidence denies, no to what it states, yes to what it does not speak of."""
    said = closed_answer(question)
    if said is None:
        return
    asked = read(_statement(question.question))
    own, told = assertions(asked), assertions(source)
    clinical = [k for i, k in enumerate(asked.keys) if k and _tells(asked, i)]
    if not clinical:
        return
    negated = any(k in own.denied for k in clinical)
    denied = [k for k in clinical if k in told.denied and k not in told.stated]
    stated = all(k in source.known for k in clinical) and not denied
    wants = said != negated
    if wants and denied:
        at = told.denied[denied[0]]
        yield "negation_flipped", f"'{question.answer[:20]}', source '{source.around(at, 3, 1)}'"
    elif not wants and stated and _in_one_sentence(clinical, source):
        yield "negation_flipped", f"'{question.answer[:20]}', but the source has all of it"


def _tells(asked: Reading, i: int) -> bool:
    return is_clinical(asked.words[i])


def _statement(question: str) -> str:
    """The question as a statement: what is asked for, without the asking."""
    return re.sub(
        r"\A\W*(?:is|are|does|do|did|was|were|has|have|can|could) (?:there|it|the (?:image|picture|scan|figure)|this)?"
        r"(?: (?:show|demonstrate|reveal|depict|any|image|picture|a|an|be seen|evidence of))*",
        "",
        question,
        flags=re.IGNORECASE,
    ).rstrip("? ")


def ungrounded(answer: Reading, source: Reading, asked: Reading) -> Iterator[tuple[str, str]]:
    """An open answer most of whose words of content the evidence does not have."""
    keys = [k for i, k in enumerate(answer.keys) if k and len(answer.words[i]) > 2]
    missing = [
        k for k in keys if k not in source.known and k not in asked.known and k not in _PLAIN
    ]
    if len(missing) * 2 > len(keys) and missing:
        words = dict.fromkeys(
            w for w, k in zip(answer.words, answer.keys, strict=True) if k in missing
        )
        yield "not_grounded", f"'{' '.join(words)[:60]}' not in the evidence"


def _normal(text: str) -> str:
    """Words alone, lower-case, without an option's letter."""
    plain = re.sub(r"\A\s*\(?[A-Ha-h][).:]\s+", "", text[:500])
    return " ".join(re.findall(r"[^\W_]+", plain.lower()))
