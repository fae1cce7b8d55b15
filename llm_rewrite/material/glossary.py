"""A glossary of a translation: a CSV or TSV file of terms and how each must be translated.

Either two columns without a header (term, translation), or a first line `term,zh,ar` that names
the language of each further column. `thorax|chest` are translations of which any will do.
"""

from __future__ import annotations

import csv
import functools
import io
import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_MAX_BYTES = 50_000_000
_START = 3
_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True)
class Entry:
    """A term and the translations of it that will do."""

    term: str
    translations: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.term} = {' or '.join(self.translations)}"


@dataclass(frozen=True)
class Glossary:
    """The entries by the folded term, and the terms by their first three characters, longest first."""

    entries: dict[str, Entry]
    by_start: dict[str, list[str]]

    def within(self, text: str) -> list[Entry]:
        """The entries whose term stands in a text, as whole words, the longest where they meet."""
        folded, found, place = _folded(text), list[Entry](), 0
        while place < len(folded):
            term = self._at(folded, place)
            found += [self.entries[term]] if term else []
            place += len(term) or 1
        return list(dict.fromkeys(found))

    def _at(self, folded: str, place: int) -> str:
        """The longest term that begins here, "" for none."""
        if place and _joined(folded[place - 1], folded[place]):
            return ""
        for length in range(_START, 0, -1):
            for term in self.by_start.get(folded[place : place + length], ()):
                if folded.startswith(term, place) and _ends(folded, place + len(term)):
                    return term
        return ""


def load_glossary(path: str, language: str) -> Glossary:
    """The glossary of a file for a language. Raises ValueError with one line on what is wrong."""
    try:
        state = os.stat(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    return _loaded(path, language, state.st_size, state.st_mtime_ns)


def missing(entries: Sequence[Entry], text: str) -> list[Entry]:
    """The entries of which no translation stands in a text."""
    folded = _folded(text)
    return [entry for entry in entries if not any(_stands(t, folded) for t in entry.translations)]


@functools.lru_cache(maxsize=16)
def _loaded(path: str, language: str, size: int, changed: int) -> Glossary:
    if size > _MAX_BYTES:
        raise ValueError(f"{path}: {size:,} bytes is too large for a glossary")
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = _rows(file.read())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        words = getattr(error, "strerror", None) or error
        raise ValueError(f"{path}: no readable CSV or TSV in UTF-8: {words}") from None
    column, rows = _column(path, language, rows)
    entries: dict[str, Entry] = {}
    for row in rows:
        term = row[0].strip()
        given = row[column].strip() if len(row) > column else ""
        translations = tuple(t.strip() for t in given.split("|") if t.strip())
        if term and translations:
            entries.setdefault(_folded(term), Entry(term, translations))
    if not entries:
        raise ValueError(f"{path}: no term with a translation into {language}")
    by_start: dict[str, list[str]] = {}
    for term in sorted(entries, key=lambda term: (-len(term), term)):
        by_start.setdefault(term[:_START], []).append(term)
    return Glossary(entries, by_start)


def _rows(content: str) -> list[list[str]]:
    first = content.partition("\n")[0]
    delimiter = "\t" if "\t" in first else ";" if ";" in first and "," not in first else ","
    lines = csv.reader(io.StringIO(content), delimiter=delimiter)
    return [row for row in lines if any(cell.strip() for cell in row)]


def _column(path: str, language: str, rows: list[list[str]]) -> tuple[int, list[list[str]]]:
    """Which column holds the language, and the lines below the header."""
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    if not header or header[0] != "term":
        return 1, rows
    for name in (language.lower(), language.partition("-")[0].lower(), "translation"):
        if name in header:
            return header.index(name), rows[1:]
    raise ValueError(f"{path}: no column {language}; it has {', '.join(header)}")


def _joined(one: str, other: str) -> bool:
    """Whether two neighbouring characters are of one word; some scripts put no blank between."""
    letters = one.isalnum() and other.isalnum()
    return letters and not (_SPACELESS.match(one) or _SPACELESS.match(other))


def _ends(folded: str, place: int) -> bool:
    """Whether a term may end before this place; a plural of it counts."""
    endings = (place + len(more) for more in ("", "s", "es") if folded.startswith(more, place))
    return any(e >= len(folded) or not _joined(folded[e - 1], folded[e]) for e in endings)


def _stands(translation: str, folded: str) -> bool:
    term = _folded(translation)
    if _SPACELESS.search(term):
        return term in folded.replace(" ", "") or term in folded
    return re.search(rf"(?<!\w){re.escape(term)}", folded) is not None


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
