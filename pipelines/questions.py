"""questions: is any family of questions answered without the picture, and are its answers balanced?

A family is a task and a kind: presence/closed, class/single. For each, over kept rows, in SQL:

- how often the right option stands at each place, with a chi-squared test of equal shares;
- the share of yes; closed questions of ours that lack their twin; answers named in the question;
- the blind baseline: a model that reads only the text, fitted on four fifths of the groups
  (patients, documents) and tried on the rest. Closed and open questions: the commonest answer to
  the same words, else naive Bayes over the words (closed) or the task's commonest answer (open).
  Choices: the option most often right where offered, and the place most often right; ties go to
  the longest. Its accuracy stands beside chance, and for twins how often both are right.

A family that the baseline answers well above chance can be learnt without looking (DAVE; FunBench).
To hold a combination of technique, part of the body and task out of training (Med-MAT):

    SELECT sample_id, q.* FROM questions q JOIN samples USING (sample_id)
    WHERE kept AND NOT (modality = 'ct' AND body_part = 'chest' AND task = 'presence')

and, to see which can be held out so that each part is still seen elsewhere:

    WITH t AS (SELECT modality, body_part, task, count(*) AS n
        FROM questions JOIN samples USING (sample_id) WHERE kept GROUP BY ALL)
    SELECT * FROM t WHERE (SELECT count(*) FROM t u WHERE u.modality = t.modality) > 1
        AND (SELECT count(*) FROM t u WHERE u.body_part = t.body_part) > 1
        AND (SELECT count(*) FROM t u WHERE u.task = t.task) > 1 ORDER BY n DESC
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import duckdb

from filters.questions.blind import guess_blindly
from filters.questions.evenness import balance
from pipelines.corpus import open_corpus, views

_CLEARLY = 0.1  # the baseline answers a family where it is so far above chance, and surely so

# An answer is named in the question where all of its words stand there, and not all options do.
_NAMED = """
    contains(' ' || words || ' ', ' ' || trim(regexp_replace(lower({0}), '[^\\pL\\pN]+', ' ', 'g')) || ' ')"""
_YES = "('yes', 'sí', 'si', 'oui', 'ja', '是', '是的')"
_FAMILIES = f"""
    SELECT task, kind, count(*) AS questions, count(DISTINCT sample_id) AS samples,
        CASE kind WHEN 'open' THEN NULL WHEN 'multiple' THEN avg(1 / (2 ** n - 1))
            ELSE avg(1 / n) END AS chance,
        avg(guessed::INT) AS blind,
        CASE kind WHEN 'closed' THEN avg((lower(answer) IN {_YES})::INT) END AS yes,
        count(*) FILTER (kind != 'closed' AND answer != ''
            AND len(list_filter(rights, lambda r: {_NAMED.format("r")})) > 0
            AND (len(options) = 0 OR len(list_filter(options, lambda o: NOT {_NAMED.format("o")})) > 0)
        ) AS named
    FROM guesses GROUP BY task, kind ORDER BY task, kind"""
_PLACES = """
    SELECT task, kind, n, place, sum(is_right)::BIGINT AS m FROM offers GROUP BY ALL
    ORDER BY task, kind, n, place"""
_PAIRS = """
    WITH twins AS (SELECT task, kind, sample_id, pair, count(*) AS members,
            bool_and(guessed) AS solved, product(1 / n) AS chance
        FROM guesses WHERE kind = 'closed' AND pair != '' GROUP BY ALL)
    SELECT task, kind, count(*) AS pairs, avg(solved::INT) AS solved, avg(chance) AS chance
    FROM twins WHERE members = 2 GROUP BY ALL"""
_ALONE = """
    SELECT task, kind, count(*) FROM (SELECT task, kind, writer, answer,
            CASE WHEN pair = '' THEN 1 ELSE count(*) OVER (PARTITION BY sample_id, pair) END AS members
        FROM asked WHERE kind = 'closed')
    WHERE writer = 'fabrica' AND answer IN ('yes', 'no') AND members != 2 GROUP BY ALL"""


@dataclass(frozen=True)
class Family:
    """The questions of one task and kind. Shares are from 0 to 1; None where there is no such.

    `places` is the share of right answers at the first option, the second and so on, `places_p`
    how likely shares as uneven come by accident. `pair_*` are about twins both answered right.
    `alone` counts our closed questions without a twin, `named` answers named in their question.
    """

    task: str
    kind: str
    questions: int
    samples: int
    chance: float | None
    blind: float
    yes: float | None
    named: int
    places: tuple[float, ...] = ()
    places_p: float | None = None
    pairs: int = 0
    pair_blind: float | None = None
    pair_chance: float | None = None
    alone: int = 0

    @property
    def guessable(self) -> bool:
        """Whether the text alone answers it clearly and surely better than chance."""
        if self.chance is None:
            return False
        error = math.sqrt(self.chance * (1 - self.chance) / self.questions)
        return self.blind > self.chance + max(_CLEARLY, 3 * error)


def family_table(connection: duckdb.DuckDBPyConnection, relation: str = "samples") -> list[Family]:
    """All families of the kept rows of `relation`, by task and kind. Leaves its temporary tables."""
    guess_blindly(connection, relation)
    counts: dict[tuple[str, str], dict[int, dict[int, int]]] = {}
    for task, kind, n, place, m in connection.execute(_PLACES).fetchall():
        counts.setdefault((task, kind), {}).setdefault(n, {})[place] = m
    pairs = {(t, k): rest for t, k, *rest in connection.execute(_PAIRS).fetchall()}
    alone = {(t, k): n for t, k, n in connection.execute(_ALONE).fetchall()}
    families = []
    for task, kind, questions, samples, chance, blind, yes, named in connection.execute(
        _FAMILIES
    ).fetchall():
        key = (task, kind)
        twins, both, by_chance = pairs.get(key, (0, None, None))
        shares, p = balance(counts.get(key, {}))
        families.append(
            Family(
                task, kind, questions, samples, chance, blind, yes, named, shares, p,
                twins, both, by_chance, alone.get(key, 0),
            )
        )  # fmt: skip
    return families


HEAD = (
    "task", "kind", "questions", "chance", "blind", "yes", "places of the answer, %", "p",
    "pairs", "both, chance", "both, blind", "no twin", "named",
)  # fmt: skip


def cells(family: Family) -> tuple[str, ...]:
    """A family as the cells of a row under `HEAD`; what it cannot have is a point."""
    return (
        family.task or "(none)",
        family.kind,
        f"{family.questions:,}",
        _share(family.chance),
        _share(family.blind) + ("!" if family.guessable else ""),
        _share(family.yes),
        " ".join(f"{100 * share:.0f}" for share in family.places) or "·",
        "·" if family.places_p is None else f"{family.places_p:.2g}",
        f"{family.pairs:,}" if family.pairs else "·",
        _share(family.pair_chance),
        _share(family.pair_blind),
        f"{family.alone:,}" if family.alone else "·",
        f"{family.named:,}" if family.named else "·",
    )


def _share(value: float | None) -> str:
    return "·" if value is None else f"{value:.1%}"


NOTES = (
    "blind: right answers of a model that reads only the text, tried on other groups than it was "
    "fitted on; ! clearly above chance. Where a whole dataset has one answer, it is.",
    "places: right answers at the first option, the second, ...; p: how likely by accident.",
    "pairs: a question and its twin; both: both of them right, by chance 25%, and 50% where a guess "
    "minds that twins contradict each other.",
    "no twin: closed questions without one. named: the answer stands in the question.",
)


def printed(families: Sequence[Family]) -> str:
    """The table as text, numbers to the right."""
    rows = [HEAD, *(cells(family) for family in families)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    lines = []
    for row in rows:
        words = (
            cell.ljust(width) if i in (0, 1, 6) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(words).rstrip())
    return "\n".join(lines)


def run(where: str, as_json: bool = False) -> int:
    """Print the families of the corpus at `where`; one JSON object with `as_json`. Returns 0."""
    corpus = open_corpus(where)
    families = family_table(views(corpus))
    if as_json:
        rows = [{**asdict(family), "guessable": family.guessable} for family in families]
        print(json.dumps({"corpus": where, "families": rows}))
    elif families:
        total = sum(family.questions for family in families)
        print(f"{corpus.name}: {total:,} questions in {len(families)} families\n")
        print(printed(families))
        print("\n" + "\n".join(NOTES))
    else:
        print(f"{corpus.name}: no kept row has a question")
    return 0
