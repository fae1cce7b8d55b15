"""The SQL of select: policy, rules, exact duplicates, split and shard plan, on lean columns.

Works on a DuckDB connection that has a view `extracted` (manifest columns and `partition`) and
a table `marks` (document_id, partition, reason, detail). Leaves a table `decided` (one row per
row of `extracted`) and gives the shard plan. Touches no pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np

from filters.options import Balance, DuplicateTexts, KeepOut, Mix, NearDuplicates
from filters.rules import samples_query
from schemas.licence import USABLE_CODES

_DROP = "{{'stage': '{stage}', 'reason': {reason}, 'detail': {detail}}}"
# Header blocks of three members, and JSON punctuation: what a sample takes beyond its contents.
_OVERHEAD_BYTES = 6_144


@dataclass(frozen=True)
class Policy:
    """The choices of `select:` beside its rules.

    `curriculum` maps training stages to SQL of their rows; `hold_out` names combinations, SQL each,
    whose groups are test.
    """

    no_derivatives: str = "drop"
    non_commercial: str = "keep"
    unknown_licence: str = "drop"
    retracted: str = "drop"
    exact_duplicates: str = "drop"
    val: float = 0.0
    test: float = 0.0
    official: bool = True
    near_duplicates: NearDuplicates | None = None
    duplicate_texts: DuplicateTexts | None = None
    keep_out: Sequence[KeepOut] = ()
    balance: Sequence[Balance] = ()
    mix: Mix | None = None
    curriculum: Mapping[str, str] = field(default_factory=dict)
    hold_out: Mapping[str, str] = field(default_factory=dict)


def caption_sql(preference: Sequence[str]) -> str:
    """SQL for the first text that a preference finds, else ''.

    An entry is `kind` or `kind:language`, or several joined by `+`: the first of these must be
    there, the others follow it where they are. Of one kind, a text that a model wrote comes before
    others where it was found faithful, and is passed over where it was not.
    """
    choices = []
    for entry in preference:
        first, *others = (_text_sql(part) for part in entry.split("+"))
        whole = f"concat_ws(' ', {', '.join([first, *others])})"
        choices.append(f"CASE WHEN {first} IS NOT NULL THEN {whole} END" if others else first)
    return f"coalesce({', '.join([*choices, quoted('')])})"


def _text_sql(entry: str) -> str:
    """SQL for the first text of a `kind` or `kind:language`, NULL where there is none."""
    kind, _, language = entry.partition(":")
    condition = f"t.kind = {quoted(kind)}"
    if language:
        condition += f" AND t.language = {quoted(language)}"
    firsts = [
        f"list_filter(texts, lambda t: {condition} AND {held})[1].text"
        for held in ("coalesce(t.faithful, false)", "t.faithful IS NULL")
    ]
    return f"coalesce({', '.join(firsts)})"


def size_sql(row: str) -> str:
    """SQL for the bytes that a row of alias `row` takes in a shard, never too few."""
    return f"""coalesce(list_sum(list_transform({row}.images, lambda i: i.length)), 0)::BIGINT
                + octet_length(encode(to_json({row})::VARCHAR))
                + octet_length(encode({row}.caption)) + {_OVERHEAD_BYTES}"""


def decide(
    connection: duckdb.DuckDBPyConnection,
    rules: Mapping[str, str],
    caption: Sequence[str],
    policy: Policy,
    scores: Sequence[str] = (),
) -> None:
    """Fill `decided`: partition, sample_id, drops, kept, duplicate_of, split."""
    connection.execute(
        f"""CREATE OR REPLACE VIEW captioned AS
        SELECT * REPLACE ({caption_sql(caption)} AS caption) FROM extracted"""
    )
    connection.execute(f"CREATE OR REPLACE VIEW samples AS {samples_query('captioned', scores)}")
    connection.execute(_judged_sql(rules, policy))
    for statement in _SPLIT_SQL:
        connection.execute(statement)
    connection.execute(_duplicates_sql(policy))
    connection.execute(_official_sql(policy))
    connection.execute(_decided_sql(policy))


def _judged_sql(rules: Mapping[str, str], policy: Policy) -> str:
    """One scan: each row with the marks that policy and rules give it."""
    alive = f"(len(s.drops) = 0 OR {_SET_ASIDE}) AND m.reason IS NULL"
    tests = [
        _mark("licence", "s.licence.code", condition) for condition in _licence_conditions(policy)
    ]
    if policy.retracted == "drop":
        tests.append(_mark("retracted", "'the article is retracted'", "s.licence.retracted"))
    verdicts = ""
    for i, (name, condition) in enumerate(rules.items()):
        verdicts += f", ({condition}\n) AS _rule_{i}"
        bare = quoted(" ".join(condition.split()))
        detail = f"CASE WHEN s._rule_{i} IS NULL THEN 'unknown: ' ELSE '' END || {bare}"
        tests.append(_mark(name, detail, f"NOT coalesce(s._rule_{i}, false)"))
    marks = f"list_filter([{', '.join(tests)}], lambda d: d IS NOT NULL)" if tests else "[]"
    document_mark = _DROP.format(stage="list", reason="m.reason", detail="m.detail")
    return f"""CREATE OR REPLACE TABLE judged AS
        SELECT s.partition, s.sample_id, s.document_id, s.group_id,
            length(s.caption) AS caption_length,
            len(s.texts) AS text_count,
            coalesce(s.meta['panel_text'], '') = 'whole' AS borrowed,
            {_SET_ASIDE} AS set_aside,
            CASE WHEN len(s.figure.box) > 0 THEN regexp_replace(s.sample_id, '/[^/]+$', '') END
                AS panel_of,
            array_to_string(list_transform(s.images, lambda i: i.sha256), ' ') AS pixels,
            {size_sql("s")} AS bytes,
            s.drops AS old_drops,
            CASE WHEN m.reason IS NOT NULL THEN [{document_mark}] ELSE [] END
            || CASE WHEN {alive} THEN {marks} ELSE [] END AS new_drops
        FROM (SELECT *{verdicts} FROM samples) s LEFT JOIN marks m USING (document_id, partition)"""


# A whole figure that is dropped for its panels' sake alone.
_SET_ASIDE = "(len(s.drops) = 1 AND s.drops[1].stage = 'figures' AND s.drops[1].reason = 'split')"
# Never worse than whole: where no panel passes, the figure itself stands in for them.
_SPLIT_SQL = (
    """UPDATE judged SET old_drops = [] WHERE set_aside AND (partition, sample_id) NOT IN (
        SELECT (partition, panel_of) FROM judged
        WHERE panel_of IS NOT NULL AND len(old_drops) = 0 AND len(new_drops) = 0)""",
    "UPDATE judged SET new_drops = [] WHERE set_aside AND len(old_drops) > 0",
)


def _licence_conditions(policy: Policy) -> list[str]:
    open_licence = f"s.licence.code IN ({', '.join(quoted(code) for code in USABLE_CODES)})"
    conditions = []
    if policy.unknown_licence == "drop":
        conditions.append(f"NOT {open_licence}")
    if policy.no_derivatives == "drop":
        conditions.append(f"{open_licence} AND NOT s.licence.derivatives")
    if policy.non_commercial == "drop":
        conditions.append(f"{open_licence} AND NOT s.licence.commercial")
    return conditions


def _mark(reason: str, detail: str, condition: str) -> str:
    mark = _DROP.format(stage="select", reason=quoted(reason), detail=f"({detail})")
    return f"CASE WHEN {condition} THEN {mark} END"


def _duplicates_sql(policy: Policy) -> str:
    """Rows of the same pixels among those alive: all but the richest text, with the winner.

    A panel whose caption is that of its whole figure stands behind one with words of its own.
    """
    wanted = "true" if policy.exact_duplicates == "drop" else "false"
    return f"""CREATE OR REPLACE TABLE duplicates AS
        SELECT sample_id, partition, winner FROM (
            SELECT sample_id, partition, first_value(sample_id) OVER (
                PARTITION BY pixels
                ORDER BY borrowed, caption_length DESC, text_count DESC, sample_id
            ) AS winner
            FROM judged
            WHERE {wanted} AND pixels != '' AND len(old_drops) = 0 AND len(new_drops) = 0
        ) WHERE winner != sample_id"""


def _official_sql(policy: Policy) -> str:
    """The split of each group that its dataset gives one; test before val before train."""
    wanted = "true" if policy.official else "false"
    split = "meta['dataset_split']"
    return f"""CREATE OR REPLACE TABLE official AS
        SELECT group_id, CASE WHEN bool_or({split} = 'test') THEN 'test'
            WHEN bool_or({split} = 'val') THEN 'val' ELSE 'train' END AS split
        FROM samples WHERE {wanted} AND {split} IN ('train', 'val', 'test') GROUP BY group_id"""


def _decided_sql(policy: Policy) -> str:
    """A group's split is its dataset's own, or where the hash of its id falls in [0, 1)."""
    place = "(('0x' || substr(md5(j.group_id), 1, 12))::UBIGINT / 281474976710656.0)"
    duplicate = _DROP.format(
        stage="select", reason=quoted("duplicate"), detail="'same picture as ' || d.winner"
    )
    return f"""CREATE OR REPLACE TABLE decided AS
        SELECT j.partition, j.sample_id,
            j.old_drops || j.new_drops
                || CASE WHEN d.winner IS NOT NULL THEN [{duplicate}] ELSE [] END AS drops,
            len(j.old_drops) + len(j.new_drops) = 0 AND d.winner IS NULL AS kept,
            coalesce(d.winner, '') AS duplicate_of,
            CASE WHEN o.split IS NOT NULL THEN o.split
                 WHEN {place} < {policy.test!r} THEN 'test'
                 WHEN {place} < {policy.test + policy.val!r} THEN 'val' ELSE 'train' END AS split,
            j.bytes
        FROM judged j LEFT JOIN duplicates d USING (partition, sample_id)
            LEFT JOIN official o USING (group_id)"""


@dataclass(frozen=True)
class PlannedShard:
    """A run of kept rows in (split, partition, sample_id) order."""

    name: str
    samples: int
    first_partition: int
    last_partition: int


def plan_shards(
    connection: duckdb.DuckDBPyConnection, max_samples: int, max_bytes: int
) -> list[PlannedShard]:
    """Cut the kept rows into shards, greedily, and set `shard` in a table `placed`."""
    connection.execute(
        """CREATE OR REPLACE TABLE queue AS
        SELECT partition, sample_id, split, bytes,
               row_number() OVER (PARTITION BY split ORDER BY partition, sample_id) - 1 AS place
        FROM decided WHERE kept"""
    )
    shards: list[PlannedShard] = []
    connection.execute(
        "CREATE OR REPLACE TABLE cuts (split VARCHAR, start BIGINT, stop BIGINT, shard VARCHAR)"
    )
    for (split,) in connection.execute(
        "SELECT DISTINCT split FROM queue ORDER BY split"
    ).fetchall():
        rows = connection.sql(
            "SELECT bytes, partition FROM queue WHERE split = ? ORDER BY place", params=[split]
        ).to_arrow_table()
        sizes, partitions = rows["bytes"].to_numpy(), rows["partition"].to_numpy()
        for number, (start, stop) in enumerate(cut(sizes, max_samples, max_bytes)):
            name = f"{split}-{number:06d}"
            shards.append(
                PlannedShard(name, stop - start, int(partitions[start]), int(partitions[stop - 1]))
            )
            connection.execute("INSERT INTO cuts VALUES (?, ?, ?, ?)", [split, start, stop, name])
    connection.execute(
        """CREATE OR REPLACE TABLE placed AS
        SELECT q.partition, q.sample_id, c.shard FROM queue q
        JOIN cuts c ON q.split = c.split AND q.place >= c.start AND q.place < c.stop"""
    )
    return shards


def cut(sizes: np.ndarray, max_samples: int, max_bytes: int) -> list[tuple[int, int]]:
    """Greedy `[start, stop)` runs of at most `max_samples` items and `max_bytes` in sum.

    An item larger than `max_bytes` stands alone.
    """
    ends = np.cumsum(np.asarray(sizes, dtype=np.int64))
    runs, start = [], 0
    while start < len(ends):
        before = int(ends[start - 1]) if start else 0
        stop = int(np.searchsorted(ends, before + max_bytes, side="right"))
        stop = max(start + 1, min(stop, start + max_samples, len(ends)))
        runs.append((start, stop))
        start = stop
    return runs


def quoted(value: str) -> str:
    """A SQL text literal."""
    return "'" + value.replace("'", "''") + "'"
