"""Dataset cards: what a labelled dataset is, what may be done with it, how its files lie.

A card is one YAML file, in `cards/` of this package or the user's own. It names the family that
reads the dataset and that family's options, so that a new dataset of a known layout needs no code.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from extractors.labelled.facts import Facts
from extractors.strict_yaml import read_yaml
from schemas.options import Options, first_problem

CARDS = Path(__file__).parent / "cards"
LABEL_KINDS = (
    "finding",  # "pleural effusion": something seen that is not normal
    "diagnosis",  # "melanoma"
    "structure",  # "optic disc": an organ or a part of one
    "cell",  # "red blood cell": something counted
    "instrument",  # "biopsy forceps", "pacemaker"
    "normal",  # says that nothing is wrong: "no finding"
    "grade",  # one of an ordered scale
    "attribute",  # "pigment network": a feature
    "anatomy",  # the picture as a whole shows it: "cecum", "left kidney"
    "procedure",
)


class BadCard(ValueError):
    """A card cannot be used; the message names the file, the key and what is allowed."""


class LabelInfo(Options):
    """A label of a dataset: how it is called in words, what it is, what it is a kind of.

    `key` is the dataset's own spelling; `name` a noun phrase in lower case without article;
    `article` is a, an, the, or empty for what is not counted. `parent` is the level above in a
    taxonomy, in words. `cui` a UMLS concept where known. `rank` orders grades. `share` is how often
    it is present, where known: wrong answers are drawn in that proportion.
    """

    key: str = ""
    name: str = ""
    plural: str = ""
    article: Literal["a", "an", "the", ""] | None = None
    kind: Literal[
        "finding",
        "diagnosis",
        "structure",
        "cell",
        "instrument",
        "normal",
        "grade",
        "attribute",
        "anatomy",
        "procedure",
    ] = "finding"
    parent: str = ""
    absent: str = ""
    cui: str = ""
    rank: int | None = None
    share: float | None = Field(None, ge=0, le=1)


class ExpectedFiles(Options):
    """Files that a whole copy of the dataset has: a glob with their number, or one with its sum."""

    pattern: str
    count: int | None = Field(None, ge=0)
    sha256: str = ""
    md5: str = ""


class DatasetCard(Options):
    """A labelled dataset. `reading` are the options of its family.

    `licence` is a code of `schemas.licence` or what a dataset is under in words; with a code such as
    `research only`, `terms` has the words. `access` is open (anyone may fetch it), registration
    (after signing in or agreeing to terms), credentialed (after training or approval).
    `exclusive`: each picture has exactly one label of those listed, so that the others are known to
    be absent. `unlisted`: what a label is that a picture's row does not name. `exhaustive`: every
    object of the labelled kinds is marked, so that counts are true.
    `display`: radiological where the patient's right lies on the left of the picture, image where
    left and right are only those of the picture, patient where both are the same.
    `patient` says in words what a group of samples is, for splits.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,59}$")
    title: str
    family: str
    licence: str = ""
    terms: str = ""
    attribution: str = ""
    citation: str = ""
    access: Literal["open", "registration", "credentialed"] = "open"
    where: str = ""
    instructions: str = ""
    note: str = ""
    task: str = "classification"
    facts: Facts = {}
    labels: dict[str, LabelInfo] = {}
    exclusive: bool = False
    unlisted: Literal["absent", "unstated"] = "unstated"
    exhaustive: bool = False
    display: Literal["radiological", "image", "patient"] = "image"
    patient: str = ""
    files: list[ExpectedFiles] = []
    reading: dict[str, Any] = {}

    def label(self, key: str) -> LabelInfo:
        """What the card says of a raw label; for one it does not name, the key in words."""
        found = self.labels.get(key) or _by_folded_key(self, key)
        return found or LabelInfo(key=key, name=spoken(key))


def spoken(key: str) -> str:
    """A raw label in words: underscores are blanks, lower case but for acronyms and mixed case."""
    words = key.replace("_", " ").split()
    return " ".join(w if w.isupper() and len(w) <= 4 else w[:1].lower() + w[1:] for w in words)


def _by_folded_key(card: DatasetCard, key: str) -> LabelInfo | None:
    folded = key.strip().casefold()
    return next((v for k, v in card.labels.items() if k.casefold() == folded), None)


def load_card(name: str) -> DatasetCard:
    """The card of this name in the package, or in the file at this path. Raises `BadCard`."""
    path = card_path(name)
    state = path.stat()
    return _read_card(str(path), state.st_mtime_ns, state.st_size)


def card_path(name: str) -> Path:
    """Where the card lies. Raises `BadCard` with the nearest names."""
    if name.endswith((".yaml", ".yml")):
        if not Path(name).is_file():
            raise BadCard(f"{name!r}: no such card file")
        return Path(name)
    path = CARDS / f"{name}.yaml"
    if "/" in name or "\\" in name or not path.is_file():
        near = difflib.get_close_matches(name, card_names(), n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else "; see: fabrica sources --datasets"
        raise BadCard(f"{name!r} is no dataset that has a card{hint}")
    return path


def card_names() -> list[str]:
    """The datasets that the package has cards for, by name."""
    return sorted(path.stem for path in CARDS.glob("*.yaml"))


@functools.lru_cache(maxsize=256)
def _read_card(path: str, time_ns: int, size: int) -> DatasetCard:
    """Time and size are there so that a changed file is read again."""
    try:
        data = read_yaml(Path(path).read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise BadCard(f"{path}: a card is a mapping of keys")
        card = DatasetCard.model_validate(data)
    except ValidationError as error:
        raise BadCard(f"{path}: {first_problem(error, DatasetCard)}") from None
    except BadCard:
        raise
    except (ValueError, OSError) as error:
        raise BadCard(f"{path}: {error}"[:400]) from None
    return card.model_copy(update={"labels": {k: _named(k, v) for k, v in card.labels.items()}})


def _named(key: str, info: LabelInfo) -> LabelInfo:
    name = info.name or spoken(key)
    return info.model_copy(update={"key": key, "name": name})


def infos(card: DatasetCard, keys: Iterable[str]) -> list[LabelInfo]:
    """The labels with these raw names, in their order."""
    return [card.label(key) for key in keys]
