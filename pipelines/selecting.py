"""select: the one step that sees every row. Reads Parquet, runs the SQL of `filters`, writes
one decision file per partition and the shard plan."""

from __future__ import annotations

import tempfile
from dataclasses import fields

import duckdb
import pyarrow as pa

from filters.select.selection import PlannedShard, Policy, decide, plan_shards
from pipelines import layout
from pipelines.comparing import compared_tables, write_proof
from pipelines.context import Context
from pipelines.evaluation_sets import evaluation_state
from pipelines.listing import Listing
from pipelines.part_views import connect, view_of_parts
from pipelines.partitioned import tables_by_partition
from pipelines.recipe import Select
from pipelines.shard_plan_file import read_plan, write_plan
from pipelines.storage import Store
from schemas.manifest import DROPS

_BATCH_ROWS = 100_000
_ROWS_SORTED = 1_000_000

DECISIONS = pa.schema(
    [
        ("sample_id", pa.string()),
        ("drops", DROPS),
        ("kept", pa.bool_()),
        ("duplicate_of", pa.string()),
        ("split", pa.string()),
        ("shard", pa.string()),
        ("sampling_weight", pa.float64()),
        ("curriculum", pa.list_(pa.string())),
    ]
)


def select(context: Context, listing: Listing) -> list[PlannedShard]:
    """Decide on every row; the plan is read back where nothing has changed."""
    store, recipe = context.store, context.recipe
    fingerprint = select_fingerprint(context, listing)
    if store.fingerprint(layout.PLAN) == fingerprint:
        return read_plan(store)
    parts = [context.rows_part(p) for p in range(listing.partitions)]
    with tempfile.TemporaryDirectory(prefix="fabrica-select-") as folder:
        connection = connect(store, folder)
        view_of_parts(connection, store, "extracted", parts)
        _document_marks(connection, store, listing)
        compared_tables(connection, context, listing)
        # A rule may name no other score, and to look for more would be a scan of all rows.
        policy = policy_of(recipe.select)
        decide(connection, recipe.select.rules, recipe.caption, policy, recipe.score_names)
        write_proof(connection, store)
        shards = plan_shards(connection, recipe.shards.max_samples, recipe.shards.max_bytes)
        write_decisions(connection, store, shards, listing.partitions, fingerprint)
    return shards


def policy_of(select: Select) -> Policy:
    """The choices of a recipe as select takes them."""
    names = {f.name for f in fields(Policy)} - {"val", "test", "official"}
    chosen = {name: getattr(select, name) for name in names}
    return Policy(**chosen, **select.split.model_dump())


def write_decisions(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    shards: list[PlannedShard],
    partitions: int,
    fingerprint: str,
) -> None:
    """Write the tables `decided` and `placed` by partition, and last, as the commit, the plan."""
    store.remove(layout.PLAN)  # it must not stand for decisions that are being replaced
    ((rows,),) = connection.sql("SELECT count(*) FROM decided").fetchall()
    at_once = max(1, partitions * _ROWS_SORTED // max(1, rows))
    for start in range(0, partitions, at_once):
        some = min(at_once, partitions - start)
        reader = connection.sql(_decisions_sql(start, start + some)).to_arrow_reader(_BATCH_ROWS)
        for number, decisions in tables_by_partition(reader, DECISIONS, some):
            store.write_table(layout.selected_part(start + number), decisions, fingerprint)
    write_plan(store, shards, fingerprint)


def _decisions_sql(start: int, stop: int) -> str:
    """The decisions of partitions `start` to before `stop`, in order, numbered from 0.

    Some partitions at a time: sorting all rows at once would take far more memory.
    """
    here = f"partition >= {start} AND partition < {stop}"
    return f"""SELECT (d.partition - {start})::INTEGER AS partition, d.sample_id, d.drops, d.kept,
            d.duplicate_of, CASE WHEN d.kept THEN d.split ELSE '' END AS split,
            coalesce(p.shard, '') AS shard, d.sampling_weight, d.curriculum
        FROM (SELECT * FROM decided WHERE {here}) d
        LEFT JOIN (SELECT * FROM placed WHERE {here}) p USING (partition, sample_id)
        ORDER BY d.partition, d.sample_id"""


def select_fingerprint(context: Context, listing: Listing) -> str:
    """What the shard plan must carry to be up to date."""
    store, recipe = context.store, context.recipe
    inputs = [store.fingerprint(context.rows_part(p)) for p in range(listing.partitions)]
    inputs.append(store.fingerprint(layout.WITHDRAWN))
    inputs += [evaluation_state(keep_out) for keep_out in recipe.select.keep_out]
    return context.fingerprint(
        "select", recipe.select.model_dump(), recipe.caption, recipe.shards.model_dump(), inputs
    )


def _document_marks(connection: duckdb.DuckDBPyConnection, store: Store, listing: Listing) -> None:
    """`marks`: documents of older partitions that have changed since, or are gone."""
    connection.execute(
        "CREATE TABLE marks (document_id VARCHAR, partition INTEGER, reason VARCHAR, detail VARCHAR)"
    )
    if listing.generations < 2:
        return
    parts = [layout.documents_part(p) for p in range(listing.partitions)]
    view_of_parts(connection, store, "documents", parts)
    withdrawn = store.read_table(layout.WITHDRAWN)  # noqa: F841 - DuckDB finds it by name
    connection.execute(
        """INSERT INTO marks
        SELECT d.document_id, d.partition,
            CASE WHEN d.partition < n.newest AND n.retracted THEN 'retracted'
                 WHEN d.partition < n.newest THEN 'changed' ELSE 'withdrawn' END,
            CASE WHEN d.partition < n.newest THEN 'a newer state is in partition ' || n.newest
                 ELSE 'no longer listed by its source' END
        FROM documents d JOIN (
            SELECT ref, max(partition) AS newest,
                   arg_max(coalesce(meta['retracted'], '') = 'true', partition) AS retracted
            FROM documents GROUP BY ref
        ) n USING (ref)
        WHERE d.partition < n.newest OR d.ref IN (SELECT key FROM withdrawn)"""
    )
