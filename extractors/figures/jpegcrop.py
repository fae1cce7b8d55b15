"""A JPEG cut out of a JPEG on block borders, its coefficients untouched, through libturbojpeg.

libturbojpeg (Debian and Ubuntu: libturbojpeg0; 2.x or 3.x) is used where the machine has it.
Its interface: https://libjpeg-turbo.org/Documentation (TurboJPEG C API, tjTransform).
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Iterator
from dataclasses import dataclass

from extractors.figures.records import Box

_NAMES = (
    "libturbojpeg.so.0",
    "libturbojpeg.dylib",
    "/opt/homebrew/opt/jpeg-turbo/lib/libturbojpeg.dylib",
    "/usr/local/opt/jpeg-turbo/lib/libturbojpeg.dylib",
)
_CROP, _PROGRESSIVE, _COPY_NO_MARKERS = 4, 32, 64
_SOI, _SOS, _APP0, _APP2 = 0xD8, 0xDA, 0xE0, 0xE2
_FRAMES = {0xC0: False, 0xC1: False, 0xC2: True}  # start-of-frame marker: progressive or not
_PROFILE = b"ICC_PROFILE\0"
_BLOCK_PX = 8


class _Transform(ctypes.Structure):
    """`tjtransform`, with its `tjregion` written out."""

    _fields_ = [
        ("x", ctypes.c_int),
        ("y", ctypes.c_int),
        ("w", ctypes.c_int),
        ("h", ctypes.c_int),
        ("op", ctypes.c_int),
        ("options", ctypes.c_int),
        ("data", ctypes.c_void_p),
        ("filter", ctypes.c_void_p),
    ]


@dataclass(frozen=True)
class _Header:
    """What the segments before the pixels say: block size, coding, colour profile as stored."""

    block_width_px: int
    block_height_px: int
    progressive: bool
    profile: bytes


def available() -> bool:
    """Whether this machine has libturbojpeg."""
    return _library() is not None


def on_block_borders(data: bytes, box: Box) -> Box | None:
    """The box grown to the left and up to the JPEG's block borders; None for a JPEG we do not cut.

    Its right and lower sides may lie anywhere: the rest of the last blocks is hidden.
    """
    header = _header(data)
    if header is None:
        return None
    x0, y0, x1, y1 = box
    return x0 - x0 % header.block_width_px, y0 - y0 % header.block_height_px, x1, y1


def cut(data: bytes, box: Box) -> bytes | None:
    """The JPEG of a box that begins on block borders; None where the library cannot."""
    library, header = _library(), _header(data)
    if library is None or header is None:
        return None
    options = _CROP | _COPY_NO_MARKERS | (_PROGRESSIVE if header.progressive else 0)
    x0, y0, x1, y1 = box
    transform = _Transform(x0, y0, x1 - x0, y1 - y0, 0, options, None, None)
    target, size = ctypes.c_void_p(), ctypes.c_ulong(0)
    handle = library.tjInitTransform()
    try:
        failed = library.tjTransform(
            handle, data, len(data), 1, ctypes.byref(target), ctypes.byref(size),
            ctypes.byref(transform), 0,
        )  # fmt: skip
        if failed or not target.value:
            return None
        return _with_profile(ctypes.string_at(target.value, size.value), header.profile)
    finally:
        if target.value:
            library.tjFree(target)
        library.tjDestroy(handle)


@functools.cache
def _library() -> ctypes.CDLL | None:
    for name in _NAMES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.tjInitTransform.restype = ctypes.c_void_p
        library.tjDestroy.argtypes = [ctypes.c_void_p]
        library.tjFree.argtypes = [ctypes.c_void_p]
        library.tjFree.restype = None
        library.tjTransform.argtypes = [
            ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_int,
            ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_ulong),
            ctypes.POINTER(_Transform), ctypes.c_int,
        ]  # fmt: skip
        return library
    return None


def _header(data: bytes) -> _Header | None:
    """None for what has no frame header of a kind that can be cut."""
    frame, profile = None, b""
    for marker, start, end in _segments(data):
        if marker in _FRAMES:
            frame = (_FRAMES[marker], data[start + 4 : end])
        elif marker == _APP2 and data.startswith(_PROFILE, start + 4):
            profile += data[start:end]
    if frame is None or len(frame[1]) < 6 or len(frame[1]) < 6 + 3 * frame[1][5]:
        return None
    progressive, body = frame
    sampling = [body[7 + 3 * i] for i in range(body[5])]
    if len(sampling) <= 1:  # one component is never interleaved: its blocks stand alone
        return _Header(_BLOCK_PX, _BLOCK_PX, progressive, profile)
    across = max(s >> 4 for s in sampling)
    down = max(s & 15 for s in sampling)
    if not across or not down:
        return None
    return _Header(_BLOCK_PX * across, _BLOCK_PX * down, progressive, profile)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """`(marker, start, end)` of each segment before the pixels, marker and length included."""
    if data[:2] != bytes((0xFF, _SOI)):
        return
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # padding
            place += 1
            continue
        if marker == _SOS:
            return
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        yield marker, place, end
        place = end


def _with_profile(data: bytes, profile: bytes) -> bytes:
    """The colour profile's segments put back, after the JFIF header."""
    if not profile:
        return data
    first = next(_segments(data), None)
    place = first[2] if first and first[0] == _APP0 else 2
    return data[:place] + profile + data[place:]
