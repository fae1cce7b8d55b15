"""Labelled datasets in a bucket, and runs of them that are stopped: the same corpus every time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.corpus import open_corpus
from pipelines.recipe_file import check_recipe
from pipelines.run import RunOptions, run
from pipelines.verify import verify
from tests.conftest import ROOT
from tests.servers import KEYS, moto_server, plain_environment, upload

MINI = ROOT / "examples" / "mini-labelled"
SETS = {
    "blood-cells": {"overlay": "box"},
    "polyps": {},
    "torso": {},
    "dicom": {},
    "medmnist": {},
    "reports": {},
    "shards": {},
}


def _recipe(root: str, **more: object) -> dict:
    sources = [
        {
            "labelled": {
                "dataset": str(MINI / "cards" / f"{name}.yaml"),
                "root": f"{root}/{name}",
                **own,
                **more,
            }
        }
        for name, own in SETS.items()
    ]
    return {"name": "mini", "sources": sources, "run": {"documents_per_partition": 10}}


def _files(out: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(out)): path.read_bytes()
        for folder in ("shards", "manifest")
        for path in sorted((out / folder).iterdir())
    }


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("local") / "corpus"
    run(check_recipe(_recipe(str(MINI))), str(out), RunOptions(workers=2, say=lambda _: None))
    return out


def test_a_bucket_gives_the_same_samples(local: Path, tmp_path: Path) -> None:
    with moto_server() as endpoint:
        upload(endpoint, "datasets", MINI)
        recipe = check_recipe(
            _recipe("s3://datasets", storage={"endpoint_url": endpoint, **KEYS}, check_files=False)
        )
        run(recipe, str(tmp_path / "c"), RunOptions(workers=2, say=lambda _: None))
    assert list(verify(open_corpus(str(tmp_path / "c")))) == []
    shards = [
        {k: v for k, v in _files(out).items() if "shards" in k} for out in (local, tmp_path / "c")
    ]
    assert shards[0] == shards[1]
    published = (tmp_path / "c" / "corpus.json").read_text()
    assert not [secret for secret in KEYS.values() if secret in published]


def test_a_killed_run_ends_the_same(local: Path, tmp_path: Path) -> None:
    import yaml

    path = tmp_path / "mini.yaml"
    path.write_text(yaml.safe_dump(_recipe(str(MINI))))
    out = tmp_path / "corpus"
    command = [sys.executable, "-m", "pipelines.cli", "run", str(path), "--out", str(out)]
    for commits in (1, 3):
        process = subprocess.Popen(
            command, cwd=ROOT, env=plain_environment(), start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _wait_for(out / "stages" / "extract", commits, process)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = subprocess.run(
        command, cwd=ROOT, env=plain_environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert _files(out) == _files(local)


def _wait_for(folder: Path, commits: int, process: subprocess.Popen) -> None:
    """Until so many partitions are extracted, or the run is over."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if folder.is_dir() and len(list(folder.glob("part-*.parquet"))) >= commits:
            return
        time.sleep(0.02)
