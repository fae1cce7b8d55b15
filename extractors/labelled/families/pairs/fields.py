"""What a record beside a picture states: texts, facts, licence, split, patient, class.

A record is a row of a table or the JSON of a WebDataset; options name its keys, nested ones joined
by dots.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import field_validator

from extractors.labelled.card import DatasetCard
from extractors.labelled.families.fact_columns import FactColumns, facts_of
from extractors.labelled.families.patterns import Pattern, first_group
from extractors.labelled.records import Entry
from extractors.labelled.rows.records import field, text_of
from extractors.labelled.splits import split_in
from extractors.labelled.stated import labels_of
from schemas.options import Options
from schemas.sample import TEXT_KINDS, Label, Text

_LONGEST_META = 500


class TextColumn(Options):
    """A column with a text: its kind (of `TEXT_KINDS`), its language, and what it is, as `prompt`."""

    column: str
    kind: str = "caption"
    language: str = ""
    prompt: str = ""

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in TEXT_KINDS:
            raise ValueError(f"{kind!r} is no kind of text; {', '.join(TEXT_KINDS)}")
        return kind


class PairFields(Options):
    """Which key holds what; empty for none.

    `group_pattern`: a regular expression on the group's text, whose first group is the patient or
    article. `blank`: texts that say nothing, such as "None provided".
    `label` is a class by a key of the card's labels. `splits` maps the source's words.
    `meta` names what else is kept.
    """

    texts: list[TextColumn] = [TextColumn(column="caption")]
    blank: list[str] = []
    language: str = "en"
    licence: str = ""
    group: str = ""
    group_pattern: Pattern = ""
    split: str = ""
    splits: dict[str, str] = {}
    label: str = ""
    facts: FactColumns = {}
    meta: dict[str, str] = {}


def texts_in(options: PairFields, values: Mapping[str, Any]) -> list[Text]:
    """The texts of a record with their lines joined, each once; blank ones are none.

    A key may hold a list of texts.
    """
    texts = []
    for column in options.texts:
        held = field(values, column.column)
        for value in held if isinstance(held, list) else [held]:
            text = " ".join(text_of(value).split())
            text = "" if text in options.blank else text
            language = column.language or options.language
            texts += [Text(column.kind, text, language, prompt=column.prompt)] if text else []
    return _each_once(texts)


def has_caption(texts: list[Text]) -> bool:
    """Whether there is a text about the picture, not only about its article or case."""
    return any(text.kind not in ("title", "abstract", "reference_paragraph") for text in texts)


def stated_in(
    options: PairFields, values: Mapping[str, Any], card: DatasetCard, file: str
) -> dict[str, Any]:
    """What a record states beside its texts, as fields of an `Entry`; `file` may name the split."""
    meta = {key: text_of(field(values, path))[:_LONGEST_META] for key, path in options.meta.items()}
    split = text_of(field(values, options.split))
    meta["dataset_split"] = options.splits.get(split, split) or split_in(file)
    return {
        "group": group_in(options, values),
        "licence": text_of(field(values, options.licence)),
        "labels": labels_in(options, values, card),
        "facts": facts_of(options.facts, values),
        "meta": {key: value for key, value in meta.items() if value},
    }


def group_in(options: PairFields, values: Mapping[str, Any]) -> str:
    """The patient, article or case of a record; empty where it states none."""
    text = text_of(field(values, options.group))
    return first_group(options.group_pattern, text) or text


def labels_in(options: PairFields, values: Mapping[str, Any], card: DatasetCard) -> list[Label]:
    """The class of a record with the card's rules; none where no class is stated."""
    key = text_of(field(values, options.label))
    return labels_of(card, {key: "present"}) if key else []


def more_texts(entry: Entry, texts: list[Text]) -> list[Text]:
    """An entry's texts with those of a further record about the same picture, each once."""
    return _each_once([*entry.texts, *texts])


def _each_once(texts: list[Text]) -> list[Text]:
    """The different texts in their order; told apart by equality, since a text holds a list."""
    return [text for place, text in enumerate(texts) if text not in texts[:place]]
