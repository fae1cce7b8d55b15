"""The marks that later steps of select give, by the row numbers of `judged`, and why.

`given`: one mark a row and step (`row`, `reason`, `detail`). `twins`: the row that a row is a
duplicate of (`row`, `winner`, both numbers, and whether that drops it); one at most for a row.
`near_pairs`, `leaks` and `compared` are what a report proves the steps by.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

_TABLES = {
    "given": "row BIGINT, reason VARCHAR, detail VARCHAR",
    "twins": "row BIGINT, winner BIGINT, dropped BOOLEAN",
    "near_pairs": "sample_id VARCHAR, partition INTEGER, winner VARCHAR, distance DOUBLE, how VARCHAR",
    "leaks": "partition INTEGER, sample_id VARCHAR, set VARCHAR, item VARCHAR, kind VARCHAR, "
    "distance DOUBLE, how VARCHAR, direct BOOLEAN",
    "compared": "what VARCHAR, n BIGINT",
}


def make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty tables for a new decision."""
    for name, columns in _TABLES.items():
        connection.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")


def give(connection: duckdb.DuckDBPyConnection, marks: str) -> None:
    """Mark the alive rows of a query (row, reason, detail); they are dropped from here on."""
    before = _count(connection, "given")
    connection.execute(
        f"""INSERT INTO given SELECT g.row, any_value(g.reason), min(g.detail) FROM ({marks}) g
        JOIN judged j ON j.rowid = g.row WHERE j.alive GROUP BY g.row"""
    )
    if _count(connection, "given") > before:
        connection.execute(
            "UPDATE judged SET alive = false WHERE alive AND rowid IN (SELECT row FROM given)"
        )


def pair_up(connection: duckdb.DuckDBPyConnection, pairs: str, dropped: bool) -> None:
    """Note the winners of a query (row, winner) in `twins`, for rows that have none."""
    connection.execute(
        f"""INSERT INTO twins SELECT row, winner, {dropped} FROM ({pairs})
        WHERE row NOT IN (SELECT row FROM twins)"""
    )


def count_compared(connection: duckdb.DuckDBPyConnection, what: str, n: int) -> None:
    """Note how many things a step has looked at."""
    connection.execute("INSERT INTO compared VALUES (?, ?)", [what, int(n)])


def as_table(columns: Mapping[str, Any]) -> pa.Table:
    """Columns of numbers or texts as a table that a query can name."""
    return pa.table({k: v if isinstance(v, pa.Array) else pa.array(v) for k, v in columns.items()})


def numbers(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, np.ndarray]:
    """The columns of a query, none of whose values is NULL, as arrays."""
    table = connection.sql(query).to_arrow_table()
    return {name: table[name].to_numpy() for name in table.column_names}


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.sql(f"SELECT count(*) FROM {table}").fetchall()[0][0])
