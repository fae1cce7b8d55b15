"""What tests of the write stage start from: a corpus that lacks nothing but what models write."""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import kill
from benchmarks.model_server import ModelServer, model_server
from pipelines import cli
from pipelines.corpus import open_corpus
from pipelines.verify import verify
from tests.pipelines.test_write_run import corpus_files, written_recipe


@functools.cache
def extracted() -> Path:
    """A corpus of the invented articles, made without the write stage; one for all tests."""
    folder = Path(tempfile.mkdtemp(prefix="fabrica-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    recipe, out = written_recipe(folder, writer=None, write=[]), folder / "extracted"
    code, said = kill.Run(["run", str(recipe), "--out", str(out), "--workers", "2"]).finish(120)
    assert code == 0, said
    return out


@functools.cache
def undisturbed() -> dict[str, str]:
    """The files of a corpus that was written by one run to which nothing happened."""
    place = Place(Path(tempfile.mkdtemp(prefix="fabrica-tests-")))
    try:
        with model_server() as server:
            code, said = place.run(server)
        assert code == 0, said
        assert not list(verify(open_corpus(str(place.out))))
        return corpus_files(place.out)
    finally:
        shutil.rmtree(place.folder)


class Place:
    """A copy of an extracted corpus, and the recipe and command that write into it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder, folder / "corpus"
        shutil.copytree(extracted(), self.out)

    def command(self, server: ModelServer | None, *more: str, **changes: Any) -> list[str]:
        """The words of a run by two workers; `changes` replace sections of the recipe."""
        recipe = written_recipe(self.folder, server, **changes)
        return ["run", str(recipe), "--out", str(self.out), "--workers", "2", *more]

    def run(self, server: ModelServer | None, *more: str, **changes: Any) -> tuple[int, str]:
        """A whole run in this process: exit code, all that it said. No traceback, ever."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = cli.main(self.command(server, *more, **changes))
        assert "Traceback" not in said.getvalue()
        return code, said.getvalue()

    def journaled(self) -> int:
        """How many answers are safe."""
        segments = (self.out / "stages" / "answers").glob("*.jsonl")
        return sum(len(path.read_bytes().splitlines()) for path in segments)


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for something to come true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
