"""Entries of all sources merged, each id once, into one Parquet file sorted by id.

Whatever is read becomes facts in a DuckDB table on disk: (cui, field, value, rank). A concept's
lists are its facts in the order of their rank, so the first input's preferred name wins. Ids are
merged in ranges, so memory is bounded whatever the size of the sources. Equal inputs give equal
bytes, and the file appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from extractors.concepts.entries import VOCABULARY, Entry
from extractors.concepts.vocabulary.sources import VocabularyError

CUIS_A_RANGE = 50_000
_BATCH_ENTRIES = 20_000
_MOST_THREADS = 8  # each needs memory of its own
_INPUT_SHIFT = 48  # rank = the input's number, then the place within the input
_FACTS = pa.schema(
    [("cui", pa.string()), ("field", pa.int8()), ("value", pa.string()), ("rank", pa.int64())]
)
NAME, TYPE, DEFINITION, PARENT, SOURCE = range(5)

# Each value of a concept once, at its first rank, and one definition. Two spellings are one name if
# only case differs, save for short ones with several capitals: AIDS is not aids.
_MERGE = f"""
    SELECT cui, field, best.value AS value FROM (
        SELECT cui, field, min({{'rank': rank, 'value': value}}) AS best
        FROM facts WHERE cui >= $first AND ($last IS NULL OR cui < $last)
        GROUP BY cui, field, CASE
            WHEN field = {DEFINITION} THEN ''
            WHEN field <> {NAME} OR length(value) <= 8 AND regexp_matches(value, '[A-Z].*[A-Z]')
            THEN value ELSE lower(value) END)
    ORDER BY cui, field, best
"""


class Staging:
    """Facts of all inputs in a DuckDB file beside the output, removed at the end.

    Use as a context; add inputs in the order of their precedence, then `write`. The UMLS reader puts
    its facts into `connection` itself, with ranks that begin at `next_rank()`.
    """

    def __init__(self, folder: Path | str, memory_limit: str = "3GB") -> None:
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=".vocabulary-", dir=folder))
        except OSError as error:
            words = error.strerror or error
            raise VocabularyError(f"{folder}: cannot be written: {words}") from None
        self.connection = duckdb.connect(
            str(self._folder / "facts.duckdb"),
            config={
                "memory_limit": memory_limit,
                "temp_directory": str(self._folder / "spill"),
                "threads": min(_MOST_THREADS, os.cpu_count() or 1),
                "preserve_insertion_order": False,  # ranks say the order
            },
        )
        self.connection.execute("SET enable_progress_bar = false")  # it would go to stdout
        self.connection.execute(
            "CREATE TABLE facts (cui VARCHAR, field TINYINT, value VARCHAR, rank BIGINT)"
        )
        self._inputs = 0

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def next_rank(self) -> int:
        """The first rank of a new input; it has 2**48 to give."""
        self._inputs += 1
        return self._inputs << _INPUT_SHIFT

    def add(self, entries: Iterable[Entry]) -> int:
        """Add one input's entries; how many they were."""
        rank, count, rest = self.next_rank(), 0, iter(entries)
        while batch := list(islice(rest, _BATCH_ENTRIES)):
            count += len(batch)
            facts, rank = _facts(batch, rank)
            self.connection.register("batch", facts)
            self.connection.execute("INSERT INTO facts SELECT * FROM batch")
            self.connection.unregister("batch")
        return count

    def write(self, path: Path | str, cuis_only: bool = False) -> int:
        """Merge all facts into the vocabulary at `path`; the number of its concepts.

        `cuis_only` leaves out concepts whose id is not a UMLS CUI. Raises `VocabularyError` if none
        are left or the file cannot be written.
        """
        if cuis_only:
            self._drop_other_ids()
        bounds = self._bounds()
        if not bounds:
            raise VocabularyError("no concept is left: the inputs or the options give no names")
        with _atomic(path) as temporary, pq.ParquetWriter(
            temporary, VOCABULARY, compression="zstd"
        ) as writer:  # fmt: skip
            for first, last in zip(bounds, [*bounds[1:], None], strict=True):
                found = self.connection.sql(_MERGE, params={"first": first, "last": last})
                writer.write_table(_concepts(found.to_arrow_table()))
        return pq.read_metadata(path).num_rows

    def _drop_other_ids(self) -> None:
        pattern = "C[0-9]{7}"
        self.connection.execute(
            "DELETE FROM facts WHERE NOT regexp_full_match(cui, $1)"
            f" OR field = {PARENT} AND NOT regexp_full_match(value, $1)",
            [pattern],
        )

    def _bounds(self) -> list[str]:
        """The first id of every range, in order: all ids that have a name, cut evenly."""
        rows = self.connection.execute(
            f"""SELECT cui FROM (
                SELECT cui, row_number() OVER (ORDER BY cui) AS place
                FROM (SELECT DISTINCT cui FROM facts WHERE field = {NAME})
            ) WHERE place % $1 = 1 ORDER BY cui""",
            [CUIS_A_RANGE],
        ).fetchall()
        return [cui for (cui,) in rows]


def write_vocabulary(entries: Iterable[Entry], path: Path | str) -> int:
    """Write entries, merged by id, as a vocabulary; how many concepts. Raises `VocabularyError`."""
    with Staging(Path(path).absolute().parent) as staging:
        staging.add(entries)
        return staging.write(path)


def read_vocabulary(path: Path | str) -> Iterator[Entry]:
    """The entries of a vocabulary file, in the order of their ids. Raises `VocabularyError`."""
    try:
        with pq.ParquetFile(path) as file:
            if missing := set(VOCABULARY.names) - set(file.schema_arrow.names):
                words = ", ".join(sorted(missing))
                raise VocabularyError(f"{path}: is no vocabulary; it has no column {words}")
            for batch in file.iter_batches(batch_size=10_000, columns=VOCABULARY.names):
                yield from msgspec.convert(batch.to_pylist(), list[Entry])
    except (OSError, pa.ArrowException) as error:
        words = " ".join(str(error).split())[:200]
        raise VocabularyError(f"{path}: cannot be read as a vocabulary: {words}") from None


def _facts(entries: list[Entry], rank: int) -> tuple[pa.Table, int]:
    """The facts of entries, and the rank after the last."""
    rows: list[tuple[str, int, str, int]] = []
    for entry in entries:
        values = [(NAME, name) for name in (entry.name, *entry.synonyms)]
        values += [(TYPE, value) for value in entry.types]
        values += [(DEFINITION, entry.definition)] * bool(entry.definition)
        values += [(PARENT, value) for value in entry.parents]
        values += [(SOURCE, value) for value in entry.sources]
        rows += [
            (entry.cui, field, value, rank + place) for place, (field, value) in enumerate(values)
        ]
        rank += len(values)
    columns = [list(column) for column in zip(*rows, strict=True)]
    return pa.table(columns, schema=_FACTS), rank


def _concepts(facts: pa.Table) -> pa.Table:
    """One row per concept of facts (cui, field, value) sorted by cui, field and rank."""
    ids = facts["cui"].combine_chunks().dictionary_encode()
    values, fields = facts["value"].combine_chunks(), facts["field"].to_numpy()
    concept = ids.indices.to_numpy()  # ascending, as the facts are sorted
    total = len(ids.dictionary)

    def lists(chosen: np.ndarray) -> pa.ListArray:
        counts = np.bincount(concept[chosen], minlength=total)
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), values.filter(pa.array(chosen)))

    def firsts(field: int) -> np.ndarray:
        """Places of the first value of each concept that has one."""
        places = np.flatnonzero(fields == field)
        return places[np.unique(concept[places], return_index=True)[1]]

    def column(places: np.ndarray) -> pa.Array:
        where = np.full(total, -1)
        where[concept[places]] = places
        return values.take(pa.array(where, mask=where < 0))

    names = firsts(NAME)
    others = fields == NAME
    others[names] = False
    columns = {
        "cui": ids.dictionary,
        "name": column(names),
        "synonyms": lists(others),
        "types": lists(fields == TYPE),
        "definition": column(firsts(DEFINITION)).fill_null(""),
        "parents": lists(fields == PARENT),
        "sources": lists(fields == SOURCE),
    }
    table = pa.table(columns).cast(VOCABULARY)
    return table.filter(pc.is_valid(table["name"]))  # a type or a parent alone is no concept


@contextlib.contextmanager
def _atomic(path: Path | str) -> Iterator[str]:
    """A temporary name that becomes `path` if all goes well. Raises `VocabularyError`."""
    target = Path(path).absolute()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        yield str(temporary)
        os.replace(temporary, target)
    except OSError as error:
        raise VocabularyError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)
