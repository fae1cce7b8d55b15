"""YOLO: one text file per picture, a line `class cx cy width height` per box, in shares of its size.

Class numbers are named by `data.yaml` or a list of classes. A line of more than four shares is a
polygon (YOLO segmentation). An empty file says that there is nothing; a picture without a file says
nothing and is marked. Shares become pixels when the picture is read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import yaml

from extractors.labelled.card import DatasetCard
from extractors.labelled.families.boxes import SHARES, box_from
from extractors.labelled.families.shares import read_with_shares
from extractors.labelled.families.unlisted import unlisted
from extractors.labelled.files import BadData, Files, stem
from extractors.labelled.finding import PictureIndex, pictures_below
from extractors.labelled.records import Entry, Mark
from extractors.labelled.splits import SPLITS
from extractors.labelled.stated import labels_of_marks
from schemas.options import Options
from schemas.sample import Drop

_MAX_BYTES = 16 * 2**20
_MAX_CLASSES_BYTES = 2**20
_LISTS = ("data.yaml", "data.yml", "dataset.yaml", "classes.txt", "obj.names", "_darknet.labels")
# Written with six digits, a box at the very edge may reach this far out of 0..1.
_ROUNDING = 1e-5
read = read_with_shares


class YoloOptions(Options):
    """`labels` are the text files; `images` the folder of the pictures.

    `classes`: their names in order, or the file that lists them; empty: data.yaml, classes.txt and
    the like are looked for.
    """

    labels: str = "**/labels/**/*.txt"
    images: str = ""
    classes: list[str] | str = ""


def entries(files: Files, options: YoloOptions, card: DatasetCard) -> Iterator[Entry]:
    """One entry per text file, then one per picture that has none. Raises `BadData`."""
    classes, listed_in = _classes(files, options)
    pictures = pictures_below(files, options.images)
    index = PictureIndex(pictures, options.images)
    found = files.matching(options.labels, "annotations_missing")
    names = [name for name in found if name != listed_in]
    used: set[str] = set()
    for name in names:
        entry = _entry(files, name, index, classes, card)
        used.update(entry.files)
        yield entry
    yield from unlisted(pictures, used, "{} has no text file of boxes")


def _classes(files: Files, options: YoloOptions) -> tuple[list[str], str]:
    """Names by class number, and the file that lists them."""
    if isinstance(options.classes, list):
        return options.classes, ""
    wanted = [options.classes] if options.classes else [f"**/{name}" for name in _LISTS]
    for name in (found for pattern in wanted for found in files.glob(pattern)):
        text = files.text(name, _MAX_CLASSES_BYTES)
        if not name.endswith((".yaml", ".yml")):
            return [line.strip() for line in text.splitlines() if line.strip()], name
        return _yaml_classes(text, name), name
    raise BadData("classes_missing", f"no file names the classes: {', '.join(wanted)}")


def _yaml_classes(text: str, name: str) -> list[str]:
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date that is none
        raise BadData("classes_missing", f"{name} is not valid YAML") from None
    names = data.get("names") if isinstance(data, dict) else None
    if isinstance(names, dict) and set(names) == set(range(len(names))):
        names = [names[number] for number in range(len(names))]
    if not isinstance(names, list) or not all(isinstance(own, str | int) for own in names):
        raise BadData("classes_missing", f"{name} has no list of `names`")
    return [str(own) for own in names]


def _entry(
    files: Files, name: str, index: PictureIndex, classes: list[str], card: DatasetCard
) -> Entry:
    try:
        marks, drops = _marks(files.text(name) if _size(files, name) else "", name, classes)
    except BadData as error:
        marks, drops = [], [Drop("list", error.reason, str(error))]
    path, missing = _picture(index, name)
    folders = [SPLITS.get(part.lower(), "") for part in name.split("/")[:-1]]
    split = next((s for s in folders if s), "")
    return Entry(
        name=stem(name),
        files=[path] if path else [],
        labels=labels_of_marks(card, [mark.label for mark in marks]),
        marks=marks,
        meta={"dataset_split": split} if split else {},
        drops=[*missing, *drops],
    )


def _size(files: Files, name: str) -> int:
    """Bytes of a file; many are empty and need not be opened. Raises `BadData`."""
    size = files.state(name).partition("-")[0]
    if size.isdigit() and int(size) > _MAX_BYTES:
        raise BadData("file_too_large", f"{name}: {int(size):,} bytes; at most {_MAX_BYTES:,}")
    return int(size) if size.isdigit() else 1


def _picture(index: PictureIndex, name: str) -> tuple[str, list[Drop]]:
    """`labels/train/a.txt` is about `images/train/a.jpg`, or the one picture of that name."""
    parts = stem(name).split("/")
    place = len(parts) - 1 - parts[::-1].index("labels") if "labels" in parts else -1
    beside = "/".join([*parts[:place], "images", *parts[place + 1 :]]) if place >= 0 else stem(name)
    problem = BadData("image_missing", f"{beside} is not there")
    for wanted in (beside, parts[-1]):
        try:
            return index.find(wanted), []
        except BadData as error:
            problem = error
    return "", [Drop("list", problem.reason, f"{name}: {problem}")]


def _marks(text: str, name: str, classes: list[str]) -> tuple[list[Mark], list[Drop]]:
    marks, drops = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                marks.append(_mark(line.split(), classes))
            except BadData as error:
                drops.append(Drop("list", error.reason, f"{name}, line {number}: {error}"))
    return marks, drops


def _mark(words: list[str], classes: list[str]) -> Mark:
    try:
        kind, numbers = int(words[0]), [float(word) for word in words[1:]]
    except ValueError:
        raise BadData(
            "box_invalid", f"{' '.join(words)[:80]!r} is not a class and shares"
        ) from None
    if not 0 <= kind < len(classes):
        raise BadData("label_unknown", f"class {kind}; there are {len(classes)}, from 0")
    if not all(math.isfinite(n) and -_ROUNDING <= n <= 1 + _ROUNDING for n in numbers):
        raise BadData("box_outside", f"{numbers[:8]} are not all shares from 0 to 1")
    if len(numbers) == 4:
        return Mark(classes[kind], box_from("cxcywh", numbers), size=SHARES)
    if len(numbers) >= 6 and len(numbers) % 2 == 0:
        xs, ys = numbers[::2], numbers[1::2]
        box = box_from("xyxy", [min(xs), min(ys), max(xs), max(ys)])
        return Mark(classes[kind], box, [numbers], size=SHARES)
    raise BadData("box_invalid", f"{len(numbers)} numbers; 4 of a box, or pairs of a polygon")
