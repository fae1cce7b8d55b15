"""Candidate panels, letters read and labels of the caption to panels that each have one label.

Letters decide first: they say which candidates are panels, which are parts of one, and which are
two. Reading order is used only where letters are missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from extractors.figures.places import by_place, is_place
from extractors.figures.records import Box, Letter, Panel

_SURE = 0.42
_STEPS = (0.42, 0.34, 0.26, 0.5, 0.6, 0.7)
_OVERLAP = 0.4
_FAR_SHARE = 0.28
_ORDER_SCORE, _BY_ORDER, _CLEAR = 0.6, 0.75, 0.9

# Where in its panel a letter may stand, as shares of width and height, the usual places first.
_ANCHORS = ((0, 0), (0, 1), (0.5, 1), (0.5, 0), (1, 0), (1, 1), (0, 0.5))


class Aligned(msgspec.Struct, frozen=True):
    """A panel with its label; `agreement` 0 to 1 says how well letter and order support it."""

    box: Box
    score: float
    label: str = ""
    letter: Letter | None = None
    agreement: float = 0.0


def align(
    candidates: Sequence[Panel], letters: Sequence[Letter], labels: Sequence[str]
) -> list[Aligned]:
    """Panels in the order of their labels (reading order where they have none).

    `letters` are at most one per label; `labels` are the caption's, and may be none, in which
    case the letters' own texts are taken.
    """
    wanted = len(labels) or len(letters)
    if all(label.isdecimal() for label in labels):
        labels = sorted(labels, key=int)  # a plate's legend need not begin with its first
    if labels and all(is_place(label) for label in labels):
        return _by_place(choose_panels(candidates, wanted), labels)
    best: tuple[float, list[Aligned]] | None = None
    for least in _STEPS if wanted > 1 else _STEPS[:1]:
        panels = in_reading_order(without_overlap(candidates, least) or list(candidates[:1]))
        # What was read may be wrong: without it there is still the order.
        for believed in (letters, ()) if labels and letters else (letters,):
            aligned = _attempt(panels, candidates, believed, labels, wanted)
            worth = _worth(aligned, wanted)
            if best is None or worth > best[0] + 1e-6:
                best = (worth, aligned)
    return _in_order(best[1], labels) if best else []


def _in_order(aligned: list[Aligned], labels: Sequence[str]) -> list[Aligned]:
    """Where nearly all letters follow the order of the page, those that do not may be misread:
    weak ones, and a few where others could not be read at all."""
    if len(aligned) != len(labels) or len(aligned) < 4:
        return aligned
    places = {panel.box: panel for panel in aligned}
    rows = in_reading_order([Panel(box, 0.0) for box in places])
    columns = sorted(places, key=lambda box: (box[0] + box[2], box[1]))
    for order in ([panel.box for panel in rows], columns):
        pairs = [(places[box], label) for box, label in zip(order, labels, strict=True)]
        against = [p for p, label in pairs if p.letter and p.label != label]
        agree = sum(p.letter is not None and p.label == label for p, label in pairs)
        if agree * 3 < len(labels) or agree < 2 * len(against):
            continue
        unread = sum(panel.letter is None for panel in aligned)
        few = len(against) * 4 <= agree and len(against) <= unread  # parts of "17" read as "7"
        if few or all(panel.agreement < _CLEAR for panel in against):
            return [_relabelled(panel, label) for panel, label in pairs]
    return aligned


def _relabelled(panel: Aligned, label: str) -> Aligned:
    if panel.label == label:
        return panel
    return msgspec.structs.replace(panel, label=label, letter=None, agreement=_BY_ORDER)


def _attempt(
    panels: list[Panel],
    candidates: Sequence[Panel],
    letters: Sequence[Letter],
    labels: Sequence[str],
    wanted: int,
) -> list[Aligned]:
    """One choice of panels with its labels."""
    owners = owners_of(letters, panels)
    panels, owners = _parted(panels, letters, owners, candidates)
    panels, owners = _joined(panels, owners, wanted, len(letters))
    aligned = [_aligned(panel, letters, owners, i) for i, panel in enumerate(panels)]
    return _completed(aligned, labels)


def _worth(aligned: Sequence[Aligned], wanted: int) -> float:
    """How much of what is wanted the panels give: labels that agree, and no panel too many."""
    if wanted < 2:
        return 0.0
    agreed = sum(panel.agreement * (0.5 + 0.5 * panel.score) for panel in aligned)
    return (agreed - 0.4 * abs(len(aligned) - wanted)) / wanted


def choose_panels(candidates: Sequence[Panel], wanted: int) -> list[Panel]:
    """Candidates that do not overlap, as many as wanted where one limit of score gives that."""
    for least in _STEPS if wanted > 1 else _STEPS[:1]:
        chosen = without_overlap(candidates, least)
        if len(chosen) == wanted:
            return in_reading_order(chosen)
    return in_reading_order(without_overlap(candidates, _SURE) or list(candidates[:1]))


def without_overlap(candidates: Sequence[Panel], least: float) -> list[Panel]:
    """The surest first, none that lies over a surer one by two fifths of the smaller."""
    chosen: list[Panel] = []
    for panel in sorted(candidates, key=lambda p: -p.score):
        if panel.score >= least and all(overlap(panel.box, c.box) <= _OVERLAP for c in chosen):
            chosen.append(panel)
    return chosen


def overlap(a: Box, b: Box) -> float:
    """Shared area as a share of the smaller box."""
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    return wide * high / max(1, min(area(a), area(b)))


def area(box: Box) -> int:
    """Pixels in a box."""
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])


def in_reading_order(panels: Sequence[Panel]) -> list[Panel]:
    """Row by row; panels of which one's middle lies beside the other are in one row."""
    left = sorted(panels, key=lambda p: (p.box[1], p.box[0]))
    ordered: list[Panel] = []
    while left:
        top = left[0].box
        row = [p for p in left if p.box[1] < (top[1] + top[3]) / 2]
        ordered += sorted(row, key=lambda p: p.box[0])
        left = [p for p in left if p not in row]
    return ordered


def owners_of(letters: Sequence[Letter], panels: Sequence[Panel]) -> list[int]:
    """The panel of each letter by place (-1 for none): the corner that suits all of them best."""
    if not letters or not panels:
        return [-1] * len(letters)
    best: tuple[float, list[int]] | None = None
    for anchor in _ANCHORS:
        owners, cost = _owners_at(letters, panels, anchor)
        if best is None or cost < best[0] - 1e-9:
            best = (cost, owners)
    assert best is not None
    return best[1]


def _owners_at(
    letters: Sequence[Letter], panels: Sequence[Panel], anchor: tuple[float, float]
) -> tuple[list[int], float]:
    """Each letter's nearest panel, measured to one corner, and what that costs altogether."""
    span = max(max(p.box[2] for p in panels), max(p.box[3] for p in panels), 1)
    owners, cost = [], 0.0
    for letter in letters:
        x, y = (letter.box[0] + letter.box[2]) / 2, (letter.box[1] + letter.box[3]) / 2
        distances = []
        for i, panel in enumerate(panels):
            x0, y0, x1, y1 = panel.box
            dx, dy = x - (x0 + anchor[0] * (x1 - x0)), y - (y0 + anchor[1] * (y1 - y0))
            distance = (dx * dx + dy * dy) ** 0.5 / span
            inside = x0 <= x < x1 and y0 <= y < y1
            distances.append((distance * (0.25 if inside else 1.0), i))
        distance, owner = min(distances)
        owners.append(owner if distance < _FAR_SHARE else -1)
        cost += min(distance, _FAR_SHARE)
    taken = [o for o in owners if o >= 0]
    return owners, cost + 0.15 * (len(taken) - len(set(taken)))


def _parted(
    panels: list[Panel],
    letters: Sequence[Letter],
    owners: list[int],
    candidates: Sequence[Panel],
) -> tuple[list[Panel], list[int]]:
    """Panels that hold several letters, taken apart: by lesser candidates, else between letters."""
    result: list[Panel] = []
    for i, panel in enumerate(panels):
        mine = [letter for letter, owner in zip(letters, owners, strict=True) if owner == i]
        result += [panel] if len(mine) < 2 else _parts(panel, mine, candidates)
    if len(result) == len(panels):
        return panels, owners
    return result, owners_of(letters, result)


def _parts(panel: Panel, letters: list[Letter], candidates: Sequence[Panel]) -> list[Panel]:
    inner = [
        c
        for c in candidates
        if area(c.box) < 0.9 * area(panel.box) and overlap(c.box, panel.box) > 0.85
    ]
    parts = without_overlap(inner, 0.0)
    owners = owners_of(letters, parts)
    if -1 not in owners and len(set(owners)) == len(letters):
        return [parts[o] for o in owners]
    return _cut_between(panel, letters)


def _cut_between(panel: Panel, letters: list[Letter]) -> list[Panel]:
    """The panel cut across its longer row of letters, each part beginning (or ending) at one."""
    x0, y0, x1, y1 = panel.box
    spread = [max(letter.box[k] for letter in letters) - min(letter.box[k] for letter in letters)
              for k in (0, 1)]  # fmt: skip
    axis = 0 if spread[0] >= spread[1] else 1
    low, high = (x0, x1) if axis == 0 else (y0, y1)
    ordered = sorted(letters, key=lambda letter: letter.box[axis])
    starts = [letter.box[axis] for letter in ordered]
    leading = starts[0] - low <= high - ordered[-1].box[axis + 2]
    cuts = starts[1:] if leading else [letter.box[axis + 2] for letter in ordered[:-1]]
    edges = [low, *cuts, high]
    if any(b - a < 8 for a, b in pairwise(edges)):
        return [panel]
    boxes: list[Box] = [(a, y0, b, y1) if axis == 0 else (x0, a, x1, b) for a, b in pairwise(edges)]
    return [Panel(box, panel.score * 0.5) for box in boxes]


def _joined(
    panels: list[Panel], owners: list[int], wanted: int, lettered: int
) -> tuple[list[Panel], list[int]]:
    """Panels without a letter joined to the one they are part of, while there are too many."""
    panels, owners = list(panels), list(owners)
    while len(panels) > wanted >= 2 and lettered * 3 >= wanted * 2:
        step = _best_join(panels, set(owners))
        if step is None:
            break
        loose, host = step
        a, b = panels[loose].box, panels[host].box
        box = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
        panels[host] = Panel(box, min(panels[host].score, panels[loose].score))
        del panels[loose]
        owners = [o - (o > loose) for o in owners]
    return panels, owners


def _best_join(panels: list[Panel], lettered: set[int]) -> tuple[int, int] | None:
    """The loose panel and its host that together fill their hull best and cross no third."""
    best: tuple[float, int, int] | None = None
    for loose in range(len(panels)):
        if loose in lettered:
            continue
        for host in lettered - {-1}:
            a, b = panels[loose].box, panels[host].box
            hull = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
            others = [p for i, p in enumerate(panels) if i not in (loose, host)]
            if any(overlap(hull, other.box) > 0.15 for other in others):
                continue
            waste = 1 - (area(a) + area(b)) / max(1, area(hull))
            if best is None or waste < best[0]:
                best = (waste, loose, host)
    return None if best is None else best[1:]


def _aligned(panel: Panel, letters: Sequence[Letter], owners: Sequence[int], index: int) -> Aligned:
    mine = [letter for letter, owner in zip(letters, owners, strict=True) if owner == index]
    if not mine:
        return Aligned(panel.box, panel.score)
    letter = max(mine, key=lambda found: found.score)
    return Aligned(panel.box, panel.score, letter.text, letter, letter.score / len(mine))


def _completed(aligned: list[Aligned], labels: Sequence[str]) -> list[Aligned]:
    """Letters in the caption's spelling; labels without a letter by reading order, if they fit."""
    spelling = {label.casefold(): label for label in labels}
    result, used = [], set()
    for panel in aligned:
        label = spelling.get(panel.label.casefold(), "") if labels else panel.label
        if label and label not in used:
            used.add(label)
            result.append(msgspec.structs.replace(panel, label=label))
        else:
            result.append(msgspec.structs.replace(panel, label="", letter=None, agreement=0.0))
    missing = [label for label in labels if label not in used]
    loose = [i for i, panel in enumerate(result) if not panel.label]
    if missing and len(missing) == len(loose):
        share = len(used) / len(labels)
        for i, label in zip(loose, missing, strict=True):
            agreement = _ORDER_SCORE + (0.9 - _ORDER_SCORE) * share
            result[i] = msgspec.structs.replace(result[i], label=label, agreement=agreement)
    place = {label: i for i, label in enumerate(labels)}
    if labels:
        result.sort(key=lambda panel: place.get(panel.label, len(place)))
    return result


def _by_place(panels: list[Panel], labels: Sequence[str]) -> list[Aligned]:
    chosen = by_place([p.box for p in panels], labels)
    return [
        Aligned(panel.box, panel.score, label, None, agreement)
        for panel, (label, agreement) in zip(panels, chosen, strict=True)
    ]
