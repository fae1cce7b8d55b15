"""How scores are spread over kept and dropped rows, and where a recipe's rules cut them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

BINS = 40
STEPS = 8  # rows shown from the lowest to the highest value

# Shown where no rule names them, the most telling first.
TELLING = (
    "clip",
    "clip_rank",
    "image_flat",
    "image_blur",
    "image_text",
    "image_chart",
    "text_words",
    "text_english",
    "burnt_in_text",
)

_STRING = re.compile(r"'(?:[^']|'')*'")
_ITEM = re.compile(r"\bscores\s*\[\s*'(\w+)'\s*\]")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_AFTER = re.compile(rf'"?\b([A-Za-z_]\w*)\b"?\s*(<=|>=|<|>|=)\s*({_NUMBER})(?![\w.]|\s*[-+*/%])')
_BEFORE = re.compile(
    rf'(?<![\w.)*/%+-])({_NUMBER})\s*(<=|>=|<|>|=)\s*"?\b([A-Za-z_]\w*)\b"?(?!\s*[-+*/%(.])'
)
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}

# One pass over all scores. Values of three digits are enough for a picture and few enough to count.
_COUNTED = """
    CREATE OR REPLACE TEMP TABLE spread AS
    SELECT name, kept, CASE WHEN value = 0 THEN 0.0
            ELSE round(value, 2 - floor(log10(abs(value)))::INTEGER) END AS value,
        count(*) AS n
    FROM (SELECT kept, score.key AS name, score.value AS value
          FROM (SELECT kept, unnest(map_entries(scores)) AS score FROM manifest))
    WHERE value IS NOT NULL AND isfinite(value) GROUP BY ALL"""


@dataclass(frozen=True)
class Cut:
    """Where a rule cuts a score: it keeps rows whose score `is` (`<`, `>=`, ...) `at`."""

    rule: str
    sign: str
    at: float


@dataclass(frozen=True)
class Spread:
    """One score. `bins`: (lower edge, upper edge, kept rows, dropped rows), of equal width.

    `steps`: values from low to high at which rows are shown. `low` and `high` bound what is drawn;
    `beyond` rows are higher.
    """

    name: str
    kept: int
    dropped: int
    low: float
    high: float
    bins: Sequence[tuple[float, float, int, int]]
    steps: Sequence[float]
    cuts: Sequence[Cut] = field(default_factory=list)
    beyond: int = 0


def cuts_of(rules: Mapping[str, str]) -> dict[str, list[Cut]]:
    """The comparisons of a column with a number in each rule, by column."""
    found: dict[str, list[Cut]] = {}
    for rule, condition in sorted(rules.items()):
        plain = _STRING.sub("''", _ITEM.sub(r"\1", condition))
        for name, sign, number in _AFTER.findall(plain):
            found.setdefault(name, []).append(Cut(rule, sign, float(number)))
        for number, sign, name in _BEFORE.findall(plain):
            found.setdefault(name, []).append(Cut(rule, _TURNED[sign], float(number)))
    return found


def named_in(rules: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """The scores that rules name, in the order of the rules' names."""
    words = [
        word
        for _, condition in sorted(rules.items())
        for word in re.findall(r"\w+", _STRING.sub("''", _ITEM.sub(r"\1", condition)))
    ]
    return [word for word in dict.fromkeys(words) if word in set(names)]


def spreads_of(
    connection: duckdb.DuckDBPyConnection, rules: Mapping[str, str], most: int
) -> list[Spread]:
    """The scores that rules name, then the most telling ones, at most so many."""
    connection.execute(_COUNTED)
    names = [
        n for (n,) in connection.execute("SELECT DISTINCT name FROM spread ORDER BY 1").fetchall()
    ]
    wanted = dict.fromkeys([*named_in(rules, names), *(n for n in TELLING if n in names)])
    cuts = cuts_of(rules)
    return [_spread(connection, name, cuts.get(name, [])) for name in list(wanted)[:most]]


def _spread(connection: duckdb.DuckDBPyConnection, name: str, cuts: Sequence[Cut]) -> Spread:
    rows = connection.execute(
        """SELECT value, coalesce(sum(n) FILTER (kept), 0)::BIGINT,
            coalesce(sum(n) FILTER (NOT kept), 0)::BIGINT
        FROM spread WHERE name = ? GROUP BY value ORDER BY value""",
        [name],
    ).fetchall()
    counted = [(value, kept + dropped) for value, kept, dropped in rows]
    low, high = _range(counted, [cut.at for cut in cuts])
    bins = [[0, 0] for _ in range(BINS)]
    width, beyond = (high - low) / BINS, 0
    for value, kept, dropped in rows:
        if value > high:
            beyond += kept + dropped
        place = min(BINS - 1, max(0, math.floor((value - low) / width)))
        bins[place][0] += kept
        bins[place][1] += dropped
    return Spread(
        name,
        sum(row[1] for row in rows),
        sum(row[2] for row in rows),
        low,
        high,
        [(low + i * width, low + (i + 1) * width, n, m) for i, (n, m) in enumerate(bins)],
        _steps(counted),
        cuts,
        beyond,
    )


def _range(counted: Sequence[tuple[float, int]], cuts: Sequence[float]) -> tuple[float, float]:
    """What is drawn: 0 to 1 where that is filled; else up to the 99.5th percentile and all cuts."""
    values = [value for value, _ in counted]
    low, high = min(values), max(values)
    total, seen, top = sum(n for _, n in counted), 0, high
    for value, n in counted:
        seen += n
        if seen >= 0.995 * total:
            top = value
            break
    low = min([low, *cuts]) if low < 0 else min([0.0, *cuts])
    top = max([top, *cuts])
    if low == 0 and high <= 1 and top > 0.4:
        return 0.0, 1.0
    return (low, top) if top > low else (low, low + 1.0)


def _steps(counted: Sequence[tuple[float, int]]) -> list[float]:
    """Different values at even steps of rank; where few values have most rows, also of value."""
    total, seen, found = sum(n for _, n in counted), 0, set()
    targets = [(i + 0.5) / STEPS * total for i in range(STEPS)]
    targets[0], targets[-1] = min(1.0, total), total
    place = 0
    for value, n in counted:
        seen += n
        while place < STEPS and seen >= targets[place]:
            found.add(value)
            place += 1
    others = [value for value, _ in counted if value not in found]
    lacking = min(STEPS - len(found), len(others))
    found.update(others[(2 * i + 1) * len(others) // (2 * lacking)] for i in range(lacking))
    return sorted(found)


def rows_at(
    connection: duckdb.DuckDBPyConnection, spreads: Sequence[Spread]
) -> dict[tuple[str, float], str]:
    """For each step of each score a row of about that value, by (score, value)."""
    wanted = [(spread.name, value) for spread in spreads for value in spread.steps]
    if not wanted:
        return {}
    found = connection.execute(
        """WITH wanted AS (SELECT unnest(?) AS name, unnest(?) AS value), told AS (
            SELECT sample_id, score.key AS name, CASE WHEN score.value = 0 THEN 0.0 ELSE
                round(score.value, 2 - floor(log10(abs(score.value)))::INTEGER) END AS value
            FROM (SELECT sample_id, unnest(map_entries(scores)) AS score FROM manifest
                  WHERE len(images) > 0)
            WHERE score.value IS NOT NULL AND isfinite(score.value))
        SELECT name, value, arg_min(sample_id, md5(sample_id || name))
        FROM told SEMI JOIN wanted USING (name, value) GROUP BY name, value""",
        [[name for name, _ in wanted], [value for _, value in wanted]],
    ).fetchall()
    return {(name, value): sample_id for name, value, sample_id in found}
