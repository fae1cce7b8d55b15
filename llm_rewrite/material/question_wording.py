"""Words that a question or a reasoning must not have: of its source, of figures, beyond the picture.

Each check gives findings as `reason: detail`. They are for what these tasks alone must keep from;
`llm_rewrite.faithfulness` looks at what a text says. Rules of RetinaVLM, GEMeX-ThinkVG and CliCR.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from llm_rewrite.material.questions import one_line, plain

_RUN = 10  # as many words of the source word for word are a quotation

_SOURCE = re.compile(
    r"\b(?:captions?|annotat(?:ion|ions|ed)|metadata|ground[- ]truth|bounding box(?:es)?|datasets?)\b"
    r"|\b(?:the|this|given|provided|above|following|supplied|source|accompanying) "
    r"(?:\w+ )?(?:text|passage|material|article|paper|report|description|labels?|context|record)\b"
    r"|\baccording to\b|\bas (?:reported|described|stated|noted|mentioned|documented|labell?ed)\b"
    r"|\b(?:given|provided|listed|supplied|known) (?:\w+ )?"
    r"(?:findings?|labels?|regions?|boxes|coordinates|information|answer|facts?|data)\b"
    r"|\b(?:is|are|was|were) (?:labell?ed|listed|reported|documented|described) (?:as|to|in|here)\b"
    r"|\bin (?:the|this) (?:study|publication|case report) by\b",
    re.IGNORECASE,
)
_REASONER = re.compile(
    r"\breport(?:s|ed|edly|ing)?\b|\b(?:correct|expected|right) answer\b"
    r"|\banswer (?:is|was) (?:given|known|provided)\b|\b(?:since|because|as) the answer\b"
    r"|\bI (?:was|am|have been) (?:given|told)\b|\b(?:based|relying) on the (?:findings|label|box)",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"\b(?i:(?:sub)?panels?\b|sub-?figures?\b|(?:this|the|which|each) figure\b|fig(?:ure)?s?\.? ?\d)"
    r"|\b(?i:image|picture|photograph|scan|row|column) \(?[A-H]\)?(?=[\s,.;?!]|$)"
    r"|\b(?i:marked|labell?ed|denoted|indicated) (?i:by |with |as )?(?i:the letter )?"
    r"(?:[A-H]|[\"'“‘(][A-Ha-h][\"'”’)])(?=[\s,.;?!]|$)|\b[Ll]etter [\"'“‘]?[A-Z]\b"
)
_KNOWLEDGE = re.compile(
    r"\bstands? for\b|\babbreviat|\bacronym|\bdefin(?:e|ed|ition)\b|\bmeaning of\b"
    r"|\baetiolog|\betiolog|\bprognosis\b|\btreat(?:ed|ment|ments)\b|\btherap(?:y|ies)\b"
    r"|\bmedications?\b|\bsymptoms?\b|\bcomplain|\bhistory\b|\bhow old\b|\bwhat age\b"
    r"|\b(?:patient|woman|man)'?s? (?:age|sex|gender)\b|\bfollow(?:ed)?[- ]up\b|\boutcome\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:compared|comparison) (?:with|to) (?:the |a )?(?:previous|prior|earlier|last|baseline)\b"
    r"|\b(?:previous|prior|earlier|last) (?:study|exam\w*|images?|scans?|radiographs?|films?)\b"
    r"|\binterval (?:change|increase|decrease|development|improvement)|\bsince the (?:last|prior)\b"
    r"|\b(?:unchanged|worsened|new since|has (?:increased|decreased|progressed|resolved))\b",
    re.IGNORECASE,
)
_OVER_OPTIONS = re.compile(
    r"\b(?:all|none|both|any|neither|some) of (?:the|these|those)\b|\b[A-H] (?:and|or|&) [A-H]\b"
    r"|\A\W*(?:all|none|both|neither|other)\W*\Z|\bcannot be (?:determined|seen|answered)\b",
    re.IGNORECASE,
)


def of_the_source(text: str, *, reasoning: bool = False) -> list[str]:
    """Words that speak of what the writer was given, and not of the picture."""
    found = _SOURCE.search(text) or (_REASONER.search(text) if reasoning else None)
    return [f"source_mentioned: {found[0]!r}"] if found else []


def of_the_figure(text: str) -> list[str]:
    """Panels, figures and the letters that name them: a corpus' picture is one of them, unnamed."""
    found = _FIGURE.search(text)
    return [f"source_mentioned: {one_line(found[0])!r}"] if found else []


def beyond_the_picture(text: str, images: int) -> list[str]:
    """What is asked of knowledge or history; a change, where there is but one picture."""
    found = _KNOWLEDGE.search(text) or (_CHANGE.search(text) if images < 2 else None)
    return [f"not_visible: {one_line(found[0])!r}"] if found else []


def over_options(options: Iterable[str]) -> list[str]:
    """Options about other options: they lose their sense when the order is drawn."""
    found = (match for option in options if (match := _OVER_OPTIONS.search(option)))
    return [f"option_wrong: {match[0]!r} is about other options" for match in found][:1]


def quoted(text: str, sources: Iterable[str], run: int = _RUN) -> list[str]:
    """So many words of a source in a row: what follows them there answers the question (CliCR)."""
    words = plain(text).split()
    joined = [f" {plain(source)} " for source in sources]
    for start in range(len(words) - run + 1):
        piece = " ".join(words[start : start + run])
        if any(f" {piece} " in source for source in joined):
            return [f"answer_leaked: quotes {piece[:120]!r}"]
    return []
