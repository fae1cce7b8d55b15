"""Answers kept as they arrive, so that no crash and no rerun pays for one twice.

A journal is a set of segments in a folder, `NAME.000003-1a2b3c4d.jsonl`: one JSON object a line with
the request's key, its task, its prompt and the reply. A process only ever appends to segments of
its own. All segments of a name are read when it is opened; of a key that is there twice the first
counts, by name of segment, then by line. Lines that cannot be read are skipped and counted.

On a local disk each answer is one `write` to a file opened with O_APPEND: it is safe from SIGKILL as
soon as `put` returns, for the kernel holds it. There is no fsync: a loss of power costs what the
kernel had not written yet, some 30 s of answers as a rule. Object stores cannot append: there,
answers are held back and put as a new segment every 50 answers or 10 seconds and at `close`, so
that a SIGKILL costs up to 10 seconds of answers (and what arrived while a segment was being put).
"""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import fsspec
import msgspec
from fsspec.core import url_to_fs

from llm_rewrite.prompt import Request
from llm_rewrite.reply import Reply

_LONGEST_LINE = 32 * 2**20
_ANSWERS_A_SEGMENT = 50
_SECONDS_A_SEGMENT = 10.0
_PUTS = 4
_PAUSE_S = 1.0
_AT_ONCE = 64
_KEY = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"\w[\w.-]*")


class Line(msgspec.Struct, frozen=True):
    """One answer in a journal."""

    key: str
    reply: Reply
    task: str = ""
    prompt: str = ""


class _Segments(Protocol):
    """Where lines go and come from."""

    def lines(self) -> Iterator[bytes]: ...
    def append(self, line: bytes) -> None: ...
    def close(self) -> None: ...


class Journal:
    """The answers of one partition, on disk or in an object store; for one thread's use.

    `skipped` is how many lines could not be read. Raises `OSError` where the folder cannot be read
    or an answer cannot be kept.
    """

    def __init__(self, folder: str, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot name a journal")
        self._segments = _segments(folder, name)
        self._replies: dict[str, Reply] = {}
        self.skipped = 0
        for line in self._segments.lines():
            self._read(line)

    def __len__(self) -> int:
        return len(self._replies)

    def get(self, key: str) -> Reply | None:
        """The answer to the request of this key."""
        return self._replies.get(key)

    def put(self, request: Request, reply: Reply) -> None:
        """Keep an answer; nothing happens where there is one already."""
        key = request.key
        if key in self._replies:
            return
        line = Line(key, reply, request.task, request.prompt_id)
        self._segments.append(msgspec.json.encode(line) + b"\n")
        self._replies[key] = reply

    def close(self) -> None:
        """Keep what is still held back."""
        self._segments.close()

    def _read(self, line: bytes) -> None:
        try:
            read = _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            self.skipped += bool(line.strip())
            return
        if not _KEY.fullmatch(read.key) or read.reply.passing:
            self.skipped += 1
            return
        self._replies.setdefault(read.key, read.reply)


_DECODER = msgspec.json.Decoder(Line)


def _segments(folder: str, name: str) -> _Segments:
    fs, path = url_to_fs(folder)
    protocols = (fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol
    if "file" in protocols:
        return _LocalSegments(Path(path), name)
    return _StoredSegments(fs, path.rstrip("/"), name)


def _ours(files: Iterable[str], name: str) -> list[str]:
    """The segments of a journal among names of files, in their order."""
    pattern = re.compile(re.escape(name) + r"\.\d{6,}-[0-9a-f]{8}\.jsonl")
    return sorted(file for file in files if pattern.fullmatch(file))


def _next(name: str, segments: list[str]) -> str:
    """A segment's name that sorts after those there are and that no other process takes."""
    last = segments[-1].removeprefix(f"{name}.").partition("-")[0] if segments else "-1"
    return f"{name}.{int(last) + 1:06d}-{secrets.token_hex(4)}.jsonl"


class _LocalSegments:
    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._file: int | None = None
        self._torn = False

    def _there(self) -> list[str]:
        with suppress(FileNotFoundError):
            return _ours(os.listdir(self._folder), self._name)
        return []

    def lines(self) -> Iterator[bytes]:
        for segment in self._there():
            with open(self._folder / segment, "rb") as file:
                while line := file.readline(_LONGEST_LINE):
                    yield line

    def append(self, line: bytes) -> None:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / _next(self._name, self._there())
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o644)
        if self._torn:
            line = b"\n" + line
        self._torn = True  # until the whole line is there; a full disk leaves a part of it
        while line:
            line = line[os.write(self._file, line) :]
        self._torn = False

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class _StoredSegments:
    """Puts in a thread of its own, so that nobody waits for the object store."""

    def __init__(self, fs: fsspec.AbstractFileSystem, folder: str, name: str) -> None:
        self._fs, self._folder, self._name = fs, folder, name
        self._held: list[bytes] = []
        self._problem: OSError | None = None
        self._change = threading.Condition()
        self._closing = False
        self._last = ""
        self._thread: threading.Thread | None = None

    def lines(self) -> Iterator[bytes]:
        try:
            found = self._fs.ls(self._folder, detail=False, refresh=True)
        except FileNotFoundError:
            return
        segments = _ours((str(path).rpartition("/")[2] for path in found), self._name)
        self._last = segments[-1] if segments else ""
        for first in range(0, len(segments), _AT_ONCE):
            paths = [f"{self._folder}/{name}" for name in segments[first : first + _AT_ONCE]]
            for _, data in sorted(self._fs.cat(paths).items()):
                yield from data.split(b"\n")

    def append(self, line: bytes) -> None:
        with self._change:
            if self._problem is not None:
                raise self._problem
            self._held.append(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()
            if len(self._held) == _ANSWERS_A_SEGMENT:
                self._change.notify()

    def close(self) -> None:
        with self._change:
            self._closing = True
            self._change.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._closing = False
        if self._problem is not None:
            raise self._problem

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(self._is_time, _SECONDS_A_SEGMENT)
                held, self._held = self._held, []
                last = self._closing
            if held:
                self._put(b"".join(held))
            if last:
                return

    def _is_time(self) -> bool:
        return self._closing or len(self._held) >= _ANSWERS_A_SEGMENT

    def _put(self, data: bytes) -> None:
        segment = _next(self._name, [self._last] if self._last else [])
        for left in reversed(range(_PUTS)):
            try:
                self._fs.pipe_file(f"{self._folder}/{segment}", data)
            except Exception as error:  # each store has its own
                if not left:
                    said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
                    self._problem = OSError(f"{self._folder}/{segment}: cannot be put: {said}")
                time.sleep(_PAUSE_S if left else 0)
            else:
                self._last = segment
                return
