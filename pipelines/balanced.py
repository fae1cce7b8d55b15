"""What quotas, mix, training stages and held-out combinations did, by SQL with a recipe's options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from filters.options import Balance
from filters.rules import samples_query
from filters.select.judging import LIST_VALUES
from pipelines.part_views import score_names
from pipelines.recipe import Recipe

VALUES_SHOWN = 25

Table = list[tuple]


@dataclass(frozen=True)
class Quota:
    """One quota. `values`: (value, rows that reached the quotas, rows that stay), the greatest
    first; `others`: the same of all values that are not listed, and how many values these are."""

    options: Balance
    values: Table = field(default_factory=list)
    others: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class Balanced:
    """`mixed`: (value, training rows, weight of each, share of all, share as drawn). `stages`:
    (name, condition, kept rows, training rows). `held`: (name, condition, kept rows, test rows,
    rows in train or val)."""

    quotas: list[Quota] = field(default_factory=list)
    mixed: Table = field(default_factory=list)
    stages: Table = field(default_factory=list)
    held: Table = field(default_factory=list)


def balanced_of(connection: duckdb.DuckDBPyConnection, recipe: Recipe) -> Balanced:
    """The numbers of a connection's view `manifest`."""
    select = recipe.select
    if not (select.balance or select.mix or select.curriculum or select.hold_out):
        return Balanced()
    scores = sorted({*recipe.score_names, *score_names(connection, "manifest")})
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW judged_rows AS {samples_query('manifest', scores)}"
    )
    return Balanced(
        [_quota(connection, options) for options in select.balance],
        _mixed(connection, select.mix.by) if select.mix else [],
        _stages(connection, select.curriculum),
        _held(connection, select.hold_out),
    )


def _quota(connection: duckdb.DuckDBPyConnection, options: Balance) -> Quota:
    """Of each value the rows that stay, and with them those that the quotas dropped."""
    value = LIST_VALUES.get(options.by) or f"[(({options.by}\n))::VARCHAR]"
    where = f"coalesce(TRY(({options.where}\n)), false)" if options.where else "true"
    rows = connection.execute(
        f"""SELECT value, count(*) AS before, count(*) FILTER (kept) AS after FROM (
            SELECT kept, unnest(list_distinct(TRY({value}))) AS value FROM judged_rows s
            WHERE (kept OR drops[1].reason = 'balance') AND {where})
        WHERE value IS NOT NULL AND value != '' GROUP BY value ORDER BY before DESC, value"""
    ).fetchall()
    rest = rows[VALUES_SHOWN:]
    return Quota(
        options, rows[:VALUES_SHOWN], (len(rest), sum(r[1] for r in rest), sum(r[2] for r in rest))
    )


def _mixed(connection: duckdb.DuckDBPyConnection, by: str) -> Table:
    return connection.execute(
        f"""SELECT value, n, weight, n / sum(n) OVER (), drawn / nullif(sum(drawn) OVER (), 0)
        FROM (SELECT coalesce(TRY(({by}\n))::VARCHAR, '') AS value, count(*) AS n,
                  avg(sampling_weight) AS weight, sum(sampling_weight) AS drawn
              FROM judged_rows s WHERE kept AND split = 'train' GROUP BY value)
        ORDER BY n DESC, value LIMIT {VALUES_SHOWN}"""
    ).fetchall()


def _stages(connection: duckdb.DuckDBPyConnection, conditions: Mapping[str, str]) -> Table:
    """Each training stage, by name."""
    found = dict.fromkeys(sorted(conditions), (0, 0))
    for name, n, train in connection.execute(
        """SELECT stage, count(*), count(*) FILTER (split = 'train')
        FROM (SELECT split, unnest(curriculum) AS stage FROM manifest WHERE kept) GROUP BY stage"""
    ).fetchall():
        found[name] = (n, train)
    return [(name, conditions.get(name, ""), *counts) for name, counts in found.items()]


def _held(connection: duckdb.DuckDBPyConnection, conditions: Mapping[str, str]) -> Table:
    return [
        (
            name,
            condition,
            *connection.execute(
                f"""SELECT count(*), count(*) FILTER (split = 'test'),
                    count(*) FILTER (split != 'test')
                FROM judged_rows s WHERE kept AND coalesce(TRY(({condition}\n)), false)"""
            ).fetchall()[0],
        )
        for name, condition in sorted(conditions.items())
    ]
