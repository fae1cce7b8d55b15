"""Finders of burnt-in text that `benchmarks.burnt_in` compares: ours, RapidOCR, tesseract."""

from __future__ import annotations

import io
import subprocess
import time
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from PIL import Image

from filters.pictures.burnt_in import burnt_in_text


class Answer(msgspec.Struct, frozen=True):
    """What a finder says of one picture: its score, its boxes, and the seconds it took."""

    score: float
    boxes: list[list[int]]
    seconds: float
    markers: float = 0.0


Finder = Callable[[Image.Image], Answer]


def ours(image: Image.Image) -> Answer:
    """`filters.pictures.burnt_in`."""
    start = time.perf_counter()
    found = burnt_in_text(image)
    return Answer(found.score, found.boxes, time.perf_counter() - start, found.markers)


def rapidocr() -> tuple[Finder, Callable[[Image.Image], list[tuple[str, float, list[int]]]]] | None:
    """RapidOCR as a finder and as a reader of (text, score, box); None where not installed."""
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ImportError:
        return None
    engine: Any = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)

    def read(image: Image.Image) -> list[tuple[str, float, list[int]]]:
        rows, _ = engine(np.asarray(image.convert("RGB"))[:, :, ::-1])
        found = []
        for corners, text, score in rows or []:
            at = np.array(corners)
            low, high = at.min(axis=0), at.max(axis=0)
            box = [int(v) for v in (*np.floor(low), *np.ceil(high))]
            found.append((str(text), float(score), [max(0, v) for v in box]))
        return found

    def find(image: Image.Image) -> Answer:
        start = time.perf_counter()
        found = [row for row in read(image) if is_words(row[0])]
        seconds = time.perf_counter() - start
        return Answer(max((s for _, s, _ in found), default=0.0), [b for *_, b in found], seconds)

    return find, read


def is_words(text: str) -> bool:
    """Whether there are three or more letters and digits."""
    return sum(c.isalnum() for c in text) >= 3


def tesseract(image: Image.Image) -> Answer:
    """Tesseract on sparse text, as Presidio's image redactor uses it; words of three characters."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    start = time.perf_counter()
    command = ["tesseract", "stdin", "stdout", "--psm", "11", "tsv"]
    done = subprocess.run(command, input=buffer.getvalue(), capture_output=True, check=False,
                          env={"OMP_THREAD_LIMIT": "1", "PATH": "/usr/local/bin:/usr/bin:/bin"})  # fmt: skip
    seconds = time.perf_counter() - start
    boxes, best = [], 0.0
    for row in done.stdout.decode("utf-8", "replace").splitlines()[1:]:
        columns = row.split("\t")
        if len(columns) == 12 and is_words(columns[11]) and float(columns[10]) >= 0:
            x, y, w, h = (int(v) for v in columns[6:10])
            best = max(best, float(columns[10]) / 100)
            boxes.append([x, y, x + w, y + h])
    return Answer(best, boxes, seconds)
