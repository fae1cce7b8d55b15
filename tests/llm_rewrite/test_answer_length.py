"""How long an answer may be: a thought before it counts little, the answer itself is bounded."""

from __future__ import annotations

import json

import msgspec
import pytest

from llm_rewrite.answers import BadAnswer, read_answer


class Told(msgspec.Struct):
    """An answer of one text."""

    text: str


def test_a_long_thought_before_a_short_answer_is_no_fault() -> None:
    content = f"<think>{'hm ' * 40_000}</think>" + json.dumps({"text": "a nodule"})
    assert read_answer(content, Told).text == "a nodule"


@pytest.mark.parametrize("thought", ["", "<think>short</think>\n"])
def test_an_answer_that_would_be_checked_for_too_long_is_refused(thought: str) -> None:
    fits = thought + json.dumps({"text": "a" * 49_000})
    assert len(read_answer(fits, Told).text) == 49_000
    with pytest.raises(BadAnswer, match=r"the answer is 51,012 characters long"):
        read_answer(thought + json.dumps({"text": "a" * 51_000}), Told)
