"""A run: learns, is exact after a kill, keeps to its budget, and counts what it could not use."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file

from tests.trainer.corpora import colour_corpus, colour_sample, picture, write_shard
from tests.trainer.small import SETTINGS, small
from trainer import training
from trainer.network import fresh
from trainer.rows import shard_urls
from trainer.settings import Settings, settings_for
from trainer.training import Job, learning_rate, train

__all__ = ["small"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return colour_corpus(tmp_path_factory.mktemp("training") / "c", {"train": 60})


def _job(corpus: Path, settings: Settings = SETTINGS, seed: int = 0) -> Job:
    return Job("colours", shard_urls(str(corpus), "train"), 60, seed, settings, "of the test")


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "checkpoint/open_clip_model.safetensors")


def _same(one: Path, other: Path) -> bool:
    first, second = _weights(one), _weights(other)
    return all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.usefixtures("small")
def test_a_run_learns_keeps_to_its_budget_and_leaves_what_it_says(
    corpus: Path, tmp_path: Path
) -> None:
    told: list[tuple[int, int, float]] = []
    run = train(_job(corpus), fresh("tiny", 0), tmp_path, lambda *now: told.append(now))
    assert (run.samples, run.rows, run.seed, run.faults) == (320, 60, 0, {})
    assert run.losses[-1][1] < run.losses[0][1] - 0.3
    assert [seen for seen, _ in run.losses] == [32 * n for n in range(1, 11)]
    assert told[-1][:2] == (320, 320)
    assert 0 <= run.loading_share < 1
    lines = [json.loads(line) for line in (tmp_path / "losses.jsonl").read_text().splitlines()]
    assert [(line["samples"], line["loss"]) for line in lines] == run.losses
    assert list((tmp_path / "tensorboard").glob("events.*"))
    assert not (tmp_path / "state.pt").exists()


@pytest.mark.usefixtures("small")
def test_the_seed_decides_all_and_a_finished_run_is_not_done_again(
    corpus: Path, tmp_path: Path
) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(_job(corpus, seed=seed), fresh("tiny", seed), tmp_path / name)
    assert _same(tmp_path / "a", tmp_path / "b")
    assert not _same(tmp_path / "a", tmp_path / "c")
    learner = fresh("tiny", 0)
    again = train(_job(corpus), learner, tmp_path / "a", lambda *_: pytest.fail("trained again"))
    assert again.samples == 320
    kept = _weights(tmp_path / "a")
    assert all(torch.equal(v, kept[n]) for n, v in learner.network.state_dict().items())


class _Killed(BaseException):
    pass


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("extra", [{}, {"accumulate": 2}, {"ema": 0.9}], ids=str)
@pytest.mark.parametrize("at", [1, 4, 7])
def test_a_run_that_was_stopped_ends_in_the_same_weights(
    corpus: Path, tmp_path: Path, at: int, extra: dict
) -> None:
    settings = SETTINGS.model_copy(update=extra)
    train(_job(corpus, settings), fresh("tiny", 0), tmp_path / "whole")

    def stop(seen: int, most: int, _: float) -> None:
        if seen >= at * 32 and seen < most:
            raise _Killed

    with pytest.raises(_Killed):
        train(_job(corpus, settings), fresh("tiny", 0), tmp_path / "stopped", stop)
    run = train(_job(corpus, settings), fresh("tiny", 0), tmp_path / "stopped")
    assert _same(tmp_path / "whole", tmp_path / "stopped")
    whole = msgspec.json.decode((tmp_path / "whole" / "run.json").read_bytes())["run"]
    assert [list(entry) for entry in run.losses] == whole["losses"]


def _train_slowly(corpus: str, folder: str) -> None:
    settings = SETTINGS.model_copy(update={"samples": 192, "batch": 16})
    train(
        _job(Path(corpus), settings),
        fresh("tiny", 0),
        Path(folder),
        lambda *_: time.sleep(0.2),
    )


def test_a_process_that_was_killed_goes_on_exactly(corpus: Path, tmp_path: Path) -> None:
    """With the real tiny model and a real SIGKILL, at no moment that suits."""
    child = multiprocessing.get_context("spawn").Process(
        target=_train_slowly, args=(str(corpus), str(tmp_path / "killed"))
    )
    child.start()
    state = tmp_path / "killed" / "state.pt"
    until = time.monotonic() + 120
    while not state.exists() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.3)
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join()
    assert state.exists()
    assert not (tmp_path / "killed" / "run.json").exists()
    settings = SETTINGS.model_copy(update={"samples": 192, "batch": 16})
    for name in ("killed", "whole"):
        train(_job(corpus, settings), fresh("tiny", 0), tmp_path / name)
    assert _same(tmp_path / "killed", tmp_path / "whole")


@pytest.mark.usefixtures("small")
def test_a_state_of_other_work_or_a_broken_one_is_not_gone_on_with(
    corpus: Path, tmp_path: Path
) -> None:
    train(_job(corpus), fresh("tiny", 0), tmp_path / "whole")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "state.pt").write_bytes(b"PK\x03\x04 not a state")
    train(_job(corpus), fresh("tiny", 0), tmp_path / "broken")
    assert _same(tmp_path / "whole", tmp_path / "broken")
    other = SETTINGS.model_copy(update={"learning_rate": 1e-4})
    run = train(_job(corpus, other), fresh("tiny", 0), tmp_path / "whole")
    assert run.samples == 320
    assert not _same(tmp_path / "whole", tmp_path / "broken")


@pytest.mark.usefixtures("small")
def test_accumulated_parts_make_one_large_batch(corpus: Path, tmp_path: Path) -> None:
    for name, batch, parts in (("one", 32, 1), ("four", 8, 4)):
        settings = SETTINGS.model_copy(update={"batch": batch, "accumulate": parts})
        train(_job(corpus, settings), fresh("tiny", 0), tmp_path / name)
    one, four = _weights(tmp_path / "one"), _weights(tmp_path / "four")
    for name, weight in one.items():
        torch.testing.assert_close(weight, four[name], atol=2e-3, rtol=0.02)


@pytest.mark.usefixtures("small")
def test_pictures_that_cannot_be_read_are_counted_and_others_drawn(tmp_path: Path) -> None:
    rows = [(colour_sample(n, "train", b""), [picture("red", n)]) for n in range(20)]
    rows += [(colour_sample(n, "train", b""), [b"\xff\xd8 broken"]) for n in range(20, 23)]
    write_shard(tmp_path / "c/shards/train-000000.tar", rows)
    job = _job(tmp_path / "c", SETTINGS.model_copy(update={"samples": 160}))
    run = train(job, fresh("tiny", 0), tmp_path / "run")
    assert run.faults == {"picture_not_readable": 3}
    assert run.samples == 160


@pytest.mark.usefixtures("small")
def test_a_corpus_of_broken_pictures_ends_in_a_clear_error(tmp_path: Path) -> None:
    rows = [(colour_sample(n, "train", b""), [b"\xff\xd8 broken"]) for n in range(5)]
    write_shard(tmp_path / "c/shards/train-000000.tar", rows)
    with pytest.raises(training.NothingToLearn, match="5 not used: picture_not_readable"):
        train(_job(tmp_path / "c"), fresh("tiny", 0), tmp_path / "run")


@pytest.mark.usefixtures("small")
def test_a_run_that_diverges_says_what_to_do(corpus: Path, tmp_path: Path) -> None:
    wild = SETTINGS.model_copy(update={"learning_rate": 1e30, "clip_gradients": 0.0})
    with pytest.raises(FloatingPointError, match="lower learning_rate"):
        train(_job(corpus, wild), fresh("tiny", 0), tmp_path)


@pytest.mark.usefixtures("small")
def test_frozen_towers_stay_as_they_are(corpus: Path, tmp_path: Path) -> None:
    before = fresh("tiny", 0).network.state_dict()
    settings = SETTINGS.model_copy(update={"freeze": ("image",)})
    train(_job(corpus, settings), fresh("tiny", 0), tmp_path)
    after = _weights(tmp_path)
    changed = {name.split(".")[0] for name in after if not torch.equal(after[name], before[name])}
    assert "visual" not in changed
    assert {"token_embedding", "transformer"} <= changed


@pytest.mark.usefixtures("small")
def test_an_average_of_weights_is_what_is_kept(corpus: Path, tmp_path: Path) -> None:
    train(_job(corpus), fresh("tiny", 0), tmp_path / "last")
    train(
        _job(corpus, SETTINGS.model_copy(update={"ema": 0.5})), fresh("tiny", 0), tmp_path / "mean"
    )
    first, last, mean = (
        w["token_embedding.weight"]
        for w in (
            fresh("tiny", 0).network.state_dict(),
            _weights(tmp_path / "last"),
            _weights(tmp_path / "mean"),
        )
    )
    assert 0 < (mean - first).norm() < (last - first).norm()


def test_the_rate_rises_and_falls() -> None:
    settings = Settings(samples=1000, batch=10, warmup=0.1, learning_rate=1.0)
    rates = [learning_rate(step, settings) for step in range(settings.steps)]
    assert rates[:10] == pytest.approx([n / 10 for n in range(1, 11)])
    assert all(a > b for a, b in pairwise(rates[10:]))
    assert 0 < rates[-1] < 0.001


def test_settings_of_each_size_and_what_is_wrong_with_them() -> None:
    assert settings_for("tiny", False, {}).samples == 8_192
    assert settings_for("ViT-B-16", False, {"batch": 64}).samples == 12_800_000
    assert settings_for("x/y", True, {}).learning_rate == 1e-5
    assert Settings(samples=100, batch=30).steps == 3
    with pytest.raises(ValueError, match="did you mean 'learning_rate'"):
        settings_for("tiny", False, {"learning_rat": 1})
    with pytest.raises(ValueError, match="batch"):
        settings_for("tiny", False, {"batch": 1})
