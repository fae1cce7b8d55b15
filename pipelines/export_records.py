"""What of a row goes into an export: conversations, preferences, questions a program can score.

Only texts and questions that nothing has rejected. Ids are of the sample and the part of it that
the record was made of: `vqa_rad/synpic54610#question:3`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pipelines.export_turns import Turn, answer_text, asked_text, clean, letters_of, turn_of
from pipelines.export_words import describe
from schemas.sample import Question, Sample

STYLES = ("llava", "openai")
_DESCRIPTION = "description"  # the task of questions that ask for a row's own text
_NUMBER = re.compile(r"([-−]?\d+(?:[.,]\d+)*)\s*([^\W\d_]{1,12}[²³23]?|%|°)?\.?\Z")
_BOX = re.compile(r"\[\s*-?\d+(?:\.\d+)?(?:\s*,\s*-?\d+(?:\.\d+)?){3}\s*\]\Z")
_YES = {"yes", "no"}

Record = dict[str, Any]


def chat(sample: Sample, pictures: list[str], style: str, rationale: str) -> Iterator[Record]:
    """A record for the caption and each translation, each question, each conversation.

    Preferences are left out: their questions are in the row already.
    """
    for name, turns in _conversations(sample, rationale):
        record: Record = {"id": f"{sample.sample_id}#{name}"}
        if style == "openai":
            yield record | {"messages": list(_messages(turns, pictures))}
        else:
            yield record | {"image": pictures, "conversations": list(_said(turns, len(pictures)))}


def dpo(sample: Sample, pictures: list[str], noised: list[str] | None = None) -> Iterator[Record]:
    """A record for each question with a rejected answer. `weight` is null where none was given."""
    for place, question in _usable(sample):
        if not question.rejected.strip():
            continue
        record = {
            "id": f"{sample.sample_id}#question:{place}",
            "prompt": asked_text(question),
            "chosen": answer_text(question, question.answer),
            "rejected": answer_text(question, question.rejected),
            "weight": question.weight,
            "reason": next(iter(question.reasons), ""),
            "image": pictures,
        }
        yield record if noised is None else record | {"rejected_image": noised}


def reward(sample: Sample, pictures: list[str]) -> Iterator[Record]:
    """A record for each question whose answer a program can compare; the solution is a string."""
    for place, question in _usable(sample):
        found = None if question.rejected else solution_of(question)
        if found is not None:
            kind, solution, unit = found
            yield {
                "id": f"{sample.sample_id}#question:{place}",
                "problem": asked_text(question),
                "solution": solution,
                "kind": kind,
                "unit": unit,
                "task": question.task,
                "image": pictures,
            }


def solution_of(question: Question) -> tuple[str, str, str] | None:
    """`(kind, solution, unit)`; None where no program can tell a right answer from a wrong one.

    option: the letter; set: the letters, `A; C`; yes_no: the word; number: digits with a decimal
    point, and its unit; box: four coordinates as a JSON list. A point within a region is one of many
    right ones, so it is none of these.
    """
    answer = clean(question.answer)
    if question.kind == "closed":
        plain = answer.lower()
        return ("yes_no", plain if plain in _YES else answer, "") if answer else None
    if question.kind in ("single", "multiple"):
        letters = letters_of(question, question.answer)
        kind = "option" if question.kind == "single" else "set"
        return (kind, "; ".join(letters), "") if letters else None
    if _BOX.match(answer):
        parts = [part.strip() for part in answer.strip("[]").split(",")]
        return "box", f"[{', '.join(parts)}]", ""
    if number := _NUMBER.match(answer):
        digits = _digits(number[1], question.language)
        return ("number", digits, number[2] or "") if digits else None
    return None


def _conversations(sample: Sample, rationale: str) -> Iterator[tuple[str, list[Turn]]]:
    described = {q.answer.strip() for q in sample.questions if q.task == _DESCRIPTION}
    caption = clean(sample.caption)
    if caption and sample.caption.strip() not in described:
        asked = describe(_language(sample), f"{sample.sample_id}#caption")
        yield "caption", [Turn(asked, caption)]
    for place, text in enumerate(sample.texts):
        told = clean(text.text)
        if text.kind == "translation" and text.faithful is not False and told != caption and told:
            name = f"text:{place}"
            asked = describe(text.language, f"{sample.sample_id}#{name}")
            yield name, [Turn(asked, told)]
    yield from _asked(sample, rationale)


def _asked(sample: Sample, rationale: str) -> Iterator[tuple[str, list[Turn]]]:
    """Questions alone, and the turns of each conversation together where its first one stands."""
    turns: dict[str, list[Turn]] = {}
    for place, question in _usable(sample):
        if question.rejected:
            continue
        talk = f"dialogue:{question.dialogue}/{question.language}"
        name = talk if question.dialogue else f"question:{place}"
        turns.setdefault(name, []).append(turn_of(question, rationale))
    yield from turns.items()


def _usable(sample: Sample) -> Iterator[tuple[int, Question]]:
    for place, question in enumerate(sample.questions):
        whole = clean(question.question) and clean(question.answer)
        if question.faithful is not False and whole:
            yield place, question


def _language(sample: Sample) -> str:
    """The language of the training caption."""
    found = (text.language for text in sample.texts if text.text == sample.caption)
    return next(found, "en")


def _said(turns: Iterable[Turn], pictures: int) -> Iterator[Record]:
    """LLaVA's turns; the pictures stand before the first question."""
    marks = "<image>\n" * pictures
    for turn in turns:
        yield {"from": "human", "value": marks + turn.asked}
        yield {"from": "gpt", "value": turn.answered}
        marks = ""


def _messages(turns: Iterable[Turn], pictures: list[str]) -> Iterator[Record]:
    """OpenAI's messages; the pictures stand before the first question."""
    shown = [{"type": "image_url", "image_url": {"url": picture}} for picture in pictures]
    for turn in turns:
        yield {"role": "user", "content": [*shown, {"type": "text", "text": turn.asked}]}
        yield {"role": "assistant", "content": [{"type": "text", "text": turn.answered}]}
        shown = []


def _digits(number: str, language: str) -> str:
    """Digits with a decimal point; "" where a comma may be one or not."""
    number = number.replace("−", "-")
    if re.fullmatch(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?", number):
        return number.replace(",", "") if language in ("en", "zh") else ""
    number = number.replace(",", ".")
    return number if number.count(".") <= 1 else ""
