"""The score stage as a user meets it: whole runs over the examples, and what they leave."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from filters.pictures import burnt_in
from filters.pictures import quality as image
from filters.rules import SCORES
from filters.texts import quality as text
from tests.conftest import ROOT, fabrica

Capsys = pytest.CaptureFixture[str]
RECIPE = f"""
name: scored
sources:
  - pmc: {{mirror: "{ROOT / "examples" / "mini-pmc"}", articles: "{ROOT / "examples" / "mini-pmc-articles.txt"}"}}
figures: {{split: true}}
score: {{privacy: {{}}}}
select:
  rules: {{not_flat: "image_flat < 0.999", says_something: "text_words >= 3"}}
  near_duplicates: {{hamming: 6}}
  duplicate_texts: {{}}
run: {{documents_per_partition: 8}}
"""


def rows_of(corpus: Path, sql: str) -> list[tuple]:
    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW samples AS FROM '{corpus}/manifest/*.parquet'")
    for name in ("pictures", "texts"):
        files = f"{corpus}/signatures/{name}/*.parquet"
        connection.execute(f"CREATE VIEW {name} AS FROM '{files}'")
    return connection.sql(sql).fetchall()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from pipelines.recipe_file import load_recipe
    from pipelines.run import RunOptions, run

    folder = tmp_path_factory.mktemp("scored")
    (folder / "recipe.yaml").write_text(RECIPE)
    run(
        load_recipe(str(folder / "recipe.yaml")),
        str(folder / "corpus"),
        RunOptions(workers=2, say=lambda _: None),
    )
    return folder / "corpus"


def test_every_row_that_reaches_select_is_measured(corpus: Path) -> None:
    names = {*image.SCORES, *text.SCORES, *burnt_in.SCORES, "identifying"}
    (alive,) = rows_of(corpus, "SELECT count(*) FROM samples WHERE kept")[0]
    assert alive > 40
    missing = rows_of(
        corpus,
        "SELECT sample_id FROM samples WHERE kept AND NOT map_contains(scores, 'image_flat')",
    )
    assert missing == []
    found = rows_of(corpus, "SELECT DISTINCT unnest(map_keys(scores)) FROM samples WHERE kept")
    assert names <= {name for (name,) in found}


def test_each_score_may_stand_in_a_rule() -> None:
    given = {*image.SCORES, *text.SCORES, *burnt_in.SCORES, "identifying"}
    assert given <= set(SCORES)


def test_signatures_are_those_of_the_pictures_and_captions(corpus: Path) -> None:
    (pictures,) = rows_of(corpus, "SELECT sum(len(images)) FROM samples WHERE kept")[0]
    (signed,) = rows_of(
        corpus, "SELECT count(*) FROM pictures JOIN samples USING (sample_id) WHERE kept"
    )[0]
    assert signed == pictures
    (texts,) = rows_of(
        corpus, "SELECT count(*) FROM texts JOIN samples USING (sample_id) WHERE kept"
    )[0]
    (captioned,) = rows_of(corpus, "SELECT count(*) FROM samples WHERE kept AND caption <> ''")[0]
    assert texts == captioned


def test_other_thresholds_touch_no_pixel(corpus: Path, capsys: Capsys) -> None:
    recipe = corpus.parent / "recipe.yaml"
    parts = sorted((corpus / "stages" / "score").glob("*.parquet"))
    before = [part.stat().st_mtime_ns for part in parts]
    kept = json.loads((corpus / "corpus.json").read_text())["counts"]["kept"]
    change = ["--set", "select.near_duplicates.hamming=0", "--set", "select.rules.wide=width > 400"]
    code, out, _ = fabrica(capsys, "run", recipe, "--out", corpus, *change, "--json")
    assert code == 0
    assert json.loads(out)["kept"] < kept
    assert [part.stat().st_mtime_ns for part in parts] == before
    code, out, _ = fabrica(capsys, "run", recipe, "--out", corpus, "--json")
    assert (code, json.loads(out)["kept"]) == (0, kept)


def test_plan_and_verify_know_the_stage(corpus: Path, capsys: Capsys) -> None:
    code, out, _ = fabrica(capsys, "plan", corpus.parent / "recipe.yaml", "--out", corpus, "--json")
    stages = {stage["stage"]: stage for stage in json.loads(out)["stages"]}
    assert code == 0
    assert stages["score"]["done"] == stages["score"]["total"] > 1
    assert fabrica(capsys, "verify", corpus)[0] == 0


def test_a_picture_that_cannot_be_read_is_one_fault(tmp_path: Path, corpus: Path) -> None:
    from PIL import Image as PillowImage

    from pipelines import scoring
    from pipelines.context import Context
    from schemas.manifest import samples_from_table

    state = json.loads((corpus / "corpus.json").read_text())
    context = Context(json.dumps(state["recipe"]), str(corpus))
    rows = samples_from_table(pq.read_table(corpus / "stages/figures/part-00000.parquet"))
    alive = [row for row in rows if not row.drops]
    bad = alive[1].sample_id

    def read(image):
        if image == alive[1].images[0]:
            raise OSError("broken data stream")
        return PillowImage.new("L", (64, 64), 90)

    stage = scoring._Stage(
        context.recipe, dict.fromkeys((r.sample_id for r in rows), "a b c"), read
    )
    seen = stage.measured(rows, {alive[2].sample_id: "killed its worker"}, lambda _: None)
    assert [s.row.sample_id for s in seen] == [row.sample_id for row in rows]
    faults = {
        s.row.sample_id: s.row.drops[-1].detail for s in seen if s.row.drops and not s.pictures
    }
    assert "broken data stream" in faults[bad]
    assert faults[alive[2].sample_id] == "killed its worker"
    assert sum(1 for s in seen if s.pictures) >= len(alive) - 2
