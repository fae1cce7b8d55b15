"""Results of every command of `fabrica train`, from simulated figures of simulated models."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trainer.evaluation.measured import Measured
from trainer.results import Ablated, Arm, Result, Run
from trainer.scaling import doubling
from trainer.statistics import differences, scores

ROWS, CAPTIONS = 200, 40
CHANGES = ("gaussian noise", "jpeg", "motion blur", "all changes")


def seed_figures(
    skill: float, seed: int, blind: float = 0.0, sets: tuple[str, ...] = ("test",)
) -> list[Measured]:
    """Figures of a model of some skill (0 is chance) on the same rows whatever the seed."""
    return [each for name in sets for each in _of_set(name, skill, seed, blind)]


def _of_set(name: str, skill: float, seed: int, blind: float) -> Iterator[Measured]:
    rows = np.random.default_rng(len(name))
    groups = np.array([f"patient {i // 2}" for i in range(ROWS)])
    easy = rows.normal(0, 0.1, ROWS)
    random = np.random.default_rng([seed, int(skill * 1000)])
    luck = random.normal(0, 0.01)

    def figure(
        task: str, metric: str, role: str, chance: float, slice: str = "", loss: float = 1.0
    ) -> Measured:
        taken = np.arange(ROWS) < (ROWS if role != "detail" else ROWS // 4)
        rate = np.clip(chance + loss * (skill + luck + easy), 0, 1)
        hits = (random.random(ROWS) < rate).astype(float)[taken]
        ones = np.ones(len(hits))
        return Measured(name, task, metric, role, hits, ones, groups[taken], chance, slice)

    tasks = (
        ("retrieval_image_to_text", "mean recall", 0.13, ""),
        ("retrieval_text_to_image", "mean recall", 0.12, ""),
        ("zero_shot", "balanced accuracy", 0.14, "dermamnist"),
        ("zero_shot", "balanced accuracy", 0.25, ""),
        ("linear_probe", "balanced accuracy", 0.14, "dermamnist"),
        ("options", "accuracy", 0.5, "yes or no"),
    )
    for task, metric, chance, slice in tasks:
        yield figure(task, metric, "task", chance, slice)
        if task != "linear_probe":
            for check in ("no picture", "shuffled pairs"):
                where = f"{slice}, {check}" if slice else check
                off = blind / skill if task == "options" and skill else 0.0
                yield figure(task, metric, "blind", chance, where, off)
    for change in CHANGES:
        yield figure(tasks[0][0], tasks[0][1], "robust", 0.13, change, 0.6)
        yield figure(tasks[2][0], tasks[2][1], "robust", 0.14, f"dermamnist, {change}", 0.5)
    for modality in ("radiology: CT", "dermatoscopy", "ultrasound"):
        yield figure("retrieval_image_to_text", "mean recall", "detail", 0.2, modality)
    for k in (1, 5):
        yield figure("retrieval_image_to_text", f"recall@{k}", "detail", 0.025 * k)
    error = np.abs(random.normal(0.5 - skill, 0.2, ROWS))
    yield Measured(
        name, "calibration", "Brier score", "calibration", error, np.ones(ROWS), groups, 0.75, ""
    )


def made_arm(name: str, rows: int, found: list[list[Measured]]) -> Arm:
    """An arm of these seeds."""
    return Arm(
        name,
        rows,
        [_run(name, seed, rows) for seed in range(len(found))],
        scores(found),
        {"same article or patient": 12, "nearly the same picture": 3},
    )


def _run(name: str, seed: int, rows: int) -> Run:
    random = np.random.default_rng([seed, len(name)])
    last = 1.2 + 0.03 * len(name) % 0.4
    seen = range(512, 16_385, 512)
    losses = [(n, float(last + 3.6 * np.exp(-n / 4000) + random.normal(0, 0.06))) for n in seen]
    faults = {"image cannot be read": 2} if seed == 1 else {}
    return Run(name, seed, rows, 16_384, 71.3, 229.8, 0.062, losses, faults, "/secret/run")


def made_result(command: str, seeds: int = 3) -> Result:
    """A result of each command: radiology-clean beside worse corpora."""
    sets = ("test", "vqa_rad test") if command == "against" else ("test",)
    base = [seed_figures(0.3, seed, sets=sets) for seed in range(seeds)]
    whole = made_arm("radiology-clean", 4096, base)
    plain = {
        "command": command,
        "corpus": "corpora/clean",
        "other": "",
        "settings": {"model": "tiny", "samples": 16384, "texts": ["caption"], "ema": 0.0},
        "versions": {"torch": "2.9.1", "open_clip": "3.2.0"},
        "test_sets": [
            {
                "name": name,
                "rows": ROWS,
                "groups": ROWS // 2,
                "captions": CAPTIONS,
                "probe_rows": 123,
                "modalities": {"radiology: CT": 90, "dermatoscopy": 60, "ultrasound": 50},
                "note": "the test split of corpora/clean",
            }
            for name in sets
        ],
        "notes": ["Trained on a CPU: a tiny model, whose figures say which corpus teaches more."],
    }
    if command == "train":
        return Result(**plain, arms=[whole])
    if command == "against":
        worse = [seed_figures(0.16, seed, 0.2, sets=sets) for seed in range(seeds)]
        overall, by_task = differences(base, worse)
        other = made_arm("radiology-shuffled", 4096, worse)
        plain["other"] = "corpora/shuffled"
        return Result(**plain, arms=[whole, other], overall=overall, differences=by_task)
    if command == "ablate":
        return Result(**plain, arms=[whole], ablation=list(_ablation(base, seeds)))
    return _scaled(plain, seeds)


def _ablation(base: list[list[Measured]], seeds: int) -> Iterator[Ablated]:
    rules = (
        ("caption_says_something", "length(caption) >= 20", 0.22),
        ("large_enough", "least(width, height) >= 112", 0.302),
        ("only_large_journals", "meta.journal IN ('a', 'b')", 0.38),
    )
    for rule, condition, skill in rules:
        without = [seed_figures(skill, seed) for seed in range(seeds)]
        overall, tasks = differences(base, without)
        yield Ablated(rule, condition, 4096, 4711, overall, tasks)
    yield Ablated("a_picture", "width > 0", 4096, 4096, skipped="no row is dropped by it alone")


def _scaled(plain: dict, seeds: int) -> Result:
    parts = [(512, 0.08), (1024, 0.16), (2048, 0.23), (4096, 0.3)]
    found = [[seed_figures(skill, seed) for seed in range(seeds)] for _, skill in parts]
    arms = [
        made_arm(f"1/{4096 // rows}" if rows < 4096 else "radiology-clean", rows, each)
        for (rows, _), each in zip(parts, found, strict=True)
    ]
    curves = [
        doubling(
            one.test_set,
            " ".join(filter(None, (one.task, one.slice))),
            one.metric,
            [
                (rows, [seed[i] for seed in each])
                for (rows, _), each in zip(parts, found, strict=True)
            ],
        )
        for i, one in enumerate(found[0][0])
        if one.role == "task"
    ]
    return Result(**plain, arms=[arms[-1], *arms[:-1]], scaling=curves)
