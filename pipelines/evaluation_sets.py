"""Evaluation sets that a recipe keeps out: their fingerprints, from a file, folder or corpus.

What is read here has no pixel and no word left in it, only hashes. Those of a folder of pictures
are kept, so that another select with the same pictures need not read them again.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa

from extractors.labelled.files import Files
from extractors.labelled.folder import is_local
from extractors.pmc.fetch import FetchError
from filters.options import KeepOut
from pipelines import layout
from pipelines.errors import UserError
from pipelines.fingerprint_files import (
    METHOD,
    is_fingerprints,
    ordered,
    read_fingerprints,
    write_fingerprints,
)
from pipelines.fingerprint_parts import Found
from pipelines.fingerprint_pictures import fingerprint_file, fingerprint_folder
from pipelines.storage import Store
from schemas.identifiers import short_hash

_NAMED = 5


def evaluation_rows(keep_out: KeepOut, folder: str = "") -> pa.Table:
    """The fingerprints of an evaluation set, schema `FINGERPRINTS`, in a stable order.

    `folder`: where those of a folder of pictures wait for the next time, on this machine; empty:
    nowhere. What cannot be read is told on standard error and left out. Raises `UserError` where
    the set is not there, is no set, or nothing in it can be read.
    """
    where = keep_out.path
    if is_fingerprints(where):
        rows = read_fingerprints(where)
        _check_filled(where, rows)
        return rows
    kept = ""
    if folder and not _is_corpus(where):
        state = short_hash(f"{evaluation_state(keep_out)} {_times(where)} {keep_out.crop}", 24)
        kept = os.path.join(folder, f"fingerprints-{state}.parquet")
        if os.path.isfile(kept):
            return read_fingerprints(kept)
    found = fingerprint_of(where, keep_out.crop)
    _say_unreadable(keep_out, found)
    rows = ordered(found.rows)
    _check_filled(where, rows)
    if kept:
        write_fingerprints(kept, rows)
    return rows


def fingerprint_of(where: str, crop: float, workers: int = 0, say=None) -> Found:
    """What a path gives: a corpus of ours, a folder, an archive, a picture, a file of fingerprints.

    Raises `UserError`.
    """
    workers = workers or os.cpu_count() or 1
    if is_fingerprints(where):
        return Found(read_fingerprints(where))
    if _is_corpus(where):
        # Here, for select, which a corpus is opened with, reads evaluation sets itself.
        from pipelines.corpus import open_corpus
        from pipelines.fingerprint_corpus import fingerprint_corpus

        return fingerprint_corpus(open_corpus(where), crop, workers, say)
    if is_local(where) and not os.path.exists(where):
        raise UserError(f"{where}: no such file or folder")
    if is_local(where) and not os.path.isdir(where):
        return fingerprint_file(where, crop, workers)
    return fingerprint_folder(where, crop, workers, say)


def evaluation_state(keep_out: KeepOut) -> str:
    """Changes when the set does: with the bytes of a file, the names and sizes in a folder, the
    fingerprint of a corpus. Reads no picture. Raises `UserError` where the set is not there."""
    where = keep_out.path
    try:
        if _is_corpus(where):
            state = Store(where).read_text(layout.CORPUS_JSON)
        elif is_local(where) and os.path.isfile(where):
            info = os.stat(where)
            state = _digest(os.path.abspath(where), info.st_size, info.st_mtime_ns)
        else:
            state = "\n".join(f"{name} {size}" for name, size in _sizes(where))
    except (FetchError, OSError) as error:
        raise UserError(f"keep_out {keep_out.name}: {where}: {error}") from None
    return short_hash(f"{METHOD}\n{state}", 32)


def _is_corpus(where: str) -> bool:
    if is_local(where):
        return os.path.isfile(os.path.join(where, layout.CORPUS_JSON))
    return Store(where).exists(layout.CORPUS_JSON)


def _sizes(where: str) -> list[tuple[str, str]]:
    """Names and sizes of the files of a folder; of remote ones what the store knows them by."""
    files = Files(where, links=True)
    local = is_local(where)
    states = [(name, files.state(name)) for name in files.names]
    return [(name, s.partition("-")[0] if local else s) for name, s in states]


def _times(where: str) -> str:
    """When the files of a folder were written: what is kept of it must not outlive a change that
    leaves a size as it was."""
    if is_local(where) and os.path.isfile(where):
        return ""
    files = Files(where, links=True)
    return short_hash("\n".join(files.state(name) for name in files.names), 24)


@functools.lru_cache(maxsize=64)
def _digest(path: str, size: int, changed_ns: int) -> str:
    """A file's SHA-256; read again where its size or time changed."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_filled(where: str, rows: pa.Table) -> None:
    if not rows.num_rows:
        raise UserError(f"{where}: there is no picture and no text in it that can be read")


def _say_unreadable(keep_out: KeepOut, found: Found) -> None:
    """One line on what could not be compared: a leak of it would not be found."""
    if not found.unreadable:
        return
    reasons = Counter(one.reason for one in found.unreadable)
    counts = ", ".join(f"{n:,} {reason}" for reason, n in sorted(reasons.items()))
    named = ", ".join(one.item for one in found.unreadable[:_NAMED])
    more = "" if len(found.unreadable) <= _NAMED else ", ..."
    print(
        f"keep_out {keep_out.name or keep_out.path}: not compared, as they cannot be read: "
        f"{counts} ({named}{more})",
        file=sys.stderr,
    )
