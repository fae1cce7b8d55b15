"""What score finds of each row, and the parts it leaves for select and search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from filters.alike.signatures import PictureSignature
from filters.alike.sketches import TextSignature
from pipelines import layout
from pipelines.context import Context
from schemas.sample import Sample
from schemas.signatures import PICTURE_SIGNATURES, TEXT_SIGNATURES, embeddings_schema


@dataclass
class Seen:
    """What was found of one row so far."""

    row: Sample
    pictures: list[PictureSignature] = field(default_factory=list)
    text: TextSignature | None = None
    picture_vector: np.ndarray | None = None
    text_vector: np.ndarray | None = None


def write_signatures(
    context: Context, partition: int, seen: Sequence[Seen], fingerprint: str
) -> None:
    """Signatures of a partition; its rows, which are the commit, come after."""
    store = context.store
    pictures = [
        (each.row.sample_id, place, *signature.hash, [n for crop in signature.crops for n in crop])
        for each in seen
        for place, signature in enumerate(each.pictures)
    ]
    texts = [
        (each.row.sample_id, each.text.words, each.text.exact, each.text.bands, each.text.shingles)
        for each in seen
        if each.text
    ]
    store.write_table(
        layout.picture_signatures_part(partition), _table(pictures, PICTURE_SIGNATURES), fingerprint
    )
    store.write_table(
        layout.text_signatures_part(partition), _table(texts, TEXT_SIGNATURES), fingerprint
    )


def write_embeddings(
    context: Context, partition: int, seen: Sequence[Seen], width: int, fingerprint: str
) -> None:
    """Embeddings of a partition, vectors of `width`."""
    score = context.recipe.score
    table = _embeddings(seen, width, score.clip.model if score and score.clip else "")
    context.store.write_table(layout.embeddings_part(partition), table, fingerprint)


def _table(rows: Sequence[tuple], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def _embeddings(seen: Sequence[Seen], width: int, model: str) -> pa.Table:
    schema = embeddings_schema(width, model)
    own = [e for e in seen if e.picture_vector is not None or e.text_vector is not None]
    columns = [
        pa.array([e.row.sample_id for e in own], pa.string()),
        _vectors([e.picture_vector for e in own], width),
        _vectors([e.text_vector for e in own], width),
    ]
    return pa.table(columns, schema=schema)


def _vectors(vectors: Sequence[np.ndarray | None], width: int) -> pa.Array:
    """Float16 vectors as Arrow's lists; None becomes null."""
    there = [v is not None for v in vectors]
    values = np.concatenate([np.zeros(0, np.float16), *(v for v in vectors if v is not None)])
    ends = pa.array([0, *(width * n for n in np.cumsum(there).tolist())], pa.int32())
    missing = pa.array([not each for each in there], pa.bool_())
    return pa.ListArray.from_arrays(ends, pa.array(values, pa.float16()), mask=missing)
