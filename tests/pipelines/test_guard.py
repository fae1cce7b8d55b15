"""Rows in are rows out, whatever a stage does with them."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import StorageError, UserError
from pipelines.guard import guarded

FATES = ("fine", "two", "raises", "raises late", "nothing", "skipped", "generator")
Row = tuple[int, str]


def work(row: Row) -> list[str] | Iterator[str]:
    number, fate = row
    if fate == "raises":
        raise ValueError(f"row {number} is broken")
    if fate == "raises late":
        return half_way(number)
    if fate == "nothing":
        return []
    if fate == "skipped":
        raise AssertionError("a skipped row was tried")
    if fate == "generator":
        return (f"{number} {part}" for part in ("a", "b"))
    return [f"{number} ok"] * (2 if fate == "two" else 1)


def half_way(number: int) -> Iterator[str]:
    yield f"{number} first"
    raise KeyError(f"row {number} broke half-way")


def expected(row: Row) -> list[str]:
    number, fate = row
    return {
        "fine": [f"{number} ok"],
        "two": [f"{number} ok"] * 2,
        "raises": [f"{number} fault: ValueError: row {number} is broken"],
        "raises late": [f"{number} fault: KeyError: 'row {number} broke half-way'"],
        "nothing": [f"{number} fault: the stage gave nothing back for {number}"],
        "skipped": [f"{number} fault: it killed a worker"],
        "generator": [f"{number} a", f"{number} b"],
    }[fate]


def run(rows: list[Row], threads: int, told: list[str] | None = None) -> list[str]:
    return list(
        guarded(
            work,
            rows,
            lambda row: str(row[0]),
            lambda row, why: f"{row[0]} fault: {why}",
            {str(n): "it killed a worker" for n, fate in rows if fate == "skipped"},
            (told if told is not None else []).append,
            threads,
        )
    )


@pytest.mark.parametrize("threads", [1, 4])
@settings(max_examples=120, deadline=None)
@given(fates=st.lists(st.sampled_from(FATES), max_size=40))
def test_rows_in_are_rows_out(threads: int, fates: list[str]) -> None:
    rows = list(enumerate(fates))
    told: list[str] = []
    assert run(rows, threads, told) == [line for row in rows for line in expected(row)]
    assert set(told) == {str(n) for n, _ in rows}


def raising(error: BaseException, rows: int, at: int, threads: int) -> list[str]:
    def work(row: int) -> list[str]:
        if row == at:
            raise error
        return ["ok"]

    return list(guarded(work, range(rows), str, lambda row, why: why, {}, lambda _: None, threads))


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("at", [0, 5, 11])
def test_a_refusal_stops_all(threads: int, at: int) -> None:
    with pytest.raises(UserError, match=r"^give another folder$"):
        raising(UserError("give another folder"), 12, at, threads)


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EDQUOT, "the disk quota is used up"),
    ],
)
def test_a_full_disk_is_nobodys_fault(threads: int, number: int, words: str) -> None:
    with pytest.raises(StorageError, match=words):
        raising(OSError(number, "no"), 12, 7, threads)


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "gone"),
        ConnectionResetError(errno.ECONNRESET, "reset"),
        MemoryError("too large a picture"),
        RecursionError("too deep"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        StopIteration("of a stage's own"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_other_errors_are_the_rows_own(threads: int, error: Exception) -> None:
    results = raising(error, 12, 7, threads)
    assert len(results) == 12
    assert results[7].startswith(f"{type(error).__name__}: ")
    assert results.count("ok") == 11


@pytest.mark.parametrize("threads", [1, 4])
def test_the_reason_of_a_fault_can_be_written(threads: int) -> None:
    """A file name that is no UTF-8 comes into messages as lone surrogates; Parquet refuses them."""
    results = raising(ValueError("no picture fig\udce9.jpg"), 3, 1, threads)
    assert results[1].encode("utf-8")


def test_threads_work_ahead_but_not_far() -> None:
    lock, running, most = threading.Lock(), [0], [0]
    taken: list[int] = []

    def work(row: int) -> list[int]:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        threading.Event().wait(0.005)
        with lock:
            running[0] -= 1
        return [row]

    def rows() -> Iterator[int]:
        for row in range(60):
            taken.append(row)
            yield row

    results = guarded(work, rows(), str, lambda row, why: -1, {}, lambda _: None, 4)
    for row in range(60):
        assert next(results) == row
        assert len(taken) <= row + 2 * 4 + 1
    assert 2 <= most[0] <= 4


def test_rows_are_told_before_they_are_worked_on() -> None:
    """With one thread, the row a child dies at must be the one it last told."""
    told: list[str] = []

    def work(row: int) -> list[int]:
        assert told[-1] == str(row)
        return [row]

    assert list(guarded(work, range(5), str, lambda r, why: -1, {}, told.append)) == list(range(5))
