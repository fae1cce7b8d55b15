"""The recipes of labelled datasets on the real sets: everything accounted for, words true."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree
from PIL import Image

from pipelines.corpus import Corpus, open_corpus, views
from pipelines.recipe_file import load_recipe
from pipelines.run import RunOptions, run
from pipelines.verify import verify
from tests.conftest import DATA, ROOT

LABELLED = DATA / "labelled"
pytestmark = pytest.mark.skipif(
    not LABELLED.is_dir(), reason=f"no labelled datasets at {DATA} (set FABRICA_DATA)"
)
_DERMA = ["akiec", "bcc", "bkl", "df", "mel", "nv", "vasc"]
Build = Callable[[str], Corpus]


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `data` as the recipes name it, with an npz made of the real DermaMNIST pictures."""
    folder = tmp_path_factory.mktemp("roots")
    (folder / "data" / "medmnist").mkdir(parents=True)
    for name in ("labelled", "formats"):
        (folder / "data" / name).symlink_to(DATA / name)
    np.savez(folder / "data" / "medmnist" / "dermamnist.npz", **_dermamnist())
    (folder / "recipes").symlink_to(ROOT / "recipes")
    return folder


def _dermamnist() -> dict[str, np.ndarray]:
    rows = _rows(LABELLED / "dermamnist28" / "labels.csv")
    folder = LABELLED / "dermamnist28" / "images"
    pixels = np.stack([np.asarray(Image.open(folder / f"{r['image_id']}.jpg")) for r in rows])
    labels = np.array([[_DERMA.index(r["dx"])] for r in rows], np.uint8)
    cuts = {"train": slice(0, 300), "val": slice(300, 350), "test": slice(350, None)}
    return {
        f"{split}_{what}": values[cut]
        for split, cut in cuts.items()
        for what, values in (("images", pixels), ("labels", labels))
    }


def _rows(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture(scope="module")
def built(roots: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds a recipe once, in a folder that has `data`."""
    done: dict[str, Corpus] = {}

    def build(name: str) -> Corpus:
        if name not in done:
            out = str(tmp_path_factory.mktemp(name) / "corpus")
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(roots)
                recipe = load_recipe(f"recipes/{name}.yaml")
                run(recipe, out, RunOptions(workers=2, say=lambda _: None))
            done[name] = open_corpus(out)
        return done[name]

    return build


def _all(corpus: Corpus, sql: str) -> list[tuple]:
    return views(corpus).execute(sql).fetchall()


def _counts(corpus: Corpus, sql: str) -> dict[Any, Any]:
    return dict(_all(corpus, sql))


@pytest.mark.parametrize(
    "name", ["unimed-like", "medtrinity-like", "medmnist", "vqa-mix", "ct-slices"]
)
def test_a_recipe_gives_a_corpus_without_faults(built: Build, name: str) -> None:
    corpus = built(name)
    assert list(verify(corpus)) == []
    assert corpus.state["counts"]["kept"] > 0
    assert corpus.state["counts"]["faults"] == 0
    assert _all(corpus, "SELECT count(*) FROM samples WHERE kept AND caption = ''") == [(0,)]


def test_boxes_and_masks_are_those_of_the_files(built: Build) -> None:
    corpus = built("medtrinity-like")
    truth: Counter[str] = Counter()
    boxes: dict[str, list[list[float]]] = {}
    for path in (LABELLED / "bccd" / "Annotations").glob("*.xml"):
        for item in etree.parse(str(path)).iter("object"):
            truth[str(item.findtext("name"))] += 1
            low, high = [
                [float(item.findtext(f"bndbox/{axis}{side}")) for axis in "xy"]
                for side in ("min", "max")
            ]
            box = [low[0] - 1, low[1] - 1, high[0], high[1]]
            boxes.setdefault(f"bccd/{path.stem}", []).append(box)
    found = _counts(
        corpus,
        """SELECT r.label, count(*) FROM regions r JOIN samples s USING (sample_id)
        WHERE s.source = 'bccd' GROUP BY 1""",
    )
    left_out = _all(
        corpus, "SELECT meta['regions_left_out'] FROM samples WHERE meta['regions_left_out'] != ''"
    )
    names = {"RBC": "red blood cell", "WBC": "white blood cell", "Platelets": "platelet"}
    missing = sum(truth.values()) - sum(found.values())
    assert missing == sum(text.count("box") for (text,) in left_out)
    assert {names[key]: n for key, n in truth.items()} == found or missing
    for sample_id, own in _all(
        corpus,
        """SELECT sample_id, list_transform(regions, lambda r: r.box) FROM samples
        WHERE source = 'bccd' AND kept AND meta['regions_mended'] IS NULL""",
    ):
        assert sorted(own) == sorted(boxes[sample_id]), sample_id


def test_masks_keep_their_pixels(built: Build) -> None:
    corpus = built("medtrinity-like")
    areas = _all(
        corpus,
        """SELECT s.sample_id, sum(r.area) FROM regions r JOIN samples s USING (sample_id)
        WHERE s.source = 'kvasir_seg' GROUP BY 1""",
    )
    assert len(areas) == 3
    for sample_id, area in areas:
        mask = LABELLED / "kvasir_seg" / "masks" / f"{sample_id.rpartition('/')[2]}.jpg"
        assert area == (np.asarray(Image.open(mask).convert("L")) >= 128).sum()


def test_npz_rows_have_the_classes_of_the_arrays(built: Build, roots: Path) -> None:
    corpus = built("medmnist")
    with np.load(roots / "data" / "medmnist" / "dermamnist.npz") as arrays:
        truth = Counter(
            (split, int(label))
            for split in ("train", "val", "test")
            for (label,) in arrays[f"{split}_labels"]
        )
    found = Counter[tuple[str, int]]()
    card_names = _counts(
        corpus,
        """SELECT sample_id, [l.name FOR l IN labels IF l.value = 'present'][1] FROM samples
        WHERE kept""",
    )
    splits = _counts(corpus, "SELECT sample_id, split FROM samples WHERE kept")
    order = _label_order()
    for sample_id, name in card_names.items():
        found[(splits[sample_id], order.index(name))] += 1
    assert found == truth


def _label_order() -> list[str]:
    from extractors.labelled.card import load_card

    return [load_card("dermamnist").label(str(i)).name for i in range(len(_DERMA))]


def test_every_question_of_the_sets_is_there(built: Build) -> None:
    corpus = built("vqa-mix")
    found = _counts(
        corpus,
        """SELECT s.source, count(*) FROM questions q JOIN samples s USING (sample_id)
        WHERE q.writer = '' GROUP BY 1""",
    )
    vqa_rad = json.loads((LABELLED / "vqa_rad" / "VQA_RAD_Dataset_Public.json").read_text())
    slake = json.loads((LABELLED / "slake" / "validate.json").read_text())
    assert found == {"vqa_rad": len(vqa_rad), "slake": len(slake)}
    languages = _counts(
        corpus,
        """SELECT q.language, count(*) FROM questions q JOIN samples s USING (sample_id)
        WHERE s.source = 'slake' AND q.writer = '' GROUP BY 1""",
    )
    assert languages == Counter(row["q_lang"] for row in slake)
    pictures = _all(corpus, "SELECT count(*) FROM samples WHERE kept AND source = 'vqa_rad'")
    assert pictures == [(len(list((LABELLED / "vqa_rad" / "images").iterdir())),)]


def test_every_row_of_the_tables_is_there(built: Build) -> None:
    corpus = built("unimed-like")
    found = _counts(
        corpus,
        """SELECT source, count(*) FROM samples
        WHERE sample_id NOT LIKE '%/files-not-as-expected' GROUP BY 1""",
    )
    nih = {
        r["Image Index"] for r in _rows(LABELLED / "cxr_labels" / "Data_Entry_2017_v2020_4000.csv")
    }
    boxed = {r["Image Index"] for r in _rows(LABELLED / "cxr_labels" / "BBox_List_2017.csv.gz")}
    chexpert = _rows(DATA / "formats" / "unimed_clip" / "chexpert-5x200.csv")
    with tarfile.open(LABELLED / "iu_xray" / "NLMCXR_reports_part.tgz") as archive:
        reports = sum(member.isreg() for member in archive)
    assert found["open_i"] == reports
    assert found["nih_cxr14"] == len(nih | boxed)
    assert found["chexpert_5x200"] >= len(chexpert)
    assert found["dermamnist28"] == 420
    assert found["medpix2"] >= 90


def test_findings_of_nih_are_those_of_its_table(built: Build) -> None:
    corpus = built("unimed-like")
    rows = _rows(LABELLED / "cxr_labels" / "Data_Entry_2017_v2020_4000.csv")
    truth = Counter(label for row in rows for label in row["Finding Labels"].split("|"))
    found = _counts(
        corpus,
        """SELECT l.name, count(*) FROM labels l JOIN samples s USING (sample_id)
        WHERE s.source = 'nih_cxr14' AND l.value = 'present'
            AND NOT list_contains([d.reason FOR d IN s.drops], 'row_missing') GROUP BY 1""",
    )
    for raw, name in {"Effusion": "pleural effusion", "Cardiomegaly": "cardiomegaly"}.items():
        assert found[name] == truth[raw]
    assert sum(found.values()) == sum(truth.values())


def test_volumes_have_the_voxels_of_their_masks(built: Build) -> None:
    nibabel = pytest.importorskip("nibabel")
    mask = nibabel.load(LABELLED / "nifti_sct" / "t2" / "t2_seg-manual.nii.gz")
    voxel_ml = float(np.prod(mask.header.get_zooms()[:3])) / 1000
    truth = float((np.asarray(mask.dataobj) > 0).sum()) * voxel_ml
    found = _all(
        built("ct-slices"),
        "SELECT scores['spinal_cord_volume_ml'] FROM samples WHERE sample_id = 'sct_testing/t2/t2'",
    )
    assert found[0][0] == pytest.approx(truth, abs=0.001)


def test_no_name_of_a_patient_leaves_a_dicom_file(built: Build) -> None:
    pydicom = pytest.importorskip("pydicom")
    said = " ".join(
        str(row)
        for row in _all(built("ct-slices"), "SELECT * FROM samples WHERE source = 'dicom_samples'")
    ).lower()
    for path in (LABELLED / "dicom_pydicom").glob("*.dcm"):
        header = pydicom.dcmread(path, force=True, stop_before_pixels=True)
        for key in ("PatientName", "PatientID", "StudyInstanceUID", "InstitutionName", "StudyDate"):
            value = str(header.get(key, "")).strip().lower()
            public = value in str(header.get("Manufacturer", "")).lower()
            assert len(value) < 5 or public or value not in said, f"{path.name}: {key}"
