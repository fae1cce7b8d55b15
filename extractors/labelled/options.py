"""`labelled:` in a recipe: which dataset, where it lies, and what is made of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from extractors.labelled.facts import Facts
from schemas.options import Options, suggestion
from schemas.sample import QUESTION_TASKS


class QuestionOptions(Options):
    """Which questions are asked: `tasks` of `QUESTION_TASKS` (empty: all), at most so many a sample.

    `twins` adds to each closed question its negated twin; `choices` is how many options a single
    choice has. `uncertain` also asks for labels that a row calls uncertain, and offers that answer
    to every closed question on labels.
    """

    tasks: list[str] = []
    max_per_sample: int = Field(12, ge=1)
    twins: bool = True
    choices: int = Field(4, ge=2, le=8)
    uncertain: bool = False

    @field_validator("tasks")
    @classmethod
    def _known_tasks(cls, tasks: list[str]) -> list[str]:
        for task in tasks:
            if task not in QUESTION_TASKS:
                raise ValueError(f"{task!r} is no task{suggestion(task, QUESTION_TASKS)}")
        return tasks


class LabelledOptions(Options):
    """`labelled:` in a recipe; `dataset` is the name of a card, or the path of one's own.

    `reading` changes options of the dataset's family, each as a whole; `facts` adds to what the
    card knows. `captions` is how many are written for each picture, `knowledge` the files whose
    descriptions may stand for a label, in about the share `describe` of the captions. `overlay`
    adds a row whose picture has the regions drawn on it. `questions: false` asks none. `links`
    follows links of the file system that lead out of the root.
    """

    dataset: str
    root: str
    storage: dict[str, object] = {}
    links: bool = False
    reading: dict[str, Any] = {}
    facts: Facts = {}
    licence: str = ""
    attribution: str = ""
    captions: int = Field(4, ge=0, le=20)
    knowledge: list[str] = []
    describe: float = Field(0.5, ge=0, le=1)
    region_captions: bool = True
    questions: QuestionOptions | bool = True
    overlay: Literal["none", "box", "contour", "arrow"] = "none"
    max_side: int = Field(0, ge=0)
    check_files: bool = True

    @property
    def asked(self) -> QuestionOptions | None:
        """How to ask; None where no question is wanted."""
        if isinstance(self.questions, QuestionOptions):
            return self.questions
        return QuestionOptions() if self.questions else None
