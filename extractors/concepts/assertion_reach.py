"""How far a denial or a doubt reaches in its sentence.

In: a sentence in lower case and the places of its mentions. Out: the stretches that are denied and
those that are doubted. Cues are found as the longest phrases of the lists, word by word; from each
we walk along the other phrases, on or back, until one ends its clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from extractors.concepts import assertion_cues as cues


class Event(NamedTuple):
    """A cue, or what ends or bends its reach."""

    kind: str
    start: int
    end: int
    words: tuple[str, ...]


class Reach(NamedTuple):
    """Mentions that begin in `start` to `end` are meant; those that name a place only if `places`."""

    start: int
    end: int
    places: bool = True


_TOKEN = re.compile(
    r"\w+(?:[-'/]\w+)*|[,;:()?\[\]&]"
    r"|(?<!\bvs)(?<!\bfig)(?<!\bfigs)(?<!\bapprox)(?<!\.[a-z])(?<!\b[a-z])[.](?=\s+\w)"
)
_COMPARED = re.compile(r"compar|control|patient|group|mice|wild|surviv|\bp ?[<=>]|\bn ?=")
_NOBODY = re.compile(r"patients|cases|subjects|participants|studies|individuals|articles|samples")
# After a comma or "and", these begin something of their own; an article not after a doubt.
_ARTICLE = re.compile(r"\s*(?:and\s+)?an?\b")
_OWN = re.compile(
    r"\s*(?:and\s+)?(?:the|there|this|these|it|its|we|he|she|they|his|her|their|both)\b"
)
_SIZED = re.compile(
    r"\s*(?:and\s+)?(?:mild|moderate|severe|marked|stable|normal|small|large|minimal|slight|clear"
    r"|extensive|diffuse|multiple|several|two|three|old|chronic|previous|increased|decreased|tiny"
    r"|enlarged|unchanged|prominent|some|persistent|remaining|only|intact|low|high|status)(?:ly)?\b"
)
_WORD_LIMIT = 5  # of an item in a list without "or"
_NOT_CHARS = 60  # how far "not" reaches
_FAR = 40  # events; no cue looks further


def find_events(lowered: str, mentions: list[tuple[int, int]]) -> list[Event]:
    """The longest phrases of the cue lists, in order; what lies in a mention is part of it."""
    tokens = [(m[0], m.start(), m.end()) for m in _TOKEN.finditer(lowered)]
    events: list[Event] = []
    place, count = 0, len(tokens)
    while place < count:
        kind, length = _longest(tokens, place)
        if not kind:
            place += 1
            continue
        begin, stop = tokens[place][1], tokens[place + length - 1][2]
        if not any(a <= begin and stop <= b for a, b in mentions):
            words = tuple(token[0] for token in tokens[place : place + length])
            events.append(Event(_turned(kind, lowered, begin, stop), begin, stop, words))
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


_CLAUSE_ENDS = re.compile(
    r"\s*(?:[.,;)!?\]]|\Z|(?:in|at|on|by|after|and|but|with|within|given|because|as|or)\b)"
)
_FORWARD_TOO = {  # what a cue that reaches back becomes where its clause goes on
    "absent": cues.NEGATES,
    "negative": cues.THROUGH,
    "considered": cues.THROUGH,
    "possible": cues.DOUBTS_ONE,
    "probable": cues.DOUBTS_ONE,
    "likely": cues.DOUBTS_ONE,
    "questionable": cues.DOUBTS_ONE,
    "presumed": cues.DOUBTS_ONE,
    "suspected": cues.DOUBTS_ONE,
}


def _turned(kind: str, lowered: str, start: int, end: int) -> str:
    """Which way a cue of two ways looks here: back where its clause ends with it."""
    if lowered[start] == "?":
        starts = lowered[start - 1 : start] in ("", " ", "(") and lowered[end:].strip()
        return cues.DOUBTS_ONE if starts else kind
    if kind not in (cues.TWO_WAY_NO, cues.TWO_WAY_DOUBT, cues.NEGATED, cues.DOUBTED):
        return kind
    back = bool(_CLAUSE_ENDS.match(lowered, end))
    if kind == cues.TWO_WAY_NO:
        return cues.NEGATED if back else cues.NEGATES
    if kind == cues.TWO_WAY_DOUBT:
        return cues.DOUBTED if back else cues.DOUBTS_ONE
    return kind if back else _FORWARD_TOO.get(lowered[start:end].rsplit(None, 1)[-1], kind)


def reaches(events: list[Event], lowered: str) -> tuple[list[Reach], list[Reach]]:
    """What the sentence denies, and what it doubts."""
    denied: list[Reach] = []
    doubted: list[Reach] = []
    either = any(e.kind == cues.EITHER for e in events) and not _COMPARED.search(lowered)
    for index, event in enumerate(events):
        if event.kind in (cues.NEGATES, cues.NOT):
            denied.extend(_onward(events, index, lowered))
        elif event.kind in (cues.DOUBTS, cues.DOUBTS_ONE):
            if not any(r.start <= event.start < r.end for r in denied[-_FAR:]):
                doubted.extend(_onward(events, index, lowered))
        elif event.kind in (cues.NEGATED, cues.UNLIKELY):
            denied.extend(_back(events, index, lowered))
        if event.kind in (cues.DOUBTED, cues.UNLIKELY):
            doubted.extend(_back(events, index, lowered))
        if event.kind == cues.EITHER and either:
            doubted.extend(_back(events, index, lowered))
            doubted.extend(_onward(events, index, lowered))
    return denied, doubted


_STOPS = frozenset(
    {cues.END, cues.VERB, cues.NEGATES, cues.NOT, cues.NEGATED, cues.DOUBTED, cues.UNLIKELY}
)


def _onward(events: list[Event], index: int, lowered: str) -> Iterator[Reach]:
    """The stretches after a cue that it is about."""
    cue = events[index]
    begin, places, live = cue.end, True, True
    end = min(len(lowered), cue.end + _NOT_CHARS) if cue.kind == cues.NOT else len(lowered)
    for place in range(index + 1, min(index + _FAR, len(events))):
        event = events[place]
        adjacent = not lowered[cue.end : event.start].strip()
        if _stops(events, place, cue, adjacent, live, lowered):
            end = min(end, event.start)
            break
        if event.kind in (cues.PLACE, cues.SEEN, cues.OPEN) and not adjacent:
            if event.kind == cues.OPEN and not _long_bracket(lowered, event.end):
                continue
            if live:
                yield Reach(begin, min(event.start, end), places)
            live = False
        elif event.kind in (cues.OR, cues.COMMA, cues.CLOSE) and not live:
            begin, places, live = event.end, event.kind == cues.CLOSE, True
    if live and begin < end:
        yield Reach(begin, end, places)


def _long_bracket(lowered: str, start: int) -> bool:
    """Whether a bracket holds more than a short name ("(DVT)", "(fluid or air)")."""
    close = lowered.find(")", start)
    return not 0 <= close - start <= 25


def _stops(
    events: list[Event], place: int, cue: Event, adjacent: bool, live: bool, lowered: str
) -> bool:
    """Whether a cue's reach ends at an event after it."""
    event = events[place]
    kind = event.kind
    if kind == cues.LINK:
        return not adjacent
    if kind in _STOPS:
        return not (adjacent and kind in (cues.NEGATES, cues.NOT, cues.VERB))
    if kind in (cues.AND, cues.COMMA):
        return not _goes_on(events[place : place + _FAR], cue, lowered, live)
    return kind == cues.CLOSE and not any(
        e.kind == cues.OPEN and e.start > cue.start for e in events[max(place - _FAR, 0) : place]
    )


def _goes_on(events: list[Event], cue: Event, lowered: str, live: bool) -> bool:
    """Whether a list goes on after this comma or "and", and no clause of its own begins."""
    event = events[0]
    asserts_anew = cue.kind in (cues.NEGATES, cues.NOT) and _ARTICLE.match(lowered, event.end)
    if asserts_anew or _OWN.match(lowered, event.end) or (event.kind == cues.AND and not live):
        return False
    item_end, listed = len(lowered), False
    for later in events[1:]:
        if later.kind in (cues.VERB, cues.NEGATED, cues.DOUBTED, cues.UNLIKELY):
            return False
        if later.kind in _ITEM_ENDS:
            item_end = min(item_end, later.start)
        if later.kind in _LIST_ENDS:
            listed = later.kind == cues.OR
            break
    if cue.kind == cues.DOUBTS_ONE:
        return listed and event.kind == cues.COMMA
    short = len(lowered[event.end : item_end].split()) <= _WORD_LIMIT
    anew = _SIZED.match(lowered, event.end) or (
        len(events) > 1 and events[1].kind in (cues.DOUBTS, cues.DOUBTS_ONE)
    )
    return listed or (live and short and not anew)


_LIST_ENDS = frozenset((cues.OR, cues.END, cues.LINK, cues.SEEN, cues.NEGATES, cues.NOT))
_ITEM_ENDS = _LIST_ENDS | {cues.AND, cues.COMMA}


def _back(events: list[Event], index: int, lowered: str) -> Iterator[Reach]:
    """The stretches before a cue that it is about: the subject of its clause."""
    cue = events[index]
    if cue.words[-1] == "excluded" and _NOBODY.search(lowered, max(cue.start - 80, 0), cue.start):
        return
    end, joined, place = cue.start, False, index - 1
    while place >= 0 and _relative(events, place, end, index):
        end, place = events[place].start, place - 1
    finite = cue.words[0] in ("is", "are", "was", "were", "has", "have", "had")
    for event in reversed(events[max(place - _FAR, 0) : place + 1]):
        if event.kind in (cues.AND, cues.OR):
            yield Reach(event.end, end)
            end, joined = event.start, True
        elif event.kind == cues.COMMA and joined:
            yield Reach(event.end, end)
            end = event.start
        elif event.kind == cues.PLACE or (event.kind == cues.LINK and finite):
            end = event.start
        elif event.kind in _BOUNDS:
            yield Reach(event.end, end)
            return
    yield Reach(0, end)


_BOUNDS = frozenset(cues.CUES | {cues.END, cues.LINK, cues.VERB, cues.SEEN, cues.COMMA, cues.CLOSE})


def _relative(events: list[Event], place: int, end: int, index: int) -> bool:
    """Whether an event ties the cue to the noun before it: ": none", ", which is absent"."""
    event = events[place]
    if end - event.end > 1:
        return False
    if event.words in ((":",), ("which",), ("that",)):
        return True
    return (event.kind == cues.COMMA and place < index - 1) or event.kind == cues.OPEN
