"""A row of a question set to questions, and what several rows say of one picture together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pydantic import Field

from extractors.labelled.families.fact_columns import FactColumns, facts_of
from extractors.labelled.families.patterns import Pattern, first_group
from extractors.labelled.families.vqa.answers import choices, question_of
from extractors.labelled.families.vqa.modality import stated_modality
from extractors.labelled.files import BadData, stem
from extractors.labelled.rows.records import Row, text_of
from extractors.labelled.rows.records import field as value_at
from extractors.labelled.splits import split_in
from schemas.options import Options
from schemas.sample import Question


class VqaFields(Options):
    """Which column holds what; empty for none. Keys of nested objects are joined by dots.

    `options` is one column with all of them, or one column for each. `conversations` is LLaVA's
    list of turns {"from": "human" or "gpt", "value": ...} in place of question and answer. `link`
    is the same for a question and its paraphrases. `group_pattern` is a regular expression on the
    group's column whose first group is the patient.
    """

    image: str = "image"
    question: str = "question"
    answer: str = "answer"
    options: str | list[str] = []
    answer_index: str = ""
    task: str = ""
    split: str = ""
    language: str = ""
    group: str = ""
    group_pattern: Pattern = ""
    rationale: str = ""
    link: str = ""
    conversations: str = ""


class VqaOptions(Options):
    """`files`: patterns of the tables. `images`: the folder of the pictures.

    `tasks` maps the source's own words for what is asked to ours, `splits` those of its splits (of
    the column, the key of a JSON object, or the file's name), `facts` columns to facts.
    `modality_from`: tasks whose answers state the kind of imaging. `first_index`: the number of
    the first option where the answer is a number.
    """

    files: list[str]
    images: str = ""
    fields: VqaFields = VqaFields()
    tasks: dict[str, str] = {}
    splits: dict[str, str] = {}
    facts: FactColumns = {}
    modality_from: list[str] = []
    language: str = "en"
    separator: str = ""
    first_index: int = Field(0, ge=0, le=1)


@dataclass
class About:
    """What all rows say of one picture."""

    questions: list[Question] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    groups: set[str] = field(default_factory=set)
    facts: list[dict[str, str]] = field(default_factory=list)


def questions_of_row(row: Row, options: VqaOptions) -> list[Question]:
    """One question, or one per turn of a conversation. Raises `BadData` where one is incomplete."""
    named, values = options.fields, row.values
    if named.conversations:
        return _turns(value_at(values, named.conversations), options)
    columns = [named.options] if isinstance(named.options, str) else named.options
    several = [value_at(values, c) for c in columns if c]
    given = several[0] if len(several) == 1 else [text_of(v) for v in several if text_of(v)]
    own = text_of(value_at(values, named.task))
    return [
        question_of(
            text_of(value_at(values, named.question)),
            text_of(value_at(values, named.answer)),
            choices(given),
            text_of(value_at(values, named.answer_index)),
            _task(own, options),
            text_of(value_at(values, named.language)) or options.language,
            text_of(value_at(values, named.rationale)),
            options.first_index,
        )
    ]


def _task(own: str, options: VqaOptions) -> str:
    """Our word for what is asked; the source's own where none is given. The first of several."""
    first = own.split(",")[0].strip()
    return options.tasks.get(own, options.tasks.get(first, first.lower()))


def _turns(turns: object, options: VqaOptions) -> list[Question]:
    """Each turn of a person with the one that answers it. Raises `BadData` where none does."""
    listed = [t for t in turns if isinstance(t, dict)] if isinstance(turns, list) else []
    said = [
        (text_of(t.get("from") or t.get("role")), t.get("value") or t.get("content"))
        for t in listed
    ]
    words = [(who, text_of(value).replace("<image>", "").strip()) for who, value in said]
    pairs = zip(words[::2], words[1::2], strict=False)
    if len(words) % 2 or any(a[0] == b[0] for a, b in zip(words[::2], words[1::2], strict=True)):
        raise BadData("row_broken", "its turns are not question and answer in turn")
    return [question_of(q, a, language=options.language) for (_, q), (_, a) in pairs]


def add_row(about: About, row: Row, options: VqaOptions) -> None:
    """Add a row's questions, facts, split and group. Raises `BadData`, and adds nothing then."""
    if row.problem:
        raise BadData(*row.problem)
    named, values = options.fields, row.values
    questions = questions_of_row(row, options)
    about.questions += questions
    about.splits += [_split(row, options)] * len(questions)
    about.links += [text_of(value_at(values, named.link))] * len(questions)
    group = text_of(value_at(values, named.group))
    about.groups.add(first_group(named.group_pattern, group) or group)
    about.facts.append(facts_of(options.facts, values))


def _split(row: Row, options: VqaOptions) -> str:
    """Of the column, of the object's key, or what the file's name says."""
    stated = text_of(value_at(row.values, options.fields.split)) or row.split
    named = stem(row.file.rpartition("/")[2]).split(".")[0]
    return options.splits.get(stated or named, stated or split_in(row.file))


def facts_stated(about: About, options: VqaOptions) -> dict[str, str]:
    """Facts of the columns on which all rows agree, and the kind of imaging that answers state."""
    stated = stated_modality(about.questions, options.modality_from)
    return {"modality": stated, **_agreed(about.facts)} if stated else _agreed(about.facts)


def _agreed(stated: list[dict[str, str]]) -> dict[str, str]:
    """Facts that all rows which state them state alike."""
    values: dict[str, set[str]] = {}
    for facts in stated:
        for key, value in facts.items():
            values.setdefault(key, set()).add(value)
    return {key: next(iter(found)) for key, found in values.items() if len(found) == 1}


def meta_of(about: About) -> dict[str, str]:
    """The split (test where any question is of the test part), each one's own, paraphrases."""
    splits = set(about.splits) - {""}
    whole = next((s for s in ("test", "val", *sorted(splits)) if s in splits), "")
    each = " ".join(split or "-" for split in about.splits) if len(splits) > 1 else ""
    same = [[str(i) for i, own in enumerate(about.links) if own == link] for link in _often(about)]
    meta = {"dataset_split": whole, "question_splits": each}
    meta["paraphrases"] = "; ".join("=".join(places) for places in same)
    return {key: value for key, value in meta.items() if value}


def _often(about: About) -> list[str]:
    return [link for link, times in Counter(about.links).items() if link and times > 1]
