"""Recipes: what is right passes, what is wrong is one line that helps."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import UserError
from pipelines.recipe_file import check_recipe, load_recipe
from tests.conftest import ROOT

GOOD = """
name: demo
sources:
  - jats: {root: .}
select:
  rules: {large: "width > 100"}
  split: {val: 0.1, test: 0.1}
shards: {max_samples: 100, max_bytes: 1.5GB}
"""


def _write(folder: Path, text: str) -> str:
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    return str(folder / "recipe.yaml")


def test_a_good_recipe(tmp_path: Path) -> None:
    recipe = load_recipe(_write(tmp_path, GOOD), ["shards.max_samples=7", "select.split.val=0"])
    assert recipe.shards.max_bytes == 1_500_000_000
    assert recipe.shards.max_samples == 7
    assert recipe.select.split.val == 0


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").glob("*.yaml")), ids=lambda p: p.name)
def test_recipes_in_the_repository_are_valid(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert load_recipe(str(path)).name


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("selct={}", "selct: unknown key; did you mean 'select'?"),
        ("select.rulse={}", "select.rulse: unknown key; did you mean 'rules'?"),
        ("select.rules.r=widht > 3", "unknown column 'widht'; did you mean 'width'?"),
        ("select.rules.r=width >", "syntax error"),
        ("select.rules=[1]", "select.rules"),
        ("select.rules.r=image_flat < 1", "'image_flat': a score that `score` is not asked for"),
        ("select.rules.r=clip > 0.3", "'clip': a score that `score` is not asked for"),
        ("score.clip={}", "score.clip.model: missing"),
        ("score.clip={model: m, texts: [captoin]}", "'captoin' is no kind of text"),
        ("score.clip={model: m, device: gpu}", "score.clip.device"),
        ("score.clip={model: m, classes: {a b: [x]}}", "letters, digits and _"),
        ("select.near_duplicates={hamming: 40}", "select.near_duplicates.hamming: 40"),
        ("select.near_duplicates={embedding: 0.9}", "needs a model, `score.clip`"),
        ("select.keep_out=[a/x, {path: b/x}]", "two sets are named 'x'"),
        ("select.keep_out=[{path: x, hamm: 1}]", "keep_out.0.hamm: unknown key; did you mean"),
        ("select.balance=[{by: modalty, most: 3}]", "balance.0.by"),
        ("select.balance=[{by: sum(width), most: 3}]", "balance.0.by"),
        ("select.mix={by: source}", "give either `shares` or `inverse`"),
        ("select.curriculum={a: width >}", "curriculum.a"),
        ("select.hold_out={'a b': width > 3}", "letters, digits and _"),
        ("sources=[]", "sources"),
        ("sources.0={pcm: {}}", "unknown source 'pcm'; did you mean 'pmc'?"),
        ("sources.0={jats: {}}", "sources.0.jats.root: missing"),
        ("sources.0={jats: {roots: x}}", "sources.0.jats"),
        ("sources.0={jats: x}", "its options are a mapping of keys, this is a text"),
        ("sources.0={jats: {root: .}, pmc: {}}", "write one source"),
        ("sources.0={pmc: {}}", "give one of articles, query and inventory"),
        ("sources.0={pmc: {articles: a, query: b}}", "articles and query"),
        ("sources.0={jats: {root: ., licences: [GPL]}}", "'GPL' is no licence code"),
        ("shards.max_samples=0", "shards.max_samples: 0"),
        ("shards.max_samples=many", "shards.max_samples: 'many'"),
        ("shards.max_bytes=big", "'big' is no size"),
        ("select.split.val=2", "select.split.val: 2"),
        ("select.no_derivatives=maybe", "'drop' or 'keep_verbatim'"),
        ("name=a b", "use letters"),
        ("name=null", "name"),
        ("caption=[captoin]", "did you mean 'caption'?"),
        ("run.timeout_s=-1", "run.timeout_s: -1"),
        ("x", "write it as path.to.key=value"),
        ("sources.9.jats=1", "leads nowhere"),
    ],
)
def test_a_wrong_value_is_one_clear_line(tmp_path: Path, change: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        load_recipe(_write(tmp_path, GOOD), [change])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "this is empty"),
        ("- a", "this is a list"),
        ("a: [", "not valid YAML"),
        ("name: a\nname: b\nsources: []", "given twice"),
        ("a: !!python/object/apply:os.system [id]", "not valid YAML"),
        ("a: &a [*a]", "recipe.yaml"),
    ],
)
def test_a_file_that_is_no_recipe(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        load_recipe(_write(tmp_path, text))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such recipe file"):
        load_recipe(str(tmp_path / "none.yaml"))


def test_paths_beside_the_recipe_are_found(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    recipe = load_recipe(_write(tmp_path, "name: a\nsources: [{jats: {root: articles}}]"))
    assert recipe.sources[0]["jats"]["root"] == str(tmp_path / "articles")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda kids: (
        st.lists(kids, max_size=3) | st.dictionaries(st.text(max_size=5), kids, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["name", "sources", "select", "shards", "caption", "run", "x"]), JSON)
def test_any_value_anywhere_is_taken_or_refused(key: str, value: object) -> None:
    data = yaml.safe_load(GOOD)
    data[key] = value
    try:
        check_recipe(data)
    except UserError as error:
        assert "\n" not in str(error)
