"""The benchmark of burnt-in text: truth where the ink is, figures that can be wrong."""

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.burnt_in import covered_lines, figures, measured, split_by
from benchmarks.burnt_in_peers import Answer, is_words
from benchmarks.burnt_in_pictures import Given, clean_pictures, is_aside, ultrasound
from benchmarks.burnt_in_planted import WAYS, fonts_aside, marked_pictures, planted_pictures
from training import burnt_in_grounds, glyph_sheets


@pytest.fixture(scope="module")
def clean():
    return [
        Given("black", "made", Image.new("RGB", (500, 400))),
        Given("grey", "made", Image.new("RGB", (420, 400), (150, 150, 150))),
    ]


def test_lines_are_noted_where_the_ink_is(clean):
    grounds = {given.name: np.asarray(given.image).astype(int) for given in clean}
    seen = set()
    for planted in planted_pictures(clean):
        seen.add(planted.way)
        inked = np.abs(np.asarray(planted.image).astype(int) - grounds[planted.given.name]).max(2)
        for x0, y0, x1, y1 in planted.lines:
            assert inked[y0:y1, x0:x1].max() > 20, planted.way
            inked[max(0, y0 - 9) : y1 + 9, max(0, x0 - 9) : x1 + 9] = 0
        if planted.way != "strip":  # whose white bar is no line
            assert inked.max() < 60, planted.way
    assert seen == set(WAYS)


def test_planting_is_the_same_each_time(clean):
    first, second = list(planted_pictures(clean)), list(planted_pictures(clean))
    assert [p.lines for p in first] == [p.lines for p in second]
    assert all(a.image.tobytes() == b.image.tobytes() for a, b in zip(first, second, strict=True))


def test_fonts_and_pictures_of_training_are_not_measured():
    learned = set(glyph_sheets.font_files())
    assert not learned & set(fonts_aside())
    contents = [bytes([n]) for n in range(64)]
    asides = [is_aside(content) for content in contents]
    assert asides == [burnt_in_grounds.is_aside(content) for content in contents]
    assert 10 < sum(asides) < 54


def test_without_data_there_is_made_ultrasound(tmp_path: Path):
    kinds = {given.kind for given in clean_pictures(tmp_path)}
    assert kinds == {"ultrasound"}
    assert ultrasound(random.Random(3)).tobytes() == ultrasound(random.Random(3)).tobytes()


def test_a_line_is_covered_by_half():
    line = [(10, 10, 110, 30)]
    assert covered_lines(line, [[0, 0, 61, 40]], (200, 100)) == 1
    assert covered_lines(line, [[0, 0, 59, 40]], (200, 100)) == 0
    assert covered_lines(line, [[0, 0, 40, 40], [80, 0, 120, 40]], (200, 100)) == 1


def test_figures_of_finders_that_say_always_or_never(clean):
    everywhere = figures(measured(lambda image: Answer(1.0, [[0, 0, *image.size]], 0.5), clean))
    assert everywhere["recall"] == everywhere["line_recall"] == 1
    assert everywhere["false_alarms"] == everywhere["marker_alarms"] == 1
    assert everywhere["ms_a_picture"] == 500
    nowhere = measured(lambda image: Answer(0.2, [], 0.5), clean)
    found = figures(nowhere)
    assert found["recall"] == found["line_recall"] == found["false_alarms"] == 0
    assert set(split_by(nowhere, "way")) == set(WAYS)


def test_markers_alone_have_one_line(clean):
    marked = list(marked_pictures(clean))
    assert [len(one.lines) for one in marked] == [1, 1]


def test_words_have_three_letters_or_digits():
    assert is_words("A 12")
    assert not is_words("(a).")
