"""Prompts as files for batch jobs, and their answers read back: for sites that run no server.

    NAME.MODEL.jsonl          prompts, one `{"custom_id", "method", "url", "body"}` a line
    NAME.MODEL.out.jsonl      their answers, by `vllm run-batch -i PROMPTS -o ANSWERS --model MODEL`
    NAME.MODEL.2.jsonl        what had to be asked after that: what failed, repairs, later tasks

Prompts of many files may be answered together: `cat part-*.jsonl`, answered into `any.out.jsonl` in
the same folder, is found too. Files are complete or absent, sorted by key, and hold no API key.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import msgspec

from llm_rewrite.asking.endpoint import one_line
from llm_rewrite.asking.journal import Journal
from llm_rewrite.asking.pictures import BadPicture, data_uri
from llm_rewrite.asking.usage import Usage
from llm_rewrite.options import ModelOptions
from llm_rewrite.prompt import Request
from llm_rewrite.reply import Reply
from llm_rewrite.serving.batch_answers import Answers, answer_files, id_in, lines, stem
from schemas.sample import Image

MAX_REQUESTS = 50_000
MAX_BYTES = 200_000_000
_STEM = re.compile(r"(?P<of>.+\.[\w-]+-[0-9a-f]{6})(?:\.(?P<number>[1-9]\d{0,5}))?")
_URL = "/v1/chat/completions"


class BatchFolder:
    """A context manager: answers are read when it is entered, new prompts written when it is left.

    Where an exception leaves it nothing is written, for not all was asked. Prompt files of this
    name that wait for answers although nothing in them was asked any more are taken away. `answers`
    counts what was taken in. Raises `OSError` where the folder cannot be read or written.
    """

    def __init__(
        self,
        model: ModelOptions,
        name: str,
        journal: Journal,
        usage: Usage,
        read_picture: Callable[[Image], bytes],
        *,
        max_requests: int = MAX_REQUESTS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._folder, self._of = Path(model.batch), f"{name}.{model_slug(model.model)}"
        self._journal, self._usage, self._read_picture = journal, usage, read_picture
        self._bounds = max_requests, max_bytes
        self._waiting: dict[str, Path] = {}
        self._asked: set[str] = set()
        self._counted: set[str] = set()
        self._places: dict[str, tuple[int, int]] = {}
        self.answers = Answers()

    def __enter__(self) -> BatchFolder:
        self._folder.mkdir(parents=True, exist_ok=True)
        own = {p: _keys(p) for p in prompt_files(self._folder) if _of(p) == self._of}
        self.answers = _taken_in(self._folder, self._of, own)
        waiting = set(waiting_files(self._folder))
        self._waiting = {key: p for p, keys in own.items() if p in waiting for key in keys}
        self._spool = tempfile.TemporaryFile()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        with self._spool:
            if kind is None:
                self._write()

    async def ask(self, request: Request) -> Reply:
        """The reply to a request, from the journal or a file of answers, else that it waits."""
        key = request.key
        reply = self._journal.get(key)
        if reply is not None:
            self._usage.of(request.task).journaled += 1
        elif found := self.answers.replies.get(key):
            self._journal.put(request, reply := found)
        else:
            reply = await self._put_down(key, request)
        if key not in self._counted:
            self._counted.add(key)
            self._usage.count(request, reply)
        return reply

    async def _put_down(self, key: str, request: Request) -> Reply:
        """Keep a request for the file of prompts, once."""
        before = self.answers.failed.get(key, "")
        waits = Reply(problem=f"waiting: {_why(before)}", passing=True)
        if key in self._asked:
            return waits
        if key not in self._waiting:
            try:
                line = await asyncio.to_thread(self._line, key, request)
            except BadPicture as error:
                return Reply(problem=f"picture: {one_line(str(error))}")
            except OSError as error:
                why = one_line(str(error))
                return Reply(problem=f"picture: cannot be read: {why}", passing=True)
            if key not in self._asked:
                self._places[key] = self._spool.seek(0, os.SEEK_END), len(line)
                self._spool.write(line)
        self._asked.add(key)
        return waits

    def _line(self, key: str, request: Request) -> bytes:
        side, quality = request.model.image_side, request.model.image_quality
        uris = [data_uri(self._read_picture(image), side, quality) for image in request.images]
        line = {"custom_id": key, "method": "POST", "url": _URL, "body": request.body(uris)}
        return msgspec.json.encode(line) + b"\n"

    def _write(self) -> None:
        """Put the prompts that nobody has answered in place, and take away those nobody asks.

        A number is used once, for a job may still answer a file that was taken away.
        """
        last = self._last_number()
        still = {self._waiting[key] for key in self._asked if key in self._waiting}
        for path in set(self._waiting.values()) - still:
            with suppress(FileNotFoundError):
                path.unlink()
        for number, keys in enumerate(self._portions(), last + 1):
            path = self._folder / f"{self._of}{f'.{number}' if number > 1 else ''}.jsonl"
            whole = path.with_name(f".{path.name}.{os.getpid()}")
            with open(whole, "wb") as file:
                for key in keys:
                    place, length = self._places[key]
                    self._spool.seek(place)
                    file.write(self._spool.read(length))
            os.replace(whole, path)

    def _portions(self) -> Iterator[list[str]]:
        """The new keys, sorted, as many at a time as a file may have; no file is empty."""
        most, most_bytes = self._bounds
        keys, size = list[str](), 0
        for key in sorted(self._places):
            length = self._places[key][1]
            if keys and (len(keys) == most or size + length > most_bytes):
                yield keys
                keys, size = [], 0
            keys.append(key)
            size += length
        if keys:
            yield keys

    def _last_number(self) -> int:
        """The highest number that prompts or answers have, 0 for none."""
        there = [*prompt_files(self._folder), *answer_files(self._folder)]
        return max((_number(path) for path in there if _of(path) == self._of), default=0)


def model_slug(model: str) -> str:
    """A model's name as part of a file's name: readable, and different for different models."""
    word = re.sub(r"[^A-Za-z0-9]+", "-", model.rstrip("/").rpartition("/")[2]).strip("-")[:40]
    return f"{word or 'model'}-{hashlib.sha256(model.encode()).hexdigest()[:6]}"


def prompt_files(folder: Path) -> list[Path]:
    """The files of prompts that were written into a folder."""
    answers = set(answer_files(folder))
    found = (path for path in folder.glob("*.jsonl") if path not in answers)
    return sorted(path for path in found if _of(path) and not path.name.startswith("."))


def waiting_files(folder: Path) -> list[Path]:
    """The files of prompts that have no answers beside them yet."""
    answered = {stem(path) for path in answer_files(folder)}
    return [path for path in prompt_files(folder) if stem(path) not in answered]


def _of(path: Path) -> str:
    """`NAME.MODEL` of a file of ours, "" of any other."""
    found = _STEM.fullmatch(stem(path))
    return found["of"] if found else ""


def _number(path: Path) -> int:
    found = _STEM.fullmatch(stem(path))
    return int(found["number"] or 1) if found else 0


def _why(before: str) -> str:
    if before:
        return f"to be asked again, for the batch job says {before}"
    return "for the answers of a batch job"


def _keys(prompts: Path) -> set[str]:
    return {key for line in lines(prompts) if (key := id_in(line[:200]))}


def _taken_in(folder: Path, of: str, own: dict[Path, set[str]]) -> Answers:
    """The answers to these files of prompts, from files of their name or of none of ours.

    Where a file of another name completes the answers to a file of prompts, they are put beside
    it, so that it waits no more.
    """
    answers, copies = Answers(), dict[str, bytes]()
    wanted = set().union(*own.values()) if own else set()
    for path in answer_files(folder):
        if _of(path) == of:
            for line in lines(path):
                answers.add(line)
        elif not _of(path) and wanted:
            for line in lines(path):
                if id_in(line) in wanted and (key := answers.add(line, wanted)):
                    copies.setdefault(key, line)
    waiting = set(waiting_files(folder))
    for path, keys in own.items():
        if path in waiting and keys and keys <= answers.replies.keys():
            _put_beside(path, [copies[key] for key in sorted(keys) if key in copies])
    return answers


def _put_beside(prompts: Path, found: list[bytes]) -> None:
    path = prompts.with_name(f"{stem(prompts)}.out.jsonl")
    whole = path.with_name(f".{path.name}.{os.getpid()}")
    whole.write_bytes(b"".join(line.rstrip(b"\n") + b"\n" for line in found))
    os.replace(whole, path)
