"""Memory and speed of volumes: a large NIfTI file with its mask, packed or not, and a DICOM series.

    python -m benchmarks.volumes [--gigabytes 1] [--slices 300] [--json]

Makes a CT-like volume of 512 x 512 voxels and so many slices that it has the gigabytes, with a mask
of two labels, a DICOM series, the same with a segmentation of two labels, and as one multi-frame
file, in a temporary folder. Each is read by its family in a process of its own. Prints its peak
resident memory, seconds, and slices of the volume per second; beside it the same slices of the same
NIfTI files by nibabel with both arrays in memory, as scripts of the field do it.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import nibabel
import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels.utils import pack_bits
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    SegmentationStorage,
    generate_uid,
)

from extractors.labelled.adapters import ADAPTERS
from extractors.labelled.card import load_card
from extractors.labelled.files import Files
from extractors.labelled.records import Looks
from filters.alike.hashes import phash

_SIDE = 512
_NIBABEL = "nibabel"
_AXIAL = [1, 0, 0, 0, 1, 0]
_NIFTI = """
name: big
title: Invented volume
family: volumes
facts: {{modality: ct, body_part: abdomen}}
reading:
  images: ["volume-{{case}}{ending}"]
  masks: [{{pattern: "segmentation-{{case}}{ending}", labels: {{"1": liver, "2": tumour}}}}]
  plane: "{plane}"
"""
_DICOM = "{name: big, title: Invented series, family: dicom}"


def main() -> None:
    """Make the files, read each in a child process, print the figures."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--slices", type=int, default=300, help="of the DICOM series")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("CARD", "ROOT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        read = whole_by_nibabel if options.child[0] == _NIBABEL else read_all
        print(json.dumps(read(*options.child)))
        return
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), options.gigabytes, options.slices)
    if options.json:
        print(json.dumps(found))
        return
    for name, figures in found.items():
        print(f"{name:24}" + "".join(f" {key} {value:,.1f}" for key, value in figures.items()))


def measure(folder: Path, gigabytes: float, slices: int) -> dict[str, dict[str, float]]:
    """The figures of each kind of file."""
    count = max(8, round(gigabytes * 2**30 / (_SIDE * _SIDE * 2)))
    found = {}
    for ending, plane in ((".nii", ""), (".nii", "sagittal"), (".nii.gz", "")):
        root = folder / ending.strip(".")
        if not root.exists():
            write_nifti(root, ending, count)
        card = folder / "card.yaml"
        card.write_text(_NIFTI.format(ending=ending, plane=plane), encoding="utf-8")
        found[f"{ending} {plane}".strip()] = _child(card, root, count)
        if not plane:
            found[f"{ending} nibabel, whole"] = _child(Path(_NIBABEL), root, count)
    write_dicom(folder / "dicom", slices)
    (folder / "dicom.yaml").write_text(_DICOM, encoding="utf-8")
    found["dicom"] = _child(folder / "dicom.yaml", folder / "dicom", slices)
    write_segmentation(folder / "dicom" / "segmentation.dcm", slices)
    found["dicom segmented"] = _child(folder / "dicom.yaml", folder / "dicom", slices)
    write_frames(folder / "frames" / "frames.dcm", slices)
    found["dicom multi-frame"] = _child(folder / "dicom.yaml", folder / "frames", slices)
    return found


def _child(card: Path, root: Path, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.volumes", "--child", str(card), str(root)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    size = sum(path.stat().st_size for path in root.rglob("*"))
    total = found["list_s"] + found["read_s"]
    return {**found, "slices_per_s": count / total, "file_mib": size / 2**20}


def read_all(card_path: str, root: str) -> dict[str, float]:
    """List and read a dataset; what the operating system says of this process's memory."""
    card = load_card(card_path)
    adapter, files = ADAPTERS[card.family], Files(root)
    options = adapter.options.model_validate(card.reading)
    start = time.perf_counter()
    entries = list(adapter.entries(files, options, card))
    listed = time.perf_counter()
    pictures = shapes = 0
    for entry in entries:
        for reading in adapter.read(files, options, card, entry, Looks(phash)):
            pictures, shapes = pictures + len(reading.pictures), shapes + len(reading.shapes)
    return {
        "peak_rss_mib": peak_rss_mib(),
        "list_s": listed - start,
        "read_s": time.perf_counter() - listed,
        "pictures": float(pictures),
        "regions": float(shapes),
    }


def whole_by_nibabel(_: str, root: str) -> dict[str, float]:
    """Eight slices with most of the mask as PNG, both arrays loaded; memory and seconds."""
    start = time.perf_counter()
    paths = {path.name.partition("-")[0]: path for path in Path(root).iterdir()}
    load = cast(Any, nibabel).load
    volume = np.asarray(load(paths["volume"]).dataobj)
    mask = np.asarray(load(paths["segmentation"]).dataobj)
    for k in np.argsort((mask > 0).sum(axis=(0, 1)))[-8:]:
        grey = np.clip((volume[:, :, k].astype(np.float32) + 160) / 400 * 255, 0, 255)
        Image.fromarray(np.rot90(grey).astype(np.uint8)).save(io.BytesIO(), "PNG")
    return {
        "peak_rss_mib": peak_rss_mib(),
        "list_s": 0.0,
        "read_s": time.perf_counter() - start,
        "pictures": 8.0,
        "regions": 0.0,
    }


def peak_rss_mib() -> float:
    """This process's own peak; getrusage would count what its parent held when it was started."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(own for own in status.read_text().splitlines() if own.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def slabs(count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Axial slices (x, y) of a body with a liver and a tumour, in Hounsfield units, and their labels."""
    x, y = np.mgrid[:_SIDE, :_SIDE].astype(np.float32) / _SIDE
    rng = np.random.default_rng(5)
    noise = rng.integers(-12, 13, (_SIDE, _SIDE)).astype(np.int16)
    for k in range(count):
        z = k / count
        body = ((x - 0.5) / 0.42) ** 2 + ((y - 0.5) / 0.34) ** 2 < 1
        liver = ((x - 0.65) / 0.18) ** 2 + ((y - 0.5) / 0.2) ** 2 + ((z - 0.5) / 0.3) ** 2 < 1
        tumour = ((x - 0.65) / 0.03) ** 2 + ((y - 0.45) / 0.03) ** 2 + ((z - 0.5) / 0.05) ** 2 < 1
        units = np.where(body, 40, -1000) + 20 * liver - 30 * tumour + np.roll(noise, k * 7, 0)
        yield units.astype("<i2"), (liver.astype(np.uint8) + tumour).astype(np.uint8)


def write_nifti(root: Path, ending: str, count: int) -> None:
    """`volume-0` and `segmentation-0` with the ending, written slice by slice."""
    root.mkdir()
    volume, mask = (_opened(root / f"{name}-0{ending}") for name in ("volume", "segmentation"))
    with volume, mask:
        for file, kind in ((volume, np.int16), (mask, np.uint8)):
            header = nibabel.Nifti1Header()
            header.set_data_dtype(kind)
            header.set_data_shape((_SIDE, _SIDE, count))
            header.set_sform(np.diag([0.7, 0.7, 1.0, 1.0]), 1)
            header["vox_offset"], header["magic"] = 352, b"n+1"
            file.write(header.binaryblock + b"\0\0\0\0")
        for units, labels in slabs(count):
            volume.write(units.tobytes("F"))
            mask.write(labels.tobytes("F"))


def _opened(path: Path) -> BinaryIO:
    packed = path.suffix == ".gz"
    return cast(BinaryIO, gzip.open(path, "wb", compresslevel=1) if packed else path.open("wb"))


def write_dicom(root: Path, count: int) -> None:
    """A series of uncompressed CT slices."""
    root.mkdir()
    for k, (units, _) in enumerate(slabs(count)):
        found = _data_set(CTImageStorage, str(k), np.clip(units.T + 1024, 0, 4095).astype("<u2"))
        found.InstanceNumber = k + 1
        found.ImageOrientationPatient, found.ImagePositionPatient = _AXIAL, [0.0, 0.0, float(k)]
        found.PixelSpacing, found.SliceThickness = [0.7, 0.7], 1.0
        pydicom.dcmwrite(root / f"{k:05d}.dcm", found, enforce_file_format=True)


def write_frames(path: Path, count: int) -> None:
    """The same series as one multi-frame file."""
    path.parent.mkdir()
    stack = np.stack([np.clip(units.T + 1024, 0, 4095) for units, _ in slabs(count)])
    found = _data_set(EnhancedCTImageStorage, "frames", stack.astype("<u2"))
    found.NumberOfFrames = count
    found.SharedFunctionalGroupsSequence = _shared()
    found.PerFrameFunctionalGroupsSequence = Items([_at(k) for k in range(count)])
    pydicom.dcmwrite(path, found, enforce_file_format=True)


def write_segmentation(path: Path, count: int) -> None:
    """A binary segmentation of the series: liver and tumour where they are."""
    frames = [
        (number, k, number <= labels.T)
        for k, (_, labels) in enumerate(slabs(count))
        for number in (1, 2)
        if labels.max() >= number
    ]
    packed = pack_bits(np.stack([marked for _, _, marked in frames]).astype(np.uint8).ravel())
    found = _data_set(SegmentationStorage, "segmentation", np.zeros((_SIDE, _SIDE), "<u2"))
    found.BitsAllocated, found.BitsStored, found.HighBit = 1, 1, 0
    found.PixelData, found.NumberOfFrames = bytes(packed), len(frames)
    found.Modality, found.SegmentationType = "SEG", "BINARY"
    series = _item(SeriesInstanceUID=found.SeriesInstanceUID)
    found.ReferencedSeriesSequence = Items([series])
    found.SegmentSequence = Items(
        [_item(SegmentNumber=n, SegmentLabel=name) for n, name in ((1, "liver"), (2, "lung"))]
    )
    found.SharedFunctionalGroupsSequence = _shared()
    groups = [_at(k) for _, k, _ in frames]
    for group, (number, _, _) in zip(groups, frames, strict=True):
        own = _item(ReferencedSegmentNumber=number)
        group.SegmentIdentificationSequence = Items([own])
    found.PerFrameFunctionalGroupsSequence = Items(groups)
    pydicom.dcmwrite(path, found, enforce_file_format=True)


def _data_set(kind: str, name: str, pixels: np.ndarray) -> FileDataset:
    """A CT data set of the one series, of pixels (rows, columns) or (frames, rows, columns)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = kind
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[name])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    found.SOPClassUID, found.SOPInstanceUID = kind, meta.MediaStorageSOPInstanceUID
    found.SeriesInstanceUID = generate_uid(entropy_srcs=["series"])
    found.StudyInstanceUID = generate_uid(entropy_srcs=["study"])
    found.PatientID, found.Modality = "1", "CT"
    found.RescaleSlope, found.RescaleIntercept = 1, -1024
    found.Rows = found.Columns = _SIDE
    found.SamplesPerPixel, found.PhotometricInterpretation = 1, "MONOCHROME2"
    found.BitsAllocated, found.BitsStored, found.HighBit = 16, 12, 11
    found.PixelRepresentation = 0
    found.PixelData = pixels.tobytes()
    return found


def _item(**tags: Any) -> Dataset:
    found = Dataset()
    for name, value in tags.items():
        setattr(found, name, value)
    return found


def _at(k: int) -> Dataset:
    """The functional groups of a frame at slice k."""
    position = _item(ImagePositionPatient=[0.0, 0.0, float(k)])
    return _item(PlanePositionSequence=Items([position]))


def _shared() -> Items:
    measures = _item(PixelSpacing=[0.7, 0.7], SliceThickness=1.0)
    turned = _item(ImageOrientationPatient=_AXIAL)
    groups = {"PixelMeasuresSequence": [measures], "PlaneOrientationSequence": [turned]}
    return Items([_item(**{name: Items(own) for name, own in groups.items()})])


if __name__ == "__main__":
    main()
