"""Ranks of own captions among strangers', against a plain Python loop."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.clip.ranks import LEAST_STRANGERS, Caption, drawn, ranks


def unit(rng: np.random.Generator, rows: int) -> np.ndarray:
    vectors = rng.normal(size=(rows, 8)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def plain_ranks(pictures, fits, documents, captions, windows, strangers):  # type: ignore[no-untyped-def]
    panel = drawn(captions, strangers)
    found = []
    for picture, fit, document in zip(pictures, fits, documents, strict=True):
        others = [c for c in panel if c.document != document][:strangers]
        points = 0.0
        for caption in others:
            best = max(float(w @ picture) for w in windows[caption.start : caption.end])
            points += 0.5 if abs(best - fit) <= 1e-6 else float(best < fit)
        enough = len(others) >= min(LEAST_STRANGERS, strangers)
        found.append(points / len(others) if enough else math.nan)
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 90), st.integers(1, 12), st.integers(1, 60))
def test_ranks_are_those_of_a_plain_loop(
    seed: int, rows: int, documents: int, strangers: int
) -> None:
    rng = np.random.default_rng(seed)
    ends = np.cumsum(rng.integers(1, 4, rows))
    windows, pictures = unit(rng, int(ends[-1])), unit(rng, rows)
    names = [f"d{rng.integers(documents)}" for _ in range(rows)]
    starts = [0, *ends[:-1]]
    captions = [
        Caption(name, f"s{i}", int(starts[i]), int(ends[i])) for i, name in enumerate(names)
    ]
    fits = np.array(
        [(windows[c.start : c.end] @ p).max() for c, p in zip(captions, pictures, strict=True)]
    )
    found = ranks(pictures, fits, names, captions, windows, strangers)
    expected = plain_ranks(pictures, fits, names, captions, windows, strangers)
    assert np.allclose(found, expected, equal_nan=True)


def test_every_row_has_all_its_strangers_where_there_are_enough() -> None:
    captions = [Caption(f"d{i // 10}", f"s{i}", i, i + 1) for i in range(100)]
    panel = drawn(captions, 30)
    for document in {c.document for c in captions}:
        assert sum(c.document != document for c in panel) >= 30
    assert drawn(captions[::-1], 30) == panel  # whatever the order of rows
    assert len(panel) < 60


def test_a_caption_that_rows_of_a_document_share_counts_once() -> None:
    captions = [Caption("a", f"s{i}", 0, 1) for i in range(50)]
    assert len(drawn(captions, 512)) == 1


def test_ties_count_half_and_few_strangers_give_no_rank() -> None:
    one = np.array([[1, 0]], np.float32)
    captions = [Caption(f"d{i}", f"s{i}", 0, 1) for i in range(21)]
    assert ranks(one, np.array([1.0]), ["d0"], captions, one, 512).tolist() == [0.5]
    assert np.isnan(ranks(one, np.array([1.0]), ["d0"], captions[:20], one, 512)).all()
    assert ranks(one, np.array([1.0]), ["d0"], captions[:11], one, 10).tolist() == [0.5]
    assert ranks(one, np.array([1.1]), ["d0"], captions, one, 512).tolist() == [1.0]
    assert ranks(one, np.array([0.9]), ["d0"], captions, one, 512).tolist() == [0.0]
