"""Rows for tests of tasks that write questions, and models that say what a test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import msgspec

from llm_rewrite.prompt import user_text
from llm_rewrite.reply import Reply
from llm_rewrite.task import Task, Tools
from llm_rewrite.writing import Exchange, Request, Step, write_row
from schemas.sample import Image, Label, Question, Region, Sample, Text

PICTURE = Image("images.tar", 0, 1, 200, 100, "png", "0" * 64, 0)
CT = Sample(
    "PMC1.1/F2",
    "PMC1.1",
    "PMC1.1",
    "pmc",
    images=[PICTURE],
    texts=[
        Text(
            "caption",
            "Axial CT of the chest. The arrow shows a solid nodule of 21 mm in the right lung.",
        ),
        Text("reference", "CT showed a solid nodule of 21 mm in the right lung (Figure 2)."),
    ],
    modality="ct",
    modality_score=1.0,
    body_part="chest",
)
SMEAR = Sample(
    "bccd/1",
    "bccd/1",
    "bccd/1",
    "bccd",
    images=[PICTURE],
    texts=[Text("label_caption", "A blood smear.", writer="fabrica")],
    labels=[Label("white blood cell", "present"), Label("platelet", "absent")],
    regions=[
        Region("white blood cell", [20, 10, 60, 50], share=0.08, place="upper left"),
        Region("red blood cell", [120, 60, 140, 80], share=0.02, place="lower right"),
    ],
    questions=[
        Question(
            "closed", "Is a platelet present?", ["yes", "no"], "no", task="presence", pair="p"
        ),
        Question(
            "closed",
            "Is the image free of platelets?",
            ["yes", "no"],
            "yes",
            task="presence",
            pair="p",
        ),
        Question(
            "single",
            "Where does the white blood cell lie?",
            ["lower right", "upper left"],
            "upper left",
            task="place",
            evidence="regions[0]",
        ),
        Question(
            "open",
            "How many white blood cells are there in this image?",
            answer="1",
            task="count",
            evidence="regions[0]",
        ),
        Question(
            "multiple",
            "Which cells can be seen?",
            ["platelet", "red blood cell", "white blood cell"],
            "red blood cell; white blood cell",
            task="class",
        ),
        Question(
            "open",
            "Give the box of the white blood cell.",
            answer="[100, 100, 300, 500]",
            task="box",
            evidence="regions[0]",
        ),
    ],
    modality="cytology",
)


def step_of(task: Task, **options: Any) -> Step:
    """The task as a recipe would ask for it."""
    made = task.options(model="m", **options)
    return Step(task, made, task.instructions(made), task.name)


def written(
    task: Task, row: Sample, say: Callable[[Request], object], **options: Any
) -> tuple[Sample, list[Exchange], list[Request]]:
    """The row after the task, with a model that says what `say` gives; all that was asked."""
    requests: list[Request] = []

    async def ask(request: Request) -> Reply:
        requests.append(request)
        said = say(request)
        return Reply(content=said if isinstance(said, str) else json.dumps(said))

    made, exchanges = asyncio.run(write_row(row, step_of(task, **options), ask, Tools()))
    return made, exchanges, requests


def users(task: Task, row: Sample, **options: Any) -> list[str]:
    """The changing part of each request for a row."""
    step = step_of(task, **options)
    return [user_text(prompt) for prompt in task.prompts(row, step.options, Tools())]


def with_words(row: Sample, words: str) -> Sample:
    """The row with another caption."""
    texts = [msgspec.structs.replace(row.texts[0], text=words), *row.texts[1:]]
    return msgspec.structs.replace(row, texts=texts)


def reasons_of(question: Question) -> set[str]:
    """The names of what was found in a question."""
    return {reason.partition(":")[0] for reason in question.reasons}
