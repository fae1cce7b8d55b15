"""The command line with wrong and right input: exit codes, one clear line, nothing written."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.conftest import MINI_PMC, ROOT, fabrica

RECIPE = f"""
name: small
sources:
  - pmc: {{mirror: "{MINI_PMC}", articles: ids.txt}}
select:
  rules: {{large: "width > 100"}}
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ids.txt").write_text("PMC990000001\n990000004\n# a comment\n")
    (tmp_path / "small.yaml").write_text(RECIPE, encoding="utf-8")
    return tmp_path / "small.yaml"


def test_run_plan_and_run_again(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = fabrica(capsys, "plan", recipe)
    assert (code, "not planned yet" in out) == (0, True)
    code, out, _ = fabrica(capsys, "run", recipe, "--workers", 1)
    assert code == 0
    assert "report: " in out
    before = {p: p.stat().st_mtime_ns for p in Path("small").rglob("part-*")}
    code, out, _ = fabrica(capsys, "plan", recipe, "--json")
    assert all(s["done"] == s["total"] for s in json.loads(out)["stages"])
    assert fabrica(capsys, "run", recipe, "--workers", 1)[0] == 0
    assert {p: p.stat().st_mtime_ns for p in Path("small").rglob("part-*")} == before


def test_a_changed_rule_extracts_nothing_again(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fabrica(capsys, "run", recipe, "--workers", 1)
    part = Path("small/stages/extract/part-00000.parquet")
    before = part.stat().st_mtime_ns
    code, out, _ = fabrica(
        capsys, "run", recipe, "--json", "--set", "select.rules.large=width > 100000"
    )
    assert code == 0
    assert json.loads(out)["kept"] == 0
    assert part.stat().st_mtime_ns == before
    assert not list(Path("small/shards").glob("*.tar"))
    assert fabrica(capsys, "verify", "small")[0] == 0


def test_clean_removes_working_files_and_verify_still_passes(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fabrica(capsys, "run", recipe, "--clean", "--workers", 1)[0] == 0
    assert not Path("small/stages").exists()
    assert fabrica(capsys, "verify", "small")[0] == 0
    code, out, _ = fabrica(capsys, "run", recipe)
    assert (code, "nothing to do" in out) == (0, True)
    code, _, err = fabrica(capsys, "run", recipe, "--set", "shards.max_samples=1")
    assert (code, err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "none.yaml"], "no such recipe file"),
        (["run", "small.yaml", "--set", "selct=1"], "did you mean 'select'"),
        (["run", "small.yaml", "--set", "sources.0.pmc.mirror=/none"], "no such folder"),
        (["run", "small.yaml", "--set", "sources.0.pmc.articles=none.txt"], "cannot read none.txt"),
        (["run", "small.yaml", "--set", "sources.0.pmc.articles=small.yaml"], "is no PMC id"),
        (["run", "small.yaml", "--woker", "2"], "neither Fabrica nor Beam has this option"),
        (["run", "small.yaml", "--workers", "-1"], "at least 1"),
        (["run", "small.yaml", "--runner", "Nope"], "Unexpected pipeline runner"),
        (["run", "small.yaml", "--out", ""], "is empty"),
        (["run", "small.yaml", "--out", "/dev/null/x"], "Not a directory"),
        (["run", "small.yaml", "--out", "nosuch://x"], "nosuch"),
        (["plan", "small.yaml", "--frob"], "unknown option --frob"),
        (["verify", "none"], "no corpus here"),
        (["query", "none", "SELECT 1"], "no corpus here"),
        (["report", "none"], "no corpus here"),
        (["frob"], "invalid choice"),
    ],
)
@pytest.mark.usefixtures("recipe")
def test_wrong_input_is_one_line_and_exit_code_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = fabrica(capsys, *arguments)
    assert code == 2
    assert words in err
    assert err.splitlines()[-1].startswith("fabrica")


def test_a_folder_that_is_not_ours_is_left_alone(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("years of work")
    code, _, err = fabrica(capsys, "run", recipe, "--out", "mine")
    assert (code, "not empty" in err) == (2, True)
    assert os.listdir("mine") == ["thesis.txt"]


def test_another_corpus_is_left_alone(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fabrica(capsys, "run", recipe, "--workers", 1)
    code, _, err = fabrica(capsys, "run", recipe, "--set", "name=other", "--out", "small")
    assert (code, "holds another corpus" in err) == (2, True)
    assert fabrica(capsys, "verify", "small")[0] == 0


def test_too_many_faults_are_exit_code_1(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An article that never comes is a fault; the corpus is whole, and the exit code tells."""
    mirror = shutil.copytree(MINI_PMC, tmp_path / "mirror")
    xml = mirror / "PMC990000004.1" / "PMC990000004.1.xml"
    xml.unlink()
    os.mkfifo(xml)
    settings = [f"sources.0.pmc.mirror={mirror}", "run.timeout_s=5", "run.retries=0"]
    options = [word for setting in settings for word in ("--set", setting)]
    code, _, err = fabrica(capsys, "run", recipe, "--workers", 1, *options)
    assert (code, "1 of 4 rows are faults" in err) == (1, True)
    assert fabrica(capsys, "verify", "small")[0] == 0
    allowed = ["--set", "run.max_fault_share=0.25"]
    assert fabrica(capsys, "run", recipe, "--workers", 1, *options, *allowed)[0] == 0


def test_shards_keep_both_limits(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("ids.txt").write_text("PMC990000011\nPMC990000014\nPMC990000016\n")
    limits = ["--set", "shards.max_bytes=120000", "--set", "shards.max_samples=3"]
    assert fabrica(capsys, "run", recipe, "--workers", 1, *limits)[0] == 0
    sizes = []
    for tar in Path("small/shards").glob("*.tar"):
        with tarfile.open(tar) as members:
            samples = sum(name.endswith(".txt") for name in members.getnames())
        assert samples <= 3
        assert samples == 1 or tar.stat().st_size <= 120_000
        sizes.append(samples)
    assert max(sizes) > 1
    assert len(sizes) > 4


def test_sources_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = fabrica(capsys, "sources", "--json")
    assert code == 0
    assert set(json.loads(out)) == {"pmc", "pmc_packages", "jats", "labelled", "rendered"}


def test_cards_of_datasets_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = fabrica(capsys, "sources", "--datasets")
    assert code == 0
    assert re.search(r"^chexpert +\w+ +registration ", out, re.MULTILINE)
    code, out, _ = fabrica(capsys, "sources", "--datasets", "bccd")
    assert (code, "red blood cell" in out, "licence  MIT" in out) == (0, True, True)
    code, out, _ = fabrica(capsys, "sources", "--datasets", "bccd", "--json")
    assert json.loads(out)[0]["family"] == "voc"
    code, _, err = fabrica(capsys, "sources", "--datasets", "bcccd")
    assert (code, "did you mean 'bccd'?" in err) == (2, True)


def test_a_list_that_names_an_article_twice_or_wrongly(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("ids.txt").write_text("PMC990000001\nPMC990000001\nPMC999999999\nPMC990000005.9\n")
    code, out, _ = fabrica(capsys, "run", recipe, "--json")
    counts = json.loads(out)
    assert code == 0
    assert counts["documents"] == 3
    assert counts["by_drop"]["list/metadata_missing"] == 2


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "--version"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout.startswith("fabrica ")
