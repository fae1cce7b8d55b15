"""curate: a new corpus out of an old one by a condition; nothing is fetched or computed again.

Rows that do not meet the condition stay as bare ids with a drop mark, without text or picture,
so that a takedown really takes down.
"""

from __future__ import annotations

import tempfile

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from filters.select.selection import plan_shards, size_sql
from pipelines import layout
from pipelines.context import Context
from pipelines.corpus import Corpus, recipe_of, views
from pipelines.errors import UserError
from pipelines.papers import write_papers
from pipelines.part_views import check_where, connect, view_of_parts
from pipelines.report import write_report
from pipelines.run import RunOptions, complete, spread
from pipelines.selecting import write_decisions
from pipelines.storage import Store
from pipelines.summary import Summary, summarise
from schemas.manifest import samples_from_table, stage_rows_to_table
from schemas.sample import Figure, Licence, Sample, dropped


def curate(corpus: Corpus, where: str, out: str, options: RunOptions) -> Summary:
    """Write the corpus of the rows of `corpus` that meet `where` to `out`. Raises `UserError`."""
    store = Store(out)
    if store.names(""):
        raise UserError(f"{out} is not empty; curate writes a new corpus")
    connection = views(corpus)
    check_where(where, connection)
    recipe = recipe_of(corpus)
    context = Context(
        recipe_json=recipe.model_dump_json(by_alias=True, exclude_unset=True),
        out=store.url,
        workers=options.worker_count,
        pictures_from=corpus.store.url,
    )
    fingerprint = context.fingerprint("select", corpus.state["fingerprint"], where)
    wanted = connection.sql(f"SELECT sample_id FROM samples WHERE ({where}\n)").to_arrow_table()
    for partition in range(corpus.partitions):
        rows = _curated(corpus, partition, wanted["sample_id"], where)
        store.write_table(context.rows_part(partition), rows, fingerprint)
    shards = _plan(context, corpus.partitions, fingerprint)
    spread("shard", len(shards), layout.SHARD_INDEX, context, options)
    spread("manifest", corpus.partitions, layout.MANIFEST, context, options)
    for partition in range(corpus.partitions):
        _copy_signatures(corpus, store, partition, wanted["sample_id"])
    if corpus.store.exists(layout.VOCABULARY):
        store.write(layout.VOCABULARY, corpus.store.read(layout.VOCABULARY))
    summary = summarise(store, corpus.partitions, shards)
    origin = {
        "curated": {"from": corpus.name, "fingerprint": corpus.state["fingerprint"], "where": where}
    }
    write_papers(store, recipe, summary)
    write_report(store, recipe.name, summary)
    complete(store, context, recipe, summary, origin)
    store.remove("stages", folder=True)
    return summary


def _curated(corpus: Corpus, partition: int, wanted: pa.ChunkedArray, where: str) -> pa.Table:
    """A partition of the old manifest with rows outside the condition emptied and marked."""
    table = corpus.store.read_table(layout.manifest_part(partition))
    inside = pc.is_in(table["sample_id"], wanted.combine_chunks()).to_pylist()
    samples = samples_from_table(table)
    rows = [
        sample if keep else _emptied(sample, where)
        for sample, keep in zip(samples, inside, strict=True)
    ]
    return stage_rows_to_table(rows)


def _copy_signatures(corpus: Corpus, store: Store, partition: int, wanted: pa.ChunkedArray) -> None:
    """Signatures and embeddings of the rows that stay, of no other."""
    for part in (
        layout.picture_signatures_part(partition),
        layout.text_signatures_part(partition),
        layout.embeddings_part(partition),
    ):
        if corpus.store.exists(part):
            table = corpus.store.read_table(part)
            mine = table.filter(pc.is_in(table["sample_id"], wanted.combine_chunks()))
            store.write_table(part, mine, corpus.store.fingerprint(part))


def _emptied(sample: Sample, where: str) -> Sample:
    """Ids and old drop marks only, and a mark that says why."""
    old = sample.figure
    figure = old and Figure(id=old.id, panel=old.panel, box=old.box)
    bare = Sample(
        sample_id=sample.sample_id,
        document_id=sample.document_id,
        group_id=sample.group_id,
        source=sample.source,
        figure=figure,
        licence=Licence(code=sample.licence.code, spdx=sample.licence.spdx),
        drops=[msgspec.structs.replace(drop, detail="") for drop in sample.drops],
        kept=False,
    )
    return dropped(bare, "curate", "left_out", " ".join(where.split()))


def _plan(context: Context, partitions: int, fingerprint: str) -> list[str]:
    """Decisions and shard plan from what the rows already say; splits stay as they were."""
    store, shards = context.store, context.recipe.shards
    with tempfile.TemporaryDirectory(prefix="fabrica-curate-") as folder:
        connection = connect(store, folder)
        parts = [context.rows_part(p) for p in range(partitions)]
        view_of_parts(connection, store, "extracted", parts)
        connection.execute(_DECIDED_SQL)
        planned = plan_shards(connection, shards.max_samples, shards.max_bytes)
        write_decisions(connection, store, planned, partitions, fingerprint)
    return [shard.name for shard in planned]


_DECIDED_SQL = f"""CREATE TABLE decided AS
    SELECT partition, sample_id, drops, kept, duplicate_of, split, sampling_weight, curriculum,
        {size_sql("e")} AS bytes
    FROM extracted e"""
