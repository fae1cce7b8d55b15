"""The same bytes from every runner and number of workers; failures said in a line, then mended."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks import kill
from pipelines import cli, layout

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's recipe names its mirror from there."""
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("reference") / "corpus"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        assert demo(out) == 0
    return kill.tree(out)


def demo(out: Path, *more: str, workers: int = 2) -> int:
    return cli.main([*kill.arguments(kill.DEMO, out, workers, 4), *more])


def test_the_number_of_workers_changes_no_byte(tmp_path: Path, reference: dict[str, str]) -> None:
    assert demo(tmp_path, workers=1) == 0
    assert not kill.differences(kill.tree(tmp_path), reference)


@pytest.mark.parametrize(
    "runner",
    [
        ("--runner=FnApiRunner", "--direct_runner_bundle_repeat=1"),
        ("--runner=BundleBasedDirectRunner",),
        ("--direct_running_mode=multi_threading", "--direct_num_workers=2"),
    ],
    ids=" ".join,
)
def test_the_runner_changes_no_byte(
    runner: tuple[str, ...], tmp_path: Path, reference: dict[str, str]
) -> None:
    assert demo(tmp_path, *runner) == 0
    assert not kill.differences(kill.tree(tmp_path), reference)


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def job_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Beam's own portable job service, as a cluster's front door would be."""
    port, log = free_port(), tmp_path_factory.mktemp("job-service") / "log"
    module = "apache_beam.runners.portability.local_job_service_main"
    with log.open("w") as output:
        service = subprocess.Popen(
            [sys.executable, "-m", module, "--port", str(port)],
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        end = time.monotonic() + 30
        while not answers(port):
            if service.poll() is not None or time.monotonic() > end:
                pytest.skip(f"the job service does not start: {log.read_text()[-300:]}")
            time.sleep(0.1)
        yield f"--job_endpoint=localhost:{port}"
    finally:
        service.kill()
        service.wait()


def portable(endpoint: str) -> tuple[str, ...]:
    return ("--runner=PortableRunner", endpoint, "--environment_type=LOOPBACK")


def test_a_portable_runner_changes_no_byte(
    tmp_path: Path, reference: dict[str, str], job_service: str
) -> None:
    assert demo(tmp_path, *portable(job_service)) == 0
    assert not kill.differences(kill.tree(tmp_path), reference)


# Failures


def run_apart(out: Path, *more: str, **environment: str) -> tuple[int, str, str]:
    """A run in a process of its own: exit code, output, errors."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *kill.arguments(kill.DEMO, out, 2, 4), *more],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=90,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_partition_that_cannot_be_done_is_named_and_mended(
    tmp_path: Path, reference: dict[str, str]
) -> None:
    obstacle = tmp_path / layout.images_part(2)
    obstacle.mkdir(parents=True)  # a folder where the pictures' tar must go
    (tmp_path / "stages" / "recipe-name").write_text("demo")
    code, _, err = run_apart(tmp_path)
    assert code == 1
    assert "Traceback" not in err
    lines = [line for line in err.splitlines() if "extract 00002" in line]
    assert len(lines) == 1
    assert lines[0].count("IsADirectoryError") == 1, "one cause, said once"
    assert not re.search(r"extract 0000[^2]", err)
    done = {path.name for path in (tmp_path / layout.EXTRACTED).glob("*.parquet")}
    assert done == {f"part-{n:05}.parquet" for n in range(6) if n != 2}
    assert not (tmp_path / layout.CORPUS_JSON).exists()
    obstacle.rmdir()
    assert demo(tmp_path) == 0
    assert not kill.differences(kill.tree(tmp_path), reference)


def test_a_shard_that_cannot_be_written_is_named_and_mended(
    tmp_path: Path, reference: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    obstacle = tmp_path / layout.shard_tar("train-000000")
    assert demo(tmp_path) == 0
    obstacle.unlink()
    obstacle.mkdir()
    (tmp_path / layout.shard_index("train-000000")).unlink()
    capsys.readouterr()
    assert demo(tmp_path, "--runner=BundleBasedDirectRunner") == 1
    assert capsys.readouterr().err.count("shard 00001") == 1
    obstacle.rmdir()
    assert demo(tmp_path) == 0
    assert not kill.differences(kill.tree(tmp_path), reference)


def test_a_file_in_the_place_of_a_folder_fails_every_partition_in_plain_words(
    tmp_path: Path, reference: dict[str, str]
) -> None:
    obstacle = tmp_path / layout.EXTRACTED / "images"
    obstacle.parent.mkdir(parents=True)
    obstacle.write_text("in the way")
    (tmp_path / "stages" / "recipe-name").write_text("demo")
    code, _, err = run_apart(tmp_path)
    assert code in (1, 2)
    assert "Traceback" not in err
    assert "images" in err
    obstacle.unlink()
    assert demo(tmp_path) == 0
    assert not kill.differences(kill.tree(tmp_path), reference)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of `size` at `folder`; skips where it may not be mounted."""
    folder.mkdir(exist_ok=True)
    options = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(options, check=False).returncode:
        pytest.skip("a small file system needs root and mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def said_in_one_line(code: int, err: str) -> None:
    assert code == 2, err
    assert "Traceback" not in err
    lines = [line for line in err.splitlines() if line.strip()]
    assert len(lines) == 1, err
    assert lines[0].startswith("fabrica: ")


@pytest.mark.parametrize("size", ["700k", "2800k"])
def test_a_full_disk_is_said_in_one_line_and_mended(
    size: str, tmp_path: Path, reference: dict[str, str]
) -> None:
    """The smaller is full while pictures come, the larger while shards do."""
    disk = tmp_path / "disk"
    with small_disk(disk, size):
        code, _, err = run_apart(disk / "corpus")
        said_in_one_line(code, err)
        assert "the disk is full" in err
        assert not [name for name in kill.tree(disk / "corpus") if ".tmp-" in name]
        subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)
        assert demo(disk / "corpus") == 0
        assert not kill.differences(kill.tree(disk / "corpus"), reference)


@pytest.mark.parametrize("runner", ["BundleBasedDirectRunner", "PortableRunner"])
def test_a_full_disk_is_said_in_one_line_by_other_runners(
    runner: str, tmp_path: Path, job_service: str
) -> None:
    """Each wraps a worker's error in its own way, tracebacks and all."""
    options = (f"--runner={runner}",) if "Direct" in runner else portable(job_service)
    disk = tmp_path / "disk"
    with small_disk(disk, "700k"):
        code, _, err = run_apart(disk / "corpus", *options)
    assert code == 2
    last = err.splitlines()[-1]  # Beam's portable worker prints its traceback before, always
    assert last.startswith("fabrica: ")
    assert last.endswith("the disk is full")


def test_a_full_temporary_folder_is_said_in_one_line(tmp_path: Path) -> None:
    """The list and select work in the temporary folder."""
    disk = tmp_path / "disk"
    with small_disk(disk, "8k"):
        code, _, err = run_apart(tmp_path / "corpus", TMPDIR=str(disk))
    said_in_one_line(code, err)


def test_a_limit_on_the_size_of_files_is_said_in_one_line(
    tmp_path: Path, reference: dict[str, str]
) -> None:
    """EFBIG, as from a quota or FAT: needs no root."""
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000));"
        "from pipelines.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    out = tmp_path / "corpus"
    done = subprocess.run(
        [sys.executable, "-c", script, *kill.arguments(kill.DEMO, out, 2, 4)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=90,
    )
    said_in_one_line(done.returncode, done.stderr)
    assert demo(out) == 0
    assert not kill.differences(kill.tree(out), reference)


def test_a_runner_that_is_not_there_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    assert demo(tmp_path, "--runner=FnApiRuner") == 2
    assert time.monotonic() - started < 20
    said_in_one_line(2, capsys.readouterr().err)
