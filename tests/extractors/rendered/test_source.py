"""Rendered figures as a source: options, refs, documents, samples, and input that is wrong."""

from __future__ import annotations

import json
import random
from itertools import islice
from pathlib import Path

import pytest
from PIL import Image
from pydantic import ValidationError

from extractors.images import Picture
from extractors.rendered import source
from extractors.rendered.figure import TruePanel, render_figure
from extractors.rendered.layouts import Layout
from extractors.rendered.pictures import Pictures
from extractors.rendered.source import RenderedOptions, questions
from extractors.sources import SOURCES
from filters.alike.hashes import phash
from schemas.sample import Document, Sample

CSV = """\
zou/a b.jpg,0,0,200,180,panel,2,3,18,21,a
zou/a b.jpg,210,0,410,180,panel,212,3,228,21,b
two,0,0,300,200,panel,,,,,
"""


def _documents(options: RenderedOptions) -> list[Document]:
    kind = SOURCES["rendered"]
    return [d for ref in kind.enumerate(options) for d in kind.describe(options, ref, "")]


def _extract(options: RenderedOptions, document: Document) -> tuple[Sample, list[Picture]]:
    (found,) = SOURCES["rendered"].extract(options, document, phash, "")
    return found


def _samples(options: RenderedOptions) -> list[Sample]:
    return [_extract(options, document)[0] for document in _documents(options)]


@pytest.fixture
def layouts(tmp_path: Path) -> Path:
    path = tmp_path / "layouts.csv"
    path.write_text(CSV)
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in "abc":
        Image.effect_noise((120, 100), 60).convert("RGB").save(folder / f"{name}.jpg")
    return folder


def test_one_document_per_figure() -> None:
    documents = _documents(RenderedOptions(count=3, seed=7))
    assert [d.document_id for d in documents] == [f"rendered/7-00000{k}" for k in range(3)]
    assert [d.group_id for d in documents] == [d.document_id for d in documents]
    assert {(d.source, d.licence) for d in documents} == {("rendered", "CC0")}
    assert len({d.checksum for d in documents}) == 3


def test_refs_come_one_at_a_time() -> None:
    refs = SOURCES["rendered"].enumerate(RenderedOptions(count=1_000_000))
    assert [ref.key for ref in islice(refs, 2)] == ["rendered/0-000000", "rendered/0-000001"]


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    kind = SOURCES["rendered"]
    short, long = (list(kind.enumerate(RenderedOptions(count=n, seed=1))) for n in (4, 9))
    assert long[:4] == short


def test_a_sample_has_its_truth() -> None:
    options = RenderedOptions(count=4, seed=1)
    for document in _documents(options):
        sample, (picture,) = _extract(options, document)
        truth = json.loads(sample.meta["truth_panels"])
        assert sample.sample_id == f"{document.document_id}/F1"
        assert sample.figure
        assert (sample.figure.id, sample.figure.label) == ("F1", "Figure 1")
        assert sample.licence.spdx == "CC0-1.0"
        assert (sample.licence.derivatives, sample.licence.commercial) == (True, True)
        assert sample.kept
        assert sample.caption
        assert [(t.kind, t.text) for t in sample.texts] == [("caption", sample.caption)]
        assert [r.box for r in sample.regions] == [panel["box"] for panel in truth]
        assert [r.label for r in sample.regions] == [panel["label"] for panel in truth]
        for region in sample.regions:
            x0, y0, x1, y1 = region.box
            assert 0 <= x0 < x1 <= picture.width
            assert 0 <= y0 < y1 <= picture.height
            assert region.area == (x1 - x0) * (y1 - y0)
            assert bool(region.text) == bool(region.label)
        assert {panel["kind"] for panel in truth} <= {"picture", "chart", "drawing"}
        assert sample.questions[0].answer == str(len(truth))


def test_the_picture_is_stored_as_it_was_rendered(layouts: Path) -> None:
    options = RenderedOptions(layouts=str(layouts), seed=3)
    document = _documents(options)[1]
    _, (picture,) = _extract(options, document)
    two = Layout("two#1", 304, 204, source._layouts_of(options)["two"].slots)
    assert picture.data == render_figure(two, Pictures(), 3).jpeg
    assert (picture.format, picture.change) == ("jpg", "")


def test_the_same_options_give_the_same_samples() -> None:
    options = RenderedOptions(count=3, seed=5)
    first = [_extract(options, d) for d in _documents(options)]
    assert first == [_extract(options, d) for d in reversed(_documents(options))][::-1]
    other = [_extract(o, d) for o in [RenderedOptions(count=3, seed=6)] for d in _documents(o)]
    assert not {p.sha256 for _, (p,) in first} & {p.sha256 for _, (p,) in other}


# Layouts of a file


def test_layouts_of_a_file_name_the_documents(layouts: Path) -> None:
    documents = _documents(RenderedOptions(layouts=str(layouts), seed=1))
    assert [d.document_id for d in documents] == ["rendered/1-zou_a_b", "rendered/1-two"]
    assert [d.group_id for d in documents] == ["rendered/zou_a_b", "rendered/two"]
    assert [d.meta["layout"] for d in documents] == ["zou/a b.jpg", "two"]


def test_a_layout_that_comes_again_stays_in_its_group(layouts: Path) -> None:
    options = RenderedOptions(layouts=str(layouts), count=5)
    documents = _documents(options)
    names = ["0-zou_a_b", "0-two", "0-zou_a_b-2", "0-two-2", "0-zou_a_b-3"]
    assert [d.document_id for d in documents] == [f"rendered/{name}" for name in names]
    assert len({d.group_id for d in documents}) == 2
    shas = {_extract(options, d)[1][0].sha256 for d in documents}
    assert len(shas) == 5
    elsewhere = _documents(RenderedOptions(layouts=str(layouts), seed=9))
    assert {d.group_id for d in elsewhere} == {d.group_id for d in documents}


def test_fewer_figures_than_layouts(layouts: Path) -> None:
    (document,) = _documents(RenderedOptions(layouts=str(layouts), count=1))
    assert document.meta["layout"] == "zou/a b.jpg"


def test_names_that_clean_to_the_same(tmp_path: Path) -> None:
    """The list tells their keys apart; here it matters that each finds its own layout."""
    path = tmp_path / "same.csv"
    path.write_text("a b,0,0,90,90,panel,,,,,\na/b,0,0,200,90,panel,,,,,\n#1,0,0,50,90,panel,,,,,")
    options = RenderedOptions(layouts=str(path))
    documents = _documents(options)
    assert [d.meta["layout"] for d in documents] == ["a b", "a/b", "#1"]
    assert len({d.checksum for d in documents}) == 3


def test_layouts_that_cannot_be_drawn_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    rows = "none,5,5,5,90,panel,,,,,\nhuge,0,0,60000,60000,panel,,,,,\ngood,0,0,90,90,panel,,,,,\n"
    path.write_text(rows)
    drops = [
        [drop.reason for drop in d.drops] for d in _documents(RenderedOptions(layouts=str(path)))
    ]
    assert drops == [["no_panels"], ["layout_too_large"], []]


def test_a_layout_that_changed_since_it_was_listed(layouts: Path) -> None:
    options = RenderedOptions(layouts=str(layouts))
    first, second = _documents(options)
    layouts.write_text(CSV.replace("410,180", "420,180"))
    sample, found = _extract(options, first)
    assert ([d.reason for d in sample.drops], found) == (["changed"], [])
    assert "--relist" in sample.drops[0].detail
    assert _extract(options, second)[0].kept
    assert _documents(options)[0].checksum != first.checksum


# Licences


def test_what_is_taken_has_the_licence_that_is_stated(
    tmp_path: Path, layouts: Path, pictures: Path
) -> None:
    path = tmp_path / "own.json"
    panel = {"panel": {"box": [0, 0, 200, 150]}}
    path.write_text(json.dumps({"x": {"caption": "A film.", "gt_subfigures": [panel]}}))

    def licence(**more: str) -> tuple[str, str, bool, str]:
        sample = _samples(RenderedOptions(count=1, **more))[0]  # type: ignore[arg-type]
        found = sample.licence
        return found.code, found.spdx, found.derivatives, found.attribution

    unknown = "licence of the pictures"
    assert licence(layouts=str(layouts)) == ("CC0", "CC0-1.0", True, "")
    assert licence(pictures=str(pictures))[::2] == (unknown, False)
    assert licence(layouts=str(path))[::2] == ("licence of the caption", False)
    both = licence(layouts=str(path), pictures=str(pictures))
    assert both[::2] == ("licence of the pictures and caption", False)
    stated = licence(pictures=str(pictures), licence="CC BY 4.0", attribution="A. Author")
    assert stated == ("CC BY", "CC-BY-4.0", True, "A. Author")
    assert licence(pictures=str(pictures), licence="cc-by-nd")[:3:2] == ("CC BY-ND", False)


# Questions


def _panel(label: str, kind: str) -> TruePanel:
    return TruePanel((0, 0, 9, 9), label, None, kind)


def test_questions_have_exact_answers() -> None:
    asked = questions((_panel("a", "picture"), _panel("b", "chart"), _panel("c", "picture")))
    assert [(q.kind, q.options, q.answer) for q in asked] == [
        ("open", [], "3"),
        ("closed", ["yes", "no"], "yes"),
        ("single", ["a", "b", "c"], "b"),
    ]


@pytest.mark.parametrize("labels", ["  ", "aa", "a "])
def test_no_letter_is_asked_for_where_letters_do_not_tell(labels: str) -> None:
    panels = tuple(
        _panel(label.strip(), k) for label, k in zip(labels, ("picture", "chart"), strict=True)
    )
    assert [q.kind for q in questions(panels)] == ["open", "closed"]


def test_questions_can_be_left_out() -> None:
    (sample,) = _samples(RenderedOptions(count=1, questions=False))
    assert not sample.questions


# Input that is wrong


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "count: missing"),
        ({"count": 0}, "greater than or equal to 1"),
        ({"count": 2_000_000}, "less than or equal to"),
        ({"count": 1, "seed": -1}, "greater than or equal to 0"),
        ({"count": 1, "licence": "mine"}, "'mine' is no licence; known are CC0"),
        ({"count": 1, "layout": "x.csv"}, "Extra inputs"),
    ],
)
def test_options_that_cannot_be(options: dict, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        RenderedOptions.model_validate(options)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("gone.csv", None, "no such file"),
        ("bad.csv", "figure,x0,y0\n", "bad.csv, line 1: not a panel row"),
        ("empty.csv", "", "holds no figure"),
        ("bad.json", "{}", "holds no figure"),
        ("bad.yaml", "x", "are read from .csv or .json"),
        ("bad.csv", b"\xff\xfe\xff", "is not UTF-8"),
    ],
)
def test_bad_layouts_give_one_line(
    tmp_path: Path, name: str, content: str | bytes | None, why: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=f"^layouts: .*{why}") as caught:
        list(SOURCES["rendered"].enumerate(RenderedOptions(layouts=str(path))))
    assert "\n" not in str(caught.value)


def test_bad_picture_folders_give_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.jpg").write_bytes(b"x")
    for name, why in (("gone", "no folder"), ("file.jpg", "no folder"), ("empty", "holds no JPEG")):
        options = RenderedOptions(count=1, pictures=str(tmp_path / name))
        with pytest.raises(ValueError, match=f"^pictures: .*{why}"):
            list(SOURCES["rendered"].enumerate(options))


def test_a_broken_picture_costs_the_figures_it_is_in(pictures: Path) -> None:
    path = pictures / "b.jpg"
    path.write_bytes(path.read_bytes()[:900])
    samples = _samples(RenderedOptions(count=25, pictures=str(pictures), seed=2))
    reasons = {drop.reason for sample in samples for drop in sample.drops}
    assert reasons == {"picture_unreadable"}
    lost = [sample for sample in samples if sample.drops]
    assert all("b.jpg" in sample.drops[0].detail for sample in lost)
    assert 0 < len(lost) < 25


def test_pictures_that_changed_since_they_were_listed(pictures: Path) -> None:
    options = RenderedOptions(count=2, pictures=str(pictures))
    first, second = _documents(options)
    (pictures / "c.jpg").unlink()
    sample, _ = _extract(options, first)
    assert sample.drops[0].reason == "changed"
    assert (
        sample.drops[0].detail == f"{pictures} has changed since it was listed; run with --relist"
    )
    assert {d.checksum for d in _documents(options)}.isdisjoint({first.checksum, second.checksum})


def test_pictures_are_used(tmp_path: Path) -> None:
    folder = tmp_path / "red"
    folder.mkdir()
    Image.new("RGB", (200, 200), (255, 0, 0)).save(folder / "red.png")
    pool = Pictures(folder)
    red = [random.Random(s) for s in range(40)]
    series = [pool.series(rng, 1)[0].getpixel((5, 5)) for rng in red]
    assert series.count((255, 0, 0)) > 5
