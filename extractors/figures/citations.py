"""Which panels of a figure a sentence cites: "Fig. 2b", "Figure 2A-C", "Figs. 1B and 2C".

In: a sentence, the figure's label as printed and the labels of its panels. Out: the cited panels;
none where the sentence cites the whole figure, or another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_WORD = (
    r"(?:supplement(?:ary|al)\s+|suppl\.?\s+)?"
    r"(?:fig(?:ure|ura)?s?|abb(?:ildung)?(?:en)?|f(?=\d))\b\.?\s*"
)
_DASH = r"[-‐‑–—−~]"
_NUMBER = r"(?P<number>[A-Z]?\.?\s?\d{1,3})"
_PANEL = r"(?:[ivx]{2,4}|[A-Za-z]\d?|\d{1,2}(?=\s*\)))(?![\w])"
_JOIN = (
    rf"\s*(?:{_DASH}|,\s*+(?:and\b|&)?+|;|/|&|\band\b|\bto\b|\bthrough\b|\by\b|\be\b|\bet\b)\s*+"
)
_PANELS = rf"\(?{_PANEL}\)?(?:{_JOIN}\(?{_PANEL}\)?){{0,25}}"
_CITED = re.compile(
    rf"{_NUMBER}(?:\s*[,:]?\s*\(?(?:panels?|parts?)\s*(?P<named>{_PANELS})"
    rf"|\s?(?!a\s(?!and\b|to\b|shows?\b))(?P<panels>{_PANELS})"
    rf"|,\s?(?P<listed>{_PANELS})(?=\s*(?:[).,;]|\Z))|(?!\w))",
    re.IGNORECASE,
)
_START = re.compile(rf"\b{_WORD}(?=[A-Z]?\.?\s?\d)", re.IGNORECASE)
_NEXT = re.compile(
    rf"\s*(?:[,;]|(?P<range>{_DASH}|\bto\b)|\b(?:and|y|e|et|und)\b|&)\s*(?:and\s+)?(?:{_WORD})?"
    r"(?=S?\d)",
    re.IGNORECASE,
)
_LABEL_NUMBER = re.compile(r"(?P<series>[A-Za-z]?)\.?\s?(?P<number>\d{1,3})(?!\d)")
_TOKEN = re.compile(rf"((?<!\w){_PANEL})|({_DASH}|\bto\b|\bthrough\b)", re.IGNORECASE)
_LED_BY_PANEL = re.compile(
    rf"panels?\s+(?P<led>{_PANELS})\s+(?:of|in)\s+(?:the\s+)?{_WORD}{_NUMBER}(?!\w)", re.IGNORECASE
)
_BARE_PREFIX = re.compile(r"f(?=\d)", re.IGNORECASE)
_PREFIX = re.compile(r"\W*(?:fig(?:ure|ura)?s?|abb(?:ildung)?|f(?=\s?\d))\b\.?", re.IGNORECASE)


def cited_labels(sentence: str, figure_label: str, labels: Sequence[str]) -> tuple[str, ...]:
    """The panels of the figure `figure_label` ("Fig. 2.", "F2", "Fig. S3") that `sentence` cites,
    as `labels` spells them and in their order. Empty where it cites the figure as a whole.
    """
    wanted = _figure_number(figure_label)
    if not wanted or not labels:
        return ()
    known = {label.lower(): label for label in labels}
    cited = {
        label
        for number, panels in _citations(sentence)
        if number == wanted
        for label in _panels(panels, known)
    }
    return tuple(label for label in labels if label in cited)


def _figure_number(label: str) -> str:
    """`2` of "Fig. 2.", `s3` of "Figure S3"; empty where the label has no number."""
    prefix = _PREFIX.match(label) or _BARE_PREFIX.match(label)
    match = _LABEL_NUMBER.search(label, prefix.end() if prefix else 0)
    if not match:
        return ""
    supplement = "s" if re.search(r"suppl", label, re.IGNORECASE) else match["series"].lower()
    return supplement + str(int(match["number"]))


def _citations(sentence: str) -> Iterator[tuple[str, str]]:
    """(figure number, text of the panel list) of each figure that a sentence cites."""
    for match in _LED_BY_PANEL.finditer(sentence):
        yield _normal(match["number"], match[0]), match["led"]
    position = 0
    while (start := _START.search(sentence, position)) is not None:
        position = start.end()
        earlier, cited = ("", ""), _CITED.match(sentence, start.end())
        while cited is not None:
            position = cited.end()
            number = _normal(cited["number"], start[0])
            panels = cited["named"] or cited["panels"] or cited["listed"] or ""
            yield number, panels
            if earlier[0] == number and panels:
                yield number, f"{earlier[1]}-{panels}"
            following = _NEXT.match(sentence, cited.end())
            if following is None:
                break
            earlier = (number, panels) if following["range"] and panels else ("", "")
            cited = _CITED.match(sentence, following.end())


def _normal(number: str, before: str) -> str:
    plain = re.sub(r"[.\s]", "", number.lower())
    series, digits = plain.rstrip("0123456789"), plain.lstrip("abcdefghijklmnopqrstuvwxyz")
    supplement = "s" if "suppl" in before.lower() and not series else series
    return supplement + str(int(digits))


def _panels(text: str, known: dict[str, str]) -> Iterator[str]:
    """The known labels that a panel list names, ranges written out."""
    previous, ranged = "", False
    order = list(known)
    for name, dash in _TOKEN.findall(text):
        label = name.lower()
        if dash:
            ranged = bool(previous)
            continue
        if label not in known:
            continue
        if ranged:
            first, last = order.index(previous), order.index(label)
            yield from (known[order[i]] for i in range(first, last))
        yield known[label]
        previous, ranged = label, False
