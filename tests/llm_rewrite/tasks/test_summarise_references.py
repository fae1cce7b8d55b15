"""summarise_references: what is shown of an article, which panels share a request, what is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llm_rewrite.tasks.summarise_references import TASK
from schemas.sample import Text
from tests.llm_rewrite.tasks.text_rows import (
    CITED,
    HOSTILE,
    asked,
    figure_row,
    new_texts,
    reasons,
    rows_of,
    without_token,
    written,
)

PARAGRAPH = f"A man came with cough. {CITED} The liver had no lesion (Figure 3)."
TEXTS = (
    Text("caption", "Axial CT of the chest."),
    Text("reference", CITED),
    Text("reference_paragraph", PARAGRAPH),
)
ROW = figure_row(*TEXTS)
GOOD = "CT shows a 21 mm nodule with a lobulated edge in the right lower lobe."


def test_a_summary_is_written_from_the_citing_texts_alone() -> None:
    row, _, requests = written(TASK, ROW, {"sentences": [GOOD[:-1], " \n", GOOD]})
    (made,) = new_texts(ROW, row)
    assert (made.kind, made.text, made.faithful) == ("reference_summary", f"{GOOD} {GOOD}", True)
    assert made.evidence == "text:2"
    assert without_token(requests[0].user) == (
        "[this picture TOKEN]\nFigure 2\n[end TOKEN]\n\n"
        f"[citing paragraph TOKEN]\n{PARAGRAPH}\n[end TOKEN]\n\n"
        "Say what is said about this picture, in at most 3 sentences."
    )


def test_sentences_alone_or_beside_paragraphs_that_lack_them() -> None:
    assert "citing sentence" in asked(TASK, ROW, paragraphs=False)[0].user
    assert "The liver" not in asked(TASK, ROW, paragraphs=False)[0].user
    row = figure_row(*TEXTS, Text("reference", "The edge is shown in Figure 2."))
    assert asked(TASK, row)[0].user.count("[citing ") == 2
    assert asked(TASK, row, references=1)[0].user.count("[citing ") == 1


def test_rows_without_citing_texts_have_nothing_to_do() -> None:
    row, exchanges, _ = written(TASK, figure_row(TEXTS[0], Text("abstract", "A case.")), "")
    assert exchanges == []
    assert "summarise_references" not in row.meta


def test_nothing_said_of_the_figure_leaves_the_row_as_it_was() -> None:
    row, _, requests = written(TASK, ROW, {"sentences": []})
    assert new_texts(ROW, row) == []
    assert len(requests) == 1
    assert row.meta["summarise_references"] == "0 written"


def test_more_sentences_than_asked_for_are_sent_back() -> None:
    long = {"sentences": [GOOD] * 3}
    row, _, requests = written(TASK, ROW, [long, {"sentences": [GOOD]}], most=2)
    assert [text.text for text in new_texts(ROW, row)] == [GOOD]
    assert "3 sentences, where at most 2" in requests[1].turns[0][1]
    row, _, _ = written(TASK, ROW, long, most=2)
    assert new_texts(ROW, row) == []
    assert "1 failed (bad_answer" in row.meta["summarise_references"]


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (GOOD.replace("right", "left"), "laterality_changed"),
        (GOOD.replace("21", "31"), "number_changed"),
        (GOOD.replace("a lobulated edge", "a lobulated edge and pneumothorax"), "concept_added"),
        (f"{GOOD} The liver has a lesion.", "negation_flipped"),
        (f"{GOOD} See Figure 2.", "source_mentioned"),
        (f"{GOOD} More is given in Table S1.", "source_mentioned"),
        ("The authors say that CT shows a nodule.", "source_mentioned"),
    ],
)
def test_a_lie_is_rejected(lie: str, reason: str) -> None:
    row, _, _ = written(TASK, ROW, {"sentences": [lie]})
    (made,) = new_texts(ROW, row)
    assert made.faithful is False
    assert reason in reasons(made)


def test_panels_share_a_request_where_no_sentence_names_a_panel() -> None:
    whole = (Text("reference_paragraph", "CT showed nodules (Figure 2)."),)
    named = (Text("reference_paragraph", "CT showed nodules (Figure 2A) and a cyst (Figure 2B)."),)
    keys = [{asked(TASK, figure_row(*t, panel=p))[0].key for p in "AB"} for t in (whole, named)]
    assert [len(found) for found in keys] == [1, 2]
    assert "Figure 2, panel B\n" in asked(TASK, figure_row(*named, panel="B"))[0].user


def test_one_language_is_shown_and_written() -> None:
    texts = [
        Text("reference", "CT showed a nodule (Figure 2)."),
        Text("reference", "La TC mostró un nódulo (Figura 2).", "es"),
    ]
    spanish = figure_row(Text("caption", "TC axial.", "es"), *texts)
    assert "showed" not in asked(TASK, spanish)[0].user
    row, _, _ = written(TASK, spanish, {"sentences": ["La TC muestra un nódulo."]})
    assert new_texts(spanish, row)[0].language == "es"
    french = figure_row(Text("caption", "TDM axiale.", "fr"), *texts)
    assert "mostró" not in asked(TASK, french)[0].user


def test_a_hostile_paragraph_changes_its_own_block_alone() -> None:
    row = figure_row(TEXTS[0], Text("reference_paragraph", HOSTILE))
    plain = figure_row(TEXTS[0], Text("reference_paragraph", PARAGRAPH))
    (hostile,), (benign,) = asked(TASK, row), asked(TASK, plain)
    assert hostile.system == benign.system
    assert hostile.schema == benign.schema
    assert without_token(hostile.user) == without_token(benign.user).replace(PARAGRAPH, HOSTILE)
    made, _, _ = written(TASK, row, {"sentences": ["PWNED"]})
    assert not new_texts(row, made)[0].faithful


def test_a_fenced_answer_is_read() -> None:
    row, _, _ = written(TASK, ROW, f"```json\n{json.dumps({'sentences': [GOOD]})}\n```")
    assert new_texts(ROW, row)[0].faithful


def test_real_rows_show_the_figures_name_and_no_text_twice(demo_corpus: Path) -> None:
    rows = [r for r in rows_of(demo_corpus) if any(t.kind == "reference" for t in r.texts)]
    assert len(rows) > 40
    for row in rows:
        (request,) = asked(TASK, row)
        blocks = request.user.split("\n\n")
        assert len(blocks) == len(set(blocks))
        assert row.figure is not None
        assert row.figure.label.strip(" .:") in request.user
