"""UMLS RRF: which rows count, which name wins, what is malformed."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import pytest

from extractors.concepts.entries import Entry
from extractors.concepts.vocabulary.build import Staging, read_vocabulary
from extractors.concepts.vocabulary.sources import Problem, VocabularyError
from extractors.concepts.vocabulary.umls import _COLUMNS, UmlsChoice, add_umls


def conso(cui: str, text: str, sab: str = "MSH", **cells: str) -> str:
    """A row of MRCONSO; cells by their names in the release."""
    row = dict.fromkeys(_COLUMNS["MRCONSO"].split(), "")
    row |= {"CUI": cui, "LAT": "ENG", "TS": "S", "STT": "VO", "ISPREF": "N", "SAB": sab}
    row |= {"TTY": "SY", "STR": text, "SUPPRESS": "N", **cells}
    return "|".join(row.values()) + "|\n"


PREFERRED = {"TS": "P", "STT": "PF", "ISPREF": "Y"}


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "2026 [AA]*?"
    folder.mkdir()
    (folder / "MRCONSO.RRF").write_text(
        conso("C0000001", "aids")
        + conso("C0000001", "AIDS")
        + conso("C0000001", "Acquired Immunodeficiency Syndrome", **PREFERRED)
        + conso("C0000001", "acquired immunodeficiency syndrome", "NCI", TTY="PT")
        + conso("C0000001", "SIDA", "MSHSPA", LAT="SPA", **PREFERRED)
        + conso("C0000001", 'a "quoted" \\ name', "NCI")
        + conso("C0000002", "Old name", SUPPRESS="O")
        + conso("C0000003", "Virus Diseases", "SNOMEDCT_US", **PREFERRED)
    )
    (folder / "MRSTY.RRF").write_text(
        "C0000001|T047|B2|Disease or Syndrome|AT1|256|\nC0000003|T033|A2|Finding|AT2|256|\n"
    )
    (folder / "MRDEF.RRF").write_text(
        "C0000001|A1|AT1||NCI|NCI says.|N|256|\nC0000001|A1|AT2||MSH|MeSH says.|N|256|\n"
        "C0000001|A1|AT3||MSHSPA|Dice.|N|256|\n"
    )
    relations = (
        "C0000001|A1|AUI|PAR|C0000003|A2|AUI||R1||MSH|MSH|||N||\n"
        "C0000003|A2|AUI|CHD|C0000001|A1|AUI||R2||MSH|MSH|||N||\n"
        "C0000001|A1|AUI|RB|C0000009|A2|AUI||R3||NCI|NCI|||N||\n"
    )
    (folder / "MRREL.RRF.gz").write_bytes(gzip.compress(relations.encode()))
    return folder


def _build(
    folder: Path, choice: UmlsChoice, problems: list[Problem] | None = None
) -> dict[str, Entry]:
    out = folder.parent / "out.parquet"
    with Staging(folder.parent) as staging:
        add_umls(staging, folder, choice, (problems if problems is not None else []).append)
        staging.write(out)
    return {entry.cui: entry for entry in read_vocabulary(out)}


def test_the_whole_release(release: Path) -> None:
    problems: list[Problem] = []
    found = _build(release, UmlsChoice(), problems)
    assert found["C0000001"] == Entry(
        "C0000001",
        "Acquired Immunodeficiency Syndrome",
        synonyms=["AIDS", 'a "quoted" \\ name', "aids"],
        types=["T047"],
        definition="MeSH says.",
        parents=["C0000003", "C0000009"],
        sources=["MSH", "NCI"],
    )
    assert set(found) == {"C0000001", "C0000003"}
    assert problems == []


def test_languages_sources_types_and_suppressed_rows(release: Path) -> None:
    both = _build(release, UmlsChoice(languages=["SPA", "ENG"]))
    assert both["C0000001"].name == "SIDA"
    assert both["C0000001"].synonyms[0] == "Acquired Immunodeficiency Syndrome"
    chosen = _build(release, UmlsChoice(sources=["NCI", "SNOMEDCT_US"]))
    assert chosen["C0000001"].name == "acquired immunodeficiency syndrome"
    assert (chosen["C0000001"].definition, chosen["C0000001"].parents) == (
        "NCI says.",
        ["C0000009"],
    )
    assert set(_build(release, UmlsChoice(types=["T033"]))) == {"C0000003"}
    assert "C0000002" in _build(release, UmlsChoice(keep_suppressed=True))


def test_malformed_rows_are_named_and_the_rest_is_read(release: Path) -> None:
    path = release / "MRCONSO.RRF"
    good = path.read_bytes()
    bad = b"C0000004|ENG|too short|\n" * 20 + conso("C0000005", "a\xff").encode("latin-1")
    path.write_bytes(bad + good + (conso("", "no cui") + conso("C0000006", " ")).encode())
    problems: list[Problem] = []
    found = _build(release, UmlsChoice(), problems)
    assert set(found) == {"C0000001", "C0000003"}
    assert [(p.line, p.count) for p in problems] == [
        (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 16), (30, 2),
    ]  # fmt: skip


def test_meta_folder_and_missing_tables(release: Path) -> None:
    whole = _build(release, UmlsChoice())
    (release / "META").mkdir()
    for table in release.glob("MR*"):
        table.rename(release / "META" / table.name)
    assert _build(release, UmlsChoice()) == whole
    (release / "META" / "MRSTY.RRF").unlink()
    assert _build(release, UmlsChoice())["C0000001"] == msgspec.structs.replace(
        whole["C0000001"], types=[]
    )
    with pytest.raises(VocabularyError, match="MRSTY"):
        _build(release, UmlsChoice(types=["T047"]))
    with pytest.raises(VocabularyError, match="no MRCONSO"):
        _build(release.parent, UmlsChoice())


def test_empty_cells_are_no_values(release: Path) -> None:
    (release / "MRSTY.RRF").write_text("C0000001||B2||AT1|256|\n|T047|||||\n")
    (release / "MRDEF.RRF").write_text("C0000001|||||||||\nC0000001||||MSH||||\n")
    rows = conso("C0000001", "name", "") + conso("C0000003", "other", SUPPRESS="")
    (release / "MRCONSO.RRF").write_text(rows)
    found = _build(release, UmlsChoice())
    assert found["C0000001"] == Entry("C0000001", "name", parents=["C0000003", "C0000009"])
    assert found["C0000003"].name == "other"


def test_an_empty_release(release: Path) -> None:
    (release / "MRCONSO.RRF").write_text("")
    with pytest.raises(VocabularyError, match="no concept is left"):
        _build(release, UmlsChoice())


def test_a_gzip_that_breaks_off(release: Path) -> None:
    path = release / "MRREL.RRF.gz"
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(VocabularyError, match=r"MRREL\.RRF\.gz: cannot be read"):
        _build(release, UmlsChoice())
