"""A shared server, with real processes: shared, started again, ended, and never left behind."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from llm_rewrite.options import ModelOptions, Serve
from llm_rewrite.serving import state as serving_state
from llm_rewrite.serving import supervisor as serving_supervisor
from llm_rewrite.serving.server import ServerFailed, check_command, opened_server, served, spec_of
from llm_rewrite.serving.state import (
    State,
    answers,
    born,
    last_words,
    read_state,
    session_members,
    write_state,
)
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks into /proc")

SCRIPT = Path(__file__).with_name("stand_in_server.py")
USER = """
import json, sys
from llm_rewrite.options import ModelOptions
from llm_rewrite.serving.server import served
with served(ModelOptions(**json.loads(sys.argv[1]))) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


class Place:
    """A temporary folder with servers, the users that are processes, and what is alive."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.starts_file = folder, folder / "starts.jsonl"
        self.users: list[subprocess.Popen[str]] = []

    def model(self, *args: str, **serve: Any) -> ModelOptions:
        given = {"linger_s": 0.3, "start_s": 20, **serve}
        command = f"{sys.executable} -S {SCRIPT}"
        words = ["--starts", str(self.starts_file), *args]
        return ModelOptions(model="some/model", serve=Serve(command=command, args=words, **given))

    def starts(self) -> list[dict[str, Any]]:
        if not self.starts_file.exists():
            return []
        return [json.loads(line) for line in self.starts_file.read_text().splitlines()]

    def user(self, model: ModelOptions) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", USER, model.model_dump_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.users.append(process)
        return process

    def processes(self, word: str = "") -> dict[int, str]:
        """What runs with this folder in its command line, but users."""
        found = {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                line = Path(f"/proc/{name}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(self.folder) in line and word in line and USER.strip()[:20] not in line:
                found[int(name)] = line
        return found

    def supervisor(self) -> int:
        (pid,) = self.processes("serving.supervisor")
        return pid


def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def zombies() -> list[str]:
    mine = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] == "Z" and int(fields[1]) == os.getpid():
            mine.append(name)
    return mine


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Its own folder for temporary files; at the end nothing runs that came of it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for name, seconds in (("_POLL_S", 0.05), ("_BEAT_S", 0.2), ("_HEALTH_S", 0.5)):
        monkeypatch.setattr(f"llm_rewrite.serving.server.{name}", seconds)
    place = Place(tmp_path)
    yield place
    for user in place.users:
        user.kill()
        user.communicate()
    until(lambda: not place.processes())
    assert not zombies()


def test_processes_share_one_server_and_the_last_one_turns_off_the_light(place: Place) -> None:
    model = place.model("--delay", "0.3")
    users = [place.user(model) for _ in range(3)]
    urls = {user.stdout.readline().strip() for user in users if user.stdout}
    with served(model) as server:
        assert urls == {server.url}
        (start,) = place.starts()
        assert server.url == f"http://127.0.0.1:{start['port']}/v1"
        for user in users:
            user.communicate("")
        time.sleep(1.0)  # longer than it lingers: one user is left
        assert answers(start["port"], 1)
    until(lambda: not place.processes())
    assert len(place.starts()) == 1


def test_the_next_partition_finds_the_server_still_there(place: Place) -> None:
    model = place.model(linger_s=3)
    for _ in range(2):
        with served(model) as server:
            url = server.url
        time.sleep(0.5)
    with served(model) as server:
        assert server.url == url
    assert len(place.starts()) == 1
    os.kill(place.supervisor(), signal.SIGTERM)  # asked to end, it ends all at once
    until(lambda: not place.processes(), 2)


def test_a_server_that_dies_is_started_again_where_it_was(place: Place) -> None:
    with served(place.model()) as server:
        url, first = server.url, place.starts()[0]
        os.kill(first["pid"], signal.SIGKILL)
        until(lambda: not answers(first["port"], 1))
        assert server.wait() == url
        assert [start["port"] for start in place.starts()] == [first["port"]] * 2
        assert not born(first["child"]), "the dead one's child lives"


def test_a_server_whose_port_was_taken_is_found_elsewhere(place: Place) -> None:
    import socket

    with served(place.model()) as server, socket.socket() as thief:
        first = place.starts()[0]
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        os.kill(place.supervisor(), signal.SIGSTOP)
        os.kill(first["pid"], signal.SIGKILL)
        until(lambda: not answers(first["port"], 1))
        thief.bind(("127.0.0.1", first["port"]))
        thief.listen()
        os.kill(place.supervisor(), signal.SIGCONT)
        url = server.url
        assert server.wait() != url
        assert server.url == f"http://127.0.0.1:{place.starts()[-1]['port']}/v1"


def test_killed_users_leave_nothing(place: Place) -> None:
    users = [place.user(place.model("--stubborn")) for _ in range(2)]
    assert all(user.stdout and user.stdout.readline() for user in users)
    for user in users:
        user.kill()
        user.communicate()
    os.kill(place.starts()[0]["pid"], signal.SIGTERM)  # which it does not mind
    until(lambda: place.processes("serving.supervisor"), 1)
    os.kill(place.starts()[0]["pid"], signal.SIGKILL)
    until(lambda: not place.processes())


def test_with_the_supervisor_the_server_ends_and_a_user_starts_both_again(place: Place) -> None:
    with served(place.model()) as server:
        first = place.starts()[0]
        os.kill(place.supervisor(), signal.SIGKILL)
        until(lambda: not born(first["pid"]))
        server.wait()
        assert len(place.starts()) == 2
        assert not born(first["child"])


def test_supervisor_and_group_killed_at_once(place: Place) -> None:
    """The server ends with its parent; its child is found by what the folder says of it."""
    with served(place.model()) as server:
        first = place.starts()[0]
        for pid in (place.supervisor(), *place.processes("serving/group")):
            os.kill(pid, signal.SIGKILL)
        until(lambda: not born(first["pid"]))
        server.wait()
        until(lambda: not born(first["child"]), 2)
        assert len(place.starts()) == 2


def test_a_server_that_cannot_start_is_one_line(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_abcdefgh")
    model = place.model("--fail", "no memory\tfor hf_abcdefgh")
    with pytest.raises(ServerFailed) as failed, served(model):
        pass
    line = str(failed.value)
    assert "cannot be started" in line
    assert "ValueError: no memory for ***" in line
    assert line.isprintable()
    assert "hf_abcdefgh" not in line
    assert len(place.starts()) == 2  # it may have been bad luck with the port: once more, no more


def test_a_server_that_keeps_dying_is_given_up(place: Place) -> None:
    def used() -> None:
        with served(place.model("--die-after", "0.8", restarts=1)) as server:
            while True:
                until(lambda: not answers(place.starts()[-1]["port"], 1))
                server.wait()

    with pytest.raises(ServerFailed, match="died 2 times in a row"):
        used()
    assert len(place.starts()) == 2


def test_a_server_that_never_gets_well_is_given_up(place: Place) -> None:
    beats = list[float]()
    model = place.model("--delay", "99", start_s=0.7)
    with pytest.raises(ServerFailed, match=r"did not answer GET /health within 0\.7 s: "):
        served(model, lambda: beats.append(1.0)).__enter__()
    assert beats
    assert len(place.starts()) == 1


def test_who_gives_a_server_back_waits_no_longer(place: Place) -> None:
    server = opened_server(place.model("--delay", "99"))
    timer = threading.Timer(0.5, server.close)
    timer.start()
    with pytest.raises(ServerFailed, match="given back"):
        server.wait()
    timer.join()


def test_a_server_that_falls_silent_is_started_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = serving_supervisor
    monkeypatch.setattr(life, "_SILENT_S", 0.5)
    monkeypatch.setattr(life, "_LOOK_S", 0.1)
    well = iter([True, True])
    monkeypatch.setattr(life, "answers", lambda port, wait: next(well, False))
    spec = replace(spec_of(place.model(linger_s=60)), start_s=1.0)
    life.supervise(spec, place.folder)
    state = read_state(place.folder)
    assert state is not None
    assert state.line.startswith("did not answer")  # the second one, for no answer came any more
    assert len(place.starts()) == 2


def test_what_a_folder_says_is_not_trusted(place: Place) -> None:
    """A state that names somebody else's process must not end it, whatever else it says."""
    model = place.model()
    with served(model):
        (folder,) = place.folder.glob("fabrica-serve-*")
    until(lambda: not place.processes())
    innocent = subprocess.Popen(["sleep", "60"], start_new_session=True)
    true = State("up", 1, innocent.pid, born(innocent.pid), serving_state.boot_id())
    hostile: list[object] = [
        b"",
        b"\xff\xfe{",
        b"[" * 60_000,
        b'{"phase": "up"} more',
        b'{"phase": "up", "port": "80"}',
        b'{"phase": "up", "port": true}',
        b'{"phase": "up", "port": 99999999}',
        b'{"phase": "failed", "line": 5}',
        b'{"phase": "dancing"}',
        b'{"phase": "up", "leader": -1, "born": 1, "port": 1}',
        replace(true, born=true.born - 1),
        replace(true, boot="another start of the machine"),
        replace(true, phase="failed", boot="", line="left over"),
    ]
    try:
        for state in hostile:
            if isinstance(state, State):
                write_state(folder, state)
            else:
                (folder / serving_state.STATE).write_bytes(state)  # type: ignore[arg-type]
            assert session_members(read_state(folder) or State()) == []
        for state in hostile[-3:]:
            write_state(folder, state)  # type: ignore[arg-type]
            with served(replace_linger(model)) as server:
                assert answers(int(server.url.split(":")[2][:-3]), 1)
            until(lambda: not place.processes())
        assert innocent.poll() is None
        write_state(folder, true)
        with served(model):
            assert innocent.wait(5) == -signal.SIGKILL  # that one is ours, by all it says
    finally:
        innocent.kill()
        innocent.wait()


def replace_linger(model: ModelOptions) -> ModelOptions:
    assert model.serve is not None
    return model.model_copy(update={"serve": model.serve.model_copy(update={"linger_s": 0.0})})


def test_a_folder_that_others_may_write_is_refused(place: Place) -> None:
    model = place.model()
    with served(model):
        (folder,) = place.folder.glob("fabrica-serve-*")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert all(file.stat().st_mode & 0o077 == 0 for file in folder.glob("*.log"))
    until(lambda: not place.processes())
    folder.chmod(0o777)
    with pytest.raises(ServerFailed, match="not a folder of ours alone"), served(model):
        pass
    folder.rename(place.folder / "elsewhere")
    folder.symlink_to(place.folder / "elsewhere")
    with pytest.raises(ServerFailed, match="not a folder of ours alone"), served(model):
        pass


def test_the_servers_environment(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"PYTHONPATH": "/ours", "OPENAI_API_KEY": "sk-1", "HF_TOKEN": "t", "KEY": "k-123456"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    model = place.model(env={"EXTRA": "yes"}).model_copy(update={"api_key_env": "KEY"})
    with served(model):
        (start,) = place.starts()
    seen = start["environment"]
    assert not {"PYTHONPATH", "OPENAI_API_KEY", "KEY"} & set(seen)
    assert (seen["HF_TOKEN"], seen["EXTRA"], seen["VLLM_API_KEY"]) == ("t", "yes", "k-123456")
    assert seen["PATH"].split(os.pathsep)[0] == os.path.dirname(sys.executable)
    assert start["arguments"][0] == "some/model"
    assert "some/model" in start["arguments"][1:]  # the name it is served by
    assert not any("k-123456" in line for line in place.processes().values())


def test_other_arguments_are_another_server(place: Place) -> None:
    with served(place.model()) as one, served(place.model("--delay", "0.01")) as other:
        assert one.url != other.url


def test_what_is_not_installed_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerFailed, match=r"'vllm' is not here\. Install vLLM in an"):
        check_command(Serve())
    with pytest.raises(ServerFailed, match="No closing quotation"):
        check_command(Serve(command="vllm 'serve"))
    with pytest.raises(ServerFailed, match="neither docker nor podman"):
        check_command(Serve(image="vllm/vllm-openai"))
    with (
        pytest.raises(ServerFailed, match="'' is not here"),
        served(ModelOptions(model="m", serve=Serve(command=" "))),
    ):
        pass


@pytest.mark.parametrize("word", ["--port", "--port=80", "--api-key", "--host"])
def test_arguments_that_are_ours_are_refused(word: str) -> None:
    with pytest.raises(ValidationError, match="Fabrica says this itself"):
        Serve(args=[word, "x"])


def test_a_container_is_named_and_taken_away_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A docker of ours: runs the stand-in at the port it was told to publish, notes each call."""
    docker = place.folder / "docker"
    docker.write_text(
        f"""#!{sys.executable}
import json, os, sys
with open({str(place.folder / "calls.jsonl")!r}, "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[1] == "run":
    port = sys.argv[sys.argv.index("--publish") + 1].split(":")[1]
    words = ["model", "--host", "127.0.0.1", "--port", port, "--starts", {str(place.starts_file)!r}]
    os.execv(sys.executable, [sys.executable, {str(SCRIPT)!r}, *words])
"""
    )
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place.folder}:{os.environ['PATH']}")
    serve = Serve(image="vllm/vllm-openai:x", env={"SECRET": "s3cret7"}, linger_s=0.2)
    model = ModelOptions(model=str(place.folder), serve=serve)
    with served(model):
        pass
    until(lambda: not place.processes())
    calls = [json.loads(line) for line in (place.folder / "calls.jsonl").read_text().splitlines()]
    assert [call[0] for call in calls] == ["rm", "run", "rm"]
    run = calls[1]
    name = run[run.index("--name") + 1]
    assert calls[0] == calls[2] == ["rm", "--force", name]
    assert f"{place.folder}:{place.folder}:ro" in run
    words = run[run.index("--entrypoint") :]
    assert words[:5] == ["--entrypoint", "vllm", serve.image, "serve", str(place.folder)]
    assert ("--env", "SECRET") in set(itertools.pairwise(run))
    assert not any("s3cret7" in word for word in run)
    assert place.starts()[0]["environment"]["SECRET"] == "s3cret7"


def test_last_words_tell_of_the_error(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"start\nRuntimeError: no GPU\x1b[0m\n\xff\nINFO bye\nINFO bye\n")
    assert last_words(log, []) == "RuntimeError: no GPU [0m"
    log.write_text("a\n" * 50_000 + "b\n\nc")
    assert last_words(log, []) == "a | b | c"
    assert last_words(tmp_path / "none", []) == ""


def test_last_words_of_a_life_that_came_after_others(tmp_path: Path) -> None:
    head = "(Worker pid=5) ERROR 11-22 14:05:21 [core.py:953] "
    said = ["OSError: the port is taken", "[the server ended: exit code 1]", "loading"]
    said += [f"{head}    raise ValueError(msg)", f"{head}ValueError: it is too large"]
    said += [f"{head}ValueError: it is too large", "WARNING like `OSError: [Errno 24] Too many`"]
    said += [f"{head}RuntimeError: {word}" for word in ("one", "two", "see above")]
    (tmp_path / "log").write_text("\n".join([*said, "bye", "[the server ended: signal 9]\n"]))
    assert last_words(tmp_path / "log", []) == (
        "ValueError: it is too large | RuntimeError: two | RuntimeError: see above | signal 9"
    )
