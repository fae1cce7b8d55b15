"""The process that keeps one served model alive for all processes of a machine.

Started by `llm_rewrite.serving.server` as `python -m llm_rewrite.serving.supervisor FOLDER LOCK`, with the
lock's descriptor and, on standard input, a `Spec` as JSON. It starts the server, waits for
`GET /health`, starts it again when it dies or answers no more, and ends it when no process has used
it for a while. Only the standard library is used: this process lives as long as the server.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from llm_rewrite.serving import group as serving_group
from llm_rewrite.serving.state import (
    LOG,
    USERS,
    State,
    answers,
    boot_id,
    born,
    last_words,
    locked,
    opened_lock,
    opened_log,
    read_state,
    secrets_in,
    session_members,
    write_state,
)

PORT = "@port@"  # stands for the port in a command
_TICK_S = 0.1
_LOOK_S = 5.0
_HEALTH_S = 5.0
_SILENT_S = 120.0  # a server that is up and gives no sign of health for so long is ended
_STEADY_S = 600.0  # after so long, earlier deaths are forgotten
_FIRST_STARTS = 2
_GRACE_S = 30.0
_LONGEST_LOG = 64 * 2**20


@dataclass(frozen=True)
class Spec:
    """What to run. `restarts` bounds the deaths in a row of a server that was up once."""

    command: list[str]
    environment: dict[str, str]
    after: list[str]
    start_s: float
    linger_s: float
    restarts: int

    def json(self) -> bytes:
        """As the supervisor reads it."""
        return json.dumps(asdict(self)).encode()


@dataclass(frozen=True)
class Life:
    """How a server's life went: why it ended, and for how long it was up."""

    end: str
    up_s: float = 0.0


class Users:
    """Whether anybody uses the server, as the kernel knows it."""

    def __init__(self, folder: Path) -> None:
        self._file = opened_lock(folder, USERS)
        self._since: float | None = None

    def gone(self, linger_s: float) -> bool:
        """Whether nobody has for so long; from then on nobody can until this process ends."""
        if not locked(self._file, fcntl.LOCK_EX):
            self._since = None
            return False
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if now - self._since >= linger_s:
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False


def main(arguments: list[str]) -> None:
    """Leave the process that called, then supervise."""
    folder = Path(arguments[0])
    spec = Spec(**json.load(sys.stdin))
    if os.fork():
        os._exit(0)  # so that nobody has to wait for this process
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.set_inheritable(int(arguments[1]), False)  # the lock is this process's alone
    supervise(spec, folder)


def supervise(spec: Spec, folder: Path) -> None:
    """Keep a server up until nobody uses it, or it cannot be kept up."""
    users = Users(folder)
    _end_what_is_left(spec, folder)
    port, starts, deaths, was_up = 0, 0, 0, False
    while True:
        port, starts = _free_port(port), starts + 1
        life = _lived(spec, folder, State(port=port, starts=starts), users)
        if life.end == "unused":
            return
        was_up = was_up or life.up_s > 0
        deaths = 1 if life.up_s > _STEADY_S else deaths + 1
        if deaths > (spec.restarts if was_up else _FIRST_STARTS - 1) or life.end == "slow":
            break
        if _unused_for(min(30.0, 0.5 * 2 ** (deaths - 1)), users, spec):
            return
    words = last_words(folder / LOG, secrets_in(spec.environment))
    what = {
        "slow": f"did not answer GET /health within {spec.start_s:g} s",
        "died": f"died {deaths} times in a row" if was_up else "cannot be started",
        "silent": "answers GET /health no more",
    }[life.end]
    write_state(folder, State("failed", line=f"{what}: {words or 'it said nothing'}"))
    while not users.gone(0.0):
        time.sleep(_TICK_S)


def _lived(spec: Spec, folder: Path, state: State, users: Users) -> Life:
    """Start a server, watch it to its end, end all of it."""
    _shorten(folder / LOG)
    group = _started(spec, folder, state.port)
    state = replace(state, leader=group.pid, born=born(group.pid), boot=boot_id())
    write_state(folder, state)

    def told(up: bool) -> None:
        write_state(folder, replace(state, phase="up" if up else "starting"))

    try:
        return _watched(spec, folder, state.port, group, users, told)
    finally:
        told(False)
        _end(group, state)


def _watched(
    spec: Spec,
    folder: Path,
    port: int,
    group: subprocess.Popen[bytes],
    users: Users,
    told: Callable[[bool], None],
) -> Life:
    began = seen = looked = time.monotonic()
    up = 0.0
    while True:
        now = time.monotonic()
        if group.poll() is not None:
            return Life("died", now - up if up else 0.0)
        if users.gone(spec.linger_s):
            return Life("unused")
        if now - looked >= (_LOOK_S if up else _TICK_S):
            if answers(port, _HEALTH_S):
                seen = time.monotonic()
                if not up:
                    up = seen
                    told(True)
            looked = time.monotonic()
            _shorten(folder / LOG)
        if not up and now - began > spec.start_s:
            return Life("slow")
        if up and now - seen > _SILENT_S:
            return Life("silent", now - up)
        time.sleep(_TICK_S)


def _started(spec: Spec, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """A process group with the server; its standard input holds it to this process."""
    command = [word.replace(PORT, str(port)) for word in spec.command]
    program = [sys.executable, "-I", "-S", serving_group.__file__, json.dumps(spec.after)]
    log = opened_log(folder / LOG)
    try:
        return subprocess.Popen(  # noqa: S603
            [*program, *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=spec.environment,
            start_new_session=True,
        )
    finally:
        os.close(log)


def _end(group: subprocess.Popen[bytes], state: State) -> None:
    """End a group politely, then whatever is left of it."""
    if group.stdin is not None:
        group.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        group.wait(_GRACE_S)
    _kill(state)
    group.wait()


def _end_what_is_left(spec: Spec, folder: Path) -> None:
    """End what a supervisor that was killed has left, if it is still what the folder says."""
    if state := read_state(folder):
        _kill(state)
    if spec.after:
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(spec.after, stdin=subprocess.DEVNULL, timeout=_GRACE_S)  # noqa: S603


def _kill(state: State) -> None:
    until = time.monotonic() + _GRACE_S
    while (members := session_members(state)) and time.monotonic() < until:
        for pid in members:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_TICK_S / 4)


def _unused_for(seconds: float, users: Users, spec: Spec) -> bool:
    """Wait so long, or until nobody uses the server."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if users.gone(spec.linger_s):
            return True
        time.sleep(_TICK_S)
    return False


def _free_port(before: int) -> int:
    """The port of before where it is free, since clients know it; else any free one."""
    for port in (before, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            found: Any = probe.getsockname()[1]
            return int(found)
    raise OSError("no port of 127.0.0.1 is free")


def _shorten(log: Path) -> None:
    """Empty a log that has grown long; servers write a line for each request."""
    with suppress(OSError):
        if log.stat().st_size > _LONGEST_LOG:
            os.truncate(log, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
