"""Whether counts are even: shares, and Pearson's chi-squared test without a library."""

from __future__ import annotations

import math
from collections.abc import Mapping


def balance(counts: Mapping[int, Mapping[int, int]]) -> tuple[tuple[float, ...], float | None]:
    """Shares of the places over all, and the p-value of equal shares, questions by their length.

    `counts` maps the number of options to the right answers at each place, from 1. Pearson's
    chi-squared, summed over the lengths.
    """
    total = sum(sum(places.values()) for places in counts.values())
    if not total:
        return (), None
    shares = [
        sum(places.get(i, 0) for places in counts.values()) / total
        for i in range(1, max(counts) + 1)
    ]
    statistic, freedom = 0.0, 0
    for n, places in counts.items():
        expected = sum(places.values()) / n
        if n > 1 and expected:
            statistic += sum((places.get(i, 0) - expected) ** 2 / expected for i in range(1, n + 1))
            freedom += n - 1
    return tuple(shares), chi_squared_p(statistic, freedom) if freedom else None


def chi_squared_p(statistic: float, freedom: int) -> float:
    """P(X >= statistic) of the chi-squared distribution: the upper regularised gamma function.

    By its series below a + 1, by Lentz's continued fraction above (Press et al., Numerical
    Recipes, 6.2).
    """
    a, x = freedom / 2, statistic / 2
    if x <= 0:
        return 1.0
    front = math.exp(-x + a * math.log(x) - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        k = a
        while abs(term) > 1e-15 * abs(total):
            k += 1
            term *= x / k
            total += term
        return max(0.0, 1 - total * front)
    return min(1.0, front * _fraction(a, x))


def _fraction(a: float, x: float) -> float:
    b = x + 1 - a
    c, d = 1e300, 1 / b
    h = d
    for i in range(1, 1000):
        an = -i * (i - a)
        b += 2
        d = 1 / (an * d + b)
        c = b + an / c
        h *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return h
