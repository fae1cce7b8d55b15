"""What the figure readers hand to one another. Boxes are (x0, y0, x1, y1) in pixels of the
original picture, x1 and y1 exclusive; spans are (start, end) in characters of the caption.
"""

from __future__ import annotations

import msgspec

Box = tuple[int, int, int, int]
Span = tuple[int, int]


class Panel(msgspec.Struct, frozen=True):
    """A panel as seen in the picture; `score` 0 to 1 is how sure its finder is."""

    box: Box
    score: float


class Letter(msgspec.Struct, frozen=True):
    """A panel letter as read in the picture: "A", "b", "iv", "12", "B2"; `score` is 0 to 1.

    `others` are further readings of the same glyphs with their scores, best first ("C" and "c").
    """

    text: str
    box: Box
    score: float
    others: tuple[tuple[str, float], ...] = ()


class Subcaption(msgspec.Struct, frozen=True):
    """The words of a caption about one panel: verbatim spans, in order, without their markers.

    `label` is as the caption writes it, without brackets: "A", "b", "iv", "B2", "left".
    """

    label: str
    spans: tuple[Span, ...]


class CaptionSplit(msgspec.Struct, frozen=True):
    """A caption cut into what all panels share and one subcaption per panel.

    No `parts` means that the caption names no panels. `style` is `upper`, `lower`, `roman`,
    `number` or `words`; `score` 0 to 1 is how sure the split is.
    """

    shared: tuple[Span, ...] = ()
    parts: tuple[Subcaption, ...] = ()
    style: str = ""
    score: float = 0.0

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(part.label for part in self.parts)


class FigurePanel(msgspec.Struct, frozen=True):
    """One panel of a split figure, its letter and the spans of the caption that are about it.

    `label` is empty where neither picture nor caption gives one, `letter_box` where no letter
    was read; `score` 0 to 1 is the confidence that box, label and text belong together.
    """

    box: Box
    label: str = ""
    letter_box: Box | None = None
    spans: tuple[Span, ...] = ()
    score: float = 0.0


class FigureSplit(msgspec.Struct, frozen=True):
    """A whole figure, read. `compound` is the probability that it has several panels.

    `panels` in reading order of their labels; `shared` are the caption's spans about all of them;
    `confidence` 0 to 1 is that of the whole split.
    """

    compound: float
    panels: tuple[FigurePanel, ...] = ()
    shared: tuple[Span, ...] = ()
    confidence: float = 0.0
