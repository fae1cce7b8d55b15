"""Closing remarks of a caption that are about all panels: scale bars, stains, magnification,
statistics, arrows, abbreviations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_COLOUR = (
    r"(?:white|black|red|yellow|blue|green|orange|purple|gr[ae]y|open|closed|dashed|dotted|solid)"
)
_KINDS = {
    "scale": r"\(?(?:the\s+)?(?:scale|bars?)(?:\s+bars?)?\s*(?:[=:,]|represent|indicate|are\b|is\b"
    r"|correspond|equal|shown|for\b|in\b|length|\d|[-–])",
    "magnification": r"\(?(?:original\s+|all\s+)?magnifications?\b|\(?[×x*]\s?\d+|\d+\s?[×x*]"
    r"|reduced from",
    "arrows": rf"(?:the\s+)?(?:{_COLOUR}\s+)*(?:arrow(?:s|heads?)?|asterisks?|stars?|circles?)\b"
    rf"|(?:the\s+)?{_COLOUR}\s+(?:lines?|dots?|circles?|bars?|box(?:es)?)\b",
    "symbols": r"(?:[^\s.]+\s+){1,3}(?:indicates?|denotes?|represents?|describes?|marks?)\s",
    "data": r"(?:the\s+|all\s+)?(?:data|values?|results?|error\s+bars?|means?|graphs?)\b",
    "significance": r"\(?[*#†‡§]|\(?p\s?[-<=>]|(?:statistical\s+)?significance|different\s+letters"
    r"|ns\b|n\s?=|student|log[- ]rank|the log[- ]rank",
    "abbreviations": r"abbreviations?\b|\S{1,8}(?:,|:|\s?=)\s[^;]{3,70};\s?\S{1,9}(?:,|:|\s?=)\s"
    r"|[A-Z]{2,6}[0-9]?(?::|\s?=|,)\s[a-z]",
    "stain": r"\(?(?:h\s?(?:&|and)\s?e\b|h(?:a?e)?matoxylin|giemsa|immunohistochemi\w+ with|stain"
    r"|immunohistochemical stain|(?:immuno)?\S+ (?:cells )?(?:were|was) (?:counter)?stained)",
    "all": r"all\s|for\s+(?:explanation|interpretation|details|all|abbreviations)|see\s|colou?rs?\b"
    r"|\[colou?r|note\b.*\ball\b|(?:red|blue|green|black|white)\s?[:=]|reproduced|adapted|images\b"
    r"|nuclei\s|dapi\b|anterior\s+is|the\s+bar\s+chart|\(?(?:source|courtesy)"
    r"|[^.]*\b(?:is|are) (?:shown|depicted|labell?ed|stained|coloured|colored) (?:in|as|with) "
    r"(?:red|blue|green|white|black|yellow)",
}
_OPENING = {
    kind: re.compile(rf"\s*(?:{pattern})", re.IGNORECASE) for kind, pattern in _KINDS.items()
}
# Where another panel has its own statement of this kind, the last panel's is its own too.
_SAID = {
    "scale": re.compile(r"\bscale bars?\b|\bbars?\s*[=:]", re.IGNORECASE),
    "data": re.compile(r"\bdata (?:are|were|represent)|\bvalues\b|error bars", re.IGNORECASE),
    "arrows": re.compile(r"\barrow", re.IGNORECASE),
    "symbols": re.compile(r"\b(?:indicate|denote|represent|describe)", re.IGNORECASE),
    "magnification": re.compile(r"\bmagnification|[×x*]\s?\d", re.IGNORECASE),
    "significance": re.compile(r"\bp\s?[<=>]", re.IGNORECASE),
    "stain": re.compile(r"h&e|matoxylin", re.IGNORECASE),
}
_PLURAL = re.compile(r"\s*(?:all\b|\S+\s+bars\b|magnifications\b)", re.IGNORECASE)


def first_remark(sentences: Sequence[str], said: Sequence[str]) -> int:
    """The index of the first sentence that is a remark about all panels; their number if none.

    `said` is the text of the panels before the last.
    """
    for i, sentence in enumerate(sentences):
        kind = remark_kind(sentence)
        if kind and not _own(kind, sentence, said):
            return i
    return len(sentences)


def remark_kind(sentence: str) -> str:
    """Which kind of remark a sentence opens as; empty for none."""
    return next((kind for kind, opening in _OPENING.items() if opening.match(sentence)), "")


def _own(kind: str, sentence: str, said: Sequence[str]) -> bool:
    """Whether other panels have remarks of this kind of their own."""
    pattern = _SAID.get(kind)
    if pattern is None or _PLURAL.match(sentence):
        return False
    return any(pattern.search(text) for text in said)
