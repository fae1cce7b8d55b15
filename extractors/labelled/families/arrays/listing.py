"""Arrays of pictures with labels: MedMNIST's .npz, PatchCamelyon's HDF5.

    {train,val,test}_{images,labels} of an .npz      (MedMNIST v2, Yang et al. 2023)
    x in *_{train,valid,test}_x.h5, y in *_y.h5      (PatchCamelyon, Veeling et al. 2018)

An entry is a slice of rows, named "train/00000" by its first row. Labels are read with the pictures:
a number is the card's label with this key, a row of several numbers one label per column.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from pydantic import Field

from extractors.images import BadImage
from extractors.labelled.card import DatasetCard
from extractors.labelled.families.arrays.hdf5 import hdf5_head, hdf5_rows
from extractors.labelled.families.arrays.npz import ArrayHead, npz_heads, npz_rows
from extractors.labelled.families.arrays.pictures import check_row_shape, pictures_of
from extractors.labelled.files import BadData, Files
from extractors.labelled.records import Entry, Looks, Reading
from extractors.labelled.rows.delimited import TableForm
from extractors.labelled.rows.tables import rows_of as table_rows
from extractors.labelled.splits import SPLITS
from extractors.labelled.stated import labels_of
from schemas.options import Options
from schemas.sample import Drop, Label

_MAX_SLICE_BYTES = 128 * 2**20
_MAX_LABEL_BYTES = 2**16


class ArrayOptions(Options):
    """`files`: patterns of the files with pictures; of HDF5, `images` and `labels` are its datasets.

    `labels_beside` turns the name of a file with pictures into that with its labels: [from, to].
    `groups_beside` likewise finds a CSV with a row per picture whose column `group` is the patient.
    `rows`: how many pictures an entry has at most. `slices`: how many of a volume are taken.
    """

    files: list[str] = ["*.npz"]
    images: str = "x"
    labels: str = "y"
    labels_beside: tuple[str, str] | None = None
    groups_beside: tuple[str, str] | None = None
    group: str = ""
    rows: int = Field(1000, ge=1)
    slices: int = Field(6, ge=1, le=64)


@dataclass(frozen=True)
class _Pair:
    """Pictures and labels that belong together: the file and the array in it of each."""

    split: str
    images: tuple[str, str]
    labels: tuple[str, str]


def entries(files: Files, options: ArrayOptions, card: DatasetCard) -> Iterator[Entry]:
    """One entry per slice of rows; rows with pictures or labels only are marked together."""
    names = files.matching(options.files)
    for name in names:
        try:
            pairs = _pairs(files, name, options)
            for pair in pairs:
                yield from _slices(files, pair, options, len(names) > 1)
            if name.lower().endswith(".npz"):
                yield from _others(files, name, pairs)
        except BadData as error:
            yield _marked(f"file/{name}", error.reason, str(error))


def _pairs(files: Files, name: str, options: ArrayOptions) -> list[_Pair]:
    if not name.lower().endswith(".npz"):
        beside = name.replace(*options.labels_beside) if options.labels_beside else name
        return [_Pair(_split(name), (name, options.images), (beside, options.labels))]
    splits = [key[:-7] for key in npz_heads(files, name) if key.endswith("_images")]
    return [_Pair(s, (name, f"{s}_images"), (name, f"{s}_labels")) for s in splits]


def _split(name: str) -> str:
    words = re.split(r"[^a-z]+", name.rpartition("/")[2].lower())
    return next((SPLITS[word] for word in words if word in SPLITS), "")


def _others(files: Files, name: str, pairs: list[_Pair]) -> Iterator[Entry]:
    """Members of an .npz that are no pictures, and no labels of any."""
    used = {array for pair in pairs for _, array in (pair.images, pair.labels)}
    for key, head in npz_heads(files, name).items():
        if isinstance(head, BadData) and (key not in used or key.endswith("_labels")):
            yield _marked(f"member/{name}/{key}", head.reason, str(head))
        elif key not in used:
            why = "label_only" if key.endswith("_labels") else "array_unknown"
            yield _marked(f"member/{name}/{key}", why, f"{name}: {key} belongs to no pictures")


def _slices(files: Files, pair: _Pair, options: ArrayOptions, several: bool) -> Iterator[Entry]:
    name, array = pair.images
    place = f"{name.rpartition('.')[0]}/{pair.split}" if several else pair.split or "rows"
    try:
        head = _head(files, name, array)
        check_row_shape(head.shape[1:], f"{name}: {array}")
        _check_row_bytes(head, _MAX_SLICE_BYTES, f"{name}: {array}")
    except BadData as error:
        yield _marked(f"{place}/00000", error.reason, str(error), name)
        return
    labelled = _label_rows(files, pair)
    both = min(head.rows, labelled)
    step = max(1, min(options.rows, _MAX_SLICE_BYTES // max(1, head.row_bytes)))
    for start in range(0, both, step):
        span = [start, min(start + step, both)]
        meta = {"dataset_split": SPLITS.get(pair.split, pair.split)} if pair.split else {}
        beside = _beside(files, pair, options)
        yield Entry(name=f"{place}/{start:05d}", files=[name, *beside], span=span, meta=meta)
    if head.rows != labelled:
        more = "pictures" if head.rows > labelled else "labels"
        why = "label_missing" if more == "pictures" else "image_missing"
        where = " of ".join(reversed(pair.labels if more == "pictures" else pair.images))
        detail = (
            f"{name}: rows {both} to {max(head.rows, labelled) - 1} have {more} only, not {where}"
        )
        yield _marked(f"{place}/{both:05d}-unpaired", why, detail, name)


def _beside(files: Files, pair: _Pair, options: ArrayOptions) -> list[str]:
    """Further files that say something of the rows: when they change, the rows are read again."""
    own = pair.images[0]
    named = [pair.labels[0], own.replace(*options.groups_beside) if options.groups_beside else own]
    return [name for name in dict.fromkeys(named) if name != own and files.has(name)]


def _label_rows(files: Files, pair: _Pair) -> int:
    """How many labels there are; 0 where the array is missing or cannot be read."""
    try:
        head = _head(files, *pair.labels)
        _check_row_bytes(head, _MAX_LABEL_BYTES, pair.labels[0])
        return head.rows
    except BadData:
        return 0


def _check_row_bytes(head: ArrayHead, most: int, where: str) -> None:
    """Raise `BadData` where a row alone would take too much memory."""
    if head.row_bytes > most:
        raise BadData(
            "array_too_large", f"{where}: rows of {head.row_bytes:,} bytes; most {most:,}"
        )


def _head(files: Files, name: str, array: str) -> ArrayHead:
    if not name.lower().endswith(".npz"):
        return hdf5_head(files, name, array)
    head = npz_heads(files, name).get(array)
    if isinstance(head, ArrayHead):
        return head
    raise head or BadData("array_missing", f"{name} has no array {array}")


def _marked(name: str, reason: str, detail: str, file: str = "") -> Entry:
    return Entry(name=name, files=[file] if file else [], drops=[Drop("list", reason, detail)])


def read(
    files: Files, options: ArrayOptions, card: DatasetCard, entry: Entry, looks: Looks
) -> Iterator[Reading]:
    """One reading per row of the slice, named by its row; a volume is a sample of several slices."""
    if not entry.span:
        yield Reading(entry, drops=list(entry.drops))
        return
    name, (start, stop) = entry.files[0], entry.span
    pair = next(p for p in _pairs(files, name, options) if _is_of(p, entry))
    pixels = _rows(files, *pair.images, start, stop)
    labels = _rows(files, *pair.labels, start, stop).reshape(stop - start, -1)
    groups = _groups(files, options, name)
    for place, row in enumerate(range(start, stop)):
        own = msgspec.structs.replace(
            entry,
            name=f"{entry.name}/{row:06d}",
            span=[row, row + 1],
            group=(groups[row] if row < len(groups) else "") or f"{entry.name}/{row:06d}",
            labels=_labels(card, labels[place]),
            meta={**entry.meta, "row": str(row)},
            drops=_label_problems(card, labels[place], row),
        )
        yield _reading(own, pixels[place], options, looks)


def _is_of(pair: _Pair, entry: Entry) -> bool:
    return pair.split == "" or pair.split == entry.name.split("/")[-2]


def _reading(entry: Entry, pixels: np.ndarray, options: ArrayOptions, looks: Looks) -> Reading:
    try:
        pictures, slices = pictures_of(pixels, options.slices, looks)
    except BadImage as error:
        drop = Drop("extract", error.reason, f"{entry.name}: {error}")
        return Reading(entry, drops=[*entry.drops, drop])
    facts = [{"slice": which} for which in slices]
    entry = msgspec.structs.replace(entry, image_facts=facts)
    return Reading(entry, pictures, drops=list(entry.drops))


def _rows(files: Files, name: str, array: str, start: int, stop: int) -> np.ndarray:
    read_rows = npz_rows if name.lower().endswith(".npz") else hdf5_rows
    return read_rows(files, name, array, start, stop)


def _labels(card: DatasetCard, values: np.ndarray) -> list[Label]:
    if len(values) == 1:
        return labels_of(card, {_key(values[0]): "present"} if _is_whole(values[0]) else {})
    words = {1: "present", 0: "absent"}
    return labels_of(card, {str(i): words.get(value, "unstated") for i, value in enumerate(values)})


def _label_problems(card: DatasetCard, values: np.ndarray, row: int) -> list[Drop]:
    if len(values) > 1:
        known = not card.labels or all(str(i) in card.labels for i in range(len(values)))
        what = f"{len(values)} columns of labels, {len(card.labels)} labels in the card"
    else:
        known = _is_whole(values[0]) and (not card.labels or _key(values[0]) in card.labels)
        what = f"label {values[0]} is none of the card's"
    return [] if known else [Drop("extract", "label_unknown", f"row {row}: {what}")]


def _is_whole(value: np.generic) -> bool:
    return bool(np.isfinite(value)) and float(value).is_integer()


def _key(value: np.generic) -> str:
    return str(int(value)) if _is_whole(value) else str(value)


def _groups(files: Files, options: ArrayOptions, name: str) -> tuple[str, ...]:
    """The patient of each row, where a table beside the file says so."""
    if not (options.groups_beside and options.group):
        return ()
    table = name.replace(*options.groups_beside)
    if not files.has(table):
        return ()
    return _column(files, table, files.state(table), options.group)


@functools.lru_cache(maxsize=4)
def _column(files: Files, table: str, state: str, column: str) -> tuple[str, ...]:
    """One column of a table. Raises `BadData`: patients that are not known cannot be kept apart."""
    rows = list(table_rows(files, table, TableForm(), [column]))
    if problem := next((row.problem for row in rows if row.problem), None):
        raise BadData(problem.reason, problem.detail)
    return tuple(row.cell(column) for row in rows)
