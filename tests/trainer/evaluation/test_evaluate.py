from __future__ import annotations

import numpy as np
import pytest

from schemas.sample import Sample
from tests.trainer.evaluation.colours import Diverged, SeesColour, SeesNothing, colour_rows
from tests.trainer.evaluation.rows import rows_of
from trainer.evaluation.corruptions import CORRUPTIONS
from trainer.evaluation.evaluate import EvaluateOptions, evaluate
from trainer.evaluation.measured import EvaluationSet, Measured, Rows
from trainer.evaluation.remembered import NotFinite
from trainer.evaluation.retrieval import IMAGE_TO_TEXT, MEAN_RECALL, TEXT_TO_IMAGE

FEW = EvaluateOptions(corruptions=("gaussian noise", "jpeg"), permutations=60)


@pytest.fixture(scope="module")
def test_set() -> EvaluationSet:
    return EvaluationSet("colours", colour_rows(96, 0), colour_rows(48, 1))


@pytest.fixture(scope="module")
def found(test_set: EvaluationSet) -> list[Measured]:
    return evaluate(SeesColour(), [test_set], FEW)


def _main(found: list[Measured], role: str, change: str = "") -> dict[str, Measured]:
    """By task, the figures of a role under a change."""
    return {one.task: one for one in found if one.role == role and one.slice.endswith(change)}


def test_each_figure_is_there_once_and_sound(found: list[Measured]) -> None:
    assert len({one.key for one in found}) == len(found)
    assert {one.role for one in found} == {"task", "detail", "blind", "robust", "calibration"}
    tasks = {IMAGE_TO_TEXT, TEXT_TO_IMAGE, "zero_shot", "linear_probe", "options"}
    assert set(_main(found, "task")) == tasks
    for one in found:
        assert one.test_set == "colours"
        assert one.values.shape == one.weights.shape == one.groups.shape
        assert np.isfinite(one.values).all()
        assert one.weights.min() >= 0


def test_what_sees_the_colour_scores_high(found: list[Measured]) -> None:
    main = _main(found, "task")
    # Three captions of a colour are alike to it: one of them by chance, then all of them.
    assert main[IMAGE_TO_TEXT].metric == MEAN_RECALL
    assert main[IMAGE_TO_TEXT].mean == pytest.approx((1 / 3 + 1 + 1) / 3, abs=0.02)
    for task in ("zero_shot", "linear_probe"):
        assert main[task].mean == 1
    assert main["options"].mean > main["options"].chance + 0.7
    assert main[TEXT_TO_IMAGE].mean > main[TEXT_TO_IMAGE].chance + 0.2


def test_blind_checks_of_a_good_model_are_at_chance(found: list[Measured]) -> None:
    for change, within in (("no picture", 1e-9), ("shuffled pairs", 0.03)):
        main = _main(found, "blind", change)
        assert set(main) == {IMAGE_TO_TEXT, TEXT_TO_IMAGE, "zero_shot", "options"}
        for one in main.values():
            assert one.mean == pytest.approx(one.chance, abs=within)


def test_changed_pictures_and_their_mean(found: list[Measured]) -> None:
    whole = _main(found, "robust", "all changes")
    assert set(whole) == {IMAGE_TO_TEXT, TEXT_TO_IMAGE, "zero_shot"}
    clean = _main(found, "task")
    for task, mean in whole.items():
        parts = [_main(found, "robust", name)[task] for name in FEW.corruptions]
        np.testing.assert_allclose(mean.values, np.mean([p.values for p in parts], axis=0))
        assert mean.chance == clean[task].chance
        assert mean.mean > mean.chance + 0.1  # colours outlast noise


def test_what_a_change_wipes_out_is_not_seen(
    test_set: EvaluationSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiped = {"jpeg": lambda pixels, severity, seed: np.full_like(pixels, 128)}
    monkeypatch.setattr("trainer.evaluation.robust.CORRUPTIONS", wiped)
    options = EvaluateOptions(corruptions=("jpeg",), permutations=0)
    for one in _main(evaluate(SeesColour(), [test_set], options), "robust").values():
        assert one.mean == pytest.approx(one.chance, abs=1e-9)


def test_what_sees_nothing_is_at_chance_in_every_task(test_set: EvaluationSet) -> None:
    for one in evaluate(SeesNothing(), [test_set], FEW):
        if one.role in ("task", "robust", "blind"):
            assert one.mean == pytest.approx(one.chance, abs=1e-9), one.key


def test_the_same_again_and_for_rows_in_another_order(
    found: list[Measured], test_set: EvaluationSet
) -> None:
    order = np.random.default_rng(0).permutation(len(test_set.test))
    samples = [test_set.test.samples[i] for i in order]
    other = EvaluationSet("colours", Rows(samples, test_set.test.pixels[order]), test_set.fit)
    again, turned = (evaluate(SeesColour(), [one], FEW) for one in (test_set, other))
    for a, b, c in zip(found, again, turned, strict=True):
        np.testing.assert_array_equal(a.values, b.values)
        assert a.key == b.key == c.key
        if "shuffled" not in a.slice:
            assert a.mean == pytest.approx(c.mean, abs=1e-6), a.key


def test_sets_without_rows_captions_or_labels() -> None:
    none = EvaluationSet("none", colour_rows(4, 0), colour_rows(4, 1))
    empty = EvaluationSet("empty", rows_of([]), rows_of([]))
    bare = [Sample(f"b{i}", f"b{i}", f"b{i}", "made") for i in range(4)]
    silent = EvaluationSet("silent", rows_of(bare, none.test.pixels), rows_of([]))
    found = evaluate(SeesColour(), [empty, silent, none], FEW)
    assert {one.test_set for one in found} == {"none"}


def test_without_changes_and_permutations(test_set: EvaluationSet) -> None:
    options = EvaluateOptions(corruptions=(), permutations=0)
    found = evaluate(SeesColour(), [test_set], options)
    assert not _main(found, "robust")
    assert not _main(found, "blind", "shuffled pairs")
    assert _main(found, "blind", "no picture")


def test_what_cannot_be_measured_is_said() -> None:
    with pytest.raises(ValueError, match="no change 'fog'; there are gaussian noise, "):
        EvaluateOptions(corruptions=("fog",))
    for severities in ((), (0,), (3, 6)):
        with pytest.raises(ValueError, match="1 to 5"):
            EvaluateOptions(severities)
    rows = colour_rows(8, 0)
    with pytest.raises(ValueError, match="twice, twice"):
        evaluate(SeesColour(), [EvaluationSet("twice", rows, rows)] * 2, FEW)
    with pytest.raises(NotFinite, match="diverge"):
        evaluate(Diverged(), [EvaluationSet("one", rows, rows)], FEW)
    assert EvaluateOptions().corruptions == tuple(CORRUPTIONS)
