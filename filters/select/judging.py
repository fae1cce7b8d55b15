"""The one scan of select over whole rows: captions, licence policy, rules, and what later steps need.

Leaves a table `judged` of lean columns, one row per row of `extracted`; its `rowid` is how later
steps name a row. `passed`: no mark from a stage, the list, policy or rules; `alive`: nor from a
later step so far; `aside`: a figure that its panels stand for. `verdict` has one letter per test
(`.` met, `x` failed, `?` unknown), and is empty where all are met: there are far fewer verdicts
than rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from filters.rules import samples_query
from filters.select.captions import caption_sql, quoted
from filters.select.policy import Policy
from schemas.licence import ATTRIBUTION, PERMISSIVE_CODES, USABLE_CODES

# Tar headers and padding of a record and a caption, and what select adds to the record.
_ROW_BYTES = 6_144
# The header and padding of a picture, and how much longer its place may become.
_PICTURE_BYTES = 1_152

# A whole figure that is dropped for its panels' sake alone.
_SET_ASIDE = "(len(s.drops) = 1 AND s.drops[1].stage = 'figures' AND s.drops[1].reason = 'split')"

# From the freest on. One that is not here is last.
_FREEDOM: Sequence[Sequence[str]] = (
    ("CC0", "public domain", "PDDL"),
    ("CC BY", ATTRIBUTION, *(code for code in PERMISSIVE_CODES if code != "PDDL")),
    ("CC BY-SA",),
    ("CC BY-ND",),
    ("CC BY-NC",),
    ("CC BY-NC-SA",),
    ("CC BY-NC-ND",),
)
# Lists of values; NULLs are left out with the second of two equal ones.
LIST_VALUES = {
    "concept": "list_transform(s.concepts, lambda c: CASE WHEN c.negated THEN NULL ELSE c.cui END)",
    "label": "list_transform(s.labels, lambda v: CASE WHEN v.value = 'present' THEN v.name END)",
}


@dataclass(frozen=True)
class Test:
    """A mark that select may give: `fails` is SQL, NULL where it cannot be told."""

    reason: str
    detail: str
    fails: str


def size_sql(row: str) -> str:
    """SQL for the bytes that a row of alias `row` takes in a shard, never too few.

    The caption comes twice: as a file, and in the record, of which `record_bytes` was taken without
    it.
    """
    pictures = f"list_transform({row}.images, lambda i: i.length + {_PICTURE_BYTES})"
    return f"""coalesce(list_sum({pictures}), 0)::BIGINT + {row}.record_bytes
                + strlen({row}.caption) + strlen(to_json({row}.caption)::VARCHAR) + {_ROW_BYTES}"""


def judge(
    connection: duckdb.DuckDBPyConnection,
    rules: Mapping[str, str],
    caption: Sequence[str],
    policy: Policy,
    scores: Sequence[str],
) -> None:
    """Fill `judged`, and `verdicts`: the drop marks that each verdict stands for."""
    connection.execute(
        f"""CREATE OR REPLACE VIEW captioned AS
        SELECT * REPLACE ({caption_sql(caption)} AS caption) FROM extracted"""
    )
    connection.execute(f"CREATE OR REPLACE VIEW samples AS {samples_query('captioned', scores)}")
    tests = [*_policy_tests(policy), *_rule_tests(rules)]
    # A subexpression that two of the recipe's have in common would be computed outside of TRY.
    connection.execute("SET disabled_optimizers = 'common_subexpressions'")
    connection.execute(_judged_sql(rules, tests, policy))
    connection.execute("RESET disabled_optimizers")
    for statement in _RETURN_SQL:
        connection.execute(statement)
    connection.execute(_verdicts_sql(tests))


def _policy_tests(policy: Policy) -> Iterator[Test]:
    open_licence = f"s.licence.code IN ({', '.join(quoted(code) for code in USABLE_CODES)})"
    if policy.unknown_licence == "drop":
        yield Test("licence", "licence", f"NOT coalesce({open_licence}, false)")
    if policy.no_derivatives == "drop":
        closed = f"coalesce({open_licence} AND NOT s.licence.derivatives, false)"
        yield Test("licence", "licence", closed)
    if policy.non_commercial == "drop":
        closed = f"coalesce({open_licence} AND NOT s.licence.commercial, false)"
        yield Test("licence", "licence", closed)
    if policy.retracted == "drop":
        yield Test(
            "retracted", "'the article is retracted'", "coalesce(s.licence.retracted, false)"
        )


def _rule_tests(rules: Mapping[str, str]) -> Iterator[Test]:
    for i, (name, condition) in enumerate(rules.items()):
        yield Test(name, quoted(" ".join(condition.split())), f"NOT s._rule_{i}")


def _judged_sql(rules: Mapping[str, str], tests: Sequence[Test], policy: Policy) -> str:
    """What only rows that pass need is computed for them alone."""
    marked = "m.reason IS NOT NULL"
    judged_at_all = f"(coalesce(len(s.drops), 0) = 0 OR {_SET_ASIDE}) AND NOT ({marked})"
    official = "CASE WHEN s.meta['dataset_split'] IN ('train', 'val', 'test') "
    official += "THEN s.meta['dataset_split'] END"
    passes = "coalesce(len(s.drops), 0) = 0 AND s.verdict = '' AND s.document_mark = ''"
    return f"""CREATE OR REPLACE TABLE judged AS
        SELECT s.partition, s.sample_id, s.document_id, s.group_id,
            length(s.caption) AS caption_length,
            coalesce(len(s.texts), 0) AS text_count,
            coalesce(s.meta['panel_text'], '') = 'whole' AS borrowed,
            coalesce(s.width::BIGINT * s.height, 0) AS area,
            {_freedom_sql()} AS freedom,
            {_SET_ASIDE} AS set_aside, {_SET_ASIDE} AS aside,
            CASE WHEN len(s.figure.box) > 0 THEN regexp_replace(s.sample_id, '/[^/]+$', '') END
                AS panel_of,
            coalesce(len(s.images), 0) AS pictures,
            CASE WHEN len(s.images) > 0 THEN
                md5_number(array_to_string(list_transform(s.images, lambda i: i.sha256), ' '))
            END AS pixels,
            {size_sql("s")} AS bytes,
            {official if policy.official else "NULL::VARCHAR"} AS official,
            coalesce(s.drops, []) AS old_drops,
            s.document_mark, s.document_detail,
            s.licence.code AS licence, s.verdict,
            {passes} AS passed, {passes} AS alive
            {_chosen_columns(policy)}
        FROM (
            SELECT s.*, coalesce(m.reason, '') AS document_mark,
                coalesce(m.detail, '') AS document_detail,
                CASE WHEN {judged_at_all} THEN {_verdict_sql(tests)} ELSE '' END AS verdict
            FROM (SELECT *{_user_columns(rules, policy)} FROM samples) s
                LEFT JOIN marks m USING (document_id, partition)) s"""


def _verdict_sql(tests: Sequence[Test]) -> str:
    """One letter per test, or '' where all are met."""
    if not tests:
        return "''"
    met = " AND ".join(f"coalesce(NOT ({test.fails}), false)" for test in tests)
    letters = ", ".join(
        f"CASE WHEN ({test.fails}) THEN 'x' WHEN ({test.fails}) IS NULL THEN '?' ELSE '.' END"
        for test in tests
    )
    return f"CASE WHEN {met} THEN '' ELSE concat({letters}) END"


def _user_columns(rules: Mapping[str, str], policy: Policy) -> str:
    """The recipe's own expressions; what cannot be computed for a row is NULL for it."""
    columns = [(f"_rule_{i}", sql) for i, sql in enumerate(rules.values())]
    columns += [(f"_hold_{i}", sql) for i, sql in enumerate(policy.hold_out.values())]
    columns += [(f"_stage_{i}", sql) for i, sql in enumerate(policy.curriculum.values())]
    for i, balance in enumerate(policy.balance):
        if balance.by not in LIST_VALUES:
            columns.append((f"_by_{i}", balance.by))
        if balance.where:
            columns.append((f"_where_{i}", balance.where))
    if policy.mix:
        columns.append(("_mix", policy.mix.by))
    return "".join(f", TRY(({sql}\n)) AS {name}" for name, sql in columns)


def _chosen_columns(policy: Policy) -> str:
    """What balance, hold_out, curriculum and mix are decided by, as lean columns."""
    columns = []
    for i, balance in enumerate(policy.balance):
        values = LIST_VALUES.get(balance.by)
        value = f"list_distinct({values})" if values else f"s._by_{i}::VARCHAR"
        where = f"s.verdict = '' AND {f's._where_{i}' if balance.where else 'true'}"
        columns.append((f"CASE WHEN {where} THEN {value} END", f"by_{i}"))
    if policy.hold_out:
        held = " OR ".join(f"coalesce(s._hold_{i}, false)" for i in range(len(policy.hold_out)))
        columns.append((held, "held_out"))
    if policy.curriculum:
        names = ", ".join(
            f"CASE WHEN s._stage_{i} THEN {quoted(name)} END"
            for i, name in enumerate(policy.curriculum)
        )
        columns.append((f"list_filter([{names}], lambda n: n IS NOT NULL)", "curriculum"))
    if policy.duplicate_texts:
        own = "lambda t: t.kind = 'label_caption' AND t.text = s.caption"
        columns.append((f"coalesce(len(list_filter(s.texts, {own})), 0) > 0", "made"))
    if policy.mix:
        columns.append(("coalesce(s._mix::VARCHAR, '')", "mixed_by"))
    return "".join(f", {sql} AS {name}" for sql, name in columns)


# Never worse than whole: where no panel passes, the figure itself stands in for them.
_RETURN_SQL = (
    """CREATE OR REPLACE TABLE returned AS SELECT a.rowid AS row FROM judged a
        WHERE a.set_aside AND NOT EXISTS (SELECT 1 FROM judged p WHERE p.panel_of IS NOT NULL
            AND p.passed AND p.partition = a.partition AND p.panel_of = a.sample_id)""",
    # Scalars only: a row whose list is updated gets another number.
    """UPDATE judged SET aside = false, passed = (document_mark = '' AND verdict = ''),
        alive = (document_mark = '' AND verdict = '')
        WHERE rowid IN (SELECT row FROM returned)""",
)


def _verdicts_sql(tests: Sequence[Test]) -> str:
    """`verdicts`: the marks of each verdict, whose licence is said where that is what failed."""
    marks = ", ".join(
        f"""CASE WHEN verdict[{i}] != '.' THEN {
            _drop(
                "select",
                quoted(test.reason),
                f"CASE WHEN verdict[{i}] = '?' THEN 'unknown: ' ELSE '' END || {test.detail}",
            )
        } END"""
        for i, test in enumerate(tests, 1)
    )
    marks = f"list_filter([{marks}], lambda d: d IS NOT NULL)" if tests else "old_drops"
    return f"""CREATE OR REPLACE TABLE verdicts AS
        SELECT verdict, licence, {marks} AS drops
        FROM (SELECT DISTINCT verdict, coalesce(licence, '') AS licence, [] AS old_drops
              FROM judged WHERE verdict != '')"""


def _freedom_sql() -> str:
    ranks = " ".join(
        f"WHEN s.licence.code IN ({', '.join(map(quoted, codes))}) THEN {i}"
        for i, codes in enumerate(_FREEDOM)
    )
    return f"(CASE {ranks} ELSE {len(_FREEDOM)} END)::UTINYINT"


def _drop(stage: str, reason: str, detail: str) -> str:
    return f"{{'stage': {quoted(stage)}, 'reason': {reason}, 'detail': {detail}}}"
