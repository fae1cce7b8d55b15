"""Class folders: `root/[split/]class/picture.jpg`, the layout of ImageNet and torchvision.

train/melanoma/a.jpg   ->   entry "train/melanoma/a", label melanoma, split "train"
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator

from extractors.labelled.card import DatasetCard
from extractors.labelled.families.patterns import Pattern, first_group
from extractors.labelled.files import PICTURES, Files, stem
from extractors.labelled.records import Entry, MaskFile
from extractors.labelled.splits import SPLITS
from extractors.labelled.stated import labels_of
from schemas.options import Options
from schemas.sample import Drop


class ClassFolderOptions(Options):
    """`images`: the folder that holds those of the classes (or of the splits).

    `skip`: folders that are no class. `group`: a regular expression on the file's name whose first
    group is the patient. `masks`: one on the name without ending of files that are masks of the
    picture whose name is its first group, in the same folder.
    """

    images: str = ""
    skip: list[str] = []
    group: Pattern = ""
    masks: Pattern = ""


def entries(files: Files, options: ClassFolderOptions, card: DatasetCard) -> Iterator[Entry]:
    """One entry per file in a class folder, and per picture in none; what is of no use is marked."""
    below = f"{options.images.strip('/')}/" if options.images.strip("/") else ""
    skip = set(options.skip)
    paths = [
        path
        for path in files.names
        if path.startswith(below) and not set(path[len(below) :].split("/")[:-1]) & skip
    ]
    pictures = [path for path in paths if path.lower().endswith(PICTURES)]
    owner = {path: _owner(path, options.masks) for path in pictures}
    masks: dict[str, list[str]] = {}
    for path, own in owner.items():
        if own:
            masks.setdefault(own, []).append(path)
    alike = Counter(stem(path) for path in pictures)
    for path in pictures:
        if not owner[path]:
            name = (stem(path) if alike[stem(path)] == 1 else path)[len(below) :]
            yield _entry(path, name, below, masks.pop(stem(path), []), options, card)
    for path in (path for paths in masks.values() for path in paths):
        drop = Drop("list", "image_missing", f"{path} is the mask of no picture that is there")
        yield Entry(name=stem(path[len(below) :]), files=[path], drops=[drop])
    for path in paths:
        if path not in owner and _classes(path, below)[1]:
            drop = Drop("list", "file_unused", f"{path} lies in a class folder and is no picture")
            yield Entry(name=f"file/{path[len(below) :]}", files=[path], drops=[drop])


def _owner(path: str, pattern: str) -> str:
    """The picture, without ending, that this file is a mask of; empty where it is a picture."""
    folder, _, base = stem(path).rpartition("/")
    own = first_group(pattern, base)
    return f"{folder}/{own}".lstrip("/") if own else ""


def _classes(path: str, below: str) -> tuple[str, str]:
    """The split and the class that a picture's folders name; empty where there is none."""
    folders = path[len(below) :].split("/")[:-1]
    split = SPLITS.get(folders[0].lower(), "") if folders else ""
    classes = folders[1:] if split else folders
    return split, classes[-1] if classes else ""


def _entry(
    path: str,
    name: str,
    below: str,
    masks: list[str],
    options: ClassFolderOptions,
    card: DatasetCard,
) -> Entry:
    split, own = _classes(path, below)
    return Entry(
        name=name,
        group=first_group(options.group, path.rpartition("/")[2]),
        files=[path],
        labels=labels_of(card, {own: "present"} if own else {}),
        masks=[MaskFile(mask, own) for mask in masks if own],
        meta={"dataset_split": split} if split else {},
        drops=_problems(path, own, card),
    )


def _problems(path: str, own: str, card: DatasetCard) -> list[Drop]:
    """What is wrong with the folder that a picture lies in."""
    if not own:
        return [Drop("list", "label_missing", f"{path} lies in no class folder")]
    if card.labels and card.label(own).key not in card.labels:
        near = difflib.get_close_matches(own, card.labels, n=1, cutoff=0.5)
        hint = f"; was {near[0]!r} meant?" if near else ""
        detail = f"{path}: the folder {own!r} is no label of the card{hint}"
        return [Drop("list", "label_unknown", detail)]
    return []
