"""What a request asks, as the rule writer reads it: the task, the blocks of material, the last line."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from benchmarks.invented_answers import schema_of_request, user_message

_BLOCK = re.compile(
    r"^\[(?P<name>[^\]\n]*) (?P<token>\w+)\]\n(?P<text>.*?)\n\[end (?P=token)\]$", re.M | re.S
)
_NUMBER = re.compile(r"\A(\d+) ")
# The fields of each task's answer, for servers that are not told the task's name.
_FIELDS = {
    frozenset({"sentences"}): "summarise_references",
    frozenset({"whole", "regions"}): "describe_regions",
    frozenset({"questions"}): "vqa",
    frozenset({"parts", "steps", "answer"}): "reason",
    frozenset({"question", "answer"}): "merge_questions",
    frozenset({"lines"}): "translate",
    frozenset({"items"}): "preferences",
    frozenset({"verdicts"}): "judge",
}

Item = TypeVar("Item")


@dataclass(frozen=True)
class Block:
    """A piece of material: `number` as it stands before its name (0: none), its name, its text."""

    name: str
    text: str
    number: int = 0


@dataclass(frozen=True)
class Asked:
    """A request: `again` where an earlier answer was sent back, `seed` a digest of all but that."""

    task: str
    blocks: tuple[Block, ...]
    request: str
    system: str
    seed: str
    again: bool = False
    schema: dict[str, Any] = field(default_factory=dict)

    def named(self, *names: str) -> list[Block]:
        """The blocks of these names."""
        return [block for block in self.blocks if block.name in names]

    def texts(self, *names: str) -> list[str]:
        """The texts of the blocks of these names."""
        return [block.text for block in self.named(*names)]

    @property
    def facts(self) -> dict[str, str]:
        """The lines `name: value` of the block of facts."""
        lines = "\n".join(self.texts("facts", "evidence, facts")).splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def draw(self, among: int, *key: object) -> int:
        """A number below `among` that depends only on the request and the key."""
        words = "\0".join((self.seed, *map(str, key)))
        digest = hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") % among

    def pick(self, items: Sequence[Item], *key: object) -> Item:
        """One of the items."""
        return items[self.draw(len(items), *key)]

    def mixed(self, items: Sequence[str], *key: object) -> list[str]:
        """The items in a drawn order."""
        return sorted(items, key=lambda item: (self.draw(2**60, *key, item), item))


def asked_of(body: dict[str, Any]) -> Asked:
    """What a chat request asks of a task of ours. Raises `ValueError` where it is none."""
    schema = schema_of_request(body)
    if schema is None:
        raise ValueError("no schema in the request")
    message = user_message(body)
    blocks = tuple(_block(found) for found in _BLOCK.finditer(message))
    messages = body["messages"]
    system = next((str(m["content"]) for m in messages if m["role"] == "system"), "")
    seed = hashlib.sha256(f"{body.get('seed', 0)}\0{system}\0{message}".encode()).hexdigest()
    task = _task(body, schema, blocks)
    again = any(m["role"] == "assistant" for m in messages)
    return Asked(task, blocks, message[_end(message) :].strip(), system, seed, again, schema)


def _task(body: dict[str, Any], schema: dict[str, Any], blocks: Sequence[Block]) -> str:
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        return str(form["json_schema"]["name"])
    fields = frozenset(schema.get("properties", ()))
    if fields == {"captions"}:
        labelled = any(block.name == "label" for block in blocks)
        return "caption_labels" if labelled else "rewrite_caption"
    if fields not in _FIELDS:
        raise ValueError(f"no task of ours: {json.dumps(sorted(fields))}")
    return _FIELDS[fields]


def _block(found: re.Match[str]) -> Block:
    name, number = found["name"], _NUMBER.match(found["name"])
    if number is None:
        return Block(name, found["text"])
    return Block(name[number.end() :], found["text"], int(number[1]))


def _end(message: str) -> int:
    return max((found.end() for found in _BLOCK.finditer(message)), default=0)
