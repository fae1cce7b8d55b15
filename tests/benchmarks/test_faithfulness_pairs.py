"""The pairs that faithfulness is measured on: their form, their sources, and the arithmetic."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from benchmarks.caption_pairs import FOLDER, SETS, Pair, captions, digest, read_pairs
from benchmarks.data import xml_files
from benchmarks.faithfulness import Outcome, judge, main, measure, named, scores
from extractors.pmc.jats.article import read_article
from extractors.pmc.jats.figures import read_figures
from extractors.pmc.jats.parse import parse_articles
from llm_rewrite.faithfulness import REASONS, Finding
from llm_rewrite.task import Tools
from schemas.sample import QUESTION_KINDS, Question
from tests.conftest import DATA

KINDS = {
    *("concept_added", "concept_lost", "negation_flipped", "certainty_changed"),
    *("laterality_changed", "number_changed", "unit_changed", "date_changed"),
    *("qualifier_changed", "modality_changed", "instruction_copied", "source_mentioned"),
    *("identifier", "language_wrong", "answer_leaked", "option_wrong", "not_grounded"),
    "not_visible",
}
OF_QUESTIONS = {"answer_leaked", "option_wrong", "not_grounded"}
PRESENT = [name for name in SETS if (FOLDER / f"{name}.jsonl").is_file()]


def _pair(**changes: object) -> Pair:
    pair = Pair("d1", "PMC1/f#caption", digest("A scan."), "Scan.", "", "", keep=True)
    return msgspec.structs.replace(pair, **changes)


@pytest.mark.parametrize("name", PRESENT)
def test_every_pair_has_the_form_that_the_readme_gives(name: str) -> None:
    pairs = read_pairs(name)
    assert all(
        re.fullmatch(r"[abd]\d{3,}" if name == "develop" else r"[bc]\d{3,}", pair.id)
        for pair in pairs
    )
    for pair in pairs:
        assert re.fullmatch(r"\S+/[^/#\s]+#caption", pair.source), pair.id
        assert re.fullmatch(r"[0-9a-f]{16}", pair.sha256), pair.id
        assert pair.fault in ("", *REASONS), pair.id
        assert bool(pair.planted) == bool(pair.fault), pair.id
        assert bool(pair.rewrite.strip()) != (pair.question is not None), pair.id
        assert not (pair.keep and (pair.question or pair.visible_only)), pair.id
        assert (pair.fault in OF_QUESTIONS) <= (pair.question is not None), pair.id
        if pair.fault == "concept_lost":
            assert pair.keep, f"{pair.id}: nothing is lost where it need not be kept"


@pytest.mark.parametrize("name", PRESENT)
def test_questions_are_of_known_kinds_and_answered_out_of_their_options(name: str) -> None:
    for pair in read_pairs(name):
        if (question := pair.question) is None:
            continue
        assert question.kind in QUESTION_KINDS, pair.id
        assert question.question, pair.id
        assert question.answer, pair.id
        if question.options and not pair.fault:
            chosen = question.answer.split("; ") if question.kind == "multiple" else None
            assert set(chosen or [question.answer]) <= set(question.options), pair.id


@pytest.mark.parametrize("name", PRESENT)
def test_each_kind_of_fault_is_planted_often_enough(name: str) -> None:
    pairs = read_pairs(name)
    planted = Counter(pair.fault for pair in pairs if pair.fault)
    least, all_of_them = (7, 110) if name == "develop" else (4, 70)
    assert {kind for kind in KINDS if planted[kind] >= least} == KINDS
    assert sum(planted.values()) >= all_of_them
    assert sum(not pair.fault for pair in pairs) >= all_of_them


def test_no_caption_is_in_both_sets() -> None:
    develop, aside = ({pair.sha256 for pair in read_pairs(name)} for name in ("develop", "aside"))
    assert not develop & aside


def test_ids_and_texts_occur_once() -> None:
    pairs = [pair for name in PRESENT for pair in read_pairs(name)]
    ids = Counter(pair.id for pair in pairs)
    written = Counter(pair.rewrite for pair in pairs if pair.rewrite)
    assert [what for what, times in (ids + written).items() if times > 1] == []


def test_no_caption_is_in_the_folder_and_no_rewrite_repeats_one() -> None:
    sources = {pair.sha256 for name in PRESENT for pair in read_pairs(name)}
    for name in PRESENT:
        for pair in read_pairs(name):
            assert digest(pair.rewrite) not in sources, pair.id
            assert digest(pair.rewrite.strip() + "\n") not in sources, pair.id


def test_sources_are_what_the_pairs_say_and_freely_licensed(jats_data: Path) -> None:
    of_captions: dict[str, set[str]] = {}
    licences: dict[str, str] = {}
    for path in xml_files(jats_data.parent):
        try:
            roots, _ = parse_articles(path.read_bytes())
        except ValueError:
            continue
        for root in roots:
            article = read_article(root)
            name = article.pmcid or article.doi
            licences[name] = article.licence
            for figure in read_figures(root):
                place = of_captions.setdefault(f"{name}/{figure.id}#caption", set())
                place |= {digest(text) for _, text in figure.captions}
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for pair in read_pairs("develop"):
        assert pair.sha256 in of_captions[pair.source], pair.id
        article_id = pair.source.partition("#")[0].rpartition("/")[0]
        assert licences[article_id] in ("CC BY", "CC0"), pair.id
        assert f"| {article_id} | {licences[article_id]}" in readme, pair.id


def test_captions_are_found_by_their_digest(jats_data: Path) -> None:
    texts = captions(jats_data.parent)
    assert all(digest(text) == key for key, text in texts.items())
    missing = [p.id for name in PRESENT for p in read_pairs(name) if p.sha256 not in texts]
    assert missing == []


def test_scores_of_three_pairs() -> None:
    found = Finding("number_changed", "3 mm")
    wrong = Finding("concept_added", "mass")
    outcomes = [
        Outcome(_pair(fault="unit_changed", planted="mm -> cm"), [found], [found]),
        Outcome(_pair(fault="negation_flipped", planted="no -> a"), [wrong], []),
        Outcome(_pair(), [wrong, wrong], [wrong]),
    ]
    result = scores(outcomes)
    assert (result["recall"], result["false_alarms"]) == (0.5, 1.0)
    assert (result["faulty"], result["faithful"]) == (2, 1)
    assert result["per_kind"] == {
        "negation_flipped": {"pairs": 1, "recall": 0.0, "named": 0.0, "false_alarms": 0.0},
        "unit_changed": {"pairs": 1, "recall": 1.0, "named": 1.0, "false_alarms": 0.0},
        "concept_added": {"pairs": 0, "recall": None, "named": None, "false_alarms": 1.0},
    }


def test_a_share_of_nothing_is_none() -> None:
    result = scores([])
    assert result["recall"] is None
    assert result["false_alarms"] is None


def test_only_quantities_lend_each_other_their_names() -> None:
    side = Finding("laterality_changed", "left")
    number = Finding("number_changed", "3")
    assert named(Outcome(_pair(fault="date_changed", planted="x"), [side, number], [number]))
    assert not named(Outcome(_pair(fault="date_changed", planted="x"), [side], [side]))
    assert not named(Outcome(_pair(fault="laterality_changed", planted="x"), [number], [number]))


def test_a_pair_goes_through_the_check_for_its_kind() -> None:
    tools = Tools()
    empty_text = judge(_pair(rewrite=" "), "A scan.", tools)
    question = Question("open", "", answer="")
    empty_question = judge(_pair(rewrite="", question=question), "A scan.", tools)
    assert [f.reason for f in empty_text.findings] == ["empty"]
    assert [f.reason for f in empty_text.rejecting] == ["empty"]
    assert [f.reason for f in empty_question.findings] == ["empty"]


def test_a_pair_whose_caption_is_missing_is_left_out() -> None:
    known = read_pairs("develop")[0].sha256
    pairs = [_pair(id="a1", sha256=known), _pair(id="a2"), _pair(id="a3", sha256="0" * 16)]
    found = measure({"aside": pairs}, {known: "A scan.", digest("A scan."): "A scan."})
    assert found["aside"]["faithful"] == 2
    assert found["left_out"] == 1


def test_only_where_the_visible_was_asked_for_is_the_rest_a_fault() -> None:
    source = "Nodule. She was treated with chemotherapy."
    told = _pair(rewrite="Nodule. She was treated with chemotherapy.", keep=False)
    asked = msgspec.structs.replace(told, visible=True)
    assert "not_visible" not in [f.reason for f in judge(told, source, Tools()).findings]
    assert "not_visible" in [f.reason for f in judge(asked, source, Tools()).findings]


def test_a_line_that_is_no_pair_is_named(tmp_path: Path) -> None:
    good = msgspec.json.encode(_pair()).decode()
    (tmp_path / "develop.jsonl").write_text(f'{good}\n{{"id": "d2", "fualt": ""}}\n')
    with pytest.raises(ValueError, match=r"develop\.jsonl, line 2"):
        read_pairs("develop", tmp_path)
    assert read_pairs("aside", tmp_path) == []


def test_without_articles_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["faithfulness", "--data", str(tmp_path)])
    main()
    out = capsys.readouterr().out
    assert out.startswith("skipped: none of the captions")
    assert out.count("\n") == 1


@pytest.mark.skipif(not (DATA / "jats").is_dir(), reason=f"no real articles at {DATA}")
def test_a_whole_run_prints_numbers_that_fit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sys.argv", ["faithfulness", "--json", "--set", "develop", "--data", str(DATA)]
    )
    main()
    found = msgspec.json.decode(capsys.readouterr().out)
    pairs = read_pairs("develop")
    assert found["faulty"] + found["faithful"] + found["left_out"] == len(pairs)
    assert sum(row["pairs"] for row in found["per_kind"].values()) == found["faulty"]
    weighted = sum(row["pairs"] * (row["recall"] or 0.0) for row in found["per_kind"].values())
    assert found["recall"] == pytest.approx(weighted / found["faulty"])
    assert found["develop"]["recall"] == found["recall"]
    assert "aside" not in found
