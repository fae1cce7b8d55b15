"""One timed training run in a process of its own, of `trainer` or of open_clip's script.

    python -m benchmarks.train_run PLAN.json

PLAN.json is a `Plan`; a `Measured` is written to the file that it names.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import msgspec

from benchmarks.train_timing import GpuUse, Times, Watched, gpu_name


class Plan(msgspec.Struct, frozen=True):
    """What is run. `start` is a checkpoint folder that both start from; `keep_mb` is how much of
    decoded pictures ours may keep; `parts`: with clocks around the parts of a step."""

    who: Literal["ours", "open_clip"]
    corpus: str
    start: str
    samples: int
    batch: int
    device: str
    precision: Literal["fp32", "bf16", "fp16"]
    threads: int
    answer: str
    keep_mb: int = 1024
    workers: int = 0
    parts: bool = False


class Measured(msgspec.Struct, frozen=True):
    """What came of it, of all steps after the first. `parts` in seconds of the training thread,
    `loading_cpu` in CPU seconds of the threads that load, each for a sample."""

    samples: int
    samples_per_s: float
    loading_share: float
    cpu_ms_per_sample: float
    gpu_utilisation: float | None = None
    parts: dict[str, float] = {}
    loading_cpu: dict[str, float] = {}


LEARNING_RATE, WARMUP, WEIGHT_DECAY, BETA2, CLIP, CROP = 1e-3, 0.1, 0.1, 0.98, 1.0, 0.6
_PRECISIONS = {"fp32": "fp32", "bf16": "amp_bf16", "fp16": "amp"}  # as open_clip names them


def measure(plan: Plan) -> Measured:
    """Run a plan in this process."""
    import torch

    if plan.device == "cpu":
        torch.set_num_threads(plan.threads)
    gpu = GpuUse()
    with tempfile.TemporaryDirectory() as folder, gpu.watching(gpu_name(plan.device)):
        run = _ours if plan.who == "ours" else _open_clip
        times, parts, loading = run(plan, Path(folder))
    samples = times.steps * plan.batch
    return Measured(
        samples=samples,
        samples_per_s=samples / times.seconds,
        loading_share=times.waited / times.seconds,
        cpu_ms_per_sample=1000 * times.cpu / samples,
        gpu_utilisation=gpu.mean(times),
        parts={name: value / samples for name, value in parts.items()},
        loading_cpu={name: value / samples for name, value in loading.items()},
    )


Found = tuple[Times, dict[str, float], dict[str, float]]


def _ours(plan: Plan, folder: Path) -> Found:
    from benchmarks.train_parts import Clocked, Clocks, clocks_around_training
    from trainer import training
    from trainer.batches import ahead
    from trainer.rows import shard_urls
    from trainer.settings import Settings

    settings = Settings(
        samples=plan.samples,
        batch=plan.batch,
        learning_rate=LEARNING_RATE,
        warmup=WARMUP,
        weight_decay=WEIGHT_DECAY,
        beta2=BETA2,
        clip_gradients=CLIP,
        crop=CROP,
        precision=plan.precision,
        device=plan.device,
        threads=plan.threads,
        keep_pictures_mb=plan.keep_mb,
        checkpoint_every=plan.samples,  # no state is saved: open_clip's script saves none either
    )
    learner = _started(plan.start)
    job = training.Job(plan.corpus, shard_urls(plan.corpus, "train"), 0, 0, settings, "benchmark")
    clocks = Clocks(plan.device)
    found: list[Watched] = []

    def watched(made: Iterator[Any]) -> Watched:
        one = Clocked(made, plan.device, clocks) if plan.parts else Watched(made, plan.device)
        found.append(one)
        return one

    @contextmanager
    def around() -> Iterator[None]:
        with mock.patch.object(training, "ahead", lambda items: watched(ahead(items))):
            if not plan.parts:
                yield
                return
            with clocks_around_training(learner.network, clocks):
                yield

    with around():
        training.train(job, learner, folder)
    times = found[0].times()
    parts = dict(clocks.seconds)
    if parts:
        parts["everything else"] = times.seconds - sum(parts.values())
    return times, parts, dict(clocks.loading_cpu)


def _started(start: str) -> Any:
    """The learner of a checkpoint folder."""
    from filters.clip.loading import parts
    from trainer.network import learner

    made = parts(f"local-dir:{start}")
    return learner(made.network, made.tokenize, made.model_cfg, made.preprocess_cfg)


def _open_clip(plan: Plan, folder: Path) -> Found:
    from benchmarks.train_open_clip import run

    found: list[Watched] = []

    def watched(loader: Any) -> Watched:
        found.append(Watched(loader, plan.device))
        return found[0]

    run(script_arguments(plan, folder), watched)
    return found[0].times(), {}, {}


def script_arguments(plan: Plan, folder: Path) -> list[str]:
    """What open_clip's script is given: our budget as one epoch, all else as ours where it can be.

    It gives each loading process shards of its own; where there are fewer, it draws them anew.
    """
    shards = sorted(str(path) for path in (Path(plan.corpus) / "shards").glob("train-*.tar"))
    steps = plan.samples // plan.batch
    named: dict[str, object] = {
        "model": f"local-dir:{plan.start}",
        "dataset-type": "webdataset",
        "train-data": "::".join(shards),
        "train-num-samples": steps * plan.batch,
        "batch-size": plan.batch,
        "epochs": 1,
        "workers": plan.workers,
        "device": plan.device,
        "precision": _PRECISIONS[plan.precision],
        "lr": LEARNING_RATE,
        "warmup": max(1, round(WARMUP * steps)),
        "wd": WEIGHT_DECAY,
        "beta1": 0.9,
        "beta2": BETA2,
        "eps": 1e-6,
        "grad-clip-norm": CLIP,
        "aug-cfg": f"scale=({CROP},1.0)",
        "save-frequency": 0,
        "logs": folder,
        "name": "run",
    }
    given = [part for name, value in named.items() for part in (f"--{name}", str(value))]
    return given + ["--dataset-resampled"] * (plan.workers > len(shards))


def main() -> None:
    """Do what the plan says, or print on one line why not."""
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    try:
        found = measure(plan)
    except Exception as error:  # whatever open_clip's script or ours may raise
        print(" ".join(f"{type(error).__name__}: {error}".split())[:300])
        raise SystemExit(1) from None
    Path(plan.answer).write_bytes(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
