"""Evaluation sets of a recipe: when they count as changed, what is kept of them, what is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from filters.options import KeepOut
from pipelines import evaluation_sets
from pipelines.errors import UserError
from pipelines.evaluation_sets import evaluation_rows, evaluation_state
from pipelines.fingerprint_files import read_fingerprints, write_fingerprints
from schemas.signatures import FINGERPRINTS
from tests.pipelines.picture_corpus import drawn


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    for seed in range(3):
        drawn(seed).save(folder / f"{seed}.png")
    return folder


def _set(path: Path, **options: object) -> KeepOut:
    return KeepOut(path=str(path), name="a_set", **options)


def test_the_state_changes_with_what_is_in_a_folder(folder: Path) -> None:
    before = evaluation_state(_set(folder))
    os.utime(folder / "1.png", (1, 1))
    assert evaluation_state(_set(folder)) == before  # copied, the set is the same
    drawn(9).save(folder / "9.png")
    with_one_more = evaluation_state(_set(folder))
    (folder / "9.png").write_bytes((folder / "9.png").read_bytes() + b"\0")
    assert len({before, with_one_more, evaluation_state(_set(folder))}) == 3


def test_the_state_of_a_file_is_its_bytes(folder: Path, tmp_path: Path) -> None:
    rows = evaluation_rows(_set(folder))
    file, other = tmp_path / "a.parquet", tmp_path / "b.parquet"
    write_fingerprints(str(file), rows)
    write_fingerprints(str(other), rows)
    before = evaluation_state(_set(file))
    assert before == evaluation_state(_set(other))
    write_fingerprints(str(file), rows.slice(1))
    assert evaluation_state(_set(file)) != before
    assert evaluation_rows(_set(file)).equals(read_fingerprints(str(file)))


def test_pictures_are_read_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    rows = evaluation_rows(_set(folder), str(kept))
    assert rows.schema.equals(FINGERPRINTS)
    assert rows["item"].to_pylist() == ["0.png", "1.png", "2.png"]
    with monkeypatch.context() as patch:
        patch.setattr(evaluation_sets, "fingerprint_of", None)  # no second reading
        assert evaluation_rows(_set(folder), str(kept)).equals(rows)
    size = (folder / "1.png").stat().st_size
    data = bytearray((folder / "1.png").read_bytes())
    data[-1] ^= 1
    (folder / "1.png").write_bytes(data)
    os.utime(folder / "1.png", (5, 5))
    assert (folder / "1.png").stat().st_size == size
    monkeypatch.setattr(evaluation_sets, "fingerprint_of", None)
    with pytest.raises(TypeError):  # it would be read again
        evaluation_rows(_set(folder), str(kept))


def test_what_cannot_be_read_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8" + b"x" * 500)
    assert evaluation_rows(_set(folder)).num_rows == 3
    err = capsys.readouterr().err
    assert "keep_out a_set" in err
    assert "broken.jpg" in err
    assert err.count("\n") == 1


def test_a_picture_alone_and_crops_as_asked(folder: Path) -> None:
    (row,) = evaluation_rows(_set(folder / "1.png", crop=0.0)).to_pylist()
    assert (row["item"], row["crops"]) == ("1.png", [])
    (row,) = evaluation_rows(_set(folder / "1.png")).to_pylist()
    assert len(row["crops"]) >= 4 * 12


@pytest.mark.parametrize("name", ["none", "none.parquet", "none/deep.zip"])
def test_a_set_that_is_not_there(tmp_path: Path, name: str) -> None:
    for ask in (evaluation_state, evaluation_rows):
        with pytest.raises(UserError, match="none"):
            ask(_set(tmp_path / name))


def test_a_set_without_anything_to_compare(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(UserError, match="no picture and no text"):
        evaluation_rows(_set(tmp_path))
