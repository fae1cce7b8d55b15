"""Texts of an evaluation set out of JSON, JSON lines, CSV or TSV, by the names of their fields.

Items are `FILE/12`, the place of the entry in its file from 1 on. What a file holds may be
anything; an entry without the field, or whose field is no text, is one that cannot be read.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from extractors.labelled.files import BadData, decoded, json_of
from pipelines.errors import UserError
from pipelines.fingerprint_corpus import text_row
from pipelines.fingerprint_files import fingerprints
from pipelines.fingerprint_parts import Found, Unreadable
from schemas.options import suggestion

_GUESSED = (("caption",), ("question", "answer"), ("question",), ("report",), ("text",))
_TABLES = {".csv": ",", ".tsv": "\t"}
_MOST_BYTES = 2 * 2**30
_LONGEST_FIELD = 2**24


def fingerprint_texts(path: str, fields: Sequence[str] = ()) -> Found:
    """The texts of a file: of each entry its `fields`, joined. Without any, the first that are
    there of caption, question and answer, question, report, text.

    A dot goes into an entry: `qa.question`. Raises `UserError` for a file that is none of these.
    """
    try:
        entries = list(_entries(path))
    except BadData as error:
        raise UserError(f"{path}: {error}") from None
    except (ValueError, RecursionError, csv.Error) as error:
        words = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: cannot be read: {words}") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    names = list(fields) or _guessed(path, entries)
    _check_there(path, entries, names)
    rows, unreadable, name = [], [], os.path.basename(path)
    for place, entry in enumerate(entries, 1):
        item = f"{name}/{place}"
        text = " ".join(part for field in names if (part := _text(entry, field)))
        if text:
            rows.append(text_row(item, text))
        else:
            words = f"no text in {' + '.join(names)}"
            unreadable.append(Unreadable(item, "no_text", words))
    return Found(fingerprints(rows), tuple(unreadable))


def _entries(path: str) -> Iterator[dict[str, Any]]:
    ending = Path(path).suffix.lower()
    if not Path(path).is_file():
        raise UserError(f"{path}: no such file")
    if (size := Path(path).stat().st_size) > _MOST_BYTES:
        raise UserError(f"{path}: {size:,} bytes; at most {_MOST_BYTES:,} are read")
    if ending not in (*_TABLES, ".json", ".jsonl", ".ndjson"):
        raise UserError(f"{path}: texts are read from .json, .jsonl, .csv or .tsv")
    text = decoded(Path(path).read_bytes(), path)
    if ending in _TABLES:
        csv.field_size_limit(_LONGEST_FIELD)
        yield from csv.DictReader(io.StringIO(text, newline=""), delimiter=_TABLES[ending])
    elif ending == ".json":
        yield from _objects(json_of(text))
    else:
        yield from (_object(json_of(line)) for line in text.splitlines() if line.strip())


def _objects(data: Any) -> Iterable[dict[str, Any]]:
    """The entries of a JSON file: a list of objects, an object of objects by their ids, or an
    object one of whose values is the longest such list."""
    if isinstance(data, list):
        return [_object(each) for each in data]
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)]
        lists = [value for value in lists if any(isinstance(each, dict) for each in value)]
        if lists:
            return [_object(each) for each in max(lists, key=len)]
        if data and all(isinstance(value, dict) for value in data.values()):
            return list(data.values())
    raise ValueError("no list of objects in it")


def _object(entry: Any) -> dict[str, Any]:
    return entry if isinstance(entry, dict) else {}


def _guessed(path: str, entries: Sequence[dict]) -> list[str]:
    """The first fields of the usual ones that some entry has."""
    known = {name for entry in entries[:1000] for name in entry if isinstance(name, str)}
    for fields in _GUESSED:
        if set(fields) <= known:
            return list(fields)
    found = ", ".join(sorted(known)[:20]) or "none"
    raise UserError(f"{path}: name the field of the texts with --field; there are: {found}")


def _check_there(path: str, entries: Sequence[dict], names: Sequence[str]) -> None:
    for name in names:
        if entries and all(_value(entry, name) is None for entry in entries):
            known = sorted({str(key) for entry in entries[:1000] for key in entry})
            raise UserError(f"{path}: no entry has the field {name!r}{suggestion(name, known)}")


def _value(entry: Any, field: str) -> Any:
    """What an entry has under a name, or under a path of names with dots."""
    if isinstance(entry, dict) and field in entry:
        return entry[field]
    head, dot, rest = field.partition(".")
    if dot and isinstance(entry, dict):
        return _value(entry.get(head), rest)
    return None


def _text(entry: dict, field: str) -> str:
    value = _value(entry, field)
    values = value if isinstance(value, list) else [value]
    plain = [v for v in values if isinstance(v, str | int | float) and not isinstance(v, bool)]
    return " ".join(" ".join(str(v).split()) for v in plain).strip()


def fields_of(option: str) -> list[str]:
    """The fields that `--field question+answer` names."""
    return [part.strip() for part in option.split("+") if part.strip()]
