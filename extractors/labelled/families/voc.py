"""PASCAL VOC: one XML file per picture with boxes of named objects (VOC devkit, 2012).

`xmin` to `xmax` count pixels from 1, both included. An object that is `truncated` or `difficult` is
an object all the same; how many there are is in the sample's meta. A file without objects says that
there are none; a picture without a file says nothing and is marked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec
from lxml import etree

from extractors.labelled.card import DatasetCard
from extractors.labelled.families.boxes import box_from
from extractors.labelled.families.unlisted import unlisted
from extractors.labelled.files import BadData, Files, stem
from extractors.labelled.finding import PictureIndex, pictures_below
from extractors.labelled.records import Entry, Mark
from extractors.labelled.splits import SPLITS
from extractors.labelled.stated import labels_of_marks
from extractors.labelled.structured import xml_root
from schemas.options import Options
from schemas.sample import Drop

_MAX_BYTES = 16 * 2**20
_MAX_SPLIT_BYTES = 64 * 2**20


class VocOptions(Options):
    """`annotations` are the XML files; `images` the folder of the pictures.

    `first_pixel` is 1 as in VOC, or 0 where a dataset's tool counted from 0 (both ends included).
    `splits`: text files that list the names of a split's pictures, by the split's name in theirs.
    """

    annotations: str = "**/Annotations/*.xml"
    images: str = ""
    first_pixel: int = 1
    splits: str = "**/ImageSets/Main/*.txt"


def entries(files: Files, options: VocOptions, card: DatasetCard) -> Iterator[Entry]:
    """One entry per XML file, then one per picture that none is about. Raises `BadData`."""
    names = files.matching(options.annotations, "annotations_missing")
    pictures = pictures_below(files, options.images)
    index = PictureIndex(pictures, options.images)
    splits = _splits(files, options)
    alike = Counter(_base(name) for name in names)
    used: set[str] = set()
    for name in names:
        entry = _entry(files, name, index, options, card)
        split = splits.get(_base(name), "")
        meta = {**entry.meta, **({"dataset_split": split} if split else {})}
        own = _base(name) if alike[_base(name)] == 1 else stem(name)
        entry = msgspec.structs.replace(entry, name=own, meta=meta)
        used.update(entry.files)
        yield entry
    yield from unlisted(pictures, used, "no annotation file is about {}")


def _base(name: str) -> str:
    return stem(name.rpartition("/")[2])


def _splits(files: Files, options: VocOptions) -> dict[str, str]:
    """The split of a picture by its name; only lists named train, val or test count."""
    found: dict[str, str] = {}
    for name in files.glob(options.splits) if options.splits else []:
        split = SPLITS.get(_base(name).lower(), "")
        if split:
            lines = files.read(name, _MAX_SPLIT_BYTES).decode("utf-8", "replace").splitlines()
            found |= {line.split()[0]: split for line in lines if line.strip()}
    return found


def _entry(
    files: Files, name: str, index: PictureIndex, options: VocOptions, card: DatasetCard
) -> Entry:
    own = _base(name)
    try:
        root = _parsed(files.read(name, _MAX_BYTES), name)
    except BadData as error:
        paths = _only(index, own)
        return Entry(name=own, files=paths, drops=[Drop("list", error.reason, str(error))])
    marks, drops = _marks(root, name, options)
    written = (root.findtext("filename") or "").strip()
    path, missing = _picture(index, written, own, name)
    meta = {
        f"objects_{flag}": str(n) for flag in ("difficult", "truncated") if (n := _n(root, flag))
    }
    return Entry(
        name=own,
        files=[path] if path else [],
        labels=labels_of_marks(card, [mark.label for mark in marks]),
        marks=marks,
        meta=meta | ({} if path else {"image": written or own}),
        drops=[*missing, *drops],
    )


def _parsed(data: bytes, name: str) -> etree._Element:
    """The root of an annotation file; nothing outside it is read. Raises `BadData`."""
    root = xml_root(data, name)
    if root.tag != "annotation":
        raise BadData("bad_xml", f"{name}: its root is {root.tag!s}, not annotation")
    return root


def _picture(index: PictureIndex, written: str, own: str, name: str) -> tuple[str, list[Drop]]:
    """The picture that the file names; where that is not there, the one with the file's name.

    One that lies beside the file, or in JPEGImages beside its folder, comes before all others.
    """
    folder = name.rpartition("/")[0]
    for place in (folder, f"{folder.rpartition('/')[0]}/JPEGImages".lstrip("/")):
        beside = f"{place}/{written}".lstrip("/")
        if written and _only(index, beside) == [beside]:
            return beside, []
    problem = BadData("image_missing", f"{own} is not there")
    for wanted in (written, own):
        try:
            return (index.find(wanted), []) if wanted else ("", [])
        except BadData as error:
            problem = error
            if error.reason == "image_ambiguous":
                break
    return "", [Drop("list", problem.reason, f"{name}: {problem}")]


def _only(index: PictureIndex, own: str) -> list[str]:
    """The one picture of this name, in a list; an empty one where there is none, or several."""
    try:
        return [index.find(own)]
    except BadData:
        return []


def _marks(root: etree._Element, name: str, options: VocOptions) -> tuple[list[Mark], list[Drop]]:
    size, drops = _size(root, name)
    marks = []
    for number, thing in enumerate(root.iterfind("object"), 1):
        try:
            marks.append(_mark(thing, size, options))
        except BadData as error:
            drops.append(Drop("list", error.reason, f"{name}, object {number}: {error}"))
    return marks, drops


def _mark(thing: etree._Element, size: list[int], options: VocOptions) -> Mark:
    label = (thing.findtext("name") or "").strip()
    if not label:
        raise BadData("label_missing", "it has no name")
    texts = [thing.findtext(f"bndbox/{side}") or "" for side in ("xmin", "ymin", "xmax", "ymax")]
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        raise BadData("box_invalid", f"bndbox {texts} is not four numbers") from None
    shift = 1 - options.first_pixel
    return Mark(label, box_from("voc", [n + shift for n in numbers]), size=size)


def _size(root: etree._Element, name: str) -> tuple[list[int], list[Drop]]:
    """Width and height of the picture; empty where the file does not say (or says 0)."""
    texts = [(root.findtext(f"size/{side}") or "").strip() for side in ("width", "height")]
    if all(text.isdigit() and int(text) > 0 for text in texts):
        return [int(text) for text in texts], []
    if any(texts) and texts != ["0", "0"]:
        return [], [Drop("list", "size_invalid", f"{name}: size {' x '.join(texts)}")]
    return [], []


def _n(root: etree._Element, flag: str) -> int:
    return sum((o.findtext(flag) or "").strip() == "1" for o in root.iterfind("object"))
