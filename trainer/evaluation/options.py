"""Option ranking: which answer to a question a picture is most similar to, as in VQA.

A text is the question and one of its options; the option whose text the picture is most similar to
is the answer.

Many questions can be answered without seeing the picture: in a corpus of skin "by which technique
was this image made?" is always "dermoscopy". Their accuracy shows nothing, and no weighting of
answers mends it where the options differ from row to row. So the figure that counts is the
"picture-adjusted accuracy": a question's value is 1 if it is answered right by its own picture, less
the share of OTHER test pictures (of other groups) by which it would be answered right too, plus
the mean of 1 / options. (The gain from the picture, as in MMStar, Chen et al. 2024, from chance up.)
A model that sees blank or shuffled pictures is at chance with it, whatever texts it prefers; a
question that every picture answers alike counts as chance; where answers are even it is accuracy.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from schemas.sample import Question, Sample
from trainer.evaluation.class_figures import short
from trainer.evaluation.measured import Encoder, EvaluationSet, Measured, Role, Rows
from trainer.evaluation.ties import similarities
from trainer.evaluation.zero_shot import known

OPTIONS = "options"
ADJUSTED = "picture-adjusted accuracy"
_ROLES: dict[str, Role] = {"single": "task", "closed": "detail"}
_MOST_OPTIONS = 26
_MOST_OTHERS = 500  # pictures that a question is tried on
_MOST_CELLS = 4_000_000  # of similarities at a time
_FEWEST_OF_TASK = 20  # questions for a figure of their own
_LONGEST_TEXT = 200  # characters of a question (its end) and of an option


@dataclass(frozen=True)
class _Asked:
    """A question of a row: its kind, its task, its options' texts, the number of the right one."""

    row: int
    kind: str
    task: str
    texts: tuple[str, ...]
    right: int
    draw: bytes


def rank_options(
    test_set: EvaluationSet,
    pictures: np.ndarray,
    encoder: Encoder,
    most_questions: int,
    seed: int,
) -> list[Measured]:
    """Figures of the test rows' questions with options, from vectors (N, width) of their pictures.

    Of questions of the kinds `single` (role task) and `closed` (detail) with 2 to 26 different
    options of which one is the answer; not those that were rejected as unfaithful. At most
    `most_questions`, drawn by a hash of sample and question, half of each kind where there are
    enough. `seed` draws the other pictures. A unit is a question; only a sample's first picture
    counts. Details: the same by the questions' task, plain "accuracy" (chance: mean of 1 / options),
    and "accuracy without the picture", by the mean of all pictures in its place: how far the words
    alone go.
    """
    asked = _drawn_questions(test_set.test, most_questions)
    if not asked or len(test_set.test) < 2:
        return []
    outcomes = _Outcomes(test_set, known(pictures).astype(np.float64), encoder, asked, seed)
    found: list[Measured] = []
    for kind, role in _ROLES.items():
        found += outcomes.figures(kind, role)
    return found


# A model is measured many times on the same rows, its pictures shuffled.
_DRAWN: WeakKeyDictionary[Rows, dict[int, list[_Asked]]] = WeakKeyDictionary()


def _drawn_questions(rows: Rows, most: int) -> list[_Asked]:
    drawn = _DRAWN.setdefault(rows, {})
    if most not in drawn:
        drawn[most] = _draw_questions(rows.samples, most)
    return drawn[most]


def _draw_questions(samples: Sequence[Sample], most: int) -> list[_Asked]:
    by_kind: dict[str, list[_Asked]] = {kind: [] for kind in _ROLES}
    for row, sample in enumerate(samples):
        own = {a.draw: a for q in sample.questions if (a := _asked(row, sample, q)) is not None}
        for each in own.values():
            by_kind[each.kind].append(each)
    single, closed = (sorted(own, key=lambda a: a.draw) for own in by_kind.values())
    of_single = max(most // 2, most - len(closed))
    chosen = [*single[:of_single], *closed[: most - min(of_single, len(single))]]
    return sorted(chosen, key=lambda a: (a.row, a.draw))


def _asked(row: int, sample: Sample, question: Question) -> _Asked | None:
    """The question as it is put, or None where it cannot be."""
    words = _line(question.question)
    options = tuple(dict.fromkeys(folded for o in question.options if (folded := _line(o))))
    by_fold = {option.casefold(): option for option in options}
    answer = _line(question.answer).casefold()
    usable = question.kind in _ROLES and question.faithful is not False and words
    if not usable or answer not in by_fold or not 2 <= len(by_fold) <= _MOST_OPTIONS:
        return None
    folds = sorted(by_fold)
    texts = tuple(f"{_end(words)} {by_fold[fold][:_LONGEST_TEXT]}" for fold in folds)
    said = "\0".join((sample.sample_id, words, *folds))
    draw = hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()
    return _Asked(row, question.kind, _line(question.task), texts, folds.index(answer), draw)


def _line(text: str) -> str:
    return " ".join(text.split())


def _end(words: str) -> str:
    """The end of a long question, where it asks: the option behind it must fit into the context."""
    return words if len(words) <= _LONGEST_TEXT else words[-_LONGEST_TEXT:].split(" ", 1)[-1]


class _Texts:
    """The vectors of all options of questions, by question and option, (Q, most options)."""

    def __init__(self, encoder: Encoder, asked: Sequence[_Asked]) -> None:
        unique = list(dict.fromkeys(text for a in asked for text in a.texts))
        place = {text: number for number, text in enumerate(unique)}
        self._vectors = known(encoder.texts(unique))
        self._right = np.array([a.right for a in asked])
        self._count = np.array([len(a.texts) for a in asked])
        self._places = np.zeros((len(asked), int(self._count.max())), np.int64)
        for number, each in enumerate(asked):
            self._places[number, : len(each.texts)] = [place[text] for text in each.texts]

    def parts(self, pictures: int) -> list[np.ndarray]:
        """The questions' numbers in parts, so that memory does not grow with them."""
        count, options = self._places.shape
        size = max(1, _MOST_CELLS // (pictures * options))
        return [np.arange(at, min(at + size, count)) for at in range(0, count, size)]

    def hits(self, pictures: np.ndarray, questions: np.ndarray | None = None) -> np.ndarray:
        """(P, Q) whether the right option is the most similar to a picture; ties are shares."""
        some = np.arange(len(self._right)) if questions is None else questions
        used, inverse = np.unique(self._places[some], return_inverse=True)
        alike = similarities(pictures, self._vectors[used])
        scores = alike[:, inverse.reshape(len(some), -1)]
        options = np.arange(scores.shape[2])
        scores = np.where(options < self._count[some, None], scores, -np.inf)
        best = scores == scores.max(axis=2, keepdims=True)
        return best[:, np.arange(len(some)), self._right[some]] / best.sum(axis=2)


class _Outcomes:
    """Per question: hit by its own picture, share of others that hit, hit without a picture."""

    def __init__(
        self,
        test_set: EvaluationSet,
        pictures: np.ndarray,
        encoder: Encoder,
        asked: Sequence[_Asked],
        seed: int,
    ) -> None:
        self._name, self._asked = test_set.name, asked
        samples = test_set.test.samples
        groups = np.array([sample.group_id for sample in samples], str)
        rows = np.array([a.row for a in asked])
        self._groups, self._luck = groups[rows], np.array([1 / len(a.texts) for a in asked])
        others = _others(samples, seed)
        texts = _Texts(encoder, asked)
        self.blind = texts.hits(pictures.mean(axis=0, keepdims=True))[0]
        self.own, self.other = (np.zeros(len(asked)) for _ in range(2))
        for part in texts.parts(len(others)):
            hit = texts.hits(pictures[others], part)
            apart = groups[others][:, None] != self._groups[None, part]
            # No picture of another group: no figure.
            count = apart.sum(axis=0)
            self.other[part] = np.where(
                count, (hit * apart).sum(axis=0) / np.maximum(count, 1), np.nan
            )
        for row in np.unique(rows):
            own = np.flatnonzero(rows == row)
            self.own[own] = texts.hits(pictures[[row]], own)[0]

    def figures(self, kind: str, role: Role) -> list[Measured]:
        """The figures of the questions of a kind."""
        gain = self.own - self.other
        of_kind = np.array([a.kind == kind for a in self._asked])
        usable = of_kind & np.isfinite(gain)
        found = []
        if usable.any():
            found.append(self._adjusted(role, gain, usable, kind))
            for metric, values in (
                ("accuracy", self.own),
                ("accuracy without the picture", self.blind),
            ):
                found.append(self._figure(metric, "detail", values, of_kind, kind))
        counts = Counter(a.task for a, fits in zip(self._asked, usable, strict=True) if fits)
        for task in sorted(t for t, n in counts.items() if t and n >= _FEWEST_OF_TASK):
            own = usable & np.array([a.task == task for a in self._asked])
            found.append(self._adjusted("detail", gain, own, f"{kind}, {short(task)}"))
        return found

    def _adjusted(self, role: Role, gain: np.ndarray, units: np.ndarray, where: str) -> Measured:
        # The mean chance is added to each, so that their options do not make values differ.
        values = gain + self._luck[units].mean()
        return self._figure(ADJUSTED, role, values, units, where)

    def _figure(
        self, metric: str, role: Role, values: np.ndarray, units: np.ndarray, where: str
    ) -> Measured:
        chance = float(self._luck[units].mean())
        ones = np.ones(int(units.sum()))
        return Measured(
            self._name, OPTIONS, metric, role, values[units], ones, self._groups[units], chance,
            where,
        )  # fmt: skip


def _others(samples: Sequence[Sample], seed: int) -> np.ndarray:
    """Rows whose pictures every question is tried on, drawn by a hash of their ids."""

    def draw(row: int) -> bytes:
        said = f"{seed}\0{samples[row].sample_id}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(said).digest()

    return np.array(sorted(range(len(samples)), key=draw)[:_MOST_OTHERS], np.int64)
