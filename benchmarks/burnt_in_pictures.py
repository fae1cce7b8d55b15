"""Pictures with and without burnt-in text for `benchmarks.burnt_in`: real ones, made ultrasound.

No picture of VQA-RAD is free of text (a watermark and a line with the uploader's name), and few of
MedPix: as pictures without text their middles serve, and those looked at by eye. Only the half of
the pictures (by their hash) that `training.burnt_in` does not learn from.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import pydicom
from PIL import Image, ImageDraw

from extractors.labelled.volumes.dicom_pixels import frame_of
from extractors.labelled.volumes.windows import choose_windows, percentile_window, to_grey

# MedPix pictures that have no text, told by eye, and the one of Kvasir-SEG.
WITHOUT_TEXT = frozenset(
    ["MPX1081_synpic24311", "MPX1086_synpic25219", "MPX1141_synpic60798", "MPX1147_synpic27148"]
    + [f"MPX1124_synpic507{n}" for n in range(39, 51)]
    + [f"MPX1147_synpic271{n}" for n in range(49, 54)]
    + ["cju0qoxqj9q6s0835b43399p4"]
)
# Whose middle has text of its own, told by eye.
TEXT_WITHIN = frozenset({"synpic52932"})


@dataclass(frozen=True)
class Given:
    """A real or made picture: its name, the kind of picture, and RGB pixels."""

    name: str
    kind: str
    image: Image.Image


def is_aside(content: bytes) -> bool:
    """Whether a picture is kept for measuring only."""
    return hashlib.sha256(content).digest()[0] % 2 == 1


def _read(paths: list[Path]) -> Iterator[tuple[Path, Image.Image]]:
    """Those of these pictures that are kept aside."""
    for path in sorted(paths):
        content = path.read_bytes()
        if is_aside(content):
            yield path, Image.open(io.BytesIO(content)).convert("RGB")


def _middle(image: Image.Image) -> Image.Image:
    w, h = image.size
    return image.crop((int(w * 0.18), int(h * 0.18), int(w * 0.82), int(h * 0.82)))


def real_pictures(data: Path) -> list[Given]:
    """Real pictures with text burnt in by those who made or published them."""
    folder = data / "labelled"
    paths = [*folder.glob("vqa_rad/images/*.jpg"), *folder.glob("medpix2/images/*.png")]
    paths += folder.glob("kvasir_seg/images/*.jpg")
    found = [(p, image) for p, image in _read(paths) if p.stem not in WITHOUT_TEXT]
    return [Given(path.stem, path.parent.parent.name, image) for path, image in found]


def clean_pictures(data: Path) -> list[Given]:
    """Pictures without any text, of all kinds."""
    folder = data / "labelled"
    return [
        *_radiology(folder),
        *_whole(folder),
        *_dicom(folder),
        *_slices(folder),
        *(Given(f"made {n}", "ultrasound", ultrasound(random.Random(n))) for n in range(40)),
    ]


def _radiology(folder: Path) -> Iterator[Given]:
    file = folder / "vqa_rad" / "VQA_RAD_Dataset_Public.json"
    rows = json.loads(file.read_text("utf-8")) if file.is_file() else []
    organs = {row["image_name"]: row["image_organ"] for row in rows}
    kinds = {"CHEST": "x-ray", "ABD": "ct", "HEAD": "ct or mr"}
    for path, image in _read(list(folder.glob("vqa_rad/images/*.jpg"))):
        if path.stem not in TEXT_WITHIN:
            kind = kinds.get(str(organs.get(path.name, "")).strip(), "ct or mr")
            yield Given(path.stem, kind, _middle(image))
    for path, image in _read(list(folder.glob("medpix2/images/*.png"))):
        if path.stem in WITHOUT_TEXT:
            yield Given(path.stem, "ct or mr", image)
        elif path.stem not in TEXT_WITHIN:
            yield Given(path.stem, "ct or mr", _middle(image))


def _whole(folder: Path) -> Iterator[Given]:
    for path, image in _read(list(folder.glob("kvasir_seg/images/*.jpg"))):
        free = path.stem in WITHOUT_TEXT
        w, h = image.size
        yield Given(path.stem, "endoscopy", image if free else image.crop((int(w * 0.3), 0, w, h)))
    for path, image in _read(list(folder.glob("bccd/JPEGImages/*.jpg"))):
        yield Given(path.stem, "microscopy", image)
    for path, image in _read(list(folder.glob("drive/images/*.tif"))):
        yield Given(path.stem, "fundus", image)
    for path, image in list(_read(list(folder.glob("dermamnist28/images/*.jpg"))))[:40]:
        yield Given(path.stem, "skin, enlarged", image.resize((448, 448), Image.Resampling.BICUBIC))


def _dicom(folder: Path) -> Iterator[Given]:
    """DICOM images as the source `dicom` shows them."""
    # The film in `cxr_images` has a side marker with initials.
    for path in sorted(folder.glob("dicom_pydicom/*.dcm")):
        try:
            found = pydicom.dcmread(path)
            frame = frame_of(found)
        except Exception:  # some are no images, some are broken on purpose
            continue
        if frame.rgb is not None:
            grey = frame.rgb
        else:
            assert frame.values is not None
            facts = {"modality": str(found.get("Modality", "")).lower()}
            window = choose_windows((), facts, frame.windows, frame.values)[0]
            grey = to_grey(frame.values, window, frame.inverted)
        if "US" not in str(found.get("Modality", "")):
            yield Given(path.stem, "dicom", Image.fromarray(grey).convert("RGB"))


def _slices(folder: Path) -> Iterator[Given]:
    for path in sorted(folder.glob("nifti_sct/*/*w.nii.gz")):
        volume = np.asarray(nibabel.load(path).dataobj, np.float32)  # type: ignore[attr-defined]
        for axis in range(3):
            count = volume.shape[axis]
            for at in (count // 3, count // 2, 2 * count // 3):
                cut = np.take(volume, at, axis)
                grey = to_grey(cut, percentile_window(cut))
                image = Image.fromarray(grey).convert("RGB")
                large = image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC)
                yield Given(f"{path.stem} {axis} {at}", "mr slice", large)


def ultrasound(rng: random.Random) -> Image.Image:
    """A sector of speckle with cysts, layers, ruler, grey bar and focus mark, but no text."""
    noise = np.random.default_rng(rng.getrandbits(32))
    width, height = rng.choice(((640, 480), (800, 600), (1024, 768)))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    apex_x, apex_y = width / 2, -rng.uniform(0.0, 0.25) * height
    radius = np.hypot(x - apex_x, y - apex_y)
    angle = np.arctan2(x - apex_x, y - apex_y)
    inside = (np.abs(angle) < rng.uniform(0.5, 0.8)) & (radius < 0.95 * height - apex_y)
    inside &= radius > 0.12 * height - apex_y
    # Speckle is finer along the beam than across it.
    polar = noise.rayleigh(1.0, (2 * height, 220)).astype(np.float32)
    rows = np.clip(radius, 0, 2 * height - 1).astype(int)
    columns = np.clip((angle + 1) / 2 * 219, 0, 219).astype(int)
    tone = 40 * polar[rows, columns] * (1 + 0.5 * np.sin(radius / rng.uniform(20, 60)))
    for _ in range(rng.randint(1, 4)):
        cx, cy = rng.uniform(0.3, 0.7) * width, rng.uniform(0.3, 0.8) * height
        far = np.hypot((x - cx) / rng.uniform(0.7, 1.5), y - cy)
        size = rng.uniform(0.03, 0.15) * height
        tone = np.where(far < size, tone * rng.choice((0.05, 0.15, 1.8)), tone)
    image = Image.fromarray(np.where(inside, np.clip(tone, 0, 255), 0).astype(np.uint8))
    image = image.convert("RGB")
    draw = ImageDraw.Draw(image)
    step = height // rng.choice((20, 40))
    for n, at in enumerate(range(step, height - step, step)):
        draw.line((width - 40, at, width - (28 if n % 5 == 0 else 34), at), (200, 200, 200))
    for n in range(100):
        draw.line((12, 60 + n, 24, 60 + n), (255 - 2 * n,) * 3)
    draw.polygon([(width - 52, height // 2), (width - 44, height // 2 - 5),
                  (width - 44, height // 2 + 5)], fill=(255, 200, 0))  # fmt: skip
    return image
