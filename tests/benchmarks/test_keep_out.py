"""The keep-out benchmark on a few pictures: what is planted is found, what is not is not."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.keep_out import CHANGES, build, changed, judged, run
from tests.conftest import DATA
from tests.pipelines.picture_corpus import drawn

REAL = DATA / "labelled" / "vqa_rad" / "images"
QUESTIONS = [
    {
        "question": "Is the large nodule in the upper lobe of the left lung calcified?",
        "answer": "No",
    },
    {"question": "Is it there?", "answer": "yes"},
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple:
    """Drawn pictures, and some of VQA-RAD where it is, half of them planted among others."""
    folder = tmp_path_factory.mktemp("keep-out")
    evaluation, others = folder / "set", folder / "others"
    evaluation.mkdir()
    others.mkdir()
    for seed in range(14):
        drawn(seed, (320, 240)).save(evaluation / f"drawn-{seed}.png")
    for path in sorted(REAL.glob("*.jpg"))[:22]:
        shutil.copy(path, evaluation)
    for seed in range(12):
        drawn(900 + seed).save(others / f"{seed}.png")
    (folder / "questions.json").write_text(json.dumps(QUESTIONS))
    pairs = [(path, "Another picture.") for path in sorted(others.iterdir())]
    made, hidden = build(evaluation, folder / "questions.json", pairs, folder / "dataset")
    corpus = run(evaluation, folder / "questions.json", folder / "dataset", folder)
    return made, hidden, corpus, len(pairs), folder


def test_all_planted_are_found_and_no_other(planted: tuple) -> None:
    made, hidden, corpus, others, _ = planted
    outcome = judged(corpus, made, hidden)
    assert set(outcome.planted) == set(CHANGES)
    assert all(found == of for found, of in outcome.planted.values()), outcome.planted
    assert sum(of for _, of in outcome.planted.values()) == len(made)
    assert (outcome.wrong_item, outcome.pairs, outcome.others) == (0, [], others)
    assert outcome.texts == (1, 1)  # the short question says nothing


def test_what_is_not_found_is_counted(planted: tuple, tmp_path: Path) -> None:
    """A leak taken out of the proof is one that was not found; one put in is false."""
    import duckdb

    made, hidden, corpus, _, _ = planted
    bare = tmp_path / "corpus"
    shutil.copytree(corpus / "manifest", bare / "manifest")
    (bare / "selection").mkdir()
    other = "planted/other-0000-0"
    duckdb.connect().execute(
        f"""COPY (SELECT * REPLACE (CASE WHEN sample_id LIKE '%planted-0000%'
            THEN regexp_replace(sample_id, 'planted-0000', 'other-0000-0') ELSE sample_id END
            AS sample_id) FROM read_parquet('{corpus}/selection/leaks.parquet'))
        TO '{bare}/selection/leaks.parquet' (FORMAT parquet)"""
    )
    outcome = judged(bare, made, hidden)
    assert sum(of - found for found, of in outcome.planted.values()) == 1
    assert [pair[0] for pair in outcome.pairs] == [other]


@pytest.mark.parametrize("change", CHANGES)
def test_changes_change_and_are_the_same_every_time(change: str) -> None:
    image = drawn(3, (400, 300))
    data = changed(image, change, "seed")
    assert data == changed(image, change, "seed")
    assert data != changed(image, change, "another")
    after = Image.open(io.BytesIO(data))
    if change == "recompressed":
        assert after.size == image.size
        assert np.abs(np.asarray(after, int) - np.asarray(image, int)).mean() > 0.5
    else:
        assert after.size != image.size
    if change == "cropped":
        assert 360 <= after.width < 400
