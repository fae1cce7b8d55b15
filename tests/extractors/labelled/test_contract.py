"""One contract for every family: what it lists and what it reads.

Each family is met on a set of examples/mini-labelled. `GIVEN` says how many entries, readings and
drops a set has; the numbers are counted from what examples/labelled_*.py plants.
"""

from __future__ import annotations

import functools
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from extractors.images import BadImage, Picture, load_picture
from extractors.labelled import source
from extractors.labelled.adapters import ADAPTERS, Adapter
from extractors.labelled.card import DatasetCard, load_card
from extractors.labelled.files import BadData, Files
from extractors.labelled.options import LabelledOptions
from extractors.labelled.records import FACTS, VALUES, Entry, Looks, Reading
from filters.alike.hashes import phash
from schemas.manifest import samples_to_table
from schemas.options import Options
from schemas.sample import QUESTION_KINDS, TEXT_KINDS, Sample
from tests.conftest import ROOT

MINI = ROOT / "examples" / "mini-labelled"
LOOKS = Looks(phash)


@dataclass(frozen=True)
class Given:
    """What a set holds. `drops` counts rows' reasons; `tables` are files that name many entries."""

    entries: int
    readings: int
    drops: dict[str, int] = field(default_factory=dict)
    tables: tuple[str, ...] = ()


GIVEN = {
    "blood-cells": Given(
        10,
        10,
        {"annotation_size": 2, "image_missing": 1, "label_missing": 1},
        ("Annotations/*.xml",),
    ),
    "cells-coco": Given(
        6, 6, {"image_missing": 2, "label_unknown": 1, "label_missing": 1}, ("annotations.json",)
    ),
    "cells-yolo": Given(
        5,
        5,
        {"image_missing": 1, "label_missing": 1, "box_invalid": 1, "label_unknown": 1},
        ("data.yaml", "labels/*.txt"),
    ),
    "polyps": Given(7, 7, {"mask_size": 1, "label_missing": 1, "image_missing": 1}),
    "polyps-prompts": Given(
        5, 5, {"mask_missing": 1, "image_missing": 1, "label_missing": 1}, ("polyps.json",)
    ),
    "polyps-runs": Given(
        6, 6, {"rle_broken": 1, "image_missing": 1, "label_missing": 1}, ("polyps.csv",)
    ),
    "polyps-maps": Given(
        5,
        5,
        {"mask_missing": 1, "image_missing": 1, "label_missing": 1},
        ("image2label_train.json",),
    ),
    "skin": Given(14, 14, {"image_broken": 1, "label_missing": 1}),
    "chest": Given(
        14,
        14,
        {"image_missing": 1, "duplicate_row": 1, "row_ragged": 1, "label_missing": 1},
        ("films.csv",),
    ),
    "medmnist": Given(3, 12),
    "pcam": Given(1, 4, {}, ("*_y.h5",)),
    "torso": Given(3, 2, {"mask_size": 1}),
    "torso-nrrd": Given(1, 1),
    "dicom": Given(5, 5, {"not_an_image": 1, "dicom_truncated": 1}),
    "reports": Given(5, 5, {"image_missing": 1, "bad_xml": 1}, ("ecgen-radiology/*.xml",)),
    "vqa-rad": Given(4, 4, {"image_missing": 1, "answer_missing": 1}, ("questions.json",)),
    "vqa-slake": Given(2, 2, {"image_missing": 1}, ("train.json",)),
    "vqa-plain": Given(2, 2, {"image_missing": 1}, ("vqa.json",)),
    "pairs": Given(4, 4, {"text_missing": 1, "image_missing": 1}, ("captions.csv",)),
    "shards": Given(1, 5, {"text_missing": 2, "pickle": 1}),
}


@dataclass(frozen=True)
class Opened:
    """A set, ready to be listed and read."""

    card: DatasetCard
    adapter: Adapter
    reading: Options
    files: Files
    options: LabelledOptions

    def entries(self) -> list[Entry]:
        return list(self.adapter.entries(self.files, self.reading, self.card))

    def read(self, entry: Entry) -> list[Reading]:
        return list(self.adapter.read(self.files, self.reading, self.card, entry, LOOKS))


def opened(name: str, root: Path | None = None) -> Opened:
    """The set by name, at `root` where it is a copy."""
    options = LabelledOptions(
        dataset=str(MINI / "cards" / f"{name}.yaml"), root=str(root or MINI / name)
    )
    card = load_card(options.dataset)
    adapter = ADAPTERS[card.family]
    files = Files(options.root)
    files.refresh()
    return Opened(card, adapter, adapter.options.model_validate(card.reading), files, options)


Row = tuple[Sample, list[Picture]]


def rows(name: str, root: Path | None = None) -> list[Row]:
    """All rows of a set as the pipeline makes them; what it would call a fault is raised."""
    options = opened(name, root).options
    found = []
    for ref in source.enumerate_refs(options):
        for document in source.describe(options, ref):
            found += list(source.extract(options, document, phash))
    return found


@functools.cache
def first_rows(name: str) -> list[Row]:
    """The rows of a set's first run."""
    return rows(name)


every_set = pytest.mark.parametrize("name", GIVEN)


def test_every_family_has_a_set() -> None:
    met = {opened(name).card.family for name in GIVEN}
    assert met == set(ADAPTERS)
    assert {path.stem for path in (MINI / "cards").glob("*.yaml")} == set(GIVEN)


# --- Lists ---------------------------------------------------------------------------------------


@every_set
def test_entries_are_the_same_each_time_and_survive_json(name: str) -> None:
    one = opened(name)
    entries = one.entries()
    assert entries == one.entries() == opened(name).entries()
    assert msgspec.json.decode(msgspec.json.encode(entries), type=list[Entry]) == entries
    assert len(entries) == GIVEN[name].entries
    for entry in entries:
        assert entry.name
        assert set(entry.facts) <= set(FACTS)
        assert {label.value for label in entry.labels} <= set(VALUES)
        with pytest.raises(AttributeError):
            entry.name = "other"  # type: ignore[misc]


@every_set
def test_names_are_unique_or_marked(name: str) -> None:
    refs = list(source.enumerate_refs(opened(name).options))
    seen: set[str] = set()
    for ref in refs:
        entry = msgspec.json.decode(ref.address, type=Entry)
        again = any(drop.reason == "duplicate_id" for drop in entry.drops)
        assert (ref.key in seen) <= again, ref.key
        seen.add(ref.key)


@every_set
def test_every_file_is_accounted_for(name: str) -> None:
    one = opened(name)
    used = {f for entry in one.entries() for f in (*entry.files, *(m.file for m in entry.masks))}
    told = " ".join(drop.detail for entry in one.entries() for drop in entry.drops)
    tables = {f for pattern in GIVEN[name].tables for f in one.files.glob(pattern)}
    there = {str(p.relative_to(MINI / name)) for p in (MINI / name).rglob("*") if p.is_file()}
    assert {f for f in there - used - tables if f not in told} == set()
    assert used <= there
    assert tables <= there


# --- Readings ------------------------------------------------------------------------------------


@every_set
def test_readings_are_whole(name: str) -> None:
    one = opened(name)
    count = 0
    for entry in one.entries():
        readings = tried(one, entry)
        for reading in readings:
            check_reading(reading)
        names = [r.entry.name for r in readings]
        assert len(set(names)) == len(names)
        count += len(readings)
    assert count == GIVEN[name].readings


def tried(one: Opened, entry: Entry) -> list[Reading]:
    """The readings of an entry, at least one; none only where the family says why."""
    try:
        readings = one.read(entry)
    except (BadData, BadImage) as error:
        assert error.reason
        assert str(error)
        return []
    assert readings
    return readings


def check_reading(reading: Reading) -> None:
    for picture in reading.pictures:
        again = load_picture(picture.data, phash)
        assert (again.width, again.height) == (picture.width, picture.height)
        assert again.change == ""  # stored as any trainer reads it
    for shape in reading.shapes:
        picture = reading.pictures[shape.image]
        x0, y0, x1, y1 = shape.box
        assert 0 <= x0 < x1 <= picture.width
        assert 0 <= y0 < y1 <= picture.height
        if shape.mask is not None:
            assert shape.mask.shape == (picture.height, picture.width)
            assert shape.mask.dtype == bool
            assert shape.mask.any()


@every_set
def test_rows_say_what_is_known_and_name_each_fault(name: str) -> None:
    found = [sample for sample, _ in first_rows(name)]
    assert Counter(d.reason for s in found for d in s.drops) == GIVEN[name].drops
    ids = Counter(sample.sample_id for sample in found)
    twice = {d.detail.split()[0] for s in found for d in s.drops if d.reason == "duplicate_id"}
    assert sum(ids.values()) - len(ids) == len(twice)
    for sample, pictures in first_rows(name):
        assert sample.kept == (not sample.drops)
        assert sample.licence.spdx == "CC0-1.0"
        if sample.kept:
            _check_kept(sample, pictures)
        for drop in sample.drops:
            assert drop.reason.replace("_", "").isalnum()
            assert drop.reason.islower()
            assert len(drop.detail) > 3
            assert "\n" not in drop.detail


def _check_kept(sample: Sample, pictures: list[Picture]) -> None:
    assert sample.texts or sample.questions
    for text in sample.texts:
        assert text.kind in TEXT_KINDS
        assert text.text.strip() == text.text != ""
    for question in sample.questions:
        assert question.kind in QUESTION_KINDS
        assert question.question.strip()
        assert question.answer.strip()
        if question.kind == "single":
            assert question.answer in question.options
    assert {label.value for label in sample.labels} <= set(VALUES)
    assert all(region.image < len(pictures) for region in sample.regions)


# --- Again, and in another order -----------------------------------------------------------------


@every_set
def test_a_second_run_gives_the_same_bytes(name: str) -> None:
    again = rows(name)
    first = first_rows(name)
    tables = [samples_to_table([sample for sample, _ in found]) for found in (first, again)]
    assert tables[0].equals(tables[1])
    assert [p.sha256 for _, ps in first for p in ps] == [p.sha256 for _, ps in again for p in ps]


@every_set
def test_the_order_of_entries_changes_no_row(name: str) -> None:
    options = opened(name).options
    refs = list(source.enumerate_refs(options))
    random.Random(name).shuffle(refs)
    documents = [d for ref in refs for d in source.describe(options, ref)]
    found = [row for d in documents for row in source.extract(options, d, phash)]

    def sums(of: list[Row]) -> list[tuple]:
        return sorted((msgspec.json.encode(s), [p.sha256 for p in ps]) for s, ps in of)

    assert sums(found) == sums(first_rows(name))
