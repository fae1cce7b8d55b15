"""Samples a second of `fabrica train` beside open_clip's own training script.

    python -m benchmarks.train [--corpus DIR] [--model tiny] [--samples 4096] [--batch 64]
                               [--rounds 2] [--workers 0,1,2] [--device auto] [--precision auto]
                               [--threads N] [--parts] [--json]

Both start from the same weights and learn from the shards of the split train of the same corpus,
with the same batch, precision, optimizer, gradient clipping, share of crops and number of threads
(that sleep while they wait, as `trainer` has them, unless OMP_WAIT_POLICY says else), each run in a
process of its own. The loops are the real ones, `trainer.training.train` and
`open_clip_train.main`. Theirs is first tried with each number of loading processes; then ours and
theirs, at its best, take turns. The best of each's rounds counts.

Timed is from the end of the first step to the end of the last, the loading of batches included.
Left out: imports, making the network, the first step (which sets up kernels), and what is saved at
the end; neither saves states within, which ours does ten times a run by default. Ours keeps decoded
pictures of small corpora, theirs decodes anew; `decoding` is ours without that, as with a corpus
that does not fit. Ours also reads rows of several pictures, which theirs passes over.

`loading_share`: the part of our time that the training thread waits for batches. With a GPU,
`gpu_utilisation` is the mean of what nvidia-smi says of it, in percent. `--parts` adds where our
time goes. Without `--corpus` one is made of the invented datasets in examples/.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks.data import arguments
from benchmarks.train_run import Measured, Plan

ROOT = Path(__file__).resolve().parents[1]
_RECIPE = "recipes/demo-labelled.yaml"
_TRIAL = 3  # a trial of a number of loading processes has this part of the samples
_LEAST_STEPS = 8

Say = Callable[[str], None]


def corpus_of_examples(out: Path) -> Path:
    """The corpus of the invented labelled datasets, by the real pipeline."""
    from pipelines.recipe_file import load_recipe
    from pipelines.run import RunOptions, run

    with contextlib.chdir(ROOT):  # the recipe's paths start there
        run(load_recipe(_RECIPE), str(out), RunOptions(workers=2, say=lambda _: None))
    return out


def described(corpus: str) -> str:
    """How many rows each of the two reads. Raises `SystemExit`."""
    from trainer.rows import Faults, read_rows, shard_urls

    urls = shard_urls(corpus, "train")
    if not urls:
        raise SystemExit(f"--corpus: {corpus} has no shards of the split train")
    rows = [len(row.pictures) for row in read_rows(urls, Faults())]
    return f"{len(rows)} training rows in {len(urls)} shards, {rows.count(1)} of one picture"


def started(model: str, folder: Path) -> str:
    """A checkpoint folder with the weights that both start from. Raises `SystemExit`."""
    from trainer.checkpoint import export
    from trainer.network import NoSuchModel, fresh

    try:
        learner = fresh(model, 0)
    except NoSuchModel as error:
        raise SystemExit(f"--model: {error}") from None
    return str(export(learner, learner.network.state_dict(), folder))


def device_and_precision(device: str, precision: str) -> tuple[str, str]:
    """Those meant, as `trainer` takes them. Raises `SystemExit`."""
    import torch

    from trainer.network import NoSuchDevice, running

    try:
        where = running(device, precision)
    except NoSuchDevice as error:
        raise SystemExit(f"--{error}") from None
    names = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}
    return where.device, names[where.dtype]


def in_own_process(plan: Plan) -> Measured:
    """What a run gives. Raises `SystemExit` with the last line of one that failed."""
    question = Path(plan.answer).with_suffix(".plan.json")
    question.write_bytes(msgspec.json.encode(plan))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.train_run", str(question)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": str(plan.threads)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stdout.strip() or done.stderr.strip() or "it said nothing").splitlines()[-1]
        raise SystemExit(f"{plan.who}: {last}")
    return msgspec.json.decode(Path(plan.answer).read_bytes(), type=Measured)


def altered(plan: Plan, **changed: object) -> Plan:
    """The same plan with some fields changed."""
    return msgspec.structs.replace(plan, **changed)


def best(found: list[Measured]) -> Measured:
    """The fastest: other work on the machine only ever slows."""
    return max(found, key=lambda each: each.samples_per_s)


def best_workers(plan: Plan, numbers: list[int], run: Callable, say: Say) -> int:
    """The number of loading processes with which open_clip's script is fastest."""
    if len(numbers) == 1:
        return numbers[0]
    say("open_clip, shorter trials")
    few = max(plan.batch * _LEAST_STEPS, plan.samples // _TRIAL)
    tried = {n: run(altered(plan, who="open_clip", workers=n, samples=few)) for n in numbers}
    for number, each in tried.items():
        say(f"  {number} loading processes {_words(each)}")
    return max(tried, key=lambda number: tried[number].samples_per_s)


def compare(
    plan: Plan, numbers: list[int], rounds: int, decoding: bool, say: Say
) -> dict[str, list[Measured]]:
    """All rounds of `ours` and `open_clip`, and of `decoding`: ours without kept pictures."""
    count = itertools.count()

    def run(one: Plan) -> Measured:
        return in_own_process(altered(one, answer=f"{one.answer}-{next(count)}.json"))

    workers = best_workers(plan, numbers, run, say)
    kinds = {
        "ours": plan,
        "open_clip": altered(plan, who="open_clip", workers=workers),
    }
    if decoding:
        kinds["decoding"] = altered(plan, keep_mb=0)
    found: dict[str, list[Measured]] = {kind: [] for kind in kinds}
    say(f"rounds (open_clip with {workers} loading processes)")
    for _ in range(rounds):
        for kind, one in kinds.items():
            found[kind].append(run(one))
            say(f"  {kind:9} {_words(found[kind][-1])}")
    return found


def _words(found: Measured) -> str:
    use = found.gpu_utilisation
    return (
        f"{found.samples_per_s:8.1f} samples/s, {found.cpu_ms_per_sample:6.2f} ms of CPU each, "
        f"{found.loading_share:5.1%} waiting for data"
        + ("" if use is None else f", GPU {use:.0f} %")
        + f"   (load {os.getloadavg()[0]:.1f})"
    )


def summary(found: dict[str, list[Measured]]) -> dict[str, float]:
    """The figures for programs."""
    ours, theirs = best(found["ours"]), best(found["open_clip"])
    figures = {
        "samples_per_s": ours.samples_per_s,
        "open_clip_samples_per_s": theirs.samples_per_s,
        "loading_share": ours.loading_share,
    }
    if ours.gpu_utilisation is not None:
        figures["gpu_utilisation"] = ours.gpu_utilisation
    return figures


def say_parts(plan: Plan, say: Say) -> None:
    """Where our time goes, in a run with clocks."""
    found = in_own_process(altered(plan, parts=True, answer=f"{plan.answer}-parts.json"))
    total = sum(found.parts.values())
    say(f"our training thread, {1000 * total:.2f} ms a sample:")
    for part, seconds in sorted(found.parts.items(), key=lambda item: -item[1]):
        say(f"  {part:20} {1000 * seconds:7.3f} ms {seconds / total:6.1%}")
    say("our loading threads, CPU:")
    for part, seconds in sorted(found.loading_cpu.items(), key=lambda item: -item[1]):
        say(f"  {part:20} {1000 * seconds:7.3f} ms")


def main() -> None:
    """Measure and print."""
    options = _parser().parse_args()
    if options.samples < 2 * options.batch:
        raise SystemExit("--samples: at least two batches")
    numbers = [int(number) for number in options.workers.split(",")]
    say: Say = (lambda line: None) if options.json else print
    with tempfile.TemporaryDirectory(prefix="fabrica-train-") as folder:
        plan = _plan(options, Path(folder))
        made = "" if options.corpus else f" (made by {_RECIPE})"
        say(f"corpus {plan.corpus}{made}: {described(plan.corpus)}")
        say(
            f"model {options.model}, {plan.samples:,} samples, batch {plan.batch}, {plan.device}, "
            f"{plan.precision}, {plan.threads} threads"
        )
        found = compare(plan, numbers, options.rounds, not options.json, say)
        if options.parts and not options.json:
            say_parts(plan, say)
    figures = summary(found)
    if options.json:
        print(json.dumps(figures))
        return
    figures["decoding_samples_per_s"] = best(found["decoding"]).samples_per_s
    print("best:", *(f"{name} {value:.4g}" for name, value in figures.items()))


def _plan(options: argparse.Namespace, folder: Path) -> Plan:
    """What both are given. Raises `SystemExit`."""
    from trainer.batches import decoding_threads

    device, precision = device_and_precision(options.device, options.precision)
    corpus = options.corpus or corpus_of_examples(folder / "corpus")
    return Plan(
        who="ours",
        corpus=str(corpus.resolve()),
        start=started(options.model, folder),
        samples=options.samples,
        batch=options.batch,
        device=device,
        precision=precision,  # type: ignore[arg-type]
        threads=options.threads or decoding_threads(0),
        answer=f"{folder}/run",
    )


def _parser() -> argparse.ArgumentParser:
    parser = arguments(__doc__ or "")
    parser.add_argument("--corpus", type=Path, help="a corpus of Fabrica (default: one is made)")
    parser.add_argument("--model", default="tiny", help="tiny, or an architecture of open_clip")
    parser.add_argument("--samples", type=int, default=4096)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--workers", default="0,1,2", help="loading processes of open_clip to try")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto", choices=("auto", "fp32", "bf16", "fp16"))
    parser.add_argument("--threads", type=int, default=0, help="of each (default: all cores)")
    parser.add_argument("--parts", action="store_true", help="also where our time goes")
    return parser


if __name__ == "__main__":
    main()
