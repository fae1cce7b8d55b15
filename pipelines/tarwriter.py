"""Tar files with known offsets and equal bytes for equal content (POSIX ustar, times 0)."""

from __future__ import annotations

import tarfile
from typing import BinaryIO

_BLOCK = 512


class TarWriter:
    """Appends members to an open binary file; `add` tells where the content lies."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._position = 0

    @property
    def position(self) -> int:
        """Bytes written so far."""
        return self._position

    def add(self, name: str, data: bytes) -> int:
        """Append a member (name at most 100 characters); returns the offset of its content."""
        info = tarfile.TarInfo(name)
        info.size = len(data)
        info.mode = 0o644
        header = info.tobuf(format=tarfile.USTAR_FORMAT)
        self._file.write(header)
        offset = self._position + len(header)
        self._file.write(data)
        padding = -len(data) % _BLOCK
        self._file.write(b"\0" * padding)
        self._position = offset + len(data) + padding
        return offset

    def close(self) -> None:
        """Write the end-of-archive mark."""
        self._file.write(b"\0" * (2 * _BLOCK))
        self._position += 2 * _BLOCK
