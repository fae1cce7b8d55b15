"""Which rows must not be learned from, as they or their like are tested on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import fsspec
import pyarrow.parquet as pq

from schemas.sample import Sample
from trainer.rows import Picture, Record

NEAR_BITS = 3  # of 64: found by one of four equal quarters, for certain
_QUARTER = 0xFFFF
_COLUMNS = ["sample_id", "group_id", "document_id", "images", "split", "kept"]


class Shown(Protocol):
    """What is needed of a picture."""

    @property
    def sha256(self) -> str: ...
    @property
    def phash(self) -> int: ...


@dataclass
class Overlap:
    """What is tested on: groups (article, patient), documents, pictures and their 64-bit hashes."""

    groups: set[str] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)
    pictures: set[str] = field(default_factory=set)
    _quarters: dict[tuple[int, int], set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, samples: Iterable[Sample]) -> None:
        """Rows that are tested on."""
        for sample in samples:
            self.groups.add(sample.group_id)
            self.documents.add(sample.document_id)
            for image in sample.images:
                self.pictures.add(image.sha256)
                for key in _keys(image.phash):
                    self._quarters[key].add(image.phash)
        for names in (self.groups, self.documents, self.pictures):
            names.discard("")

    def why(self, record: Record) -> str:
        """Why a row must be left out, "" where it need not."""
        if record.group_id in self.groups:
            return "same article or patient"
        if record.document_id in self.documents:
            return "same document"
        if any(picture.sha256 in self.pictures for picture in record.images):
            return "same picture"
        if any(self._near(picture) for picture in record.images):
            return "nearly the same picture"
        return ""

    def _near(self, picture: Shown) -> bool:
        return bool(picture.phash) and any(
            (known ^ picture.phash).bit_count() <= NEAR_BITS
            for key in _keys(picture.phash)
            for known in self._quarters.get(key, ())
        )


def _keys(phash: int) -> list[tuple[int, int]]:
    # A flat picture has the hash 0, and all of them would be one.
    return [(q, phash >> (16 * q) & _QUARTER) for q in range(4)] if phash else []


def training_records(corpus: str, split: str = "train") -> Iterator[Record]:
    """The kept rows of a split by a corpus' manifest: ids and picture hashes only."""
    system, root = fsspec.core.url_to_fs(corpus)
    for path in sorted(system.glob(f"{root.rstrip('/')}/manifest/part-*.parquet")):
        with system.open(path, "rb") as file:
            for batch in pq.ParquetFile(file).iter_batches(columns=_COLUMNS):
                for row in batch.to_pylist():
                    if row["kept"] and row["split"] == split:
                        yield _record(row)


def _record(row: dict) -> Record:
    pictures = [Picture(i["sha256"] or "", i["phash"] or 0) for i in row["images"] or []]
    return Record(
        row["sample_id"], row["group_id"] or "", row["document_id"] or "", images=pictures
    )


@dataclass(frozen=True)
class Counted:
    """Training rows that may be learned from, and those left out by why."""

    rows: int
    left_out: dict[str, int]


def counted(corpus: str, overlap: Overlap) -> Counted:
    """How much of a corpus' training split is left without what is tested on."""
    left_out: Counter[str] = Counter(overlap.why(record) for record in training_records(corpus))
    rows = left_out.pop("", 0)
    return Counted(rows, dict(left_out.most_common()))
