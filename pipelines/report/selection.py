"""The report on score and select: kept out, duplicates, mix, scores and privacy, in one pass of rows."""

from __future__ import annotations

from pipelines.balanced import Balanced, balanced_of
from pipelines.recipe import Recipe
from pipelines.report.duplicates import duplicates, duplicates_parts
from pipelines.report.keep_out import keep_out_parts, proofs
from pipelines.report.mixing import mixing_parts
from pipelines.report.privacy import privacy_parts, private_of
from pipelines.report.rows import rows_of
from pipelines.report.scores import scores_of, scores_parts
from pipelines.selected import selection_views
from pipelines.storage import Store
from pipelines.summary import Summary, manifest_connection


def selection_sections(store: Store, summary: Summary, recipe: Recipe | None) -> list[str]:
    """The sections' HTML. Without the recipe thresholds and conditions are left out.

    Each section first says which rows it shows; all of them are then fetched together.
    """
    connection = manifest_connection(store, summary.partitions)
    selection_views(connection, store)
    selected = summary.selected
    kept_out = proofs(connection, selected.sets, recipe.select.keep_out if recipe else [])
    alike = duplicates(connection, summary)
    scores = scores_of(connection, recipe)
    private = private_of(connection, selected)
    mixed = balanced_of(connection, recipe) if recipe else Balanced()
    ids = [*alike.ids, *scores.ids, *private.ids, *(i for proof in kept_out for i in proof.ids)]
    rows = rows_of(connection, ids)
    return [
        *keep_out_parts(store, kept_out, rows, len(selected.sets)),
        *duplicates_parts(store, alike, rows, summary, recipe),
        *mixing_parts(mixed, recipe),
        *scores_parts(store, scores, rows),
        *privacy_parts(store, private, rows, selected),
    ]
