"""Real open pictures by kind, as `modality_sources.tsv` lists them, judged pictures left out.

A row names a glob of files under one of two roots: `data` (VQA-RAD, BCCD, volumes) or `packages`
(unpacked PyPI wheels and Debian packages, by name). Volumes give slices in three planes.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

SOURCES = Path(__file__).with_name("modality_sources.tsv")
_HEAD_CT = {"16520", "39757", "42951", "46062", "53867", "54795", "57520"}  # seen to be CT
_HEAD_UNCLEAR = {"27013", "38069"}
_ORGANS = {"CHEST": "radiography", "ABD": "ct", "HEAD": "mri"}
_SLICES = 60  # of one plane of a volume, at most
Found = tuple[str, str, np.ndarray]  # kind, group (patient, source), RGB pixels


def real_pictures(data: Path, packages: Path, judged: set[str]) -> Iterator[Found]:
    """All pictures there are; `judged` holds the ids (paths under `data`) to be left out."""
    numbers = {m for name in judged for m in re.findall(r"synpic(\d+)", name)}
    films = _vqa_rad(data, numbers)
    with SOURCES.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            root = data if row["root"] == "data" else packages
            for path in sorted(root.glob(row["files"])):
                if root is data and str(path.relative_to(root)) in judged:
                    continue
                if "vqa_rad" in row["files"] and films.get(path.name, ("",))[0] != row["kind"]:
                    continue
                group = films.get(path.name, ("", str(path.name)))[1]
                for pixels in _read(path, row["read"]):
                    yield row["kind"], f"{row['source']}/{group}", pixels


def _vqa_rad(data: Path, judged: set[str]) -> dict[str, tuple[str, str]]:
    """Kind and case of each VQA-RAD file, without the judged pictures and those of their cases."""
    path = data / "labelled" / "vqa_rad" / "VQA_RAD_Dataset_Public.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    closed = {r["image_case_url"] for r in rows if _number(r["image_name"]) in judged}
    found = {}
    for row in rows:
        number = _number(row["image_name"])
        if number in judged | _HEAD_UNCLEAR or row["image_case_url"] in closed:
            continue
        kind = "ct" if number in _HEAD_CT else _ORGANS[row["image_organ"]]
        found[row["image_name"]] = (kind, row["image_case_url"])
    return found


def _number(name: str) -> str:
    return re.sub(r"\D", "", name)


def _read(path: Path, way: str) -> Iterator[np.ndarray]:
    if way == "volume":
        yield from _slices(_volume(path))
    elif way == "dicom":
        yield from _frames(path)
    else:
        with Image.open(path) as image:
            values = np.asarray(
                image if image.mode.startswith(("I", "F")) else image.convert("RGB")
            )
        yield _eight_bit(values) if values.ndim == 2 else values


def _eight_bit(values: np.ndarray, low: float = 0.5, high: float = 99.5) -> np.ndarray:
    """Grey RGB between two percentiles."""
    bottom, top = np.percentile(values, (low, high))
    scaled = np.clip((values - bottom) / max(top - bottom, 1e-6) * 255, 0, 255).astype(np.uint8)
    return np.repeat(scaled[..., None], 3, axis=2)


def _frames(path: Path) -> Iterator[np.ndarray]:
    import pydicom

    file = pydicom.dcmread(path)
    values = file.pixel_array
    if "PALETTE" in file.PhotometricInterpretation:
        values = (pydicom.pixels.apply_color_lut(values, file) >> 8).astype(np.uint8)
    if values.ndim == 4:
        yield from values[::6]
    elif values.ndim == 3:
        yield values
    else:
        inverse = file.PhotometricInterpretation == "MONOCHROME1"
        wide = _eight_bit(-values.astype(float) if inverse else values.astype(float))
        yield wide
        if file.Modality == "CT":
            yield _eight_bit(np.clip(values.astype(float), np.percentile(values, 60), None))


def _volume(path: Path) -> np.ndarray:
    """Values in three dimensions, with cubic voxels (NIfTI) or as stored (NRRD)."""
    if path.suffix == ".nrrd":
        head, body = path.read_bytes().split(b"\n\n", 1)
        fields = dict(re.findall(r"(\w+): (.+)", head.decode("latin-1")))
        kinds = {
            "short": "<i2",
            "int": "<i4",
            "float": "<f4",
            "double": "<f8",
            "unsigned short": "<u2",
        }
        body = gzip.decompress(body) if "gz" in fields["encoding"] else body
        shape = [int(n) for n in fields["sizes"].split()][::-1]
        return np.frombuffer(body, kinds[fields["type"].strip()])[: int(np.prod(shape))].reshape(
            shape
        )
    import nibabel

    image = nibabel.as_closest_canonical(nibabel.load(path))
    return np.asarray(image.dataobj, np.float32)


def _slices(volume: np.ndarray) -> Iterator[np.ndarray]:
    """The middle seven tenths of every plane that is at least 40 pixels wide."""
    top = np.percentile(volume, 99.7)
    for axis in range(3):
        planes = np.moveaxis(volume, axis, 0)
        if min(planes.shape[1:]) < 40:
            continue
        first, last = int(len(planes) * 0.15), max(int(len(planes) * 0.85), 1)
        for k in range(first, last, max(1, (last - first) // _SLICES)):
            shade = np.clip(planes[k] / max(float(top), 1e-6) * 255, 0, 255).astype(np.uint8)
            yield np.repeat(np.rot90(shade)[..., None], 3, axis=2)
