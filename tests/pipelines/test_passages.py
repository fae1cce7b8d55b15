"""Passages: what knowledge files and the vocabulary say of a row, and of nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extractors.concepts.entries import VOCABULARY
from llm_rewrite.task import Passage
from pipelines.errors import UserError
from pipelines.passages import LONGEST, knowledge_files, passages_for
from pipelines.recipe import Recipe
from pipelines.recipe_file import check_recipe
from schemas.evidence import holds, joined, references
from schemas.sample import Concept, Label, Region, Sample

ROOT = Path(__file__).resolve().parent.parent.parent
CHEST = str(ROOT / "recipes" / "knowledge" / "chest_xray.yaml")
SOURCES = [{"labelled": {"dataset": "bccd", "root": "data", "knowledge": [CHEST]}}]
FILM = Sample(
    "s",
    "d",
    "g",
    "set",
    labels=[Label("cardiomegaly", "present"), Label("pneumothorax", "absent")],
    modality="radiography",
    body_part="chest",
    view="frontal",
    meta={"picture": "chest X-ray"},
)


@pytest.fixture
def vocabulary(tmp_path: Path) -> str:
    rows = [
        ("C9", "melanoma", ["black cancer"], "A cancer that derives_from melanocytes.", ["T191"]),
        ("C1", "cardiomegaly", ["big heart"], "Enlargement of the heart.", ["T033"]),
        ("C5", "long", [], "word " * 200, ["T047"]),
        ("C6", "stops", [], f"A first sentence. {'word ' * 200}", ["T047"]),
        ("C3", "nothing", [], "", ["T047"]),
        ("C4", "biopsy", [], "Taking tissue.", ["T060"]),
    ]
    table = pa.Table.from_pylist(
        [
            {"cui": c, "name": n, "synonyms": s, "definition": d, "types": t, "sources": ["DOID"]}
            for c, n, s, d, t in sorted(rows)
        ],
        VOCABULARY,
    )
    path = tmp_path / "words.parquet"
    pq.write_table(table, path)
    return str(path)


def found(row: Sample, **recipe: Any) -> list[Passage]:
    given = {"name": "r", "sources": SOURCES, **recipe}
    return passages_for(Recipe.model_validate(given))(row)


def with_concepts(*concepts: Concept, row: Sample = Sample("s", "d", "g", "pmc")) -> Sample:  # noqa: B008
    return msgspec.structs.replace(row, concepts=list(concepts))


def test_lines_of_a_knowledge_file_that_hold_for_the_picture() -> None:
    passages = found(FILM)
    assert passages
    for passage in passages:
        assert passage.ref == "knowledge:cardiomegaly"
        assert passage.text.startswith("cardiomegaly: ")
        assert len(passage.source) > 20, "the citation"
    assert found(msgspec.structs.replace(FILM, modality="ct")) == []
    assert found(msgspec.structs.replace(FILM, body_part="abdomen")) == []


def test_a_line_for_one_view_is_not_told_of_another() -> None:
    frontal = [p.text for p in found(FILM)]
    lateral = [p.text for p in found(msgspec.structs.replace(FILM, view="lateral"))]
    assert any("PA film" in text for text in frontal)
    assert not any("PA film" in text for text in lateral)


def test_denied_and_unstated_labels_are_not_described_regions_are() -> None:
    row = msgspec.structs.replace(
        FILM, labels=[Label("pneumothorax", "absent"), Label("cardiomegaly", "unstated")]
    )
    assert found(row) == []
    row = msgspec.structs.replace(row, regions=[Region("pleural effusion", [0, 0, 1, 1])])
    assert {p.ref for p in found(row)} == {"knowledge:pleural effusion"}
    row = msgspec.structs.replace(FILM, labels=[Label("cardiomegaly", "uncertain")])
    assert {p.ref for p in found(row)} == {"knowledge:cardiomegaly"}


def test_two_spellings_of_a_label_are_told_once() -> None:
    row = msgspec.structs.replace(
        FILM, labels=[Label("pleural effusion", "present"), Label("pleural effusions", "present")]
    )
    texts = [p.text.partition(": ")[2] for p in found(row)]
    assert texts
    assert len(texts) == len(set(texts))


def test_definitions_of_the_concepts_that_an_article_states(vocabulary: str) -> None:
    row = with_concepts(
        Concept("C9", "melanoma", ["T191"], text=1),
        Concept("C1", "cardiomegaly", ["T033"], text=0),
        Concept("C4", "biopsy", ["T060"]),
        Concept("C3", "nothing", ["T047"]),
        Concept("C77", "unknown", ["T047"]),
        Concept("C9", "melanoma", ["T191"], text=2),
    )
    assert found(row, concepts={"vocabulary": vocabulary}) == [
        Passage("cardiomegaly (also: big heart): Enlargement of the heart.", "definition:C1", "DOID"),
        Passage(
            "melanoma (also: black cancer): A cancer that derives from melanocytes.",
            "definition:C9",
            "DOID",
        ),
    ]  # fmt: skip
    denied = with_concepts(*row.concepts, Concept("C9", "melanoma", ["T191"], negated=True))
    refs = [p.ref for p in found(denied, concepts={"vocabulary": vocabulary})]
    assert refs == ["definition:C1"]


def test_of_a_labelled_row_only_what_its_labels_name_is_defined(vocabulary: str) -> None:
    row = with_concepts(
        Concept("C9", "melanoma", ["T191"]), Concept("C1", "cardiomegaly", ["T033"]), row=FILM
    )
    refs = {p.ref for p in found(row, concepts={"vocabulary": vocabulary})}
    assert refs == {"definition:C1", "knowledge:cardiomegaly"}


def test_long_definitions_are_cut(vocabulary: str) -> None:
    row = with_concepts(Concept("C5", "long", ["T047"]), Concept("C6", "stops", ["T047"], text=1))
    long, stops = found(row, concepts={"vocabulary": vocabulary})
    assert LONGEST - 10 < len(long.text.removeprefix("long: ")) <= LONGEST + 4
    assert long.text.endswith("word ...")
    assert stops.text == "stops: A first sentence."


def test_references_lead_through_the_record(vocabulary: str) -> None:
    row = with_concepts(Concept("C1", "cardiomegaly", ["T033"]), row=FILM)
    refs = [p.ref for p in found(row, concepts={"vocabulary": vocabulary})]
    assert references(joined(refs)) == list(dict.fromkeys(refs))
    assert all(holds(row, ref) for ref in refs)


def test_the_files_of_sources_and_of_tasks_are_read(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "domain: tests\nmodality: [radiography]\nsources: {a-1: 'Somebody 2020'}\nentries:\n"
        "  - {name: cardiomegaly, also: [big heart], descriptions: [{text: a large heart here, source: a-1}]}\n"
    )
    write = [{"caption_labels": {"model": "m", "endpoint": "http://h/v1", "knowledge": [str(own)]}}]
    data = {
        "name": "r",
        "sources": [{"labelled": {"dataset": "bccd", "root": "d"}}],
        "write": write,
    }
    recipe = check_recipe(data)
    assert knowledge_files(recipe) == [str(own)]
    (passage,) = passages_for(recipe)(FILM)
    assert passage == Passage(
        "cardiomegaly: a large heart here", "knowledge:cardiomegaly", "Somebody 2020"
    )
    twice = [Label("cardiomegaly", "present"), Label("big heart", "present")]
    assert passages_for(recipe)(msgspec.structs.replace(FILM, labels=twice)) == [passage]
    own.write_text("domain: [\n")
    with pytest.raises(UserError, match="not valid YAML"):
        passages_for(recipe)


def test_a_vocabulary_that_is_none_is_a_users_error(tmp_path: Path) -> None:
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"no parquet")
    with pytest.raises(UserError, match="cannot be read as a vocabulary"):
        found(FILM, concepts={"vocabulary": str(bad)})
