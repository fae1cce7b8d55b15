"""Whether the fact of a simple question survives in the answer of a merged one, by words alone.

Of an answer its numbers and telling words must be there; of a yes or no the thing asked for, in a
clause that affirms or denies it as the question and its answer together do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from llm_rewrite.material.questions import YES_NO, plain
from schemas.sample import Question

_NEGATIVE = re.compile(
    r"\b(?:no|not|none|never|without|absent|absence|free of|free from|lacks?|lacking|neither|nor|"
    r"cannot|excluded)\b|n't\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[.;:!?]\s+|[.;:!?]\Z|,\s+|\b(?:but|while|whereas|although|and|which)\b", re.IGNORECASE
)
# What a question calls the picture, which says nothing of what it asks for.
_PICTURE = re.compile(
    r"\b(?:this|these|the)\s+(?:(?!(?:an?|the|in|on|of|by|from)\b)[\w-]+\s+){0,4}?(?:images?|pictures?|"
    r"x-rays?|radiographs?|films?|scans?|photographs?|slides?|smears?|slices?|sections?)\b",
    re.IGNORECASE,
)
# Numbers in words, where a sentence would rather have these.
_SAID_AS = {"1": {"single", "solitary", "sole"}, "0": {"no", "none", "without", "not", "absent"}}
_STEM = 8
# Words that a question or an answer has besides what it is about.
_COMMON_WORDS = """
    image images picture this these that those there here is are was were be been being do does did
    has have had can could may of in on at to by for with from and or as it its which what where how
    many much any some seen shown show shows visible present absent evidence used make made taken
    technique class group belong belongs lie lies located part body find found see contain
    contains depict depicts no not free without lack lacks yes set
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_CONCLUDING = frozenset(("so", "thu", "thus", "hence", "therefor", "conclusi", "overall", "answer"))
AFFIRMING = frozenset(pair[0] for pair in YES_NO.values())
DENYING = frozenset(pair[1] for pair in YES_NO.values())


def fact_lost(question: Question, said: str) -> str:
    """A finding where the merged answer lacks or turns round what a question's answer says."""
    if question.kind == "closed" and plain(question.answer) in AFFIRMING | DENYING:
        return _sense_lost(question, said)
    have = set(_stems(said))
    needed = telling(question.answer) or plain(question.answer).split()
    whole = plain(said)
    lost = [
        word
        for word in needed
        if not have & {_stem(word), *_SAID_AS.get(word, ())}
        and (word.isascii() or word not in whole)  # not every script parts its words
    ]
    if not lost:
        return ""
    reason = "number_changed" if any(ch.isdigit() for ch in lost[0]) else "concept_lost"
    return f"{reason}: {lost[0]!r} of {question.answer[:80]!r} is not in the answer"


def _sense_lost(question: Question, said: str) -> str:
    """Of a yes or no: a clause speaks of the thing, and has its sense."""
    about = {_stem(word) for word in telling(_PICTURE.sub(" ", question.question))}
    affirmed = plain(question.answer) in AFFIRMING
    present = affirmed != bool(_NEGATIVE.search(question.question))
    clauses = [clause for clause in _CLAUSE.split(said) if clause]
    least = len(about) if len(about) < 3 else -(-2 * len(about) // 3)
    speaking = [clause for clause in clauses if len(about & set(_stems(clause))) >= least]
    if not speaking and len(about & set(_stems(said))) >= least:
        speaking = [said]
    if not about or not speaking:
        return f"concept_lost: nothing is said of {question.question[:80]!r}"
    senses = {not _NEGATIVE.search(clause) for clause in speaking}
    if present in senses:
        return ""
    return f"negation_flipped: {question.question[:80]!r} is answered {question.answer!r}"


def without_denial(text: str, question: Question) -> str:
    """A text without the clauses that only deny, in its own words, what a question asks for."""
    asked = {*_stems(question.question)}
    kept, end = [], 0
    for mark in [*_CLAUSE.finditer(text), None]:
        start = mark.start() if mark else len(text)
        clause = text[end:start]
        words = {_stem(word) for word in telling(clause)}
        if not (_NEGATIVE.search(clause) and words - _CONCLUDING <= asked):
            kept.append(f"{clause}{mark[0] if mark else ''}")
        end = mark.end() if mark else end
    return "".join(kept).strip()


def gives_away(question: Question, merged: str, together: Sequence[Question]) -> str:
    """A finding where a merged question has a telling word of an answer that none asked with.

    Answers of yes or no tell nothing by their words.
    """
    if question.kind == "closed":
        return ""
    asked_with = {stem for one in together for stem in _stems(one.question)}
    words = [w for w in telling(question.answer) if len(w) > 3 or w[0].isdigit()]
    in_question = set(_stems(merged))
    given = [w for w in words if _stem(w) in in_question and _stem(w) not in asked_with]
    return f"answer_leaked: {given[0]!r} of {question.answer[:80]!r}" if given else ""


def telling(text: str) -> list[str]:
    """The words of a text that say something, numbers as digits."""
    return [word for word in plain(text).split() if word not in _COMMON]


def _stems(text: str) -> Iterable[str]:
    return map(_stem, plain(text).split())


def _stem(word: str) -> str:
    """The beginning of a word, without the endings of number."""
    if len(word) > 4 and word.endswith("ies"):
        word = f"{word[:-3]}y"
    elif len(word) > 4 and word.endswith(("ses", "xes", "ches")):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word if word[0].isdigit() else word[:_STEM]
