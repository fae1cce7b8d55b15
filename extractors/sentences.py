"""Sentence boundaries in scientific English (and near languages), fast and without a model.

A boundary is a closing mark, blanks, and the start of what can be a sentence; it is refused
after abbreviations ("Fig.", "et al.") and initials. A bracket after a full stop stays with the
sentence before it, as a late "(Figure 1)" does. Newlines always part.
"""

from __future__ import annotations

import re

_BOUNDARY = re.compile(r"""[.!?…]["'”’)\]]*[ ]+(?=["'“‘¿¡]*[A-Z0-9À-ÞΑ-Ω])""")
_ABBREVIATIONS = frozenset(
    """
    fig figs figure figures figura figuras tab tabs eq eqs ref refs no nos nr vs cf ca approx
    al e.g i.e eg ie etc dr drs prof mr mrs ms st sp spp var subsp suppl supp sec ch vol pp p
    ed eds inc ltd co corp dept univ resp incl excl min max avg est jan feb mar apr jun jul
    aug sep sept oct nov dec i.v i.p i.m s.c b.i.d a.m p.m
    """.split()  # noqa: SIM905 - a list of 80 quoted words is no easier to read
)
_LONGEST_ABBREVIATION = 12
_INITIAL = re.compile(r"\(?[A-Z]\Z")
# "etc." and "al." may end a sentence, but only a capitalised common opener shows it.
_MAY_END = frozenset({"etc", "al"})
_OPENER = re.compile(r"(?:The|This|These|In|We|A|An|It|Our|However|Here|To|As|For|On)\s")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """`(start, end)` of each sentence of `text`, in order, blanks between them left out."""
    spans: list[tuple[int, int]] = []
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        _add_spans(text, start, end, spans)
        start = end + 1
    return spans


def _add_spans(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    """Append the spans of one line of `text`."""
    for match in _BOUNDARY.finditer(text, start, end):
        if not _refused(text, start, match.start(), match.end()):
            spans.append((start, match.start() + len(match[0].rstrip(" "))))
            start = match.end()
    while start < end and text[start] == " ":
        start += 1
    if start < end:
        spans.append((start, end))


def _refused(text: str, start: int, stop: int, after: int) -> bool:
    """Whether the word before the mark at `stop` means that the sentence from `start` goes on."""
    if text[stop] != ".":
        return False
    last = text[max(text.rfind(" ", start, stop) + 1, start) : stop]
    if len(last) > _LONGEST_ABBREVIATION:
        return False
    word = last.lstrip("([\"'“‘").lower()
    if word in _MAY_END:
        return not _OPENER.match(text, after)
    if word in _ABBREVIATIONS:
        return True
    return bool(_INITIAL.match(last)) and not _OPENER.match(text, after)
