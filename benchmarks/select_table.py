"""Made-up rows as the score stage writes them, column by column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.select_columns import (
    column_of,
    hexed,
    joined,
    lists_of,
    struct_of,
    texts_of,
    woven,
)
from benchmarks.select_numbers import (
    FAR,
    MODALITIES,
    kind_of,
    mixed,
    sentences_of,
    share,
)
from benchmarks.select_planted import Planted
from schemas.manifest import STAGE_ROWS

_CODES = ("CC BY", "CC BY-NC", "CC BY-NC-ND", "CC0", "CC BY-SA", "TDM", "")
_CODE_SHARES = (0.62, 0.13, 0.13, 0.05, 0.03, 0.02, 0.02)
_CONCEPTS = 5_000


def stage_rows(rows: Planted) -> pa.Table:
    """The rows, schema `STAGE_ROWS`."""
    documents = rows.document_ids()
    kind = kind_of(rows.ids)
    tiny = rows.panel & (share(rows.document, 13) < 0.15)
    width = np.where(tiny, 60, 80 + mixed(rows.ids, 14) % np.uint64(1500)).astype(np.int64)
    height = 80 + (mixed(rows.ids, 15) % np.uint64(1200)).astype(np.int64)
    nothing = pa.array(rows.lost)
    texts, text_bytes = _texts(rows)
    columns = {
        "sample_id": rows.sample_ids(),
        "document_id": documents,
        "group_id": documents,
        "source": np.where(share(rows.document, 16) < 0.05, "labelled", "pmc"),
        "images": _images(rows, width, height),
        "width": pc.if_else(nothing, None, pa.array(width)),
        "height": pc.if_else(nothing, None, pa.array(height)),
        "figure": _figure(rows),
        "licence": _licence(rows),
        "texts": texts,
        "concepts": _concepts(rows),
        "labels": _labels(rows),
        "modality": np.array(MODALITIES)[kind],
        "modality_score": share(rows.ids, 17),
        "body_part": np.array(["chest", "head", "abdomen", ""])[(kind * 5) % 4],
        "scores": _scores(rows),
        "meta": _meta(rows),
        "drops": _drops(rows),
        "kept": ~(rows.lost | rows.whole),
        "sampling_weight": np.ones(rows.size),
        "record_bytes": text_bytes + 1_400,
    }
    arrays = [column_of(field, columns.get(field.name), rows.size) for field in STAGE_ROWS]
    return pa.table(arrays, schema=STAGE_ROWS)


def _images(rows: Planted, width: np.ndarray, height: np.ndarray) -> pa.Array:
    owner = rows.owners()
    number = np.arange(len(owner)) - np.searchsorted(owner, owner)
    kind = STAGE_ROWS.field("images").type
    path = f"stages/extract/images/part-{int(rows.ids[0]) // rows.made.per_part:05d}.tar"
    columns = {
        "path": pa.repeat(path, len(owner)),
        "offset": np.arange(len(owner)) * 70_000,
        "length": (20_000 + mixed(rows.ids, 18) % np.uint64(90_000)).astype(np.int64)[owner],
        "width": width[owner],
        "height": height[owner],
        "format": pa.repeat("jpg", len(owner)),
        "sha256": hexed(rows.bytes[owner] + number.astype(np.uint64) * FAR * np.uint64(8)),
        "phash": rows.hashes[owner, 0],
    }
    return lists_of(owner, rows.size, struct_of(kind.value_type, columns, len(owner)))


def _figure(rows: Planted) -> pa.Array:
    kind = STAGE_ROWS.field("figure").type
    number = np.where(rows.place < 4, rows.place + 1, np.minimum(rows.place - 3, 3))
    owner = np.repeat(np.arange(rows.size), np.where(rows.panel, 4, 0))
    columns = {
        "id": joined("F", number),
        "label": joined("Figure ", number),
        "panel": np.array(["", "a", "b", "c"])[np.maximum(rows.place - 6, 0)],
        "box": lists_of(owner, rows.size, pa.array(np.tile([0, 0, 300, 300], len(owner) // 4))),
        "width": np.full(rows.size, 900),
        "height": np.full(rows.size, 700),
    }
    return struct_of(kind, columns, rows.size)


def _licence(rows: Planted) -> pa.Array:
    chosen = np.searchsorted(np.cumsum(_CODE_SHARES), share(rows.document, 19), side="right")
    chosen = np.minimum(chosen, len(_CODES) - 1)
    code = np.array(_CODES)[chosen]
    usable = ~np.isin(code, ["TDM", ""])
    columns = {
        "code": code,
        "spdx": np.char.add("LicenseRef-", np.char.replace(code, " ", "-")),
        "derivatives": usable & (np.char.find(code, "ND") < 0),
        "commercial": usable & (np.char.find(code, "NC") < 0),
        "attribution": joined("Authors of ", rows.document, ", Journal of Cases 2021"),
        "retracted": share(rows.document, 21) < 0.001,
    }
    return struct_of(STAGE_ROWS.field("licence").type, columns, rows.size)


def _texts(rows: Planted) -> tuple[pa.Array, np.ndarray]:
    """One to three texts a row, and the bytes of all."""
    main, other = texts_of(rows.said), texts_of(sentences_of(rows.ids + FAR * np.uint64(9)))
    kinds: list[tuple[np.ndarray, np.ndarray, pa.Array, pa.Array]] = []
    none = pa.nulls(rows.size, pa.bool_())
    faithful = pa.array(share(rows.ids, 22) < 0.8)
    true = rows.rewritten & np.asarray(faithful)
    first = np.where(rows.panel, "subcaption", "caption")
    # Of a row whose rewritten text is used, the caption says something else.
    own = pc.if_else(pa.array(true), other, main)
    kinds.append((~rows.wordless, first, own, none))
    text = pc.if_else(pa.array(true), main, other)
    kinds.append((rows.rewritten, np.full(rows.size, "rewritten"), text, faithful))
    said = np.full(rows.size, "reference")
    kinds.append((share(rows.ids, 23) < 0.5, said, other, none))
    there = np.stack([k[0] for k in kinds], axis=1).ravel()
    at = pa.array(np.flatnonzero(there))
    columns = [woven([k[i] for k in kinds], rows.size).take(at) for i in (1, 2, 3)]
    writer = pc.if_else(pc.is_valid(columns[2]), "small-model", "")
    kind = STAGE_ROWS.field("texts").type
    struct = struct_of(
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
    total = np.bincount(owner, weights=sizes, minlength=rows.size).astype(np.int64)
    return lists_of(owner, rows.size, struct), total


def _concepts(rows: Planted) -> pa.Array:
    counts = (mixed(rows.ids, 24) % np.uint64(6)).astype(np.int64)
    owner = np.repeat(np.arange(rows.size), counts)
    seeds = rows.ids[owner] * np.uint64(8) + np.arange(len(owner), dtype=np.uint64)
    seeds -= np.repeat(np.cumsum(counts) - counts, counts).astype(np.uint64)
    number = (share(seeds, 25) ** 4 * _CONCEPTS).astype(np.int64)
    columns = {
        "cui": joined("C", number + 1_000_000),
        "name": joined("concept ", number),
        "kind": pa.repeat("caption", len(owner)),
        "text": np.zeros(len(owner), np.int64),
        "start": np.arange(len(owner)) % 300,
        "end": np.arange(len(owner)) % 300 + 9,
        "score": np.ones(len(owner)),
        "negated": share(seeds, 26) < 0.1,
        "uncertain": np.zeros(len(owner), bool),
    }
    kind = STAGE_ROWS.field("concepts").type
    return lists_of(owner, rows.size, struct_of(kind.value_type, columns, len(owner)))


def _labels(rows: Planted) -> pa.Array:
    owner = np.flatnonzero(share(rows.ids, 27) < 0.05)
    columns = {
        "name": np.array(["effusion", "nodule", "mass"])[
            (mixed(rows.ids[owner], 28) % np.uint64(3)).astype(np.int64)
        ],
        "value": np.where(share(rows.ids[owner], 29) < 0.7, "present", "absent"),
    }
    kind = STAGE_ROWS.field("labels").type
    return lists_of(owner, rows.size, struct_of(kind.value_type, columns, len(owner)))


def _scores(rows: Planted) -> pa.Array:
    """Some scores of all rows, and `clip` of most."""
    names = ["clip", "image_blur", "image_text", "medical", "text_symbols", "text_words"]
    values = np.stack([share(rows.ids, 32 + i) for i in range(len(names))], axis=1)
    there = np.ones(values.shape, bool)
    there[:, 0] = share(rows.ids, 31) >= 0.05
    kept = there.ravel()
    offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
    keys = pa.array(np.tile(np.array(names, object), rows.size)[kept], pa.string())
    return pa.MapArray.from_arrays(offsets, keys, pa.array(values.ravel()[kept]))


def _meta(rows: Planted) -> pa.Array:
    labelled = share(rows.document, 16) < 0.05
    split = np.array(["train", "val", "test"])[
        (mixed(rows.document, 38) % np.uint64(3)).astype(int)
    ]
    about = np.array(["own", "shared", "whole"])[(mixed(rows.ids, 39) % np.uint64(3)).astype(int)]
    entries = [
        (labelled, "dataset_split", pa.array(split)),
        (np.ones(rows.size, bool), "doi", joined("10.1000/j.", rows.document)),
        (rows.panel, "panel_text", pa.array(about)),
        (rows.whole, "split", pa.repeat("3 panels", rows.size)),
    ]
    there = np.stack([e[0] for e in entries], axis=1).ravel()
    at = pa.array(np.flatnonzero(there))
    names = np.tile(np.array([e[1] for e in entries], object), rows.size)[there]
    values = woven([e[2] for e in entries], rows.size).take(at)
    counts = there.reshape(rows.size, -1).sum(axis=1)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.MapArray.from_arrays(offsets, pa.array(names, pa.string()), values)


def _drops(rows: Planted) -> pa.Array:
    owner = np.flatnonzero(rows.lost | rows.whole)
    whole = rows.whole[owner]
    columns = {
        "stage": np.where(whole, "figures", "extract"),
        "reason": np.where(whole, "split", "image_missing"),
        "detail": np.where(whole, "3 panels", "fig.jpg"),
    }
    kind = STAGE_ROWS.field("drops").type
    return lists_of(owner, rows.size, struct_of(kind.value_type, columns, len(owner)))
