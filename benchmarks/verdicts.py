"""How often a verdict is wrong, and how large a difference must be to be seen, by simulation.

    python -m benchmarks.verdicts [--repetitions 200] [--seeds 2 3 5 8] [--json]

Two arms are tested on rows of two test sets (8 tasks; balanced accuracy among them) that come in
groups of one to five. A row is right if a sum of normal numbers is above zero: how hard its group
and the row are (the same for both arms), what a corpus teaches about a group, how a training run
went (for all its tasks, and for each), and chance in one run on one row. Both arms have the same
distribution unless `gain` is added, so any verdict but "tie" is wrong where it is 0. Printed for
each setting: how often that was for overall (at most 5 % is asked for) and for any task (the same,
together), how often a score of known mean is missed, and how often a gain is found. Beside it: the
same for overall with seeds drawn again and their deviations stretched, the plainer way.
With 600 repetitions about half an hour on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace

import numpy as np
from scipy.stats import norm, t

from trainer.bootstrap import drawn, stacked
from trainer.evaluation.measured import Measured
from trainer.statistics import differences, scores

_TASKS = ("retrieval_image_to_text", "retrieval_text_to_image", "zero_shot", "options")
_CLASSES = 5
_BASE = -0.5  # about 0.38 of rows are right


@dataclass(frozen=True)
class Setting:
    """A world to draw from: standard deviations beside 1 for chance in one run on one row."""

    name: str
    groups: tuple[int, int] = (150, 50)
    row: float = 1.0
    taught: float = 0.3
    run: float = 0.1
    run_task: float = 0.1
    gain: float = 0.0


SETTINGS = (
    Setting("as in small runs"),
    Setting("training noise is all", row=0.3, taught=0.0, run=0.4, run_task=0.3),
    Setting("hardly training noise", taught=0.6, run=0.0, run_task=0.0),
    Setting("chance on rows is all", row=0.0, taught=0.0, run=0.0, run_task=0.0),
    Setting("few groups", groups=(20, 12)),
    Setting("one set of 12 groups", groups=(300, 12), taught=0.6),
)
GAINS = (0.1, 0.2, 0.4)


def arms(setting: Setting, seeds: int, random: np.random.Generator) -> list[list[list[Measured]]]:
    """Two arms (the first with the gain) of so many seeds, on the same rows."""
    rows = [_rows(setting, name, n, random) for name, n in zip("ab", setting.groups, strict=True)]
    made = []
    for gain in (setting.gain, 0.0):
        taught = [
            random.normal(0, setting.taught, (len(_TASKS), each[1].max() + 1)) for each in rows
        ]
        made.append([list(_run(setting, gain, rows, taught, random)) for _ in range(seeds)])
    return made


def _rows(setting: Setting, name: str, groups: int, random: np.random.Generator) -> tuple:
    """Name, group of each row, how easy (tasks, rows), class of each row."""
    where = np.repeat(np.arange(groups), random.integers(1, 6, groups))
    hard = random.normal(0, setting.row * 0.7, (len(_TASKS), groups))[:, where]
    hard += random.normal(0, setting.row * 0.7, (len(_TASKS), len(where)))
    return name, where, hard, random.choice(_CLASSES, len(where), p=(0.5, 0.25, 0.12, 0.08, 0.05))


def _run(
    setting: Setting, gain: float, rows: list, taught: list, random: np.random.Generator
) -> Iterator[Measured]:
    luck = random.normal(0, setting.run)
    for (name, where, easy, kind), by_group in zip(rows, taught, strict=True):
        for i, task in enumerate(_TASKS):
            level = _BASE + gain + luck + random.normal(0, setting.run_task)
            latent = level + easy[i] + by_group[i][where] + random.normal(0, 1, len(where))
            weights = 1 / np.bincount(kind)[kind] if task == "zero_shot" else np.ones(len(where))
            hits = (latent > 0).astype(float)
            yield Measured(name, task, "share", "task", hits, weights, where.astype(str), 0.2)


def crossed(a: Sequence[Sequence[Measured]], b: Sequence[Sequence[Measured]]) -> bool:
    """Whether the overall difference is apart from 0 where seeds are drawn again like groups."""
    seeds = len(a)
    pairs = zip(stacked(a), stacked(b), strict=True)
    off = [one.with_values(one.values - other.values) for one, other in pairs]
    mix = np.array([0.5 if "retrieval" in figure.task else 1.0 for figure in off])
    mix /= mix.sum()
    by_seed = np.stack(
        [mix @ figure_means for figure_means in zip(*[f.means for f in off], strict=True)]
    )
    alone = [
        mix @ drawn([figure.with_values(figure.values[[i]]) for figure in off])[0]
        for i in range(seeds)
    ]
    draws = by_seed[:, None] + np.stack(alone)  # (seeds, draws)
    stretch = (seeds / (seeds - 1)) ** 0.5 * t.ppf(0.975, seeds - 1) / norm.ppf(0.975)
    draws = draws.mean(axis=0) + stretch * (draws - draws.mean(axis=0))
    picks = np.random.default_rng(0).integers(0, seeds, (seeds, draws.shape[1]))
    means = np.take_along_axis(draws, picks, axis=0).mean(axis=0)
    low, high = np.nanpercentile(means, (2.5, 97.5))
    return not low <= 0 <= high


def expected(setting: Setting) -> float:
    """The share of rows that are right in the long run."""
    parts = (setting.row * 0.7, setting.row * 0.7, setting.taught, setting.run, setting.run_task, 1)
    return float(norm.cdf((_BASE + setting.gain) / np.linalg.norm(parts)))


def once(setting: Setting, seeds: int, number: int) -> tuple[float, ...]:
    """One comparison: overall not a tie, any task not, the plainer way not, scores missed, width."""
    a, b = arms(setting, seeds, np.random.default_rng([seeds, number]))
    overall, tasks = differences(a, b)
    truth = expected(setting)
    unweighted = [each for each in scores(a) if each.task != "zero_shot"]
    missed = np.mean([not each.low <= truth <= each.high for each in unweighted])
    return (
        overall.verdict != "tie",
        any(each.verdict != "tie" for each in tasks),
        crossed(a, b),
        float(missed),
        (overall.high - overall.low) / 2,
        overall.difference,
        float(np.mean([each.verdict != "tie" for each in tasks])),
    )


def measure(setting: Setting, seeds: int, repetitions: int) -> dict[str, object]:
    """Shares over all repetitions."""
    found = np.array([once(setting, seeds, i) for i in range(repetitions)], dtype=float)
    names = (
        "overall",
        "any_task",
        "seeds_drawn",
        "score_missed",
        "half_width",
        "difference",
        "task",
    )
    shares = dict(zip(names, found.mean(axis=0).round(4).tolist(), strict=True))
    return {"setting": asdict(setting), "seeds": seeds, "repetitions": repetitions, **shares}


def _measure(job: tuple[Setting, int, int]) -> dict[str, object]:
    return measure(*job)


def main() -> None:
    """Print a line for each setting and number of seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--seeds", type=int, nargs="+", default=[2, 3, 5, 8])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    small = SETTINGS[0]
    settings = [*SETTINGS, *(replace(small, name=f"gain {gain}", gain=gain) for gain in GAINS)]
    jobs = [(each, seeds, options.repetitions) for each in settings for seeds in options.seeds]
    found = []
    if not options.json:
        print(f"{'setting':24}{'seeds':>6}{'overall':>9}{'any task':>9}{'a task':>9}", end="")
        print(f"{'seeds drawn':>12}{'score missed':>13}{'difference':>12}{'half width':>11}")
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for each in pool.map(_measure, jobs):
            found.append(each)
            if not options.json:
                _show(each)
    if options.json:
        print(json.dumps(found))


def _show(found: dict) -> None:
    shares = "".join(f"{found[name]:9.1%}" for name in ("overall", "any_task", "task"))
    print(
        f"{found['setting']['name']:24}{found['seeds']:6}{shares}{found['seeds_drawn']:12.1%}"
        f"{found['score_missed']:13.1%}{found['difference']:12.3f}{found['half_width']:11.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
