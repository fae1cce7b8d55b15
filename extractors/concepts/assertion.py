"""Which findings of a sentence are denied ("no effusion") or doubted ("possible effusion").

In: a sentence of a text and the spans of its mentions. Out: an `Assertion` for each. A cue reaches
from itself to the end of its clause: through a list ("no fever, cough or rash"), not past "but" or
a new subject, and around a place ("no mass in the liver or ascites" denies the ascites, not the
liver). Cues before and after as in NegEx (Chapman 2001), terminators as in ConText (Harkema 2009).

What we chose: "consistent with", "compatible with" and "indicative of" assert; "suggestive of",
"likely", "may" and "versus" doubt. "Rule out X", "if X", "risk of X", "mimicking X" and "family
history of X" are doubted: X is asked for, supposed or another's. "X is unlikely" is denied and
doubted. "X has resolved" is denied. A doubt within a denial ("no sign of possible X") is a denial.
"X is unremarkable" says that X is there. A cue inside a mention ("HIV-negative") is part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from extractors.concepts import assertion_cues as cues


class Assertion(msgspec.Struct, frozen=True):
    """Whether a text denies a finding, and whether it leaves it open; neither: it asserts it."""

    negated: bool = False
    uncertain: bool = False


class _Event(NamedTuple):
    """A cue, or what ends or bends its reach."""

    kind: str
    start: int
    end: int
    words: tuple[str, ...]


class _Reach(NamedTuple):
    """Mentions that begin in `start` to `end` are meant; those that name a place only if `places`."""

    start: int
    end: int
    places: bool = True


_ASSERTED = Assertion()
_KNOWN = {(n, u): Assertion(n, u) for n in (False, True) for u in (False, True)}
_TOKEN = re.compile(r"\w+(?:[-'/]\w+)*|[,;:()?\[\]]|&")
_NOT_BEFORE = re.compile(r"(?:\bnon-|\bnon )\Z")
_NEGATED_BY = re.compile(
    r"\s?-\s?(?:negative|free)\b|\s?\(-\)|\snegative\b(?! (?:control|predict|margin|pressure|for\b))"
    r"|\sfree(?= (?:survival|margin|interval|status)|\s?[.,;)]|\Z)"
)
_GREW = re.compile(r"\s(?:growth|progression|enlargement|expansion)\b")
_COMPARED = re.compile(r"compar|control|patient|group|mice|wild|surviv|\bp ?[<=>]|\bn ?=")
_NOBODY = re.compile(r"patients|cases|subjects|participants|studies|individuals|articles|samples")
# After a comma or "and", these begin something of their own.
_OWN = re.compile(
    r"\s*(?:and\s+)?(?:the|there|an?|this|these|it|its|we|he|she|they|his|her|their|both)\b"
)
_SIZED = re.compile(
    r"\s*(?:and\s+)?(?:mild|moderate|severe|marked|stable|normal|small|large|minimal|slight|clear"
    r"|extensive|diffuse|multiple|several|two|three|old|chronic|previous|increased|decreased|tiny"
    r"|enlarged|unchanged|prominent|some|persistent|remaining|only|intact|low|high|status)(?:ly)?\b"
)
_PLACE_NAME = re.compile(
    r"(?:lungs?|lobes?|liver|spleen|kidneys?|pancreas|bladder|gallbladder|brain|heart|pelvis|abdomen"
    r"|chest|thorax|mediastinum|neck|head|spine|aorta|arter(?:y|ies)|veins?|bones?|breasts?|colon"
    r"|uterus|ovar(?:y|ies)|prostate|hip|knees?|shoulder|wrist|ankle|skull|ribs?|nodes?|glands?|duct"
    r"|muscles?|hil(?:um|a)|apex|apices|bases?|ventricles?|hemispheres?|bowel|stomach|trachea|wall"
    r"|side|eyes?|limbs?|extremit(?:y|ies)|regions?|area|zones?|space|cavity|canal|tissues?)\Z"
)
_WORD_LIMIT = 5  # of an item in a list without "or"
_NOT_CHARS = 60


def assertions(
    text: str, sentence: tuple[int, int], spans: Sequence[tuple[int, int]]
) -> list[Assertion]:
    """For each mention (its span in `text`), whether the sentence denies or doubts it."""
    start, end = sentence
    lowered = _lowered(text[start:end])
    if not spans or not cues.SCREEN.search(lowered):
        return [_ASSERTED] * len(spans)
    mentions = [(a - start, b - start) for a, b in spans]
    events = _events(lowered, mentions)
    denied, doubted = _reaches(events, lowered)
    found = []
    for a, b in mentions:
        name = lowered[a:b]
        negated = _within(denied, a, name) or _denied_by_affix(lowered, a, b)
        if negated and _GREW.match(lowered, b):
            negated = False
        uncertain = _within(doubted, a, name) or lowered.startswith("-like", b)
        found.append(_KNOWN[negated, uncertain])
    return found


def _lowered(text: str) -> str:
    """Lower case, character by character the same length."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    return lowered.replace("’", "'").replace("‐", "-").replace("‑", "-").replace("−", "-")


def _within(reaches: list[_Reach], start: int, name: str) -> bool:
    return any(
        r.start <= start < r.end and (r.places or not _PLACE_NAME.search(name)) for r in reaches
    )


def _denied_by_affix(lowered: str, start: int, end: int) -> bool:
    """ "non-X", "X-negative", "X-free", "X (-)"."""
    if lowered.startswith(("non-", "non "), max(start - 4, 0), start) and _NOT_BEFORE.search(
        lowered, max(start - 5, 0), start
    ):
        return True
    return bool(_NEGATED_BY.match(lowered, end))


def _events(lowered: str, mentions: list[tuple[int, int]]) -> list[_Event]:
    """The longest phrases of the cue lists, in order; what lies in a mention is part of it."""
    tokens = [(m[0], m.start(), m.end()) for m in _TOKEN.finditer(lowered)]
    events: list[_Event] = []
    place, count = 0, len(tokens)
    while place < count:
        kind, length = _longest(tokens, place)
        if not kind:
            place += 1
            continue
        begin, stop = tokens[place][1], tokens[place + length - 1][2]
        if not any(a <= begin and stop <= b for a, b in mentions):
            words = tuple(token[0] for token in tokens[place : place + length])
            events.append(_Event(_turned(kind, lowered, begin, stop), begin, stop, words))
            place += length
        else:
            place += 1
    return events


def _longest(tokens: list[tuple[str, int, int]], place: int) -> tuple[str, int]:
    """Kind and length, in tokens, of the longest phrase at a place; `("", 0)` where none is."""
    word = tokens[place][0]
    if word in cues.MARKS:
        return cues.MARKS[word], 1
    node: dict[str, Any] | None = cues.TRIE.get(word)
    best, best_end, following = "", place, place
    while node is not None:
        following += 1
        if "" in node:
            best, best_end = node[""], following
        if following == len(tokens):
            break
        node = node.get(tokens[following][0])
    return best, best_end - place


_CLAUSE_ENDS = re.compile(r"\s*(?:[.,;)!?\]]|\Z|(?:in|at|on|by|after|and|but|with|within)\b)")


def _turned(kind: str, lowered: str, start: int, end: int) -> str:
    """Which way a cue of two ways looks here."""
    if kind == cues.TWO_WAY_NO:
        return cues.NEGATED if _CLAUSE_ENDS.match(lowered, end) else cues.NEGATES
    if kind == cues.TWO_WAY_DOUBT:
        return cues.DOUBTED if _CLAUSE_ENDS.match(lowered, end) else cues.DOUBTS_ONE
    if (
        lowered[start] == "?"
        and lowered[start - 1 : start] in ("", " ", "(")
        and lowered[end:].strip()
    ):
        return cues.DOUBTS_ONE
    return kind


def _reaches(events: list[_Event], lowered: str) -> tuple[list[_Reach], list[_Reach]]:
    """What the sentence denies, and what it doubts."""
    denied: list[_Reach] = []
    doubted: list[_Reach] = []
    for index, event in enumerate(events):
        if event.kind in (cues.NEGATES, cues.NOT):
            denied.extend(_onward(events, index, lowered))
        elif event.kind in (cues.DOUBTS, cues.DOUBTS_ONE):
            if not any(r.start <= event.start < r.end for r in denied):
                doubted.extend(_onward(events, index, lowered))
        elif event.kind in (cues.NEGATED, cues.UNLIKELY):
            if not (event.words[-1] == "excluded" and _NOBODY.search(lowered, 0, event.start)):
                denied.extend(_back(events, index))
        if event.kind in (cues.DOUBTED, cues.UNLIKELY):
            doubted.extend(_back(events, index))
        if event.kind == cues.EITHER and not _COMPARED.search(lowered):
            doubted.extend(_back(events, index))
            doubted.extend(_onward(events, index, lowered))
    return denied, doubted


_STOPS = frozenset(
    {cues.END, cues.VERB, cues.NEGATES, cues.NOT, cues.NEGATED, cues.DOUBTED, cues.UNLIKELY}
)


def _onward(events: list[_Event], index: int, lowered: str) -> Iterator[_Reach]:
    """The stretches after a cue that it is about."""
    cue = events[index]
    begin, places, live = cue.end, True, True
    end = min(len(lowered), cue.end + _NOT_CHARS) if cue.kind == cues.NOT else len(lowered)
    for place in range(index + 1, len(events)):
        event = events[place]
        adjacent = not lowered[cue.end : event.start].strip()
        if _stops(events, place, cue, adjacent, live, lowered):
            end = min(end, event.start)
            break
        if event.kind in (cues.PLACE, cues.SEEN, cues.OPEN) and not adjacent:
            if event.kind == cues.OPEN and not _long_bracket(lowered, event.end):
                continue
            if live:
                yield _Reach(begin, min(event.start, end), places)
            live = False
        elif event.kind in (cues.OR, cues.COMMA, cues.CLOSE) and not live:
            begin, places, live = event.end, event.kind == cues.CLOSE, True
    if live and begin < end:
        yield _Reach(begin, end, places)


def _long_bracket(lowered: str, start: int) -> bool:
    """Whether a bracket holds more than a short name ("(DVT)", "(fluid or air)")."""
    close = lowered.find(")", start)
    return not 0 <= close - start <= 25


def _stops(
    events: list[_Event], place: int, cue: _Event, adjacent: bool, live: bool, lowered: str
) -> bool:
    """Whether a cue's reach ends at an event after it."""
    event = events[place]
    kind = event.kind
    if kind == cues.LINK:
        return not adjacent
    if kind in _STOPS:
        return not (adjacent and kind in (cues.NEGATES, cues.NOT, cues.VERB))
    if kind == cues.AND:
        return not live or cue.kind == cues.DOUBTS_ONE or not _goes_on(events, place, lowered)
    if kind == cues.COMMA:
        return cue.kind == cues.DOUBTS_ONE or not _goes_on(events, place, lowered, live)
    return kind == cues.CLOSE and not _opened(events, place, cue)


def _opened(events: list[_Event], place: int, cue: _Event) -> bool:
    """Whether the bracket that closes here opened after the cue."""
    return any(e.kind == cues.OPEN and e.start > cue.start for e in events[:place])


def _goes_on(events: list[_Event], place: int, lowered: str, live: bool = True) -> bool:
    """Whether a list goes on after this comma or "and", and no clause of its own begins."""
    event = events[place]
    if _OWN.match(lowered, event.end):
        return False
    item_end, listed = len(lowered), False
    for later in events[place + 1 :]:
        if later.kind in (cues.VERB, cues.NEGATED, cues.DOUBTED, cues.UNLIKELY):
            return False
        if later.kind == cues.OR:
            listed = True
        if later.kind in (cues.AND, cues.COMMA):
            item_end = min(item_end, later.start)
        if later.kind in (cues.OR, cues.END, cues.LINK, cues.SEEN, cues.NEGATES, cues.NOT):
            item_end = min(item_end, later.start)
            break
    if listed:
        return True
    short = len(lowered[event.end : item_end].split()) <= _WORD_LIMIT
    return live and short and not _SIZED.match(lowered, event.end) and _not_cue(events, place)


def _not_cue(events: list[_Event], place: int) -> bool:
    """Whether what follows a comma is not itself doubted ("no rash, possible oedema")."""
    following = events[place + 1 : place + 2]
    return not following or following[0].kind not in (cues.DOUBTS, cues.DOUBTS_ONE)


def _back(events: list[_Event], index: int) -> Iterator[_Reach]:
    """The stretches before a cue that it is about: the subject of its clause."""
    cue = events[index]
    end, joined, place = cue.start, False, index - 1
    while place >= 0 and _relative(events, place, end, index):
        end, place = events[place].start, place - 1
    finite = cue.words[0] in ("is", "are", "was", "were", "has", "have", "had")
    for event in reversed(events[: place + 1]):
        if event.kind in (cues.AND, cues.OR):
            yield _Reach(event.end, end)
            end, joined = event.start, True
        elif event.kind == cues.COMMA and joined:
            yield _Reach(event.end, end)
            end = event.start
        elif event.kind == cues.PLACE or (event.kind == cues.LINK and finite):
            end = event.start
        elif event.kind in _BOUNDS:
            yield _Reach(event.end, end)
            return
    yield _Reach(0, end)


_BOUNDS = frozenset(cues.CUES | {cues.END, cues.LINK, cues.VERB, cues.SEEN, cues.COMMA, cues.CLOSE})


def _relative(events: list[_Event], place: int, end: int, index: int) -> bool:
    """Whether an event ties the cue to the noun before it: ": none", ", which is absent"."""
    event = events[place]
    if end - event.end > 1:
        return False
    if event.words in ((":",), ("which",), ("that",)):
        return True
    return event.kind == cues.COMMA and place < index - 1 or event.kind == cues.OPEN
