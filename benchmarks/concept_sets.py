"""Annotated texts for the concept benchmark: MedMentions, NCBI disease and BC5CDR.

Each set is parted in two: from one part come names and counts, the other is judged. Documents are
parted, never sentences; where a set has its own parts, those are used.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from extractors.concepts.annotated import read_annotated
from extractors.concepts.entries import Entry
from extractors.concepts.learning import Annotated

ANNOTATED = "annotated"
_LEARNED_SHARE = 0.8


@dataclass(frozen=True)
class AnnotatedSet:
    """Texts to learn from, texts to judge, and the id prefixes its concepts have in an OBO file."""

    name: str
    learned: list[list[Annotated]]
    judged: list[list[Annotated]]
    prefixes: tuple[str, ...]


# Folder, files, and the prefixes that the set's ids have as cross-references in an OBO file.
_SETS = (
    ("MedMentions", "medmentions_full", "*BIO_CUI.tsv", ("UMLS_CUI", "UMLS")),
    ("NCBI disease", "ncbi_disease", "NCBI*set_corpus.txt", ("MESH", "MSH")),
    ("BC5CDR", "bc5cdr_sample", "*.txt", ("MESH", "MSH")),
)
# Files that are judged where a set has others to learn from, the first of these that is there.
_JUDGED_FILES = ("test", "dev")


def annotated_sets(folder: Path) -> Iterator[AnnotatedSet]:
    """The sets of a folder of the shape of `concepts`; one that is not there is left out."""
    for name, place, pattern, prefixes in _SETS:
        if files := sorted((folder / place).glob(pattern)):
            yield AnnotatedSet(name, *_parted(files), prefixes)


def _parted(files: Sequence[Path]) -> tuple[list[list[Annotated]], list[list[Annotated]]]:
    """The documents to learn from, and those to judge."""
    for part in _JUDGED_FILES:
        judged = [file for file in files if part in file.name.lower()]
        learned = [file for file in files if file not in judged]
        if judged and learned:
            return _documents(learned), _documents(judged)
    documents = _documents(files)
    cut = int(len(documents) * _LEARNED_SHARE)
    return documents[:cut], documents[cut:]


def within_learning(own: AnnotatedSet) -> AnnotatedSet:
    """The learning part, parted once more: what may be looked at, so that the judged part is not."""
    cut = int(len(own.learned) * _LEARNED_SHARE)
    return replace(own, learned=own.learned[:cut], judged=own.learned[cut:])


def _documents(files: Iterable[Path]) -> list[list[Annotated]]:
    return [document for file in files for document in read_annotated(file)]


def entries_of(documents: Iterable[Iterable[Annotated]]) -> list[Entry]:
    """A vocabulary of the names that annotated texts use, the commonest name first."""
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        for text in document:
            for start, end, cui in text.links:
                names[cui][text.text[start:end]] += 1
    return [
        Entry(cui, first, others, sources=[ANNOTATED])
        for cui, found in sorted(names.items())
        for first, *others in [[name for name, _ in found.most_common()]]
    ]
