"""How well text burnt into pictures is found, and how often it is seen where there is none.

    python -m benchmarks.burnt_in [--json] [--data DIR] [--peers N] [--every N] [--sheet FOLDER]

Pictures are those of `benchmarks.burnt_in_pictures`: clean ones of DIR, the same with text planted
in eight ways and six sizes, or with a side marker alone, and real ones with text burnt in. A
picture is found if its score is at least 0.5; a line, if boxes cover half of it. For real
pictures the lines are those that RapidOCR reads surely, where it is installed. `--peers N` runs
RapidOCR (PP-OCR models) and tesseract, those of them that are installed, on N of the planted and N
of the clean pictures, ours on the same ones. `--sheet` writes pictures of what was missed and of
false alarms.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PIL import Image, ImageDraw

from benchmarks.burnt_in_peers import Answer, Finder, is_words, ours, rapidocr, tesseract
from benchmarks.burnt_in_pictures import Given, clean_pictures, real_pictures, ultrasound
from benchmarks.burnt_in_planted import marked_pictures, planted_pictures
from benchmarks.data import arguments

SURE = 0.5
_COVERED = 0.5
Boxes = Sequence[Sequence[int]]


class Case(msgspec.Struct, frozen=True):
    """One picture, what is true of it, and what was answered."""

    name: str
    kind: str
    way: str
    size_px: int
    lines: list[tuple[int, int, int, int]]
    answer: Answer
    covered: int

    @property
    def found(self) -> bool:
        return self.answer.score >= SURE


def covered_lines(lines: Boxes, boxes: Boxes, size: tuple[int, int]) -> int:
    """How many of the lines have half of their area in boxes."""
    seen = np.zeros((size[1], size[0]), bool)
    for x0, y0, x1, y1 in boxes:
        seen[y0:y1, x0:x1] = True
    return sum(bool(seen[y0:y1, x0:x1].mean() >= _COVERED) for x0, y0, x1, y1 in lines)


def case_of(finder: Finder, name: str, kind: str, way: str, size_px: int, image: Image.Image,
            lines: list[tuple[int, int, int, int]]) -> Case:  # fmt: skip
    """The case of one picture."""
    answer = finder(image)
    covered = covered_lines(lines, answer.boxes, image.size) if lines else 0
    return Case(name, kind, way, size_px, lines, answer, covered)


# --- measuring ----------------------------------------------------------------------------------


def share(values: Iterable[bool]) -> float | None:
    """The share that is true; None of nothing."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else None


def line_share(cases: Sequence[Case]) -> float | None:
    """The share of all lines that boxes cover."""
    total = sum(len(case.lines) for case in cases)
    return sum(case.covered for case in cases) / total if total else None


def measured(finder: Finder, clean: list[Given], step: int = 1) -> dict[str, list[Case]]:
    """Cases of clean, planted and marked pictures, each `step`th one."""
    return {
        "clean": [case_of(finder, g.name, g.kind, "", 0, g.image, []) for g in clean],
        "planted": [
            case_of(finder, p.given.name, p.given.kind, p.way, p.size_px, p.image, p.lines)
            for n, p in enumerate(planted_pictures(clean)) if n % step == 0
        ],
        "marked": [
            case_of(finder, p.given.name, p.given.kind, p.way, p.size_px, p.image, p.lines)
            for p in marked_pictures(clean)
        ],
    }  # fmt: skip


def figures(cases: dict[str, list[Case]]) -> dict[str, float | None]:
    """The figures of one finder."""
    seconds = [case.answer.seconds for part in cases.values() for case in part]
    return {
        "recall": share(case.found for case in cases["planted"]),
        "line_recall": line_share(cases["planted"]),
        "false_alarms": share(case.found for case in cases["clean"]),
        "marker_alarms": share(case.found for case in cases["marked"]),
        "marker_recall": share(case.answer.markers >= SURE for case in cases["marked"]),
        "marker_false": share(case.answer.markers >= SURE for case in cases["clean"]),
        "ms_a_picture": 1e3 * float(np.mean(seconds)) if seconds else None,
    }


def real_figures(data: Path) -> tuple[dict[str, float | None], list[Case]]:
    """Real pictures with text: how many are found, and of the lines that RapidOCR reads surely."""
    peer = rapidocr()
    cases = []
    for given in real_pictures(data):
        lines = []
        for text, score, box in peer[1](given.image) if peer else []:
            if score >= 0.9 and is_words(text) and box[2] > box[0] and box[3] > box[1]:
                lines.append((box[0], box[1], box[2], box[3]))
        cases.append(case_of(ours, given.name, given.kind, "real", 0, given.image, lines))
    return {
        "real_pictures": float(len(cases)),
        "real_recall": share(case.found for case in cases),
        "real_line_recall": line_share(cases),
    }, cases


def speed() -> dict[str, float]:
    """Milliseconds for a picture of 1000 x 1000, the median of 15."""
    image = ultrasound(random.Random(0)).convert("L").resize((1000, 1000))
    grey = [ours(image).seconds for _ in range(15)]
    colour = [ours(image.convert("RGB")).seconds for _ in range(15)]
    return {"ms_1000x1000": 1e3 * float(np.median(grey + colour))}


def peer_figures(clean: list[Given], count: int) -> dict[str, dict[str, float | None]]:
    """Ours and the peers' on the same sample of pictures."""
    sample = random.Random(0).sample(clean, min(count, len(clean)))
    finders: dict[str, Finder] = {"ours": ours}
    if peer := rapidocr():
        finders["rapidocr"] = peer[0]
    if shutil.which("tesseract"):
        finders["tesseract"] = tesseract
    return {name: figures(measured(finder, sample, 8)) for name, finder in finders.items()}


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--peers", type=int, default=0, help="pictures that the peers see")
    parser.add_argument("--every", type=int, default=1, help="only each Nth planted picture")
    parser.add_argument("--sheet", type=Path, help="folder for pictures of what went wrong")
    options = parser.parse_args()
    clean = clean_pictures(options.data)
    cases = measured(ours, clean, options.every)
    real, real_cases = real_figures(options.data)
    found: dict[str, Any] = {**figures(cases), **real, **speed()}
    found["pictures"] = {name: len(part) for name, part in cases.items()}
    for by in ("kind", "way", "size_px"):
        found[f"by_{by}"] = split_by(cases, by)
    if options.peers:
        found["peers"] = peer_figures(clean, options.peers)
    if options.sheet:
        draw_faults(options.sheet, options.data, cases, real_cases)
    if options.json:
        print(json.dumps(found))
        return
    show(found)


def split_by(cases: dict[str, list[Case]], by: str) -> dict[str, dict[str, float | None]]:
    """Recall (and for kinds of pictures, false alarms) by an attribute of the cases."""
    groups: dict[Any, list[Case]] = defaultdict(list)
    for case in cases["planted"]:
        groups[getattr(case, by)].append(case)
    found = {}
    for value in sorted(groups):
        part = groups[value]
        found[str(value)] = {"recall": share(c.found for c in part), "lines": line_share(part)}
        if by == "kind":
            alarms = share(c.found for c in cases["clean"] if c.kind == value)
            found[str(value)]["false_alarms"] = alarms
    return found


def show(found: dict[str, Any]) -> None:
    """Print as tables."""
    for name, value in found.items():
        if not isinstance(value, dict):
            print(f"{name:20} {'-' if value is None else f'{value:,.3f}'}")
            continue
        print(f"\n{name}")
        for row, columns in value.items():
            listed = columns.items() if isinstance(columns, dict) else [("", columns)]
            texts = [f"{n} {'-' if v is None else f'{v:.3f}'}" for n, v in listed]
            print(f"  {row:16} {'   '.join(texts)}")


# --- looking ------------------------------------------------------------------------------------


def draw_faults(
    folder: Path, data: Path, cases: dict[str, list[Case]], real_cases: list[Case]
) -> None:
    """Sheets of false alarms, of planted text missed, of alarms at markers, of real pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    clean = clean_pictures(data)
    whole = {g.name: g.image for g in clean}
    planted = {(p.given.name, p.way): p.image for p in planted_pictures(clean)}
    marked = {(p.given.name, p.way): p.image for p in marked_pictures(clean)}
    real = {g.name: g.image for g in real_pictures(data)}
    alarms = sorted(cases["clean"], key=lambda c: -c.answer.score)
    sheet([(c, whole[c.name]) for c in alarms if c.answer.score > 0.3][:60], folder / "alarms")
    missed = [c for c in cases["planted"] if not c.found]
    random.Random(0).shuffle(missed)
    sheet([(c, planted[c.name, c.way]) for c in missed][:60], folder / "missed")
    high = [c for c in cases["marked"] if c.found]
    sheet([(c, marked[c.name, c.way]) for c in high][:40], folder / "markers")
    least = sorted(real_cases, key=lambda c: c.covered / max(1, len(c.lines)))
    sheet([(c, real[c.name]) for c in least][:40], folder / "real")


def sheet(items: list[tuple[Case, Image.Image]], path: Path) -> None:
    """Twelve pictures a PNG, boxes found in red, lines that are there in green."""
    side = 390
    for first in range(0, len(items), 12):
        paper = Image.new("RGB", (4 * side, 3 * side), (60, 0, 60))
        draw = ImageDraw.Draw(paper)
        for n, (case, image) in enumerate(items[first : first + 12]):
            x, y = n % 4 * side, n // 4 * side
            scale = min((side - 6) / image.width, (side - 22) / image.height)
            size = (max(1, int(image.width * scale)), max(1, int(image.height * scale)))
            paper.paste(image.resize(size), (x, y + 16))
            for boxes, colour in ((case.lines, "lime"), (case.answer.boxes, "red")):
                for x0, y0, x1, y1 in boxes:
                    at = (x + x0 * scale, y + 16 + y0 * scale, x + x1 * scale, y + 16 + y1 * scale)
                    draw.rectangle(at, outline=colour)
            words = f"{case.name[:24]} {case.way} {case.size_px} {case.answer.score:.2f}"
            draw.text((x + 2, y + 2), words, fill="white")
        paper.save(f"{path}-{first // 12:02}.png")


if __name__ == "__main__":
    main()
