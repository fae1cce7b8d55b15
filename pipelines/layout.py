"""Where things lie in a corpus folder."""

from __future__ import annotations

from schemas.identifiers import part_name

CORPUS_JSON = "corpus.json"
LIST_JSON = "stages/list/list.json"
REFS = "stages/list/refs"
WITHDRAWN = "stages/list/withdrawn.parquet"
DOCUMENTS = "stages/list"
EXTRACTED = "stages/extract"
FIGURES = "stages/figures"
LINKED = "stages/link"
WRITTEN = "stages/write"
ANSWERS = "stages/answers"
SCORED = "stages/score"
USAGE = "stages/write/usage"
USAGE_JSON = "stages/write/usage.json"
SELECTED = "stages/select"
EVALUATION = "stages/evaluation"
PLAN = "stages/select/plan.parquet"
SHARD_INDEX = "stages/shard"
SHARDS = "shards"
MANIFEST = "manifest"
VOCABULARY = "vocabulary.parquet"
PICTURE_SIGNATURES = "signatures/pictures"
TEXT_SIGNATURES = "signatures/texts"
EMBEDDINGS = "embeddings"
LEAKS = "selection/leaks.parquet"
NEAR_PAIRS = "selection/near_duplicates.parquet"
COMPARED = "selection/compared.parquet"
REPORT = "report/index.html"
WRITTEN_PAGE = "report/written.html"


def refs_part(partition: int) -> str:
    return f"{REFS}/{part_name(partition)}.parquet"


def documents_part(partition: int) -> str:
    return f"{DOCUMENTS}/{part_name(partition)}.parquet"


def extracted_part(partition: int) -> str:
    return f"{EXTRACTED}/{part_name(partition)}.parquet"


def images_part(partition: int) -> str:
    return f"{EXTRACTED}/images/{part_name(partition)}.tar"


def figures_part(partition: int) -> str:
    return f"{FIGURES}/{part_name(partition)}.parquet"


def panels_part(partition: int) -> str:
    return f"{FIGURES}/images/{part_name(partition)}.tar"


def linked_part(partition: int) -> str:
    return f"{LINKED}/{part_name(partition)}.parquet"


def written_part(partition: int) -> str:
    return f"{WRITTEN}/{part_name(partition)}.parquet"


def scored_part(partition: int) -> str:
    return f"{SCORED}/{part_name(partition)}.parquet"


def picture_signatures_part(partition: int) -> str:
    return f"{PICTURE_SIGNATURES}/{part_name(partition)}.parquet"


def text_signatures_part(partition: int) -> str:
    return f"{TEXT_SIGNATURES}/{part_name(partition)}.parquet"


def embeddings_part(partition: int) -> str:
    return f"{EMBEDDINGS}/{part_name(partition)}.parquet"


def usage_part(partition: int) -> str:
    return f"{USAGE}/{part_name(partition)}.json"


def selected_part(partition: int) -> str:
    return f"{SELECTED}/{part_name(partition)}.parquet"


def manifest_part(partition: int) -> str:
    return f"{MANIFEST}/{part_name(partition)}.parquet"


def shard_tar(name: str) -> str:
    return f"{SHARDS}/{name}.tar"


def shard_index(name: str) -> str:
    return f"{SHARD_INDEX}/{name}.parquet"


def failure_note(stage: str, item: int) -> str:
    """Where a worker says that a partition (or shard) failed in every try."""
    return f"stages/{stage}/{part_name(item)}.failed"
