"""Annotated texts for the concept benchmark: MedMentions, NCBI disease and BC5CDR.

Each set is parted in two: from one part come names and counts, the other is judged. Documents are
parted, never sentences; where a set has its own parts, those are used.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

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


def read_bio(path: Path) -> Iterator[Annotated]:
    """Sentences of a file of `token TAB B-CUI | I-CUI | O` lines, parted by empty lines."""
    tokens: list[tuple[str, str]] = []
    for line in [*path.read_text(encoding="utf-8").split("\n"), ""]:
        token, _, tag = line.partition("\t")
        if token:
            tokens.append((token, tag.strip()))
        elif tokens:
            yield _sentence(tokens)
            tokens = []


def _sentence(tokens: list[tuple[str, str]]) -> Annotated:
    text, links, start = "", [], -1
    for i, (token, tag) in enumerate(tokens):
        at = len(text) + bool(text)
        text = f"{text} {token}" if text else token
        start = at if tag.startswith("B-") else start
        ends = i + 1 == len(tokens) or not tokens[i + 1][1].startswith("I-")
        if tag != "O" and start >= 0 and ends:
            links.append((start, len(text), tag[2:]))
            start = -1
    return Annotated(text, links)


def read_pubtator(path: Path) -> Iterator[Annotated]:
    """Abstracts of a PubTator file; a mention of several ids keeps the first."""
    text, links = "", []
    for line in [*path.read_text(encoding="utf-8").split("\n"), ""]:
        parts = line.split("\t")
        if line.partition("|")[2].startswith(("t|", "a|")):
            text += ("\n" if text else "") + line.split("|", 2)[2]
        elif len(parts) >= 6 and parts[1].isdigit():
            ids = parts[5].replace("+", "|").split("|")
            links.append((int(parts[1]), int(parts[2]), _full_id(ids[0].strip())))
        elif not line.strip() and text:
            yield Annotated(text, links)
            text, links = "", []


def _full_id(concept: str) -> str:
    """MeSH ids stand bare in these files."""
    return concept if ":" in concept or concept == "-1" else f"MESH:{concept}"


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
