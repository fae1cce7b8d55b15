"""Labels that a text gives to the wrong thing: left for right panel, red for green, b for a, a year.

A label is bound to the words it stands with: those before it where it is in brackets or ends a
phrase, those after it where it opens one. Two labels have been changed about where each goes with
words that the source has at the other, and few or none go with its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from llm_rewrite.checks.quantities import Quantity, quantities
from llm_rewrite.checks.reading import Reading
from llm_rewrite.checks.stems import keys_of
from llm_rewrite.checks.terms import listed

_MOST = 40
_FAR = 14
_WORDS = 6
_COLOURS = listed("red blue green yellow orange purple pink brown grey cyan magenta black white")
_SHAPES = listed("circle triangle square diamond star asterisk arrow arrowhead")


class _Family(NamedTuple):
    """Labels of one sort: the reason of a finding, word to label, words that must be shared."""

    reason: str
    poles: Mapping[str, str]
    least: int = 2


_FAMILIES = (
    _Family("laterality_changed", {"left": "left", "right": "right"}),
    _Family("qualifier_changed", {"top": "top", "bottom": "bottom"}),
    _Family("qualifier_changed", {**{c: c for c in _COLOURS}, "gray": "grey"}),
    _Family(
        "qualifier_changed",
        {form: shape for shape in _SHAPES for form in (shape, shape + "s", shape + "es")},
    ),
    _Family("qualifier_changed", {"solid": "solid", "dashed": "dashed", "dotted": "dotted"}),
)
_CASE_WORDS = listed("case patient subject lane participant animal mouse")
_CASES = keys_of(" ".join(_CASE_WORDS))
_LABELLING = keys_of(
    """
    panel image column row side half picture figure line bar box curve color arrow arrowhead
    circle triangle square diamond star asterisk dot symbol channel stain signal area show
    left right top bottom upper lower
    """
)


def pairing(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """Labels and years that the text has at what the source has at others."""
    for family in _FAMILIES:
        if len({p for w, p in family.poles.items() if w in text.known}) > 1:
            yield from _changed_about(text, source, family)
    yield from _years(text, source)
    yield from _numbers(text, source)
    yield from _labelled(text, source)


def _changed_about(text: Reading, source: Reading, family: _Family) -> Iterator[tuple[str, str]]:
    own, theirs = _bound(text, family.poles), _bound(source, family.poles)
    for one, two in combinations([p for p in own if p in theirs], 2):
        (mine_1, at), (mine_2, _) = own[one], own[two]
        (yours_1, there), (yours_2, _) = theirs[one], theirs[two]
        shared, both = mine_1 & mine_2, yours_1 & yours_2
        a, b = mine_1 - shared, mine_2 - shared
        c, d = yours_1 - both, yours_2 - both
        straight, swapped = len(a & c) + len(b & d), len(a & d) + len(b & c)
        if swapped >= family.least + 3 * straight and a & d and b & c:
            yield (
                family.reason,
                f"'{text.around(at, 3, 3)}', source '{source.around(there, 3, 3)}'",
            )
            return


def _bound(reading: Reading, poles: Mapping[str, str]) -> dict[str, tuple[frozenset[str], int]]:
    """Each label with the words it is bound to, and its first place."""
    found: dict[str, tuple[frozenset[str], int]] = {}
    seen = 0
    for i, word in enumerate(reading.words):
        pole = poles.get(word)
        if pole is None:
            continue
        seen += 1
        if seen > _MOST:
            return {}
        keys = _before(reading, i, poles) if _closes(reading, i) else _after(reading, i, poles)
        old, at = found.get(pole, (frozenset(), i))
        found[pole] = (old | keys, at)
    return found


def _closes(reading: Reading, i: int) -> bool:
    """Whether a label stands behind what it labels: `(left)`, `X in red.`"""
    words = reading.words
    inside = range(i - 1, max(-1, i - 5), -1)
    opened = next(
        (j for j in inside if words[j] in "()" or reading.sentences[j] < reading.sentences[i]), -1
    )
    if opened >= 0 and words[opened] == "(":
        # "(left) X" opens a sentence; "X (left)" closes a phrase
        return opened > 0 and reading.sentences[opened - 1] == reading.sentences[i]
    if _opens(reading, i):
        return False
    j = i + 1
    while j < min(len(words), i + 4) and reading.keys[j] in _LABELLING:
        j += 1  # "as white squares,"
    after = words[j] if j < len(words) else "."
    return after in ".,;)\n" or after in ("and", "while", "or")


def _opens(reading: Reading, i: int) -> bool:
    """`In red, tubulin`, `; left: cartoon`: no word of content stands before in its phrase."""
    for j in range(i - 1, max(-1, i - 5), -1):
        if reading.sentences[j] != reading.sentences[i] or reading.words[j] in ";:":
            return True
        if reading.keys[j]:
            return False
    return i < 5


def _after(reading: Reading, i: int, poles: Mapping[str, str]) -> frozenset[str]:
    found: list[str] = []
    for j in range(i + 1, min(len(reading.words), i + _FAR)):
        if reading.sentences[j] != reading.sentences[i] or reading.words[j] in poles:
            break
        if reading.words[j] in ";(" and found:
            break
        if reading.keys[j] and reading.keys[j] not in _LABELLING:
            found.append(reading.keys[j])
        if len(found) == _WORDS:
            break
    return frozenset(found)


def _before(reading: Reading, i: int, poles: Mapping[str, str]) -> frozenset[str]:
    found: list[str] = []
    for j in range(i - 1, max(-1, i - _FAR), -1):
        if reading.sentences[j] != reading.sentences[i] or reading.words[j] in poles:
            break
        if reading.words[j] in ";)" and (found or reading.words[j] == ";"):
            break
        if reading.keys[j] and reading.keys[j] not in _LABELLING:
            found.append(reading.keys[j])
        if len(found) == _WORDS:
            break
    return frozenset(found)


def _labelled(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """`case 10` for `case 17`: the number of a case of which the source numbers others."""
    own = _cases(text)
    theirs = _cases(source) if own else {}
    for label, at in own.items():
        same = [i for (noun, _), i in theirs.items() if noun == label[0]]
        if same and label not in theirs and label[1] not in source.words:
            detail = f"'{text.around(at, 0, 1)}', source '{source.around(same[0], 0, 1)}'"
            yield "number_changed", detail
            return


def _cases(reading: Reading) -> dict[tuple[str, str], int]:
    """`case 10`, `patients 1`: noun and number, and where."""
    if _CASES.isdisjoint(reading.keys):
        return {}
    return {
        (noun, reading.words[i + 1]): i
        for i, word in enumerate(reading.words[:-1])
        if (noun := word.rstrip("s")) in _CASE_WORDS and reading.words[i + 1].isdecimal()
    }


def _years(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """`2022 with 36 and 2023 with 38` told as "38 in 2022"."""
    own, theirs = quantities(text), quantities(source)
    if sum(q.unit == "year" for q in theirs) < 2 or len(theirs) > 200:
        return
    for quantity in own:
        year = _nearest(quantity, own, text, "year")
        if quantity.unit == "year" or quantity.kind == "name" or year is None:
            continue
        same = [t for t in theirs if t.number == quantity.number and t.unit != "year"]
        years = [_nearest(t, theirs, source, "year") for t in same]
        if not same or any(y is None or y.number == year.number for y in years):
            continue
        there = [t for t in theirs if t.unit == "year" and t.number == year.number]
        if any(source.sentences[t.token] == source.sentences[same[0].token] for t in there):
            detail = f"'{text.around(quantity.token)}', source '{source.around(same[0].token)}'"
            yield "number_changed", detail
            return


def _numbers(text: Reading, source: Reading) -> Iterator[tuple[str, str]]:
    """`85 enrolled, 80 analysed` told as "80 enrolled and 85 analysed"."""
    own, theirs = _once(text), _once(source)
    both = [number for number in own if number in theirs][:_MOST]
    for one, two in combinations(both, 2):
        if text.sentences[own[one]] != text.sentences[own[two]]:
            continue
        mine_1, mine_2 = _beside(text, own[one]), _beside(text, own[two])
        yours_1, yours_2 = _beside(source, theirs[one]), _beside(source, theirs[two])
        shared = (mine_1 & mine_2) | (yours_1 & yours_2)
        straight = ((mine_1 & yours_1) | (mine_2 & yours_2)) - shared
        if not straight and (mine_1 & yours_2) - shared and (mine_2 & yours_1) - shared:
            here, there = text.around(own[one]), source.around(theirs[one])
            yield "number_changed", f"'{here}', source '{there}'"
            return


def _once(reading: Reading) -> dict[float, int]:
    """Numbers that occur once, with their tokens."""
    found: dict[float, list[int]] = {}
    for q in quantities(reading):
        if q.kind != "name" and q.unit != "year":
            found.setdefault(q.number, []).append(q.token)
    return {number: at[0] for number, at in found.items() if len(at) == 1}


def _beside(reading: Reading, token: int) -> frozenset[str]:
    return reading.near(token) - _LABELLING


def _nearest(
    quantity: Quantity, among: tuple[Quantity, ...], reading: Reading, unit: str
) -> Quantity | None:
    """The nearest quantity with a unit in the same sentence, no farther than a phrase."""
    near = [
        q
        for q in among
        if q.unit == unit
        and q.token != quantity.token
        and reading.sentences[q.token] == reading.sentences[quantity.token]
        and abs(q.token - quantity.token) < 6
    ]
    numbers, _ = reading.segments
    own = numbers[quantity.token]
    return min(
        near,
        key=lambda q: (numbers[q.token] != own, abs(q.token - quantity.token)),
        default=None,
    )
