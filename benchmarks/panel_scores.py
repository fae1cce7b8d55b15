"""Panel boxes, letters and pairs against truth: one-to-one matching at IoU 0.5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Box = Sequence[float]


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    shared = wide * high
    areas = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)]
    return shared / (sum(areas) - shared)


def matches(found: Sequence[Box], true: Sequence[Box], least: float = 0.5) -> list[tuple[int, int]]:
    """Pairs (found, true), best overlap first, each box once. Above IoU 0.5 a box can match
    several only where boxes overlap, so the greedy choice is all but always the optimal one."""
    overlaps = sorted(
        ((iou(f, t), i, j) for i, f in enumerate(found) for j, t in enumerate(true)), reverse=True
    )
    used: set[tuple[str, int]] = set()
    pairs = []
    for overlap, i, j in overlaps:
        if overlap < least:
            break
        if ("f", i) not in used and ("t", j) not in used:
            used |= {("f", i), ("t", j)}
            pairs.append((i, j))
    return pairs


@dataclass
class PanelScore:
    """Adds up figures: F1 over all panels, figures whose panels are all right, compound or not."""

    right: int = 0
    found: int = 0
    true: int = 0
    figures: int = 0
    all_right: int = 0
    compound_right: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, name: str, found: Sequence[Box], true: Sequence[Box], compound: bool) -> None:
        pairs = matches(found, true)
        self.right += len(pairs)
        self.found += len(found)
        self.true += len(true)
        self.figures += 1
        whole = len(pairs) == len(found) == len(true)
        self.all_right += whole
        self.compound_right += compound == (len(true) > 1)
        if not whole:
            self.wrong.append(name)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.found + self.true)

    def summary(self) -> dict[str, float]:
        n = max(1, self.figures)
        return {
            "panel_f1": self.f1,
            "all_panels_right": self.all_right / n,
            "compound_accuracy": self.compound_right / n,
            "figures": self.figures,
        }
