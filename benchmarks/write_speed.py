"""How fast rows go through the write stage beside the model, and where the time goes.

    python -m benchmarks.write_speed [--rows 1000] [--case NAME ...] [--data DIR] [--json]
                                     [--latency MEDIAN P99]

Each case is a partition of real rows (of `examples` where there are none), written by one process
that asks a local server in another, which answers at once and from memory. Told are rows and
answers a second, milliseconds of CPU a row with its parts (sampled every few ms of CPU time), rows
a second from the journal alone, and the most memory. `--latency` adds a run of the first case
against a server that takes so many seconds, beside what 64 requests at a time can give at best.
Rows past those at hand are copies with texts of their own.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import multiprocessing
import os
import re
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir, contextmanager
from multiprocessing.context import SpawnContext
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec

from benchmarks.chat_protocol import Latency, key_of, seconds_for
from benchmarks.data import arguments
from benchmarks.model_server import ModelServer
from benchmarks.rule_writer import rule_answer
from benchmarks.write_rows import CORPORA, ROOT, context_of, fill, prepare
from llm_rewrite.asking.usage import Usage
from llm_rewrite.options import ModelOptions
from pipelines import layout
from pipelines.context import Context
from pipelines.write_tools import tools_for
from pipelines.writing import write_partition

_TICK_S = 0.002
_ASKED = {"open": 2, "closed": 2, "single": 2, "multiple": 1}

# What is written: of which corpus, by which steps.
CASES: dict[str, tuple[str, Sequence[Mapping[str, Any]]]] = {
    "captions": ("articles", [{"rewrite_caption": {}}]),
    "references": ("articles", [{"summarise_references": {}}]),
    "questions": ("articles", [{"vqa": {"questions": _ASKED, "dialogue": 3}}]),
    "seen": ("articles", [{"rewrite_caption": {"mode": "complete", "see_image": True}}]),
    "judged": ("articles", [{"rewrite_caption": {}}, {"judge": {"of": ["rewritten"]}}]),
    "regions": ("labelled", [{"describe_regions": {"where": "len(regions) > 0"}}]),
    "reasons": ("labelled", [{"merge_questions": {}}, {"reason": {}}]),
}
# The part that a moment belongs to: that of the innermost file that is named here.
_PARTS = {
    "linking": ("/extractors/", "/pipelines/linking.py"),
    "checks": ("/llm_rewrite/checks/", "/llm_rewrite/faithfulness.py"),
    "waiting": ("/selectors.py",),
    "asking": (
        *(
            "/llm_rewrite/client.py",
            "/llm_rewrite/asking/connection.py",
            "/llm_rewrite/asking/journal.py",
        ),
        *(
            "/llm_rewrite/asking/usage.py",
            "/llm_rewrite/asking/endpoint.py",
            "/aiohttp/",
            "/asyncio/",
        ),
    ),
    "prompts and answers": ("/llm_rewrite/",),
    "tables": ("/schemas/", "/pipelines/storage.py", "/pyarrow/"),
}


class Figures(msgspec.Struct):
    """One case. CPU in milliseconds a row; `parts` of it by name; memory in MB."""

    case: str
    rows: int
    different: int
    answers: int
    rows_per_s: float
    answers_per_s: float
    cpu_ms: float
    parts: dict[str, float]
    journal_rows_per_s: float
    journal_cpu_ms: float
    peak_mb: int
    before_mb: int


def main() -> None:
    """Print the figures of each case."""
    parser = arguments(str(__doc__).partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--case", action="append", choices=CASES, default=[])
    parser.add_argument("--latency", type=float, nargs=2, metavar="SECONDS")
    options = parser.parse_args()
    cases = options.case or list(CASES)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch, chdir(ROOT):
        folder = Path(scratch)
        for corpus in CORPORA:
            if any(CASES[case][0] == corpus for case in cases):
                prepare(corpus, options.data, folder)
        with served(0.0) as url:
            for case in cases:
                figures = measured(case, options.data, folder, url, options.rows)
                found[case] = msgspec.to_builtins(figures)
                if not options.json:
                    print(line(figures), flush=True)
        if options.latency:
            median, p99 = options.latency
            with served((median, p99)) as url:
                figures = measured(cases[0], options.data, folder, url, options.rows)
            best = figures.answers / ideal_s(figures.answers, (median, p99))
            found["latency"] = {
                "answers_per_s": figures.answers_per_s,
                "best_per_s": best,
                "efficiency": figures.answers_per_s / best,
            }
            if not options.json:
                told = f"{median:g} to {p99:g} s: {figures.answers_per_s:.0f} answers/s"
                print(f"{cases[0]} at {told} of {best:.0f} at best")
    if options.json:
        print(json.dumps(found, indent=1))


def line(one: Figures) -> str:
    """A case for people."""
    parts = ", ".join(f"{name} {ms:.2f}" for name, ms in one.parts.items())
    return (
        f"{one.case}: {one.rows:,} rows ({one.different:,} different), {one.answers:,} answers: "
        f"{one.rows_per_s:.0f} rows/s, {one.answers_per_s:.0f} answers/s\n"
        f"  {one.cpu_ms:.2f} ms of CPU a row: {parts}\n"
        f"  from the journal {one.journal_rows_per_s:.0f} rows/s, {one.journal_cpu_ms:.2f} ms; "
        f"at most {one.peak_mb} MB, {one.before_mb} before the first row"
    )


def measured(case: str, data: Path, folder: Path, url: str, rows: int) -> Figures:
    """A case in a fresh process, after a first run that fills the server's memory."""
    corpus, steps = CASES[case]
    context = context_of(corpus, data, folder, url, steps)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as pool:
        pool.submit(_run, case, context, rows).result()
        return pool.submit(_run, case, context, rows).result()


def _run(case: str, context: Context, rows: int) -> Figures:
    """In a process of its own: write all rows, then once more from the journal."""
    tools_for(context.recipe).link(["a linker is ready"])
    before_mb = _peak_mb()
    different = fill(context, rows)
    thread_s = time.thread_time()
    with _sampled() as ticks:
        wall_s, cpu_s = _written(context)
    thread_s = time.thread_time() - thread_s
    told = msgspec.json.decode(context.store.read(layout.usage_part(0)), type=Usage)
    answers = sum(task.answered for task in told.tasks.values())
    context.store.remove(layout.written_part(0))
    again_wall_s, again_cpu_s = _written(context)
    del ticks["waiting"]
    parts = {name: thread_s * n / ticks.total() for name, n in ticks.most_common()}
    parts["pictures, in threads"] = cpu_s - thread_s
    return Figures(
        case,
        rows,
        different,
        answers,
        rows_per_s=rows / wall_s,
        answers_per_s=answers / wall_s,
        cpu_ms=1000 * cpu_s / rows,
        parts={name: 1000 * seconds / rows for name, seconds in parts.items()},
        journal_rows_per_s=rows / again_wall_s,
        journal_cpu_ms=1000 * again_cpu_s / rows,
        peak_mb=_peak_mb(),
        before_mb=before_mb,
    )


def _written(context: Context) -> tuple[float, float]:
    """Seconds of the clock and of CPU that the partition takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    write_partition(context, 0, {}, lambda _: None)
    return time.perf_counter() - wall, time.process_time() - cpu


@contextmanager
def _sampled():
    """Counts moments of this process's CPU time by part."""
    ticks = Counter[str]()

    def tick(_: int, frame: FrameType | None) -> None:
        ticks[_part(frame)] += 1

    signal.signal(signal.SIGPROF, tick)
    signal.setitimer(signal.ITIMER_PROF, _TICK_S, _TICK_S)
    try:
        yield ticks
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _part(frame: FrameType | None) -> str:
    while frame is not None:
        name = frame.f_code.co_filename
        for part, files in _PARTS.items():
            if any(file in name for file in files):
                return part
        frame = frame.f_back
    return "rest"


def _peak_mb() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) // 1024


def ideal_s(requests: int, latency: tuple[float, float]) -> float:
    """How long so many requests take where each place is taken again at once."""
    free = [0.0] * ModelOptions().in_flight
    for number in range(requests):
        key = hashlib.sha256(str(number).encode()).hexdigest()
        heapq.heappush(free, heapq.heappop(free) + seconds_for(key, latency))
    return max(free)


@contextmanager
def served(latency: Latency):
    """The address of a server in a process of its own, that answers all models' requests."""
    spawn: SpawnContext = multiprocessing.get_context("spawn")
    address = spawn.SimpleQueue()
    process = spawn.Process(target=_serve, args=(address, latency), daemon=True)
    process.start()
    try:
        yield address.get()
    finally:
        process.terminate()
        process.join()


def _serve(address: SimpleQueue[str], latency: Latency) -> None:
    known: dict[str, str] = {}

    def answer(body: dict[str, Any]) -> str:
        key = key_of(body)
        if key not in known:
            known[key] = rule_answer(body)
        return known[key]

    with ModelServer(answer, latency_s=latency, remember=False) as server:
        address.put(server.url)
        parent = os.getppid()
        while os.getppid() == parent:
            threading.Event().wait(1.0)


if __name__ == "__main__":
    main()
