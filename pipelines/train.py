"""`fabrica train`: a small CLIP trained on a corpus, tested, and compared with one of another."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from tqdm import tqdm

from pipelines.errors import RunFailed, UserError

if TYPE_CHECKING:
    from trainer.arms import Corpus as Named
    from trainer.arms import Setup
    from trainer.network import Learner
    from trainer.results import Result
    from trainer.training import Tell

RESULT = "result.json"
_SAY_EVERY_S = 20.0
_NEEDS = "needs the extra [train]: pip install 'fabrica-corpus[train]'"


def add_train(parser: argparse.ArgumentParser) -> None:
    """The options of `fabrica train`."""
    parser.description = (
        "Train a small CLIP on a corpus with a fixed budget of samples, with several seeds, and "
        "test it: retrieval, zero-shot, linear probe, ranking of answers, changed pictures, "
        "calibration, and blind checks that must be at chance. With --against: is it better than "
        "what is learned from another corpus?"
    )
    parser.add_argument("corpus", metavar="CORPUS")
    parser.add_argument("--against", metavar="OTHER", help="compare with this corpus")
    parser.add_argument(
        "--ablate", choices=("rules",), help="what each rule is worth: leave out one at a time"
    )
    parser.add_argument(
        "--scaling", action="store_true", help="the same on 1/8, 1/4, 1/2 and all of the corpus"
    )
    parser.add_argument(
        "--test",
        metavar="CORPUS",
        action="append",
        default=[],
        help="test on this corpus (again for more; default: the test splits of those compared)",
    )
    parser.add_argument("--out", metavar="DIR", help="where to (default: train-NAME)")
    parser.add_argument(
        "--model",
        default="tiny",
        help="tiny, ViT-S-16, ViT-B-16, ... with new weights, or a checkpoint: local-dir:FOLDER, "
        "hf-hub:NAME, NAME/WEIGHTS, NAME@FILE (default: tiny)",
    )
    parser.add_argument("--samples", type=int, help="the budget: pictures seen in one run")
    parser.add_argument(
        "--seeds", type=int, help="runs of each corpus (default: 3; 6 where corpora are compared)"
    )
    parser.add_argument("--prompts", metavar="FILE.yaml", help="sentences for classes")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="batch, accumulate, learning_rate, warmup, freeze=image, texts, ema, precision, ...",
    )
    parser.add_argument("--json", action="store_true", help="answer for programs")
    parser.set_defaults(command=_train)


def _train(options: argparse.Namespace) -> int:
    _check(options)
    out = Path(_out(options))
    result = run(options)
    page = write_result(out, result)
    if options.json:
        print(json.dumps({**_plain(result), "page": page}))
        return 0
    from pipelines.train_words import lines

    for line in lines(result):
        print(line)
    print(f"report: {page}")
    first = result.arms[0].runs[0].folder
    print(f"try:    a recipe with  score: {{clip: {{model: 'local-dir:{first}/checkpoint'}}}}")
    return 0


def _check(options: argparse.Namespace) -> None:
    asked = [
        name
        for name, given in (
            ("--against", options.against),
            ("--ablate", options.ablate),
            ("--scaling", options.scaling),
        )
        if given
    ]
    if len(asked) > 1:
        raise UserError(f"{' and '.join(asked)}: one at a time")
    if options.seeds is None:  # a difference needs more than a figure does
        options.seeds = 6 if options.against or options.ablate else 3
    if options.seeds < 1:
        raise UserError(f"--seeds: {options.seeds}: at least 1; verdicts need 2, better 6")


def _out(options: argparse.Namespace) -> str:
    if options.out is not None and not options.out.strip():
        raise UserError("--out: the name of the folder is empty")
    if options.out and "://" in options.out:
        raise UserError(f"--out: {options.out}: must be a folder on a disk")
    name = os.path.basename(options.corpus.rstrip("/")) or "corpus"
    return options.out or f"train-{name}"


def run(options: argparse.Namespace) -> Result:
    """What the options ask for. Raises `UserError` and `RunFailed`."""
    try:
        from trainer import commands
        from trainer.draws import NothingToLearn
    except ImportError as error:
        if str(error.name).split(".")[0] in ("trainer", "pipelines", "schemas", "filters"):
            raise
        raise UserError(f"fabrica train {_NEEDS} (no module {error.name})") from None
    (corpus, *others), tests = _corpora(options)
    with _clear_errors():
        setup = _setup(options)
        try:
            if options.against:
                return commands.against(corpus, others[0], tests, setup)
            if options.scaling:
                return commands.scale(corpus, tests, setup)
            if options.ablate:
                from pipelines.ablation import corpora_without

                made = corpora_without(options.corpus, setup.out, setup.say)
                return commands.ablate(corpus, made, tests, setup)
            return commands.train_one(corpus, tests, setup)
        except NothingToLearn as error:
            raise UserError(f"nothing to learn from: {error}") from None


@contextmanager
def _clear_errors() -> Iterator[None]:
    """What the trainer refuses, as the user's errors."""
    from filters.clip.source import ClipUnavailable
    from trainer.evaluation.remembered import NotFinite
    from trainer.network import NoSuchDevice, NoSuchModel
    from trainer.test_sets import NothingToTest

    try:
        yield
    except (ClipUnavailable, NoSuchDevice, NoSuchModel) as error:
        raise UserError(f"--model: {error}") from None
    except NothingToTest as error:
        raise UserError(str(error)) from None
    except (FloatingPointError, NotFinite) as error:
        raise RunFailed(str(error)) from None


def _corpora(options: argparse.Namespace) -> tuple[list[Named], list[Named]]:
    """The corpora to learn from and those to test on, each with a name of its own."""
    from pipelines.corpus import open_corpus
    from trainer.arms import Corpus

    asked = [options.corpus, *([options.against] if options.against else [])]
    opened = [open_corpus(url) for url in [*asked, *options.test]]
    names = [each.name for each in opened]
    if len(set(names)) < len(names):  # two runs of one recipe
        names = [os.path.basename(each.store.url) for each in opened]
    taken: dict[str, int] = {}
    for place, name in enumerate(names):
        taken[name] = taken.get(name, 0) + 1
        names[place] = name if taken[name] == 1 else f"{name} ({taken[name]})"
    named = [Corpus(n, each.store.url) for n, each in zip(names, opened, strict=True)]
    for each in opened[: len(asked)]:
        if not any(name.startswith("train-") for name in each.shards):
            raise UserError(f"{each.store.url}: no training rows: its split train is empty")
    return named[: len(asked)], named[len(asked) :]


def _setup(options: argparse.Namespace) -> Setup:
    from filters.clip.source import model_state
    from trainer.arms import Setup
    from trainer.evaluation.evaluate import EvaluateOptions
    from trainer.evaluation.prompts import load_prompts
    from trainer.settings import settings_for

    checkpoint = is_checkpoint(options.model)
    chosen = _chosen(options.set)
    if options.samples is not None:
        chosen["samples"] = options.samples
    try:
        settings = settings_for(options.model, checkpoint, chosen)
        prompts = load_prompts(options.prompts) if options.prompts else {}
    except ValueError as error:
        raise UserError(str(error)) from None
    say = _silent if options.json else print
    return Setup(
        settings=settings,
        seeds=range(options.seeds),
        start=_start(options.model, checkpoint),
        out=Path(_out(options)),
        state=model_state(options.model) if checkpoint else "",
        options=EvaluateOptions(prompts=prompts),
        told=_told(say),
        say=say,
    )


def is_checkpoint(model: str) -> bool:
    """Whether a model is named by its weights, not by its architecture alone."""
    return any(mark in model for mark in ":@/") or Path(model).is_dir()


def _start(model: str, checkpoint: bool) -> Callable[[int], Learner]:
    from trainer.network import fresh, learner

    if not checkpoint:
        return lambda seed: fresh(model, seed)

    def loaded(_: int) -> Learner:
        from filters.clip.loading import parts

        found = parts(model)
        return learner(found.network, found.tokenize, found.model_cfg, found.preprocess_cfg)

    return loaded


def _chosen(pairs: Sequence[str]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for pair in pairs:
        key, found, value = pair.partition("=")
        if not found:
            raise UserError(f"--set {pair}: give KEY=VALUE")
        try:
            chosen[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise UserError(f"--set {key}: {value!r} is no YAML value") from None
        if key in ("freeze", "texts") and isinstance(chosen[key], str):
            chosen[key] = chosen[key].split(",")
    return chosen


def _silent(_: str) -> None:
    """Nothing but the JSON answer goes to standard output."""


def _told(say: Callable[[str], None]) -> Callable[[str], Tell]:
    """A bar on a terminal, a plain line now and then elsewhere."""

    def start(label: str) -> Tell:
        if sys.stderr.isatty():
            bar = tqdm(desc=label, unit="sample", leave=False)

            def show(seen: int, most: int, loss: float) -> None:
                bar.total = most
                bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
                bar.update(seen - bar.n)
                if seen >= most:
                    bar.close()

            return show
        last = time.monotonic()

        def plain(seen: int, most: int, loss: float) -> None:
            nonlocal last
            if time.monotonic() - last >= _SAY_EVERY_S:
                last = time.monotonic()
                say(f"{label}: {seen:,} of {most:,} samples, loss {loss:.3f}")

        return plain

    return start


def write_result(out: Path, result: Result) -> str:
    """Write result.json and the page; returns where the page lies."""
    from pipelines.report.training import write_training_page

    out.mkdir(parents=True, exist_ok=True)
    (out / RESULT).write_text(json.dumps(_plain(result), indent=1) + "\n")
    return write_training_page(str(out), result)


def _plain(result: Result) -> dict[str, Any]:
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(result)
    return plain
