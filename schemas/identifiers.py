"""Stable names: WebDataset keys, partition numbers and content hashes."""

from __future__ import annotations

import hashlib
import re

_KEY_CHARACTER = re.compile(r"[^A-Za-z0-9_-]")
# Ids of these two shapes cannot meet each other's keys, so they need no hash.
_PLAIN_ID = re.compile(
    r"(?:[A-Za-z0-9]+\.[0-9]+(?:/[A-Za-z0-9]+)*|[A-Za-z0-9]+(?:/(?![0-9]+(?:/|\Z))[A-Za-z0-9]+)*)\Z"
)
_KEY_LENGTH = 80


def shard_key(sample_id: str) -> str:
    """The WebDataset key of a sample id: only `[A-Za-z0-9_-]`, at most 91 characters, unique.

    Every other character becomes `_`, so `PMC1.1/F2/b` is `PMC1_1_F2_b`. Where that could meet
    another id's key (the id has unusual characters, or is long), a hash of the id follows.
    """
    key = _KEY_CHARACTER.sub("_", sample_id)
    if _PLAIN_ID.match(sample_id) and len(key) <= _KEY_LENGTH:
        return key
    return f"{key[:_KEY_LENGTH]}-{short_hash(sample_id, 10)}"


def short_hash(text: str, digits: int = 16) -> str:
    """The first hex digits of the SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]


def clean_id(text: str) -> str:
    """A part of a sample id: no blanks, slashes or control characters, never `.` or `..`."""
    cleaned = re.sub(r"[^\w.:~-]+", "_", text).strip("._")
    return cleaned[:120] or "_"


def part_name(partition: int) -> str:
    """The file stem of a partition, `part-00042`."""
    return f"part-{partition:05d}"
