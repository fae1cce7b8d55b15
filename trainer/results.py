"""What `fabrica train` found, as it stands in result.json and on the page."""

from __future__ import annotations

from typing import Literal

import msgspec

Verdict = Literal["better", "worse", "tie", "one seed: no verdict"]


class Score(msgspec.Struct, frozen=True):
    """A figure of one corpus over all seeds, with a 95 % interval over seeds and test groups.

    `role` and the other names are as in `trainer.evaluation.measured`. `stands`: above, at or
    below chance, by the interval.
    """

    test_set: str
    task: str
    slice: str
    metric: str
    role: str
    value: float
    low: float
    high: float
    chance: float
    stands: Literal["above", "at", "below"]
    units: int
    groups: int


class Difference(msgspec.Struct, frozen=True):
    """A figure of the corpus minus that of the other, paired by seed and by test group.

    The intervals of all tasks hold together at 95 % (each is at 1 - 0.05 / number of tasks); that
    of `overall`, the mean of all tasks, at 95 %.
    """

    test_set: str
    task: str
    slice: str
    metric: str
    corpus: float
    other: float
    difference: float
    low: float
    high: float
    verdict: Verdict


class Run(msgspec.Struct, frozen=True):
    """One training run. `losses` are (samples seen, mean loss since the last entry)."""

    corpus: str
    seed: int
    rows: int
    samples: int
    seconds: float
    samples_per_s: float
    loading_share: float
    losses: list[tuple[int, float]]
    faults: dict[str, int] = {}
    folder: str = ""


class Arm(msgspec.Struct, frozen=True):
    """A corpus (or a part of it, or it without a rule) in a comparison, over its seeds."""

    name: str
    rows: int
    runs: list[Run]
    scores: list[Score]
    overlap: dict[str, int] = {}  # training rows left out, by why: same group, same picture, ...


class Doubling(msgspec.Struct, frozen=True):
    """How a figure grows with the corpus: `gain` by each doubling of it, with a 95 % interval, and
    the curve `error = a * rows ** -b` fitted to its means."""

    test_set: str
    task: str
    metric: str
    points: list[tuple[int, float, float, float]]  # rows, mean, low, high
    gain: float
    low: float
    high: float
    a: float
    b: float


class Ablated(msgspec.Struct, frozen=True):
    """What one rule is worth: the corpus with it minus the corpus without it.

    `rows_without`: training rows when it is left out; `skipped` says why it was not trained.
    """

    rule: str
    condition: str
    rows_with: int
    rows_without: int
    overall: Difference | None = None
    tasks: list[Difference] = []
    skipped: str = ""


class Result(msgspec.Struct, frozen=True):
    """All that one command found. `arms[0]` is the corpus itself; in a comparison `arms[1]` is the
    other, in a scaling run the parts follow from small to large (the whole last)."""

    command: Literal["train", "against", "ablate", "scaling"]
    corpus: str
    other: str
    settings: dict[str, object]
    versions: dict[str, str]
    test_sets: list[dict[str, object]]  # name, rows, groups, modalities: dict, note
    arms: list[Arm]
    overall: Difference | None = None
    differences: list[Difference] = []
    scaling: list[Doubling] = []
    ablation: list[Ablated] = []
    notes: list[str] = []
