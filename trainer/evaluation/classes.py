"""Which classification questions labelled rows allow: one class of several, a label, the modality.

Per source one task with all classes where each row has exactly one label that is present, else one
task per label, present against absent; over all sources the modality. Only what is stated counts:
`unstated` is never taken for absent (a dataset that marks one platelet of five says nothing of
pictures without a mark; where silence does mean absence, the dataset's card says so and the label
is absent), and uncertain rows take no part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np

from schemas.sample import Sample
from schemas.wording import MODALITY_NOUNS
from trainer.evaluation.measured import Rows

FEWEST_ROWS = 5  # of a class; with fewer its figure says nothing
MOST_LABELS = 50  # of one source that are asked one by one
ABSENT, PRESENT = "absent", "present"
MODALITY = "modality"
CLASSES = "classes"

# What a picture of each modality is called; what is not of a body has a name here alone.
MODALITY_NAMES: Mapping[str, str] = {
    **MODALITY_NOUNS,
    "gel_blot": "gel or blot",
    "chart": "chart",
    "diagram": "diagram",
    "render_3d": "3D rendering",
    "table_or_screen": "table or screenshot",
}
_NO_CLASS = ("", "other", "unknown")


@dataclass(frozen=True, eq=False)
class ClassTask:
    """A question with one right class per row.

    `classes` are sorted; `rows` (n,) are numbers of rows, `targets` (n,) the class of each. A binary
    task has the label as its name and the classes absent and present; the modality has no source.
    """

    name: str
    source: str
    kind: Literal["exclusive", "binary"]
    classes: tuple[str, ...]
    rows: np.ndarray
    targets: np.ndarray

    @property
    def of_modality(self) -> bool:
        """Whether it asks for the modality, over all sources."""
        return self.kind == "exclusive" and self.name == MODALITY


# A model is measured many times on the same rows (shuffled, with changed pictures).
_TASKS_OF: WeakKeyDictionary[Rows, tuple[ClassTask, ...]] = WeakKeyDictionary()


def class_tasks(rows: Rows) -> list[ClassTask]:
    """All tasks of these rows, by source and label; each class has at least `FEWEST_ROWS` rows.

    Of a source with labels to be asked one by one, the `MOST_LABELS` of which the rarer of present
    and absent is most frequent.
    """
    if rows not in _TASKS_OF:
        _TASKS_OF[rows] = tuple(_tasks(rows))
    return list(_TASKS_OF[rows])


def _tasks(rows: Rows) -> list[ClassTask]:
    tasks = []
    for source in sorted({sample.source for sample in rows.samples}):
        stated = [stated_labels(s) for s in rows.samples if s.source == source]
        classes = _exclusive_classes(stated)
        if len(classes) > 1:
            tasks.append(_task(CLASSES, source, "exclusive", classes, rows))
        else:
            labels = _binary_labels(stated)
            tasks += [_task(name, source, "binary", (ABSENT, PRESENT), rows) for name in labels]
    modalities = _frequent(Counter(modality_name(sample) for sample in rows.samples))
    if len(modalities) > 1:
        tasks.append(_task(MODALITY, "", "exclusive", modalities, rows))
    return tasks


def among(task: ClassTask, samples: Sequence[Sample]) -> ClassTask:
    """The same question put to other rows (some classes may have none)."""
    numbers = {name: number for number, name in enumerate(task.classes)}
    found = [(i, numbers.get(_class_of(task, s), -1)) for i, s in enumerate(samples)]
    pairs = np.array([pair for pair in found if pair[1] >= 0], np.int64).reshape(-1, 2)
    return replace(task, rows=pairs[:, 0], targets=pairs[:, 1])


def stated_labels(sample: Sample) -> dict[str, str]:
    """What a row says of each label: present, absent or uncertain (also where it says both)."""
    stated: dict[str, str] = {}
    for label in sample.labels:
        name = " ".join(label.name.split())
        if name and label.value in (PRESENT, ABSENT, "uncertain"):
            stated[name] = (
                label.value if stated.get(name, label.value) == label.value else "uncertain"
            )
    return stated


def modality_name(sample: Sample) -> str:
    """The row's modality as it is spoken of; empty where it has none that is a class."""
    code = sample.modality.strip()
    if code in _NO_CLASS:
        return ""
    return MODALITY_NAMES.get(code) or " ".join(code.replace("_", " ").split())


def _task(
    name: str,
    source: str,
    kind: Literal["exclusive", "binary"],
    classes: tuple[str, ...],
    rows: Rows,
) -> ClassTask:
    none = np.zeros(0, np.int64)
    return among(ClassTask(name, source, kind, classes, none, none), rows.samples)


def _class_of(task: ClassTask, sample: Sample) -> str:
    """The name of the row's class, or something that is no class of the task."""
    if task.of_modality:
        return modality_name(sample)
    if sample.source != task.source:
        return ""
    stated = stated_labels(sample)
    return stated.get(task.name, "") if task.kind == "binary" else _only_present(stated)


def _only_present(stated: Mapping[str, str]) -> str:
    """The one label that is present, where none is uncertain; else empty."""
    present = [name for name, value in stated.items() if value == PRESENT]
    return present[0] if len(present) == 1 and "uncertain" not in stated.values() else ""


def _exclusive_classes(stated: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """The frequent classes where each row that is certain has exactly one present; else none."""
    certain = [own for own in stated if own and "uncertain" not in own.values()]
    classes = [_only_present(own) for own in certain]
    return _frequent(Counter(classes)) if all(classes) else ()


def _binary_labels(stated: Sequence[Mapping[str, str]]) -> list[str]:
    counts = Counter(pair for own in stated for pair in own.items())
    rarer = {name: min(counts[name, PRESENT], counts[name, ABSENT]) for name, _ in counts}
    enough = [name for name, count in rarer.items() if count >= FEWEST_ROWS]
    return sorted(sorted(enough, key=lambda name: (-rarer[name], name))[:MOST_LABELS])


def _frequent(counts: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted(name for name, count in counts.items() if name and count >= FEWEST_ROWS))
