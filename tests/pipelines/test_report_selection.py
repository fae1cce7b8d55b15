"""What the report shows of score and select, and what it must not show."""

from __future__ import annotations

import io
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from filters.options import MOST_MARKS
from pipelines import layout
from pipelines.recipe_file import check_recipe
from pipelines.report.hidden import BLACK, boxes_of, filled, masked, safe_row, spans_of
from pipelines.report.keep_out import in_words, sentence
from pipelines.report.selection import selection_sections
from pipelines.report.set_pictures import set_pictures
from pipelines.selected import KeptOut
from pipelines.storage import Store
from pipelines.summary import summarise
from schemas.manifest import samples_to_table
from schemas.sample import Drop, Image, Sample, Text
from tests.conftest import fabrica
from tests.pipelines.selection_corpus import picture

EVIL = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>"
Capsys = pytest.CaptureFixture[str]


def sections(corpus: Path) -> dict[str, str]:
    """The report's sections by their heads."""
    page = (corpus / layout.REPORT).read_text(encoding="utf-8")
    parts = re.split(r"<h2>", page)[1:]
    return {unescape(part.partition("</h2>")[0]): part for part in parts}


def words(html: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())


# What must not be seen


def test_boxes_of_the_first_picture_are_read() -> None:
    meta = {
        "burnt_in": "image:0 1,2,3,4; image:1 5,6,7,8; image:0 9,9,12,12",
        "faces": "image:0 -1,0,2,2",
    }
    assert boxes_of(meta) == [(1, 2, 3, 4), (9, 9, 12, 12), (-1, 0, 2, 2)]
    assert boxes_of(meta, ["faces"]) == [(-1, 0, 2, 2)]


@given(st.text(max_size=80))
def test_no_mark_is_too_strange(mark: str) -> None:
    meta = {"burnt_in": mark, "identifying": mark}
    assert all(len(box) == 4 for box in boxes_of(meta))
    assert all(len(span) == 4 for span in spans_of(meta))


@pytest.mark.parametrize("marked", [True, False])
def test_nothing_is_left_of_what_was_in_a_box(marked: bool) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (100, 200, 3), np.uint8)
    other = noise.copy()
    other[20:40, 60:120] = (
        np.random.default_rng(1).permutation(other[20:40, 60:120].reshape(-1, 3)).reshape(20, 60, 3)
    )
    box = (60, 20, 120, 40)
    big = filled(PillowImage.fromarray(noise), [box], (200, 100), marked)
    inside = np.asarray(big)[21:39, 61:119].reshape(-1, 3)
    assert len(np.unique(inside, axis=0)) == 1
    small = filled(PillowImage.fromarray(noise[::2, ::2]), [box], (200, 100), marked)
    assert len(np.unique(np.asarray(small)[11:19, 31:59].reshape(-1, 3), axis=0)) == 1
    outside = np.asarray(small)[30:]
    assert (outside == noise[::2, ::2][30:]).all()


@pytest.mark.parametrize(
    "box", [(-50, -50, 500, 500), (5, 5, 5, 5), (90, 9, 10, 2), (900, 9, 990, 20)]
)
def test_boxes_may_lie_anywhere(box: tuple[int, int, int, int]) -> None:
    image = filled(PillowImage.new("RGB", (40, 30), "white"), [box], (80, 60))
    assert image.size == (40, 30)


@given(
    st.text(max_size=30), st.lists(st.tuples(st.integers(-5, 40), st.integers(-5, 40)), max_size=4)
)
def test_masks_keep_the_length_and_hide_all_letters(
    text: str, spans: list[tuple[int, int]]
) -> None:
    found = masked(text, spans)
    assert len(found) == len(text)
    for i, letter in enumerate(text):
        hidden = any(start <= i < end for start, end in spans)
        assert found[i] == (BLACK if hidden and not letter.isspace() else letter)


def test_captions_are_masked_with_their_texts() -> None:
    text = "Seen by Dr. Ann Lee in May."
    row = {
        "meta": [("identifying", "text:1 8-19 name; text:1 23-26 date; text:9 0-4 name")],
        "texts": [{"text": "Title"}, {"text": text}],
        "caption": f"Title {text}",
    }
    found = safe_row(row)
    hidden = f"Seen by {BLACK * 3} {BLACK * 3} {BLACK * 3} in {BLACK * 3}."
    assert found["texts"][1]["text"] == hidden
    assert found["caption"] == f"Title {hidden}"
    rewritten = safe_row({**row, "caption": "Dr. Ann Lee saw it; so did Dr. Ann Lee."})["caption"]
    assert "Ann" not in rewritten


def test_what_is_not_noted_any_more_is_hidden_too() -> None:
    marks = "; ".join(f"text:0 {i}-{i + 1} date" for i in range(MOST_MARKS))
    texts = [{"text": "x" * 30}, {"text": "Ann Lee"}]
    row = {"meta": [("identifying", marks)], "texts": texts, "caption": "Ann Lee"}
    found = safe_row(row)
    assert found["texts"][0]["text"] == BLACK * 30
    assert found["texts"][1]["text"] == found["caption"] == f"{BLACK * 3} {BLACK * 3}"


# Words


def test_zero_found_is_said_as_proof() -> None:
    wanted = check_recipe(
        {
            "name": "x",
            "sources": [{"jats": {"root": "."}}],
            "select": {"keep_out": [{"path": "exam.parquet"}]},
        }
    ).select.keep_out[0]
    found = KeptOut("exam", pictures=199, texts=50, pictures_compared=12345, texts_compared=9000)
    said = sentence(found, wanted)
    assert said.startswith(
        "12,345 pictures compared with 199 of the set, in 8 turns and cropped by"
    )
    assert said.count("none alike") == 2
    assert "9,000 captions compared with 50 texts" in said


@pytest.mark.parametrize(
    ("match", "said"),
    [
        (("picture", 12.0, "as is"), "12 of 256 bits differ"),
        (("picture", 3.0, "crop, mirror"), "3 of 256 bits differ, cropped, mirrored"),
        (("picture", 0.0, "same pixels"), "same pixels"),
        (("picture", 0.04, "embedding"), "0.960 alike by embedding"),
        (("text", 0.18, "text"), "82% of its runs of words"),
    ],
)
def test_matches_are_told_in_words(match: tuple[str, float, str], said: str) -> None:
    assert in_words(*match) == said


# A real run


def test_the_report_proves_what_was_kept_out(selection_corpus: Path) -> None:
    html = sections(selection_corpus)["Kept out"]
    said = words(html)
    assert (
        "12 pictures compared with 3 of the set, in 8 turns and cropped by up to 5% a side: 3 match"
        in said
    )
    assert "bits differ, mirrored" in said
    assert "cropped.png" in said
    # Ours and the set's picture beside it, three times.
    assert html.count("data:image/jpeg") == 6


def test_without_the_folder_the_hash_alone_is_known(
    selection_corpus: Path, tmp_path: Path, capsys: Capsys
) -> None:
    evaluation = selection_corpus.parent / "evaluation"
    before = (selection_corpus / layout.REPORT).read_bytes()
    moved = evaluation.rename(tmp_path / "gone")
    try:
        assert fabrica(capsys, "report", selection_corpus)[0] == 0
        html = sections(selection_corpus)["Kept out"]
    finally:
        moved.rename(evaluation)
    assert html.count("known by its hash alone") == 3
    assert html.count("data:image/jpeg") == 3
    assert fabrica(capsys, "report", selection_corpus)[0] == 0
    assert (selection_corpus / layout.REPORT).read_bytes() == before


def test_the_report_shows_clusters_and_texts(selection_corpus: Path) -> None:
    html = sections(selection_corpus)["Duplicates"]
    said = words(html)
    assert "at most 24 of 256 bits differ, mirrored too" in said
    assert "the best of them Chest radiograph of a boy with fever and cough" in said
    assert "100% of its runs of words" in said
    assert html.count("data:image/jpeg") == 2


def test_the_report_shows_mix_stages_and_what_is_held_out(selection_corpus: Path) -> None:
    said = words(sections(selection_corpus)["Balance and mix"])
    assert "By source at most 50 of each" in said
    assert re.search(r"false [\d.]+% → 50.0% × 3", said)
    assert re.search(r"short text_words <= 10 1 1", said)
    assert re.search(r"eyes caption LIKE '%held out%' 1 1 0", said)


def test_scores_that_rules_name_come_with_their_threshold_and_pictures(
    selection_corpus: Path,
) -> None:
    html = sections(selection_corpus)["Scores"]
    first, second, *_ = re.split("<h3>", html)[1:]
    assert "not_flat: < 0.99" in words(first)
    assert 'class="cut"' in first
    assert "says_something: >= 3" in words(second)
    assert first.count("data:image/jpeg") >= 6
    values = [float(v) for v in re.findall(r'class="told">([\d.]+)<', first)]
    assert values == sorted(values)


def test_what_identifies_somebody_is_nowhere_in_the_report(selection_corpus: Path) -> None:
    page = (selection_corpus / layout.REPORT).read_text(encoding="utf-8")
    for secret in ("John Smith", "Smith", "4432199", "12 March 2014"):
        assert secret not in page
    said = words(sections(selection_corpus)["Privacy"])
    assert BLACK * 4 in said
    for kind in ("name", "date", "record number"):
        assert kind in said


def test_the_report_has_no_script_and_is_the_same_every_time(
    selection_corpus: Path, capsys: Capsys
) -> None:
    before = (selection_corpus / layout.REPORT).read_bytes()
    assert fabrica(capsys, "report", selection_corpus)[0] == 0
    assert (selection_corpus / layout.REPORT).read_bytes() == before
    assert b"<script" not in before


def test_a_curated_corpus_still_has_a_report(
    selection_corpus: Path, tmp_path: Path, capsys: Capsys
) -> None:
    out = tmp_path / "curated"
    assert fabrica(capsys, "curate", selection_corpus, "--where", "kept", "--out", out)[0] == 0
    before = (out / layout.REPORT).read_bytes()
    assert "Scores" in sections(out)
    assert fabrica(capsys, "report", out)[0] == 0
    assert (out / layout.REPORT).read_bytes() == before
    assert fabrica(capsys, "verify", out)[0] == 0


def test_the_card_says_thresholds_and_limits(selection_corpus: Path) -> None:
    card = (selection_corpus / "README.md").read_text(encoding="utf-8")
    assert re.search(
        r"^\| exam \| 3 \| 12 \| 0 \| at most 32 of 256 bits differ", card, re.MULTILINE
    )
    assert "at most 24 of 256 bits differ" in card
    assert "this is no de-identification" in card
    assert "`sampling_weight`" in card
    assert "Held out of training, all in test: `eyes`" in card


def test_croissant_reads_weights_stages_and_scores(selection_corpus: Path) -> None:
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(selection_corpus / "croissant.json"))
    rows = {r["samples/sample_id"].decode(): r for r in dataset.records("samples")}
    (first,) = (r for name, r in rows.items() if name.startswith("a8"))
    assert first["samples/curriculum"] == [b"long"]
    assert first["samples/sampling_weight"] == 1.0
    scores = {s["samples/scores/name"]: s["samples/scores/value"] for s in first["samples/scores"]}
    assert scores[b"text_words"] == 12


# Hostile rows


def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    gone = Image("shards/none.tar", 0, 9, 9, 9, "jpg", "", 0)
    leaks = [
        {"partition": 0, "sample_id": EVIL, "set": EVIL, "item": EVIL, "kind": "picture"}
        | {"distance": 1.0, "how": EVIL, "direct": True}
    ]
    rows = [
        Sample(
            sample_id=name,
            document_id=EVIL,
            group_id=EVIL,
            source=EVIL,
            caption=EVIL,
            images=[gone],
            texts=[Text("caption", EVIL)],
            scores={EVIL: 0.5, "clip": 0.1, "medical": 0.1, "identifying": 1.0},
            meta={"identifying": f"text:0 0-2 name; {EVIL}", "faces": EVIL},
            curriculum=[EVIL],
            split="train",
            sampling_weight=2.0,
            kept=name == EVIL,
            drops=[] if name == EVIL else [Drop("select", "boilerplate_text", EVIL)],
        )
        for name in (EVIL, f"{EVIL}2")
    ]
    store.write_table(layout.manifest_part(0), samples_to_table(rows), "")
    table = store.read_table(layout.manifest_part(0)).slice(0, 0).from_pylist
    store.write_table(layout.LEAKS, table(leaks), "")
    store.write_table(layout.COMPARED, table([{"what": f"pictures of {EVIL}", "n": 1}]), "")
    pairs = [
        {"sample_id": f"{EVIL}2", "partition": 0, "winner": EVIL, "distance": 0.0, "how": "text"}
    ]
    store.write_table(layout.NEAR_PAIRS, table(pairs), "")
    recipe = check_recipe(
        {
            "name": "x",
            "sources": [{"jats": {"root": "."}}],
            "select": {
                "rules": {"r": "medical > 0.05 AND source != '<script>'"},
                "mix": {"by": "source", "inverse": 1},
                "balance": [{"by": "source", "most": 1}],
                "hold_out": {"h": "source = '<script>'"},
            },
        }
    )
    html = "".join(selection_sections(store, summarise(store, 1, []), recipe))
    assert unescape(html).count("<script>alert(1)") > 5
    assert not set(re.findall(r"<(\w+)", html)) & {"script", "img"}


def test_pictures_of_a_set_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    picture(1).save(folder / "good.png")
    (folder / "bad.png").write_bytes(b"no picture")
    (tmp_path / "secret.png").write_bytes((folder / "good.png").read_bytes())
    wanted = check_recipe(
        {
            "name": "x",
            "sources": [{"jats": {"root": "."}}],
            "select": {"keep_out": [{"path": str(folder)}]},
        }
    ).select.keep_out[0]
    items = ["good.png", "bad.png", "none.png", "../secret.png", "/etc/passwd", "a\0.png", ""]
    assert list(set_pictures(wanted, items)) == ["good.png"]


def test_a_set_that_is_a_corpus_shows_its_pictures(selection_corpus: Path) -> None:
    wanted = check_recipe(
        {
            "name": "x",
            "sources": [{"jats": {"root": "."}}],
            "select": {"keep_out": [{"path": str(selection_corpus)}]},
        }
    ).select.keep_out[0]
    found = set_pictures(wanted, ["a9.xml/F1", "a0.xml/F1", "nobody"])
    assert all(address.startswith("data:image/jpeg") for address in found.values())
    assert "nobody" not in found


def test_thumbnails_hide_what_was_found(tmp_path: Path) -> None:
    """A black word on white, marked: nothing dark is left in the picture that is shown."""
    from base64 import b64decode

    from pipelines.report.pictures import thumbnail

    image = PillowImage.new("RGB", (600, 400), "white")
    image.paste((0, 0, 0), (100, 100, 300, 130))
    out = io.BytesIO()
    image.save(out, "PNG")
    data = out.getvalue()
    (tmp_path / "p.tar").write_bytes(data)
    store = Store(str(tmp_path))
    one = {"path": "p.tar", "offset": 0, "length": len(data), "width": 600, "height": 400}
    images = [{**one, "format": "png", "sha256": "", "phash": 0}]

    def darkest(html: str) -> int:
        found = b64decode(html.partition("base64,")[2].partition('"')[0])
        return int(np.asarray(PillowImage.open(io.BytesIO(found)).convert("L")).min())

    assert darkest(thumbnail(store, images, 300)) < 30
    row = {"images": images, "meta": [("burnt_in", "image:0 90,90,310,140")]}
    assert darkest(thumbnail(store, safe_row(row)["images"], 300)) > 60
