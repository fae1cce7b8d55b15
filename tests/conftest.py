"""Fixtures for all tests: no network beyond this machine, real data where it is present."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

ROOT = Path(__file__).resolve().parent.parent
MINI_PMC = ROOT / "examples" / "mini-pmc"
DATA = Path(os.environ.get("FABRICA_DATA", ROOT.parent / "shared" / "data"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As a shell starts what runs in the background: programs under test could not be interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def fabrica(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run one command in this process; its exit code, output and errors. No traceback, ever."""
    from pipelines import cli

    try:
        code = cli.main([str(a) for a in arguments])
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


@pytest.fixture(autouse=True)
def _no_network() -> None:
    """Only loopback: a test that reaches out fails."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def jats_data() -> Path:
    """Real articles, for tests that need them."""
    folder = DATA / "jats"
    if not folder.is_dir():
        pytest.skip(f"no real articles at {folder} (set FABRICA_DATA)")
    return folder


@pytest.fixture(scope="session")
def demo_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo recipe's corpus, built once by the real pipeline."""
    from pipelines.recipe_file import load_recipe
    from pipelines.run import RunOptions, run

    out = tmp_path_factory.mktemp("demo") / "corpus"
    recipe = load_recipe(
        str(ROOT / "recipes" / "demo.yaml"),
        [
            f"sources.0.pmc.mirror={MINI_PMC}",
            f"sources.0.pmc.articles={ROOT / 'examples' / 'mini-pmc-articles.txt'}",
            "run.documents_per_partition=8",
        ],
    )
    run(recipe, str(out), RunOptions(workers=2, say=lambda _: None))
    return out


@pytest.fixture(scope="session")
def labelled_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus of the invented labelled datasets, built once by the real pipeline."""
    from pipelines.recipe_file import load_recipe
    from pipelines.run import RunOptions, run

    out = tmp_path_factory.mktemp("demo-labelled") / "corpus"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # the recipe's paths start at the repository
        recipe = load_recipe("recipes/demo-labelled.yaml")
        run(recipe, str(out), RunOptions(workers=2, say=lambda _: None))
    return out
