"""Linkers from files: types, tuning, and files that are broken; real texts where present."""

from __future__ import annotations

import json
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lxml import etree

from extractors.concepts.document import link_document
from extractors.concepts.entries import VOCABULARY, Entry
from extractors.concepts.loading import (
    STARTER,
    check_tuning,
    linker_of,
    load_linker,
    read_table,
    read_tuning,
)
from extractors.concepts.names import name_words, ways_to_write
from extractors.concepts.tuning import KEY_FEATURES
from extractors.concepts.vocabulary.build import read_vocabulary, write_vocabulary
from extractors.concepts.vocabulary.sources import VocabularyError
from tests.extractors.concepts.invented import named, spans, table

ENTRIES = [
    Entry("C1", "Liver", types=["T023"]),
    Entry("C2", "Liver Cyst", ["cyst"], types=["T047", "T190"]),
    Entry("C3", "Thing"),
]
TEXT = "a liver cyst in the liver, a thing"
WEIGHTS = dict.fromkeys(KEY_FEATURES, 0.1)
LEARNED = {"weights": WEIGHTS, "threshold": 0.5}
ROW = {"words": "liver", "seen": 3, "linked": 2, "meant": [{"cui": "C1", "times": 2}]}


@pytest.fixture
def vocabulary(tmp_path: Path) -> str:
    path = tmp_path / "vocabulary.parquet"
    write_vocabulary(ENTRIES, path)
    return str(path)


def test_all_concepts_or_some_types(vocabulary: str) -> None:
    assert [cui for _, cui in spans(TEXT, load_linker(vocabulary).link(TEXT))] == ["C2", "C1", "C3"]
    of_types = load_linker(vocabulary, types=["T190", "T001"])
    assert spans(TEXT, of_types.link(TEXT)) == [("liver cyst", "C2")]
    (mention,) = load_linker(vocabulary, types=["T023"]).link(TEXT[:-10])[:1]
    assert (mention.name, mention.types) == ("Liver", ["T023"])
    with pytest.raises(
        VocabularyError, match=r"vocabulary.parquet: has no concept of the types T9"
    ):
        load_linker(vocabulary, types=["T9"])


def test_a_table_and_its_file_link_alike(vocabulary: str) -> None:
    assert linker_of(table(*ENTRIES)).link(TEXT) == load_linker(vocabulary).link(TEXT)


def _broken(entry: dict[str, Any], schema: pa.Schema | None = VOCABULARY) -> pa.Table:
    whole: dict[str, Any] = {"cui": "C1", "name": "x", "definition": ""}
    whole |= {name: [] for name in ("synonyms", "types", "parents", "sources")}
    return pa.Table.from_pylist([whole | entry], schema)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (table(), "has no concept"),
        (table(Entry("C1", "--", ["+"])), "the vocabulary has no names"),
        (table(*ENTRIES).drop_columns(["types"]), "cannot be read as a vocabulary: .*types"),
        (_broken({"name": None}), "has a concept without cui or name"),
        (_broken({"cui": None}), "has a concept without cui or name"),
        (_broken({"synonyms": "cyst"}, None), "cannot be read as a vocabulary"),
    ],
)
def test_a_broken_vocabulary(tmp_path: Path, broken: pa.Table, words: str) -> None:
    path = str(tmp_path / "broken.parquet")
    pq.write_table(broken, path)
    with pytest.raises(VocabularyError, match=rf"\A{path}: {words}.*\Z"):
        load_linker(path)


def test_no_vocabulary_at_all(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no table\n")
    for path in (text, tmp_path / "nowhere"):
        with pytest.raises(VocabularyError, match=rf"\A{path}: cannot be read.*\Z"):
            read_table(str(path))


def _write_tuning(path: Path, row: dict[str, Any], learned: str | None) -> str:
    own = pa.Table.from_pylist([row])
    if learned is not None:
        own = own.replace_schema_metadata({"fabrica.tuning": learned})
    pq.write_table(own, path)
    return str(path)


def test_a_tuning_file(vocabulary: str, tmp_path: Path) -> None:
    path = _write_tuning(tmp_path / "tuning.parquet", ROW, json.dumps(LEARNED))
    check_tuning(path)
    own = load_linker(vocabulary, path)
    assert own.tuning is not None
    key = own.index.key_of(["liver"])
    assert key is not None
    assert own.tuning.counts.seen.tolist()[key] == own.tuning.counts.seen.sum() == 3
    assert own.tuning.counts.linked.sum() == own.tuning.counts.meant.sum() == 2
    assert load_linker(vocabulary, path, threshold=1.0).link(TEXT) == []


@pytest.mark.parametrize(
    ("row", "learned"),
    [
        (ROW, None),
        (ROW, "no json"),
        (ROW, "[]"),
        (ROW, json.dumps({"weights": WEIGHTS})),
        (ROW, json.dumps({"weights": WEIGHTS | {"prior": "much"}, "threshold": 0.5})),
        (ROW, json.dumps({"weights": {"prior": 1.0}, "threshold": 0.5})),
        ({"words": "liver"}, json.dumps(LEARNED)),
        (ROW | {"words": None}, json.dumps(LEARNED)),
        (ROW | {"seen": "often"}, json.dumps(LEARNED)),
    ],
)
def test_a_broken_tuning_file(tmp_path: Path, row: dict[str, Any], learned: str | None) -> None:
    path = _write_tuning(tmp_path / "tuning.parquet", row, learned)
    words = rf"\A{path}: cannot be read as a tuning file: .+\Z"
    with pytest.raises(VocabularyError, match=words):
        check_tuning(path)
    own = linker_of(table(*named("liver")))
    with pytest.raises(VocabularyError, match=words):
        read_tuning(path, own.index, ["liver"])


def test_no_tuning_file(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match="cannot be read as a tuning file"):
        check_tuning(str(tmp_path / "nowhere"))


@pytest.fixture(scope="module")
def captions(jats_data: Path) -> list[str]:
    files = islice(sorted(jats_data.glob("xml_only/**/*.xml")), 20)
    trees = [etree.parse(file, etree.XMLParser(resolve_entities=False)) for file in files]
    found = ["".join(map(str, own.itertext())) for tree in trees for own in tree.iter("caption")]
    assert found
    return found[:150]


def test_the_starter_vocabulary_on_real_captions(captions: list[str]) -> None:
    own = load_linker(STARTER, approximate=False)
    names = {entry.cui: (entry.name, *entry.synonyms) for entry in read_vocabulary(STARTER)}
    number = 0
    for text in captions:
        mentions = own.link(text)
        number += len(mentions)
        for mention in mentions:
            words = name_words(text[mention.start : mention.end])
            assert any(words in ways_to_write(name) for name in names[mention.cui])
        for one, other in pairwise(mentions):
            assert one.end <= other.start
        (linked,) = link_document(own, [text])
        assert all(0 <= o.mention.start < o.mention.end <= len(text) for o in linked)
    assert number > len(captions)
