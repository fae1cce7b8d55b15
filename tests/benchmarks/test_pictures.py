"""The benchmark of picture signals measures what it says it does."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import face_scenes, pictures
from benchmarks.picture_sheet import draw_sheet
from filters.pictures.quality import SCORES, image_scores
from tests.filters.pictures.test_quality import page, scene


def test_blank_pictures_are_called_blank_and_others_are_not() -> None:
    missed = [
        name for name, image in pictures.blanks() if not pictures.is_blank(image_scores(image))
    ]
    assert missed == []
    for image in (scene(), page(), scene().point(lambda v: 110 + v // 8)):
        assert not pictures.is_blank(image_scores(image))


def test_changes_change_what_they_say() -> None:
    image = scene()
    assert pictures.blurred(0)(image) is image
    assert pictures.enlarged(3)(image).size == (1200, 900)
    assert pictures.saved(10)(image).size == image.size
    assert np.asarray(pictures.noisy(0)(image)).tobytes() == image.tobytes()
    difference = np.asarray(pictures.noisy(5)(image)).astype(int) - np.asarray(image)
    assert 4 < difference.std() < 6
    assert pictures.framed(0.1)(image).size == (480, 360)


def test_a_signal_that_follows_and_one_that_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene().save(tmp_path / "one.png")
    plans = (
        ("blur", "image_blur", True, pictures.blurred, (0, 1, 2)),
        ("blur", "image_blur", False, pictures.blurred, (0, 1, 2)),
    )
    monkeypatch.setattr(pictures, "PLANS", plans)
    rises, falls = pictures.follow([tmp_path / "one.png"])
    assert (rises["follow"], rises["ends_apart"]) == (1, 1)
    assert (falls["follow"], falls["ends_apart"]) == (0, 0)


def test_signals_that_say_the_same_are_named() -> None:
    rng = np.random.default_rng(1)
    rows = {}
    for at in range(60):
        values = dict(zip(SCORES, rng.random(len(SCORES)), strict=True))
        values["image_text"] = -values["image_flat"]
        rows[Path(str(at))] = values
    assert pictures.agreement(rows) == [("image_flat", "image_text", -1.0)]


def test_labels_have_known_kinds_and_no_article_in_both_parts() -> None:
    with pictures.LABELS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert len(rows) >= 150
    assert {row["kind"] for row in rows} == {"drawn", "taken", "mixed"}
    parts: dict[str, set[str]] = {}
    for row in rows:
        parts.setdefault(str(Path(row["path"]).parent), set()).add(row["part"])
    assert all(len(found) == 1 for found in parts.values())


def test_a_sheet_shows_every_picture(tmp_path: Path) -> None:
    red, blue = Image.new("RGB", (300, 200), "red"), Image.new("L", (20, 20), 7)
    draw_sheet([("red", red)] * 8 + [("dark", blue)], tmp_path / "sheet.png")
    colours = {c for _, c in Image.open(tmp_path / "sheet.png").getcolors(1 << 20) or []}
    assert {(255, 0, 0), (7, 7, 7)} <= colours


def test_faces_are_not_measured_without_their_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert face_scenes.face_figures([], None) == {"not measured": "scikit-image is not installed"}


def test_a_head_is_pasted_where_the_scene_says() -> None:
    head = Image.new("RGB", (100, 130), (200, 150, 120))
    picture, box = face_scenes._pasted(Image.new("RGB", (480, 480)), head, 0.5, 3)
    pixels = np.asarray(picture).sum(axis=2) > 0
    assert pixels[box[1] : box[3], box[0] : box[2]].all()
    assert pixels.sum() == (box[2] - box[0]) * (box[3] - box[1])
    middle = [box[0] + 40, box[1] + 60, box[0] + 120, box[1] + 140]
    assert face_scenes._same(box, middle)
    assert not face_scenes._same(box, [0, 0, 10, 10])
