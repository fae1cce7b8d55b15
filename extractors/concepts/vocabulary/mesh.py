"""Entries of MeSH as the NLM gives it: descriptors and supplementary records, XML or ASCII.

A record is one entry with the terms of all its concepts as names, and `MESH:` and its UI as id (or
the UMLS CUI, where a release still states one). Parents follow the tree numbers; a supplementary
record is below the descriptors it is mapped to. XML is read record by record, without DTD, entities
or network. https://www.nlm.nih.gov/mesh/xml_data_elements.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from lxml import etree

from extractors.concepts.entries import Entry
from extractors.concepts.vocabulary.sources import (
    Problem,
    Report,
    VocabularyError,
    ignore,
    is_cui,
    lines,
    open_source,
)

_XML_RECORDS = ("DescriptorRecord", "SupplementalRecord")
_SOURCE = "MSH"


class _Record(msgspec.Struct, kw_only=True):
    """One MeSH record: where it is, its UI and what it says."""

    line: int
    ui: str = ""
    cui: str = ""
    name: str = ""
    names: list[str] = []
    types: list[str] = []
    definition: str = ""
    trees: list[str] = []
    mapped_to: list[str] = []


def read_mesh(path: Path | str, report: Report = ignore) -> Iterator[Entry]:
    """Entries of `desc20XX.xml`, `supp20XX.xml`, `d20XX.bin` or `c20XX.bin`, plain or gzip.

    Raises `VocabularyError` if the file cannot be read. XML that breaks off is reported, and read
    up to there.
    """
    read = _xml_records if _is_xml(path) else _ascii_records
    trees = {
        tree: record.cui or f"MESH:{record.ui}"
        for record in read(path, ignore)
        for tree in record.trees
    }
    for record in read(path, report):
        if not record.ui or not record.name:
            report(Problem(str(path), record.line, "a record without UI or name"))
            continue
        above = [trees.get(tree.rpartition(".")[0], "") for tree in record.trees]
        above += [f"MESH:{ui}" for ui in record.mapped_to]
        cui = record.cui or f"MESH:{record.ui}"
        yield Entry(
            cui=cui,
            name=record.name,
            synonyms=[name for name in dict.fromkeys(record.names) if name != record.name],
            types=list(dict.fromkeys(record.types)),
            definition=record.definition,
            parents=[parent for parent in dict.fromkeys(above) if parent and parent != cui],
            sources=[_SOURCE],
        )


def _is_xml(path: Path | str) -> bool:
    with open_source(path) as file:
        try:
            return file.read(200).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        except (EOFError, OSError) as error:
            raise VocabularyError(f"{path}: the gzip stream is broken ({error})") from None


def _xml_records(path: Path | str, report: Report) -> Iterator[_Record]:
    with open_source(path) as file:
        events = etree.iterparse(
            file, tag=_XML_RECORDS, resolve_entities=False, no_network=True, load_dtd=False,
            huge_tree=False,
        )  # fmt: skip
        try:
            for _, element in events:
                yield _from_xml(element)
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        except (etree.XMLSyntaxError, EOFError, OSError) as error:
            words = f"{' '.join(str(error).split())}; the rest of this file is left out"
            report(Problem(str(path), getattr(error, "lineno", 0) or 0, words))


def _from_xml(element: etree._Element) -> _Record:
    kind = "Descriptor" if element.tag == "DescriptorRecord" else "SupplementalRecord"
    concepts = element.findall("ConceptList/Concept")
    concepts.sort(key=lambda concept: concept.get("PreferredConceptYN") != "Y")
    cuis = _texts(concepts[:1], "ConceptUMLSUI")
    return _Record(
        line=element.sourceline or 0,  # type: ignore[arg-type]  # the stubs say ...
        ui=_first([element], f"{kind}UI"),
        cui=cuis[0] if cuis and is_cui(cuis[0]) else "",
        name=_first([element], f"{kind}Name/String"),
        names=_texts(concepts, "TermList/Term/String"),
        types=_texts(concepts[:1], "SemanticTypeList/SemanticType/SemanticTypeUI"),
        definition=_first(concepts[:1], "ScopeNote"),
        trees=_texts([element], "TreeNumberList/TreeNumber"),
        mapped_to=[
            ui.lstrip("*")
            for ui in _texts([element], "HeadingMappedToList/*/DescriptorReferredTo/DescriptorUI")
        ],
    )


def _texts(elements: Iterable[etree._Element], path: str) -> list[str]:
    found = [
        " ".join((e.text or "").split()) for element in elements for e in element.iterfind(path)
    ]
    return [text for text in found if text]


def _first(elements: Iterable[etree._Element], path: str) -> str:
    return next(iter(_texts(elements, path)), "")


def _ascii_records(path: Path | str, report: Report) -> Iterator[_Record]:
    """Records of the ASCII form: `*NEWRECORD`, then `TAG = value` lines."""
    record: _Record | None = None
    for number, line in lines(path, report):
        if line.strip() == "*NEWRECORD":
            if record:
                yield record
            record = _Record(line=number, names=[], types=[], trees=[], mapped_to=[])
            continue
        tag, equals, value = (part.strip() for part in line.partition(" = "))
        if equals and record:
            _add_ascii(record, tag, value)
        elif line.strip():
            report(Problem(str(path), number, f"no TAG = value: {line[:60]!r}"))
    if record:
        yield record


def _add_ascii(record: _Record, tag: str, value: str) -> None:
    if tag == "UI":
        record.ui = value
    elif tag in ("MH", "NM"):  # a descriptor's heading, a supplementary record's name
        record.name = value
    elif tag in ("ENTRY", "PRINT ENTRY", "SY"):  # the term, then codes of it behind bars
        record.names.append(value.partition("|")[0].strip())
    elif tag == "MN":
        record.trees.append(value)
    elif tag == "ST":
        record.types.append(value)
    elif tag in ("MS", "NO"):
        record.definition = record.definition or value
