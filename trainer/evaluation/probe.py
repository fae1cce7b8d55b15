"""Linear probe: what a linear classifier can read out of frozen picture vectors.

Multinomial logistic regression on unit vectors, its penalty chosen by cross-validation with the
groups (articles, patients) apart, classes weighted alike. Also with a tenth of the labels, as BenchX
(Zhou et al. 2024) does: what good vectors are worth is seen where labels are few.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from schemas.sample import Sample
from trainer.evaluation.class_figures import Scored, class_figures
from trainer.evaluation.classes import FEWEST_ROWS, ClassTask, among, class_tasks
from trainer.evaluation.measured import EvaluationSet, Measured
from trainer.evaluation.zero_shot import known

LINEAR_PROBE = "linear_probe"
FEW = "10 % of labels"
_FEW_SHARE = 0.1
_FEWEST_OF_FEW = 2  # rows of a class that remain of a tenth
_MOST_FIT_ROWS = 5_000
_STRENGTHS = (0.1, 1.0, 10.0, 100.0, 1000.0)  # C of scikit-learn
_DEFAULT_STRENGTH = 10.0
_INNER_FOLDS, _OUTER_FOLDS = 3, 5
_TRIES = 10  # of folds in which every class can be learnt
_MOST_STEPS = 2_000
_DECIMALS = 6


def linear_probe(
    test_set: EvaluationSet, test_pictures: np.ndarray, fit_pictures: np.ndarray
) -> list[Measured]:
    """Figures of all class tasks of the test rows (see `class_figures`), from vectors (N, width) of
    the test rows and (M, width) of the rows to fit.

    A probe is fitted on rows to fit that are of no group of the test rows (at most 5,000, by a hash
    of their ids). A class of which there are none is left out with its test rows. Where fewer than
    two classes remain, or one has fewer than 5, it is fitted on the test rows in turn, in up to 5
    folds with groups apart. With rows to fit, "balanced accuracy" and "mean AUROC" are also given
    for a tenth of these, as details.
    """
    # One thread: with small matrices, threads wait for one another most of the time.
    with threadpool_limits(1):
        whole, few = _probed(test_set, known(test_pictures), known(fit_pictures))
    return [
        *class_figures(test_set, LINEAR_PROBE, whole),
        *class_figures(test_set, LINEAR_PROBE, few, FEW),
    ]


def _probed(
    test_set: EvaluationSet, test_pictures: np.ndarray, fit_pictures: np.ndarray
) -> tuple[list[Scored], list[Scored]]:
    """Each task scored by a probe that has learnt from all rows to fit (or in turn), and by one
    that has learnt from a tenth of them."""
    test, fit = test_pictures.astype(np.float64), fit_pictures.astype(np.float64)
    samples = test_set.fit.samples
    tested = {sample.group_id for sample in test_set.test.samples}
    whole, few = [], []
    for task in class_tasks(test_set.test):
        learnt = _left_to_learn(among(task, samples), samples, tested)
        seen = np.bincount(learnt.targets, minlength=len(task.classes)) > 0
        asked, learnt = _only(task, seen), _only(learnt, seen)
        if _enough(learnt):
            own = _Known(fit[learnt.rows], learnt.targets, _groups(samples, learnt))
            whole.append(Scored(asked, _scores(own, test[asked.rows])))
            tenth = own.part(_tenth(learnt, samples))
            few.append(Scored(asked, _scores(tenth, test[asked.rows])))
        elif (in_turn := _in_turn(task, test, test_set.test.samples)) is not None:
            whole.append(in_turn)
    return whole, few


@dataclass(frozen=True, eq=False)
class _Known:
    """Rows to learn from: vectors (n, width), classes (n,), groups (n,)."""

    vectors: np.ndarray
    targets: np.ndarray
    groups: np.ndarray

    def part(self, rows: np.ndarray) -> _Known:
        return _Known(self.vectors[rows], self.targets[rows], self.groups[rows])


def _groups(samples: Sequence[Sample], task: ClassTask) -> np.ndarray:
    return np.array([samples[row].group_id for row in task.rows.tolist()], str)


def _left_to_learn(learnt: ClassTask, samples: Sequence[Sample], tested: set[str]) -> ClassTask:
    """Only rows of groups that are not tested; of very many those first by a hash of their ids."""
    pairs = zip(learnt.rows.tolist(), learnt.targets.tolist(), strict=True)
    left = [(row, of) for row, of in pairs if samples[row].group_id not in tested]
    if len(left) > _MOST_FIT_ROWS:
        left = sorted(left, key=lambda pair: _drawn(samples[pair[0]]))[:_MOST_FIT_ROWS]
    both = np.array(sorted(left), np.int64).reshape(-1, 2)
    return replace(learnt, rows=both[:, 0], targets=both[:, 1])


def _drawn(sample: Sample) -> bytes:
    return hashlib.sha256(sample.sample_id.encode("utf-8", "surrogatepass")).digest()


def _only(task: ClassTask, wanted: np.ndarray) -> ClassTask:
    """The task with the wanted classes (C,) bool and their rows alone."""
    number, kept = np.cumsum(wanted) - 1, wanted[task.targets]
    classes = tuple(name for name, own in zip(task.classes, wanted, strict=True) if own)
    targets = number[task.targets[kept]]
    return replace(task, classes=classes, rows=task.rows[kept], targets=targets)


def _enough(learnt: ClassTask) -> bool:
    counts = np.bincount(learnt.targets, minlength=len(learnt.classes))
    return len(counts) > 1 and bool(counts.min() >= FEWEST_ROWS)


def _tenth(learnt: ClassTask, samples: Sequence[Sample]) -> np.ndarray:
    """Which rows (places in `learnt`) are a tenth of each class, at least 2, by a hash of their ids."""
    chosen: list[int] = []
    for number in range(len(learnt.classes)):
        places = np.flatnonzero(learnt.targets == number).tolist()
        places.sort(key=lambda place: _drawn(samples[int(learnt.rows[place])]))
        chosen += places[: max(_FEWEST_OF_FEW, round(_FEW_SHARE * len(places)))]
    return np.array(sorted(chosen), np.int64)


def _in_turn(task: ClassTask, vectors: np.ndarray, samples: Sequence[Sample]) -> Scored | None:
    """Scores of test rows from probes fitted on the other folds; classes of one group are left out.

    None where fewer than two classes remain, or no folds have every class.
    """
    groups = _groups(samples, task)
    spread = [len(set(groups[task.targets == n])) > 1 for n in range(len(task.classes))]
    task = _only(task, np.array(spread))
    own = _Known(vectors[task.rows], task.targets, _groups(samples, task))
    scores = np.zeros((len(task.rows), len(task.classes)))
    folds = _folds(own, _OUTER_FOLDS)
    if len(task.classes) < 2 or not folds:
        return None
    for learnt, asked in folds:
        scores[asked] = _scores(own.part(learnt), own.vectors[asked])
    return Scored(task, scores)


def _folds(rows: _Known, most: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rows to learn from, rows to ask), with groups apart and every class in what is learnt from;
    none where that cannot be had."""
    classes = np.unique(rows.targets)
    fewest = min((len(np.unique(rows.groups[rows.targets == c])) for c in classes), default=0)
    if fewest < 2:
        return []
    for state in range(_TRIES):
        split = StratifiedGroupKFold(min(most, fewest), shuffle=True, random_state=state)
        folds = [f for f in split.split(rows.vectors, rows.targets, rows.groups) if len(f[1])]
        if all(len(np.unique(rows.targets[learnt])) == len(classes) for learnt, _ in folds):
            return folds
    return []


def _scores(rows: _Known, asked: np.ndarray) -> np.ndarray:
    """(n, C) scores of vectors (n, width) by a probe that has learnt from these rows."""
    return _fitted_scores(rows, asked, _strength(rows))


def _strength(rows: _Known) -> float:
    """The C with the least log loss on rows of other groups, classes counted alike."""
    folds = _folds(rows, _INNER_FOLDS)
    if not folds:
        return _DEFAULT_STRENGTH
    losses = []
    for strength in _STRENGTHS:
        scores = np.zeros((len(rows.targets), int(rows.targets.max()) + 1))
        for learnt, asked in folds:
            scores[asked] = _fitted_scores(rows.part(learnt), rows.vectors[asked], strength)
        losses.append(_log_loss(scores, rows.targets))
    return _STRENGTHS[int(np.argmin(np.round(losses, _DECIMALS)))]


def _log_loss(scores: np.ndarray, targets: np.ndarray) -> float:
    top = scores.max(axis=1, keepdims=True)
    log_sum = top[:, 0] + np.log(np.exp(scores - top).sum(axis=1))
    losses = log_sum - scores[np.arange(len(targets)), targets]
    return float(np.mean([losses[targets == c].mean() for c in np.unique(targets)]))


def _fitted_scores(rows: _Known, asked: np.ndarray, strength: float) -> np.ndarray:
    """(n, C) log odds of each class, up to what is common to all."""
    probe = LogisticRegression(C=strength, class_weight="balanced", max_iter=_MOST_STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # near the optimum is near enough
        probe.fit(rows.vectors, rows.targets)
    scores = probe.decision_function(asked)
    if scores.ndim == 1:
        return np.stack([-scores / 2, scores / 2], axis=1)
    return scores
