"""Does the verdict see spoilt captions, and does it see nothing where there is nothing?

    python -m benchmarks.shuffled --corpus DIR [--share 0.4] [--repetitions 5] [--seeds 6] [--json]

A corpus whose captions are shuffled among a share of its rows must be worse than the clean one in
every repetition (each with its own shuffle and its own seeds). The clean corpus against itself,
with other seeds on either side, must be a tie: all pairs of the repetitions' seeds are compared.
With the same seeds on both sides it is a tie of nothing, which the tests hold.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path

import msgspec

from schemas.sample import Sample
from trainer.arms import ArmPlan, Corpus, Setup, load_test_sets, run_arms
from trainer.evaluation.evaluate import EvaluateOptions
from trainer.evaluation.measured import Measured
from trainer.network import fresh
from trainer.results import Difference
from trainer.settings import settings_for
from trainer.statistics import differences

Measures = list[list[Measured]]  # figures by seed


def main() -> None:
    """Run all repetitions and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--share", type=float, default=0.4)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--samples", type=int, default=8_192)
    parser.add_argument("--processes", type=int, default=2, help="runs at a time, a thread each")
    parser.add_argument("--out", help="keep the runs here, to go on after a stop")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"  # of the processes that are started
    with tempfile.TemporaryDirectory(prefix="fabrica-shuffled-") as folder:
        found = measured(options, Path(options.out or folder))
    if options.json:
        print(json.dumps(found))


def measured(options: argparse.Namespace, out: Path) -> dict[str, object]:
    """All comparisons; prints each as it is made."""
    clean_arms: list[Measures] = []
    verdicts, ties = [], []
    spawn = get_context("spawn")
    with spawn.Pool(options.processes, maxtasksperchild=1) as pool:
        for repetition in range(options.repetitions):
            place, begun = out / f"shuffled-{repetition}", time.perf_counter()
            moved = shuffle_captions(Path(options.corpus), place, options.share, repetition)
            seeds = range(repetition * options.seeds, (repetition + 1) * options.seeds)
            jobs = [
                (name, str(place), options.corpus, seed, options.samples, str(out))
                for name in ("shuffled", "clean")
                for seed in seeds
            ]
            found = pool.map(_one, jobs, chunksize=1)
            spoilt, clean = found[: options.seeds], found[options.seeds :]
            clean_arms.append(clean)
            overall, _ = differences(spoilt, clean)
            verdicts.append(overall.verdict)
            print(
                f"repetition {repetition}: {moved} captions moved; shuffled against clean "
                f"{_words(overall)}; {time.perf_counter() - begun:.0f} s",
                flush=True,
            )
    for (i, one), (j, two) in combinations(enumerate(clean_arms), 2):
        overall, _ = differences(_clean_only(one), _clean_only(two))
        ties.append(overall.verdict)
        print(f"clean, seeds of {i} against those of {j}: {_words(overall)}", flush=True)
    worse, tie = verdicts.count("worse"), ties.count("tie")
    print(f"shuffled is worse in {worse} of {len(verdicts)}; itself a tie in {tie} of {len(ties)}")
    return {"worse": worse, "of": len(verdicts), "ties": tie, "pairs": len(ties)}


def _one(job: tuple[str, str, str, int, int, str]) -> list[Measured]:
    """One run, in a process and a thread of its own, tested on the test rows of both corpora."""
    name, shuffled, clean, seed, samples, out = job
    corpora = {"shuffled": Corpus("shuffled", shuffled), "clean": Corpus("clean", clean)}
    setup = _setup(Path(out) / Path(shuffled).name.replace("shuffled", "runs"), seed, samples)
    sets, _ = load_test_sets(list(corpora.values()), setup)
    (done,) = run_arms([ArmPlan(name, corpora[name])], sets, setup)
    return done.measured[0]


def _setup(out: Path, seed: int, samples: int) -> Setup:
    return Setup(
        settings_for("tiny", False, {"samples": samples}),
        [seed],
        lambda seed: fresh("tiny", seed),
        out,
        options=EvaluateOptions(corruptions=()),
        say=lambda line: print(f"  {line}", flush=True),
    )


def _clean_only(arm: Measures) -> Measures:
    """The figures on the clean test rows, which all repetitions share."""
    return [[each for each in seed if each.test_set == "clean"] for seed in arm]


def _words(found: Difference) -> str:
    return (
        f"{found.verdict}: {found.corpus:.3f} and {found.other:.3f}, "
        f"{found.difference:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
    )


def shuffle_captions(corpus: Path, out: Path, share: float, seed: int) -> int:
    """A copy of a corpus with the texts of a share of each split's rows handed around among them;
    pictures, labels and questions stay. Returns how many rows have another caption now."""
    if out.exists():
        shutil.rmtree(out)
    shutil.copytree(corpus, out, ignore=shutil.ignore_patterns("stages", "report", "signatures"))
    chance, moved = random.Random(seed), 0
    for split in ("train", "val", "test"):
        paths = sorted((out / "shards").glob(f"{split}-*.tar"))
        samples = [sample for path in paths for sample in _samples(path)]
        chosen = chance.sample(range(len(samples)), round(share * len(samples)))
        texts = {
            samples[i].sample_id: samples[j] for i, j in zip(chosen, _turned(chosen), strict=True)
        }
        moved += sum(
            s.caption != texts[s.sample_id].caption for s in samples if s.sample_id in texts
        )
        for path in paths:
            _rewrite(path, texts)
    state = json.loads((out / "corpus.json").read_text())
    (out / "corpus.json").write_text(json.dumps({**state, "name": f"shuffled-{seed}"}))
    return moved


def _turned(numbers: list[int]) -> list[int]:
    return numbers[1:] + numbers[:1]


def _samples(path: Path) -> Iterator[Sample]:
    with tarfile.open(path) as tar:
        for member in tar:
            if member.name.endswith(".json"):
                yield msgspec.json.decode(tar.extractfile(member).read(), type=Sample)  # type: ignore[union-attr]


def _rewrite(path: Path, texts: dict[str, Sample]) -> None:
    """The same shard with texts of other rows."""
    given = {sample.sample_id: texts.get(sample.sample_id) for sample in _samples(path)}
    captions: dict[str, str] = {}
    with tarfile.open(path) as tar:
        members = [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    with tarfile.open(path, "w") as tar:
        for member, data in members:
            stem, _, ending = member.name.rpartition(".")
            if ending == "json":
                own = msgspec.json.decode(data, type=Sample)
                other = given[own.sample_id]
                if other is not None:
                    captions[stem] = other.caption
                    own = msgspec.structs.replace(own, caption=other.caption, texts=other.texts)
                    data = msgspec.json.encode(own)
            elif ending == "txt" and stem in captions:
                data = captions[stem].encode()
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


if __name__ == "__main__":
    main()
