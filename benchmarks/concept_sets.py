"""Annotated texts for the concept benchmark: MedMentions, NCBI disease and BC5CDR.

Each set is parted in two: from one part come names and counts, the other is judged. Documents are
parted, never sentences; where a set has its own parts, those are used.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from extractors.concepts.annotated import read_bio, read_pubtator
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


def annotated_sets(folder: Path) -> Iterator[AnnotatedSet]:
    """The sets of a folder of the shape of `concepts`; one that is not there is left out."""
    medmentions = folder / "medmentions_full" / "dev_BIO_CUI.tsv"
    if medmentions.exists():
        sentences = [[sentence] for sentence in read_bio(medmentions)]
        yield AnnotatedSet("MedMentions", *_parted(sentences), ("UMLS_CUI", "UMLS"))
    ncbi = folder / "ncbi_disease"
    if (ncbi / "NCBItrainset_corpus.txt").exists():
        learned, judged = (
            [[text] for text in read_pubtator(ncbi / f"NCBI{part}set_corpus.txt")]
            for part in ("train", "develop")
        )
        yield AnnotatedSet("NCBI disease", learned, judged, ("MESH", "MSH"))
    bc5cdr = folder / "bc5cdr_sample" / "CDR_sample.txt"
    if bc5cdr.exists():
        texts = [[text] for text in read_pubtator(bc5cdr)]
        yield AnnotatedSet("BC5CDR", *_parted(texts), ("MESH", "MSH"))


def _parted(
    documents: list[list[Annotated]],
) -> tuple[list[list[Annotated]], list[list[Annotated]]]:
    cut = int(len(documents) * _LEARNED_SHARE)
    return documents[:cut], documents[cut:]


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
