"""Quotas: at most so many rows of each value, those whose ids have the smallest hashes.

The order is that of the MD5 of `sample_id` read as a number, low bytes first, then of `sample_id`:
the same in every run, and rows that come or go elsewhere do not change it.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from filters.options import Balance
from filters.select.captions import quoted
from filters.select.judging import LIST_VALUES
from filters.select.marking import give

# Of a value with many more rows than its quota only this multiple of the expected share is ranked.
_MARGIN = 1.5
_SURE = 200


def balance(connection: duckdb.DuckDBPyConnection, quotas: Sequence[Balance]) -> None:
    """Apply the quotas, one after another, to the rows that are still alive."""
    for place, quota in enumerate(quotas):
        _apply(connection, place, quota)


def _apply(connection: duckdb.DuckDBPyConnection, place: int, quota: Balance) -> None:
    column = f"by_{place}"
    value = f"unnest({column})" if quota.by in LIST_VALUES else column
    connection.execute(
        f"""CREATE OR REPLACE TEMP VIEW valued AS SELECT * FROM (
            SELECT rowid AS row, {value} AS value, sample_id FROM judged WHERE alive
        ) WHERE value IS NOT NULL AND value != ''"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE full_values AS
        SELECT value, count(*) AS n FROM valued GROUP BY value HAVING n > {quota.most}"""
    )
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE ranked AS SELECT row, value, n,
            row_number() OVER (
                PARTITION BY value ORDER BY md5_number(sample_id), sample_id, row) AS place
        FROM valued JOIN full_values USING (value)"""
    )
    word = quoted(quota.by if quota.by in LIST_VALUES else " ".join(quota.by.split()))
    give(
        connection,
        f"""SELECT row, 'balance' AS reason, {word} || ' ' || first(value ORDER BY value) || ': '
            || format('{{:,}} of {{:,}} rows stay', {quota.most}, first(n ORDER BY value)) AS detail
        FROM ranked r WHERE row NOT IN (SELECT row FROM ranked WHERE place <= {quota.most})
        {_no_other_value(quota)} GROUP BY row""",
    )


def _no_other_value(quota: Balance) -> str:
    """A row with a value that is not full stays."""
    if quota.by not in LIST_VALUES:
        return ""
    return """AND row NOT IN (
        SELECT row FROM valued WHERE value NOT IN (SELECT value FROM full_values))"""
