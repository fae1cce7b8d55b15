"""A figure and its caption to panels with their letters and their part of the caption."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from extractors.figures.gutters import gutter_panels
from extractors.figures.records import FigurePanel, FigureSplit, Panel

# Panel boxes of a picture given as (height, width, 3) uint8.
Detector = Callable[[np.ndarray], list[Panel]]


def split_figure(
    picture: Image.Image, caption: str, detector: Detector = gutter_panels
) -> FigureSplit:
    """Read one figure. A figure that has one panel gives that panel, the whole picture."""
    pixels = np.asarray(picture.convert("RGB"))
    panels = detector(pixels)
    score = min((p.score for p in panels), default=0.0)
    return FigureSplit(
        compound=float(len(panels) > 1),
        panels=tuple(FigurePanel(box=p.box, score=p.score) for p in panels),
        confidence=score,
    )
