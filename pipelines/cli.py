"""The command line: `fabrica run | plan | report | query | curate | verify | questions | ...`.

Exit codes: 0 done; 1 the run finished and something asked for does not hold; 2 the user's input
is wrong, said in one line. Modules that take long to import are imported by the command that
needs them, so that `fabrica sources` answers at once.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence

from pipelines.compare import add_compare
from pipelines.errors import RunFailed, StorageError, UserError, storage_error
from pipelines.fingerprint import add_fingerprint
from pipelines.query_examples import epilog
from pipelines.search import add_search
from pipelines.train import add_train
from pipelines.version import VERSION
from pipelines.vocabulary import add_vocabulary

_FAILED, _WRONG_INPUT = 1, 2
_STORAGE_LIBRARIES = ("aiobotocore", "aiohttp", "botocore", "gcsfs", "google", "s3fs")


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse and run one command; returns the exit code."""
    parser = build_parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command is not _run:
        parser.error(f"unknown option {rest[0]}")
    options.beam_arguments = rest
    logging.basicConfig(level=logging.ERROR)  # Beam's imports warn of what nobody asked for
    try:
        return options.command(options)
    except RunFailed as failure:
        print(f"fabrica: {failure}", file=sys.stderr)
        return _FAILED
    except UserError as error:
        print(f"fabrica: {error}", file=sys.stderr)
        return _WRONG_INPUT
    except BrokenPipeError:  # the reader of a pipe has seen enough: `fabrica ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = str(error.filename or getattr(options, "out", "") or "storage")
        words = f"{where}: {error.strerror or error}"
        refused = storage_error(error, where) or StorageError(words)
        print(f"fabrica: {refused}", file=sys.stderr)
        return _WRONG_INPUT
    except Exception as error:  # Whatever went wrong, the user gets one line.
        if os.environ.get("FABRICA_DEBUG"):
            raise
        line = " ".join(f"{type(error).__name__}: {error}".split())[:500]
        if type(error).__module__.partition(".")[0] in _STORAGE_LIBRARIES:
            print(f"fabrica: storage cannot be reached: {line}", file=sys.stderr)
            return _WRONG_INPUT
        if type(error).__name__ == "IOException":  # DuckDB's: its temporary folder is full, say
            print(f"fabrica: {line}", file=sys.stderr)
            return _WRONG_INPUT
        print(f"fabrica: unexpected {line} (FABRICA_DEBUG=1 shows where)", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        print("fabrica: stopped; run the same command again to go on", file=sys.stderr)
        return 130


def build_parser() -> argparse.ArgumentParser:
    """All commands and options."""
    parser = argparse.ArgumentParser(
        prog="fabrica",
        description="Builds image-text training corpora for medical vision-language models.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"fabrica {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_run(commands)
    _add_readers(commands)
    _add_write(commands)
    _add_export(commands)
    help_text = "make the list of concepts that are looked for in texts, or look into one"
    add_vocabulary(commands.add_parser("vocabulary", help=help_text, allow_abbrev=False))
    help_text = "hash the pictures and texts of an evaluation set, to be kept out of corpora"
    add_fingerprint(commands.add_parser("fingerprint", help=help_text, allow_abbrev=False))
    help_text = "find the samples nearest to words, a picture or a sample"
    add_search(commands.add_parser("search", help=help_text, allow_abbrev=False))
    help_text = "say what differs between two corpora, by reason"
    add_compare(commands.add_parser("compare", help=help_text, allow_abbrev=False))
    help_text = "train a small CLIP on a corpus, test it, and compare it with another's"
    add_train(commands.add_parser("train", help=help_text, allow_abbrev=False))
    return parser


def _command(commands, name: str, run: Callable, help_text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_text, description=help_text, allow_abbrev=False)
    parser.set_defaults(command=run)
    return parser


def _add_run(commands) -> None:
    run = _command(commands, "run", _run, "build a corpus, or finish one that was begun")
    plan = _command(commands, "plan", _plan, "show what a run would do")
    for parser in (run, plan):
        parser.add_argument("recipe", metavar="RECIPE")
        parser.add_argument(
            "--out", metavar="DIR", help="the corpus folder or URL (default: its name)"
        )
        parser.add_argument(
            "--set",
            metavar="KEY=VALUE",
            action="append",
            default=[],
            help="change one recipe value",
        )
        parser.add_argument("--json", action="store_true", help="answer for programs")
    run.add_argument("--workers", type=int, default=0, help="worker processes (default: all cores)")
    run.add_argument(
        "--runner", default="FnApiRunner", help="a Beam runner; its own options may follow"
    )
    run.add_argument("--relist", action="store_true", help="look for new and changed documents")
    run.add_argument("--clean", action="store_true", help="remove the working files at the end")
    run.add_argument(
        "--cache", default="", help="where fetched files wait (default: in the corpus)"
    )


def _add_readers(commands) -> None:
    report = _command(commands, "report", _report, "write the HTML report of a corpus again")
    query = _command(commands, "query", _query, "ask a corpus in SQL (DuckDB)")
    curate = _command(
        commands, "curate", _curate, "make a new corpus of the rows that meet a condition"
    )
    verify = _command(
        commands, "verify", _verify, "check every file of a corpus against its manifest"
    )
    questions = _command(
        commands, "questions", _questions, "print balance and blind baseline of a corpus' questions"
    )
    for parser in (report, query, curate, verify, questions):
        parser.add_argument("corpus", metavar="CORPUS")
    query.add_argument("sql", metavar="SQL")
    query.formatter_class = argparse.RawDescriptionHelpFormatter
    query.epilog = epilog()
    query.add_argument("--csv", action="store_true", help="print CSV")
    curate.add_argument("--where", required=True, metavar="SQL", help="a condition on samples")
    curate.add_argument("--out", required=True, metavar="DIR")
    curate.add_argument("--workers", type=int, default=0)
    sources = _command(commands, "sources", _sources, "list what can be read, and what it needs")
    sources.add_argument(
        "--datasets",
        metavar="NAME",
        nargs="?",
        const="",
        help="the labelled datasets that have a card, or the card of one",
    )
    for parser in (query, verify, curate, sources, questions):
        parser.add_argument("--json", action="store_true", help="answer for programs")


def _add_write(commands) -> None:
    help_text = "run one writing task on a few rows and show prompt, answer and verdict"
    write = _command(commands, "write", _write, help_text)
    write.add_argument("corpus", metavar="CORPUS", nargs="?", help="without it: list the tasks")
    write.add_argument("task", metavar="TASK", nargs="?", default="", help="as in a recipe")
    write.add_argument("--rows", type=int, default=3, help="how many rows (default: 3)")
    write.add_argument("--where", default="", metavar="SQL", help="which rows, as in rules")
    write.add_argument(
        "--recipe", default="", metavar="RECIPE", help="take model and options from this recipe"
    )
    write.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an option of the task: endpoint=http://localhost:8000/v1, mode=visible_only, ...",
    )
    write.add_argument("--dry", action="store_true", help="show the prompts and ask nothing")
    write.add_argument("--json", action="store_true", help="answer for programs")


def _add_export(commands) -> None:
    help_text = "write conversations, preference pairs or reward rows of a corpus as JSON lines"
    export = _command(commands, "export", _export, help_text)
    export.add_argument("corpus", metavar="CORPUS")
    export.add_argument("--form", required=True, metavar="FORM", help="chat, dpo or reward")
    export.add_argument("--out", required=True, metavar="FILE.jsonl")
    export.add_argument("--where", default="", metavar="SQL", help="a condition on samples")
    export.add_argument("--split", default="", help="train, val or test (default: all)")
    export.add_argument("--style", default="llava", help="of chat: llava or openai")
    export.add_argument("--rationale", default="none", help="of chat: first, after or none")
    export.add_argument("--pictures", default="", metavar="DIR", help="put the pictures there")
    export.add_argument(
        "--noised-pictures",
        action="store_true",
        help="of dpo: also pictures whose regions are under noise (needs --pictures)",
    )
    export.add_argument("--json", action="store_true", help="answer for programs")


def _out(options: argparse.Namespace, name: str) -> str:
    """The corpus folder: as asked, else named as the recipe."""
    if options.out is not None and not options.out.strip():
        raise UserError("--out: the name of the folder is empty")
    return options.out or name


def _run(options: argparse.Namespace) -> int:
    from pipelines.pool import warm_up
    from pipelines.recipe_file import load_recipe
    from pipelines.shared_linker import announce

    recipe = load_recipe(options.recipe, options.set)
    announce(recipe.linker)
    warm_up()  # its imports run beside ours
    if options.workers < 0:
        raise UserError(f"--workers: {options.workers}: at least 1, or 0 for all cores")
    from pipelines.run import RunOptions, run

    out = _out(options, recipe.name)
    say = _quiet if options.json else print
    settings = RunOptions(
        workers=options.workers,
        runner=options.runner,
        beam_arguments=options.beam_arguments,
        list_again=options.relist,
        clean=options.clean,
        cache=options.cache,
        say=say,
    )
    summary = run(recipe, out, settings)
    if options.json:
        print(json.dumps({"corpus": out, **summary.counts()}))
        return 0
    _say_done(out, summary)
    return 0


def _say_done(out: str, summary) -> None:
    print(
        f"kept {summary.kept:,} of {summary.rows:,} rows from {summary.documents:,} documents, "
        f"in {len(summary.shards)} shards"
    )
    for stage, reason, count in summary.funnel[:15]:
        print(f"  {count:>8,}  {stage}: {reason}")
    report = f"{out}/report/index.html"
    print(f"report: {report if '://' in out else os.path.abspath(report)}")
    print(
        f'try:    fabrica query {out} "SELECT licence.code, count(*) FROM samples WHERE kept GROUP BY 1"'
    )
    print(f"        fabrica verify {out}")


def _quiet(_: str) -> None:
    """Nothing but the JSON answer goes to standard output."""


def _plan(options: argparse.Namespace) -> int:
    from pipelines.context import Context
    from pipelines.plan import plan
    from pipelines.recipe_file import load_recipe

    recipe = load_recipe(options.recipe, options.set)
    out = _out(options, recipe.name)
    context = Context(recipe.model_dump_json(by_alias=True, exclude_unset=True), out)
    listing, stages = plan(context)
    if options.json:
        print(json.dumps({"corpus": out, "stages": [stage.as_dict() for stage in stages]}))
        return 0
    names = ", ".join(name for entry in recipe.sources for name in entry)
    print(f"{recipe.name}: sources {names}; corpus at {out}")
    if listing:
        print(f"{listing.documents:,} documents in {listing.partitions:,} partitions")
    for stage in stages:
        print(stage.words)
    return 0


def _report(options: argparse.Namespace) -> int:
    from pipelines import layout
    from pipelines.corpus import open_corpus, report_recipe
    from pipelines.report import write_report
    from pipelines.summary import summarise

    corpus = open_corpus(options.corpus)
    summary = summarise(corpus.store, corpus.partitions, corpus.shards)
    write_report(corpus.store, corpus.name, summary, report_recipe(corpus))
    print(corpus.store.address(layout.REPORT))
    return 0


def _query(options: argparse.Namespace) -> int:
    from pipelines.corpus import open_corpus
    from pipelines.query import query

    form = "json" if options.json else "csv" if options.csv else "table"
    query(open_corpus(options.corpus), options.sql, form)
    return 0


def _curate(options: argparse.Namespace) -> int:
    from pipelines.corpus import open_corpus
    from pipelines.curate import curate
    from pipelines.run import RunOptions

    corpus = open_corpus(options.corpus)
    say = _quiet if options.json else print
    summary = curate(
        corpus, options.where, options.out, RunOptions(workers=options.workers, say=say)
    )
    if options.json:
        print(json.dumps({"corpus": options.out, **summary.counts()}))
    else:
        _say_done(options.out, summary)
    return 0


def _verify(options: argparse.Namespace) -> int:
    from pipelines.corpus import open_corpus
    from pipelines.verify import verify

    corpus = open_corpus(options.corpus)
    problems = list(verify(corpus))
    if options.json:
        print(json.dumps({"corpus": options.corpus, "problems": problems}))
    else:
        for problem in problems:
            print(problem)
        counts = corpus.state["counts"]
        if not problems:
            print(f"all is well: {counts['kept']:,} samples in {counts['shards']} shards")
    return _FAILED if problems else 0


def _questions(options: argparse.Namespace) -> int:
    from pipelines.questions import run

    return run(options.corpus, options.json)


def _write(options: argparse.Namespace) -> int:
    from pipelines.write_command import list_tasks, run

    return run(options) if options.corpus else list_tasks(options.json)


def _export(options: argparse.Namespace) -> int:
    from pipelines.corpus import open_corpus
    from pipelines.export import ExportOptions, export

    wanted = ExportOptions(
        options.form,
        options.where,
        options.split,
        options.style,
        options.rationale,
        options.pictures,
        options.noised_pictures,
    )
    done = export(open_corpus(options.corpus), options.out, wanted)
    print(json.dumps({"file": options.out, **done.counts()}) if options.json else done.words)
    return 0


def _sources(options: argparse.Namespace) -> int:
    from extractors.sources import SOURCES

    if options.datasets is not None:
        from pipelines.datasets import show_datasets

        return show_datasets(options.datasets, options.json)
    if options.json:
        rows = {
            name: {"summary": s.summary, "needs": s.needs, "where": s.where, "licence": s.licence}
            for name, s in SOURCES.items()
        }
        print(json.dumps(rows))
        return 0
    for name, source in SOURCES.items():
        print(f"{name}\n  {source.summary}\n  needs    {source.needs}")
        print(f"  where    {source.where}\n  licence  {source.licence}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
