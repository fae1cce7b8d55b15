"""What select compares pictures and texts by: Arrow schemas of signatures and embeddings.

`h0` to `h3` are the 256 bits of a picture's signature, most significant first; `crops` those of its
crops, four numbers each. `exact` is a hash of a normalised text, `shingles` sorted different hashes
of its runs of words, `bands` keys that two texts share where they are probably alike.
"""

from __future__ import annotations

import pyarrow as pa

_HASH = [(f"h{i}", pa.uint64()) for i in range(4)]

# One row per picture of a sample.
PICTURE_SIGNATURES = pa.schema(
    [("sample_id", pa.string()), ("image", pa.int32()), *_HASH, ("crops", pa.list_(pa.uint64()))]
)

_WORDS = [
    ("words", pa.int32()),
    ("exact", pa.uint64()),
    ("bands", pa.list_(pa.uint32())),
    ("shingles", pa.list_(pa.uint32())),
]

# One row per sample that has a training caption.
TEXT_SIGNATURES = pa.schema([("sample_id", pa.string()), *_WORDS])

# A fingerprint of an evaluation set: `kind` is picture or text, `item` a name within the set.
FINGERPRINTS = pa.schema(
    [
        ("kind", pa.string()),
        ("item", pa.string()),
        *_HASH,
        ("crops", pa.list_(pa.uint64())),
        *_WORDS,
    ]
)


def embeddings_schema(width: int, model: str) -> pa.Schema:
    """One row per sample: unit vectors of `width` float16 of its first picture and of its training
    caption, null where there is none. `model` is kept in the schema's metadata.

    The lists are of variable length, for Parquet has no way to say that a list of fixed length is
    null which all readers understand.
    """
    vector = pa.list_(pa.float16())
    fields = [("sample_id", pa.string()), ("picture", vector), ("text", vector)]
    state = {b"fabrica.model": model.encode(), b"fabrica.width": str(width).encode()}
    return pa.schema(fields, metadata=state)
