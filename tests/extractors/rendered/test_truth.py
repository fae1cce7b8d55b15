"""What is drawn is where the truth says: panels, letters, kinds, captions. And always the same."""

from __future__ import annotations

import hashlib
import io
import os
import random
import re
import subprocess
import sys

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from extractors.rendered import captions
from extractors.rendered.captions import invented_caption
from extractors.rendered.figure import Rendered, render_figure
from extractors.rendered.layouts import Box, Layout, Slot, invented_layout
from extractors.rendered.pictures import Pictures
from tests.conftest import ROOT

INVENTED = Pictures()
# Panels that overlap, as in real layouts; the letter of the large one lies under a small one.
OVERLAPPING = Layout(
    "overlapping",
    400,
    300,
    (
        Slot((0, 0, 400, 200), "a", (20, 160, 45, 190)),
        Slot((0, 150, 190, 300), "b", (150, 265, 175, 295)),
        Slot((210, 210, 400, 300), "c", (215, 215, 235, 240)),
    ),
)


def _figure(seed: int) -> Rendered:
    name = f"invented-{seed}"
    return render_figure(invented_layout(random.Random(seed), name), INVENTED, seed)


@pytest.fixture(scope="module")
def figures() -> list[Rendered]:
    found = [_figure(seed) for seed in range(40)]
    return found + [render_figure(OVERLAPPING, INVENTED, seed) for seed in range(10)]


def _within(box: Box, size: tuple[int, int]) -> bool:
    x0, y0, x1, y1 = box
    return 0 <= x0 < x1 <= size[0] and 0 <= y0 < y1 <= size[1]


def test_boxes_lie_inside(figures: list[Rendered]) -> None:
    for figure in figures:
        for panel in figure.panels:
            assert _within(panel.box, figure.picture.size)
            if panel.letter_box:
                assert _within(panel.letter_box, figure.picture.size)
                x0, y0, x1, y1 = panel.box
                lx0, ly0, lx1, ly1 = panel.letter_box
                assert x0 <= lx0 < lx1 <= x1
                assert y0 <= ly0 < ly1 <= y1


def test_every_slot_has_its_panel() -> None:
    for seed in range(10):
        layout = invented_layout(random.Random(seed), "x")
        figure = render_figure(layout, INVENTED, seed)
        assert [p.label for p in figure.panels] == [s.label for s in layout.slots]
        assert [bool(p.letter_box) for p in figure.panels] == [bool(s.label) for s in layout.slots]
        assert {p.kind for p in figure.panels} <= {"picture", "chart", "drawing"}


def test_all_ink_lies_in_the_boxes(figures: list[Rendered]) -> None:
    """Between the panels there is ground alone; a header above and a footer below may be."""
    checked = 0
    for figure in figures:
        pixels = np.asarray(figure.picture, np.int16)
        free = np.ones(pixels.shape[:2], bool)
        for x0, y0, x1, y1 in (p.box for p in figure.panels):
            free[max(0, y0 - 3) : y1 + 3, max(0, x0 - 3) : x1 + 3] = False
        free[: min(p.box[1] for p in figure.panels)] = False
        free[max(p.box[3] for p in figure.panels) :] = False
        ground = pixels[free]
        if len(ground) > 50:
            checked += 1
            away = np.abs(ground - np.median(ground, axis=0)).max(axis=1) > 60
            assert away.sum() <= 5, figure.name
    assert checked > 15


def test_boxes_are_tight_around_charts_and_drawings(figures: list[Rendered]) -> None:
    """Something is drawn within a few pixels of each side of a box."""
    checked = 0
    for figure in figures:
        pixels = np.asarray(figure.picture, np.int16)
        for x0, y0, x1, y1 in (p.box for p in figure.panels if p.kind != "picture"):
            inside = pixels[y0:y1, x0:x1]
            ground = np.median(inside.reshape(-1, 3), axis=0)
            if ground.min() < 180:
                continue
            checked += 1
            away = np.abs(inside - ground).max(axis=2) > 8
            for side in (away[:5], away[-5:], away[:, :5], away[:, -5:]):
                assert side.any(), figure.name
    assert checked > 15


def test_a_letter_is_drawn_in_its_box_and_nowhere_else() -> None:
    """Another letter in one slot changes the pixels of that letter's box alone."""
    seen = 0
    for seed in range(15):
        layout = OVERLAPPING
        if seed % 3:
            layout = invented_layout(random.Random(seed), f"letters-{seed}")
        if not layout.slots[0].label:
            continue
        slots = list(layout.slots)
        slots[0] = msgspec.structs.replace(slots[0], label="M")
        other = msgspec.structs.replace(layout, slots=tuple(slots))
        first, second = render_figure(layout, INVENTED, seed), render_figure(other, INVENTED, seed)
        assert first.picture.size == second.picture.size
        change = np.abs(np.asarray(first.picture, np.int16) - np.asarray(second.picture, np.int16))
        rows, columns = np.nonzero(change.max(axis=2) > 50)
        assert rows.size, f"seed {seed}: the letter cannot be seen"
        boxes = [f.panels[0].letter_box or (0, 0, 0, 0) for f in (first, second)]
        slack = 20  # a plate, scaled, and a block of JPEG
        assert columns.min() >= min(b[0] for b in boxes) - slack
        assert columns.max() <= max(b[2] for b in boxes) + slack
        assert rows.min() >= min(b[1] for b in boxes) - slack
        assert rows.max() <= max(b[3] for b in boxes) + slack
        seen += 1
    assert seen >= 10


def test_letters_stand_out(figures: list[Rendered]) -> None:
    for figure in figures:
        grey = np.asarray(figure.picture.convert("L"), np.int16)
        for panel in figure.panels:
            if panel.letter_box:
                x0, y0, x1, y1 = panel.letter_box
                assert np.ptp(grey[y0:y1, x0:x1]) > 60, (figure.name, panel.label)


def test_what_is_too_small_for_a_chart_is_called_a_picture() -> None:
    slots = tuple(Slot((0, k * 40, 300, k * 40 + 20)) for k in range(6))
    layout = Layout("flat", 304, 244, slots)
    for seed in range(12):
        assert {p.kind for p in render_figure(layout, INVENTED, seed).panels} == {"picture"}


def test_a_layout_without_panels_is_drawn() -> None:
    for seed in range(30):
        assert not render_figure(Layout("none", 50, 40, ()), INVENTED, seed).panels


def test_the_jpeg_is_the_picture(figures: list[Rendered]) -> None:
    for figure in figures[:10]:
        with Image.open(io.BytesIO(figure.jpeg)) as image:
            assert image.format == "JPEG"
            assert np.array_equal(np.asarray(image.convert("RGB")), np.asarray(figure.picture))


# The same again

DIGESTS = """
import hashlib, random
from extractors.rendered.figure import render_figure
from extractors.rendered.layouts import invented_layout
from extractors.rendered.pictures import Pictures
for seed in range(4):
    layout = invented_layout(random.Random(seed), f"invented-{seed}")
    figure = render_figure(layout, Pictures(), seed)
    print(hashlib.sha256(figure.jpeg + repr((figure.panels, figure.caption)).encode()).hexdigest())
"""


def test_the_same_seed_gives_the_same_bytes_in_another_process() -> None:
    here = []
    for seed in range(4):
        figure = _figure(seed)
        truth = repr((figure.panels, figure.caption)).encode()
        here.append(hashlib.sha256(figure.jpeg + truth).hexdigest())
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    there = subprocess.run(
        [sys.executable, "-c", DIGESTS], cwd=ROOT, env=environment, capture_output=True, check=True
    )
    assert there.stdout.decode().split() == here


def test_another_seed_gives_another_figure() -> None:
    assert len({render_figure(OVERLAPPING, INVENTED, seed).jpeg for seed in range(8)}) == 8


def test_what_was_drawn_before_does_not_matter() -> None:
    alone = _figure(3)
    _figure(1)
    assert _figure(3).jpeg == alone.jpeg


# Captions


def _names(caption: str, label: str) -> bool:
    marked = rf"\({label}\)|(?:^|(?<=\s)){label}[),.:]"
    return re.search(marked, caption) is not None


def test_captions_name_every_label(figures: list[Rendered]) -> None:
    for figure in figures:
        for panel in figure.panels:
            if panel.label:
                assert _names(figure.caption, panel.label), (figure.caption, panel.label)
                assert panel.text


LABELS = st.lists(
    st.sampled_from(["a", "b", "c", "A", "B", "H", "i", "ii", "1", "10", "A1", "b'"]), unique=True
)


@given(LABELS, st.integers(0, 2**32), st.data())
def test_a_caption_has_the_words_about_each_panel(
    labels: list[str], seed: int, data: st.DataObject
) -> None:
    kinds = [data.draw(st.sampled_from(["picture", "chart", "drawing"])) for _ in labels]
    caption, texts = invented_caption(random.Random(seed), labels, kinds)
    assert caption
    assert len(texts) == len(labels)
    for label, text in zip(labels, texts, strict=True):
        assert _names(caption, re.escape(label))
        for shared in (*captions._OPENINGS, *captions._CLOSINGS):
            text = text.replace(shared, "") if shared else text
        assert text.strip()[1:] in caption  # its first letter may be a capital there


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_any_seed_gives_a_sound_figure(layout_seed: int, seed: int) -> None:
    layout = invented_layout(random.Random(layout_seed), "any")
    figure = render_figure(layout, INVENTED, seed)
    assert len(figure.panels) == len(layout.slots)
    assert all(_within(panel.box, figure.picture.size) for panel in figure.panels)
    assert figure.caption


@settings(deadline=None, max_examples=12)
@given(st.data())
def test_any_layout_can_be_drawn(data: st.DataObject) -> None:
    """Boxes that overlap, are tiny, or hold letters far larger than they are."""
    side = st.integers(2, 300)
    slots = []
    for label in data.draw(st.lists(st.sampled_from(["", "a", "B", "10", "Ångström"]), max_size=5)):
        x, y = data.draw(st.integers(0, 200)), data.draw(st.integers(0, 200))
        box = (x, y, x + data.draw(side), y + data.draw(side))
        lx, ly = data.draw(st.integers(0, 500)), data.draw(st.integers(0, 500))
        letter = (lx, ly, lx + data.draw(st.integers(0, 60)), ly + data.draw(st.integers(0, 60)))
        slots.append(Slot(box, label, letter if label else None))
    width = max((s.box[2] for s in slots), default=1) + 4
    height = max((s.box[3] for s in slots), default=1) + 4
    layout = Layout("any", width, height, tuple(slots))
    figure = render_figure(layout, INVENTED, data.draw(st.integers(0, 10_000)))
    assert sorted(p.label for p in figure.panels) == sorted(s.label for s in slots)
    for panel in figure.panels:
        assert _within(panel.box, figure.picture.size)
