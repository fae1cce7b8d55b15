"""Makes the rows that select is measured on: parts as the score stage writes them, without pictures.

Every row follows from its number alone, so that parts can be made in any order and process. Planted
are equal and nearly equal pictures, pictures and texts of an evaluation set, captions that repeat,
figures with panels, and skewed modalities and concepts. Signatures are those that such rows could
have; of texts, that of a set of sentences.
"""

from __future__ import annotations

import binascii
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.signatures import TURNS, turned
from pipelines import layout
from pipelines.fingerprint_files import write_fingerprints
from pipelines.storage import Store
from schemas.manifest import STAGE_ROWS
from schemas.signatures import (
    FINGERPRINTS,
    PICTURE_SIGNATURES,
    TEXT_SIGNATURES,
    embeddings_schema,
)

BLOCK = 10  # rows of two documents: four figures; and two figures, one more and its three panels
EMBEDDING_WIDTH = 16
EVALUATION = "evaluation.parquet"

_SENTENCES = 20_000
_SLOTS = 5
_LOGOS = 20
_LOWEST = 60
_WINDOW = 1_000_000
_BANDS = 16
_BAND_MINIMA = 3
_FAR = np.uint64(1 << 40)  # rows, evaluation items and logos have numbers of their own
_MODALITIES = (
    *("radiology__ct", "radiology__mri", "radiology__xray", "radiology__ultrasound"),
    *("microscopy__light", "microscopy__fluorescence", "microscopy__electron", "endoscopy"),
    *("photograph__skin", "photograph__eye", "chart", ""),
)
_CODES = ("CC BY", "CC BY-NC", "CC BY-NC-ND", "CC0", "CC BY-SA", "TDM", "")
_CODE_SHARES = (0.62, 0.13, 0.13, 0.05, 0.03, 0.02, 0.02)
_CONCEPTS = 5_000


@dataclass(frozen=True)
class Made:
    """How much there is: `rows` (a multiple of `BLOCK`), of which `per_part` go into a part.

    `planted`: how many times as many equal and nearly equal things as in millions of rows.
    """

    rows: int
    per_part: int = 20_000
    evaluation: int = 100_000
    evaluation_texts: int = 0
    embeddings: bool = False
    planted: float = 1.0

    @property
    def parts(self) -> int:
        return -(-self.rows // self.per_part)


def make_rows(url: str, made: Made, workers: int = 2) -> None:
    """Write all parts, and the evaluation set, below `url`."""
    write_fingerprints(os.path.join(url, EVALUATION), evaluation(made))
    jobs = [(url, made, part) for part in range(made.parts)]
    if workers < 2:
        for job in jobs:
            _make_part(*job)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        list(pool.map(_make_part, *zip(*jobs, strict=True), chunksize=4))


def _make_part(url: str, made: Made, part: int) -> None:
    store = Store(url)
    start = part * made.per_part
    ids = np.arange(start, min(start + made.per_part, made.rows), dtype=np.uint64)
    rows = _Rows(ids, made)
    store.write_table(layout.scored_part(part), rows.table(), "made")
    store.write_table(layout.picture_signatures_part(part), rows.picture_signatures(), "made")
    if made.evaluation_texts:
        store.write_table(layout.text_signatures_part(part), rows.text_signatures(), "made")
    if made.embeddings:
        store.write_table(layout.embeddings_part(part), rows.embeddings(), "made")


def mixed(numbers: np.ndarray, salt: int) -> np.ndarray:
    """64 random-looking bits for each number (splitmix64)."""
    z = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = z + np.uint64((salt * 0xD1342543DE82EF95 + 0x2545F4914F6CDD1D) % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def share(numbers: np.ndarray, salt: int) -> np.ndarray:
    """A number from 0 to 1 for each."""
    return (mixed(numbers, salt) >> np.uint64(11)).astype(np.float64) / 2**53


def hashes(pictures: np.ndarray) -> np.ndarray:
    """(n, 4): the signature of each picture; pictures of one kind have most bits in common."""
    kind = np.array([_kind_of(pictures) * 7 + i for i in range(4)], dtype=np.uint64).T
    common = mixed(kind, 90)
    own = np.stack([mixed(pictures, 91 + i) & mixed(pictures, 95 + i) for i in range(4)], axis=1)
    return common ^ own


def _kind_of(pictures: np.ndarray) -> np.ndarray:
    return np.minimum((share(pictures, 1) ** 2 * len(_MODALITIES)).astype(np.int64), 11)


def _changed(hashed: np.ndarray, seeds: np.ndarray, most: int, turns: int) -> np.ndarray:
    """Each with up to `most` bits changed, one at most of the lowest frequencies, as changes of a
    picture do; some of them turned in one of `turns` ways."""
    out = hashed.copy()
    for i in range(most):
        here = share(seeds, 200) * most > i
        bit = mixed(seeds, 201 + i)
        bit = (
            bit % np.uint64(_LOWEST)
            if i == 0
            else bit % np.uint64(256 - _LOWEST) + np.uint64(_LOWEST)
        )
        flip = np.where(here, np.uint64(1) << (np.uint64(63) - bit % np.uint64(64)), np.uint64(0))
        out[np.arange(len(out)), (bit // np.uint64(64)).astype(np.int64)] ^= flip
    turn = np.where(share(seeds, 300) < 0.3, mixed(seeds, 301) % np.uint64(turns), 0)
    for way in range(1, turns):
        some = turn == way
        out[some] = turned(out[some], TURNS[way])
    return out


def evaluation(made: Made) -> pa.Table:
    """The set that is kept out: pictures, and texts."""
    numbers = np.arange(made.evaluation, dtype=np.uint64)
    found = hashes(numbers + _FAR)
    pictures = {
        "kind": ["picture"] * made.evaluation,
        "item": [f"image-{i:06d}.png" for i in range(made.evaluation)],
        **{f"h{i}": found[:, i] for i in range(4)},
    }
    texts = np.arange(made.evaluation_texts, dtype=np.uint64)
    said = _sentences(texts + _FAR)
    shingles = _shingles(said)
    words = {
        "kind": ["text"] * len(texts),
        "item": [f"question-{i:06d}" for i in range(len(texts))],
        "words": [len(s) + 2 for s in shingles.to_pylist()],
        "exact": _exact(said),
        "bands": _bands(said),
        "shingles": shingles,
    }
    return pa.concat_tables([_filled(pictures), _filled(words)])


def _filled(columns: dict) -> pa.Table:
    size = len(columns["kind"])
    arrays = [
        pa.array(columns[field.name], field.type)
        if field.name in columns and not isinstance(columns[field.name], pa.Array)
        else columns.get(field.name, pa.nulls(size, field.type))
        for field in FINGERPRINTS
    ]
    return pa.table(arrays, schema=FINGERPRINTS)


def _sentences(texts: np.ndarray) -> np.ndarray:
    """(n, slots) numbers of sentences, of which some repeat the first: three to five different."""
    out = np.stack([mixed(texts, 20 + i) % np.uint64(_SENTENCES) for i in range(_SLOTS)], axis=1)
    for slot in (3, 4):
        short = share(texts, 30 + slot) < 0.5
        out[short, slot] = out[short, 0]
    return out


def _exact(said: np.ndarray) -> np.ndarray:
    ordered = np.sort(said, axis=1)
    total = np.zeros(len(said), np.uint64)
    for slot in range(said.shape[1]):
        total = mixed(total + ordered[:, slot], 40 + slot)
    return total


def _bands(said: np.ndarray) -> pa.Array:
    """MinHash keys of the sets of sentences."""
    keys = np.empty((len(said), _BANDS), np.uint32)
    for band in range(_BANDS):
        total = np.zeros(len(said), np.uint64)
        for i in range(_BAND_MINIMA):
            total = mixed(total + mixed(said, 1000 + 10 * band + i).min(axis=1), 50 + i)
        keys[:, band] = (total >> np.uint64(32)).astype(np.uint32)
    offsets = np.arange(0, keys.size + 1, _BANDS, dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(keys.ravel()))


def _shingles(said: np.ndarray) -> pa.Array:
    """The shingles of all sentences, sorted, each once."""
    most = 20
    numbers = np.arange(most, dtype=np.uint64)
    grid = mixed(said[:, :, None] * np.uint64(64) + numbers, 60) >> np.uint64(32)
    there = numbers < 8 + said[:, :, None] % np.uint64(12)
    flat = np.where(there, grid, np.uint64(2**40)).reshape(len(said), said.shape[1] * most)
    flat.sort(axis=1)
    keep = flat < 2**40
    keep[:, 1:] &= flat[:, 1:] != flat[:, :-1]
    offsets = np.concatenate([[0], np.cumsum(keep.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat[keep].astype(np.uint32)))


@cache
def _sentence_texts() -> pa.Array:
    """So many different sentences of 8 to 22 words."""
    random = np.random.Generator(np.random.PCG64(7))
    syllables = ["ra", "di", "o", "tu", "mor", "le", "sion", "car", "ci", "no", "ma", "he", "pa"]
    syllables += ["tic", "ve", "nous", "pul", "mo", "na", "ry", "é", "axi", "al", "con", "trast"]
    words = ["".join(random.choice(syllables, random.integers(1, 5))) for _ in range(6_000)]
    words += ["the", "of", "and", "in", "with", "shows", '"arrow"', "5\\u2009mm", "(A)"] * 200
    counts = random.integers(8, 23, _SENTENCES)
    chosen = random.integers(0, len(words), counts.sum())
    parts = np.split(chosen, np.cumsum(counts)[:-1])
    return pa.array([" ".join(words[i] for i in part).capitalize() + "." for part in parts])


def _texts_of(said: np.ndarray) -> pa.Array:
    """The sentences of each row joined; one that repeats the first is left out."""
    pool = _sentence_texts()
    columns = []
    for slot in range(said.shape[1]):
        column = pool.take(pa.array(said[:, slot].astype(np.int64)))
        if slot >= 3:
            column = pc.if_else(pa.array(said[:, slot] == said[:, 0]), None, column)
        columns.append(column)
    return pc.binary_join_element_wise(*columns, " ", null_handling="skip")


def _strings(*parts: object) -> pa.Array:
    """Texts and numbers side by side joined."""
    plain = [p if isinstance(p, str) else pc.cast(pa.array(p), pa.string()) for p in parts]
    return pc.binary_join_element_wise(*plain, "")


def _hex(numbers: np.ndarray) -> pa.Array:
    """(n,) texts of 64 hex digits."""
    raw = np.stack([mixed(numbers, 80 + i) for i in range(4)], axis=1)
    data = binascii.hexlify(np.ascontiguousarray(raw).tobytes())
    offsets = np.arange(0, len(data) + 1, 64, dtype=np.int32)
    return pa.StringArray.from_buffers(
        len(numbers), pa.py_buffer(offsets.tobytes()), pa.py_buffer(data)
    )


def _lists(owner: np.ndarray, size: int, values: pa.Array) -> pa.ListArray:
    """Lists of the values, whose owners ascend."""
    counts = np.bincount(owner.astype(np.int64), minlength=size)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _struct(kind: pa.StructType, columns: Mapping[str, object], size: int) -> pa.StructArray:
    """A struct of the type, with what is not given empty (texts, lists) or null."""
    arrays = []
    for field in kind:
        value = columns.get(field.name)
        if value is None:
            value = _empty(field.type, size)
        elif not isinstance(value, pa.Array | pa.ChunkedArray):
            value = pa.array(value)
        arrays.append(value.cast(field.type))
    return pa.StructArray.from_arrays(arrays, fields=list(kind))


def _empty(kind: pa.DataType, size: int) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.repeat("", size)
    if pa.types.is_list(kind):
        offsets = pa.array(np.zeros(size + 1, np.int32))
        return pa.ListArray.from_arrays(offsets, pa.array([], kind.value_type)).cast(kind)
    return pa.nulls(size, kind)


class _Rows:
    """The rows of one part."""

    def __init__(self, ids: np.ndarray, made: Made) -> None:
        self.ids, self.made, self.size = ids, made, len(ids)
        self.place = (ids % np.uint64(BLOCK)).astype(np.int64)
        self.document = ids // np.uint64(BLOCK) * np.uint64(2) + (self.place >= 4)
        self.whole, self.panel = self.place == 6, self.place >= 7
        self.lost = ~self.whole & ~self.panel & (share(ids, 2) < 0.02)
        self.two = ~self.whole & ~self.panel & ~self.lost & (share(ids, 3) < 0.02)
        self._choose_pictures()
        self._choose_texts()

    def _choose_pictures(self) -> None:
        """`picture`: whose picture a row has; `changed`: nearly so, `leaked`: of the evaluation."""
        ids, draw = self.ids, share(self.ids, 4) / self.made.planted
        plain = ~self.whole
        same = plain & (draw < 0.02)
        near = plain & (draw >= 0.02) & (draw < 0.05)
        logo = plain & (draw >= 0.05) & (draw < 0.052)
        self.leaked = plain & (draw >= 0.052) & (draw < 0.0525)
        other = mixed(ids, 5)
        self.picture = ids.copy()
        self.picture[same | near] = self._neighbour(other)[same | near]
        self.picture[logo] = (other % np.uint64(_LOGOS))[logo] + _FAR * np.uint64(2)
        asked = np.uint64(max(1, self.made.evaluation))
        self.picture[self.leaked] = (other % asked)[self.leaked] + _FAR
        hashed = hashes(self.picture)
        close = near | logo
        hashed[close] = _changed(hashed[close], ids[close], 30, 2)
        hashed[self.leaked] = _changed(hashed[self.leaked], ids[self.leaked], 40, 8)
        hashed[share(ids, 6) < 0.001] = 0
        self.hashes = hashed
        # Equal bytes only where nothing was changed.
        self.bytes = np.where(close | self.leaked, ids + _FAR * np.uint64(4), self.picture)

    def _neighbour(self, draws: np.ndarray) -> np.ndarray:
        """Some row of the same million: so that a part of the rows has as many repeated things."""
        window = np.uint64(min(_WINDOW, self.made.rows))
        return self.ids // window * window + draws % window

    def _choose_texts(self) -> None:
        """`said`: the sentences of the training caption."""
        ids, draw = self.ids, share(self.ids, 7) / self.made.planted
        text = ids.copy()
        again = draw < 0.01
        text[again] = self._neighbour(mixed(ids, 8))[again]
        common = (draw >= 0.01) & (draw < 0.013)
        text[common] = (mixed(ids, 8) % np.uint64(5))[common] + _FAR * np.uint64(3)
        asked = (draw >= 0.013) & (draw < 0.014) & (self.made.evaluation_texts > 0)
        text[asked] = (mixed(ids, 8) % np.uint64(max(1, self.made.evaluation_texts)))[asked] + _FAR
        self.said = _sentences(text)
        added = again & (share(ids, 9) < 0.5)
        self.said[added, 4] = (mixed(ids, 10) % np.uint64(_SENTENCES))[added]
        self.wordless = ~self.panel & (share(ids, 11) < 0.01)
        self.rewritten = ~self.panel & ~self.wordless & (share(ids, 12) < 0.2)

    def sample_ids(self) -> pa.Array:
        figure = np.where(self.place < 4, self.place + 1, np.minimum(self.place - 3, 3))
        panel = pa.array(np.array(["", "/a", "/b", "/c"])[np.maximum(self.place - 6, 0)])
        return _strings(self.document_ids(), "/F", figure, panel)

    def document_ids(self) -> pa.Array:
        numbers = (self.document * np.uint64(2_654_435_761)) % np.uint64(10**8) + np.uint64(10**8)
        return _strings("PMC", numbers, ".1")

    def table(self) -> pa.Table:
        """The rows, schema `STAGE_ROWS`."""
        documents = self.document_ids()
        kind = _kind_of(self.ids)
        tiny = self.panel & (share(self.document, 13) < 0.15)
        width = np.where(tiny, 60, 80 + mixed(self.ids, 14) % np.uint64(1500)).astype(np.int64)
        height = 80 + (mixed(self.ids, 15) % np.uint64(1200)).astype(np.int64)
        nothing = pa.array(self.lost)
        texts, text_bytes = self._texts()
        columns = {
            "sample_id": self.sample_ids(),
            "document_id": documents,
            "group_id": documents,
            "source": np.where(share(self.document, 16) < 0.05, "labelled", "pmc"),
            "images": self._images(width, height),
            "width": pc.if_else(nothing, None, pa.array(width)),
            "height": pc.if_else(nothing, None, pa.array(height)),
            "figure": self._figure(),
            "licence": self._licence(),
            "texts": texts,
            "concepts": self._concepts(),
            "labels": self._labels(),
            "modality": np.array(_MODALITIES)[kind],
            "modality_score": share(self.ids, 17),
            "body_part": np.array(["chest", "head", "abdomen", ""])[(kind * 5) % 4],
            "scores": self._scores(),
            "meta": self._meta(),
            "drops": self._drops(),
            "kept": ~(self.lost | self.whole),
            "sampling_weight": np.ones(self.size),
            "record_bytes": text_bytes + 1_400,
        }
        arrays = [_column(field, columns.get(field.name), self.size) for field in STAGE_ROWS]
        return pa.table(arrays, schema=STAGE_ROWS)

    def _owners(self) -> np.ndarray:
        """The row of each picture."""
        return np.repeat(np.arange(self.size), np.where(self.lost, 0, 1 + self.two))

    def _images(self, width: np.ndarray, height: np.ndarray) -> pa.Array:
        owner = self._owners()
        number = np.arange(len(owner)) - np.searchsorted(owner, owner)
        kind = STAGE_ROWS.field("images").type
        path = f"stages/extract/images/part-{int(self.ids[0]) // self.made.per_part:05d}.tar"
        columns = {
            "path": pa.repeat(path, len(owner)),
            "offset": np.arange(len(owner)) * 70_000,
            "length": (20_000 + mixed(self.ids, 18) % np.uint64(90_000)).astype(np.int64)[owner],
            "width": width[owner],
            "height": height[owner],
            "format": pa.repeat("jpg", len(owner)),
            "sha256": _hex(self.bytes[owner] + number.astype(np.uint64) * _FAR * np.uint64(8)),
            "phash": self.hashes[owner, 0],
        }
        return _lists(owner, self.size, _struct(kind.value_type, columns, len(owner)))

    def _figure(self) -> pa.Array:
        kind = STAGE_ROWS.field("figure").type
        number = np.where(self.place < 4, self.place + 1, np.minimum(self.place - 3, 3))
        owner = np.repeat(np.arange(self.size), np.where(self.panel, 4, 0))
        columns = {
            "id": _strings("F", number),
            "label": _strings("Figure ", number),
            "panel": np.array(["", "a", "b", "c"])[np.maximum(self.place - 6, 0)],
            "box": _lists(owner, self.size, pa.array(np.tile([0, 0, 300, 300], len(owner) // 4))),
            "width": np.full(self.size, 900),
            "height": np.full(self.size, 700),
        }
        return _struct(kind, columns, self.size)

    def _licence(self) -> pa.Array:
        chosen = np.searchsorted(np.cumsum(_CODE_SHARES), share(self.document, 19), side="right")
        chosen = np.minimum(chosen, len(_CODES) - 1)
        code = np.array(_CODES)[chosen]
        usable = ~np.isin(code, ["TDM", ""])
        columns = {
            "code": code,
            "spdx": np.char.add("LicenseRef-", np.char.replace(code, " ", "-")),
            "derivatives": usable & (np.char.find(code, "ND") < 0),
            "commercial": usable & (np.char.find(code, "NC") < 0),
            "attribution": _strings("Authors of ", self.document, ", Journal of Cases 2021"),
            "retracted": share(self.document, 21) < 0.001,
        }
        return _struct(STAGE_ROWS.field("licence").type, columns, self.size)

    def _texts(self) -> tuple[pa.Array, np.ndarray]:
        """One to three texts a row, and the bytes of all."""
        main, other = _texts_of(self.said), _texts_of(_sentences(self.ids + _FAR * np.uint64(9)))
        kinds: list[tuple[np.ndarray, np.ndarray, pa.Array, pa.Array]] = []
        none = pa.nulls(self.size, pa.bool_())
        faithful = pa.array(share(self.ids, 22) < 0.8)
        true = self.rewritten & np.asarray(faithful)
        first = np.where(self.panel, "subcaption", "caption")
        # Of a row whose rewritten text is used, the caption says something else.
        own = pc.if_else(pa.array(true), other, main)
        kinds.append((~self.wordless, first, own, none))
        text = pc.if_else(pa.array(true), main, other)
        kinds.append((self.rewritten, np.full(self.size, "rewritten"), text, faithful))
        said = np.full(self.size, "reference")
        kinds.append((share(self.ids, 23) < 0.5, said, other, none))
        there = np.stack([k[0] for k in kinds], axis=1).ravel()
        at = pa.array(np.flatnonzero(there))
        columns = [_woven([k[i] for k in kinds], self.size).take(at) for i in (1, 2, 3)]
        writer = pc.if_else(pc.is_valid(columns[2]), "small-model", "")
        kind = STAGE_ROWS.field("texts").type
        struct = _struct(
            kind.value_type,
            {
                "kind": columns[0],
                "text": columns[1],
                "language": pa.repeat("en", len(at)),
                "faithful": columns[2],
                "writer": writer,
            },
            len(at),
        )
        owner = np.flatnonzero(there) // len(kinds)
        sizes = np.asarray(pc.binary_length(columns[1]), dtype=np.int64)
        total = np.bincount(owner, weights=sizes, minlength=self.size).astype(np.int64)
        return _lists(owner, self.size, struct), total

    def _concepts(self) -> pa.Array:
        counts = (mixed(self.ids, 24) % np.uint64(6)).astype(np.int64)
        owner = np.repeat(np.arange(self.size), counts)
        seeds = self.ids[owner] * np.uint64(8) + np.arange(len(owner), dtype=np.uint64)
        seeds -= np.repeat(np.cumsum(counts) - counts, counts).astype(np.uint64)
        number = (share(seeds, 25) ** 4 * _CONCEPTS).astype(np.int64)
        columns = {
            "cui": _strings("C", number + 1_000_000),
            "name": _strings("concept ", number),
            "kind": pa.repeat("caption", len(owner)),
            "text": np.zeros(len(owner), np.int64),
            "start": np.arange(len(owner)) % 300,
            "end": np.arange(len(owner)) % 300 + 9,
            "score": np.ones(len(owner)),
            "negated": share(seeds, 26) < 0.1,
            "uncertain": np.zeros(len(owner), bool),
        }
        kind = STAGE_ROWS.field("concepts").type
        return _lists(owner, self.size, _struct(kind.value_type, columns, len(owner)))

    def _labels(self) -> pa.Array:
        owner = np.flatnonzero(share(self.ids, 27) < 0.05)
        columns = {
            "name": np.array(["effusion", "nodule", "mass"])[
                (mixed(self.ids[owner], 28) % np.uint64(3)).astype(np.int64)
            ],
            "value": np.where(share(self.ids[owner], 29) < 0.7, "present", "absent"),
        }
        kind = STAGE_ROWS.field("labels").type
        return _lists(owner, self.size, _struct(kind.value_type, columns, len(owner)))

    def _scores(self) -> pa.Array:
        """Some scores of all rows, and `clip` of most."""
        names = ["clip", "image_blur", "image_text", "medical", "text_symbols", "text_words"]
        values = np.stack([share(self.ids, 32 + i) for i in range(len(names))], axis=1)
        there = np.ones(values.shape, bool)
        there[:, 0] = share(self.ids, 31) >= 0.05
        kept = there.ravel()
        offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
        keys = pa.array(np.tile(np.array(names, object), self.size)[kept], pa.string())
        return pa.MapArray.from_arrays(offsets, keys, pa.array(values.ravel()[kept]))

    def _meta(self) -> pa.Array:
        labelled = share(self.document, 16) < 0.05
        split = np.array(["train", "val", "test"])[
            (mixed(self.document, 38) % np.uint64(3)).astype(int)
        ]
        about = np.array(["own", "shared", "whole"])[
            (mixed(self.ids, 39) % np.uint64(3)).astype(int)
        ]
        entries = [
            (labelled, "dataset_split", pa.array(split)),
            (np.ones(self.size, bool), "doi", _strings("10.1000/j.", self.document)),
            (self.panel, "panel_text", pa.array(about)),
            (self.whole, "split", pa.repeat("3 panels", self.size)),
        ]
        there = np.stack([e[0] for e in entries], axis=1).ravel()
        at = pa.array(np.flatnonzero(there))
        names = np.tile(np.array([e[1] for e in entries], object), self.size)[there]
        values = _woven([e[2] for e in entries], self.size).take(at)
        counts = there.reshape(self.size, -1).sum(axis=1)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return pa.MapArray.from_arrays(offsets, pa.array(names, pa.string()), values)

    def _drops(self) -> pa.Array:
        owner = np.flatnonzero(self.lost | self.whole)
        whole = self.whole[owner]
        columns = {
            "stage": np.where(whole, "figures", "extract"),
            "reason": np.where(whole, "split", "image_missing"),
            "detail": np.where(whole, "3 panels", "fig.jpg"),
        }
        kind = STAGE_ROWS.field("drops").type
        return _lists(owner, self.size, _struct(kind.value_type, columns, len(owner)))

    def picture_signatures(self) -> pa.Table:
        owner = self._owners()
        number = np.arange(len(owner)) - np.searchsorted(owner, owner)
        found = self.hashes[owner]
        found[number == 1] = hashes(self.ids[owner[number == 1]] + _FAR * np.uint64(16))
        columns = [
            self.sample_ids().take(pa.array(owner)),
            pa.array(number, pa.int32()),
            *(pa.array(found[:, i]) for i in range(4)),
            _empty(pa.list_(pa.uint64()), len(owner)),
        ]
        return pa.table(columns, schema=PICTURE_SIGNATURES)

    def text_signatures(self) -> pa.Table:
        worded = np.flatnonzero(~self.wordless | self.rewritten)
        said = self.said[worded]
        shingles = _shingles(said)
        words = np.diff(shingles.offsets.to_numpy()) + 2
        ids = self.sample_ids().take(pa.array(worded))
        columns = [ids, pa.array(words, pa.int32()), pa.array(_exact(said)), _bands(said), shingles]
        return pa.table(columns, schema=TEXT_SIGNATURES)

    def embeddings(self) -> pa.Table:
        """Unit vectors that are near for equal pictures, and for a few others."""
        shared = np.where(share(self.ids, 70) < 0.01, self.ids // np.uint64(50), self.picture)
        seeds = shared[:, None] * np.uint64(64) + np.arange(EMBEDDING_WIDTH, dtype=np.uint64)
        vectors = share(seeds, 71) - 0.5
        own = self.ids[:, None] * np.uint64(64) + np.arange(EMBEDDING_WIDTH, dtype=np.uint64)
        vectors += 0.08 * (share(own, 72) - 0.5)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        schema = embeddings_schema(EMBEDDING_WIDTH, "made")
        flat = pa.array(vectors.astype(np.float16).ravel())
        lists = pa.FixedSizeListArray.from_arrays(flat, EMBEDDING_WIDTH)
        return pa.table([self.sample_ids(), lists, lists], schema=schema)


def _woven(columns: list[object], size: int) -> pa.Array:
    """The values of several columns, row after row."""
    arrays = [c if isinstance(c, pa.Array) else pa.array(c) for c in columns]
    whole = pa.concat_arrays([a.cast(arrays[0].type) for a in arrays])
    order = np.arange(len(arrays) * size).reshape(len(arrays), size).T.ravel()
    return whole.take(pa.array(order))


def _column(field: pa.Field, value: object, size: int) -> pa.Array:
    if value is None:
        return _empty(field.type, size)
    array = value if isinstance(value, pa.Array) else pa.array(value)
    return array.cast(field.type)
