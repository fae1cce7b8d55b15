"""A CSV that labels DICOM files by file name, instance, series, study or patient.

    patientId,x,y,width,height,Target          by: patient, columns: {Target: lung_opacity},
    0004cfab,264.0,152.0,213.0,379.0,1         box: [x, y, width, height], box_label: lung_opacity

Cells are 1, 0, -1 or blank: present, absent, uncertain, unstated. A thing may have several rows.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field, model_validator

from extractors.labelled.files import BadData, Files, stem
from extractors.labelled.records import Mark
from schemas.options import Options

_VALUES = {"1": "present", "0": "absent", "-1": "uncertain", "": "unstated"}


class LabelsTable(Options):
    """`key` is the column that names the thing, `by` what it names. `columns` are those of 1, 0,
    -1 or blank with the raw label each is of; `label` a column that holds a raw label. `box` are
    the columns of left, top, width and height in pixels, of `box_label`.
    """

    file: str
    key: str
    by: Literal["file", "instance", "series", "study", "patient"] = "file"
    columns: dict[str, str] = {}
    label: str = ""
    box: list[str] = Field([], max_length=4)
    box_label: str = ""

    @model_validator(mode="after")
    def _whole_box(self) -> LabelsTable:
        if self.box and (len(self.box) != 4 or not self.box_label):
            raise ValueError(
                "box names four columns: left, top, width, height, and needs box_label"
            )
        return self


@dataclass
class Row:
    """What the table says of one thing, from all its rows; `lines` are their line numbers."""

    stated: dict[str, str] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_labels(files: Files, options: LabelsTable) -> dict[str, Row]:
    """Rows by their key. Raises `BadData` where the table or one of its columns is missing."""
    reader = csv.DictReader(io.StringIO(files.text(options.file)))
    wanted = [options.key, *options.columns, *options.box]
    wanted += [options.label] if options.label else []
    missing = [column for column in wanted if column not in (reader.fieldnames or [])]
    if missing:
        raise BadData("columns_missing", f"{options.file}: no column {', '.join(missing)}")
    found: dict[str, Row] = {}
    try:
        for cells in reader:
            row = found.setdefault(key_of(cells.get(options.key) or "", options.by), Row())
            row.lines.append(reader.line_num)
            _add(row, cells, options, reader.line_num)
    except csv.Error as error:
        raise BadData(
            "table_unreadable", f"{options.file}, line {reader.line_num}: {error}"
        ) from None
    return found


def key_of(written: str, by: str) -> str:
    """How a thing is looked up: a file by its name without folders and ending."""
    own = written.strip()
    return stem(own.replace("\\", "/").rpartition("/")[2]).lower() if by == "file" else own


def _add(row: Row, cells: dict[str, str | None], options: LabelsTable, line: int) -> None:
    """Add a line of the table. Problems name line and column, never the cell: it may name a person."""
    where = f"{options.file}, line {line}"
    if None in cells or None in cells.values():
        row.problems.append(f"{where}: it has more or fewer cells than the header")
        return
    for column, label in options.columns.items():
        value = _VALUES.get((cells[column] or "").strip().removesuffix(".0"))
        if value is None:
            row.problems.append(f"{where}: {column} is not 1, 0, -1 or blank")
        elif row.stated.get(label, "unstated") == "unstated":
            row.stated[label] = value
        elif value not in ("unstated", row.stated[label]):
            row.problems.append(f"{where}: {column} differs from an earlier row")
    if options.label and (cells[options.label] or "").strip():
        row.stated[(cells[options.label] or "").strip()] = "present"
    box = [(cells[column] or "").strip() for column in options.box]
    if any(box):
        _add_box(row, box, options, where)


def _add_box(row: Row, box: list[str], options: LabelsTable, where: str) -> None:
    try:
        x, y, width, height = (float(cell) for cell in box)
    except ValueError:
        x = y = width = height = math.nan
    if math.isfinite(x + y + width + height):
        row.marks.append(Mark(options.box_label, [x, y, x + width, y + height]))
    else:
        row.problems.append(f"{where}: {', '.join(options.box)} are no box")
