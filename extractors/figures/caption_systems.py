"""Which markers of a caption name its panels: those that pass the sequence test, in one kind of
label and one form, strong forms and letters first.
"""

from __future__ import annotations

from collections.abc import Sequence

from extractors.figures.caption_completion import extended
from extractors.figures.caption_markers import ROMAN, Marker
from extractors.figures.caption_sequence import (
    FAMILY,
    HELPING,
    ORDERLY,
    STRONG,
    System,
    in_family,
    introducing,
    position_of,
    sequence,
)

_FAMILIES = (*(f for f in dict.fromkeys(FAMILY.values()) if f not in HELPING), "mixed")
_KINDS = ("upper", "lower", "alnum", "roman", "number")
_CONTINUED_LEAST = 3
_LONGEST_LONE_LIST = 6
_BELIEF = {
    "bracket": 0.97, "panel": 0.9, "colon": 0.95, "dot": 0.95, "comma": 0.95, "mixed": 0.9,
    "numbered": 0.9, "bare": 0.93, "dash": 0.8, "equals": 0.6, "loose": 0.75,
}  # fmt: skip
_BELIEF_OF_KIND = {"number": 0.75, "roman": 0.85, "alnum": 0.9, "words": 0.55}
_DOUBT = 0.85


def belief(system: System) -> float:
    """How sure the labels of a system are all right, 0 to 1."""
    score = _BELIEF[system.family] * _BELIEF_OF_KIND.get(system.kind, 1.0)
    doubts = system.gaps + (system.descents > 1) + (len(system.markers) == 1)
    if len(system.labels) == 2 and not any(m.opens for m in system.markers):
        doubts += 1
    return score * _DOUBT**doubts


def choose_system(markers: Sequence[Marker]) -> System | None:
    """The believable system of these candidates; None where there is none.

    Markers that only say whose scale bar it is are no evidence, but may tell more of a panel.
    """
    found = _chosen(markers, markers)
    telling = [m for m in markers if not m.remark]
    if found is None or len(telling) == len(markers):
        return found
    surer = _chosen(telling, markers)
    return surer if surer and set(surer.labels) >= set(found.labels) else found


def _chosen(telling: Sequence[Marker], markers: Sequence[Marker]) -> System | None:
    best: tuple[tuple[float, ...], System] | None = None
    present = {m.kind for m in telling}
    for kind in _KINDS:
        if kind not in present:
            continue
        found = _of_kind(telling, markers, kind)
        if found:
            rank = _rank(found)
            if best is None or rank > best[0]:
                best = (rank, found)
    return best[1] if best else _of_kind(telling, markers, "either")


def _rank(system: System) -> tuple[float, ...]:
    """Strong forms before weak ones, letters before numbers, then what begins first."""
    letters = system.kind in ("upper", "lower", "alnum")
    firm = system.family in STRONG or all(m.opens == "sentence" for m in system.markers)
    return (
        firm and letters,
        letters,
        firm,
        system.kind != "alnum",
        -system.markers[0].start,
        len(system.labels),
    )


def _of_kind(telling: Sequence[Marker], markers: Sequence[Marker], kind: str) -> System | None:
    """The best system of one kind of label."""
    mine = [m for m in (_as_kind(m, kind) for m in telling) if m]
    if sum(len(m.labels) for m in mine) < 2 or (kind == "number" and len(mine) < 2):
        return None
    best: System | None = None
    present = {FAMILY[m.form] for m in mine}
    for family in _FAMILIES:
        if family not in present and (family != "mixed" or len(present) == 1):
            continue
        system = sequence(in_family(mine, family), kind, family)
        if system and not _plausible(system):
            continue
        if system and (best is None or _better(system, best)):
            best = system
    alike = [m for m in (_as_kind(m, kind) for m in markers) if m]
    found = extended(best, alike, markers) if best else None
    return found if found and found.markers else None


def _plausible(system: System) -> bool:
    """Whether a system is more than a lone "A-P" at the start, or the (I) and (II) of stages."""
    first = system.markers[0]
    if len(system.markers) == 1 and system.family in ORDERLY:
        return first.opens == "sentence" and len(system.labels) <= _LONGEST_LONE_LIST
    if system.kind == "number" and len(system.markers) < 2:
        return False
    if system.family == "dot" and not any(m.opens == "sentence" for m in introducing(system)):
        return False
    if not _whole(system) and len(system.labels) < _CONTINUED_LEAST:
        return all(m.opens == "sentence" for m in introducing(system))
    if system.kind == "roman" and first.labels[0].isupper():
        return all(m.opens for m in introducing(system))
    return True


def _better(new: System, old: System) -> bool:
    """A weaker form must show clearly more labels."""
    if _whole(new) != _whole(old):
        return _whole(new)
    if new.family in STRONG and len(new.labels) == len(old.labels):
        return _opening(new) > _opening(old)
    if new.kind == "number" and new.labels == old.labels:
        return len(new.markers) > len(old.markers)
    margin = 1 if new.family in STRONG or new.family == "mixed" else 2
    return len(new.labels) >= len(old.labels) + margin


def _whole(system: System) -> bool:
    """Whether its labels start at the first."""
    return position_of(system.labels[0], system.kind) == 1


def _opening(system: System) -> int:
    """How many labels are introduced at the start of a sentence or clause."""
    return sum(bool(m.opens) for m in introducing(system))


def _as_kind(marker: Marker, kind: str) -> Marker | None:
    """The marker read as `kind`: a lone i, v, x may be roman.

    `either` is letters of both cases, where someone was careless.
    """
    if marker.kind == kind:
        return marker
    letter = marker.kind in ("upper", "lower") and marker.form not in ("lost", "mention", "inner")
    if kind in ("either", "alnum") and letter:
        return marker
    if kind == "roman" and all(label.lower() in ROMAN for label in marker.labels):
        return marker
    return None
