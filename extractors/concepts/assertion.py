"""Which findings of a sentence are denied ("no effusion") or doubted ("possible effusion").

In: a sentence of a text and the spans of its mentions. Out: an `Assertion` for each. A cue reaches
from itself to the end of its clause: through a list ("no fever, cough or rash"), not past "but" or
a new subject, and around a place ("no mass in the liver or ascites" denies the ascites, not the
liver). Cues before and after as in NegEx (Chapman 2001), terminators as in ConText (Harkema 2009).

What we chose: "consistent with", "compatible with" and "indicative of" assert; "suggestive of",
"likely", "may" and "versus" doubt. "Rule out X", "if X", "risk of X", "mimicking X" and "family
history of X" are doubted: X is asked for, supposed or another's. "X is unlikely" is denied and
doubted. "X has resolved" is denied. A doubt within a denial ("no sign of possible X") is a denial.
"X is unremarkable" says that X is there. A cue inside a mention ("HIV-negative") is part of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from extractors.concepts.assertion_cues import SCREEN
from extractors.concepts.assertion_reach import Reach, find_events, reaches


class Assertion(msgspec.Struct, frozen=True):
    """Whether a text denies a finding, and whether it leaves it open; neither: it asserts it."""

    negated: bool = False
    uncertain: bool = False


_ASSERTED = Assertion()
_KNOWN = {(n, u): Assertion(n, u) for n in (False, True) for u in (False, True)}
_NOT_BEFORE = re.compile(r"(?:\bnon-|\bnon )\Z")
_NEGATED_BY = re.compile(
    r"\s?-\s?(?:negative|free)\b|\s?\(-\)|\snegative\b(?! (?:control|predict|margin|pressure|for\b))"
    r"|\sfree(?= (?:survival|margin|interval|status)|\s?[.,;)]|\Z)"
)
_GREW = re.compile(r"\s(?:growth|progression|enlargement|expansion)\b")
_PLACE_NAME = re.compile(
    r"\b(?:lungs?|lobes?|liver|spleen|kidneys?|pancreas|bladder|gallbladder|brain|heart|pelvis|abdomen"
    r"|chest|thorax|mediastinum|neck|head|spine|aorta|arter(?:y|ies)|veins?|bones?|breasts?|colon"
    r"|uterus|ovar(?:y|ies)|prostate|hip|knees?|shoulder|wrist|ankle|skull|ribs?|nodes?|glands?|duct"
    r"|muscles?|hil(?:um|a)|apex|apices|bases?|ventricles?|hemispheres?|bowel|stomach|trachea|wall"
    r"|side|eyes?|limbs?|extremit(?:y|ies)|regions?|area|zones?|space|cavity|canal|tissues?)\Z"
)
_LONGEST = 5000  # characters; longer "sentences" (tables, sequences) are read in pieces


def assertions(
    text: str, sentence: tuple[int, int], spans: Sequence[tuple[int, int]]
) -> list[Assertion]:
    """For each mention (its span in `text`), whether the sentence denies or doubts it."""
    start, end = sentence
    if end - start > _LONGEST:
        return _in_pieces(text, sentence, spans)
    lowered = _lowered(text[start:end])
    if not spans or not SCREEN.search(lowered):
        return [_ASSERTED] * len(spans)
    mentions = [(a - start, b - start) for a, b in spans]
    events = find_events(lowered, mentions)
    denied, doubted = reaches(events, lowered)
    found = []
    for a, b in mentions:
        name = lowered[a:b]
        negated = _within(denied, a, name) or _denied_by_affix(lowered, a, b)
        if negated and _GREW.match(lowered, b):
            negated = False
        uncertain = _within(doubted, a, name) or lowered.startswith("-like", b)
        found.append(_KNOWN[negated, uncertain])
    return found


def _in_pieces(
    text: str, sentence: tuple[int, int], spans: Sequence[tuple[int, int]]
) -> list[Assertion]:
    """The same for a sentence too long to be one; `spans` in any order."""
    pieces: dict[int, list[tuple[int, int]]] = {}
    for span in spans:
        piece = sentence[0] + (span[0] - sentence[0]) // _LONGEST * _LONGEST
        pieces.setdefault(piece, []).append(span)
    said = {
        (a, b): assertion
        for piece, held in pieces.items()
        for (a, b), assertion in zip(
            held,
            assertions(text, (piece, min(piece + _LONGEST, sentence[1])), held),
            strict=True,
        )
    }
    return [said[span[0], span[1]] for span in spans]


def _lowered(text: str) -> str:
    """Lower case, character by character the same length."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    return lowered.replace("’", "'").replace("‐", "-").replace("‑", "-").replace("−", "-")


def _within(reaches: list[Reach], start: int, name: str) -> bool:
    return any(
        r.start <= start < r.end and (r.places or not _PLACE_NAME.search(name)) for r in reaches
    )


def _denied_by_affix(lowered: str, start: int, end: int) -> bool:
    """ "non-X", "X-negative", "X-free", "X (-)"."""
    if lowered.startswith(("non-", "non "), max(start - 4, 0), start) and _NOT_BEFORE.search(
        lowered, max(start - 5, 0), start
    ):
        return True
    return bool(_NEGATED_BY.match(lowered, end))
