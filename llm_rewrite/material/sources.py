"""Pieces of evidence out of a row, each with its reference; what tasks put before the model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from llm_rewrite.prompt import Part
from llm_rewrite.task import Passage
from schemas.sample import Sample

CAPTION_KINDS = ("subcaption", "caption", "label_caption", "report", "region_caption")
# How a label's value is said: the last in words that a reader takes as a doubt.
SAID = {"present": "present", "absent": "absent", "uncertain": "possible"}
_MOST_CHARACTERS = 6_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # and halves of characters
_TURN = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
# Facts of a labelled row's picture, as they lie in `meta`, and how each is called.
_PICTURE_FACTS = {
    "picture": "picture",
    "organ": "organ",
    "plane": "plane",
    "projection": "projection",
    "laterality": "side of the body shown",
    "sequence": "sequence",
    "contrast": "contrast",
    "stain": "stain",
    "magnification": "magnification",
}


def caption_parts(row: Sample, kinds: Iterable[str] = CAPTION_KINDS) -> list[Part]:
    """The row's caption: the first source text of the first of these kinds that it has."""
    for kind in kinds:
        for place, text in enumerate(row.texts):
            if text.kind == kind and usable(text.faithful) and text.text.strip():
                return [Part("caption", cut(text.text), f"text:{place}")]
    return []


def reference_parts(row: Sample, most: int, language: str = "") -> list[Part]:
    """The first sentences that cite the figure; those in one language, where it is given."""
    return _texts(row, "reference", "citing sentence", language)[:most]


def citing_parts(row: Sample, most: int, language: str = "") -> list[Part]:
    """The first paragraphs that cite the figure, then citing sentences that none of them holds."""
    paragraphs = _texts(row, "reference_paragraph", "citing paragraph", language)[:most]
    shown = " ".join(" ".join(part.text.split()) for part in paragraphs)
    alone = [
        part
        for part in _texts(row, "reference", "citing sentence", language)
        if " ".join(part.text.split()) not in shown
    ]
    return [*paragraphs, *alone][:most]


def figure_parts(row: Sample) -> list[Part]:
    """What the article calls the picture: "Figure 2, panel B"; nothing for a row without figure."""
    label = row.figure.label.strip(" .:") if row.figure else ""
    if row.figure is None or not label:
        return []
    panel = f", panel {row.figure.panel}" if row.figure.panel else ""
    return [Part("this picture", f"{label}{panel}")]


def fact_parts(row: Sample, patient: bool = True) -> list[Part]:
    """What is known of the picture as a whole, one fact a line; with age and sex of the `patient`."""
    own = {name: row.meta.get(key, "") for key, name in _PICTURE_FACTS.items()}
    facts = {
        "picture": own.pop("picture"),
        "modality": row.modality,
        "body part": row.body_part,
        "view": row.view,
        **own,
        "number of pictures": str(len(row.images)) if len(row.images) > 1 else "",
        "patient": _patient(row) if patient else "",
    }
    said = {name: value.replace("_", " ").strip() for name, value in facts.items()}
    lines = [f"{name}: {value}" for name, value in said.items() if value]
    return [Part("facts", cut("\n".join(lines)))] if lines else []


def _patient(row: Sample) -> str:
    years, months = row.meta.get("age_years", ""), row.meta.get("age_months", "")
    age = f"{years} years old" if years else f"{months} months old" if months else ""
    return ", ".join(word for word in (row.meta.get("sex", ""), age) if word)


def label_parts(row: Sample) -> list[Part]:
    """A sentence for each label, that it is present, absent or possible, which checks read as they
    read any source; unstated ones are left out."""
    return [
        Part("label", f"{label.name} is {SAID[label.value]}.", f"label:{label.name}")
        for label in row.labels
        if label.value in SAID
    ]


def passage_parts(passages: Sequence[Passage], most: int) -> list[Part]:
    """The first passages, each once: what is known in general, not of this picture."""
    unique = {passage.text: passage for passage in passages if passage.text.strip()}
    return [Part("background", cut(p.text), p.ref) for p in list(unique.values())[:most]]


def usable(faithful: bool | None) -> bool:
    """A source text, or a written one that was proved; never a rejected one."""
    return faithful is not False


def cut(text: str) -> str:
    """A text short enough for a prompt, cut at a word."""
    if len(text) <= _MOST_CHARACTERS:
        return text
    return text[:_MOST_CHARACTERS].rsplit(" ", 1)[0] + " ..."


def plain(text: str) -> str:
    """A written text as it stands in a record: on one line, without control characters, and
    without those that turn the direction of what follows (Trojan Source, CVE-2021-42574)."""
    return " ".join(_CONTROL.sub(" ", _TURN.sub("", text)).split())


def _texts(row: Sample, kind: str, name: str, language: str) -> list[Part]:
    return [
        Part(name, cut(text.text), f"text:{place}")
        for place, text in enumerate(row.texts)
        if text.kind == kind and usable(text.faithful) and text.text.strip()
        if not language or text.language == language
    ]
