"""A figure and its caption to panels with their letters and their part of the caption.

The caption is read first: how many panels it names helps to see them, which letters it uses helps
to read them. Then boxes, letters and labels are brought together (`align`), and the confidence
says how far to believe the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from PIL import Image

from extractors.figures.align import Aligned, align
from extractors.figures.captions import split_caption
from extractors.figures.letters import choose_letters, read_letters
from extractors.figures.panels import UNKNOWN, Seen, see_panels
from extractors.figures.places import is_place
from extractors.figures.records import CaptionSplit, FigurePanel, FigureSplit, Letter
from extractors.figures.snapping import inked

# Candidate panels of a (height, width, 3) uint8 picture, given how many the caption names.
Detector = Callable[[np.ndarray, int], Seen]

_LARGEST_SIDE_PX = 1600
_BELIEVED = 0.5
_LETTERED = 0.75  # two letters read are a proof of their own


def split_figure(
    picture: Image.Image, caption: str, detector: Detector = see_panels
) -> FigureSplit:
    """Read one figure. A figure of one panel gives that panel: the picture without its margins.

    Panels come in the order of the caption's labels; boxes are in pixels of `picture`.
    """
    pixels, scale = _pixels(picture)
    text = split_caption(caption)
    seen = detector(pixels, len(text.parts) if caption.strip() else UNKNOWN)
    letters = _letters(pixels, text, seen)
    aligned = align(seen.panels, letters, text.labels)
    read = sum(panel.letter is not None for panel in aligned)
    if len(aligned) < 2 or (seen.compound < _BELIEVED and read < 2):
        box = _scaled(inked(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)), scale, picture.size)
        return FigureSplit(seen.compound, (FigurePanel(box, score=1 - seen.compound),))
    own = {part.label: part.spans for part in text.parts}
    panels = [
        FigurePanel(
            box=_scaled(panel.box, scale, picture.size),
            label=panel.label,
            letter_box=_scaled(panel.letter.box, scale, picture.size) if panel.letter else None,
            spans=own.get(panel.label, ()),
            score=panel.score * panel.agreement,
        )
        for panel in aligned
    ]
    return FigureSplit(
        compound=seen.compound if read < 2 else max(seen.compound, _LETTERED),
        panels=tuple(panels),
        shared=text.shared,
        confidence=_confidence(aligned, text, seen),
    )


def _pixels(picture: Image.Image) -> tuple[np.ndarray, float]:
    """The picture as RGB pixels, shrunk where it is very large, and what it was shrunk by."""
    scale = max(1.0, max(picture.size) / _LARGEST_SIDE_PX)
    picture = picture.convert("RGB")
    if scale > 1:
        size = (max(1, round(picture.width / scale)), max(1, round(picture.height / scale)))
        picture = picture.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(picture), scale


def _scaled(
    box: tuple[int, int, int, int], scale: float, size: tuple[int, int]
) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = (round(v * scale) for v in box)
    return max(0, x0), max(0, y0), min(size[0], x1), min(size[1], y1)


def _letters(pixels: np.ndarray, text: CaptionSplit, seen: Seen) -> Sequence[Letter]:
    """One letter per label, as far as they are found in the picture."""
    if seen.compound < 0.1 and not text.parts:
        return ()
    if text.parts and all(is_place(label) for label in text.labels):
        return ()
    found = read_letters(pixels, text.labels, [p.box for p in seen.panels if p.score > 0.3])
    return [x for x in choose_letters(found, text.labels) if x.score >= _BELIEVED or text.parts]


def _confidence(aligned: Sequence[Aligned], text: CaptionSplit, seen: Seen) -> float:
    """How likely every panel has its box and its words: the weakest panel, and each step before."""
    weakest = min(panel.score * panel.agreement for panel in aligned)
    if len(aligned) != len(text.parts) or any(not panel.label for panel in aligned):
        weakest *= 0.5
    return max(0.0, min(1.0, weakest**0.5 * max(text.score, 0.3) ** 0.5 * seen.compound**0.5))
