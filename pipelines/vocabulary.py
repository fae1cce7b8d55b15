"""`fabrica vocabulary build | show | tune`: one Parquet vocabulary out of UMLS, OBO, MeSH, tables."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UserError

if TYPE_CHECKING:
    from extractors.concepts.entries import Entry
    from extractors.concepts.vocabulary.build import Staging
    from extractors.concepts.vocabulary.sources import Problem

_NAMED_PROBLEMS = 5
_SCOPES = ("EXACT", "NARROW", "BROAD", "RELATED")


def add_vocabulary(parser: argparse.ArgumentParser) -> None:
    """The commands below `fabrica vocabulary`, and their options."""
    commands = parser.add_subparsers(metavar="ACTION", required=True)
    build = commands.add_parser(
        "build",
        allow_abbrev=False,
        help="merge sources into one vocabulary",
        description="Merge sources into one Parquet vocabulary. Inputs may be repeated and mixed; "
        "where two know a concept, the first given names it.",
    )
    build.set_defaults(command=_build)
    _add_inputs(build)
    _add_choices(build)
    build.add_argument("--out", required=True, metavar="VOCABULARY.parquet")
    show = commands.add_parser(
        "show", allow_abbrev=False, help="what a vocabulary holds, or what it says of a term"
    )
    show.set_defaults(command=_show)
    show.add_argument("vocabulary", metavar="VOCABULARY.parquet")
    show.add_argument("term", nargs="?", help="a name or an id")
    tune = commands.add_parser(
        "tune",
        allow_abbrev=False,
        help="learn from annotated text how often each name is meant",
        description="Learn from texts that people annotated with concepts how often each name of "
        "a vocabulary is meant, and beside which words. A recipe names the file at concepts.tuning.",
    )
    tune.set_defaults(command=_tune)
    tune.add_argument("vocabulary", metavar="VOCABULARY.parquet")
    tune.add_argument(
        "--annotated", nargs="+", required=True, metavar="FILE", help="PubTator, or BIO with CUIs"
    )
    tune.add_argument("--out", required=True, metavar="TUNING.parquet")
    for command in (build, show, tune):
        command.add_argument("--json", action="store_true", help="answer for programs")


class _Input(argparse.Action):
    """Collects inputs of all kinds in one list: their order says whose names win."""

    def __call__(self, parser, namespace, values, option_string=None):
        so_far = getattr(namespace, "inputs", None) or []
        namespace.inputs = so_far + [(self.dest.removeprefix("input_"), value) for value in values]


def _add_inputs(build: argparse.ArgumentParser) -> None:
    kinds = {
        "umls": ("DIR", "a folder with MRCONSO.RRF, and MRSTY, MRDEF, MRREL if there"),
        "obo": ("FILE", "an ontology: HPO, Disease Ontology, Uberon, Mondo; .obo or .obo.gz"),
        "mesh": ("FILE", "NLM's desc20XX.xml, supp20XX.xml, d20XX.bin or c20XX.bin, or .gz"),
        "csv": ("FILE", "CSV or TSV with columns cui, name (synonyms, types, ...), or JSON lines"),
        "vocabulary": ("FILE", "a vocabulary that was built before"),
    }
    for kind, (metavar, words) in kinds.items():
        build.add_argument(
            f"--{kind}", dest=f"input_{kind}", action=_Input, nargs="+", metavar=metavar,
            default=argparse.SUPPRESS, help=words,
        )  # fmt: skip
    build.set_defaults(inputs=[])


def _add_choices(build: argparse.ArgumentParser) -> None:
    build.add_argument("--languages", nargs="+", default=["ENG"], metavar="LAT", help="of UMLS")
    build.add_argument(
        "--sources", nargs="+", default=[], metavar="SAB", help="of UMLS, the best names first"
    )
    build.add_argument(
        "--types", nargs="+", default=[], metavar="TUI", help="of UMLS, such as T047 T191"
    )
    build.add_argument("--keep-suppressed", action="store_true", help="suppressed rows of UMLS too")
    build.add_argument(
        "--synonyms", nargs="+", default=["EXACT"], choices=_SCOPES, help="scopes of OBO synonyms"
    )
    build.add_argument(
        "--obo-types", nargs="+", default=[], metavar="ID=TUI",
        help="types of OBO terms, by prefix or ancestor: DOID=T047 DOID:162=T191",
    )  # fmt: skip
    build.add_argument(
        "--cuis-only", action="store_true", help="leave out concepts without a UMLS CUI"
    )


def _build(options: argparse.Namespace) -> int:
    from extractors.concepts.vocabulary.sources import VocabularyError

    started = time.monotonic()
    tally = _Tally()
    say: Callable[[str], None] = (lambda _: None) if options.json else print
    try:
        rows, concepts = _merge(options, tally, say)
    except VocabularyError as error:
        tally.say()
        raise UserError(str(error)) from None
    tally.say()
    answer = {
        "vocabulary": options.out,
        "concepts": concepts,
        "rows": rows,
        "malformed": tally.count,
        "seconds": round(time.monotonic() - started, 1),
    }
    if options.json:
        print(json.dumps(answer))
        return 0
    print(f"{options.out}: {concepts:,} concepts in {answer['seconds']:.1f} s")
    print(f'try:    fabrica vocabulary show {options.out} "pneumonia"')
    return 0


def _merge(options: argparse.Namespace, tally: _Tally, say: Callable) -> tuple[int, int]:
    """Read all inputs and write the vocabulary; rows read and concepts written."""
    from extractors.concepts.vocabulary.build import Staging

    if not options.inputs:
        raise UserError("no input: name at least one of --umls, --obo, --mesh, --csv, --vocabulary")
    out = Path(options.out)
    if not options.out.strip() or out.is_dir():
        raise UserError(f"--out: {options.out!r} is no name for a file")
    if not out.absolute().parent.is_dir():
        raise UserError(f"--out: {options.out}: there is no folder {out.absolute().parent}")
    rows = 0
    with Staging(out.absolute().parent) as staging:
        for kind, path in options.inputs:
            started = time.monotonic()
            read = _add_umls if kind == "umls" else _add_entries
            count = read(staging, kind, path, options, tally)
            rows += count
            say(f"{path}: {count:,} rows in {time.monotonic() - started:.1f} s")
        return rows, staging.write(options.out, options.cuis_only)


def _add_umls(
    staging: Staging, kind: str, path: str, options: argparse.Namespace, tally: _Tally
) -> int:
    from extractors.concepts.vocabulary.umls import UmlsChoice, add_umls

    choice = UmlsChoice(options.languages, options.sources, options.types, options.keep_suppressed)
    return add_umls(staging, path, choice, tally.note)


def _add_entries(
    staging: Staging, kind: str, path: str, options: argparse.Namespace, tally: _Tally
) -> int:
    return staging.add(_entries(kind, path, options, tally))


def _entries(kind: str, path: str, options: argparse.Namespace, tally: _Tally) -> Iterator[Entry]:
    if kind == "mesh":
        from extractors.concepts.vocabulary.mesh import read_mesh

        return read_mesh(path, tally.note)
    if kind == "vocabulary":
        from extractors.concepts.vocabulary.build import read_vocabulary

        return read_vocabulary(path)
    if kind == "csv":
        from extractors.concepts.vocabulary.tables import read_table

        return read_table(path, tally.note)
    from extractors.concepts.vocabulary.obo import TYPES, read_obo, read_places

    if not hasattr(options, "places"):  # of all ontologies, as slims name parents of one another
        ontologies = [path for kind, path in options.inputs if kind == "obo"]
        options.places = read_places(ontologies, own_ids=not options.cuis_only)
    return read_obo(
        path,
        scopes=options.synonyms,
        types={**TYPES, **_obo_types(options.obo_types)},
        own_ids=not options.cuis_only,
        places=options.places,
        report=tally.note,
    )


def _obo_types(pairs: list[str]) -> dict[str, str]:
    types = {}
    for pair in pairs:
        name, equals, tui = pair.partition("=")
        if not (name and equals and tui):
            raise UserError(f"--obo-types: {pair!r} is not ID=TUI, such as DOID=T047")
        types[name] = tui
    return types


class _Tally:
    """Malformed rows: the first few by name, and how many in all."""

    def __init__(self) -> None:
        self.count = 0
        self.named: list[str] = []
        self.files: Counter[str] = Counter()

    def note(self, problem: Problem) -> None:
        """Count a problem, and keep its words if it is among its file's first."""
        self.count += problem.count
        if self.files[problem.path] < _NAMED_PROBLEMS:
            more = f" ({problem.count:,} such rows)" if problem.count > 1 else ""
            self.named.append(f"{problem.path}:{problem.line}: {problem.words}{more}; left out")
        self.files[problem.path] += problem.count

    def say(self) -> None:
        """One line for each that is named, and one that counts them all."""
        for words in self.named:
            print(f"fabrica: {' '.join(words.split())}", file=sys.stderr)
        if self.count > len(self.named):
            print(f"fabrica: {self.count:,} malformed rows left out in all", file=sys.stderr)


def _show(options: argparse.Namespace) -> int:
    from extractors.concepts.vocabulary.build import read_vocabulary
    from extractors.concepts.vocabulary.sources import VocabularyError

    try:
        entries = read_vocabulary(options.vocabulary)
        return _say_term(options, entries) if options.term else _say_counts(options, entries)
    except VocabularyError as error:
        raise UserError(str(error)) from None


def _say_counts(options: argparse.Namespace, entries: Iterator[Entry]) -> int:
    concepts = names = definitions = 0
    types: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for entry in entries:
        concepts += 1
        names += 1 + len(entry.synonyms)
        definitions += bool(entry.definition)
        types.update(entry.types)
        sources.update(entry.sources)
    if options.json:
        answer = {"concepts": concepts, "names": names, "definitions": definitions,
                  "types": dict(types.most_common()), "sources": dict(sources.most_common())}  # fmt: skip
        print(json.dumps(answer))
        return 0
    print(f"{concepts:,} concepts with {names:,} names, {definitions:,} with a definition")
    for word, counts in (("types", types), ("sources", sources)):
        listed = ", ".join(f"{name} {count:,}" for name, count in counts.most_common(15))
        print(f"{word:8} {listed or 'none'}")
    return 0


def _say_term(options: argparse.Namespace, entries: Iterator[Entry]) -> int:
    """Every concept of this id or name; exit code 1 if there is none."""
    import msgspec

    wanted = options.term.casefold()
    found = [
        entry
        for entry in entries
        if wanted in (entry.cui.casefold(), *(n.casefold() for n in (entry.name, *entry.synonyms)))
    ]
    if options.json:
        print(json.dumps([msgspec.structs.asdict(entry) for entry in found]))
        return 0 if found else 1
    for entry in found:
        print(f"{entry.cui}  {entry.name}  [{', '.join(entry.types)}]  {', '.join(entry.sources)}")
        for label, values in (("also", entry.synonyms), ("below", entry.parents)):
            if values:
                print(f"  {label:6} {'; '.join(values)}")
        if entry.definition:
            print(f"  means  {entry.definition}")
    if not found:
        print(f"{options.term}: not in {os.path.basename(options.vocabulary)}", file=sys.stderr)
    return 0 if found else 1


def _tune(options: argparse.Namespace) -> int:
    from extractors.concepts.annotated import read_annotated
    from extractors.concepts.learning import learn
    from extractors.concepts.loading import linker_of, read_table, write_tuning
    from extractors.concepts.vocabulary.sources import VocabularyError

    try:
        table = read_table(options.vocabulary)
        documents = [own for file in options.annotated for own in read_annotated(Path(file))]
    except (VocabularyError, ValueError) as error:
        raise UserError(str(error)) from None
    untuned = linker_of(table)
    try:
        tuning = learn(untuned.index, untuned.concepts, documents)
    except ValueError as error:
        raise UserError(f"--annotated: {error}") from None
    names = write_tuning(tuning, untuned.index, table["cui"].to_pylist(), options.out)
    linked = int(tuning.counts.linked.sum())
    answer = {"tuning": options.out, "texts": len(documents), "names": names, "linked": linked}
    if options.json:
        print(json.dumps(answer))
    else:
        print(
            f"{options.out}: {names:,} names seen in {len(documents):,} texts, {linked:,} times meant; "
            f"a recipe takes it as  concepts: {{tuning: {options.out}}}"
        )
    return 0
