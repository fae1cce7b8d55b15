"""query: SQL over a corpus, to the terminal, CSV or JSON lines."""

from __future__ import annotations

import csv
import json
import sys
from typing import IO

import duckdb

from pipelines.corpus import Corpus, views
from pipelines.errors import UserError

_BATCH = 1_000
_SHOWN_ROWS = 200


def query(corpus: Corpus, sql: str, form: str = "table", out: IO[str] | None = None) -> None:
    """Run one SELECT and print it as `table`, `csv` or `json` (one object a line)."""
    out = out or sys.stdout
    connection = views(corpus)
    try:
        if form == "table":
            relation = connection.sql(sql)
            if relation is not None:
                print(str(relation.limit(_SHOWN_ROWS)), file=out)
        else:
            _rows(connection.execute(sql), form, out)
    except duckdb.Error as error:
        message = str(error).split("\n\n")[0].split("\nLINE")[0]
        raise UserError(f"query: {' '.join(message.split())}") from None


def _rows(cursor: duckdb.DuckDBPyConnection, form: str, out: IO[str]) -> None:
    names = [column[0] for column in cursor.description or []]
    writer = csv.writer(out, lineterminator="\n")
    if form == "csv":
        writer.writerow(names)
    while batch := cursor.fetchmany(_BATCH):
        for row in batch:
            if form == "csv":
                writer.writerow(row)
            else:
                record = dict(zip(names, row, strict=True))
                out.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")
