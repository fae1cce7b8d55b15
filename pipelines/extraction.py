"""extract: the documents of a partition to samples, their pictures to one tar."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping

import msgspec

from extractors.images import Picture
from extractors.pmc.fetch import FetchError
from extractors.pmc.jats.parse import BadXml, NotAnArticle
from extractors.sources import SOURCES
from filters.alike.hashes import phash
from pipelines import layout
from pipelines.context import Context, settled
from pipelines.guard import guarded
from pipelines.listing import read_documents
from pipelines.pool import Progress
from pipelines.tarwriter import TarWriter
from schemas.identifiers import shard_key
from schemas.manifest import stage_rows_to_table
from schemas.sample import Document, Image, Sample, document_row

Extracted = tuple[Sample, list[Picture]]


def extract_partition(
    context: Context, partition: int, skip: Mapping[str, str], progress: Progress
) -> dict[str, int]:
    """Worker: one partition's documents to `part-N.parquet` and `images/part-N.tar`."""
    store = context.store
    target = layout.extracted_part(partition)
    fingerprint = extract_fingerprint(context, partition)
    if store.fingerprint(target) == fingerprint and store.exists(layout.images_part(partition)):
        return {"partitions_before": 1}
    documents = read_documents(store, partition)
    samples: list[Sample] = []
    store.remove(target)  # the commit goes before what it stands for
    with store.staged(layout.images_part(partition)) as path, open(path, "wb") as file:
        tar = TarWriter(file)
        for sample, pictures in _all_samples(context, partition, documents, skip, progress):
            samples.append(_stored(sample, pictures, tar, layout.images_part(partition)))
        tar.close()
    drops = [drop for sample in samples for drop in sample.drops]
    commit = settled(fingerprint, drops)
    store.write_table(target, stage_rows_to_table(samples), commit)
    if commit == fingerprint and context.cache:
        shutil.rmtree(context.cache_of(partition), ignore_errors=True)
    return {
        "documents": len(documents),
        "samples": len(samples),
        "faults": sum(drop.reason == "fault" for drop in drops),
    }


def extract_fingerprint(context: Context, partition: int) -> str:
    """What the extracted part of a partition must carry to be up to date."""
    sources = context.recipe.sources_state(("concurrent_requests", "retries", "timeout_s"))
    documents = context.store.fingerprint(layout.documents_part(partition))
    return context.fingerprint("extract", sources, documents, *context.recipe.named_files())


def _all_samples(
    context: Context,
    partition: int,
    documents: list[Document],
    skip: Mapping[str, str],
    progress: Progress,
) -> Iterator[Extracted]:
    """Samples with pictures of every document, in order; documents out of play as marked rows."""
    options = [options for _, options in context.recipe.source_options()]
    limits = {
        d.source_index: max(
            1, SOURCES[d.source].threads(options[d.source_index]) // context.workers
        )
        for d in documents
    }
    cache = context.cache_of(partition)
    # Each source keeps its own limit of requests, whatever another one may.
    gates = {index: threading.BoundedSemaphore(limit) for index, limit in limits.items()}

    def extract(document: Document) -> list[Extracted]:
        if document.drops:
            return [(document_row(document, "", ""), [])]
        chosen = options[document.source_index]
        try:
            with gates[document.source_index]:
                found = SOURCES[document.source].extract(chosen, document, phash, cache)
                return _unique(list(found))
        except NotAnArticle as error:
            return [(document_row(document, "extract", "not_an_article", str(error)), [])]
        except BadXml as error:
            return [(document_row(document, "extract", "xml_unreadable", str(error)), [])]
        except FetchError as error:
            return [(document_row(document, "extract", error.reason, str(error)), [])]

    def fault(document: Document, why: str) -> Extracted:
        return document_row(document, "extract", "fault", why), []

    return guarded(
        extract,
        documents,
        lambda document: document.document_id,
        fault,
        skip,
        progress,
        max(limits.values(), default=1),
    )


def _unique(found: list[Extracted]) -> list[Extracted]:
    """Samples with ids made unique within their document."""
    seen: set[str] = set()
    unique = []
    for sample, pictures in found:
        name, n = sample.sample_id, 2
        while name in seen:
            name, n = f"{sample.sample_id}~{n}", n + 1
        seen.add(name)
        unique.append((msgspec.structs.replace(sample, sample_id=name), pictures))
    return unique


def _stored(sample: Sample, pictures: list[Picture], tar: TarWriter, path: str) -> Sample:
    """The sample with its pictures written and pointed to."""
    if not pictures:
        return sample
    images = stored_images(sample.sample_id, pictures, tar, path)
    figure = sample.figure
    if figure is not None:
        figure = msgspec.structs.replace(figure, width=images[0].width, height=images[0].height)
    return msgspec.structs.replace(
        sample, images=images, width=images[0].width, height=images[0].height, figure=figure
    )


def stored_images(
    sample_id: str, pictures: list[Picture], tar: TarWriter, path: str
) -> list[Image]:
    """Write the pictures of a sample to the tar at `path`; where they lie in it."""
    return [
        Image(
            path=path,
            offset=tar.add(f"{shard_key(sample_id)}.{i}.{picture.format}", picture.data),
            length=len(picture.data),
            width=picture.width,
            height=picture.height,
            format=picture.format,
            sha256=picture.sha256,
            phash=picture.phash,
        )
        for i, picture in enumerate(pictures)
    ]
