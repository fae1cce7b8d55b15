"""Layouts as files have them, good and bad, and invented ones."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.rendered.layouts import Slot, invented_layout, read_layouts

CSV = """\
one.jpg,0,0,100,80,panel,2,3,12,15,a
two.png,5,5,205,105,panel,,,,,
one.jpg,110,0,210,80,panel,112,3,122,15,b
"""
PANEL = {
    "panel": {"box": [0, 0, 100, 80]},
    "label": {"text": "A", "box": [1, 2, 9, 12]},
    "caption": "A film.",
}


def _file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_csv_has_a_row_per_panel(tmp_path: Path) -> None:
    one, two = read_layouts(_file(tmp_path, "own.csv", CSV))
    assert (one.name, one.width, one.height) == ("one.jpg", 214, 84)
    assert one.slots == (
        Slot((0, 0, 100, 80), "a", (2, 3, 12, 15)),
        Slot((110, 0, 210, 80), "b", (112, 3, 122, 15)),
    )
    assert two.slots == (Slot((5, 5, 205, 105)),)


@pytest.mark.parametrize(
    "content",
    ["\ufeff" + CSV, CSV + "\n", CSV.replace("\n", "\r\n"), "\n" + CSV],
    ids=["byte order mark", "blank line at the end", "windows", "blank line first"],
)
def test_a_csv_as_programs_save_it(tmp_path: Path, content: str) -> None:
    plain = read_layouts(_file(tmp_path, "plain.csv", CSV))
    assert read_layouts(_file(tmp_path, "OWN.CSV", content)) == plain


def test_a_json_has_captions(tmp_path: Path) -> None:
    bare = {"panel": {"box": [0, 90, 100, 150]}}
    figure = {"caption": "A film. A scan.", "gt_subfigures": [PANEL, bare]}
    (layout,) = read_layouts(_file(tmp_path, "own.json", json.dumps({"one": figure})))
    assert (layout.name, layout.width, layout.height) == ("one", 104, 154)
    assert layout.caption == "A film. A scan."
    assert layout.slots[0] == Slot((0, 0, 100, 80), "A", (1, 2, 9, 12), "A film.")
    assert layout.slots[1] == Slot((0, 90, 100, 150))


@pytest.mark.parametrize(
    "row",
    [
        "figure,x0,y0,x1,y1,panel,lx0,ly0,lx1,ly1,letter",
        "two.png,1,2,3",
        "two.png,0,0,10.5,20,panel,,,,,",
        "two.png,-1,0,10,20,panel,,,,,",
        "two.png,0,0,10,20,panel,1,2,x,4,a",
        "two.png,0,0,10,20,panel,1,2,3,4",
        "two.png",
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str) -> None:
    with pytest.raises(ValueError, match=r"^own\.csv, line 2: not a panel row") as caught:
        read_layouts(_file(tmp_path, "own.csv", CSV.splitlines()[0] + "\n" + row + "\n"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "figure",
    [
        None,
        [],
        {},
        {"gt_subfigures": None},
        {"gt_subfigures": [3]},
        {"gt_subfigures": [{"panel": {}}]},
        {"gt_subfigures": [{"panel": {"box": [1, 2, 3]}}]},
        {"gt_subfigures": [{"panel": {"box": [0, 0, 9, float("inf")]}}]},
        {"gt_subfigures": [{"panel": {"box": [-5, 0, 9, 9]}}]},
        {"gt_subfigures": [PANEL | {"label": "A"}]},
    ],
)
def test_a_bad_figure_is_named(tmp_path: Path, figure: object) -> None:
    content = json.dumps({"good": {"gt_subfigures": [PANEL]}, "bad": figure})
    with pytest.raises(ValueError, match=r"^own\.json, figure 'bad': no list"):
        read_layouts(_file(tmp_path, "own.json", content))


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("own.json", "[]", "own.json: not a mapping"),
        ("own.json", "{", "own.json: not valid JSON"),
        ("own.json", "[" * 100_000, "own.json: not valid JSON"),
        ("own.json", b"\xff\xfe\x00", "own.json: is not UTF-8"),
        ("own.csv", b"a,\xff\xfe,1", "own.csv: is not UTF-8"),
        ("own.txt", CSV, r"own.txt: layouts are read from .csv or .json"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, name: str, content: str | bytes, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}"):
        read_layouts(_file(tmp_path, name, content))


def test_panels_without_extent_are_left_out(tmp_path: Path) -> None:
    rows = CSV + "three,5,5,5,90,panel,,,,,\n"
    *_, three = read_layouts(_file(tmp_path, "own.csv", rows))
    assert (three.name, three.slots) == ("three", ())


@given(st.integers(0, 2**32))
def test_an_invented_layout_is_sound(seed: int) -> None:
    layout = invented_layout(random.Random(seed), "x")
    assert layout == invented_layout(random.Random(seed), "x")
    assert layout.slots
    boxes = [slot.box for slot in layout.slots]
    for x0, y0, x1, y1 in boxes:
        assert 0 <= x0 < x1 <= layout.width
        assert 0 <= y0 < y1 <= layout.height
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert max(a[0], b[0]) >= min(a[2], b[2]) or max(a[1], b[1]) >= min(a[3], b[3])
    labels = [slot.label for slot in layout.slots if slot.label]
    assert len(labels) in (0, len(boxes))
    assert len(set(labels)) == len(labels)
