"""Questions: leaks, options, closed answers, grounds."""

from __future__ import annotations

import pytest

from schemas.sample import Question
from tests.llm_rewrite.checks.found import asked

SOURCE = (
    "Portable chest X-ray with bilateral lung opacities and left pleural effusions. No pneumothorax. "
    "The heart is of normal size."
)


def single(question: str, answer: str, *others: str) -> Question:
    return Question("single", question, [answer, *others], answer)


def closed(question: str, answer: str) -> Question:
    return Question("closed", question, ["Yes", "No"], answer)


def opened(question: str, answer: str, rationale: str = "") -> Question:
    return Question("open", question, answer=answer, rationale=rationale)


GOOD = [
    closed("Is there a pneumothorax?", "No"),
    closed("Are there lung opacities?", "Yes"),
    closed("Is the pleural effusion on the right side?", "No"),
    closed("Is this an MRI?", "No"),
    closed("Is the heart of abnormal size?", "No"),
    opened("On which side is the pleural effusion, left or right?", "Left."),
    opened("What kind of image is this?", "A chest X-ray."),
    opened("What is seen in both lungs?", "Opacities.", "The X-ray shows bilateral opacities."),
    single("Which finding does the chest X-ray show?", "Lung opacities", "Rib fracture", "Cyst"),
    single("Where is the effusion, left or right?", "Left", "Right"),
]


@pytest.mark.parametrize("question", GOOD, ids=lambda q: q.question)
def test_a_good_question_has_no_finding(question: Question) -> None:
    assert not asked(SOURCE, question)


BAD = [
    (closed("Is there a pneumothorax?", "Yes"), "negation_flipped"),
    (closed("Are there lung opacities?", "No"), "negation_flipped"),
    (closed("Is the pleural effusion on the right side?", "Yes"), "laterality_changed"),
    (closed("Is there a rib fracture?", "Yes"), "not_grounded"),
    (closed("Are there lung opacities?", "Perhaps"), "option_wrong"),
    (closed("The X-ray shows lung opacities. Are there lung opacities?", "Yes"), "answer_leaked"),
    (opened("Which lung opacities are seen in this chest X-ray?", "Lung opacities"), "answer_leaked"),
    (opened("How large is the effusion?", "About 4 cm."), "not_grounded"),
    (opened("Which operation was performed?", "A hemicolectomy."), "not_grounded"),
    (opened("Where is the effusion?", "On the right."), "laterality_changed"),
    (opened("What is seen?", "Opacities.", "There is also a mediastinal mass."), "concept_added"),
    (opened("What does the report say is seen?", "Opacities."), "source_mentioned"),
    (opened(" ", "Opacities."), "empty"),
    (single("Which finding does the chest X-ray show?", "Lung opacities", "Left pleural effusions"), "option_wrong"),
    (single("What is seen?", "Opacities", "Opacities", "Cyst"), "option_wrong"),
    (single("Which part?", "The heart", "Heart", "Liver"), "option_wrong"),
    (Question("single", "What is seen?", ["Cyst", "Mass"], "Opacities"), "option_wrong"),
    (Question("single", "What is seen?", [], "Opacities"), "option_wrong"),
    (Question("multiple", "What is seen?", ["Cyst", "Opacities"], "Opacities; Fracture"), "option_wrong"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "reason"), BAD, ids=lambda x: getattr(x, "question", x))
def test_a_bad_question_is_found_by_its_name(question: Question, reason: str) -> None:
    assert reason in asked(SOURCE, question)


def test_where_the_model_saw_the_picture_only_contradictions_count() -> None:
    added = opened("What else is seen?", "A rib fracture.")
    assert not asked(SOURCE, added, saw_pictures=True)
    turned = opened("Where is the effusion?", "On the right.")
    assert "laterality_changed" in asked(SOURCE, turned, saw_pictures=True)
    denied = closed("Is there a pneumothorax?", "Yes")
    assert "negation_flipped" in asked(SOURCE, denied, saw_pictures=True)
