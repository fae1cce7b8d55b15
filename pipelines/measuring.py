"""What is measured of one picture and of one row's texts: scores, marks for people, signatures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from PIL import Image as PillowImage

from filters.alike.signatures import PictureSignature, picture_signature
from filters.options import MOST_MARKS, Score
from filters.pictures.burnt_in import burnt_in_text
from filters.pictures.faces import find_faces
from filters.pictures.quality import image_scores
from filters.texts.identifying import NOT_PATIENTS, identifying
from filters.texts.quality import text_scores
from schemas.sample import Sample

# Of several pictures of a row: the sum for what is counted, else the largest.
_COUNTED = frozenset({"faces", "burnt_in_lines"})


@dataclass(frozen=True)
class Measure:
    """Scores, entries of `meta`, and signatures of pictures."""

    scores: dict[str, float] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)
    signatures: list[PictureSignature] = field(default_factory=list)

    @staticmethod
    def joined(parts: Iterable[Measure]) -> Measure:
        """All together; quality is that of the first picture, privacy of all."""
        whole = Measure()
        for part in parts:
            for name, value in part.scores.items():
                known = whole.scores.get(name)
                if known is None:
                    whole.scores[name] = value
                elif not name.startswith("image_"):
                    both = known + value if name in _COUNTED else max(known, value)
                    whole.scores[name] = both
            for name, words in part.meta.items():
                whole.meta[name] = "; ".join(filter(None, [whole.meta.get(name), words]))
            whole.signatures.extend(part.signatures)
        return whole


def measured_picture(
    picture: PillowImage.Image, place: int, crop: float, score: Score | None
) -> Measure:
    """Picture number `place` of a row; `score` says what is wanted beside the signature."""
    found = Measure(signatures=[picture_signature(picture, crop)])
    privacy = score.privacy if score else None
    if score and score.image and place == 0:
        found.scores.update(image_scores(picture))
    if privacy and privacy.burnt_in:
        burnt = burnt_in_text(picture)
        found.scores.update(burnt.scores())
        if burnt.boxes:
            found.meta["burnt_in"] = _boxes(place, burnt.boxes)
    if privacy and privacy.faces:
        faces = find_faces(picture, privacy.face_model)
        found.scores["faces"] = float(len(faces))
        if faces:
            found.meta["faces"] = _boxes(place, [face.box for face in faces])
    return found


def measured_texts(row: Sample, caption: str, score: Score | None) -> Measure:
    """The training caption's quality, and what in any text may tell who somebody is.

    `meta['identifying']` says where: `text:2 14-22 date`, never what.
    """
    found = Measure()
    if score and score.text and caption:
        found.scores.update(text_scores(caption, _language(row, caption)))
    if score and score.privacy and score.privacy.texts:
        marks = [
            (place, mark)
            for place, text in enumerate(row.texts)
            for mark in identifying(text.text)
            if mark.kind not in NOT_PATIENTS
        ]
        found.scores["identifying"] = float(len(marks))
        if marks:
            places = [f"text:{i} {m.start}-{m.end} {m.kind}" for i, m in marks[:MOST_MARKS]]
            found.meta["identifying"] = "; ".join(places)
    return found


def _language(row: Sample, caption: str) -> str:
    return next((t.language for t in row.texts if t.text and caption.startswith(t.text)), "en")


def _boxes(place: int, boxes: Iterable[list[int]]) -> str:
    """`image:0 10,20,90,40; ...`: where, in pixels of the stored picture."""
    return "; ".join(
        f"image:{place} {','.join(str(int(v)) for v in box)}" for box in list(boxes)[:MOST_MARKS]
    )
