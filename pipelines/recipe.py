"""The recipe: one YAML file, checked whole before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from extractors.sources import SOURCES
from extractors.strict_yaml import read_yaml
from filters.rules import RuleError, check_rules
from llm_rewrite.options import ModelOptions
from pipelines.errors import UserError
from pipelines.modelfiles import ONNX
from pipelines.steps import check_step, without_how
from schemas.options import Options, first_problem, suggestion
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
_PATH_KEYS = ("articles", "knowledge", "layouts", "mirror", "pictures", "root")
_CARD_ENDINGS = (".yaml", ".yml")


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
    """What is kept: named SQL rules, licence policy, duplicates, split."""

    rules: dict[str, str] = {}
    no_derivatives: Literal["drop", "keep_verbatim"] = "drop"
    non_commercial: Literal["keep", "drop"] = "keep"
    unknown_licence: Literal["drop", "keep"] = "drop"
    retracted: Literal["drop", "keep"] = "drop"
    exact_duplicates: Literal["drop", "keep"] = "drop"
    split: Split = Split()

    @field_validator("rules")
    @classmethod
    def _valid_sql(cls, rules: dict[str, str]) -> dict[str, str]:
        try:
            check_rules(rules)
        except RuleError as error:
            raise ValueError(str(error)) from None
        return rules


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


def load_recipe(path: str, changes: Iterable[str] = ()) -> Recipe:
    """Read and check a recipe file, with `--set key=value` changes. Raises `UserError`."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such recipe file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None
    try:
        data = read_yaml(text)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from None
    if not isinstance(data, dict):
        raise UserError(f"{path}: a recipe is a mapping of keys, this is {_kind(data)}")
    for change in changes:
        _set(data, change)
    recipe = check_recipe(data, path)
    for position, (name, options) in enumerate(recipe.source_options()):
        try:
            SOURCES[name].check(options)
        except ValueError as error:
            raise UserError(f"{path}: sources.{position}.{name}: {error}") from None
    model = recipe.figures.detector.removeprefix(ONNX)
    if model and not Path(model).is_file():
        raise UserError(f"{path}: figures.detector: {model!r}: no such file")
    for key in ("vocabulary", "tuning"):
        file = getattr(recipe.concepts, key, "")
        if file and file != STARTER and not Path(file).is_file():
            hint = " (or write `starter`)" if key == "vocabulary" else ""
            raise UserError(f"{path}: concepts.{key}: {file!r}: no such file{hint}")
    return recipe


def check_recipe(data: dict[str, Any], where: str = "recipe") -> Recipe:
    """Validate a recipe given as plain data; paths that exist only beside the file are found."""
    try:
        recipe = Recipe.model_validate(data)
        sources = [_checked_source(i, entry, where) for i, entry in enumerate(recipe.sources)]
    except ValidationError as error:
        raise UserError(f"{where}: {first_problem(error, Recipe)}") from None
    found = {
        "sources": sources,
        "figures": _found_detector(recipe.figures, where),
        "concepts": recipe.concepts and _found_vocabulary(recipe.concepts, where),
        "write": [
            check_step(i, entry, recipe.writer, lambda path: _beside(path, where), where)
            for i, entry in enumerate(recipe.write)
        ],
    }
    return recipe.model_copy(
        update={k: v for k, v in found.items() if k in recipe.model_fields_set}
    )


def _checked_source(position: int, entry: dict[str, Any], where: str) -> dict[str, Any]:
    at = f"{where}: sources.{position}"
    if len(entry) != 1:
        raise UserError(f"{at}: write one source as `name: {{options}}`, not {_kind(entry)}")
    name, options = next(iter(entry.items()))
    if name not in SOURCES:
        raise UserError(f"{at}: unknown source {name!r}{suggestion(str(name), SOURCES)}")
    if not isinstance(options or {}, dict):
        raise UserError(f"{at}.{name}: its options are a mapping of keys, this is {_kind(options)}")
    options = dict(options or {})
    options = {key: _found(key, value, where) for key, value in options.items()}
    model = SOURCES[name].options
    try:
        checked = model.model_validate(options)
    except ValidationError as error:
        problem = first_problem(error, model)
        mark = "." if error.errors()[0]["loc"] else ": "
        raise UserError(f"{at}.{name}{mark}{problem}") from None
    return {name: checked.model_dump(mode="json", exclude_unset=True, by_alias=True)}


def _found(key: str, value: object, where: str) -> object:
    """An option of a source, with the paths in it as they are from here."""
    if isinstance(value, list) and key in _PATH_KEYS:
        return [_found(key, item, where) for item in value]
    is_card = key == "dataset" and str(value).endswith(_CARD_ENDINGS)
    if isinstance(value, str) and "://" not in value and (key in _PATH_KEYS or is_card):
        return _beside(value, where)
    return value


def _found_detector(figures: Figures, where: str) -> Figures:
    """The options with the path of a detector as it is from here."""
    if not figures.detector:
        return figures
    path = _beside(figures.detector.removeprefix(ONNX), where)
    return figures.model_copy(update={"detector": f"{ONNX}{path}"})


def _found_vocabulary(concepts: Concepts, where: str) -> Concepts:
    """The options with the paths of their files as they are from here."""
    paths = {"vocabulary": concepts.vocabulary, "tuning": concepts.tuning, "ner": concepts.ner}
    found = {k: _beside(v, where) for k, v in paths.items() if v and v != STARTER}
    return concepts.model_copy(update=found)


def _beside(path: str, where: str) -> str:
    """The path as given, or beside the recipe where it exists only there."""
    beside = Path(where).parent / path
    return str(beside) if not Path(path).exists() and beside.exists() else path


def _set(data: dict[str, Any], change: str) -> None:
    """Apply one `path.to.key=value`; numbers in the path are list positions. Without a value the key
    is taken out."""
    path, equals, text = change.partition("=")
    if not equals or not path:
        raise UserError(f"--set {change}: write it as path.to.key=value")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = text
    *parents, last = path.split(".")
    place: Any = data
    for part in parents:
        if isinstance(place, list) and part.isdigit() and int(part) < len(place):
            place = place[int(part)]
        elif isinstance(place, dict):
            if place.get(part) is None:
                place[part] = {}
            place = place[part]
        else:
            raise UserError(f"--set {change}: {part!r} leads nowhere")
    if isinstance(place, list) and last.isdigit() and int(last) < len(place):
        place[int(last)] = value
    elif isinstance(place, dict) and not text:
        place.pop(last, None)
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise UserError(f"--set {change}: {last!r} is no place for a value")


def _kind(value: object) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", type(None): "empty"}
    return names.get(type(value), f"a {type(value).__name__}")
