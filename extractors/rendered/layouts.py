"""Layouts to render: real ones read from annotation files, or invented ones.

Two files are read: the CSV of Zou et al. (panelSeg; a row per panel: figure, panel box, the word
"panel", letter box, letter) and the JSON of the same set with captions (`gt_subfigures`).
"""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import msgspec

Box = tuple[int, int, int, int]

_MARGIN_PX = 4
_ALIKE = frozenset("ckopsuvwxz")
_ROW = "figure, x0, y0, x1, y1, panel, then x0, y0, x1, y1 and text of its letter or five blanks"


class Slot(msgspec.Struct, frozen=True):
    """Where a panel goes and where its letter; `text` is what its caption says, where known."""

    box: Box
    label: str = ""
    letter_box: Box | None = None
    text: str = ""


class Layout(msgspec.Struct, frozen=True):
    """The panels of one figure of `width` x `height` pixels."""

    name: str
    width: int
    height: int
    slots: tuple[Slot, ...]
    caption: str = ""


def read_layouts(path: str | Path) -> list[Layout]:
    """All layouts of a `.csv` or `.json` file, in its order. Raises `ValueError`."""
    path = Path(path)
    readers = {".csv": _from_csv, ".json": _from_json}
    if path.suffix.lower() not in readers:
        raise ValueError(f"{path.name}: layouts are read from .csv or .json")
    try:
        return readers[path.suffix.lower()](path)
    except UnicodeDecodeError:
        raise ValueError(f"{path.name}: is not UTF-8 text") from None


def _from_csv(path: Path) -> list[Layout]:
    figures: dict[str, list[Slot]] = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        try:
            for row in filter(None, rows):
                box = _box(row[1:5])
                letter_box = _box(row[6:10]) if row[6] else None
                label = row[10] if letter_box else ""
                figures.setdefault(row[0], []).append(Slot(box, label, letter_box))
        except UnicodeDecodeError:
            raise
        except (IndexError, ValueError, csv.Error):
            why = f"not a panel row ({_ROW}; pixels are whole numbers of 0 or more)"
            raise ValueError(f"{path.name}, line {rows.line_num}: {why}") from None
    return [_layout(name, slots) for name, slots in figures.items()]


def _from_json(path: Path) -> list[Layout]:
    try:
        figures = json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path.name}: not valid JSON: {error}") from None
    if not isinstance(figures, dict):
        raise ValueError(f"{path.name}: not a mapping of figure names to figures")
    layouts = []
    for name, figure in figures.items():
        try:
            slots = [_json_slot(part) for part in figure["gt_subfigures"]]
            layouts.append(_layout(name, slots, str(figure.get("caption") or "")))
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
            why = 'no list "gt_subfigures" of panels with "panel": {"box": [x0, y0, x1, y1]}'
            raise ValueError(f"{path.name}, figure {name!r}: {why}") from None
    return layouts


def _json_slot(part: dict[str, Any]) -> Slot:
    letter = part.get("label") or {}
    letter_box = _box(letter["box"]) if letter.get("box") else None
    label, text = str(letter.get("text") or ""), str(part.get("caption") or "")
    return Slot(_box(part["panel"]["box"]), label, letter_box, text)


def _box(values: list[str] | list[int]) -> Box:
    x0, y0, x1, y1 = (int(v) for v in values)
    if min(x0, y0, x1, y1) < 0:
        raise ValueError("a box begins at 0 or later")
    return x0, y0, x1, y1


def _layout(name: str, slots: list[Slot], caption: str = "") -> Layout:
    """Its size is not annotated, so it ends a few pixels after its last panel."""
    slots = [s for s in slots if s.box[2] - s.box[0] > 1 and s.box[3] - s.box[1] > 1]
    width = max((s.box[2] for s in slots), default=1) + _MARGIN_PX
    height = max((s.box[3] for s in slots), default=1) + _MARGIN_PX
    return Layout(name, width, height, tuple(_in_one_case(slots)), caption)


def _in_one_case(slots: list[Slot]) -> list[Slot]:
    """Letters alike in both cases, which the annotators mixed up, in the case of the others."""
    letters = [s.label for s in slots if len(s.label) == 1 and s.label.isalpha()]
    telling = [x for x in letters if x.lower() not in _ALIKE]
    if not telling:
        return slots
    lower = sum(x.islower() for x in telling) * 2 > len(telling)

    def same(slot: Slot) -> Slot:
        if len(slot.label) != 1 or slot.label.lower() not in _ALIKE:
            return slot
        label = slot.label.lower() if lower else slot.label.upper()
        return msgspec.structs.replace(slot, label=label)

    return [same(slot) for slot in slots]


def invented_layout(rng: random.Random, name: str) -> Layout:
    """Rows (or columns) of panels of uneven size, with letters in one corner."""
    width, height = rng.randint(420, 900), rng.randint(260, 1000)
    gap = rng.choice((0, 0, 1, 2, 3, 5, 8, 12, 20, 30))
    rows = _cuts(rng, height, rng.choice((1, 1, 2, 2, 2, 3, 3, 4)), gap, uneven=0.5)
    count = rng.choice((1, 2, 2, 3, 3, 4, 5))
    same = rng.random() < 0.6
    columns = _cuts(rng, width, count, gap, uneven=0.5)
    boxes = []
    for y0, y1 in rows:
        if not same:
            columns = _cuts(rng, width, rng.choice((1, 2, 2, 3, 4)), gap, uneven=0.5)
        boxes += [(x0, y0, x1, y1) for x0, x1 in columns]
    if rng.random() < 0.3:  # column by column
        width, height = height, width
        boxes = [(y0, x0, y1, x1) for x0, y0, x1, y1 in boxes]
    boxes = [b for b in boxes if b[2] - b[0] >= 30 and b[3] - b[1] >= 30]
    if not boxes:
        boxes = [(0, 0, width, height)]
    return Layout(name, width, height, tuple(_lettered(rng, boxes)))


def _cuts(
    rng: random.Random, length: int, count: int, gap: int, uneven: float
) -> list[tuple[int, int]]:
    shares = [1 + uneven * rng.uniform(-1, 1) * (rng.random() < 0.5) for _ in range(count)]
    free = length - gap * (count - 1)
    pieces, start = [], 0.0
    for share in shares:
        size = free * share / sum(shares)
        pieces.append((round(start), round(start + size)))
        start += size + gap
    return pieces


def _lettered(rng: random.Random, boxes: list[Box]) -> list[Slot]:
    if len(boxes) == 1 or rng.random() < 0.15:
        return [Slot(box) for box in boxes]
    first = "A" if rng.random() < 0.6 else "a"
    size = rng.randint(11, 30)
    right, bottom = rng.random() < 0.08, rng.random() < 0.25
    slots = []
    for i, (x0, y0, x1, y1) in enumerate(boxes):
        pad = rng.randint(0, 6)
        lx = x1 - size - pad if right else x0 + pad
        ly = y1 - size - pad if bottom else y0 + pad
        label = chr(ord(first) + i % 26)
        slots.append(Slot((x0, y0, x1, y1), label, (lx, ly, lx + size, ly + size)))
    return slots
