"""What `fabrica train` does: one corpus, one against another, without a rule, and parts of one."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import msgspec

from trainer.arms import ArmPlan, Corpus, Setup, Tested, described, load_test_sets, run_arms
from trainer.evaluation.measured import EvaluationSet, Measured
from trainer.results import Ablated, Doubling, Result
from trainer.scaling import doubling
from trainer.statistics import differences

SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)
_PACKAGES = ("torch", "open_clip_torch", "webdataset", "numpy", "scikit-learn")


def train_one(corpus: Corpus, tests: Sequence[Corpus], setup: Setup) -> Result:
    """Train on a corpus with each seed, and test. Raises what `run_arms` and `load_test_sets` do."""
    sets, notes = load_test_sets(tests or [corpus], setup)
    (tested,) = run_arms([ArmPlan(corpus.name, corpus)], sets, setup)
    return _result("train", corpus, setup, sets, notes, [tested])


def against(corpus: Corpus, other: Corpus, tests: Sequence[Corpus], setup: Setup) -> Result:
    """Train on both with the same seeds and budget, and compare on the same rows."""
    sets, notes = load_test_sets(tests or [corpus, other], setup)
    plans = [ArmPlan(each.name, each) for each in (corpus, other)]
    one, two = run_arms(plans, sets, setup)
    overall, by_task = differences(one.measured, two.measured)
    result = _result("against", corpus, setup, sets, notes, [one, two])
    return msgspec.structs.replace(result, other=other.url, overall=overall, differences=by_task)


def scale(corpus: Corpus, tests: Sequence[Corpus], setup: Setup) -> Result:
    """Train on an eighth, a quarter, a half and all of a corpus, each on the whole budget."""
    sets, notes = load_test_sets(tests or [corpus], setup)
    plans = [
        ArmPlan(corpus.name if share == 1 else f"{corpus.name} {_words(share)}", corpus, share)
        for share in SHARES
    ]
    arms = run_arms(plans, sets, setup)
    result = _result("scaling", corpus, setup, sets, notes, [arms[-1], *arms[:-1]])
    return msgspec.structs.replace(result, scaling=_doublings(arms))


@dataclass(frozen=True)
class Without:
    """A corpus made as another was, but for one rule; `skipped` says why there is none."""

    rule: str
    condition: str
    corpus: Corpus | None
    skipped: str = ""


def ablate(
    corpus: Corpus, without: Sequence[Without], tests: Sequence[Corpus], setup: Setup
) -> Result:
    """Train on a corpus and on what it would be without each rule; what each rule is worth."""
    sets, notes = load_test_sets(tests or [corpus], setup)
    made = [(each, each.corpus) for each in without if each.corpus]
    plans = [ArmPlan(each.name, each) for each in (corpus, *(other for _, other in made))]
    whole, *others = run_arms(plans, sets, setup)
    worth = []
    for (each, _), arm in zip(made, others, strict=True):
        overall, by_task = differences(whole.measured, arm.measured)
        worth.append(
            Ablated(each.rule, each.condition, whole.arm.rows, arm.arm.rows, overall, by_task)
        )
    rows = whole.arm.rows
    skipped = [
        Ablated(each.rule, each.condition, rows, rows, skipped=each.skipped)
        for each in without
        if not each.corpus
    ]
    result = _result("ablate", corpus, setup, sets, notes, [whole, *others])
    return msgspec.structs.replace(result, ablation=[*worth, *skipped])


def _words(share: float) -> str:
    return f"1-{round(1 / share)}"


def _doublings(arms: Sequence[Tested]) -> list[Doubling]:
    """For each task, how it grows with the rows learned from; none where all parts are of one size."""
    if len({arm.arm.rows for arm in arms}) < 2:
        return []
    keys = [m.key for m in arms[0].measured[0] if m.role == "task"]
    return [
        doubling(
            f"{key[0]}",
            " ".join(part for part in (key[1], key[2]) if part),
            key[3],
            [(arm.arm.rows, [_of(seed, key) for seed in arm.measured]) for arm in arms],
        )
        for key in keys
    ]


def _of(measured: Sequence[Measured], key: tuple[str, str, str, str]) -> Measured:
    return next(each for each in measured if each.key == key)


def _result(
    command: str,
    corpus: Corpus,
    setup: Setup,
    sets: Sequence[EvaluationSet],
    notes: Sequence[str],
    tested: Sequence[Tested],
) -> Result:
    chosen = setup.settings.model_dump(mode="json")
    return Result(
        command=command,  # type: ignore[arg-type]
        corpus=corpus.url,
        other="",
        settings={**chosen, "seeds": list(setup.seeds)},
        versions=versions(),
        test_sets=[described(each) for each in sets],
        arms=[each.arm for each in tested],
        notes=list(notes),
    )


def versions() -> dict[str, str]:
    """What a result was made with."""
    found = {"python": platform.python_version()}
    for package in ("fabrica-corpus", *_PACKAGES):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
