"""scispaCy's candidate generator (Neumann et al. 2019) on a vocabulary of ours.

Spans come from a spaCy model with entities where the user has one, else, in a blank pipeline,
from every run of up to five words that begins and ends with a word of weight. Needs `[umls]`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from extractors.concepts.document import Linked, asserted
from extractors.concepts.linker import Mention
from extractors.concepts.vocabulary.build import read_vocabulary
from extractors.concepts.vocabulary.sources import VocabularyError

_LONGEST_WORDS = 5
_LEAST_SIMILARITY = 0.85
_CANDIDATES = 5
_SPAN_BATCH = 2000


def scispacy_link(
    vocabulary: str, types: Collection[str] = (), ner: str = ""
) -> Callable[[Sequence[str]], list[list[Linked]]]:
    """A function from a document's texts to their mentions; the index is made now (minutes).

    `ner`: name or folder of a spaCy model whose entities are linked. Raises `VocabularyError`.
    """
    require_scispacy()
    import spacy
    from scispacy.candidate_generation import CandidateGenerator, create_tfidf_ann_index
    from scispacy.linking_utils import KnowledgeBase

    try:
        nlp = spacy.load(ner) if ner else spacy.blank("en")
    except OSError as error:
        raise VocabularyError(f"ner: {ner!r}: {' '.join(str(error).split())[:200]}") from None
    with (
        tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file,
        contextlib.redirect_stdout(sys.stderr),  # scispaCy prints how it goes
    ):
        names = _write_knowledge(vocabulary, types, file)
        knowledge = KnowledgeBase(file.name)
        aliases, vectorizer, index = create_tfidf_ann_index(None, knowledge)
    generator = CandidateGenerator(index, vectorizer, aliases, knowledge)

    def link(texts: Sequence[str]) -> list[list[Linked]]:
        return [_linked(document, bool(ner), generator, names) for document in nlp.pipe(texts)]

    return link


def require_scispacy() -> None:
    """Raise `VocabularyError` where scispaCy is not installed."""
    if importlib.util.find_spec("scispacy") is None:
        raise VocabularyError("linker: scispacy needs scispaCy: pip install 'fabrica-corpus[umls]'")


def _write_knowledge(
    vocabulary: str, types: Collection[str], file: Any
) -> dict[str, tuple[str, list[str]]]:
    """Write the vocabulary as scispaCy reads it; the name and types of each id."""
    names: dict[str, tuple[str, list[str]]] = {}
    for entry in read_vocabulary(vocabulary):
        if types and not set(types).intersection(entry.types):
            continue
        names[entry.cui] = (entry.name, entry.types)
        row = {"concept_id": entry.cui, "canonical_name": entry.name, "types": entry.types}
        file.write(json.dumps({**row, "aliases": entry.synonyms}) + "\n")
    file.flush()
    if not names:
        raise VocabularyError(f"{vocabulary}: no concept is of the types {sorted(types)}")
    return names


def _linked(
    document: Any, entities: bool, generator: Any, names: dict[str, tuple[str, list[str]]]
) -> list[Linked]:
    """The mentions of one text, the most alike first where spans overlap."""
    spans = (
        [(e.start_char, e.end_char) for e in document.ents]
        if entities
        else list(_word_runs(document))
    )
    scored: list[tuple[float, int, int, str]] = []
    for at in range(0, len(spans), _SPAN_BATCH):
        batch = spans[at : at + _SPAN_BATCH]
        found = generator([document.text[a:b] for a, b in batch], _CANDIDATES)
        for (start, end), candidates in zip(batch, found, strict=True):
            best = max(candidates, key=lambda c: (max(c.similarities), c.concept_id), default=None)
            if best is not None and max(best.similarities) >= _LEAST_SIMILARITY:
                scored.append((max(best.similarities), start, end, best.concept_id))
    scored.sort(key=lambda s: (-s[0], s[1] - s[2], s[1]))
    taken: list[Mention] = []
    for similarity, start, end, cui in scored:
        if not any(m.start < end and start < m.end for m in taken):
            name, types = names[cui]
            taken.append(Mention(start, end, cui, name, types, round(float(similarity), 3)))
    return asserted(document.text, sorted(taken, key=lambda m: m.start))


def _word_runs(document: Any) -> Iterator[tuple[int, int]]:
    """Runs of up to `_LONGEST_WORDS` tokens within a clause, ends being words of weight."""
    heavy = [not (t.is_stop or t.is_punct or t.is_space) for t in document]
    for i, token in enumerate(document):
        if heavy[i]:
            for j in range(i, min(i + _LONGEST_WORDS, len(document))):
                if document[j].is_punct and document[j].text != "-":
                    break
                if heavy[j]:
                    yield token.idx, document[j].idx + len(document[j])
