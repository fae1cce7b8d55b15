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
_LONGEST_STEP = 8

_PRIMES = r"['’′`″]{0,3}(?!\w)"
_DASH = r"[-‐‑–—−~]"
# One way only to match each joint: a list that fails must not try them all over.
_JOIN = (
    rf"(?:\s*(?:(?:{_DASH}|&)\s*|[/+,;]\s*+(?:(?:and|or|&)\s++)?+)"
    r"|\s+(?:and|AND|or|to|through|y|et|und)\s+)"
)
# Labels of one list are of one kind: "2, b" is no list.
_LABELS = [
    label + _PRIMES
    for label in (
        r"(?!H ?& ?E)[A-Z]",
        r"[a-z]",
        r"[A-Za-z]\d\d?",
        r"\d\d?",
        r"[ivx]{1,4}",
        r"[IVX]{1,4}",
    )
]
_LABEL = rf"(?:[ivx]{{2,4}}|[IVX]{{2,4}}|[A-Za-z]\d{{0,2}}|\d{{1,2}}){_PRIMES}"
_MOST = "{0,25}"  # labels of one list beyond the first
_UPPERS = f"{_LABELS[0]}(?:{_JOIN}{_LABELS[0]}){_MOST}"
_LIST = "(?:" + "|".join(f"{label}(?:{_JOIN}{label}){_MOST}" for label in _LABELS) + ")"
LABEL_LIST = re.compile(_LIST)
_PANELS = r"(?:[Pp]anels?|PANELS?|(?:[Ii]mages?|[Ss]ub-?figures?|[Pp]hotographs?)(?=\s[A-Z](?!\s?[-–]\w)))"
_PLACES = r"(?:left|right|top|bottom|upper|lower|middle|cent(?:er|re)|insets?|arrow)"
# Where a marker can start, and with what: a quick look before the alternatives.
_START = (
    r"(?:(?<![^\s.;:,!?()\[\]*\"“—–])|(?=[(\[])|(?<=[a-z]{4})(?=[A-Z][^a-z])"
    r"|(?=a[).:,]\s[A-Z])(?<=[A-Za-z]{3}))"
    r"(?=[(\[]|[A-Za-z0-9](?![a-z]{2})|[Pp]anel|PANEL|[Ii]mage|[Ss]ub-?f|[Pp]hotog|[Ff]ig|[ivx]{3})"
)
_CANDIDATE = re.compile(
    rf"{_START}(?:[(\[]\s*(?:{_PANELS}\s+|[Ff]ig\.?\s)?(?P<bracket>{_LIST})(?:[.:,;]?\s*[)\]]"
    rf"|[,;]\s*(?=[^()\[\]]{{1,80}}[)\]])|[\s-](?={_PLACES}\b[^()]{{0,40}}\)))"
    rf"|(?<![\w(\['’&+/-])(?P<half>{_LIST})[.\s]?\)"
    rf"|{_PANELS}\s+(?P<panel>{_LIST})\s*[:.,]?"
    rf"|(?<=[a-z]{{4}})(?P<glued>{_UPPERS})(?:\)[.:]?|[.:,])(?=\s)"
    r"|(?<=[A-Za-z])(?P<lost>a)[).:,](?=\s[A-Z])"
    rf"|(?<![^\s.(])(?:[Ff]ig(?:ure|\.)?\s*)?\d{{1,2}}-?(?P<numbered>[A-Z]|[a-z])"
    rf"(?:[:.,)]|(?=\s[A-Z]))"
    rf"|(?<![^\s.;:,!?)(\]])(?P<plain>{_LIST})"
    rf"(?P<delimiter>\s?[:=|](?=[\s(]|[A-Z][a-z])|[.,](?=\s|[A-Z(—–])|\s?{_DASH}(?=\s)"
    rf"|[—–](?=[A-Z][a-z])|(?=\s)))"
)
_COMPARING = re.compile(r"\b(?:as|than|see|cf\.?|as (?:in|for|of))\s\Z", re.IGNORECASE)
_FIGURE = re.compile(r"\bfig(?:ure|s|\.)*\s*S?\d{1,2}\s?\Z", re.IGNORECASE)
_ISOMER = re.compile(r"-[a-z0-9]")  # "(E)-2-hexenal"
_ARTICLE = re.compile(r",\s[Aa]\Z")
_MENTION = re.compile(r"\bin\s\Z")
_PARTS = re.compile(rf"({_LABEL})({_JOIN})?")
_JOINED = re.compile(rf"(?:{_JOIN}|\s*)\Z")
_RANGE = re.compile(rf"\s*(?:{_DASH}|\bto\b|\bthrough\b)\s*\Z")
_FORMS = {":": "colon", "|": "colon", "=": "equals", ".": "dot", ",": "comma", "": "bare"}

# A letter behind one of these is part of a name or refers: "vitamin A", "group B", "see A".
_NAMING = frozenset(
    """
    no. nr. number vitamin vitamins hepatitis influenza type types group groups grade grades
    class classes stage
    stages protein proteins cohort cohorts patient patients case cases lane lanes factor factors
    arm arms zone zones level levels subtype subtypes cluster clusters sample samples step steps
    phase phases cyclin aurora kinase omega apo ig scenario scenarios pattern patterns line lines
    fig figs figure figures fig. figs. table tables ref. refs. chapter day days week weeks domain
    domains site sites point points box boxes arrow arrows labeled labelled marked as than see
    versus vs vs. pugh child-pugh strain strains chain chains region regions loop loops model
    models mouse rat exon exons tier position category ring peak peaks band bands
    """.split()  # noqa: SIM905 - a list of a hundred quoted words is no easier to read
)
_FUNCTION = frozenset(
    """
    of in for by with on at from to the a an as than see via using show shows showing shown
    between into through are is were was include includes included including reveal reveals
    revealed revealing after before under demonstrate demonstrates demonstrated demonstrating
    both either against per versus vs vs. performed
    """.split()  # noqa: SIM905
)
_BEFORE_LIST = frozenset({"of", "in", "for", "showing", "with", "from"})
_CONNECTORS = frozenset({"and", "or", "y", "et", "und", "&"})
# What follows a letter that is a footnote's or a name: "a P < 0.05 versus control", "B cells".
_FOOTNOTE = re.compile(
    r"\s*(?:[pP]\s*[-<>=≤≥]|significan|different|vs\b|versus|[<>≤≥±÷]"
    r"|(?:lines?|points?|modes?|scans?|waves?|cells?|medium) "
    r"|(?:[cmnkµμu]?[mglM]|ml|mL|min|h|s|%|°C?|days?|weeks?|months?|years?|hours?|cases|patients)\b)"
)
_TAIL_NEXT = re.compile(r"\s*(?:[.,;:)\]]|(?:and|or|y|et|und|as well as|respectively)\b|&|\Z)")
_CAPITAL_NEXT = re.compile(r"\s*[\"'“‘]?(?:[A-Z][a-zà-ÿ]|An?\s)")
_REMARK = re.compile(r"(?:scale|bars?\b|(?:original )?magnif)", re.IGNORECASE)
_LOOK_BACK = 24


class Marker(msgspec.Struct, frozen=True):
    """A candidate marker: `caption[start:end]` names panels.

    `labels` is what it names, ranges written out; `form` is `bracket`, `half`, `panel`, `colon`,
    `equals`, `dot`, `comma`, `dash`, `numbered` ("1A."), `bare`, `loose` (bare, in the midst of
    words), `inner` (with a dot, after words without one), `mention` ("in B") or `lost` (an "a" that
    lost the blank before it); `kind` is `upper`, `lower`, `alnum`, `roman`, `number` or `words`. `opens` is
    `sentence`, `clause` or empty: what begins with it. `lean` is above 0 where its phrase seems to
    follow it, below 0 where it seems to close its phrase. `close` is the end of a bracket with
    more words in it ("(A, left)"), else `end`. `referring`: a preposition or the like stands
    before it ("as in (A)"). `remark`: it stands in a sentence on scale bars or magnification.
    `initial`: the word before it begins with its letter ("curcumin (C)").
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
    remark: bool
    initial: bool

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
            found.append(placed(caption, start, end, form, kind, labels))
    return found


_Raw = tuple[int, int, str, str]


def _raw(caption: str) -> Iterator[_Raw]:
    """(start, end, form, text of the label list) of what looks like a marker."""
    for match in _CANDIDATE.finditer(caption):
        group = match.lastgroup or ""
        start, end = match.span()
        if group == "delimiter":
            yield from _plain(caption, match)
        elif group == "half":
            inside = _inside_bracket(caption, start)
            if not inside or caption[start - 2 : start] in (", ", "; "):
                yield start, end, "bracket" if inside else group, match[group]
        elif group == "glued":
            yield start, end, "half" if ")" in match[0] else _FORMS[match[0][-1]], match[group]
        elif group == "numbered":
            before = caption[:start].rstrip(" ")
            if not before or before[-1] in ".!?\n":
                yield start, end, group, match[group]
        elif group != "bracket" or not (_ISOMER.match(caption, end) or _refers(caption, start)):
            yield start, end, group, match[group]


def _refers(caption: str, start: int) -> bool:
    """Whether a bracket goes with another figure ("see Fig. 2 (A)") or compares ("as in (A)")."""
    before = caption[max(0, start - _LOOK_BACK) : start]
    figure = _FIGURE.search(before)
    return (figure is not None and figure.start() + start > _LOOK_BACK) or bool(
        _COMPARING.search(before)
    )


def _plain(caption: str, match: re.Match[str]) -> Iterator[_Raw]:
    """A marker without brackets; "C, A" is C and the article, not a list."""
    form = _plain_form(caption, match)
    names = match["plain"]
    article = _ARTICLE.search(names)
    if form and article and names[0] != names[article.end() - 1]:
        cut = article.start()
        yield match.start(), match.start() + cut + 1, "comma", names[:cut]
    elif form:
        yield match.start(), match.end(), form, names


def _inside_bracket(caption: str, position: int) -> bool:
    return caption.rfind("(", 0, position) > caption.rfind(")", 0, position)


def _plain_form(caption: str, match: re.Match[str]) -> str:
    """The form of a marker without brackets; empty where it cannot be one."""
    before = caption[max(0, match.start() - _LOOK_BACK) : match.start()]
    form = _FORMS.get(match["delimiter"].strip(), "dash")
    if _last_word(before) in _NAMING:
        return ""
    if form in ("bare", "comma") and _FOOTNOTE.match(caption, match.end()):
        return ""
    last = before.rstrip()[-1:]
    if before[-1:] == "." and before[-2:-1].isdigit():
        return ""
    if not last or last in ".;:!?,([" or "\n" in before[-2:] or _last_word(before) in _CONNECTORS:
        return form
    if before[-1:] == ")" and form in ("dot", "colon"):
        return form
    if form == "colon" or (form == "comma" and _last_word(before) in _BEFORE_LIST):
        return form
    if form == "dot" and before[-1:].isspace() and caption[match.end() :].lstrip()[:1].isupper():
        return "inner"
    if form in ("bare", "comma") and _MENTION.search(before):
        return "mention"
    article = match["plain"] == "a" and caption[match.end() : match.end() + 2].strip().islower()
    return "loose" if form == "bare" and not article else ""


def _last_word(before: str) -> str:
    words = before.rpartition("\n")[2].split()
    return words[-1].lstrip("(").lower() if words else ""


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
    step = ord(right[3][0]) - ord(re.split(_JOIN, left[3])[-1][0])
    if not (same and near and 0 < step <= _LONGEST_STEP) or (
        right[2] == "bare" and right[3] == "a"
    ):
        return bool(same and near and _range_between(caption, left, right))
    return _JOINED.match(caption[left[1] : right[0]]) is not None


def _range_between(caption: str, left: _Raw, right: _Raw) -> bool:
    return _RANGE.match(caption[left[1] : right[0]]) is not None


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
    labels: list[str] = []
    ranged = False
    for written, joint in _PARTS.findall(names):
        label = written.rstrip("'’′`″")
        if ranged and label != written and label == labels[-1]:
            ranged = False
            continue
        if ranged:
            if label <= labels[-1] and len(label) == len(labels[-1]) == 1:
                return "", ()
            labels += _between(labels[-1], label)
        labels.append(label)
        ranged = bool(joint) and _RANGE.match(joint) is not None
    kinds = {kind_of(label) for label in labels}
    if "roman" in kinds and all(label.lower() in ROMAN for label in labels):
        kinds = {"roman"}
    if len(kinds) != 1:
        return "", ()
    kind = kinds.pop()
    formula = len(set(labels)) < len(labels) and ("+" in names or "/" in names)
    return kind, () if formula else tuple(dict.fromkeys(labels))


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


def placed(
    caption: str, start: int, end: int, form: str, kind: str, labels: tuple[str, ...]
) -> Marker:
    """The marker `caption[start:end]` with what its surroundings say of it."""
    before = caption[max(0, start - _LOOK_BACK) : start]
    last = before.rstrip()[-1:]
    opens = "clause" if last in (";", ":") else ""
    if not last or last in ".!?" or before.endswith("\n") or _glued(before, form):
        opens = "sentence"
    close = end
    if form == "bracket" and caption[end - 1] not in ")]":
        close = min(p for p in (caption.find(")", end), caption.find("]", end)) if p >= 0) + 1
    word = _last_word(before)
    joined = last in (",", "—", "–") or word in _CONNECTORS
    referring = not joined and word in _FUNCTION
    lean = 2
    if form in ("bracket", "half", "panel"):
        lean = _lean(caption, close, joined, referring, before[-1:].isalnum())
    remark = not opens and _REMARK.match(caption, caption.rfind(". ", 0, start) + 2)
    initial = form == "bracket" and word[:1] == labels[0].lower()
    return Marker(
        start, end, close, labels, form, kind, opens, lean, referring, bool(remark), initial
    )


def _glued(before: str, form: str) -> bool:
    """Whether the blank before a marker without an opening bracket was lost ("the tumourA.")."""
    return form != "bracket" and (before[-1:].isalpha() or before[-1:] == ")")


def _lean(caption: str, close: int, joined: bool, referring: bool, glued: bool) -> int:
    """How much a marker amid a sentence seems to stand before its phrase; below 0 behind it."""
    if _TAIL_NEXT.match(caption, close):
        return -2
    if joined:
        return 2
    return int(referring or glued or _CAPITAL_NEXT.match(caption, close) is not None)
