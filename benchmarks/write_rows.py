"""Partitions to write into: rows of real articles and labelled datasets, or of our examples.

Everything up to the write stage is done once, in one partition; each case then gets as many rows as
it asks for, copies with a text of their own, so that no request is asked twice.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.figure_articles import figure_articles
from pipelines.context import Context
from pipelines.listing import freeze
from pipelines.recipe_file import load_recipe
from pipelines.storage import Store
from pipelines.tasks import describe_and_extract
from schemas.manifest import samples_from_table, samples_to_table
from schemas.sample import Sample

ROOT = Path(__file__).resolve().parents[1]
CORPORA = ("articles", "labelled")
_ARTICLES = ROOT / "examples" / "mini-pmc"
_DATASETS: Sequence[Mapping[str, Any]] = (
    {"dataset": "bccd", "captions": 1, "questions": {"max_per_sample": 6}},
    {"dataset": "kvasir_seg", "captions": 1, "questions": {"max_per_sample": 6}},
    {"dataset": "drive", "captions": 1, "knowledge": ["recipes/knowledge/retina.yaml"]},
    {"dataset": "vqa_rad"},
)


def context_of(
    corpus: str, data: Path, folder: Path, endpoint: str, write: Sequence[Mapping[str, Any]]
) -> Context:
    """The context of a corpus in `folder` whose recipe writes so, asking `endpoint`."""
    sources, more = _sources(corpus, data, folder)
    path = folder / f"{corpus}.yaml"
    recipe = {
        "name": corpus,
        "sources": sources,
        **more,
        "writer": {"model": "tiny", "endpoint": endpoint},
        "write": list(write),
        "run": {"documents_per_partition": 100_000},
    }
    path.write_bytes(msgspec.json.encode(recipe))  # JSON is YAML
    plain = load_recipe(str(path)).model_dump_json(by_alias=True, exclude_unset=True)
    return Context(plain, str(folder / corpus), folder=os.getcwd())


def prepare(corpus: str, data: Path, folder: Path) -> int:
    """Do all up to the write stage; how many rows there are to write."""
    if corpus == "articles" and (data / "jats").is_dir():
        figure_articles(data, folder / "figures")
    context = context_of(corpus, data, folder, "http://127.0.0.1:9/v1", [{"rewrite_caption": {}}])
    freeze(context, False)
    describe_and_extract(context, 0, {}, lambda _: None)
    store, part = context.store, context.unwritten_part(0)
    rows = [row for row in samples_from_table(store.read_table(part)) if not row.drops]
    store.write_table(f"{corpus}.parquet", samples_to_table(rows), "rows")
    return len(rows)


def fill(context: Context, rows: int) -> int:
    """Put so many rows before the write stage, and remove what was written; how many differ."""
    store = Store(context.out)
    some = samples_from_table(store.read_table(f"{context.recipe.name}.parquet"))
    many = [_copy(some[i % len(some)], i // len(some)) for i in range(rows)]
    store.write_table(context.unwritten_part(0), samples_to_table(many), f"{rows} rows")
    store.remove("stages/write", folder=True)
    store.remove("stages/answers", folder=True)
    return min(rows, len(some))


def _copy(row: Sample, number: int) -> Sample:
    """The same row with an id and texts of its own."""
    if not number:
        return row
    word = f" Series {number}."
    texts = [msgspec.structs.replace(text, text=text.text + word) for text in row.texts]
    questions = [
        msgspec.structs.replace(q, question=f"{q.question}{word}" if q.question else "")
        for q in row.questions
    ]
    meta = {**row.meta, "sequence": f"series {number}"}
    own = f"{row.sample_id}~{number}"
    return msgspec.structs.replace(row, sample_id=own, texts=texts, questions=questions, meta=meta)


def _sources(corpus: str, data: Path, folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The sources of a corpus and what its recipe says besides."""
    if corpus == "articles":
        mirror = {"mirror": str(_ARTICLES), "articles": f"{_ARTICLES}-articles.txt"}
        real = [data / "jats", folder / "figures"] if (data / "jats").is_dir() else []
        sources = [{"pmc": mirror}, *({"jats": {"root": str(root)}} for root in real)]
        more = {"concepts": {"vocabulary": "starter"}, "modality": {"pixels": False}}
        return sources, {**more, "figures": {"split": False}}
    if (data / "labelled").is_dir():
        roots = data / "labelled"
        return [
            {"labelled": {**options, "root": str(roots / options["dataset"])}}
            for options in _DATASETS
        ], {}
    mini = ROOT / "examples" / "mini-labelled"
    cards = {
        "blood-cells": mini / "cards" / "blood-cells.yaml",
        "polyps": mini / "cards" / "polyps.yaml",
    }
    return [
        {"labelled": {"dataset": str(card), "root": str(mini / name)}}
        for name, card in cards.items()
    ], {}
