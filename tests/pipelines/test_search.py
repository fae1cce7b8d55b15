"""fabrica search: pictures changed in many ways, words, samples; what is told, and how safely."""

from __future__ import annotations

import json
import math
import re
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from pipelines.corpus import open_corpus
from pipelines.search_embeddings import nearest_embeddings
from pipelines.search_rows import Hit, Rows, best
from pipelines.search_words import words_of
from schemas.signatures import embeddings_schema
from tests.conftest import fabrica
from tests.pipelines.picture_corpus import build, dataset, drawn

HOSTILE = "<script>alert('x')</script> & \x1b[31mred"
CAPTIONS = {
    "p0.png": "A chest radiograph with a pleural effusion on the left",
    "p1.png": "Pleural effusions on both sides; effusions like these are drained",
    "p2.png": "A fracture of the wrist",
    "p3.png": HOSTILE,
    "p4.png": "The left wrist after surgery, without effusion",
    "p5.png": "Masses in both breasts",
    "p6.png": "Oedème du genou",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven pictures, the last dropped, with signatures; embeddings in 5 numbers, made up."""
    folder = tmp_path_factory.mktemp("searched")
    data = dataset(folder / "data", {**CAPTIONS, "dropped.png": "an effusion that is dropped"})
    select = {
        "rules": {"wanted": "caption NOT LIKE '%dropped%'"},
        "near_duplicates": {"hamming": 6, "crop": 0.05},
    }
    out = build(data, folder / "corpus", select)
    for part in sorted((out / "manifest").glob("*.parquet")):
        ids = [i for i in pq.read_table(part)["sample_id"].to_pylist() if "/p" in i]
        vectors = pa.array([_vector(i).tolist() for i in ids], pa.list_(pa.float16()))
        table = pa.table([ids, vectors, vectors], schema=embeddings_schema(5, "local-dir:/none"))
        (out / "embeddings").mkdir(exist_ok=True)
        pq.write_table(table, out / "embeddings" / part.name, row_group_size=1)
    return out


def _vector(sample_id: str) -> np.ndarray:
    vector = np.random.default_rng(sum(sample_id.encode())).normal(size=5)
    return (vector / np.linalg.norm(vector)).astype(np.float16)


def _hits(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict]:
    code, out, err = fabrica(capsys, "search", *arguments, "--json")
    assert code == 0, err
    return json.loads(out)["hits"]


def _ids(hits: list[dict]) -> list[str]:
    return [hit["sample_id"].rpartition("/")[2] for hit in hits]


def _mirrored(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((120, 90))


CHANGES = {
    "the same picture": lambda image: image.resize((90, 70)),
    "the picture mirrored": _mirrored,
    "the picture turned": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "the picture is a part of it": lambda image: image.crop((7, 1, 174, 135)),
}


@pytest.mark.parametrize("why", CHANGES)
def test_a_changed_picture_is_found_and_how_is_told(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], why: str
) -> None:
    CHANGES[why](drawn(2)).save(tmp_path / "asked.jpg", quality=70)
    hits = _hits(capsys, corpus, tmp_path / "asked.jpg", "--by", "hash")
    assert _ids(hits)[0] == "p2"
    assert hits[0]["why"].startswith(why)
    assert hits[0]["score"] > 0.7
    assert all(hit["score"] < 0.5 for hit in hits[1:])


def test_a_picture_that_holds_one_of_the_corpus(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    around = drawn(77, (188, 147))
    around.paste(drawn(3), (3, 5))
    around.save(tmp_path / "asked.png")
    hits = _hits(capsys, corpus, tmp_path / "asked.png", "--by", "hash")
    assert (_ids(hits)[0], hits[0]["why"].split(":")[0]) == ("p3", "a part of the picture")


def test_strangers_and_flat_pictures_find_nothing(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn(500).save(tmp_path / "stranger.png")
    assert _hits(capsys, corpus, tmp_path / "stranger.png", "--by", "hash") == []
    Image.new("L", (80, 80), 200).save(tmp_path / "flat.png")
    code, _, err = fabrica(capsys, "search", corpus, tmp_path / "flat.png", "--by", "hash")
    assert (code, "flat" in err, err.count("\n")) == (2, True, 1)


def test_without_signatures_by_the_hashes_of_the_manifest(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(corpus, bare, ignore=shutil.ignore_patterns("signatures", "embeddings"))
    _mirrored(drawn(4)).save(tmp_path / "asked.png")
    code, out, err = fabrica(capsys, "search", bare, tmp_path / "asked.png")
    assert code == 0
    assert "drawn/p4" in out
    assert "of 64 bits differ" in out
    assert "no signatures" in err


def test_a_sample_finds_others_and_never_itself(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hits = _hits(capsys, corpus, "drawn/p1", "--by", "embedding", "--top", 3)
    others = {name: _vector(f"drawn/{name}") for name in ("p0", "p2", "p3", "p4", "p5", "p6")}
    asked = _vector("drawn/p1").astype(np.float32)
    order = sorted(others, key=lambda name: -float(others[name].astype(np.float32) @ asked))
    assert _ids(hits) == order[:3]
    assert all("cosine" in hit["why"] for hit in hits)
    hits = _hits(capsys, corpus, "drawn/p1", "--by", "words")
    assert _ids(hits)[0] == "p0"
    assert "p1" not in _ids(hits)


def test_where_narrows_every_way(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn(2).save(tmp_path / "asked.png")
    where = ("--where", "kept AND caption NOT LIKE '%wrist%'")
    assert _ids(_hits(capsys, corpus, tmp_path / "asked.png", "--by", "hash", *where)) == []
    assert _ids(_hits(capsys, corpus, "wrist effusion", "--by", "words", *where)) == ["p1", "p0"]
    found = _ids(_hits(capsys, corpus, "drawn/p1", "--by", "embedding", *where))
    assert set(found) == {"p0", "p3", "p5", "p6"}
    assert _ids(_hits(capsys, corpus, "effusion", "--by", "words", "--where", "NOT kept")) == [
        "dropped"
    ]


def _bm25(query: list[set[str]], captions: dict[str, str]) -> list[tuple[str, float]]:
    """Plain BM25 of words and their forms, lengths in characters."""
    tokens = {name: re.findall(r"[^\W_]+", text.lower()) for name, text in captions.items()}
    mean = sum(map(len, captions.values())) / len(captions)
    scores = dict.fromkeys(captions, 0.0)
    for forms in query:
        have = sum(any(t in forms for t in own) for own in tokens.values())
        rarity = math.log(1 + (len(captions) - have + 0.5) / (have + 0.5))
        for name, own in tokens.items():
            n = sum(t in forms for t in own)
            norm = 0.25 + 0.75 * len(captions[name]) / mean
            scores[name] += rarity * n * 2.2 / (n + 1.2 * norm)
    found = [(name.partition(".")[0], score) for name, score in scores.items() if score]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def test_words_are_ranked_as_plain_bm25_does(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hits = _hits(capsys, corpus, "Effusion of the LEFT", "--by", "words")
    wanted = _bm25([{"effusion", "effusions"}, {"left", "lefts"}], CAPTIONS)
    assert _ids(hits) == [name for name, _ in wanted]
    for hit, (_, score) in zip(hits, wanted, strict=True):
        assert hit["score"] == pytest.approx(score, abs=2e-4)
    assert hits[0]["why"] == "words: effusion, left"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("mass breast", ["p5"]),
        ("oedeme", ["p6"]),
        ("Œdème OEDÈME", ["p6"]),
        ("of the", ["p2", "p4"]),
    ],
)
def test_forms_accents_and_empty_words(
    corpus: Path, capsys: pytest.CaptureFixture[str], query: str, found: list[str]
) -> None:
    assert sorted(_ids(_hits(capsys, corpus, query, "--by", "words"))) == [
        *sorted({*found} | ({"p0"} if query == "of the" else set())),
    ]


@pytest.mark.parametrize("query", ["'; DROP TABLE manifest; --", "%_\\", '"', "a\0b", "x" * 9_000])
def test_any_words_are_only_words(
    corpus: Path, capsys: pytest.CaptureFixture[str], query: str
) -> None:
    assert isinstance(_hits(capsys, corpus, query), list)


def test_words_of_a_query() -> None:
    assert words_of("Crohn's-disease, 3.0T Œ") == ["crohn", "s", "disease", "3", "0t", "œ"]


def test_words_without_a_model_are_searched_as_words(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = fabrica(capsys, "search", corpus, "wrist")
    assert (code, "drawn/p2" in out) == (0, True)
    assert "not by embedding" in err
    code, _, err = fabrica(capsys, "search", corpus, "wrist", "--by", "embedding")
    assert (code, err.count("\n")) == (2, 1)


def test_the_page_escapes_and_shows(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    drawn(3).save(tmp_path / "<b>asked.png")
    code, out, _ = fabrica(capsys, "search", corpus, tmp_path / "<b>asked.png", "--page", page)
    assert code == 0
    assert "\x1b" not in out
    html = page.read_text()
    assert "<script>" not in html
    assert "&lt;script&gt;alert" in html
    assert "&lt;b&gt;asked" in html
    assert html.count("<img ") >= 2
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", html)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none", "x"], "no corpus here"),
        (["CORPUS", ""], "the query is empty"),
        (["CORPUS", "x", "--top", "0"], "--top: 0"),
        (["CORPUS", "x", "--where", "kpt"], "did you mean 'kept'"),
        (["CORPUS", "x", "--by", "hash"], "words have no hash"),
        (["CORPUS", "missing.jpg"], "no such picture"),
        (["CORPUS", "text.txt"], "no picture format"),
        (["CORPUS", "x", "--page", "no/such/page.html"], "--page"),
    ],
)
def test_wrong_input_is_one_line(
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(
        "no picture at all, but long enough to be looked at as if it were one"
    )
    given = [str(corpus) if each == "CORPUS" else each for each in arguments]
    code, _, err = fabrica(capsys, "search", *given)
    assert (code, err.count("\n")) == (2, 1)
    assert words in err


def test_a_vector_of_another_model_is_refused(corpus: Path) -> None:
    from pipelines.errors import UserError

    with pytest.raises(UserError, match="5"):
        nearest_embeddings(Rows(open_corpus(str(corpus))), np.ones(7, np.float32), 3)


def test_only_the_best_are_held_and_each_once() -> None:
    hits = [Hit(f"s{i % 700:03d}", 0, (i * 37 % 1000) / 1000, "", "hash") for i in range(2_100)]
    plain: dict[str, Hit] = {}
    for hit in hits:
        if hit.sample_id not in plain or hit.score > plain[hit.sample_id].score:
            plain[hit.sample_id] = hit
    wanted = sorted(plain.values(), key=lambda hit: hit.order)[:5]
    assert best(iter(hits), 5) == wanted
