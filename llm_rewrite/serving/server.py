"""A vLLM server that Fabrica starts: one for each machine, shared by its processes.

    with served(model) as server:
        Client(model, server.url, ...)

Whoever comes first starts a supervisor (`llm_rewrite.serving.supervisor`), which starts the server,
starts it again when it dies, and ends it when no process has used it for `linger_s`. Users hold a
lock that the kernel frees however they end, so nothing is left when all of them are killed; when the
supervisor is killed the server ends with it, and the next `wait` of a user starts both again.

The server listens on 127.0.0.1. Its environment is the caller's without what would lead it into
the caller's Python (PYTHONPATH, PYTHONHOME, VIRTUAL_ENV) and without variables named `..._API_KEY`,
and with what `env` says. Where `api_key_env` names a key, the server demands it too.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from llm_rewrite.options import ModelOptions, Serve
from llm_rewrite.serving.state import (
    LOCK,
    OWN_LOG,
    USERS,
    answers,
    last_words,
    locked,
    made_folder,
    opened_lock,
    opened_log,
    read_state,
    write_state,
)
from llm_rewrite.serving.supervisor import PORT, Spec

_POLL_S = 0.2
_BEAT_S = 2.0
_HEALTH_S = 5.0
_SUPERVISORS = 3
_OWN_PYTHON = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
_GPUS = ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")
_FOR_CONTAINERS = ("HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE", "VLLM_API_KEY", *_GPUS)
_INSIDE = 8000  # the port in a container

Beat = Callable[[], None]


class ServerFailed(Exception):
    """A server cannot be had; the message is one line with the last of what it said."""


@contextmanager
def served(model: ModelOptions, beat: Beat | None = None) -> Iterator[Server]:
    """The server of `model.serve`, up and held for as long as the block lasts.

    `beat` is called every few seconds while it is waited for. Raises `ServerFailed`.
    """
    with closing(opened_server(model)) as server:
        server.wait(beat)
        yield server


def opened_server(model: ModelOptions) -> Server:
    """The server of `model.serve`, not yet waited for. Raises `ServerFailed`."""
    spec = spec_of(model)
    try:
        return Server(made_folder(_identity(model)), spec)
    except OSError as error:
        raise ServerFailed(f"serve: {error}") from None


class Server:
    """A shared server, as one user has it; `close` gives it back, and ends a `wait` elsewhere."""

    def __init__(self, folder: Path, spec: Spec) -> None:
        self.folder = folder
        self._spec, self._port, self._held = spec, 0, False
        self._users, self._changing = opened_lock(folder, USERS), threading.Lock()

    @property
    def url(self) -> str:
        """The address up to `/v1`; after `wait` it may be another one."""
        return f"http://127.0.0.1:{self._port}/v1"

    def wait(self, beat: Beat | None = None) -> str:
        """Wait until the server answers; its address. Safe in threads.

        To be called again after a refused connection: the server may have died, or be somewhere
        else. Raises `ServerFailed` where it cannot be kept up.
        """
        began = beaten = time.monotonic()
        patience_s = (self._spec.restarts + 2) * (self._spec.start_s + 60)
        started = 0
        while not self._found():
            if self._held and self._taken_over():
                started += 1
                if started > _SUPERVISORS:
                    said = last_words(self.folder / OWN_LOG, [])
                    raise ServerFailed(f"serve: the supervisor ends at once: {said}")
            now = time.monotonic()
            if now - began > patience_s:
                raise ServerFailed(f"serve: no word from the supervisor; see {self.folder}")
            if beat is not None and now - beaten >= _BEAT_S:
                beat()
                beaten = now
            time.sleep(_POLL_S)
        return self.url

    def close(self) -> None:
        """Use the server no more."""
        with self._changing:
            if self._users >= 0:
                with suppress(OSError):  # for children too, which have the file from a fork
                    fcntl.flock(self._users, fcntl.LOCK_UN)
                os.close(self._users)
                self._users, self._held = -1, False

    def _counted(self) -> bool:
        """Whether this process is among the users, which a supervisor that ends may delay."""
        with self._changing:
            if self._users < 0:
                raise ServerFailed("serve: the server was given back")
            self._held = self._held or locked(self._users, fcntl.LOCK_SH)
            return self._held

    def _found(self) -> bool:
        """Whether the server is up, and this process counted among its users."""
        state = read_state(self.folder) if self._counted() else None
        if state is None or state.phase == "starting" or not self._supervised():
            return False
        if state.phase == "failed":
            raise ServerFailed(f"serve: {self._what()} {state.line}; its log is in {self.folder}")
        if not answers(state.port, _HEALTH_S):
            return False
        self._port = state.port
        return True

    def _what(self) -> str:
        return shlex.join(self._spec.command[:3])[:200]

    def _supervised(self) -> bool:
        """Whether a supervisor lives."""
        lock = opened_lock(self.folder, LOCK)
        try:
            return not locked(lock, fcntl.LOCK_EX)
        finally:
            os.close(lock)

    def _taken_over(self) -> bool:
        """Start a supervisor where there is none; it inherits the lock, so there is only one."""
        lock = opened_lock(self.folder, LOCK)
        try:
            if not locked(lock, fcntl.LOCK_EX):
                return False
            if state := read_state(self.folder):  # what the one before has left is no news
                write_state(self.folder, replace(state, phase="starting"))
            _start_supervisor(self._spec, self.folder, lock)
            return True
        except OSError as error:
            raise ServerFailed(f"serve: the supervisor cannot be started: {error}") from None
        finally:
            os.close(lock)


def _start_supervisor(spec: Spec, folder: Path, lock: int) -> None:
    """Run the supervisor, which leaves this process at once."""
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    words = [sys.executable, "-m", "llm_rewrite.serving.supervisor", str(folder), str(lock)]
    log = opened_log(folder / OWN_LOG)
    try:
        subprocess.run(  # noqa: S603
            words,
            input=spec.json(),
            stdout=log,
            stderr=log,
            env=environment,
            pass_fds=(lock,),
        )
    finally:
        os.close(log)


def check_command(serve: Serve) -> None:
    """Raises `ServerFailed` where what `serve` names is not on this machine."""
    if serve.image:
        _container_program()
    else:
        _command(serve)


def spec_of(model: ModelOptions) -> Spec:
    """The command and environment of a model's server. Raises `ServerFailed`."""
    serve = model.serve
    if serve is None or not model.model:
        raise ServerFailed("serve: needs a model")
    path, environment = _model_path(model), _environment(model, serve)
    if serve.image:
        command, after = _in_container(model, serve, path, environment)
    else:
        words = _command(serve)
        here = os.path.dirname(words[0])  # its environment's tools, as if it were activated
        environment["PATH"] = os.pathsep.join([here, environment.get("PATH", os.defpath)])
        command, after = [*words, path, *_arguments(model, "127.0.0.1", PORT), *serve.args], []
    return Spec(command, environment, after, serve.start_s, serve.linger_s, serve.restarts)


def _arguments(model: ModelOptions, host: str, port: str) -> list[str]:
    return ["--host", host, "--port", port, "--served-model-name", model.model]


def _environment(model: ModelOptions, serve: Serve) -> dict[str, str]:
    """The server's environment; what leads into our Python and our keys are not in it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _OWN_PYTHON and name != model.api_key_env and not name.endswith("_API_KEY")
    }
    if key := os.environ.get(model.api_key_env or "", "").strip():
        kept["VLLM_API_KEY"] = key
    return {**kept, **serve.env}


def _command(serve: Serve) -> list[str]:
    """The words of the command, its program with its whole path. Raises `ServerFailed`."""
    try:
        words = shlex.split(serve.command)
    except ValueError as error:
        raise ServerFailed(f"serve.command: {serve.command!r}: {error}") from None
    program = shutil.which(os.path.expanduser(words[0])) if words else None
    if program is None:
        raise ServerFailed(
            f"serve.command: {words[0] if words else ''!r} is not here. Install vLLM in an "
            "environment of its own (python -m venv ~/vllm && ~/vllm/bin/pip install vllm) and "
            "say command: ~/vllm/bin/vllm serve; or say image: vllm/vllm-openai:latest; or "
            "start a server yourself and say endpoint:"
        )
    return [os.path.abspath(program), *words[1:]]


def _container_program() -> str:
    """docker, else podman. Raises `ServerFailed`."""
    for name in ("docker", "podman"):
        if program := shutil.which(name):
            return program
    raise ServerFailed(
        "serve.image: neither docker nor podman is here; install one, or say command: or endpoint:"
    )


def _in_container(
    model: ModelOptions, serve: Serve, path: str, environment: dict[str, str]
) -> tuple[list[str], list[str]]:
    """`(command, after)`: vLLM in a container with all GPUs and the cache of models.

    Values of variables go through the environment, never onto the command line.
    """
    program, name = _container_program(), f"fabrica-{os.getuid()}-{_identity(model)}"
    gpus = ["--device", "nvidia.com/gpu=all"] if "podman" in program else ["--gpus", "all"]
    cache = environment.get("HF_HOME") or os.path.expanduser("~/.cache/huggingface")
    words = [program, "run", "--rm", "--init", "--name", name, *gpus, "--ipc", "host"]
    words += ["--publish", f"127.0.0.1:{PORT}:{_INSIDE}"]
    words += ["--volume", f"{cache}:/root/.cache/huggingface"]
    words += ["--volume", f"{path}:{path}:ro"] if os.path.isabs(path) else []
    told = {*serve.env, *(v for v in _FOR_CONTAINERS if v in environment)} - {"HF_HOME"}
    for variable in sorted(told):
        words += ["--env", variable]
    words += ["--entrypoint", "vllm", serve.image, "serve", path]
    words += [*_arguments(model, "0.0.0.0", str(_INSIDE)), *serve.args]  # noqa: S104
    return words, [program, "rm", "--force", name]


def _identity(model: ModelOptions) -> str:
    """What tells one server from another: model, command, what `env` says, the GPUs it may use."""
    serve = model.serve or Serve()
    asked = serve.model_dump(include={"command", "image", "args", "env"})
    seen = [os.environ.get(name, "") for name in _GPUS]
    state = [model.model, _model_path(model), model.api_key_env, asked, seen]
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]


def _model_path(model: ModelOptions) -> str:
    """A model's folder, whole, or its name on the hub."""
    path = os.path.expanduser(model.model)
    return os.path.abspath(path) if os.path.isdir(path) else model.model
