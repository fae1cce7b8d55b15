"""The folder by which the processes of a machine share one served model: locks, state, log.

`lock` is held by the supervisor for its life, `users` is held shared by every process that uses the
server and exclusively by a supervisor that ends it. The kernel frees both when their holder dies,
however it dies. `state.json` says where the server is; nothing in it is trusted.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
import tempfile
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

LOCK, USERS, STATE, LOG, OWN_LOG = "lock", "users", "state.json", "server.log", "supervisor.log"
PHASES = ("starting", "up", "failed")
_MOST_BYTES = 64_000
_MOST_LOG = 512_000
_LINES = 3
ENDED = "[the server ended: "  # as `group` writes it
# The head of vLLM's lines: `(Worker pid=5) ERROR 11-22 14:05:21 [core.py:953]`.
_LOGGED = re.compile(r"^\s*(\(.{1,40}\) )?[A-Z]+ [\d-]+ [\d:]+ \[[^\]]*\]")
_ERROR = re.compile(r"^\s*[\w.]*(Error|Exception|[Ee]rror):\s*\S")
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)


@dataclass(frozen=True)
class State:
    """Where a server is. `leader`, `born` and `boot` tell its process group from any later one."""

    phase: str = "starting"
    port: int = 0
    leader: int = 0
    born: int = 0
    boot: str = ""
    starts: int = 0
    line: str = ""


def made_folder(name: str) -> Path:
    """The folder of a server, ours alone. Raises `OSError` where somebody else made it."""
    folder = Path(tempfile.gettempdir()) / f"fabrica-serve-{os.getuid()}-{name}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} is not a folder of ours alone")
    return folder


def opened_lock(folder: Path, name: str) -> int:
    """A lock's file, not yet locked."""
    return os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def opened_log(path: Path) -> int:
    """A log to add to, for this user alone."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)


def locked(file: int, kind: int) -> bool:
    """Take a lock without waiting; `kind` is `fcntl.LOCK_EX` or `LOCK_SH`."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read_state(folder: Path) -> State | None:
    """What the folder says, or None where it says nothing that makes sense."""
    try:
        with open(folder / STATE, "rb") as file:
            told = json.loads(file.read(_MOST_BYTES))
        state = State(**told)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    numbers = (state.port, state.leader, state.born, state.starts)
    words = (state.phase, state.boot, state.line)
    if not all(type(n) is int for n in numbers) or not all(type(w) is str for w in words):
        return None
    if state.phase not in PHASES or not 0 <= state.port < 65536:
        return None
    return state


def write_state(folder: Path, state: State) -> None:
    """Put the state in place in one step."""
    whole = folder / f"{STATE}.{os.getpid()}"
    whole.write_text(json.dumps(asdict(state)), encoding="utf-8")
    os.replace(whole, folder / STATE)


def answers(port: int, timeout_s: float) -> bool:
    """Whether a server at this port of the machine says that it is well."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/health", timeout=timeout_s) as reply:
            return reply.status == 200
    except (OSError, ValueError, urllib.error.URLError):
        return False
    except Exception:  # http.client has exceptions of its own for what is no HTTP
        return False


def last_words(path: Path, secrets: list[str]) -> str:
    """What a log says of errors, else its last lines, on one line; values in `secrets` left out.

    Of a server that was started several times the last life counts. The first error is as a rule
    the cause, the last what came of it.
    """
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _MOST_LOG))
            text = file.read(_MOST_LOG).decode("utf-8", "replace")
    except OSError:
        return ""
    for secret in secrets:
        text = text.replace(secret, "***")
    lives = [life for life in text.split(ENDED) if len(life.split("\n")) > 2] or [text]
    lines = ["".join(c if c.isprintable() else " " for c in line) for line in lives[-1].split("\n")]
    lines = list(dict.fromkeys(" ".join(_LOGGED.sub("", line).split())[:300] for line in lines))
    errors = [line for line in lines if _ERROR.search(line)]
    told = errors[:1] + errors[1:][-2:] if errors else [line for line in lines if line][-_LINES:]
    ending = text.rpartition(ENDED)[2].partition("]")[0] if ENDED in text else ""
    return " | ".join([*told, *([ending[:20]] if ending else [])])


def secrets_in(environment: dict[str, str]) -> list[str]:
    """Values of variables that are named as keys are, longest first."""
    found = {v for k, v in environment.items() if _SECRET.search(k) and len(v) >= 6}
    return sorted(found, key=len, reverse=True)


def boot_id() -> str:
    """What is different after each start of the machine; "" where it cannot be told."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def born(pid: int) -> int:
    """When a process began, in ticks since the machine's start; 0 where there is none."""
    found = _stat(pid)
    return found[1] if found else 0


def session_members(state: State) -> list[int]:
    """Processes of the session that `state.leader` began, if it is still that session."""
    if state.leader <= 1 or state.born <= 0 or not state.boot or state.boot != boot_id():
        return []
    leader = _stat(state.leader)
    if leader and leader[1] != state.born:
        return []  # another process has that number now
    members = []
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
        found = _stat(int(name)) if name.isdigit() else None
        if found and found[0] == state.leader and found[1] >= state.born:
            members.append(int(name))
    return members


def _stat(pid: int) -> tuple[int, int] | None:
    """`(session, start time)` of a process of this user that has not ended."""
    try:
        if os.stat(f"/proc/{pid}").st_uid != os.getuid():
            return None
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else (int(fields[3]), int(fields[19]))
