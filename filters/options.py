"""The choices of the recipe's sections `score` and `select` that filters act on."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from schemas.options import Options, suggestion
from schemas.sample import TEXT_KINDS

TRAINING_CAPTION = "caption"
# Marks of privacy that are noted of a picture, or of a row's texts.
MOST_MARKS = 200
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}\Z")


def plain_names(names: dict) -> dict:
    """The same mapping. Raises ValueError for a key that is no plain name."""
    for name in names:
        if not _NAME.match(str(name)):
            raise ValueError(f"{name!r}: letters, digits and _, beginning with a letter")
    return names


class Clip(Options):
    """A CLIP model that scores pictures against texts.

    `model`: `local-dir:PATH`, `hf-hub:NAME`, `NAME/WEIGHTS` of open_clip's list, `NAME@FILE` (an
    architecture and a checkpoint file), or a checkpoint of `fabrica train`. `texts`: what is scored,
    `caption` for the training caption, else kinds of text; the first gives the score `clip`, others
    `clip_KIND`. `long_texts`: what is done with a text longer than the model reads: its `first`
    window, the `best` of its windows, or the `mean` of them. `strangers`: among how many captions of
    other documents a picture's own is ranked (`clip_rank`, 0 to 1; 0 strangers: no rank).
    `classes`: names and their sentences, each scored as `class_NAME` (zero-shot, they sum to 1).
    """

    model: str
    texts: list[str] = [TRAINING_CAPTION]
    long_texts: Literal["first", "best", "mean"] = "best"
    strangers: int = Field(512, ge=0, le=100_000)
    classes: dict[str, list[str]] = {}
    batch: int = Field(64, ge=1, le=4096)
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"

    @field_validator("texts")
    @classmethod
    def _known_kinds(cls, texts: list[str]) -> list[str]:
        if not texts:
            raise ValueError("name at least one text, as [caption]")
        for kind in texts:
            if kind not in TEXT_KINDS:
                raise ValueError(f"{kind!r} is no kind of text{suggestion(kind, TEXT_KINDS)}")
        return texts

    @field_validator("classes")
    @classmethod
    def _named_classes(cls, classes: dict[str, list[str]]) -> dict[str, list[str]]:
        if empty := [name for name, sentences in classes.items() if not sentences]:
            raise ValueError(f"{empty[0]}: a class needs at least one sentence")
        return plain_names(classes)

    def score_names(self) -> list[str]:
        """The scores that this gives."""
        others = self.texts[1:]
        names = ["clip", *(f"clip_{kind}" for kind in others)]
        names += ["clip_rank"] if self.strangers else []
        return [*names, *(f"class_{name}" for name in self.classes)]


class Privacy(Options):
    """What is looked for that may tell who a patient is: text burnt into pictures, faces in
    pictures, names, dates and numbers in texts. Nothing is ever identified.

    `faces` finds upright frontal ones by the cascade of `[faces]`, slowly and not all of them;
    `face_model`, a YuNet ONNX file, is far better.
    """

    burnt_in: bool = True
    faces: bool = False
    face_model: str = ""
    texts: bool = True


class Score(Options):
    """What each row's picture and training caption are measured for. `clip` needs `[clip]`."""

    image: bool = True
    text: bool = True
    privacy: Privacy | None = None
    clip: Clip | None = None


class Alike(Options):
    """When two pictures count as the same.

    `hamming`: bits of 64 that may differ (the signature has 256, of which four times as many may).
    `mirror`: also left and right exchanged; `rotate`: also turned by quarters and upside-down.
    `crop`: the share of each side (0 to 0.1) that one may lack.
    """

    hamming: int = Field(8, ge=0, le=12)
    mirror: bool = True
    rotate: bool = False
    crop: float = Field(0.0, ge=0, le=0.1)


class NearDuplicates(Alike):
    """What becomes of a picture that is nearly another's: dropped, or only marked with the other's
    id in `duplicate_of`.

    `embedding`: also where the cosine of their CLIP embeddings is at least this.
    """

    embedding: float | None = Field(None, gt=0, le=1)
    then: Literal["drop", "mark"] = "drop"


class DuplicateTexts(Options):
    """Captions of different articles (or patients) that are nearly the same.

    `jaccard`: the least share of common shingles (of `SHINGLE_WORDS` words). `boilerplate`: from how
    many articles on a caption that they all have is boilerplate, and none of them is kept
    (0: never). Captions of fewer than `least_words` words, and those made from labels, are not
    compared.
    """

    jaccard: float = Field(0.7, ge=0.5, le=1)
    boilerplate: int = Field(0, ge=0)
    least_words: int = Field(8, ge=1)
    then: Literal["drop", "mark"] = "drop"


class KeepOut(Alike):
    """An evaluation set whose pictures and texts must not be in the corpus.

    `path`: a file of `fabrica fingerprint`, a folder of pictures, or a corpus. `text`: the least
    share of an evaluation text's shingles that a text of ours has (None: pictures only). `scope`: a
    match marks all rows of its `figure`, or of its `article` (document).
    """

    path: str
    name: str = ""
    hamming: int = Field(8, ge=0, le=12)
    rotate: bool = True
    crop: float = Field(0.05, ge=0, le=0.1)
    text: float | None = Field(0.7, gt=0, le=1)
    scope: Literal["figure", "article"] = "figure"


class Balance(Options):
    """At most `most` rows of each value of `by`, chosen by the hash of their ids.

    `by`: a column (`modality`, `source`, `body_part`, ...), `concept` or `label` (present ones), or
    any SQL of one row. A row with several values stays where it is among the first of any of them;
    one with no value always stays. `where`: which rows this is about; others stay.
    """

    by: str
    most: int = Field(ge=1)
    where: str = ""


class Mix(Options):
    """How often rows should be drawn in training, as the column `sampling_weight` (mean 1).

    Either `shares` (a share for each value of `by`, which need not sum to 1; values not named get
    none), or `inverse`: weights by frequency to the power of minus this, none more than `cap` times
    that of the commonest value.
    """

    by: str
    shares: dict[str, float] = {}
    inverse: float = Field(0.0, ge=0, le=1)
    cap: float = Field(10.0, ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> Mix:
        if bool(self.shares) == bool(self.inverse):
            raise ValueError("give either `shares` or `inverse`")
        if any(share < 0 for share in self.shares.values()) or (
            self.shares and not sum(self.shares.values())
        ):
            raise ValueError("shares are not negative, and some are more than 0")
        return self
