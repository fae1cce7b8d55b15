"""Image-text tables: rows of a picture's name and one or more texts (ROCO, MedPix, Quilt, PMC-OA).

CSV, TSV, JSON, JSONL, Parquet (also with pictures inside), and tables without a header. One sample
per picture with the texts of all its rows. Further tables are joined by a key.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from extractors.images import BadImage
from extractors.labelled.card import DatasetCard
from extractors.labelled.families.pairs.fields import (
    PairFields,
    has_caption,
    more_texts,
    stated_in,
    texts_in,
)
from extractors.labelled.files import BadData, Files, stem
from extractors.labelled.finding import Finder
from extractors.labelled.pictures import load_sized, read_pictures
from extractors.labelled.records import Entry, Looks, Reading
from extractors.labelled.rows.parquet import parquet_slice, picture_bytes, slices_of
from extractors.labelled.rows.records import Row, check_columns, field, rows_of, text_of
from schemas.options import Options
from schemas.sample import Drop


class PairJoin(Options):
    """A further table: its rows are found by `key` equal to the main row's column `to`.

    What it states is then `name`.column. `file` lies beside the main table, or below the root.
    `columns` as in `PairOptions`.
    """

    name: str
    file: str
    key: str
    to: str
    separator: str = ""
    columns: list[str] = []


class PairOptions(PairFields):
    """`files`: patterns of the tables; `image`: the column of the picture, `images` its folder.

    `columns` names the columns of a table without a header, the last of which may hold separators.
    """

    files: list[str]
    image: str = "image"
    images: str = ""
    separator: str = ""
    columns: list[str] = []
    join: list[PairJoin] = []


def entries(files: Files, options: PairOptions, card: DatasetCard) -> Iterator[Entry]:
    """One entry per picture; rows that cannot be used and pictures of no row are marked.

    Tables are read twice, so that only pictures whose other rows are still to come are in memory.
    """
    names = files.matching(options.files)
    sliced = {name: list(_slices(files, name, options)) for name in names}
    tables = [name for name in names if not sliced[name]]
    left = Counter(image for name in tables for image in _images(files, name, options))
    finder = Finder(files, options.images, list(left))
    open_still: dict[str, Entry] = {}
    yield from (entry for name in names for entry in sliced[name])
    for name in tables:
        try:
            for written in _gathered(files, name, options, card, open_still):
                if isinstance(written, Entry):
                    yield written
                    continue
                left[written] -= 1
                if not left[written]:
                    yield _with_picture(finder, written, open_still.pop(written))
        except BadData as error:
            yield Entry(name=f"table/{name}", drops=[Drop("list", error.reason, str(error))])
    for written, entry in open_still.items():
        yield _with_picture(finder, written, entry)
    for path in finder.unused():
        drop = Drop("list", "text_missing", f"{path}: no row names it")
        yield Entry(name=f"picture/{stem(path)}", files=[path], drops=[drop])


def _slices(files: Files, name: str, options: PairOptions) -> Iterator[Entry]:
    """Slices of a Parquet file with pictures inside; nothing of what cannot be read."""
    with contextlib.suppress(BadData):  # said when its rows are asked for
        yield from slices_of(files, name, options.image)


def _images(files: Files, name: str, options: PairOptions) -> Iterator[str]:
    """What the rows of a table call their pictures, as far as it can be read."""
    with contextlib.suppress(BadData):
        for row in rows_of(files, name, options.separator, options.columns):
            with contextlib.suppress(BadData):
                image = "" if row.problem else text_of(field(row.values, options.image))
                if image:
                    yield image


def _gathered(
    files: Files, name: str, options: PairOptions, card: DatasetCard, by_image: dict[str, Entry]
) -> Iterator[Entry | str]:
    """Put what rows state to their pictures, and say which; rows of no use come as entries."""
    joined = []
    for join in options.join:
        found: dict[str, Mapping[str, Any]] = {}
        yield from _joined(files, name, join, found)
        joined.append((join, found))
    for row in rows_of(files, name, options.separator, options.columns):
        if row.index == 0 and not row.problem:
            check_columns(row, [options.image])
            _check_names(row, options)
        try:
            if row.problem:
                raise BadData(*row.problem)
            image = text_of(field(row.values, options.image))
            if not image:
                raise BadData("image_missing", f"{row.place}: no picture is named")
            _add(by_image, image, _with_joined(row.values, joined), options, card, row.file)
            yield image
        except BadData as error:
            yield _lost(row, error.reason, str(error))


def _check_names(row: Row, options: PairOptions) -> None:
    for join in options.join:
        if join.name in row.values:
            raise BadData(
                "option_invalid", f"{row.file} has a column {join.name}: name its join otherwise"
            )


def _joined(
    files: Files, table: str, join: PairJoin, found: dict[str, Mapping[str, Any]]
) -> Iterator[Entry]:
    """Put the rows of a joined table to `found` by their key, the first of several.

    What cannot be read of it comes as entries.
    """
    beside = f"{table.rpartition('/')[0]}/{join.file}".lstrip("/")
    name = beside if files.has(beside) else join.file
    try:
        for row in rows_of(files, name, join.separator, join.columns):
            key = text_of(field(row.values, join.key))
            if row.problem:
                yield _lost(row, *row.problem)
            elif key:
                found.setdefault(key, row.values)
    except BadData as error:
        yield Entry(
            name=f"join/{table}/{join.name}", drops=[Drop("list", error.reason, str(error))]
        )


def _lost(row: Row, reason: str, detail: str) -> Entry:
    """The entry that stands for a row which cannot be used."""
    part = f"{row.split}-" if row.split else ""
    return Entry(name=f"row/{row.file}/{part}{row.index:06d}", drops=[Drop("list", reason, detail)])


def _with_joined(
    values: Mapping[str, Any], joined: list[tuple[PairJoin, dict[str, Mapping[str, Any]]]]
) -> dict[str, Any]:
    more = {join.name: rows.get(text_of(field(values, join.to)), {}) for join, rows in joined}
    return {**values, **more}


def _add(
    by_image: dict[str, Entry],
    image: str,
    values: Mapping[str, Any],
    options: PairOptions,
    card: DatasetCard,
    file: str,
) -> None:
    """A row's texts and facts; of several rows about a picture the first states the facts."""
    texts = texts_in(options, values)
    known = by_image.get(image)
    if known:
        by_image[image] = msgspec.structs.replace(known, texts=more_texts(known, texts))
    else:
        name = stem(image.replace("\\", "/").strip("/"))
        by_image[image] = Entry(name=name, texts=texts, **stated_in(options, values, card, file))


def _with_picture(finder: Finder, written: str, entry: Entry) -> Entry:
    drops = []
    if not has_caption(entry.texts):
        drops.append(Drop("list", "text_missing", f"{written} has no text"))
    try:
        found = [finder.find(written)]
    except BadData as error:
        found, drops = [], [*drops, Drop("list", error.reason, str(error))]
    return msgspec.structs.replace(entry, files=found, drops=drops)


def read(
    files: Files, options: PairOptions, card: DatasetCard, entry: Entry, looks: Looks
) -> Iterator[Reading]:
    """The picture of an entry, or those in its rows of a Parquet file, with their texts."""
    if not entry.span:
        yield from read_pictures(files, options, card, entry, looks)
        return
    name = entry.files[0]
    for index, values in parquet_slice(files, name, *entry.span):
        yield _reading(
            entry, Row(name, f"{name}, row {index + 1}", index, values), options, card, looks
        )


def _reading(
    entry: Entry, row: Row, options: PairOptions, card: DatasetCard, looks: Looks
) -> Reading:
    """One row of a Parquet file with its picture."""
    texts = texts_in(options, row.values)
    own = msgspec.structs.replace(
        entry,
        name=f"{entry.name}/{row.index:06d}",
        texts=texts,
        **stated_in(options, row.values, card, row.file),
    )
    own = own if own.group else msgspec.structs.replace(own, group=own.name)
    drops = [] if has_caption(texts) else [Drop("extract", "text_missing", f"{row.place}: no text")]
    try:
        return Reading(
            own, [load_sized(picture_bytes(row.values, options.image), looks)[0]], drops=drops
        )
    except (BadData, BadImage) as error:
        drops = [*drops, Drop("extract", error.reason, f"{row.place}: {error}")]
        return Reading(own, drops=drops)
