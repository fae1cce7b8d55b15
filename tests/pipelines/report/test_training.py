"""The page of `fabrica train`: every section, hostile names, nothing there, one seed."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from pipelines.report.training import write_training_page
from pipelines.report.training_curves import doubling_words
from pipelines.report.training_marks import Line, Mark, Scale, between, scale_of
from pipelines.report.training_words import title, verdict
from tests.pipelines.report.made_result import made_result
from trainer.results import Ablated, Arm, Difference, Doubling, Result, Run

COMMANDS = ("train", "against", "ablate", "scaling")
EVERYWHERE = (
    "Scores", "Blind checks", "By modality", "Details", "Robustness", "Calibration", "Training",
    "Left out", "Faults", "Test sets", "Settings",
)  # fmt: skip
OWN = {"train": [], "against": ["Differences by task"], "ablate": ["Rules"], "scaling": ["Scaling"]}
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=y>\x00&amp;"


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {command: made_result(command) for command in COMMANDS}


def page(folder: Path, result: Result) -> str:
    path = Path(write_training_page(str(folder), result))
    assert path == folder / "index.html"
    html = path.read_text(encoding="utf-8")
    checked = _Checked()
    checked.feed(html)
    assert checked.open == []
    return html


class _Checked(HTMLParser):
    """That tags are closed in order, and that there is no script and no address."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "img", "a", "iframe", "link")
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]
        if tag not in ("meta", "br", "wbr"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("command", COMMANDS)
def test_every_section_is_there(command: str, results: dict[str, Result], tmp_path: Path) -> None:
    html = page(tmp_path, results[command])
    assert re.findall("<h2>([^<]*)", html) == [*OWN[command], *EVERYWHERE]
    assert "/secret/run" not in html
    assert "nan" not in html.lower().replace("finance", "")
    assert "image cannot be read" in html
    assert "same article or patient" in html
    assert "version of torch" in html
    assert '<td class="n">123</td>' in html
    assert "tiny model" in html


def test_numbers_and_verdicts_of_a_comparison(results: dict[str, Result], tmp_path: Path) -> None:
    result = results["against"]
    html = page(tmp_path, result)
    overall = result.overall
    assert overall is not None
    assert overall.verdict == "better"
    numbers = f"{overall.difference:+.3f} [{overall.low:+.3f}, {overall.high:+.3f}]"
    assert (
        "Models trained on radiology-clean are better than on radiology-shuffled: "
        f"{numbers} over 12 tasks, 3 seeds." in html
    )
    for each in result.differences:
        assert between(each.difference, each.low, each.high, signed=True) in html
    for arm in result.arms:
        for score in arm.scores:
            assert between(score.value, score.low, score.high) in html
    assert "At chance.</b> radiology-clean" in html
    assert "without a part in overall" in html


def test_blind_checks_that_are_off_are_told(results: dict[str, Result], tmp_path: Path) -> None:
    result = results["train"]
    assert "NOT at chance" not in page(tmp_path, result)
    arm = result.arms[0]
    marked = [
        msgspec.structs.replace(score, stands="above")
        if (score.role, score.task) == ("blind", "options")
        else score
        for score in arm.scores
    ]
    off = msgspec.structs.replace(result, arms=[msgspec.structs.replace(arm, scores=marked)])
    html = page(tmp_path, off)
    assert "NOT at chance.</b> radiology-clean, 2 of 10 checks: Answer picked among options" in html
    assert "(accuracy · yes or no, shuffled pairs) above chance" in html
    assert "was not learned from pictures" in html
    assert "<details open><summary>10 checks" in html


def test_rules_in_words(results: dict[str, Result], tmp_path: Path) -> None:
    result = results["ablate"]
    html = page(tmp_path, result)
    assert "length(caption) &gt;= 20" in html
    assert "not trained: no row is dropped by it alone" in html
    found = [_worded(each, result) for each in ("better", "worse", "tie")]
    assert found == [
        "Of 1 rule: 1 is worth keeping; 3 seeds.",
        "Of 1 rule: 1 harms; 3 seeds.",
        "Of 1 rule: 1 makes no difference seen; 3 seeds.",
    ]


def _worded(word: str, result: Result) -> str:
    overall = msgspec.structs.replace(result.ablation[0].overall, verdict=word)
    rule = msgspec.structs.replace(result.ablation[0], overall=overall)
    return verdict(msgspec.structs.replace(result, ablation=[rule]))


def test_curves_of_a_scaling_run(results: dict[str, Result], tmp_path: Path) -> None:
    result = results["scaling"]
    html = page(tmp_path, result)
    assert html.count('class="fitted"') == len(result.scaling) == 6
    assert html.count('<circle class="one"') == 24
    # Two zero-shot tasks of one metric are told apart, each with its own chance.
    assert "balanced accuracy · dermamnist</small>" in html
    assert html.count("4,096 rows: ") == 6
    chances = re.findall(r'<svg class="curve".*?</svg>', html)[:6]
    assert all('class="chance"' in chart for chart in chances)
    assert "zero_shot" not in html
    assert "radiology-clean: what more of it brings" in html
    words = Doubling("s", "t", "m", [], 0.02, 0.01, 0.03, 2.0, 0.25)
    assert (
        doubling_words(words)
        == "+0.020 [+0.010, +0.030] by each doubling: gains; error = 2 × rows^-0.25"
    )


def test_ties_and_one_seed_in_words(results: dict[str, Result]) -> None:
    result = results["against"]
    tie = Difference("", "overall", "", "m", 0.5, 0.5, 0.0, 0.0, 0.0, "tie")
    assert verdict(msgspec.structs.replace(result, overall=tie)).startswith(
        "No difference is seen between models trained on radiology-clean and on radiology-shuffled: "
        "0.000 [0.000, 0.000] over 12 tasks"
    )
    one = msgspec.structs.replace(tie, verdict="one seed: no verdict")
    assert verdict(msgspec.structs.replace(result, overall=one)).startswith(
        "One seed, so no verdict"
    )


def test_arms_of_one_name_are_told_apart(results: dict[str, Result]) -> None:
    result = results["against"]
    same = [msgspec.structs.replace(arm, name="corpus") for arm in result.arms]
    renamed = msgspec.structs.replace(result, arms=same)
    assert title(renamed).startswith("corpus (A) against corpus (B)")


@pytest.mark.parametrize("command", COMMANDS)
def test_hostile_names_are_text(command: str, results: dict[str, Result], tmp_path: Path) -> None:
    raw = msgspec.to_builtins(results[command])
    html = page(tmp_path, msgspec.convert(_poisoned(raw), Result, strict=False))
    assert "alert(1)" in html
    assert "<script" not in html
    assert "<img" not in html
    assert "\x00" not in html


def _poisoned(value: object, name: str = "") -> object:
    """Every text and every key that is not the file's own replaced by something hostile."""
    if isinstance(value, dict):
        free = name in ("overlap", "faults", "settings", "versions", "modalities")
        return {(k + HOSTILE if free else k): _poisoned(v, k) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_poisoned(each, name) for each in value]
    if isinstance(value, str) and name not in ("command", "role", "stands", "verdict"):
        return value + HOSTILE
    return value


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_there_is_a_page_too(command: str, tmp_path: Path) -> None:
    empty = Result(command, "c", "", {}, {}, [], [])
    assert "<h2>Settings</h2>" in page(tmp_path, empty)
    bare = Arm("c", 0, [], [])
    page(tmp_path, Result(command, "c", "o", {}, {}, [{"name": "t"}], [bare, bare]))


def test_a_run_that_diverged_and_one_without_losses(tmp_path: Path) -> None:
    runs = [
        Run("c", 0, 10, 20, 0.0, math.inf, 0.0, [(10, 2.0), (20, math.nan)]),
        Run("c", 1, 10, 20, 1.0, 5.0, 0.1, []),
        Run("c", 2, 10, 20, 1.0, 5.0, 0.1, [(n, 2.0 - n / 1e4) for n in range(5000)]),
    ]
    html = page(tmp_path, Result("train", "c", "", {}, {}, [], [Arm("c", 10, runs, [])]))
    assert html.count("<polyline") == 1
    assert "diverged" in html
    points = re.search('points="([^"]*)"', html)
    assert points is not None
    assert 300 < len(points.group(1).split()) <= 400


def test_rules_that_were_not_trained(tmp_path: Path) -> None:
    rule = Ablated("r", "x > 1", 5, 6, skipped="too few rows")
    html = page(tmp_path, Result("ablate", "c", "", {}, {}, [], [], ablation=[rule]))
    assert "No rule was left out and trained without." in html
    assert "not trained: too few rows" in html


def test_scales_have_round_ticks_and_hold_everything() -> None:
    lines = [Line("a", "", [Mark(0.31, 0.2, 0.42, "one", was=0.6)], [""], 0.1)]
    scale = scale_of(lines, within=(0, 1))
    assert scale.low < 0.1 < 0.6 < scale.high
    assert scale.ticks() == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    assert Scale(-0.034, 0.021).ticks() == [-0.03, -0.02, -0.01, 0.0, 0.01, 0.02]
    assert scale_of([]).low < scale_of([]).high
    assert Scale(0, 1).at(7) == "100.00%"


def test_small_numbers_do_not_become_minus_nothing() -> None:
    assert between(-0.0001, -0.2, 0.3, signed=True) == "0.000 [-0.200, +0.300]"
    assert between(0.0004, -0.0004, 0.5) == "0.000 [0.000, 0.500]"
