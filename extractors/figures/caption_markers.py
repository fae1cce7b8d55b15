"""The panel markers a caption may hold: "(A)", "a)", "B and D:", "(a-c)", "Panel C", "b The ...".

In: a caption. Out: every candidate with its labels, its form and where it stands; which of them
are true markers is for `caption_systems` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
LONGEST_RANGE = 30

_PRIMES = r"['’′`]{0,3}(?!\w)"
_DASH = r"[-‐‑–—−~]"
_JOIN = rf"(?:\s*(?:{_DASH}|[/+,;]\s*(?:(?:and|or|&)\s)?)\s*|\s+(?:and|or|&|to|through|y|et|und)\s+)"
# Labels of one list are of one kind: "2, b" is no list.
_LABELS = [
    label + _PRIMES
    for label in (r"[A-Z]", r"[a-z]", r"[A-Za-z]\d\d?", r"\d\d?", r"[ivx]{1,4}", r"[IVX]{1,4}")
]
_LABEL = rf"(?:[ivx]{{2,4}}|[IVX]{{2,4}}|[A-Za-z]\d{{0,2}}|\d{{1,2}}){_PRIMES}"
_LIST = "(?:" + "|".join(f"{label}(?:{_JOIN}{label})*" for label in _LABELS) + ")"
LABEL_LIST = re.compile(_LIST)
_CANDIDATE = re.compile(
    rf"[(\[]\s*(?:[Pp]anels?\s+)?(?P<bracket>{_LIST})\s*(?:[)\]]|[,;]\s*(?=[^()\[\]]{{1,80}}[)\]]))"
    rf"|(?<![\w(\[.'’-])(?P<half>{_LIST})\)"
    rf"|\b[Pp]anels?\s+(?P<panel>{_LIST})\s*[:.,]?"
    rf"|(?<![^\s.;:,!?)(\]])(?P<plain>{_LIST})"
    rf"(?P<delimiter>\s?[:=](?=[\s(])|[.,](?=\s|[A-Z(])|\s?{_DASH}(?=\s)|(?=\s))"
)
_PARTS = re.compile(rf"({_LABEL})({_JOIN})?")
_JOINED = re.compile(rf"(?:{_JOIN}|\s*)\Z")
_RANGE = re.compile(rf"\s*(?:{_DASH}|\bto\b|\bthrough\b)\s*\Z")
_FORM_OF_DELIMITER = {":": "colon", "=": "equals", ".": "dot", ",": "comma", "": "bare"}

# A letter behind one of these is part of a name: "vitamin A", "group B", "Fig. 1 A".
_NAMING = re.compile(
    r"\b(?:vitamins?|hepatitis|influenza|types?|groups?|grades?|class|stages?|proteins?|cohorts?"
    r"|patients?|cases?|lanes?|factors?|arms?|zones?|levels?|child[- ]pugh|subtypes?|clusters?"
    r"|samples?|steps?|phases?|cyclin|aurora|kinase|omega|apo|ig|scenarios?|patterns?|lines?"
    r"|fig(?:ure|ura)?s?\.?(?:\s*S?\d+)?|table|refs?\.?|chapter|days?|weeks?|domains?|sites?"
    r"|points?|boxe?s?|arrows?|labell?ed|marked|as|than|see|versus|vs\.?)\s*\Z",
    re.IGNORECASE,
)
# What follows a footnote letter: "a P < 0.05 versus control".
_FOOTNOTE = re.compile(r"\s*(?:[pP]\s*[-<>=≤≥]|significan|different|vs\b|versus|[<>=≤≥±])")
_CONNECTOR = re.compile(r"(?:\b(?:and|or|y|et|und)|&)\s*\Z")
_FUNCTION = re.compile(
    r"\b(?:of|in|for|by|with|on|at|from|to|the|an?|as|than|see|via|using|show(?:s|ing|n)?|between"
    r"|into|through|are|is|were|was|include[sd]?|including|reveal(?:s|ed|ing)?|after|before|under"
    r"|demonstrat(?:e|es|ed|ing)|both|either|against|per|per(?:form|formed)|versus|vs\.?)\s*\Z",
    re.IGNORECASE,
)
_TAIL_NEXT = re.compile(r"\s*(?:[.,;:)\]]|(?:and|or|y|et|und|as well as|respectively)\b|&|\Z)")
_CAPITAL_NEXT = re.compile(r"\s*[\"'“‘]?(?:[A-Z][a-zà-ÿ]|An?\s)")
_LOOK_BACK = 24


class Marker(msgspec.Struct, frozen=True):
    """A candidate marker: `caption[start:end]` names panels.

    `labels` is what it names, ranges written out; `form` is `bracket`, `half`, `panel`, `colon`,
    `equals`, `dot`, `comma`, `dash`, `bare` or `loose` (bare, in the midst of words); `kind` is
    `upper`, `lower`, `alnum`, `roman` or `number`. `opens` is `sentence`, `clause` or empty: what
    begins with it. `lean` is above 0 where its phrase seems to follow it, below 0 where it seems
    to close its phrase. `close` is the end of a bracket with more words in it ("(A, left)"), else
    `end`. `referring`: a preposition or the like stands before it ("as in (A)").
    """

    start: int
    end: int
    close: int
    labels: tuple[str, ...]
    form: str
    kind: str
    opens: str
    lean: int
    referring: bool

    @property
    def leads(self) -> bool:
        """Whether its phrase follows it, as far as its own surroundings tell."""
        return bool(self.opens) or self.lean > 0


def find_markers(caption: str) -> list[Marker]:
    """All candidates of `caption` in order; adjacent ones ("(A) and (B)") are one."""
    found: list[Marker] = []
    for start, end, form, names in _merged(caption, list(_raw(caption))):
        kind, labels = _labels(names)
        if labels:
            found.append(_placed(caption, start, end, form, kind, labels))
    return found


_Raw = tuple[int, int, str, str]


def _raw(caption: str) -> Iterator[_Raw]:
    """(start, end, form, text of the label list) of what looks like a marker."""
    for match in _CANDIDATE.finditer(caption):
        group = match.lastgroup or ""
        if group in ("bracket", "panel"):
            yield match.start(), match.end(), group, match[group]
        elif group == "half":
            if not _inside_bracket(caption, match.start()):
                yield match.start(), match.end(), group, match[group]
        else:
            form = _plain_form(caption, match)
            if form:
                yield match.start(), match.end(), form, match["plain"]


def _inside_bracket(caption: str, position: int) -> bool:
    return caption.rfind("(", 0, position) > caption.rfind(")", 0, position)


def _plain_form(caption: str, match: re.Match[str]) -> str:
    """The form of a marker without brackets; empty where it cannot be one."""
    before = caption[max(0, match.start() - _LOOK_BACK) : match.start()]
    form = _FORM_OF_DELIMITER.get(match["delimiter"].strip(), "dash")
    if _FOOTNOTE.match(caption, match.end()) or _NAMING.search(before):
        return ""
    last = before.rstrip()[-1:]
    if not last or last in ".;:!?,([" or "\n" in before[-2:] or _CONNECTOR.search(before):
        return form
    if form == "colon":
        return form
    article = match["plain"] in ("a", "A", "I")
    return "loose" if form == "bare" and not (article and match["plain"] == "a") else ""


def _merged(caption: str, raw: list[_Raw]) -> Iterator[_Raw]:
    """Join neighbours with nothing but a joint between them: "(a)-(c)", "B) and C)"."""
    current: _Raw | None = None
    for item in raw:
        if current is not None and _joins(caption, current, item):
            gap = caption[current[1] : item[0]]
            joint = gap if gap.strip() else ", "
            current = (current[0], item[1], item[2], current[3] + joint + item[3])
        else:
            if current is not None:
                yield current
            current = item
    if current is not None:
        yield current


def _joins(caption: str, left: _Raw, right: _Raw) -> bool:
    same = left[2] == right[2] or (left[2] in _OPENING and right[2] in _OPENING)
    near = right[0] - left[1] <= 12 and left[2] in ("bracket", "half", "panel")
    return same and near and _JOINED.match(caption[left[1] : right[0]]) is not None


_OPENING = frozenset({"bracket", "half", "bare"})


def kind_of(label: str) -> str:
    """`upper`, `lower`, `alnum`, `roman` or `number`; a single i, v or x counts as a letter."""
    if label.isdigit():
        return "number"
    if len(label) > 1:
        return "alnum" if label[1].isdigit() else "roman"
    return "upper" if label.isupper() else "lower"


def _labels(names: str) -> tuple[str, tuple[str, ...]]:
    """The kind and the labels of a list, ranges written out; no labels where they do not agree."""
    kind, labels, ranged = "", [], False
    for label, joint in _PARTS.findall(names):
        label = label.rstrip("'’′`")
        if ranged:
            labels += _between(labels[-1], label)
        labels.append(label)
        ranged = bool(joint) and _RANGE.match(joint) is not None
    kinds = {kind_of(label) for label in labels}
    if "roman" in kinds and all(label.lower() in ROMAN for label in labels):
        kinds = {"roman"}
    if len(kinds) != 1:
        return "", ()
    kind = kinds.pop()
    return kind, tuple(dict.fromkeys(labels))


def _between(first: str, last: str) -> list[str]:
    """The labels strictly between two of a range; none where it is no range."""
    if first.isdigit() and last.isdigit():
        return [str(n) for n in range(int(first) + 1, min(int(last), int(first) + LONGEST_RANGE))]
    if first.lower() in ROMAN and last.lower() in ROMAN and len(first + last) > 2:
        names = ROMAN[ROMAN.index(first.lower()) + 1 : ROMAN.index(last.lower())]
        return [name.upper() if last.isupper() else name for name in names]
    if len(first) == len(last) == 1 and first.isupper() == last.isupper():
        return [chr(n) for n in range(ord(first) + 1, ord(last))]
    if first[0] == last[0] and first[1:].isdigit() and last[1:].isdigit():
        return [f"{first[0]}{n}" for n in range(int(first[1:]) + 1, int(last[1:]))]
    return []


def _placed(
    caption: str, start: int, end: int, form: str, kind: str, labels: tuple[str, ...]
) -> Marker:
    """The marker with what its surroundings say."""
    before = caption[max(0, start - _LOOK_BACK) : start]
    last = before.rstrip()[-1:]
    opens = "clause" if last in (";", ":") else ""
    if not last or last in ".!?" or before.endswith("\n"):
        opens = "sentence"
    close = end
    if form == "bracket" and caption[end - 1] not in ")]":
        close = min(p for p in (caption.find(")", end), caption.find("]", end)) if p >= 0) + 1
    joined = last in (",", "—", "–") or _CONNECTOR.search(before) is not None
    referring = not joined and _FUNCTION.search(before) is not None
    lean = 2
    if form in ("bracket", "half", "panel"):
        lean = _lean(caption, close, joined, referring, before[-1:].isalnum())
    return Marker(start, end, close, labels, form, kind, opens, lean, referring)


def _lean(caption: str, close: int, joined: bool, referring: bool, glued: bool) -> int:
    """How much a marker amid a sentence seems to stand before its phrase; below 0 behind it."""
    if _TAIL_NEXT.match(caption, close):
        return -2
    if joined:
        return 2
    return int(referring or glued or _CAPITAL_NEXT.match(caption, close) is not None)
