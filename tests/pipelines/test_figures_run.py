"""Splitting as a user meets it: recipes, plan, whole runs, the report, curate and verify.

What the detector finds here is its own matter: numbers are compared with one another.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import tarfile
from pathlib import Path

import duckdb
import pytest
from PIL import Image

from benchmarks import kill
from extractors.figures.records import FigurePanel, FigureSplit
from pipelines.context import Context
from pipelines.corpus import open_corpus
from pipelines.figures import Readers, split_partition
from pipelines.recipe_file import check_recipe
from pipelines.verify import verify
from tests.conftest import ROOT, fabrica

TRUTH = json.loads((ROOT / "examples" / "mini-pmc-truth.json").read_text(encoding="utf-8"))
COMPOUND = {
    f"{figure['document_id']}/{figure['figure_id']}": figure["panels"]
    for figure in TRUTH["figures"]
    if figure["panels"]
}
CLOSED = "PMC990000009.1/F2"  # CC BY-ND
RECIPE = f"""
name: small
sources:
  - pmc: {{mirror: "{ROOT / "examples" / "mini-pmc"}", articles: ids.txt}}
figures: {{split: true, confidence: 0}}
"""
Capsys = pytest.CaptureFixture[str]


def rows_of(corpus: Path, where: str = "true") -> list[dict]:
    sql = f"SELECT * FROM '{corpus}/manifest/*.parquet' WHERE {where} ORDER BY sample_id"
    return duckdb.connect().sql(sql).to_arrow_table().to_pylist()


def panels_of(rows: list[dict]) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in rows:
        if row["figure"] and row["figure"]["box"]:
            found.setdefault(row["sample_id"].rpartition("/")[0], []).append(row)
    return found


def overlap(a: list[int], b: list[int]) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(0, width) * max(0, height)
    areas = sum((x[2] - x[0]) * (x[3] - x[1]) for x in (a, b))
    return both / (areas - both)


def test_the_demo_has_its_panels(demo_corpus: Path) -> None:
    rows = rows_of(demo_corpus)
    by_id, panels = {row["sample_id"]: row for row in rows}, panels_of(rows)
    assert CLOSED not in panels
    assert dict(by_id[CLOSED]["meta"])["figures"] == "no_derivatives"
    for name in set(COMPOUND) - {CLOSED}:
        whole, truth = by_id[name], COMPOUND[name]
        assert [d["reason"] for d in whole["drops"]] == ["split"]
        assert dict(whole["meta"])["split"] == f"{len(panels[name])} panels"
        boxes = [row["figure"]["box"] for row in panels[name]]
        assert len(boxes) == len(truth)
        for box in (panel["box"] for panel in truth):
            assert max(overlap(box, found) for found in boxes) > 0.6
    for name, found in panels.items():
        assert by_id[name]["group_id"] == found[0]["group_id"]
        for row in found:
            assert row["sample_id"].startswith(f"{name}/")
            assert {"compound", "split_confidence"} <= set(dict(row["scores"]))


def test_panels_are_trained_on(demo_corpus: Path) -> None:
    kept = [row for found in panels_of(rows_of(demo_corpus, "kept")).values() for row in found]
    assert len(kept) > 10
    assert all(row["shard"] and row["images"][0]["path"].startswith("shards/") for row in kept)
    for row in kept:
        kinds = [text["kind"] for text in row["texts"]]
        assert kinds[0] == ("subcaption" if "subcaption" in kinds else "caption")
        assert row["caption"] == row["texts"][0]["text"]


def test_counts_and_funnel_add_up(demo_corpus: Path) -> None:
    counts = json.loads((demo_corpus / "corpus.json").read_text())["counts"]
    panels = sum(map(len, panels_of(rows_of(demo_corpus)).values()))
    assert counts["panels"] == panels > 0
    page = (demo_corpus / "report" / "index.html").read_text(encoding="utf-8")
    steps = re.findall(
        r'class="name">([^<]*)<.*?class="left">([\d,]+)<span class="why">([^<]*)<', page
    )
    assert [name for name, _, _ in steps].index("figures: panels cut out") > 0
    left = int(steps[0][1])
    assert left == counts["rows"] - panels
    for name, now, change in steps[1:]:
        left += int(change.replace("−", "-").replace("+", ""))
        assert left == int(now), name
    assert left == counts["kept"]


def test_the_report_shows_panels_over_their_figure(demo_corpus: Path) -> None:
    page = (demo_corpus / "report" / "index.html").read_text(encoding="utf-8")
    assert "<h2>Compound figures</h2>" in page
    section = page.partition("<h2>Compound figures</h2>")[2].partition("<h2>")[0]
    rows = rows_of(demo_corpus)
    panels = panels_of(rows)
    assert section.count('class="boxes"') == min(12, len(panels))
    assert section.count("<rect") == sum(map(len, panels.values()))
    assert section.count('<image href="data:') == section.count('class="boxes"')
    assert "the licence forbids derivatives" in section
    assert "picture not here" not in section


def test_the_card_tells_of_panels(demo_corpus: Path) -> None:
    assert "panels cut out of compound figures" in (demo_corpus / "README.md").read_text()


# With a small recipe

EVIL = "<script>alert(1)</script><img src=x onerror='alert(2)'>\"&"


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ids.txt").write_text("PMC990000002\nPMC990000009\n")
    (tmp_path / "small.yaml").write_text(RECIPE, encoding="utf-8")
    return tmp_path / "small.yaml"


def run(capsys: Capsys, recipe: Path, *more: str, out: str = "small") -> dict:
    sets = [word for change in more for word in ("--set", change)]
    code, answer, err = fabrica(
        capsys, "run", recipe, "--out", out, "--workers", 1, "--json", *sets
    )
    assert code == 0, err
    return json.loads(answer)


def test_plan_names_the_stage_and_what_is_left_of_it(recipe: Path, capsys: Capsys) -> None:
    def plan(*more: str) -> dict[str, tuple[int, int]]:
        code, answer, _ = fabrica(capsys, "plan", recipe, "--json", *more)
        assert code == 0
        return {s["stage"]: (s["done"], s["total"]) for s in json.loads(answer)["stages"]}

    assert list(plan()) == ["list", "extract", "figures", "select", "shard", "manifest"]
    run(capsys, recipe)
    assert plan()["figures"] == (1, 1)
    changed = plan("--set", "figures.confidence=0.99")
    assert (changed["extract"], changed["figures"], changed["shard"]) == ((1, 1), (0, 1), (0, -1))
    smaller = plan("--set", "sources.0.pmc.max_side=300")
    assert (smaller["extract"], smaller["figures"]) == ((0, 1), (0, 1))
    assert "figures" not in plan("--set", "figures.split=false")


def test_another_confidence_extracts_nothing_again(recipe: Path, capsys: Capsys) -> None:
    first = run(capsys, recipe)
    part = Path("small/stages/extract/part-00000.parquet")
    before = part.stat().st_mtime_ns
    never = run(capsys, recipe, "figures.confidence=1")
    assert part.stat().st_mtime_ns == before
    rows = rows_of(Path("small"), "meta['figures'] LIKE 'low_confidence%'")
    assert never.get("panels", 0) < first["panels"] or rows == []
    assert not list(verify(open_corpus("small")))
    assert run(capsys, recipe) == first


def test_without_splitting_there_is_no_stage(recipe: Path, capsys: Capsys) -> None:
    run(capsys, recipe)
    off = run(capsys, recipe, "figures.split=false")
    assert "panels" not in off
    assert not Path("small/stages/figures").exists()
    plain = run(capsys, recipe, "figures.split=false", out="plain")
    assert off == {**plain, "corpus": "small"}
    assert not kill.differences(kill.tree(Path("small")), kill.tree(Path("plain")))
    assert "Compound figures" not in Path("small/report/index.html").read_text(encoding="utf-8")
    on = run(capsys, recipe)
    assert on["panels"] > 0
    assert not list(verify(open_corpus("small")))


def test_both_views_can_be_trained_on(recipe: Path, capsys: Capsys) -> None:
    dropped = run(capsys, recipe)
    both = run(capsys, recipe, "figures.keep_whole=keep")
    splits = len(panels_of(rows_of(Path("small"))))
    assert splits > 0
    assert both["kept"] == dropped["kept"] + splits
    assert "figures/split" not in both["by_drop"]
    assert not list(verify(open_corpus("small")))


def test_no_crop_without_leave_even_where_such_figures_are_kept(
    recipe: Path, capsys: Capsys
) -> None:
    run(capsys, recipe, "select.no_derivatives=keep_verbatim")
    found = rows_of(Path("small"), "NOT licence.derivatives")
    assert len(found) == 2
    assert all(row["kept"] and not row["figure"]["box"] for row in found)


def test_rules_can_name_the_scores(recipe: Path, capsys: Capsys) -> None:
    rule = "select.rules.sure=split_confidence >= 0 OR split_confidence IS NULL"
    assert run(capsys, recipe, rule)["kept"] > 0
    assert run(capsys, recipe, rule, "figures.split=false", out="plain")["kept"] > 0


def test_clean_and_curate(recipe: Path, capsys: Capsys) -> None:
    run(capsys, recipe)
    panels = panels_of(rows_of(Path("small")))
    where = "figure.panel = '' OR true"
    assert fabrica(capsys, "curate", "small", "--where", where, "--out", "all")[0] == 0
    assert fabrica(capsys, "verify", "all")[0] == 0
    assert panels_of(rows_of(Path("all"))).keys() == panels.keys()
    gone = next(iter(panels))
    where = f"sample_id NOT LIKE '{gone}%'"
    assert fabrica(capsys, "curate", "small", "--where", where, "--out", "less")[0] == 0
    assert fabrica(capsys, "verify", "less")[0] == 0
    emptied = rows_of(Path("less"), f"sample_id LIKE '{gone}/%'")
    assert emptied
    assert not any(row["texts"] or row["images"] for row in emptied)
    assert fabrica(capsys, "run", recipe, "--out", "small", "--clean", "--workers", 1)[0] == 0
    assert not Path("small/stages").exists()
    assert fabrica(capsys, "verify", "small")[0] == 0
    assert fabrica(capsys, "report", "small")[0] == 0
    assert fabrica(capsys, "curate", "small", "--where", "true", "--out", "again")[0] == 0
    assert fabrica(capsys, "verify", "again")[0] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("figures.splitt=true", "figures.splitt: unknown key; did you mean 'split'?"),
        ("figures.split=maybe", "figures.split: 'maybe'"),
        ("figures.confidence=2", "figures.confidence: 2"),
        ("figures.keep_whole=both", "'drop' or 'keep'"),
        ("figures.detector=yolo", "figures.detector: 'yolo': write it as onnx:PATH"),
        ("figures.detector=onnx:none.onnx", "figures.detector: 'none.onnx': no such file"),
        ("figures=true", "figures"),
    ],
)
def test_wrong_options_are_one_line(recipe: Path, capsys: Capsys, change: str, words: str) -> None:
    for command in ("run", "plan"):
        code, _, err = fabrica(capsys, command, recipe, "--set", change)
        assert (code, err.count("\n")) == (2, 1)
        assert words in err
    assert not Path("small").exists()


def test_a_detector_beside_the_recipe_is_found(
    recipe: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.recipe_file import load_recipe

    Path("model.onnx").write_bytes(b"a model")
    (recipe.parent / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    loaded = load_recipe(str(recipe), ["figures.detector=onnx:model.onnx"])
    assert loaded.figures.detector == f"onnx:{recipe.parent / 'model.onnx'}"


def read_evil(image: Image.Image, caption: str) -> FigureSplit:
    """Every figure is two panels, whose letters and words try to be HTML."""
    width, height = image.size
    halves = ((0, 0, width // 2, height), (width // 2, 0, width, height))
    spans = ((0, max(1, len(caption) // 2)),)
    return FigureSplit(1.0, tuple(FigurePanel(box, EVIL, None, spans) for box in halves), (), 1.0)


def test_hostile_letters_and_captions_are_escaped(recipe: Path, capsys: Capsys) -> None:
    mirror = Path(shutil.copytree(ROOT / "examples" / "mini-pmc" / "PMC990000002.1", "in/a"))
    for xml in mirror.glob("*.xml"):
        caption = f"<caption><p>{html.escape(EVIL * 4)} "
        xml.write_text(re.sub(r"<caption>.*?<p>", caption, xml.read_text(), flags=re.DOTALL))
    data = {"name": "evil", "sources": [{"jats": {"root": "in"}}], "figures": {"split": True}}
    Path("evil.yaml").write_text(json.dumps(data))
    first = run(capsys, Path("evil.yaml"), out="evil")
    shutil.rmtree("evil/stages/figures")
    shutil.rmtree("evil/stages/select")
    context = Context(check_recipe(data).model_dump_json(by_alias=True, exclude_unset=True), "evil")
    split_partition(context, 0, {}, lambda _: None, Readers(read_evil, lambda *_: ()))
    assert run(capsys, Path("evil.yaml"), out="evil")["rows"] > first["documents"]
    assert not list(verify(open_corpus("evil")))
    page = Path("evil/report/index.html").read_text(encoding="utf-8")
    assert html.escape(EVIL)[:30] in page
    assert "<script" not in page
    assert "<img src=x" not in page
    assert all(
        re.fullmatch(r"[A-Za-z0-9_-]+[.](jpg|png|json|txt)", name) for name in members("evil")
    )


def members(corpus: str) -> list[str]:
    names: list[str] = []
    for path in Path(corpus, "shards").glob("*.tar"):
        with tarfile.open(path) as tar:
            names += tar.getnames()
    return names


def test_a_figure_none_of_whose_panels_is_kept_comes_back(recipe: Path, capsys: Capsys) -> None:
    run(capsys, recipe, "select.rules.whole=len(figure.box) = 0")
    rows = rows_of(Path("small"), "'split' IN map_keys(meta)")
    assert rows
    assert not any(row["drops"] for row in rows if len(row["figure"]["box"]) == 0)
    assert not list(verify(open_corpus("small")))


def test_verify_finds_damaged_panels(recipe: Path, capsys: Capsys) -> None:
    run(capsys, recipe)
    part = Path("small/manifest/part-00000.parquet")
    whole = next(iter(panels_of(rows_of(Path("small")))))
    damages = {
        "panels of figures that are not there": f"SELECT * FROM old WHERE sample_id != '{whole}'",
        "marked split without panels": f"SELECT * FROM old WHERE sample_id NOT LIKE '{whole}/%'",
        "another size than their box": "SELECT * REPLACE (width + 1 AS width) FROM old",
        "boxes outside their figure": (
            "SELECT * REPLACE (struct_update(figure, width := 9) AS figure) FROM old"
        ),
    }
    shutil.copy(part, "old.parquet")
    for words, sql in damages.items():
        damaged = sql.replace("old", "'old.parquet'")
        duckdb.connect().execute(f"COPY ({damaged}) TO '{part}' (FORMAT parquet)")
        assert any(words in line for line in verify(open_corpus("small"))), words
