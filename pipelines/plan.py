"""plan: what a run would do, without doing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from pipelines import layout
from pipelines.context import Context
from pipelines.extraction import extract_fingerprint
from pipelines.figures import figures_fingerprint
from pipelines.linking import link_fingerprint
from pipelines.listing import Listing, documents_fingerprint, read_listing
from pipelines.recipe import Recipe
from pipelines.scoring import score_fingerprint
from pipelines.selecting import select_fingerprint
from pipelines.shard_plan_file import read_plan
from pipelines.sharding import manifest_fingerprint, shard_fingerprint
from pipelines.writing import write_fingerprint


@dataclass(frozen=True)
class StagePlan:
    """One stage: how many of its `total` files are done; `total` -1 where not known yet."""

    stage: str
    unit: str
    done: int
    total: int

    @property
    def words(self) -> str:
        if self.total < 0:
            return f"{self.stage:<10} not planned yet"
        left = self.total - self.done
        what = "nothing to do" if not left else f"{left:,} to do"
        return f"{self.stage:<10} {self.done:,} of {self.total:,} {self.unit} done, {what}"

    def as_dict(self) -> dict:
        return asdict(self)


# The stages that a recipe may have between extract and select: their files and fingerprints.
_MIDDLE: dict[str, tuple[Callable[[int], str], Callable[[Context, int], str]]] = {
    "figures": (layout.figures_part, figures_fingerprint),
    "link": (layout.linked_part, link_fingerprint),
    "write": (layout.written_part, write_fingerprint),
    "score": (layout.scored_part, score_fingerprint),
}


def _asked(recipe: Recipe) -> list[str]:
    """Which of them this recipe has, in order."""
    wanted = (recipe.figures.split, recipe.links, bool(recipe.write), recipe.scores)
    return [name for name, yes in zip(_MIDDLE, wanted, strict=True) if yes]


def plan(context: Context) -> tuple[Listing | None, list[StagePlan]]:
    """The frozen list, and each stage with what is done under the present recipe."""
    store, listing = context.store, read_listing(context.store)
    middle = _asked(context.recipe)
    if listing is None:
        names = ("list", "extract", *middle, "select", "shard", "manifest")
        return None, [StagePlan(name, "", 0, -1) for name in names]
    numbers = range(listing.partitions)
    described = sum(
        store.fingerprint(layout.documents_part(p))
        == documents_fingerprint(context, store.read_table(layout.refs_part(p)).to_pylist())
        for p in numbers
    )
    extracted = [
        p
        for p in numbers
        if store.fingerprint(layout.extracted_part(p)) == extract_fingerprint(context, p)
    ]
    ready = len(extracted)
    stages = [
        StagePlan("list", "partitions", described, listing.partitions),
        StagePlan("extract", "partitions", ready, listing.partitions),
    ]
    for name in middle:
        part, fingerprint = _MIDDLE[name]
        among = extracted if name == "figures" else numbers
        ready = sum(store.fingerprint(part(p)) == fingerprint(context, p) for p in among)
        stages.append(StagePlan(name, "partitions", ready, listing.partitions))
    chosen = store.fingerprint(layout.PLAN) == select_fingerprint(context, listing)
    stages.append(StagePlan("select", "plan", int(chosen), 1))
    if not chosen or ready < listing.partitions:
        return listing, [*stages, StagePlan("shard", "", 0, -1), StagePlan("manifest", "", 0, -1)]
    shards = read_plan(store)
    done = sum(
        store.fingerprint(layout.shard_index(s.name)) == shard_fingerprint(context, s.name)
        for s in shards
    )
    manifests = sum(
        store.fingerprint(layout.manifest_part(p)) == manifest_fingerprint(context, p)
        for p in numbers
    )
    stages.append(StagePlan("shard", "shards", done, len(shards)))
    stages.append(StagePlan("manifest", "partitions", manifests, listing.partitions))
    return listing, stages
