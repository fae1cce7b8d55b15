"""The benchmark of training times the real loops, and its figures hang together."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("open_clip_train")

from benchmarks import train, train_run, train_timing  # noqa: E402
from benchmarks.train_run import Measured, Plan  # noqa: E402
from benchmarks.train_timing import GpuUse, Times, Watched  # noqa: E402
from tests.trainer.corpora import colour_corpus  # noqa: E402
from trainer import batches, training  # noqa: E402


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Three steps of eight pictures on a small corpus."""
    folder = tmp_path_factory.mktemp("train")
    corpus = colour_corpus(folder / "corpus", {"train": 12})
    start = train.started("tiny", folder)
    return Plan("ours", str(corpus), start, 24, 8, "cpu", "fp32", 1, str(folder / "run"))


def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *given: str) -> str:
    monkeypatch.setattr(sys, "argv", ["train", *given])
    train.main()
    return capfd.readouterr().out


def test_both_are_timed(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    given = ["--samples", "24", "--batch", "8", "--rounds", "1", "--workers", "0", "--threads", "1"]
    found = json.loads(run(monkeypatch, capfd, "--corpus", plan.corpus, "--json", *given))
    assert sorted(found) == ["loading_share", "open_clip_samples_per_s", "samples_per_s"]
    assert 0 <= found["loading_share"] < 1
    assert found["samples_per_s"] > 0 < found["open_clip_samples_per_s"]


def test_parts_add_up_to_the_time(plan: Plan) -> None:
    before = training.cropped, training.ahead, training.draws, batches.square
    threads = torch.get_num_threads()
    try:
        parts = train_run.measure(train.altered(plan, parts=True))
    finally:
        torch.set_num_threads(threads)
    assert before == (training.cropped, training.ahead, training.draws, batches.square)
    assert parts.samples == 16  # the first of three steps is left out
    assert sum(parts.parts.values()) == pytest.approx(1 / parts.samples_per_s, rel=1e-6)
    assert parts.parts["everything else"] < 0.5 / parts.samples_per_s
    learned = ("backward", "pictures forward", "texts forward", "optimizer", "crops", "loss")
    assert all(parts.parts[part] > 0 for part in learned)
    assert parts.parts["waiting for batches"] == pytest.approx(
        parts.loading_share / parts.samples_per_s, abs=0.2 / parts.samples_per_s
    )
    assert parts.cpu_ms_per_sample > 0


def test_a_run_that_fails_says_why(plan: Plan) -> None:
    with pytest.raises(SystemExit, match="ours: NothingToLearn: no shard"):
        train.in_own_process(train.altered(plan, corpus=plan.start))


def test_nothing_is_timed_for_no_corpus_model_or_gpu(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for given, said in (
        (["--corpus", plan.start], "no shards of the split train"),
        (["--corpus", plan.corpus, "--model", "none"], "--model: 'none'"),
        (["--corpus", plan.corpus, "--device", "cuda:99"], "--device: cuda:99: "),
        (["--corpus", plan.corpus, "--samples", "100", "--batch", "64"], "two batches"),
    ):
        with pytest.raises(SystemExit, match=said):
            run(monkeypatch, capfd, *given)


def measured(rate: float) -> Measured:
    return Measured(64, rate, 0.25, 1.0)


def test_theirs_runs_with_its_best_number_of_processes(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And turns are taken."""
    ran: list[tuple[str, int, int]] = []

    def fake(one: Plan) -> Measured:
        ran.append((one.who, one.workers, one.keep_mb))
        slower = 3 * (len(ran) > 6)
        return measured({0: 50.0, 1: 70.0, 2: 60.0}[one.workers] - slower)

    monkeypatch.setattr(train, "in_own_process", fake)
    lines: list[str] = []
    found = train.compare(plan, [0, 1, 2], 2, True, lines.append)
    assert ran[:3] == [("open_clip", n, 1024) for n in (0, 1, 2)]
    assert ran[3:] == [("ours", 0, 1024), ("open_clip", 1, 1024), ("ours", 0, 0)] * 2
    assert train.summary(found) == {
        "samples_per_s": 50.0,
        "open_clip_samples_per_s": 70.0,
        "loading_share": 0.25,
    }
    assert len(lines) == len(ran) + 2


def test_the_script_gets_what_ours_has(plan: Plan, tmp_path: Path) -> None:
    given = train_run.script_arguments(train.altered(plan, workers=1, samples=30), tmp_path)
    named = dict(zip(given[::2], given[1::2], strict=True))
    assert named["--train-num-samples"] == "24"  # whole batches
    assert named["--warmup"] == "1"
    assert named["--train-data"].endswith("/shards/train-000000.tar")
    again = train_run.script_arguments(train.altered(plan, workers=2), tmp_path)
    assert again[-1] == "--dataset-resampled"  # one shard for two processes


# --- times --------------------------------------------------------------------------------------


def slow_batches(seconds: list[float]) -> Iterator[int]:
    for number, each in enumerate(seconds):
        time.sleep(each)
        yield number


def test_the_first_step_does_not_count() -> None:
    watched = Watched(slow_batches([0.3, 0.05, 0.05]))
    begun = time.perf_counter()
    for number in watched:
        time.sleep(0.2 if number == 0 else 0.1)
    whole = time.perf_counter() - begun
    times = watched.times()
    assert times.steps == 2
    assert 0.3 <= times.seconds <= whole - 0.5
    assert 0.1 <= times.waited < times.seconds - 0.2
    assert times.cpu < times.seconds


def test_a_loop_that_stops_by_itself_ends_the_last_step() -> None:
    def endless() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.append(True)

    closed: list[bool] = []
    watched = Watched(endless())
    for _ in range(3):
        next(watched)
        time.sleep(0.05)
    watched.close()
    time.sleep(1)
    watched.close()
    assert closed == [True]
    assert 0.1 <= watched.times().seconds < 1


def test_one_step_is_too_few() -> None:
    watched = Watched([1])
    assert list(watched) == [1]
    with pytest.raises(ValueError, match="1 steps"):
        watched.times()


def test_cpu_seconds_of_those_that_load_count() -> None:
    import multiprocessing

    before = train_timing.cpu_seconds()
    done = multiprocessing.get_context("fork").Process(target=_spin)
    done.start()
    seen = before
    while done.is_alive():
        seen = max(seen, train_timing.cpu_seconds())
        time.sleep(0.01)
    assert seen - before > 0.1  # while it ran
    done.join()
    assert train_timing.cpu_seconds() - before > 0.25  # and when it had ended


def _spin() -> None:
    while time.process_time() < 0.3:
        pass


def test_the_use_of_a_gpu_is_that_of_the_steps_that_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        '#!/bin/sh\necho "$@" > "$0.asked"\nfor n in 10 \'[N/A]\' 90 40; do echo $n; sleep 0.1; '
        "done\nsleep 30\n"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    use = GpuUse()
    with use.watching("GPU-1"):
        deadline = time.monotonic() + 20
        while len(use.samples) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert [percent for _, percent in use.samples] == [10, 90, 40]
    asked = (tmp_path / "nvidia-smi.asked").read_text()
    assert "--query-gpu=utilization.gpu" in asked
    assert asked.rstrip().endswith("-i GPU-1")
    second = use.samples[1][0]
    assert use.mean(Times(1, 0, 0, 0, second, second + 60)) == 65
    assert use.mean(Times(1, 0, 0, 0, second + 60, second + 61)) is None


def test_without_nvidia_smi_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    use = GpuUse()
    with use.watching("GPU-1"):
        pass
    assert use.mean(Times(1, 1, 0, 0, 0, 1e12)) is None
