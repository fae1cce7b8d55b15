"""link: rows in are rows out, with concepts in their texts and the kind of their picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pytest

from extractors.concepts.document import Linked
from extractors.concepts.loading import STARTER, read_table
from extractors.modality.tree import KIND_OF
from pipelines import layout, linking
from pipelines.context import Context
from pipelines.corpus import open_corpus, views
from pipelines.curate import curate
from pipelines.errors import UserError
from pipelines.knowledge import with_broader
from pipelines.linking import check_linking, link_partition
from pipelines.plan import plan
from pipelines.recipe import Recipe
from pipelines.recipe_file import check_recipe, load_recipe
from pipelines.run import RunOptions, run
from pipelines.storage import Store
from schemas.manifest import samples_from_table, samples_to_table
from schemas.sample import Drop, Sample, Text
from tests.conftest import ROOT, fabrica

RECIPE = {
    "name": "small",
    "sources": [{"pmc": {"mirror": "unused", "articles": "ids.txt"}}],
    "concepts": {},
    "modality": {"pixels": False},
}
QUIET = RunOptions(workers=2, say=lambda _: None)


def _said(_: str) -> None:
    pass


def sample(name: str, *texts: tuple[str, str], **more: object) -> Sample:
    document = name.partition("/")[0]
    row = Sample(name, document, document, "test", texts=[Text(k, t) for k, t in texts])
    return msgspec.structs.replace(row, **more)


def linked(folder: Path, rows: list[Sample], **changes: object) -> list[Sample]:
    """The rows as the stage gives them back."""
    context = context_of(folder, rows, **changes)
    link_partition(context, 0, {}, _said)
    return samples_from_table(context.store.read_table(layout.linked_part(0)))


def context_of(folder: Path, rows: list[Sample], **changes: object) -> Context:
    recipe = check_recipe({**RECIPE, **changes})
    context = Context(recipe.model_dump_json(by_alias=True, exclude_unset=True), str(folder))
    context.store.write_table(layout.extracted_part(0), samples_to_table(rows), "input")
    return context


def names_of(row: Sample) -> list[tuple[str, str]]:
    return [(row.texts[c.text].text[c.start : c.end], c.name) for c in row.concepts]


def test_concepts_lie_where_they_say(tmp_path: Path) -> None:
    text = "Axial CT: no pneumothorax, a possible pulmonary embolism."
    (row,) = linked(tmp_path, [sample("A/F1", ("caption", text))])
    found = {c.name: c for c in row.concepts}
    assert found["pneumothorax"].negated
    assert not found["pneumothorax"].uncertain
    assert found["pulmonary embolism"].uncertain
    for concept in row.concepts:
        assert concept.kind == row.texts[concept.text].kind == "caption"
        assert concept.cui.startswith("C")
        assert 0 < concept.score <= 1
    assert (row.modality, row.view) == ("ct", "axial")
    assert row.scores["medical"] > 0.9
    assert row.modality_score is not None


def test_a_caption_is_read_with_the_abbreviations_of_its_document(tmp_path: Path) -> None:
    rows = [
        sample("A/F1", ("caption", "PE in the right lower lobe.")),
        sample("A/F2", ("caption", "Heart."), ("abstract", "A pulmonary embolism (PE) was seen.")),
        sample("B/F1", ("caption", "PE in the right lower lobe.")),
    ]
    first, second, other = linked(tmp_path, rows)
    assert ("PE", "pulmonary embolism") in names_of(first)
    assert "PE" not in dict(names_of(other))
    # The abstract lends its abbreviations; it is not one of the texts that are linked.
    assert {c.kind for c in second.concepts} == {"caption"}


def test_only_english_texts_of_the_kinds_asked_for(tmp_path: Path) -> None:
    row = sample("A/F1", ("caption", "Pneumonia."), ("title", "Pneumonia of the lung"))
    row.texts.append(Text("caption", "Pneumonia", "pt"))
    (found,) = linked(tmp_path, [row])
    assert {c.text for c in found.concepts} == {0}
    (found,) = linked(tmp_path, [row], concepts={"kinds": ["title"]})
    assert {c.text for c in found.concepts} == {1}


def test_dropped_rows_are_handed_on_as_they_are(tmp_path: Path) -> None:
    row = sample("A/F1", ("caption", "Axial CT."), drops=[Drop("extract", "image_missing")])
    gone = msgspec.structs.replace(row, kept=False)
    assert linked(tmp_path, [gone]) == [gone]


@pytest.mark.parametrize("other", ["B/F1", "A/F2"], ids=["of another document", "of its own"])
def test_a_row_that_fails_is_a_fault_and_the_others_are_done(
    other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(texts: Sequence[str]) -> list[list[Linked]]:
        if "bad" in texts:
            raise RuntimeError("cannot be read")
        return [[] for _ in texts]

    monkeypatch.setattr(linking, "link_for", lambda _: link)
    rows = [sample("A/F1", ("caption", "bad")), sample(other, ("caption", "Axial CT scan."))]
    bad, good = linked(tmp_path, rows)
    assert [(d.stage, d.reason, d.detail) for d in bad.drops] == [
        ("link", "fault", "RuntimeError: cannot be read")
    ]
    assert (good.drops, good.modality) == ([], "ct")


def test_a_row_that_killed_a_worker_is_skipped(tmp_path: Path) -> None:
    context = context_of(tmp_path, [sample("A/F1", ("caption", "CT")), sample("A/F2")])
    link_partition(context, 0, {"A/F1": "killed by SIGKILL"}, _said)
    rows = samples_from_table(context.store.read_table(layout.linked_part(0)))
    assert [row.kept for row in rows] == [False, True]
    assert rows[0].drops[0].detail == "killed by SIGKILL"


def test_done_is_done_until_something_changes(tmp_path: Path) -> None:
    rows = [sample("A/F1", ("caption", "Pneumonia."))]
    context = context_of(tmp_path, rows)
    assert link_partition(context, 0, {}, _said) == {"linked": 1, "concepts": 1}
    assert link_partition(context, 0, {}, _said) == {"link_before": 1}
    other = context_of(tmp_path, rows, concepts={"types": ["T191"]})
    assert link_partition(other, 0, {}, _said) == {"linked": 1, "concepts": 0}


def test_the_demo_has_concepts_and_kinds(demo_corpus: Path) -> None:
    connection = duckdb.connect()
    rows = (
        connection.sql(f"SELECT * FROM '{demo_corpus}/manifest/*.parquet'")
        .to_arrow_table()
        .to_pylist()
    )
    kept = [row for row in rows if row["kept"]]
    assert sum(bool(row["concepts"]) for row in kept) > len(kept) / 2
    for row in kept:
        assert row["modality"] in KIND_OF
        assert 0 < row["modality_score"] <= 1
        assert 0 <= dict(row["scores"])["medical"] <= 1
        for concept in row["concepts"]:
            text = row["texts"][concept["text"]]
            assert text["kind"] == concept["kind"]
            assert text["text"][concept["start"] : concept["end"]].strip()
    kinds = {row["sample_id"]: row["modality"] for row in kept}
    assert kinds["PMC990000001.1/F1"] == "radiography"
    assert kinds["PMC990000001.1/F2"] == "ct"


def test_what_a_corpus_uses_comes_with_all_that_is_broader() -> None:
    table = read_table(STARTER)
    parents = dict(zip(table["cui"].to_pylist(), table["parents"].to_pylist(), strict=True))
    neuroblastoma = "C0027819"
    used = pa.chunked_array([[neuroblastoma]], pa.string())
    found = with_broader(table, used)["cui"].to_pylist()
    expected, fresh = {neuroblastoma}, {neuroblastoma}
    while fresh:
        fresh = {p for cui in fresh for p in parents[cui] or [] if p in parents} - expected
        expected |= fresh
    assert len(expected) > 3
    assert set(found) == expected


def test_the_tree_of_kinds_can_be_joined(demo_corpus: Path) -> None:
    connection = views(open_corpus(str(demo_corpus)))
    sql = "SELECT m.medical FROM samples s JOIN modalities m ON m.name = s.modality WHERE s.kept"
    kept = connection.sql("SELECT count(*) FROM samples WHERE kept").fetchall()[0][0]
    assert len(connection.sql(sql).fetchall()) == kept
    assert len(connection.sql("FROM modalities").fetchall()) == len(KIND_OF)


def test_rules_can_ask_for_the_kind(tmp_path: Path) -> None:
    recipe = load_recipe(
        str(ROOT / "recipes" / "demo.yaml"),
        [
            "select.rules.radiology=modality IN ('ct', 'mri', 'radiography') AND medical > 0.5",
            f"sources.0.pmc.mirror={ROOT / 'examples' / 'mini-pmc'}",
            f"sources.0.pmc.articles={ROOT / 'examples' / 'mini-pmc-articles.txt'}",
            "modality.pixels=false",
        ],
    )
    run(recipe, str(tmp_path / "c"), QUIET)
    corpus = open_corpus(str(tmp_path / "c"))
    kinds = views(corpus).sql("SELECT DISTINCT modality FROM samples WHERE kept").fetchall()
    assert {kind for (kind,) in kinds} <= {"ct", "mri", "radiography"}
    curate(corpus, "modality = 'ct'", str(tmp_path / "cut"), QUIET)
    cut = views(open_corpus(str(tmp_path / "cut")))
    assert cut.sql("SELECT count(*) FROM vocabulary").fetchall()[0][0] > 0
    _unlinked(recipe, tmp_path / "c")


def _unlinked(recipe: Recipe, out: Path) -> None:
    """The same corpus when the recipe no longer links."""
    state = recipe.model_dump(by_alias=True, exclude_unset=True)
    plain = Recipe.model_validate(
        {k: v for k, v in state.items() if k not in ("concepts", "modality", "select")}
    )
    run(plain, str(out), QUIET)
    store = Store(str(out))
    assert not store.exists(layout.LINKED)
    assert not store.exists(layout.VOCABULARY)
    stages = plan(Context(plain.model_dump_json(by_alias=True, exclude_unset=True), str(out)))[1]
    assert "link" not in [stage.stage for stage in stages]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"vocabulary": "README.md"}, "cannot be read as a vocabulary"),
        ({"types": ["T999"]}, "no concept of the types T999"),
        ({"tuning": "README.md"}, "cannot be read as a tuning file"),
    ],
)
def test_what_cannot_be_used_is_said_before_the_run(
    options: dict, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(UserError, match=words):
        check_linking(check_recipe({**RECIPE, "concepts": options}))


def test_wrong_keys_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    recipe = ROOT / "recipes" / "demo.yaml"
    for change, words in (
        ("concepts.vocabulry=x", "concepts.vocabulry: unknown key; did you mean 'vocabulary'"),
        ("concepts.vocabulary=nothere", "concepts.vocabulary: 'nothere': no such file"),
        ("concepts.kinds=[captoin]", "'captoin' is no kind of text; did you mean 'caption'"),
        ("concepts.linker=medcat", "concepts.linker"),
        ("modality.pixel=true", "modality.pixel: unknown key; did you mean 'pixels'"),
    ):
        code, _, err = fabrica(capsys, "plan", recipe, "--set", change)
        assert (code, words in err) == (2, True), err


def test_plan_names_the_stage(demo_corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = ROOT / "recipes" / "demo.yaml"
    code, out, _ = fabrica(capsys, "plan", recipe, "--out", demo_corpus.parent / "none", "--json")
    assert code == 0
    assert '"link"' in out
