"""caption_labels: every label named, none added or turned round, knowledge only in general."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_rewrite.material.naming import label_findings, mentions_of, other_names, without_general
from llm_rewrite.task import Passage
from llm_rewrite.tasks.caption_labels import TASK, Options, instructions
from schemas.sample import Label, Text
from tests.llm_rewrite.tasks.text_rows import (
    HOSTILE,
    asked,
    labelled_row,
    new_texts,
    reasons,
    rows_of,
    without_token,
    written,
)

LABELS = {
    "cardiomegaly": "present",
    "lung opacity": "present",
    "edema": "uncertain",
    "pneumothorax": "absent",
    "fracture": "unstated",
}
ROW = labelled_row(LABELS)
GOOD = (
    "Frontal chest X-ray of a 57-year-old woman showing cardiomegaly and a lung opacity. "
    "There may be edema. There is no pneumothorax."
)
HEART = Passage("cardiomegaly: a heart shadow wider than usual", "knowledge:cardiomegaly", "A 2008")
AIR = Passage("lung opacity (also: lung shadow, grey zone): a white area", "definition:C1", "B")


def test_a_caption_is_written_from_facts_labels_and_background() -> None:
    row, _, requests = written(TASK, ROW, {"captions": [GOOD]}, HEART)
    (made,) = new_texts(ROW, row)
    assert (made.kind, made.text, made.faithful) == ("label_caption", GOOD, True), made.reasons
    assert made.evidence == (
        "label:cardiomegaly; label:lung opacity; label:edema; label:pneumothorax;"
        " knowledge:cardiomegaly"
    )
    assert without_token(requests[0].user) == (
        "[facts TOKEN]\npicture: chest X-ray\nmodality: radiography\nbody part: chest\n"
        "view: frontal\npatient: female, 57 years old\n[end TOKEN]\n\n"
        "[label TOKEN]\ncardiomegaly is present.\n[end TOKEN]\n\n"
        "[label TOKEN]\nlung opacity is present.\n[end TOKEN]\n\n"
        "[label TOKEN]\nedema is possible.\n[end TOKEN]\n\n"
        "[label TOKEN]\npneumothorax is absent.\n[end TOKEN]\n\n"
        "[background TOKEN]\ncardiomegaly: a heart shadow wider than usual\n[end TOKEN]\n\n"
        "Write the caption."
    )


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (GOOD.replace("cardiomegaly and ", ""), "concept_lost"),
        (GOOD.replace("no pneumothorax", "a pneumothorax"), "negation_flipped"),
        (GOOD.replace("showing cardiomegaly and", "without cardiomegaly but with"), "negation_flipped"),
        (GOOD.replace("may be edema", "is edema"), "certainty_changed"),
        (GOOD.replace("showing", "showing possible"), "certainty_changed"),
        (GOOD.replace("may be edema", "is no edema"), "certainty_changed"),
        (f"{GOOD} A rib fracture is seen.", "concept_added"),
        (f"{GOOD} There is pneumonia.", "concept_added"),
        (GOOD.replace("57", "75"), "number_changed"),
        (GOOD.replace("woman", "man"), "qualifier_changed"),
        (GOOD.replace("chest X-ray", "chest CT"), "modality_changed"),
        ("Name every present label in its own words, as something the picture shows.", "instruction_copied"),
    ],
)  # fmt: skip
def test_a_lie_is_rejected_and_said_in_meta(lie: str, reason: str) -> None:
    row, _, _ = written(TASK, ROW, {"captions": [lie]})
    (made,) = new_texts(ROW, row)
    assert made.faithful is False
    assert reason in reasons(made), made.reasons
    assert reason in row.meta["caption_labels"]


@pytest.mark.parametrize(
    "words",
    [
        "Chest X-ray with cardiomegaly and opacities of the lung; edema cannot be excluded.",
        "Cardiomegaly and a lung opacity on a frontal chest X-ray, and pneumothorax is absent.",
        "Lung opacities, an enlarged heart with cardiomegaly, and neither pneumothorax nor more.",
    ],
)
def test_ways_of_saying_the_same(words: str) -> None:
    assert label_findings(words, LABELS, {}, "") == []


@pytest.mark.parametrize(
    ("words", "labels", "found"),
    [
        ("No edema, but cardiomegaly.", {"edema": "absent", "cardiomegaly": "present"}, ""),
        ("No edema but cardiomegaly.", {"cardiomegaly": "absent"}, "negation_flipped"),
        ("Possible edema, cardiomegaly.", {"edema": "uncertain", "cardiomegaly": "present"}, ""),
        ("An opacity of the lung.", {"lung opacity": "present", "opacity": "unstated"}, ""),
        ("An opacity of the lung.", {"lung opacity": "present", "opacity": "absent"}, ""),
        ("An opacity.", {"opacity": "absent"}, "negation_flipped"),
        ("A lung mass.", {"lung mass": "present", "mass": "absent"}, ""),
        ("Skin with no naevus.", {"nevus": "present"}, "negation_flipped"),
        ("Red blood cells.", {"red blood cell": "present"}, ""),
    ],
)
def test_what_a_clause_says_of_a_label(words: str, labels: dict[str, str], found: str) -> None:
    reasons = {finding.partition(":")[0] for finding in label_findings(words, labels, {}, "")}
    assert reasons == ({found} if found else set())


def test_another_name_of_a_label_counts_where_the_background_gives_it() -> None:
    words = GOOD.replace("a lung opacity", "a grey zone")
    assert other_names([AIR.text], ["lung opacity", "edema"]) == {
        "lung opacity": ["lung opacity", "lung shadow", "grey zone"],
        "edema": [],
    }
    for passages, lost in (((), True), ((AIR,), False)):
        row, _, _ = written(TASK, ROW, {"captions": [words]}, *passages)
        found = new_texts(ROW, row)[0].reasons
        assert ("concept_lost: lung opacity" in found) is lost


def test_knowledge_is_never_said_of_this_picture() -> None:
    told = "There is a heart shadow wider than usual."
    typical = "Cardiomegaly is typically seen as a heart shadow wider than usual."
    for words, faithful in ((told, False), (typical, True)):
        row, _, _ = written(TASK, ROW, {"captions": [f"{GOOD} {words}"]}, HEART)
        (made,) = new_texts(ROW, row)
        assert made.faithful is faithful, made.reasons
    assert any("only known in general" in reason for reason in _reasons(f"{GOOD} {told}", HEART))


def test_what_is_said_in_general_is_not_held_against_the_labels() -> None:
    mole = Passage("melanoma: an asymmetric lesion over 6 mm, with no blue clods", "knowledge:m")
    labels = {"melanoma": "present", "vascular lesion": "absent"}
    row = labelled_row(labels, modality="dermoscopy", meta={"picture": "dermoscopic image"})
    words = "Dermoscopic image of a melanoma, typically seen as an asymmetric lesion over 6 mm."
    made, _, _ = written(TASK, row, {"captions": [words]}, mole)
    assert new_texts(row, made)[0].reasons == []
    own = words.replace("an asymmetric lesion over 6 mm", "a pneumothorax with pleural effusion")
    made, _, _ = written(TASK, row, {"captions": [own]}, mole)
    assert "concept_added" in reasons(new_texts(row, made)[0]), "not of the background"
    assert without_general(words, [mole.text]) == "Dermoscopic image of a melanoma."
    assert without_general(words, []) == words


def _reasons(words: str, *passages: Passage) -> list[str]:
    row, _, _ = written(TASK, ROW, {"captions": [words]}, *passages)
    return new_texts(ROW, row)[0].reasons


def test_labels_that_say_that_nothing_is_there() -> None:
    labels = {"no finding": "present", "cardiomegaly": "absent"}
    for words in ("A chest film showing no finding.", "A normal film.", "No abnormal findings."):
        assert label_findings(words, labels, {}, "") == []
    assert label_findings("A chest film.", labels, {}, "") == ["concept_lost: no finding"]
    assert label_findings("A finding.", {"finding": "present"}, {}, "") == []
    tissue = {"no tumour tissue in the centre": "present", "tumour tissue in the centre": "absent"}
    assert label_findings("Without tumor tissue in its center.", tissue, {}, "") == []
    assert "negation_flipped" in label_findings("Tumour tissue in the centre.", tissue, {}, "")[-1]
    (request,) = asked(TASK, labelled_row({"no finding": "absent", "edema": "present"}))
    assert "no finding" not in request.user


def test_absent_labels_are_drawn_by_the_row_and_bounded() -> None:
    labels = {"edema": "present"} | {f"sign {i}": "absent" for i in range(20)}
    shown = []
    for name in ("a", "b", "a"):
        row = labelled_row(labels)
        row = msgspec.structs.replace(row, sample_id=name)
        (request,) = asked(TASK, row, absent=2)
        shown.append([line for line in request.user.splitlines() if " is absent." in line])
    assert shown[0] == shown[2] != shown[1]
    assert len(shown[0]) == len(shown[1]) == 2
    assert asked(TASK, labelled_row({"edema": "absent"}), absent=0) == []
    assert asked(TASK, labelled_row({"edema": "unstated"})) == []


def test_several_captions_each_once_and_judged_alone() -> None:
    bad = GOOD.replace("no pneumothorax", "pneumothorax")
    other = "Cardiomegaly and lung opacity on a chest X-ray."
    says = {"captions": [GOOD, f" {GOOD}\n", bad, other, other + " Edema is possible."]}
    row, _, _ = written(TASK, ROW, says, variants=3)
    assert [(t.text, t.faithful) for t in new_texts(ROW, row)] == [
        (GOOD, True),
        (bad, False),
        (other, True),
    ]
    assert row.meta["caption_labels"].startswith("2 written, 1 rejected")


def test_the_patient_can_be_left_out() -> None:
    (request,) = asked(TASK, ROW, patient=False)
    assert "female" not in request.user
    assert "Say nothing about the patient" in instructions(Options(patient=False))
    assert "57" not in request.user
    words = {"captions": [GOOD.replace("a 57-year-old woman", "a man")]}
    row, _, _ = written(TASK, ROW, words, patient=False)
    assert "qualifier_changed: man for female" in new_texts(ROW, row)[0].reasons


def test_a_fenced_answer_is_read_and_none_is_repaired_once() -> None:
    fenced = f"```json\n{json.dumps({'captions': [GOOD]})}\n```"
    row, _, requests = written(TASK, ROW, [{"captions": []}, fenced])
    assert len(requests) == 2
    assert new_texts(ROW, row)[0].faithful


def test_hostile_labels_change_their_own_blocks_alone() -> None:
    row = labelled_row({HOSTILE: "present", "edema": "uncertain"})
    (hostile,) = asked(TASK, row)
    (benign,) = asked(TASK, labelled_row({"LABEL": "present", "edema": "uncertain"}))
    assert hostile.system == benign.system
    assert without_token(hostile.user) == without_token(benign.user).replace("LABEL", HOSTILE)
    made, _, _ = written(TASK, row, {"captions": ["PWNED"]})
    assert not new_texts(row, made)[0].faithful


def test_a_label_that_comes_twice_counts_once() -> None:
    twice = [Label("edema", "absent"), Label("edema", "present")]
    row = msgspec.structs.replace(ROW, labels=twice)
    made, _, _ = written(TASK, row, {"captions": ["Chest X-ray showing edema."]})
    assert new_texts(row, made)[0].faithful


@settings(deadline=None)
@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=5))
def test_any_words_and_names_are_read(text: str, names: list[str]) -> None:
    for mention in mentions_of(text, names):
        assert mention.name in names
    label_findings(text, dict.fromkeys(names, "absent"), {}, text)


def test_long_hostile_text_is_read_in_linear_time() -> None:
    words = "no edema and possible edema with edema, " * 4_000
    assert label_findings(words, {"edema": "present", "lung opacity": "absent"}, {}, "") is not None


def test_captions_made_by_rule_are_true_to_their_labels(labelled_corpus: Path) -> None:
    """The extractor's own captions name every label, but where a description stands for one."""
    rows = [r for r in rows_of(labelled_corpus) if r.labels and r.kept]
    texts = [(r, t.text) for r in rows for t in r.texts if t.kind == "label_caption"]
    own = [(r, t) for r, t in texts if "described as" not in t and "ml" not in t.split()]
    assert len(own) > 100
    wrong = []
    for row, text in own:
        values = {label.name: label.value for label in row.labels}
        wrong += [(row.sample_id, text, f) for f in label_findings(text, values, {}, "")]
    assert wrong == []


def test_a_text_of_the_row_is_never_shown() -> None:
    row = labelled_row(LABELS, texts=[Text("report", "The secret report.")])
    assert "secret" not in asked(TASK, row)[0].user
