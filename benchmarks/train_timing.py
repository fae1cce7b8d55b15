"""Times of a training loop: from after its first step to its last, waiting and CPU seconds apart."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SAMPLE_EVERY_MS = 200


@dataclass(frozen=True)
class Times:
    """Of the steps that count: how many, `seconds` by the clock, of these `waited` for batches,
    and `cpu` seconds of the process with its loading processes; `start` and `end` by the clock."""

    steps: int
    seconds: float
    waited: float
    cpu: float
    start: float
    end: float


class Watched:
    """The batches of a loop, with the times at which it asks for each and has it.

    It stands where the loop has its loader or its iterator; all else of that it passes on. The last
    step ends when one more batch is asked for or the loop closes it.
    """

    def __init__(self, batches: Any, device: str = "cpu") -> None:
        self._batches, self._device = batches, device
        self._iterator: Iterator[Any] | None = None
        self.steps = 0  # batches had
        self._waited = 0.0
        self._start: tuple[float, float] | None = None
        self._end: tuple[float, float] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batches, name)

    def __iter__(self) -> Watched:
        self._iterator = iter(self._batches)
        return self

    def __next__(self) -> Any:
        if self._iterator is None:
            self._iterator = iter(self._batches)
        if self.steps == 1:
            self._start = self._now()
        asked = time.perf_counter()
        try:
            batch = next(self._iterator)
        except StopIteration:
            self._finish()
            raise
        if self.steps:
            self._waited += time.perf_counter() - asked
        self.steps += 1
        return batch

    def close(self) -> None:
        """The loop is done; so is what gives the batches, where it can be told."""
        self._finish()
        getattr(self._batches, "close", lambda: None)()

    def times(self) -> Times:
        """Of all steps after the first. Raises `ValueError` where there are none."""
        if self._start is None or self._end is None or self.steps < 2:
            raise ValueError(f"{self.steps} steps, which is too few to time: at least 2")
        (start, start_cpu), (end, end_cpu) = self._start, self._end
        steps = self.steps - 1
        return Times(steps, end - start, self._waited, end_cpu - start_cpu, start, end)

    def _finish(self) -> None:
        if self._end is None:
            self._end = self._now()

    def _now(self) -> tuple[float, float]:
        if self._device != "cpu":
            import torch

            torch.cuda.synchronize()  # what was only asked of the GPU is part of the step
        return time.perf_counter(), cpu_seconds()


def cpu_seconds() -> float:
    """CPU seconds of this process, of its children that have ended and of those that load data."""
    children = sum(_cpu_of(child.pid) for child in multiprocessing.active_children())
    times = os.times()
    return time.process_time() + times.children_user + times.children_system + children


def _cpu_of(pid: int | None) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # ended, or a system without /proc
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class GpuUse:
    """What nvidia-smi says of a GPU's utilisation in percent, with the time of each answer."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, float]] = []

    def mean(self, times: Times) -> float | None:
        """Over the steps that count; None where nothing was heard."""
        heard = [percent for at, percent in self.samples if times.start <= at <= times.end]
        return sum(heard) / len(heard) if heard else None

    @contextlib.contextmanager
    def watching(self, gpu: str) -> Iterator[None]:
        """Ask on and on, where there is a GPU (`gpu` as nvidia-smi names it, else empty)."""
        process = self._asking(gpu) if gpu else None
        if process is None:
            yield
            return
        listener = threading.Thread(target=self._listen, args=(process,), daemon=True)
        listener.start()
        try:
            yield
        finally:
            process.terminate()
            process.wait()
            listener.join(timeout=5)

    def _asking(self, gpu: str) -> subprocess.Popen[str] | None:
        asked = ["--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        command = ["nvidia-smi", *asked, f"--loop-ms={_SAMPLE_EVERY_MS}", "-i", gpu]
        try:
            return subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        except OSError:
            return None

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with contextlib.suppress(ValueError):
                self.samples.append((time.perf_counter(), float(line)))


def gpu_name(device: str) -> str:
    """How nvidia-smi names the GPU of a device; empty for the CPU."""
    if device == "cpu":
        return ""
    import torch

    uuid = str(getattr(torch.cuda.get_device_properties(device), "uuid", ""))
    if not uuid:
        return device.partition(":")[2] or "0"
    return uuid if uuid.startswith("GPU-") else f"GPU-{uuid}"
