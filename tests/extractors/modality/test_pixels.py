"""Kinds from pixels: every mode and size gives probabilities; plain cases come out right."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from extractors.modality.pixel_features import FEATURES, pixel_features
from extractors.modality.pixels import pixel_scores, rgb_pixels
from extractors.modality.tree import KIND_OF, KINDS
from extractors.rendered.charts import chart
from tests.conftest import DATA

LABELS = Path(__file__).with_name("labels.tsv")


def _ramp(width: int, height: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack((x * 255 // max(width, 1), y * 255 // max(height, 1), (x + y) % 256), 2).astype(
        np.uint8
    )


def _assert_probabilities(scores: dict[str, float]) -> None:
    assert list(scores) == [kind.name for kind in KINDS]
    assert all(0 <= share <= 1 for share in scores.values())
    assert sum(scores.values()) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    "mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "HSV", "LAB", "I", "F", "PA"]
)
def test_every_mode_gives_probabilities(mode: str) -> None:
    image = Image.fromarray(_ramp(60, 40))
    between = {"I": "L", "F": "L", "LA": "L", "PA": "P"}.get(mode, "RGB")
    _assert_probabilities(pixel_scores(image.convert(between).convert(mode)))


def test_sixteen_bits_are_stretched() -> None:
    values = (np.arange(64 * 48).reshape(48, 64) * 20).astype(np.uint16)
    pixels = rgb_pixels(Image.fromarray(values))
    assert (pixels.min(), pixels.max(), pixels.shape) == (0, 255, (48, 64, 3))
    _assert_probabilities(pixel_scores(Image.fromarray(values)))


def test_numbers_that_are_none_count_as_zero() -> None:
    values = np.full((20, 20), np.nan, np.float32)
    values[5, 5], values[6, 6] = np.inf, 3.0
    assert rgb_pixels(Image.fromarray(values)).max() == 255


def test_transparency_lies_on_white() -> None:
    clear = Image.new("RGBA", (30, 20), (10, 20, 30, 0))
    assert rgb_pixels(clear).min() == 255
    palette = Image.new("P", (30, 20), 0)
    palette.info["transparency"] = 0
    assert rgb_pixels(palette).min() == 255


@pytest.mark.parametrize(
    "size", [(1, 1), (2, 1), (1, 500), (10000, 3), (3, 10000), (17, 16), (1500, 2100)]
)
def test_every_size_gives_probabilities(size: tuple[int, int]) -> None:
    for image in (
        Image.new("RGB", size),
        Image.new("RGB", size, "white"),
        Image.fromarray(_ramp(*size)),
    ):
        features = pixel_features(rgb_pixels(image))
        assert features.shape == (FEATURES,)
        assert np.isfinite(features).all()
        _assert_probabilities(pixel_scores(image))


def test_the_same_pixels_give_the_same_numbers_and_stay_as_they_are() -> None:
    image = Image.fromarray(_ramp(300, 200))
    before = image.tobytes()
    assert pixel_scores(image) == pixel_scores(image.copy())
    assert image.tobytes() == before


def test_our_charts_are_graphics_and_not_medical() -> None:
    rng = random.Random(5)
    found = [pixel_scores(chart(rng, 360, 280, (255, 255, 255))) for _ in range(12)]
    assert sum(max(s, key=s.__getitem__) == "chart" for s in found) >= 9
    assert all(_medical(s) < 0.5 for s in found)


def _medical(scores: dict[str, float]) -> float:
    return sum(share for name, share in scores.items() if KIND_OF[name].medical)


def _judged(part: str) -> list[dict[str, str]]:
    with LABELS.open(encoding="utf-8", newline="") as lines:
        rows = [r for r in csv.DictReader(lines, delimiter="\t") if r["part"] == part]
    return [r for r in rows if (DATA / r["id"]).is_file()]


def test_real_pictures_are_mostly_right() -> None:
    rows = _judged("dev") if LABELS.exists() else []
    if not rows:
        pytest.skip(f"no real pictures at {DATA} (set FABRICA_DATA)")
    leaf, medical, leaves = 0, 0, 0
    for row in rows:
        with Image.open(DATA / row["id"]) as image:
            scores = pixel_scores(image)
        medical += (_medical(scores) > 0.5) == (row["medical"] == "yes")
        if row["kind"] in scores:
            leaves += 1
            leaf += max(scores, key=scores.__getitem__) == row["kind"]
    assert leaf / leaves >= 0.6
    assert medical / len(rows) >= 0.85
