"""fabrica compare: against a plain comparison of two manifests; its page; recipes key by key."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.compare_recipes import Changed, changed_keys
from pipelines.report.compare import marked
from schemas.manifest import MANIFEST, samples_to_table
from schemas.sample import Drop, Sample
from tests.conftest import fabrica
from tests.pipelines.picture_corpus import build, dataset

HOSTILE = "<img src=x onerror=alert(1)> & more"


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two corpora of the same nine pictures by recipes that differ, and their manifests changed by
    hand: a caption, a split, a row that only one has, a document that was listed twice."""
    folder = tmp_path_factory.mktemp("compared")
    captions = {f"p{i}.png": f"picture {i}" for i in range(8)} | {"p8.png": HOSTILE}
    data = dataset(folder / "data", captions)
    build(data, folder / "a", {"rules": {"no_three": "caption != 'picture 3'"}}, "before")
    rules = {"no_five": "caption != 'picture 5'", "no_hostile": "caption NOT LIKE '%<img%'"}
    build(data, folder / "b", {"rules": rules, "split": {"val": 0.4}}, "after")
    _change(folder / "b" / "manifest", _changed)
    _change(folder / "a" / "manifest", _without)
    return folder


def _change(manifest: Path, change) -> None:
    for part in sorted(manifest.glob("*.parquet")):
        rows = pq.read_table(part).to_pylist()
        columns = [pa.array([r[f.name] for r in change(rows)], f.type) for f in MANIFEST]
        pq.write_table(pa.table(columns, schema=MANIFEST), part)


def _changed(rows: list[dict]) -> list[dict]:
    for row in rows:
        if row["sample_id"] == "drawn/p1":
            row["caption"] = "another picture 1 <b>now</b>"
    old = [r for r in rows if r["sample_id"] == "drawn/p2"]
    twice = [
        {**r, "kept": False, "drops": [{"stage": "select", "reason": "changed", "detail": ""}]}
        for r in old
    ]
    return rows + twice


def _without(rows: list[dict]) -> list[dict]:
    return [row for row in rows if row["sample_id"] != "drawn/p7"]


def _rows(folder: Path) -> dict[str, dict]:
    """Rows by id, kept ones first where there are two."""
    found: dict[str, dict] = {}
    for part in sorted((folder / "manifest").glob("*.parquet")):
        for row in pq.read_table(part).to_pylist():
            if row["sample_id"] not in found or row["kept"]:
                found[row["sample_id"]] = row
    return found


def _why(row: dict | None) -> str:
    if row is None:
        return "not there"
    return f"{row['drops'][0]['stage']}: {row['drops'][0]['reason']}"


def test_counts_are_those_of_a_plain_comparison(
    corpora: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = fabrica(capsys, "compare", corpora / "a", corpora / "b", "--json")
    assert code == 0, err
    answer = json.loads(out)
    a, b = _rows(corpora / "a"), _rows(corpora / "b")
    both = a.keys() & b.keys()
    assert answer["rows"] == {"a": 0, "b": 1, "both": len(both)}
    for one, other, name in ((a, b, "kept_in_a_not_in_b"), (b, a, "kept_in_b_not_in_a")):
        lost = Counter(
            _why(other.get(i))
            for i, row in one.items()
            if row["kept"] and not (i in other and other[i]["kept"])
        )
        assert {each["reason"]: each["rows"] for each in answer[name]} == lost
    assert {each["reason"] for each in answer["kept_in_a_not_in_b"]} == {
        "select: no_five",
        "select: no_hostile",
    }
    kept = [i for i in both if a[i]["kept"] and b[i]["kept"]]
    assert answer["kept"]["both"] == len(kept)
    assert answer["captions_changed"] == sum(a[i]["caption"] != b[i]["caption"] for i in kept) == 1
    moved = Counter((a[i]["split"], b[i]["split"]) for i in kept if a[i]["split"] != b[i]["split"])
    assert moved
    assert {(m["a"], m["b"]): m["rows"] for m in answer["splits_changed"]} == moved
    split = Counter(row["split"] for row in b.values() if row["kept"])
    assert {s["value"]: s["b"] for s in answer["shares"]["split"] if s["b"]} == split
    keys = {each["key"]: (each["a"], each["b"]) for each in answer["recipe"]}
    assert keys["name"] == ("before", "after")
    assert keys["select.split"] == (None, {"val": 0.4})
    assert keys["select.rules.no_three"] == ("caption != 'picture 3'", None)


def test_the_other_way_round_is_the_mirror_image(
    corpora: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [
        json.loads(fabrica(capsys, "compare", corpora / x, corpora / y, "--json")[1])
        for x, y in (("a", "b"), ("b", "a"))
    ]
    assert answers[0]["kept_in_a_not_in_b"] == answers[1]["kept_in_b_not_in_a"]
    assert answers[0]["captions_changed"] == answers[1]["captions_changed"]


def test_a_corpus_and_itself_do_not_differ(
    corpora: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = fabrica(capsys, "compare", corpora / "a", corpora / "a")
    assert code == 0
    assert "0 only in A, 0 only in B" in out
    assert "captions changed: 0; splits changed: 0" in out
    assert "recipes: the same" in out


def test_the_page_shows_rows_by_reason_and_escapes(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = []
    for name in ("one", "two"):
        code, _, err = fabrica(
            capsys, "compare", corpora / "a", corpora / "b", "--page", tmp_path / name
        )
        assert code == 0, err
        pages.append((tmp_path / name / "compare.html").read_bytes())
    assert pages[0] == pages[1]
    html = pages[0].decode()
    assert "onerror" in html
    assert "<img src=x" not in html
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", html)
    assert "B drops: select: no_five" in html
    assert "B drops: select: no_hostile" in html
    assert "A drops: select: no_three" in html
    assert "<mark>another</mark> picture 1 <mark>&lt;b&gt;now&lt;/b&gt;</mark>" in html
    assert html.count('<img loading="lazy"') >= 5
    assert "picture not here" not in html


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["none", "b"], "none: no corpus"), (["a", "b", "--page", "file"], "--page: file: is a file")],
)
def test_wrong_input_is_one_line(
    corpora: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(corpora)
    Path("file").write_text("x")
    code, _, err = fabrica(capsys, "compare", *arguments)
    assert (code, err.count("\n")) == (2, 1)
    assert words in err


def test_corpora_of_other_sources_are_told_so(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    (other / "manifest").mkdir(parents=True)
    row = Sample("x/1", "x/1", "x/1", "x", kept=False, drops=[Drop("list", "gone", "")])
    pq.write_table(samples_to_table([row]), other / "manifest" / "part-00000.parquet")
    state = {"name": "other", "partitions": 1, "shards": [], "recipe": None, "counts": None}
    (other / "corpus.json").write_text(json.dumps(state))
    code, out, err = fabrica(capsys, "compare", corpora / "a", other)
    assert code == 0, err
    assert "are they of the same sources?" in out


def test_recipes_key_by_key() -> None:
    a = {"x": 1, "same": [1], "s": [{"p": {"k": 1}}, {"q": 2}], "plain": [1, 2], "gone": {"d": 0}}
    b = {"x": True, "same": [1], "s": [{"p": {"k": 3}}], "plain": [2], "new": None}
    assert changed_keys(a, b) == [
        Changed("gone", {"d": 0}, None),
        Changed("plain", [1, 2], [2]),
        Changed("s.0.p.k", 1, 3),
        Changed("s.1", {"q": 2}, None),
        Changed("x", 1, True),
    ]
    assert changed_keys(a, a) == []


def test_changed_words_are_marked() -> None:
    assert marked("a <b> c", "a c d") == (
        'a <mark class="negated">&lt;b&gt;</mark> c <mark>d</mark>'
    )
