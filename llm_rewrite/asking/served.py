"""Which models a server has, and whether the one that a recipe names is among them."""

from __future__ import annotations

import asyncio
import difflib
from typing import Any

import msgspec

from llm_rewrite.asking.connection import Connection, Failed
from llm_rewrite.asking.endpoint import (
    EndpointDown,
    ModelUnavailable,
    key_of,
    may_pass,
    message_of,
    one_line,
    refused,
)
from llm_rewrite.asking.retrying import wait_s
from llm_rewrite.options import ModelOptions

_TRIES = 3
_MOST_SHOWN = 8


async def served_models(model: ModelOptions, endpoint: str) -> list[str]:
    """The names at `GET /models`. Raises `ModelUnavailable`."""
    key = key_of(model)
    endpoint = endpoint.rstrip("/")
    async with Connection(endpoint, key, most=1) as connection:
        for attempt in range(_TRIES):
            try:
                said = await connection.say("GET", "models", None, min(30.0, model.timeout_s))
                problem = f"HTTP {said.status}: {message_of(said.body, key)}"
            except Failed as failed:
                problem = str(failed)
            else:
                if 200 <= said.status < 300:
                    return _names(said.body, endpoint)
                if not may_pass(said.status):
                    raise refused(endpoint, said.status, message_of(said.body, key))
            if attempt < _TRIES - 1:
                await asyncio.sleep(wait_s(attempt, 0.5))
    raise EndpointDown(f"{endpoint} does not answer: {problem}; see whether the server runs")


async def check_served(model: ModelOptions, endpoint: str) -> None:
    """Raises `ModelUnavailable` where the server cannot be had or does not serve the model."""
    served = await served_models(model, endpoint)
    if model.model in served:
        return
    near = difflib.get_close_matches(model.model, served, n=_MOST_SHOWN, cutoff=0.0)
    shown = ", ".join(one_line(name, most=80) for name in near) or "nothing"
    more = f" and {len(served) - len(near)} more" if len(served) > len(near) else ""
    raise ModelUnavailable(f"{endpoint} does not serve {model.model!r}; it serves {shown}{more}")


def _names(body: bytes, endpoint: str) -> list[str]:
    try:
        said: Any = msgspec.json.decode(body)
        return [entry["id"] for entry in said["data"] if isinstance(entry["id"], str)]
    except (msgspec.MsgspecError, UnicodeError, RecursionError, TypeError, LookupError):
        word = message_of(body[:4000])
        raise ModelUnavailable(
            f"{endpoint}/models does not list models; check the address, which ends with /v1 as "
            f"a rule; it said: {word}"
        ) from None
