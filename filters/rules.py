"""Rules: named SQL conditions over the manifest's columns, checked before any data is there.

A rule sees one row of the view `samples`. It may not read files, call table functions or change
settings: it is parsed as one expression and planned against an empty table.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from schemas.manifest import MANIFEST

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}\Z")
_COLUMN = re.compile(r'[Rr]eferenced column "([^"]+)"')
_CLIP = re.compile(r"clip(_rank)?\Z")
_FIELD = re.compile(r'[Cc]ould not find key "([^"]+)" in struct')
# Scores that our own stages give, by what of `score:` they are asked for with ("": other stages).
# A rule may name them though no row has them.
SCORES_OF = {
    "": (
        "compound",
        "judge",
        "judge_accuracy",
        "judge_clear",
        "judge_complete",
        "judge_grounded",
        "judge_sentences",
        "medical",
        "panel_confidence",
        "split_confidence",
    ),
    "image": (
        "image_aspect",
        "image_blur",
        "image_border",
        "image_chart",
        "image_contrast",
        "image_detail",
        "image_entropy",
        "image_flat",
        "image_grey",
        "image_jpeg_blocking",
        "image_megapixels",
        "image_noise",
        "image_text",
    ),
    "text": (
        "text_capitals",
        "text_copyright",
        "text_digits",
        "text_english",
        "text_language",
        "text_letters",
        "text_markup",
        "text_mojibake",
        "text_references",
        "text_refers_only",
        "text_repetition",
        "text_sentence",
        "text_stop_words",
        "text_symbols",
        "text_truncated",
        "text_urls",
        "text_words",
    ),
    "privacy.burnt_in": (
        "burnt_in_lines",
        "burnt_in_markers",
        "burnt_in_share",
        "burnt_in_text",
    ),
    "privacy.faces": ("faces",),
    "privacy.texts": ("identifying",),
}
SCORES = tuple(sorted(name for names in SCORES_OF.values() for name in names))
RESERVED = frozenset(
    {
        "balance",
        "boilerplate_text",
        "duplicate",
        "duplicate_text",
        "fault",
        "keep_out",
        "licence",
        "near_duplicate",
        "retracted",
    }
)


class RuleError(ValueError):
    """A rule is not usable; the message names it, quotes it and says why."""


def check_rules(rules: Mapping[str, str], scores: Iterable[str] = SCORES) -> None:
    """Raise `RuleError` for the first rule with a bad name, bad SQL or an unknown column."""
    connection = sealed(empty_samples(scores))
    for name, condition in rules.items():
        if not _NAME.match(name) or name in RESERVED:
            raise RuleError(f"{name!r} is no name for a rule: letters, digits and _; not reserved")
        check_condition(connection, name, condition)
        check_one_row(connection, name, condition)


def check_one_row(connection: duckdb.DuckDBPyConnection, name: str, expression: str) -> None:
    """Raise `RuleError` for what is not one value of each row by itself: an aggregate, a window,
    `unnest`, several columns, a random number."""
    quoted = " ".join(expression.split())
    if re.search(r"\bselect\b", expression, re.IGNORECASE):
        raise RuleError(f"{name}: {quoted!r}: an expression on one row, without SELECT")
    try:
        relation = connection.sql(f"SELECT TRY(({expression}\n)) AS value FROM samples")
    except duckdb.Error as error:
        raise RuleError(f"{name}: {quoted!r}: {_explained(error)}") from None
    if len(relation.columns) != 1:
        raise RuleError(f"{name}: {quoted!r} is more than one value")


def check_condition(connection: duckdb.DuckDBPyConnection, name: str, condition: str) -> None:
    """Plan one condition on a sealed connection. Raises `RuleError`."""
    quoted = " ".join(condition.split())
    try:
        statements = duckdb.extract_statements(f"SELECT ({condition}\n) AS ok FROM samples")
        if len(statements) != 1:
            raise RuleError(f"{name}: {quoted!r} is more than one SQL statement")
        if re.search(r"\bselect\b", condition, re.IGNORECASE):
            raise RuleError(f"{name}: {quoted!r}: a rule is a condition on one row, without SELECT")
        relation = connection.sql(f"SELECT ({condition}\n) AS ok FROM samples")
        kind = str(relation.types[0])
    except duckdb.Error as error:
        raise RuleError(f"{name}: {quoted!r}: {_explained(error)}") from None
    if kind not in ("BOOLEAN", '"NULL"', "NULL"):
        raise RuleError(f"{name}: {quoted!r} gives {kind}, not true or false")


def empty_samples(scores: Iterable[str] = ()) -> duckdb.DuckDBPyConnection:
    """A connection with an empty view `samples` of the shape rules see."""
    connection = duckdb.connect()
    connection.register("manifest", MANIFEST.empty_table())
    connection.execute(f"CREATE VIEW samples AS {samples_query('manifest', scores)}")
    return connection


def sealed(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The connection, from now on without files, network or new settings."""
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def samples_query(relation: str, scores: Iterable[str] = ()) -> str:
    """SELECT that shows a manifest as rules see it: every score is also a column by its name."""
    columns = {field.name for field in MANIFEST}
    extra = "".join(
        f", scores[{_text(name)}] AS {_identifier(name)}" for name in scores if name not in columns
    )
    licence = "struct_insert(licence, allows_derivatives := licence.derivatives)"
    return f"SELECT * REPLACE ({licence} AS licence){extra} FROM {relation}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _explained(error: duckdb.Error) -> str:
    """DuckDB's message on one line, with the nearest right column where one is unknown."""
    message = str(error)
    for pattern, known in ((_COLUMN, _column_names()), (_FIELD, _field_names())):
        if match := pattern.search(message):
            if match[1] in SCORES or _CLIP.match(match[1]):
                return f"unknown column {match[1]!r}: a score that `score` is not asked for"
            near = difflib.get_close_matches(match[1], known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else f"; columns: {', '.join(known)}"
            return f"unknown column {match[1]!r}{hint}"
    first = message.split("\n\n")[0].split("\nLINE")[0]
    return " ".join(first.split())


def _column_names() -> list[str]:
    return [field.name for field in MANIFEST]


def _field_names() -> list[str]:
    structs = [f.type for f in MANIFEST if pa.types.is_struct(f.type)]
    return [struct.field(i).name for struct in structs for i in range(struct.num_fields)]
