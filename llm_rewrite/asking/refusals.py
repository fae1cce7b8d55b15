"""Requests that a server refuses (400 and the like): each for its own fault, or all for one?

While no request of a task was answered, its refusals may be the server's: a model that takes no
pictures, a schema that it does not know, too short a context. They are held back from the journal,
so that they are asked again once the server is put right.
"""

from __future__ import annotations

from llm_rewrite.prompt import Request
from llm_rewrite.reply import Reply

_TOO_MANY = 20

Told = tuple[Request, Reply]


class Refusals:
    """What was refused of each task of which nothing was answered yet."""

    def __init__(self) -> None:
        self._held: dict[str, list[Told]] = {}
        self._answered: set[str] = set()

    def settled(self, request: Request, reply: Reply) -> list[Told]:
        """What can be kept for good, now that this reply is there."""
        task = request.task
        if is_refusal(reply) and task not in self._answered:
            self._held.setdefault(task, []).append((request, reply))
            return []
        return [*([] if reply.problem else self.answered(task)), (request, reply)]

    def answered(self, task: str) -> list[Told]:
        """The refusals of a task that turn out to be of single requests, as another is answered."""
        self._answered.add(task)
        return self._held.pop(task, [])

    def of_all(self, task: str) -> bool:
        """Whether so many requests of a task were refused that it is not for their own fault."""
        return len(self._held.get(task, ())) >= _TOO_MANY


def is_refusal(reply: Reply) -> bool:
    """Whether the server would not answer this request, and would not when asked again."""
    return reply.problem.startswith("http_") and not reply.passing
