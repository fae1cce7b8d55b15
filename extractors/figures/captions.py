"""A caption cut into what its panels share and what is about each.

In: the text of a caption. Out: `CaptionSplit`, verbatim spans of it. No model: markers are found
by their form, believed by their sequence (`caption_systems`), and given the words before or after
them (`caption_assign`).
"""

from __future__ import annotations

from collections.abc import Sequence

from extractors.figures.caption_assign import Piece, assign, trimmed
from extractors.figures.caption_markers import find_markers
from extractors.figures.caption_systems import System, choose_system
from extractors.figures.records import CaptionSplit, Span, Subcaption


def split_caption(caption: str) -> CaptionSplit:
    """The panels a caption names and the words about each; no parts where it names none."""
    markers = find_markers(caption)
    system = choose_system(markers) if len(markers) > 1 or _several(markers) else None
    if system is None:
        return CaptionSplit()
    return _as_split(caption, system, assign(caption, system))


def panel_text(caption: str, split: CaptionSplit, label: str) -> str:
    """All words about one panel, shared ones included, in the caption's order."""
    return _joined(caption, sorted([*split.shared, *_own_spans(split, label)]))


def own_text(caption: str, split: CaptionSplit, label: str) -> str:
    """The words about one panel alone (or about a few panels, it among them)."""
    return _joined(caption, _own_spans(split, label))


def _several(markers: Sequence[object]) -> bool:
    return any(len(marker.labels) > 1 for marker in markers)  # type: ignore[attr-defined]


def _own_spans(split: CaptionSplit, label: str) -> tuple[Span, ...]:
    return next((part.spans for part in split.parts if part.label == label), ())


def _joined(caption: str, spans: Sequence[Span]) -> str:
    return " ".join(caption[start:end] for start, end in spans)


def _as_split(caption: str, system: System, pieces: Sequence[Piece]) -> CaptionSplit:
    shared: list[Span] = []
    own: dict[str, list[Span]] = {label: [] for label in system.labels}
    for piece in pieces:
        for span in trimmed(caption, piece.start, piece.end):
            if not piece.labels:
                shared.append(span)
            for label in piece.labels:
                own[label].append(span)
    style = "upper" if system.kind == "alnum" else system.kind
    return CaptionSplit(
        shared=tuple(shared),
        parts=tuple(Subcaption(label, tuple(spans)) for label, spans in own.items()),
        style=style,
        score=0.5,
    )
