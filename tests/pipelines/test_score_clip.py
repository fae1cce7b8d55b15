"""CLIP in a whole run: scores, ranks, embeddings, and rules on them; a tiny model of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT, fabrica

pytest.importorskip("open_clip", reason="needs the extra [clip]")

Capsys = pytest.CaptureFixture[str]
RECIPE = """
name: clipped
sources:
  - pmc: {{mirror: {root}/mini-pmc, articles: {root}/mini-pmc-articles.txt}}
score:
  image: false
  text: false
  clip:
    model: "local-dir:{model}"
    texts: [caption, reference]
    strangers: 64
    classes: {{blood: [a blood smear, blood cells], skin: [a mole]}}
select:
  rules: {{fits: "clip > -1 AND clip_rank >= 0", told: "class_blood + class_skin > 0.99"}}
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from pipelines.recipe_file import load_recipe
    from pipelines.run import RunOptions, run
    from tests.filters.clip.clip_models import write_model

    folder = tmp_path_factory.mktemp("clipped")
    model = write_model(folder / "model")
    recipe = RECIPE.format(root=ROOT / "examples", model=model)
    (folder / "recipe.yaml").write_text(recipe)
    options = RunOptions(workers=1, say=lambda _: None)
    run(load_recipe(str(folder / "recipe.yaml")), str(folder / "corpus"), options)
    return folder / "corpus"


def test_scores_and_embeddings_agree(corpus: Path) -> None:
    rows = duckdb.sql(
        f"""SELECT scores['clip'], picture::FLOAT[] AS p, text::FLOAT[] AS t
        FROM '{corpus}/manifest/*.parquet' JOIN '{corpus}/embeddings/*.parquet' USING (sample_id)
        WHERE kept"""
    ).fetchall()
    assert len(rows) > 40
    for clip, picture, text in rows:
        p, t = np.array(picture), np.array(text)
        assert np.linalg.norm(p) == pytest.approx(1, abs=5e-3)
        assert clip == pytest.approx(float(p @ t), abs=5e-3)
    schema = pq.read_schema(next(iter(sorted((corpus / "embeddings").glob("*.parquet")))))
    assert b"local-dir:" in schema.metadata[b"fabrica.model"]


def test_another_model_scores_again_another_rule_does_not(corpus: Path, capsys: Capsys) -> None:
    recipe = corpus.parent / "recipe.yaml"
    part = corpus / "stages" / "score" / "part-00000.parquet"
    before = part.stat().st_mtime_ns
    change = ["--set", "select.rules.fits=clip > 2"]
    code, out, _ = fabrica(
        capsys, "run", recipe, "--out", corpus, "--workers", 1, "--json", *change
    )
    assert (code, json.loads(out)["kept"]) == (0, 0)
    assert part.stat().st_mtime_ns == before
    from pipelines import scoring

    with pytest.MonkeyPatch.context() as patch:  # nothing is left to score: no model is loaded
        patch.setattr(scoring, "_scorer", None)
        assert fabrica(capsys, "run", recipe, "--out", corpus, "--workers", 1, *change)[0] == 0
    change = ["--set", "score.clip.long_texts=mean"]
    assert fabrica(capsys, "run", recipe, "--out", corpus, "--workers", 1, *change)[0] == 0
    assert part.stat().st_mtime_ns != before


def test_a_model_that_is_not_there_is_one_line(tmp_path: Path, capsys: Capsys) -> None:
    recipe = tmp_path / "r.yaml"
    recipe.write_text(RECIPE.format(root=ROOT / "examples", model=tmp_path / "none"))
    code, _, err = fabrica(capsys, "run", recipe, "--out", tmp_path / "c")
    assert code == 2
    assert err.startswith("fabrica: score.clip: ")
    assert len(err.strip().splitlines()) == 1
