"""What a server said to one request, as the client gives it back and the journal keeps it."""

from __future__ import annotations

import msgspec


class Reply(msgspec.Struct, frozen=True):
    """An answer, or why there is none. Tokens as the server counted them; latency in seconds.

    `problem` is empty for an answer, else a name and what the server said (`http_400: ...`).
    `passing`: the problem may be gone when asked again (refused connections, 429, 5xx, timeouts);
    only what is not passing is journaled.
    """

    content: str = ""
    finish: str = ""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    latency_s: float = 0.0
    problem: str = ""
    passing: bool = False
