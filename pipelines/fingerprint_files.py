"""The file of `fabrica fingerprint`: hashes of an evaluation set, without its pictures and texts.

Parquet with the columns of `schemas.signatures.FINGERPRINTS`, sorted, and in its metadata the
method its hashes were made by, so that hashes of two methods are never compared. Such files come
from strangers: all that a reader relies on is checked here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.errors import UserError
from pipelines.storage import Store
from schemas.signatures import FINGERPRINTS

# Raised when `filters.alike.signatures` or `filters.alike.sketches` gives other hashes for the same input.
METHOD = "1"

PICTURE, TEXT = "picture", "text"
MOST_ROWS = 50_000_000

_METHOD_KEY = b"fabrica.fingerprints"
_BATCH_ROWS = 65_536
_MOST_VALUES = 1_000  # crops, bands or shingles of a row, on average over a file
_LONGEST_LIST = 4_096
_HASH = ("h0", "h1", "h2", "h3")
_LISTS = ("crops", "bands", "shingles")


def fingerprints(rows: Iterable[dict]) -> pa.Table:
    """Rows of `FINGERPRINTS` given as dictionaries, in the order of `ordered`."""
    return ordered(pa.Table.from_pylist(list(rows), schema=FINGERPRINTS))


def ordered(table: pa.Table) -> pa.Table:
    """The rows by kind, item and hash, equal ones once."""
    table = table.select(FINGERPRINTS.names).cast(FINGERPRINTS)
    keys = [(name, "ascending") for name in ("kind", "item", *_HASH, "exact")]
    table = table.sort_by(keys).combine_chunks()
    same = [_as_before(table[name]) for name, _ in keys]
    repeated = same[0]
    for one in same[1:]:
        repeated = pc.and_(repeated, one)
    return table.filter(pc.invert(repeated))


def numbered(table: pa.Table) -> pa.Table:
    """The rows with numbers for items, given by hash, so that nothing is told of their names."""
    keys = [(name, "ascending") for name in ("kind", *_HASH, "exact")]
    table = table.sort_by(keys)
    kinds = table["kind"].to_pylist()
    width = len(str(len(kinds)))
    items = [f"{kind}-{number:0{width}d}" for number, kind in enumerate(kinds, 1)]
    place = table.schema.get_field_index("item")
    return table.set_column(place, "item", pa.array(items, pa.string()))


def _as_before(column: pa.ChunkedArray) -> pa.Array:
    """Whether each value equals the one before it, null being equal to null."""
    values = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if len(values) == 0:
        return pa.array([], pa.bool_())
    here, before = values[1:], values[:-1]
    both_null = pc.and_(pc.is_null(here), pc.is_null(before))
    equal = pc.fill_null(pc.equal(here, before), False)
    return pa.concat_arrays([pa.array([False]), pc.or_(equal, both_null)])


def write_fingerprints(path: str, table: pa.Table) -> None:
    """Put a file of fingerprints in place at once; equal tables give equal bytes."""
    metadata = {_METHOD_KEY: METHOD.encode()}
    store, name = Store(os.path.dirname(os.path.abspath(path))), os.path.basename(path)
    with store.staged(name) as file:
        pq.write_table(table.replace_schema_metadata(metadata), file, compression="zstd")


def read_fingerprints(path: str) -> pa.Table:
    """The rows of a file of fingerprints, all of them checked.

    Raises `UserError` for one that is no such file, was made by another method, or is larger or
    other than it may be.
    """
    try:
        with pq.ParquetFile(path) as file:
            _check_footer(path, file)
            return _checked_rows(path, file)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        if isinstance(error, PermissionError):
            raise UserError(f"{path}: permission denied") from None
        words = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: no Parquet file that can be read: {words}") from None


def _check_footer(path: str, file: pq.ParquetFile) -> None:
    """Raise `UserError` where what a file says of itself rules it out, before any row is read."""
    schema = file.schema_arrow
    method = (schema.metadata or {}).get(_METHOD_KEY)
    missing = [name for name in FINGERPRINTS.names if name not in schema.names]
    if method is None or missing:
        words = f"no column {missing[0]!r}" if missing else "it does not say how it was made"
        raise UserError(f"{path}: not a file of fabrica fingerprint: {words}")
    if method != METHOD.encode():
        raise UserError(
            f"{path}: its hashes are of method {method[:20].decode('utf-8', 'replace')!r}, this "
            f"version of Fabrica compares those of method {METHOD!r}; fingerprint the set again"
        )
    for field in FINGERPRINTS:
        found = schema.field(field.name).type
        if found != field.type:
            raise UserError(f"{path}: column {field.name!r} is {found}, not {field.type}")
    rows = file.metadata.num_rows
    if not 0 <= rows <= MOST_ROWS:
        raise UserError(f"{path}: claims {rows:,} rows; at most {MOST_ROWS:,} are read")
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    values = max(
        (sum(g.column(j).num_values for g in groups) for j in range(file.metadata.num_columns)),
        default=0,
    )
    if values > rows * _MOST_VALUES + _BATCH_ROWS:
        raise UserError(f"{path}: claims {values:,} values in a column of {rows:,} rows")


def _checked_rows(path: str, file: pq.ParquetFile) -> pa.Table:
    batches, seen = [], 0
    for batch in file.iter_batches(_BATCH_ROWS, columns=FINGERPRINTS.names):
        seen += batch.num_rows
        if seen > MOST_ROWS:
            raise UserError(f"{path}: more than {MOST_ROWS:,} rows")
        table = pa.Table.from_batches([batch]).select(FINGERPRINTS.names).cast(FINGERPRINTS)
        table.validate(full=True)
        if problem := _problem(table):
            raise UserError(f"{path}: {problem}")
        batches.append(table)
    if seen != file.metadata.num_rows:
        raise UserError(f"{path}: has {seen:,} rows and claims {file.metadata.num_rows:,}")
    return pa.concat_tables([FINGERPRINTS.empty_table(), *batches])


def _problem(table: pa.Table) -> str:
    """What is wrong with some row, in words; empty where nothing is."""
    kinds = pc.is_in(table["kind"], pa.array([PICTURE, TEXT]))
    if not pc.all(kinds, min_count=0).as_py():
        return "a row is neither a picture nor a text"
    if table["item"].null_count:
        return "a row names no item"
    for kind, columns in ((PICTURE, _HASH), (TEXT, ("words", "exact", "bands", "shingles"))):
        own = table.filter(pc.equal(table["kind"], kind))
        for name in columns:
            if own[name].null_count:
                return f"a {kind} has no {name!r}"
    for name in _LISTS:
        flat = pc.list_flatten(table[name])
        lengths = pc.list_value_length(table[name])
        if flat.null_count:
            return f"a value of {name!r} is null"
        if (pc.max(lengths).as_py() or 0) > _LONGEST_LIST:
            return f"a list of {name!r} is longer than {_LONGEST_LIST:,}"
    left = pc.bit_wise_and(pc.fill_null(pc.list_value_length(table["crops"]), 0), 3)
    return "the crops of a picture are not four numbers each" if pc.max(left).as_py() else ""


def is_fingerprints(path: str) -> bool:
    """Whether a path is meant as a file of fingerprints."""
    return path.lower().endswith(".parquet") and not Path(path).is_dir()
