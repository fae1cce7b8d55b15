"""Figures of classification from a score per row and class, the same for every kind of classifier.

Several classes: balanced accuracy (the mean of the classes' recalls), whose chance is 1 / C whatever
a model prefers. Labels asked one by one: the mean of their AUROCs, whose chance is 1/2. Both do not
change with how frequent the classes are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainer.evaluation.classes import PRESENT, ClassTask
from trainer.evaluation.influence import auroc_influence, mean_influence
from trainer.evaluation.measured import EvaluationSet, Measured, Role
from trainer.evaluation.ties import hits_at

BALANCED_ACCURACY, MEAN_AUROC = "balanced accuracy", "mean AUROC"
THE_MODALITY = "the modality"  # where a slice names a source else
_LONGEST_SLICE = 60


@dataclass(frozen=True, eq=False)
class Scored:
    """A task with scores (n, C) of its rows; where scores of a row are equal, each class has its
    share of the hit."""

    task: ClassTask
    scores: np.ndarray


def class_figures(
    test_set: EvaluationSet, name: str, found: Sequence[Scored], part: str = ""
) -> list[Measured]:
    """The figures of scored tasks, under the task name `name`.

    Of several classes "balanced accuracy" (chance 1 / C) as a task, "accuracy" (chance: always the
    most frequent class) and the "recall" of each class as details. Of the binary tasks of one source
    "mean AUROC" over its labels (chance 1/2) as a task, each "AUROC" as a detail. The slice is the
    source, or `the modality`, with the class or label behind it. With `part` (such as "10 % of
    labels") this is put behind the slice, and only the main figures are given, as details.
    """
    measured = []
    for scored in found:
        if scored.task.kind == "exclusive":
            measured += _of_classes(test_set, name, scored, part)
    for source in sorted({s.task.source for s in found if s.task.kind == "binary"}):
        own = [s for s in found if s.task.kind == "binary" and s.task.source == source]
        measured += _of_labels(test_set, name, own, part)
    return measured


def slice_name(task: ClassTask, *more: str) -> str:
    """Source (or the modality) and what is behind it, each kept short."""
    source = THE_MODALITY if task.of_modality else task.source
    return ", ".join(short(word) or "unnamed" for word in [source, *(m for m in more if m)])


def short(name: str) -> str:
    """A name for a page: one line, a long one cut and told apart by a few digits of its hash."""
    line = " ".join(name.split())
    if len(line) <= _LONGEST_SLICE:
        return line
    return f"{line[:_LONGEST_SLICE]}… ({hashlib.sha256(line.encode()).hexdigest()[:6]})"


def groups_of(test_set: EvaluationSet, rows: np.ndarray) -> np.ndarray:
    """(n,) the article or patient of rows."""
    return np.array([test_set.test.samples[row].group_id for row in rows.tolist()], str)


def hits(scored: Scored) -> np.ndarray:
    """(n,) whether the best class is the right one, from 0 to 1: a tie is a share."""
    classes = np.arange(len(scored.task.classes))
    return hits_at(scored.scores, scored.task.targets[:, None] == classes, (1,))[:, 0]


def _of_classes(test_set: EvaluationSet, name: str, scored: Scored, part: str) -> list[Measured]:
    task, hit = scored.task, hits(scored)
    counts = np.bincount(task.targets, minlength=len(task.classes))
    chance = 1 / len(task.classes)
    groups = groups_of(test_set, task.rows)

    def figure(metric: str, role: Role, weights: np.ndarray, luck: float, more: str) -> Measured:
        taken = weights > 0
        return Measured(
            test_set.name, name, metric, role, hit[taken], weights[taken], groups[taken], luck,
            slice_name(task, more),
        )  # fmt: skip

    evenly = chance / counts[task.targets]
    if part:
        return [figure(BALANCED_ACCURACY, "detail", evenly, chance, part)]
    most = float(counts.max() / counts.sum())
    found = [
        figure(BALANCED_ACCURACY, "task", evenly, chance, ""),
        figure("accuracy", "detail", np.ones(len(hit)), most, ""),
    ]
    for number, label in enumerate(task.classes):
        own = (task.targets == number).astype(float)
        found.append(figure("recall", "detail", own, chance, label))
    return found


def _of_labels(
    test_set: EvaluationSet, name: str, found: Sequence[Scored], part: str
) -> list[Measured]:
    areas = [(s.task.rows, *auroc_influence(_margin(s), s.task.targets == 1)) for s in found]

    def figure(metric: str, role: Role, area: tuple[np.ndarray, ...], more: str) -> Measured:
        rows, values, weights = area
        groups = groups_of(test_set, rows)
        where = slice_name(found[0].task, more)
        return Measured(test_set.name, name, metric, role, values, weights, groups, 0.5, where)

    mean = figure(MEAN_AUROC, "detail" if part else "task", mean_influence(areas), part)
    if part:
        return [mean]
    details = [
        figure("AUROC", "detail", area, scored.task.name)
        for scored, area in zip(found, areas, strict=True)
    ]
    return [mean, *details]


def _margin(scored: Scored) -> np.ndarray:
    present = scored.task.classes.index(PRESENT)
    # Rounded: a blank picture must give ties, not differences of float arithmetic.
    return np.round(scored.scores[:, present] - scored.scores[:, 1 - present], 6)
