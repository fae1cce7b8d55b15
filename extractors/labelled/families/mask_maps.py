"""JSON mappings of pictures to their mask files, as SAM-Med2D has them, in either direction.

{"images/amos_0006_90.png": ["masks/amos_0006_90_liver_000.png", ...]}
{"masks/amos_0006_90_liver_000.png": "images/amos_0006_90.png", ...}

A mask's label stands in its name, after the picture's and before a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractors.labelled.card import DatasetCard
from extractors.labelled.facts import Facts
from extractors.labelled.families.patterns import Expression, Pattern, finds, first_group
from extractors.labelled.families.unlisted import unlisted
from extractors.labelled.files import BadData, Files, stem
from extractors.labelled.finding import PictureIndex, pictures_below
from extractors.labelled.records import Entry, MaskFile
from extractors.labelled.splits import SPLITS
from extractors.labelled.stated import labels_of
from extractors.labelled.structured import json_as
from schemas.options import Options
from schemas.sample import Drop

_NUMBER = re.compile(r"_\d+$")


class MaskMapOptions(Options):
    """`maps` are the JSON files. `facts`: what is known of pictures whose name a pattern fits.

    `group` is a pattern on the picture's name whose first group is the patient.
    """

    maps: list[str] = ["**/image2label*.json", "**/label2image*.json"]
    group: Pattern = ""
    facts: dict[Expression, Facts] = {}


def entries(files: Files, options: MaskMapOptions, card: DatasetCard) -> Iterator[Entry]:
    """One entry per picture that a mapping names, then one per file that none does. Raises `BadData`."""
    names = files.matching(options.maps, "annotations_missing")
    pictures = pictures_below(files, "")
    index, used = PictureIndex(pictures), set[str]()
    for name in names:
        for image, masks in _mapped(files, name).items():
            entry = _entry(name, image, masks, index, options, card)
            used.update(entry.files, (mask.file for mask in entry.masks))
            yield entry
    yield from unlisted(pictures, used, "no mapping names {}")


def _mapped(files: Files, name: str) -> dict[str, list[str]]:
    """Masks by picture. Raises `BadData`."""
    found = json_as(files.read(name), dict[str, list[str] | str], name)
    masks: dict[str, list[str]] = {}
    for key, value in found.items():
        if isinstance(value, str):
            masks.setdefault(value, []).append(key)
        else:
            masks.setdefault(key, []).extend(value)
    return masks


def _entry(
    name: str,
    image: str,
    masks: list[str],
    index: PictureIndex,
    options: MaskMapOptions,
    card: DatasetCard,
) -> Entry:
    paths, drops = _found(index, [image], name)
    base = stem(image.rpartition("/")[2])
    files, missing = _found(index, masks, name)
    marked = [MaskFile(path, _label(path, base)) for path in files]
    words = re.findall(r"[a-z]+", name.rpartition("/")[2].lower())
    split = next((SPLITS[word] for word in words if word in SPLITS), "")
    return Entry(
        name=stem(image),
        group=first_group(options.group, base),
        files=paths,
        labels=labels_of(card, dict.fromkeys((mask.label for mask in marked), "present")),
        masks=marked,
        facts=next((f for p, f in options.facts.items() if finds(p, base)), {}),
        meta={"dataset_split": split} if split else {},
        drops=[*drops, *(_renamed(drop) for drop in missing)],
    )


def _found(index: PictureIndex, wanted: list[str], name: str) -> tuple[list[str], list[Drop]]:
    paths, drops = [], []
    for written in wanted:
        try:
            paths.append(index.find(written))
        except BadData as error:
            drops.append(Drop("list", error.reason, f"{name}: {error}"))
    return paths, drops


def _renamed(drop: Drop) -> Drop:
    return Drop(drop.stage, drop.reason.replace("image_", "mask_"), drop.detail)


def _label(path: str, image: str) -> str:
    """`masks/a_90_liver_000.png` of picture `a_90` is of liver."""
    base = _NUMBER.sub("", stem(path.rpartition("/")[2]))
    return base.removeprefix(image).strip("_") or base
