"""OBO: terms, cross-references, scopes, parents, types; broken and hostile files; real ontologies."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.concepts.entries import Entry
from extractors.concepts.vocabulary.obo import read_obo, read_places
from extractors.concepts.vocabulary.sources import Problem, VocabularyError
from tests.conftest import DATA

SMALL = r"""format-version: 1.2
ontology: doid

[Term]
id: DOID:4
name: disease

[Term]
id: DOID:162
name: cancer ! a comment
xref: UMLS_CUI:C0006826
is_a: DOID:4 ! disease

[Term]
id: DOID:1
name: lung \"cancer\", primary
def: "A cancer\, \"of\"\nthe lung. {not a modifier}" [url:http\://a.b]
synonym: "cancer of lung" EXACT []
synonym: "LC" EXACT OMO:0003012 []
synonym: "chest cancer" BROAD []
synonym: "pulmonary growth" []
xref: UMLS_CUI:C0000001 {source="x"}
xref: UMLS:C0000002 "Lung Cancer"
xref: UMLS_CUI:CN123
xref: MESH:D008175
is_a: DOID:162 {is_inferred="true"} ! cancer
is_a: DOID:4

[Term]
id: DOID:9
name: gone
is_obsolete: true
xref: UMLS_CUI:C0000009

[Typedef]
id: part_of
name: part of
"""


def _write(folder: Path, text: str | bytes, name: str = "small.obo") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_term_is_an_entry_for_each_of_its_cuis(tmp_path: Path) -> None:
    problems: list[Problem] = []
    disease, cancer, first, second = read_obo(_write(tmp_path, SMALL), report=problems.append)
    assert disease == Entry("DOID:4", "disease", types=["T047"], sources=["DOID"])
    assert (cancer.cui, cancer.name, cancer.parents) == ("C0006826", "cancer", ["DOID:4"])
    assert (first.cui, second.cui) == ("C0000001", "C0000002")
    assert first.name == second.name == 'lung "cancer", primary'
    assert first.synonyms == ["cancer of lung", "LC"]
    assert first.definition == 'A cancer, "of" the lung. {not a modifier}'
    assert first.types == ["T191"]  # below DOID:162
    assert first.parents == ["C0006826", "DOID:4"]
    assert [(p.line, "CN123" in p.words) for p in problems] == [(14, True)]


def test_scopes_ids_and_prefixes_are_chosen(tmp_path: Path) -> None:
    path = _write(tmp_path, SMALL)
    broad = list(read_obo(path, scopes=("BROAD", "RELATED")))
    assert broad[2].synonyms == ["chest cancer", "pulmonary growth"]
    (mesh,) = read_obo(path, xref_prefixes=("mesh",), own_ids=False)
    assert (mesh.cui, mesh.parents) == ("mesh:D008175", [])
    assert {e.cui for e in read_obo(path, own_ids=False)} == {"C0006826", "C0000001", "C0000002"}
    assert {t for e in read_obo(path, types={"DOID": "T999"}) for t in e.types} == {"T999"}


def test_parents_are_found_in_another_file(tmp_path: Path) -> None:
    """A slim leaves out the terms between; another has them."""
    child = "[Term]\nid: DOID:8\nname: child\nis_a: DOID:162\n"
    slim, whole = _write(tmp_path, child, "slim.obo"), _write(tmp_path, SMALL)
    assert next(read_obo(slim)).parents == []
    places = read_places([slim, whole])
    assert next(read_obo(slim, places=places)).parents == ["C0006826"]


def test_gzip_byte_order_mark_and_windows_lines(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()
    path = _write(tmp_path, gzip.compress(text), "small.obo.gz")
    assert list(read_obo(path)) == list(read_obo(_write(tmp_path, SMALL)))


def test_what_is_malformed_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    text = (
        "[Term]\nid: X:1\nname: one\nsynonym: no quotes EXACT\nthis has no tag\ndef: \"open\n"
        "[Term]\nname: no id\n[Term]\nid: X:2\nname: tw\xff\n[Term]\nid: X:3\nname: three\n"
    ).encode("latin-1")  # fmt: skip
    problems: list[Problem] = []
    found = list(read_obo(_write(tmp_path, text), report=problems.append))
    assert [entry.name for entry in found] == ["one", "three"]
    assert [problem.line for problem in problems] == [4, 5, 6, 7, 11, 9]


def test_circles_end(tmp_path: Path) -> None:
    text = "[Term]\nid: A:1\nname: a\nis_a: A:2\n[Term]\nid: A:2\nname: b\nis_a: A:1\nis_a: A:2\n"
    first, second = read_obo(_write(tmp_path, text))
    assert (first.parents, second.parents) == (["A:2"], ["A:1"])


def test_hostile_gzip(tmp_path: Path) -> None:
    """A line without end, and a stream that breaks off, cost neither memory nor the rest."""
    bomb = SMALL.encode() + b"\nname: " + b"x" * 20_000_000 + b"\n[Term]\nid: A:1\nname: last\n"
    problems: list[Problem] = []
    path = _write(tmp_path, gzip.compress(bomb, 1), "bomb.obo.gz")
    found = list(read_obo(path, report=problems.append))
    assert (len(found), found[-1].name) == (5, "last")
    assert any("over 4,194,304 bytes" in problem.words for problem in problems)
    problems.clear()
    packed = gzip.compress(SMALL.encode() * 50)
    list(read_obo(_write(tmp_path, packed[:-20], "cut.obo.gz"), report=problems.append))
    assert "gzip stream is broken" in problems[-1].words


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match="cannot be read"):
        list(read_obo(tmp_path / "none.obo"))


@given(st.lists(st.sampled_from(SMALL.split("\n")) | st.text(max_size=40), max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_lines_give_well_formed_entries(tmp_path_factory, lines: list[str]) -> None:
    text = "\n".join(lines).encode("utf-8", "surrogatepass")
    path = _write(tmp_path_factory.mktemp("obo"), text)
    for entry in read_obo(path):
        assert entry.cui
        assert entry.name == " ".join(entry.name.split()) != ""
        assert entry.cui not in entry.parents


words = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)


@given(st.lists(words, min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_escaped_names_come_back(tmp_path_factory, names: list[str]) -> None:
    def escaped(text: str) -> str:
        return "".join(f"\\{c}" if c in '\\"!{}:,()[]' else c for c in text)

    lines = ["[Term]", "id: A:1", f"name: {escaped(names[0])}"]
    lines += [f'synonym: "{escaped(name)}" EXACT []' for name in names[1:]]
    path = _write(tmp_path_factory.mktemp("obo"), "\n".join(lines))
    (entry,) = read_obo(path)
    assert [entry.name, *entry.synonyms] == names


@pytest.mark.parametrize(
    ("name", "least"), [("NCIthesaurus.obo", 4700), ("hp_2016-04-01.obo.gz", 11_000)]
)
def test_real_ontologies_have_no_malformed_line(name: str, least: int) -> None:
    path = DATA / "concepts" / "vocab" / name
    if not path.is_file():
        pytest.skip(f"no ontology at {path} (set FABRICA_DATA)")
    problems: list[Problem] = []
    entries = list(read_obo(path, report=problems.append))
    assert problems == []
    assert len(entries) >= least
    by_name = {entry.name.lower(): entry for entry in entries}
    if name.startswith("NCI"):
        assert by_name["pneumonia"].cui == "C0032285"
        assert by_name["angiosarcoma"].types == ["T191"]
