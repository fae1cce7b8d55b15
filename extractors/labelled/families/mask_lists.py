"""JSON lists of masks with texts about them: one object per mask, as MedVLSM's annotations.

{"img_name": "a.jpg", "mask_name": "a.png", "bbox": [140, 166, 310, 414],
 "prompts": {"p1": "polyp", "p2": ["oval polyp", ...]}}
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from extractors.labelled.card import DatasetCard
from extractors.labelled.families.masks import read as read
from extractors.labelled.families.patterns import Pattern, first_group
from extractors.labelled.files import BadData, Files, stem
from extractors.labelled.finding import Finder
from extractors.labelled.records import Entry, MaskFile
from extractors.labelled.rows.records import Row, rows_of, text_of
from extractors.labelled.rows.records import field as value_at
from schemas.options import Options
from schemas.sample import Drop, Label, Text


class MaskListOptions(Options):
    """`lists`: the JSON files, globs; `image`, `mask` and `texts` are their keys.

    `images` and `masks` are folders. All masks are of `label`, or of what the first group of
    `label_pattern` finds in the mask's name. `texts` hold a text, a list of them, or an object of
    either. `group`: pattern on the picture's name, the patient. `components` as in `masks`.
    """

    lists: list[str] = Field(min_length=1)
    images: str = ""
    masks: str = ""
    image: str = "img_name"
    mask: str = "mask_name"
    texts: list[str] = ["prompts"]
    label: str = ""
    label_pattern: Pattern = ""
    group: Pattern = ""
    components: bool = False


@dataclass
class _Gathered:
    """What the objects of a list say of one picture."""

    file: str = ""
    masks: list[MaskFile] = field(default_factory=list)
    stated: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)


def entries(files: Files, options: MaskListOptions, card: DatasetCard) -> Iterator[Entry]:
    """One entry per picture that a list names, then the others; texts of a missing one are kept."""
    rows = [row for name in files.matching(options.lists) for row in rows_of(files, name)]
    images = Finder(files, options.images, _written(rows, options.image))
    masks = Finder(files, options.masks, _written(rows, options.mask))
    pictures: dict[str, _Gathered] = {}
    for number, row in enumerate(rows):
        written = text_of(value_at(row.values, options.image))
        new = _Gathered()
        known = pictures.setdefault(written or f"row-{number + 1}", new)
        if known is new:
            known.file = _found(images, written, "image_missing", row, known)
        _add(known, row, masks, options)
    for written, known in pictures.items():
        yield Entry(
            name=stem(written),
            group=first_group(options.group, written.rpartition("/")[2]),
            files=[known.file] if known.file else [],
            labels=[Label(name, value) for name, value in known.stated.items()],
            masks=known.masks,
            texts=[Text("region_caption", text) for text in dict.fromkeys(known.texts)],
            drops=known.drops,
        )
    for path in images.unused():
        if path not in masks.used:
            drop = Drop("list", "label_missing", f"{path}: no list names it")
            yield Entry(name=path, files=[path], drops=[drop])


def _written(rows: list[Row], key: str) -> list[str]:
    return [text_of(value_at(row.values, key)) for row in rows]


def _found(finder: Finder, written: str, reason: str, row: Row, known: _Gathered) -> str:
    """The file, or a drop mark that names the place in the list."""
    try:
        if not written:
            raise BadData(reason, "no file is named")
        return finder.find(written)
    except BadData as error:
        own = reason if error.reason == "image_missing" else error.reason
        known.drops.append(Drop("list", own, f"{row.place}: {error}"))
        return ""


def _add(known: _Gathered, row: Row, masks: Finder, options: MaskListOptions) -> None:
    if row.problem:
        known.drops.append(Drop("list", *row.problem))
        return
    written = text_of(value_at(row.values, options.mask))
    label = options.label or first_group(options.label_pattern, written)
    if known.file:
        file = _found(masks, written, "mask_missing", row, known)
        known.masks += [MaskFile(file, label, components=options.components)] if file else []
    if options.label_pattern and label:
        known.stated[label] = "present"
    for key in options.texts:
        known.texts += _texts(value_at(row.values, key))


def _texts(value: Any, depth: int = 3) -> list[str]:
    """All texts in a text, a list or an object, without empty ones; nested at most so deep."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for part in value if depth for text in _texts(part, depth - 1)]
    return [value.strip()] if isinstance(value, str) and value.strip() else []
