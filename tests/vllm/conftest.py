"""Tests against a real vLLM, run by `make test-vllm`: skipped unless FABRICA_VLLM names its environment."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from llm_rewrite.options import ModelOptions, Serve
from llm_rewrite.serving.server import Server, served
from llm_rewrite.serving.state import read_state, session_members

HERE = Path(__file__).parent
ENVIRONMENT = Path(os.environ.get("FABRICA_VLLM", ""))
ARGUMENTS = ["--max-model-len", "4096", "--dtype", "float32", "--enforce-eager"]
# Noise likes blanks between the words of JSON, and never ends.
ARGUMENTS += [
    "--structured-outputs-config",
    '{"backend": "xgrammar", "disable_any_whitespace": true}',
]
SETTINGS = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "2",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("FABRICA_VLLM"):
        return
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.skip(reason="needs a real vLLM: make test-vllm"))


def model_of(kind: str, **more: Any) -> ModelOptions:
    """A tiny model as a recipe would have it served: `kind` is text or image."""
    weights = ["--load-format", "dummy"] if kind == "image" else []
    serve = Serve(
        command=f"{ENVIRONMENT}/bin/vllm serve",
        args=[*ARGUMENTS, "--max-num-seqs", "16", "--enable-prompt-tokens-details", *weights],
        env=SETTINGS,
        start_s=300,
        linger_s=1,
    )
    options = {"in_flight": 16, "max_tokens": 64, "timeout_s": 120, "retries": 2, **more}
    return ModelOptions(model=str(ENVIRONMENT / "models" / kind), serve=serve, **options)


@contextmanager
def lasting(model: ModelOptions, folder: Path) -> Iterator[Server]:
    """The model's server; afterwards every process of it is gone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        with served(model) as server:
            yield server
            state = read_state(server.folder)
        assert state is not None
        until = time.monotonic() + 60
        while session_members(state):
            assert time.monotonic() < until, "the server was left behind"
            time.sleep(0.2)


@pytest.fixture(scope="session")
def text_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`vllm serve` of the text model."""
    with lasting(model_of("text"), tmp_path_factory.mktemp("text")) as server:
        yield server


@pytest.fixture(scope="session")
def image_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`vllm serve` of the image model, which demands a key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINY_KEY", "sk-tiny-0123")
        model = model_of("image", api_key_env="TINY_KEY")
        with lasting(model, tmp_path_factory.mktemp("image")) as server:
            yield server
