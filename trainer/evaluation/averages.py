"""The same figures measured several times (permutations, changes of pictures) made one of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trainer.evaluation.measured import Measured, Role


def as_role(found: Sequence[Measured], role: Role, slice: str) -> list[Measured]:
    """The figures that count (role `task`, or already `role`), in another role and slice.

    A slice that they have stays before the new one, so that no two become the same figure.
    """
    return [
        replace(each, role=role, slice=f"{each.slice}, {slice}" if each.slice else slice)
        for each in found
        if each.role in ("task", role)
    ]


def averaged(times: Sequence[Sequence[Measured]]) -> list[Measured]:
    """The mean of each figure over all times, unit by unit; every time has the same figures.

    Raises ValueError where they, or their units, differ.
    """
    return [_average(each) for each in zip(*times, strict=True)]


def _average(times: Sequence[Measured]) -> Measured:
    first = times[0]
    for each in times[1:]:
        same = each.key == first.key and np.array_equal(each.groups, first.groups)
        if not same or not np.array_equal(each.weights, first.weights):
            raise ValueError(f"{each.key} does not have the units of {first.key}")
    return replace(first, values=np.mean([each.values for each in times], axis=0))
