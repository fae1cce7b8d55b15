"""The manifest's columns as an Arrow schema, and samples to and from Arrow tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import pyarrow as pa

from schemas.sample import Document, Sample

_STRING_MAP = pa.map_(pa.string(), pa.string())
_BOX = pa.list_(pa.int32())

DROPS = pa.list_(
    pa.struct([("stage", pa.string()), ("reason", pa.string()), ("detail", pa.string())])
)

IMAGES = pa.list_(
    pa.struct(
        [
            ("path", pa.string()),
            ("offset", pa.int64()),
            ("length", pa.int64()),
            ("width", pa.int32()),
            ("height", pa.int32()),
            ("format", pa.string()),
            ("sha256", pa.string()),
            ("phash", pa.uint64()),
        ]
    )
)

FIGURE = pa.struct(
    [
        ("id", pa.string()),
        ("label", pa.string()),
        ("panel", pa.string()),
        ("box", _BOX),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("merged", pa.list_(pa.string())),
    ]
)

LICENCE = pa.struct(
    [
        ("code", pa.string()),
        ("spdx", pa.string()),
        ("derivatives", pa.bool_()),
        ("commercial", pa.bool_()),
        ("attribution", pa.string()),
        ("retracted", pa.bool_()),
    ]
)

TEXTS = pa.list_(
    pa.struct(
        [
            ("kind", pa.string()),
            ("text", pa.string()),
            ("language", pa.string()),
            ("writer", pa.string()),
            ("prompt", pa.string()),
            ("faithful", pa.bool_()),
            ("evidence", pa.string()),
            ("reasons", pa.list_(pa.string())),
        ]
    )
)

REGIONS = pa.list_(
    pa.struct(
        [
            ("label", pa.string()),
            ("box", pa.list_(pa.float64())),
            ("rle", pa.string()),
            ("area", pa.float64()),
            ("text", pa.string()),
            ("image", pa.int32()),
            ("share", pa.float64()),
            ("side", pa.string()),
            ("frame", pa.string()),
            ("place", pa.string()),
        ]
    )
)

CONCEPTS = pa.list_(
    pa.struct(
        [
            ("cui", pa.string()),
            ("name", pa.string()),
            ("types", pa.list_(pa.string())),
            ("kind", pa.string()),
            ("text", pa.int32()),
            ("start", pa.int32()),
            ("end", pa.int32()),
            ("score", pa.float64()),
            ("negated", pa.bool_()),
            ("uncertain", pa.bool_()),
        ]
    )
)

QUESTIONS = pa.list_(
    pa.struct(
        [
            ("kind", pa.string()),
            ("question", pa.string()),
            ("options", pa.list_(pa.string())),
            ("answer", pa.string()),
            ("rationale", pa.string()),
            ("evidence", pa.string()),
            ("writer", pa.string()),
            ("task", pa.string()),
            ("pair", pa.string()),
            ("language", pa.string()),
            ("prompt", pa.string()),
            ("faithful", pa.bool_()),
            ("reasons", pa.list_(pa.string())),
            ("level", pa.int32()),
            ("dialogue", pa.string()),
            ("rejected", pa.string()),
            ("weight", pa.float64()),
        ]
    )
)

MANIFEST = pa.schema(
    [
        ("sample_id", pa.string()),
        ("document_id", pa.string()),
        ("group_id", pa.string()),
        ("source", pa.string()),
        ("images", IMAGES),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("figure", FIGURE),
        ("licence", LICENCE),
        ("caption", pa.string()),
        ("texts", TEXTS),
        ("labels", pa.list_(pa.struct([("name", pa.string()), ("value", pa.string())]))),
        ("regions", REGIONS),
        ("concepts", CONCEPTS),
        ("questions", QUESTIONS),
        ("modality", pa.string()),
        ("modality_score", pa.float64()),
        ("body_part", pa.string()),
        ("view", pa.string()),
        ("scores", pa.map_(pa.string(), pa.float64())),
        ("meta", _STRING_MAP),
        ("drops", DROPS),
        ("kept", pa.bool_()),
        ("duplicate_of", pa.string()),
        ("split", pa.string()),
        ("shard", pa.string()),
        ("sampling_weight", pa.float64()),
        ("curriculum", pa.list_(pa.string())),
    ]
)
# What stages hand on: a row as in the manifest, and how long its record is as JSON.
STAGE_ROWS = MANIFEST.append(pa.field("record_bytes", pa.int64()))

DOCUMENTS = pa.schema(
    [
        ("document_id", pa.string()),
        ("group_id", pa.string()),
        ("source", pa.string()),
        ("address", pa.string()),
        ("ref", pa.string()),
        ("source_index", pa.int32()),
        ("entry", pa.int32()),
        ("licence", pa.string()),
        ("checksum", pa.string()),
        (
            "files",
            pa.list_(
                pa.struct([("name", pa.string()), ("url", pa.string()), ("md5", pa.string())])
            ),
        ),
        ("meta", _STRING_MAP),
        ("drops", DROPS),
    ]
)


def samples_to_table(samples: Sequence[Sample]) -> pa.Table:
    """One Arrow row per sample, in the given order, with the `MANIFEST` schema."""
    return _to_table(samples, MANIFEST)


def stage_rows_to_table(samples: Sequence[Sample]) -> pa.Table:
    """The same with the schema `STAGE_ROWS`, so that select need not read whole rows."""
    sizes = [len(msgspec.json.encode(sample)) for sample in samples]
    return samples_to_table(samples).append_column(
        STAGE_ROWS.field("record_bytes"), pa.array(sizes, pa.int64())
    )


def documents_to_table(documents: Sequence[Document]) -> pa.Table:
    """One Arrow row per document, with the `DOCUMENTS` schema."""
    return _to_table(documents, DOCUMENTS)


def samples_from_table(table: pa.Table) -> list[Sample]:
    """The inverse of `samples_to_table`."""
    return msgspec.convert(table.to_pylist(maps_as_pydicts="lossy"), list[Sample])


def documents_from_table(table: pa.Table) -> list[Document]:
    """The inverse of `documents_to_table`."""
    return msgspec.convert(table.to_pylist(maps_as_pydicts="lossy"), list[Document])


def _to_table(rows: Iterable[msgspec.Struct], schema: pa.Schema) -> pa.Table:
    # asdict would miss the nested structs; to_builtins is the fast way to plain dicts.
    plain = [msgspec.to_builtins(row) for row in rows]
    columns = []
    for field in schema:
        values = [row[field.name] for row in plain]
        if pa.types.is_map(field.type):
            values = [sorted(value.items()) for value in values]
        columns.append(pa.array(values, type=field.type))
    return pa.table(columns, schema=schema)
