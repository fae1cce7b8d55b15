"""MeSH in XML and ASCII: names, trees, safety against entities, files that break off."""

from __future__ import annotations

import gzip
from pathlib import Path

from extractors.concepts.vocabulary.mesh import read_mesh
from extractors.concepts.vocabulary.sources import Problem


def _record(ui: str, name: str, tree: str, more: str = "") -> str:
    return f"""<DescriptorRecord DescriptorClass="1"><DescriptorUI>{ui}</DescriptorUI>
    <DescriptorName><String>{name}</String></DescriptorName>
    <TreeNumberList><TreeNumber>{tree}</TreeNumber></TreeNumberList>
    <ConceptList>
    <Concept PreferredConceptYN="N"><TermList><Term><String>{name} narrower</String></Term>
    </TermList></Concept>
    <Concept PreferredConceptYN="Y"><ScopeNote> What {name} is.
    </ScopeNote>{more}<TermList><Term><String>{name}</String></Term>
    <Term><String>{name}, other</String></Term></TermList></Concept>
    </ConceptList></DescriptorRecord>"""


HEAD = '<?xml version="1.0"?>\n<!DOCTYPE DescriptorRecordSet SYSTEM "http://127.0.0.1:9/x.dtd">\n'
XML = f"""{HEAD}<DescriptorRecordSet LanguageCode="eng">
{_record("D000001", "Tumor", "C04")}
{_record("D000002", "Lung Tumor", "C04.588")}
{
    _record(
        "D000003",
        "Old",
        "Z01",
        "<ConceptUMLSUI>C0000003</ConceptUMLSUI><SemanticTypeList><SemanticType>"
        "<SemanticTypeUI>T047</SemanticTypeUI></SemanticType></SemanticTypeList>",
    )
}
</DescriptorRecordSet>"""


def _write(folder: Path, text: str | bytes, name: str = "desc.xml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_descriptors(tmp_path: Path) -> None:
    problems: list[Problem] = []
    tumor, lung, old = read_mesh(_write(tmp_path, XML), problems.append)
    assert (tumor.cui, tumor.name, tumor.sources) == ("MESH:D000001", "Tumor", ["MSH"])
    assert tumor.synonyms == ["Tumor, other", "Tumor narrower"]  # the preferred concept's first
    assert tumor.definition == "What Tumor is."
    assert (tumor.parents, lung.parents) == ([], ["MESH:D000001"])
    assert (old.cui, old.types) == ("C0000003", ["T047"])
    assert problems == []
    packed = _write(tmp_path, gzip.compress(XML.encode()), "desc.xml.gz")
    assert list(read_mesh(packed)) == [tumor, lung, old]


def test_supplementary_records(tmp_path: Path) -> None:
    text = """<SupplementalRecordSet><SupplementalRecord SCRClass="3">
    <SupplementalRecordUI>C535</SupplementalRecordUI>
    <SupplementalRecordName><String>Rare thing</String></SupplementalRecordName>
    <HeadingMappedToList><HeadingMappedTo><DescriptorReferredTo><DescriptorUI>*D000002
    </DescriptorUI></DescriptorReferredTo></HeadingMappedTo></HeadingMappedToList>
    <ConceptList><Concept PreferredConceptYN="Y"><TermList><Term><String>RT</String></Term>
    </TermList></Concept></ConceptList></SupplementalRecord></SupplementalRecordSet>"""
    (entry,) = read_mesh(_write(tmp_path, text))
    assert (entry.cui, entry.name, entry.synonyms) == ("MESH:C535", "Rare thing", ["RT"])
    assert entry.parents == ["MESH:D000002"]


def test_no_entity_is_resolved(tmp_path: Path) -> None:
    """Neither a file of this machine nor a billion laughs comes into a name."""
    secret = _write(tmp_path, "the secret", "secret.txt")
    head = (
        f'<!DOCTYPE r [<!ENTITY file SYSTEM "{secret.as_uri()}"><!ENTITY a "lol">'
        + "".join(
            f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        )
        + "]>"
    )
    body = _record("D1", "&file;&i;", "C1") + _record("D2", "Good", "C2")
    problems: list[Problem] = []
    path = _write(tmp_path, f"{head}<DescriptorRecordSet>{body}</DescriptorRecordSet>")
    found = list(read_mesh(path, problems.append))
    assert all("secret" not in entry.name and len(entry.name) < 100 for entry in found)
    assert [entry.name for entry in found][-1:] == ["Good"] or problems


def test_xml_that_breaks_off_is_read_up_to_there(tmp_path: Path) -> None:
    problems: list[Problem] = []
    cut = XML[: XML.index("D000003")]
    found = list(read_mesh(_write(tmp_path, cut), problems.append))
    assert [entry.name for entry in found] == ["Tumor", "Lung Tumor"]
    assert "the rest of this file is left out" in problems[0].words
    problems.clear()
    bare = "<DescriptorRecordSet>\n<DescriptorRecord/>\n" + _record("D1", "Tumor", "C")
    found = list(read_mesh(_write(tmp_path, bare + "</DescriptorRecordSet>"), problems.append))
    assert ([e.name for e in found], problems[0].line) == (["Tumor"], 2)
    problems.clear()
    packed = gzip.compress(XML.encode())[:-30]
    list(read_mesh(_write(tmp_path, packed, "cut.xml.gz"), problems.append))
    assert len(problems) == 1


def test_ascii(tmp_path: Path) -> None:
    text = """*NEWRECORD
RECTYPE = D
MH = Calcimycin
PRINT ENTRY = A-23187|T109|T195|LAB|NRW|NLM (1991)|900308|abbcdef
ENTRY = A23187, Antibiotic
MN = D03.633
MS = An ionophorous antibiotic.
ST = T109
ST = T195
UI = D000001
a stray line

*NEWRECORD
MH = Child
MN = D03.633.100
UI = D000002

*NEWRECORD
RECTYPE = C
NM = supplementary
UI = C000003

*NEWRECORD
MH = no ui
"""
    problems: list[Problem] = []
    first, child, extra = read_mesh(_write(tmp_path, text, "d2026.bin"), problems.append)
    assert (first.cui, first.synonyms) == ("MESH:D000001", ["A-23187", "A23187, Antibiotic"])
    assert (first.types, first.definition) == (["T109", "T195"], "An ionophorous antibiotic.")
    assert child.parents == ["MESH:D000001"]
    assert extra.name == "supplementary"
    assert [problem.line for problem in problems] == [11, 23]
