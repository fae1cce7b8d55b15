"""Arms of a comparison: same test rows, what is tested on left out, parts within parts."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import fsspec
import pytest

from tests.trainer.corpora import colour_corpus
from tests.trainer.small import SETTINGS, small
from trainer.arms import ArmPlan, Corpus, Setup, in_share, load_test_sets, run_arms
from trainer.commands import SHARES, against, scale, train_one
from trainer.draws import NothingToLearn
from trainer.evaluation.evaluate import EvaluateOptions
from trainer.network import fresh
from trainer.rows import Faults, Record
from trainer.test_sets import NothingToTest, load_test_set

__all__ = ["small"]
FEW = EvaluateOptions(corruptions=("contrast down",), permutations=3)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("arms") / "c"
    return Corpus("colours", str(colour_corpus(folder, {"train": 60, "val": 4, "test": 24})))


def _setup(out: Path, seeds: int = 2, **changed) -> Setup:
    settings = SETTINGS.model_copy(update=changed)
    return Setup(
        settings, range(seeds), lambda s: fresh("tiny", s), out, "", FEW, say=lambda _: None
    )


@pytest.mark.usefixtures("small")
def test_one_corpus_is_learned_and_its_blind_checks_are_at_chance(
    corpus: Corpus, tmp_path: Path
) -> None:
    result = train_one(corpus, [], _setup(tmp_path, 3, samples=1280))
    (arm,) = result.arms
    assert (arm.rows, len(arm.runs), result.command) == (60, 3, "train")
    found = {(s.task, s.metric, s.slice): s for s in arm.scores}
    zero = next(s for s in arm.scores if s.task == "zero_shot" and s.role == "task")
    assert zero.stands == "above"
    assert zero.value > 0.7 > zero.chance == 0.25
    blind = [s for s in arm.scores if s.role == "blind"]
    assert blind
    assert all(s.stands == "at" for s in blind), [s for s in blind if s.stands != "at"]
    assert len(found) == len(arm.scores)
    assert result.test_sets[0]["rows"] == 24
    assert result.test_sets[0]["probe_rows"] == 64


@pytest.mark.usefixtures("small")
def test_a_corpus_against_itself_is_a_tie_of_nothing(corpus: Corpus, tmp_path: Path) -> None:
    again = Corpus("again", corpus.url)
    result = against(corpus, again, [], _setup(tmp_path, samples=96))
    assert len(result.test_sets) == 1
    assert any("same test rows" in note for note in result.notes)
    assert result.overall is not None
    assert (result.overall.difference, result.overall.low, result.overall.high) == (0, 0, 0)
    assert result.overall.verdict == "tie"


@pytest.mark.usefixtures("small")
def test_rows_that_the_other_tests_on_are_left_out_of_both(corpus: Corpus, tmp_path: Path) -> None:
    # The other's test rows are 40 to 63: 20 of them are trained on by the first.
    other = Corpus("other", str(colour_corpus(tmp_path / "o", {"train": 40, "test": 24})))
    tests, notes = load_test_sets([corpus, other], _setup(tmp_path))
    assert [len(each.test) for each in tests] == [24, 24]
    assert not notes
    one, two = run_arms(
        [ArmPlan("colours", corpus), ArmPlan("other", other)],
        tests,
        _setup(tmp_path, 1, samples=32),
    )
    assert (one.arm.rows, one.arm.overlap) == (40, {"same article or patient": 20})
    assert (two.arm.rows, two.arm.overlap) == (40, {})
    everything = Corpus("all", str(colour_corpus(tmp_path / "a", {"test": 100})))
    all_rows, _ = load_test_sets([everything], _setup(tmp_path))
    with pytest.raises(NothingToLearn, match="no training rows are left"):
        run_arms([ArmPlan("colours", corpus)], all_rows, _setup(tmp_path, 1))


@pytest.mark.usefixtures("small")
def test_scaling_has_parts_within_parts_and_one_budget(corpus: Corpus, tmp_path: Path) -> None:
    result = scale(corpus, [], _setup(tmp_path, samples=64))
    rows = [arm.rows for arm in result.arms]
    assert rows[0] == 60 == max(rows)
    assert rows[1:] == sorted(rows[1:])
    assert {run.samples for arm in result.arms for run in arm.runs} == {64}
    assert result.scaling
    assert [n for n, *_ in result.scaling[0].points] == sorted(rows)


def test_parts_are_nested_and_of_their_size() -> None:
    records = [Record(f"s{n}", group_id=f"g{n // 2}") for n in range(4000)]
    chosen = [{r.sample_id for r in records if in_share(r, share)} for share in SHARES]
    for small_part, large in pairwise(chosen):
        assert small_part < large
    assert len(chosen[0]) == pytest.approx(500, rel=0.2)
    assert all((f"s{2 * n}" in chosen[1]) == (f"s{2 * n + 1}" in chosen[1]) for n in range(2000))


def test_test_rows_are_chosen_by_their_ids_and_faults_are_told(
    corpus: Corpus, tmp_path: Path
) -> None:
    look = fresh("tiny", 0).look
    whole = load_test_set("t", corpus.url, look, Faults())
    few = load_test_set("t", corpus.url, look, Faults(), most_rows=7)
    assert len(few.test) == 7
    assert len(few.fit) == 7
    assert {s.sample_id for s in few.test.samples} < {s.sample_id for s in whole.test.samples}
    assert whole.test.pixels.shape == (24, look.side, look.side, 3)
    only_train = colour_corpus(tmp_path / "t", {"train": 9})
    everything = load_test_set("t", str(only_train), look, Faults())
    assert (len(everything.test), len(everything.fit)) == (9, 0)
    with pytest.raises(NothingToTest, match="nothing to test on"):
        load_test_set("t", str(tmp_path / "none"), look, Faults())


@pytest.mark.usefixtures("small")
def test_a_corpus_on_object_storage_is_read_as_one_on_disk(corpus: Corpus, tmp_path: Path) -> None:
    store = fsspec.filesystem("memory")
    store.put(corpus.url, "/bucket/c", recursive=True)
    try:
        quick = _setup(tmp_path, 1, samples=32)
        far = train_one(Corpus("far", "memory://bucket/c"), [], quick).arms[0]
        near = train_one(Corpus("near", corpus.url), [], quick).arms[0]
    finally:
        store.rm("/bucket", recursive=True)
    assert far.rows == near.rows == 60
    assert far.runs[0].losses == near.runs[0].losses
