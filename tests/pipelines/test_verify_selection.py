"""verify: leaks, duplicates, weights, held-out rows, and signatures against the rows they are of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import layout
from pipelines.corpus import open_corpus
from pipelines.summary import manifest_connection
from pipelines.verify_selection import verify_selection
from schemas.signatures import embeddings_schema

LEAK, NEAR = layout.LEAKS, layout.NEAR_PAIRS


@pytest.fixture(scope="module")
def corpus(selection_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(selection_corpus, tmp_path_factory.mktemp("v") / "corpus"))


def lines(corpus: Path) -> list[str]:
    opened = open_corpus(str(corpus))
    connection = manifest_connection(opened.store, opened.partitions)
    return list(verify_selection(opened, connection))


def parts(corpus: Path, file: str) -> list[Path]:
    return (
        [corpus / file] if file.endswith(".parquet") else sorted((corpus / file).glob("*.parquet"))
    )


@contextmanager
def damaged(corpus: Path, file: str, select: str) -> Iterator[None]:
    """All parts of a table as a query over `t` has them, for a while."""
    whole = {part: part.read_bytes() for part in parts(corpus, file)}
    try:
        for part in whole:
            connection = duckdb.connect()
            connection.register("t", pq.read_table(part))
            pq.write_table(connection.sql(select).to_arrow_table(), part)
        yield
    finally:
        for part, data in whole.items():
            part.write_bytes(data)


def test_a_whole_corpus_is_well(corpus: Path) -> None:
    assert lines(corpus) == []


DUPLICATE = (
    "len(list_filter(drops, lambda d: d.reason IN ('near_duplicate', 'duplicate_text'))) > 0"
)
KEPT_OUT = "len(list_filter(drops, lambda d: d.reason = 'keep_out')) > 0"


@pytest.mark.parametrize(
    ("file", "select", "words"),
    [
        (
            "manifest",
            f"SELECT * REPLACE (kept OR {KEPT_OUT} AS kept) FROM t",
            "kept rows that match",
        ),
        (LEAK, "FROM t LIMIT 1", "kept out without a match"),
        (
            LEAK,
            "SELECT * REPLACE ('x' AS sample_id) FROM t",
            "matches of evaluation sets in rows that",
        ),
        (NEAR, "SELECT * REPLACE ('x' AS winner) FROM t", "of rows that are not there"),
        (NEAR, "SELECT * REPLACE ('x' AS sample_id) FROM t", "near duplicates that are not there"),
        (NEAR, "SELECT * REPLACE (sample_id AS winner) FROM t", "near duplicates of themselves"),
        (
            NEAR,
            "FROM t UNION ALL SELECT winner, partition, 'a2.xml/F1', distance, how FROM t",
            "behind another by the same likeness",
        ),
        (
            "manifest",
            "SELECT * REPLACE (CASE WHEN duplicate_of != '' THEN sample_id ELSE '' END "
            "AS duplicate_of) FROM t",
            "duplicates of themselves",
        ),
        (
            "manifest",
            f"SELECT * REPLACE (CASE WHEN kept THEN (SELECT min(sample_id) FROM t WHERE {DUPLICATE}) "
            "ELSE duplicate_of END AS duplicate_of) FROM t",
            "duplicates of a row that is dropped as a duplicate",
        ),
        ("manifest", "SELECT * REPLACE ('' AS duplicate_of) FROM t", "that say of none"),
        ("manifest", "SELECT * REPLACE ('' AS duplicate_of) FROM t", "without duplicate_of"),
        *(
            (
                "manifest",
                f"SELECT * REPLACE ({value} AS sampling_weight) FROM t",
                "without a sampling_weight",
            )
            for value in ("-1.0::DOUBLE", "'nan'::DOUBLE", "'inf'::DOUBLE", "NULL::DOUBLE")
        ),
        (
            "manifest",
            "SELECT * REPLACE (map(['a'], ['nan'::DOUBLE]) AS scores) FROM t",
            "scores that are no numbers",
        ),
        (
            "manifest",
            "SELECT * REPLACE (CASE WHEN kept THEN 'train' ELSE split END AS split) FROM t",
            "held out as eyes",
        ),
        (layout.PICTURE_SIGNATURES, "FROM t LIMIT 1", "pictures without a signature"),
        (layout.PICTURE_SIGNATURES, "FROM t UNION ALL FROM t", "signatures that come twice"),
        (
            layout.PICTURE_SIGNATURES,
            "SELECT * REPLACE ((image + 1)::INTEGER AS image) FROM t",
            "signatures of pictures that are not there",
        ),
        (layout.TEXT_SIGNATURES, "FROM t LIMIT 1", "captions without a signature"),
        (layout.TEXT_SIGNATURES, "FROM t UNION ALL FROM t", "signatures that come twice"),
        (
            layout.TEXT_SIGNATURES,
            "SELECT * REPLACE ('x' || sample_id AS sample_id) FROM t",
            "signatures of captions that are not there",
        ),
    ],
)
def test_each_damage_is_found(corpus: Path, file: str, select: str, words: str) -> None:
    with damaged(corpus, file, select):
        found = lines(corpus)
    assert any(words in line for line in found), found
    assert lines(corpus) == []


def test_signatures_of_some_partitions_only_are_missing_files(corpus: Path) -> None:
    part = parts(corpus, layout.TEXT_SIGNATURES)[0]
    hidden = part.rename(part.with_suffix(".hidden"))
    try:
        assert lines(corpus) == [f"missing file: {layout.TEXT_SIGNATURES}/{part.name}"]
    finally:
        hidden.rename(part)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("none", ""),
        ("long", "no unit vectors"),
        ("nan", "no unit vectors"),
        ("twice", "come twice"),
        ("lost", "kept rows without an embedding"),
        ("strange", "embeddings of rows that are not there"),
    ],
)
def test_embeddings_cover_kept_rows(corpus: Path, change: str, words: str) -> None:
    folder = corpus / layout.EMBEDDINGS
    folder.mkdir()
    try:
        for part in parts(corpus, "manifest"):
            kept = pq.read_table(part, filters=[("kept", "=", True)])["sample_id"].to_pylist()
            pq.write_table(embeddings(kept, change), folder / part.name)
        found = lines(corpus)
    finally:
        shutil.rmtree(folder)
    assert len(found) == bool(words)
    assert all(words in line for line in found)


def embeddings(ids: list[str], change: str) -> pa.Table:
    """Unit vectors of these rows, with one thing wrong."""
    schema = embeddings_schema(4, "model")
    vector = {"long": [1, 1, 0, 0], "nan": [float("nan"), 0, 0, 1]}.get(change, [0.5] * 4)
    if change == "lost":
        ids = ids[1:]
    more = {"twice": ids[:1], "strange": ["nobody"]}.get(change, [])
    rows = [
        {"sample_id": i, "picture": np.array(vector, np.float16), "text": None}
        for i in [*ids, *more]
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def test_a_corpus_without_the_columns_is_not_looked_at(corpus: Path) -> None:
    with damaged(corpus, "manifest", "SELECT * EXCLUDE (sampling_weight, curriculum) FROM t"):
        assert lines(corpus) == []


def test_counts_that_differ_are_found(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.conftest import fabrica

    path = corpus / "corpus.json"
    before = path.read_text()
    state = json.loads(before)
    state["counts"]["kept_out"]["exam"]["matches"] = 0
    path.write_text(json.dumps(state))
    try:
        code, out, err = fabrica(capsys, "verify", corpus)
    finally:
        path.write_text(before)
    assert code == 1
    assert "kept_out" in out + err
