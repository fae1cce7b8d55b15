"""Kill a run at random moments, start it again until it is done, and compare every byte.

    python -m benchmarks.kill [--kills 20] [--seed 1] [--data DIR] [--json]

An undisturbed run gives the reference and its wall time; the kills are spread evenly over that
time. A kill is SIGKILL to the whole process group, to the parent alone, to one of its children, or
to the fork server. After every run that ends by itself the corpus is compared with the
reference, verified, and begun anew. Exit code 1 if anything differed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.corpus import open_corpus
from pipelines.verify import verify

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "recipes" / "demo.yaml"
FETCHED = "stages/fetched"
MODES = ("group", "parent", "child", "fork server")
_LONGEST_RUN_S = 600.0


def tree(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a corpus by its path, without the cache of fetched files."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_relative_to(folder / FETCHED)
    }


def differences(found: dict[str, str], reference: dict[str, str]) -> list[str]:
    """One line for each file that is not as in the reference; none if all are."""
    return [
        f"{name}: {'missing' if name not in found else 'extra' if name not in reference else 'differs'}"
        for name in sorted(found.keys() | reference.keys())
        if found.get(name) != reference.get(name)
    ]


class Run:
    """`fabrica run` in a process group of its own, that can be killed in part or whole."""

    def __init__(self, arguments: Sequence[str], environment: dict[str, str] | None = None) -> None:
        self._mark = f"FABRICA_KILL_{uuid.uuid4().hex}"
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - a pipe is held open by orphans
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", *arguments],
            cwd=ROOT,
            env={**os.environ, **(environment or {}), self._mark: "1"},
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
        )

    def ended_within(self, seconds: float) -> bool:
        """Wait; whether the run came to its own end in that time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
            return True
        return False

    def kill(self, mode: str, chance: random.Random) -> str:
        """Kill what `mode` names (the parent where there is no such process yet); says which."""
        server, children = self._family()
        targets = {"child": children, "fork server": server}.get(mode, [])
        if mode == "group":
            os.killpg(self.process.pid, signal.SIGKILL)
            return mode
        if not targets:
            self.process.kill()
            return "parent"
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(targets), signal.SIGKILL)
        return mode

    def finish(self, seconds: float = _LONGEST_RUN_S) -> tuple[int, str]:
        """Exit code and all output, once the parent has ended. Raises TimeoutExpired."""
        code = self.process.wait(seconds)
        self._output.seek(0)
        return code, self._output.read().decode("utf-8", "replace")

    def survivors(self, seconds: float = 10.0) -> list[int]:
        """Processes of this run that are still there some time after its parent's end."""
        end = time.monotonic() + seconds
        while (left := self.members()) and time.monotonic() < end:
            time.sleep(0.05)
        return left

    def members(self) -> list[int]:
        """Every living process that the run has started, itself included."""
        return [pid for pid in _processes() if self._mark.encode() in _of(pid, "environ")]

    def end(self) -> None:
        """Kill all that is left."""
        for pid in self.members():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def _family(self) -> tuple[list[int], list[int]]:
        """The fork server, and the workers that came of it."""
        servers = [
            pid
            for pid in self.members()
            if _parent(pid) == self.process.pid and b"forkserver" in _of(pid, "cmdline")
        ]
        return servers, [pid for pid in self.members() if _parent(pid) in servers]


def _processes() -> Iterator[int]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and not _of(int(folder.name), "stat").rpartition(b")")[
            2
        ].startswith(b" Z"):
            yield int(folder.name)


def _of(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _parent(pid: int) -> int:
    fields = _of(pid, "stat").rpartition(b")")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0


@dataclass
class Tally:
    """What happened: kills by kind, restarts, corpora finished, and all that was not as it should."""

    kills: dict[str, int] = field(default_factory=dict)
    restarts: int = 0
    corpora: int = 0
    problems: list[str] = field(default_factory=list)


def arguments(recipe: Path, out: Path, workers: int, per_partition: int) -> list[str]:
    """The command line of the run under test."""
    per = f"run.documents_per_partition={per_partition}"
    return ["run", str(recipe), "--out", str(out), "--workers", str(workers), "--set", per]


def undisturbed(command: Sequence[str], out: Path) -> tuple[dict[str, str], float]:
    """The reference: every file's digest, and the wall time. Raises RuntimeError if it fails."""
    started = time.monotonic()
    code, said = Run(command).finish()
    if code:
        raise RuntimeError(f"the undisturbed run ended with {code}: {said}")
    return tree(out), time.monotonic() - started


def moments(kills: int, wall_s: float, chance: random.Random) -> list[float]:
    """Delays spread evenly over the wall time, one at random in each of `kills` slots, shuffled."""
    delays = [(slot + chance.random()) / kills * wall_s for slot in range(kills)]
    chance.shuffle(delays)
    return delays


def torment(
    command: Sequence[str],
    out: Path,
    reference: dict[str, str],
    plan: Sequence[tuple[float, str]],
    chance: random.Random,
    say: Callable[[str], None] = lambda _: None,
) -> Tally:
    """Carry out every kill of `plan` (delay, mode); compare and verify whatever gets done."""
    tally, runs, waiting, pace = Tally(), [], list(plan), 1.0
    while waiting or out.exists():
        tally.restarts += out.exists()
        run = Run(command)
        runs.append(run)
        delay, mode = waiting[0] if waiting else (_LONGEST_RUN_S, "group")
        if run.ended_within(delay * pace):
            pace *= 0.85  # it ended before its kill: the machine is faster now than it was
        else:
            done = run.kill(mode, chance)
            tally.kills[done] = tally.kills.get(done, 0) + 1
            say(f"killed {done} after {delay * pace:.2f} s")
            waiting = waiting[1:]
        code, said = run.finish()
        if code < 0:
            continue  # and at once: what outlives the parent must not spoil the next run
        tally.corpora += 1
        problems = check(out, reference) if code == 0 else [f"exit code {code}: {said[-500:]}"]
        tally.problems += problems
        shutil.rmtree(out, ignore_errors=True)
    for run in runs:
        if left := run.survivors():
            tally.problems.append(f"{len(left)} processes outlive their parent")
            run.end()
    return tally


def check(out: Path, reference: dict[str, str]) -> list[str]:
    """All that is wrong with a finished corpus: files that differ, and what verify finds."""
    found = [f"verify: {problem}" for problem in verify(open_corpus(str(out)))]
    return differences(tree(out), reference) + found


def jats_recipe(data: Path, folder: Path) -> Path:
    """A recipe for real articles: DIR/jats through the `jats` source."""
    recipe = {
        "name": "kill",
        "sources": [{"jats": {"root": str(data / "jats")}}],
        "figures": {"split": True},
        "select": {"unknown_licence": "keep", "split": {"val": 0.1, "test": 0.1}},
        "shards": {"max_samples": 50},
        "run": {"max_fault_share": 1.0},
    }
    path = folder / "kill.yaml"
    path.write_text(json.dumps(recipe))  # JSON is YAML
    return path


def main() -> int:
    """Read the options, torment, print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--per-partition", type=int, default=0, help="documents (4; with --data 20)"
    )
    parser.add_argument(
        "--data", type=Path, help="a folder with jats/ (default: examples/mini-pmc)"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="fabrica-kill-") as name:
        folder = Path(name)
        recipe = jats_recipe(options.data.resolve(), folder) if options.data else DEMO
        per = options.per_partition or (20 if options.data else 4)
        first, again = (
            arguments(recipe, folder / which, options.workers, per)
            for which in ("reference", "corpus")
        )
        reference, wall_s = undisturbed(first, folder / "reference")
        plan = list(zip(moments(options.kills, wall_s, chance), itertools.cycle(MODES)))
        say = print if not options.json else (lambda _: None)
        say(f"undisturbed: {len(reference)} files in {wall_s:.1f} s")
        started = time.monotonic()
        tally = torment(again, folder / "corpus", reference, plan, chance, say)
        seconds = time.monotonic() - started
    _print(options.json, len(reference), wall_s, seconds, tally)
    return 1 if tally.problems else 0


def _print(as_json: bool, files: int, wall_s: float, seconds: float, tally: Tally) -> None:
    problems = list(dict.fromkeys(tally.problems))
    if as_json:
        print(
            json.dumps(
                {
                    "files": files,
                    "undisturbed_s": round(wall_s, 2),
                    "seconds": round(seconds, 1),
                    "kills": tally.kills,
                    "restarts": tally.restarts,
                    "corpora": tally.corpora,
                    "identical": not problems,
                    "problems": problems,
                }
            )
        )
        return
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(tally.kills.items()))
    print(
        f"{sum(tally.kills.values())} kills ({kinds}), {tally.restarts} restarts, {seconds:.0f} s"
    )
    if problems:
        print("NOT identical:", *problems, sep="\n  ")
    else:
        print(
            f"{tally.corpora} corpora of {files} files, each byte-identical to the undisturbed one"
        )


if __name__ == "__main__":
    sys.exit(main())
