"""scispaCy's candidate generator on a vocabulary and texts of ours; run by a Python that has it.

Without a trained model spaCy gives no entities, so the spans asked about are made in two ways:
`ngrams`, every run of up to five tokens that begins and ends with a word of weight, of which the
most alike without overlap are taken; `chunks`, runs between stop words and marks, whole.
Reads a JSON job, writes a JSON answer: `{ways: {way: {links, seconds}}, peak_mb, build_s}`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

_LONGEST = 5
_BATCH = 64


def main(job_path: str, answer_path: str) -> None:
    """Answer one job."""
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    started = time.perf_counter()
    generator = _generator(job["vocabulary"])
    build_s = time.perf_counter() - started
    ways = {}
    for way in ("ngrams", "chunks"):
        started = time.perf_counter()
        links = _linked(generator, job["texts"], way, job["threshold"])
        ways[way] = {"links": links, "seconds": time.perf_counter() - started}
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    answer = {"ways": ways, "peak_mb": int(peak.split()[1]) / 1024, "build_s": build_s}
    Path(answer_path).write_text(json.dumps(answer), encoding="utf-8")


def _generator(vocabulary: str):
    from scispacy.candidate_generation import CandidateGenerator, create_tfidf_ann_index
    from scispacy.linking_utils import KnowledgeBase

    knowledge = KnowledgeBase(vocabulary)
    with tempfile.TemporaryDirectory() as folder:
        aliases, vectorizer, index = create_tfidf_ann_index(folder, knowledge)
    return CandidateGenerator(index, vectorizer, aliases, knowledge)


def _linked(generator, texts: list[str], way: str, threshold: float) -> list[list]:
    import spacy

    nlp = spacy.blank("en")
    links: list[list] = []
    for at in range(0, len(texts), _BATCH):
        documents = list(nlp.pipe(texts[at : at + _BATCH]))
        spans = [_spans(document, way) for document in documents]
        asked = [
            document.text[a:b]
            for document, own in zip(documents, spans, strict=False)
            for a, b in own
        ]
        found = iter(generator(asked, 5) if asked else [])
        for own in spans:
            scored = []
            for start, end in own:
                candidates = next(found)
                if candidates:
                    best = max(candidates, key=lambda c: max(c.similarities))
                    scored.append((max(best.similarities), end - start, start, best.concept_id))
            links.append(_without_overlap(scored, threshold))
    return links


def _spans(document, way: str) -> list[tuple[int, int]]:
    heavy = [not (t.is_stop or t.is_punct or t.is_space) for t in document]
    spans = []
    for i, token in enumerate(document):
        if not heavy[i]:
            continue
        if way == "ngrams":
            for j in range(i, min(i + _LONGEST, len(document))):
                if document[j].is_punct and document[j].text != "-":
                    break
                if heavy[j]:
                    spans.append((token.idx, document[j].idx + len(document[j])))
        elif not i or not heavy[i - 1]:
            j = i
            while j + 1 < len(document) and heavy[j + 1]:
                j += 1
            spans.append((token.idx, document[j].idx + len(document[j])))
    return spans


def _without_overlap(scored: list[tuple], threshold: float) -> list[tuple[int, int, str]]:
    """The most alike first, the longer of equals; none overlapping."""
    taken: list[tuple[int, int, str]] = []
    for similarity, length, start, concept in sorted(scored, reverse=True):
        end = start + length
        if similarity >= threshold and not any(s < end and start < e for s, e, _ in taken):
            taken.append((start, end, concept))
    return sorted(taken)


if __name__ == "__main__":
    main(*sys.argv[1:])
