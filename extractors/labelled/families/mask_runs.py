"""Tables of run-length codes, one row per region: ImageId, EncodedPixels.

ImageId,EncodedPixels            SIIM-ACR: form: gaps; "-1" says that there is none
id,class,segmentation            UW-Madison: form: starts, rows: true
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field, model_validator

from extractors.images import MAX_PIXELS
from extractors.labelled.card import DatasetCard
from extractors.labelled.families.patterns import Pattern, first_group
from extractors.labelled.files import BadData, Files, stem
from extractors.labelled.finding import Finder
from extractors.labelled.records import Entry, Mark
from extractors.labelled.regions.masks import Size
from extractors.labelled.regions.runs import rle_of_runs
from extractors.labelled.rows.delimited import TableForm
from extractors.labelled.rows.tables import Row, rows_of, table_names
from extractors.labelled.stated import labels_of
from schemas.options import Options
from schemas.sample import Drop


class MaskRunOptions(Options):
    """`table`: the table(s), a glob. `image` and `pixels` are columns, so is `label_column`.

    `label` is that of all rows. `none`: what `pixels` says where the picture has no such region.
    `form`, `rows` and `first` as in `regions.runs`. The pictures' `size` is [width, height], or
    `width` and `height` are columns. `group`: pattern on the picture's name, the patient.
    """

    table: str
    images: str = ""
    image: str = "ImageId"
    pixels: str = "EncodedPixels"
    label: str = ""
    label_column: str = ""
    none: list[str] = ["-1", ""]
    form: Literal["starts", "gaps"] = "starts"
    rows: bool = False
    first: int = Field(1, ge=0, le=1)
    size: list[int] = Field([], max_length=2)
    width: str = ""
    height: str = ""
    group: Pattern = ""

    @model_validator(mode="after")
    def _complete(self) -> MaskRunOptions:
        if bool(self.label) == bool(self.label_column):
            raise ValueError("give either label or label_column")
        if len(self.size) != 2 and not (self.width and self.height):
            raise ValueError("give size as [width, height], or the columns width and height")
        return self


@dataclass
class _Gathered:
    """What the rows say of one picture."""

    file: str = ""
    marks: list[Mark] = field(default_factory=list)
    stated: dict[str, str] = field(default_factory=dict)
    drops: list[Drop] = field(default_factory=list)


def entries(files: Files, options: MaskRunOptions, card: DatasetCard) -> Iterator[Entry]:
    """One entry per picture that rows name, in their order, then the pictures without a row."""
    named = (options.image, options.pixels, options.label_column, options.width, options.height)
    columns = [column for column in named if column]
    tables = table_names(files, options.table)
    rows = [row for table in tables for row in rows_of(files, table, TableForm(), columns)]
    finder = Finder(files, options.images, [row.cell(options.image) for row in rows])
    pictures: dict[str, _Gathered] = {}
    for number, row in enumerate(rows):
        written = row.cell(options.image)
        known = pictures.setdefault(written or f"row-{number + 1}", _Gathered())
        _add(known, row, written, finder, options)
    for written, known in pictures.items():
        yield Entry(
            name=stem(written),
            group=first_group(options.group, written.rpartition("/")[2]),
            files=[known.file] if known.file else [],
            labels=labels_of(card, known.stated),
            marks=known.marks,
            drops=known.drops,
        )
    for path in finder.unused():
        drop = Drop("list", "label_missing", f"{path}: no row of {options.table} names it")
        yield Entry(name=path, files=[path], drops=[drop])


def _add(known: _Gathered, row: Row, written: str, finder: Finder, options: MaskRunOptions) -> None:
    """What one row says; each thing that is wrong with it is a drop mark."""
    if row.problem:
        known.drops.append(row.problem)
        return
    try:
        if not known.file and not any(drop.reason == "image_missing" for drop in known.drops):
            known.file = finder.find(written)
    except BadData as error:
        known.drops.append(Drop("list", error.reason, f"{row.where}: {error}"))
    label = options.label or row.cell(options.label_column)
    code = row.cell(options.pixels)
    value = "absent" if code in options.none else "present"
    if known.stated.setdefault(label, value) != value:
        detail = f"{row.where}: {label} is both there and not there"
        known.drops.append(Drop("list", "labels_contradict", detail))
    try:
        if value == "present":
            size = _size(row, options)
            rle = rle_of_runs(code, size, options.form, options.rows, options.first)
            known.marks.append(Mark(label, rle=rle, size=list(size)))
    except BadData as error:
        known.drops.append(Drop("list", error.reason, f"{row.where}: {error}"))


def _size(row: Row, options: MaskRunOptions) -> Size:
    if options.size:
        return options.size[0], options.size[1]
    texts = [row.cell(column) for column in (options.width, options.height)]
    sizes = [
        int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0 for text in texts
    ]
    if not 0 < sizes[0] * sizes[1] <= MAX_PIXELS:
        raise BadData("annotation_size", f"{' x '.join(texts)} is no size of a picture")
    return sizes[0], sizes[1]
