"""What fingerprinting finds: rows, what could not be read, and both as a worker hands them over."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.signatures import FINGERPRINTS


@dataclass(frozen=True)
class Unreadable:
    """A file that gave no hash: its name, the reason in one word, and in a line."""

    item: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Found:
    """Fingerprints (schema `FINGERPRINTS`), what could not be read, and how many files were no
    pictures by their names."""

    rows: pa.Table
    unreadable: tuple[Unreadable, ...] = ()
    passed_over: int = 0


def temporary_parts() -> tempfile.TemporaryDirectory:
    """A folder for what workers write, gone at the end."""
    return tempfile.TemporaryDirectory(prefix="fabrica-fingerprint-")


def write_part(target: str, found: Found) -> None:
    """What one worker found, for `part_of`."""
    pq.write_table(found.rows, f"{target}.parquet")
    told = [[u.item, u.reason, u.detail] for u in found.unreadable]
    Path(f"{target}.json").write_text(json.dumps([found.passed_over, told]), encoding="utf-8")


def part_of(target: str) -> Found:
    """What one worker wrote with `write_part`."""
    passed_over, told = json.loads(Path(f"{target}.json").read_text(encoding="utf-8"))
    rows = pq.read_table(f"{target}.parquet").cast(FINGERPRINTS)
    return Found(rows, tuple(Unreadable(*each) for each in told), passed_over)
