"""What models wrote, counted by SQL over a manifest: by task and writer, and by what was found."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

Table = list[tuple]

# Every text and question that a model wrote, or added a reason to; not those of fixed rules. What
# was added to another's question is `reason/1-3fa2b1c0 by MODEL` in its prompt.
_PROMPTED = """
    SELECT m.writer AS writer, m.faithful AS faithful, m.reasons AS reasons,
        unnest(string_split(m.prompt, '; ')) AS part
    FROM (SELECT unnest({column}) AS m FROM manifest WHERE kept)
    WHERE m.faithful IS NOT NULL OR contains(m.prompt, ' by ')"""
MADE = f"""
    SELECT split_part(part, '/', 1) AS task, split_part(part, ' by ', 1) AS prompt, reasons,
        CASE WHEN contains(part, ' by ') THEN split_part(part, ' by ', 2) ELSE writer END AS writer,
        coalesce(faithful, true) AS faithful
    FROM ({_PROMPTED.format(column="texts")} UNION ALL {_PROMPTED.format(column="questions")})"""
_TASKS = f"""
    SELECT task, writer, count(*) AS n,
        count(*) FILTER (faithful AND len(reasons) = 0) AS well,
        count(*) FILTER (faithful AND len(reasons) > 0) AS flagged,
        count(*) FILTER (NOT faithful) AS rejected
    FROM ({MADE}) GROUP BY task, writer ORDER BY task, writer"""
_REASONS = f"""
    SELECT task, split_part(reason, ':', 1) AS reason, count(*) FILTER (NOT faithful) AS rejected,
        count(*) FILTER (faithful) AS flagged
    FROM (SELECT task, faithful, unnest(reasons) AS reason FROM ({MADE}))
    GROUP BY 1, 2 ORDER BY rejected DESC, flagged DESC, 1, 2"""
_PROMPTS = f"SELECT DISTINCT prompt, writer FROM ({MADE}) ORDER BY prompt, writer"


@dataclass(frozen=True)
class Written:
    """Counts over kept rows; all empty where no model wrote anything.

    `tasks`: (task, writer, items, well, flagged, rejected). `reasons`: (task, reason, items
    rejected with it, items flagged). `prompts`: (prompt id, writer).
    """

    tasks: Table = field(default_factory=list)
    reasons: Table = field(default_factory=list)
    prompts: Table = field(default_factory=list)

    def counts(self) -> dict[str, object]:
        """What corpus.json carries of it; nothing where there is nothing."""
        by_task: dict[str, dict[str, int]] = {}
        for task, _, n, well, flagged, rejected in self.tasks:
            sums = by_task.setdefault(
                task, dict.fromkeys(("items", "well", "flagged", "rejected"), 0)
            )
            for name, value in zip(sums, (n, well, flagged, rejected), strict=True):
                sums[name] += value
        return {"written": by_task} if by_task else {}


def written_of(connection: duckdb.DuckDBPyConnection) -> Written:
    """The numbers of a connection's view `manifest`."""
    tasks = connection.execute(_TASKS).fetchall()
    if not tasks:
        return Written()
    return Written(
        tasks,
        connection.execute(_REASONS).fetchall(),
        connection.execute(_PROMPTS).fetchall(),
    )
