"""`fabrica train`: what a user types and sees, and one line for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import fabrica
from tests.trainer.corpora import colour_corpus
from tests.trainer.small import small

__all__ = ["small"]
QUICK = ("--seeds", 2, "--samples", 256, "--set", "batch=32", "--set", "learning_rate=0.005")


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("train")
    sizes = {"train": 60, "test": 24}
    return colour_corpus(folder / "a", sizes), colour_corpus(folder / "b", sizes, "others")


@pytest.mark.usefixtures("small")
def test_train_prints_each_task_with_chance_and_leaves_a_page(
    corpora: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = fabrica(capsys, "train", corpora[0], "--out", tmp_path / "t", *QUICK)
    assert (code, err) == (0, "")
    assert "zero_shot" in out
    assert "chance 0.250" in out
    assert "blind checks" in out
    assert "colours, seed 1: 256 samples" in out
    page = _page(out)
    assert "<h1>" in page
    result = json.loads((tmp_path / "t" / "result.json").read_text())
    assert result["command"] == "train"
    assert result["settings"]["batch"] == 32
    folder = Path(result["arms"][0]["runs"][0]["folder"])
    assert (folder / "checkpoint/open_clip_config.json").is_file()


def _page(out: str) -> str:
    line = next(line for line in out.splitlines() if line.startswith("report: "))
    return Path(line.removeprefix("report: ")).read_text()


@pytest.mark.usefixtures("small")
def test_against_gives_a_verdict_and_json_is_all_that_is_printed(
    corpora: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("train", corpora[0], "--against", corpora[1], "--out", tmp_path / "t", *QUICK)
    code, out, err = fabrica(capsys, *command)
    assert (code, err) == (0, "")
    assert "verdict: colours is no better or worse than others" in out
    code, out, _ = fabrica(capsys, *command, "--json")
    answer = json.loads(out)
    assert answer["overall"]["verdict"] == "tie"
    assert Path(answer["page"]).is_file()


@pytest.mark.usefixtures("small")
def test_a_checkpoint_is_learned_further(
    corpora: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fabrica(capsys, "train", corpora[0], "--out", tmp_path / "t", *QUICK)
    result = json.loads((tmp_path / "t" / "result.json").read_text())
    checkpoint = f"local-dir:{result['arms'][0]['runs'][0]['folder']}/checkpoint"
    quick = ("--seeds", 1, "--samples", 64, "--set", "batch=32", "--set", "freeze=image,text")
    code, _, err = fabrica(
        capsys, "train", corpora[0], "--out", tmp_path / "u", "--model", checkpoint, *quick
    )
    assert (code, err) == (0, "")
    further = json.loads((tmp_path / "u" / "result.json").read_text())
    assert further["settings"]["learning_rate"] == 1e-5
    first, second = (r["arms"][0]["runs"][0]["losses"][-1][1] for r in (result, further))
    assert second < first + 0.5


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--model", "ViT-S-61"), "neither tiny, a name of open_clip.list_models()"),
        (("--model", "local-dir:nowhere"), "nowhere"),
        (("--set", "batsch=3"), "did you mean 'batch'"),
        (("--set", "batch"), "give KEY=VALUE"),
        (("--samples", 0), "samples: 0"),
        (("--seeds", 0), "at least 1"),
        (("--set", "device=cuda:9"), "device: cuda:9"),
        (("--scaling", "--ablate", "rules"), "one at a time"),
        (("--against", "nowhere"), "nowhere"),
        (("--test", "nowhere"), "nowhere"),
        (("--prompts", "nowhere.yaml"), "nowhere.yaml"),
        (("--out", " "), "empty"),
        (("--out", "s3://bucket/x"), "must be a folder on a disk"),
    ],
)
@pytest.mark.usefixtures("small")
def test_what_is_wrong_is_one_line(
    corpora: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: tuple,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = fabrica(capsys, "train", corpora[0], *QUICK, *options)
    assert code == 2
    assert says in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("small")
def test_corpora_without_rows_to_learn_from_or_test_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    only_test = colour_corpus(tmp_path / "a", {"test": 9})
    code, _, err = fabrica(capsys, "train", only_test, "--out", tmp_path / "t")
    assert code == 2
    assert "its split train is empty" in err
    broken = colour_corpus(tmp_path / "b", {"train": 9, "test": 9})
    for shard in (broken / "shards").iterdir():
        shard.write_bytes(b"not a tar")
    code, _, err = fabrica(capsys, "train", broken, "--out", tmp_path / "t")
    assert code == 2
    assert "shard_not_readable" in err
