"""CSV, TSV and JSON lines: columns, lists in cells, malformed rows by their line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.concepts.entries import Entry
from extractors.concepts.vocabulary.sources import Problem, VocabularyError
from extractors.concepts.vocabulary.tables import read_table


def _write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_csv_with_all_columns(tmp_path: Path) -> None:
    text = (
        "\ufeffCUI,name,synonyms,types,definition,parents,source\n"
        'C0000001," Lung  cancer ","LC|carcinoma, lung",T191|T047,"two\nlines",C0000002,mine\n\n'
        "local:7,other\n"
    )
    first, second = read_table(_write(tmp_path, "terms.csv", text))
    assert (first.cui, first.name) == ("C0000001", "Lung cancer")
    assert first.synonyms == ["LC", "carcinoma, lung"]
    assert first.types == ["T191", "T047"]
    assert (first.definition, first.parents, first.sources) == ("two lines", ["C0000002"], ["mine"])
    assert second == Entry("local:7", "other")


def test_tsv_and_gzip(tmp_path: Path) -> None:
    packed = gzip.compress(b"cui\tname\tsynonyms\nC0000001\ta\tb|c\n")
    (entry,) = read_table(_write(tmp_path, "terms.tsv.gz", packed))
    assert entry == Entry("C0000001", "a", ["b", "c"])


def test_json_lines_as_scispacy_writes_them(tmp_path: Path) -> None:
    row = {
        "concept_id": "C0000001",
        "canonical_name": "Lung",
        "aliases": ["Lungs", "pulmo"],
        "types": ["T023"],
        "definition": None,
    }
    text = json.dumps(row) + "\n\n" + json.dumps({"cui": "C0000002", "name": "Heart"}) + "\n"
    first, second = read_table(_write(tmp_path, "umls.jsonl", text))
    assert first == Entry("C0000001", "Lung", ["Lungs", "pulmo"], ["T023"])
    assert second == Entry("C0000002", "Heart")


def test_malformed_rows_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    problems: list[Problem] = []
    text = b"cui,name\nC1,one\n,two\nC3,\nC4,four,five\nC5,f\xff\nC6,six\n"
    found = list(read_table(_write(tmp_path, "t.csv", text), problems.append))
    assert [entry.name for entry in found] == ["one", "six"]
    assert [problem.line for problem in problems] == [3, 4, 5, 6]
    problems.clear()
    text = b'{"cui": "C1", "name": "one"}\n{"cui": 1, "name": "x"}\n[1]\n{"cui": \n'
    text += b'{"cui": "C2", "name": "x", "types": [3]}\n{"cui": "C3", "name": "\\ud800"}\n'
    text += b"[" * 100_000 + b'\n{"cui": "C4", "name": "four"}\n'
    found = list(read_table(_write(tmp_path, "t.jsonl", text), problems.append))
    assert [entry.name for entry in found] == ["one", "four"]
    assert [problem.line for problem in problems] == [2, 3, 4, 5, 6, 7]


def test_an_open_quote_costs_no_more_than_it_swallows(tmp_path: Path) -> None:
    problems: list[Problem] = []
    text = 'cui,name\nC1,one\nC2,"open\n' + "C3,three\n" * 40_000
    found = list(read_table(_write(tmp_path, "t.csv", text), problems.append))
    assert problems
    assert len(found) > 20_000


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("t.csv", "cui,label\n", "no column 'name'"),
        ("t.csv", "", "no column 'cui'"),
        ("t.xlsx", "x", "is no table"),
        ("none.csv", None, "cannot be read"),
    ],
)
def test_a_table_that_cannot_be_used(tmp_path: Path, name: str, text: str, words: str) -> None:
    path = tmp_path / name if text is None else _write(tmp_path, name, text)
    with pytest.raises(VocabularyError, match=words):
        list(read_table(path))


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_entries_or_problems(tmp_path_factory, noise: bytes) -> None:
    folder = tmp_path_factory.mktemp("table")
    for name, head in (("t.csv", b"cui,name,synonyms\n"), ("t.jsonl", b"")):
        problems: list[Problem] = []
        for entry in read_table(_write(folder, name, head + noise), problems.append):
            assert entry.cui
            assert entry.name
        assert all(problem.line >= 1 for problem in problems)
