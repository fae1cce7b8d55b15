"""Which rows stay of those that are alike: the best first, each if it is like none that stays.

Rows are in groups of equal things (a text, a signature); two rows are alike where their groups are
the same or alike, and they are of different units (a figure, a document).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence


class Leaders:
    """The rows that stay, as they are found. Of each group two of different units are enough."""

    def __init__(self, group_of: Sequence[int], unit_of: Sequence[int]) -> None:
        self._group_of, self._unit_of = group_of, unit_of
        self._kept: dict[int, list[tuple[int, int]]] = {}

    def first_in(self, group: int) -> int:
        """The best row that stays of a group in `groups`."""
        return self._kept[group][0][1]

    def __contains__(self, group: int) -> bool:
        return group in self._kept

    def before(self, row: int, groups: Iterable[int]) -> int | None:
        """The best row that stays of these groups and is of another unit than `row`."""
        unit = self._unit_of[row]
        found = [
            entry
            for group in groups
            for entry in self._kept.get(group, ())
            if self._unit_of[entry[1]] != unit
        ]
        return min(found)[1] if found else None

    def keep(self, place: int, row: int) -> bool:
        """Let a row stay, the `place`-th best; whether it is the first of its group."""
        kept = self._kept.setdefault(self._group_of[row], [])
        if len(kept) == 1 and self._unit_of[kept[0][1]] == self._unit_of[row]:
            return False
        if len(kept) < 2:
            kept.append((place, row))
        return len(kept) == 1


def led(
    order: Sequence[int],
    leaders: Leaders,
    alike: Callable[[int], Iterable[int]],
    first: Callable[[int], None] = lambda row: None,
) -> list[tuple[int, int]]:
    """(follower, leader) of rows given best first. `alike` gives the groups that are like a row's,
    its own among them; `first` is told of each row that is the first of its group to stay."""
    found = []
    for place, row in enumerate(order):
        leader = leaders.before(row, alike(row))
        if leader is not None:
            found.append((row, leader))
        elif leaders.keep(place, row):
            first(row)
    return found
