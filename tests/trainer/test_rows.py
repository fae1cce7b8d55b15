"""Reading rows from shards: order, several pictures, and faults that are counted, not hidden."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import msgspec

from tests.trainer.corpora import colour_corpus, colour_sample, picture, write_shard
from trainer.rows import Faults, read_rows, record_of, sample_of, shard_urls, shuffled


def test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    corpus = colour_corpus(tmp_path / "c", {"train": 5, "test": 2})
    faults = Faults()
    rows = list(read_rows(shard_urls(str(corpus), "train"), faults))
    records = [record_of(row, faults) for row in rows]
    assert [r.sample_id for r in records if r] == [f"made/{n}" for n in range(5)]
    assert rows[3].pictures == [picture("yellow", 3)]
    assert sample_of(rows[2], faults) == colour_sample(2, "train", picture("blue", 2))
    assert not faults.reasons


def test_several_pictures_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    pictures = [picture("red", n) for n in range(12)]
    write_shard(tmp_path / "shards/train-000000.tar", [(colour_sample(0, "train", b""), pictures)])
    (row,) = read_rows(shard_urls(str(tmp_path), "train"), Faults())
    assert list(row.pictures) == pictures


def test_shards_of_a_split_are_listed_in_order(tmp_path: Path) -> None:
    for name in ("train-000001", "train-000000", "val-000000"):
        write_shard(tmp_path / f"shards/{name}.tar", [])
    urls = shard_urls(str(tmp_path), "train")
    assert [url[-16:] for url in urls] == ["train-000000.tar", "train-000001.tar"]
    assert shard_urls(str(tmp_path), "test") == []


def test_what_cannot_be_used_is_counted_once_for_each_row(tmp_path: Path) -> None:
    path = tmp_path / "shards/train-000000.tar"
    write_shard(path, [(colour_sample(0, "train", b""), [picture("red", 0)])])
    with tarfile.open(path, "a") as tar:
        for name, data in (("odd.jpg", b"x"), ("odd.json", b'{"sample_id": 3}')):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    faults = Faults()
    for _ in range(2):  # two epochs
        for row in read_rows([str(path)], faults):
            record_of(row, faults)
    assert faults.reasons == {"record_not_readable": 1}
    assert any("odd" in line for line in faults.lines())


def test_a_row_without_a_picture_is_a_fault(tmp_path: Path) -> None:
    write_shard(tmp_path / "shards/train-000000.tar", [(colour_sample(0, "train", b""), [])])
    faults = Faults()
    (row,) = read_rows(shard_urls(str(tmp_path), "train"), faults)
    assert record_of(row, faults) is None
    assert faults.reasons == {"no_picture": 1}


def test_a_shard_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    corpus = colour_corpus(tmp_path / "c", {"train": 8})
    path = corpus / "shards/train-000000.tar"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    faults = Faults()
    rows = [r for r in read_rows([str(path), str(path)], faults) if record_of(r, faults)]
    assert 4 <= len(rows) < 16
    assert faults.reasons["shard_not_readable"] == 1
    missing = Faults()
    assert list(read_rows([str(tmp_path / "none.tar")], missing)) == []
    assert missing.reasons["shard_not_readable"] == 1


def test_shuffling_follows_the_seed_and_loses_nothing(tmp_path: Path) -> None:
    corpus = colour_corpus(tmp_path / "c", {"train": 30})
    urls = shard_urls(str(corpus), "train")

    def order(seed: int) -> list[str]:
        return [row.key for row in shuffled(read_rows(urls, Faults()), 8, seed)]

    assert order(1) == order(1) != order(2)
    assert sorted(order(1)) == sorted(order(2))
    assert len(set(order(1))) == 30


def test_records_are_whole_samples_as_json() -> None:
    sample = colour_sample(1, "train", b"x")
    assert msgspec.json.decode(msgspec.json.encode(sample))["texts"][0]["kind"] == "label_caption"
