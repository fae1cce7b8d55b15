"""COCO instances: `images`, `annotations` and `categories` in one JSON file, or one for each split.

Boxes are x, y, width, height in pixels from 0; a segmentation is polygons, or a run-length mask with
its counts as text or as a list (cocodataset.org, "Data format"). A picture that the file lists
without annotations has none; one that no file lists is marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pycocotools.mask as coco

from extractors.images import MAX_PIXELS
from extractors.labelled.card import DatasetCard
from extractors.labelled.families.boxes import box_from
from extractors.labelled.families.patterns import Pattern, first_group
from extractors.labelled.families.unlisted import unlisted
from extractors.labelled.files import BadData, Files, stem
from extractors.labelled.finding import PictureIndex, pictures_below
from extractors.labelled.records import Entry, Mark
from extractors.labelled.regions.masks import counts_of
from extractors.labelled.splits import SPLITS
from extractors.labelled.stated import labels_of_marks
from extractors.labelled.structured import json_as
from schemas.options import Options
from schemas.sample import Drop

_MAX_SIDE = 2**20
Id = int | str


class CocoOptions(Options):
    """`annotations` are the JSON files; `images` the folder of the pictures.

    `group` is a regular expression on a picture's name whose first group is the patient.
    """

    annotations: str | list[str] = "**/*.json"
    images: str = ""
    group: Pattern = ""


class _File(msgspec.Struct):
    images: list[msgspec.Raw]
    annotations: list[msgspec.Raw] = []
    categories: list[msgspec.Raw] = []


class _Picture(msgspec.Struct):
    id: Id
    file_name: str
    width: int = 0
    height: int = 0


class _Owner(msgspec.Struct):
    image_id: Id


class _Category(msgspec.Struct):
    id: Id
    name: str
    supercategory: str | None = None


class _Annotation(msgspec.Struct):
    category_id: Id
    id: Id = ""
    bbox: list[float] | None = None
    segmentation: Any = None
    iscrowd: int | bool | None = 0


def entries(files: Files, options: CocoOptions, card: DatasetCard) -> Iterator[Entry]:
    """One entry per picture of each file, then the annotations and pictures that belong to none.

    Raises `BadData` where no file matches, or one is not of this form.
    """
    names = files.matching(options.annotations, "annotations_missing")
    pictures = pictures_below(files, options.images)
    index = PictureIndex(pictures, options.images)
    used: set[str] = set()
    for name in names:
        for entry in _of_file(files, name, index, options, card):
            used.update(entry.files)
            yield entry
    yield from unlisted(pictures, used, "no annotation file lists {}")


def _of_file(
    files: Files, name: str, index: PictureIndex, options: CocoOptions, card: DatasetCard
) -> Iterator[Entry]:
    data = json_as(files.read(name), _File, name)
    categories = {str(c.id): c for c in (json_as(raw, _Category, name) for raw in data.categories)}
    by_picture: dict[str, list[msgspec.Raw]] = {}
    lost = []
    for number, raw in enumerate(data.annotations):
        try:
            by_picture.setdefault(str(json_as(raw, _Owner, name).image_id), []).append(raw)
        except BadData as error:
            lost.append((f"annotation-{number}", Drop("list", error.reason, str(error))))
    split = _split(name)
    for number, raw in enumerate(data.images):
        try:
            picture = json_as(raw, _Picture, f"{name}, image {number}")
        except BadData as error:
            lost.append((f"image-{number}", Drop("list", error.reason, str(error))))
            continue
        own = by_picture.pop(str(picture.id), [])
        entry = _entry(picture, own, categories, index, card, name)
        group = first_group(options.group, picture.file_name)
        meta = {**entry.meta, **({"dataset_split": split} if split else {})}
        yield msgspec.structs.replace(entry, group=group, meta=meta)
    for key, raws in by_picture.items():
        detail = f"{name}: {len(raws)} annotations of image {key}, which it does not list"
        lost.append((f"image-id-{key}", Drop("list", "image_missing", detail)))
    for own_name, drop in lost:
        yield Entry(name=f"{stem(name).removesuffix('.json')}/{own_name}", drops=[drop])


def _split(name: str) -> str:
    """train, val or test where the file's name or folder says so: `instances_val2017.json`."""
    words = re.findall(r"[a-z]+", name.lower())
    return next((SPLITS[word] for word in reversed(words) if word in SPLITS), "")


def _entry(
    picture: _Picture,
    raws: list[msgspec.Raw],
    categories: dict[str, _Category],
    index: PictureIndex,
    card: DatasetCard,
    name: str,
) -> Entry:
    size = [picture.width, picture.height]
    if not all(0 < side < _MAX_SIDE for side in size):
        size = []
    marks, drops, above = [], [], {}
    for raw in raws:
        try:
            own = json_as(raw, _Annotation, name)
            marks.append(_mark(own, size, categories))
            above[marks[-1].label] = categories[str(own.category_id)].supercategory or ""
        except BadData as error:
            drops.append(Drop("list", error.reason, f"{name}, {picture.file_name}: {error}"))
    try:
        paths = [index.find(picture.file_name)]
    except BadData as error:
        paths, drops = [], [Drop("list", error.reason, f"{name}: {error}"), *drops]
    parents = "; ".join(f"{key}: {value}" for key, value in sorted(above.items()) if value)
    return Entry(
        name=stem(picture.file_name),
        files=paths,
        labels=labels_of_marks(card, [mark.label for mark in marks]),
        marks=marks,
        meta={"supercategories": parents} if parents else {},
        drops=drops,
    )


def _mark(own: _Annotation, size: list[int], categories: dict[str, _Category]) -> Mark:
    """An annotation as a mark. Raises `BadData`, naming it by its id."""
    category = categories.get(str(own.category_id))
    if category is None:
        raise BadData(
            "label_unknown", f"annotation {own.id}: category {own.category_id} is not listed"
        )
    try:
        box = box_from("xywh", own.bbox) if own.bbox and len(own.bbox) == 4 else []
        polygons, rle, own_size = _outline(own.segmentation, size)
    except BadData as error:
        raise BadData(error.reason, f"annotation {own.id}: {error}") from None
    if own.bbox and not box:
        raise BadData(
            "box_invalid", f"annotation {own.id}: bbox has {len(own.bbox)} numbers, not 4"
        )
    if not (box or polygons or rle):
        raise BadData("box_invalid", f"annotation {own.id} has neither bbox nor segmentation")
    crowd = bool(own.iscrowd)
    return Mark(category.name, box, polygons, rle=rle, size=own_size, crowd=crowd)


def _outline(found: Any, size: list[int]) -> tuple[list[list[float]], str, list[int]]:
    """Polygons, compressed counts, and the [width, height] they are for. Raises `BadData`."""
    if not found:
        return [], "", size
    if isinstance(found, dict):
        height, width = _sides(found.get("size"))
        if size and size != [width, height]:
            detail = (
                f"its mask is for {width} x {height} pixels, the picture has {size[0]} x {size[1]}"
            )
            raise BadData("size_mismatch", detail)
        return [], _counts(found.get("counts"), width, height), [width, height]
    if not isinstance(found, list) or not all(_is_polygon(p) for p in found):
        raise BadData("polygon_invalid", "a polygon has three or more pairs of numbers")
    return [[float(n) for n in p] for p in found], "", size


def _counts(found: Any, width: int, height: int) -> str:
    """The runs of a mask as compressed counts, from text or a list. Raises `BadData`."""
    if isinstance(found, str):
        runs = counts_of(found).tolist()
    elif isinstance(found, list) and found and all(type(n) is int for n in found):
        runs = found
    else:
        raise BadData("rle_broken", "its counts are neither a text nor a list of runs")
    if min(runs) < 0 or sum(runs) != width * height or max(runs) > MAX_PIXELS:
        raise BadData("rle_broken", f"its runs do not add up to {width} x {height} pixels")
    if isinstance(found, str):
        return found
    text: bytes = coco.frPyObjects({"counts": runs, "size": [height, width]}, height, width)[
        "counts"
    ]
    return text.decode("ascii")


def _sides(found: Any) -> tuple[int, int]:
    """Height and width of a mask."""
    whole = isinstance(found, list) and len(found) == 2 and all(type(n) is int for n in found)
    if not whole or not all(0 < n < _MAX_SIDE for n in found):
        raise BadData("mask_invalid", f"a mask's size is [height, width], not {str(found)[:60]}")
    return found[0], found[1]


def _is_polygon(found: Any) -> bool:
    numbers = isinstance(found, list) and all(type(n) in (int, float) for n in found)
    return numbers and len(found) >= 6 and len(found) % 2 == 0
