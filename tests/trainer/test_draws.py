"""The stream of draws: exact from any place on, all captions, weights, and what is left out."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.corpora import colour_corpus, colour_sample, picture, write_shard
from trainer.draws import Draw, NothingToLearn, Place, draws, usable_texts
from trainer.rows import Faults, Record, Words, shard_urls
from trainer.settings import Settings

SETTINGS = Settings(shuffle=7)


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    corpus = colour_corpus(tmp_path_factory.mktemp("draws") / "c", {"train": 20})
    return shard_urls(str(corpus), "train")


def _taken(urls: list[str], count: int, seed: int = 0, place: Place = Place()) -> list[Draw]:  # noqa: B008
    return list(islice(draws(urls, SETTINGS, seed, Faults(), place=place), count))


@given(st.integers(1, 64))
@settings(max_examples=15, deadline=None)
def test_a_stream_goes_on_anywhere_as_if_it_had_not_stopped(urls: list[str], cut: int) -> None:
    whole = _taken(urls, 70)
    assert _taken(urls, 70 - cut, place=whole[cut - 1].after) == whole[cut:]


def test_each_epoch_has_each_row_once_in_another_order(urls: list[str]) -> None:
    taken = _taken(urls, 40)
    first, second = [d.key for d in taken[:20]], [d.key for d in taken[20:]]
    assert sorted(first) == sorted(second)
    assert len(set(first)) == 20
    assert first != second
    assert [d.key for d in _taken(urls, 20, seed=1)] != first


def test_usable_captions_are_drawn_alike_and_others_never(urls: list[str]) -> None:
    texts = Counter(d.text.split()[0] for d in _taken(urls, 800))
    assert set(texts) == {"A", "This"}
    assert 0.4 < texts["A"] / 800 < 0.6


def test_texts_that_may_be_drawn() -> None:
    record = Record(
        "s",
        caption="The caption",
        texts=[
            Words("caption", "The caption"),
            Words("rewritten", "Good", faithful=True),
            Words("rewritten", "Bad", faithful=False),
            Words("title", "Title"),
            Words("report", "  "),
        ],
    )
    kinds = Settings().texts
    assert usable_texts(record, kinds) == ["The caption", "Good"]
    assert usable_texts(record, ()) == ["The caption"]
    assert usable_texts(record, ("title",)) == ["The caption", "Title"]


def test_sampling_weights_are_kept_on_average(tmp_path: Path) -> None:
    rows = []
    for number, weight in enumerate((0.25, 1.0, 2.5)):
        sample = colour_sample(number, "train", b"")
        heavy = msgspec.structs.replace(sample, sampling_weight=weight)
        rows.append((heavy, [picture("red", number)]))
    write_shard(tmp_path / "shards/train-000000.tar", rows)
    taken = _taken(shard_urls(str(tmp_path), "train"), 1500)
    counts = Counter(d.key for d in taken)
    assert counts["made_0"] / counts["made_1"] == pytest.approx(0.25, abs=0.08)
    assert counts["made_2"] / counts["made_1"] == pytest.approx(2.5, abs=0.15)


def test_rows_that_are_not_wanted_are_never_drawn(urls: list[str]) -> None:
    stream = draws(urls, SETTINGS, 0, Faults(), lambda record: record.sample_id.endswith("3"))
    assert {d.key for d in islice(stream, 12)} == {"made_3", "made_13"}


def test_a_corpus_with_nothing_to_learn_says_why(urls: list[str], tmp_path: Path) -> None:
    with pytest.raises(NothingToLearn):
        next(draws(urls, SETTINGS, 0, Faults(), lambda _: False))
    bare = msgspec.structs.replace(colour_sample(0, "train", b""), caption="", texts=[])
    write_shard(tmp_path / "shards/train-000000.tar", [(bare, [picture("red", 0)])])
    with pytest.raises(NothingToLearn, match="no_text"):
        next(draws(shard_urls(str(tmp_path), "train"), SETTINGS, 0, Faults()))


def test_all_pictures_of_a_row_are_drawn(tmp_path: Path) -> None:
    pictures = [picture("red", n) for n in range(3)]
    write_shard(tmp_path / "shards/train-000000.tar", [(colour_sample(0, "train", b""), pictures)])
    taken = _taken(shard_urls(str(tmp_path), "train"), 60)
    assert {d.number for d in taken} == {0, 1, 2}
    assert all(d.picture == pictures[d.number] for d in taken)
