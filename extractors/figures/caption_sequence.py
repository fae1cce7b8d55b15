"""The sequence test: labels that form A, B, C ..., i, ii, iii ... or 1, 2, 3 ... from the first,
few missing and mostly in order, are a caption's panels; stray letters are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from extractors.figures.caption_markers import ROMAN, Marker

FAMILY = {
    "bracket": "bracket", "half": "bracket", "panel": "panel", "colon": "colon", "dot": "dot",
    "numbered": "numbered", "comma": "comma", "dash": "dash", "equals": "equals", "bare": "bare",
    "loose": "loose", "inner": "inner", "mention": "mention", "lost": "lost",
}  # fmt: skip
STRONG = frozenset({"bracket", "panel", "colon", "dot", "numbered"})
ORDERLY = frozenset({"comma", "dash", "equals", "bare", "loose"})
HELPING = frozenset({"inner", "mention", "lost"})  # forms that only complete a system
_LEAST_LOOSE = 3
_FEW, _MANY = 4, 9  # labels from which one, or two, may be missing


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


def position_of(label: str, kind: str) -> int:
    """The place of a label in its sequence, 1 for the first; 0 for what has none."""
    if kind == "number":
        return int(label)
    if kind == "roman":
        return ROMAN.index(label.lower()) + 1 if label.lower() in ROMAN else 0
    return ord(label[0].lower()) - ord("a") + 1


def in_family(mine: Sequence[Marker], family: str) -> list[Marker]:
    """The candidates of one family; `mixed` is all strong forms, what begins a clause and labels
    only mentioned ("in B").

    Where order must be strict, those that open a sentence stand in for their namesakes that do
    not. An "a" that lost its blank comes with those that follow it.
    """
    if family == "mixed":
        return _mixed(mine)
    chosen = [m for m in mine if FAMILY[m.form] == family or (family, m.form) == ("loose", "bare")]
    if family in ORDERLY and family != "loose":
        begun = {label for m in chosen if m.opens for label in m.labels}
        chosen = [m for m in chosen if m.opens or not begun.issuperset(m.labels)]
    if family == "dot":
        known = {label for m in chosen for label in m.labels}
        inner = [m for m in mine if m.form == "inner" and known.isdisjoint(m.labels)]
        chosen = sorted((*chosen, *inner), key=lambda m: m.start)
    return _with_lost(mine, chosen)


def _mixed(mine: Sequence[Marker]) -> list[Marker]:
    chosen = [
        m for m in mine if FAMILY[m.form] in STRONG or (m.form in ("comma", "dash") and m.opens)
    ]
    known = {label for m in chosen for label in m.labels}
    said = [m for m in mine if m.form == "mention" and known.isdisjoint(m.labels)]
    return sorted((*chosen, *said), key=lambda m: m.start)


def _with_lost(mine: Sequence[Marker], chosen: list[Marker]) -> list[Marker]:
    """The markers, led by an "a" that lost the blank before it where they begin with b."""
    if not chosen or "b" not in chosen[0].labels or any("a" in m.labels for m in chosen):
        return chosen
    lost = [m for m in mine if m.form == "lost" and m.start < chosen[0].start]
    return [*lost[:1], *chosen]


def sequence(markers: Sequence[Marker], kind: str, family: str) -> System | None:
    """These markers as a system, if their labels pass the sequence test."""
    if kind == "alnum":
        return _grid(markers, family)
    firsts = firsts_of(markers, kind)
    begun = family in STRONG and all(marker.opens == "sentence" for _, marker in firsts.values())
    run, gaps = _run(sorted(firsts), kind, family, begun)
    if len(run) < (_LEAST_LOOSE if family == "loose" and not _announced(markers, run) else 2):
        return None
    if kind == "number" and run[0] != 1 and len(run) < 3 and not _announced(markers, run):
        return None
    if len(firsts) - len(run) > len(run):
        return None
    starts = [firsts[n][1].start for n in run]
    descents = sum(later < earlier for earlier, later in pairwise(starts))
    if descents > _most_descents([firsts[n][1] for n in run], family, gaps):
        return None
    labels = tuple(firsts[n][0] for n in run)
    known = set(labels)
    kept = tuple(m for m in markers if known.issuperset(m.labels))
    if len({label for m in kept for label in m.labels}) < len(labels):
        return sequence(kept, kind, family)
    return System(kind, family, labels, kept, gaps, descents)


def _most_descents(firsts: Sequence[Marker], family: str, gaps: int) -> int:
    """How many labels may come before their forerunner: any number where all open sentences."""
    if family in STRONG and all(m.opens == "sentence" for m in firsts):
        return len(firsts)
    if family in ORDERLY and all(len(m.labels) == 1 for m in firsts):
        return 0
    return max(1, len(firsts) // (2 + bool(gaps)))


def firsts_of(markers: Sequence[Marker], kind: str) -> dict[int, tuple[str, Marker]]:
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


def introducing(system: System) -> list[Marker]:
    """The markers that introduce the labels."""
    if system.kind == "alnum":
        return list(system.markers)
    return [marker for _, marker in firsts_of(system.markers, system.kind).values()]


def _run(places: Sequence[int], kind: str, family: str, begun: bool) -> tuple[list[int], int]:
    """The believable run at the start of `places` and how many are missing in it; more may be
    where all markers begin a sentence."""
    if kind == "number":
        places = _longest_run(places)
    if not places or (places[0] != 1 and not _continues(places, kind, family)):
        return [], 0
    run, gaps = [places[0]], 0
    allowed = 0
    if family not in ORDERLY:
        allowed = len(places) // 3 if begun else (len(places) >= _FEW) + (len(places) >= _MANY)
    for place in places[1:]:
        missing = place - run[-1] - 1
        if gaps + missing > allowed:
            break
        gaps += missing
        run.append(place)
    if gaps and len(run) < _FEW and not begun:
        run = [place for i, place in enumerate(run) if place == run[0] + i]
        gaps = 0
    return run, gaps


def _announced(markers: Sequence[Marker], run: Sequence[int]) -> bool:
    """Whether a range of numbers announces the whole run, and each follows: "56–57 Moths: 56 male
    57 female"."""
    names = tuple(map(str, run))
    alone = {label for m in markers if len(m.labels) == 1 for label in m.labels}
    return len(run) > 1 and alone.issuperset(names) and any(m.labels == names for m in markers)


def _longest_run(places: Sequence[int]) -> list[int]:
    """The longest unbroken run of numbers, the first of those as long."""
    runs: list[list[int]] = [[]]
    for place in places:
        if runs[-1] and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return max(runs, key=len)


def _continues(places: Sequence[int], kind: str, family: str) -> bool:
    """Whether labels that do not start at the first are those of a continued figure."""
    unbroken = places[-1] - places[0] + 1 == len(places)
    if kind == "number":
        return unbroken and len(places) >= 2
    return unbroken and family in STRONG and len(places) >= 2


def _grid(markers: Sequence[Marker], family: str) -> System | None:
    """Labels such as A1, A2, B1: letters in sequence, each with numbers in sequence or with none
    ("A1, A2, B")."""
    numbers: dict[str, set[int]] = {}
    for label in (label for marker in markers for label in marker.labels):
        numbers.setdefault(label[0], set()).add(int(label[1:] or 0))
    letters = sorted(numbers)
    if not letters or letters[0] not in "Aa" or family not in STRONG:
        return None
    regular = all(max(n) <= len(n) for n in numbers.values())
    unbroken = ord(letters[-1]) - ord(letters[0]) + 1 == len(letters)
    labels = tuple(dict.fromkeys(label for marker in markers for label in marker.labels))
    if not (regular and unbroken and len(labels) > max(1, len(letters))):
        return None
    return System("alnum", family, labels, tuple(markers), 0, 0)
