"""What an OpenAI-compatible server's answers mean: statuses, messages of errors, completions.

ModelUnavailable     nobody can be served: one line with the address and what to do
  EndpointRefused    the server says no to everybody: wrong key, address or model
  EndpointDown       nothing gets through for longer than the tries of several requests last
"""

from __future__ import annotations

import os
from typing import Any

import msgspec

from llm_rewrite.options import ModelOptions
from llm_rewrite.reply import Reply

# Statuses that concern one request; a redirect or any other 4xx concerns everybody.
_OWN_FAULT = (400, 413, 414, 415, 422, 431)
_PASSING = (408, 409, 425, 429)
_NEVER = (501, 505)
OVERLOADED = (429, 503, 529)
UNREACHED = (429, 502, 503, 504, 529)  # beyond the server that answers these there may be none
_MOST_TOKENS = 10**9
_SHORTEST_SECRET = 8


class ModelUnavailable(Exception):
    """No answer can be had from a model; the message names the address and what to do."""


class EndpointRefused(ModelUnavailable):
    """The server refuses what every request has in common."""


class EndpointDown(ModelUnavailable):
    """Nothing gets through to the server."""


class BadReply(ValueError):
    """A 200 that holds no completion."""


def may_pass(status: int) -> bool:
    """Whether a request that got this status may do better when asked again."""
    return status in _PASSING or (status >= 500 and status not in _NEVER)


def concerns_one(status: int) -> bool:
    """Whether another request may do better."""
    return status in _OWN_FAULT


def key_of(model: ModelOptions) -> str:
    """The key out of the environment, "" where none is asked for. Raises `ModelUnavailable`."""
    name = model.api_key_env
    key = os.environ.get(name, "").strip() if name else ""
    if name and not key:
        raise ModelUnavailable(
            f"the environment variable {name} is not set; it holds the key (see api_key_env)"
        )
    if not key.isprintable() or not key.isascii():
        raise ModelUnavailable(f"what the environment variable {name} holds cannot be a key")
    return key


def refused(address: str, status: int, message: str) -> EndpointRefused:
    """The error for a status that concerns everybody, with what to do."""
    advice = {
        401: "set the key's environment variable (api_key_env)",
        402: "the account has to be paid",
        403: "the key may not use this model; see api_key_env",
        404: "check the address, which ends with /v1 as a rule, and the model's name",
    }.get(status, "check the address, which ends with /v1 as a rule")
    if 300 <= status < 400:
        advice = "it leads elsewhere; give the last address itself"
    return EndpointRefused(f"{address} refuses: HTTP {status}: {message or 'no word'}; {advice}")


def one_line(text: str, secret: str = "", most: int = 300) -> str:
    """Text of a server fit for a log: one line, no control characters, cut, without the key."""
    if len(secret) >= _SHORTEST_SECRET:
        text = text.replace(secret, "***")
    shown = "".join(c if c.isprintable() else " " for c in text[: 20 * most])
    line = " ".join(shown.split())
    return line if len(line) <= most else line[: most - 3] + "..."


def message_of(body: bytes, secret: str = "") -> str:
    """The message in an error's body, in any of the forms there are, else the body's beginning."""
    text = body[:20_000].decode("utf-8", "replace")
    try:
        said: Any = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return one_line(text, secret)
    for name in ("error", "message", "detail"):
        if isinstance(said, dict) and said.get(name):
            said = said[name]
    return one_line(said if isinstance(said, str) else text, secret)


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    usage: msgspec.Raw = msgspec.Raw(b"{}")


_COMPLETION = msgspec.json.Decoder(_Completion)
_USAGE = msgspec.json.Decoder(dict[str, Any])


def read_completion(body: bytes, latency_s: float) -> Reply:
    """The reply that the body of a 200 holds. Raises `BadReply`.

    Of the message only `content` and `refusal` count; what a model thought (`reasoning_content`)
    is left out. A reply that is not whole has a problem which asking again would not mend.
    """
    try:
        completion = _COMPLETION.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadReply(f"{error}; it said: {message_of(body[:4000])}") from None
    if not completion.choices:
        raise BadReply(f"no choices; it said: {message_of(body[:4000])}")
    choice = completion.choices[0]
    prompt, cached, completed = _tokens(completion.usage)
    return Reply(
        content=choice.message.content or "",
        finish=one_line(choice.finish_reason or "", most=40),
        prompt_tokens=prompt,
        cached_tokens=cached,
        completion_tokens=completed,
        latency_s=round(latency_s, 4),
        problem=_problem(choice),
    )


def _problem(choice: _Choice) -> str:
    content, finish = choice.message.content, choice.finish_reason
    if choice.message.refusal:
        return f"refused: {one_line(choice.message.refusal)}"
    if finish == "content_filter":
        return "refused: the server's content filter stopped the answer"
    if finish == "length":
        return "cut_off: the answer is longer than max_tokens, or than the model's context"
    if content is None:
        return "no_content: the answer has no text"
    return ""


def _tokens(usage: msgspec.Raw) -> tuple[int, int, int]:
    """Tokens of the prompt, those of them that were cached, and of the answer; 0 for no number."""
    try:
        said = _USAGE.decode(usage)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return 0, 0, 0
    details = said.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    return _count(said.get("prompt_tokens")), _count(cached), _count(said.get("completion_tokens"))


def _count(value: Any) -> int:
    return min(value, _MOST_TOKENS) if isinstance(value, int) and value > 0 else 0
