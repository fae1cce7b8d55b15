"""A vocabulary entry, and the Parquet file that a vocabulary is."""

from __future__ import annotations

import msgspec
import pyarrow as pa


class Entry(msgspec.Struct, frozen=True):
    """One concept: its preferred `name`, other names, semantic types (TUIs), broader concepts.

    `cui` is the concept's id: a UMLS CUI where the source gives one, else the source's own id.
    """

    cui: str
    name: str
    synonyms: list[str] = []
    types: list[str] = []
    definition: str = ""
    parents: list[str] = []
    sources: list[str] = []


# One row per concept, sorted by `cui`, each `cui` once.
VOCABULARY = pa.schema(
    [
        ("cui", pa.string()),
        ("name", pa.string()),
        ("synonyms", pa.list_(pa.string())),
        ("types", pa.list_(pa.string())),
        ("definition", pa.string()),
        ("parents", pa.list_(pa.string())),
        ("sources", pa.list_(pa.string())),
    ]
)
