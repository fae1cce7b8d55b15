from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from extractors.figures.glyphs import CHARACTERS, network
from extractors.figures.letter_marks import INPUTS
from extractors.figures.letter_runs import Run, free_readings, wanted_readings
from extractors.figures.letter_votes import FEATURES
from extractors.figures.letters import choose_letters, read_letters
from extractors.figures.records import Box, Letter
from tests.conftest import DATA

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
PLACES = ((12, 10), (262, 10), (12, 210), (262, 210))


def drawn(
    texts: tuple[str, ...],
    ground: tuple[int, int, int] = WHITE,
    ink: tuple[int, int, int] = BLACK,
    size: int = 22,
    plate: tuple[int, int, int] | None = None,
    busy: bool = False,
) -> tuple[Image.Image, list[Letter]]:
    """Four panels with a grey blob each, and their letters."""
    image = Image.new("RGB", (500, 400), ground)
    draw = ImageDraw.Draw(image)
    if busy:
        noise = np.random.default_rng(3).integers(60, 150, (40, 50, 3)).astype(np.uint8)
        image.paste(Image.fromarray(noise).resize((500, 400), Image.Resampling.BICUBIC))
    font = ImageFont.load_default(size=size)
    true = []
    for text, (x, y) in zip(texts, PLACES, strict=False):
        draw.ellipse((x + 70, y + 50, x + 190, y + 150), fill=(128, 128, 128))
        box = tuple(round(v) for v in draw.textbbox((x, y), text, font=font))
        if plate:
            draw.rectangle((box[0] - 4, box[1] - 4, box[2] + 4, box[3] + 4), fill=plate)
        draw.text((x, y), text, fill=ink, font=font)
        true.append(Letter(text.strip("()."), box, 1.0))  # type: ignore[arg-type]
    return image, true


def overlap(a: Box, b: Box) -> bool:
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


def right(found: list[Letter], true: list[Letter], least: float = 0.5) -> int:
    return sum(
        any(
            f.text.lower() == t.text.lower() and overlap(f.box, t.box) and f.score >= least
            for f in found
        )
        for t in true
    )


@pytest.mark.parametrize(
    ("ground", "ink", "plate"),
    [
        (WHITE, BLACK, None),
        (BLACK, WHITE, None),
        ((200, 120, 160), WHITE, None),
        ((40, 40, 40), (255, 255, 0), None),
        ((180, 180, 180), WHITE, BLACK),
        ((90, 20, 30), BLACK, WHITE),
    ],
)
def test_letters_of_any_colour(ground, ink, plate) -> None:
    image, true = drawn(("A", "B", "C", "D"), ground, ink, plate=plate)
    found = read_letters(np.asarray(image), ("A", "B", "C", "D"))
    assert right(found, true) == 4
    assert len([f for f in found if f.score >= 0.5]) == 4


@pytest.mark.parametrize(
    "texts",
    [
        ("a", "b", "c", "d"),
        ("E", "F", "G", "H"),
        ("(a)", "(b)", "(c)", "(d)"),
        ("A.", "B.", "C.", "D."),
        ("i", "ii", "iii", "iv"),
        ("1", "2", "3", "4"),
        ("A1", "A2", "B1", "B2"),
    ],
)
def test_kinds_of_letters(texts: tuple[str, ...]) -> None:
    image, true = drawn(texts)
    found = read_letters(np.asarray(image), tuple(t.text for t in true))
    assert right(found, true, 0.3) >= 3


@pytest.mark.parametrize("size", [13, 18, 30, 48])
def test_sizes(size: int) -> None:
    image, true = drawn(("A", "B", "C", "D"), size=size)
    assert right(read_letters(np.asarray(image), "ABCD"), true) == 4


def test_on_a_busy_photograph_and_without_wanted() -> None:
    image, true = drawn(("A", "B", "C", "D"), ink=WHITE, busy=True)
    assert right(read_letters(np.asarray(image), "ABCD"), true) >= 3
    assert right(read_letters(np.asarray(image)), true, 0.3) >= 3


@pytest.mark.parametrize("size", [(250, 400), (500, 220), (512, 512)])
def test_squashed_and_stored_as_jpeg(size: tuple[int, int]) -> None:
    image, true = drawn(("A", "B", "C", "D"), size=26)
    stored = io.BytesIO()
    image.resize(size, Image.Resampling.BICUBIC).save(stored, "JPEG", quality=60)
    pixels = np.asarray(Image.open(stored).convert("RGB"))
    sx, sy = size[0] / 500, size[1] / 400
    moved = [
        Letter(t.text, (int(b[0] * sx), int(b[1] * sy), int(b[2] * sx), int(b[3] * sy)), 1.0)
        for t in true
        for b in [t.box]
    ]
    assert right(read_letters(pixels, "ABCD"), moved) == 4


def test_words_are_no_letters() -> None:
    image, true = drawn(("A", "B", "C", "D"))
    draw = ImageDraw.Draw(image)
    for i, words in enumerate(("Control group", "10 µm", "Time (days)", "p < 0.05")):
        draw.text((60 + 230 * (i % 2), 180 + 190 * (i // 2)), words, fill=BLACK,
                  font=ImageFont.load_default(size=15))  # fmt: skip
    found = read_letters(np.asarray(image), "ABCD")
    assert right(found, true) == 4
    assert not [f for f in found if f.score >= 0.5 and not any(overlap(f.box, t.box) for t in true)]


def test_the_caption_resolves_what_looks_alike() -> None:
    odds = np.zeros((1, len(CHARACTERS) + 1))
    odds[0, [CHARACTERS.index(c) for c in "Il1"]] = 0.5, 0.3, 0.2
    run = Run((0,), (0,))
    assert wanted_readings(run, odds, ("i", "ii")) == [("i", pytest.approx(1.0))]
    assert free_readings(run, odds)[0][0] == "I"


def test_one_box_for_each_wanted_letter() -> None:
    row = [Letter(t, (x, 10, x + 14, 30), 0.8) for t, x in (("A", 0), ("B", 100), ("C", 200))]
    large = Letter("B", (40, 100, 110, 190), 0.85)
    assert choose_letters([large, *row], ("A", "B", "C", "D")) == row
    assert choose_letters([], ("A",)) == []
    assert choose_letters(row, ()) == []


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.booleans())
def test_never_raises_and_boxes_lie_inside(width: int, height: int, seed: int, flat: bool) -> None:
    noise = np.random.default_rng(seed)
    pixels = noise.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if flat:
        pixels = pixels // 128 * 255
    for letter in read_letters(pixels, ("A", "b", "iv"), [(0, 0, width, height)]):
        x0, y0, x1, y1 = letter.box
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
        assert 0 <= letter.score <= 1


def test_the_same_picture_gives_the_same_letters() -> None:
    pixels = np.asarray(drawn(("A", "B", "C", "D"), busy=True)[0])
    assert read_letters(pixels, "AB") == read_letters(pixels, "AB")


def test_the_stored_networks_fit_their_inputs() -> None:
    assert network("fine")["w1"].shape[0] == INPUTS
    assert network("fine")["w3"].shape[1] == len(CHARACTERS) + 1
    assert network("vote")["w1"].shape[0] == FEATURES


REAL = {  # drawn and looked at: figures of the dev half, letters that must be read
    "conceptclip_pmc_figures/images/09d4e5b208f54df6a98ddeafa8ec108d.jpg": "ABCD",
    "conceptclip_pmc_figures/images/0174fab3c1a14f278e66656a2a027620.jpg": "ABC",
}


@pytest.mark.parametrize("name", REAL)
def test_real_figures(name: str) -> None:
    folder = DATA / "compound"
    if not (folder / name).is_file():
        pytest.skip(f"no real figures at {folder} (set FABRICA_DATA)")
    figures = json.loads((folder / "panels_manual.json").read_text())["figures"]
    panels = next(f["panels"] for f in figures if f["image"] == name)
    pixels = np.asarray(Image.open(Path(folder / name)).convert("RGB"))
    chosen = choose_letters(read_letters(pixels, REAL[name]), REAL[name])
    by_text = {letter.text: letter for letter in chosen}
    inside = [p for p in panels if p["label"] in by_text
              and overlap(by_text[p["label"]].box, p["box"])]  # fmt: skip
    assert len(inside) == len(REAL[name])
