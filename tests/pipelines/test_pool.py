"""The pool: results, retries, and every way a child can die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.errors import UserError
from pipelines.pool import Job, JobFailed, WorkerPool
from tests.pipelines import pool_jobs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2) as pool:
        yield pool


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def marked_processes(mark: str) -> list[int]:
    """Every process that has `mark` in its environment: a parent and all that came of it."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                if mark.encode() in (folder / "environ").read_bytes() and alive(int(folder.name)):
                    found.append(int(folder.name))
            except OSError:
                continue
    return found


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def test_results_come_back_from_other_processes(pool: WorkerPool) -> None:
    counts = pool.submit(Job(pool_jobs.add, (2, 3))).result(30)
    assert counts["sum"] == 5
    assert counts["pid"] != os.getpid()


def test_many_jobs_share_two_children(pool: WorkerPool) -> None:
    jobs = [pool.submit(Job(pool_jobs.add, (n, n))) for n in range(300)]
    answers = [job.result(30) for job in jobs]
    assert [a["sum"] for a in answers] == [2 * n for n in range(300)]
    assert 1 <= len({a["pid"] for a in answers}) <= 2


def test_an_exception_is_retried_and_then_named(pool: WorkerPool, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(JobFailed, match="ValueError: broken as asked") as failure:
        pool.submit(Job(pool_jobs.raise_always, (str(log),), retries=2)).result(30)
    assert str(failure.value).count("broken as asked") == 1
    assert len(log.read_text().splitlines()) == 3


def test_an_exception_that_passes_is_no_failure(pool: WorkerPool, tmp_path: Path) -> None:
    job = Job(pool_jobs.raise_first, (str(tmp_path / "log"), 2), retries=2)
    assert pool.submit(job).result(30) == {"done": 1}


def test_a_refusal_is_not_retried(pool: WorkerPool, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(UserError, match=r"^corpus: the disk is full$"):
        pool.submit(Job(pool_jobs.refuse, (str(log),))).result(30)
    assert len(log.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("end", "said"),
    [("SIGKILL", "SIGKILL (out of memory?)"), ("SIGSEGV", "SIGSEGV"), ("exit", "exit code 7")],
)
def test_a_row_that_kills_its_child_is_skipped(
    pool: WorkerPool, tmp_path: Path, end: str, said: str
) -> None:
    names = [f"row{n}" for n in range(6)]
    job = Job(pool_jobs.rows, (str(tmp_path / "out"), names, {"row3": end}))
    assert pool.submit(job).result(60) == {"done": 5, "skipped": 1}
    lines = (tmp_path / "out").read_text().splitlines()
    assert [line for line in lines if "row3" not in line] == [
        f"{name} done" for name in names if name != "row3"
    ]
    assert lines[3].startswith("row3 skipped: the worker ")
    assert said in lines[3]


@pytest.mark.parametrize("retries", [0, 1, 2, 5])
def test_a_deadly_row_is_skipped_whatever_the_retries(
    pool: WorkerPool, tmp_path: Path, retries: int
) -> None:
    arguments = (str(tmp_path / "out"), ["a", "b", "c"], {"b": "SIGKILL"})
    counts = pool.submit(Job(pool_jobs.rows, arguments, retries=retries)).result(60)
    assert counts == {"done": 2, "skipped": 1}


def test_every_deadly_row_of_a_partition_is_skipped(pool: WorkerPool, tmp_path: Path) -> None:
    names = [f"row{n}" for n in range(8)]
    deadly = dict.fromkeys(("row1", "row2", "row5", "row7"), "SIGKILL")
    counts = pool.submit(Job(pool_jobs.rows, (str(tmp_path / "out"), names, deadly))).result(60)
    assert counts == {"done": 4, "skipped": 4}


def test_with_threads_the_row_that_kills_is_the_one_blamed(
    pool: WorkerPool, tmp_path: Path
) -> None:
    names = [f"row{n}" for n in range(12)]
    job = Job(pool_jobs.guarded_rows, (str(tmp_path / "out"), names, {"row7": "SIGKILL"}, 4))
    pool.submit(job).result(60)
    lines = (tmp_path / "out").read_text().splitlines()
    assert [line for line in lines if not line.endswith(" done")] == [lines[7]]
    assert lines[7].startswith("row7 skipped: ")


def test_a_hang_is_ended_and_its_row_blamed(pool: WorkerPool, tmp_path: Path) -> None:
    arguments = (str(tmp_path / "out"), ["a", "b", "c"], {"b": "hang"})
    started = time.monotonic()
    counts = pool.submit(Job(pool_jobs.rows, arguments, timeout_s=0.6)).result(60)
    assert counts == {"done": 2, "skipped": 1}
    assert time.monotonic() - started < 15
    assert "b skipped: nothing heard for 0.6 s" in (tmp_path / "out").read_text()


def test_a_child_that_dies_before_any_row_is_named_with_how(pool: WorkerPool) -> None:
    with pytest.raises(JobFailed, match="the worker ended with exit code 9"):
        pool.submit(Job(pool_jobs.end_itself, (9,), retries=1)).result(60)


def test_a_child_killed_from_outside_is_replaced(pool: WorkerPool, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    future = pool.submit(Job(pool_jobs.nap, (1.0, str(pids))))
    assert wait_until(pids.exists, 15)
    assert wait_until(lambda: pids.read_text().endswith("\n"), 5)
    first = int(pids.read_text())
    os.kill(first, signal.SIGKILL)
    assert future.result(30)["pid"] != first
    assert len(pids.read_text().splitlines()) == 2


def test_children_killed_while_idle_cost_no_try(pool: WorkerPool) -> None:
    jobs = [pool.submit(Job(pool_jobs.whoami, ())) for _ in range(4)]
    pids = {job.result(30)["pid"] for job in jobs}
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 5)
    jobs = [pool.submit(Job(pool_jobs.add, (n, 1), retries=0)) for n in range(8)]
    assert [job.result(30)["sum"] for job in jobs] == list(range(1, 9))


def test_deaths_leave_no_open_files(pool: WorkerPool, tmp_path: Path) -> None:
    def die_once() -> None:
        arguments = (str(tmp_path / "out"), ["a", "b"], {"a": "SIGKILL"})
        pool.submit(Job(pool_jobs.rows, arguments)).result(60)

    die_once()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        die_once()
    assert len(os.listdir("/proc/self/fd")) <= before + 2


def test_close_leaves_no_child() -> None:
    with WorkerPool(2) as pool:
        jobs = [pool.submit(Job(pool_jobs.nap, (0.2,))) for _ in range(4)]
        pids = {job.result(30)["pid"] for job in jobs}
        assert all(alive(pid) for pid in pids)
    assert wait_until(lambda: not any(alive(pid) for pid in pids), 5)


def test_close_ends_children_at_work(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    pool = WorkerPool(2)
    jobs = [pool.submit(Job(pool_jobs.nap, (20.0, str(pids)))) for _ in range(5)]
    assert wait_until(lambda: pids.exists() and len(pids.read_text().split()) == 2, 20)
    workers = [int(pid) for pid in pids.read_text().split()]
    pool.close()
    ended = wait_until(lambda: not any(alive(pid) for pid in workers), 5)
    for pid in workers:
        if alive(pid):  # so that a failure here does not hold up the tests after it
            os.kill(pid, signal.SIGKILL)
    assert ended, "a child still works after close()"
    assert wait_until(lambda: all(job.done() for job in jobs), 10)
    assert len(pids.read_text().split()) == 2, "a job was begun after close()"


def start_parent(pids: Path, *arguments: str) -> tuple[subprocess.Popen, str]:
    mark = f"FABRICA_TEST_{uuid.uuid4().hex}"
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.pipelines.pool_jobs", str(pids), *arguments],
        cwd=ROOT,
        env={**os.environ, mark: "1"},
        start_new_session=True,
    )
    return parent, mark


def end_all(mark: str) -> None:
    for pid in marked_processes(mark):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_children_end_when_their_parent_is_killed(tmp_path: Path, how: signal.Signals) -> None:
    pids = tmp_path / "pids"
    parent, mark = start_parent(pids)
    try:
        assert wait_until(lambda: pids.exists() and len(pids.read_text().split()) == 2, 30)
        assert len(marked_processes(mark)) >= 4  # parent, fork server, two children
        parent.send_signal(how)
        parent.wait(10)
        assert wait_until(lambda: not marked_processes(mark), 6), "a child outlives its parent"
    finally:
        end_all(mark)


def test_a_process_that_closed_its_pool_can_end(tmp_path: Path) -> None:
    parent, mark = start_parent(tmp_path / "pids", "close")
    try:
        assert parent.wait(15) == 0
        assert wait_until(lambda: not marked_processes(mark), 6)
    finally:
        end_all(mark)
