"""A linker from files: a vocabulary, and what `tuning` learned where there is such a file.

The tuning file speaks of names by their word forms, so it serves any vocabulary that has them.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from extractors.concepts.entries import VOCABULARY
from extractors.concepts.index import CODE_LENGTH, Index, build_index
from extractors.concepts.linker import Linker
from extractors.concepts.meanings import Concepts
from extractors.concepts.tuning import KEY_FEATURES, Counts, Tuning
from extractors.concepts.vocabulary.sources import VocabularyError

STARTER = str(Path(__file__).with_name("starter.parquet"))
_TUNING = pa.schema(
    [
        ("words", pa.string()),
        ("seen", pa.int32()),
        ("linked", pa.int32()),
        ("meant", pa.list_(pa.struct([("cui", pa.string()), ("times", pa.int32())]))),
    ]
)
_METADATA = b"fabrica.tuning"


class _Learned(msgspec.Struct, frozen=True):
    """What a tuning file's metadata holds, as JSON."""

    weights: dict[str, float]
    threshold: float


def load_linker(
    vocabulary: str = STARTER,
    tuning: str = "",
    types: Collection[str] = (),
    approximate: bool = True,
    threshold: float | None = None,
) -> Linker:
    """A linker for the concepts of a vocabulary file, all or those of some semantic types.

    Raises `VocabularyError` for a file that is none, or that has no name or concept of these types.
    """
    table = read_table(vocabulary, types)
    try:
        return linker_of(table, tuning, approximate, threshold)
    except VocabularyError:
        raise
    except ValueError as error:
        raise VocabularyError(f"{vocabulary}: {error}") from None


def linker_of(
    table: pa.Table, tuning: str = "", approximate: bool = True, threshold: float | None = None
) -> Linker:
    """A linker for the rows of a vocabulary table (columns of `VOCABULARY`).

    Raises ValueError where they have no name.
    """
    index = build_index(
        [name, *(synonyms or ())]
        for batch in table.select(["name", "synonyms"]).to_batches(max_chunksize=20_000)
        for name, synonyms in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    )
    concepts = Concepts(table)
    learned = read_tuning(tuning, index, table["cui"].to_pylist()) if tuning else None
    return Linker(index, concepts, learned, approximate, threshold)


def read_table(path: str, types: Collection[str] = ()) -> pa.Table:
    """A vocabulary file as a table, all of it or the concepts of some semantic types.

    Raises `VocabularyError` where it is none, or nothing is left.
    """
    try:
        table = pq.read_table(path, columns=VOCABULARY.names, memory_map=True).cast(VOCABULARY)
    except (OSError, KeyError, pa.ArrowException) as error:
        words = " ".join(str(error).split())[:200]
        raise VocabularyError(f"{path}: cannot be read as a vocabulary: {words}") from None
    if table["cui"].null_count or table["name"].null_count:
        raise VocabularyError(f"{path}: has a concept without cui or name")
    if types:
        kept = [bool(set(types).intersection(own or ())) for own in table["types"].to_pylist()]
        table = table.filter(pa.array(kept, pa.bool_()))
    if not table.num_rows:
        of_types = f" of the types {', '.join(sorted(types))}" if types else ""
        raise VocabularyError(f"{path}: has no concept{of_types}")
    return table


def check_tuning(path: str) -> None:
    """Raise `VocabularyError` where `path` is no tuning file."""
    _learned(path)


def _learned(path: str) -> tuple[pa.Table, _Learned]:
    """The names of a tuning file, and what its metadata says."""
    try:
        table = pq.read_table(path, columns=_TUNING.names)
        metadata = (table.schema.metadata or {}).get(_METADATA, b"{}")
        learned = msgspec.json.decode(metadata, type=_Learned)
        if lacking := [name for name in KEY_FEATURES if name not in learned.weights]:
            raise ValueError(f"no weight of {lacking[0]!r}")
        if any(column.null_count for column in table.columns):
            raise ValueError("a name without counts")
        return table.cast(_TUNING), learned
    except (OSError, ValueError, pa.ArrowException) as error:
        words = " ".join(str(error).split())[:200]
        raise VocabularyError(f"{path}: cannot be read as a tuning file: {words}") from None


def write_tuning(tuning: Tuning, index: Index, cuis: list[str], path: str | Path) -> int:
    """Write what was learned about the names of an index; how many names."""
    spelt = {code: word for word, code in index.codes.items()}
    rows = []
    for code, key in index.automaton.items():
        if tuning.counts.seen[key]:
            places = range(0, len(code), CODE_LENGTH)
            words = " ".join(spelt[code[at : at + CODE_LENGTH]] for at in places)
            meant = [
                {"cui": cuis[index.concept[row]], "times": int(tuning.counts.meant[row])}
                for row in index.meanings(key)
                if tuning.counts.meant[row]
            ]
            seen, linked = int(tuning.counts.seen[key]), int(tuning.counts.linked[key])
            rows.append({"words": words, "seen": seen, "linked": linked, "meant": meant})
    rows.sort(key=lambda row: str(row["words"]))
    learned = msgspec.json.encode(_Learned(tuning.weights, tuning.threshold))
    schema = _TUNING.with_metadata({_METADATA: learned})
    pq.write_table(pa.Table.from_pylist(rows, schema), path, compression="zstd")
    return len(rows)


def read_tuning(path: str, index: Index, cuis: list[str]) -> Tuning:
    """What was learned, for the names that `index` has. Raises `VocabularyError`."""
    table, learned = _learned(path)
    seen, linked = np.zeros((2, index.keys), np.int64)
    meant = np.zeros(len(index.concept), np.int64)
    for row in table.to_pylist():
        key = index.key_of(row["words"].split(" "))
        if key is None:
            continue
        seen[key], linked[key] = row["seen"], row["linked"]
        times = {one["cui"]: one["times"] for one in row["meant"]}
        for meaning in index.meanings(key):
            meant[meaning] = times.get(cuis[index.concept[meaning]], 0)
    return Tuning(index, Counts(seen, linked, meant), learned.weights, learned.threshold)
