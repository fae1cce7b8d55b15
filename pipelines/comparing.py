"""What select compares rows by, as tables of its connection, and what it found, as files."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipelines import layout
from pipelines.context import Context
from pipelines.evaluation_sets import evaluation_rows, evaluation_state
from pipelines.listing import Listing
from pipelines.part_views import view_of_parts
from pipelines.recipe import Recipe
from pipelines.storage import Store
from schemas.signatures import FINGERPRINTS

# Of tables that nothing asks for; DuckDB has no name for Arrow's halves of a float.
_HASH = "h0 UBIGINT, h1 UBIGINT, h2 UBIGINT, h3 UBIGINT, crops UBIGINT[]"
_COLUMNS = {
    "picture_signatures": f"sample_id VARCHAR, image INTEGER, {_HASH}",
    "text_signatures": "sample_id VARCHAR, words INTEGER, exact UBIGINT, bands UINTEGER[], "
    "shingles UINTEGER[]",
    "embeddings": "sample_id VARCHAR, picture FLOAT[], text FLOAT[]",
}


def check_evaluations(recipe: Recipe) -> None:
    """Raise `UserError` for an evaluation set that cannot be read, before any row is."""
    for keep_out in recipe.select.keep_out:
        evaluation_state(keep_out)


def compared_tables(
    connection: duckdb.DuckDBPyConnection, context: Context, listing: Listing
) -> None:
    """What rows are compared by, each an empty table where it is not asked for."""
    store, select = context.store, context.recipe.select
    clip = context.recipe.score and context.recipe.score.clip
    alike = [select.near_duplicates, *select.keep_out]
    numbers = range(listing.partitions)
    texts = select.duplicate_texts or any(keep_out.text for keep_out in select.keep_out)
    asked = {
        "picture_signatures": (any(alike), layout.picture_signatures_part),
        "text_signatures": (bool(texts), layout.text_signatures_part),
        "embeddings": (
            bool(clip and select.near_duplicates and select.near_duplicates.embedding),
            layout.embeddings_part,
        ),
    }
    for name, (wanted, part) in asked.items():
        if wanted:
            view_of_parts(connection, store, name, [part(p) for p in numbers])
        else:
            connection.execute(f"CREATE TABLE {name} (partition INTEGER, {_COLUMNS[name]})")
    kept = store.path(layout.EVALUATION) if store.is_local else ""
    sets = [evaluation_rows(keep_out, kept) for keep_out in select.keep_out]
    named = [
        rows.append_column("set", pa.array([keep_out.name] * rows.num_rows, pa.string()))
        for keep_out, rows in zip(select.keep_out, sets, strict=True)
    ]
    nothing = FINGERPRINTS.append(pa.field("set", pa.string())).empty_table()
    connection.register("evaluation", pa.concat_tables([nothing, *named]))


def write_proof(connection: duckdb.DuckDBPyConnection, store: Store) -> None:
    """What was found to be alike, and how much was compared, beside the manifest."""
    for name, table in (
        (layout.LEAKS, "leaks"),
        (layout.NEAR_PAIRS, "near_pairs"),
        (layout.COMPARED, "compared"),
    ):
        rows = connection.sql(f"SELECT * FROM {table} ORDER BY ALL").to_arrow_table()
        if rows.num_rows:
            store.write_table(name, rows, "")
        else:
            store.remove(name)
