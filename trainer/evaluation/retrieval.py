"""Image-text and text-image retrieval among DISTINCT captions, with an exact chance level.

Captions made of labels repeat: 92 pictures may share 7 of them. So an image-to-text query ranks the
distinct captions (T), and a picture counts 1 / (pictures with its caption): whatever a model
prefers, a guess without the picture reaches k / T. A text-to-image query is a distinct caption; it
hits at k if one of its p pictures is among the first k of N, by chance
1 - C(N - p, k) / C(N, k).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from schemas.sample import Sample
from trainer.evaluation.class_figures import short
from trainer.evaluation.measured import EvaluationSet, Measured, Role
from trainer.evaluation.ties import hit_share, hits_at, similarities

IMAGE_TO_TEXT = "retrieval_image_to_text"
TEXT_TO_IMAGE = "retrieval_text_to_image"
MEAN_RECALL = "mean recall"
_KS = (1, 5, 10)
_LEAST_CAPTIONS = 2
_LEAST_PICTURES = 10  # of a modality that is shown on its own
_MOST_CELLS = 4_000_000  # of one block of similarities


@dataclass(frozen=True, eq=False)
class Captions:
    """The distinct captions of rows, in an order that does not depend on theirs.

    `of_row` (N,) is the number in `texts` of each row's caption, -1 where it has none.
    """

    texts: tuple[str, ...]
    of_row: np.ndarray


def captions_of(samples: Sequence[Sample]) -> Captions:
    """The training captions of rows; those equal but for case and white space are one."""
    folded = [" ".join(sample.caption.split()).casefold() for sample in samples]
    spellings: dict[str, str] = {}
    for key, sample in zip(folded, samples, strict=True):
        if key:
            text = " ".join(sample.caption.split())
            spellings[key] = min(spellings.get(key, text), text)
    numbers = {key: number for number, key in enumerate(sorted(spellings))}
    of_row = np.array([numbers.get(key, -1) for key in folded], np.int64)
    return Captions(tuple(spellings[key] for key in numbers), of_row)


def retrieval(
    test_set: EvaluationSet,
    pictures: np.ndarray,
    texts: np.ndarray,
    captions: Captions,
    role: Role = "task",
    slice: str = "",
) -> list[Measured]:
    """Recall in both directions, from vectors of the pictures (N, width) and captions (T, width).

    Gives "mean recall", the mean of hit@1, hit@5 and hit@10 of each unit, with the given role. In
    the role `task` also, as details, recall at each k; and for each modality (with at least 2
    captions and 10 pictures, none as "unknown") mean recall and recall@1 among its own rows. A k
    that takes in the whole pool says nothing and is left out, also of the mean. Fewer than 2
    captions give nothing.
    """
    everything = np.ones(len(test_set.test), bool)
    pool = _pool(test_set, captions, everything)
    shown = _KS if role == "task" else ()
    found = _recalls(test_set.name, pool, pictures, texts, role, slice, shown)
    if role != "task":
        return found
    names = np.array([short(each.modality) or "unknown" for each in test_set.test.samples], str)
    for name in sorted({str(n) for n in names}):
        part = _pool(test_set, captions, names == name)
        if _LEAST_PICTURES <= len(part.rows) < len(pool.rows):
            found += _recalls(test_set.name, part, pictures, texts, "detail", name, (1,))
    return found


@dataclass(frozen=True, eq=False)
class _Pool:
    """Rows with a caption, their distinct captions (numbers in `Captions.texts`), the place among
    these of each row's, and the group of each row and each caption."""

    rows: np.ndarray  # (n,)
    captions: np.ndarray  # (t,)
    own: np.ndarray  # (n,)
    row_groups: np.ndarray  # (n,) of str
    caption_groups: np.ndarray  # (t,) of str


def _pool(test_set: EvaluationSet, captions: Captions, among: np.ndarray) -> _Pool:
    rows = np.flatnonzero(among & (captions.of_row >= 0))
    numbers, own = np.unique(captions.of_row[rows], return_inverse=True)
    groups = [test_set.test.samples[row].group_id for row in rows.tolist()]
    of_caption: list[set[str]] = [set() for _ in numbers]
    for place, group in zip(own, groups, strict=True):
        of_caption[place].add(group)
    caption_groups = [
        _caption_group(captions.texts[number], its_groups)
        for number, its_groups in zip(numbers, of_caption, strict=True)
    ]
    return _Pool(rows, numbers, own, np.array(groups, str), np.array(caption_groups, str))


def _caption_group(text: str, groups: set[str]) -> str:
    # A caption of one article comes and goes with it. One that many patients share (a label's) is
    # of none of them: drawn with one it would tie that patient to all the others' pictures, and
    # joining all who share it would leave one group. What varies is which captions there are.
    if len(groups) == 1:
        return next(iter(groups))
    folded = text.casefold().encode("utf-8", "surrogatepass")
    return "caption:" + hashlib.sha256(folded).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class _Direction:
    """Queries against a pool: a hit is what has the same caption number."""

    task: str
    queries: np.ndarray  # (Q, width)
    query_captions: np.ndarray  # (Q,)
    pool: np.ndarray  # (P, width)
    pool_captions: np.ndarray  # (P,)
    right: np.ndarray  # (Q,) how many of the pool are right
    weights: np.ndarray  # (Q,)
    groups: np.ndarray  # (Q,)


def _directions(pool: _Pool, pictures: np.ndarray, texts: np.ndarray) -> Sequence[_Direction]:
    rows, captions, numbers = (
        pictures[pool.rows],
        texts[pool.captions],
        np.arange(len(pool.captions)),
    )
    counts = np.bincount(pool.own)
    ones, shares = np.ones(len(rows), int), 1.0 / counts[pool.own]
    evenly = np.ones(len(numbers))
    return (
        _Direction(IMAGE_TO_TEXT, rows, pool.own, captions, numbers, ones, shares, pool.row_groups),
        _Direction(
            TEXT_TO_IMAGE, captions, numbers, rows, pool.own, counts, evenly, pool.caption_groups
        ),
    )


def _recalls(
    name: str,
    pool: _Pool,
    pictures: np.ndarray,
    texts: np.ndarray,
    role: Role,
    slice: str,
    shown: tuple[int, ...],
) -> list[Measured]:
    """Both directions among the rows of a pool; `shown` are the k that stand on their own too."""
    if len(pool.captions) < _LEAST_CAPTIONS:
        return []
    found = []
    for way in _directions(pool, pictures, texts):
        ks = tuple(k for k in _KS if k < len(way.pool))
        hit = _hits(way, ks)
        by_chance = np.stack([hit_share(0, len(way.pool), way.right, k) for k in ks], axis=1)
        figures = [(MEAN_RECALL, role, hit.mean(axis=1), by_chance.mean(axis=1))]
        for i, k in enumerate(ks):
            if k in shown:
                figures.append((f"recall@{k}", "detail", hit[:, i], by_chance[:, i]))
        for metric, its_role, values, luck in figures:
            chance = float(luck.mean())
            found.append(
                Measured(
                    name, way.task, metric, its_role, values, way.weights, way.groups, chance, slice
                )
            )
    return found


def _hits(way: _Direction, ks: tuple[int, ...]) -> np.ndarray:
    """Hit@k (Q, len(ks)), by blocks of queries so that memory does not grow with the pool."""
    step = max(1, _MOST_CELLS // len(way.pool))
    found = []
    for at in range(0, len(way.queries), step):
        similarity = similarities(way.queries[at : at + step], way.pool)
        right = way.query_captions[at : at + step, None] == way.pool_captions[None]
        found.append(hits_at(similarity, right, ks))
    return np.concatenate(found)
