"""What a text says of labels: named, denied or left open, found by their words, without a linker.

A label's words count in any form that `checks.stems` knows (plural, adjective, British spelling).
Longer names are found first, so that "no tumour" is not read as a tumour.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from llm_rewrite.checks.stems import key

_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\d])|[;\n]")
_TURN = re.compile(
    r"\b(?:but|however|although|though|whereas|while|except|yet|besides|instead)\b"
    r"|,?\s+(?:and|with)\s+(?=(?:the|an?|there|it|this|its|one|two|several|multiple)\b)|,\s+with\b",
    re.IGNORECASE,
)
_FUNCTION = frozenset("a an the of in on at to and or like with by for from its this".split())  # noqa: SIM905
_DENIES = re.compile(
    r"\b(?:no|not|without|neither|nor|never|negative for|free of|absence of|absent|lack(?:s|ing)? of"
    r"|lacks|rules? out|ruled out|excludes?|excluding|denies|rather than)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\A[^\w,]*(?:\w+[^\w,]+){0,4}?(?:(?:is|are|was|were|be)\s+(?:absent|excluded|ruled out|not)\b"
    r"|(?:not|never)\s+(?:seen|present|visible|identified|evident|found|detected|demonstrated)\b"
    r"|(?:labelled|labeled|marked)?\s*(?:as\s+)?absent\b)",
    re.IGNORECASE,
)
_LEAVES_OPEN = re.compile(
    r"\b(?:possibl[ey]|possibility|may|might|could|suspect\w*|suspicious|suspicion|uncertain\w*"
    r"|equivocal|probabl[ey]|likely|questionable|potential\w*|perhaps|suggest\w*|indeterminate"
    r"|unclear|doubtful|cannot be excluded|not be excluded|cannot be ruled out|not certain)\b",
    re.IGNORECASE,
)
_LEFT_OPEN = re.compile(
    r"\A[^\w,]*(?:\w+[^\w,]+){0,4}?(?:is|are|was|were|remains?|cannot|can not|could|may|might|seems?)\s+"
    r"(?:possible|suspected|uncertain|likely|probable|equivocal|questionable|unclear|suggested"
    r"|considered|not certain|be (?:present|seen|there|excluded|ruled out)|not be (?:excluded|ruled out))\b",
    re.IGNORECASE,
)
_NORMAL = re.compile(
    r"\b(?:normal|healthy|unremarkable|clear|nothing abnormal)\b"
    r"|\b(?:no|without)\s+(?:\w+\s+){0,4}?(?:abnormal\w*|findings?|patholog\w+|disease|lesions?)\b",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"[bcdfghklmnprtvwy]s\Z")
_TYPICALLY = re.compile(
    r"\b(?:which\s+(?:is|are)\s+)?(?:typical(?:ly)?|usually|often|characteristically|generally"
    r"|commonly|classically)\b",
    re.IGNORECASE,
)
_MOST_OWN = 5  # one word in so many may be the writer's own
_NO = re.compile(r"\A(?:no|not|without)\s+", re.IGNORECASE)
_GENERAL = re.compile(
    r"\b(?:typical(?:ly)?|usually|often|characteristic(?:ally)?|general(?:ly)?|common(?:ly)?"
    r"|classic(?:al|ally)?|sometimes|frequently|may|can|might|(?<!there )(?<!this )(?<!it )is an?|refers to|means"
    r"|defined|described as|known)\b",
    re.IGNORECASE,
)

_NEAR = 300  # characters: where a word still bears on a name
_HELD = ("present", "uncertain")


@dataclass(frozen=True)
class Mention:
    """A name in a text, with the words of its clause before and behind it."""

    name: str
    words: str
    before: str
    behind: str

    @property
    def possible(self) -> bool:
        """Whether the clause leaves it open; a doubt does not reach over a comma."""
        near = self.before.rpartition(",")[2]
        return bool(_LEAVES_OPEN.search(near) or _LEFT_OPEN.match(self.behind))

    @property
    def denied(self) -> bool:
        """Whether the clause says that it is not there."""
        return bool(_DENIES.search(self.before) or _DENIED.match(self.behind))


def label_findings(
    text: str, labels: Mapping[str, str], others: Mapping[str, Sequence[str]], shown: str
) -> list[str]:
    """What a text has wrong of labels, as `reason: detail`.

    `labels` maps each name to present, absent, uncertain or unstated; `others` to further names of
    the same; `shown` is all that the model was shown, whose words an unstated label may share.
    """
    names = {n: label for label in labels for n in (label, *others.get(label, ()))}
    denials = {_NO.sub("", name): label for name, label in names.items() if _NO.match(name)}
    mentions: dict[str, list[Mention]] = {}
    for mention in mentions_of(text, [*names, *denials]):
        for label in {names.get(mention.name, ""), denials.get(mention.name, "")} - {""}:
            mentions.setdefault(label, []).append(mention)
    held = [set(_keys(label)) for label, value in labels.items() if value in _HELD]
    found: list[str] = []
    for label, value in labels.items():
        wider = value not in _HELD and any(set(_keys(label)) <= keys for keys in held)
        if not wider:  # "opacity" where "lung opacity" is there: said in any order of words
            found += _of_label(text, label, value, mentions.get(label, []), shown)
    return found


def _of_label(
    text: str, label: str, value: str, mentions: Sequence[Mention], shown: str
) -> Iterator[str]:
    """The findings for one label."""
    stated = [one for one in mentions if not one.denied or one.possible]
    sure = [one for one in stated if not one.possible]
    if says_normal(label):
        if value == "present":
            yield from _of_normal(text, label, mentions)
    elif value == "present" and not mentions:
        if not is_named(text, label):
            yield f"concept_lost: {label}"
    elif value == "present" and not stated:
        yield f"negation_flipped: {label} is present, the text: {mentions[0].words}"
    elif value == "present" and not sure:
        yield f"certainty_changed: {label} is present, the text: {stated[0].words}"
    elif value == "absent" and stated:
        yield f"negation_flipped: {label} is absent, the text: {stated[0].words}"
    elif value == "uncertain" and (sure or len(stated) < len(mentions)):
        yield f"certainty_changed: {label} is uncertain, the text: {mentions[0].words}"
    elif value == "unstated" and sure and not list(mentions_of(shown, [label])):
        yield f"concept_added: {label}"


def _of_normal(text: str, label: str, mentions: Sequence[Mention]) -> Iterator[str]:
    """The findings for a label such as "no tumour": said in full, or its tumour denied."""
    stated = [one for one in mentions if not _NO.match(one.name) and not one.denied]
    if _NO.match(label) and stated:
        yield f"negation_flipped: {label}, the text: {stated[0].words}"
    elif not mentions and not _NORMAL.search(text):
        yield f"concept_lost: {label}"


def says_normal(label: str) -> bool:
    """Whether a label says that something is not there, or that all is well."""
    return bool(_NO.match(label) or _NORMAL.fullmatch(label))


def mentions_of(text: str, names: Iterable[str]) -> Iterator[Mention]:
    """Where names stand in a text, the longest first; no word is part of two.

    Only words such as "of" and "the" may stand between the words of a name.
    """
    keyed = {name: _keys(name) for name in dict.fromkeys(names)}
    ordered = sorted(keyed, key=lambda name: -len(keyed[name]))
    for clause in clauses(text):
        words = [
            (m.start(), m.end(), _key(m[0].lower()))
            for m in _WORD.finditer(clause)
            if m[0].lower() not in _FUNCTION
        ]
        taken: set[int] = set()
        for name in ordered:
            size = len(keyed[name])
            for at in range(len(words) - size + 1 if size else 0):
                places = range(at, at + size)
                if [w[2] for w in words[at : at + size]] == keyed[name] and taken.isdisjoint(
                    places
                ):
                    taken.update(places)
                    start, end = words[at][0], words[at + size - 1][1]
                    yield Mention(
                        name,
                        clause.strip()[:160],
                        clause[max(0, start - _NEAR) : start],
                        clause[end : end + _NEAR],
                    )


def is_named(text: str, name: str) -> bool:
    """Whether one sentence has all words of a name, in any order and form."""
    wanted = set(_keys(name))
    return any(wanted <= set(_keys(sentence)) for sentence in _SENTENCE.split(text))


def clauses(text: str) -> list[str]:
    """A text cut where a sentence ends or turns: what is denied before a "but" is not behind it."""
    return [clause for sentence in _SENTENCE.split(text) for clause in _TURN.split(sentence)]


def general_findings(text: str, background: Sequence[str], shown: Sequence[str]) -> list[str]:
    """Sentences that say of this picture what only the background says, as `reason: detail`.

    A sentence with three words of a background passage that nothing else has must be marked as
    general: "typically", "often", "may".
    """
    if not background:
        return []
    own = {word for part in shown for word in _keys(part)}
    told = [_content(passage) - own for passage in background]
    found = []
    for sentence in _SENTENCE.split(text):
        words = _content(sentence)
        for passage in told:
            taken = words & passage
            if len(taken) >= 3 and not _GENERAL.search(sentence):
                found.append(f"certainty_changed: only known in general: {sentence.strip()[:200]}")
                break
    return found


def without_general(text: str, background: Sequence[str]) -> str:
    """The text without what it says in general: "typically ..." to the end of the sentence.

    Only where nearly all words are of the background; what is left speaks of this picture, and can
    be held against its evidence.
    """
    known = {word for passage in background for word in _content(passage)} | _SAYING
    kept = []
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        cue = _TYPICALLY.search(sentence)
        told = _content(sentence[cue.end() :]) if cue else set()
        general = cue is not None and len(told - known) * _MOST_OWN <= len(told)
        kept.append(sentence[: cue.start()].rstrip(" ,;:(") + "." if cue and general else sentence)
    return " ".join(kept)


def _content(text: str) -> set[str]:
    return {_key(m[0].lower()) for m in _WORD.finditer(text) if len(m[0]) > 3}


def other_names(background: Sequence[str], labels: Iterable[str]) -> dict[str, list[str]]:
    """Further names of labels, out of passages such as `NAME (also: A, B): TEXT`."""
    same: list[list[str]] = []
    for passage in background:
        head = (
            passage.partition(": ")[0] if "(also: " not in passage else passage.partition("): ")[0]
        )
        name, _, also = head.partition(" (also: ")
        same.append([name, *(other.strip() for other in also.split(",") if other.strip())])
    return {
        label: [n for names in same if _keys(label) in map(_keys, names) for n in names]
        for label in labels
    }


def _keys(name: str) -> list[str]:
    words = (match[0].lower() for match in _WORD.finditer(name))
    return [_key(word) for word in words if word not in _FUNCTION]


@functools.lru_cache(maxsize=65_536)
def _key(word: str) -> str:
    """One key for the forms of a word; a plain plural first loses its s."""
    word = word.replace("center", "centre")
    return key(word[:-1] if _PLURAL.search(word) else word)


_SAYING = _content("seen shown shows show described appears appear looks like with that which such")
