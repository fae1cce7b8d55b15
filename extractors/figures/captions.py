"""A caption cut into what its panels share and what is about each.

In: the text of a caption. Out: `CaptionSplit`, verbatim spans of it. No model: markers are found
by their form, believed by their sequence (`caption_systems`), and given the words before or after
them (`caption_assign`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractors.figures.caption_assign import Piece, assign, trimmed
from extractors.figures.caption_markers import Marker, find_markers
from extractors.figures.caption_sequence import System
from extractors.figures.caption_systems import belief, choose_system
from extractors.figures.caption_words import choose_places
from extractors.figures.records import CaptionSplit, Span, Subcaption

_PLAIN = str.maketrans("（）［］{}：，．；\u00a0\u2009\u202f\u3000", "()[]():,.;    ")
_SENTENCE, _TITLE = 6, 3  # words of what is a sentence, or a title, rather than a name
_MANY_LOOSE = 4  # numbers amid words that need no sign of a plate of specimens
_TAXON = re.compile(
    r"\bspp?\.|\b(?:holo|para)type|habitus|aedeag|pronotum|genitalia|terminalia|larva|elytr"
    r"|antenna|specimens|♂|♀",
    re.IGNORECASE,
)
_PICTURED = re.compile(
    r"\b(?:views?|images?|radiographs?|ct|mri?|scans?|photo\w*|micrographs?|sections?|stain\w*"
    r"|x-rays?|histolog\w*|ultraso\w*|h&e|plots?|graphs?|curves?|histograms?|dorsal|ventral|lateral"
    r"|holotype|paratype|habitus|detail|axial|sagittal|coronal|magnification|male|female"
    r"|angiogra\w*)\b",
    re.IGNORECASE,
)


def split_caption(caption: str) -> CaptionSplit:
    """The panels a caption names and the words about each; no parts where it names none."""
    text = caption.translate(_PLAIN)
    markers = find_markers(text)
    system = choose_system(markers) if len(markers) > 1 or _several(markers) else None
    split = _checked(caption, text, system)
    return split if split.parts else _checked(caption, text, choose_places(text))


def _checked(caption: str, text: str, system: System | None) -> CaptionSplit:
    """The split by a system; no parts where there is none, or it can be a legend."""
    if system is None:
        return CaptionSplit()
    split = _as_split(caption, system, assign(text, system))
    return split if _about_pictures(caption, system, split) else CaptionSplit()


def panel_text(caption: str, split: CaptionSplit, label: str) -> str:
    """All words about one panel, shared ones included, in the caption's order.

    Of a panel that the caption does not name these are the shared ones; all of its words where it
    names no panels.
    """
    if not split.parts:
        return caption
    return _joined(caption, sorted([*split.shared, *_own_spans(split, label)]))


def own_text(caption: str, split: CaptionSplit, label: str) -> str:
    """The words about one panel alone (or about a few panels, it among them)."""
    return _joined(caption, _own_spans(split, label))


def _about_pictures(caption: str, system: System, split: CaptionSplit) -> bool:
    """Whether the phrases can be about panels, where numbers, "A = ..." or "A - ..." would as
    well be a legend of structures: most speak of pictures or views, or are sentences."""
    if system.kind != "number" and system.family not in ("equals", "dash"):
        return True
    texts = [own_text(caption, split, label) for label in split.labels]
    few = system.family == "loose" and len(system.labels) < _MANY_LOOSE
    if system.kind == "number" and (few or system.labels[0] != "1" or _TAXON.search(caption)):
        return _TAXON.search(caption) is not None
    if system.kind != "number" and sum(len(t.split()) for t in texts) >= _SENTENCE * len(texts):
        return True
    titled = [t for t in texts if t[:1].isupper() and len(t.split()) >= _TITLE]
    if system.family == "dash" and len(titled) == len(texts):
        return all(marker.opens == "sentence" for marker in system.markers)
    return sum(_PICTURED.search(text) is not None for text in texts) * 2 > len(texts)


def _several(markers: Sequence[Marker]) -> bool:
    return any(len(marker.labels) > 1 for marker in markers)


def _own_spans(split: CaptionSplit, label: str) -> tuple[Span, ...]:
    return next((part.spans for part in split.parts if part.label == label), ())


def _joined(caption: str, spans: Sequence[Span]) -> str:
    return " ".join(caption[start:end] for start, end in spans)


def _as_split(caption: str, system: System, pieces: Sequence[Piece]) -> CaptionSplit:
    shared: list[Span] = []
    own: dict[str, list[Span]] = {label: [] for label in system.labels}
    for piece in pieces:
        common = piece.around and len(piece.labels) == len(own)
        for span in trimmed(caption, piece.start, piece.end):
            for spans in [own[label] for label in piece.labels if not common] or [shared]:
                _append(caption, spans, span)
    letters = "upper" if system.labels[0][0].isupper() else "lower"
    style = letters if system.kind in ("alnum", "either") else system.kind
    return CaptionSplit(
        shared=tuple(shared),
        parts=tuple(Subcaption(label, tuple(spans)) for label, spans in own.items()),
        style=style,
        score=round(belief(system), 3),
    )


def _append(caption: str, spans: list[Span], span: Span) -> None:
    """Add a span to a list; one that goes on where the last ended makes it longer."""
    if spans and caption[spans[-1][1] : span[0]].isspace():
        spans[-1] = (spans[-1][0], span[1])
    else:
        spans.append(span)
