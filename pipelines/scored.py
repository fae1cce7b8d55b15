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

# Of larger corpora a fixed sample of about so many rows is looked at.
MOST_ROWS = 1_000_000
_EVERY = "SELECT greatest(1, count(*) // ?) FROM manifest"
_NAMES = """
    SELECT DISTINCT unnest(map_keys(scores)) AS name FROM manifest
    WHERE md5_number_lower(sample_id) % ? = 0 ORDER BY name"""
# Values of three digits are enough for a picture and few enough to count.
_ROUNDED = """CASE WHEN value = 0 THEN 0.0
    ELSE round(value, 2 - floor(log10(abs(value)))::INTEGER) END"""


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


@dataclass(frozen=True)
class Measured:
    """Which scores are shown, and that one in `every` rows is looked at.

    They are the columns c0, c1, ... of the table `measured` (sample_id, kept, pictured).
    """

    names: Sequence[str]
    every: int

    def column(self, name: str) -> str:
        """The column of a score."""
        return f"c{self.names.index(name)}"


def measure(connection: duckdb.DuckDBPyConnection, rules: Mapping[str, str], most: int) -> Measured:
    """Fill the table `measured`: the scores that rules name, then the most telling ones."""
    (every,) = connection.execute(_EVERY, [MOST_ROWS]).fetchall()[0]
    names = [name for (name,) in connection.execute(_NAMES, [every]).fetchall()]
    wanted = dict.fromkeys([*named_in(rules, names), *(n for n in TELLING if n in names)])
    shown = list(wanted)[:most]
    columns = "".join(f", scores[?] AS c{i}" for i in range(len(shown)))
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE measured AS
        SELECT sample_id, kept, len(images) > 0 AS pictured{columns}
        FROM manifest WHERE md5_number_lower(sample_id) % ? = 0""",
        [*shown, every],
    )
    return Measured(shown, every)


def spreads_of(
    connection: duckdb.DuckDBPyConnection, measured: Measured, rules: Mapping[str, str]
) -> list[Spread]:
    """How each score of `measured` is spread; one that no row has as a number is left out."""
    cuts = cuts_of(rules)
    found = (_spread(connection, measured, name, cuts.get(name, [])) for name in measured.names)
    return [spread for spread in found if spread]


def _spread(
    connection: duckdb.DuckDBPyConnection, measured: Measured, name: str, cuts: Sequence[Cut]
) -> Spread | None:
    rows = connection.execute(
        f"""SELECT {_ROUNDED} AS rounded, count(*) FILTER (kept), count(*) FILTER (NOT kept)
        FROM (SELECT kept, {measured.column(name)} AS value FROM measured)
        WHERE isfinite(value) GROUP BY rounded ORDER BY rounded"""
    ).fetchall()
    if not rows:
        return None
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
    connection: duckdb.DuckDBPyConnection, measured: Measured, spreads: Sequence[Spread]
) -> dict[tuple[str, float], str]:
    """For each step of each score a row of about that value, by (score, value)."""
    return {
        (spread.name, value): sample_id
        for spread in spreads
        for value, sample_id in connection.execute(
            f"""SELECT rounded, arg_min(sample_id, md5(sample_id || ?)) FROM (
                SELECT sample_id, {_ROUNDED} AS rounded FROM (
                    SELECT sample_id, {measured.column(spread.name)} AS value FROM measured
                    WHERE pictured) WHERE isfinite(value))
            WHERE list_contains(?, rounded) GROUP BY rounded""",
            [spread.name, list(spread.steps)],
        ).fetchall()
    }


def extremes(
    connection: duckdb.DuckDBPyConnection, measured: Measured, by: Sequence[str], high: bool, n: int
) -> list[str]:
    """The kept rows with the highest (or lowest) of some scores, the first of these first."""
    columns = [measured.column(name) for name in by]
    order = ", ".join(f"{column} {'DESC' if high else 'ASC'}" for column in columns)
    found = connection.execute(
        f"""SELECT sample_id FROM measured WHERE kept AND pictured AND isfinite({columns[0]})
        ORDER BY {order}, md5(sample_id) LIMIT ?""",
        [n],
    ).fetchall()
    return [sample_id for (sample_id,) in found]
