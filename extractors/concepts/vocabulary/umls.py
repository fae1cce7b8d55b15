"""The Metathesaurus of the UMLS in its Rich Release Format, read by DuckDB in bounded memory.

MRCONSO gives names and sources, and where they lie beside it MRSTY types, MRDEF definitions and MRREL
broader concepts; each may be gzip. Format: https://www.ncbi.nlm.nih.gov/books/NBK9685/ chapter 3.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import msgspec

from extractors.concepts.vocabulary.build import DEFINITION, NAME, PARENT, SOURCE, TYPE, Staging
from extractors.concepts.vocabulary.sources import Problem, Report, VocabularyError, ignore, lines

_COLUMNS = {
    "MRCONSO": "CUI LAT TS LUI STT SUI ISPREF AUI SAUI SCUI SDUI SAB TTY CODE STR SRL SUPPRESS CVF",
    "MRSTY": "CUI TUI STN STY ATUI CVF",
    "MRDEF": "CUI AUI ATUI SATUI SAB DEF SUPPRESS CVF",
    "MRREL": "CUI1 AUI1 STYPE1 REL CUI2 AUI2 STYPE2 RELA RUI SRUI SAB SL RG DIR SUPPRESS CVF",
}
_NAMED_MALFORMED = 5
_CUI_PATTERN = "C[0-9]{7}"

# The best name first: as the user orders languages and sources, then as the UMLS prefers (a
# preferred form of a preferred term, a preferred atom), then terms that sources call preferred.
_RANK = """
    coalesce(list_position($languages, LAT), 0) * 4096
    + coalesce(list_position($sources, SAB), 0) * 8
    + CASE WHEN TS = 'P' AND STT = 'PF' AND ISPREF = 'Y' THEN 0
        WHEN TTY IN ('PT', 'MH', 'PN', 'NM', 'HT') THEN 1 WHEN TS = 'P' THEN 2
        WHEN ISPREF = 'Y' THEN 3 ELSE 4 END
"""


class UmlsChoice(msgspec.Struct, frozen=True):
    """Which rows count; an empty list means all.

    `languages` are LAT codes (ENG), `sources` SAB codes (MSH, SNOMEDCT_US), both in the order in
    which they give the preferred name; `types` TUIs. Rows whose SUPPRESS is not N are left out
    unless `keep_suppressed`.
    """

    languages: list[str] = msgspec.field(default_factory=lambda: ["ENG"])
    sources: list[str] = []
    types: list[str] = []
    keep_suppressed: bool = False


def add_umls(
    staging: Staging, folder: Path | str, choice: UmlsChoice, report: Report = ignore
) -> int:
    """Add the names, types, definitions and broader concepts below `folder`; how many names.

    Raises `VocabularyError` if MRCONSO is not there, or MRSTY is not and types are chosen.
    """
    conso = _file(folder, "MRCONSO")
    if not conso:
        raise VocabularyError(f"{folder}: has no MRCONSO.RRF or MRCONSO.RRF.gz")
    types = _file(folder, "MRSTY")
    if choice.types and not types:
        raise VocabularyError(f"{folder}: has no MRSTY.RRF, which --types needs")
    rank = staging.next_rank()
    names = _add_names(staging, conso, choice, rank, report)
    if types:
        _add_types(staging, types, rank, report)
    if definitions := _file(folder, "MRDEF"):
        _add_definitions(staging, definitions, choice, rank, report)
    if relations := _file(folder, "MRREL"):
        _add_parents(staging, relations, choice, rank, report)
    if choice.types:
        _keep_types(staging, choice, rank)
    staging.connection.execute("DROP TABLE atoms")
    return names


def _file(folder: Path | str, name: str) -> Path | None:
    """A table of the release: as the release has it, or packed, in the folder or its META."""
    for place in (Path(folder), Path(folder) / "META"):
        for suffix in (".RRF", ".RRF.gz"):
            if (place / (name + suffix)).is_file():
                return place / (name + suffix)
    return None


def _add_names(staging: Staging, path: Path, choice: UmlsChoice, rank: int, report: Report) -> int:
    # An empty cell is NULL to DuckDB.
    good = "coalesce(regexp_full_match(CUI, $pattern) AND trim(STR) <> '', false)"
    _read(
        staging,
        path,
        f"""CREATE TEMP TABLE atoms AS
        SELECT CUI, trim(STR) AS STR, SAB, {good} AS good, $first + {_RANK} AS rank
        FROM source WHERE NOT ({good}) OR (
            (len($languages) = 0 OR list_contains($languages, LAT))
            AND (len($sources) = 0 OR list_contains($sources, SAB))
            AND ($keep OR coalesce(SUPPRESS, 'N') = 'N'))""",
        {
            "pattern": _CUI_PATTERN,
            "first": rank,
            "languages": choice.languages,
            "sources": choice.sources,
            "keep": choice.keep_suppressed,
        },
        report,
    )
    run = staging.connection.sql
    run(f"INSERT INTO facts SELECT CUI, {NAME}, STR, rank FROM atoms WHERE good")
    run(
        f"INSERT INTO facts SELECT DISTINCT CUI, {SOURCE}, SAB, {rank} FROM atoms"
        " WHERE good AND SAB IS NOT NULL"
    )
    counts = dict(run("SELECT good, count(*) FROM atoms GROUP BY good").fetchall())
    if bad := counts.get(False, 0):
        report(Problem(str(path), _first_bad_line(path), "no CUI or no name", bad))
    return counts.get(True, 0)


def _add_types(staging: Staging, path: Path, rank: int, report: Report) -> None:
    sql = f"""INSERT INTO facts SELECT CUI, {TYPE}, TUI, {rank} FROM source
        WHERE CUI IS NOT NULL AND TUI IS NOT NULL"""
    _read(staging, path, sql, {}, report)


def _add_definitions(
    staging: Staging, path: Path, choice: UmlsChoice, rank: int, report: Report
) -> None:
    """Definitions of sources that gave a name: those are in the chosen languages."""
    _read(
        staging,
        path,
        f"""INSERT INTO facts
        SELECT CUI, {DEFINITION}, trim(DEF), $first + CASE
            WHEN len($sources) > 0 THEN list_position($sources, SAB)
            ELSE coalesce(list_position(['MSH', 'NCI', 'SNOMEDCT_US'], SAB), 9) END
        FROM source WHERE ($keep OR coalesce(SUPPRESS, 'N') = 'N') AND trim(DEF) <> ''
            AND SAB IN (SELECT DISTINCT SAB FROM atoms WHERE good)""",
        {"first": rank, "sources": choice.sources, "keep": choice.keep_suppressed},
        report,
    )


def _add_parents(
    staging: Staging, path: Path, choice: UmlsChoice, rank: int, report: Report
) -> None:
    """REL says what the second concept is to the first: PAR its parent, RB a broader one."""
    _read(
        staging,
        path,
        f"""INSERT INTO facts
        SELECT DISTINCT CUI1, {PARENT}, CUI2, $first + CASE REL WHEN 'PAR' THEN 0 ELSE 1 END
        FROM source WHERE REL IN ('PAR', 'RB') AND CUI1 <> CUI2
            AND ($keep OR coalesce(SUPPRESS, 'N') = 'N')
            AND (len($sources) = 0 OR list_contains($sources, SAB))""",
        {"first": rank, "sources": choice.sources, "keep": choice.keep_suppressed},
        report,
    )


def _keep_types(staging: Staging, choice: UmlsChoice, rank: int) -> None:
    """Remove this input's concepts that have none of the chosen types."""
    staging.connection.execute(
        f"""DELETE FROM facts WHERE rank >= $first AND cui NOT IN (
            SELECT cui FROM facts
            WHERE rank >= $first AND field = {TYPE} AND list_contains($types, value))""",
        {"first": rank, "types": choice.types},
    )


def _read(staging: Staging, path: Path, sql: str, parameters: dict, report: Report) -> None:
    """Run `sql` with the table at `path` as `source`; rows of another shape are reported."""
    columns = [*_COLUMNS[path.name.partition(".")[0]].split(), "rest"]  # lines end in "|"
    kinds = ", ".join(f"'{column}': 'VARCHAR'" for column in columns)
    packing = "gzip" if path.suffix == ".gz" else "none"
    source = f"""WITH source AS (SELECT * FROM read_csv(
        $path, columns = {{{kinds}}}, delim = '|', quote = '', escape = '', header = false,
        auto_detect = false, compression = '{packing}', ignore_errors = true, store_rejects = true,
        rejects_table = 'malformed', rejects_scan = 'malformed_scan'))"""
    verb, found, select = sql.partition("SELECT")
    used = {name: value for name, value in parameters.items() if f"${name}" in sql}
    try:
        staging.connection.execute(
            f"{verb}{source} {found}{select}", {"path": _literal(path), **used}
        )
    except duckdb.Error as error:  # a gzip stream that breaks off, a file that no one may read
        words = str(error).strip().partition("\n")[0][:200]
        raise VocabularyError(f"{path}: cannot be read: {words}") from None
    _report_malformed(staging, path, report)


def _literal(path: Path) -> str:
    """A path that DuckDB does not take for a pattern or a URL."""
    return re.sub(r"([*?\[])", r"[\1]", str(path.absolute()))


def _report_malformed(staging: Staging, path: Path, report: Report) -> None:
    """The first malformed rows by name, the rest as a number."""
    run = staging.connection.sql
    rows = run(
        "SELECT line, lower(min(error_type::VARCHAR)) FROM malformed GROUP BY line ORDER BY line"
        f" LIMIT {_NAMED_MALFORMED + 1}"
    ).fetchall()
    for line, words in rows[:_NAMED_MALFORMED]:
        report(Problem(str(path), line, words))
    if len(rows) > _NAMED_MALFORMED:
        ((total,),) = run("SELECT count(DISTINCT line) FROM malformed").fetchall()
        line, words = rows[_NAMED_MALFORMED]
        report(Problem(str(path), line, words, total - _NAMED_MALFORMED))
    run("DROP TABLE malformed")
    run("DROP TABLE malformed_scan")


def _first_bad_line(path: Path) -> int:
    """Where the first row without a CUI or a name is; read again, as it is seldom asked for."""
    for number, line in lines(path):
        cells = line.split("|")
        if len(cells) == 19 and not (re.fullmatch(_CUI_PATTERN, cells[0]) and cells[14].strip()):
            return number
    return 0
