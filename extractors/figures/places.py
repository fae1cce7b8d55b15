"""Panels that a caption names by where they are: "left", "upper row", "bottom right"."""

from __future__ import annotations

from collections.abc import Sequence

from extractors.figures.records import Box

_ACROSS = {"left": 0.0, "right": 1.0, "centre": 0.5, "center": 0.5, "middle": 0.5}
_DOWN = {"top": 0.0, "upper": 0.0, "above": 0.0, "bottom": 1.0, "lower": 1.0, "below": 1.0}
_PARTS = ("panel", "row", "column", "image", "picture", "figure", "part", "side")
_FILLERS = frozenset((*_PARTS, *(f"{word}s" for word in _PARTS), "half", "hand", "corner", "the"))
_EITHER = ("middle", "centre", "center")
_FAR = 0.34


def is_place(label: str) -> bool:
    """Whether a label says where its panel is."""
    words = label.casefold().replace("-", " ").split()
    known = [w for w in words if w in _ACROSS or w in _DOWN]
    return bool(known) and all(w in _ACROSS or w in _DOWN or w in _FILLERS for w in words)


def by_place(boxes: Sequence[Box], labels: Sequence[str]) -> list[tuple[str, float]]:
    """For each box the label whose place is nearest and how well it fits, 0 to 1.

    One label may name several boxes ("upper row"); a box that no label fits gets an empty one.
    """
    centres = [((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in boxes]
    across, down = _spread([c[0] for c in centres]), _spread([c[1] for c in centres])
    found = []
    for x, y in zip(across, down, strict=True):
        fits = [(_distance(label, x, y), label) for label in labels]
        distance, label = min(fits, default=(1.0, ""))
        found.append((label, 0.8 * (1 - distance)) if distance <= _FAR else ("", 0.0))
    return found


def _spread(values: list[float]) -> list[float]:
    """Values on a scale where the least is 0 and the greatest 1."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    return [(v - low) / (high - low) if high > low else 0.5 for v in values]


def _distance(label: str, x: float, y: float) -> float:
    """How far (x, y) of 0 to 1 is from what a label says; what it does not say does not count."""
    words = label.casefold().replace("-", " ").split()
    in_rows = bool({"row", "rows"} & set(words))
    across = [abs(_ACROSS[w] - x) for w in words if w in _ACROSS and not (in_rows and w in _EITHER)]
    down = [abs(_DOWN[w] - y) for w in words if w in _DOWN]
    down += [abs(0.5 - y) for w in words if in_rows and w in _EITHER]
    return max([*down, *across], default=1.0)
