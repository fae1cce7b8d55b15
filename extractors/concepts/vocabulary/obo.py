"""Entries of an ontology in OBO format (HPO, Disease Ontology, Uberon, Mondo), 1.0 to 1.4.

A term becomes one entry for each of its cross-references to the UMLS, all with the same names: which
of them a text means is for the linker to settle. A term without one keeps its own id. Obsolete terms
are left out. Specification: https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_4.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from extractors.concepts.entries import Entry
from extractors.concepts.vocabulary.sources import Problem, Report, ignore, is_cui, lines

SCOPES = ("EXACT", "NARROW", "BROAD", "RELATED")

# Semantic types (TUIs) by prefix, or by the id of a term that all terms below it follow: OBO has
# none of its own. T047 disease, T048 mental disorder, T191 neoplasm, T033 finding, T023 body part.
# Of the Disease Ontology's CUIs whose type ROCO's annotations tell, nearly all agree; HPO's are
# findings by intent, and about as often diseases.
TYPES = {
    "DOID": "T047",
    "DOID:150": "T048",
    "DOID:14566": "T191",
    "DOID:162": "T191",
    "HP": "T033",
    "UBERON": "T023",
}
UMLS_PREFIXES = ("UMLS_CUI", "UMLS")

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(.*)')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": " ", "t": " ", "W": " "}
_COMMENT = re.compile(r"(?<!\\)\s!.*$")
_XREFS = ("xref", "xref_analog", "xref_unk")
_OLD_SYNONYMS = {"exact_synonym": "EXACT", "narrow_synonym": "NARROW", "broad_synonym": "BROAD",
                 "related_synonym": "RELATED"}  # fmt: skip


class _Term(msgspec.Struct, gc=False):
    """One `[Term]` stanza as it stands in the file."""

    line: int
    id: str = ""
    name: str = ""
    definition: str = ""
    synonyms: list[str] = []
    xrefs: list[str] = []
    parents: list[str] = []
    obsolete: bool = False


class Place(msgspec.Struct, frozen=True):
    """What other terms need to know of one: its entries' ids, and the ids of the terms above it."""

    cuis: list[str]
    parents: list[str]


def read_obo(
    path: Path | str,
    xref_prefixes: Sequence[str] = UMLS_PREFIXES,
    scopes: Collection[str] = ("EXACT",),
    types: Mapping[str, str] = TYPES,
    own_ids: bool = True,
    places: Mapping[str, Place] | None = None,
    report: Report = ignore,
) -> Iterator[Entry]:
    """Entries of the terms of an OBO file (or .obo.gz), in its order.

    `xref_prefixes`: which cross-references give the `cui`. UMLS ids stand bare (`C0018923`), others
    with the prefix (`MESH:D006394`). `scopes`: which synonyms are names; only EXACT ones mean the
    term itself. `own_ids` False leaves out terms without such a cross-reference. `types`: TUI by
    prefix or by an ancestor's id, the nearest ancestor first. `places`: the terms of several files
    (see `read_places`), so that parents in another file are found. Raises `VocabularyError`.
    """
    known = read_places([path], xref_prefixes, own_ids) if places is None else places
    for term in _terms(path, scopes, report):
        if not term.id or not term.name:
            report(Problem(str(path), term.line, "a term without id or name"))
            continue
        above = known[term.id].parents if term.id in known else term.parents
        parents = [cui for parent in above if parent in known for cui in known[parent].cuis]
        for cui in _cuis(term, xref_prefixes, own_ids, report, path):
            yield Entry(
                cui=cui,
                name=term.name,
                synonyms=term.synonyms,
                types=_types(term.id, known, types),
                definition=term.definition,
                parents=[parent for parent in dict.fromkeys(parents) if parent != cui],
                sources=[term.id.partition(":")[0]],
            )


def read_places(
    paths: Iterable[Path | str],
    xref_prefixes: Sequence[str] = UMLS_PREFIXES,
    own_ids: bool = True,
) -> dict[str, Place]:
    """The place of every term of some OBO files, by its id. Raises `VocabularyError`.

    A term that is in several files has the parents that any of them gives: slims leave some out.
    """
    places: dict[str, Place] = {}
    for path in paths:
        for term in _terms(path, (), ignore):
            other = places.get(term.id, Place([], []))
            cuis = _cuis(term, xref_prefixes, own_ids, ignore, path)
            places[term.id] = Place(_union(other.cuis, cuis), _union(other.parents, term.parents))
    return places


def _union(first: list[str], second: list[str]) -> list[str]:
    return list(dict.fromkeys(first + second))


def _cuis(
    term: _Term, xref_prefixes: Sequence[str], own_ids: bool, report: Report, path: Path | str
) -> list[str]:
    """The ids of a term's entries, each once, in the file's order."""
    found, prefixes = [], {prefix.upper(): prefix for prefix in xref_prefixes}
    for xref in term.xrefs:
        prefix, _, local = xref.partition(":")
        if prefix.upper() not in prefixes or not local:
            continue
        if not prefix.upper().startswith("UMLS"):
            found.append(f"{prefixes[prefix.upper()]}:{local}")
        elif is_cui(local):
            found.append(local)
        else:
            report(Problem(str(path), term.line, f"{term.id}: {xref} is no UMLS CUI"))
    return list(dict.fromkeys(found)) or ([term.id] if own_ids else [])


def _types(term_id: str, places: Mapping[str, Place], types: Mapping[str, str]) -> list[str]:
    """The type of the nearest of a term and its ancestors that has one, else of its prefix."""
    level, seen = [term_id], {term_id}
    while level:
        if known := [types[name] for name in level if name in types]:
            return sorted(set(known))
        above = [p for name in level if name in places for p in places[name].parents]
        level = [p for p in dict.fromkeys(above) if p not in seen]
        seen.update(level)
    prefix = term_id.partition(":")[0]
    return [types[prefix]] if prefix in types else []


def _terms(path: Path | str, scopes: Collection[str], report: Report) -> Iterator[_Term]:
    """Every term that is not obsolete."""
    term: _Term | None = None
    for number, line in lines(path, report):
        if line.startswith("["):
            if term and not term.obsolete:
                yield term
            is_term = line.strip().startswith("[Term]")
            term = _Term(line=number, synonyms=[], xrefs=[], parents=[]) if is_term else None
        elif term and (words := _add(term, line, scopes)):
            report(Problem(str(path), number, words))
    if term and not term.obsolete:
        yield term


def _add(term: _Term, line: str, scopes: Collection[str]) -> str:
    """Put one `tag: value` into its term; what is wrong with it, or nothing."""
    if not line.strip() or line.startswith("!"):
        return ""
    tag, colon, value = line.partition(":")
    tag, value = tag.strip(), value.strip()
    if not colon:
        return f"no tag: {line[:60]!r}"
    if tag == "id":
        term.id = _plain(value).partition(" ")[0]
    elif tag == "name":
        term.name = _plain(value)
    elif tag == "is_obsolete":
        term.obsolete = value.startswith("true")
    elif tag == "is_a":
        term.parents += value.split(None, 1)[:1]
    elif tag in _XREFS:
        term.xrefs += [_ESCAPE.sub(r"\1", xref) for xref in value.split(None, 1)[:1]]
    elif tag == "def" or tag == "synonym" or tag in _OLD_SYNONYMS:
        return _add_quoted(term, tag, value, scopes)
    return ""


def _add_quoted(term: _Term, tag: str, value: str, scopes: Collection[str]) -> str:
    match = _QUOTED.match(value)
    if not match:
        return f"{tag} without quotes: {value[:60]!r}"
    text, rest = _unescaped(match[1]), match[2]
    if tag == "def":
        term.definition = text
    elif text:
        scope = _OLD_SYNONYMS.get(tag) or rest.partition(" ")[0]
        # The specification: a synonym that does not say its scope is RELATED.
        if (scope if scope in SCOPES else "RELATED") in scopes:
            term.synonyms.append(text)
    return ""


def _plain(value: str) -> str:
    return _unescaped(_COMMENT.sub("", value))


def _unescaped(text: str) -> str:
    """Text without escapes, and white space as single blanks."""
    return " ".join(_ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), text).split())
