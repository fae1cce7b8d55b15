"""The demo corpus against the known truth of its invented articles, figure by figure."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from tests.conftest import MINI_PMC, ROOT

TRUTH = json.loads((ROOT / "examples" / "mini-pmc-truth.json").read_text(encoding="utf-8"))
PROBLEMS = {
    "missing": "image_missing",
    "broken": "image_broken",
    "stub": "image_stub",
    "md5": "md5_mismatch",
}


@pytest.fixture(scope="module")
def rows(demo_corpus: Path) -> list[dict]:
    table = duckdb.sql(f"SELECT * FROM '{demo_corpus}/manifest/*.parquet'").to_arrow_table()
    rows = table.to_pylist(maps_as_pydicts="lossy")
    return [row for row in rows if not (row["figure"] and row["figure"]["box"])]  # no panels


@pytest.fixture(scope="module")
def figures(rows: list[dict]) -> dict[tuple[str, str], dict]:
    return {(r["document_id"], r["figure"]["id"]): r for r in rows if r["figure"]}


def _row_of(truth: dict, figures: dict) -> dict:
    if truth["figure_id"] is not None:
        return figures[truth["document_id"], truth["figure_id"]]
    return next(
        row
        for (document, figure), row in figures.items()
        if document == truth["document_id"]
        and figure.startswith("fig-")
        and row["figure"]["label"] == (truth["label"] or "")
    )


@pytest.mark.parametrize(
    "truth", TRUTH["figures"], ids=lambda t: f"{t['document_id']}-{t['figure_id']}"
)
def test_a_figure_is_as_drawn(truth: dict, figures: dict) -> None:
    row = _row_of(truth, figures)
    captions = [t["text"] for t in row["texts"] if t["kind"] == "caption"]
    references = [t["text"] for t in row["texts"] if t["kind"] == "reference"]
    found_files = row["meta"].get("image_file", "")

    assert captions[:1] == ([truth["caption"]] if truth["caption"] else [])
    assert row["figure"]["label"] == (truth["label"] or "")
    assert references == truth["references"]
    assert found_files.split("; ") == (truth["image_files"] or [""])
    assert sorted(row["figure"]["merged"]) == sorted(truth["merged"])
    assert {t["language"] for t in row["texts"] if t["kind"] == "caption"} <= set(
        truth["languages"]
    )
    reasons = [d["reason"] for d in row["drops"] if d["stage"] == "extract"]
    assert reasons == ([PROBLEMS[truth["image_problem"]]] if truth["image_problem"] else [])


def test_no_figure_is_invented(rows: list[dict]) -> None:
    assert sum(row["figure"] is not None for row in rows) == len(TRUTH["figures"])


def test_every_article_has_its_version_and_licence(rows: list[dict]) -> None:
    for article, truth in TRUTH["articles"].items():
        mine = [row for row in rows if row["group_id"] == article]
        assert {row["document_id"] for row in mine} == {f"{article}.{truth['preferred_version']}"}
        assert {row["licence"]["code"] for row in mine} == {truth["licence"]}
        assert {row["licence"]["retracted"] for row in mine} == {truth["retracted"]}


def test_equations_tables_and_logos_are_no_figures(rows: list[dict]) -> None:
    named = {href for row in rows for href in row["meta"].get("href", "").split("; ")}
    assert not named & set(TRUTH["not_figures"])


def test_a_licence_disagreement_is_recorded(rows: list[dict]) -> None:
    row = next(row for row in rows if row["group_id"] == "PMC990000020")
    assert row["meta"]["licence_disagreement"] == "source CC BY-NC, article CC BY"


def test_the_same_picture_is_kept_once_with_the_richer_text(rows: list[dict]) -> None:
    (double,) = [row for row in rows if row["duplicate_of"]]
    assert double["sample_id"].startswith("PMC990000015.1/")
    assert double["duplicate_of"] == "PMC990000001.1/F2"
    assert not double["kept"]


def test_policy_drops_no_derivatives_manuscripts_and_retracted(rows: list[dict]) -> None:
    for row in rows:
        reasons = {d["reason"] for d in row["drops"]}
        clean = not any(d["stage"] == "extract" for d in row["drops"])
        assert ("licence" in reasons) == (clean and not row["licence"]["derivatives"])
        assert ("retracted" in reasons) == (clean and row["licence"]["retracted"])


def test_the_generator_gives_what_is_in_the_repository(tmp_path: Path) -> None:
    """Text files byte for byte; pictures depend on the codecs of the machine's Pillow."""
    script = ROOT / "examples" / "make_mini_pmc.py"
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    made = {p.relative_to(tmp_path) for p in tmp_path.rglob("*.xml")}
    kept = {p.relative_to(MINI_PMC.parent) for p in MINI_PMC.rglob("*.xml")}
    assert made == kept
    assert Counter(p.suffix for p in made) == {".xml": len(kept)}
    for path in made:
        assert (tmp_path / path).read_bytes() == (MINI_PMC.parent / path).read_bytes()
