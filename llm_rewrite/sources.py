"""Pieces of evidence out of a row, each with its reference; what tasks put before the model."""

from __future__ import annotations

from collections.abc import Iterable

from llm_rewrite.prompt import Part
from schemas.sample import Sample

CAPTION_KINDS = ("subcaption", "caption", "label_caption", "report", "region_caption")
_MOST_CHARACTERS = 6_000


def caption_parts(row: Sample, kinds: Iterable[str] = CAPTION_KINDS) -> list[Part]:
    """The row's caption: the first source text of the first of these kinds that it has."""
    for kind in kinds:
        for place, text in enumerate(row.texts):
            if text.kind == kind and usable(text.faithful) and text.text.strip():
                return [Part("caption", cut(text.text), f"text:{place}")]
    return []


def reference_parts(row: Sample, most: int) -> list[Part]:
    """The first sentences that cite the figure."""
    found = [
        Part("citing sentence", cut(text.text), f"text:{place}")
        for place, text in enumerate(row.texts)
        if text.kind == "reference" and text.text.strip()
    ]
    return found[:most]


def label_parts(row: Sample) -> list[Part]:
    """Each label with whether it is present, absent or uncertain; unstated ones are left out."""
    return [
        Part("label", f"{label.name}: {label.value}", f"label:{label.name}")
        for label in row.labels
        if label.value != "unstated"
    ]


def usable(faithful: bool | None) -> bool:
    """A source text, or a written one that was proved; never a rejected one."""
    return faithful is not False


def cut(text: str) -> str:
    """A text short enough for a prompt, cut at a word."""
    if len(text) <= _MOST_CHARACTERS:
        return text
    return text[:_MOST_CHARACTERS].rsplit(" ", 1)[0] + " ..."
