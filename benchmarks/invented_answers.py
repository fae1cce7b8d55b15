"""Answers that fit a request's JSON Schema, made of the request's own texts, without a model.

Strings are the texts of the data blocks in the user's message, in their order: the first string
field gets the first block, the next field the next, from the start again when all are used. What
can be chosen (enums, numbers within bounds, lengths of arrays) is chosen by a hash of the request
and of its seed, so the same request gets the same answer, and another seed may get another.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any

_BLOCK = re.compile(
    r"^\[(?P<name>[^\]\n]*) (?P<token>\w+)\]\n(?P<text>.*?)\n\[end (?P=token)\]$", re.M | re.S
)
_SCHEMA_IN_WORDS = "Its JSON Schema: "
_SIMPLE = ("yes", "no", "A", "1", "0", "text:0", "image:0", "a", "A.", "")


class CannotFill(ValueError):
    """A schema that asks for more than this knows, such as an intricate pattern."""


def invented_answer(body: dict[str, Any]) -> str:
    """The content of an answer to a chat request. Raises `CannotFill`."""
    blocks = texts_of(body) or ["nothing was given"]
    schema = schema_of_request(body)
    if schema is None:
        return blocks[0]
    return json.dumps(_Filler(blocks, body).fill(schema, "$"), ensure_ascii=False)


def texts_of(body: dict[str, Any]) -> list[str]:
    """The texts between the marks of the first user message; the whole message where none."""
    message = user_message(body)
    blocks = [found["text"] for found in _BLOCK.finditer(message)]
    return blocks or ([message] if message.strip() else [])


def user_message(body: dict[str, Any]) -> str:
    """The text of the first user message, its pictures left out."""
    for message in body.get("messages", ()):
        if message.get("role") == "user":
            content = message.get("content")
            if isinstance(content, str):
                return content
            return "\n".join(p["text"] for p in content or () if p.get("type") == "text")
    return ""


def schema_of_request(body: dict[str, Any]) -> dict[str, Any] | None:
    """The schema in `response_format`, else the one that the system message spells out."""
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        schema: dict[str, Any] = form["json_schema"]["schema"]
        return schema
    for message in body.get("messages", ()):
        _, found, words = str(message.get("content")).partition(_SCHEMA_IN_WORDS)
        if message.get("role") == "system" and found:
            spelt: dict[str, Any] = json.JSONDecoder().raw_decode(words)[0]
            return spelt
    return None


class _Filler:
    def __init__(self, blocks: list[str], body: dict[str, Any]) -> None:
        self._blocks: Iterator[str] = cycle(blocks)
        self._seed = f"{body.get('seed', 0)}\0{user_message(body)}"

    def fill(self, schema: dict[str, Any], path: str) -> Any:
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][self._chosen(path, len(schema["enum"]))]
        for several in ("anyOf", "oneOf"):
            if several in schema:
                real = [s for s in schema[several] if s.get("type") != "null"] or schema[several]
                return self.fill(real[0], path)
        return self._typed(schema, path)

    def _typed(self, schema: dict[str, Any], path: str) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = next((k for k in kind if k != "null"), "null")
        match kind:
            case "object":
                properties = schema.get("properties", {})
                return {name: self.fill(s, f"{path}.{name}") for name, s in properties.items()}
            case "array":
                return [self.fill(s, f"{path}[{i}]") for i, s in enumerate(_items(schema))]
            case "string":
                return self._string(schema)
            case "integer" | "number":
                return self._number(schema, path, whole=kind == "integer")
            case "boolean":
                return bool(self._chosen(path, 2))
        return None

    def _string(self, schema: dict[str, Any]) -> str:
        text = next(self._blocks)
        shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 10**9)
        while len(text) < shortest:
            text += text or "x"
        pattern = schema.get("pattern", "")
        for candidate in (text[:longest], *text.split(), *_SIMPLE):
            if shortest <= len(candidate) <= longest and re.search(pattern, candidate):
                return candidate
        raise CannotFill(f"no text fits {schema}")

    def _number(self, schema: dict[str, Any], path: str, whole: bool) -> float:
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        high = schema.get("maximum", schema.get("exclusiveMaximum", low + 10))
        if not whole:
            return float(low + (high - low) * (1 + self._chosen(path, 9)) / 10)
        first = int(low) + ("exclusiveMinimum" in schema)
        last = int(high) - ("exclusiveMaximum" in schema)
        return first + self._chosen(path, max(1, last - first + 1))

    def _chosen(self, path: str, among: int) -> int:
        digest = hashlib.sha256(f"{self._seed}\0{path}".encode("utf-8", "surrogatepass"))
        return int.from_bytes(digest.digest()[:8], "big") % among


def _items(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schema of each item: as few as are allowed, but one where one is."""
    first = list(schema.get("prefixItems", ()))
    fewest = max(schema.get("minItems", 0), min(1, schema.get("maxItems", 1)))
    rest = schema.get("items")
    if not isinstance(rest, dict):
        return first
    return [*first, *[rest] * max(0, fewest - len(first))]
