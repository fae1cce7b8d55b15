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
        header = _header(name, len(data))
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


def _template() -> bytes:
    info = tarfile.TarInfo("")
    info.mode = 0o644
    return info.tobuf(format=tarfile.USTAR_FORMAT)


_EMPTY = _template()


def _header(name: str, size: int) -> bytes:
    """A ustar header: tarfile's own for an empty name, with name, size and checksum filled in.

    Asking tarfile for each one takes ten times as long, a tenth of the whole shard stage.
    """
    encoded = name.encode("ascii")
    if len(encoded) > 100 or size >= 8**11:
        raise ValueError(f"{name}: too long or too large for a ustar header")
    header = bytearray(_EMPTY)
    header[0 : len(encoded)] = encoded
    header[124:136] = b"%011o\0" % size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)
