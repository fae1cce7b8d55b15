"""What select found and decided, counted by SQL over a manifest and the files of `selection/`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from pipelines import layout
from pipelines.storage import Store

Table = list[tuple]

_LEAKS = pa.schema(
    [
        ("partition", pa.int32()),
        ("sample_id", pa.string()),
        ("set", pa.string()),
        ("item", pa.string()),
        ("kind", pa.string()),
        ("distance", pa.float64()),
        ("how", pa.string()),
        ("direct", pa.bool_()),
    ]
)
_NEAR_PAIRS = pa.schema(
    [
        ("sample_id", pa.string()),
        ("partition", pa.int32()),
        ("winner", pa.string()),
        ("distance", pa.float64()),
        ("how", pa.string()),
    ]
)
_COMPARED = pa.schema([("what", pa.string()), ("n", pa.int64())])
_FILES = (
    ("leaks", layout.LEAKS, _LEAKS),
    ("near_pairs", layout.NEAR_PAIRS, _NEAR_PAIRS),
    ("compared", layout.COMPARED, _COMPARED),
)
_OF_A_SET = re.compile(r"(pictures|texts) (of|for) (.+)\Z", re.DOTALL)
_NO_SET = frozenset({"pictures for near duplicates"})

PRIVACY = {"burnt_in": "burnt_in_text", "faces": "faces", "identifying": "identifying"}


@dataclass(frozen=True)
class KeptOut:
    """One evaluation set: its size, how many of ours were compared with it, and what was found.

    `direct` rows match an item themselves (`pictures_found`, `texts_found`: by which of both), the
    `others` belong to one of these or have its picture. `items` of the set were found.
    """

    name: str
    pictures: int = 0
    texts: int | None = None
    pictures_compared: int = 0
    texts_compared: int = 0
    direct: int = 0
    pictures_found: int = 0
    texts_found: int = 0
    others: int = 0
    items: int = 0

    @property
    def rows(self) -> int:
        """Rows that are kept out for its sake."""
        return self.direct + self.others


@dataclass(frozen=True)
class Selected:
    """What select did; all empty where nothing was compared, looked for, weighed or staged.

    `compared`: (what, n). `alike`: (kind: picture, embedding or text; rows behind another; rows
    they stand behind). `privacy`: (name, rows looked at, rows with a mark, kept ones of these).
    `identifying`: (kind, marks, rows). `curriculum`: (stage, kept rows, training rows). `weights`:
    (least, greatest) of training rows, where they are not all 1.
    """

    sets: list[KeptOut] = field(default_factory=list)
    compared: Table = field(default_factory=list)
    alike: Table = field(default_factory=list)
    privacy: Table = field(default_factory=list)
    identifying: Table = field(default_factory=list)
    curriculum: Table = field(default_factory=list)
    weights: tuple[float, float] | None = None

    def counts(self) -> dict[str, object]:
        """What corpus.json carries of it; nothing where there is nothing."""
        own: dict[str, object] = {
            "compared": dict(self.compared),
            "kept_out": {
                each.name: {"matches": each.direct, "others": each.others} for each in self.sets
            },
            "alike": {kind: rows for kind, rows, _ in self.alike},
            "privacy": {name: marked for name, _, marked, _ in self.privacy},
            "by_curriculum": {stage: n for stage, n, _ in self.curriculum},
        }
        return {name: value for name, value in own.items() if value}


_FOUND = """
    SELECT set, count(*) FILTER (direct), count(*) FILTER (picture), count(*) FILTER (text),
        count(*) FILTER (NOT direct)
    FROM (SELECT set, bool_or(direct) AS direct, bool_or(direct AND kind = 'picture') AS picture,
              bool_or(direct AND kind = 'text') AS text
          FROM leaks GROUP BY set, partition, sample_id)
    GROUP BY set ORDER BY set"""
_ITEMS = "SELECT set, count(DISTINCT item) FROM leaks WHERE direct GROUP BY set"
ALIKE_KIND = "CASE WHEN how IN ('embedding', 'text') THEN how ELSE 'picture' END"
_ALIKE = f"""
    SELECT {ALIKE_KIND} AS kind, count(*), count(DISTINCT winner)
    FROM near_pairs GROUP BY kind ORDER BY kind = 'text', kind DESC"""
_PRIVACY = f"""SELECT {
    ", ".join(
        f'''count(*) FILTER (map_contains(scores, '{score}')),
        count(*) FILTER (map_contains(meta, '{mark}')),
        count(*) FILTER (kept AND map_contains(meta, '{mark}'))'''
        for mark, score in PRIVACY.items()
    )
} FROM manifest"""
_IDENTIFYING = """
    SELECT split_part(mark, ' ', 3) AS kind, count(*) AS marks, count(DISTINCT row) AS rows
    FROM (SELECT (partition, sample_id) AS row, unnest(string_split(meta['identifying'], '; '))
              AS mark FROM manifest WHERE map_contains(meta, 'identifying'))
    GROUP BY kind ORDER BY marks DESC, kind"""
_CURRICULUM = """
    SELECT stage, count(*) AS n, count(*) FILTER (split = 'train')
    FROM (SELECT split, unnest(curriculum) AS stage FROM manifest WHERE kept)
    GROUP BY stage ORDER BY n DESC, stage"""
_WEIGHTS = """
    SELECT min(sampling_weight), max(sampling_weight) FROM manifest
    WHERE kept AND split = 'train'"""


def selection_views(connection: duckdb.DuckDBPyConnection, store: Store) -> None:
    """Give a connection the views `leaks`, `near_pairs` and `compared` of a corpus, some empty."""
    for name, file, schema in _FILES:
        if not store.exists(file):
            connection.register(name, schema.empty_table())
        elif store.is_local:
            address = store.address(file).replace("'", "''")
            connection.execute(f"CREATE OR REPLACE VIEW {name} AS FROM read_parquet('{address}')")
        else:
            connection.register(name, store.read_table(file))


def selected_of(connection: duckdb.DuckDBPyConnection) -> Selected:
    """The numbers of a connection's views `manifest`, `leaks`, `near_pairs` and `compared`."""
    columns = {name for name, *_ in connection.execute("DESCRIBE manifest").fetchall()}
    weighed = {"sampling_weight", "curriculum"} <= columns  # older corpora have neither
    compared = connection.execute("SELECT what, n FROM compared ORDER BY what, n").fetchall()
    privacy = _privacy(connection)
    return Selected(
        sets=_sets(connection, compared),
        compared=compared,
        alike=connection.execute(_ALIKE).fetchall(),
        privacy=privacy,
        identifying=_identifying(connection, privacy),
        curriculum=connection.execute(_CURRICULUM).fetchall() if weighed else [],
        weights=_weights(connection) if weighed else None,
    )


def _sets(connection: duckdb.DuckDBPyConnection, compared: Table) -> list[KeptOut]:
    """All sets that something was compared with, found or not."""
    numbers: dict[str, dict[str, int]] = {}
    for what, n in compared:
        if (match := _OF_A_SET.match(what)) and what not in _NO_SET:
            kind, side, name = match.groups()
            own = numbers.setdefault(name, {})
            key = kind if side == "of" else f"{kind}_compared"
            own[key] = own.get(key, 0) + n
    for name, direct, pictures, texts, others in connection.execute(_FOUND).fetchall():
        found = {"direct": direct, "pictures_found": pictures, "texts_found": texts}
        numbers.setdefault(name, {}).update(found, others=others)
    for name, items in connection.execute(_ITEMS).fetchall():
        numbers[name]["items"] = items
    return [KeptOut(name, **own) for name, own in sorted(numbers.items())]


def _privacy(connection: duckdb.DuckDBPyConnection) -> Table:
    """What was looked for; a thing that no row was looked at for is left out."""
    (found,) = connection.execute(_PRIVACY).fetchall()
    rows = [(name, *found[3 * i : 3 * i + 3]) for i, name in enumerate(PRIVACY)]
    return [row for row in rows if row[1] or row[2]]


def _identifying(connection: duckdb.DuckDBPyConnection, privacy: Table) -> Table:
    if not any(name == "identifying" and marked for name, _, marked, _ in privacy):
        return []
    return connection.execute(_IDENTIFYING).fetchall()


def _weights(connection: duckdb.DuckDBPyConnection) -> tuple[float, float] | None:
    (least, greatest) = connection.execute(_WEIGHTS).fetchall()[0]
    return None if least is None or (least, greatest) == (1.0, 1.0) else (least, greatest)
