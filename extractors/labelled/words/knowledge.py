"""Knowledge files: what experts write of a finding, each line with its source.

    domain: chest X-ray
    modality: [radiography]
    body_part: [chest]
    sources:
      hansell-2008: "Hansell DM et al. Fleischner Society: glossary of terms ..."
    entries:
      - name: cardiomegaly
        also: [enlarged heart]
        descriptions:
          - {text: "an enlarged cardiac silhouette", source: hansell-2008}

A text is a noun phrase that completes "a chest X-ray showing ...". It may be narrower than its
file: `modality` and `view` of its own say where it holds.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from extractors.labelled.card import BadCard, LabelInfo
from extractors.labelled.words.english import folded
from schemas.options import Options

_MAX_BYTES = 4 * 2**20
_LONGEST_WORDS = 45
_FRONTAL = ("PA", "AP")
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=400)]


class DescriptionLine(Options):
    """A description and the key of its source; `modality` and `view` where it does not hold for all."""

    text: Line
    source: str
    modality: list[str] = []
    view: list[str] = []

    @field_validator("text")
    @classmethod
    def _completes_a_caption(cls, text: str) -> str:
        if text.endswith(".") or "\n" in text:
            raise ValueError("a noun phrase on one line, without full stop")
        if len(text.split()) > _LONGEST_WORDS:
            raise ValueError(f"{len(text.split())} words; at most {_LONGEST_WORDS}")
        return text


class EntryLines(Options):
    """What is written of one thing: its name, other names of the same, a UMLS concept."""

    name: Line
    also: list[Line] = []
    cui: str = Field("", pattern=r"^(C\d{7})?$")
    descriptions: list[DescriptionLine] = Field(min_length=1)


class KnowledgeFile(Options):
    """A whole file; `modality` and `body_part` are the pictures that its lines hold for.

    `not_in_picture` are words that a picture's name must not have: a colour photograph's lines
    are wrong for an angiogram of the same kind.
    """

    domain: Line
    modality: list[str] = Field(min_length=1)
    body_part: list[str] = []
    not_in_picture: list[str] = []
    sources: dict[str, Line] = Field(min_length=1)
    entries: list[EntryLines] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_consistent(self) -> KnowledgeFile:
        seen: dict[str, str] = {}
        for entry in self.entries:
            for name in {folded(n) for n in (entry.name, *entry.also)}:
                if name in seen:
                    raise ValueError(f"{entry.name}: {name!r} is also a name of {seen[name]}")
                seen[name] = entry.name
            for line in entry.descriptions:
                self._check_line(entry.name, line)
        return self

    def _check_line(self, name: str, line: DescriptionLine) -> None:
        if line.source not in self.sources:
            raise ValueError(f"{name}: {line.source!r} is none of the sources of this file")
        if not set(line.modality) <= set(self.modality):
            raise ValueError(f"{name}: modality {line.modality} goes beyond that of the file")


@dataclass(frozen=True)
class Description:
    """One description, where it holds, and the citation of its source."""

    text: str
    source: str
    modality: tuple[str, ...]
    body_part: tuple[str, ...] = ()
    view: tuple[str, ...] = ()
    not_in_picture: tuple[str, ...] = ()

    def holds(self, facts: Mapping[str, str], views: Sequence[str]) -> bool:
        """Whether it is true of a picture with these facts; what is not known does not hold."""
        picture = f"{facts.get('picture', '')} {facts.get('organ', '')}".lower()
        part = facts.get("body_part", "")
        in_part = part in self.body_part if part else any(p in picture for p in self.body_part)
        return (
            facts.get("modality", "") in self.modality
            and (not self.body_part or in_part)
            and (not self.view or any(view in self.view for view in views))
            and not any(word in picture for word in self.not_in_picture)
        )


@dataclass(frozen=True)
class Knowledge:
    """Descriptions by the folded name of what they describe, and by UMLS concept."""

    entries: dict[str, tuple[Description, ...]]

    def of(
        self, info: LabelInfo, facts: Mapping[str, str], views: Sequence[str] = ()
    ) -> list[Description]:
        """What is written of a label for such a picture: by its name, else by its concept."""
        found = self.entries.get(folded(info.name)) or (self.entries.get(info.cui) or ())
        return [line for line in found if line.holds(facts, views)]


def views_of(facts: Mapping[str, str], image_facts: Sequence[Mapping[str, str]]) -> list[str]:
    """The views of a case's pictures; PA and AP are frontal."""
    views = []
    for one in (facts, *image_facts):
        frontal = "frontal" if one.get("projection") in _FRONTAL else ""
        views += [view for view in (one.get("view", ""), frontal) if view]
    return views


def load_knowledge(paths: Sequence[str]) -> Knowledge:
    """The knowledge of all files together, in their order. Raises `BadCard`."""
    states = []
    for path in paths:
        try:
            state = Path(path).stat()
        except OSError:
            raise BadCard(f"knowledge: {path}: no such file") from None
        states.append((path, state.st_mtime_ns, state.st_size))
    return _joined(tuple(states))


@functools.lru_cache(maxsize=32)
def _joined(states: tuple[tuple[str, int, int], ...]) -> Knowledge:
    """Times and sizes are there so that a changed file is read again."""
    entries: dict[str, tuple[Description, ...]] = {}
    for path, _, size in states:
        if size > _MAX_BYTES:
            raise BadCard(f"knowledge: {path}: {size:,} bytes; at most {_MAX_BYTES:,}")
        file = _read(path)
        for entry in file.entries:
            lines = tuple(_description(file, line) for line in entry.descriptions)
            names = {folded(n) for n in (entry.name, *entry.also)}
            for name in sorted(names | ({entry.cui} if entry.cui else set())):
                entries[name] = entries.get(name, ()) + lines
    return Knowledge(entries)


def _description(file: KnowledgeFile, line: DescriptionLine) -> Description:
    return Description(
        text=line.text,
        source=file.sources[line.source],
        modality=tuple(line.modality or file.modality),
        body_part=tuple(file.body_part),
        view=tuple(line.view),
        not_in_picture=tuple(word.lower() for word in file.not_in_picture),
    )


def _read(path: str) -> KnowledgeFile:
    try:
        data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        return KnowledgeFile.model_validate(data)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        detail = " ".join(str(error).split())[:200]
        raise BadCard(f"knowledge: {path}: not valid YAML: {detail}") from None
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise BadCard(
            f"knowledge: {path}: {_where(data, problem['loc'])}{problem['msg']}"
        ) from None


def _where(data: object, loc: tuple[int | str, ...]) -> str:
    """The entry's name and the key that is wrong: "cardiomegaly, descriptions.0.source: "."""
    if len(loc) > 1 and loc[0] == "entries" and isinstance(data, dict):
        entry = data["entries"][loc[1]]
        name = entry.get("name") if isinstance(entry, dict) else None
        rest = ".".join(str(part) for part in loc[2:])
        return f"entry {name or int(loc[1]) + 1}{', ' + rest if rest else ''}: "
    return f"{'.'.join(str(part) for part in loc)}: " if loc else ""
