"""Questions that ask for a description of a picture, answered by the row's own text: no model.

PubMedVision's alignment rows and PA-LLaVA's list of paraphrases. Which paraphrase is drawn by the
row's id, among those for short or long answers, one picture or several.
"""

from __future__ import annotations

from llm_rewrite.material.questions import drawn, images_of
from llm_rewrite.material.sources import usable
from schemas.sample import Question, Sample, Text

TASK = "description"
_KINDS = ("rewritten", "subcaption", "caption", "report", "label_caption", "region_caption")
_PROMPT = "vqa_description/1"
_LONG_WORDS = 30

_SHORT = (
    "What does {this} show?",
    "Describe {this} in a sentence.",
    "Say briefly what is seen in {this}.",
    "What can be seen in {this}?",
    "Give a short description of {this}.",
    "Summarise what {this} shows.",
    "Put what {this} shows into a few words.",
    "In one sentence, what is in {this}?",
)
_FULL = (
    "Describe {this} in detail.",
    "What does {this} show? Describe it in full.",
    "Give a detailed description of {this}.",
    "Describe everything of note in {this}.",
    "Explain in detail what is seen in {this}.",
    "Describe the structures and findings in {this}.",
    "Look at {this} closely and describe what is there.",
    "Write a thorough description of {this}.",
)


def best_text(row: Sample, kinds: tuple[str, ...] = _KINDS) -> tuple[int, Text] | None:
    """The row's best English text that may be used, and its place: rewritten before source."""
    for kind in kinds:
        for place, text in enumerate(row.texts):
            fits = text.kind == kind and text.language == "en" and usable(text.faithful)
            if fits and text.text.strip():
                return place, text
    return None


def descriptions(row: Sample, kinds: tuple[str, ...] = _KINDS) -> list[Question]:
    """A question for a description; none where the row has no text or already has one."""
    best = best_text(row, kinds)
    if best is None or any(question.task == TASK for question in row.questions):
        return []
    place, text = best
    forms = _FULL if len(text.text.split()) > _LONG_WORDS else _SHORT
    question = forms[drawn(row, TASK) % len(forms)].format(this=images_of(row))
    question = _several(question) if len(row.images) > 1 else question
    return [
        Question(
            "open",
            question,
            answer=text.text.strip(),
            evidence=f"text:{place}",
            writer="fabrica",
            task=TASK,
            prompt=_PROMPT,
        )
    ]


def _several(question: str) -> str:
    """A question about several pictures: the verb follows them."""
    swaps = (
        ("does these", "do these"),
        ("these images shows", "these images show"),
        ("Describe it in full", "Describe them in full"),
    )
    for one, many in swaps:
        question = question.replace(one, many)
    return question
