"""Splits, and how often rows are drawn: groups to train, val and test, weights by a mix.

A group's split is test where one of its rows that stay is held out, else its dataset's own, else
where the hash of its id falls. Groups with rows that are marked as each other's duplicates and stay
go together, as one group named as the first of them.
"""

from __future__ import annotations

import math

import duckdb

from filters.options import Mix
from filters.select.policy import Policy

_MD5_PART = 2**48


def split(connection: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Fill `splits` (group_id, split): only of groups whose split is not that of their own hash.

    And the macro `split_of(group_id, found)`, which gives any group's.
    """
    place = _hash_split("id", policy)
    connection.execute(
        f"CREATE OR REPLACE TEMP MACRO split_of(id, found) AS coalesce(found, {place})"
    )
    held = "UNION ALL SELECT group_id, 'test' FROM judged WHERE alive AND held_out"
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE own_splits AS
        SELECT group_id, min(CASE split WHEN 'test' THEN 0 WHEN 'val' THEN 1 ELSE 2 END) AS rank
        FROM (SELECT group_id, official AS split FROM judged WHERE official IS NOT NULL
              {held if policy.hold_out else ""}) GROUP BY group_id"""
    )
    _join_groups(connection)
    connection.execute(
        """CREATE OR REPLACE TABLE splits AS
        WITH members AS (
            SELECT coalesce(g.first, o.group_id) AS first, o.rank
            FROM own_splits o LEFT JOIN joined_groups g USING (group_id)),
        ranks AS (SELECT first, min(rank) AS rank FROM members GROUP BY first)
        SELECT coalesce(g.group_id, r.first) AS group_id,
            CASE r.rank WHEN 0 THEN 'test' WHEN 1 THEN 'val' WHEN 2 THEN 'train' END AS split
        FROM ranks r LEFT JOIN joined_groups g ON g.first = r.first
        UNION ALL
        SELECT g.group_id, split_of(g.first, NULL) FROM joined_groups g
        WHERE g.first NOT IN (SELECT first FROM ranks)"""
    )


def _join_groups(connection: duckdb.DuckDBPyConnection) -> None:
    """`joined_groups` (group_id, first): groups that marked duplicates, which stay, tie together."""
    ties = connection.sql(
        """SELECT DISTINCT a.group_id, b.group_id FROM twins t
        JOIN judged a ON a.rowid = t.row JOIN judged b ON b.rowid = t.winner
        WHERE NOT t.dropped AND a.alive AND b.alive AND a.group_id != b.group_id"""
    ).fetchall()
    first: dict[str, str] = {}

    def root(group: str) -> str:
        while first.setdefault(group, group) != group:
            first[group] = group = first[first[group]]
        return group

    for a, b in ties:
        low, high = sorted((root(a), root(b)))
        first[high] = low
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE joined_groups (group_id VARCHAR, first VARCHAR)"
    )
    if first:
        pairs = [(group, root(group)) for group in sorted(first)]
        connection.executemany("INSERT INTO joined_groups VALUES (?, ?)", pairs)


def _hash_split(group: str, policy: Policy) -> str:
    """SQL for the split that a group's hash gives: its first 48 bits as a share of 1."""
    test = _below(group, policy.test)
    val = _below(group, policy.test + policy.val)
    return f"CASE WHEN {test} THEN 'test' WHEN {val} THEN 'val' ELSE 'train' END"


def _below(group: str, share: float) -> str:
    bound = math.ceil(share * _MD5_PART)
    if bound <= 0 or bound >= _MD5_PART:
        return "true" if bound > 0 else "false"
    return f"md5({group}) < '{bound:012x}'"  # equal digits: text and number have one order


def weigh(connection: duckdb.DuckDBPyConnection, mix: Mix | None) -> None:
    """Fill `weights` (value, weight), of the values of kept training rows.

    `shares`: each named value is drawn in proportion to its share, others never. Where no row has a
    named value, all weigh 1.
    """
    connection.execute("CREATE OR REPLACE TABLE weights (value VARCHAR, weight DOUBLE)")
    if mix is None:
        return
    counts = connection.sql(
        """SELECT j.mixed_by, count(*) FROM judged j LEFT JOIN splits s USING (group_id)
        WHERE j.alive AND split_of(j.group_id, s.split) = 'train' GROUP BY 1 ORDER BY 1"""
    ).fetchall()
    weights = mixed(mix, dict(counts))
    if weights:
        connection.executemany("INSERT INTO weights VALUES (?, ?)", sorted(weights.items()))


def mixed(mix: Mix, counts: dict[str, int]) -> dict[str, float]:
    """The weight of a row of each value, 1 on average over all rows."""
    if mix.shares:
        raw = {v: mix.shares.get(v, 0.0) / n for v, n in counts.items()}
    else:
        most = max(counts.values(), default=1)
        raw = {v: min((most / n) ** mix.inverse, mix.cap) for v, n in counts.items()}
    whole = math.fsum(raw[v] * n for v, n in counts.items())
    scale = sum(counts.values()) / whole if whole else 0.0
    return {v: w * scale if scale else 1.0 for v, w in raw.items()}
