"""The selection once more in plain Python, loops and dictionaries, to compare the fast one with.

It shares no code with `filters.select.selection` but the options, and what a turned signature is. Every
picture is compared with every other. Rules and other SQL come as Python functions beside it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from filters.alike.signatures import turned
from filters.options import Alike, Balance, Mix
from pipelines import layout
from pipelines.recipe import Recipe
from pipelines.storage import Store

Told = Callable[["Row"], Any]

_FREEST = (
    *("CC0 public domain PDDL", "CC BY free with attribution MIT Apache-2.0 BSD-3-Clause ODC-By"),
    *("CC BY-SA", "CC BY-ND", "CC BY-NC", "CC BY-NC-SA", "CC BY-NC-ND"),
)
_LISTED = {
    "CC0": 0, "public domain": 0, "PDDL": 0, "CC BY": 1, "MIT": 1, "Apache-2.0": 1,
    "BSD-3-Clause": 1, "ODC-By": 1, "free with attribution": 1, "CC BY-SA": 2, "CC BY-ND": 3,
    "CC BY-NC": 4, "CC BY-NC-SA": 5, "CC BY-NC-ND": 6,
}  # fmt: skip
_USABLE = {*_LISTED, "research only"}


@dataclass
class Row:
    """A row as it was written, and what is decided about it."""

    partition: int
    data: dict[str, Any]
    caption: str = ""
    drops: list[tuple[str, str, str]] = field(default_factory=list)
    passed: bool = False
    duplicate_of: str = ""
    split: str = ""
    weight: float = 1.0
    shard: str = ""
    winner: Row | None = None
    behind_dropped: bool = False

    @property
    def id(self) -> str:
        return self.data["sample_id"]

    @property
    def key(self) -> tuple[int, str]:
        return self.partition, self.id

    @property
    def kept(self) -> bool:
        return not self.drops

    @property
    def figure(self) -> tuple[str, str]:
        whole = self.id.rpartition("/")[0] if self.is_panel else self.id
        return self.data["document_id"], whole

    @property
    def is_panel(self) -> bool:
        return bool((self.data["figure"] or {}).get("box"))

    @property
    def rank(self) -> tuple:
        data = self.data
        code = data["licence"]["code"]
        return (
            data["meta"].get("panel_text") == "whole",
            -len(self.caption),
            -len(data["texts"]),
            -((data["width"] or 0) * (data["height"] or 0)),
            _LISTED.get(code, 7),
            self.id,
            self.partition,
        )

    def is_out(self) -> bool:
        return any(reason == "keep_out" for _, reason, _ in self.drops)


@dataclass(frozen=True)
class Twins:
    """Python for the SQL of a recipe: by the text of the SQL."""

    of: Mapping[str, Told]


def select_plainly(store: Store, parts: int, recipe: Recipe, twins: Twins) -> list[Row]:
    """All rows, decided."""
    rows = list(_read(store, parts))
    for row in rows:
        row.caption = _caption(row.data["texts"], recipe.caption)
    _judge(rows, recipe, twins)
    signatures = _Signatures(store, parts, rows)
    leaks = _Leaks(rows)
    for keep_out in recipe.select.keep_out:
        _keep_out(rows, signatures, leaks, keep_out, store)
    leaks.give()
    _exact(rows, recipe.select.exact_duplicates == "drop")
    if recipe.select.near_duplicates:
        _near(rows, signatures, recipe.select.near_duplicates)
    if recipe.select.duplicate_texts:
        _texts(rows, signatures, recipe.select.duplicate_texts)
    for balance in recipe.select.balance:
        _balance(rows, balance, twins)
    _split(rows, recipe, twins)
    if recipe.select.mix:
        _weigh(rows, recipe.select.mix, twins)
    _name_winners(rows)
    _shards(rows, recipe)
    return rows


def _read(store: Store, parts: int) -> Iterator[Row]:
    for part in range(parts):
        table = store.read_table(layout.scored_part(part))
        for data in table.to_pylist(maps_as_pydicts="strict"):
            yield Row(part, data)


def _caption(texts: list[dict], preference: list[str]) -> str:
    for kind in preference:
        for faithful in (True, None):
            for text in texts:
                if text["kind"] == kind and text["faithful"] is faithful:
                    return text["text"]
    return ""


def _judge(rows: list[Row], recipe: Recipe, twins: Twins) -> None:
    panels = defaultdict(list)
    for row in rows:
        old = [(d["stage"], d["reason"], d["detail"]) for d in row.data["drops"]]
        aside = [d[:2] for d in old] == [("figures", "split")]
        row.drops = old
        if not old:
            row.drops = _marks(row, recipe, twins)
        if row.is_panel and not row.drops:
            panels[row.partition, row.figure[1]].append(row)
        row.data["aside"] = aside
    for row in rows:
        if row.data["aside"] and not panels[row.partition, row.id]:
            row.drops = _marks(row, recipe, twins)
        row.passed = row.kept


def _marks(row: Row, recipe: Recipe, twins: Twins) -> list[tuple[str, str, str]]:
    licence, select = row.data["licence"], recipe.select
    code, found = licence["code"], []
    usable = code in _USABLE
    if not usable and select.unknown_licence == "drop":
        found.append(("select", "licence", code))
    if usable and not licence["derivatives"] and select.no_derivatives == "drop":
        found.append(("select", "licence", code))
    if usable and not licence["commercial"] and select.non_commercial == "drop":
        found.append(("select", "licence", code))
    if licence["retracted"] and select.retracted == "drop":
        found.append(("select", "retracted", "the article is retracted"))
    for name, sql in select.rules.items():
        met = twins.of[sql](row)
        if not met:
            found.append(("select", name, ("unknown: " if met is None else "") + sql))
    return found


class _Signatures:
    """What rows are compared by, each by its place in `rows`."""

    def __init__(self, store: Store, parts: int, rows: list[Row]) -> None:
        place = {row.key: i for i, row in enumerate(rows)}
        self.pictures: list[tuple[int, tuple[int, ...]]] = []
        self.texts: dict[int, dict[str, Any]] = {}
        self.vectors: dict[int, list[float]] = {}
        for part in range(parts):
            for row in store.read_table(layout.picture_signatures_part(part)).to_pylist():
                signature = tuple(row[f"h{i}"] for i in range(4))
                if any(signature):
                    self.pictures.append((place[part, row["sample_id"]], signature))
            for row in store.read_table(layout.text_signatures_part(part)).to_pylist():
                self.texts[place[part, row["sample_id"]]] = row
            if store.exists(layout.embeddings_part(part)):
                for row in store.read_table(layout.embeddings_part(part)).to_pylist():
                    if row["picture"] is not None:
                        self.vectors[place[part, row["sample_id"]]] = row["picture"]


def _alike(
    ours: list[tuple[int, ...]], theirs: list[tuple[int, ...]], alike: Alike
) -> Iterator[tuple[int, int, int]]:
    """(a, b, bits) of all pairs that are near enough, in whatever turn is nearest."""
    turns = ["as is"]
    if alike.rotate:
        turns += ["turn90", "turn180", "turn270"]
    if alike.mirror:
        turns += ["mirror", *(["flip", "transpose", "transverse"] if alike.rotate else [])]
    targets = np.array(theirs, np.uint64).reshape(-1, 4)
    queries = np.array(ours, np.uint64).reshape(-1, 4)
    forms = [turned(queries, turn) for turn in turns]
    for a in range(len(queries)):
        bits = np.min([_bits(targets, form[a]) for form in forms], axis=0)
        for b in np.flatnonzero(bits <= 4 * alike.hamming).tolist():
            yield a, b, int(bits[b])


def _bits(targets: np.ndarray, query: np.ndarray) -> np.ndarray:
    """In how many bits each of (n, 4) differs from (4,)."""
    return np.bitwise_count(targets ^ query).sum(axis=1, dtype=np.uint16)


class _Leaks:
    """The nearest item of each set that a row matches, then what belongs to such rows."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.sets: list[tuple[Any, dict[int, tuple]]] = []

    def give(self) -> None:
        out: set[int] = set()
        for keep_out, matches in self.sets:
            figures = {self.rows[i].figure for i in matches}
            documents = {self.rows[i].data["document_id"] for i in matches}
            for i, row in enumerate(self.rows):
                wide = keep_out.scope == "article" and row.data["document_id"] in documents
                if row.passed and (i in matches or row.figure in figures or wide):
                    out.add(i)
        for i in out:
            self.rows[i].drops.append(("select", "keep_out", ""))


def _keep_out(rows: list[Row], signatures: _Signatures, leaks: _Leaks, keep_out, store) -> None:
    items = _evaluation(store, keep_out.path)
    matches: dict[int, tuple] = {}
    pictures = [(row["item"], tuple(row[f"h{i}"] for i in range(4))) for row in items
                if row["kind"] == "picture"]  # fmt: skip
    ours = [(i, h) for i, h in signatures.pictures if rows[i].passed]
    for a, b, bits in _alike([h for _, h in pictures], [h for _, h in ours], keep_out):
        entry = (bits, pictures[a][0])
        place = ours[b][0]
        matches[place] = min(matches.get(place, entry), entry)
    if keep_out.text is not None:
        for place in _contained(items, signatures, keep_out.text):
            if rows[place].passed:
                matches.setdefault(place, ())
    leaks.sets.append((keep_out, matches))


def _evaluation(store: Store, path: str) -> list[dict]:
    import pyarrow.parquet as pq

    table: pa.Table = pq.read_table(path)
    return table.to_pylist()


def _contained(items: list[dict], signatures: _Signatures, least: float) -> Iterator[int]:
    asked = [
        set(row["shingles"])
        for row in items
        if row["kind"] == "text" and row["words"] >= 8 and len(row["shingles"]) >= 4
    ]
    holders = defaultdict(list)
    for number, shingles in enumerate(asked):
        for shingle in shingles:
            holders[shingle].append(number)
    for place, row in signatures.texts.items():
        common = Counter(number for s in row["shingles"] for number in holders.get(s, ()))
        if any(n / len(asked[number]) >= least for number, n in common.items()):
            yield place


def _exact(rows: list[Row], drop: bool) -> None:
    same = defaultdict(list)
    for row in rows:
        if row.passed and row.data["images"]:
            same[tuple(image["sha256"] for image in row.data["images"])].append(row)
    for group in same.values():
        if any(row.is_out() for row in group):
            for row in group:
                if row.kept:
                    row.drops.append(("select", "keep_out", ""))
    for group in same.values():
        left = sorted((row for row in group if row.kept), key=lambda row: row.rank)
        for row in left[1:] if drop else ():
            row.drops.append(("select", "duplicate", f"same picture as {left[0].id}"))
            row.winner, row.behind_dropped = left[0], True


def _near(rows: list[Row], signatures: _Signatures, wanted) -> None:
    places = {i for i, row in enumerate(rows)
              if row.passed and (row.kept or row.is_out()) and len(row.data["images"]) == 1}  # fmt: skip
    ours = [(i, h) for i, h in signatures.pictures if i in places]
    links: dict[int, set[int]] = defaultdict(set)
    equal: dict[int, set[int]] = defaultdict(set)
    hashes = [h for _, h in ours]
    for a, b, bits in _alike(hashes, hashes, wanted):
        links[ours[a][0]].add(ours[b][0])
        if bits == 0:
            equal[ours[a][0]].add(ours[b][0])
    if wanted.embedding is not None:
        for a, b in _cosines({i: v for i, v in signatures.vectors.items() if i in places}, wanted):
            for one in {a} | equal[a]:
                for other in {b} | equal[b]:
                    links[one].add(other)
                    links[other].add(one)
    out = {i for i in places if rows[i].is_out()}
    beside = [
        i for i in places - out
        if any(j in out and rows[j].figure != rows[i].figure for j in links[i])
    ]  # fmt: skip
    for i in beside:
        rows[i].drops.append(("select", "keep_out", ""))
    _lead(rows, [i for i in places if rows[i].kept], links, "near_duplicate", wanted.then,
          lambda row: row.figure)  # fmt: skip


def _cosines(vectors: dict[int, list[float]], wanted) -> Iterator[tuple[int, int]]:
    places = sorted(vectors)
    whole = np.array([vectors[i] for i in places], np.float32)
    whole /= np.linalg.norm(whole, axis=1, keepdims=True)
    whole = whole.astype(np.float16).astype(np.float32)
    for a in range(len(places)):
        for b in np.flatnonzero(whole[a + 1 :] @ whole[a] >= wanted.embedding).tolist():
            yield places[a], places[a + 1 + b]


def _lead(rows: list[Row], places: list[int], links, reason: str, then: str, unit: Told) -> None:
    """Best first: a row goes behind the best of those that stay and that it is linked to."""
    stay: set[int] = set()
    for i in sorted(places, key=lambda i: rows[i].rank):
        leaders = [j for j in links[i] if j in stay and unit(rows[j]) != unit(rows[i])]
        if not leaders:
            stay.add(i)
            continue
        best = min(leaders, key=lambda j: rows[j].rank)
        if rows[i].winner is None:
            rows[i].winner, rows[i].behind_dropped = rows[best], then == "drop"
        if then == "drop":
            rows[i].drops.append(("select", reason, ""))


def _texts(rows: list[Row], signatures: _Signatures, wanted) -> None:
    texts = {i: t for i, t in signatures.texts.items()
             if rows[i].kept and not _made(rows[i]) and t["words"] >= wanted.least_words and t["shingles"]}  # fmt: skip
    if wanted.boilerplate:
        documents = defaultdict(set)
        for i, text in texts.items():
            documents[text["exact"]].add(rows[i].data["group_id"])
        for i, text in list(texts.items()):
            n = len(documents[text["exact"]])
            if n >= wanted.boilerplate:
                detail = f"the same caption in {n} articles or patients"
                rows[i].drops.append(("select", "boilerplate_text", detail))
                del texts[i]
    buckets = defaultdict(list)
    for i, text in texts.items():
        for band, key in enumerate(text["bands"]):
            buckets[band, key].append(i)
    links: dict[int, set[int]] = defaultdict(set)
    for bucket in buckets.values():
        for i in bucket:
            mine = set(texts[i]["shingles"])
            for j in bucket:
                theirs = set(texts[j]["shingles"])
                if i != j and len(mine & theirs) / len(mine | theirs) >= wanted.jaccard:
                    links[i].add(j)
    _lead(rows, list(texts), links, "duplicate_text", wanted.then,
          lambda row: row.data["group_id"])  # fmt: skip


def _made(row: Row) -> bool:
    """Whether the caption is one that was made from labels."""
    own = [t["text"] for t in row.data["texts"] or [] if t["kind"] == "label_caption"]
    return row.caption in own


def _balance(rows: list[Row], quota: Balance, twins: Twins) -> None:
    values: dict[int, set[str]] = {}
    holders = defaultdict(list)
    for i, row in enumerate(rows):
        if not row.kept or (quota.where and not twins.of[quota.where](row)):
            continue
        values[i] = {v for v in _values(row, quota.by, twins) if v}
        for value in values[i]:
            holders[value].append(i)

    def priority(i: int) -> tuple:
        digest = hashlib.md5(rows[i].id.encode()).digest()
        return int.from_bytes(digest, "little"), rows[i].id, i

    chosen = {v: set(sorted(h, key=priority)[: quota.most]) for v, h in holders.items()}
    for i, mine in values.items():
        if mine and not any(i in chosen[v] for v in mine):
            first = min(mine)
            detail = f"{quota.by} {first}: {quota.most:,} of {len(holders[first]):,} rows stay"
            rows[i].drops.append(("select", "balance", detail))


def _values(row: Row, by: str, twins: Twins) -> list[str]:
    if by == "concept":
        return [c["cui"] for c in row.data["concepts"] if not c["negated"]]
    if by == "label":
        return [v["name"] for v in row.data["labels"] if v["value"] == "present"]
    value = twins.of[by](row)
    return [] if value is None else [str(value)]


def _split(rows: list[Row], recipe: Recipe, twins: Twins) -> None:
    select = recipe.select
    own: dict[str, set[str]] = defaultdict(set)
    parent: dict[str, str] = {}
    for row in rows:
        group = row.data["group_id"]
        parent[group] = group
        official = row.data["meta"].get("dataset_split")
        if select.split.official and official in ("train", "val", "test"):
            own[group].add(official)
        if row.kept and any(twins.of[sql](row) for sql in select.hold_out.values()):
            own[group].add("test")

    def root(group: str) -> str:
        while parent[group] != group:
            group = parent[group]
        return group

    for row in rows:
        if row.winner and not row.behind_dropped and row.kept and row.winner.kept:
            a, b = sorted((root(row.data["group_id"]), root(row.winner.data["group_id"])))
            parent[b] = a
    together: dict[str, set[str]] = defaultdict(set)
    for group, splits in own.items():
        together[root(group)] |= splits
    for row in rows:
        first = root(row.data["group_id"])
        splits = together.get(first, set())
        row.split = next((s for s in ("test", "val", "train") if s in splits), "")
        row.split = row.split or _by_hash(first, select.split.test, select.split.val)


def _by_hash(group: str, test: float, val: float) -> str:
    place = int(hashlib.md5(group.encode()).hexdigest()[:12], 16) / 2**48
    return "test" if place < test else "val" if place < test + val else "train"


def _weigh(rows: list[Row], mix: Mix, twins: Twins) -> None:
    train = [row for row in rows if row.kept and row.split == "train"]
    values = [twins.of[mix.by](row) or "" for row in train]
    counts = Counter(values)
    if mix.shares:
        raw = [mix.shares.get(v, 0.0) / counts[v] for v in values]
    else:
        most = max(counts.values(), default=0)
        raw = [min((most / counts[v]) ** mix.inverse, mix.cap) for v in values]
    total = math.fsum(raw)
    for row, weight in zip(train, raw, strict=True):
        row.weight = weight * len(train) / total if total else 1.0


def _name_winners(rows: list[Row]) -> None:
    for row in rows:
        winner = row.winner
        while winner and winner.winner and winner.behind_dropped:
            winner = winner.winner
        row.duplicate_of = winner.id if winner else ""


def _shards(rows: list[Row], recipe: Recipe) -> None:
    """Rows in order until one more would be too many, or too much."""
    number, count, full, split = -1, 0, 0, ""
    for row in sorted((r for r in rows if r.kept), key=lambda r: (r.split, *r.key)):
        size = sum(image["length"] + 1_152 for image in row.data["images"])
        size += row.data["record_bytes"] + len(row.caption.encode()) + 6_144
        size += len(json.dumps(row.caption, ensure_ascii=False).encode())
        over = count == recipe.shards.max_samples or full + size > recipe.shards.max_bytes
        if row.split != split:
            number, count, full, split = 0, 0, 0, row.split
        elif count and over:
            number, count, full = number + 1, 0, 0
        count, full = count + 1, full + size
        row.shard = f"{row.split}-{number:06d}"
