"""Concept linking on annotated texts: exact span and CUI, beside scispaCy and a plain dictionary.

`python -m benchmarks.concepts [--json] [--data DIR] [--no-scispacy] [--errors N]`. One vocabulary a
set for all: the names of its learning part with HPO and the Disease Ontology; judged on the rest.
With `--errors` all happens within the learning part, so that what is judged is not looked at.
scispaCy pins other versions than ours, so it runs in an environment of its own, made where it is
missing (`--scispacy-python` names one that has it).
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
import time
import venv
from argparse import Namespace
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import msgspec
import pyarrow as pa

from benchmarks.concept_sets import (
    ANNOTATED,
    AnnotatedSet,
    annotated_sets,
    entries_of,
    within_learning,
)
from benchmarks.data import arguments
from extractors.concepts.document import document_mentions, link_document
from extractors.concepts.entries import Entry
from extractors.concepts.learning import Annotated, keys_of_source_only, learn
from extractors.concepts.linker import Linker
from extractors.concepts.loading import linker_of, read_table
from extractors.concepts.vocabulary.build import read_vocabulary, write_vocabulary
from extractors.concepts.vocabulary.obo import read_obo
from extractors.sentences import sentence_spans

Link = tuple[int, int, str]
_TOKEN = re.compile(r"\w+(?:-\w+)*|[^\w\s]")
_SCISPACY = ("scispacy==0.6.2", "scipy<1.11", "scikit-learn<1.5")
_SCISPACY_THRESHOLD = 0.9
_ENVIRONMENT = Path.home() / ".cache" / "fabrica" / "peers" / "scispacy-0.6.2"


@dataclass(frozen=True)
class Score:
    """Strict scores of one way of linking: span and CUI both right."""

    precision: float
    recall: float
    f1: float
    sentences_per_s: float


def main() -> None:
    """Print the scores of every set."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--no-scispacy", action="store_true", help="leave scispaCy out")
    parser.add_argument("--scispacy-python", help="a Python that has scispaCy")
    parser.add_argument("--errors", type=int, default=0, help="list so many of each kind")
    options = parser.parse_args()
    folder = options.data / "concepts" if (options.data / "concepts").is_dir() else options.data
    results = {}
    for own in annotated_sets(folder):
        if options.errors:
            own = within_learning(own)
        results[own.name] = _judged(own, folder, options)
        if not options.json:
            _print(own, results[own.name])
    if not results:
        sys.exit(f"{folder}: no annotated set; see benchmarks/concept_sets.py")
    if options.json:
        print(json.dumps(_summary(results, peak_mb())))


def _judged(own: AnnotatedSet, folder: Path, options: Namespace) -> dict[str, Score]:
    """Every way of linking on one set, with the same vocabulary and texts."""
    with tempfile.TemporaryDirectory() as temporary:
        path = f"{temporary}/vocabulary.parquet"
        write_vocabulary([*entries_of(own.learned), *ontology_entries(own, folder)], path)
        table = read_table(path)
        tuned = tuned_linker(table, own.learned)
        scores = {
            "fabrica": _scored(own.judged, partial(_links, tuned)),
            "fabrica, negation": _scored(own.judged, partial(_links_with_denials, tuned)),
            "fabrica, untuned": _scored(own.judged, partial(_links, linker_of(table))),
            "dictionary": _scored(own.judged, dictionary(path, own.learned)),
        }
        if not options.no_scispacy:
            scores |= _scispacy(own, path, options.scispacy_python, Path(temporary))
        if options.errors:
            list_errors(own, partial(_links, tuned), options.errors)
    return scores


def ontology_entries(own: AnnotatedSet, folder: Path) -> Iterator[Entry]:
    """The terms of HPO and the Disease Ontology that have an id of the kind the set uses."""
    files = sorted([*(folder / "vocab").glob("*.obo"), *(folder / "vocab").glob("*.obo.gz")])
    for file in files:
        for entry in read_obo(file, own.prefixes, own_ids=False):
            cui = entry.cui.replace("MSH:", "MESH:")
            yield msgspec.structs.replace(entry, cui=cui)


def tuned_linker(table: pa.Table, learned: Sequence[Sequence[Annotated]]) -> Linker:
    """A linker with counts and weights from the learning part."""
    untuned = linker_of(table)
    own = keys_of_source_only(untuned.index, table["sources"].to_pylist(), ANNOTATED)
    tuning = learn(untuned.index, untuned.concepts, learned, own)
    return Linker(untuned.index, untuned.concepts, tuning)


def _links(linker: Linker, document: Sequence[Annotated]) -> list[list[Link]]:
    linked = document_mentions(linker, [text.text for text in document])
    return [[(m.start, m.end, m.cui) for m in own] for own in linked]


def _links_with_denials(linker: Linker, document: Sequence[Annotated]) -> list[list[Link]]:
    """The same with negation and uncertainty read, which no other way here does."""
    linked = link_document(linker, [text.text for text in document])
    return [[(o.mention.start, o.mention.end, o.mention.cui) for o in own] for own in linked]


def dictionary(
    path: str, learned: Sequence[Sequence[Annotated]]
) -> Callable[[Sequence[Annotated]], list[list[Link]]]:
    """Plain longest match of lower-cased names, from the left; a name's commonest concept."""
    uses: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for text in (text for document in learned for text in document):
        for start, end, cui in text.links:
            uses[tuple(_TOKEN.findall(text.text[start:end].lower()))][cui] += 1
    cuis = {name: found.most_common(1)[0][0] for name, found in uses.items()}
    for entry in read_vocabulary(path):
        for name in (entry.name, *entry.synonyms):
            cuis.setdefault(tuple(_TOKEN.findall(name.lower())), entry.cui)
    longest = max(map(len, cuis))

    def links(document: Sequence[Annotated]) -> list[list[Link]]:
        return [_longest_links(text.text, cuis, longest) for text in document]

    return links


def _longest_links(text: str, cuis: dict[tuple[str, ...], str], longest: int) -> list[Link]:
    spans = [match.span() for match in _TOKEN.finditer(text)]
    words = _TOKEN.findall(text.lower())
    links: list[Link] = []
    at = 0
    while at < len(words):
        for length in range(min(longest, len(words) - at), 0, -1):
            if cui := cuis.get(tuple(words[at : at + length])):
                links.append((spans[at][0], spans[at + length - 1][1], cui))
                at += length
                break
        else:
            at += 1
    return links


def _scored(
    documents: Sequence[Sequence[Annotated]],
    link: Callable[[Sequence[Annotated]], list[list[Link]]],
) -> Score:
    """Scores of one way, the best time of three."""
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        links = [own for document in documents for own in link(document)]
        seconds.append(time.perf_counter() - started)
    return _score(documents, links, min(seconds))


def _score(
    documents: Sequence[Sequence[Annotated]], links: Sequence[Iterable[Link]], seconds: float
) -> Score:
    texts = [text for document in documents for text in document]
    given = taken = right = sentences = 0
    for text, own in zip(texts, links, strict=True):
        gold, found = set(text.links), set(own)
        given, taken, right = given + len(gold), taken + len(found), right + len(gold & found)
        sentences += len(sentence_spans(text.text))
    f1 = 2 * right / max(given + taken, 1)
    return Score(right / max(taken, 1), right / max(given, 1), f1, sentences / seconds)


def _scispacy(
    own: AnnotatedSet, vocabulary: str, python: str | None, folder: Path
) -> dict[str, Score]:
    """scispaCy's candidate generator on the same vocabulary and texts."""
    names, job, answer = (folder / name for name in ("names.jsonl", "job.json", "answer.json"))
    with open(names, "w", encoding="utf-8") as file:
        for entry in read_vocabulary(vocabulary):
            row = {"concept_id": entry.cui, "canonical_name": entry.name}
            row |= {"aliases": entry.synonyms, "types": entry.types}
            file.write(json.dumps(row) + "\n")
    texts = [text.text for document in own.judged for text in document]
    task = {"vocabulary": str(names), "texts": texts, "threshold": _SCISPACY_THRESHOLD}
    job.write_text(json.dumps(task), encoding="utf-8")
    peer = Path(__file__).with_name("scispacy_peer.py")
    command = [python or scispacy_python(), str(peer), str(job), str(answer)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"scispaCy failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return {}
    ways = json.loads(answer.read_text(encoding="utf-8"))["ways"]
    return {
        f"scispaCy, {way}": _score(
            own.judged, [[tuple(link) for link in text] for text in got["links"]], got["seconds"]
        )
        for way, got in ways.items()
    }


def scispacy_python() -> str:
    """A Python with scispaCy: ours, or that of an environment made for it once."""
    if importlib.util.find_spec("scispacy"):
        return sys.executable
    python = _ENVIRONMENT / "bin" / "python"
    if not (_ENVIRONMENT / "ready").exists():
        print(f"making an environment for scispaCy in {_ENVIRONMENT} ...", file=sys.stderr)
        venv.create(_ENVIRONMENT, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "-q", *_SCISPACY]
        subprocess.run(install, check=True, capture_output=True)
        (_ENVIRONMENT / "ready").touch()
    return str(python)


def peak_mb() -> float:
    """The most memory this process had, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


def list_errors(
    own: AnnotatedSet, link: Callable[[Sequence[Annotated]], list[list[Link]]], number: int
) -> None:
    """Print the commonest misses, false alarms and confusions of the judged documents."""
    kinds: dict[str, Counter[str]] = {k: Counter() for k in ("missed", "false", "confused")}
    for document in own.judged:
        for text, links in zip(document, link(document), strict=True):
            gold = {(s, e): cui for s, e, cui in text.links}
            found = {(s, e): cui for s, e, cui in links}
            for (start, end), cui in gold.items() | found.items():
                span, name = (start, end), text.text[start:end]
                if span not in found:
                    kinds["missed"][f"{name} ({cui})"] += 1
                elif span not in gold:
                    kinds["false"][f"{name} ({cui})"] += 1
                elif gold[span] != found[span] and cui == gold[span]:
                    kinds["confused"][f"{name}: {found[span]} for {cui}"] += 1
    for kind, counts in kinds.items():
        listed = "; ".join(f"{name} {count}" for name, count in counts.most_common(number))
        print(f"  {kind} ({counts.total()}): {listed}")


def _print(own: AnnotatedSet, scores: dict[str, Score]) -> None:
    links = sum(len(text.links) for document in own.judged for text in document)
    print(
        f"{own.name}: {len(own.learned)} documents to learn, {len(own.judged)} judged, {links} mentions"
    )
    for way, score in scores.items():
        print(
            f"  {way:18} P {score.precision:.3f}  R {score.recall:.3f}  F1 {score.f1:.3f}"
            f"  {score.sentences_per_s:8,.0f} sentences/s"
        )


def _summary(results: dict[str, dict[str, Score]], peak_mb: float) -> dict[str, object]:
    """The first set's figures by their short names, and all of them by set and way."""
    first = next(iter(results.values()))
    peers = [score for way, score in first.items() if way.startswith("scispaCy")]
    peer = max(peers, key=lambda score: score.f1, default=None)
    return {
        "f1": first["fabrica"].f1,
        "precision": first["fabrica"].precision,
        "recall": first["fabrica"].recall,
        "sentences_per_s": first["fabrica"].sentences_per_s,
        "peak_mb": peak_mb,
        "scispacy_f1": peer and peer.f1,
        "scispacy_sentences_per_s": peer and peer.sentences_per_s,
        "dictionary_f1": first["dictionary"].f1,
        "sets": {
            name: {way: asdict(score) for way, score in scores.items()}
            for name, scores in results.items()
        },
    }


if __name__ == "__main__":
    main()
