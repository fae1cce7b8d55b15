"""What all readers of a vocabulary share: lines of text, plain or gzip, and problems in them."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

import msgspec

CUI = re.compile(r"C\d{7}")
_LONGEST_LINE = 4 << 20
_GZIP_MAGIC = b"\x1f\x8b"


class VocabularyError(ValueError):
    """A whole input cannot be used; one line that names it and says what is wrong."""


class Problem(msgspec.Struct, frozen=True):
    """`count` rows of a file that were left out; `line` is where the first is, from 1."""

    path: str
    line: int
    words: str
    count: int = 1


Report = Callable[[Problem], None]


def ignore(_: Problem) -> None:
    """A report that nobody reads."""


def is_cui(text: str) -> bool:
    """Whether an id is one of the UMLS, C and seven digits."""
    return CUI.fullmatch(text) is not None


def open_source(path: Path | str) -> IO[bytes]:
    """A file to read, unpacked as it is read if it is gzip. Raises `VocabularyError`."""
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == _GZIP_MAGIC
        return cast(IO[bytes], gzip.open(path, "rb")) if packed else open(path, "rb")
    except OSError as error:
        raise VocabularyError(f"{path}: cannot be read: {error.strerror or error}") from None


def lines(path: Path | str, report: Report = ignore) -> Iterator[tuple[int, str]]:
    """Every line with its number, from 1, without its end; one that is not UTF-8 is reported.

    No more than a line is held, and a line of over 4 MiB is left out, so that a gzip bomb costs
    time and no memory. A gzip stream that breaks off is read as far as it goes.
    """
    with open_source(path) as file:
        number = 0
        while line := _next_line(file, path, number, report):
            number += 1
            if len(line) > _LONGEST_LINE:
                _skip_line(file, line)
                report(Problem(str(path), number, f"a line of over {_LONGEST_LINE:,} bytes"))
                continue
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                report(Problem(str(path), number, "not UTF-8"))
                continue
            yield number, text.rstrip("\r\n")


def _next_line(file: IO[bytes], path: Path | str, number: int, report: Report) -> bytes:
    try:
        return file.readline(_LONGEST_LINE + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        report(Problem(str(path), number + 1, f"the gzip stream is broken ({error})"))
        return b""


def _skip_line(file: IO[bytes], begun: bytes) -> None:
    while begun and not begun.endswith(b"\n"):
        try:
            begun = file.readline(_LONGEST_LINE)
        except (EOFError, gzip.BadGzipFile, zlib.error):  # the next read meets it again and tells
            return
