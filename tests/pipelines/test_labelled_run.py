"""All small labelled datasets through the whole pipeline, against counts by plain Python."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import tarfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import h5py
import numpy as np
import pydicom
import pytest
from PIL import Image

from tests.conftest import ROOT, fabrica

MINI = ROOT / "examples" / "mini-labelled"
RECIPE = ROOT / "recipes" / "demo-labelled.yaml"
CELLS = {"RBC": "red blood cell", "WBC": "white blood cell", "Platelets": "platelet"}
Capsys = pytest.CaptureFixture[str]

# What examples/labelled_*.py plants: how many rows of each set are marked with each reason.
PLANTED = {
    "blood-cells": {"annotation_size": 2, "image_missing": 1, "label_missing": 1},
    "cells-coco": {"image_missing": 2, "label_unknown": 1, "label_missing": 1},
    "cells-yolo": {"image_missing": 1, "label_missing": 1, "box_invalid": 1, "label_unknown": 1},
    "polyps": {"mask_size": 1, "label_missing": 1, "image_missing": 1},
    "polyps-prompts": {"mask_missing": 1, "image_missing": 1, "label_missing": 1},
    "polyps-runs": {"rle_broken": 1, "image_missing": 1, "label_missing": 1},
    "polyps-maps": {"mask_missing": 1, "image_missing": 1, "label_missing": 1},
    "skin": {"image_broken": 1, "label_missing": 1},
    "chest": {"image_missing": 1, "duplicate_row": 1, "row_ragged": 1, "label_missing": 1},
    "medmnist": {},
    "pcam": {},
    "torso": {"mask_size": 1},
    "torso-nrrd": {},
    "dicom": {"not_an_image": 1, "dicom_truncated": 1},
    "reports": {"image_missing": 1, "bad_xml": 1},
    "vqa-rad": {"image_missing": 1, "answer_missing": 1},
    "vqa-slake": {"image_missing": 1},
    "vqa-plain": {"image_missing": 1},
    "pairs": {"text_missing": 1, "image_missing": 1},
    "shards": {"text_missing": 2, "pickle": 1},
}


def _stems(*patterns: str) -> set[str]:
    return {path.stem for pattern in patterns for path in MINI.glob(pattern)}


def _json(name: str) -> Any:
    return json.loads((MINI / name).read_text(encoding="utf-8"))


def _table(name: str) -> list[list[str]]:
    with open(MINI / name, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def _asked(name: str, image: str) -> int:
    """The pictures that are asked about, and the rows that are no question."""
    rows = _json(name)
    return len({r[image] for r in rows if r["answer"] != ""}) + sum(r["answer"] == "" for r in rows)


def _coco_rows() -> int:
    """Listed images, pictures that are not listed, and images that only annotations name."""
    data = _json("cells-coco/annotations.json")
    listed = {image["file_name"] for image in data["images"]}
    there = {path.name for path in MINI.glob("cells-coco/images/*")}
    numbers = {image["id"] for image in data["images"]}
    return len(listed | there) + len({a["image_id"] for a in data["annotations"]} - numbers)


def _array_rows(name: str) -> int:
    with np.load(MINI / name, allow_pickle=False) as arrays:
        return sum(len(arrays[key]) for key in arrays if key.endswith("_labels"))


def _hdf5_rows(name: str) -> int:
    with h5py.File(MINI / name) as file:
        return len(file["y"])


def _members() -> dict[str, bytes]:
    """The files of the WebDataset by name."""
    with tarfile.open(MINI / "shards/pairs-000000.tar") as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


def _header(path: Path) -> pydicom.Dataset:
    return pydicom.dcmread(path, stop_before_pixels=True)


def _first_column(name: str, folder: str, each: bool) -> int:
    """What the first column names, each row or each picture once, and pictures that it does not."""
    rows = _table(name)[1:]
    named = {row[0] for row in rows}
    there = {path.name for path in MINI.glob(f"{folder}/*")}
    return (len(rows) if each else len(named)) + len(there - named)


# How many rows each set must have: one for each picture, each annotation without a picture, ...
ROWS: dict[str, Callable[[], int]] = {
    "blood-cells": lambda: len(_stems("blood-cells/*/*")),
    "cells-coco": _coco_rows,
    "cells-yolo": lambda: len(_stems("cells-yolo/*/*")),
    "polyps": lambda: len(_stems("polyps/*/*")),
    "polyps-prompts": lambda: len(
        {Path(row["img_name"]).stem for row in _json("polyps-prompts/polyps.json")}
        | _stems("polyps-prompts/*/*")
    ),
    "polyps-runs": lambda: _first_column(
        "polyps-runs/polyps.csv", "polyps-runs/images", each=False
    ),
    "polyps-maps": lambda: len(
        {Path(name).stem for name in _json("polyps-maps/image2label_train.json")}
        | _stems("polyps-maps/images/*")
    ),
    "skin": lambda: len(list(MINI.glob("skin/**/*.jpg"))),
    "chest": lambda: _first_column("chest/films.csv", "chest/images", each=True),
    "medmnist": lambda: _array_rows("medmnist/mini-medmnist.npz"),
    "torso": lambda: len(list(MINI.glob("torso/imagesTr/*"))),
    "torso-nrrd": lambda: len(list(MINI.glob("torso-nrrd/*_image.nrrd"))),
    "dicom": lambda: len({_header(path).SeriesInstanceUID for path in MINI.glob("dicom/*/*")}),
    "pcam": lambda: _hdf5_rows("pcam/pcam_train_y.h5"),
    "reports": lambda: len(list(MINI.glob("reports/*/*.xml"))),
    "vqa-rad": lambda: _asked("vqa-rad/questions.json", "image_name"),
    "vqa-slake": lambda: _asked("vqa-slake/train.json", "img_name"),
    "vqa-plain": lambda: _asked("vqa-plain/vqa.json", "image"),
    "pairs": lambda: _first_column("pairs/captions.csv", "pairs/images", each=False),
    "shards": lambda: len({name.split(".")[0] for name in _members()}),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recipe as it is, run from the repository's root."""
    from pipelines.recipe_file import load_recipe
    from pipelines.run import RunOptions, run

    out = tmp_path_factory.mktemp("labelled") / "corpus"
    with contextlib.chdir(ROOT):
        run(load_recipe(str(RECIPE)), str(out), RunOptions(workers=2, say=lambda _: None))
    return out


@pytest.fixture(scope="module")
def rows(corpus: Path) -> list[dict]:
    sql = f"SELECT * FROM '{corpus}/manifest/*.parquet' ORDER BY sample_id"
    return duckdb.connect().sql(sql).to_arrow_table().to_pylist(maps_as_pydicts="lossy")


def _of(rows: list[dict], name: str) -> list[dict]:
    """The rows of a set; its folder is named as its card."""
    return [row for row in rows if row["document_id"].startswith(f"mini-{name}/")]


def _kept(rows: list[dict], name: str) -> list[dict]:
    return [row for row in _of(rows, name) if row["kept"]]


def test_every_set_is_counted(rows: list[dict]) -> None:
    folders = {path.name for path in MINI.iterdir() if path.name != "cards"}
    assert set(ROWS) == set(PLANTED) == folders
    assert sum(len(_of(rows, name)) for name in ROWS) == len(rows)


@pytest.mark.parametrize("name", ROWS)
def test_rows_in_are_rows_out_and_each_fault_is_named(name: str, rows: list[dict]) -> None:
    found = _of(rows, name)
    assert len(found) == ROWS[name]()
    assert Counter(d["reason"] for row in found for d in row["drops"]) == PLANTED[name]
    assert all(row["kept"] == (not row["drops"]) for row in found)
    assert all(drop["detail"] for row in found for drop in row["drops"])
    assert {row["licence"]["spdx"] for row in found} == {"CC0-1.0"}


def test_no_patient_is_in_two_splits(rows: list[dict]) -> None:
    splits: dict[str, set[str]] = {}
    for row in rows:
        if row["kept"]:
            splits.setdefault(row["group_id"], set()).add(row["split"])
    assert all(len(names) == 1 for names in splits.values())
    assert {name for names in splits.values() for name in names} == {"train", "val", "test"}


def _times(corpus: Path) -> dict[Path, int]:
    """When each tar and table of the corpus was written, those of its stages too."""
    found = [path for ending in ("tar", "parquet") for path in corpus.rglob(f"*.{ending}")]
    return {path: path.stat().st_mtime_ns for path in found}


def test_it_is_verified_and_a_second_run_does_nothing(corpus: Path, capsys: Capsys) -> None:
    code, out, _ = fabrica(capsys, "verify", corpus)
    assert (code, "all is well" in out) == (0, True)
    before = _times(corpus)
    with contextlib.chdir(ROOT):
        code, out, err = fabrica(capsys, "run", RECIPE, "--out", corpus)
    assert code == 0, err
    assert "as frozen before" in out
    assert _times(corpus) == before


# --- What is said of them ------------------------------------------------------------------------


def test_classes_are_those_of_the_folders(rows: list[dict]) -> None:
    names = {"melanoma": "melanoma", "naevus": "melanocytic naevus"}
    names["keratosis"] = "seborrhoeic keratosis"
    for row in _kept(rows, "skin"):
        folder = row["document_id"].split("/")[-2]
        present = [label["name"] for label in row["labels"] if label["value"] == "present"]
        assert present == [names[folder]]
        assert row["meta"]["dataset_split"] == row["document_id"].split("/")[1]


def test_cells_are_those_of_the_files(rows: list[dict]) -> None:
    voc: Counter = Counter()
    for path in MINI.glob("blood-cells/Annotations/*.xml"):
        if path.stem not in ("cell_07", "cell_09"):  # of another size; without picture
            voc.update(name.text for name in ET.parse(path).iterfind("object/name"))
    data = _json("cells-coco/annotations.json")
    kinds = {kind["id"]: kind["name"] for kind in data["categories"]}
    coco = Counter(kinds[a["category_id"]] for a in data["annotations"] if a["image_id"] in (1, 3))
    lines = [
        line.split()[0]
        for name in ("field_1", "field_3")
        for line in (MINI / f"cells-yolo/labels/{name}.txt").read_text().splitlines()
    ]
    yolo = Counter({"0": "Platelets", "1": "RBC", "2": "WBC"}[number] for number in lines)
    for name, expected in (("blood-cells", voc), ("cells-coco", coco), ("cells-yolo", yolo)):
        found = Counter(r["label"] for row in _kept(rows, name) for r in row["regions"])
        assert found == {CELLS[key]: count for key, count in expected.items()}


def test_a_box_is_as_drawn(rows: list[dict]) -> None:
    """VOC counts from 1 with both ends inside; here x1 and y1 are just outside."""
    (row,) = [r for r in _kept(rows, "blood-cells") if r["document_id"].endswith("cell_05")]
    box = ET.parse(MINI / "blood-cells/Annotations/cell_05.xml").find("object/bndbox")
    x0, y0, x1, y1 = (int(box.findtext(side)) for side in ("xmin", "ymin", "xmax", "ymax"))
    assert [region["box"] for region in row["regions"]] == [[x0 - 1, y0 - 1, x1, y1]]


def test_masks_cover_what_is_drawn(rows: list[dict]) -> None:
    """Regions of lossy masks, of run lengths and of a COCO mask have the pixels of the files."""
    for row in _kept(rows, "polyps"):
        mask = Image.open(MINI / "polyps/masks" / f"{row['document_id'][-2:]}.jpg").convert("L")
        drawn = int((np.asarray(mask) >= 128).sum())
        assert abs(sum(region["area"] for region in row["regions"]) - drawn) <= 4
    runs = _table("polyps-runs/polyps.csv")[1:]
    for row in _kept(rows, "polyps-runs"):
        own = [code for name, code in runs if name.startswith(row["document_id"][-2:])]
        areas = [sum(int(word) for word in code.split()[1::2]) for code in own if code != "-1"]
        assert sorted(region["area"] for region in row["regions"]) == sorted(areas)


def test_films_say_what_their_rows_do(rows: list[dict]) -> None:
    """1, 0, -1 and blank are kept apart; a film without finding has none of the others."""
    head, *lines = _table("chest/films.csv")
    own = {line[0].removesuffix(".png"): line for line in lines if len(line) == len(head)}
    words = {"1": "present", "0": "absent", "-1": "uncertain", "": "unstated"}
    kept = _kept(rows, "chest")
    assert len(kept) == 10
    for row in kept:
        line = own[row["document_id"].split("/")[1]]
        values = {name.lower(): words[cell] for name, cell in zip(head[6:], line[6:], strict=True)}
        if values["no finding"] == "present":
            values = dict.fromkeys(values, "absent") | {"no finding": "present"}
        assert {label["name"]: label["value"] for label in row["labels"]} == values
        assert row["meta"].get("age_years", "") == line[4]
        assert row["group_id"] == f"mini-chest/{line[1]}"


@pytest.mark.parametrize("name", ["torso", "torso-nrrd"])
def test_the_liver_is_right_and_the_spleen_left(name: str, corpus: Path, rows: list[dict]) -> None:
    """However the volume is stored; in the picture the patient's right is on the left."""
    for row in _kept(rows, name):
        sides = {(r["label"], r["side"], r["frame"]) for r in row["regions"]}
        assert sides == {("liver", "right", "patient"), ("spleen", "left", "patient")}
        for region in row["regions"]:
            centre = (region["box"][0] + region["box"][2]) / 2
            width = row["images"][region["image"]]["width"]
            assert (centre < width / 2) == (region["label"] == "liver")
            assert region["box"][2] <= width
        assert len(row["images"]) > 1


def test_a_dicom_series_is_in_order_and_seen_from_the_feet(corpus: Path, rows: list[dict]) -> None:
    """The stomach's air is the patient's left; the slices are in the order of their places."""
    (series,) = [r for r in _kept(rows, "dicom") if len(r["images"]) > 1]
    assert len(series["images"]) == 6
    stored = [_pixels(corpus, image) for image in series["images"]]
    for pixels in stored[1:]:  # the lowest one has none
        _, columns = np.nonzero(pixels[20:44, 12:52] == 0)
        assert columns.mean() + 12 > 32
    heights = {}
    for path in MINI.glob("dicom/ct/*.dcm"):
        heights[float(_header(path).ImagePositionPatient[2])] = pydicom.dcmread(path).pixel_array
    air = [int((heights[z] < 300).sum()) for z in sorted(heights)]
    assert [int((pixels == 0).sum()) for pixels in stored] in (air, air[::-1])


def test_a_film_stored_upside_down_in_grey_is_put_right(corpus: Path, rows: list[dict]) -> None:
    films = [r for r in _kept(rows, "dicom") if len(r["images"]) == 1]
    one, two = (_pixels(corpus, film["images"][0]).astype(float) for film in films)
    assert np.corrcoef(one.ravel(), two.ravel())[0, 1] > 0.9
    assert sorted(film["meta"]["days"] for film in films) == ["0", "369"]
    assert len({film["group_id"] for film in films}) == 1


def _pixels(corpus: Path, image: dict) -> np.ndarray:
    """The grey values of a picture where the manifest says that it lies."""
    with open(corpus / image["path"], "rb") as file:
        file.seek(image["offset"])
        return np.asarray(Image.open(io.BytesIO(file.read(image["length"]))).convert("L"))


def test_what_names_a_patient_is_gone(corpus: Path, rows: list[dict]) -> None:
    """Neither in the manifest, nor in any shard, paper or report."""
    planted = [
        *("Zzyzx", "Quentin", "4711", "Nowhere", "ACC99817", "Atlantis", "Moreau", "19510203"),
        *("1951-02-03", "20240117", "2024-01-17", "20250120", "2025-01-20", "101112"),
        "1.2.826.0.1.3680043.8.498.990",
    ]
    texts = [json.dumps(rows, default=str, ensure_ascii=False)]
    for path in corpus.rglob("*"):
        if path.is_file() and path.suffix != ".parquet" and "stages" not in path.parts:
            texts.append(path.read_bytes().decode("latin-1"))
    assert len(texts) > 5
    assert [word for word in planted if any(word in text for text in texts)] == []
    dicom = " ".join(p.read_bytes().decode("latin-1") for p in MINI.glob("dicom/*/*"))
    assert all(word in dicom for word in planted if "-" not in word)


def test_arrays_keep_labels_and_splits(rows: list[dict]) -> None:
    names = {"0": "adipose tissue", "1": "stroma", "2": "tumour tissue"}
    expected: Counter = Counter()
    with np.load(MINI / "medmnist/mini-medmnist.npz", allow_pickle=False) as arrays:
        for split in ("train", "val", "test"):
            expected.update((split, names[str(n)]) for n in arrays[f"{split}_labels"][:, 0])
    found = Counter(
        (row["meta"]["dataset_split"], label["name"])
        for row in _kept(rows, "medmnist")
        for label in row["labels"]
        if label["value"] == "present"
    )
    assert found == expected


def test_reports_are_those_of_the_files(rows: list[dict]) -> None:
    """Findings and impression word for word, and a picture for each that the file names."""
    for row in _kept(rows, "reports"):
        number = row["document_id"].removeprefix("mini-reports/CXR")
        root = ET.parse(MINI / f"reports/ecgen-radiology/{number}.xml")
        own = {part.get("Label"): part.text for part in root.iter("AbstractText") if part.text}
        texts = [text["text"] for text in row["texts"] if text["kind"] == "report"]
        said = " ".join(texts)
        assert all(own[name] in said for name in ("FINDINGS", "IMPRESSION") if name in own)
        assert len(row["images"]) == len(list(root.iter("parentImage")))
        assert ("prior_phrases" in row["meta"]) == ("prior" in own.get("FINDINGS", ""))


def test_captions_are_those_of_the_files(rows: list[dict]) -> None:
    written = {line[0].removesuffix(".jpg"): line[1] for line in _table("pairs/captions.csv")[1:]}
    kept = _kept(rows, "pairs")
    assert {row["document_id"].split("/")[1]: row["caption"] for row in kept} == {
        name: written[name] for name in ("brain", "liver")
    }
    members = _members()
    found = {row["meta"]["key"]: row["caption"] for row in _kept(rows, "shards")}
    texts = {n[:-4]: data.decode() for n, data in members.items() if n.endswith(".txt")}
    assert found == texts


def test_questions_are_those_of_the_files(rows: list[dict]) -> None:
    for name, file, image in (
        ("vqa-rad", "vqa-rad/questions.json", "image_name"),
        ("vqa-slake", "vqa-slake/train.json", "img_name"),
        ("vqa-plain", "vqa-plain/vqa.json", "image"),
    ):
        there = {str(p.relative_to(MINI / name)) for p in (MINI / name).rglob("*.jpg")}
        ends = {path.removeprefix("images/").removeprefix("imgs/") for path in there}
        asked = [r["question"] for r in _json(file) if r[image] in ends and r["answer"] != ""]
        own = [q for row in _kept(rows, name) for q in row["questions"] if not q["writer"]]
        assert sorted(q["question"] for q in own) == sorted(asked)
