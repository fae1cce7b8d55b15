from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.evaluation.ties import hit_share, hits_at, similarities


@given(st.integers(0, 4), st.integers(1, 5), st.data(), st.integers(1, 7))
def test_hit_share_is_the_share_of_all_orders_of_the_tied(
    better: int, tied: int, data: st.DataObject, k: int
) -> None:
    right = data.draw(st.integers(1, tied))
    orders = list(permutations(range(tied)))
    hit = [any(one < right for one in order[: max(0, k - better)]) for order in orders]
    assert hit_share(better, tied, right, k) == pytest.approx(np.mean(hit))


def test_hits_count_what_is_better_and_what_is_tied() -> None:
    similarity = np.array([[3.0, 2.0, 2.0, 1.0]] * 3)
    right = np.array([[0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 1]], bool)
    # Second or third; last; second or third or last.
    assert hits_at(similarity, right, (1, 2, 3)).tolist() == [[0, 0.5, 1], [0, 0, 0], [0, 0.5, 1]]


def test_equal_vectors_are_equally_similar_wherever_they_stand() -> None:
    chance = np.random.default_rng(0)
    one = chance.normal(size=(1, 513)).astype(np.float32)
    pool = np.repeat(one / np.linalg.norm(one), 1237, axis=0)
    queries = chance.normal(size=(31, 513)).astype(np.float32)
    assert (np.ptp(similarities(queries, pool), axis=1) == 0).all()


def test_vectors_apart_by_no_more_than_their_precision_are_tied() -> None:
    chance = np.random.default_rng(1)
    one = chance.normal(size=(1, 64)).astype(np.float32)
    one /= np.linalg.norm(one)
    pool = np.concatenate([one, np.nextafter(one, np.float32(1)), one * np.float32(0.999)])
    near = similarities(one, pool)[0]
    assert near[0] == near[1] > near[2]
