"""How well a picture's own caption fits it among captions of other documents.

A cosine alone says little: it depends on the model and on the kind of picture. A rank is the share
of strangers' captions that fit the picture less than its own does, ties counted half.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LEAST_STRANGERS = 20
_TIE = 1e-6  # products of equal vectors may differ by rounding
_ROWS_AT_ONCE = 256


class Caption(NamedTuple):
    """A caption of a document: the id of a row that has it, and its range of windows."""

    document: str
    sample_id: str
    start: int
    end: int


def drawn(captions: Sequence[Caption], strangers: int) -> list[Caption]:
    """Different captions by the hash of their ids, as many as every row needs.

    That is `strangers` and as many as any one document has among them, since a row's own document
    is left out. Rows of one document that share a caption count once.
    """
    first: dict[tuple[str, int], Caption] = {}
    for caption in captions:
        first.setdefault((caption.document, caption.start), caption)
    order = sorted(first.values(), key=_priority)
    own: dict[str, int] = {}
    most = 0
    for taken, caption in enumerate(order):
        if taken >= strangers + most:
            return order[:taken]
        own[caption.document] = own.get(caption.document, 0) + 1
        most = max(most, own[caption.document])
    return order


def _priority(caption: Caption) -> tuple[bytes, str]:
    ids = f"{caption.document}\0{caption.sample_id}".encode("utf-8", "replace")
    return hashlib.blake2b(ids, digest_size=16).digest(), caption.sample_id


def ranks(
    pictures: np.ndarray,
    fits: np.ndarray,
    documents: Sequence[str],
    captions: Sequence[Caption],
    windows: np.ndarray,
    strangers: int,
) -> np.ndarray:
    """For each picture the share (0 to 1) of strangers' captions that fit it less than its own.

    `pictures` (N, width) and `windows` (M, width) are unit vectors, `fits` (N) the cosine of each
    with its own caption. A caption fits as its best window does. NaN where there are too few.
    """
    found = np.full(len(pictures), np.nan)
    panel = drawn(captions, strangers)
    if not panel or not len(pictures):
        return found
    lengths = [caption.end - caption.start for caption in panel]
    places = np.concatenate([np.arange(caption.start, caption.end) for caption in panel])
    vectors = windows[places]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    codes = {name: code for code, name in enumerate(dict.fromkeys(c.document for c in panel))}
    theirs = np.array([codes[caption.document] for caption in panel])
    ours = np.array([codes.get(document, -1) for document in documents])
    for at in range(0, len(pictures), _ROWS_AT_ONCE):
        rows = slice(at, at + _ROWS_AT_ONCE)
        cosines = pictures[rows] @ vectors.T
        best = np.maximum.reduceat(cosines, starts, axis=1)
        others = theirs[None, :] != ours[rows, None]
        counted = others & (np.cumsum(others, axis=1) <= strangers)
        found[rows] = _shares(best - fits[rows, None], counted, min(LEAST_STRANGERS, strangers))
    return found


def _shares(more: np.ndarray, counted: np.ndarray, least: int) -> np.ndarray:
    """Shares of counted columns below 0, ties half; NaN where fewer than `least` are counted."""
    below = (counted & (more < -_TIE)).sum(axis=1)
    equal = (counted & (np.abs(more) <= _TIE)).sum(axis=1)
    total = counted.sum(axis=1)
    shares = (below + equal / 2) / np.maximum(total, 1)
    return np.where(total >= max(least, 1), shares, np.nan)
