"""The kinds of text that a model can be asked for. To add one: a file here and a line below."""

from __future__ import annotations

from llm_rewrite.task import Task
from llm_rewrite.tasks import (
    caption_labels,
    describe_regions,
    judge,
    merge_questions,
    preferences,
    reason,
    rewrite_caption,
    summarise_references,
    translate,
    vqa,
)

_MODULES = (
    caption_labels,
    describe_regions,
    judge,
    merge_questions,
    preferences,
    reason,
    rewrite_caption,
    summarise_references,
    translate,
    vqa,
)
TASKS: dict[str, Task] = {module.TASK.name: module.TASK for module in _MODULES}
