"""Columns of made-up rows as Arrow arrays: texts, lists, structs."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.select_numbers import SENTENCES, mixed


@cache
def _sentence_texts() -> pa.Array:
    """So many different sentences of 8 to 22 words."""
    random = np.random.Generator(np.random.PCG64(7))
    syllables = ["ra", "di", "o", "tu", "mor", "le", "sion", "car", "ci", "no", "ma", "he", "pa"]
    syllables += ["tic", "ve", "nous", "pul", "mo", "na", "ry", "é", "axi", "al", "con", "trast"]
    words = ["".join(random.choice(syllables, random.integers(1, 5))) for _ in range(6_000)]
    words += ["the", "of", "and", "in", "with", "shows", '"arrow"', "5\\u2009mm", "(A)"] * 200
    counts = random.integers(8, 23, SENTENCES)
    chosen = random.integers(0, len(words), counts.sum())
    parts = np.split(chosen, np.cumsum(counts)[:-1])
    return pa.array([" ".join(words[i] for i in part).capitalize() + "." for part in parts])


def texts_of(said: np.ndarray) -> pa.Array:
    """The sentences of each row joined; one that repeats the first is left out."""
    pool = _sentence_texts()
    columns = []
    for slot in range(said.shape[1]):
        column = pool.take(pa.array(said[:, slot].astype(np.int64)))
        if slot >= 3:
            column = pc.if_else(pa.array(said[:, slot] == said[:, 0]), None, column)
        columns.append(column)
    return pc.binary_join_element_wise(*columns, " ", null_handling="skip")


def joined(*parts: object) -> pa.Array:
    """Texts and numbers side by side joined."""
    plain = [p if isinstance(p, str) else pc.cast(pa.array(p), pa.string()) for p in parts]
    return pc.binary_join_element_wise(*plain, "")


def hexed(numbers: np.ndarray) -> pa.Array:
    """(n,) texts of 64 hex digits."""
    raw = np.stack([mixed(numbers, 80 + i) for i in range(4)], axis=1)
    data = binascii.hexlify(np.ascontiguousarray(raw).tobytes())
    offsets = np.arange(0, len(data) + 1, 64, dtype=np.int32)
    return pa.StringArray.from_buffers(
        len(numbers), pa.py_buffer(offsets.tobytes()), pa.py_buffer(data)
    )


def lists_of(owner: np.ndarray, size: int, values: pa.Array) -> pa.ListArray:
    """Lists of the values, whose owners ascend."""
    counts = np.bincount(owner.astype(np.int64), minlength=size)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def struct_of(kind: pa.StructType, columns: Mapping[str, object], size: int) -> pa.StructArray:
    """A struct of the type, with what is not given empty (texts, lists) or null."""
    arrays = []
    for field in kind:
        value = columns.get(field.name)
        if value is None:
            value = empty(field.type, size)
        elif not isinstance(value, pa.Array | pa.ChunkedArray):
            value = pa.array(value)
        arrays.append(value.cast(field.type))
    return pa.StructArray.from_arrays(arrays, fields=list(kind))


def empty(kind: pa.DataType, size: int) -> pa.Array:
    """Empty texts or lists; nulls of any other type."""
    if pa.types.is_string(kind):
        return pa.repeat("", size)
    if pa.types.is_list(kind):
        offsets = pa.array(np.zeros(size + 1, np.int32))
        return pa.ListArray.from_arrays(offsets, pa.array([], kind.value_type)).cast(kind)
    return pa.nulls(size, kind)


def woven(columns: list[object], size: int) -> pa.Array:
    """The values of several columns, row after row."""
    arrays = [c if isinstance(c, pa.Array) else pa.array(c) for c in columns]
    whole = pa.concat_arrays([a.cast(arrays[0].type) for a in arrays])
    order = np.arange(len(arrays) * size).reshape(len(arrays), size).T.ravel()
    return whole.take(pa.array(order))


def column_of(field: pa.Field, value: object, size: int) -> pa.Array:
    """A column of the field's type, empty where there is no value."""
    if value is None:
        return empty(field.type, size)
    array = value if isinstance(value, pa.Array) else pa.array(value)
    return array.cast(field.type)
