"""Law 2: a run that is killed anywhere ends, once started again, in byte-identical output."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks import kill
from pipelines import cli, layout
from pipelines.context import Context
from pipelines.corpus import open_corpus
from pipelines.extraction import extract_partition
from pipelines.figures import split_partition
from pipelines.listing import read_listing
from pipelines.recipe_file import load_recipe
from pipelines.selecting import select
from pipelines.shard_plan_file import read_plan
from pipelines.sharding import write_shard
from pipelines.storage import Store
from pipelines.verify import verify

ROOT = Path(__file__).resolve().parents[2]
SEED = 20260917

# Dies with its whole process group just before or after one commit, in whatever process that is.
CRASH = """
import os, signal
when, _, where = os.environ["FABRICA_CRASH"].partition(" ")
replace = os.replace
def replace_or_die(source, target, **more):
    here = str(target).endswith(where)
    if here and when == "before":
        os.killpg(0, signal.SIGKILL)
    replace(source, target, **more)
    if here and when == "after":
        os.killpg(0, signal.SIGKILL)
os.replace = replace_or_die
"""
# In the order of a run, so that each is met by the run that goes on after the one before.
POINTS = (
    "before stages/list/refs/part-00003.parquet",
    "before stages/list/part-00000.parquet",
    "after stages/extract/images/part-00005.tar",
    "after stages/figures/images/part-00005.tar",
    "before stages/figures/part-00005.parquet",
    "after signatures/texts/part-00002.parquet",
    "before stages/score/part-00004.parquet",
    "before stages/select/part-00003.parquet",
    "after shards/train-000000.tar",
    "before corpus.json",
)


@dataclass(frozen=True)
class Reference:
    """An undisturbed corpus: where it lies, what every file's bytes are, how long it took."""

    folder: Path
    files: dict[str, str]
    wall_s: float


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    out = tmp_path_factory.mktemp("reference") / "corpus"
    return Reference(out, *kill.undisturbed(kill.arguments(kill.DEMO, out, 2, 4), out))


def test_the_reference_has_all_that_a_corpus_has(reference: Reference) -> None:
    for name in ("corpus.json", "README.md", "croissant.json", "ATTRIBUTION.csv", layout.REPORT):
        assert name in reference.files
    assert sum(name.startswith("manifest/") for name in reference.files) == 6
    assert sum(name.startswith("shards/") for name in reference.files) == 3
    assert not [name for name in reference.files if ".tmp-" in name]


def test_differences_sees_every_kind() -> None:
    found = kill.differences({"a": "1", "b": "2", "d": "4"}, {"a": "1", "b": "3", "c": "5"})
    assert found == ["b: differs", "c: missing", "d: extra"]


def test_killed_at_random_moments(tmp_path: Path, reference: Reference) -> None:
    """In the second half, where the files come; the benchmark does the whole time."""
    chance, out = random.Random(SEED), tmp_path / "corpus"
    delays = [reference.wall_s * (0.5 + delay) for delay in kill.moments(3, 0.5, chance)]
    plan = list(zip(delays, ("parent", "child", "fork server"), strict=True))
    command = kill.arguments(kill.DEMO, out, 2, 4)
    tally = kill.torment(command, out, reference.files, plan, chance)
    assert not tally.problems
    assert sum(tally.kills.values()) == 3


def test_killed_before_and_after_commits(tmp_path: Path, reference: Reference) -> None:
    (tmp_path / "sitecustomize.py").write_text(CRASH)
    out = tmp_path / "corpus"
    command = kill.arguments(kill.DEMO, out, 2, 4)
    for point in POINTS:
        run = kill.Run(command, {"PYTHONPATH": str(tmp_path), "FABRICA_CRASH": point})
        code, said = run.finish(60)
        assert code == -signal.SIGKILL, f"{point} was never reached: {said}"
    code, said = kill.Run(command).finish(60)
    assert code == 0, said
    assert not kill.check(out, reference.files)


@pytest.fixture
def stuck(tmp_path: Path) -> Path:
    """The demo with one article whose XML never comes: a named pipe that nobody writes to."""
    mirror = shutil.copytree(ROOT / "examples" / "mini-pmc", tmp_path / "mirror")
    xml = mirror / "PMC990000009.1" / "PMC990000009.1.xml"
    xml.unlink()
    os.mkfifo(xml)
    recipe = tmp_path / "stuck.yaml"
    recipe.write_text(kill.DEMO.read_text().replace("examples/mini-pmc,", f"{mirror},"))
    return recipe


def started(recipe: Path, out: Path) -> kill.Run:
    """A run of one document per partition that has come to the one that hangs."""
    run = kill.Run(kill.arguments(recipe, out, 2, 1))
    end = time.monotonic() + 60
    while len(list((out / layout.EXTRACTED).glob("*.parquet"))) < 10:
        assert not run.ended_within(0.05), run.finish()
        assert time.monotonic() < end
    return run


def test_interrupted_from_the_keyboard(stuck: Path, tmp_path: Path) -> None:
    """Ctrl-C ends a run soon, in one line, and no process stays."""
    run = started(stuck, tmp_path / "corpus")
    try:
        os.killpg(run.process.pid, signal.SIGINT)
        assert run.ended_within(10), "the run goes on after Ctrl-C"
        assert not run.survivors(5)
        code, said = run.finish()
        assert "Traceback" not in said
        assert "run the same command again" in said
        assert code == 130
    finally:
        run.end()


def test_a_killed_parent_leaves_no_worker_behind(stuck: Path, tmp_path: Path) -> None:
    """Not even one that is stuck in a row."""
    run = started(stuck, tmp_path / "corpus")
    try:
        assert len(run.members()) >= 4
        run.process.kill()
        run.finish()
        assert not run.survivors(5)
    finally:
        run.end()


def test_an_article_that_hangs_is_a_fault_and_the_others_are_done(
    stuck: Path, tmp_path: Path, reference: Reference
) -> None:
    out = tmp_path / "corpus"
    command = [*kill.arguments(stuck, out, 2, 4), "--set", "run.timeout_s=3", "--json"]
    code, said = kill.Run(command).finish(60)
    assert code == 0, said
    counts = json.loads(said.splitlines()[-1])
    assert counts["faults"] == 1
    assert counts["documents"] == 23
    assert not list(verify(open_corpus(str(out))))


class Killed(BaseException):
    """Stands for SIGKILL in this very process."""


@contextmanager
def killed_after(monkeypatch: pytest.MonkeyPatch, commit: str) -> Iterator[None]:
    """The commit of a file whose path ends in `commit` is the last thing that happens."""
    replace = os.replace

    def replace_and_die(source: str, target: str) -> None:
        replace(source, target)
        if str(target).endswith(commit):
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace_and_die)
        with pytest.raises(Killed):
            yield


def demo(out: Path, *changes: str) -> int:
    sets = [part for change in changes for part in ("--set", change)]
    return cli.main([*kill.arguments(kill.DEMO, out, 2, 4), *sets])


def context_of(out: Path, *changes: str) -> Context:
    recipe = load_recipe(str(kill.DEMO), ["run.documents_per_partition=4", *changes])
    return Context(recipe.model_dump_json(by_alias=True, exclude_unset=True), str(out))


def tell(_: str) -> None:
    """No one listens."""


CHANGES = {
    "extract": ("sources.0.pmc.max_side=90", "stages/extract/images/part-00001.tar"),
    "figures": ("figures.confidence=0.99", "stages/figures/images/part-00004.tar"),
    "select": ("select.split.test=0.5", "stages/select/part-00003.parquet"),
    "shard": ("select.rules.large_enough=height >= 450", "shards/train-000000.tar"),
}


@pytest.mark.parametrize("stage", CHANGES)
def test_a_changed_recipe_is_killed_and_taken_back(
    stage: str, reference: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A, then B killed half-way, then A again: the corpus of A, byte for byte."""
    monkeypatch.chdir(ROOT)
    out = shutil.copytree(reference.folder, tmp_path / "corpus")
    change, commit = CHANGES[stage]
    other, store = context_of(out, change), Store(str(out))
    listing = read_listing(store)
    assert listing is not None
    if stage == "shard":
        select(other, listing)
    with killed_after(monkeypatch, commit):
        if stage == "extract":
            extract_partition(other, 1, {}, tell)
        elif stage == "figures":
            split_partition(other, 4, {}, tell)
        elif stage == "select":
            select(other, listing)
        else:
            names = [shard.name for shard in read_plan(store)]
            write_shard(other, names.index("train-000000"), {}, tell)
    changed = next(name for name in reference.files if name.endswith(commit))
    differ = kill.differences(kill.tree(out), reference.files)
    assert f"{changed}: differs" in differ, "a change that does not matter shows nothing"
    assert demo(out) == 0
    assert not kill.differences(kill.tree(out), reference.files)


def test_a_corpus_that_is_being_changed_is_not_called_complete(
    reference: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`corpus.json` says that all else is there; it must not say so half-way through a change."""
    monkeypatch.chdir(ROOT)
    out = shutil.copytree(reference.folder, tmp_path / "corpus")
    change = "select.rules.large_enough=height >= 450"
    with killed_after(monkeypatch, "README.md"):
        demo(out, change)
    half_way = list(verify(open_corpus(str(out)))) if (out / layout.CORPUS_JSON).exists() else []
    assert demo(out, change) == 0
    fresh = tmp_path / "fresh"
    assert demo(fresh, change) == 0
    assert not kill.differences(kill.tree(out), kill.tree(fresh))
    assert not half_way


def test_a_withdrawn_article_is_marked_though_nothing_else_is_new(tmp_path: Path) -> None:
    """What select decides on includes what is gone; the plan of before must not stand."""
    root, out = tmp_path / "articles", tmp_path / "corpus"
    for number in ("PMC990000001.1", "PMC990000002.1"):
        shutil.copytree(ROOT / "examples" / "mini-pmc" / number, root / number)
    recipe = tmp_path / "two.yaml"
    recipe.write_text(json.dumps({"name": "two", "sources": [{"jats": {"root": str(root)}}]}))
    command = ["run", str(recipe), "--out", str(out), "--workers", "1"]
    assert cli.main(command) == 0
    shutil.rmtree(root / "PMC990000001.1")
    assert cli.main([*command, "--relist"]) == 0
    by_drop = open_corpus(str(out)).state["counts"]["by_drop"]
    assert by_drop.get("list/withdrawn", 0) > 0
