"""One server and all its children, which die together: run as a program by the supervisor.

`python serving_group.py AFTER COMMAND...` starts the command in this process's own session. When the
command ends, or standard input does (its other end is the supervisor's, so it ends with that,
however that dies), every process of the group is ended, and AFTER, a JSON list, is run where it is
not empty. Only the standard library is used: this process lives as long as the server.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress

_LOOK_S = 0.1
_GRACE_S = 20.0
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Run a command until it or the supervisor ends; this process dies with its group."""
    after, command = json.loads(arguments[0]), arguments[1:]
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # not SIG_IGN, which the server would inherit
    try:
        server = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent
        )
    except OSError as error:
        print(f"Error: {command[0]} cannot be started: {error.strerror}", flush=True)
        return
    while server.poll() is None and not _ended(sys.stdin.fileno()):
        pass
    if server.returncode is not None:
        print(f"[the server ended: {_ending(server.returncode)}]", flush=True)
    os.killpg(0, signal.SIGTERM)
    until = time.monotonic() + _GRACE_S
    while server.poll() is None and time.monotonic() < until:
        time.sleep(_LOOK_S / 4)
    if after:
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(after, stdin=subprocess.DEVNULL, timeout=_GRACE_S)  # noqa: S603
    os.killpg(0, signal.SIGKILL)


def _ended(file: int) -> bool:
    """Whether a pipe's other end was closed, after a short wait."""
    ready, _, _ = select.select([file], [], [], _LOOK_S)
    return bool(ready) and not os.read(file, 1024)


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def _die_with_parent() -> None:
    """Ask Linux to end this process with its parent, should the parent not be able to."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
