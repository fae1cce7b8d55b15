"""The rows of a corpus, read from its shards with webdataset; what cannot be read is counted."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import fsspec
import msgspec
import webdataset as wds
from webdataset.tariterators import group_by_keys, tar_file_expander

from schemas.sample import Sample

PICTURE_ENDINGS = ("jpg", "png")
_EXAMPLES = 5
_TAR_END = 1024  # bytes of zeros


class Picture(msgspec.Struct, frozen=True):
    """What is needed of `schemas.sample.Image` here."""

    sha256: str = ""
    phash: int = 0


class Words(msgspec.Struct, frozen=True):
    """What is needed of `schemas.sample.Text` here."""

    kind: str
    text: str
    language: str = "en"
    faithful: bool | None = None


class Record(msgspec.Struct, frozen=True):
    """What training needs of a `schemas.sample.Sample`; the rest of its JSON is passed over."""

    sample_id: str
    group_id: str = ""
    document_id: str = ""
    caption: str = ""
    images: list[Picture] = []
    texts: list[Words] = []
    sampling_weight: float | None = None


# Whether a row is to be learned from.
Wanted = Callable[[Record], bool]


@dataclass(frozen=True)
class Row:
    """One row of a shard. `record` is its JSON; `pictures` are encoded, in their order."""

    key: str
    record: bytes
    pictures: Sequence[bytes]


@dataclass
class Faults:
    """What could not be used, each row once: how many by reason, and the first few by name."""

    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def add(self, key: str, reason: str, detail: str = "") -> None:
        """Note a fault of the row or shard `key`."""
        if (key, reason) in self._seen:
            return
        self._seen.add((key, reason))
        self.reasons[reason] += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(f"{key}: {reason} {detail}".strip()[:200])

    def lines(self) -> list[str]:
        """One line for each reason, then the examples."""
        counts = [f"{n:,} not used: {reason}" for reason, n in self.reasons.most_common()]
        return counts + [f"  {example}" for example in self.examples]


def shard_urls(corpus: str, split: str) -> list[str]:
    """The shards of a split, in their order; none where there are none."""
    system, root = fsspec.core.url_to_fs(corpus)
    found = system.glob(f"{root.rstrip('/')}/shards/{split}-*.tar")
    return sorted(system.unstrip_protocol(path) for path in found)


def read_rows(urls: Iterable[str], faults: Faults) -> Iterator[Row]:
    """The rows of shards in their order; a shard that breaks off gives what came before."""
    for url in urls:

        def broken(error: Exception, url: str = url) -> bool:
            faults.add(url.rsplit("/", 1)[-1], "shard_not_readable", type(error).__name__)
            return False  # nothing after that place can be trusted

        try:
            with fsspec.open(url, "rb") as stream:
                if not _is_whole(stream):
                    faults.add(url.rsplit("/", 1)[-1], "shard_not_readable", "it is cut off")
                files = tar_file_expander([{"url": url, "stream": stream}], handler=broken)
                for found in group_by_keys(files, handler=broken):
                    yield _row(found)
        except (OSError, ValueError) as error:
            broken(error)


def _is_whole(stream: BinaryIO) -> bool:
    """Whether a tar has its end, without which readers stop where it breaks off and say nothing."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _TAR_END))
    end = stream.read(_TAR_END)
    stream.seek(0)
    return len(end) == _TAR_END and not any(end)


def _row(found: dict[str, Any]) -> Row:
    pictures = sorted(name for name in found if name.rsplit(".", 1)[-1] in PICTURE_ENDINGS)
    return Row(
        key=found["__key__"],
        record=found.get("json", b""),
        pictures=[found[name] for name in sorted(pictures, key=_picture_number)],
    )


def _picture_number(name: str) -> int:
    """`jpg` is the only one; `0.jpg`, `10.jpg` are by number."""
    first = name.split(".", 1)[0]
    return int(first) if first.isdigit() else -1


def shuffled(rows: Iterator[Row], buffer: int, seed: int) -> Iterator[Row]:
    """Rows in an order that the seed decides, out of a buffer of so many."""
    shuffle = wds.shuffle(buffer, initial=buffer, rng=random.Random(seed))
    yield from shuffle(rows)


_RECORD = msgspec.json.Decoder(Record)
_SAMPLE = msgspec.json.Decoder(Sample)


def record_of(row: Row, faults: Faults) -> Record | None:
    """What training needs of a row, or None, noted as a fault."""
    return _decoded(_RECORD, row, faults)


def sample_of(row: Row, faults: Faults) -> Sample | None:
    """The whole record of a row, or None, noted as a fault."""
    return _decoded(_SAMPLE, row, faults)


def _decoded(decoder: Any, row: Row, faults: Faults) -> Any:
    if not row.pictures:
        faults.add(row.key, "no_picture")
        return None
    try:
        return decoder.decode(row.record)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        faults.add(row.key, "record_not_readable", str(error))
        return None
