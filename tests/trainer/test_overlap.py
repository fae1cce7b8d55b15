"""Rows that are tested on, or nearly so, are left out of training, and counted by why."""

from __future__ import annotations

from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.sample import Image, Sample
from tests.trainer.corpora import colour_corpus
from trainer.overlap import NEAR_BITS, Overlap, training_records
from trainer.rows import Picture, Record


def _tested(phash: int = 0x1234_5678_9ABC_DEF0) -> Overlap:
    image = Image("x", 0, 1, 9, 9, "jpg", "aa", phash)
    overlap = Overlap()
    overlap.add([Sample("s", "d", "g", "made", images=[image])])
    return overlap


def test_each_reason() -> None:
    overlap = _tested()
    far = Picture("bb", 0)
    assert overlap.why(Record("t", "g", "e", images=[far])) == "same article or patient"
    assert overlap.why(Record("t", "h", "d", images=[far])) == "same document"
    assert overlap.why(Record("t", "h", "e", images=[far, Picture("aa", 0)])) == "same picture"
    near = Picture("bb", 0x1234_5678_9ABC_DEF3)
    assert overlap.why(Record("t", "h", "e", images=[near])) == "nearly the same picture"
    assert overlap.why(Record("t", "h", "e", images=[far])) == ""
    assert overlap.why(Record("t", "", "", images=[])) == ""


@given(st.integers(1, 2**64 - 1), st.sets(st.integers(0, 63), max_size=12))
def test_near_pictures_are_found_whatever_bits_differ(phash: int, bits: set[int]) -> None:
    other = phash
    for bit in bits:
        other ^= 1 << bit
    found = _tested(phash).why(Record("t", images=[Picture("bb", other)]))
    assert bool(found) == (len(bits) <= NEAR_BITS and other != 0)


def test_flat_pictures_are_not_all_one() -> None:
    assert not _tested(0).why(Record("t", images=[Picture("bb", 0)]))


def test_training_records_are_the_kept_rows_of_the_split(tmp_path: Path) -> None:
    corpus = colour_corpus(tmp_path / "c", {"train": 3, "test": 2})
    found = list(training_records(str(corpus)))
    assert [record.group_id for record in found] == ["made/g0", "made/g1", "made/g2"]
    assert all(record.images[0].sha256 and record.images[0].phash for record in found)
    assert msgspec.structs.asdict(found[0])["document_id"] == "made/0"
