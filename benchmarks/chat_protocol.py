"""The OpenAI chat protocol from the server's side: completions, errors, how long an answer takes."""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections.abc import Mapping
from typing import Any

from aiohttp import web

Latency = float | tuple[float, float]

_P99 = 2.3263  # standard deviations above the median


def key_of(body: dict[str, Any]) -> str:
    """SHA-256 of the messages: the same for the same prompt and pictures."""
    return hashlib.sha256(json.dumps(body.get("messages"), sort_keys=True).encode()).hexdigest()


def seconds_for(key: str, latency_s: Latency) -> float:
    """How long the request of this key takes: the same every time.

    `latency_s` is a number of seconds, or median and 99th percentile of a lognormal distribution.
    """
    if not isinstance(latency_s, tuple):
        return latency_s
    median, p99 = latency_s
    spread = math.log(p99 / median) / _P99
    share = (int(key[:12], 16) + 0.5) / 16**12
    return median * math.exp(spread * statistics.NormalDist().inv_cdf(share))


def assistant(content: str) -> dict[str, Any]:
    """The message of an answer."""
    return {"role": "assistant", "content": content}


def completion(body: dict[str, Any], message: dict[str, Any], finish: str) -> dict[str, Any]:
    """The JSON of an answer. Tokens are words; those of the system message count as cached."""
    prompt = [len(_words(given.get("content"))) for given in body["messages"]]
    written = len(_words(message.get("content")))
    usage = {
        "prompt_tokens": sum(prompt),
        "completion_tokens": written,
        "total_tokens": sum(prompt) + written,
        "prompt_tokens_details": {"cached_tokens": prompt[0]},
    }
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "model": body.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": usage,
    }


def _words(content: Any) -> list[str]:
    if isinstance(content, str):
        return content.split()
    return [word for part in content or () for word in str(part.get("text", "")).split()]


def error_response(
    status: int, message: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    """An error in the form that OpenAI and vLLM give it."""
    error = {"error": {"message": message, "type": "invented", "code": status}}
    return web.json_response(error, status=status, headers=headers)


async def cut_in_half(request: web.Request, whole: bytes) -> web.StreamResponse:
    """Half of a body that was announced whole, then the connection's end."""
    response = web.StreamResponse()
    response.content_length = len(whole)
    await response.prepare(request)
    await response.write(whole[: len(whole) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response
