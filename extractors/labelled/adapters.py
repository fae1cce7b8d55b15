"""The registry of dataset families: one line each. What a card may name as its `family`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from extractors.labelled.card import DatasetCard
from extractors.labelled.files import Files
from extractors.labelled.pictures import read_pictures
from extractors.labelled.records import Entry, Looks, Reading
from schemas.options import Options


@dataclass(frozen=True)
class Adapter:
    """How datasets of one layout are read, by a module of `families/` and the name of its options.

    `entries(files, options, card)` runs once, on the driver: every annotated thing, and every
    picture that nothing annotates, as an `Entry`; it reads tables, never pixels.
    `read(files, options, card, entry, looks)` runs on workers: the `Reading`s of an entry (several
    where it stands for a slice of a container). Both raise `BadData`. A module without `read` has
    plain picture files. It is imported when it is first used: readers of DICOM are slow to load.
    """

    module: str
    options_name: str
    summary: str

    @property
    def _family(self) -> ModuleType:
        return import_module(f"extractors.labelled.families.{self.module}")

    @property
    def options(self) -> type[Options]:
        return getattr(self._family, self.options_name)

    @property
    def entries(self) -> Callable[[Files, Any, DatasetCard], Iterator[Entry]]:
        return self._family.entries

    @property
    def read(self) -> Callable[[Files, Any, DatasetCard, Entry, Looks], Iterator[Reading]]:
        return getattr(self._family, "read", read_pictures)


ADAPTERS: dict[str, Adapter] = {
    "class_folders": Adapter(
        "class_folders",
        "ClassFolderOptions",
        "one folder of pictures per class, with or without folders of splits above",
    ),
    "tables": Adapter(
        "tables",
        "TableOptions",
        "CSV, TSV or Parquet: labels, classes, attributes or boxes by picture",
    ),
    "voc": Adapter("voc", "VocOptions", "PASCAL VOC: an XML file of boxes per picture"),
    "coco": Adapter(
        "coco", "CocoOptions", "COCO instances: boxes, polygons and run-length masks in JSON files"
    ),
    "yolo": Adapter(
        "yolo",
        "YoloOptions",
        "YOLO: a text file of boxes or polygons per picture, in shares of its size",
    ),
    "masks": Adapter("masks", "MaskOptions", "pictures and folders of their masks, paired by name"),
    "mask_lists": Adapter(
        "mask_lists",
        "MaskListOptions",
        "JSON lists of pictures, their mask files and texts about them",
    ),
    "mask_maps": Adapter(
        "mask_maps",
        "MaskMapOptions",
        "JSON mappings of pictures to mask files, as SAM-Med2D's",
    ),
    "mask_runs": Adapter(
        "mask_runs", "MaskRunOptions", "tables of run-length codes, one row per region"
    ),
    "arrays": Adapter(
        "arrays", "ArrayOptions", "arrays of pictures with labels: MedMNIST npz, PatchCamelyon HDF5"
    ),
    "dicom": Adapter(
        "dicom", "DicomOptions", "DICOM folders: series of slices, single images, views of a study"
    ),
    "volumes": Adapter(
        "volumes",
        "VolumeOptions",
        "NIfTI, MGZ and NRRD volumes with mask volumes, paired by name",
    ),
    "vqa": Adapter(
        "vqa",
        "VqaOptions",
        "questions and answers on pictures: JSON, JSONL, CSV, Parquet, conversations",
    ),
    "reports": Adapter(
        "reports",
        "ReportOptions",
        "reports with pictures: Open-i XML, R2Gen JSON, text files as MIMIC-CXR's",
    ),
    "pairs": Adapter(
        "pairs", "PairOptions", "tables of pictures and texts: CSV, TSV, JSON, JSONL, Parquet"
    ),
    "webdatasets": Adapter(
        "webdatasets",
        "WebDatasetOptions",
        "WebDataset tars: picture, text, JSON and class under one key",
    ),
}
