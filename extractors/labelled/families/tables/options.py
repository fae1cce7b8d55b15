"""What a card may say of a table: which columns hold pictures, labels, boxes, facts, patients."""

from __future__ import annotations

import codecs
from typing import Any, Literal

from pydantic import Field, field_validator

from extractors.labelled.facts import check_names
from extractors.labelled.families.boxes import FORMS
from extractors.labelled.families.patterns import Pattern
from schemas.options import Options

Value = Literal["present", "absent", "uncertain", "unstated"]


class ListLabels(Options):
    """A column with several labels: joined by `separator`, or a JSON or Python list.

    `values` gives the label's key for what is written, empty for what is no
    label; `absent` the key of the label that what is written denies ("no glaucoma").
    """

    column: str
    separator: str = Field("|", min_length=1)
    values: dict[str, str] = {}
    absent: dict[str, str] = {}


class OneHot(Options):
    """One column per label. `columns`: of which label each is; empty: those of the card's labels.

    `values` adds to the words for present, absent, uncertain and unstated.
    """

    columns: dict[str, str] | list[str] = []
    values: dict[str, Value] = {}


class ClassColumn(Options):
    """A column with the one class of the picture, as a label's key or what `values` makes of it."""

    column: str
    values: dict[str, str] = {}


class FactColumn(Options):
    """The column of a fact. With `values` only what they name is known, in their words.

    `pattern`: a regular expression whose first group is what counts of the cell.
    """

    column: str
    pattern: Pattern = ""
    values: dict[str, str] = {}


class BoxColumns(Options):
    """Four columns that hold a box, in the rows themselves or in `tables` with their `image` column.

    `label`: the column of the box's label, `name` one label for all. `form` is the order of the
    four: corner and size, two corners, centre and size; pixels are counted from 0, corners two is
    just outside. `normalised`: shares of width and height. `size` is [width, height] in pixels of
    the pictures that were annotated.
    """

    columns: list[str] = Field(min_length=4, max_length=4)
    form: str = "xywh"
    normalised: bool = False
    label: str = ""
    name: str = ""
    values: dict[str, str] = {}
    size: list[int] = Field([], max_length=2)
    tables: str | list[str] = ""
    image: str = ""

    @field_validator("form")
    @classmethod
    def _known(cls, form: str) -> str:
        if form not in FORMS:
            raise ValueError(f"{form!r} is no form of a box; {', '.join(FORMS)}")
        return form


class Join(Options):
    """Further tables whose row with the same `column` as the picture's `to` adds its cells."""

    tables: str | list[str]
    column: str
    to: str


class Together(Options):
    """Which pictures make one sample: the visits of a patient, or the views of a study.

    Rows belong together by the column `key`, or the first group of `pattern` in what the image
    column says; empty: by patient. They are sorted by the columns `order`, as numbers where they
    are. `date` is the column of an ISO or DICOM date from which days are counted. A patient with
    more than `at_most` pictures becomes several samples of consecutive ones. A sample of which a
    picture is missing is marked as a whole.
    """

    kind: Literal["visits", "study"]
    key: str = ""
    pattern: Pattern = ""
    order: list[str] = []
    date: str = ""
    at_most: int = Field(10, ge=1, le=100)


class TableOptions(Options):
    """Options of the family `tables`; the module's docstring says what becomes of rows.

    `tables`: pattern(s) of the table files. `image`: a column, or a template of columns such as
    "{patientId}.dcm"; `images` the folder of the pictures. `images_optional`: rows count although
    no picture is at hand. `besides` are columns that name further pictures of the same row, which
    are not used. `group` is the patient's column, `group_pattern` a regular expression on
    what the image column says. `readers`: the column of who annotated a row, where several people
    did; a label that only some of them state is uncertain. `open_labels`: labels that the card
    does not list are no mistake.
    """

    tables: str | list[str] = "*.csv"
    separator: str = Field("", max_length=1)
    encoding: str = "utf-8"
    image: str
    images: str = ""
    skip: list[str] = []
    besides: list[str] = []
    images_optional: bool = False
    group: str = ""
    group_pattern: Pattern = ""
    split: str = ""
    labels: ListLabels | None = None
    one_hot: OneHot | None = None
    class_: ClassColumn | None = Field(None, alias="class")
    attributes: list[str] = []
    facts: dict[str, FactColumn] = {}
    meta: list[str] = []
    box: BoxColumns | None = None
    join: list[Join] = []
    readers: str = ""
    open_labels: bool = False
    together: Together | None = None

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, name: str) -> str:
        try:
            return codecs.lookup(name).name
        except LookupError:
            raise ValueError(f"{name!r} is no encoding") from None

    @field_validator("facts", mode="before")
    @classmethod
    def _facts(cls, facts: Any) -> Any:
        """A fact may be given as its column alone."""
        check_names(facts)
        return {k: {"column": v} if isinstance(v, str) else v for k, v in facts.items()}
