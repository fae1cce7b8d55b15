"""Pictures and folders of their masks, paired by name: Kvasir-SEG, DRIVE, BUSI, ISIC, CVC-ClinicDB.

images/a.jpg  masks/a.jpg                      name: "{key}"
benign (1).png  benign (1)_mask_1.png          name: "{key}_mask*"
images/02_test.tif  1st_manual/02_manual1.gif  key: "^([0-9]+)_", name: "{key}_manual1"

A picture without a mask, a mask without a picture and a picture file that is neither are each a
dropped entry. Which labels are there is known when the masks are read: an empty mask says that its
label is absent where the card marks every object, and nothing (noted `mask_empty`) otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

import msgspec
from pydantic import Field, field_validator, model_validator

from extractors.labelled.card import DatasetCard
from extractors.labelled.facts import check_names
from extractors.labelled.families.patterns import Pattern, first_group
from extractors.labelled.files import PICTURES, Files, stem
from extractors.labelled.pictures import read_pictures
from extractors.labelled.records import Entry, Looks, MaskFile, Reading
from extractors.labelled.splits import SPLITS
from extractors.labelled.stated import labels_of
from schemas.options import Options
from schemas.sample import Drop, Label


class MaskFolder(Options):
    """Masks of one kind. `folder`: the names of one or more nested folders, `*` is anything.

    `name` is a mask's name without ending, `{key}` that of its picture. All pixels set are `label`,
    or `labels` gives one for each grey value or colour. `components`: each part that hangs together
    and has `least_px` pixels is a region. `missing`: what a picture without such a mask is; it is
    dropped if it has none of all that say so.
    """

    folder: str = ""
    name: str = "{key}"
    label: str = ""
    labels: dict[str, str] = {}
    components: bool = False
    least_px: int = Field(1, ge=1)
    missing: Literal["drop", "absent", "unstated"] = "drop"

    @model_validator(mode="after")
    def _complete(self) -> MaskFolder:
        if self.name.count("{key}") != 1:
            raise ValueError(f"name: {self.name!r} does not have {{key}} once")
        if bool(self.label) == bool(self.labels):
            raise ValueError("give either label or labels")
        return self


class PathFact(Options):
    """A fact from a picture's path: the first group of `pattern`, in the words of `values`."""

    pattern: Pattern
    values: dict[str, str] = {}


class MaskOptions(Options):
    """`images`: the pictures' folder, as in `MaskFolder`; empty: all that are no masks.

    `key`: pattern on a picture's name without ending, whose group is the key; empty: all of it.
    `group`: on the file's name, the patient; `classes`: on the path, a label that is present.
    `skip`: folders whose pictures are neither.
    """

    images: str = ""
    key: Pattern = ""
    masks: list[MaskFolder] = Field(min_length=1)
    group: Pattern = ""
    classes: Pattern = ""
    facts: dict[str, PathFact] = {}
    skip: list[str] = []

    @field_validator("facts")
    @classmethod
    def _known(cls, facts: dict[str, PathFact]) -> dict[str, PathFact]:
        check_names(facts)
        return facts


@dataclass(frozen=True)
class _Place:
    """A file by what pairs it: the folders around its kind's own, and its key."""

    path: str
    around: str
    key: str


def entries(files: Files, options: MaskOptions, card: DatasetCard) -> Iterator[Entry]:
    """One entry per picture with its masks, then those for masks and pictures left over."""
    masks, pictures, others = _sorted_out(files, options)
    near, far = _indexed(pictures)
    owned: dict[str, list[tuple[MaskFolder, str]]] = {place.path: [] for place in pictures}
    orphans = []
    for kind, place in masks:
        found = near.get((place.around, place.key)) or far.get(place.key, [])
        if len(found) == 1:
            owned[found[0]].append((kind, place.path))
        else:
            orphans.append(_orphan(kind, place, found))
    names = _names(pictures)
    for place in pictures:
        yield _entry(place, names[place.path], owned[place.path], options)
    yield from orphans
    for path in others:
        unused = Drop("list", "file_unused", f"{path} lies in no folder of pictures or masks")
        yield Entry(name=path, files=[path], drops=[unused])


def read(
    files: Files, options: Options, card: DatasetCard, entry: Entry, looks: Looks
) -> Iterator[Reading]:
    """The pictures with their masks as shapes; labels by what the masks hold."""
    if not entry.files:
        yield Reading(entry, drops=list(entry.drops))
        return
    for reading in read_pictures(files, options, card, entry, looks):
        yield reading if reading.drops else labelled_by_masks(reading, card)


def labelled_by_masks(reading: Reading, card: DatasetCard) -> Reading:
    """The reading with labels by its masks: present with a region, without as the module says."""
    entry, notes = reading.entry, list(reading.notes)
    stated = {label.name: label.value for label in entry.labels}
    known = {label.name: label.value for label in labels_of(card, stated)}
    shown = {shape.label for shape in reading.shapes}
    whole = card.exhaustive and not reading.notes
    for mask in entry.masks:
        for label in [mask.label] if mask.label else mask.labels.values():
            value = stated.get(label) or known.get(card.label(label).key, "unstated")
            if label in shown:
                stated.setdefault(label, "present")
            elif value != "present" and whole:
                stated[label] = "absent"
            elif value != "absent":
                notes.append(f"mask_empty: {mask.file} holds no region of {label}")
    labels = labels_of(card, stated)
    return replace(reading, entry=msgspec.structs.replace(entry, labels=labels), notes=notes)


def _sorted_out(
    files: Files, options: MaskOptions
) -> tuple[list[tuple[MaskFolder, _Place]], list[_Place], list[str]]:
    """Picture files that are masks, pictures and neither; what is skipped is in none."""
    masks, pictures, others = [], [], []
    for path in files.names:
        if not path.lower().endswith(PICTURES) or _skipped(path, options):
            continue
        kinds = [(kind, place) for kind in options.masks if (place := _mask_place(path, kind))]
        around = _around(path, options.images)
        if kinds:
            masks += kinds
        elif around is not None:
            pictures.append(
                _Place(path, around, first_group(options.key, _stem(path)) or _stem(path))
            )
        else:
            others.append(path)
    return masks, pictures, others


def _mask_place(path: str, kind: MaskFolder) -> _Place | None:
    around = _around(path, kind.folder)
    pattern = re.escape(kind.name).replace(r"\{key\}", "(.+?)").replace(r"\*", ".*")
    found = re.fullmatch(pattern, _stem(path)) if around is not None else None
    return _Place(path, around or "", found[1]) if found else None


def _around(path: str, folder: str) -> str | None:
    """The folders of a path without those of `folder`, which it must have one below the other."""
    own, wanted = path.split("/")[:-1], [part for part in folder.split("/") if part]
    for start in range(len(own) - len(wanted) + 1):
        if all(map(fnmatchcase, own[start : start + len(wanted)], wanted)):
            return "/".join(own[:start] + own[start + len(wanted) :])
    return None


def _skipped(path: str, options: MaskOptions) -> bool:
    return any(_around(path, folder) is not None for folder in options.skip if folder)


def _indexed(
    pictures: list[_Place],
) -> tuple[dict[tuple[str, str], list[str]], dict[str, list[str]]]:
    """Paths of pictures by folders and key, and by key alone."""
    near: dict[tuple[str, str], list[str]] = {}
    far: dict[str, list[str]] = {}
    for place in pictures:
        near.setdefault((place.around, place.key), []).append(place.path)
        far.setdefault(place.key, []).append(place.path)
    return near, far


def _orphan(kind: MaskFolder, place: _Place, found: list[str]) -> Entry:
    if found:
        problem = Drop("list", "mask_ambiguous", f"{place.path}: {' or '.join(found[:3])}")
    else:
        problem = Drop("list", "image_missing", f"{place.path}: no picture {place.key!r} is there")
    return Entry(name=place.path, masks=[_mask(kind, place.path)], drops=[problem])


def _mask(kind: MaskFolder, path: str) -> MaskFile:
    return MaskFile(
        path, kind.label, kind.labels, components=kind.components, least_px=kind.least_px
    )


def _names(pictures: list[_Place]) -> dict[str, str]:
    """Path to name: without the images' own folder and the ending, where that is unique."""
    short = {p.path: "/".join(filter(None, (p.around, _stem(p.path)))) for p in pictures}
    count: dict[str, int] = {}
    for name in short.values():
        count[name] = count.get(name, 0) + 1
    return {path: path if count[name] > 1 else name for path, name in short.items()}


def _entry(
    place: _Place, name: str, owned: list[tuple[MaskFolder, str]], options: MaskOptions
) -> Entry:
    path = place.path
    kinds = [kind for kind, _ in owned]
    needed = [kind for kind in options.masks if kind.missing == "drop"]
    missing = needed and not any(kind in kinds for kind in needed)
    wanted = ", ".join(f"{k.folder}/{k.name}".replace("{key}", place.key) for k in needed[:3])
    drop = Drop("list", "label_missing", f"{path} has no mask {wanted}")
    split = next((SPLITS[word] for word in _folder_words(path) if word in SPLITS), "")
    return Entry(
        name=name,
        group=first_group(options.group, path.rpartition("/")[2]),
        files=[path],
        labels=_stated(path, kinds, options),
        masks=[_mask(kind, mask) for kind, mask in owned],
        facts=_facts(path, options),
        meta={"dataset_split": split} if split else {},
        drops=[drop] if missing else [],
    )


def _stated(path: str, kinds: list[MaskFolder], options: MaskOptions) -> list[Label]:
    """What is known before a mask is read: the path's class, and masks that are not there."""
    own = first_group(options.classes, path)
    stated = {own: "present"} if own else {}
    for kind in options.masks:
        if kind.missing == "absent" and kind not in kinds:
            for label in [kind.label] if kind.label else kind.labels.values():
                stated.setdefault(label, "absent")
    return [Label(name, value) for name, value in stated.items()]


def _facts(path: str, options: MaskOptions) -> dict[str, str]:
    """Facts that the path states; with `values` only what they name."""
    facts = {}
    for key, how in options.facts.items():
        text = first_group(how.pattern, path)
        facts[key] = how.values.get(text, "") if how.values else text
    return {key: text for key, text in facts.items() if text}


def _folder_words(path: str) -> list[str]:
    return re.findall(r"[a-z]+", path.rpartition("/")[0].lower())


def _stem(path: str) -> str:
    return stem(path.rpartition("/")[2])
