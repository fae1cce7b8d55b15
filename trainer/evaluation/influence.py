"""AUROC as a mean over rows: influence values with its mean and the variance of DeLong et al. 1988.

An AUROC is a mean over pairs (a positive, a negative). For a positive row let V be the share of
negatives that it beats (a tie counts half), for a negative row the share of positives that beat
it. Then AUROC = A = mean of V over the positives = mean of V over the negatives, and its variance
is var(V of positives) / n_pos + var(V of negatives) / n_neg (DeLong, DeLong and Clarke-Pearson,
Biometrics 1988). Values A + 2 (V - A), weighted by 1 / (2 n_pos) and 1 / (2 n_neg), have the mean A,
and that mean has this variance when rows are drawn anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata


def auroc_influence(scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and weights (n,) of scores (n,) and which rows are positive (n,) bool.

    `sum(weights * values)` is the AUROC, `sum(weights)` is 1. A score that is no number counts as
    0. Raises ValueError where there are no positives or no negatives.
    """
    scores, positive = np.nan_to_num(np.asarray(scores, float)), np.asarray(positive, bool)
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        raise ValueError("an AUROC needs positive and negative rows")
    ranks = rankdata(scores)
    shares = np.empty(len(scores))
    # Rank among all minus rank among one's own: how many of the other kind lie below.
    shares[positive] = (ranks[positive] - rankdata(scores[positive])) / negatives
    shares[~positive] = 1 - (ranks[~positive] - rankdata(scores[~positive])) / positives
    area = float(shares[positive].mean())
    weights = np.where(positive, 0.5 / positives, 0.5 / negatives)
    return area + 2 * (shares - area), weights


def mean_influence(
    parts: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean of several figures on overlapping rows: its rows (sorted), values and weights.

    Each part is (rows, values, weights) of a figure F_l = sum(w v) / sum(w); weights are first made
    to add up to 1. A row moves F_l by w_l (v_l - F_l), so it moves the mean of L figures by
    D = sum_l w_l (v_l - F_l) / L over the figures in which it takes part. With the weight
    W = sum_l w_l / L (so that all W add up to 1) its value is mean(F) + D / W: as the D add up to
    0, the weighted mean is mean(F), and a draw of rows moves it as it moves the mean of the F_l.
    One part gives itself.
    """
    rows = np.unique(np.concatenate([own for own, _, _ in parts]))
    pull, weight, means = np.zeros(len(rows)), np.zeros(len(rows)), []
    for own, values, weights in parts:
        place = np.searchsorted(rows, own)
        shares = weights / weights.sum()
        mean = float(shares @ values)
        means.append(mean)
        np.add.at(pull, place, shares * (values - mean) / len(parts))
        np.add.at(weight, place, shares / len(parts))
    return rows, float(np.mean(means)) + pull / weight, weight
