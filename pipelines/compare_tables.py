"""Two corpora side by side in DuckDB: one row for each sample id that either has, and counts.

Only ids, decisions and a hash of each caption are joined; they may spill to disk. Python sees
counts and the few rows that are shown.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from dataclasses import dataclass, field

import duckdb

from pipelines import layout
from pipelines.corpus import Corpus
from pipelines.part_views import connect, view_of_parts

Table = list[tuple]

NOT_THERE = "not there"
_MOST_REASONS = 200
_MOST_VALUES = 40
_MOST_MEMORY_MB = 4_000

_SHARES = {
    "split": "split",
    "source": "source",
    "modality": "modality",
    "licence": "licence.code",
    "body_part": "body_part",
}

# A document that was listed again has rows in two partitions: the kept one counts, else the newest.
_LEAN = """CREATE TABLE lean_{side} AS
    SELECT sample_id, max(kept) AS kept,
        arg_max({{'why': CASE WHEN kept THEN '' ELSE drops[1].stage || ': ' || drops[1].reason END,
                  'split': split, 'caption': hash(caption), 'partition': partition}},
                (kept, partition)) AS it
    FROM manifest_{side} GROUP BY sample_id"""
_BOTH = f"""CREATE TABLE compared AS
    SELECT sample_id, coalesce(a.kept, false) AS kept_a, coalesce(b.kept, false) AS kept_b,
        coalesce(a.it.why, '{NOT_THERE}') AS why_a, coalesce(b.it.why, '{NOT_THERE}') AS why_b,
        a.it.split AS split_a, b.it.split AS split_b,
        a.it.partition AS partition_a, b.it.partition AS partition_b,
        a.it.caption IS DISTINCT FROM b.it.caption AS caption_differs
    FROM lean_a a FULL JOIN lean_b b USING (sample_id)"""

_NUMBERS = f"""SELECT
    count(*) FILTER (why_b = '{NOT_THERE}'), count(*) FILTER (why_a = '{NOT_THERE}'),
    count(*) FILTER (why_a != '{NOT_THERE}' AND why_b != '{NOT_THERE}'),
    count(*) FILTER (kept_a AND kept_b), count(*) FILTER (kept_a AND NOT kept_b),
    count(*) FILTER (kept_b AND NOT kept_a),
    count(*) FILTER (kept_a AND kept_b AND caption_differs),
    count(*) FILTER (kept_a AND kept_b AND split_a != split_b)
    FROM compared"""
_LOST = """SELECT why_{other} AS why, count(*) AS n FROM compared
    WHERE kept_{side} AND NOT kept_{other} GROUP BY why ORDER BY n DESC, why LIMIT ?"""
_OTHERWISE = f"""SELECT why_a, why_b, count(*) AS n FROM compared
    WHERE NOT kept_a AND NOT kept_b AND why_a != why_b
        AND why_a != '{NOT_THERE}' AND why_b != '{NOT_THERE}'
    GROUP BY ALL ORDER BY n DESC, why_a, why_b LIMIT ?"""
_MOVED = """SELECT split_a, split_b, count(*) AS n FROM compared
    WHERE kept_a AND kept_b AND split_a != split_b GROUP BY ALL ORDER BY n DESC, split_a, split_b"""
_SHARE = """SELECT value, coalesce(a.n, 0) AS in_a, coalesce(b.n, 0) AS in_b FROM
    (SELECT coalesce({value}, '') AS value, count(*) AS n FROM manifest_a WHERE kept GROUP BY ALL) a
    FULL JOIN
    (SELECT coalesce({value}, '') AS value, count(*) AS n FROM manifest_b WHERE kept GROUP BY ALL) b
    USING (value) ORDER BY in_a + in_b DESC, value LIMIT ?"""


@dataclass(frozen=True)
class Difference:
    """What differs. Tables are sorted by count; `only_a_kept` are `(reason in B, rows)`.

    `shares` has, by column, `(value, kept rows in A, kept rows in B)`.
    """

    rows_only_a: int
    rows_only_b: int
    rows_both: int
    kept_both: int
    kept_only_a: int
    kept_only_b: int
    captions_changed: int
    splits_changed: int
    only_a_kept: Table = field(default_factory=list)
    only_b_kept: Table = field(default_factory=list)
    dropped_otherwise: Table = field(default_factory=list)
    moved: Table = field(default_factory=list)
    shares: dict[str, Table] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether anything at all does, but for shares."""
        numbers = (self.rows_only_a, self.rows_only_b, self.kept_only_a, self.kept_only_b)
        others = (self.captions_changed, self.splits_changed, len(self.dropped_otherwise))
        return any((*numbers, *others))


def side_by_side(a: Corpus, b: Corpus) -> duckdb.DuckDBPyConnection:
    """A connection with the views `manifest_a`, `manifest_b` and the table `compared`: one row for
    each sample id, with what became of it in each."""
    folder = tempfile.TemporaryDirectory(prefix="fabrica-compare-")
    connection = connect(a.store, folder.name)
    weakref.finalize(connection, folder.cleanup)
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"SET memory_limit = '{_memory_mb()}MB'")
    for side, corpus in (("a", a), ("b", b)):
        parts = [layout.manifest_part(p) for p in range(corpus.partitions)]
        view_of_parts(connection, corpus.store, f"manifest_{side}", parts)
        connection.execute(_LEAN.format(side=side))
    connection.execute(_BOTH)
    connection.execute("DROP TABLE lean_a")
    connection.execute("DROP TABLE lean_b")
    return connection


def _memory_mb() -> int:
    """What DuckDB may hold before it spills, on a small machine less."""
    here = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 10**6
    return min(_MOST_MEMORY_MB, here // 2)


def difference(connection: duckdb.DuckDBPyConnection) -> Difference:
    """The counts of a connection of `side_by_side`."""
    (numbers,) = connection.execute(_NUMBERS).fetchall()

    def table(sql: str, most: int | None = None) -> Table:
        return connection.execute(sql, [most] if most else []).fetchall()

    only_a, only_b, both, kept_both, kept_a, kept_b, captions, splits = numbers
    return Difference(
        rows_only_a=only_a,
        rows_only_b=only_b,
        rows_both=both,
        kept_both=kept_both,
        kept_only_a=kept_a,
        kept_only_b=kept_b,
        captions_changed=captions,
        splits_changed=splits,
        only_a_kept=table(_LOST.format(side="a", other="b"), _MOST_REASONS),
        only_b_kept=table(_LOST.format(side="b", other="a"), _MOST_REASONS),
        dropped_otherwise=table(_OTHERWISE, _MOST_REASONS),
        moved=table(_MOVED),
        shares={n: table(_SHARE.format(value=v), _MOST_VALUES) for n, v in _SHARES.items()},
    )
