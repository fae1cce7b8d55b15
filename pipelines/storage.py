"""A corpus folder on local disk or object storage: atomic writes, whole and ranged reads.

A file appears under its name complete or not at all: on disk by writing beside it and renaming,
on object stores because one PUT is atomic there.
"""

from __future__ import annotations

import functools
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.core import url_to_fs

from pipelines.errors import StorageError, storage_error

_FINGERPRINT = b"fabrica.fingerprint"
_ROW_GROUP = 5_000
_TEMPORARY = ".tmp-"


@functools.lru_cache(maxsize=16)
def _opened(url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    try:
        fs, path = url_to_fs(url)
    except ImportError as error:
        raise StorageError(f"{url}: {error}; pip install 'fabrica[cloud]'") from None
    except ValueError as error:
        raise StorageError(f"{url}: {error}") from None
    return fs, path.rstrip("/")


class Store:
    """The files below one address. Paths are relative, with `/`. Cheap to make, and to pickle."""

    def __init__(self, url: str) -> None:
        self.url = (url if "://" in url else os.path.abspath(url)).rstrip("/") or "/"

    @property
    def fs(self) -> fsspec.AbstractFileSystem:
        """The fsspec file system underneath."""
        return _opened(self.url)[0]

    @property
    def is_local(self) -> bool:
        """Whether files can be reached as plain paths."""
        protocol = self.fs.protocol
        return "file" in (protocol if isinstance(protocol, tuple) else (protocol,))

    def path(self, relative: str = "") -> str:
        """The path of a file in `fs`."""
        base = _opened(self.url)[1]
        return f"{base}/{relative}" if relative else base

    def address(self, relative: str) -> str:
        """The path or URL that DuckDB and pyarrow understand."""
        return self.path(relative) if self.is_local else f"{self.url}/{relative}"

    def exists(self, relative: str) -> bool:
        return bool(self.fs.exists(self.path(relative)))

    def names(self, folder: str) -> list[str]:
        """The names of the finished files in a folder, sorted; empty where there is none."""
        self.fs.invalidate_cache()
        try:
            found = self.fs.ls(self.path(folder), detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        names = (str(name).rstrip("/").rsplit("/", 1)[-1] for name in found)
        return sorted(n for n in names if n and not n.startswith(_TEMPORARY))

    def size(self, relative: str) -> int:
        """Bytes of a file. Raises FileNotFoundError."""
        return int(self.fs.size(self.path(relative)))

    def read(self, relative: str) -> bytes:
        """A whole file. Raises FileNotFoundError."""
        return bytes(self.fs.cat_file(self.path(relative)))

    def read_text(self, relative: str) -> str:
        return self.read(relative).decode("utf-8")

    def write(self, relative: str, data: bytes | str) -> None:
        """Put a whole file in place at once."""
        with self.staged(relative) as file, open(file, "wb") as out:
            out.write(data.encode("utf-8") if isinstance(data, str) else data)

    def remove(self, relative: str, folder: bool = False) -> None:
        """Delete a file (or folder) if it is there."""
        if self.exists(relative):
            self.fs.rm(self.path(relative), recursive=folder)

    @contextmanager
    def staged(self, relative: str) -> Iterator[str]:
        """A local path to write to; what is written there becomes `relative` in one step."""
        name = f"{_TEMPORARY}{secrets.token_hex(6)}"
        folder = Path(self.path(relative)).parent if self.is_local else Path(tempfile.gettempdir())
        staging = str(folder / name)
        try:
            if self.is_local:
                os.makedirs(folder, exist_ok=True)
            yield staging
            if self.is_local:
                os.replace(staging, self.path(relative))
            else:
                self.fs.put_file(staging, self.path(relative))
                self.fs.invalidate_cache()
        except OSError as error:
            where = self.address(relative)  # not the temporary name, which differs every time
            plain = OSError(error.errno, error.strerror, where) if error.strerror else error
            raise storage_error(error, where) or plain from None
        finally:
            if os.path.exists(staging):
                os.remove(staging)

    def sweep(self) -> None:
        """Remove what a killed run left half written anywhere."""
        if not self.is_local:
            return
        for folder, _, names in os.walk(self.path()):
            for name in names:
                if name.startswith(_TEMPORARY):
                    with suppress(FileNotFoundError):
                        os.remove(os.path.join(folder, name))

    def write_table(self, relative: str, table: pa.Table, fingerprint: str) -> None:
        """Commit a partition: a Parquet file that carries its fingerprint."""
        kept = {**(table.schema.metadata or {}), _FINGERPRINT: fingerprint.encode()}
        with self.staged(relative) as file:
            pq.write_table(
                table.replace_schema_metadata(kept),
                file,
                compression="zstd",
                row_group_size=_ROW_GROUP,
                write_page_index=False,
            )

    def read_table(self, relative: str, columns: list[str] | None = None) -> pa.Table:
        with self.fs.open(self.path(relative), "rb") as file:
            return pq.read_table(file, columns=columns)

    def fingerprint(self, relative: str) -> str:
        """The fingerprint a Parquet file was committed with; `""` where there is no such file."""
        try:
            with self.fs.open(self.path(relative), "rb") as file:
                metadata = pq.read_schema(file).metadata or {}
        except (FileNotFoundError, pa.ArrowInvalid):
            return ""
        return metadata.get(_FINGERPRINT, b"").decode()

    @contextmanager
    def opened(self, relative: str) -> Iterator[BinaryIO]:
        """A file open for ranged reads."""
        with self.fs.open(self.path(relative), "rb") as file:
            yield file
