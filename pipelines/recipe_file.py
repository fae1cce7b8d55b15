"""A recipe's file: read, changed by `--set`, checked whole, its paths found."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from extractors.sources import SOURCES
from extractors.strict_yaml import read_yaml
from filters.options import Score
from filters.rules import RuleError, check_rules
from filters.select.choices import check_choices
from pipelines.errors import UserError
from pipelines.modelfiles import ONNX
from pipelines.recipe import STARTER, Concepts, Figures, Recipe, Select
from pipelines.steps import check_step
from schemas.options import first_problem, suggestion

_PATH_KEYS = ("articles", "knowledge", "layouts", "mirror", "pictures", "root")
_CARD_ENDINGS = (".yaml", ".yml")
_LOCAL_MODEL = "local-dir:"


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
    _check_select(recipe, where)
    found = {
        "sources": sources,
        "select": _found_evaluations(recipe.select, where),
        "score": recipe.score and _found_clip(recipe.score, where),
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


def _check_select(recipe: Recipe, where: str) -> None:
    select, scores = recipe.select, recipe.score_names
    try:
        check_rules(select.rules, scores)
    except RuleError as error:
        raise UserError(f"{where}: select.rules: {error}") from None
    try:
        check_choices(select.balance, select.mix, select.curriculum, select.hold_out, scores)
    except RuleError as error:
        raise UserError(f"{where}: select.{error}") from None
    alike = select.near_duplicates
    if alike and alike.embedding is not None and not (recipe.score and recipe.score.clip):
        raise UserError(f"{where}: select.near_duplicates.embedding: needs a model, `score.clip`")


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


def _found_evaluations(select: Select, where: str) -> Select:
    """The options with the paths of evaluation sets as they are from here."""
    sets = [
        each.model_copy(update={"path": _beside(each.path, where)})
        if "://" not in each.path
        else each
        for each in select.keep_out
    ]
    return select.model_copy(update={"keep_out": sets} if sets else {})


def _found_clip(score: Score, where: str) -> Score:
    """The options with the path of a local model as it is from here."""
    if not score.clip or not score.clip.model.startswith(_LOCAL_MODEL):
        return score
    path = _beside(score.clip.model.removeprefix(_LOCAL_MODEL), where)
    clip = score.clip.model_copy(update={"model": f"{_LOCAL_MODEL}{path}"})
    return score.model_copy(update={"clip": clip})


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
