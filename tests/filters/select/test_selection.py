"""The SQL of select on small tables whose answer is known."""

from __future__ import annotations

import io
from itertools import pairwise

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from filters.select.selection import Policy, caption_sql, cut, decide, plan_shards
from pipelines.tarwriter import TarWriter
from schemas.licence import licence_of
from schemas.manifest import samples_to_table, stage_rows_to_table
from schemas.sample import Drop, Image, Sample, Text


def _sample(name: str, sha: str = "", code: str = "CC BY", **more) -> Sample:
    picture = Image("t.tar", 0, 1000, more.pop("width", 300), 300, "jpg", sha or name, 0)
    caption = more.pop("caption", "A chest radiograph.")
    fields = {
        "sample_id": name,
        "document_id": name.partition("/")[0],
        "group_id": name.partition("/")[0],
        "source": "pmc",
        "images": [picture],
        "width": picture.width,
        "height": picture.height,
        "licence": licence_of(code, retracted=more.pop("retracted", False)),
        "texts": [Text("caption", caption)],
        **more,
    }
    return Sample(**fields)


def _decided(
    samples: list[Sample], rules: dict[str, str] | None = None, **policy
) -> dict[str, dict]:
    connection = _connection(samples)
    decide(connection, rules or {}, ["caption"], Policy(**policy))
    rows = connection.sql("SELECT * FROM decided").to_arrow_table().to_pylist()
    return {row["sample_id"]: row for row in rows}


def _connection(samples: list[Sample]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    table = stage_rows_to_table(samples)
    numbers = pa.array([i % 3 for i in range(len(samples))], pa.int32())
    connection.register("extracted", table.append_column("partition", numbers))
    connection.execute(
        "CREATE TABLE marks (document_id VARCHAR, partition INTEGER, reason VARCHAR, detail VARCHAR)"
    )
    return connection


def _reasons(row: dict) -> list[str]:
    return [d["reason"] for d in row["drops"]]


def test_every_failing_rule_is_named_and_nulls_are_unknown() -> None:
    rows = _decided(
        [_sample("a", width=10, caption="x"), _sample("b"), _sample("c", caption="no")],
        {"large": "width >= 100", "says": "length(caption) > 5", "clip": "scores['clip'] > 0.1"},
    )
    assert _reasons(rows["a"]) == ["large", "says", "clip"]
    assert _reasons(rows["b"]) == ["clip"]
    assert rows["b"]["drops"][0]["detail"] == "unknown: scores['clip'] > 0.1"


def test_rows_dropped_before_get_no_further_marks() -> None:
    old = Drop("extract", "image_missing")
    rows = _decided([_sample("a", drops=[old], kept=False)], {"never": "false"})
    assert _reasons(rows["a"]) == ["image_missing"]


@pytest.mark.parametrize(
    ("code", "policy", "kept"),
    [
        ("CC BY", {}, True),
        ("CC BY-ND", {}, False),
        ("CC BY-ND", {"no_derivatives": "keep_verbatim"}, True),
        ("CC BY-NC", {}, True),
        ("CC BY-NC", {"non_commercial": "drop"}, False),
        ("TDM", {}, False),
        ("", {}, False),
        ("", {"unknown_licence": "keep"}, True),
        ("public domain", {}, True),
    ],
)
def test_licence_policy(code: str, policy: dict, kept: bool) -> None:
    assert _decided([_sample("a", code=code)], **policy)["a"]["kept"] is kept


def test_retracted_rows_go_unless_asked_to_stay() -> None:
    assert not _decided([_sample("a", retracted=True)])["a"]["kept"]
    assert _decided([_sample("a", retracted=True)], retracted="keep")["a"]["kept"]


def test_of_equal_pictures_the_richest_kept_text_stays() -> None:
    rows = _decided(
        [
            _sample("a", "same", caption="short"),
            _sample("b", "same", caption="a longer caption"),
            _sample("c", "same", caption="the longest caption of all", code="TDM"),
            _sample("d", "other"),
        ]
    )
    assert rows["a"]["duplicate_of"] == "b"
    assert rows["b"]["kept"]
    assert _reasons(rows["c"]) == ["licence"]
    assert rows["d"]["kept"]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.text("abcdef0123", min_size=1, max_size=6), unique=True, min_size=1, max_size=40)
)
def test_a_group_is_in_one_split(groups: list[str]) -> None:
    samples = [_sample(f"{g}/{i}", group_id=g) for g in groups for i in range(2)]
    rows = _decided(samples, val=0.3, test=0.3)
    for group in groups:
        assert len({rows[f"{group}/{i}"]["split"] for i in range(2)}) == 1


def test_split_shares_come_out() -> None:
    rows = _decided([_sample(f"d{i}") for i in range(4000)], val=0.1, test=0.2)
    splits = [row["split"] for row in rows.values()]
    assert abs(splits.count("val") / 4000 - 0.1) < 0.02
    assert abs(splits.count("test") / 4000 - 0.2) < 0.02


def test_document_marks_reach_every_row_of_the_document() -> None:
    connection = _connection([_sample("d/1"), _sample("e/1")])
    connection.execute("INSERT INTO marks VALUES ('d', 0, 'withdrawn', 'gone')")
    decide(connection, {"never": "false"}, ["caption"], Policy())
    rows = dict(connection.sql("SELECT sample_id, drops FROM decided").fetchall())
    assert [d["reason"] for d in rows["d/1"]] == ["withdrawn"]
    assert [d["reason"] for d in rows["e/1"]] == ["never"]


def test_a_group_keeps_the_split_its_dataset_gives_it() -> None:
    own = {"a": "train", "b": "val", "c": "test"}
    samples = [_sample(f"{d}/{i}", meta={"dataset_split": own[d]}) for d in own for i in (1, 2)]
    samples.append(_sample("a/3", meta={"dataset_split": "test"}))  # one of a's rows is for testing
    samples += [_sample(f"n{i}/1") for i in range(40)]
    rows = _decided(samples, val=0.5)
    assert {rows[f"{d}/1"]["split"] for d in "ac"} == {"test"}
    assert {rows[f"a/{i}"]["split"] for i in (1, 2, 3)} == {"test"}
    assert rows["b/1"]["split"] == rows["b/2"]["split"] == "val"
    by_hash = _decided(samples, val=0.5, official=False)
    assert [rows[f"n{i}/1"]["split"] for i in range(40)] == [
        by_hash[f"n{i}/1"]["split"] for i in range(40)
    ]
    assert "test" not in {row["split"] for row in by_hash.values()}


@given(st.lists(st.integers(1, 500), max_size=80), st.integers(1, 12), st.integers(1, 1500))
def test_cuts_cover_all_and_keep_both_limits(sizes: list[int], most: int, most_bytes: int) -> None:
    runs = cut(np.array(sizes, dtype=np.int64), most, most_bytes)
    assert [i for start, stop in runs for i in range(start, stop)] == list(range(len(sizes)))
    for start, stop in runs:
        assert stop - start <= most
        assert sum(sizes[start:stop]) <= most_bytes or stop - start == 1
    for (start, stop), (_, after) in pairwise(runs):
        full = stop - start == most or sum(sizes[start : stop + 1]) > most_bytes
        assert full, "a shard ends only where the next row does not fit"
        assert after > stop


def test_shards_are_numbered_without_gaps_in_order() -> None:
    connection = _connection([_sample(f"d{i}/{j}") for i in range(30) for j in range(2)])
    decide(connection, {}, ["caption"], Policy(val=0.2, test=0.2))
    shards = plan_shards(connection, max_samples=7, max_bytes=10**9)
    for split in ("train", "val", "test"):
        names = [s.name for s in shards if s.name.startswith(split)]
        assert names == [f"{split}-{i:06d}" for i in range(len(names))]
    assert sum(s.samples for s in shards) == 60
    placed = connection.sql("SELECT count(*), count(DISTINCT sample_id) FROM placed").fetchall()
    assert placed == [(60, 60)]


TEXTS = st.lists(
    st.builds(
        Text,
        kind=st.sampled_from(["caption", "rewritten", "report"]),
        text=st.text(max_size=5),
        language=st.sampled_from(["en", "es"]),
        faithful=st.sampled_from([None, True, False]),
    ),
    max_size=4,
)
PREFERENCE = st.lists(
    st.sampled_from(
        ["caption", "rewritten", "caption:es", "report:en", "rewritten:es", "caption+report"]
    ),
    max_size=3,
)


def _first_found(texts: list[Text], preference: list[str]) -> str:
    for entry in preference:
        found = [_of_kind(texts, part) for part in entry.split("+")]
        if found[0] is not None:
            return " ".join(text for text in found if text is not None)
    return ""


def _of_kind(texts: list[Text], entry: str) -> str | None:
    kind, _, language = entry.partition(":")
    for held in (True, None):
        for text in texts:
            if text.kind == kind and language in ("", text.language) and text.faithful is held:
                return text.text
    return None


@settings(max_examples=60, deadline=None)
@given(TEXTS, PREFERENCE)
def test_the_caption_is_the_first_text_preferred(texts: list[Text], preference: list[str]) -> None:
    sample = Sample("a", "a", "a", "s", texts=texts)
    connection = duckdb.connect()
    connection.register("rows", samples_to_table([sample]))
    ((chosen,),) = connection.sql(f"SELECT {caption_sql(preference)} FROM rows").fetchall()
    assert chosen == _first_found(texts, preference)


@settings(max_examples=40, deadline=None)
@given(
    st.text(max_size=40),
    st.lists(st.text(max_size=8), max_size=4),
    st.integers(0, 4),
    st.booleans(),
)
def test_a_row_takes_no_more_of_a_shard_than_is_planned(
    caption: str, names: list[str], pictures: int, marked: bool
) -> None:
    stored = [Image("stages/x.tar", 0, 700 + i, 9, 9, "jpg", "ab", 0) for i in range(pictures)]
    sample = _sample("d/1", images=stored, texts=[Text("caption", caption * 9)])
    sample = replace(sample, meta=dict.fromkeys(names, caption))
    connection = _connection([sample])
    decide(connection, {}, ["caption"], Policy(curriculum={f"stage_{i}": "true" for i in range(9)}))
    ((planned,),) = connection.sql("SELECT bytes FROM decided").fetchall()
    placed = [replace(i, path="shards/train-000000.tar", offset=10**12) for i in stored]
    record = replace(
        sample, images=placed, caption=caption * 9, split="train", shard="train-000000",
        sampling_weight=0.12345678901234567, duplicate_of="x" * 200 if marked else "",
        curriculum=[f"stage_{i}" for i in range(9)],
    )  # fmt: skip
    buffer = io.BytesIO()
    tar = TarWriter(buffer)
    for i, image in enumerate(placed):
        tar.add(f"d_1.{i}.jpg", b"x" * image.length)
    tar.add("d_1.json", msgspec.json.encode(record))
    tar.add("d_1.txt", (caption * 9).encode())
    assert tar.position <= planned
    assert planned - tar.position < 6_000 + 1_200 * pictures


@pytest.mark.parametrize("rows", [0, 1, 5_000])
def test_every_kept_row_lies_in_the_shard_that_the_plan_says(rows: int) -> None:
    connection = duckdb.connect()
    connection.execute(
        f"""CREATE TABLE decided AS SELECT (i * 7919 % 11)::INTEGER AS partition,
            'd' || (i * 104729 % 100003) AS sample_id, i % 3 != 0 AS kept,
            CASE WHEN i % 10 = 0 THEN 'val' WHEN i % 10 = 1 THEN 'test' ELSE 'train' END AS split,
            (i * 31 % 977 + 1)::BIGINT AS bytes
        FROM range({rows}) t(i)"""
    )
    shards = plan_shards(connection, max_samples=100, max_bytes=40_000)
    kept = connection.sql(
        "SELECT split, partition, sample_id, bytes FROM decided WHERE kept ORDER BY ALL"
    ).fetchall()
    placed = {(p, s): shard for p, s, shard in connection.sql("FROM placed").fetchall()}
    assert len(placed) == len(kept) == sum(shard.samples for shard in shards)
    found = [(placed[partition, name], partition, size) for _, partition, name, size in kept]
    at = 0
    for shard in sorted(shards, key=lambda s: s.name):
        mine = found[at : at + shard.samples]
        assert {name for name, _, _ in mine} == {shard.name}
        assert (mine[0][1], mine[-1][1]) == (shard.first_partition, shard.last_partition)
        assert sum(size for _, _, size in mine) <= 40_000
        at += shard.samples
