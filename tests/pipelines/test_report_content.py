"""What the report, the card and Croissant say about concepts and kinds of picture."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path

import pytest

from pipelines import layout
from pipelines.content import Content
from pipelines.report.concepts import content_section, marked
from pipelines.report.markup import part_bars, shaded_table, share
from pipelines.storage import Store
from pipelines.summary import Summary, summarise
from schemas.manifest import samples_to_table
from schemas.sample import Concept, Drop, Image, Sample, Text
from tests.conftest import fabrica
from tests.pipelines.concept_corpus import CAPTIONS, build

EVIL = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>"
GONE = Image("shards/none.tar", 0, 9, 9, 9, "jpg", "", 0)
Capsys = pytest.CaptureFixture[str]


def concept(words: str, caption: str, **more: object) -> dict:
    start = caption.index(words)
    plain = {"cui": "C1", "name": words, "score": 1.0, "negated": False, "uncertain": False}
    return {**plain, "start": start, "end": start + len(words), **more}


def row(number: int, caption: str, *concepts: Concept, **more: object) -> Sample:
    return Sample(
        sample_id=f"d/{number}",
        document_id="d",
        group_id="d",
        source="s",
        caption=caption,
        images=[GONE],
        texts=[Text("reference", "See it."), Text("caption", caption)],
        concepts=list(concepts),
        **more,
    )


def summary_of(folder: Path, rows: Sequence[Sample]) -> tuple[Store, Summary]:
    store = Store(str(folder))
    store.write_table(layout.manifest_part(0), samples_to_table(rows), "")
    return store, summarise(store, 1, [])


# Captions with marks


def test_a_caption_is_itself_but_for_its_marks() -> None:
    caption = "A mass & no effusion; perhaps a cyst."
    html = marked(
        caption,
        [
            concept("cyst", caption, uncertain=True),
            concept("mass", caption, cui="C2", name="tumour", score=0.875),
            concept("effusion", caption, negated=True),
        ],
    )
    assert '<mark title="C2 · tumour · score 0.88">mass</mark> &amp; no' in html
    assert '<mark class="negated" title="C1 · effusion · score 1.00 · negated">effusion<' in html
    assert 'class="uncertain"' in html
    assert unescape(re.sub("<[^>]+>", "", html)) == caption


def test_concepts_that_overlap_share_a_mark() -> None:
    caption = "lung cancer cells"
    found = [concept(words, caption) for words in ("cancer cells", "lung", "lung cancer")]
    html = marked(caption, found)
    assert html.count("<mark") == 1
    assert re.sub("<[^>]+>", "", html) == caption
    assert all(f"C1 · {c['name']} ·" in html for c in found)


def test_offsets_that_lie_outside_are_passed_over() -> None:
    wrong = [(-1, 2), (3, 3), (4, 3), (2, 99)]
    found = [concept("abc", "abc", start=start, end=end) for start, end in wrong]
    assert marked("abcd", found) == "abcd"


def test_offsets_count_characters() -> None:
    caption = "\U0001f468\u200d\U0001f469 é cyst"
    assert ">cyst</mark>" in marked(caption, [concept("cyst", caption)])


def test_a_long_caption_is_cut_between_concepts() -> None:
    caption = "x" * 50 + " cyst " + "y" * 50
    html = marked(caption, [concept("cyst", caption)], shown=52)
    assert html == f"{caption[:52]} …"


def test_marks_are_escaped() -> None:
    html = marked(EVIL, [concept(EVIL[:8], EVIL, cui='"<b>', name=EVIL)])
    assert set(re.findall(r"<(\w+)", html)) == {"mark"}
    assert html.count('"') == 2


# Pieces


def test_bars_and_tables_are_escaped() -> None:
    html = part_bars([(EVIL, EVIL, 3, 1, 6)]) + shaded_table((EVIL, EVIL), [("a", [2])])
    assert "<script" not in html
    assert "<img" not in html
    assert "width:50.00%" in html
    assert "width:33.33%" in html


@pytest.mark.parametrize(
    ("n", "total", "words"), [(0, 9, "0%"), (0, 0, "0%"), (1, 1000, "<1%"), (1, 3, "33%")]
)
def test_shares_do_not_round_to_nothing(n: int, total: int, words: str) -> None:
    assert share(n, total) == words


# The section


def test_nothing_is_said_where_there_is_nothing(tmp_path: Path) -> None:
    store, summary = summary_of(tmp_path, [row(0, "A film.")])
    assert summary.content == Content()
    assert content_section(store, summary) == []
    assert not {"by_modality", "with_concepts"} & set(summary.counts())


def test_numbers_are_of_kept_rows(tmp_path: Path) -> None:
    def named(cui: str, **more: object) -> Concept:
        return Concept(cui, cui.lower(), kind="caption", text=1, end=1, score=1.0, **more)

    ct = {"modality": "ct", "modality_score": 1.0, "scores": {"medical": 0.9}}
    chart = {"modality": "chart", "modality_score": 0.52, "scores": {"medical": 0.1}}
    rows = [
        row(0, "ab", named("A"), named("A", negated=True), named("B"), **ct),
        row(1, "ab", named("A", uncertain=True), **chart),
        row(2, "ab", **ct),
        row(3, "ab", named("C"), **ct, kept=False, drops=[Drop("select", "x")]),
    ]
    content = summary_of(tmp_path, rows)[1].content
    assert (content.with_concepts, content.mentions, content.different) == (2, 4, 2)
    assert content.kinds == [("ct", 2, 2), ("chart", 1, 0)]
    assert content.concepts == [("A", "a", 2, 3, 1, 1), ("B", "b", 1, 1, 0, 0)]
    assert content.crossed == [("A", "chart", 1), ("A", "ct", 1), ("B", "ct", 1)]
    assert content.sureness == [(10, 1), (19, 2)]
    assert content.matches == [(19, 4)]


def test_scores_that_are_none_do_not_stop_it(tmp_path: Path) -> None:
    scores = (float("nan"), float("inf"), -1e300, None)
    rows = [row(i, "a", modality="ct", modality_score=s) for i, s in enumerate(scores)]
    store, summary = summary_of(tmp_path, rows)
    assert sum(n for _, n in summary.content.sureness) == 3
    assert "ct" in "".join(content_section(store, summary))


def test_unknown_and_empty_kinds_are_shown_as_undecided(tmp_path: Path) -> None:
    kinds = ("", "of the future", EVIL, "ct")
    rows = [row(i, "a", modality=kind, modality_score=0.5) for i, kind in enumerate(kinds)]
    html = "".join(content_section(*summary_of(tmp_path, rows)))
    assert "undecided" in html
    assert "of the future" in html
    assert "<script" not in html


def test_hostile_names_and_captions_are_escaped(tmp_path: Path) -> None:
    bad = Concept(EVIL, EVIL, kind="caption", text=1, end=8, score=1.0, negated=True)
    rows = [row(i, EVIL, bad, modality="ct", modality_score=0.5, body_part=EVIL) for i in range(4)]
    html = "".join(content_section(*summary_of(tmp_path, rows)))
    assert unescape(html).count(EVIL) > 8
    tags = set(re.findall(r"<(\w+)", html))
    assert not tags & {"script", "img"}


def test_only_concepts_of_the_caption_are_marked_in_it(tmp_path: Path) -> None:
    inside = Concept("C1", "film", kind="caption", text=1, start=2, end=6, score=1.0)
    outside = Concept("C2", "other", kind="reference", text=0, start=0, end=3, score=1.0)
    store, summary = summary_of(tmp_path, [row(0, "A film.", inside, outside)])
    html = "".join(content_section(store, summary)).partition("Captions with their concepts")[2]
    assert re.findall(r"<mark title[^>]*>([^<]*)", html) == ["film"]


# A whole corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("content")
    build(folder)
    return folder / "corpus"


def section(corpus: Path) -> str:
    page = (corpus / layout.REPORT).read_text(encoding="utf-8")
    return page.partition("<h2>Concepts and kinds of picture</h2>")[2].partition("<h2>")[0]


def test_the_report_shows_kinds_concepts_and_marked_captions(corpus: Path) -> None:
    html = section(corpus)
    for words in ("radiology", "least sure", "Commonest concepts", "Concepts by kind of picture"):
        assert words in html
    assert "picture not here" not in html
    linked = html.partition("Captions with their concepts")[2]
    assert re.search(r'class="negated" title="C0032227 · [^"]*negated">pleural effusion<', linked)
    assert re.search(r'class="uncertain" title="C0032285[^"]*">pneumonia<', linked)
    for caption in CAPTIONS[:3]:
        assert caption in re.sub("<[^>]+>", "", linked)


def test_the_section_is_light(demo_corpus: Path) -> None:
    assert len(section(demo_corpus)) < 500_000


def test_the_report_is_the_same_every_time(corpus: Path, capsys: Capsys) -> None:
    before = (corpus / layout.REPORT).read_bytes()
    assert fabrica(capsys, "report", corpus)[0] == 0
    assert (corpus / layout.REPORT).read_bytes() == before


def test_without_linking_there_is_no_section(tmp_path: Path) -> None:
    build(tmp_path, CAPTIONS[:1], concepts=None, modality=None)
    assert section(tmp_path / "corpus") == ""
    card = (tmp_path / "corpus" / "README.md").read_text(encoding="utf-8")
    assert "have concepts" not in card
    assert "kind of picture" not in card
    croissant = json.loads((tmp_path / "corpus" / "croissant.json").read_text(encoding="utf-8"))
    assert [records["name"] for records in croissant["recordSet"]] == ["samples"]


def test_either_alone_will_do(tmp_path: Path) -> None:
    for name in ("concepts", "modality"):
        folder = tmp_path / name
        folder.mkdir()
        build(folder, CAPTIONS[:1], **{name: None})
        html = section(folder / "corpus")
        assert ("Kinds of picture" in html) == (name == "concepts")
        assert ("Commonest concepts" in html) == (name == "modality")


# Papers


def test_the_card_says_kinds_concepts_and_sources(corpus: Path) -> None:
    card = (corpus / "README.md").read_text(encoding="utf-8")
    state = json.loads((corpus / "corpus.json").read_text(encoding="utf-8"))["counts"]
    for kind, n in state["by_modality"].items():
        assert re.search(rf"^\| {kind} \| [^|]+ \| {n} \|", card, re.MULTILINE)
    assert f"{state['with_concepts']} samples have concepts" in card
    assert re.search(r"made from (\w+, )*DOID", card)


def test_croissant_reads_concepts_and_kinds(corpus: Path) -> None:
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(corpus / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    kinds = {r["kinds/name"]: r["kinds/samples"] for r in dataset.records("kinds")}
    state = json.loads((corpus / "corpus.json").read_text(encoding="utf-8"))["counts"]
    assert kinds == state["by_modality"]
    assert f"{state['with_concepts']} of {state['kept']} samples" in dataset.metadata.description
    rows = {r["samples/sample_id"].decode(): r for r in dataset.records("samples")}
    assert len(rows) == state["rows"]
    (first,) = (r for name, r in rows.items() if name.endswith("/F1"))
    assert first["samples/modality"] == b"ct"
    effusion = first["samples/concepts"][-1]
    assert effusion["samples/concepts/name"] == b"pleural effusion"
    assert effusion["samples/concepts/negated"]
