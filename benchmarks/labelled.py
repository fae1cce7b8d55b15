"""How fast labelled datasets become samples: listing, and pictures with all their words.

`python -m benchmarks.labelled [--data DIR] [--repeat N] [--json]`: each dataset of `labelled/` that
is there, and its pictures rewritten in the other families' layouts, on one core, without Beam;
beside it the bare decoding of the same picture files by Pillow, which is what reading them costs at
least.
"""

from __future__ import annotations

import io
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image as PillowImage

from benchmarks.data import arguments
from benchmarks.labelled_layouts import made
from extractors.labelled import source
from extractors.labelled.card import load_card
from extractors.labelled.options import LabelledOptions
from filters.alike.hashes import phash

# Card, folder below `labelled/`, options of the family.
SETS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("dermamnist28", "dermamnist28", {}),
    ("bccd", "bccd", {}),
    ("kvasir_seg", "kvasir_seg", {}),
    ("drive", "drive", {}),
    ("vqa_rad", "vqa_rad", {}),
    ("slake", "slake", {}),
    ("medpix2", "medpix2", {}),
    ("open_i", "iu_xray", {}),
    ("nih_cxr14", "cxr_labels", {"images_optional": True}),
    ("dicom_samples", "dicom_pydicom", {}),
    ("sct_testing", "nifti_sct", {}),
)


@dataclass(frozen=True)
class Figures:
    """What one dataset took; samples count every row, kept or not."""

    dataset: str
    family: str
    entries: int
    entries_per_s: float
    samples: int
    samples_per_s: float
    texts: int
    regions: int
    questions: int
    pictures: int
    bare_pictures_per_s: float


def main() -> None:
    """Print a line per dataset."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--repeat", type=int, default=1, help="read each dataset so many times")
    options = parser.parse_args()
    rows = [
        measure(card, options.data / "labelled" / folder, reading, options.repeat)
        for card, folder, reading in SETS
        if (options.data / "labelled" / folder).is_dir()
    ]
    with tempfile.TemporaryDirectory() as target:
        rows += [
            measure(c, root, {}, options.repeat) for c, root in made(options.data, Path(target))
        ]
    if options.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    print(
        f"{'dataset':<19}{'family':<15}{'entries':>8}{'listed/s':>10}{'samples':>9}{'samples/s':>11}"
        f"{'texts':>8}{'regions':>9}{'questions':>11}{'pictures':>10}{'bare decode/s':>15}"
    )
    for r in rows:
        print(
            f"{r.dataset:<19}{r.family:<15}{r.entries:>8,}{r.entries_per_s:>10,.0f}{r.samples:>9,}"
            f"{r.samples_per_s:>11,.0f}{r.texts:>8,}{r.regions:>9,}{r.questions:>11,}"
            f"{r.pictures:>10,}{r.bare_pictures_per_s:>15,.0f}"
        )


def measure(card: str, root: Path, reading: dict[str, Any], repeat: int) -> Figures:
    """List a dataset and make all its samples, `repeat` times."""
    options = LabelledOptions(dataset=card, root=str(root), reading=reading, check_files=False)
    start = time.perf_counter()
    refs = list(source.enumerate_refs(options))
    listing_s = time.perf_counter() - start
    samples, pictures = [], []
    start = time.perf_counter()
    for _ in range(repeat):
        for ref in refs:
            for document in source.describe(options, ref):
                for sample, own in source.extract(options, document, phash):
                    samples.append(sample)
                    pictures += [picture.data for picture in own]
    making_s = time.perf_counter() - start
    return Figures(
        dataset=load_card(card).name,
        family=load_card(card).family,
        entries=len(refs),
        entries_per_s=len(refs) / listing_s,
        samples=len(samples),
        samples_per_s=len(samples) / making_s,
        texts=sum(len(s.texts) for s in samples),
        regions=sum(len(s.regions) for s in samples),
        questions=sum(len(s.questions) for s in samples),
        pictures=len(pictures),
        bare_pictures_per_s=_bare(pictures),
    )


def _bare(pictures: list[bytes]) -> float:
    start = time.perf_counter()
    for data in pictures:
        with PillowImage.open(io.BytesIO(data)) as image:
            image.load()
    return len(pictures) / (time.perf_counter() - start) if pictures else 0.0


if __name__ == "__main__":
    main()
