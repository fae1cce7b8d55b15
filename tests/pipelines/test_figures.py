"""The stage `figures`: rows in are whole rows out, panels beside them, whatever the splitter says.

The splitter here is a fake that knows the truth of examples/mini-pmc, so that numbers are exact.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from extractors.figures import jpegcrop
from extractors.figures.records import FigurePanel, FigureSplit
from pipelines import layout
from pipelines.context import Context
from pipelines.errors import UserError
from pipelines.extraction import extract_partition
from pipelines.figures import Readers, figures_fingerprint, split_partition
from pipelines.listing import describe_partition, freeze
from pipelines.recipe_file import check_recipe
from schemas.manifest import samples_from_table
from schemas.sample import Drop, Sample
from tests.conftest import MINI_PMC, ROOT

TRUTH = json.loads((ROOT / "examples" / "mini-pmc-truth.json").read_text(encoding="utf-8"))
COMPOUND = {
    f"{figure['document_id']}/{figure['figure_id']}": figure
    for figure in TRUTH["figures"]
    if figure["panels"]
}
CLOSED = "PMC990000009.1/F2"  # CC BY-ND
FUNDUS = "PMC990000002.1/F1"
OCT = "PMC990000002.1/F2"
CELLS = "PMC990000014.1/jmx.0000133.g001"


def tell(_: str) -> None:
    """No one listens."""


def spans_of(caption: str, letter: str) -> tuple[tuple[int, int], ...]:
    found = re.search(rf"\({letter}\) (.+?[.])(?= \(|\s|$)", caption)
    return ((found.start(1), found.end(1)),) if found else ()


def true_split(figure: dict, confidence: float = 0.9) -> FigureSplit:
    caption = figure["caption"]
    start = caption.partition("\n")[0] if "\n" in caption else ""
    panels = [
        FigurePanel(tuple(p["box"]), p["letter"], None, spans_of(caption, p["letter"]), 0.8)
        for p in figure["panels"]
    ]
    shared = ((0, len(start)),) if start else ()
    return FigureSplit(0.95, tuple(panels), shared, confidence)


def read_truly(image: Image.Image, caption: str) -> FigureSplit:
    found = [f for f in COMPOUND.values() if f["caption"] == caption]
    whole = FigurePanel((0, 0, *image.size))
    return true_split(found[0]) if found else FigureSplit(0.02, (whole,), (), 0.99)


def cite(sentence: str, figure_label: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Letters of the first citation of the figure: `Fig. 2c,d`."""
    number = figure_label.split()[-1]
    found = re.findall(rf"Fig(?:ure|\.)? {number}((?:,? ?[A-Za-z]\b)+)", sentence)
    return tuple(label for label in labels if label in "".join(found))


TRUE = Readers(read_truly, cite)


def reading(change: Callable[[str, FigureSplit], FigureSplit]) -> Readers:
    """The truth, with `change(caption, split)` made to it."""
    return Readers(lambda image, caption: change(caption, read_truly(image, caption)), cite)


def context_of(out: Path, **figures: object) -> Context:
    pmc = {"mirror": str(MINI_PMC), "articles": str(ROOT / "examples" / "mini-pmc-articles.txt")}
    recipe = check_recipe(
        {"name": "test", "sources": [{"pmc": pmc}], "figures": {"split": True, **figures}}
    )
    return Context(recipe.model_dump_json(by_alias=True, exclude_unset=True), str(out))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's articles, extracted; every test splits them anew."""
    folder = tmp_path_factory.mktemp("figures")
    context = context_of(folder)
    assert freeze(context, False).partitions == 1
    describe_partition(context, 0, {}, tell)
    extract_partition(context, 0, {}, tell)
    return folder


@dataclass(frozen=True)
class Result:
    out: Path
    counts: dict[str, int]
    before: list[Sample]
    rows: dict[str, Sample]

    def panels(self, whole: str) -> list[Sample]:
        return [row for name, row in self.rows.items() if name.rpartition("/")[0] == whole]

    def picture(self, row: Sample) -> Image.Image:
        (image,) = row.images
        data = (self.out / image.path).read_bytes()[image.offset : image.offset + image.length]
        return Image.open(io.BytesIO(data))


def split(out: Path, readers: Readers = TRUE, skip: dict | None = None, **options) -> Result:
    context = context_of(out, **options)
    (out / layout.figures_part(0)).unlink(missing_ok=True)
    counts = split_partition(context, 0, skip or {}, tell, readers)
    before, rows = (
        samples_from_table(context.store.read_table(part))
        for part in (layout.extracted_part(0), layout.figures_part(0))
    )
    assert len({row.sample_id for row in rows}) == len(rows)
    return Result(out, counts, before, {row.sample_id: row for row in rows})


@pytest.fixture(scope="module")
def truly(out: Path) -> Result:
    return split(out)


def test_every_row_comes_out_and_panels_follow_their_figure(truly: Result) -> None:
    names = [row.sample_id for row in truly.before]
    assert [
        name for name, row in truly.rows.items() if not row.figure or not row.figure.box
    ] == names
    wholes = {
        name.rpartition("/")[0] for name, row in truly.rows.items() if row.figure and row.figure.box
    }
    assert wholes == set(COMPOUND) - {CLOSED}
    assert truly.counts == {"figures": len(names), "panels": 17}
    order = list(truly.rows)
    at = order.index(OCT)
    assert order[at + 1 : at + 5] == [f"{OCT}/{letter}" for letter in "abcd"]


def test_a_panel_is_a_sample_of_its_own(truly: Result) -> None:
    whole, panel = truly.rows[OCT], truly.rows[f"{OCT}/b"]
    assert panel.figure is not None
    assert whole.figure is not None
    assert (panel.figure.panel, panel.figure.label) == ("b", "Fig. 2")
    assert (panel.figure.width, panel.figure.height) == (whole.width, whole.height)
    assert (panel.document_id, panel.group_id, panel.licence) == (
        whole.document_id, whole.group_id, whole.licence,
    )  # fmt: skip
    assert panel.scores == {"compound": 0.95, "split_confidence": 0.9, "panel_confidence": 0.8}
    assert panel.kept
    assert "cropped" in panel.meta["image_change"]
    assert panel.meta["doi"] == whole.meta["doi"]


def test_crops_show_what_their_box_says(truly: Result) -> None:
    compared = 0
    for name, figure in COMPOUND.items():
        for truth, panel in zip(figure["panels"], truly.panels(name), strict=name != CLOSED):
            assert panel.figure is not None
            (image,) = panel.images
            x0, y0, x1, y1 = panel.figure.box
            assert image.path == layout.panels_part(0)
            assert (panel.width, panel.height) == (image.width, image.height) == (x1 - x0, y1 - y0)
            assert [x1, y1] == truth["box"][2:]
            assert 0 <= truth["box"][0] - x0 < 16
            assert 0 <= truth["box"][1] - y0 < 16
            whole = np.asarray(truly.picture(truly.rows[name]).crop((x0, y0, x1, y1)), dtype=int)
            crop = np.asarray(truly.picture(panel), dtype=int)
            assert np.abs(whole - crop).mean() < 2
            compared += 1
    assert compared == 17


def test_crops_have_no_loss_where_the_machine_can(truly: Result) -> None:
    if not jpegcrop.available():
        pytest.skip("no libturbojpeg here")
    changes = [row.meta["image_change"] for name in COMPOUND for row in truly.panels(name)]
    assert changes.count("cropped without loss") > 8


def test_the_tar_is_whole(truly: Result) -> None:
    with tarfile.open(truly.out / layout.panels_part(0)) as tar:
        members = {member.offset_data: member.size for member in tar}
    images = [i for name in COMPOUND for row in truly.panels(name) for i in row.images]
    assert {image.offset: image.length for image in images} == members


def test_texts_of_panels(truly: Result) -> None:
    panel = truly.rows[f"{CELLS}/B"]
    kinds = [text.kind for text in panel.texts]
    assert kinds[:2] == ["subcaption", "caption"]
    assert panel.texts[0].text == "Granules lie close to the nucleus. Nuclei and fibres."
    assert panel.caption == panel.texts[0].text
    assert panel.meta["panel_text"] == "own"
    assert panel.texts[1].text == COMPOUND[CELLS]["caption"]
    assert {"title", "abstract"} <= set(kinds)


def mentions(row: Sample) -> list[str]:
    return [text.text for text in row.texts if text.kind == "reference"]


def test_a_sentence_goes_to_the_panels_it_cites(truly: Result) -> None:
    first, second = COMPOUND[OCT]["references"]
    assert mentions(truly.rows[f"{OCT}/a"]) == [first]
    assert mentions(truly.rows[f"{OCT}/c"]) == [second]
    assert mentions(truly.rows[f"{OCT}/d"]) == [second]
    assert mentions(truly.rows[OCT]) == [first, second]
    everyone = split(truly.out, Readers(read_truly, lambda *_: ()))
    assert mentions(everyone.rows[f"{OCT}/a"]) == [first, second]


def test_the_whole_stays_marked(truly: Result) -> None:
    whole = truly.rows[FUNDUS]
    assert whole.drops == [Drop("figures", "split", "2 panels")]
    assert not whole.kept
    assert whole.meta["split"] == "2 panels"
    assert whole.scores == {"compound": 0.95, "split_confidence": 0.9}
    (old,) = (row for row in truly.before if row.sample_id == FUNDUS)
    assert (whole.images, whole.texts, whole.figure) == (old.images, old.texts, old.figure)


def test_keep_whole_keeps_both_views(out: Path) -> None:
    result = split(out, keep_whole="keep")
    whole = result.rows[FUNDUS]
    assert (whole.kept, whole.drops, whole.meta["split"]) == (True, [], "2 panels")
    assert len(result.panels(FUNDUS)) == 2


def test_why_figures_stay_whole(truly: Result) -> None:
    why = {n: row.meta["figures"] for n, row in truly.rows.items() if "figures" in row.meta}
    assert why[CLOSED] == "no_derivatives"
    assert set(why.values()) == {"single", "no_derivatives", "several_pictures"}
    for row in truly.before:
        after = truly.rows[row.sample_id]
        if row.drops:
            assert after == row
        elif row.sample_id not in COMPOUND:
            assert (after.drops, after.texts, after.images) == ([], row.texts, row.images)
            assert ("compound" in after.scores) == (why[row.sample_id] == "single")


def test_figures_whose_licence_forbids_it_are_not_even_read(out: Path) -> None:
    read: list[str] = []

    def note(caption: str, found: FigureSplit) -> FigureSplit:
        read.append(caption)
        return found

    result = split(out, reading(note))
    closed = [
        r for r in result.rows.values() if r.figure and r.images and not r.licence.derivatives
    ]
    assert len(closed) > 3
    assert not set(read) & {row.caption for row in closed}


def test_small_figures_are_left_alone(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.figures._SMALLEST_SIDE_PX", 449)
    rows = split(out).rows
    assert rows[CELLS].meta["figures"] == "too_small"
    assert rows[FUNDUS].meta["split"] == "2 panels"


def test_below_the_confidence_the_figure_stays_whole(out: Path) -> None:
    unsure = reading(
        lambda caption, _: (
            true_split(COMPOUND[FUNDUS], 0.31)
            if caption == COMPOUND[FUNDUS]["caption"]
            else FigureSplit(0.0)
        )
    )
    result = split(out, unsure, confidence=0.5)
    whole = result.rows[FUNDUS]
    assert whole.meta["figures"] == "low_confidence 0.31"
    assert (whole.kept, result.counts["panels"]) == (True, 0)
    assert whole.scores["split_confidence"] == 0.31
    assert split(out, unsure, confidence=0.31).counts["panels"] == 2


def fundus(change: Callable[[FigureSplit], FigureSplit]) -> Readers:
    """The truth, changed for one figure."""
    caption = COMPOUND[FUNDUS]["caption"]
    return reading(lambda given, found: change(found) if given == caption else found)


def with_panels(*panels: FigurePanel) -> Callable[[FigureSplit], FigureSplit]:
    return lambda found: FigureSplit(1.0, panels, found.shared, 0.9)


START = "Fundus photographs at presentation."
LEFT, RIGHT = (10, 10, 480, 440), (490, 10, 960, 440)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (("", ""), ("p1", "p2")),
        (("A", "A"), ("A", "A~2")),
        (("", "p1"), ("p1", "p1~2")),
        (("A/B", "../.."), ("A_B", "p2")),
        (("left eye", "<b>\n"), ("left_eye", "b")),
        (("右", "α′"), ("右", "α")),
    ],
)
def test_names_of_panels(out: Path, labels: tuple[str, str], names: tuple[str, str]) -> None:
    boxes = (LEFT, RIGHT)
    panels = [FigurePanel(box, label) for box, label in zip(boxes, labels, strict=True)]
    found = split(out, fundus(with_panels(*panels))).panels(FUNDUS)
    assert tuple(row.sample_id.rpartition("/")[2] for row in found) == names
    assert tuple(row.figure.panel for row in found if row.figure) == labels


@pytest.mark.parametrize(
    ("shared", "own", "expected"),
    [
        (((0, 36),), (((40, 49),), ()), (("own", f"{START} Right eye"), ("shared", START))),
        ((), (((40, 49),), ()), (("own", "Right eye"), ("whole", ""))),
        (((0, 36),), ((), ()), (("whole", ""), ("whole", ""))),
        (
            ((0, 6), (7, 18)),
            (((3, 3),), ((7, 18), (19, 35))),
            (("shared", "Fundus photographs"), ("own", START)),
        ),
    ],
)
def test_panels_without_words_of_their_own(
    out: Path, shared: tuple, own: tuple, expected: tuple
) -> None:
    panels = tuple(
        FigurePanel(box, label, None, spans)
        for box, label, spans in zip((LEFT, RIGHT), "AB", own, strict=True)
    )
    found = split(out, fundus(lambda _: FigureSplit(1.0, panels, shared, 0.9))).panels(FUNDUS)
    for row, (about, text) in zip(found, expected, strict=True):
        first = row.texts[0]
        assert row.meta["panel_text"] == about
        assert (first.text if first.kind == "subcaption" else "") == text
        assert row.caption == first.text


def broken(_: FigureSplit) -> FigureSplit:
    raise RuntimeError("the splitter is broken")


@pytest.mark.parametrize(
    ("readers", "words"),
    [
        (fundus(broken), "RuntimeError: the splitter is broken"),
        (
            fundus(with_panels(FigurePanel(LEFT), FigurePanel((2000, 10, 2100, 90)))),
            "ValueError: panel box (2000, 10, 2100, 90) in a picture of 970 x",
        ),
        (fundus(with_panels(FigurePanel(LEFT), FigurePanel((90, 90, 50, 95)))), "panel box"),
    ],
)
def test_a_fault_is_of_one_row(out: Path, readers: Readers, words: str) -> None:
    result = split(out, readers)
    (drop,) = result.rows[FUNDUS].drops
    assert (drop.stage, drop.reason) == ("figures", "fault")
    assert words in drop.detail
    assert not result.panels(FUNDUS)
    assert result.counts == {"figures": len(result.before), "panels": 15}


def test_a_row_that_killed_a_worker_is_skipped(out: Path) -> None:
    dropped_before = next(row.sample_id for row in split(out).before if row.drops)
    result = split(out, skip={FUNDUS: "it died", dropped_before: "it died"})
    assert result.rows[FUNDUS].drops == [Drop("figures", "fault", "it died")]
    assert "fault" not in {drop.reason for drop in result.rows[dropped_before].drops}
    assert result.counts["panels"] == 15


def test_boxes_a_little_outside_are_brought_in(out: Path) -> None:
    readers = fundus(with_panels(FigurePanel((-3, -1, 480, 440)), FigurePanel((490, 10, 990, 800))))
    first, second = split(out, readers).panels(FUNDUS)
    assert first.figure is not None
    assert second.figure is not None
    assert first.figure.box == [0, 0, 480, 440]
    assert second.figure.box[2:] == [second.figure.width, second.figure.height]


@pytest.fixture
def files(out: Path) -> Callable[[], dict[str, bytes]]:
    def read() -> dict[str, bytes]:
        return {
            str(path.relative_to(out)): path.read_bytes()
            for path in sorted((out / "stages").rglob("part-*"))
        }

    return read


def test_done_is_done_and_again_is_the_same(
    out: Path, files: Callable[[], dict[str, bytes]]
) -> None:
    split(out)
    first = files()
    assert split_partition(context_of(out), 0, {}, tell, TRUE) == {"figures_before": 1}
    split(out)
    assert files() == first
    (out / layout.panels_part(0)).unlink()
    assert "panels" in split_partition(context_of(out), 0, {}, tell, TRUE)
    assert files() == first


def test_what_the_fingerprint_knows(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of(**options: object) -> str:
        return figures_fingerprint(context_of(out, **options), 0)

    model = tmp_path / "model.onnx"
    model.write_bytes(b"one")
    found = [of(), of(confidence=0.6), of(keep_whole="keep"), of(detector=f"onnx:{model}")]
    model.write_bytes(b"another")
    found.append(of(detector=f"onnx:{model}"))
    monkeypatch.setattr("pipelines.figures.way_of_cropping", lambda: "another")
    found.append(of())
    assert len(set(found)) == len(found)
    model.unlink()
    with pytest.raises(UserError, match="No such file"):
        of(detector=f"onnx:{model}")
