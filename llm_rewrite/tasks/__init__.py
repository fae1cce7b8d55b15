"""The kinds of text that a model can be asked for. To add one: a file here and a line below."""

from __future__ import annotations

from llm_rewrite.task import Task
from llm_rewrite.tasks import rewrite_caption

TASKS: dict[str, Task] = {task.name: task for task in (rewrite_caption.TASK,)}
