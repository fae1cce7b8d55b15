"""Digests of the model files a stage uses: a changed model makes a stage run again."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pipelines.errors import UserError

# A recipe names a user's detector as `onnx:PATH`.
ONNX = "onnx:"


def digest_of_theirs(file: str, key: str = "figures.detector") -> str:
    """The digest of a user's own file that a recipe names at `key`, `""` where there is none.

    Raises `UserError`.
    """
    if not file:
        return ""
    path = Path(file.removeprefix(ONNX))
    try:
        state = path.stat()
        return _file_digest(str(path), state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise UserError(f"{key}: {path}: {error.strerror}") from None


@functools.lru_cache(maxsize=4)
def _file_digest(path: str, size: int, changed_ns: int) -> str:
    """SHA-256 of a file, read again when its size or time has changed."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def digest_of_ours(package: str = "extractors.figures") -> str:
    """The digest of every model that lies in a package beside its code."""
    digest = hashlib.sha256()
    for name, file in sorted(_model_files(files(package), "")):
        digest.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _model_files(folder: Traversable, place: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _model_files(entry, f"{place}{entry.name}/")
        elif entry.is_file() and not entry.name.endswith((".py", ".pyc", ".typed")):
            yield f"{place}{entry.name}", entry
