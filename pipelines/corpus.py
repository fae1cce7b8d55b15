"""A finished corpus, opened for reading: its corpus.json and DuckDB views over its manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
from pydantic import ValidationError

from extractors.modality.tree import KINDS
from filters.rules import samples_query
from pipelines import layout
from pipelines.errors import UserError
from pipelines.knowledge import IN_USE
from pipelines.part_views import score_names
from pipelines.recipe import Recipe
from pipelines.selected import selection_views
from pipelines.storage import Store
from pipelines.summary import manifest_connection
from schemas.options import first_problem

_PARTS = ("texts", "concepts", "labels", "regions", "questions", "drops", "images")


@dataclass(frozen=True)
class Corpus:
    """Where a corpus lies and what its corpus.json says."""

    store: Store
    state: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.state["name"])

    @property
    def partitions(self) -> int:
        return int(self.state["partitions"])

    @property
    def shards(self) -> list[str]:
        return list(self.state["shards"])


def open_corpus(where: str) -> Corpus:
    """Raises `UserError` where there is no complete corpus."""
    store = Store(where)
    try:
        state = json.loads(store.read(layout.CORPUS_JSON))
        return Corpus(store, {**state, "partitions": int(state["partitions"])})
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{where}: its corpus.json is not one of ours") from None
    if store.exists("stages"):
        raise UserError(f"{where}: the corpus is not finished; run its recipe again to go on")
    raise UserError(f"{where}: no corpus here (no corpus.json)")


def recipe_of(corpus: Corpus) -> Recipe:
    """The recipe that a corpus was made by; the files and models it names need not be here.

    Raises `UserError` where this version of Fabrica does not understand it.
    """
    try:
        return Recipe.model_validate(corpus.state.get("recipe"))
    except ValidationError as error:
        problem = first_problem(error, Recipe)
        raise UserError(
            f"{corpus.store.url}: its recipe is of another version: {problem}"
        ) from None


def report_recipe(corpus: Corpus) -> Recipe | None:
    """The recipe whose thresholds and conditions hold for all rows of a corpus: not those of one
    that was curated since, nor of one by a version that is not understood."""
    if "curated" in corpus.state:
        return None
    try:
        return recipe_of(corpus)
    except UserError:
        return None


def views(corpus: Corpus) -> duckdb.DuckDBPyConnection:
    """A connection with the views `samples`, `texts`, `concepts`, `labels`, `regions`,
    `questions`, `images`, `drops` and `scores`; the last eight with `sample_id` first.

    `vocabulary` has the concepts in use and all broader ones, `narrower('C0012345')` a concept's
    id and those of all below it; `modalities` is the tree of picture kinds. `leaks`, `near_pairs`
    and `compared` are what select found to be alike, and in how many.
    """
    connection = manifest_connection(corpus.store, corpus.partitions)
    scores = score_names(connection, "manifest")
    connection.execute(
        f"CREATE VIEW samples AS {samples_query('(SELECT * EXCLUDE (partition) FROM manifest)', scores)}"
    )
    for part in _PARTS:
        connection.execute(
            f"""CREATE VIEW {part} AS SELECT sample_id, unnest(part) FROM
            (SELECT sample_id, unnest({part}) AS part FROM manifest)"""
        )
    connection.execute(
        """CREATE VIEW scores AS SELECT sample_id, score.key AS name, score.value AS value FROM
        (SELECT sample_id, unnest(map_entries(scores)) AS score FROM manifest)"""
    )
    _add_knowledge(connection, corpus.store)
    selection_views(connection, corpus.store)
    return connection


def _add_knowledge(connection: duckdb.DuckDBPyConnection, store: Store) -> None:
    """The views that say what concepts and kinds of picture are."""
    table = IN_USE.empty_table()
    if store.exists(layout.VOCABULARY):
        table = store.read_table(layout.VOCABULARY)
    connection.register("vocabulary", table)
    kinds = pa.Table.from_pylist([msgspec.to_builtins(kind) for kind in KINDS])
    connection.register("modalities", kinds)
    connection.execute(
        """CREATE MACRO narrower(broad) AS TABLE
        WITH RECURSIVE below(cui) AS (
            SELECT broad
            UNION SELECT v.cui FROM vocabulary v JOIN below b ON list_contains(v.parents, b.cui)
        ) SELECT cui FROM below"""
    )
