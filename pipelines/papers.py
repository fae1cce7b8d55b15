"""The papers that go with a corpus: dataset card and attribution table, and `croissant.json`."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Sequence

import pyarrow.compute as pc

from extractors.labelled.card import BadCard, DatasetCard, load_card
from extractors.modality.tree import KIND_OF
from pipelines import layout, papers_selection
from pipelines.croissant import croissant
from pipelines.recipe import Recipe
from pipelines.storage import Store
from pipelines.summary import Summary, manifest_connection
from schemas.licence import spdx

_ATTRIBUTION_SQL = """
    SELECT document_id, any_value(licence.code ORDER BY sample_id),
        any_value(licence.spdx ORDER BY sample_id),
        any_value(licence.attribution ORDER BY sample_id),
        any_value(coalesce(meta['doi'], '') ORDER BY sample_id),
        any_value(coalesce(meta['pmcid'], '') ORDER BY sample_id),
        count(*) FILTER (kept)
    FROM manifest GROUP BY document_id ORDER BY document_id"""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def write_papers(store: Store, recipe: Recipe, summary: Summary) -> None:
    """README.md, croissant.json and ATTRIBUTION.csv."""
    _write_attribution(store, summary)
    sources = _vocabulary_sources(store)
    store.write("README.md", card(recipe, summary, sources))
    metadata = croissant(store, recipe, summary, sources)
    store.write("croissant.json", json.dumps(metadata, indent=1) + "\n")


def _vocabulary_sources(store: Store) -> list[str]:
    """Where the concepts in use and those above them come from, the commonest source first."""
    if not store.exists(layout.VOCABULARY):
        return []
    table = store.read_table(layout.VOCABULARY)
    if "sources" not in table.column_names:
        return []
    counts = Counter(pc.list_flatten(table["sources"]).to_pylist())
    return sorted(filter(None, counts), key=lambda source: (-counts[source], source))


def _write_attribution(store: Store, summary: Summary) -> None:
    """One line per document, kept or not, streamed."""
    connection = manifest_connection(store, summary.partitions)
    cursor = connection.execute(_ATTRIBUTION_SQL)
    with (
        store.staged("ATTRIBUTION.csv") as path,
        open(path, "w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["document_id", "licence", "spdx", "attribution", "link", "samples_in_corpus"]
        )
        while rows := cursor.fetchmany(10_000):
            for document, code, name, attribution, doi, pmcid, samples in rows:
                link = f"https://doi.org/{doi}" if doi else _pmc_link(pmcid)
                cells = (document, code, name, attribution, link)
                writer.writerow([*(_cell(c or "") for c in cells), samples])


def _pmc_link(pmcid: str) -> str:
    return f"https://pmc.ncbi.nlm.nih.gov/articles/{pmcid}/" if pmcid else ""


def _cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def card(recipe: Recipe, summary: Summary, vocabulary_sources: Sequence[str] = ()) -> str:
    """A dataset card with Hugging Face front matter."""
    size = next((name for limit, name in _SIZES if summary.kept < limit), "n>1M")
    codes = [code for code, _ in summary.licences if code]
    languages = sorted({language for language, _ in summary.languages if language}) or ["en"]
    front = [
        "---",
        f"pretty_name: {json.dumps(recipe.name)}",
        "license: other",
        f"license_name: {json.dumps(', '.join(spdx(code) for code in codes) or 'none')}",
        "license_link: ATTRIBUTION.csv",
        f"language: {json.dumps(languages)}",
        "task_categories: [image-to-text, zero-shot-image-classification]",
        f"size_categories: [{size!r}]",
        "tags: [medical, image-text, webdataset]",
        "configs:",
        "- config_name: default",
        "  data_files:",
        *(
            f"  - {{split: {'validation' if split == 'val' else split}, path: 'shards/{split}-*.tar'}}"
            for split, _ in sorted(summary.splits)
        ),
        "---",
    ]
    body = [
        f"# {recipe.name}",
        "",
        *([recipe.description, ""] if recipe.description else []),
        f"{summary.kept:,} image-text samples from {summary.kept_documents:,} documents, "
        f"{summary.image_bytes / 1e6:,.1f} MB of pictures in {len(summary.shards)} WebDataset "
        "shards. Made with Fabrica.",
        "",
        *_panels(summary),
        *_markdown_table(("split", "samples"), summary.splits),
        *_markdown_table(("licence", "samples"), summary.licences),
        *_datasets(recipe),
        *_kinds(summary),
        *_concepts(summary, vocabulary_sources),
        *_written(summary),
        *_selection(recipe, summary),
        "Each sample is `key.jpg` (or `.png`), `key.txt` (the caption) and `key.json` (the record). "
        "`manifest/` has one row for every sample, kept or dropped, with the reason:",
        "",
        *_markdown_table(("stage", "first reason", "rows dropped"), summary.funnel),
        "Licences differ from row to row (`licence` in the record); ATTRIBUTION.csv names the "
        "authors and the link of each document. Articles from PubMed Central come by courtesy of "
        "the U.S. National Library of Medicine.",
        "",
    ]
    return "\n".join([*front, "", *body])


def _panels(summary: Summary) -> list[str]:
    """A word on what was changed in pictures, as licences ask for."""
    if not summary.panels:
        return []
    return [
        f"{summary.panels:,} rows are panels cut out of compound figures: `figure.panel` names the "
        "panel, `figure.box` says where in the whole figure it lies. Pictures are otherwise as "
        "published, but for what `meta` notes under `image_change`.",
        "",
    ]


def _datasets(recipe: Recipe) -> list[str]:
    """The labelled datasets it is made from, with their terms and how to cite them."""
    named = [own["dataset"] for e in recipe.sources for n, own in e.items() if n == "labelled"]
    cards = [card for name in dict.fromkeys(named) if (card := _dataset_card(name))]
    if not cards:
        return []
    rows = [(c.title, c.licence, c.terms, c.where, " ".join(c.citation.split())) for c in cards]
    return [
        *_markdown_table(("dataset", "licence", "terms", "where", "to cite"), rows),
        "Texts of kind `label_caption` and `region_caption`, and questions whose `writer` is "
        "`fabrica`, were written from the labels, boxes and masks of these datasets by fixed "
        "rules, without a model.",
        "",
    ]


def _dataset_card(name: str) -> DatasetCard | None:
    """None where a card of the user's own is not here any more."""
    try:
        return load_card(name)
    except BadCard:
        return None


def _kinds(summary: Summary) -> list[str]:
    """Which kinds of picture there are, and who said so."""
    if not summary.content.kinds:
        return []
    rows = [
        (kind, KIND_OF[kind].title if kind in KIND_OF else "", n, medical)
        for kind, n, medical in summary.content.kinds
    ]
    return [
        *_markdown_table(("kind of picture", "what it is", "samples", "medical"), rows),
        "`modality` is the kind, stated by a labelled dataset or told by a program from words and "
        "pixels; `modality_score` says how sure it is, from 0 to 1. `medical` among the scores says "
        "whether the picture shows a patient or a specimen. `body_part` and `view` are set where they are known.",
        "",
    ]


def _concepts(summary: Summary, vocabulary_sources: Sequence[str]) -> list[str]:
    """How many samples have concepts, and whose concepts these are."""
    content = summary.content
    if not content.with_concepts:
        return []
    sources = ", ".join(map(_plain, vocabulary_sources))
    named = (
        f" The vocabulary is made from {sources}, each under its own licence." if sources else ""
    )
    return [
        f"{content.with_concepts:,} samples have concepts: {content.mentions:,} mentions of "
        f"{content.different:,} concepts, found by a program. Each says where in which text it "
        "stands, how well it matches, and whether it is negated or uncertain; "
        f"`vocabulary.parquet` has the names and broader concepts.{named}",
        "",
    ]


def _written(summary: Summary) -> list[str]:
    """Which models wrote what, and how it was proved."""
    if not summary.written.tasks:
        return []
    head = ("task", "model", "written", "faithful", "flagged", "rejected")
    prompts = ", ".join(f"`{_plain(prompt)}`" for prompt, _ in summary.written.prompts)
    return [
        "Some texts and questions were written by language models:",
        "",
        *_markdown_table(head, summary.written.tasks),
        f"Prompts: {prompts}. Each was checked by a program against the evidence it names "
        "(`evidence`); `faithful` is false for what was rejected, which is never a caption, and "
        "`reasons` says what was found. They may still be wrong.",
        "",
    ]


def _selection(recipe: Recipe, summary: Summary) -> list[str]:
    """What was kept out, duplicates, weights and the limits of the look at privacy."""
    selected = summary.selected
    return [
        *_table_and_words(papers_selection.kept_out(selected, recipe)),
        *papers_selection.duplicates(selected, recipe),
        *papers_selection.weights(selected, recipe),
        *_table_and_words(papers_selection.privacy(selected)),
    ]


def _table_and_words(found: tuple[papers_selection.Table, list[str]] | None) -> list[str]:
    return [*_markdown_table(*found[0]), *found[1]] if found else []


def _markdown_table(head: tuple[str, ...], rows: Iterable[tuple]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(_plain(cell) for cell in row)} |" for row in rows]
    return [*lines, ""]


def _plain(cell: object) -> str:
    text = f"{cell:,}" if isinstance(cell, int) else str(cell) or "(none)"
    return text.replace("<", "&lt;").replace("|", "\\|").replace("\n", " ")
