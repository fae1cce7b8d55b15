"""Croissant 1.0 metadata of a corpus (MLCommons): its files, and the manifest's columns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from extractors.modality.tree import KIND_OF
from pipelines.croissant_context import CONTEXT
from pipelines.recipe import Recipe
from pipelines.storage import Store
from pipelines.summary import Summary

_LICENCE_URLS = {
    "CC0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC BY": "https://creativecommons.org/licenses/by/4.0/",
    "CC BY-SA": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC BY-ND": "https://creativecommons.org/licenses/by-nd/4.0/",
    "CC BY-NC": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC BY-NC-SA": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "CC BY-NC-ND": "https://creativecommons.org/licenses/by-nc-nd/4.0/",
}
_FIELDS = (
    ("sample_id", "sc:Text", ""),
    ("document_id", "sc:Text", ""),
    ("group_id", "sc:Text", "The article or patient: the unit of splits."),
    ("source", "sc:Text", ""),
    ("caption", "sc:Text", "The training caption."),
    ("width", "sc:Integer", "Pixels."),
    ("height", "sc:Integer", "Pixels."),
    ("modality", "sc:Text", "The kind of picture; empty where it is not known."),
    ("modality_score", "sc:Float", "How sure the kind is, from 0 to 1."),
    ("body_part", "sc:Text", "Empty where it is not known."),
    ("view", "sc:Text", "The plane or projection; empty where it is not known."),
    ("kept", "sc:Boolean", ""),
    ("duplicate_of", "sc:Text", ""),
    ("split", "sc:Text", ""),
    ("shard", "sc:Text", ""),
    ("sampling_weight", "sc:Float", "How often to draw a training row; 1 on average."),
)
# A map, which is read as pairs: the place in a pair, what it is called and what it is.
_SCORE_FIELDS = (
    ("[0]", "name", "sc:Text", "What was measured."),
    ("[1]", "value", "sc:Float", "The score."),
)
_CONCEPT_FIELDS = (
    ("cui", "sc:Text", "The concept's id in the vocabulary."),
    ("name", "sc:Text", "The concept's name."),
    ("kind", "sc:Text", "The kind of text it stands in."),
    ("text", "sc:Integer", "The place of that text among the sample's texts, from 0."),
    ("start", "sc:Integer", "The first character of the mention."),
    ("end", "sc:Integer", "The character after the mention."),
    ("score", "sc:Float", "How well the words match, from 0 to 1."),
    ("negated", "sc:Boolean", "Its sentence denies it."),
    ("uncertain", "sc:Boolean", "Its sentence leaves it open."),
)
_LABEL_FIELDS = (
    ("name", "sc:Text", "The label in words."),
    ("value", "sc:Text", "present, absent, uncertain or unstated."),
)
_REGION_FIELDS = (
    ("label", "sc:Text", "What is marked."),
    ("rle", "sc:Text", "Its mask as COCO's compressed counts; empty for a box."),
    ("area", "sc:Float", "Pixels."),
    ("text", "sc:Text", "A sentence on it."),
    ("image", "sc:Integer", "The picture it lies on, from 0."),
    ("share", "sc:Float", "Its share of the picture, from 0 to 1."),
    ("side", "sc:Text", "left, right, middle or both."),
    ("frame", "sc:Text", "Whose sides these are: of the patient or the image."),
    ("place", "sc:Text", "Where in the picture it lies."),
)
_QUESTION_FIELDS = (
    ("kind", "sc:Text", "open, closed, single or multiple."),
    ("question", "sc:Text", "The question."),
    ("answer", "sc:Text", "The answer; of multiple ones joined by semicolons."),
    ("evidence", "sc:Text", "What the answer rests on."),
    ("writer", "sc:Text", "Empty where the source asks."),
    ("task", "sc:Text", "What is asked for."),
    ("pair", "sc:Text", "The same for a question and its twin."),
    ("language", "sc:Text", "The language."),
    ("rationale", "sc:Text", "Why, in words."),
    ("prompt", "sc:Text", "The prompt that a model wrote it from."),
    (
        "faithful",
        "sc:Boolean",
        "Whether it was proved against its evidence; null where no model wrote it.",
    ),
    ("level", "sc:Integer", "Its complexity from 1 on; 0 where not said."),
    ("dialogue", "sc:Text", "The same for the turns of one conversation."),
    ("rejected", "sc:Text", "A wrong answer to prefer the right one over."),
    ("weight", "sc:Float", "How much that matters clinically, from 0 to 1."),
)
_TEXT_FIELDS = (
    ("kind", "sc:Text", "What it is: caption, subcaption, reference, rewritten, ..."),
    ("text", "sc:Text", "The text."),
    ("language", "sc:Text", "The language."),
    ("writer", "sc:Text", "The model that wrote it; empty where the source did."),
    ("prompt", "sc:Text", "The prompt that a model wrote it from."),
    (
        "faithful",
        "sc:Boolean",
        "Whether it was proved against its evidence; null where no model wrote it.",
    ),
    ("evidence", "sc:Text", "What it rests on: places in this record."),
)
_PARTS = (
    ("texts", "All texts of the sample, of the source and written.", _TEXT_FIELDS),
    ("concepts", "Concepts of a vocabulary that the sample's texts name.", _CONCEPT_FIELDS),
    ("labels", "Class labels, by what the dataset states of them.", _LABEL_FIELDS),
    ("regions", "Structures and findings that are marked on the pictures.", _REGION_FIELDS),
    ("questions", "Questions about the sample, with answers.", _QUESTION_FIELDS),
)


def croissant(
    store: Store, recipe: Recipe, summary: Summary, vocabulary_sources: Sequence[str] = ()
) -> dict[str, Any]:
    """Shards and manifest as file sets, the manifest's columns as fields."""
    licences = [_LICENCE_URLS[code] for code, _ in summary.licences if code in _LICENCE_URLS]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": recipe.name,
        "description": _description(recipe, summary, vocabulary_sources),
        "license": licences or ["https://spdx.org/licenses/"],
        "version": "1.0.0",
        "creator": {"@type": "sc:Organization", "name": "the authors named in ATTRIBUTION.csv"},
        "citeAs": "See ATTRIBUTION.csv for each document.",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "attribution",
                "name": "attribution",
                "contentUrl": "ATTRIBUTION.csv",
                "encodingFormat": "text/csv",
                "sha256": hashlib.sha256(store.read("ATTRIBUTION.csv")).hexdigest(),
            },
            _file_set("shard-files", "application/x-tar", "shards/*.tar"),
            _file_set("manifest-files", "application/x-parquet", "manifest/*.parquet"),
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "samples",
                "name": "samples",
                "description": "One record per sample, kept or dropped.",
                "field": [
                    *(_field(*field) for field in _FIELDS),
                    _curriculum(),
                    _scores(),
                    *(_part(*part) for part in _PARTS),
                ],
            },
            *_kinds(summary),
        ],
    }


def _file_set(name: str, kind: str, pattern: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "encodingFormat": kind,
        "includes": pattern,
    }


def _field(name: str, kind: str, words: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"samples/{name}",
        "name": name,
        **({"description": words} if words else {}),
        "dataType": kind,
        "source": _column(name),
    }


def _curriculum() -> dict[str, Any]:
    words = "The training stages that the sample is for."
    return {**_field("curriculum", "sc:Text", words), "repeated": True}


def _scores() -> dict[str, Any]:
    """What a sample was measured for, as a name and a value each."""
    scores = _part("scores", "What the sample was measured for.", ())
    scores["subField"] = [
        _sub_field("scores", name, kind, said, place) for place, name, kind, said in _SCORE_FIELDS
    ]
    return scores


def _column(name: str) -> dict[str, Any]:
    return {"fileSet": {"@id": "manifest-files"}, "extract": {"column": name}}


def _part(name: str, words: str, fields: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """A list column of a sample, each entry with its own fields."""
    return {
        "@type": "cr:Field",
        "@id": f"samples/{name}",
        "name": name,
        "description": words,
        "repeated": True,
        "subField": [_sub_field(name, field, kind, said, field) for field, kind, said in fields],
    }


def _sub_field(part: str, name: str, kind: str, words: str, path: str) -> dict[str, Any]:
    """A field of each entry of a list column, at a JSON path in it."""
    return {
        "@type": "cr:Field",
        "@id": f"samples/{part}/{name}",
        "name": name,
        "description": words,
        "dataType": kind,
        "source": {**_column(part), "transform": {"jsonPath": path}},
    }


def _kinds(summary: Summary) -> list[dict[str, Any]]:
    """The kinds of picture with their counts, as records of their own."""
    if not summary.content.kinds:
        return []
    types = {"name": "sc:Text", "title": "sc:Text", "group": "sc:Text", "samples": "sc:Integer"}
    rows = [
        (name, KIND_OF[name].title, KIND_OF[name].group, n)
        for name, n, _ in summary.content.kinds
        if name in KIND_OF
    ]
    return [
        {
            "@type": "cr:RecordSet",
            "@id": "kinds",
            "name": "kinds",
            "description": "Kinds of picture among the kept samples.",
            "key": {"@id": "kinds/name"},
            "field": [
                {"@type": "cr:Field", "@id": f"kinds/{name}", "name": name, "dataType": kind}
                for name, kind in types.items()
            ],
            "data": [
                {f"kinds/{name}": value for name, value in zip(types, row, strict=True)}
                for row in rows
            ],
        }
    ]


def _description(recipe: Recipe, summary: Summary, vocabulary_sources: Sequence[str]) -> str:
    """What the recipe says of the corpus, and what is known of its content."""
    content = summary.content
    words = [recipe.description or f"Medical image-text corpus {recipe.name}."]
    if content.kinds:
        kinds = ", ".join(f"{kind or 'undecided'} {n:,}" for kind, n, _ in content.kinds)
        words.append(f"Kinds of picture: {kinds}.")
    if content.with_concepts:
        words.append(f"{content.with_concepts:,} of {summary.kept:,} samples have concepts.")
    if content.with_concepts and vocabulary_sources:
        words.append(f"The vocabulary is made from {', '.join(vocabulary_sources)}.")
    return " ".join(words)
