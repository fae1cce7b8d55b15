"""The registry of sources: one line each. What a recipe may name under `sources:`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from extractors.labelled.options import LabelledOptions
from extractors.pmc import cloud, folders
from extractors.pmc.articles import Extracted
from extractors.rendered import source as rendered
from schemas.options import Options
from schemas.sample import Document, DocumentRef


@dataclass(frozen=True)
class Source:
    """How documents of one kind are found, described and turned into samples.

    `enumerate(options)` yields refs cheaply; `describe(options, ref, cache)` gives a ref's
    documents; `extract(options, document, signature, cache)` yields samples with pictures.
    `threads(options)` is how many documents may be worked on at a time (remote: many).
    `state(options)` changes when files that the options name do; `check(options)` raises
    `ValueError` for such a file that cannot be used.
    """

    options: type[Options]
    enumerate: Callable[[Any], Iterator[DocumentRef]]
    describe: Callable[..., list[Document]]
    extract: Callable[..., Iterator[Extracted]]
    threads: Callable[[Any], int]
    is_remote: Callable[[Any], bool]
    summary: str
    needs: str
    where: str
    licence: str
    state: Callable[[Any], str] = lambda options: ""
    check: Callable[[Any], None] = lambda options: None


def _folder_source(name: str, packages: bool, summary: str, where: str) -> Source:
    return Source(
        options=folders.FolderOptions,
        enumerate=partial(folders.enumerate_refs, packages=packages),
        describe=lambda options, ref, cache: folders.describe(options, ref, name),
        extract=lambda options, document, signature, cache: folders.extract(
            options, document, signature
        ),
        threads=lambda options: 8 if "://" in options.root else 1,
        is_remote=lambda options: "://" in options.root,
        summary=summary,
        needs="root: a folder",
        where=where,
        licence="per article, read from its XML",
    )


def _labelled() -> ModuleType:
    """Imported by runs that read labelled datasets alone: it and its libraries are slow to load."""
    return import_module("extractors.labelled.source")


SOURCES: dict[str, Source] = {
    "pmc": Source(
        options=cloud.PmcOptions,
        enumerate=cloud.enumerate_refs,
        describe=cloud.describe,
        extract=cloud.extract,
        threads=lambda options: options.concurrent_requests if cloud.is_remote(options) else 1,
        is_remote=cloud.is_remote,
        summary="articles of PubMed Central: the PMC Cloud Service or a mirror of it",
        needs="articles: a list of ids, or query: an ESearch query, or inventory: latest",
        where="s3://pmc-oa-opendata or https://pmc-oa-opendata.s3.amazonaws.com",
        licence="per article, in its metadata",
    ),
    "pmc_packages": _folder_source(
        "pmc_packages",
        packages=True,
        summary="old oa_package folders and tar.gz files of PubMed Central",
        where="copies made before August 2026; NLM no longer offers them",
    ),
    "jats": _folder_source(
        "jats",
        packages=False,
        summary="any folder of JATS XML with its pictures, loose or in zip and tar files",
        where="eLife, PLOS, SciELO and other publishers; preprint MECA packages",
    ),
    "labelled": Source(
        options=LabelledOptions,
        enumerate=lambda options: _labelled().enumerate_refs(options),
        describe=lambda options, ref, cache: _labelled().describe(options, ref),
        extract=lambda options, document, signature, cache: _labelled().extract(
            options, document, signature
        ),
        threads=lambda options: 8 if "://" in options.root else 1,
        is_remote=lambda options: "://" in options.root,
        summary="datasets with classes, boxes, masks, volumes, questions or reports",
        needs="dataset: a card's name or file, and root: its folder",
        where="see: fabrica sources --datasets",
        licence="per dataset, in its card",
        state=lambda options: _labelled().state(options),
        check=lambda options: _labelled().check(options),
    ),
    rendered.NAME: Source(
        options=rendered.RenderedOptions,
        enumerate=rendered.enumerate_refs,
        describe=lambda options, ref, cache: rendered.describe(options, ref),
        extract=lambda options, document, signature, cache: rendered.extract(
            options, document, signature
        ),
        threads=lambda options: 1,
        is_remote=lambda options: False,
        summary="compound figures drawn from code, their panels and letters known exactly",
        needs="count: how many, or layouts: a .csv or .json file; pictures: a folder, if wished",
        where="nowhere: layouts, charts, drawings and pictures are invented",
        licence="CC0 where all is invented; else as licence: says, unknown without",
    ),
}
