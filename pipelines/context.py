"""What every task of a run is given: the recipe, where the corpus lies, where to cache fetches."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipelines import layout
from pipelines.recipe import Recipe
from pipelines.storage import Store
from schemas.identifiers import part_name, short_hash
from schemas.sample import Drop

# The drop reason of what a network did not give; the next run asks again.
PASSING_REASON = "fetch_failed"

# Raised when a stage's code changes what it writes; finished partitions are then done again.
STAGE_VERSIONS = {
    "list": 1,
    "extract": 2,
    "figures": 2,
    "link": 2,
    "write": 2,
    "score": 1,
    "select": 2,
    "shard": 1,
    "manifest": 1,
}


@dataclass(frozen=True)
class Context:
    """Small, picklable, the same on every worker.

    `folder` is the working directory that relative paths of the recipe start from;
    `pictures_from` is the corpus whose tars hold the pictures, where it is another (curate).
    """

    recipe_json: str
    out: str
    workers: int = 1
    cache: str = ""
    pictures_from: str = ""
    folder: str = ""

    @property
    def recipe(self) -> Recipe:
        return _recipe(self.recipe_json)

    @property
    def store(self) -> Store:
        return Store(self.out)

    @property
    def pictures(self) -> Store:
        return Store(self.pictures_from or self.out)

    def cache_of(self, partition: int) -> str:
        """The folder where fetched files of a partition wait for its commit."""
        return os.path.join(self.cache, part_name(partition)) if self.cache else ""

    @property
    def unlinked_folder(self) -> str:
        """Where the rows lie that link reads: those of the last stage before it."""
        return layout.FIGURES if self.recipe.figures.split else layout.EXTRACTED

    @property
    def unwritten_folder(self) -> str:
        """Where the rows lie that write reads: those of the last stage before it."""
        return layout.LINKED if self.recipe.links else self.unlinked_folder

    @property
    def unscored_folder(self) -> str:
        """Where the rows lie that score reads: those of the last stage before it."""
        return layout.WRITTEN if self.recipe.write else self.unwritten_folder

    @property
    def rows_folder(self) -> str:
        """Where the rows lie that select decides on: those of the last stage before it."""
        return layout.SCORED if self.recipe.scores else self.unscored_folder

    def unlinked_part(self, partition: int) -> str:
        """The file of one partition in `unlinked_folder`."""
        return f"{self.unlinked_folder}/{part_name(partition)}.parquet"

    def unwritten_part(self, partition: int) -> str:
        """The file of one partition in `unwritten_folder`."""
        return f"{self.unwritten_folder}/{part_name(partition)}.parquet"

    def unscored_part(self, partition: int) -> str:
        """The file of one partition in `unscored_folder`."""
        return f"{self.unscored_folder}/{part_name(partition)}.parquet"

    def rows_part(self, partition: int) -> str:
        """The file of one partition in `rows_folder`."""
        return f"{self.rows_folder}/{part_name(partition)}.parquet"

    def fingerprint(self, stage: str, *parts: Any) -> str:
        """Changes with the stage's code version, the given configuration and its input."""
        state = json.dumps([stage, STAGE_VERSIONS[stage], *parts], sort_keys=True, default=str)
        return hashlib.sha256(state.encode()).hexdigest()[:32]


def settled(fingerprint: str, drops: Iterable[Drop]) -> str:
    """The fingerprint to commit with: another one where something failed that may pass.

    Such a partition is as good as any to go on with, and is done again by the next run. What
    failed is part of it, so that a stage that reads the partition sees when something else does.
    """
    return unsettled(fingerprint, [d.detail for d in drops if d.reason == PASSING_REASON])


def unsettled(fingerprint: str, failed: Iterable[str]) -> str:
    """The fingerprint itself where nothing failed, else one that says that something did."""
    failed = sorted(failed)
    return f"{fingerprint}+unsettled-{short_hash(' | '.join(failed))}" if failed else fingerprint


@functools.lru_cache(maxsize=4)
def _recipe(text: str) -> Recipe:
    return Recipe.model_validate_json(text)
