"""The recipe: what a corpus is made from, how, and what of it is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from extractors.sources import SOURCES
from filters.options import (
    Balance,
    DuplicateTexts,
    KeepOut,
    Mix,
    NearDuplicates,
    Score,
    plain_names,
)
from filters.rules import SCORES_OF
from llm_rewrite.options import ModelOptions
from pipelines.modelfiles import ONNX
from pipelines.steps import without_how
from schemas.options import Options, suggestion
from schemas.sample import TEXT_KINDS

_UNITS = {
    "": 1,
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMG]?I?B?)\s*\Z", re.IGNORECASE)
STARTER = "starter"


def _named(keep_out: dict) -> dict:
    path = str(keep_out.get("path", "")).rstrip("/")
    return {"name": re.sub(r"\.parquet\Z", "", path.rpartition("/")[2]), **keep_out}


def _checked_kinds(kinds: list[str]) -> list[str]:
    for kind in kinds:
        if kind.partition(":")[0] not in TEXT_KINDS:
            raise ValueError(f"{kind!r} is no kind of text{suggestion(kind, TEXT_KINDS)}")
    return kinds


class Figures(Options):
    """Whether compound figures are cut into panels, by whom, and from which confidence on."""

    split: bool = False
    confidence: float = Field(0.5, ge=0, le=1)
    detector: str = ""
    keep_whole: Literal["drop", "keep"] = "drop"

    @field_validator("detector")
    @classmethod
    def _known_detector(cls, detector: str) -> str:
        if detector and not re.fullmatch(f"{ONNX}.+", detector):
            raise ValueError(f"{detector!r}: write it as onnx:PATH, or leave it out for our own")
        return detector


class Concepts(Options):
    """Which vocabulary is looked for in which texts, and how.

    `vocabulary` is a file of `fabrica vocabulary build`, or `starter`, the one in the package:
    diseases, and terms of imaging.
    `kinds`: the texts to link; the others of a document only lend their abbreviations.
    """

    vocabulary: str = STARTER
    tuning: str = ""
    types: list[str] = []
    kinds: list[str] = ["caption", "subcaption", "reference", "label_caption", "report"]
    linker: Literal["fabrica", "scispacy"] = "fabrica"
    ner: str = ""
    approximate: bool = True
    threshold: float | None = Field(None, ge=0, le=1)

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, kinds: list[str]) -> list[str]:
        return _checked_kinds(kinds)


class Modality(Options):
    """How the kind of picture is told: from texts always, from `pixels`, from a CLIP model."""

    pixels: bool = True
    clip: str = ""


class Split(Options):
    """Shares of groups (articles, patients) held out of training.

    `official`: a group that its dataset puts into train, val or test stays there; one with rows in
    several is test before val before train.
    """

    val: float = Field(0.0, ge=0, le=1)
    test: float = Field(0.0, ge=0, le=1)
    official: bool = True

    @model_validator(mode="after")
    def _leaves_train(self) -> Split:
        if self.val + self.test > 1:
            raise ValueError(f"val + test is {self.val + self.test:g}; at most 1")
        return self


class Select(Options):
    """What is kept: named SQL rules, licence policy, duplicates, evaluation sets, mix, split.

    `keep_out`: evaluation sets, a path or a path with options each. `hold_out`: named conditions;
    documents (or patients) with a kept row that meets one are test. `curriculum`: named training
    stages, SQL each.
    """

    rules: dict[str, str] = {}
    no_derivatives: Literal["drop", "keep_verbatim"] = "drop"
    non_commercial: Literal["keep", "drop"] = "keep"
    unknown_licence: Literal["drop", "keep"] = "drop"
    retracted: Literal["drop", "keep"] = "drop"
    exact_duplicates: Literal["drop", "keep"] = "drop"
    near_duplicates: NearDuplicates | None = None
    duplicate_texts: DuplicateTexts | None = None
    keep_out: list[KeepOut] = []
    balance: list[Balance] = []
    mix: Mix | None = None
    curriculum: dict[str, str] = {}
    hold_out: dict[str, str] = {}
    split: Split = Split()

    @field_validator("keep_out", mode="before")
    @classmethod
    def _path_alone(cls, sets: object) -> object:
        """A bare path stands for `{path: it}`; a set is named as its file or folder."""
        if not isinstance(sets, list):
            return sets
        sets = [{"path": each} if isinstance(each, str) else each for each in sets]
        return [_named(each) if isinstance(each, dict) else each for each in sets]

    @field_validator("keep_out")
    @classmethod
    def _different_names(cls, sets: list[KeepOut]) -> list[KeepOut]:
        names = [each.name for each in sets]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"two sets are named {twice[0]!r}; give each a `name` of its own")
        return sets

    @field_validator("curriculum", "hold_out")
    @classmethod
    def _plain_names(cls, conditions: dict[str, str]) -> dict[str, str]:
        return plain_names(conditions)

    @property
    def crop(self) -> float:
        """The largest crop that any comparison of pictures allows for."""
        alike = [self.near_duplicates, *self.keep_out]
        return max((each.crop for each in alike if each), default=0.0)

    @property
    def compares(self) -> bool:
        """Whether pictures or texts are compared with one another."""
        return bool(self.near_duplicates or self.duplicate_texts or self.keep_out)


class Shards(Options):
    """How large a shard may be; `max_bytes` takes units as in `1GB` or `512MiB`."""

    max_samples: int = Field(10_000, ge=1)
    max_bytes: int = Field(10**9, ge=1)

    @field_validator("max_bytes", mode="before")
    @classmethod
    def _with_units(cls, value: object) -> object:
        if isinstance(value, str) and (match := _SIZE.match(value)):
            return int(float(match[1]) * _UNITS[match[2].upper()])
        if isinstance(value, str):
            raise ValueError(f"{value!r} is no size; write it as 500MB, 1GB or 512MiB")
        return value


class Limits(Options):
    """How partitions are made and what a run puts up with."""

    documents_per_partition: int = Field(500, ge=1, le=100_000)
    retries: int = Field(2, ge=0, le=10)
    timeout_s: float = Field(300.0, gt=0)
    max_fault_share: float = Field(0.05, ge=0, le=1)


class Recipe(Options):
    """A whole recipe. `sources` and `write` are lists of `name: options`; `writer` is the model
    that writes where a task names no other."""

    name: str
    description: str = ""
    sources: list[dict[str, Any]] = Field(min_length=1)
    figures: Figures = Figures()
    concepts: Concepts | None = None
    modality: Modality | None = None
    writer: ModelOptions | None = None
    write: list[dict[str, Any]] = []
    score: Score | None = None
    caption: list[str] = [
        *("rewritten", "subcaption", "caption", "label_caption", "report", "region_caption"),
    ]
    select: Select = Select()
    shards: Shards = Shards()
    run: Limits = Limits()

    @field_validator("name")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", name):
            raise ValueError(f"{name!r}: use letters, digits, '.', '_' and '-', at most 80")
        return name

    @field_validator("caption")
    @classmethod
    def _known_kinds(cls, kinds: list[str]) -> list[str]:
        _checked_kinds([part for entry in kinds for part in entry.split("+")])
        return kinds

    @property
    def links(self) -> bool:
        """Whether the recipe has a link stage."""
        return self.concepts is not None or self.modality is not None

    @property
    def scores(self) -> bool:
        """Whether the recipe has a score stage: measured, or compared by signatures."""
        return self.score is not None or self.select.compares

    @property
    def score_names(self) -> list[str]:
        """The scores that rules may name: of the stages that this recipe has."""
        score = self.score
        asked = {""}
        if score:
            asked |= {name for name in ("image", "text") if getattr(score, name)}
        if score and score.privacy:
            looked = ("burnt_in", "faces", "texts")
            asked |= {f"privacy.{name}" for name in looked if getattr(score.privacy, name)}
        names = {name for group in asked for name in SCORES_OF[group]}
        return sorted({*names, *(score.clip.score_names() if score and score.clip else [])})

    @property
    def linker(self) -> Concepts | None:
        """The linker of the link stage, or that which written texts are proved with; or none."""
        return self.concepts or (Concepts() if self.write else None)

    def public(self) -> dict[str, Any]:
        """The recipe as plain data that may be published: without `storage`, which has keys, and
        without the addresses of models."""
        data = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        written = {
            "writer": data.get("writer") and without_how(data["writer"]),
            "write": [{n: without_how(o or {}) for n, o in e.items()} for e in self.write],
        }
        kept = {key: value for key, value in written.items() if value}
        return {**data, "sources": self.sources_state(), **kept}

    def sources_state(self, without: Iterable[str] = ()) -> list[dict[str, Any]]:
        """The sources as plain data, without secrets and what does not matter to the asker."""
        hidden = {*without, "storage"}
        return [
            {name: {k: v for k, v in options.items() if k not in hidden}}
            for entry in self.sources
            for name, options in entry.items()
        ]

    def named_files(self) -> list[str]:
        """Fingerprints of the files that sources name in their options; empty where none does."""
        states = [SOURCES[name].state(options) for name, options in self.source_options()]
        return states if any(states) else []

    def source_options(self) -> list[tuple[str, Any]]:
        """`(name, checked options)` of each source, in order."""
        return [
            (name, SOURCES[name].options.model_validate(options))
            for entry in self.sources
            for name, options in entry.items()
        ]
