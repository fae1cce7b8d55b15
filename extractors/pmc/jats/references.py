"""Which paragraphs and sentences of an article cite which figure.

An `<xref>` may name several figures, two of them joined by a dash ("Figs 1-4") mean those
between as well, and a paragraph that cites three figures belongs to all three. Where no xref
leads to a figure, its number in plain text ("see Figure 2") does.
"""

from __future__ import annotations

import re
from collections.abc import Container

from extractors.pmc.jats.article import XML_LANG, language_of
from extractors.pmc.jats.figures import FigureRecord
from extractors.pmc.jats.parse import Element
from extractors.pmc.jats.text import CITE_CLOSE, CITE_OPEN, clean_text, marked_text
from extractors.sentences import sentence_spans

_PARAGRAPHS = frozenset(
    {"p", "title", "td", "th", "disp-quote", "speech", "verse-line", "list-item"}
)
_JOINS = re.compile(r"[\s.]*(?:[-‐‑–—−~]|to|through|thru|a|à|até|al)\s*", re.IGNORECASE)
_INNER_RANGE = re.compile(r"(\d+)\s*[-‐‑–—−]\s*(\d+)\s*\Z")
_PLAIN_CITE = re.compile(
    r"\b(?:fig(?:ure|ura)?s?)\b\.?\s*(S?\d{1,3})(?:\s*(?:[-–]|and|,|&)\s*(\d{1,3}))?", re.I
)
_REVIEW = frozenset(
    {
        "decision-letter",
        "editor-report",
        "referee-report",
        "reply",
        "author-comment",
        "aggregated-review-documents",
    }
)
_LONGEST_RANGE = 60


def add_references(root: Element, figures: list[FigureRecord]) -> None:
    """Give each figure its citing sentences and paragraphs: `references` of (kind, text, language,
    writer).

    Kinds are `reference` (one sentence) and `reference_paragraph`; sentences come first, in
    document order, each text once. The writer is `""` for the authors, `peer_review` for
    letters printed with the article.
    """
    by_id: dict[str, list[FigureRecord]] = {}
    for figure in figures:
        for reference_id in figure.reference_ids:
            by_id.setdefault(reference_id, []).append(figure)
    paragraphs: dict[Element, dict[Element, int]] = {}
    for xref in root.iter("xref"):
        rid = xref.get("rid", "")
        if rid not in by_id and not (" " in rid and _named(rid, by_id)):
            continue
        paragraph = _paragraph_of(xref, paragraphs)
        if paragraph is not None:
            cited = paragraphs.setdefault(paragraph, {})
            cited[xref] = len(cited)
    mentions: Mentions = {id(figure): ([], []) for figure in figures}
    for paragraph, cited in paragraphs.items():
        _cite(paragraph, cited, by_id, figures, mentions)
    _cite_plainly(root, [f for f in figures if not mentions[id(f)][0] and not f.problem], mentions)
    for figure in figures:
        sentences, whole = mentions[id(figure)]
        figure.references = [
            *(("reference", *mention) for mention in dict.fromkeys(sentences)),
            *(("reference_paragraph", *mention) for mention in dict.fromkeys(whole)),
        ]


Mention = tuple[str, str, str]
Mentions = dict[int, tuple[list[Mention], list[Mention]]]


def _paragraph_of(xref: Element, known: Container[Element]) -> Element | None:
    """The paragraph around an xref; None within the caption of a figure."""
    paragraph = None
    for ancestor in xref.iterancestors():
        if ancestor.tag in ("fig", "fig-group"):
            return None
        if paragraph is None and ancestor.tag in _PARAGRAPHS:
            paragraph = ancestor
            if paragraph in known:
                break
    return paragraph


def _cite(
    paragraph: Element,
    cited: dict[Element, int],
    by_id: dict[str, list[FigureRecord]],
    figures: list[FigureRecord],
    mentions: Mentions,
) -> None:
    marked = marked_text(paragraph, cited)
    text, spans = _unmark(marked)
    targets = [_named(xref.get("rid", ""), by_id) for xref in cited]
    if len(spans) != len(targets):
        # An xref within something that is no text (a nested float): cite the whole paragraph.
        spans, targets = [(0, len(text))], [[f for group in targets for f in group]]
    for i, (start, end) in enumerate(spans):
        targets[i] = targets[i] + _within(text[start:end], targets[i], figures)
        if i and _JOINS.fullmatch(text[spans[i - 1][1] : start]):
            targets[i] = targets[i] + _between(targets[i - 1], targets[i], figures)
    _record_mentions(paragraph, text, [s for s, _ in spans], targets, mentions)


def _record_mentions(
    paragraph: Element,
    text: str,
    starts: list[int],
    targets: list[list[FigureRecord]],
    mentions: Mentions,
) -> None:
    writer, language = _voice_of(paragraph)
    sentences = sentence_spans(text)
    for start, group in zip(starts, targets, strict=True):
        sentence = next((text[a:b] for a, b in sentences if a <= start < b), text)
        for figure in group:
            of_sentences, of_paragraphs = mentions[id(figure)]
            of_sentences.append((sentence, language, writer))
            of_paragraphs.append((text, language, writer))


def _unmark(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without citation marks, and where each citation stood in it."""
    before, *cites = marked.split(CITE_OPEN)
    pieces, spans, length = [before], [], len(before)
    for cite in cites:
        inside, _, after = cite.partition(CITE_CLOSE)
        spans.append((length, length + len(inside)))
        pieces += (inside, after)
        length += len(inside) + len(after)
    return "".join(pieces), spans


def _named(rids: str, by_id: dict[str, list[FigureRecord]]) -> list[FigureRecord]:
    return [figure for rid in rids.split() for figure in by_id.get(rid, [])]


def _within(
    cite: str, named: list[FigureRecord], figures: list[FigureRecord]
) -> list[FigureRecord]:
    """The other figures of a range inside one xref: "Figs 1-4" that names figure 1 only."""
    match = _INNER_RANGE.search(cite)
    if not match or len(named) != 1 or named[0].number is None:
        return []
    series, number = named[0].number
    first, last = int(match[1]), int(match[2])
    return _numbered(series, first, last, figures) if first == number or last == number else []


def _between(
    left: list[FigureRecord], right: list[FigureRecord], figures: list[FigureRecord]
) -> list[FigureRecord]:
    """The figures strictly between two cited ones of the same series."""
    if not left or not right or left[-1].number is None or right[0].number is None:
        return []
    (series, first), (other, last) = left[-1].number, right[0].number
    return _numbered(series, first + 1, last - 1, figures) if series == other else []


def _numbered(
    series: str, first: int, last: int, figures: list[FigureRecord]
) -> list[FigureRecord]:
    if not first <= last <= first + _LONGEST_RANGE:
        return []
    numbers = {(series, n) for n in range(first, last + 1)}
    return [figure for figure in figures if figure.number in numbers]


def _cite_plainly(root: Element, uncited: list[FigureRecord], mentions: Mentions) -> None:
    """Find figures that no xref names by their number in the text."""
    wanted = {figure.number: figure for figure in uncited if figure.number}
    if not wanted:
        return
    for paragraph in root.iter("p"):
        if next(paragraph.iterancestors("fig", "fig-group", "ref-list"), None) is not None:
            continue
        text = clean_text(paragraph)
        for match in _PLAIN_CITE.finditer(text):
            named = [wanted[n] for n in _plain_numbers(match) if n in wanted]
            if named:
                _record_mentions(paragraph, text, [match.start()], [named], mentions)


def _plain_numbers(match: re.Match[str]) -> list[tuple[str, int]]:
    first, second = match[1], match[2]
    if first.upper().startswith("S"):
        return [("fig s", int(first[1:]))]
    if second is None:
        return [("fig", int(first))]
    last = int(second)
    is_range = re.search(r"[-–]\s*\d+\Z", match[0]) is not None
    numbers = (
        range(int(first), last + 1)
        if is_range and last - int(first) < _LONGEST_RANGE
        else (int(first), last)
    )
    return [("fig", n) for n in numbers]


def _voice_of(paragraph: Element) -> tuple[str, str]:
    """Who writes a paragraph (`""` the authors, `peer_review` letters printed along), and in what
    language."""
    writer, language = "", paragraph.get(XML_LANG)
    for top in paragraph.iterancestors("sub-article", "response", "article"):
        language = language or top.get(XML_LANG)
        if top.tag == "response" or top.get("article-type") in _REVIEW:
            writer = "peer_review"
    return writer, language_of(language)
