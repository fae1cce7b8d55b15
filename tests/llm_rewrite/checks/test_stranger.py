"""Texts that share nothing with their source."""

from __future__ import annotations

import pytest

from llm_rewrite.faithfulness import Evidence, check_text
from llm_rewrite.task import Tools

SOURCE = "Troponin in the first two days."


@pytest.mark.parametrize(
    "text",
    ["'); DROP TABLE texts; SELECT secrets FROM users --", "A friendly dog runs along the beach."],
)
def test_a_text_about_something_else_is_not_grounded(text: str) -> None:
    found = check_text(text, Evidence((SOURCE,)), Tools())
    assert "not_grounded" in {finding.reason for finding in found}


@pytest.mark.parametrize(
    "text", [SOURCE, "Troponin over the first two days", "Two days.", "Levels of troponin."]
)
def test_a_text_with_a_word_of_its_source_is(text: str) -> None:
    found = check_text(text, Evidence((SOURCE,)), Tools())
    assert "not_grounded" not in {finding.reason for finding in found}


def test_words_of_the_knowledge_count() -> None:
    evidence = Evidence(("CXR",), knowledge=("A chest radiograph shows the lungs.",))
    found = check_text("Chest radiograph of lungs.", evidence, Tools())
    assert "not_grounded" not in {finding.reason for finding in found}
