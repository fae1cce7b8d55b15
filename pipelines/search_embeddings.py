"""Nearest samples by the CLIP embeddings that the score stage kept, read a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image as PillowImage

from pipelines import layout
from pipelines.corpus import Corpus, recipe_of
from pipelines.errors import UserError
from pipelines.search_rows import Hit, Rows, best

BY = "embedding"


class NoEmbedding(Exception):
    """A search by embedding is not possible here; the message says why."""


def has_embeddings(corpus: Corpus) -> bool:
    """Whether the corpus has embeddings of its rows."""
    parts = [layout.embeddings_part(p) for p in range(corpus.partitions)]
    return bool(parts) and all(corpus.store.exists(part) for part in parts)


def embedding_model(corpus: Corpus) -> str:
    """The model that made a corpus' embeddings. Raises `NoEmbedding` where it has none."""
    if not has_embeddings(corpus):
        raise NoEmbedding("the corpus has no embeddings (score.clip of its recipe makes them)")
    with corpus.store.opened(layout.embeddings_part(0)) as file:
        metadata = pq.read_schema(file).metadata or {}
    return metadata.get(b"fabrica.model", b"").decode("utf-8", "replace")


def embed(corpus: Corpus, model: str, query: str | PillowImage.Image) -> np.ndarray:
    """The unit vector of a text or picture by the model of the corpus' embeddings.

    `model` is where that model lies here, if not where it did. Raises `NoEmbedding`.
    """
    from filters.clip.scorer import ClipScorer, ClipUnavailable
    from filters.options import Clip

    made_by = embedding_model(corpus)
    recipe = recipe_of(corpus)
    own = recipe.score.clip if recipe.score and recipe.score.clip else Clip(model=made_by)
    try:
        scorer = ClipScorer(own.model_copy(update={"model": model or made_by, "classes": {}}))
    except ClipUnavailable as error:
        raise NoEmbedding(f"{error} (--model says where it is)") from None
    vector = scorer.text_vector(query) if isinstance(query, str) else scorer.picture_vector(query)
    return np.asarray(vector, np.float32)


def embedding_of(corpus: Corpus, sample_id: str, partition: int) -> np.ndarray:
    """The stored vector of a sample's picture, else of its caption. Raises `NoEmbedding`."""
    embedding_model(corpus)
    part = layout.embeddings_part(partition)
    table = corpus.store.read_table(part)
    table = table.filter(pa.compute.equal(table["sample_id"], sample_id))
    for column in ("picture", "text"):
        for vector in table[column].to_pylist():
            if vector is not None:
                return np.asarray(vector, np.float32)
    raise NoEmbedding(f"{sample_id} has no embedding")


def nearest_embeddings(rows: Rows, vector: np.ndarray, top: int, without: str = "") -> list[Hit]:
    """The samples whose pictures' vectors have the greatest cosine with `vector` (width,).

    Raises `UserError` where the widths differ.
    """
    return best((hit for hit in _all(rows, vector, top) if hit.sample_id != without), top)


def _all(rows: Rows, vector: np.ndarray, top: int) -> Iterator[Hit]:
    """The best of each row group: more than that cannot be among the best of all."""
    for partition in range(rows.corpus.partitions):
        part = layout.embeddings_part(partition)
        for table in rows.batches(part, ["sample_id", "picture"], partition):
            table = table.filter(pa.compute.is_valid(table["picture"]))
            if not table.num_rows:
                continue
            stored = table["picture"].combine_chunks()
            width = len(stored[0])
            if width != len(vector):
                raise UserError(
                    f"the model gives {len(vector)} numbers, the corpus' embeddings have "
                    f"{width}: --model is not the one they were made by"
                )
            matrix = stored.flatten().to_numpy(zero_copy_only=False).reshape(-1, len(vector))
            cosines = matrix.astype(np.float32) @ vector
            ids = table["sample_id"].to_pylist()
            for i in np.argsort(-cosines, kind="stable")[: top + 1]:
                score = round(float(cosines[i]), 4)
                yield Hit(ids[i], partition, score, f"embedding: cosine {score:.3f}", BY)
