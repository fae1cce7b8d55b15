"""Marked regions as evidence for a description: which are shown, in what words, how they lie.

Left and right of a place or a relation are the picture's; `side` is the patient's where the record
says so. Boxes are [left, top, right, bottom].
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Literal

from llm_rewrite.prompt import Part
from schemas.sample import Region, Sample

Unit = Literal["thousandths", "pixels"]
# The share of the picture at which each word ends.
SIZES = (("tiny", 0.005), ("small", 0.05), ("medium", 0.2), ("large", 2.0))
_CLEARLY = 2.0  # so many times further apart along a direction than across it
_NEAR = 0.35  # of the picture's longer side, from centre to centre
_TOP = 999


def shown_regions(row: Sample, most: int) -> list[int]:
    """The places of at most so many regions: of each label in turn the largest, in their order."""
    by_label: dict[str, list[int]] = {}
    for place, region in enumerate(row.regions):
        if len(region.box) == 4 and region.label.strip() and size_of(row, region):
            by_label.setdefault(region.label, []).append(place)
    ordered = [sorted(g, key=lambda p: (-row.regions[p].share, p)) for g in by_label.values()]
    turns = [place for turn in zip_longest(*ordered) for place in turn if place is not None]
    return sorted(turns[:most])


def size_of(row: Sample, region: Region) -> tuple[int, int] | None:
    """Width and height in pixels of the picture that a region is on; None where there is none."""
    if not 0 <= region.image < len(row.images):
        return None
    picture = row.images[region.image]
    return (picture.width, picture.height) if picture.width > 0 and picture.height > 0 else None


def region_parts(row: Sample, places: Sequence[int], unit: Unit) -> list[Part]:
    """One part for each region: label, place, side, share, box, and its nearest neighbour."""
    return [
        Part(f"region {place}", _lines(row, place, places, unit), f"region:{place}")
        for place in places
    ]


def count_part(row: Sample, shown: Sequence[int]) -> Part:
    """How many regions of each label are marked, and how many of them are shown."""
    labels = dict.fromkeys(region.label for region in row.regions if region.label.strip())
    lines = []
    for label in labels:
        count = sum(region.label == label for region in row.regions)
        told = sum(row.regions[place].label == label for place in shown)
        lines.append(f"{label}: {count}" + (f", {told} of them below" if told < count else ""))
    return Part("marked regions", "\n".join(lines))


def _lines(row: Sample, place: int, shown: Sequence[int], unit: Unit) -> str:
    region = row.regions[place]
    size = size_of(row, region)
    assert size is not None, place
    several = len(row.images) > 1
    side = f"the patient's {region.side}" if region.frame == "patient" else region.side
    facts = {
        "label": region.label,
        "picture": f"{region.image + 1} of {len(row.images)}" if several else "",
        "place in the picture": region.place,
        "side": side if region.frame == "patient" else "",
        "share of the picture": f"{percent(region.share)} ({size_word(region.share)})",
        "box": str(box_in(region, size, unit)),
        "it lies": neighbour(row, place, shown),
    }
    return "\n".join(f"{name}: {value}" for name, value in facts.items() if value)


def box_in(region: Region, size: tuple[int, int], unit: Unit) -> list[int]:
    """The box as whole numbers: in pixels, or from 0 to 999 over the picture."""
    if unit == "pixels":
        return [round(value) for value in region.box]
    scaled = [round(value / size[axis % 2] * _TOP) for axis, value in enumerate(region.box)]
    return [min(_TOP, max(0, value)) for value in scaled]


def percent(share: float) -> str:
    """A share of the picture in words: "about 3%", "about 0.4%", "less than 0.1%"."""
    value = share * 100
    if value < 0.1:
        return "less than 0.1%"
    return f"about {value:.1f}%" if value < 0.95 else f"about {value:.0f}%"


def size_word(share: float) -> str:
    """Tiny, small, medium or large: below 0.5 %, 5 %, 20 % of the picture, or more."""
    return next((word for word, end in SIZES if share < end), "large")


def neighbour(row: Sample, place: int, shown: Sequence[int]) -> str:
    """How a region lies to a near other one on its picture, of another label if there is one.

    Only what the boxes leave no doubt of: apart along a direction and much more so than across it.
    Beside is not said where sides are the patient's: left of a thing would mean two things.
    """
    region = row.regions[place]
    size = size_of(row, region) or (0, 0)
    near = (_NEAR * max(size)) ** 2
    others = [o for o in shown if o != place and row.regions[o].image == region.image]
    ranked = sorted(
        (
            _distance(row, place, o) > near,
            row.regions[o].label == region.label,
            _distance(row, place, o),
            o,
        )
        for o in others
    )
    for far, _, _, other in ranked:
        way = direction(region, row.regions[other])
        if way and not far and not (region.frame == "patient" and way in ("left of", "right of")):
            return f"{way} region {other} ({row.regions[other].label})"
    return ""


def direction(one: Region, other: Region) -> str:
    """Where `one` lies seen from `other`, to stand before it: "left of", "above"; "" if unclear."""
    (ax, ay), (bx, by) = centre_of(one), centre_of(other)
    a, b = one.box, other.box
    across, down = ax - bx, ay - by
    if (a[3] <= b[1] or a[1] >= b[3]) and abs(down) >= _CLEARLY * abs(across):
        return "above" if down < 0 else "below"
    if (a[2] <= b[0] or a[0] >= b[2]) and abs(across) >= _CLEARLY * abs(down):
        return "left of" if across < 0 else "right of"
    return ""


def centre_of(region: Region) -> tuple[float, float]:
    """The middle of a region's box, in pixels."""
    x0, y0, x1, y1 = region.box
    return (x0 + x1) / 2, (y0 + y1) / 2


def _distance(row: Sample, one: int, other: int) -> float:
    (ax, ay), (bx, by) = centre_of(row.regions[one]), centre_of(row.regions[other])
    return (ax - bx) ** 2 + (ay - by) ** 2
