"""The linker that a recipe asks for, made once in a process and shared by its partitions."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Callable, Sequence

import fsspec

from extractors.concepts.document import Linked, link_document
from extractors.concepts.loading import STARTER, check_tuning, load_linker, read_table
from extractors.concepts.vocabulary.sources import VocabularyError
from pipelines.errors import UserError, storage_error
from pipelines.modelfiles import digest_of_theirs
from pipelines.recipe import STARTER as OUR_STARTER
from pipelines.recipe import Concepts

# The mentions of each text of one document.
Link = Callable[[Sequence[str]], list[list[Linked]]]


def check_concepts(options: Concepts) -> None:
    """Raise `UserError` where the recipe's linker could not be made; makes none, which may take
    a minute and much memory."""
    try:
        read_table(vocabulary_file(options), options.types)
        if options.tuning:
            check_tuning(_local(options.tuning))
        if options.linker == "scispacy":
            from extractors.concepts.scispacy_linker import require_scispacy

            require_scispacy()
    except VocabularyError as error:
        raise UserError(f"concepts: {error}") from None


def link_for(options: Concepts) -> Link:
    """The linker of a recipe. Raises `UserError`."""
    return _link_for(options.model_dump_json())


@functools.lru_cache(maxsize=2)
def _link_for(options_json: str) -> Link:
    options = Concepts.model_validate_json(options_json)
    try:
        if options.linker == "scispacy":
            from extractors.concepts.scispacy_linker import scispacy_link

            return scispacy_link(vocabulary_file(options), options.types, options.ner)
        linker = load_linker(
            vocabulary_file(options),
            _local(options.tuning),
            options.types,
            options.approximate,
            options.threshold,
        )
    except VocabularyError as error:
        raise UserError(f"concepts: {error}") from None
    return functools.partial(link_document, linker)


def vocabulary_file(options: Concepts) -> str:
    """The local path of the recipe's vocabulary."""
    return STARTER if options.vocabulary == OUR_STARTER else _local(options.vocabulary)


def files_of(options: Concepts) -> list[str]:
    """Digests of the files that a linker is made from."""
    return [
        digest_of_theirs(vocabulary_file(options), "concepts.vocabulary"),
        digest_of_theirs(_local(options.tuning), "concepts.tuning"),
    ]


def _local(address: str) -> str:
    """The path of a file; one on object storage is copied to this machine, once as long as it
    does not change."""
    if "://" not in address:
        return address
    folder = os.path.join(tempfile.gettempdir(), "fabrica-vocabularies")
    try:
        cache = {"cache_storage": folder, "check_files": True}
        return str(fsspec.open_local(f"filecache::{address}", filecache=cache))
    except OSError as error:
        raise storage_error(error, address) or UserError(f"{address}: {error}") from None
