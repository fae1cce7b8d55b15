"""A figure that was split, to rows: one sample per panel with its crop and its part of the texts,
beside the whole figure, which is marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from extractors.figures.records import FigurePanel, FigureSplit, Span
from schemas.identifiers import clean_id
from schemas.sample import Figure, Sample, Text, dropped

STAGE = "figures"
# Which of `labels` a sentence cites, of the figure labelled so; none where it cites the whole.
Cite = Callable[[str, str, tuple[str, ...]], tuple[str, ...]]

_MENTIONS = ("reference", "reference_paragraph")


@dataclass(frozen=True)
class Cutting:
    """What a panel's crop shows: its `box` in the whole figure, and what was done to the pixels."""

    box: tuple[int, int, int, int]
    change: str


def caption_of(whole: Sample) -> Text:
    """The caption that a figure is split by: the first one, empty where there is none."""
    return next((text for text in whole.texts if text.kind == "caption"), Text("caption", ""))


def left_whole(whole: Sample, why: str, split: FigureSplit | None = None) -> Sample:
    """The row of a figure that stays whole, and says why."""
    return msgspec.structs.replace(
        whole,
        scores=whole.scores | (_scores(split) if split else {}),
        meta=whole.meta | {"figures": why},
    )


def split_whole(whole: Sample, split: FigureSplit, keep: bool) -> Sample:
    """The row of a figure whose panels have rows of their own; it trains only if it is to `keep`."""
    count = f"{len(split.panels)} panels"
    row = msgspec.structs.replace(
        whole, scores=whole.scores | _scores(split), meta=whole.meta | {"split": count}
    )
    return row if keep else dropped(row, STAGE, "split", count)


def panel_row(
    whole: Sample, split: FigureSplit, number: int, sample_id: str, cutting: Cutting, cite: Cite
) -> Sample:
    """The row of panel `number` (from 0) of a split figure, still without its picture."""
    panel, figure = split.panels[number], whole.figure or Figure(id="")
    subcaption, about = _subcaption(caption_of(whole).text, split, panel)
    texts = [text for text in whole.texts if _is_about(text, figure.label, split, panel, cite)]
    if subcaption:
        texts = [Text("subcaption", subcaption, caption_of(whole).language), *texts]
    changes = [whole.meta.get("image_change", ""), cutting.change]
    return msgspec.structs.replace(
        whole,
        sample_id=sample_id,
        figure=msgspec.structs.replace(figure, panel=panel.label, box=list(cutting.box)),
        caption=subcaption or whole.caption,
        texts=texts,
        regions=[],  # these speak of the whole picture
        questions=[],
        scores=whole.scores | _scores(split) | {"panel_confidence": panel.score},
        meta=whole.meta | {"image_change": "; ".join(filter(None, changes)), "panel_text": about},
    )


def panel_names(split: FigureSplit, whole_id: str, taken: set[str]) -> list[str]:
    """A sample id for each panel: by its letter, else by its place; added to those `taken`."""
    names = []
    for number, panel in enumerate(split.panels, 1):
        label = clean_id(panel.label).strip("_") or f"p{number}"
        name, n = f"{whole_id}/{label}", 2
        while name in taken:
            name, n = f"{whole_id}/{label}~{n}", n + 1
        taken.add(name)
        names.append(name)
    return names


def _subcaption(caption: str, split: FigureSplit, panel: FigurePanel) -> tuple[str, str]:
    """The part of the caption for a panel, and what that is about: its `own` words with those
    that all share, the `shared` ones alone, or (no part, the caption stands for it) the `whole`."""
    text = _spans(caption, [*split.shared, *panel.spans])
    if _spans(caption, panel.spans):
        return text, "own"
    if text and any(other.spans for other in split.panels):
        return text, "shared"
    return "", "whole"


def _spans(caption: str, spans: Sequence[Span]) -> str:
    pieces = (caption[start:end].strip() for start, end in sorted(set(spans)))
    return " ".join(piece for piece in pieces if piece)


def _is_about(
    text: Text, figure_label: str, split: FigureSplit, panel: FigurePanel, cite: Cite
) -> bool:
    """Whether a text of the figure goes to a panel: all but sentences that cite other panels."""
    if text.kind not in _MENTIONS:
        return True
    labels = tuple(other.label for other in split.panels if other.label)
    cited = cite(text.text, figure_label, labels)
    return not cited or panel.label in cited


def _scores(split: FigureSplit) -> dict[str, float]:
    return {"compound": split.compound, "split_confidence": split.confidence}
