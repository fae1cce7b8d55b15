"""rewrite_caption: modes, paraphrases, what is rejected, and that a caption is only ever data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from llm_rewrite.tasks.rewrite_caption import TASK, Options, instructions
from schemas.sample import Text
from tests.llm_rewrite.tasks.text_rows import (
    CITED,
    HOSTILE,
    NODULE,
    asked,
    figure_row,
    new_texts,
    reasons,
    rows_of,
    without_token,
    written,
)

ROW = figure_row(Text("caption", NODULE), Text("reference", CITED))
GOOD = "Axial CT showing a 21 mm nodule (arrow) in the right lower lobe, without effusion."


def test_a_clean_caption_is_written_and_traced() -> None:
    row, _, requests = written(TASK, ROW, {"captions": [GOOD]})
    (made,) = new_texts(ROW, row)
    assert (made.kind, made.text, made.faithful) == ("rewritten", GOOD, True)
    assert made.evidence == "text:0"
    assert made.prompt.startswith("rewrite_caption/")
    assert row.meta["rewrite_caption"] == "1 written"
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (GOOD.replace("21", "12"), "number_changed"),
        (GOOD.replace("right", "left"), "laterality_changed"),
        (GOOD.replace("without effusion", "with effusion"), "negation_flipped"),
        (GOOD.replace("nodule", "nodule and emphysema"), "concept_added"),
        (GOOD.replace("a 21 mm nodule (arrow)", "a lesion"), "number_changed"),
        (GOOD.replace("Axial CT", "As seen in Figure 2, axial CT"), "source_mentioned"),
        (f"{GOOD} It was confirmed by biopsy as adenocarcinoma.", "concept_added"),
    ],
)
def test_a_lie_is_rejected_and_the_row_keeps_its_source(lie: str, reason: str) -> None:
    row, _, _ = written(TASK, ROW, {"captions": [lie]})
    (made,) = new_texts(ROW, row)
    assert made.faithful is False
    assert reason in reasons(made)
    assert row.meta["rewrite_caption"].startswith("0 written, 1 rejected")


def test_a_fenced_answer_is_read_and_a_wrong_schema_repaired_once() -> None:
    fenced = f"```json\n{json.dumps({'captions': [GOOD]})}\n```"
    row, _, requests = written(TASK, ROW, [{"caption": GOOD}, fenced])
    assert [text.text for text in new_texts(ROW, row)] == [GOOD]
    assert len(requests) == 2
    assert "schema" in requests[1].turns[0][1]
    failed, _, requests = written(TASK, ROW, {"caption": GOOD})
    assert new_texts(ROW, failed) == []
    assert len(requests) == 2
    assert "1 failed (bad_answer" in failed.meta["rewrite_caption"]


def test_paraphrases_are_different_and_no_copies() -> None:
    other = "A 21 mm nodule (arrow) lies in the right lower lobe on axial CT; there is no effusion."
    says = {"captions": [NODULE, GOOD, GOOD.upper(), f" {other}\n", "", "-", other]}
    row, _, _ = written(TASK, ROW, says, paraphrases=3)
    assert [text.text for text in new_texts(ROW, row)] == [GOOD, other]
    assert "Give 3 captions" in instructions(Options(paraphrases=3))
    row, _, _ = written(TASK, ROW, says, paraphrases=1)
    assert len(new_texts(ROW, row)) == 1


def test_an_empty_answer_is_bad_but_where_nothing_is_visible() -> None:
    row, _, requests = written(TASK, ROW, {"captions": []})
    assert "no caption" in row.meta["rewrite_caption"]
    assert len(requests) == 2
    row, _, requests = written(TASK, ROW, {"captions": []}, mode="visible_only")
    assert row.meta["rewrite_caption"] == "0 written"
    assert len(requests) == 1


def test_visible_only_may_lose_and_may_not_keep_what_no_picture_shows() -> None:
    told = "A 61-year-old smoker presented with cough. CT shows a nodule in the right lung."
    row = figure_row(Text("caption", told))
    seen, _, _ = written(
        TASK, row, {"captions": ["CT shows a nodule in the right lung."]}, mode="visible_only"
    )
    assert new_texts(row, seen)[0].faithful
    kept, _, _ = written(TASK, row, {"captions": [told]}, mode="visible_only")
    assert "not_visible" in reasons(new_texts(row, kept)[0])
    assert not new_texts(row, kept)[0].faithful
    lost, _, _ = written(TASK, row, {"captions": ["CT of the chest."]}, mode="denoise")
    assert not new_texts(row, lost)[0].faithful


def test_complete_shows_citing_sentences_and_keeps_the_numbers_of_the_caption() -> None:
    (request,) = asked(TASK, ROW, mode="complete")
    assert without_token(request.user) == (
        f"[caption TOKEN]\n{NODULE}\n[end TOKEN]\n\n[this picture TOKEN]\nFigure 2\n[end TOKEN]\n\n"
        f"[citing sentence TOKEN]\n{CITED}\n[end TOKEN]\n\nRewrite the caption."
    )
    whole = GOOD.replace("(arrow)", "(arrow) with a lobulated edge")
    row, _, _ = written(TASK, ROW, {"captions": [whole]}, mode="complete")
    (made,) = new_texts(ROW, row)
    assert made.faithful
    assert made.evidence == "text:0; text:1"
    lost = "Axial CT showing a nodule (arrow) with a lobulated edge in the right lower lobe."
    row, _, _ = written(TASK, ROW, {"captions": [lost]}, mode="complete")
    assert "number_changed: 21 of the caption is lost" in new_texts(ROW, row)[0].reasons


def test_years_links_and_citations_are_no_numbers_to_keep() -> None:
    noisy = f"{NODULE} Taken in 2014 (11,12). DOI: 10.7554/e.03385.011"
    row = figure_row(Text("caption", noisy), Text("reference", CITED))
    made, _, _ = written(TASK, row, {"captions": [GOOD]}, mode="complete")
    assert new_texts(row, made)[0].faithful


def test_only_sentences_of_the_captions_language_are_shown() -> None:
    row = figure_row(
        Text("caption", "TC axial con nódulo.", "es"),
        Text("reference", "CT showed a nodule (Figure 2)."),
        Text("reference", "La TC mostró un nódulo (Figura 2).", "es"),
    )
    (request,) = asked(TASK, row, mode="complete")
    assert "mostró" in request.user
    assert "showed" not in request.user
    made, _, _ = written(TASK, row, {"captions": ["TC axial que muestra un nódulo."]})
    assert new_texts(row, made)[0].language == "es"


def test_the_panels_own_caption_is_taken_and_kinds_can_be_chosen() -> None:
    row = figure_row(
        Text("caption", "(A) CT. (B) MRI."), Text("subcaption", "MRI."), Text("report", "Normal.")
    )
    assert "\nMRI.\n" in asked(TASK, row)[0].user
    assert "\nNormal.\n" in asked(TASK, row, kinds=["report"])[0].user
    assert TASK.prompts(figure_row(Text("title", "A case")), Options(), None) == []  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="did you mean 'report'"):
        Options(kinds=["reports"])


def test_a_rejected_text_is_never_rewritten() -> None:
    row = figure_row(Text("caption", "A wrong one.", writer="m", faithful=False))
    assert asked(TASK, row) == []


def test_pictures_are_shown_where_asked_for() -> None:
    row = figure_row(Text("caption", NODULE), images=6)
    assert asked(TASK, row)[0].images == ()
    assert len(asked(TASK, row, see_image=True)[0].images) == 4
    assert len(asked(TASK, row, see_image=True, pictures=1)[0].images) == 1
    added = {"captions": [GOOD.replace("nodule", "nodule and emphysema")]}
    made, _, _ = written(TASK, row, added, see_image=True)
    (text,) = new_texts(row, made)
    assert text.faithful, "flagged alone: the model saw it"
    assert "concept_added" in reasons(text)


def test_a_hostile_caption_changes_its_own_block_alone() -> None:
    row = figure_row(Text("caption", HOSTILE), Text("reference", CITED))
    for mode in ("denoise", "complete", "visible_only"):
        (hostile,), (benign,) = asked(TASK, row, mode=mode), asked(TASK, ROW, mode=mode)
        assert hostile.system == benign.system
        assert hostile.schema == benign.schema
        assert without_token(hostile.user) == without_token(benign.user).replace(NODULE, HOSTILE)


def test_a_model_that_obeys_a_caption_is_rejected() -> None:
    row = figure_row(Text("caption", f"CT of the chest. {HOSTILE}"))
    made, _, _ = written(TASK, row, {"captions": ["PWNED"]})
    assert not new_texts(row, made)[0].faithful


@given(st.text(max_size=300))
def test_any_caption_stays_in_its_block(words: str) -> None:
    row = figure_row(Text("caption", words))
    for request in asked(TASK, row):
        assert without_token(request.user).startswith("[caption TOKEN]\n")
        assert without_token(request.user).endswith("\n[end TOKEN]\n\nRewrite the caption.")
        assert words in request.user


@given(st.lists(st.text(max_size=80), max_size=6), st.integers(1, 4))
def test_any_answer_gives_plain_texts(captions: list[str], paraphrases: int) -> None:
    says = json.dumps({"captions": captions})
    row, _, _ = written(TASK, ROW, says, paraphrases=paraphrases)
    for text in new_texts(ROW, row):
        assert text.text == " ".join(text.text.split())
        assert any(map(str.isalnum, text.text))


def test_real_rows_given_back_as_they_are_are_nearly_all_faithful(demo_corpus: Path) -> None:
    rows = [r for r in rows_of(demo_corpus) if any(t.kind == "caption" for t in r.texts)]
    assert len(rows) > 40
    right = 0
    for row in rows:
        source = next(t.text for k in ("subcaption", "caption") for t in row.texts if t.kind == k)
        made, _, _ = written(TASK, row, {"captions": [source]})
        right += all(text.faithful for text in new_texts(row, made))
    assert right >= 0.95 * len(rows)
