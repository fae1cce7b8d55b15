"""AUROC as influence values: hand-computed, against scikit-learn and against a direct bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from trainer.evaluation.influence import auroc_influence, mean_influence


def test_by_hand() -> None:
    # Positives 3 and 1, negatives 2 and 0: three of four pairs are right.
    values, weights = auroc_influence(np.array([3, 1, 2, 0]), np.array([1, 1, 0, 0], bool))
    assert weights.tolist() == [0.25] * 4
    # V: positives 1, 1/2; negatives 1/2, 1. Values A + 2 (V - A) with A = 3/4.
    assert values.tolist() == [1.25, 0.25, 0.25, 1.25]


def test_ties_are_half() -> None:
    values, weights = auroc_influence(np.zeros(5), np.array([1, 0, 0, 1, 0], bool))
    assert weights @ values == pytest.approx(0.5)
    assert np.ptp(values) == 0


def test_what_is_no_number_counts_as_0() -> None:
    values, weights = auroc_influence(np.array([np.nan, 1, -1]), np.array([1, 0, 0], bool))
    assert weights @ values == pytest.approx(0.5)


@pytest.mark.parametrize("positive", [[True, True], [False, False], []])
def test_one_kind_alone_is_refused(positive: list[bool]) -> None:
    with pytest.raises(ValueError, match="positive and negative"):
        auroc_influence(np.zeros(len(positive)), np.array(positive, bool))


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=60))
def test_the_mean_is_sklearns_auroc(rows: list[tuple[int, bool]]) -> None:
    scores, positive = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    if positive.all() or not positive.any():
        return
    values, weights = auroc_influence(scores, positive)
    assert weights.sum() == pytest.approx(1)
    assert weights @ values == pytest.approx(roc_auc_score(positive, scores))


def _normal(seed: int, count: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positive = rng.random(count) < share
    return rng.normal(size=count) + 0.8 * positive, positive


def _spread(values: np.ndarray, weights: np.ndarray, seed: int) -> float:
    """Standard deviation of a weighted mean under draws of rows."""
    draws = np.random.default_rng(seed).multinomial(
        len(values), [1 / len(values)] * len(values), 2000
    )
    return float(np.std(draws @ (weights * values) / (draws @ weights)))


def _areas(scores: np.ndarray, positive: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The AUROC of each of many draws of rows, (draws, n) how often each is in it."""
    beats = (scores[positive][:, None] > scores[~positive][None]).astype(float)
    of_positive, of_negative = counts[:, positive], counts[:, ~positive]
    right = ((of_positive @ beats) * of_negative).sum(axis=1)
    return right / of_positive.sum(axis=1) / of_negative.sum(axis=1)


def test_the_variance_is_delongs_and_that_of_a_direct_bootstrap() -> None:
    scores, positive = _normal(0, 200, 0.25)
    values, weights = auroc_influence(scores, positive)
    area, n1, n0 = weights @ values, positive.sum(), (~positive).sum()
    beats = (scores[positive][:, None] > scores[~positive][None]).astype(float)
    delong = beats.mean(1).var() / n1 + beats.mean(0).var() / n0
    assert ((weights * (values - area)) ** 2).sum() == pytest.approx(delong)

    drawn = np.random.default_rng(1).multinomial(200, [1 / 200] * 200, 1000)
    direct = _areas(scores, positive, drawn)
    assert direct[0] == pytest.approx(roc_auc_score(positive, scores, sample_weight=drawn[0]))
    assert _spread(values, weights, 2) == pytest.approx(np.std(direct), rel=0.1)


def test_a_mean_over_labels_has_the_spread_of_a_direct_bootstrap() -> None:
    rng = np.random.default_rng(3)
    shared = rng.normal(size=240)  # labels of one row go together, so their spreads do not cancel
    parts, labels = [], []
    for share, part in ((0.5, slice(0, 200)), (0.2, slice(40, 240))):
        own = np.arange(240)[part]
        positive = (shared + rng.normal(size=240) > np.quantile(shared, 1 - share))[part]
        scores = (shared + rng.normal(size=240))[part]
        parts.append((own, *auroc_influence(scores, positive)))
        labels.append((own, scores, positive))
    rows, values, weights = mean_influence(parts)
    assert rows.tolist() == list(range(240))
    assert weights.sum() == pytest.approx(1)
    means = [w @ v for _, v, w in parts]
    assert weights @ values == pytest.approx(np.mean(means))

    drawn = np.random.default_rng(5).multinomial(240, [1 / 240] * 240, 1000)
    direct = np.mean([_areas(s, p, drawn[:, own]) for own, s, p in labels], axis=0)
    assert _spread(values, weights, 4) == pytest.approx(np.std(direct), rel=0.1)


def test_one_part_is_itself() -> None:
    values, weights = auroc_influence(np.array([3, 1, 2, 0]), np.array([1, 1, 0, 0], bool))
    rows, same, shares = mean_influence([(np.array([9, 4, 6, 1]), values, weights * 7)])
    assert rows.tolist() == [1, 4, 6, 9]
    assert same == pytest.approx(values[[3, 1, 2, 0]])
    assert shares == pytest.approx([0.25] * 4)
