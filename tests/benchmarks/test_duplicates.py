"""The near-duplicate benchmark: its changes, its truth, and its counts."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from benchmarks.duplicate_pictures import Picture, real_pictures
from benchmarks.duplicate_rows import made_hashes, planted, scaled
from benchmarks.duplicates import Hashed, false_merges, found, same_in_data
from benchmarks.picture_changes import CHANGES, NEEDS_CROP, changed
from filters.alike.signatures import turned
from filters.options import Alike
from tests.conftest import DATA
from tests.filters.alike.test_signatures import cloudy


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_changes_the_picture_and_is_the_same_for_the_same_seed(name: str) -> None:
    image = cloudy(1, 320, 240)
    one, again = changed(image, name, 5), changed(image, name, 5)
    assert one.mode == "RGB"
    assert one.tobytes() == again.tobytes()
    assert one.size != image.size or one.tobytes() != image.tobytes() or name == "grey"


@pytest.mark.parametrize("name", NEEDS_CROP[:5])
def test_a_crop_takes_no_more_than_a_twentieth_of_each_side(name: str) -> None:
    crop = changed(cloudy(2, 400, 400), name, 3)
    assert (crop.width < 400) or (crop.height < 400)
    assert crop.width >= 360
    assert crop.height >= 360


def test_large_letters_move_with_the_seed() -> None:
    image = cloudy(3)
    assert len({changed(image, "panel_letter", seed).tobytes() for seed in range(8)}) > 4
    assert len({changed(image, "arrow", seed).tobytes() for seed in range(8)}) == 8


def hashes_of(rows: np.ndarray, names: list[str]) -> Hashed:
    """Pictures of given hashes, unchanged by every change."""
    versions = len(CHANGES) + 1
    whole = np.repeat(rows[:, None], versions, axis=1)
    crops = np.repeat(whole[:, :, None], 2, axis=2)
    pictures = [Picture(name, b"") for name in names]
    return Hashed(pictures, whole, crops, {}, {})


def test_false_merges_are_counted_and_real_duplicates_are_none() -> None:
    rows = np.random.default_rng(0).integers(0, 2**64, (4, 4), dtype=np.uint64)
    rows[1] = rows[0] ^ np.uint64(1)
    rows[3] = turned(rows[2:3], "mirror")[0]
    package = "jats/oa_package/PMC1/f1"
    hashes = hashes_of(rows, [f"{package}.jpg", f"{package}.gif", "b.png", "c.png"])
    versions = len(CHANGES) + 1
    assert false_merges(hashes, Alike(hamming=2, mirror=False))[:2] == (10 * versions, 0)
    compared, merged, which = false_merges(hashes, Alike(hamming=2))
    assert (compared, merged) == (10 * versions, 2 * versions)
    assert which[0] == "b.png = c.png, as is"
    assert same_in_data(hashes) == (1, 1)


def test_a_crop_is_found_from_either_side() -> None:
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 2**64, (3, 4), dtype=np.uint64)
    hashes = hashes_of(rows, ["a", "b", "c"])
    hashes.whole[:, 1] = rng.integers(0, 2**64, (3, 4), dtype=np.uint64)
    hashes.crops[:] = 0
    hashes.crops[0, 0, 1] = hashes.whole[0, 1]
    hashes.crops[1, 1, 0] = hashes.whole[1, 0]
    assert found(hashes, 1, Alike(hamming=2, crop=0.05)).tolist() == [True, True, False]
    assert not found(hashes, 1, Alike(hamming=2)).any()


def test_pictures_are_read_and_masks_are_not(tmp_path) -> None:
    for folder in ("labelled/x/images", "labelled/x/masks"):
        (tmp_path / folder).mkdir(parents=True)
        out = io.BytesIO()
        cloudy(1).save(out, "PNG")
        (tmp_path / folder / "1.png").write_bytes(out.getvalue())
    (tmp_path / "labelled" / "x" / "images" / "broken.jpg").write_bytes(b"no picture")
    pictures = real_pictures(tmp_path)
    assert [p.name for p in pictures] == ["labelled/x/images/1.png"]
    assert isinstance(pictures[0].image(), Image.Image)


def test_the_listed_duplicates_are_in_the_data() -> None:
    if not DATA.is_dir():
        pytest.skip(f"no real pictures at {DATA} (set FABRICA_DATA)")
    names = [
        "jats/oa_package/PMC3192425/ZooKeys-119-037-g001.gif",
        "jats/oa_package/PMC3192425/ZooKeys-119-037-g001.jpg",
        "labelled/medpix2/images/MPX1124_synpic50747.png",
        "labelled/medpix2/images/MPX1124_synpic50748.png",
    ]
    assert all((DATA / name).is_file() for name in names)
    one, two, three, four = (Picture(name, b"").identity for name in names)
    assert one == two
    assert three == four
    assert one != three


def test_made_hashes_are_skewed_and_planted_pairs_are_near() -> None:
    hashes = made_hashes(20_000)
    assert np.array_equal(hashes, made_hashes(20_000))
    assert (~hashes.any(axis=1)).sum() >= 200
    one, other, bits = planted(hashes, 32)
    assert len(one) == 1000
    straight = np.bitwise_count(hashes[one] ^ hashes[other]).sum(axis=1)
    mirrored = np.bitwise_count(turned(hashes[one], "mirror") ^ hashes[other]).sum(axis=1)
    assert (np.minimum(straight, mirrored) <= bits).all()
    assert 0.2 < (mirrored < straight).mean() < 0.45


def test_a_small_search_finds_what_was_planted() -> None:
    result = scaled(20_000)
    assert result["planted_merged"] > 0.9
    assert result["matches_recall"] > 0.85
    assert result["cut"] == result["matches_cut"] == 0
