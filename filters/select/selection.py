"""The SQL of select: captions, policy, rules, leaks, duplicates, quotas, split, weights; no pixels.

Works on a DuckDB connection that has a view `extracted` (a stage's columns and `partition`), a table
`marks` (document_id, partition, reason, detail), and signatures as `pipelines` loads them. Leaves a
table `decided` (one row per row of `extracted`), and `near_pairs`, `leaks` and `compared`, by which
a report proves it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from filters.select.balance import balance
from filters.select.captions import caption_sql, quoted
from filters.select.compared_pictures import load_pictures
from filters.select.duplicate_texts import duplicate_texts
from filters.select.duplicates import exact_duplicates, near_duplicates
from filters.select.judging import judge, size_sql
from filters.select.keep_out import keep_out
from filters.select.marking import make_tables
from filters.select.mixing import split, weigh
from filters.select.policy import Policy
from filters.select.shard_plan import PlannedShard, cut, plan_shards

__all__ = [
    "PlannedShard",
    "Policy",
    "caption_sql",
    "cut",
    "decide",
    "plan_shards",
    "quoted",
    "size_sql",
]


def decide(
    connection: duckdb.DuckDBPyConnection,
    rules: Mapping[str, str],
    caption: Sequence[str],
    policy: Policy,
    scores: Sequence[str] = (),
) -> None:
    """Fill `decided`: partition, sample_id, drops, kept, duplicate_of, split, sampling_weight,
    curriculum, bytes."""
    make_tables(connection)
    judge(connection, rules, caption, policy, scores)
    pictures = load_pictures(connection) if policy.near_duplicates or policy.keep_out else None
    if policy.keep_out and pictures:
        keep_out(connection, list(policy.keep_out), pictures)
    exact_duplicates(connection, policy.exact_duplicates == "drop")
    if policy.near_duplicates and pictures:
        near_duplicates(connection, pictures, policy.near_duplicates)
    del pictures
    if policy.duplicate_texts:
        duplicate_texts(connection, policy.duplicate_texts)
    balance(connection, policy.balance)
    split(connection, policy)
    weigh(connection, policy.mix)
    connection.execute(_WINNERS_SQL)
    connection.execute(_decided_sql(policy))


# The winner of each duplicate; where that went behind another itself, the one that it went behind.
_WINNERS_SQL = """CREATE OR REPLACE TEMP TABLE winners AS
    WITH RECURSIVE chain AS (
        SELECT row, winner FROM twins
        UNION ALL
        SELECT c.row, t.winner FROM chain c JOIN twins t ON t.row = c.winner AND t.dropped)
    SELECT c.row, j.sample_id AS name FROM chain c JOIN judged j ON j.rowid = c.winner
    WHERE c.winner NOT IN (SELECT row FROM twins WHERE dropped)"""


_DOCUMENT_MARK = "{'stage': 'list', 'reason': j.document_mark, 'detail': j.document_detail}"


def _decided_sql(policy: Policy) -> str:
    curriculum = "j.curriculum" if policy.curriculum else "[]::VARCHAR[]"
    group_split = "split_of(j.group_id, s.split)"
    weight, weights = "1.0", ""
    if policy.mix:
        weight = f"CASE WHEN j.alive AND {group_split} = 'train' THEN w.weight END"
        weights = "LEFT JOIN weights w ON w.value = j.mixed_by"
    return f"""CREATE OR REPLACE TABLE decided AS
        SELECT j.partition, j.sample_id,
            CASE WHEN j.alive THEN [] WHEN j.aside THEN j.old_drops ELSE
                CASE WHEN j.set_aside THEN [] ELSE j.old_drops END
                || CASE WHEN j.document_mark = '' THEN [] ELSE [{_DOCUMENT_MARK}] END
                || coalesce(v.drops, [])
                || CASE WHEN g.row IS NULL THEN [] ELSE
                    [{{'stage': 'select', 'reason': g.reason, 'detail': left(g.detail, 500)}}] END
            END AS drops,
            j.alive AS kept,
            coalesce(t.name, '') AS duplicate_of,
            {group_split} AS split,
            coalesce({weight}, 1.0)::DOUBLE AS sampling_weight,
            {curriculum} AS curriculum,
            j.bytes
        FROM judged j LEFT JOIN splits s USING (group_id)
            LEFT JOIN verdicts v ON v.verdict = j.verdict AND v.licence = coalesce(j.licence, '')
            LEFT JOIN given g ON g.row = j.rowid
            LEFT JOIN winners t ON t.row = j.rowid {weights}"""
