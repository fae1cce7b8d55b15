"""Captions for rendered figures, in the ways authors name their panels."""

from __future__ import annotations

import random
from collections.abc import Sequence

from extractors.rendered.charts import WORDS

_OPENINGS = (
    "Findings at presentation.",
    "Representative images of the treated and the control group.",
    "Results of the follow-up.",
    "Expression in tissue sections and its quantification.",
    "",
)
_CLOSINGS = ("Scale bars: 50 µm.", "Arrows mark the lesion.", "Data are mean and SD.", "", "", "")
_PICTURES = (
    "axial image of the lesion at the first visit",
    "section stained with haematoxylin and eosin",
    "coronal view three months after treatment",
    "photograph of the affected area",
    "image of the control without treatment",
    "close view of the border region",
)
_MARKS = ("({})", "({})", "({})", "{})", "{},", "{}.", "{}:")


def invented_caption(
    rng: random.Random, labels: Sequence[str], kinds: Sequence[str]
) -> tuple[str, list[str]]:
    """A caption that names each label, and the words about each: shared and own, marks left out.

    `kinds` are those of the panels: picture, chart or drawing. No labels give plain sentences.
    """
    opening, closing = rng.choice(_OPENINGS), rng.choice(_CLOSINGS)
    if not labels:
        plain = opening or "Findings at presentation."
        return " ".join(x for x in (plain, closing) if x), []
    mark = rng.choice(_MARKS)
    phrases = [_phrase(rng, kind) for kind in kinds]
    if len(labels) > 1 and mark == "({})" and rng.random() < 0.25:  # the letter after its phrase
        named = [f"{p} {mark.format(b)}" for b, p in zip(labels, phrases, strict=True)]
        named[0] = named[0][0].upper() + named[0][1:]
        body = ", ".join(named[:-1]) + " and " + named[-1] + "."
    else:
        ends = ";" if rng.random() < 0.2 else "."
        named = [f"{mark.format(b)} {p[0].upper()}{p[1:]}"
                 for b, p in zip(labels, phrases, strict=True)]  # fmt: skip
        body = f"{ends} ".join(named) + "."
    caption = " ".join(x for x in (opening, body, closing) if x)
    texts = [" ".join(x for x in (opening, phrase, closing) if x) for phrase in phrases]
    return caption, texts


def _phrase(rng: random.Random, kind: str) -> str:
    if kind == "picture":
        return rng.choice(_PICTURES)
    if kind == "chart":
        first, second = rng.sample(WORDS, 2)
        return f"{first.lower()} against {second.lower()} in both groups"
    return "scheme of the experiment and its steps"
