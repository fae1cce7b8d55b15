"""How long select takes on a manifest of up to 24 million rows, and how much memory.

    python -m benchmarks.select [--rows N] [--texts] [--folder DIR] [--check] [--json]

Makes rows as the score stage writes them (benchmarks.select_rows; not timed), then runs the whole
selection by `pipelines.selecting` in a process of its own on two cores: five rules, equal and nearly
equal pictures, an evaluation set of 100,000 hashes kept out, two quotas, a mix, split, shard plan,
decisions written. Without `--rows`: on the first million, the first six, and all 24, which need 12
GB of disk (and as much again to sort in). Seconds of CPU are told too, for machines that have other
things to do. `--texts` also compares the captions with each other and with those of the evaluation
set. `--check` compares every decision with that of a plain Python implementation
(benchmarks.select_plainly; for up to 100,000 rows). `--folder`: where the rows are made, or already
are; they stay there.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from benchmarks.select_plainly import Row, Told, Twins, select_plainly
from benchmarks.select_rows import EVALUATION, Made, make_rows
from pipelines import layout
from pipelines.context import Context
from pipelines.listing import Listing
from pipelines.recipe_file import check_recipe
from pipelines.selecting import select
from pipelines.storage import Store

SIZES = (1_000_000, 6_000_000, 24_000_000)
_CORES = 2
_EVALUATION = 100_000
_EVALUATION_TEXTS = 5_000

RULES = {
    "licence_allows_training": "licence.allows_derivatives",
    "large_enough": "least(width, height) >= 112",
    "caption_says_something": "length(caption) >= 120",
    "image_and_text_agree": "clip >= 0.1",
    "no_chart": "modality != 'chart'",
}


def _least(row: Row) -> bool | None:
    sides = [s for s in (row.data["width"], row.data["height"]) if s is not None]
    return min(sides) >= 112 if sides else None


def _clip(row: Row) -> bool | None:
    return row.data["scores"]["clip"] >= 0.1 if "clip" in row.data["scores"] else None


# The SQL of the recipe, and the same in Python.
TWINS: Mapping[str, Told] = {
    RULES["licence_allows_training"]: lambda row: row.data["licence"]["derivatives"],
    RULES["large_enough"]: _least,
    RULES["caption_says_something"]: lambda row: len(row.caption) >= 120,
    RULES["image_and_text_agree"]: _clip,
    RULES["no_chart"]: lambda row: row.data["modality"] != "chart",
    "modality": lambda row: row.data["modality"],
    "source = 'pmc'": lambda row: row.data["source"] == "pmc",
    "modality = 'endoscopy' AND body_part = 'chest'": lambda row: (
        (row.data["modality"], row.data["body_part"]) == ("endoscopy", "chest")
    ),
    "length(caption) < 300": lambda row: len(row.caption) < 300,
    "len(concepts) > 2": lambda row: len(row.data["concepts"]) > 2,
}


def recipe_of(folder: str, rows: int, texts: bool = False, **more: Any) -> dict[str, Any]:
    """A recipe as plain data; `more` replaces keys of its `select`."""
    chosen = {
        "rules": RULES,
        "near_duplicates": {"hamming": 6},
        "keep_out": [
            {
                "path": os.path.join(folder, EVALUATION),
                "name": "evaluation",
                "text": 0.7 if texts else None,
            }
        ],
        "balance": [
            {"by": "modality", "most": max(1, rows // 20)},
            {"by": "concept", "most": max(1, rows // 100), "where": "source = 'pmc'"},
        ],
        "mix": {"by": "modality", "inverse": 0.5, "cap": 4},
        "curriculum": {"short": "length(caption) < 300", "dense": "len(concepts) > 2"},
        "hold_out": {"endoscopy_of_chest": "modality = 'endoscopy' AND body_part = 'chest'"},
        "split": {"val": 0.01, "test": 0.01},
        **({"duplicate_texts": {"boilerplate": 10}} if texts else {}),
        **more,
    }
    return {
        "name": "select",
        "sources": [{"pmc": {"mirror": folder, "articles": "ids.txt"}}],
        "caption": ["rewritten", "subcaption", "caption"],
        "score": {"clip": {"model": "local-dir:clip"}},
        "select": chosen,
        "shards": {"max_samples": 10_000},
    }


def context_of(folder: str, recipe: Mapping[str, Any]) -> Context:
    """The context of a corpus in `folder` with that recipe."""
    checked = check_recipe(dict(recipe))
    return Context(checked.model_dump_json(by_alias=True, exclude_unset=True), folder)


def selected(context: Context, parts: int) -> dict[str, Any]:
    """Select once, in this process: seconds by the clock and of CPU, and MB at most."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_CORES])
    start, cpu = time.perf_counter(), time.process_time()
    select(context, Listing(parts, 0, 1, ""))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"seconds": round(seconds, 1), "cpu_seconds": round(cpu, 1), "peak_mb": peak_mb()}


def peak_mb() -> int:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def made_rows(rows: int, texts: bool) -> Made:
    """What is made for so many rows."""
    return Made(rows, evaluation=_EVALUATION, evaluation_texts=_EVALUATION_TEXTS if texts else 0)


def measured(folder: str, rows: int, texts: bool) -> dict[str, Any]:
    """The first `rows` rows of a folder, selected in a fresh process, and counted."""
    parts = made_rows(rows, texts).parts
    context = context_of(folder, recipe_of(folder, rows, texts))
    context.store.remove(layout.SELECTED, folder=True)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        figures = pool.submit(selected, context, parts).result()
    kept = sum(
        pc.sum(context.store.read_table(layout.selected_part(p), ["kept"])["kept"]).as_py() or 0
        for p in range(parts)
    )
    return {**figures, "rows": rows, "kept": kept}


def differences(store: Store, parts: int, plain: list[Row]) -> list[str]:
    """What differs between the decisions written and those of the plain implementation."""
    found = []
    expected = {row.key: row for row in plain}
    for part in range(parts):
        for row in store.read_table(layout.selected_part(part)).to_pylist():
            other = expected.pop((part, row["sample_id"]))
            mine, theirs = _decision(row), _plain_decision(other)
            if mine != theirs:
                found.append(f"{row['sample_id']}: {mine} is {theirs} in plain Python")
    return found + [f"{key}: no decision" for key in expected]


# Marks whose words say more than the plain implementation knows.
_TOLD_OTHERWISE = ("keep_out", "near_duplicate", "duplicate_text")


def _decision(row: Mapping[str, Any]) -> tuple:
    drops = [(d["stage"], d["reason"], d["detail"]) for d in row["drops"]]
    return (
        _plain_drops(drops),
        row["kept"],
        row["duplicate_of"],
        row["split"],
        row["shard"],
        round(row["sampling_weight"], 9),
    )


def _plain_decision(row: Row) -> tuple:
    return (
        _plain_drops(row.drops),
        row.kept,
        row.duplicate_of,
        row.split if row.kept else "",
        row.shard,
        round(row.weight, 9),
    )


def _plain_drops(drops: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return [(s, r, "" if r in _TOLD_OTHERWISE else d) for s, r, d in drops]


def checked(
    folder: str, rows: int, planted: float = 1.0, **more: Any
) -> tuple[list[str], list[Row]]:
    """All features on some rows, by both ways: what differs, and the plain rows."""
    made = Made(rows, max(10, rows // 40 // 10 * 10), 500, 100, embeddings=True, planted=planted)
    make_rows(folder, made, 1)
    context = context_of(folder, recipe_of(folder, rows, True, **more))
    selected(context, made.parts)
    plain = select_plainly(context.store, made.parts, context.recipe, Twins(TWINS))
    return differences(context.store, made.parts, plain), plain


def main() -> None:
    """Print the figures of each size."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--texts", action="store_true", help="compare captions too")
    parser.add_argument("--folder", type=Path, help="where rows are made (and left)")
    parser.add_argument("--check", action="store_true", help="compare with plain Python")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    sizes = [options.rows] if options.rows else SIZES
    folder = str(options.folder or tempfile.mkdtemp(prefix="fabrica-select-rows-"))
    try:
        if options.check:
            raise SystemExit(_checked(folder, sizes[0]))
        made = made_rows(max(sizes), options.texts)
        if not Store(folder).exists(layout.scored_part(made.parts - 1)):
            make_rows(folder, made)
        growth = [_told(measured(folder, rows, options.texts), options.json) for rows in sizes]
    finally:
        if not options.folder:
            shutil.rmtree(folder)
    if options.json:
        print(json.dumps({**growth[-1], "growth": growth}))


def _told(figures: dict[str, Any], as_json: bool) -> dict[str, Any]:
    if not as_json:
        print(
            f"{figures['rows']:,} rows: {figures['seconds']:.0f} s ({figures['cpu_seconds']:.0f} s "
            f"of CPU), {figures['peak_mb']:,} MB, {figures['kept']:,} kept",
            flush=True,
        )
    return figures


def _checked(folder: str, rows: int) -> int:
    different, plain = checked(folder, rows)
    print(f"{len(plain):,} rows, {len(different):,} differ", *different[:20], sep="\n")
    return 1 if different else 0


if __name__ == "__main__":
    main()
