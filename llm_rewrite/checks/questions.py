"""Questions about a picture: options, leaks, and whether the evidence gives the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from llm_rewrite.checks.assertions import Assertions, assertions
from llm_rewrite.checks.clinical import is_clinical
from llm_rewrite.checks.qualifiers import qualifiers
from llm_rewrite.checks.reading import Reading, read
from llm_rewrite.checks.sides import sides
from llm_rewrite.checks.stems import keys_of
from llm_rewrite.checks.terms import listed
from llm_rewrite.checks.units import WORDS
from schemas.sample import Question

_YES = listed("yes true correct present")
_NO = listed("no false incorrect absent not")
_WHAT_IS_SEEN = re.compile(
    r"\bwhat (?:does|do|is|are|can)\b[^?]{0,80}\b(?:show|reveal|demonstrate|seen|have|depict|shown|display)\b"
    r"|\b(?:which|what) of (?:these|the following)\b"
    r"|\b(?:which|what)\b[^?]{0,60}\b(?:finding|abnormalit|feature|lesion|structure|sign|patholog"
    r"|observation|following|condition|statement)",
    re.IGNORECASE,
)
_ABSENT = re.compile(r"\b(?:not|absent|except|isn't|aren't|least|incorrect|false)\b", re.IGNORECASE)
_NONE_OF = re.compile(
    r"\b(?:none|all|both|neither) (?:of|are|is)\b|\bcannot be determined\b", re.IGNORECASE
)
_PLAIN = keys_of("image picture figure scan seen shown visible present this")
_GENERIC = keys_of("region area part side aspect portion site location zone")
_ASKING = _PLAIN | keys_of(
    "evidence evident any demonstrate reveal depict patient show identified noted"
)
_ASKED = re.compile(
    r"\A\W*(?:is|are|does|do|did|was|were|has|have|had|can|could)\b(?: (?:there|it|any|a|an|evidence of)\b)*",
    re.IGNORECASE,
)
_COMPARES = re.compile(r"\bthan\b|\bcompared\b", re.IGNORECASE)
_SUPERLATIVE = re.compile(
    r"\b(?:strongest|highest|lowest|largest|smallest|greatest|weakest|fewest|longest|shortest|earliest"
    r"|latest|worst|best|most (?:common|frequent|severe|abundant|often|affected|prominent))\b",
    re.IGNORECASE,
)
_COMPARING = re.compile(
    r"\w{3}est\b|\b(?:most|least|more|less|than|peak\w*|max\w*|min\w*|main\w*|predomin\w+"
    r"|top|first|last|rank\w*|increas\w+|decreas\w+|\w{3,}er than|only)",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"\b(?:isn't|aren't|doesn't|don't|right\?|correct\?|, yes\?|given that|since the|as the)[^?]{0,60}",
    re.IGNORECASE,
)

_LONGEST_PHRASE = 7  # words
# What is asked for as a yes or no within an open question is named in it by right.
_YES_OR_NO_INSIDE = re.compile(
    r"\b(?:whether|presence of|evidence of|is|are|does|do|was|were)\b", re.I
)


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
        yield from _told_before(question)
        return
    asked = f" {_normal(question.question)} "
    offered = sum(f" {_normal(o)} " in asked for o in question.options)
    for answer in answers(question):
        said = _normal(answer)
        if not said or (said.isdigit() and len(said) < 2) or offered > 1 or _either(question):
            continue
        if f" {said} " in asked:
            yield "answer_leaked", f"'{answer[:60]}'"
            continue
        if _content_told(answer, question):
            yield "answer_leaked", f"'{answer[:60]}'"


def _content_told(answer: str, question: Question) -> bool:
    """Whether the question has nearly all that the answer says, or its one clinical word."""
    known = read(question.question).known
    reading = read(answer)
    content = {k for k in reading.keys if k} - _PLAIN - _GENERIC
    clinical = {k for w, k in zip(reading.words, reading.keys, strict=True) if is_clinical(w)}
    if len(content) > 2 and question.kind == "open" and not _is_phrase(answer, reading):
        return content <= known and not _YES_OR_NO_INSIDE.search(question.question)
    if len(content) > 2 and len(content & known) * 4 >= len(content) * 3:
        return True
    if len(content) == 2 and content <= known and (question.options or content <= clinical):
        return True
    if len(content) == 1 and question.kind == "open" and content <= known & clinical:
        return True
    others = {k for o in question.options if o != answer for k in read(o).keys}
    return bool(question.options and (clinical & known) - others and not clinical & others)


def _is_phrase(answer: str, reading: Reading) -> bool:
    """Whether an answer is a phrase; a sentence takes up what was asked and adds to it."""
    inside = answer.strip().rstrip(".")
    return len(reading.words) <= _LONGEST_PHRASE and not re.search(r"[.:;]", inside)


def _told_before(question: Question) -> Iterator[tuple[str, str]]:
    """`The scan shows an effusion. Is there an effusion?`: a closed question after its answer."""
    *before, last = re.split(r"(?<=[.!;:])\s+", question.question.strip())
    asked = {k for k in read(last).keys if k} - _PLAIN
    told = read(" ".join(before))
    if before and asked and len(asked & told.known) * 3 >= len(asked) * 2:
        yield "answer_leaked", f"'{told.text[:60]}'"
    elif found := _LEADING.search(question.question):
        yield "answer_leaked", f"'{found[0][:60]}'"


def _either(question: Question) -> bool:
    """`Is it left or right?` offers its answer beside another."""
    return " or " in f" {_normal(question.question)} " and question.kind == "open"


def true_options(question: Question, source: Reading) -> Iterator[tuple[str, str]]:
    """Wrong options that the evidence states, where the question asks what is to be seen.

    A wrong option may be true of another place or panel: it counts where its sentence speaks of
    what is asked no less than the answer's own.
    """
    general = _WHAT_IS_SEEN.search(question.question) is not None
    if question.kind not in ("single", "multiple") or _ABSENT.search(question.question):
        return
    right = {_normal(a) for a in answers(question)}
    right_keys = {k for a in right for k in read(a).keys if k}
    asked = {k for k in read(question.question).keys if k} - _PLAIN
    best = max((_asked_there(asked, s) for s in _sentences_with(right_keys, source)), default=0)
    for option in question.options:
        keys = {k for k in read(option).keys if k}
        if _normal(option) in right or not keys or _NONE_OF.search(option) or keys <= right_keys:
            continue
        there = [_asked_there(asked, s) for s in _sentences_with(keys, source)]
        listed_too = any(
            _listed_together(keys, right_keys, s, source) for s in source.sentence_ranges
        )
        if not general and not (listed_too and best and not re.search(r"\d", question.question)):
            continue
        if there and max(there) >= best and not _contradicted(read(option), source):
            yield "option_wrong", f"wrong option '{option[:60]}' is true by the source"


def _sentences_with(keys: set[str], source: Reading) -> list[frozenset[str]]:
    """The words of each sentence, with those of the one before, that states all the keys."""
    told = assertions(source)
    found, before = [], frozenset[str]()
    for inside in source.sentence_ranges:
        words = frozenset(source.keys[i] for i in inside)
        stated = {source.keys[i] for i in inside if i not in told.phrase}
        if keys and keys <= stated:
            found.append(words | before)
        before = words
    return found


def _listed_together(keys: set[str], right: set[str], inside: range, source: Reading) -> bool:
    """`diastasis and hypoplasia`: option and answer stand side by side in a list."""
    one = [i for i in inside if source.keys[i] in keys]
    two = [i for i in inside if source.keys[i] in right - keys]
    if {source.keys[i] for i in one} != keys or not two:
        return False
    first, second = (one, two) if one[0] < two[0] else (two, one)
    between = range(max(i for i in first if i < second[0]) + 1, second[0])
    if any(source.keys[i] for i in between):
        return False
    return any(source.words[i] in ("and", ",", "or") for i in between)


def _asked_there(asked: set[str], sentence: frozenset[str]) -> int:
    return len(asked & sentence)


def _contradicted(option: Reading, source: Reading) -> bool:
    """Whether another side or qualifier makes the option wrong after all."""
    return any(sides(option, source, False)) or any(qualifiers(option, source, True))


def closed(
    question: Question, source: Reading, contradictions: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yes to what the evidence denies or contradicts, no to what it states.

    `contradictions` is what is found when the question is taken as a statement.
    """
    said = closed_answer(question)
    if said is None:
        return
    asked = statement(question)
    own, told = assertions(asked), assertions(source)
    content = {k: i for i, k in enumerate(asked.keys) if k and k not in _ASKING}
    if not content:
        return
    against = bool(contradictions)
    denied = [k for k in content if _only_denied(k, source, told)]
    negated = [k for k in content if k in own.denied]
    if bool(denied) != bool(negated):
        against = True
    if said and against:
        if contradictions:
            yield from contradictions
        else:
            at = (denied or negated)[0]
            there = source.keys.index(at) if at in source.keys else 0
            yield (
                "negation_flipped",
                f"'{question.answer[:20]}', source '{source.around(there, 3, 1)}'",
            )
    elif (
        not said
        and not against
        and not _COMPARES.search(question.question)
        and told.phrased.isdisjoint(content)
        and all(k in source.known for k in content)
    ):
        yield "negation_flipped", f"'{question.answer[:20]}', but the source has all of it"


def _only_denied(k: str, source: Reading, told: Assertions) -> bool:
    return k in source.keys and k not in told.stated and k in told.phrased


def statement(question: Question) -> Reading:
    """A closed question as a statement: its last sentence, without the asking."""
    last = re.split(r"(?<=[.!;:])\s+", question.question.strip())[-1]
    return read(_ASKED.sub("", last).rstrip("? "))


def unasked(question: Question, source: Reading) -> Iterator[tuple[str, str]]:
    """A superlative asked for of which the evidence says nothing: "at which lag is it strongest?"."""
    asked = _SUPERLATIVE.search(question.question)
    if not asked or question.kind not in ("open", "single") or _COMPARING.search(source.plain):
        return
    values = {w for w in source.words if w[0].isdigit()} - set(read(question.answer).words)
    if len(values) < 2 or any(w[0].isdigit() for w in read(question.answer).words):
        yield "not_grounded", f"'{asked[0]}': the evidence compares nothing"


def ungrounded(answer: Reading, source: Reading, asked: Reading) -> Iterator[tuple[str, str]]:
    """An open answer most of whose words of content the evidence does not have."""
    if _normal(answer.text) in _YES | _NO:
        return
    keys = [
        k
        for i, k in enumerate(answer.keys)
        if k and len(answer.words[i]) > 2 and answer.words[i] not in WORDS
    ]
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
    words = re.findall(r"[^\W_]+", plain.lower())
    return " ".join(w for w in words if w not in ("the", "a", "an")) or " ".join(words)
