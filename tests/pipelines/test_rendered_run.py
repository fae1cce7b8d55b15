"""Rendered figures through the whole pipeline, as a user runs them."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import duckdb
import pytest
from PIL import Image

from extractors.rendered.source import RenderedOptions
from extractors.sources import SOURCES
from filters.alike.hashes import phash
from tests.conftest import ROOT, fabrica

RECIPE = ROOT / "recipes" / "rendered-figures.yaml"
COUNT = 12
Capsys = pytest.CaptureFixture[str]


def _run(capsys: Capsys, out: Path, *changes: str) -> dict:
    sets = [word for change in changes for word in ("--set", change)]
    code, answer, err = fabrica(
        capsys, "run", RECIPE, "--out", out, "--workers", 1, "--json", *sets
    )
    assert code == 0, err
    return json.loads(answer)


def _rows(corpus: Path) -> list[dict]:
    sql = f"SELECT * FROM '{corpus}/manifest/*.parquet' ORDER BY sample_id"
    return duckdb.connect().sql(sql).to_arrow_table().to_pylist()


def test_the_recipe_runs_and_is_verified(tmp_path: Path, capsys: Capsys) -> None:
    corpus = tmp_path / "corpus"
    counts = _run(capsys, corpus, f"sources.0.rendered.count={COUNT}", "select.split.test=0.3")
    assert counts["rows"] == counts["kept"] == counts["documents"] == COUNT
    code, out, _ = fabrica(capsys, "verify", corpus)
    assert (code, "all is well" in out) == (0, True)

    options, source = RenderedOptions(count=COUNT, seed=1), SOURCES["rendered"]
    rows = {row["sample_id"]: row for row in _rows(corpus)}
    drawn = {}
    for ref in source.enumerate(options):
        (document,) = source.describe(options, ref, "")
        for sample, (picture,) in source.extract(options, document, phash, ""):
            drawn[picture.sha256] = sample
            row = rows[sample.sample_id]
            assert row["images"][0]["sha256"] == picture.sha256
            assert row["caption"] == sample.caption
            assert [r["box"] for r in row["regions"]] == [r.box for r in sample.regions]
            assert row["licence"]["spdx"] == "CC0-1.0"
    assert len(drawn) == COUNT == len(rows)

    seen = 0
    for shard in sorted((corpus / "shards").glob("*.tar")):
        with tarfile.open(shard) as tar:
            for member in tar.getmembers():
                if member.name.endswith(".json"):
                    record = json.load(tar.extractfile(member))  # type: ignore[arg-type]
                    name = member.name.replace(".json", ".jpg")
                    with Image.open(io.BytesIO(tar.extractfile(name).read())) as image:  # type: ignore[union-attr]
                        for region in record["regions"]:
                            assert region["box"][2] <= image.width
                            assert region["box"][3] <= image.height
                    assert record["questions"]
                    seen += 1
    assert seen == COUNT


def test_layouts_stay_in_one_split_and_faulty_ones_are_counted(
    tmp_path: Path, capsys: Capsys
) -> None:
    layouts = tmp_path / "layouts.csv"
    lines = [f"f{k},0,0,{150 + k},140,panel,,,,," for k in range(4)]
    layouts.write_text("\n".join([*lines, "none,5,5,5,90,panel,,,,,"]))
    corpus = tmp_path / "corpus"
    counts = _run(
        capsys,
        corpus,
        f"sources.0.rendered.layouts={layouts}",
        "sources.0.rendered.count=10",
        "select.split.test=0.5",
        "select.rules={}",
    )
    assert counts["documents"] == 10
    assert counts["by_drop"] == {"list/no_panels": 2}
    splits: dict[str, set[str]] = {}
    for row in _rows(corpus):
        if row["kept"]:
            splits.setdefault(row["group_id"], set()).add(row["split"])
    assert len(splits) == 4
    assert all(len(names) == 1 for names in splits.values())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("layouts=gone.csv", "sources.0.rendered: layouts: gone.csv: no such file"),
        ("pictures=gone", "sources.0.rendered: pictures: gone is no folder"),
        ("licence=mine", "sources.0.rendered.licence: 'mine' is no licence"),
        ("cuont=3", "sources.0.rendered.cuont: unknown key; did you mean 'count'?"),
    ],
)
def test_wrong_input_gives_one_line(tmp_path: Path, capsys: Capsys, change: str, why: str) -> None:
    out = tmp_path / "corpus"
    code, _, err = fabrica(
        capsys, "run", RECIPE, "--out", out, "--set", f"sources.0.rendered.{change}"
    )
    assert code == 2
    assert why in err
    assert len(err.strip().splitlines()) == 1


def test_the_source_is_listed(capsys: Capsys) -> None:
    code, out, _ = fabrica(capsys, "sources", "--json")
    assert code == 0
    assert "drawn from code" in json.loads(out)["rendered"]["summary"]
