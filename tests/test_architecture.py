"""The arrows of the design: who may import whom, and where Beam and torch may appear."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

ALLOWED = {
    "schemas": {"schemas"},
    "extractors": {"schemas", "extractors"},
    "llm_rewrite": {"schemas", "llm_rewrite"},
    "filters": {"schemas", "filters"},
    "pipelines": {"schemas", "extractors", "llm_rewrite", "filters", "pipelines", "trainer"},
    "trainer": {"schemas", "trainer"},
}
BEAM_FREE = ("schemas", "extractors", "llm_rewrite", "filters", "trainer")


def _modules() -> Iterator[Path]:
    for package in ALLOWED:
        yield from sorted((ROOT / package).rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module


@pytest.mark.parametrize("path", list(_modules()), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_follow_the_arrows(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = {name.split(".")[0] for name in _imports(path)} & set(ALLOWED)
    assert ours <= ALLOWED[package]


def test_only_the_train_command_knows_the_trainer() -> None:
    users = {
        str(path.relative_to(ROOT))
        for path in _modules()
        if path.relative_to(ROOT).parts[0] == "pipelines"
        and any(name.split(".")[0] == "trainer" for name in _imports(path))
    }
    assert users
    for path in users:
        assert path.startswith(("pipelines/train", "pipelines/ablation", "pipelines/report/train"))


def test_only_one_module_imports_beam() -> None:
    users = {
        str(path.relative_to(ROOT))
        for path in _modules()
        if any(name.split(".")[0] == "apache_beam" for name in _imports(path))
    }
    assert users == {"pipelines/beam.py"}


def test_no_pickle_and_no_name_that_says_nothing() -> None:
    for path in _modules():
        assert path.stem not in ("utils", "helpers", "manager", "common", "misc"), path
        assert not {"pickle", "dill", "shelve"} & {n.split(".")[0] for n in _imports(path)}, path


def test_torch_and_spacy_are_asked_for_in_one_place_each() -> None:
    users: dict[str, set[str]] = {"torch": set(), "open_clip": set(), "spacy": set()}
    for path in _modules():
        for name in {name.split(".")[0] for name in _imports(path)} & set(users):
            users[name].add(str(path.relative_to(ROOT)))
    clip = {path for path in {*users["torch"], *users["open_clip"]} if "trainer/" not in path}
    assert all(path.startswith("filters/clip") for path in clip)
    assert users["spacy"] <= {"extractors/concepts/scispacy_linker.py"}


def test_the_base_install_runs_without_torch() -> None:
    code = "import sys, pipelines.tasks, pipelines.cli; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_every_module_says_what_it_is_for() -> None:
    for path in _modules():
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring, path
        assert len(docstring.split("\n")[0]) > 20, path


def test_every_command_is_in_the_readme() -> None:
    from pipelines.cli import build_parser

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    actions = [a for a in build_parser()._actions if a.choices and a.metavar == "COMMAND"]
    (commands,) = (list(a.choices) for a in actions)  # type: ignore[arg-type]
    assert len(commands) >= 7
    for command in commands:
        assert f"fabrica {command}" in readme, command
