"""Scores and verdicts, on hand-made figures and on simulated comparisons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.verdicts import SETTINGS, arms
from tests.trainer.test_bootstrap import measured
from trainer.evaluation.measured import Measured
from trainer.statistics import differences, scores

ROWS = 60


def arm(level: float, *names: dict, seeds: int = 3) -> list[list[Measured]]:
    """Figures whose rows and seeds differ by a little around a level."""
    rows = np.random.default_rng(0).normal(0, 0.02, ROWS)
    return [
        [measured(level + rows + 0.002 * seed, **name) for name in names or ({},)]
        for seed in range(seeds)
    ]


def test_an_arm_against_itself_is_a_tie_without_width() -> None:
    same = arm(0.5, {}, {"task": "zero_shot"})
    overall, tasks = differences(same, same)
    assert {(each.low, each.difference, each.high, each.verdict) for each in [overall, *tasks]} == {
        (0, 0, 0, "tie")
    }


def test_verdicts_by_task_and_overall() -> None:
    names = {"task": "a"}, {"task": "b"}
    better, [a, _] = differences(arm(0.6, *names), arm(0.5, *names))
    assert (a.corpus, a.other) == pytest.approx((0.602, 0.502), abs=0.01)
    assert a.difference == pytest.approx(0.1)
    assert (better.verdict, a.verdict) == ("better", "better")
    worse, tasks = differences(arm(0.5, *names), arm(0.6, *names))
    assert {worse.verdict, *(each.verdict for each in tasks)} == {"worse"}
    assert (worse.test_set, worse.task, worse.metric) == ("", "overall", "mean of 2")


def test_less_is_better_for_calibration() -> None:
    names = {"task": "a"}, {"task": "calibration", "role": "calibration"}
    overall, [task, calibration] = differences(arm(0.6, *names), arm(0.5, *names))
    assert [overall.verdict, task.verdict, calibration.verdict] == ["better", "better", "worse"]
    assert calibration.difference > 0


def test_one_seed_gives_no_verdict() -> None:
    overall, tasks = differences(arm(0.9, seeds=1), arm(0.1, seeds=1))
    assert {overall.verdict, tasks[0].verdict} == {"one seed: no verdict"}
    assert overall.difference == pytest.approx(0.8)


def test_a_test_set_and_family_counts_once() -> None:
    names = (
        {"task": "retrieval_image_to_text"},
        {"task": "retrieval_text_to_image"},
        {"task": "zero_shot", "slice": "a"},
        {"task": "zero_shot", "slice": "b"},
        {"task": "options"},
        {"task": "options", "test_set": "other"},
    )
    other = arm(0.5, *names)
    gains = (0.2, 0.4, 0.1, 0.3, 0.05, 0.45)
    seeds = [
        [replace(m, values=m.values + gain) for m, gain in zip(seed, gains, strict=True)]
        for seed in other
    ]
    overall, tasks = differences(seeds, other)
    assert overall.difference == pytest.approx((0.3 + 0.2 + 0.05 + 0.45) / 4)
    assert overall.corpus - overall.other == pytest.approx(overall.difference)
    assert [each.difference for each in tasks] == pytest.approx(gains)


def test_only_tasks_are_in_overall_and_changes_only_together() -> None:
    names = (
        {"role": "detail", "slice": "CT"},
        {"role": "robust", "slice": "jpeg"},
        {"role": "robust", "slice": "all changes"},
        {"role": "robust", "slice": "dermamnist, all changes", "task": "zero_shot"},
        {"role": "blind", "slice": "no picture"},
        {"task": "a"},
    )
    other = arm(0.5, *names)
    seeds = [[replace(m, values=m.values + (m.role != "task")) for m in seed] for seed in other]
    overall, found = differences(seeds, other)
    assert (overall.difference, overall.verdict) == (0, "tie")
    assert [each.slice for each in found] == ["", "all changes", "dermamnist, all changes", "CT"]


def test_intervals_of_one_role_hold_together() -> None:
    def width(n: int) -> float:
        values = np.random.default_rng(4).normal(0, 0.3, (3, ROWS))
        seeds = [[measured(each, task=f"t{i}") for i in range(n)] for each in 0.5 + values]
        zero = [[replace(m, values=np.zeros(ROWS)) for m in seed] for seed in seeds]
        overall, tasks = differences(seeds, zero)
        widths.append(overall.high - overall.low)
        return tasks[0].high - tasks[0].low

    widths: list[float] = []
    assert width(1) < width(4) < width(16)
    assert widths == pytest.approx([widths[0]] * 3)  # overall is not stretched


def test_arms_that_do_not_fit_are_refused() -> None:
    good = arm(0.5, {"task": "a"}, {"task": "b"})
    with pytest.raises(ValueError, match="same figures"):
        differences(good, [seed[:1] for seed in good])
    with pytest.raises(ValueError, match="differ in seeds"):
        differences(good, good[:2])
    other = [[replace(m, groups=m.groups[::-1]) for m in seed] for seed in good]
    with pytest.raises(ValueError, match="differ in seeds, units"):
        differences(good, other)
    blind = arm(0.5, {"role": "blind"})
    with pytest.raises(ValueError, match="no task"):
        differences(blind, blind)


def test_scores_stand_by_their_interval() -> None:
    found = scores(
        arm(0.5, {"chance": 0.2}, {"chance": 0.5, "task": "b"}, {"chance": 0.9, "task": "c"})
    )
    assert [each.stands for each in found] == ["above", "at", "below"]
    assert all(each.low < each.value < each.high for each in found)
    assert (found[0].units, found[0].groups, found[0].role) == (ROWS, ROWS, "task")


def test_no_hit_at_all_is_not_below_a_chance_of_one_row() -> None:
    nothing = scores([[measured(np.zeros(50), chance=1 / 50)] for _ in range(3)])[0]
    assert (nothing.value, nothing.low, nothing.stands) == (0, 0, "at")
    assert 0.02 < nothing.high < 0.1
    everything = scores([[measured(np.ones(50), chance=0.5)] for _ in range(3)])[0]
    assert (everything.high, everything.stands) == (1, "above")
    assert 0.9 < everything.low < 1


def test_rounding_is_no_difference() -> None:
    # 0.1 + 0.2 is not 0.3: constant figures may be off by the last digit, without any spread.
    off = [[measured(np.full(30, 0.1 + 0.2), chance=0.3)] for _ in range(3)]
    even = [[measured(np.full(30, 0.3), chance=0.3)] for _ in range(3)]
    assert differences(off, even)[0].verdict == "tie"
    assert differences(even, off)[0].verdict == "tie"
    assert scores(off)[0].stands == "at"
    almost = scores([[measured(np.full(30, 1 - 1e-15), weights=np.full(30, 1 / 7))]] * 3)[0]
    assert almost.low < 0.95


def test_errors_of_probabilities_are_not_below_nothing() -> None:
    seeds = [[measured(np.full(30, value), role="calibration")] for value in (0.1, 0.3)]
    assert scores(seeds)[0].low == 0
    assert scores(seeds)[0].high > 1


def test_shares_stay_shares() -> None:
    few = np.array([1.0, 1.0, 1.0, 0.0])
    found = scores([[measured(few)], [measured(np.ones(4))]])[0]
    assert 0 <= found.low < found.value < found.high <= 1
    far = differences(
        [[measured(few)], [measured(few * 0)]], [[measured(few * 0)], [measured(few)]]
    )
    assert (far[0].low, far[0].high) == (-1, 1)


def test_blind_checks_hold_together() -> None:
    rows = (np.arange(200) % 10 == 0).astype(float)
    seeds = [[measured(rows, chance=0.1)] for _ in range(3)]
    alone = scores([[replace(seed[0], role="blind")] for seed in seeds])[0]
    many = scores(
        [[replace(seed[0], role="blind", slice=str(i)) for i in range(20)] for seed in seeds]
    )[0]
    assert alone.high - alone.low == pytest.approx(scores(seeds)[0].high - scores(seeds)[0].low)
    assert many.high - many.low > 1.3 * (alone.high - alone.low)


def test_an_arm_without_figures_has_no_scores() -> None:
    assert scores([[], []]) == []


@pytest.mark.parametrize("setting", [SETTINGS[1], SETTINGS[3]], ids=lambda each: each.name)
def test_seldom_a_verdict_where_nothing_differs(setting) -> None:
    wrong = np.zeros(2)
    for number in range(60):
        overall, tasks = differences(*arms(setting, 3, np.random.default_rng([3, number])))
        wrong += [each != {"tie"} for each in ({overall.verdict}, {one.verdict for one in tasks})]
    assert wrong.max() <= 7  # 5 % of 60 is 3; more than 7 comes once in 100


def test_what_differs_is_found() -> None:
    for number in range(10):
        a, b = arms(replace(SETTINGS[2], gain=0.6), 5, np.random.default_rng(number))
        assert differences(a, b)[0].verdict == "better"
        assert differences(b, a)[0].verdict == "worse"
