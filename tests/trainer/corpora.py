"""Small corpora made by hand: coloured pictures with captions that name the colour."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
from PIL import Image as Pillow

from schemas.manifest import samples_to_table
from schemas.sample import Image, Label, Question, Sample, Text

COLOURS = {
    "red": (200, 60, 60),
    "green": (60, 190, 60),
    "blue": (70, 70, 210),
    "yellow": (200, 200, 50),
}


def picture(colour: str, number: int, side: int = 40) -> bytes:
    """A JPEG of a colour with noise that is its number's own."""
    noise = np.random.default_rng(number).normal(0, 15, (side, side, 3))
    pixels = np.clip(np.array(COLOURS[colour]) + noise, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Pillow.fromarray(pixels).save(out, "JPEG", quality=90)
    return out.getvalue()


def colour_sample(number: int, split: str, data: bytes, source: str = "made") -> Sample:
    """A row whose caption, labels and question are about its colour; four texts to draw from."""
    colours = list(COLOURS)
    colour = colours[number % 4]
    name = f"{source}/{number}"
    caption = f"A {colour} square, number {number}."
    image = Image(
        f"shards/{split}-000000.tar", 0, len(data), 40, 40, "jpg",
        hashlib.sha256(data).hexdigest(), int.from_bytes(hashlib.sha256(data).digest()[:8], "big"),
    )  # fmt: skip
    return Sample(
        name, name, f"{source}/g{number}", source,
        images=[image],
        width=40,
        height=40,
        caption=caption,
        texts=[
            Text("label_caption", caption),
            Text("label_caption", f"This is {colour}."),
            Text("rewritten", f"Wrong, it is not {colour}.", faithful=False),
            Text("title", "A title that says nothing."),
        ],
        labels=[Label(each, "present" if each == colour else "absent") for each in colours],
        questions=[Question("single", "Which colour?", options=colours, answer=colour)],
        modality="drawing" if number % 3 else "photo",
        kept=True,
        split=split,
        shard=f"{split}-000000",
    )  # fmt: skip


def colour_corpus(folder: Path, sizes: Mapping[str, int], name: str = "colours") -> Path:
    """A corpus of so many rows for each split, in one shard each."""
    first, samples = 0, []
    for split, size in sizes.items():
        rows = []
        for number in range(first, first + size):
            data = picture(list(COLOURS)[number % 4], number)
            rows.append((colour_sample(number, split, data), [data]))
        first += size
        write_shard(folder / "shards" / f"{split}-000000.tar", rows)
        samples += [sample for sample, _ in rows]
    write_manifest(folder, samples, name)
    return folder


def write_shard(path: Path, rows: Iterable[tuple[Sample, list[bytes]]]) -> None:
    """A tar as Fabrica's: pictures, caption and record of each row, sorted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for sample, pictures in rows:
            key = sample.sample_id.replace("/", "_")
            single = len(pictures) == 1
            for place, data in enumerate(pictures):
                _add(tar, f"{key}.jpg" if single else f"{key}.{place}.jpg", data)
            _add(tar, f"{key}.json", msgspec.json.encode(sample))
            _add(tar, f"{key}.txt", sample.caption.encode())


def write_manifest(folder: Path, samples: list[Sample], name: str) -> None:
    """The manifest and corpus.json, as far as the trainer and its command read them."""
    (folder / "manifest").mkdir(parents=True, exist_ok=True)
    pq.write_table(samples_to_table(samples), folder / "manifest" / "part-00000.parquet")
    shards = sorted(path.stem for path in (folder / "shards").glob("*.tar"))
    state = {"name": name, "partitions": 1, "shards": shards, "fingerprint": name}
    (folder / "corpus.json").write_text(json.dumps(state))


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))
