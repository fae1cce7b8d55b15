"""Answers of batch jobs as they lie in a folder: OpenAI's batch format, which vLLM writes too.

A line is `{"custom_id": KEY, "response": {"status_code", "body"}, "error"}`. Nothing in it is trusted:
what has no key of ours is passed over, what is no answer is counted by its name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from llm_rewrite.asking.endpoint import (
    BadReply,
    concerns_one,
    message_of,
    one_line,
    read_completion,
)
from llm_rewrite.reply import Reply

ANSWERS = (".out.jsonl", ".results.jsonl")
_LONGEST_LINE = 64 * 2**20
_KEY = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(rb'"custom_id"\s*:\s*"([0-9a-f]{64})"')


class _Response(msgspec.Struct):
    status_code: int
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Line(msgspec.Struct):
    custom_id: str
    response: _Response | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")


_LINE = msgspec.json.Decoder(_Line)


@dataclass
class Answers:
    """What was found: replies by key, lines that say why there is none, and how many were broken."""

    replies: dict[str, Reply] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    broken: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """`{"taken": 3, "http_500": 1, "broken": 2}`."""
        reasons = Counter(problem.partition(":")[0] for problem in self.failed.values())
        found = {"taken": len(self.replies), **dict(sorted(reasons.items())), "broken": self.broken}
        return {name: count for name, count in found.items() if count}

    def add(self, line: bytes, wanted: Container[str] | None = None) -> str:
        """Take one line in; its key where it is an answer. Of two answers the first counts."""
        try:
            read = _LINE.decode(line)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            self.broken += bool(line.strip())
            return ""
        key = read.custom_id
        if wanted is not None and key not in wanted:
            return ""
        if not _KEY.fullmatch(key):
            self.broken += 1
            return ""
        reply = _reply(read)
        if reply.passing:
            if key not in self.replies:
                self.failed[key] = reply.problem
            return ""
        self.failed.pop(key, None)
        self.replies.setdefault(key, reply)
        return key


def _reply(line: _Line) -> Reply:
    """The reply in a line; `passing` where the request is to be asked again."""
    response = line.response
    if response is None:
        return Reply(problem=f"batch: {_said(line.error)}", passing=True)
    status, body = response.status_code, bytes(response.body)
    if 200 <= status < 300:
        try:
            return read_completion(body, 0.0)
        except BadReply as error:
            return Reply(problem=f"bad_reply: {one_line(str(error))}", passing=True)
    word = message_of(body) if body != b"null" else _said(line.error)
    return Reply(problem=f"http_{status}: {word}", passing=not concerns_one(status))


def _said(error: msgspec.Raw) -> str:
    word = message_of(bytes(error))
    return word if word not in ("", "null") else "no word"


def answer_files(folder: Path) -> list[Path]:
    """The files of answers in a folder."""
    return sorted(path for path in folder.glob("*.jsonl") if path.name.endswith(ANSWERS))


def stem(path: Path) -> str:
    """The name that prompts and their answers have in common."""
    for ending in (*ANSWERS, ".jsonl"):
        if path.name.endswith(ending):
            return path.name.removesuffix(ending)
    return path.name


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a file; one that is too long comes in pieces, none of which is JSON."""
    with open(path, "rb") as file:
        while line := file.readline(_LONGEST_LINE):
            yield line


def id_in(line: bytes) -> str:
    """A key that a line speaks of, without reading all of it; "" for none."""
    found = _ID.search(line)
    return found[1].decode() if found else ""
