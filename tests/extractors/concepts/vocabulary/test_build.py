"""Merging: whose name wins, which spellings are one, ranges, order, bytes and failed writes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.concepts.entries import VOCABULARY, Entry
from extractors.concepts.vocabulary import build
from extractors.concepts.vocabulary.build import Staging, read_vocabulary, write_vocabulary
from extractors.concepts.vocabulary.sources import VocabularyError

FIRST = Entry(
    "C0000002", "Lung cancer", ["LC", "cancer of lung"], ["T191"], "", ["C0000009"], ["A"]
)
SECOND = Entry(
    "C0000002", "Cancer of Lung", ["lc", "Lc", "LUNG CANCER", "lung tumour"],
    ["T047", "T191"], "What it is.", ["C0000001", "C0000009"], ["B", "A"],
)  # fmt: skip


def test_the_first_input_names_a_concept_and_lists_are_united(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    with Staging(tmp_path) as staging:
        assert staging.add([FIRST]) == 1
        assert staging.add([SECOND, Entry("C0000001", "Heart")]) == 2
        assert staging.write(out) == 2
    heart, lung = read_vocabulary(out)
    assert heart == Entry("C0000001", "Heart")
    assert lung == Entry(
        "C0000002",
        "Lung cancer",
        ["LC", "cancer of lung", "lc", "lung tumour"],
        ["T191", "T047"],
        "What it is.",
        ["C0000009", "C0000001"],
        ["A", "B"],
    )
    assert pq.read_schema(out).equals(VOCABULARY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.parquet"]


def test_equal_inputs_give_equal_bytes_in_any_range(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [Entry(f"X:{i * 7919 % 500}", f"name {i}", [f"other {i}"]) for i in range(1000)]
    write_vocabulary(entries, tmp_path / "a.parquet")
    write_vocabulary(entries, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    monkeypatch.setattr(build, "CUIS_A_RANGE", 7)
    write_vocabulary(entries, tmp_path / "c.parquet")
    assert list(read_vocabulary(tmp_path / "c.parquet")) == list(
        read_vocabulary(tmp_path / "a.parquet")
    )


def test_only_cuis(tmp_path: Path) -> None:
    entries = [Entry("DOID:1", "a"), Entry("C0000001", "b", parents=["DOID:1", "C0000002"])]
    with Staging(tmp_path) as staging:
        staging.add(entries)
        staging.write(tmp_path / "out.parquet", cuis_only=True)
    (entry,) = read_vocabulary(tmp_path / "out.parquet")
    assert (entry.cui, entry.parents) == ("C0000001", ["C0000002"])


def test_nothing_left_and_unwritable(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match="no concept is left"):
        write_vocabulary([], tmp_path / "out.parquet")
    with pytest.raises(VocabularyError, match="cannot be written"):
        write_vocabulary([FIRST], tmp_path / "none" / "out.parquet")
    (tmp_path / "folder.parquet").mkdir()
    with pytest.raises(VocabularyError, match="cannot be written"):
        write_vocabulary([FIRST], tmp_path / "folder.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.parquet"]


def test_a_failed_build_leaves_the_old_file(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    write_vocabulary([FIRST], out)
    before = out.read_bytes()

    def broken():
        yield SECOND
        raise RuntimeError("source failed")

    with pytest.raises(RuntimeError):
        write_vocabulary(broken(), out)
    assert out.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_no_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"not parquet")
    with pytest.raises(VocabularyError, match="cannot be read as a vocabulary"):
        list(read_vocabulary(tmp_path / "x.parquet"))
    pq.write_table(pa.table({"cui": ["C1"]}), tmp_path / "y.parquet")
    with pytest.raises(VocabularyError, match="is no vocabulary"):
        list(read_vocabulary(tmp_path / "y.parquet"))


text = st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=8)
lists = st.lists(text, max_size=3)
entry = st.builds(Entry, text, text, lists, lists, st.just("") | text, lists, lists)


@given(st.lists(entry, min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_every_id_and_every_name_is_there_once(tmp_path_factory, entries: list[Entry]) -> None:
    out = tmp_path_factory.mktemp("build") / "out.parquet"
    write_vocabulary(entries, out)
    found = list(read_vocabulary(out))
    ids = [e.cui for e in found]
    assert sorted(set(ids)) == sorted({e.cui for e in entries})
    assert len(ids) == len(set(ids))
    assert ids == sorted(ids, key=str.encode)
    for merged in found:
        same = [e for e in entries if e.cui == merged.cui]
        names = [merged.name, *merged.synonyms]
        assert merged.name == same[0].name
        assert len(names) == len(set(names))
        assert set(names) <= {n for e in same for n in (e.name, *e.synonyms)}
        assert set(merged.types) == {t for e in same for t in e.types}
        assert set(merged.parents) == {p for e in same for p in e.parents}
