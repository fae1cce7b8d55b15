"""Every kind of chart, drawing and invented picture draws at any size, and fills panels."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from extractors.rendered import charts, drawings, tissue
from extractors.rendered.charts import PAINTERS, Painter, chart
from extractors.rendered.fonts import font, font_files
from extractors.rendered.panel import drawn_kind, fill_panel
from extractors.rendered.pictures import BadPicture, Pictures, cover

WHITE = (255, 255, 255)
DRAWINGS = (
    drawings._blot,
    drawings._traces,
    drawings._scheme,
    drawings._table,
    drawings._structure,
)
TISSUES = (
    tissue._stained,
    tissue._fluorescent,
    tissue._electron,
    tissue._scan,
    tissue._landscape,
)
SEEDS = st.integers(0, 2**32)
SIDES = st.integers(24, 360)
some = settings(deadline=None, max_examples=4)


def _inked(image: Image.Image) -> bool:
    return any(low < high for low, high in image.getextrema())  # type: ignore[misc]


@pytest.mark.parametrize("painter", dict.fromkeys(PAINTERS), ids=lambda p: p.__name__)
def test_charts(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "PAINTERS", (painter,))

    @some
    @given(SEEDS, SIDES, SIDES)
    @example(1, 24, 24)
    @example(2, 24, 900)
    @example(3, 900, 24)
    @example(4, 800, 600)
    def draws(seed: int, width: int, height: int) -> None:
        image = chart(random.Random(seed), width, height, WHITE)
        assert (image.mode, image.size) == ("RGB", (width, height))
        assert _inked(image)

    draws()


@pytest.mark.parametrize("kind", DRAWINGS, ids=lambda k: k.__name__)
def test_drawings(kind: Callable[[random.Random, Image.Image], None]) -> None:
    @some
    @given(SEEDS, SIDES, SIDES)
    @example(1, 24, 24)
    @example(2, 24, 1500)
    @example(3, 1500, 24)
    @example(4, 1200, 1200)
    def draws(seed: int, width: int, height: int) -> None:
        image = Image.new("RGB", (width, height), WHITE)
        kind(random.Random(seed), image)
        assert image.size == (width, height)
        assert _inked(image)

    draws()


@pytest.mark.parametrize("kind", TISSUES, ids=lambda k: k.__name__)
def test_invented_pictures(
    kind: Callable[[np.random.Generator, int, int], Image.Image],
) -> None:
    @some
    @given(SEEDS, st.integers(8, 360), st.integers(8, 360))
    @example(1, 8, 8)
    @example(2, 8, 900)
    @example(3, 900, 8)
    @example(4, 700, 700)
    def draws(seed: int, width: int, height: int) -> None:
        image = kind(np.random.default_rng(seed), width, height)
        assert (image.mode, image.size) == ("RGB", (width, height))
        assert _inked(image)

    draws()


@settings(deadline=None, max_examples=40)
@given(
    SEEDS,
    st.sampled_from(["picture", "chart", "drawing"]),
    st.integers(2, 260),
    st.integers(2, 260),
    st.integers(-1, 6),
)
def test_panels_of_any_size_are_filled(
    seed: int, kind: str, width: int, height: int, gap: int
) -> None:
    rng = random.Random(seed)
    series = Pictures().series(rng, 3)
    image = fill_panel(rng, kind, (width, height), series, WHITE, gap)
    assert (image.mode, image.size) == ("RGB", (width, height))
    assert drawn_kind(kind, (width, height)) in (kind, "picture")


@given(SEEDS, st.integers(1, 80), st.integers(1, 80), st.integers(1, 80), st.integers(1, 80))
def test_a_cut_covers_its_panel(seed: int, w: int, h: int, width: int, height: int) -> None:
    picture = Image.new("RGB", (w, h), (9, 99, 200))
    cut = cover(random.Random(seed), picture, width, height)
    assert cut.size == (width, height)
    assert cut.getcolors() == [(width * height, (9, 99, 200))]


def test_fonts() -> None:
    assert list(font_files()) == sorted(font_files())
    for size in (-2, 0, 3, 12, 200):  # never smaller than can be drawn
        left, top, right, bottom = font("", size).getbbox("A")
        assert left < right
        assert top < bottom


# Pictures of a folder


def _picture(path: Path, colour: tuple[int, int, int], side: int = 80) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), colour).save(path)


def test_pictures_are_grouped_by_folder(tmp_path: Path) -> None:
    for name in ("a.png", "b.JPG", "skin/c.png", "skin/deep/d.png", "eye/e.jpeg"):
        _picture(tmp_path / name, WHITE)
    _picture(tmp_path / "small.png", WHITE, 63)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("words")
    (tmp_path / "folder.png").mkdir()
    groups = Pictures(tmp_path).groups
    names = {k: [Path(p).name for p in v] for k, v in groups.items()}
    assert names == {"": ["a.png", "b.JPG"], "eye": ["e.jpeg"], "skin": ["c.png", "d.png"]}


def test_a_series_is_of_one_group(tmp_path: Path) -> None:
    _picture(tmp_path / "red" / "1.png", (250, 0, 0))
    _picture(tmp_path / "red" / "2.png", (250, 1, 0))
    _picture(tmp_path / "blue" / "1.png", (0, 0, 250))
    pool, alike = Pictures(tmp_path), 0
    for seed in range(60):
        series = pool.series(random.Random(seed), 4)
        assert 1 <= len(series) <= 4
        ends = {(c[0] > 200, c[2] > 200) for c in (im.getpixel((0, 0)) for im in series)}  # type: ignore[index]
        alike += len(ends) == 1 and all(im.size == (80, 80) for im in series)
    assert alike > 15


def test_a_picture_that_breaks_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "half.jpg"
    Image.effect_noise((200, 200), 80).save(path)
    path.write_bytes(path.read_bytes()[:3000])
    pool = Pictures(tmp_path)
    with pytest.raises(BadPicture, match=r"half\.jpg: "):
        [pool.series(random.Random(seed), 1) for seed in range(20)]
