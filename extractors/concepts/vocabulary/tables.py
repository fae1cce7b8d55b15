"""Entries of a table of one's own: CSV, TSV, or a JSON object a line as scispaCy writes them.

Columns: `cui` and `name` (or `concept_id` and `canonical_name`), and where present `synonyms` (or
`aliases`), `types`, `definition`, `parents`, `sources` (or `source`); in CSV and TSV several values
of a cell are divided by `|`. Files may be gzip.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from extractors.concepts.entries import Entry
from extractors.concepts.vocabulary.sources import (
    Problem,
    Report,
    VocabularyError,
    ignore,
    lines,
)

_FORMS = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".jsonl": "", ".ndjson": ""}
_NAMES = {
    "cui": ("cui", "concept_id"),
    "name": ("name", "canonical_name"),
    "synonyms": ("synonyms", "aliases"),
    "types": ("types",),
    "definition": ("definition",),
    "parents": ("parents",),
    "sources": ("sources", "source"),
}
_LISTS = ("synonyms", "types", "parents", "sources")
_MAX_CELL_CHARS = 131_072


def read_table(path: Path | str, report: Report = ignore) -> Iterator[Entry]:
    """Entries of a table, one a row; a row without id or name is reported and left out.

    Raises `VocabularyError` if the file cannot be read or has no such columns.
    """
    suffixes = [s.lower() for s in Path(path).suffixes if s.lower() != ".gz"]
    form = _FORMS.get(suffixes[-1] if suffixes else "")
    if form is None:
        raise VocabularyError(f"{path}: is no table; the name ends in one of {', '.join(_FORMS)}")
    rows = _separated(path, form, report) if form else _objects(path, report)
    for number, row in rows:
        try:
            yield _entry(row)
        except ValueError as error:
            report(Problem(str(path), number, str(error)))


def _separated(path: Path | str, delimiter: str, report: Report) -> Iterator[tuple[int, dict]]:
    """The rows below the header, as dictionaries, with the number of their last line."""
    numbers = [0]
    csv.field_size_limit(_MAX_CELL_CHARS)  # one for the whole process; other readers set theirs
    reader = csv.reader(_texts(path, report, numbers), delimiter=delimiter)
    header = _header(path, reader)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            report(Problem(str(path), numbers[0], str(error)))
            continue
        if len(row) > len(header):
            words = f"{len(row)} columns where the header has {len(header)}"
            report(Problem(str(path), numbers[0], words))
        elif any(cell.strip() for cell in row):
            yield numbers[0], _listed(dict(zip(header, row, strict=False)))


def _texts(path: Path | str, report: Report, numbers: list[int]) -> Iterator[str]:
    """Lines for the CSV reader; it counts those it is given, so true numbers are noted aside."""
    for number, text in lines(path, report):
        numbers[0] = number
        yield text + "\n"


def _header(path: Path | str, reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [column.strip().lower() for column in next(reader, [])]
    except csv.Error as error:
        raise VocabularyError(f"{path}: the header cannot be read: {error}") from None
    for column in ("cui", "name"):
        if not set(_NAMES[column]) & set(header):
            found = ", ".join(header)[:200] or "nothing"
            raise VocabularyError(f"{path}: no column {column!r} in its first line, but {found}")
    return header


def _listed(row: dict[str, str]) -> dict[str, Any]:
    many = {name for column in _LISTS for name in _NAMES[column]}
    return {name: cell.split("|") if name in many else cell for name, cell in row.items()}


def _objects(path: Path | str, report: Report) -> Iterator[tuple[int, dict]]:
    for number, text in lines(path, report):
        if not text.strip():
            continue
        try:
            yield number, msgspec.json.decode(text, type=dict)
        except (msgspec.MsgspecError, RecursionError) as error:
            report(Problem(str(path), number, f"no JSON object: {error}"))


def _entry(row: Mapping[str, Any]) -> Entry:
    """One row as an entry. Raises `ValueError` with the reason."""
    cells = {column: _cell(row, column) for column in _NAMES}
    for column in ("cui", "name"):
        if not cells[column]:
            raise ValueError(f"a row without {column}")
    return Entry(**cells)


def _cell(row: Mapping[str, Any], column: str) -> Any:
    value = next((row[name] for name in _NAMES[column] if row.get(name) is not None), None)
    if column in _LISTS:
        values = [value] if isinstance(value, str) else value or []
        if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
            raise ValueError(f"{column} is no list of text")
        return [clean for v in values if (clean := _clean(v))]
    if not isinstance(value, str | None):
        raise ValueError(f"{column} is no text")
    return _clean(value or "")


def _clean(text: str) -> str:
    """Single blanks; raises `ValueError` where a text cannot be written as UTF-8 (lone surrogates)."""
    text.encode()
    return " ".join(text.split())
