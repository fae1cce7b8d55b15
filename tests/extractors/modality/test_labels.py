"""The labels by eye are sound, and of the pictures that are there each can be read."""

from pathlib import Path

import pytest

from benchmarks.modality import LABELS, MIXED, answer_all, read_labels, summary
from benchmarks.modality_cases import PictureCase, picture_cases
from extractors.modality.tree import KIND_OF
from tests.conftest import DATA

ROWS = read_labels(LABELS)


def test_labels_are_many_and_known() -> None:
    assert len(ROWS) >= 250
    assert len({row.id for row in ROWS}) == len(ROWS)
    assert {row.kind for row in ROWS} <= {*KIND_OF, MIXED}
    assert all(row.medical is not None for row in ROWS)
    halves = [sum(row.part == part for row in ROWS) for part in ("dev", "aside")]
    assert sum(halves) == len(ROWS)
    assert min(halves) >= 100


def test_no_article_is_in_both_halves() -> None:
    folders: dict[str, set[str]] = {}
    for row in ROWS:
        folder = (
            row.id.split("!")[0].rsplit("/", 1)[0] if "!" not in row.id else row.id.split("!")[0]
        )
        if row.id.startswith("jats/"):
            folders.setdefault(folder, set()).add(row.part)
    assert folders
    assert all(len(parts) == 1 for parts in folders.values())


def test_kinds_that_are_no_leaf_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("id,kind\na.png,palantir\n", "utf-8")
    with pytest.raises(ValueError, match="palantir"):
        read_labels(file)


def test_labels_of_another_folder(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (64, 64), 30).save(tmp_path / "a.png")
    file = tmp_path / "labels.json"
    file.write_text(
        '[{"path": "a.png", "modality": "ct", "caption": "Axial CT of the neck."}]', "utf-8"
    )
    answers, _ = answer_all(tmp_path, read_labels(file), None)
    assert summary(answers)["modality_accuracy"] == 1.0
    assert summary(answers)["medical_accuracy"] == 1.0


def test_every_labelled_picture_is_found_with_its_texts() -> None:
    if not (DATA / "labelled").is_dir():
        pytest.skip(f"no pictures at {DATA} (set FABRICA_DATA)")
    cases = picture_cases(DATA)
    assert {row.id for row in ROWS} <= set(cases)
    told = [row for row in ROWS if cases.get(row.id, PictureCase(row.id)).texts]
    assert len(told) >= 150
