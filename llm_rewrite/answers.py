"""From a reply to a checked answer: JSON Schema out of a struct, strict reading back into it."""

from __future__ import annotations

import functools
import json
import re
from typing import Any, TypeVar

import msgspec

_MAX_CHARACTERS = 200_000  # with a thought before it
_MOST_OF_ANSWER = 50_000  # checks of more would hold up all other requests for long
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)
_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*)\n\s*```\s*\Z", re.DOTALL)

Answer = TypeVar("Answer", bound=msgspec.Struct)


class BadAnswer(ValueError):
    """A reply is not what was asked for; the message says why, for the model and for people."""


@functools.cache
def schema_of(answer: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of a struct, without references, closed to other properties."""
    whole = msgspec.json.schema(answer)
    return _closed(_inlined(whole, whole.get("$defs", {})))


def read_answer(content: str, answer: type[Answer]) -> Answer:
    """The struct that a reply holds. Raises `BadAnswer`.

    A thought before it and a code fence around it are taken off. Raw control characters in strings
    are let through, as servers with constrained decoding write them.
    """
    if len(content) > _MAX_CHARACTERS:
        raise BadAnswer(f"the answer is {len(content):,} characters long")
    text = _THOUGHT.sub("", content)
    if fenced := _FENCED.match(text):
        text = fenced[1]
    if len(text) > _MOST_OF_ANSWER:
        raise BadAnswer(f"the answer is {len(text):,} characters long")
    try:
        data = json.loads(text, strict=False, parse_constant=_no_constant)
        json.dumps(data, ensure_ascii=False).encode()  # no half characters, which no file can hold
    except (ValueError, RecursionError) as error:
        raise BadAnswer(f"the answer is not JSON: {error}") from None
    try:
        return msgspec.convert(data, answer)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadAnswer(f"the answer does not fit the schema: {error}") from None


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {k: _inlined(v, definitions) for k, v in schema.items() if k not in ("$defs", "title")}


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed["additionalProperties"] = False
    return closed
