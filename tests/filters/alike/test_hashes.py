"""The perceptual hash: near for small changes, far for other pictures."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from filters.alike.hashes import bit_counts, hamming, phash
from tests.conftest import MINI_PMC


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    files = sorted(MINI_PMC.rglob("*.jpg"))
    opened = []
    for file in files:
        try:
            opened.append(Image.open(io.BytesIO(file.read_bytes())).convert("RGB"))
        except OSError:
            continue
    return opened


def test_small_changes_stay_near(pictures: list[Image.Image]) -> None:
    for picture in pictures[:20]:
        out = io.BytesIO()
        picture.resize((picture.width // 2, picture.height // 2)).save(out, "JPEG", quality=40)
        brighter = ImageEnhance.Brightness(picture).enhance(1.1)
        assert hamming(phash(picture), phash(Image.open(out))) <= 8
        assert hamming(phash(picture), phash(brighter)) <= 10


def test_other_pictures_are_far(pictures: list[Image.Image]) -> None:
    hashes = [phash(p) for p in pictures]
    distances = [hamming(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert np.median(distances) > 20


def test_the_hash_fits_64_bits_for_any_mode() -> None:
    for mode in ("1", "L", "RGB", "CMYK", "P"):
        assert 0 <= phash(Image.new(mode, (40, 3))) < 2**64


def test_bits_are_counted_alike_by_every_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = np.random.default_rng(0).integers(0, 2**64, (50, 4), dtype=np.uint64)
    numbers[0] = [0, 2**64 - 1, 1, 2**63]
    expected = [[int(n).bit_count() for n in row] for row in numbers]
    assert bit_counts(numbers).tolist() == expected
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert bit_counts(numbers).tolist() == expected
    assert bit_counts(numbers[:, 1]).tolist() == [row[1] for row in expected]
