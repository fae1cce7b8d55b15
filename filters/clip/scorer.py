"""What a CLIP model says of pictures and texts: embeddings, similarities, ranks, classes.

Needs the extra `[clip]`. Equal rows in equal order give equal numbers. With other sizes of batches
similarities and classes differ by less than 1e-5 on a CPU (matrix products of other shapes add in
another order), values of embeddings by at most one step of float16, and a rank only where two
captions fit equally well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from filters.clip.loading import load, threads_hint
from filters.clip.model import Model, class_vectors, picture_vector
from filters.clip.pictures import Picture, decoding_threads, vectors_of
from filters.clip.ranks import Caption, ranks
from filters.clip.source import ClipUnavailable, model_state
from filters.clip.texts import Texts, Vectors
from filters.options import TRAINING_CAPTION, Clip

__all__ = ["ClipResult", "ClipRow", "ClipScorer", "ClipUnavailable", "model_state", "zero_shot"]

_DIGITS = 6


@dataclass(frozen=True)
class ClipRow:
    """A row to be scored. `picture` is called once, in another thread; `texts` has those of each
    kind, `caption` being the training caption."""

    sample_id: str
    document_id: str
    picture: Picture | None
    texts: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class ClipResult:
    """Scores of a row, the unit vectors (width,) float16 of its picture and training caption, what
    is wrong with its picture, and which text of each kind (its place in the row) is the nearest.

    Of a caption of several windows the vector is that of the window nearest to the picture (the
    first where there is no picture), or their mean, as the option `long_texts` says.
    """

    sample_id: str
    scores: dict[str, float]
    picture: np.ndarray | None
    text: np.ndarray | None
    problem: str
    nearest: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Noted:
    """What is kept of a row while its picture is on its way: its texts as (place, number)."""

    sample_id: str
    document_id: str
    texts: dict[str, list[tuple[int, int]]]


class ClipScorer:
    """Scores the rows of one partition after another. Raises `ClipUnavailable`."""

    def __init__(self, options: Clip) -> None:
        self._options = options
        self._model = load(options.model, options.device, options.precision)
        self._classes = class_vectors(
            self._model, tuple(tuple(own) for own in options.classes.values())
        )
        self.model_name = options.model
        self.width = len(self.text_vector("a"))

    def score(self, rows: Iterable[ClipRow]) -> Iterator[ClipResult]:
        """One result per row, in order, once all rows of the partition have been seen.

        Kept of each row are its vectors and ids; pictures are decoded a few batches ahead.
        """
        options, model = self._options, self._model
        texts = Texts(
            lambda some: model.encode_texts(some, options.batch),
            model.reader,
            options.batch,
            options.long_texts,
        )
        noted: list[_Noted] = []
        threads = decoding_threads(model.on_gpu, threads_hint())
        pictures = list(vectors_of(model, self._seen(rows, texts, noted), options.batch, threads))
        yield from self._results(noted, pictures, self._vectors(texts))

    def text_vector(self, text: str) -> np.ndarray:
        """The unit vector, (width,) float16, of a text, cut where the model's context ends."""
        vector: np.ndarray = self._model.encode_texts([text], 1)[0].half().cpu().numpy()
        return vector

    def picture_vector(self, image: Image.Image) -> np.ndarray:
        """The unit vector, (width,) float16, of a picture."""
        return picture_vector(self._model, image).astype(np.float16)

    def _seen(
        self, rows: Iterable[ClipRow], texts: Texts, noted: list[_Noted]
    ) -> Iterator[Picture | None]:
        """The pictures of rows; their texts are noted on the way."""
        kinds = dict.fromkeys([TRAINING_CAPTION, *self._options.texts])
        for row in rows:
            numbers = {
                kind: [
                    (i, texts.add(t)) for i, t in enumerate(row.texts.get(kind, ())) if t.strip()
                ]
                for kind in kinds
            }
            noted.append(_Noted(row.sample_id, row.document_id, numbers))
            yield row.picture

    def _vectors(self, texts: Texts) -> Vectors:
        handles, starts = texts.finish()
        if not handles:
            return Vectors(np.zeros((0, self.width), np.float32), [0])
        found = Vectors(np.concatenate([handle.cpu().numpy() for handle in handles]), starts)
        return found.means() if self._options.long_texts == "mean" else found

    def _results(
        self,
        noted: list[_Noted],
        pictures: list[tuple[np.ndarray | None, str]],
        vectors: Vectors,
    ) -> Iterator[ClipResult]:
        captions = [_caption(row, vectors) for row in noted]
        places = self._ranks(noted, [picture for picture, _ in pictures], captions, vectors)
        for row, (picture, problem), caption, rank in zip(
            noted, pictures, captions, places, strict=True
        ):
            scores: dict[str, float] = {}
            fits = self._fits(row, picture, vectors)
            if picture is not None:
                for kind, (fit, _) in fits.items():
                    first = kind == self._options.texts[0]
                    scores["clip" if first else f"clip_{kind}"] = round(fit, _DIGITS)
                scores |= {} if np.isnan(rank) else {"clip_rank": round(float(rank), _DIGITS)}
                scores |= self._class_scores(picture)
            text = None if caption is None else _nearest(picture, vectors.of(caption))
            yield ClipResult(
                row.sample_id,
                scores,
                _half(picture),
                _half(text),
                problem,
                {kind: place for kind, (_, place) in fits.items()},
            )

    def _fits(
        self, row: _Noted, picture: np.ndarray | None, vectors: Vectors
    ) -> dict[str, tuple[float, int]]:
        """Of each kind that is asked for the best cosine, and the place of the text that has it."""
        found: dict[str, tuple[float, int]] = {}
        if picture is None:
            return found
        for kind in self._options.texts:
            usable = [(place, text) for place, text in row.texts[kind] if vectors.usable(text)]
            if usable:
                fits = [(_fit(picture, vectors.of(text)), -place) for place, text in usable]
                best, place = max(fits)
                found[kind] = best, -place
        return found

    def _class_scores(self, picture: np.ndarray) -> dict[str, float]:
        found = shares(self._model, picture, self._classes)
        names = (f"class_{name}" for name in self._options.classes)
        return {name: round(x, _DIGITS) for name, x in zip(names, found, strict=True)}

    def _ranks(
        self,
        noted: list[_Noted],
        pictures: list[np.ndarray | None],
        captions: list[int | None],
        vectors: Vectors,
    ) -> np.ndarray:
        """`clip_rank` of each row, NaN where it has none."""
        found = np.full(len(noted), np.nan)
        known = [
            Caption(row.document_id, row.sample_id, *vectors.place(caption))
            for row, caption in zip(noted, captions, strict=True)
            if caption is not None
        ]
        places = [
            (at, picture, _fit(picture, vectors.of(caption)))
            for at, (picture, caption) in enumerate(zip(pictures, captions, strict=True))
            if picture is not None and caption is not None
        ]
        if places and self._options.strangers:
            at, seen, fits = (list(column) for column in zip(*places, strict=True))
            documents = [noted[i].document_id for i in at]
            found[at] = ranks(
                np.stack(seen),
                np.array(fits),
                documents,
                known,
                vectors.windows,
                self._options.strangers,
            )
        return found


def _caption(row: _Noted, vectors: Vectors) -> int | None:
    """The number of a row's training caption, if it has one."""
    own = (text for _, text in row.texts[TRAINING_CAPTION])
    return next((text for text in own if vectors.usable(text)), None)


def _fit(picture: np.ndarray, windows: np.ndarray) -> float:
    """The cosine of a picture and the nearest of a text's windows."""
    return float((windows @ picture).max())


def _nearest(picture: np.ndarray | None, windows: np.ndarray) -> np.ndarray:
    place = 0 if picture is None else int((windows @ picture).argmax())
    vector: np.ndarray = windows[place]
    return vector


def _half(vector: np.ndarray | None) -> np.ndarray | None:
    return None if vector is None else vector.astype(np.float16)


def shares(model: Model, picture: np.ndarray, classes: np.ndarray) -> list[float]:
    """The softmax of a picture's scaled cosines with classes, (C, width); they sum to 1."""
    if not len(classes):
        return []
    logits = model.scale * (classes @ picture).astype(np.float64)
    powers = np.exp(logits - logits.max())
    return [float(power) for power in powers / powers.sum()]


def zero_shot(
    model: str, sentences: Mapping[str, Sequence[str]]
) -> Callable[[Image.Image], dict[str, float]]:
    """A function from a picture to a probability for each class (they sum to 1), on the CPU.

    `model` as in a recipe's `score.clip`; `sentences` has those of each class. Raises
    `ClipUnavailable`.
    """
    loaded = load(model)
    classes = class_vectors(loaded, tuple(tuple(own) for own in sentences.values()))

    def scores(image: Image.Image) -> dict[str, float]:
        seen = picture_vector(loaded, image)
        return dict(zip(sentences, shares(loaded, seen, classes), strict=True))

    return scores
