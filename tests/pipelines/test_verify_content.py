"""verify: concepts must lie in their texts and kinds of picture in the tree."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.corpus import open_corpus
from pipelines.verify import verify

OUTSIDE = "rows with concepts outside their text"
KIND = "rows with concepts of another kind than their text"
MODALITY = "rows whose modality is no kind of picture"
SCORE = "rows with a modality_score outside 0 to 1"
ALL = (OUTSIDE, KIND, MODALITY, SCORE)


def change(concept: str) -> str:
    """SQL for all concepts of a row with one field changed."""
    return f"list_transform(concepts, lambda c: struct_update(c, {concept})) AS concepts"


@pytest.fixture(scope="module")
def part(demo_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    corpus = shutil.copytree(demo_corpus, tmp_path_factory.mktemp("verify") / "corpus")
    parts = sorted((Path(corpus) / "manifest").glob("*.parquet"))
    return max(parts, key=lambda path: path.stat().st_size)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (change('"end" := 100000'), OUTSIDE),
        (change("start := -1"), OUTSIDE),
        (change('start := c."end"'), OUTSIDE),
        (change('"end" := NULL::INTEGER'), OUTSIDE),
        (change("text := 99"), OUTSIDE),
        (change("text := -1"), OUTSIDE),
        (change("kind := 'report'"), KIND),
        (change("kind := NULL::VARCHAR"), KIND),
        ("'ctt' AS modality", MODALITY),
        ("'radiology' AS modality", MODALITY),
        ("1.5::DOUBLE AS modality_score", SCORE),
        ("-0.1::DOUBLE AS modality_score", SCORE),
        ("'nan'::DOUBLE AS modality_score", SCORE),
        ("'-inf'::DOUBLE AS modality_score", SCORE),
    ],
)
def test_each_damage_is_found(part: Path, damage: str, words: str) -> None:
    corpus = str(part.parent.parent)
    whole = part.read_bytes()
    damaged = part.parent.parent.parent / "damaged.parquet"
    duckdb.connect().execute(
        f"COPY (SELECT * REPLACE ({damage}) FROM '{part}') TO '{damaged}' (FORMAT parquet)"
    )
    part.write_bytes(damaged.read_bytes())
    try:
        lines = list(verify(open_corpus(corpus)))
    finally:
        part.write_bytes(whole)
    found = [line for line in lines if any(what in line for what in ALL)]
    assert len(found) == 1
    assert words in found[0]
    assert int(found[0].partition(" ")[0]) > 5


def test_texts_beyond_the_basic_plane_are_counted_as_python_counts(tmp_path: Path) -> None:
    """Offsets are of characters, not of bytes, UTF-16 units or what looks like one character."""
    from pipelines.verify import _IN_ITS_TEXT

    text = "e\u0301\U0001f468\u200d\U0001f469 tumour"
    for end, inside in ((len(text), True), (len(text) + 1, False)):
        row = {"texts": [{"text": text}], "c": {"text": 0, "start": 0, "end": end}}
        ((answer,),) = (
            duckdb.connect()
            .execute(f"SELECT {_IN_ITS_TEXT} FROM (SELECT unnest(?, max_depth := 1))", [row])
            .fetchall()
        )
        assert answer is inside
