"""`fabrica vocabulary`: mixed inputs in their order, counts, wrong input in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extractors.concepts.vocabulary.build import read_vocabulary
from tests.conftest import fabrica

OBO = """[Term]
id: DOID:2
name: pulmonary carcinoma
synonym: "lung cancer" EXACT []
synonym: "chest cancer" BROAD []
xref: UMLS_CUI:C0000002
[Term]
id: DOID:7
name: without cui
"""
CSV = "cui,name,types\nC0000002,Lung Cancer,T191\nC0000003,Heart,T023\nbroken\n,\n"


@pytest.fixture(autouse=True)
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.obo").write_text(OBO)
    Path("terms.csv").write_text(CSV)


def test_inputs_are_merged_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("vocabulary", "build", "--out", "v.parquet")
    code, out, err = fabrica(capsys, *arguments, "--obo", "small.obo", "--csv", "terms.csv")
    assert code == 0
    assert "v.parquet: 3 concepts" in out
    assert err == "fabrica: terms.csv:4: a row without name; left out\n"
    found = {entry.cui: entry for entry in read_vocabulary("v.parquet")}
    assert found["C0000002"].name == "pulmonary carcinoma"
    assert found["C0000002"].synonyms == ["lung cancer"]
    assert found["C0000002"].types == ["T047", "T191"]
    code, out, _ = fabrica(
        capsys, *arguments, "--csv", "terms.csv", "--obo", "small.obo", "--cuis-only",
        "--synonyms", "EXACT", "BROAD", "--obo-types", "DOID=T191", "--json",
    )  # fmt: skip
    assert json.loads(out)["concepts"] == 2
    assert json.loads(out)["malformed"] == 1
    (first, _) = read_vocabulary("v.parquet")
    assert first.name == "Lung Cancer"
    assert first.synonyms == ["pulmonary carcinoma", "chest cancer"]
    assert first.types == ["T191"]


def test_a_vocabulary_can_be_added_to(capsys: pytest.CaptureFixture[str]) -> None:
    fabrica(capsys, "vocabulary", "build", "--obo", "small.obo", "--out", "v.parquet")
    before = list(read_vocabulary("v.parquet"))
    code, _, _ = fabrica(
        capsys, "vocabulary", "build", "--vocabulary", "v.parquet", "--csv", "terms.csv",
        "--out", "v.parquet",
    )  # fmt: skip
    after = {entry.cui: entry for entry in read_vocabulary("v.parquet")}
    assert (code, set(after)) == (0, {"C0000002", "C0000003", "DOID:7"})
    assert after["DOID:7"] in before


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    fabrica(capsys, "vocabulary", "build", "--obo", "small.obo", "--out", "v.parquet")
    code, out, _ = fabrica(capsys, "vocabulary", "show", "v.parquet")
    assert (code, "2 concepts with 3 names" in out) == (0, True)
    code, out, _ = fabrica(capsys, "vocabulary", "show", "v.parquet", "LUNG cancer")
    assert (code, "C0000002" in out) == (0, True)
    code, out, _ = fabrica(capsys, "vocabulary", "show", "v.parquet", "c0000002", "--json")
    assert json.loads(out)[0]["name"] == "pulmonary carcinoma"
    code, out, err = fabrica(capsys, "vocabulary", "show", "v.parquet", "liver")
    assert (code, out, err) == (1, "", "liver: not in v.parquet\n")


def test_many_malformed_rows_are_a_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.csv").write_text("cui,name\nC1,one\n" + "C2,\n" * 1000)
    code, _, err = fabrica(capsys, "vocabulary", "build", "--csv", "bad.csv", "--out", "v.parquet")
    assert (code, len(err.splitlines())) == (0, 6)
    assert "1,000 malformed rows" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "v.parquet"], "no input"),
        (["--obo", "none.obo", "--out", "v.parquet"], "none.obo: cannot be read"),
        (["--umls", ".", "--out", "v.parquet"], "has no MRCONSO.RRF"),
        (["--csv", "small.obo", "--out", "v.parquet"], "is no table"),
        (["--csv", "empty.csv", "--out", "v.parquet"], "no concept is left"),
        (["--obo", "small.obo", "--out", "none/v.parquet"], "there is no folder"),
        (["--obo", "small.obo", "--out", "."], "is no name for a file"),
        (["--obo", "small.obo", "--out", ""], "is no name for a file"),
        (["--obo", "small.obo", "--out", "v.parquet", "--obo-types", "x"], "is not ID=TUI"),
        (["--obo", "small.obo", "--out", "v.parquet", "--synonyms", "x"], "invalid choice"),
        (["--obo", "small.obo", "--out", "v.parquet", "--frob"], "unknown option --frob"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty.csv").write_text("cui,name\n")
    code, _, err = fabrica(capsys, "vocabulary", "build", *arguments)
    assert code == 2
    assert words in err.splitlines()[-1]
    assert not Path("v.parquet").exists()
    assert not list(Path().glob(".vocabulary*"))
