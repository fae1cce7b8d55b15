"""The papers that go with a corpus: dataset card, Croissant metadata, attribution table."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable

from pipelines.recipe import Recipe
from pipelines.storage import Store
from pipelines.summary import Summary, manifest_connection
from schemas.licence import spdx

_LICENCE_URLS = {
    "CC0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC BY": "https://creativecommons.org/licenses/by/4.0/",
    "CC BY-SA": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC BY-ND": "https://creativecommons.org/licenses/by-nd/4.0/",
    "CC BY-NC": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC BY-NC-SA": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "CC BY-NC-ND": "https://creativecommons.org/licenses/by-nc-nd/4.0/",
}
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
    store.write("README.md", card(recipe, summary))
    store.write("croissant.json", json.dumps(croissant(store, recipe, summary), indent=1) + "\n")


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


def card(recipe: Recipe, summary: Summary) -> str:
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


def _markdown_table(head: tuple[str, ...], rows: Iterable[tuple]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(_plain(cell) for cell in row)} |" for row in rows]
    return [*lines, ""]


def _plain(cell: object) -> str:
    text = f"{cell:,}" if isinstance(cell, int) else str(cell) or "(none)"
    return text.replace("|", "\\|").replace("\n", " ")


def croissant(store: Store, recipe: Recipe, summary: Summary) -> dict:
    """MLCommons Croissant 1.0 metadata: shards and manifest as file sets, the manifest's columns."""
    licences = [_LICENCE_URLS[code] for code, _ in summary.licences if code in _LICENCE_URLS]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": recipe.name,
        "description": recipe.description or f"Medical image-text corpus {recipe.name}.",
        "license": licences or ["https://spdx.org/licenses/"],
        "version": "1.0.0",
        "creator": {"@type": "sc:Organization", "name": "the authors named in ATTRIBUTION.csv"},
        "citeAs": "See ATTRIBUTION.csv for each document.",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "attribution",
                "name": "attribution",
                "contentUrl": "ATTRIBUTION.csv",
                "encodingFormat": "text/csv",
                "sha256": hashlib.sha256(store.read("ATTRIBUTION.csv")).hexdigest(),
            },
            _archive(),
            _file_set("shard-files", "application/x-tar", "shards/*.tar"),
            _file_set("manifest-files", "application/x-parquet", "manifest/*.parquet"),
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "samples",
                "name": "samples",
                "description": "One record per sample, kept or dropped.",
                "field": [_field(name, kind) for name, kind in _FIELDS],
            }
        ],
    }


def _archive() -> dict:
    return {
        "@type": "cr:FileObject",
        "@id": "corpus",
        "name": "corpus",
        "description": "The corpus folder.",
        "contentUrl": ".",
        "encodingFormat": "application/x-directory",
        "sha256": "main",
    }


def _file_set(name: str, kind: str, pattern: str) -> dict:
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "containedIn": {"@id": "corpus"},
        "encodingFormat": kind,
        "includes": pattern,
    }


_FIELDS = (
    ("sample_id", "sc:Text"),
    ("document_id", "sc:Text"),
    ("group_id", "sc:Text"),
    ("source", "sc:Text"),
    ("caption", "sc:Text"),
    ("width", "sc:Integer"),
    ("height", "sc:Integer"),
    ("modality", "sc:Text"),
    ("kept", "sc:Boolean"),
    ("duplicate_of", "sc:Text"),
    ("split", "sc:Text"),
    ("shard", "sc:Text"),
)


def _field(name: str, kind: str) -> dict:
    return {
        "@type": "cr:Field",
        "@id": f"samples/{name}",
        "name": name,
        "dataType": kind,
        "source": {"fileSet": {"@id": "manifest-files"}, "extract": {"column": name}},
    }


_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
