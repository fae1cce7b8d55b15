"""The real pictures that near duplicates are measured on, and which of them are the same picture."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from extractors.images import BadImage, load_picture
from filters.alike.hashes import phash

_SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff")
# Drawn regions, not pictures of a corpus.
_MASKS = ("masks", "mask", "1st_manual", "seg_prompt_annotations")
_SMALL = "dermamnist28"
# Real duplicates in the data: names of the same picture, with what makes them so. Each was looked
# at.
_SAME: tuple[tuple[str, str], ...] = (
    (r"jats/oa_package/.*/([^/]+)\.\w+", "thumbnail of a figure, or the same package as tar.gz"),
    (r"labelled/dicom_pydicom/(MR_small)\w*\.dcm", "one scan in two byte orders"),
    (r"(jats/.*/0034-8910-rsp-47-02-0231-gf01)(?:-en)?\.jpg", "one chart, words in two languages"),
    (r"(labelled/medpix2/images/MPX1124)_synpic5074[78]\.png", "one slice, two sequences"),
)
# Neighbouring slices of one scan, so alike that either answer is right: counted by themselves.
_SIBLINGS: tuple[str, ...] = (
    r"(labelled/medpix2/images/MPX1407)_synpic1660[78]\.png",
    r"(labelled/medpix2/images/MPX1028)_synpic246(?:35|41)\.png",
)


@dataclass(frozen=True)
class Picture:
    """A picture as a corpus would store it; `name` is its path below the data folder."""

    name: str
    data: bytes

    @property
    def small(self) -> bool:
        """Of 28 x 28 pixels: too few for most changes, reported apart."""
        return _SMALL in self.name

    @property
    def family(self) -> str:
        """Equal for files that show the same picture, or nearly the same slice."""
        for pattern in _SIBLINGS:
            if found := re.fullmatch(pattern, self.name):
                return found[1]
        return self.identity

    @property
    def identity(self) -> str:
        """Equal for files that show the same picture."""
        for pattern, _ in _SAME:
            if found := re.fullmatch(pattern, self.name):
                return found[1]
        return self.name

    def image(self) -> Image.Image:
        return Image.open(io.BytesIO(self.data)).convert("RGB")


def real_pictures(data: Path) -> list[Picture]:
    """All decodable pictures of the data folder, in order of their names."""
    found = []
    for name, raw in sorted(_files(data)):
        try:
            found.append(Picture(name, load_picture(raw, phash).data))
        except BadImage:
            continue
    return found


def _files(data: Path) -> Iterator[tuple[str, bytes]]:
    for path in data.rglob("*"):
        if not path.is_file() or set(path.parts) & set(_MASKS):
            continue
        name = path.relative_to(data).as_posix()
        if path.suffix.lower() in _SUFFIXES:
            yield name, path.read_bytes()
        elif path.suffix == ".dcm":
            yield from ((name, raw) for raw in _dicom(path))
        elif path.name.endswith(".tar.gz"):
            yield from ((f"{name}/{member}", raw) for member, raw in _members(path))


def _dicom(path: Path) -> Iterator[bytes]:
    """The first frame, its own range made 0 to 255, as PNG."""
    import pydicom

    try:
        dataset = pydicom.dcmread(path, force=True)
        pixels = np.asarray(dataset.pixel_array)
    except Exception:  # files that are broken on purpose raise whatever their decoder raises
        return
    while pixels.ndim > 2 and pixels.shape[-1] != 3:
        pixels = pixels[0]
    if pixels.ndim == 4:
        pixels = pixels[0]
    low, high = float(pixels.min()), float(pixels.max())
    scaled = ((pixels - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(scaled).save(out, "PNG")
    yield out.getvalue()


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None and member.name.lower().endswith(_SUFFIXES):
                yield member.name, file.read()
