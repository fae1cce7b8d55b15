"""What a worker process can be asked to do, by name: each kind of task takes one number."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pipelines.context import Context
from pipelines.extraction import extract_partition
from pipelines.figures import split_partition
from pipelines.linking import link_partition
from pipelines.listing import describe_partition
from pipelines.pool import Progress
from pipelines.scoring import score_partition
from pipelines.sharding import write_manifest, write_shard
from pipelines.writing import write_partition


def describe_and_extract(
    context: Context, partition: int, skip: Mapping[str, str], progress: Progress
) -> dict[str, int]:
    """All CPU stages of one partition in one task, each with its own commit."""
    counts = describe_partition(context, partition, skip, progress)
    counts |= extract_partition(context, partition, skip, progress)
    if context.recipe.figures.split:
        counts |= split_partition(context, partition, skip, progress)
    if context.recipe.links:
        counts |= link_partition(context, partition, skip, progress)
    return counts


TASKS = {
    "extract": describe_and_extract,
    "write": write_partition,
    "score": score_partition,
    "shard": write_shard,
    "manifest": write_manifest,
}


def run_task(
    name: str, context: Context, item: int, skip: Mapping[str, str], progress: Progress
) -> dict[str, int]:
    """Run one task; the counts it returns are for people, its files are the result."""
    if os.path.isdir(context.folder):
        os.chdir(context.folder)
    return TASKS[name](context, item, skip, progress)
