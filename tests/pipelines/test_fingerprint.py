"""fabrica fingerprint: what is hashed and what is not, other people's files, the same every time."""

from __future__ import annotations

import io
import json
import os
import shutil
import struct
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from filters.alike.signatures import picture_signature
from filters.alike.sketches import text_signature
from pipelines import fingerprint_files
from pipelines.errors import UserError
from pipelines.fingerprint_files import fingerprints, read_fingerprints, write_fingerprints
from pipelines.fingerprint_texts import fingerprint_texts
from tests.conftest import fabrica
from tests.pipelines.picture_corpus import build, dataset, drawn


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pictures that can be read (loose, in a zip, in a tar) and as many that cannot."""
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "deep" / "er").mkdir(parents=True)
    drawn(1).save(folder / "b.png")
    drawn(2).save(folder / "deep" / "er" / "A.JPG", quality=90)
    turned = drawn(3)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(folder / "turned.jpg", exif=exif)
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("in/side.png", _png(drawn(4)))
        archive.writestr("read.me", "nothing")
        archive.writestr("../out.png", _png(drawn(5)))
        archive.writestr("broken.png", _png(drawn(6))[:400])
    with tarfile.open(folder / "packed.tar", "w") as tar:
        for name, data in (("x.gif", _gif(drawn(7))), ("link.png", b"")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if name == "link.png":
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(info, io.BytesIO(data))
    (folder / "cut.jpg").write_bytes((folder / "deep" / "er" / "A.JPG").read_bytes()[:900])
    (folder / "stub.png").write_bytes(b"\x89PNG")
    (folder / "page.jpg").write_bytes(b"<html>not found</html>" * 10)
    Image.new("L", (60, 60), 9).save(folder / "flat.png")
    (folder / "notes.txt").write_text("not a picture")
    (folder / ".hidden.png").write_bytes(_png(drawn(8)))
    return folder


def _gif(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "GIF")
    return out.getvalue()


def _answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict]:
    code, out, err = fabrica(capsys, "fingerprint", *arguments, "--json")
    assert out, err
    return code, json.loads(out)


def test_a_folder_with_everything_in_it(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "hashes.parquet"
    code, answer = _answer(capsys, mixed, "--out", out)
    assert code == 1  # more than a twentieth could not be read
    rows = read_fingerprints(str(out)).to_pylist()
    items = [row["item"] for row in rows]
    assert items == sorted(items)
    assert items == [
        "b.png",
        "deep/er/A.JPG",
        "more.zip/in/side.png",
        "packed.tar/x.gif",
        "turned.jpg",
    ]
    assert answer["pictures"] == 5
    assert answer["passed_over"] == 2  # notes.txt, read.me
    reasons = {one["item"]: one["reason"] for one in answer["unreadable"]}
    assert reasons == {
        "cut.jpg": "image_broken",
        "stub.png": "image_stub",
        "page.jpg": "image_unreadable",
        "flat.png": "flat",
        "more.zip/broken.png": "image_broken",
    }
    seen = Image.open(mixed / "b.png")
    signature = picture_signature(seen, 0.05)
    assert tuple(rows[0][f"h{i}"] for i in range(4)) == signature.hash
    assert rows[0]["crops"] == [number for crop in signature.crops for number in crop]
    upright = picture_signature(drawn(3).transpose(Image.Transpose.ROTATE_270), 0.0).hash
    bits = sum((a ^ rows[4][f"h{i}"]).bit_count() for i, a in enumerate(upright))
    assert bits < 12


def test_the_same_bytes_again_and_with_any_number_of_workers(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, workers in (("one", 1), ("two", 2)):
        _answer(capsys, mixed, "--out", tmp_path / f"{name}.parquet", "--workers", workers)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_anonymous_tells_no_name(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "hashes.parquet"
    texts = tmp_path / "secret-name.jsonl"
    texts.write_text('{"caption": "an oval nodule of nine millimetres in the left breast"}\n')
    _answer(capsys, mixed, "--texts", texts, "--out", out, "--anonymous", "--crop", 0)
    rows = read_fingerprints(str(out))
    assert rows["item"].to_pylist() == [f"picture-{i}" for i in range(1, 6)] + ["text-6"]
    assert all(not row["crops"] for row in rows.to_pylist())
    data = out.read_bytes()
    for word in (b"A.JPG", b"turned", b"more.zip", b"secret", b"nodule", b"oval"):
        assert word not in data
    hashes = [tuple(row[f"h{i}"] for i in range(4)) for row in rows.to_pylist()[:5]]
    assert hashes == sorted(hashes)  # an order that tells nothing of theirs


def test_several_inputs_and_files_of_fingerprints_are_merged(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    other = tmp_path / "x" / "mixed"
    other.mkdir(parents=True)
    drawn(11).save(other / "b.png")
    _answer(capsys, mixed / "b.png", "--out", one)
    code, answer = _answer(capsys, one, one, other, other / "b.png", "--out", two)
    assert (code, answer["pictures"]) == (0, 3)
    items = read_fingerprints(str(two))["item"].to_pylist()
    assert items == ["b.png", "b.png/b.png", "mixed/b.png"]


TEXTS = {
    "a.json": json.dumps([{"question": "Is it  there?", "answer": "yes"}, {"question": 3}, 7]),
    "b.json": json.dumps({"info": 1, "items": [{"qa": {"question": "what is it"}, "id": 1}]}),
    "c.json": json.dumps({"id1": {"caption": "a chest"}, "id2": {"caption": None}}),
    "d.jsonl": '{"caption": "one"}\n\n{"caption": ["two", "three"]}\n',
    "e.csv": 'id,report\n1,"a, b"\n2,\n',
    "f.tsv": "\ufeffcaption\tid\nwords\t1\n",
}


@pytest.mark.parametrize(
    ("name", "field", "texts", "unread"),
    [
        ("a.json", "", {"a.json/1": "Is it there? yes", "a.json/2": "3"}, ["a.json/3"]),
        ("a.json", "answer", {"a.json/1": "yes"}, ["a.json/2", "a.json/3"]),
        ("b.json", "qa.question", {"b.json/1": "what is it"}, []),
        ("c.json", "", {"c.json/1": "a chest"}, ["c.json/2"]),
        ("d.jsonl", "", {"d.jsonl/1": "one", "d.jsonl/2": "two three"}, []),
        ("e.csv", "", {"e.csv/1": "a, b"}, ["e.csv/2"]),
        ("f.tsv", "", {"f.tsv/1": "words"}, []),
    ],
)
def test_texts_of_a_file(
    tmp_path: Path, name: str, field: str, texts: dict[str, str], unread: list[str]
) -> None:
    (tmp_path / name).write_text(TEXTS[name], encoding="utf-8")
    found = fingerprint_texts(str(tmp_path / name), field.split("+") if field else [])
    rows = {row["item"]: row for row in found.rows.to_pylist()}
    assert {item: row["exact"] for item, row in rows.items()} == {
        item: text_signature(text).exact for item, text in texts.items()
    }
    assert [one.item for one in found.unreadable] == unread


@pytest.mark.parametrize(
    ("name", "content", "field", "words"),
    [
        ("a.json", '[{"caption": "x"}]', ["captoin"], "did you mean 'caption'"),
        ("a.json", '[{"b": "x"}]', [], "--field; there are: b"),
        ("a.json", "[" * 100_000, [], "cannot be read"),
        ("a.json", '"x"', [], "no list of objects"),
        ("a.jsonl", "{\n", [], "cannot be read"),
        ("a.csv", "a\n\xff", ["a"], "utf-8"),
        ("a.docx", "x", [], ".json, .jsonl, .csv or .tsv"),
    ],
)
def test_texts_that_cannot_be_read(
    tmp_path: Path, name: str, content: str, field: list[str], words: str
) -> None:
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(UserError, match=words.replace("(", ".")) as caught:
        fingerprint_texts(str(tmp_path / name), field)
    assert "\n" not in str(caught.value)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["json", "jsonl", "csv"]), st.binary(max_size=200))
def test_any_bytes_are_texts_or_one_clear_line(tmp_path: Path, ending: str, data: bytes) -> None:
    path = tmp_path / f"any.{ending}"
    path.write_bytes(data)
    try:
        found = fingerprint_texts(str(path), ["a"])
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert found.rows.num_rows + len(found.unreadable) >= 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no input"),
        (["none"], "none: no such file or folder"),
        (["empty"], "no picture and no text"),
        (["a.txt"], "no picture and no archive"),
        (["none.parquet"], "no such file"),
        (["empty", "--crop", "0.2"], "--crop: 0.2: from 0 to 0.1"),
        (["empty", "--field", "x"], "--field"),
        (["empty", "--workers", "-1"], "--workers"),
        (["empty", "--texts", "none.json"], "none.json: no such file"),
    ],
)
def test_wrong_input_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("a.txt").write_text("x")
    code, out, err = fabrica(capsys, "fingerprint", *arguments, "--out", "out.parquet")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert words in err
    assert not Path("out.parquet").exists()


@pytest.mark.parametrize("out", ["", "folder", "out.csv", "no/such/out.parquet"])
def test_a_place_that_cannot_be_written_is_refused_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    code, _, err = fabrica(capsys, "fingerprint", "folder", "--out", out)
    assert (code, err.count("\n"), "--out" in err) == (2, 1, True)


def _picture_rows(**changes: object) -> pa.Table:
    row = {
        "kind": "picture",
        "item": "a",
        "h0": 1,
        "h1": 2,
        "h2": 3,
        "h3": 4,
        "crops": [1, 2, 3, 4],
    }
    return fingerprints([row | changes])


def _hostile(path: Path, kind: str) -> None:
    good = _picture_rows()
    if kind == "text":
        path.write_text("not parquet")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "cut":
        write_fingerprints(str(path), good)
        path.write_bytes(path.read_bytes()[:-9])
    elif kind == "other":
        pq.write_table(pa.table({"a": [1]}), path)
    elif kind == "unsaid":
        pq.write_table(good, path)
    elif kind == "method":
        pq.write_table(good.replace_schema_metadata({b"fabrica.fingerprints": b"0"}), path)
    elif kind == "type":
        wrong = good.set_column(2, "h0", pa.array(["x"]))
        pq.write_table(wrong.replace_schema_metadata({b"fabrica.fingerprints": b"1"}), path)
    elif kind == "null":
        write_fingerprints(str(path), _picture_rows(h2=None))
    elif kind == "kind":
        write_fingerprints(str(path), _picture_rows(kind="sound"))
    elif kind == "crops":
        write_fingerprints(str(path), _picture_rows(crops=[1, 2, 3]))
    elif kind == "long":
        write_fingerprints(str(path), _picture_rows(crops=[7] * 8_000))
    elif kind == "null item":
        write_fingerprints(str(path), _picture_rows(item=None))


HOSTILE = {
    "text": "no Parquet file",
    "empty": "no Parquet file",
    "cut": "no Parquet file",
    "other": "not a file of fabrica fingerprint",
    "unsaid": "does not say how it was made",
    "method": "hashes are of method '0'",
    "type": "column 'h0' is string",
    "null": "a picture has no 'h2'",
    "kind": "neither a picture nor a text",
    "crops": "not four numbers each",
    "long": "longer than",
    "null item": "names no item",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_fingerprints_give_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = tmp_path / "hostile.parquet"
    _hostile(path, kind)
    code, _, err = fabrica(capsys, "fingerprint", path, "--out", tmp_path / "out.parquet")
    assert (code, err.count("\n")) == (2, 1)
    assert HOSTILE[kind] in err


def test_a_file_that_claims_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "many.parquet"
    write_fingerprints(str(path), pa.concat_tables([_picture_rows()] * 5))
    assert read_fingerprints(str(path)).num_rows == 5
    monkeypatch.setattr(fingerprint_files, "MOST_ROWS", 4)
    with pytest.raises(UserError, match="claims 5 rows; at most 4"):
        read_fingerprints(str(path))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_is_read_or_refused(tmp_path: Path, place: int, value: int) -> None:
    good, path = tmp_path / "good.parquet", tmp_path / "changed.parquet"
    if not good.exists():
        write_fingerprints(str(good), _picture_rows())
    data = bytearray(good.read_bytes())
    data[place % len(data)] = value
    path.write_bytes(data)
    try:
        rows = read_fingerprints(str(path))
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert rows.num_rows == 1
        assert rows.schema.names == fingerprint_files.FINGERPRINTS.names


def test_an_archive_that_claims_to_be_huge_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    drawn(1).save(folder / "a.png")
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.png", b"\0" * 1_000_000)
    data = (folder / "bomb.zip").read_bytes()
    size = struct.pack("<I", 1_000_000)
    assert data.count(size) == 2
    (folder / "bomb.zip").write_bytes(data.replace(size, struct.pack("<I", 2**31)))
    _, answer = _answer(capsys, folder, "--out", tmp_path / "out.parquet")
    assert answer["pictures"] == 1
    assert [one["reason"] for one in answer["unreadable"]] == ["archive_too_large"]


def test_dicom_files_as_the_extractor_shows_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Path(__file__).parents[2] / "examples" / "mini-labelled" / "dicom"
    _, answer = _answer(capsys, source, "--out", tmp_path / "out.parquet")
    files = [p for p in source.rglob("*") if p.suffix == ".dcm"]
    assert answer["pictures"] >= 3
    assert answer["pictures"] + len(answer["unreadable"]) >= len(files)
    assert all(one["reason"] != "fault" for one in answer["unreadable"])


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus with signatures, and without, of four pictures, one of them dropped."""
    folder = tmp_path_factory.mktemp("fingerprinted")
    captions = {f"p{i}.png": f"picture number {i} of the four" for i in range(4)}
    data = dataset(folder / "data", captions)
    rules = {"rules": {"not_two": "caption NOT LIKE '%number 2%'"}}
    build(data, folder / "with", {**rules, "near_duplicates": {"hamming": 6, "crop": 0.05}})
    shutil.copytree(folder / "with", folder / "without")
    shutil.rmtree(folder / "without" / "signatures")
    return folder


def test_a_corpus_gives_its_kept_rows_with_signatures_or_without(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("with", "without"):
        code, answer = _answer(capsys, corpora / name, "--out", tmp_path / f"{name}.parquet")
        assert (code, answer["pictures"], answer["texts"]) == (0, 3, 3)
    rows = read_fingerprints(str(tmp_path / "with.parquet"))
    assert rows.equals(read_fingerprints(str(tmp_path / "without.parquet")))
    assert {i.rpartition("/")[2] for i in rows["item"].to_pylist()} == {"p0", "p1", "p3"}


def test_a_recipe_gives_what_its_sources_give(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        f"""name: any
sources: [{{labelled: {{dataset: {corpora}/data/card.yaml, root: {corpora}/data}}}}]
select: {{rules: {{none: "false"}}}}
"""
    )
    code, answer = _answer(capsys, recipe, "--out", tmp_path / "out.parquet")
    assert (code, answer["pictures"], answer["texts"]) == (0, 4, 4)
    hashes = read_fingerprints(str(tmp_path / "out.parquet"))
    _, answer = _answer(capsys, corpora / "data", "--out", tmp_path / "folder.parquet")
    folder = read_fingerprints(str(tmp_path / "folder.parquet"))
    assert hashes.slice(0, 4)["h0"].to_pylist() == folder["h0"].to_pylist()


def test_folders_that_may_not_be_read_and_odd_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    drawn(1).save(folder / "new\nline.png")
    os.mkfifo(folder / "pipe.png")
    (folder / os.fsdecode(b"bad\xff.png")).write_bytes(_png(drawn(2)))
    _, answer = _answer(capsys, folder, "--out", tmp_path / "out.parquet")
    assert answer["pictures"] == 1
    assert {one["reason"] for one in answer["unreadable"]} == {"refused"}
    _, _, err = fabrica(capsys, "fingerprint", folder, "--out", tmp_path / "out.parquet")
    assert err.count("\n") == 2


def test_the_method_of_hashes_is_what_files_say() -> None:
    """Where this fails, hashes have changed: raise `METHOD`, so that old files are refused."""
    assert fingerprint_files.METHOD == "1"
    text = text_signature("An axial CT of the chest shows a nodule of 9 mm in the left lung.")
    assert (text.words, text.exact % 1_000_003, sum(text.shingles) % 1_000_003) == PINNED_TEXT
    ramp = Image.merge("L", [Image.linear_gradient("L")]).rotate(30, expand=True).resize((90, 70))
    radial = Image.radial_gradient("L").resize((90, 70))
    whole = picture_signature(Image.blend(ramp, radial, 0.5), 0.0).hash
    bits = sum((a ^ b).bit_count() for a, b in zip(whole, PINNED_PICTURE, strict=True))
    assert bits <= 6  # floating point differs a little from machine to machine


PINNED_TEXT = (16, 281645, 575136)
PINNED_PICTURE = (
    4386567892169419921,
    16254264584064491021,
    15046141738159394510,
    4728094596377580858,
)
