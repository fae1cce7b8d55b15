"""Whether words of place, size and number in a text agree with the region that it is about.

A text may be about several regions of a kind: it is wrong where it fits none of them. Words within
names (left lung, large bowel) are not about the place. A side without further words is the
patient's where the region's side is, else the picture's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from llm_rewrite.material.marked_regions import SIZES, centre_of, percent, size_word
from llm_rewrite.material.naming import mentions_of
from schemas.sample import Region

_PICTURE = r"(?:image|picture|frame|field|view|scan|photograph|photo|slide|film|slice|midline)"
_SIDE = re.compile(r"\b(left|right)\b", re.IGNORECASE)
_PATIENTS = re.compile(r"patient['’]?s\s+\Z", re.IGNORECASE)
_OF_PATIENT = re.compile(r"\A(?:\s+side)?\s+of\s+the\s+patient", re.IGNORECASE)
_OF_PICTURE = re.compile(
    rf"\A(?:[\s-]+\w+){{0,3}}?\s+(?:of|in)\s+(?:the|this)\s+{_PICTURE}", re.IGNORECASE
)
_BEFORE_PICTURE = re.compile(rf"{_PICTURE}['’]?s?\s+(?:\w+\s+)?\Z", re.IGNORECASE)
_RELATION = re.compile(r"\A(?:\s+side)?\s+of\s+", re.IGNORECASE)
_HEIGHT = re.compile(
    r"\b(upper|top|lower|bottom)(?:most)?\b(?!\s+(?:lobe|limb|pole|extremit|lip|jaw|abdomen|eyelid"
    r"|lid|arm|leg|tract|quadrant\s+of\s+the\s+breast))",
    re.IGNORECASE,
)
_OVER = re.compile(r"\b(above|below|beneath)\b", re.IGNORECASE)
_CENTRE = re.compile(rf"\bcent(?:er|re)\s+of\s+(?:the|this)\s+{_PICTURE}", re.IGNORECASE)
_CORNERED = re.compile(r"(?:left|right|upper|lower)[\s-]+\Z", re.IGNORECASE)
_SIZE = re.compile(
    r"\b(tiny|small|large|huge|medium(?:-sized)?)\b"
    r"(?!\s+(?:bowel|intestin|cell|vessel|airway|joint|number|amount))",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"(?<!\d)(\d{1,6}(?:\.\d{1,6})?)\s?(?:%|per\s?cent)", re.IGNORECASE)
_FOUR = re.compile(r"(?<!\d)\d{1,6}(?:\s?,\s?\d{1,6}){3}")
_NUMBERS = [
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    *("nineteen", "twenty"),
]
_COUNT = re.compile(rf"\b(\d+|{'|'.join(_NUMBERS[2:])})\s+(?:\w+\s+)?\Z", re.IGNORECASE)
_TOLERANCE = 0.04  # of the picture's side: so near the middle a region is on neither side
_NEAR = 80  # characters
_WORDS = tuple(word for word, _ in SIZES)


@dataclass(frozen=True)
class Placed:
    """A region with the size of its picture, width and height in pixels, and its box as shown."""

    region: Region
    size: tuple[int, int]
    box: tuple[int, ...] = ()

    @property
    def spread(self) -> tuple[float, float, float, float]:
        """The box in parts of the picture's width and height."""
        (x0, y0, x1, y1), (width, height) = self.region.box, self.size
        return x0 / width, y0 / height, x1 / width, y1 / height


def place_findings(
    text: str, about: Sequence[Placed], all_: Sequence[Placed], names: Iterable[str]
) -> list[str]:
    """What a text on the regions `about` has wrong, as `reason: detail`.

    `all_` are the row's regions, which relations are to; `names` further names whose words say
    nothing of place.
    """
    labels = [placed.region.label for placed in all_]
    bare = without_names(text, [*labels, *names])
    found = [
        *_sides(bare, text, about, all_),
        *_heights(bare, about, all_),
        *_sizes(bare, about),
        *_shares(bare, about),
        *_boxes(bare, about),
        *_counts(text, about, all_),
    ]
    return list(dict.fromkeys(found))


def without_names(text: str, names: Iterable[str]) -> str:
    """The text with names blanked out, letter for letter, so that places in it stay."""
    for name in sorted({n.strip() for n in names if n.strip()}, key=len, reverse=True):
        words = r"[\s-]+".join(map(re.escape, name.split()))
        text = re.sub(rf"(?<!\w){words}(?!\w)", lambda m: "_" * len(m[0]), text, flags=re.I)
    return text


def _sides(bare: str, text: str, about: Sequence[Placed], all_: Sequence[Placed]) -> Iterator[str]:
    """Sides that none of the regions is on: of the patient, of the picture, of another region."""
    for match in _SIDE.finditer(bare):
        side, before, behind = match[1].lower(), *_around(bare, match)
        if _PATIENTS.search(before) or _OF_PATIENT.match(behind):
            fits = any(_on_patient(one, side) for one in about)
        elif _OF_PICTURE.match(behind) or _BEFORE_PICTURE.search(before):
            fits = any(_on_picture(one, side) for one in about)
        elif relation := _RELATION.match(behind):
            at = match.end() + relation.end()
            others = _meant(text[at : at + _NEAR], all_)
            fits = any(_beside(one, other, side) for one in about for other in others)
        else:
            fits = any(_on_told(one, side) for one in about)
        if not fits:
            yield f"laterality_changed: {_quoted(text, match.start(), match.end())}"


def _on_patient(one: Placed, side: str) -> bool:
    return one.region.frame == "patient" and one.region.side in (side, "both")


def _on_picture(one: Placed, side: str) -> bool:
    x0, _, x1, _ = one.spread
    if side in one.region.place or (x0 < 1 / 3 and x1 > 2 / 3):
        return True
    middle = (x0 + x1) / 2
    return middle < 0.5 + _TOLERANCE if side == "left" else middle > 0.5 - _TOLERANCE


def _on_told(one: Placed, side: str) -> bool:
    return _on_patient(one, side) if one.region.frame == "patient" else _on_picture(one, side)


def _meant(words: str, all_: Sequence[Placed]) -> list[Placed]:
    """The regions that the next words name; all of them where they name none."""
    named = {m.name for m in mentions_of(words, [placed.region.label for placed in all_])}
    return [placed for placed in all_ if placed.region.label in named] or list(all_)


def _beside(one: Placed, other: Placed, side: str) -> bool:
    """Of the picture; where sides are the patient's, left of a thing may mean either."""
    if one.region.frame == "patient":
        return True
    if one == other or one.region.image != other.region.image:
        return False
    gap = centre_of(one.region)[0] - centre_of(other.region)[0]
    return gap < 0 if side == "left" else gap > 0


def _heights(bare: str, about: Sequence[Placed], all_: Sequence[Placed]) -> Iterator[str]:
    """Upper and lower, above and below, and the centre, where no region lies so."""
    for match in _HEIGHT.finditer(bare):
        upper = match[1].lower() in ("upper", "top")
        if not any(_at_height(one, upper) for one in about):
            yield f"qualifier_changed: {_quoted(bare, match.start(), match.end())}"
    for match in _OVER.finditer(bare):
        above = match[1].lower() == "above"
        others = [other for one in about for other in all_ if _over(one, other, above)]
        if not others:
            yield f"qualifier_changed: {_quoted(bare, match.start(), match.end())}"
    for match in _CENTRE.finditer(bare):
        cornered = _CORNERED.search(_around(bare, match)[0])
        if not cornered and not any(_in_centre(one) for one in about):
            yield f"qualifier_changed: {_quoted(bare, match.start(), match.end())}"


def _at_height(one: Placed, upper: bool) -> bool:
    _, y0, _, y1 = one.spread
    if ("upper" if upper else "lower") in one.region.place or (y0 < 1 / 3 and y1 > 2 / 3):
        return True
    middle = (y0 + y1) / 2
    return middle < 0.5 + _TOLERANCE if upper else middle > 0.5 - _TOLERANCE


def _over(one: Placed, other: Placed, above: bool) -> bool:
    if one == other or one.region.image != other.region.image:
        return False
    gap = centre_of(one.region)[1] - centre_of(other.region)[1]
    return gap < 0 if above else gap > 0


def _in_centre(one: Placed) -> bool:
    x0, y0, x1, y1 = one.spread
    return x0 < 2 / 3 and x1 > 1 / 3 and y0 < 2 / 3 and y1 > 1 / 3


def _sizes(bare: str, about: Sequence[Placed]) -> Iterator[str]:
    """Sizes that are two steps off, or small for large."""
    for match in _SIZE.finditer(bare):
        word = match[1].lower().removesuffix("-sized").replace("huge", "large")
        told = _WORDS.index(word)
        steps = [abs(told - _WORDS.index(size_word(one.region.share))) for one in about]
        if min(steps) > 1:
            yield f"qualifier_changed: {_quoted(bare, match.start(), match.end())}"


def _shares(bare: str, about: Sequence[Placed]) -> Iterator[str]:
    known = {n for one in about for n in _PERCENT.findall(percent(one.region.share))}
    for match in _PERCENT.finditer(bare):
        if match[1] not in known:
            yield f"number_changed: {match[0]}"


def _boxes(bare: str, about: Sequence[Placed]) -> Iterator[str]:
    for match in _FOUR.finditer(bare):
        box = tuple(int(number) for number in re.findall(r"\d+", match[0]))
        if box not in {one.box for one in about}:
            yield f"region_unknown: no box {match[0]}"


def _counts(text: str, about: Sequence[Placed], all_: Sequence[Placed]) -> Iterator[str]:
    """ "Three polyps" where there are two, and the text is not about three of them."""
    for mention in mentions_of(text, [placed.region.label for placed in all_]):
        if counted := _COUNT.search(mention.before):
            word = counted[1].lower()
            number = int(word[:9]) if word.isdigit() else _NUMBERS.index(word)
            is_it: Callable[[Placed], bool] = lambda p, n=mention.name: p.region.label == n  # type: ignore[misc]  # noqa: E731
            if number not in (sum(map(is_it, all_)), sum(map(is_it, about))):
                yield f"number_changed: {counted[1]} {mention.name}"


def _around(text: str, match: re.Match[str]) -> tuple[str, str]:
    """What stands near before and behind a match; near only, so that time stays linear."""
    return text[max(0, match.start() - _NEAR) : match.start()], text[
        match.end() : match.end() + _NEAR
    ]


def _quoted(text: str, start: int, end: int) -> str:
    return " ".join(text[max(0, start - 40) : end + 40].split())
