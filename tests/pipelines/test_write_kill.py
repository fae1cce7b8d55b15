"""The write stage when something dies: workers, the fork server, the model's server, the disk.

Whatever happens, no row is lost and nothing that was answered is asked again.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import kill
from benchmarks.model_server import Fault, ModelServer, model_server
from pipelines.corpus import open_corpus
from pipelines.verify import verify
from tests.pipelines.test_runners import said_in_one_line, small_disk
from tests.pipelines.test_write_run import corpus_files, query
from tests.pipelines.write_runs import Place, undisturbed, until

ANSWERED = 12

# Ends the process that makes a prompt of a certain caption, as a fault in a C library would.
DEADLY = """
import hashlib, os, signal, sys
sha256 = hashlib.sha256
def deadly(data=b"", **more):
    if sys._getframe(1).f_globals.get("__name__") == "llm_rewrite.prompt" and b"blot haem" in data:
        os.kill(os.getpid(), signal.SIGKILL)
    return sha256(data, **more)
hashlib.sha256 = deadly
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    return undisturbed()


def whole(place: Place, reference: dict[str, str]) -> None:
    assert not kill.differences(corpus_files(place.out), reference)


def stopped_half_way(place: Place, server: ModelServer, *more: str) -> kill.Run:
    """A run with some answers in its journals and the other requests held by the server."""
    server.fail(Fault("hold"), when=lambda asked: asked.number >= ANSWERED)
    run = kill.Run(place.command(server, *more))
    until(lambda: place.journaled() == ANSWERED and server.at_once > 1)
    return run


@pytest.mark.parametrize("mode", ["child", "fork server"])
def test_a_killed_worker_is_replaced_and_asks_nothing_again(
    mode: str, place: Place, reference: dict[str, str]
) -> None:
    with model_server() as server:
        run = stopped_half_way(place, server)
        answered = set(server.answered)
        assert run.kill(mode, random.Random(1)) == mode
        if mode == "child":
            until(lambda: server.gone)  # it took its connections with it
        server.heal()
        code, said = run.finish(90)
        assert code == 0, said
        assert len(answered) == ANSWERED
        assert all(server.counts[key] == 1 for key in answered)
    whole(place, reference)


def test_interrupted_from_the_keyboard(place: Place, reference: dict[str, str]) -> None:
    with model_server() as server:
        run = stopped_half_way(place, server)
        try:
            answered = set(server.answered)
            os.killpg(run.process.pid, signal.SIGINT)
            assert run.ended_within(10)
            assert not run.survivors(5)
            code, said = run.finish()
            assert (code, "Traceback" in said) == (130, False)
            assert "run the same command again" in said
        finally:
            run.end()
        server.heal()
        code, said = place.run(server)
        assert code == 0, said
        assert all(server.counts[key] == 1 for key in answered)
    whole(place, reference)


def test_a_row_that_ends_its_process_is_a_fault_and_the_others_are_done(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(DEADLY)
    with model_server() as server:
        run = kill.Run(place.command(server, "--json"), {"PYTHONPATH": str(tmp_path)})
        code, said = run.finish(90)
        assert code == 0, said
        assert set(server.answered.values()) == {1}
    faults = query(place.out, "SELECT stage, reason, detail FROM drops WHERE reason = 'fault'")
    assert [fault[:2] for fault in faults if fault[0] == "write"] == [("write", "fault")]
    assert "SIGKILL" in next(fault[2] for fault in faults if fault[0] == "write")
    sql = "SELECT meta['rewrite_caption'] FROM samples WHERE kept AND caption <> ''"
    words = query(place.out, sql)
    assert len(words) > 30
    assert all(word for (word,) in words)
    assert not list(verify(open_corpus(str(place.out))))


def test_a_server_that_comes_back_is_waited_for(place: Place, reference: dict[str, str]) -> None:
    with model_server() as server:
        run = stopped_half_way(place, server)
        server.stop()
        server.start()
        server.heal()
        code, said = run.finish(90)
        assert code == 0, said
    whole(place, reference)


ENDS: dict[str, tuple[Callable[[ModelServer], None], str]] = {
    "gone": (ModelServer.stop, "does not answer"),
    "401": (lambda server: _refuse(server, 401), "api_key_env"),
}


def _refuse(server: ModelServer, status: int) -> None:
    server.heal()
    server.fail(Fault("status", status=status, text="no longer here"))


@pytest.mark.parametrize("end", ENDS)
def test_a_server_that_is_lost_is_one_line_and_the_next_run_goes_on(
    end: str, place: Place, reference: dict[str, str]
) -> None:
    with model_server() as server:
        lose, words = ENDS[end]
        run = stopped_half_way(place, server)
        answered = set(server.answered)
        server.fail(Fault("reset"), when=lambda asked: True)  # what comes before it is really gone
        lose(server)
        if end != "gone":
            server.release()
        code, said = run.finish(60)
        lines = [line for line in said.splitlines() if line.startswith("fabrica: ")]
        assert code == 2, said
        assert "Traceback" not in said
        assert len(lines) == 1
        assert words in lines[0]
        assert server.url in lines[0]
        server.start()
        server.heal()
        code, said = place.run(server)
        assert code == 0, said
        assert all(server.counts[key] == 1 for key in answered)
    whole(place, reference)


def test_what_is_written_needs_no_server(place: Place, reference: dict[str, str]) -> None:
    """Rules and shards can be changed when the machine with the model is long gone."""
    with model_server() as server:
        assert place.run(server)[0] == 0
    code, said = place.run(server)
    assert code == 0, said
    whole(place, reference)
    shorter = {"rules": {"long": "length(caption) > 60"}}
    code, said = place.run(server, "--clean", select=shorter)
    assert code == 0, said
    assert "nothing to do" in place.run(server, select=shorter)[1]


def test_what_is_not_written_needs_a_server(place: Place) -> None:
    with model_server() as server:
        server.fail(Fault("status"), when=lambda asked: "blot haem" in str(asked.body))
        assert place.run(server)[0] == 0
    code, said = place.run(server)
    assert code == 2
    assert "does not answer" in said


def test_a_server_that_refuses_all_is_put_right_and_asked_again(
    place: Place, reference: dict[str, str]
) -> None:
    """As one that was started without pictures, or with too short a context."""
    with model_server() as server:
        server.fail(Fault("status", status=400, text="no such grammar"))
        few = [{"rewrite_caption": {"where": "sample_id LIKE 'PMC990000005%'"}}]
        code, said = place.run(server, write=few)  # these may be at fault themselves
        assert code == 0, said
        assert 1 < (asked := server.total) < 20
        assert f"0 answers, {asked} failed" in said
        code, said = place.run(server)
        assert code == 2
        assert "refuses every request of rewrite_caption: http_400: no such grammar" in said
        server.heal()
        before = server.total
        code, said = place.run(server, write=few)
        assert code == 0, said
        assert server.total == before + asked
        code, said = place.run(server)
        assert code == 0, said
    whole(place, reference)


def test_a_slow_server_is_no_silence(place: Place, reference: dict[str, str]) -> None:
    """Answers that take longer than a worker may be silent; the worker is well."""
    with model_server() as server:
        server.fail(Fault("slow", seconds=8), times=2)
        code, said = place.run(server, "--set", "run.timeout_s=6")
        assert code == 0, said
        assert max(server.counts.values()) == 1
    found = corpus_files(place.out)
    assert kill.differences(found, reference) == ["corpus.json: differs"]  # it has the recipe


def test_a_full_disk_is_one_line_and_keeps_what_was_answered(
    place: Place, tmp_path: Path, reference: dict[str, str]
) -> None:
    """The journal has its own small disk, as a quota would be."""
    answers = place.out / "stages" / "answers"
    with model_server() as server, small_disk(answers, "8k"):
        code, said = place.run(server)
        lines = [line for line in said.splitlines() if line.startswith("fabrica: ")]
        assert code == 2, said
        assert len(lines) == 1
        assert "answers cannot be kept" in lines[0]
        assert "No space left" in lines[0]
        subprocess.run(["mount", "-o", "remount,size=50m", str(answers)], check=True)
        kept = place.journaled()
        assert kept > 1
        sent = sum(server.counts.values())
        code, said = place.run(server)
        assert code == 0, said
        again = sum(n - 1 for n in server.counts.values())
        assert again <= sent - kept + 2  # what could not be kept, and the line cut in two
        shutil.copytree(answers, tmp_path / "kept")
    whole(place, reference)


def test_a_folder_that_cannot_be_written_is_one_line(place: Place) -> None:
    with model_server() as server:
        with small_disk(place.out / "stages" / "answers", "1m"):
            words = ["mount", "-o", "remount,ro", str(place.out / "stages" / "answers")]
            subprocess.run(words, check=True)
            code, said = place.run(server)
        assert sum(server.counts.values()) < 20, "what cannot be kept is not asked for on and on"
    said_in_one_line(code, "\n".join(s for s in said.splitlines() if s.startswith("fabrica")))
    assert "answers" in said
