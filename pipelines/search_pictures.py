"""Nearest pictures by signature: the same picture again, smaller, brighter, cropped or turned."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from PIL import Image as PillowImage

from filters.alike.hashes import bit_counts, phash
from filters.alike.signatures import BITS, NOT_COMPARABLE, TURNS, WORDS, picture_signature, turned
from pipelines import layout
from pipelines.search_rows import Hit, Rows, best

# Copies differ in few of 256 bits; strangers among millions come down to about 80.
_SAME_BITS = 32
_MOST_BITS = 72
_MOST_PHASH_BITS = 10
_CROP = 0.05
_ALIKE = re.compile("the same picture|the picture")
_HASH = ["h0", "h1", "h2", "h3"]
BY = "hash"

Hashes = np.ndarray  # (n, 4) uint64


class NotComparable(Exception):
    """The picture is flat: there is nothing to find it by."""


def has_signatures(rows: Rows) -> bool:
    """Whether the corpus has what its pictures can be found by beside its 64-bit hashes."""
    store, parts = rows.corpus.store, rows.corpus.partitions
    return all(store.exists(layout.picture_signatures_part(p)) for p in range(parts))


def nearest_pictures(rows: Rows, picture: PillowImage.Image, top: int) -> list[Hit]:
    """The samples with the nearest pictures, in any of 8 turns, and where one is cropped by up to
    5 %. Without signatures, the 64-bit hashes of the manifest, and no crops.

    Raises `NotComparable`.
    """
    if not has_signatures(rows):
        return best(_by_phash(rows, _turned_phashes(picture)), top)
    signature = picture_signature(picture, _CROP)
    if signature.hash == NOT_COMPARABLE:
        raise NotComparable
    whole, crops = np.array([signature.hash], np.uint64), np.array(signature.crops, np.uint64)
    return best(_by_signature(rows, whole, crops.reshape(-1, WORDS)), top)


def pictures_like(rows: Rows, sample_id: str, partition: int, top: int) -> list[Hit]:
    """The samples whose pictures are nearest to those of one of them, which is left out.

    Raises `NotComparable` where it has none that can be compared.
    """
    if not has_signatures(rows):
        table = Rows(rows.corpus, f"sample_id = {_quoted(sample_id)}").query(partition, "images")
        numbers = [i["phash"] for images in table["images"].to_pylist() for i in images]
        own = np.array(numbers, np.uint64)
        found = _by_phash(rows, [("as is", number) for number in numbers])
    else:
        part = layout.picture_signatures_part(partition)
        stored = rows.corpus.store.read_table(part, ["sample_id", *_HASH, "crops"])
        stored = stored.filter(pa.compute.equal(stored["sample_id"], sample_id))
        own = _whole(stored)
        own = own[own.any(axis=1)]
        found = _by_signature(rows, own, _crops(stored)[0])
    if not len(own):
        raise NotComparable
    return best((hit for hit in found if hit.sample_id != sample_id), top)


def _by_signature(rows: Rows, whole: Hashes, crops: Hashes) -> Iterator[Hit]:
    """Whole pictures with whole ones in all turns, and with the crops of the other, both ways."""
    asked = [(turn, turned(whole, turn)) for turn in TURNS]
    cropped = [(turn, turned(crops, turn)) for turn in TURNS] if len(crops) else []
    for partition in range(rows.corpus.partitions):
        part = layout.picture_signatures_part(partition)
        for table in rows.batches(part, ["sample_id", *_HASH, "crops"], partition):
            stored, (inside, owners) = _whole(table), _crops(table)
            nearest = np.full(table.num_rows, BITS, np.int64)
            how = np.zeros(table.num_rows, np.int64)
            words: list[str] = []
            for turn, hashes in asked:
                _nearer(nearest, how, words, _turn_words(turn), _least(stored, hashes))
            for turn, hashes in cropped:
                told = _turn_words(turn, "a part of the picture")
                _nearer(nearest, how, words, told, _same(_least(stored, hashes)))
            for turn, hashes in asked if len(inside) else []:
                least = np.full(table.num_rows, BITS, np.int64)
                np.minimum.at(least, owners, _least(inside, hashes))
                told = _turn_words(turn, "the picture is a part of it")
                _nearer(nearest, how, words, told, _same(least))
            nearest[~stored.any(axis=1)] = BITS
            ids = table["sample_id"].to_pylist()
            for i in np.flatnonzero(nearest <= _MOST_BITS):
                bits = int(nearest[i])
                told = words[how[i]] if bits <= _SAME_BITS else _ALIKE.sub("alike", words[how[i]])
                why = f"{told}: {bits} of {BITS} bits differ"
                yield Hit(ids[i], partition, 1 - 2 * bits / BITS, why, BY)


def _nearer(
    nearest: np.ndarray, how: np.ndarray, words: list[str], told: str, bits: np.ndarray
) -> None:
    """Take `bits` over where they are fewer, and with them how they came about."""
    words.append(told)
    closer = bits < nearest
    nearest[closer] = bits[closer]
    how[closer] = len(words) - 1


def _same(bits: np.ndarray) -> np.ndarray:
    """Distances of crops: there are many, so that one of them is somewhat near to anything."""
    return np.where(bits <= _SAME_BITS, bits, BITS)


def _least(stored: Hashes, asked: Hashes) -> np.ndarray:
    """(n,) the fewest bits in which each stored hash differs from any that is asked for."""
    least = np.full(len(stored), BITS, np.int64)
    for one in asked:
        least = np.minimum(least, bit_counts(stored ^ one).sum(axis=1, dtype=np.int64))
    return least


def _whole(table: pa.Table) -> Hashes:
    return np.stack([table[name].to_numpy() for name in _HASH], axis=1)


def _crops(table: pa.Table) -> tuple[Hashes, np.ndarray]:
    """The hashes of all crops of a table, and which of its rows each is of."""
    crops = table["crops"].combine_chunks()
    flat = crops.flatten().to_numpy(zero_copy_only=False).reshape(-1, WORDS)
    lengths = pa.compute.fill_null(pa.compute.list_value_length(crops), 0).to_numpy() // WORDS
    return flat, np.repeat(np.arange(table.num_rows), lengths)


_TURN_WORDS = {
    "as is": "the same picture",
    "mirror": "the picture mirrored",
    "flip": "the picture upside down, mirrored",
    "turn180": "the picture upside down",
    "transpose": "the picture turned, mirrored",
    "turn90": "the picture turned",
    "turn270": "the picture turned",
    "transverse": "the picture turned, mirrored",
}


def _turn_words(turn: str, crop: str = "") -> str:
    if not crop:
        return _TURN_WORDS[turn]
    return crop if turn == "as is" else f"{crop}, {_TURN_WORDS[turn].removeprefix('the picture ')}"


def _by_phash(rows: Rows, asked: list[tuple[str, int]]) -> Iterator[Hit]:
    for partition in range(rows.corpus.partitions):
        table = rows.query(partition, "sample_id, list_transform(images, lambda i: i.phash) AS own")
        own = table["own"].combine_chunks()
        hashes = own.flatten().to_numpy(zero_copy_only=False).astype(np.uint64)
        lengths = pa.compute.fill_null(pa.compute.list_value_length(own), 0).to_numpy()
        owners, ids = np.repeat(np.arange(table.num_rows), lengths), table["sample_id"].to_pylist()
        for turn, number in asked:
            bits = bit_counts(hashes ^ np.uint64(number))
            for i in np.flatnonzero(bits <= _MOST_PHASH_BITS):
                why = f"{_turn_words(turn)}: {bits[i]} of 64 bits differ"
                yield Hit(ids[owners[i]], partition, 1 - 2 * int(bits[i]) / 64, why, BY)


def _turned_phashes(picture: PillowImage.Image) -> list[tuple[str, int]]:
    ways = PillowImage.Transpose
    turns = {
        "mirror": ways.FLIP_LEFT_RIGHT,
        "flip": ways.FLIP_TOP_BOTTOM,
        "turn180": ways.ROTATE_180,
        "transpose": ways.TRANSPOSE,
        "turn90": ways.ROTATE_90,
        "turn270": ways.ROTATE_270,
        "transverse": ways.TRANSVERSE,
    }
    hashes = [(turn, phash(picture.transpose(way))) for turn, way in turns.items()]
    return [("as is", phash(picture)), *hashes]


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
