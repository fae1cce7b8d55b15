"""Which words of a caption each marker is about: before it, after it, or shared.

The caption is cut into units (sentences, and clauses that begin with a marker). In a unit whose
markers lead, the words up to the next marker are theirs; in one whose markers close their phrase,
the words since the last marker; what stands before the first phrase or after the last of such a
list is about all labels of the unit. A unit without a marker goes on about the labels before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from extractors.figures.caption_markers import LABEL_LIST, Marker
from extractors.figures.caption_remarks import first_remark, remark_kind
from extractors.figures.caption_sequence import System
from extractors.figures.records import Span
from extractors.sentences import sentence_spans

_STEM_END = re.compile(
    r"(?:\b(?:of|in|for|by|with|on|at|from|to|the|an?|as|via|using|show(?:s|ing|n)?|between|after"
    r"|into|through|are|is|were|was|include[sd]?|including|reveal(?:s|ed|ing)?|before|under|both"
    r"|demonstrat(?:e|es|ed|ing)|either|against|per|versus|vs\.?|that))\s*\Z",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"[\s:,.]*[\"'“‘]?[A-Z][a-z]")
_VERB = re.compile(
    r"\b(?:show|showed|demonstrate|demonstrated|reveal|revealed|indicate|indicated|depict|display"
    r"|illustrate|confirm|confirmed|obtained|are|were|was|is|performed|taken)\b"
)
_WORD = re.compile(r"[\w'’×+%-]+")
_LIST_LEAD = re.compile(r"[\s,;:.]*(?:(?:and|or|y|et|und|while|whereas|but)\b|&)?[\s,;:.]*", re.I)
_LEAD = re.compile(r"[\s,;:.\])–—-]*(?:(?:and|or)\s)?\s*")
_TRAILING = " \t\n,;:(["
_JOINTS = (" and", " or")
_BOUNDARY = re.compile(
    r"\b(?:(?P<weak>of|in|for|by|with|on|at|from|to|the|an?|as|via|between|after|into|under|both"
    r"|against|either|during|per|through|within|over)|using|show(?:s|ing|n|ed)?|are|is|were|was"
    r"|include[sd]?|including|reveal(?:s|ed|ing)?|that|demonstrat(?:e|es|ed|ing))\s+|[:;,]\s+",
    re.IGNORECASE,
)
# Sentence starts that no capital shows: an abbreviation list, a bracket, after a panel's letter.
_FURTHER = re.compile(
    r"[.)]\s+(?=[\w.-]{1,8},\s[^;.]{3,60};\s)|\.\s+(?=\([A-Z]|[*#†‡§]|[pn]\s?[<=>])"
    r"|(?<=[a-z]{3})\.(?=[A-Z])|\b[a-z]+ [A-Z]\.\s(?=[A-Z][a-z]+\s)"
)
_OPENING_MENTION = re.compile(rf"(?:in|for)\s\(?(?P<list>{LABEL_LIST.pattern})\)?[, ]", re.I)
_NOUNS = re.compile(
    r"\b(?:views|images|scans|sections|radiographs|photographs|(?:photo)?micrographs|pictures"
    r"|projections|planes|slices|reconstructions|angiograms|sonograms|magnifications|aspects)\b"
)
_LONGEST_ADJECTIVE = 3
_NAME_LIKE = re.compile(r"[A-Z\d]")  # "CT", "T2-weighted": of the noun, not of one panel
_ENDING = re.compile(r"[.:]\s*\Z")
_STOP = re.compile(r"\.\s+(?=\S)")
_MENTION = re.compile(
    rf"(?:\bpanels?\s|\bfigures?\s|\A(?:in|for)\s)\s*\(?(?P<list>{LABEL_LIST.pattern})", re.I
)


class Piece(msgspec.Struct, frozen=True):
    """Words `caption[start:end]` about `labels`; about all panels where there are none.

    `around`: the words stand around a list of phrases, each of one panel.
    """

    start: int
    end: int
    labels: tuple[str, ...]
    around: bool = False


def assign(caption: str, system: System) -> list[Piece]:
    """The words of `caption` in order, with the labels they are about."""
    units = _units(caption, system)
    lean = sum(2 if m.opens else m.lean for m in system.markers) or -1
    last = max(i for i, (_, marks) in enumerate(units) if marks)
    pieces: list[Piece] = []
    current: tuple[str, ...] = ()
    for span, marks in units[: last + 1]:
        if marks:
            found, current = _unit(caption, span, marks, current, lean)
            pieces += found
        else:
            pieces.append(Piece(*span, _opening_mention(caption, span, system) or current))
    trailing = [span for span, _ in units[last + 1 :]]
    pieces, clause = _without_clause(caption, pieces)
    trailing = [*clause, *trailing]
    return pieces + _trailing(caption, trailing, current, system, pieces)


def _without_clause(caption: str, pieces: list[Piece]) -> tuple[list[Piece], list[Span]]:
    """The pieces, a remark in the last one's last clause ("...; H&E stain.") parted from it."""
    last = pieces[-1]
    cut = caption.rfind("; ", last.start, last.end)
    if cut < 0 or not remark_kind(caption[cut + 2 : last.end]):
        return pieces, []
    return [*pieces[:-1], Piece(last.start, cut, last.labels)], [(cut + 2, last.end)]


def _units(caption: str, system: System) -> list[tuple[Span, list[Marker]]]:
    """The sentences of a caption, each with its markers; one begins at a marker that opens one."""
    markers = system.markers
    inside = {p for m in markers for p in range(m.start + 1, m.close + 2)}
    cuts = {0} | {m.start for m in markers if m.opens == "sentence"}
    starts = [start for start, _ in sentence_spans(caption)]
    for start in (*starts, *(m.end() for m in _FURTHER.finditer(caption))):
        if start not in inside:
            cuts.add(start)
    for marker in markers:
        stop = _STOP.match(caption, marker.close)
        if stop and marker.lean < 0 and not marker.opens:
            cuts.add(stop.end())
    edges = [*sorted(cuts), len(caption)]
    return [
        ((start, end), [m for m in markers if start <= m.start < end])
        for start, end in pairwise(edges)
        if end > start
    ]


def _unit(
    caption: str, span: Span, marks: list[Marker], current: tuple[str, ...], lean: int
) -> tuple[list[Piece], tuple[str, ...]]:
    """The pieces of a unit with markers, and the labels that the next words go on about."""
    first, rest = marks[0], [m for m in marks if m.opens != "sentence"]
    if not first.opens or first.start > span[0]:
        if _sum(marks, lean) > 0:
            return _leading(caption, span, marks, current)
        return _closing(caption, span, marks, ()), _union(marks)
    if not rest or _sum(rest, lean) > 0:
        return _leading(caption, span, marks, current)
    inner = [m for m in rest if set(first.labels).issuperset(m.labels)]
    if len(first.labels) > 1 and inner:
        return _closing(caption, (first.close, span[1]), inner, first.labels), first.labels
    everyone = _union(marks)
    return [Piece(first.close, span[1], everyone)], everyone


def _sum(marks: Sequence[Marker], lean: int) -> int:
    """Above 0 where the phrases of these markers follow them; `lean` of the caption if even."""
    found = sum(2 if m.opens else m.lean for m in marks)
    return found or lean


def _union(marks: Sequence[Marker]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(label for m in marks for label in m.labels))


def _leading(
    caption: str, span: Span, marks: list[Marker], current: tuple[str, ...]
) -> tuple[list[Piece], tuple[str, ...]]:
    """Pieces where each marker stands before its phrase: stem (A) phrase, (B) phrase tail."""
    stem = _stem_labels(caption, span, marks, current)
    pieces = [Piece(span[0], marks[0].start, stem, around=True)]
    ends = [*(m.start for m in marks[1:]), span[1]]
    for mark, end in zip(marks, ends, strict=True):
        pieces.append(Piece(mark.end, end, mark.labels))
    if len(marks) > 1:
        stem_piece, *phrases = pieces
        phrases[-1:] = _with_tail(caption, phrases, _union(marks))
        pieces = [stem_piece, *_with_common_noun(caption, phrases)]
    return pieces, _union(marks)


def _stem_labels(
    caption: str, span: Span, marks: list[Marker], current: tuple[str, ...]
) -> tuple[str, ...]:
    """What the words before the first marker of a unit are about."""
    stem = caption[span[0] : marks[0].start]
    if _STEM_END.search(stem):
        return _union(marks)
    several = len(marks) > 1 and not _CAPITAL.match(caption, marks[0].end)
    return _union(marks) if current and several else current


def _with_tail(caption: str, pieces: list[Piece], labels: tuple[str, ...]) -> list[Piece]:
    """The last piece, parted at its verb where none before it has one: the verb is of all."""
    last = pieces[-1]
    if any(_VERB.search(caption, p.start, p.end) for p in pieces[:-1]):
        return [last]
    verb = _VERB.search(caption, last.start, last.end)
    if verb is None or not caption[last.start : verb.start()].strip():
        return [last]
    return [
        Piece(last.start, verb.start(), last.labels),
        Piece(verb.start(), last.end, labels, around=True),
    ]


def _with_common_noun(caption: str, pieces: list[Piece]) -> list[Piece]:
    """The pieces, a plural noun that ends a list of adjectives given to the whole list: "A, dorsal
    and B, ventral views of the skull"."""
    found: list[Piece] = []
    before: list[Piece] = []
    for piece in pieces:
        words = list(_WORD.finditer(caption, piece.start, piece.end))
        noun = _NOUNS.search(caption, piece.start, piece.end)
        size = max((_size(caption, p) for p in before), default=0)
        ahead = sum(word.end() <= noun.start() for word in words) if noun else 0
        if noun and before and size <= ahead <= _LONGEST_ADJECTIVE and not piece.around:
            cut = next(
                (w.start() for w in words[size:ahead] if _NAME_LIKE.search(w[0])), noun.start()
            )
            everyone = tuple(dict.fromkeys(label for p in (*before, piece) for label in p.labels))
            found += [
                Piece(piece.start, cut, piece.labels),
                Piece(cut, piece.end, everyone, around=True),
            ]
        else:
            found.append(piece)
        short = noun is None and 0 < _size(caption, piece) <= _LONGEST_ADJECTIVE
        before = [*before, piece] if short and not _ENDING.search(caption, 0, piece.end) else []
    return found


def _size(caption: str, piece: Piece) -> int:
    """How many words a piece has, joints not counted."""
    return sum(
        word[0].lower() not in ("and", "or")
        for word in _WORD.finditer(caption, piece.start, piece.end)
    )


def _closing(
    caption: str, span: Span, marks: list[Marker], context: tuple[str, ...]
) -> list[Piece]:
    """Pieces where each marker stands after its phrase: stem phrase (A), phrase (B) tail."""
    whole = context or _union(marks)
    starts = [span[0], *(m.close for m in marks[:-1])]
    phrases = [Piece(start, m.start, m.labels) for start, m in zip(starts, marks, strict=True)]
    extras = [Piece(m.end, m.close - 1, m.labels) for m in marks if m.close > m.end + 1]
    tail = Piece(marks[-1].close, span[1], whole, around=len(marks) > 1)
    if len(marks) == 1:
        return [*phrases, *extras, tail]
    cut = _stem_end(caption, phrases[0], phrases[1:])
    head = [Piece(span[0], cut, whole, around=True), Piece(cut, phrases[0].end, phrases[0].labels)]
    return sorted([*head, *phrases[1:], *extras, tail], key=lambda p: p.start)


def _stem_end(caption: str, first: Piece, others: Sequence[Piece]) -> int:
    """Where the first phrase of a list begins, the words before being about the whole list.

    The phrases of a list are alike: as many words, or the same preposition before each.
    """
    text = caption[first.start : first.end]
    colon = text.rfind(": ")
    if colon > 0:
        return first.start + colon + 2
    items = [caption[p.start : p.end] for p in others]
    items = [item[_LIST_LEAD.match(item).end() :] for item in items]  # type: ignore[union-attr]
    sizes = [len(_WORD.findall(item)) for item in items]
    words = list(_WORD.finditer(text))
    if not sizes or _VERB.search(items[0]) or len(words) <= max(sizes) + 1:
        return first.start
    again = _WORD.match(items[0])
    if again and len(again[0]) > 1:
        same = [w for w in words if w[0].lower() == again[0].lower()]
        if same and len(words) > sizes[0]:
            return first.start + same[-1].start()
    return first.start + _nearest_boundary(text, words, sizes[0])


def _nearest_boundary(text: str, words: Sequence[re.Match[str]], size: int) -> int:
    """The start of a phrase in `text` that leaves about `size` words; after a verb or a stop
    rather than after a preposition."""
    cuts = [match for match in _BOUNDARY.finditer(text) if match.end() < len(text.rstrip())]
    if not cuts:
        return words[-min(size or 1, len(words))].start()

    def cost(match: re.Match[str]) -> float:
        left = sum(word.start() >= match.end() for word in words)
        return abs(left - size) + (1.5 if match["weak"] else 0)

    return min(cuts, key=cost).end()


def _trailing(
    caption: str,
    spans: Sequence[Span],
    current: tuple[str, ...],
    system: System,
    pieces: Sequence[Piece],
) -> list[Piece]:
    """Pieces after the last unit with markers: shared from the first general remark on."""
    everyone = set(current) == set(system.labels) or (len(current) > 1 and not _open(system))
    own = [caption[p.start : p.end] for p in pieces if p.labels]
    before = own[:-1]
    remark = first_remark([caption[a:b] for a, b in spans], before)
    found = []
    for i, (start, end) in enumerate(spans):
        labels = () if everyone or i >= remark else current
        mention = _MENTION.search(caption, start, end)
        if mention:
            named = _mentioned(mention["list"], system)
            labels = named or labels
        found.append(Piece(start, end, labels))
    return found


def _open(system: System) -> bool:
    """Whether the phrases of the last marker's sentence follow their markers."""
    return system.markers[-1].leads


def _opening_mention(caption: str, span: Span, system: System) -> tuple[str, ...]:
    """The labels with which a sentence begins: "In (B), cells were ..."."""
    match = _OPENING_MENTION.match(caption, *span)
    return _mentioned(match["list"], system) if match else ()


def _mentioned(names: str, system: System) -> tuple[str, ...]:
    """The labels that a remark names; none where it names all, or what is no label."""
    tokens = re.findall(r"\w+", names)
    known = {label.lower(): label for label in system.labels}
    named = [known[t.lower()] for t in tokens if t.lower() in known and t == known[t.lower()]]
    return () if len(named) == len(system.labels) else tuple(dict.fromkeys(named))


def trimmed(caption: str, start: int, end: int) -> Iterator[Span]:
    """The span without joints and stray marks at its ends; none where nothing remains."""
    lead = _LEAD.match(caption, start, end)
    start = lead.end() if lead else start
    words = caption[start:end].rstrip(_TRAILING)
    while words.endswith(_JOINTS):
        words = words[: words.rindex(" ")].rstrip(_TRAILING)
    if any(map(str.isalnum, words)):
        yield (start, start + len(words))
