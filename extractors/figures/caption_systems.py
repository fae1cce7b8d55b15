"""Which markers of a caption name its panels: those whose labels form A, B, C ... (the sequence
test), in one kind of label and a strong form first, gaps filled from weaker forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from extractors.figures.caption_markers import ROMAN, Marker

_FAMILY = {
    "bracket": "bracket", "half": "bracket", "panel": "panel", "colon": "colon", "dot": "dot",
    "comma": "comma", "dash": "dash", "equals": "equals", "bare": "bare", "loose": "loose", "numbered": "numbered",
}  # fmt: skip
_FAMILIES = (
    "bracket", "panel", "colon", "dot", "numbered", "comma", "dash", "equals", "bare", "loose", "mixed",
)  # fmt: skip
_STRONG = frozenset({"bracket", "panel", "colon", "dot", "numbered"})
_ORDERLY = frozenset({"comma", "dash", "equals", "bare", "loose"})
_LEAST_LOOSE = {"upper": 3, "lower": 3}
_KINDS = ("upper", "lower", "alnum", "roman", "number")
_CONTINUED_LEAST = 3
_LONGEST_LONE_LIST = 6


class System(msgspec.Struct, frozen=True):
    """The marker system of a caption: its labels in order, its true markers in caption order.

    `family` is the form that carries it; `gaps` labels are missing from the sequence, `descents`
    come before their forerunner. `kind` is that of its markers.
    """

    kind: str
    family: str
    labels: tuple[str, ...]
    markers: tuple[Marker, ...]
    gaps: int
    descents: int


_BELIEF = {
    "bracket": 0.97, "panel": 0.9, "colon": 0.95, "dot": 0.95, "comma": 0.95, "mixed": 0.9, "numbered": 0.9,
    "bare": 0.93, "dash": 0.8, "equals": 0.6, "loose": 0.75,
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
    """The believable system of these candidates; None where there is none."""
    best: tuple[tuple[float, ...], System] | None = None
    for kind in _KINDS:
        found = _of_kind(markers, kind)
        if found:
            rank = _rank(found)
            if best is None or rank > best[0]:
                best = (rank, found)
    return best[1] if best else None


def _rank(system: System) -> tuple[float, ...]:
    """Strong forms before weak ones, letters before numbers, then what begins first."""
    letters = system.kind in ("upper", "lower", "alnum")
    firm = system.family in _STRONG or all(m.opens == "sentence" for m in system.markers)
    return (
        firm and letters,
        letters,
        firm,
        system.kind != "alnum",
        -system.markers[0].start,
        len(system.labels),
    )


def _of_kind(markers: Sequence[Marker], kind: str) -> System | None:
    """The best system of one kind of label."""
    mine = [m for m in (_as_kind(m, kind) for m in markers) if m]
    if sum(len(m.labels) for m in mine) < 2 or (kind == "number" and len(mine) < 2):
        return None
    best: System | None = None
    for family in _FAMILIES:
        chosen = _in_family(mine, family)
        system = _sequence(chosen, kind, family) if chosen else None
        if system and not _plausible(system):
            continue
        if system and (best is None or _better(system, best)):
            best = system
    found = _extended(best, mine, markers) if best else None
    return found if found and found.markers else None


def _plausible(system: System) -> bool:
    """Whether a system is more than a lone "A-P" at the start, or the (I) and (II) of stages."""
    first = system.markers[0]
    if len(system.markers) == 1 and system.family in _ORDERLY:
        return first.opens == "sentence" and len(system.labels) <= _LONGEST_LONE_LIST
    if system.kind == "number" and len(system.markers) < 2:
        return False
    if system.kind == "roman" and first.labels[0].isupper():
        return all(m.opens for m in _introducing(system))
    return True


def _better(new: System, old: System) -> bool:
    """A weaker form must show clearly more labels."""
    if _whole(new) != _whole(old):
        return _whole(new)
    if new.family in _STRONG and len(new.labels) == len(old.labels):
        return _opening(new) > _opening(old)
    margin = 1 if new.family in _STRONG or new.family == "mixed" else 2
    return len(new.labels) >= len(old.labels) + margin


def _whole(system: System) -> bool:
    """Whether its labels start at the first."""
    return position_of(system.labels[0], system.kind) == 1


def _opening(system: System) -> int:
    """How many labels are introduced at the start of a sentence or clause."""
    return sum(bool(m.opens) for m in _introducing(system))


def _as_kind(marker: Marker, kind: str) -> Marker | None:
    """The marker read as `kind`: a lone i, v, x may be roman, upper or lower."""
    if marker.kind == kind:
        return marker
    if kind == "roman" and all(label.lower() in ROMAN for label in marker.labels):
        return marker
    return None


def position_of(label: str, kind: str) -> int:
    """The place of a label in its sequence, 1 for the first; 0 for what has none."""
    if kind == "number":
        return int(label)
    if kind == "roman":
        return ROMAN.index(label.lower()) + 1 if label.lower() in ROMAN else 0
    return ord(label[0].lower()) - ord("a") + 1


def _sequence(markers: Sequence[Marker], kind: str, family: str) -> System | None:
    """These markers as a system, if their labels pass the sequence test."""
    if kind == "alnum":
        return _grid(markers, family)
    firsts = _firsts(markers, kind)
    run, gaps = _run(sorted(firsts), kind, family)
    if len(run) < (_LEAST_LOOSE.get(kind, 4) if family == "loose" else 2):
        return None
    if len(firsts) - len(run) > len(run):
        return None
    starts = [firsts[n][1].start for n in run]
    descents = sum(later < earlier for earlier, later in pairwise(starts))
    lists = any(len(m.labels) > 1 for m in markers)
    if descents > (0 if family in _ORDERLY and not lists else max(1, len(run) // (2 + bool(gaps)))):
        return None
    labels = tuple(firsts[n][0] for n in run)
    known = set(labels)
    kept = tuple(m for m in markers if known.issuperset(m.labels))
    if len({label for m in kept for label in m.labels}) < len(labels):
        return _sequence(kept, kind, family)
    return System(kind, family, labels, kept, gaps, descents)


def _firsts(markers: Sequence[Marker], kind: str) -> dict[int, tuple[str, Marker]]:
    """For each place in the sequence the marker that introduces it: the first one after that of
    the place before, else the first of all."""
    seen: dict[int, list[tuple[str, Marker]]] = {}
    for marker in markers:
        for label in marker.labels:
            if (place := position_of(label, kind)) > 0:
                seen.setdefault(place, []).append((label, marker))
    firsts: dict[int, tuple[str, Marker]] = {}
    reached = 0
    for place in sorted(seen):
        later = (item for item in seen[place] if item[1].start >= reached)
        firsts[place] = next(later, seen[place][0])
        reached = max(reached, firsts[place][1].start)
    return firsts


def _run(places: Sequence[int], kind: str, family: str) -> tuple[list[int], int]:
    """The believable run at the start of `places` and how many are missing in it."""
    if not places:
        return [], 0
    if places[0] != 1 and (kind == "number" or not _continues(places, family)):
        return [], 0
    run, gaps = [places[0]], 0
    allowed = 0 if family in _ORDERLY else (len(places) >= 4) + (len(places) >= 9)
    for place in places[1:]:
        missing = place - run[-1] - 1
        if gaps + missing > allowed:
            break
        gaps += missing
        run.append(place)
    if gaps and len(run) < 4:
        run = [place for i, place in enumerate(run) if place == run[0] + i]
        gaps = 0
    return run, gaps


def _continues(places: Sequence[int], family: str) -> bool:
    """Whether labels that do not start at the first are those of a continued figure."""
    unbroken = places[-1] - places[0] + 1 == len(places)
    return unbroken and family in _STRONG and len(places) >= _CONTINUED_LEAST


def _grid(markers: Sequence[Marker], family: str) -> System | None:
    """Labels such as A1, A2, B1: letters in sequence, each with numbers in sequence."""
    numbers: dict[str, list[int]] = {}
    for marker in markers:
        for label in marker.labels:
            numbers.setdefault(label[0], []).append(int(label[1:]))
    letters = sorted(numbers)
    regular = all(set(range(1, max(n) + 1)) == set(n) for n in numbers.values())
    if not regular or not letters or letters[0] not in "Aa" or family not in _STRONG:
        return None
    unbroken = ord(letters[-1]) - ord(letters[0]) + 1 == len(letters)
    labels = tuple(dict.fromkeys(label for marker in markers for label in marker.labels))
    if not unbroken or len(labels) < 2:
        return None
    return System("alnum", family, labels, tuple(markers), 0, 0)


def _in_family(mine: Sequence[Marker], family: str) -> list[Marker]:
    """The candidates of one family; `mixed` is all strong forms and what begins a clause.

    Where order must be strict, those that open a sentence stand in for their namesakes that do
    not.
    """
    if family == "mixed":
        return [
            m
            for m in mine
            if _FAMILY[m.form] in _STRONG or (m.form in ("comma", "dash") and m.opens)
        ]
    chosen = [m for m in mine if _FAMILY[m.form] == family or (family, m.form) == ("loose", "bare")]
    if family not in _ORDERLY or family == "loose":
        return chosen
    begun = {label for m in chosen if m.opens for label in m.labels}
    return [m for m in chosen if m.opens or not begun.issuperset(m.labels)]


def _extended(system: System, mine: Sequence[Marker], every: Sequence[Marker]) -> System:
    """The system with the labels that other forms supply, its repeats kept where they are no
    mere references."""
    system = _trimmed(_filled(system, mine, every))
    if system.family == "loose" or system.kind == "alnum":
        return system
    known = set(system.labels)
    firsts = _introducing(system)
    strong = [m for m in mine if _FAMILY[m.form] in _STRONG and known.issuperset(m.labels)]
    candidates = sorted({m.start: m for m in (*strong, *system.markers)}.values(), key=_start)
    kept = [
        m for i, m in enumerate(candidates) if m in firsts or _repeats(m, i, candidates, firsts)
    ]
    return msgspec.structs.replace(system, markers=tuple(kept))


def _start(marker: Marker) -> int:
    return marker.start


def _introducing(system: System) -> list[Marker]:
    """The markers that introduce the labels."""
    if system.kind == "alnum":
        return list(system.markers)
    return [marker for _, marker in _firsts(system.markers, system.kind).values()]


def _repeats(
    marker: Marker, i: int, candidates: Sequence[Marker], firsts: Sequence[Marker]
) -> bool:
    """Whether a further marker of known labels says more of them, rather than refer to them."""
    if marker.opens:
        return True
    if marker.lean > 0 or marker.referring or marker.form != "bracket":
        return False
    closing = sum(not first.leads for first in firsts)
    if closing * 2 > len(firsts):
        return True
    near = (*candidates[max(0, i - 1) : i], *candidates[i + 1 : i + 2])
    return any(
        not other.leads and other.labels != marker.labels and abs(other.start - marker.start) < 130
        for other in near
    )


def _filled(system: System, mine: Sequence[Marker], every: Sequence[Marker]) -> System:
    """The system with missing and further labels from markers of other forms that stand in the
    right place; E1 and E2 supply a missing E."""
    if system.kind not in ("upper", "lower", "number"):
        return system
    finer = [_coarse(m) for m in every if m.kind == "alnum" and system.kind != "number"]
    slips = [m for m in every if {m.kind, system.kind} == {"upper", "lower"} and m.opens]
    others = sorted((*mine, *finer, *(m for m in slips if m.form in ("bracket", "half"))), key=_start)
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
    open a sentence or clause."""
    low = min((m.start for m in markers if place - 1 in _places(m, kind)), default=-1)
    high = min((m.start for m in markers if place + 1 in _places(m, kind)), default=None)
    for marker in others:
        places = _places(marker, kind)
        if places != list(range(place, place + len(places))) or marker.start <= low:
            continue
        opens = marker.opens == "sentence" and marker.form != "equals"
        if high is None and (opens or marker.form == "panel"):
            return marker
        if high is not None and marker.start < high and (marker.opens or marker.form == "bracket"):
            return marker
    return None


def _places(marker: Marker, kind: str) -> list[int]:
    return [position_of(label, kind) for label in marker.labels]


def _trimmed(system: System) -> System:
    """The system without a last label that is an abbreviation in brackets: amid a sentence, where
    all others begin one."""
    if system.family not in ("bracket", "mixed") or len(system.labels) < 3 or system.kind == "alnum":
        return system
    firsts = _introducing(system)
    if firsts[-1].leads or not all(m.opens for m in firsts[:-1]):
        return system
    labels = system.labels[:-1]
    kept = tuple(m for m in system.markers if set(labels).issuperset(m.labels))
    return msgspec.structs.replace(system, labels=labels, markers=kept)
