"""What the texts about a picture say of its kind: caption before citing sentences before title.

Phrases of the `lexicon` are found with their weights. What names the picture (the head: words
before the first verb or preposition of a sentence) counts more than what follows, the first
sentence more than later ones, the first strong phrase of a caption most ("illustration of the
laparoscopic view"), and a phrase that is denied, compared or done elsewhere hardly.
The evidence of a kind is the sum over its phrases, each further one counting less.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from extractors.modality.contexts import (
    HEAD_ENDS,
    MEANINGS,
    TRAPS,
    WEAKENED_AFTER,
    WEAKENED_BEFORE,
)
from extractors.modality.lexicon import CUES
from extractors.modality.phrases import Found, PhraseList, Word, words_of, written
from extractors.modality.tree import KINDS
from extractors.sentences import sentence_spans

Texts = Sequence[tuple[str, str]]

# Kinds of text by rank, and how much each says: the caption speaks of this picture, citing
# sentences of several, the title of the whole article.
_CAPTIONS = ("subcaption", "caption")
_WEIGHT_OF = {"reference": 0.35, "title": 0.2}
_SILENT_CAPTION = 1.5
_WHERE_SILENT = 2.0
_MOST_REFERENCES = 4
_LONGEST_TEXT = 3000

_FIRST = 2.0
_HEAD = 1.5
_STRONG = 2.5
_LATER_SENTENCE = 0.65
_WEAKENED = 0.15
_REACH_WORDS = 4
_FURTHER = (1.0, 0.7, 0.5, 0.4, 0.3)
_FURTHEST = 0.2
_TEMPERATURE = 0.8

_Cues = tuple[tuple[str, float], ...]


def _cue_list() -> PhraseList[_Cues]:
    """All phrases with the kinds they speak for; a trap speaks for none."""
    cues: dict[str, list[tuple[str, float]]] = {phrase: [] for phrase in written(TRAPS)}
    for kind, weights in CUES.items():
        for weight, phrases in weights.items():
            for phrase in written(phrases):
                cues.setdefault(phrase, []).append((kind, weight))
    return PhraseList({phrase: tuple(found) for phrase, found in cues.items()})


def _flat(phrases: str) -> PhraseList[str]:
    return PhraseList({phrase: phrase for phrase in written(phrases)})


_CUES = _cue_list()
_MEANINGS = PhraseList({p: acronym for acronym, ps in MEANINGS.items() for p in written(ps)})
_BEFORE = _flat(WEAKENED_AFTER)
_AFTER = _flat(WEAKENED_BEFORE)
_HEAD_ENDS = _flat(HEAD_ENDS)


def text_scores(texts: Texts) -> dict[str, float]:
    """The probability of each leaf by `(kind of text, text)`, summing to 1; empty where none speaks.

    Texts that are neither caption, subcaption, reference nor title are not read.
    """
    evidence = text_evidence(texts)
    if not any(value > 0 for value in evidence.values()):
        return {}
    exponents = {kind.name: evidence.get(kind.name, 0.0) / _TEMPERATURE for kind in KINDS}
    top = max(exponents.values())
    weights = {name: math.exp(value - top) for name, value in exponents.items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def text_evidence(texts: Texts) -> dict[str, float]:
    """The evidence for kinds, in natural logarithms: the caption's, and a share of the others'."""
    captions = [text for kind in _CAPTIONS for k, text in texts if k == kind][:1]
    evidence = dict(caption_evidence(captions[0])) if captions else {}
    silent = max(evidence.values(), default=0.0) < _SILENT_CAPTION
    for kind, weight in _WEIGHT_OF.items():
        others = [text for k, text in texts if k == kind][:_MOST_REFERENCES]
        share = weight * (_WHERE_SILENT if silent else 1.0)
        for name, value in _mean(caption_evidence(text) for text in others).items():
            evidence[name] = evidence.get(name, 0.0) + share * value
    return evidence


def _mean(found: Iterable[Mapping[str, float]]) -> dict[str, float]:
    parts = list(found)
    names = {name for part in parts for name in part}
    return {name: sum(part.get(name, 0.0) for part in parts) / len(parts) for name in names}


@lru_cache(maxsize=256)
def caption_evidence(text: str) -> Mapping[str, float]:
    """The evidence of one text for kinds, in natural logarithms; kinds it is silent on are absent.

    The last texts are remembered, as the panels of a figure share theirs.
    """
    text = text[:_LONGEST_TEXT]
    words = words_of(text)
    banned = {found.payload for found in _MEANINGS.find(words)}
    values: dict[str, list[float]] = {}
    named = False
    for at, sentence in enumerate(_sentences(text, words)):
        place = _LATER_SENTENCE if at else 1.0
        for found, factor in _weighed(sentence, banned):
            first = at == 0 and not named and factor == _HEAD and _is_strong(found)
            named = named or first
            for kind, weight in found.payload:
                values.setdefault(kind, []).append(weight * (_FIRST if first else factor) * place)
    return MappingProxyType({kind: _summed(parts) for kind, parts in values.items()})


def _sentences(text: str, words: Sequence[Word]) -> list[Sequence[Word]]:
    """The words of each sentence."""
    found = []
    at = 0
    for _, end in sentence_spans(text):
        first = at
        while at < len(words) and words[at].start < end:
            at += 1
        if at > first:
            found.append(words[first:at])
    return found


def _weighed(words: Sequence[Word], banned: set[str]) -> Iterable[tuple[Found[_Cues], float]]:
    """The cues of a sentence, each with how much its place in the sentence lets it count."""
    cues = list(_CUES.find(words))
    if not cues:
        return
    head = _head_end(words)
    after = [found.last for found in _BEFORE.find(words)]
    before = [found.first for found in _AFTER.find(words)]
    for found in cues:
        if found.last == found.first + 1 and words[found.first].acronym in banned:
            continue
        weak = any(0 <= found.first - end <= _REACH_WORDS for end in after)
        weak = weak or any(0 <= start - found.last <= 1 for start in before)
        yield found, _WEAKENED if weak else _HEAD if found.first < head else 1.0


def _is_strong(found: Found[_Cues]) -> bool:
    return any(weight >= _STRONG for _, weight in found.payload)


def _head_end(words: Sequence[Word]) -> int:
    """Up to which word a sentence names what is seen; the first word is always part of it."""
    ends = (found.first for found in _HEAD_ENDS.find(words) if found.first > 0)
    return next(ends, len(words))


def _summed(values: list[float]) -> float:
    """The strongest in full, each further one by less; what speaks against counts in full."""
    support = sorted((v for v in values if v > 0), reverse=True)
    total = sum(v * f for v, f in zip(support, _FURTHER, strict=False))
    total += _FURTHEST * sum(support[len(_FURTHER) :])
    return total + max((v for v in values if v < 0), key=abs, default=0.0)
