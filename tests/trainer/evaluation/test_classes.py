"""Which class tasks labelled rows allow."""

from __future__ import annotations

import glob
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.sample import Sample
from tests.trainer.evaluation.labelled_rows import classed, row, rows
from trainer.evaluation.classes import (
    FEWEST_ROWS,
    MOST_LABELS,
    among,
    class_tasks,
    modality_name,
    stated_labels,
)


def test_one_present_per_row_makes_one_task_of_all_classes() -> None:
    samples = classed({"naevus": 6, "melanoma": 5})
    (task,) = class_tasks(rows(samples))
    assert (task.name, task.source, task.kind) == ("classes", "set", "exclusive")
    assert task.classes == ("melanoma", "naevus")
    assert task.rows.tolist() == list(range(11))
    assert task.targets.tolist() == [1] * 6 + [0] * 5


def test_uncertain_rows_take_no_part_and_do_not_make_it_binary() -> None:
    samples = classed({"naevus": 6, "melanoma": 5})
    samples.append(row(90, {"naevus": "uncertain", "melanoma": "uncertain"}))
    samples.append(row(91, {"naevus": "present", "melanoma": "uncertain"}))
    samples.append(row(92, {"naevus": "unstated", "melanoma": "unstated"}))
    samples.append(row(93))
    (task,) = class_tasks(rows(samples))
    assert task.kind == "exclusive"
    assert task.rows.max() == 10


def test_a_rare_class_is_left_out_with_its_rows() -> None:
    samples = classed({"a": FEWEST_ROWS, "b": FEWEST_ROWS, "rare": FEWEST_ROWS - 1})
    (task,) = class_tasks(rows(samples))
    assert task.classes == ("a", "b")
    assert len(task.rows) == 2 * FEWEST_ROWS


def _chest(number: int, effusion: str, edema: str) -> Sample:
    return row(number, {"effusion": effusion, "edema": edema}, "chest")


def test_several_present_make_a_task_of_each_label() -> None:
    values = ["present"] * 6 + ["absent"] * 5 + ["uncertain", "unstated"]
    samples = [_chest(i, v, "present" if i < 2 else "absent") for i, v in enumerate(values)]
    (task,) = class_tasks(rows(samples))  # edema has too few present
    assert (task.name, task.source, task.kind) == ("effusion", "chest", "binary")
    assert task.classes == ("absent", "present")
    assert task.rows.tolist() == list(range(11))
    assert task.targets.tolist() == [1] * 6 + [0] * 5


def test_unstated_is_not_absent() -> None:
    samples = [row(i, {"platelet": "present" if i < 9 else "unstated"}) for i in range(20)]
    assert class_tasks(rows(samples)) == []


@pytest.mark.parametrize(
    "samples",
    [
        [],
        classed({"only": 30}),
        [row(i, {"a": "uncertain", "b": "uncertain"}) for i in range(30)],
        [row(i, {"": "present", "  ": "absent"}) for i in range(30)],
        [row(i, [("a", "present"), ("a", "absent")][:: 1 - i % 2 * 2]) for i in range(30)],
        [row(i, {"a": "PRESENT" if i % 2 else "maybe"}) for i in range(30)],
        [row(i, modality="ct") for i in range(30)],
    ],
)
def test_rows_that_allow_no_question(samples: list[Sample]) -> None:
    assert class_tasks(rows(samples)) == []


def test_very_many_labels_are_cut_to_the_most_even() -> None:
    samples = [
        row(i, {f"l{n:03}": "present" if i < 5 + n % 60 else "absent" for n in range(120)})
        for i in range(130)
    ]
    tasks = class_tasks(rows(samples))
    assert len(tasks) == MOST_LABELS
    fewest = [min(np.bincount(task.targets)) for task in tasks]
    assert min(fewest) >= 5 + 59 - MOST_LABELS // 2


def test_sources_are_apart_and_the_modality_is_over_all() -> None:
    samples = classed({"a": 5, "b": 5}, "one") + classed({"a": 5, "b": 5}, "two")
    ct = [row(i, source="x", modality="ct") for i in range(5)]
    mri = [row(i, source="y", modality="mri") for i in range(5)]
    few = [row(i, source="z", modality="oct") for i in range(4)]
    other = [row(i, source="o", modality="other") for i in range(9)]
    one, two, modality = class_tasks(rows([*samples, *ct, *mri, *few, *other]))
    assert (one.source, two.source) == ("one", "two")
    assert two.rows.tolist() == list(range(10, 20))
    assert (modality.name, modality.source, modality.of_modality) == ("modality", "", True)
    assert modality.classes == ("CT scan", "MRI scan")
    assert modality.rows.tolist() == list(range(20, 30))


def test_a_modality_of_no_table_is_spoken_with_blanks() -> None:
    assert modality_name(row(1, modality="infrared_thermography")) == "infrared thermography"
    assert modality_name(row(1, modality="unknown")) == ""


def test_the_same_question_of_other_rows() -> None:
    (task,) = class_tasks(rows(classed({"a": 5, "b": 5})))
    other = [
        row(0, {"b": "present"}),
        row(1, {"c": "present"}),
        row(2, {"a": "present"}, source="elsewhere"),
        row(3, {"a": "present", "b": "present"}),
        row(4, {"a": "present", "b": "absent"}),
    ]
    asked = among(task, other)
    assert (asked.rows.tolist(), asked.targets.tolist()) == ([0, 4], [1, 0])


def test_a_label_named_as_ours_does_not_mix_tasks() -> None:
    samples = [
        row(i, {"modality": "present" if i < 6 else "absent", "x": "present"}) for i in range(12)
    ]
    samples += [row(i, source="", modality=m) for i, m in enumerate(["ct", "mri"] * 5)]
    binary, modality = class_tasks(rows(samples))
    assert (binary.name, binary.kind, binary.of_modality) == ("modality", "binary", False)
    assert binary.rows.tolist() == list(range(12))
    assert modality.of_modality


_NAMES = st.one_of(st.sampled_from(["a", "b", "c", "", " ", "x" * 10_000, "ö\n{}"]), st.text())
_VALUES = st.sampled_from(["present", "absent", "uncertain", "unstated", "odd"])


@given(
    st.lists(
        st.tuples(
            st.lists(st.tuples(_NAMES, _VALUES), max_size=4), st.sampled_from(["s", "t", ""])
        ),
        max_size=40,
    )
)
def test_targets_are_what_rows_state(given_rows: list[tuple[list[tuple[str, str]], str]]) -> None:
    samples = [row(i, labels, source) for i, (labels, source) in enumerate(given_rows)]
    for task in class_tasks(rows(samples)):
        assert list(task.classes) == sorted(set(task.classes))
        assert np.bincount(task.targets, minlength=len(task.classes)).min() >= FEWEST_ROWS
        for place, target in zip(task.rows, task.targets, strict=True):
            stated = stated_labels(samples[place])
            name = task.classes[target]
            if task.kind == "binary":
                assert stated[task.name] == name
            else:
                assert [k for k, v in stated.items() if v == "present"] == [name]


def test_the_demo_datasets_can_be_asked(tmp_path: Path) -> None:
    """Any labelled corpus: the cells, skin and chest of the examples, as the cards write labels."""
    from extractors.labelled.card import load_card
    from extractors.labelled.stated import labels_of
    from tests.conftest import ROOT

    cards = sorted(glob.glob(str(ROOT / "examples/mini-labelled/cards/*.yaml")))
    samples = []
    for path in cards:
        card = load_card(path)
        keys = list(card.labels)
        for number, key in enumerate(itertools.islice(itertools.cycle(keys or [""]), 40)):
            own = labels_of(card, {key: "present"} if key else {})
            samples.append(row(number, [(label.name, label.value) for label in own], card.name))
    kinds = {task.source: task.kind for task in class_tasks(rows(samples))}
    assert kinds["mini-skin"] == "exclusive"
    assert kinds["mini-medmnist"] == "exclusive"
