"""The papers of a corpus of labelled datasets: whose data it is, and what its columns hold."""

from __future__ import annotations

from pathlib import Path

from extractors.labelled.card import load_card
from pipelines.papers import card
from pipelines.recipe_file import check_recipe
from pipelines.summary import Summary

NOTHING = Summary(0, [], 0, 0, 0, 0, 0, 0, 0)


def test_the_card_names_each_dataset_once_with_its_terms() -> None:
    sources = [{"labelled": {"dataset": name, "root": "x"}} for name in ("drive", "bccd", "drive")]
    text = card(check_recipe({"name": "a", "sources": sources}), NOTHING)
    assert text.count("| DRIVE | research only |") == 1
    assert "| BCCD | MIT |" in text
    assert load_card("drive").terms in text
    assert "Staal J" in text


def test_a_card_that_is_gone_does_not_stop_the_papers(tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text("name: mine\ntitle: Mine\nfamily: class_folders\n")
    sources = [{"labelled": {"dataset": str(own), "root": "x"}}]
    recipe = check_recipe({"name": "a", "sources": sources})
    assert "| Mine |" in card(recipe, NOTHING)
    own.unlink()
    assert "| Mine |" not in card(recipe, NOTHING)


def test_croissant_reads_labels_regions_and_questions(labelled_corpus: Path) -> None:
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(labelled_corpus / "croissant.json"))
    rows = [row for row, _ in zip(dataset.records("samples"), range(8), strict=False)]
    for part, field in (("labels", "name"), ("regions", "label"), ("questions", "answer")):
        key = f"samples/{part}"
        assert any(f"{key}/{field}" in entry for row in rows for entry in row[key] or [])
