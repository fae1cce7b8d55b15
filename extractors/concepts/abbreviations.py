"""Abbreviations that a document defines, so that a caption's "PE" is the article's embolism.

In: a text. Out: each `Definition` in it, with the places of its short and its long form. Three ways
of writing are read: "pulmonary embolism (PE)", "PE (pulmonary embolism)", and the legends of
figures, "PE: pulmonary embolism; CT = computed tomography" or "PE, pulmonary embolism".

The long form is found as Schwartz and Hearst do (2003: the letters of the short form, from the
right, the first at the start of a word), after a stricter try in which every letter starts a word.
More than they ask: no word of weight may stand in the long form without a letter of the short one
(one may, of a long one), so that "the posterior part was enlarged (PE)" defines nothing. Every
pattern looks at a bounded stretch, so the time is linear in the text.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec


class Definition(msgspec.Struct, frozen=True):
    """A short form and what it stands for, as spelt, and where they stand in the text."""

    short: str
    long: str
    short_span: tuple[int, int]
    long_span: tuple[int, int]


_BRACKET = re.compile(r"[(\[]([^()\[\]\n]{2,120})[)\]]")
_SHORT = r"[A-Za-z0-9Α-Ωα-ω][\w./+&\-‐‑–]{1,11}"
_SHORT_AT_START = re.compile(
    rf"\s?[\"'“‘]?({_SHORT}(?: [A-Z0-9][\w\-]{{1,6}})?)[\"'”’]?\s?(?=[,;)\]]|\Z)"
)
_SHORT_BEFORE = re.compile(rf"(?<![\w-])({_SHORT})[\"'”’]?\s?\Z")
_LEGEND = re.compile(
    r"(?<![\w\-])((?:[a-zα-ω0-9]{0,2}[A-Z]|[A-Z]\d?[a-z])[\w/\-]{1,9})"
    r"(?:\s?[:=–]\s?|, | - | (?:indicates|denotes|means|stands for) )(?=[A-Za-z0-9α-ω])"
)
_LEGEND_END = re.compile(r"[;,.:=()\[\]\n]")
_NUMBERED = re.compile(
    r"(?:[ivx]+|[IVX]+|(?:fig|figs|figure|table|tab|panel|ref|eq|suppl|movie|video|file|case|no|nos"
    r"|step|grade|stage|type|group|day|week|phase|part|line|lane|row|and|or|see|left|right|arrow|top"
    r"|bottom|red|blue|green|black|white|yes|usa|uk)s?\d{0,3}[a-z]?|[A-Za-z]\d?[-–][A-Za-z]\d?)\Z",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’]s\b)?")
_SPACED = re.compile(r"[^\s/]+")
_STOP_WORDS = frozenset(
    "a an the of in on and or to for with by from at as de la le et der und y e do da ray".split()  # noqa: SIM905
)
_LATIN = re.compile(r"in (?:vitro|vivo|situ|utero|silico)\b", re.IGNORECASE)
_BREAK = re.compile(r"[.!?;:]\s|[()\[\]\n;]|,\s(?=(?:and|or|but|which|the|in|we)\b)")
_LETTERS = str.maketrans("αβγδεζηθικλμνοπρστυφχψωΔµ", "abgdezhtiklmnoprstufcpodm")
_WINDOW_CHARS = 160


def definitions(text: str) -> list[Definition]:
    """Each definition in `text`, in order; an abbreviation may be defined more than once."""
    return list(_definitions(text))


@functools.lru_cache(maxsize=256)  # checks of written texts read one source many times
def _definitions(text: str) -> tuple[Definition, ...]:
    found = {d.short_span: d for d in (*_legends(text), *_brackets(text))}
    return tuple(found[span] for span in sorted(found))


def document_definitions(texts: Iterable[str]) -> Mapping[str, str]:
    """What each abbreviation stands for in a document of several texts, by its singular.

    Where a document defines one twice, the meaning given most often stands, of equals the first.
    """
    counts: dict[str, Counter[str]] = {}
    spelt: dict[str, str] = {}
    for text in texts:
        for definition in _definitions(text):
            meaning = " ".join(definition.long.split())
            spelt.setdefault(meaning.lower(), meaning)
            counts.setdefault(singular(definition.short), Counter())[meaning.lower()] += 1
    return {short: spelt[longs.most_common(1)[0][0]] for short, longs in counts.items()}


def singular(short: str) -> str:
    """`PE` of "PEs"; a short form that is no plural as it is."""
    return short[:-1] if len(short) > 2 and short[-1] == "s" and short[-2].isupper() else short


def _brackets(text: str) -> Iterator[Definition]:
    """Definitions with a bracket: "long (SHORT)" and "SHORT (long)"."""
    for match in _BRACKET.finditer(text):
        inside = _SHORT_AT_START.match(text, match.start(1), match.end(1))
        if inside and _is_short(inside[1]):
            span = _long_before(text, inside[1], match.start())
            if span:
                yield _definition(text, inside.span(1), span)
                continue
        if match.end(1) - match.start(1) > 4:
            yield from _long_in_bracket(text, match)


def _long_in_bracket(text: str, match: re.Match[str]) -> Iterator[Definition]:
    """The definition "SHORT (long)", where the bracket's first item is the long form, whole."""
    before = _SHORT_BEFORE.search(text, max(match.start() - 14, 0), match.start())
    if before and _is_short(before[1]) and _capitals(before[1]) > 1:
        end = _item_end(text, match.start(1), match.end(1))
        if _is_long(text[match.start(1) : end], before[1]):
            yield _definition(text, before.span(1), (match.start(1), end))


def _legends(text: str) -> Iterator[Definition]:
    """Definitions as legends list them: "PE: pulmonary embolism; CT, computed tomography"."""
    for match in _LEGEND.finditer(text):
        if _capitals(match[1]) < 2 or not _is_short(match[1]):
            continue
        end = _item_end(text, match.end(), min(match.end() + _WINDOW_CHARS, len(text)))
        if _is_long(text[match.end() : end], match[1]):
            yield _definition(text, match.span(1), (match.end(), end))


def _item_end(text: str, start: int, end: int) -> int:
    """Where the item of a list that begins at `start` ends, blanks left out."""
    stop = _LEGEND_END.search(text, start, end)
    stretch = text[start : stop.start() if stop else end]
    return start + len(stretch.rstrip())


def _definition(text: str, short: tuple[int, int], long: tuple[int, int]) -> Definition:
    return Definition(text[slice(*short)], text[slice(*long)], short, long)


def _capitals(short: str) -> int:
    return sum(c.isupper() or c.isdigit() for c in short)


def _is_short(short: str) -> bool:
    """Whether this looks like an abbreviation, and not like a remark, a number or a panel."""
    letters = sum(c.isalpha() for c in short)
    if letters < 2 or _NUMBERED.match(short) or short[-1] in "-‐‑–/&":
        return False
    if short.islower():
        return letters <= 4
    return _capitals(short) > 1 or len(short) <= 5


def _long_before(text: str, short: str, end: int) -> tuple[int, int] | None:
    """The span of the long form that ends before the bracket at `end`."""
    begin = max(end - _WINDOW_CHARS, 0)
    for stop in _BREAK.finditer(text, begin, end):
        begin = stop.end()
    window = text[begin:end].rstrip(" \"'“”‘’,")
    start = _long_start(window, short)
    return None if start is None else (begin + start, begin + len(window))


def _is_long(candidate: str, short: str) -> bool:
    """Whether all of `candidate` is the long form."""
    return _long_start(candidate, short, whole=True) == 0


def _long_start(window: str, short: str, whole: bool = False) -> int | None:
    """Where in `window` the long form that ends with it begins."""
    lowered = _plain(window)
    if len(lowered) != len(window):
        return None
    spans = [m.span() for m in _WORD.finditer(lowered)]
    for letters in _spellings(short):
        spans_read = spans[-min(len(letters) + 5, len(letters) * 2) :]
        start = _by_initials(lowered, spans_read, letters)
        if start is None and not short.islower():
            start = _by_letters(lowered, spans_read, letters)
        if start is not None and _sound(window[start:], short, whole):
            return start
    return None


def _plain(text: str) -> str:
    return text.lower().translate(_LETTERS)


def _spellings(short: str) -> list[str]:
    """The letters and digits of a short form; of a plural also without the s."""
    forms = [short] if singular(short) == short else [short, singular(short)]
    return [re.sub(r"[\W_]", "", _plain(form)) for form in forms]


def _by_initials(lowered: str, spans: list[tuple[int, int]], letters: str) -> int | None:
    """The long form in which each letter starts a word; small words may stand between."""
    left = len(letters)
    for start, end in reversed(spans):
        if lowered[start] == letters[left - 1]:
            left -= 1
            if left == 0:
                return start
        elif lowered[start:end] not in _STOP_WORDS:
            return None
    return None


def _by_letters(lowered: str, spans: list[tuple[int, int]], letters: str) -> int | None:
    """The long form after Schwartz and Hearst, each word of weight with a letter in it."""
    if not spans:
        return None
    at, floor, hits = len(lowered), spans[0][0], []
    starts = {start for start, _ in spans}
    for left, letter in reversed(list(enumerate(letters))):
        at = lowered.rfind(letter, floor, at)
        while left == 0 and at >= 0 and at not in starts:
            at = lowered.rfind(letter, floor, at)
        if at < 0:
            return None
        hits.append(at)
    return at if _covered(lowered, [s for s in spans if s[0] >= at], letters, hits) else None


def _covered(lowered: str, spans: list[tuple[int, int]], letters: str, hits: list[int]) -> bool:
    """Whether the words of weight have a letter each, of those that the short form begins with."""
    weighty = missed = 0
    hit = True
    firm = all(at == 0 or not lowered[at - 1].isalnum() for at in hits)
    for word in _SPACED.finditer(lowered, spans[0][0]):
        parts = [p for p in _WORD.findall(word[0]) if p not in _STOP_WORDS]
        if parts:
            weighty += 1
            hit = any(word.start() <= at < word.end() for at in hits)
            hit = hit and any(part[0] in letters for part in parts)
            missed += not hit
    return hit and missed <= (len(letters) > 3 - firm and weighty > 2)


def _sound(long: str, short: str, whole: bool) -> bool:
    """Whether a long form found is longer than its short form, without it, and no phrase."""
    words = _WORD.findall(long.lower())
    if len(long) <= len(short) + 1 or words[-1] in _STOP_WORDS:
        return False
    if words[0] in _STOP_WORDS and not _LATIN.match(long):
        return False
    if "or" in words or short.lower() in words or (_capitals(short) > 1 and short in long):
        return False
    if "," in long and len(short) < 3:
        return False
    return not whole or len(words) <= 2 * len(short) + 2
