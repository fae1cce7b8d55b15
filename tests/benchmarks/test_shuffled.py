"""The spoilt corpus of the benchmark: texts handed around within a split, all else as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from benchmarks.shuffled import shuffle_captions
from tests.trainer.corpora import colour_corpus
from trainer.rows import Faults, read_rows, sample_of, shard_urls


def _rows(corpus: Path, split: str) -> dict:
    faults = Faults()
    rows = [
        (row, sample_of(row, faults)) for row in read_rows(shard_urls(str(corpus), split), faults)
    ]
    assert not faults.reasons
    return {sample.sample_id: (row.pictures, sample) for row, sample in rows if sample}


def test_texts_of_a_share_are_handed_around(tmp_path: Path) -> None:
    corpus = colour_corpus(tmp_path / "c", {"train": 50, "test": 10})
    moved = shuffle_captions(corpus, tmp_path / "s", 0.4, 0)
    assert moved == 24
    for split, share in (("train", 20), ("test", 4)):
        before, after = _rows(corpus, split), _rows(tmp_path / "s", split)
        assert before.keys() == after.keys()
        other = [k for k in before if before[k][1].caption != after[k][1].caption]
        assert len(other) == share
        captions = [sorted(s.caption for _, s in rows.values()) for rows in (before, after)]
        assert captions[0] == captions[1]
        for key in before:
            assert before[key][0] == after[key][0]
            assert before[key][1].labels == after[key][1].labels
            texts = [t.text for t in after[key][1].texts]
            assert after[key][1].caption in texts
    again = shuffle_captions(corpus, tmp_path / "s", 0.4, 1)
    assert again == 24
