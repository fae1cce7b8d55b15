"""A built corpus as its users meet it: shards, queries, verify, curate, papers, report."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tarfile
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
import webdataset

from pipelines.corpus import open_corpus
from pipelines.errors import UserError
from pipelines.verify import verify
from tests.conftest import fabrica


@pytest.fixture
def copied(demo_corpus: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_corpus, tmp_path / "corpus"))


def test_webdataset_reads_what_open_clip_expects(demo_corpus: Path) -> None:
    """open_clip keeps samples with a `txt` and one of png, jpg, jpeg or webp."""
    urls = [str(p) for p in sorted((demo_corpus / "shards").glob("*.tar"))]
    pipeline = webdataset.WebDataset(urls, shardshuffle=False).decode("pil")
    samples = list(pipeline)
    state = json.loads((demo_corpus / "corpus.json").read_text())
    assert len(samples) == state["counts"]["kept"]
    single = [s for s in samples if "jpg" in s or "png" in s]
    assert len(single) == len(samples) - 1  # one figure has two pictures: key.0.jpg, key.1.jpg
    for sample in single:
        assert sample["txt"] == sample["json"]["caption"]
        picture = sample.get("jpg") or sample["png"]
        assert picture.size == (sample["json"]["width"], sample["json"]["height"])


def test_tars_are_plain_and_reproducible(demo_corpus: Path) -> None:
    for path in (demo_corpus / "shards").glob("*.tar"):
        with tarfile.open(path) as tar:
            members = tar.getmembers()
        assert {(m.mtime, m.uid, m.gid, m.mode) for m in members} == {(0, 0, 0, 0o644)}
        keys = [m.name.partition(".")[0] for m in members]
        assert keys == sorted(keys, key=keys.index), "members of a sample stand together"


def test_verify_finds_nothing_wrong(demo_corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fabrica(capsys, "verify", demo_corpus)[0] == 0


def _flip(path: Path, needle: bytes) -> None:
    data = bytearray(path.read_bytes())
    place = data.index(needle) + len(needle) // 2
    data[place] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    "what", ["pixel", "caption", "record", "extra", "missing", "count", "part"]
)
def test_verify_finds_each_kind_of_damage(
    copied: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tar = copied / "shards" / "train-000000.tar"
    if what == "pixel":
        _flip(tar, b"JFIF" + tar.read_bytes().partition(b"JFIF")[2][:2000])
    elif what == "caption":
        with tarfile.open(tar) as archive:
            member = next(m for m in archive if m.name.endswith(".txt"))
        data = bytearray(tar.read_bytes())
        data[member.offset_data] ^= 1
        tar.write_bytes(bytes(data))
    elif what == "record":
        _flip(tar, b'"caption":"')
    elif what == "extra":
        shutil.copy(tar, copied / "shards" / "train-000009.tar")
    elif what == "missing":
        tar.unlink()
    elif what == "part":
        (copied / "manifest" / "part-00001.parquet").unlink()
    else:
        state = json.loads((copied / "corpus.json").read_text())
        state["counts"]["kept"] += 1
        (copied / "corpus.json").write_text(json.dumps(state))
    code, out, _ = fabrica(capsys, "verify", copied)
    assert code == 1
    assert out.strip()


def test_verify_finds_a_document_without_a_row(copied: Path) -> None:
    part = next(iter(sorted((copied / "manifest").glob("*.parquet"))))
    table = duckdb.sql(f"SELECT * FROM '{part}'").to_arrow_table()
    import pyarrow.parquet as pq

    pq.write_table(table.slice(1), part)
    problems = list(verify(open_corpus(str(copied))))
    assert any("corpus.json says rows" in p for p in problems)


def test_queries_of_every_view(demo_corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for view in (
        "samples",
        "texts",
        "concepts",
        "labels",
        "regions",
        "questions",
        "scores",
        "drops",
    ):
        code, out, _ = fabrica(
            capsys, "query", demo_corpus, f"SELECT count(*) FROM {view}", "--csv"
        )
        assert code == 0, view
        assert out.splitlines()[1].isdigit()


def test_the_three_questions(demo_corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for sql in (
        "SELECT licence.code AS licence, count(*) AS n FROM samples WHERE kept GROUP BY 1 ORDER BY 1",
        "SELECT reason, count(*) AS n FROM drops GROUP BY 1 ORDER BY 1",
        "SELECT meta['year'] AS year, count(*) AS n FROM samples GROUP BY 1 ORDER BY 1",
    ):
        code, out, _ = fabrica(capsys, "query", demo_corpus, sql, "--json")
        rows = [json.loads(line) for line in out.splitlines()]
        assert code == 0
        assert sum(row["n"] for row in rows) > 10


def test_a_wrong_query_is_one_line(demo_corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = fabrica(capsys, "query", demo_corpus, "SELECT captoin FROM samples")
    assert code == 2
    assert err.count("\n") == 1


def test_curate_takes_down_for_good(
    demo_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "smaller"
    where = "document_id NOT IN ('PMC990000001.1')"
    assert fabrica(capsys, "curate", demo_corpus, "--where", where, "--out", out, "--json")[0] == 0
    assert fabrica(capsys, "verify", out)[0] == 0
    secret = "Chest radiograph, frontal view"
    connection = duckdb.connect()
    old, new = (
        connection.sql(f"SELECT * FROM '{folder}/manifest/*.parquet'").to_arrow_table().to_pylist()
        for folder in (demo_corpus, out)
    )
    assert len(old) == len(new)
    gone = [row for row in new if row["document_id"] == "PMC990000001.1"]
    assert len(gone) == 3
    for row in gone:
        assert [d["reason"] for d in row["drops"]] == ["left_out"]
        assert not any(row[name] for name in ("images", "texts", "caption", "meta"))
    assert secret in json.dumps(old, default=str)
    for path in out.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
    splits = {r["sample_id"]: r["split"] for r in old if r["kept"]}
    assert all(splits[r["sample_id"]] == r["split"] for r in new if r["kept"])


@pytest.mark.parametrize(
    ("where", "words"),
    [("licence.comercial", "commercial"), ("width", "INTEGER"), ("1=", "syntax")],
)
def test_curate_refuses_what_is_no_condition(
    demo_corpus: Path, tmp_path: Path, where: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = fabrica(capsys, "curate", demo_corpus, "--where", where, "--out", tmp_path / "x")
    assert code == 2
    assert words in err
    assert err.count("\n") == 1


def test_curate_does_not_write_into_a_full_folder(
    demo_corpus: Path, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = fabrica(capsys, "curate", demo_corpus, "--where", "true", "--out", copied)
    assert (code, "not empty" in err) == (2, True)


def test_croissant_is_valid(demo_corpus: Path) -> None:
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(demo_corpus / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    assert dataset.metadata.record_sets[0].name == "samples"


def test_the_card_has_front_matter(demo_corpus: Path) -> None:
    import yaml

    _, front, body = (demo_corpus / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    fields = yaml.safe_load(front)
    assert fields["license"] == "other"
    assert {f["split"] for f in fields["configs"][0]["data_files"]} <= {
        "train",
        "validation",
        "test",
    }
    assert "| CC BY |" in body


def test_attribution_has_a_line_for_every_document(demo_corpus: Path) -> None:
    with open(demo_corpus / "ATTRIBUTION.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    state = json.loads((demo_corpus / "corpus.json").read_text())
    assert len(rows) == state["counts"]["documents"]
    assert sum(int(r["samples_in_corpus"]) for r in rows) == state["counts"]["kept"]
    kept = [r for r in rows if int(r["samples_in_corpus"])]
    assert all(r["attribution"] and r["licence"] for r in kept)


class _Page(HTMLParser):
    """Collects tags and visible text of the report."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = io.StringIO()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.write(data)


def _page(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def test_the_report_stands_alone(demo_corpus: Path) -> None:
    page = _page(demo_corpus / "report" / "index.html")
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object"}
    for tag, attributes in page.tags:
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith("data:"), (tag, attributes)
    pictures = [a for tag, a in page.tags if tag == "img"]
    assert len(pictures) >= 24
    words = page.words.getvalue()
    for reason in ("image_missing", "md5_mismatch", "licence", "retracted", "duplicate"):
        assert reason in words


def test_hostile_texts_are_escaped_in_the_report(tmp_path: Path) -> None:
    """Caption, label, ids and licence text that try to be HTML, through the real pipeline."""
    from pipelines.recipe_file import check_recipe
    from pipelines.run import RunOptions, run
    from tests.extractors.pmc.test_folders import PICTURE

    evil = (
        "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt; \"quoted\" 'text'"
    )
    xml = (
        f'<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta><title-group>'
        f"<article-title>{evil}</article-title></title-group><permissions><license><license-p>CC BY"
        f"</license-p></license></permissions></article-meta></front><body><fig id='&lt;b&gt;'><label>{evil}"
        f"</label><caption><p>{evil}</p></caption><graphic xlink:href='a.jpg'/></fig>"
        f"<fig id='x'><label>{evil}</label><graphic xlink:href='{evil.replace(chr(39), '')}'/></fig>"
        "</body></article>"
    )
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "<i>a.xml").write_text(xml, encoding="utf-8")
    (tmp_path / "in" / "a.jpg").write_bytes(PICTURE)
    recipe = check_recipe({"name": "evil", "sources": [{"jats": {"root": str(tmp_path / "in")}}]})
    summary = run(recipe, str(tmp_path / "out"), RunOptions(workers=1, say=lambda _: None))
    assert summary.kept == 1
    page = _page(tmp_path / "out" / "report" / "index.html")
    assert "<script>alert(1)</script>" in page.words.getvalue()
    assert "script" not in {tag for tag, _ in page.tags}
    assert not [a for _, a in page.tags if "onerror" in a]


def test_an_unfinished_or_missing_corpus_is_said(tmp_path: Path, copied: Path) -> None:
    with pytest.raises(UserError, match="no corpus here"):
        open_corpus(str(tmp_path / "none"))
    (copied / "corpus.json").unlink()
    with pytest.raises(UserError, match="not finished"):
        open_corpus(str(copied))
    (copied / "corpus.json").write_text("[]")
    with pytest.raises(UserError, match="not one of ours"):
        open_corpus(str(copied))
