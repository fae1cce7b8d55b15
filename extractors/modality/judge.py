"""Kind of picture from texts, pixels and CLIP together, and how sure that is.

Each source gives a probability per leaf. They are pooled log-linearly (Hinton 2002, "products of
experts"; Genest and Zidek 1986): the weighted sum of their logarithms, made to sum to 1 again.
The weights are fitted on the development half of the labels so that the highest probability is
the chance of being right (`benchmarks.modality --fit` prints them: text 1.7, pixels 1.0). Texts
count a little less than that, as their phrases were written on that half too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from extractors.modality.contexts import MEDICAL, NOT_MEDICAL
from extractors.modality.phrases import PhraseList, words_of, written
from extractors.modality.place import body_part, view
from extractors.modality.text import text_scores
from extractors.modality.tree import KINDS

Texts = Sequence[tuple[str, str]]
Scores = Mapping[str, float]


class Judgement(msgspec.Struct, frozen=True):
    """What a picture is. `modality` is a leaf of the tree, empty where nothing is known.

    `score` is the probability that `modality` is right, `medical` that the picture shows a patient
    or a specimen (0.5 where nothing is known); `body_part` and `view` are empty unless the texts
    name them.
    """

    modality: str = ""
    score: float = 0.0
    medical: float = 0.5
    body_part: str = ""
    view: str = ""


class Weights(msgspec.Struct, frozen=True):
    """How much the logarithm of each source counts."""

    text: float
    pixels: float
    clip: float


# Alone, or beside others: a source that stands alone is as sure as its own weight makes it.
TEXT_ALONE = 1.3
PIXELS_ALONE = 1.0
TOGETHER = Weights(text=1.3, pixels=0.9, clip=0.6)

_FLOOR = 0.002
_SUBJECT_TEXTS = ("subcaption", "caption", "title")
_LONGEST_TEXT = 1500
_PER_WORD = 0.8
_MOST = 3.0
_TITLE = 0.35

# The log odds that a picture of a kind is medical, before its subject is asked; for other kinds
# the tree alone answers.
_BY_SUBJECT = {
    "clinical_photo": 3.0,
    "light_microscopy": 0.0,
    "fluorescence_microscopy": 1.5,
    "electron_microscopy": -0.5,
    "histopathology": 4.0,
    "cytology": 4.0,
    "signal": 2.0,
    "render_3d": -1.5,
    "other": -2.5,
}
_SURE = 0.99

_SUBJECTS = PhraseList(
    dict.fromkeys(written(NOT_MEDICAL), -1.0) | dict.fromkeys(written(MEDICAL), 1.0)
)


def judge_modality(texts: Texts, pixels: Scores | None, clip: Scores | None = None) -> Judgement:
    """The judgement over `(kind of text, text)` pairs and scores per leaf from pixels and CLIP.

    Each source may be missing: texts empty or silent, `pixels` and `clip` None.
    """
    spoken = text_scores(texts)
    pooled = pool(spoken, pixels or {}, clip or {})
    if not pooled:
        return Judgement()
    modality = max(pooled, key=lambda name: pooled[name])
    medical = medical_probability(pooled, texts)
    shown = medical >= 0.5
    return Judgement(
        modality=modality,
        score=pooled[modality],
        medical=medical,
        body_part=body_part(texts) if shown else "",
        view=view(texts) if shown else "",
    )


def pool(text: Scores, pixels: Scores, clip: Scores) -> dict[str, float]:
    """The probability of each leaf over all sources that speak; empty where none does."""
    speaking = [source for source in (text, pixels, clip) if source]
    if not speaking:
        return {}
    if len(speaking) == 1:
        alone = TEXT_ALONE if text else PIXELS_ALONE if pixels else TOGETHER.clip
        return weighted([(speaking[0], alone)])
    return weighted([(text, TOGETHER.text), (pixels, TOGETHER.pixels), (clip, TOGETHER.clip)])


def weighted(sources: Sequence[tuple[Scores, float]]) -> dict[str, float]:
    """The log-linear pool of sources with their weights, summing to 1; an empty source is left out."""
    logs = dict.fromkeys((kind.name for kind in KINDS), 0.0)
    for scores, weight in sources:
        if scores:
            for name in logs:
                logs[name] += weight * math.log(_floored(scores.get(name, 0.0)))
    top = max(logs.values())
    parts = {name: math.exp(value - top) for name, value in logs.items()}
    total = sum(parts.values())
    return {name: part / total for name, part in parts.items()}


def _floored(probability: float) -> float:
    """No source may rule a kind out; one that is no number says nothing of it."""
    known = probability if 0.0 <= probability <= 1.0 else 0.0
    return (1 - _FLOOR * len(KINDS)) * known + _FLOOR


def medical_probability(scores: Scores, texts: Texts) -> float:
    """The probability that a picture with these leaf probabilities shows a patient or specimen."""
    subject = _subject(texts)
    total = 0.0
    for kind in KINDS:
        sure = _SURE if kind.medical else 1 - _SURE
        if kind.name in _BY_SUBJECT:
            sure = 1 / (1 + math.exp(-(_BY_SUBJECT[kind.name] + subject)))
        total += scores.get(kind.name, 0.0) * sure
    return min(1.0, max(0.0, total))


def _subject(texts: Texts) -> float:
    """Log odds from what the texts speak of: patients and organs above 0, materials below."""
    found = 0.0
    for kind, text in texts:
        if kind in _SUBJECT_TEXTS:
            words = words_of(text[:_LONGEST_TEXT])
            share = _TITLE if kind == "title" else 1.0
            found += share * sum(cue.payload for cue in _SUBJECTS.find(words))
    return max(-_MOST, min(_MOST, _PER_WORD * found))
