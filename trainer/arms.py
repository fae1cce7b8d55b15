"""Arms of a comparison: corpora, or parts of one, trained alike and tested on the same rows."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import fsspec

from trainer.draws import NothingToLearn
from trainer.encoder import NetworkEncoder
from trainer.evaluation.evaluate import EvaluateOptions, evaluate
from trainer.evaluation.measured import EvaluationSet, Measured
from trainer.network import Learner, running
from trainer.overlap import NEAR_BITS, Overlap, training_records
from trainer.results import Arm, Run
from trainer.rows import Faults, Record, Wanted, shard_urls
from trainer.settings import Settings
from trainer.statistics import scores
from trainer.test_sets import NothingToTest, load_test_set
from trainer.training import Job, Tell, train


@dataclass(frozen=True)
class Corpus:
    """A corpus folder or URL, by the name it has in results and as a folder."""

    name: str
    url: str


@dataclass(frozen=True)
class ArmPlan:
    """What one arm learns from: of a corpus the articles or patients whose hash is in `share`."""

    name: str
    corpus: Corpus
    share: float = 1.0


@dataclass(frozen=True, eq=False)
class Setup:
    """What all arms have in common. `start` gives the untrained model of a seed, `state` says which
    files it is made of; `told` gives, for the words that name a run, what is called as it goes on.
    """

    settings: Settings
    seeds: Sequence[int]
    start: Callable[[int], Learner]
    out: Path
    state: str = ""
    options: EvaluateOptions = field(default_factory=EvaluateOptions)
    told: Callable[[str], Tell] = lambda _: lambda *_: None
    say: Callable[[str], None] = print


@dataclass(frozen=True, eq=False)
class Tested:
    """An arm with its values, (seeds) lists of figures."""

    arm: Arm
    measured: list[list[Measured]]


def load_test_sets(
    corpora: Sequence[Corpus], setup: Setup
) -> tuple[list[EvaluationSet], list[str]]:
    """The test rows of corpora, each set once though two corpora have it; and notes of what could
    not be read. Raises `NothingToTest`."""
    look = setup.start(setup.seeds[0]).look
    found: list[EvaluationSet] = []
    notes: list[str] = []
    for corpus in corpora:
        faults = Faults()
        one = load_test_set(corpus.name, corpus.url, look, faults)
        notes += [f"test rows of {corpus.name}: {line}" for line in faults.lines()]
        twin = next((each for each in found if _rows_of(each) == _rows_of(one)), None)
        if twin is None:
            found.append(one)
        else:
            notes.append(f"{corpus.name} and {twin.name} have the same test rows")
    return found, notes


def _rows_of(test_set: EvaluationSet) -> set[tuple[str, str, str]]:
    return {
        (sample.sample_id, sample.images[0].sha256 if sample.images else "", sample.caption)
        for sample in test_set.test.samples
    }


def described(test_set: EvaluationSet) -> dict[str, object]:
    """What a test set is, for the page."""
    samples = test_set.test.samples
    modalities = Counter(sample.modality or "unknown" for sample in samples)
    return {
        "name": test_set.name,
        "rows": len(samples),
        "groups": len({sample.group_id for sample in samples}),
        "captions": len({" ".join(sample.caption.split()).casefold() for sample in samples}),
        "modalities": dict(modalities.most_common()),
        "probe_rows": len(test_set.fit),
    }


def run_arms(
    plans: Sequence[ArmPlan], tests: Sequence[EvaluationSet], setup: Setup
) -> list[Tested]:
    """Train and test all arms with all seeds; runs that are done already are only tested.

    Rows that are tested on, in whatever set, are left out of every arm, and so is what nearly
    shows the same. Raises `NothingToLearn`.
    """
    overlap = Overlap()
    for each in tests:
        overlap.add(each.test.samples)
    return [_run_arm(plan, tests, overlap, setup) for plan in plans]


def _run_arm(
    plan: ArmPlan, tests: Sequence[EvaluationSet], overlap: Overlap, setup: Setup
) -> Tested:
    wanted = _wanted(plan.share, overlap)
    rows, left_out = _counted(plan, overlap)
    if not rows:
        raise NothingToLearn(f"{plan.corpus.url}: no training rows are left of {plan.name}")
    job_print = _corpus_print(plan, tests, setup.state)
    runs: list[Run] = []
    measured: list[list[Measured]] = []
    for seed in setup.seeds:
        job = Job(
            plan.corpus.url,
            shard_urls(plan.corpus.url, "train"),
            rows,
            seed,
            setup.settings,
            job_print,
            wanted,
        )
        learner = setup.start(seed)
        folder = setup.out / "runs" / f"{plan.name}-seed{seed}"
        run = train(job, learner, folder, setup.told(f"{plan.name}, seed {seed}"))
        where = running(setup.settings.device, setup.settings.precision)
        runs.append(run)
        measured.append(evaluate(NetworkEncoder(learner, where), tests, setup.options))
        if not any(each.role == "task" for each in measured[-1]):
            names = ", ".join(each.name for each in tests)
            raise NothingToTest(f"{names}: too few captions, labels or questions to test with")
        _say_run(plan, run, setup)
    return Tested(Arm(plan.name, rows, runs, scores(measured), left_out), measured)


def _say_run(plan: ArmPlan, run: Run, setup: Setup) -> None:
    faults = "".join(f"; {n:,} rows {reason}" for reason, n in run.faults.items())
    setup.say(
        f"{plan.name}, seed {run.seed}: {run.samples:,} samples in {run.seconds:.0f} s "
        f"({run.samples_per_s:,.0f}/s, {run.loading_share:.0%} of it waiting for data), "
        f"loss {run.losses[-1][1]:.3f}{faults}"
    )


def _counted(plan: ArmPlan, overlap: Overlap) -> tuple[int, dict[str, int]]:
    """Rows of an arm, and those left out of it by why."""
    why = Counter(
        overlap.why(record)
        for record in training_records(plan.corpus.url)
        if in_share(record, plan.share)
    )
    rows = why.pop("", 0)
    return rows, dict(why.most_common())


def _wanted(share: float, overlap: Overlap) -> Wanted:
    return lambda record: in_share(record, share) and not overlap.why(record)


def in_share(record: Record, share: float) -> bool:
    """Whether a row's group is of the part that has this share; smaller parts lie in larger."""
    if share >= 1:
        return True
    name = record.group_id or record.sample_id
    digest = hashlib.blake2b(f"part/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * 2**64


def _corpus_print(plan: ArmPlan, tests: Sequence[EvaluationSet], start: str) -> str:
    """Which rows are learned from: those of the shards as they are, without those tested on."""
    system, root = fsspec.core.url_to_fs(plan.corpus.url)
    shards = [(url, system.size(url)) for url in shard_urls(plan.corpus.url, "train")]
    try:
        state = hashlib.sha256(system.cat_file(f"{root.rstrip('/')}/corpus.json")).hexdigest()
    except FileNotFoundError:
        state = ""
    tested = sorted(s.sample_id for each in tests for s in each.test.samples)
    said = json.dumps([shards, state, plan.share, tested, NEAR_BITS, start])
    return hashlib.sha256(said.encode()).hexdigest()
