"""Radiology reports with their pictures: one sample per study, its report split into sections.

Open-i's XML, R2Gen's JSON, and text files as MIMIC-CXR's. A study whose pictures are not at hand is
dropped with all its texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from extractors.labelled.card import DatasetCard
from extractors.labelled.families.patterns import Pattern
from extractors.labelled.families.reports.mimic import text_entries
from extractors.labelled.families.reports.openi import openi_entries
from extractors.labelled.families.reports.r2gen import r2gen_entries
from extractors.labelled.files import Files
from extractors.labelled.records import Entry
from schemas.options import Options


class ReportOptions(Options):
    """`form` of the reports, `files` that hold them (also zip and tar), `images` their folder.

    `tables`: tables of a text form with views, splits and labels. `group`: a regular expression
    on the study's name or path, whose first group is the patient.
    """

    form: Literal["openi", "r2gen", "text"]
    files: list[str]
    images: str = ""
    tables: list[str] = []
    group: Pattern = ""


def entries(files: Files, options: ReportOptions, card: DatasetCard) -> Iterator[Entry]:
    """One entry per study; what has no report, no picture or cannot be read is marked."""
    if options.form == "openi":
        yield from openi_entries(files, options.files, options.images, card)
    elif options.form == "r2gen":
        yield from r2gen_entries(files, options.files, options.images, options.group)
    else:
        yield from text_entries(
            files, options.files, options.images, options.tables, options.group, card
        )
