"""A marker system made whole: labels that another form supplies, repeats that say more of a
panel, and no abbreviation that only looks like the next label.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from extractors.figures.caption_markers import Marker
from extractors.figures.caption_sequence import (
    FAMILY,
    STRONG,
    System,
    introducing,
    position_of,
)

_LEAST_SLIP = 4  # places before a letter of the other case that begins nothing
_NEAR, _NEAR_LIST = 130, 40  # characters between markers of one list


def extended(system: System, mine: Sequence[Marker], every: Sequence[Marker]) -> System:
    """The system with the labels that other forms supply, its repeats kept where they are no
    mere references."""
    system = _trimmed(_filled(system, mine, every))
    if system.kind == "alnum" or (system.family == "loose" and system.kind == "number"):
        return system
    known = set(system.labels)
    firsts = introducing(system)
    strong = [m for m in mine if FAMILY[m.form] in STRONG and known.issuperset(m.labels)]
    candidates = sorted({m.start: m for m in (*strong, *system.markers)}.values(), key=_start)
    kept = [
        m for i, m in enumerate(candidates) if m in firsts or _repeats(m, i, candidates, firsts)
    ]
    return msgspec.structs.replace(system, markers=tuple(kept))


def _start(marker: Marker) -> int:
    return marker.start


def _repeats(
    marker: Marker, i: int, candidates: Sequence[Marker], firsts: Sequence[Marker]
) -> bool:
    """Whether a further marker of known labels says more of them, rather than refer to them."""
    if marker.opens:
        begun = marker.form == "bracket" or marker.start > min(map(_start, firsts))
        return begun and marker.form not in ("bare", "loose")
    if marker.lean > 0 and i and not marker.referring:
        last = candidates[i - 1]
        return bool(last.opens) and last not in firsts and marker.start - last.end < _NEAR_LIST
    if marker.lean > 0 or marker.referring or marker.form != "bracket":
        return False
    closing = sum(not first.leads for first in firsts)
    if closing * 2 > len(firsts):
        return True
    near = (*candidates[max(0, i - 1) : i], *candidates[i + 1 : i + 2])
    return any(
        not other.leads
        and other.labels != marker.labels
        and abs(other.start - marker.start) < _NEAR
        for other in near
    )


def _filled(system: System, mine: Sequence[Marker], every: Sequence[Marker]) -> System:
    """The system with missing and further labels from markers of other forms that stand in the
    right place; E1 and E2 supply a missing E."""
    if system.kind not in ("upper", "lower", "number") or len(every) == len(system.markers):
        return system
    finer = [_coarse(m) for m in every if m.kind == "alnum" and system.kind != "number"]
    slips = [
        m
        for m in every
        if {m.kind, system.kind} == {"upper", "lower"}
        and m.form in ("bracket", "half")
        and (m.opens or position_of(m.labels[0], system.kind) > _LEAST_SLIP)
    ]
    others = sorted((*mine, *finer, *slips), key=_start)
    labels = {position_of(label, system.kind): label for label in system.labels}
    markers = list(system.markers)
    place = min(labels) + 1
    while place <= max(labels) + 1:
        found = None if place in labels else _filling(place, others, markers, system.kind)
        if found:
            labels |= dict(zip(_places(found, system.kind), found.labels, strict=True))
            markers.append(found)
        place += 1
    ordered = tuple(labels[n] for n in sorted(labels))
    gaps = max(labels) - min(labels) + 1 - len(labels)
    markers.sort(key=_start)
    return msgspec.structs.replace(system, labels=ordered, markers=tuple(markers), gaps=gaps)


def _coarse(marker: Marker) -> Marker:
    letters = tuple(dict.fromkeys(label[0] for label in marker.labels))
    return msgspec.structs.replace(marker, labels=letters)


def _filling(
    place: int, others: Sequence[Marker], markers: Sequence[Marker], kind: str
) -> Marker | None:
    """The marker of any form for a label, between those of its neighbours; a new last label must
    open a sentence in a strong form, or the forms already met."""
    low = min((m.start for m in markers if place - 1 in _places(m, kind)), default=-1)
    high = min((m.start for m in markers if place + 1 in _places(m, kind)), default=None)
    for marker in others:
        places = _places(marker, kind)
        if places != list(range(place, place + len(places))) or marker.start <= low:
            continue
        alike = FAMILY[marker.form] in STRONG or marker.form in {m.form for m in markers}
        opens = marker.opens == "sentence" and (alike or marker.form == "bare")
        slip = marker.form == "bracket" and kind not in (marker.kind, "number")
        if high is None and (opens or slip or marker.form == "panel"):
            return marker
        inside = bool(marker.opens) or marker.form in ("bracket", "inner")
        if high is not None and marker.start < high and inside:
            return marker
    return None


def _places(marker: Marker, kind: str) -> list[int]:
    return [position_of(label, kind) for label in marker.labels]


def _trimmed(system: System) -> System:
    """The system without a last label that is an abbreviation in brackets: amid a sentence, where
    all others begin one, after a word with its letter or with no label before it."""
    if (
        system.family not in ("bracket", "mixed")
        or len(system.labels) < 3
        or system.kind == "alnum"
    ):
        return system
    firsts = introducing(system)
    if firsts[-1].leads or not all(m.opens for m in firsts[:-1]):
        return system
    last, next_to_last = (position_of(label, system.kind) for label in system.labels[:-3:-1])
    if last == next_to_last + 1 and not firsts[-1].initial:
        return system
    labels = system.labels[:-1]
    kept = tuple(m for m in system.markers if set(labels).issuperset(m.labels))
    return msgspec.structs.replace(system, labels=labels, markers=kept)
