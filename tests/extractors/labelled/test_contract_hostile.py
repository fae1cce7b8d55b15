"""The contract of families with files that went away, are damaged, or were made to do harm."""

from __future__ import annotations

import itertools
import random
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from extractors.labelled import source
from extractors.labelled.files import BadData
from extractors.labelled.records import Entry
from extractors.pmc.fetch import FetchError
from filters.alike.hashes import phash
from schemas.manifest import samples_to_table
from tests.extractors.labelled.test_contract import (
    GIVEN,
    MINI,
    Opened,
    check_reading,
    every_set,
    opened,
    rows,
    tried,
)

DAMAGED_FILES = 20  # of each set and kind of damage; small sets have theirs damaged again
SECONDS_PER_DAMAGE = 20


@every_set
@pytest.mark.parametrize("refreshed", [True, False], ids=["seen", "unseen"])
def test_a_file_that_goes_away_is_a_drop(name: str, refreshed: bool, tmp_path: Path) -> None:
    """Removed between list and read, whether or not the worker looks at the folder anew."""
    root = shutil.copytree(MINI / name, tmp_path / name)
    one = opened(name, root)
    refs = list(source.enumerate_refs(one.options))
    gone = _parts(one, refs)
    for file in gone:
        (root / file).unlink(missing_ok=True)
    if refreshed:
        one.files.refresh()
    for ref in refs:
        entry = msgspec.json.decode(ref.address, type=Entry)
        (document,) = source.describe(one.options, ref)
        try:
            found = [sample for sample, _ in source.extract(one.options, document, phash)]
            reasons = {drop.reason for sample in found for drop in sample.drops}
        except FetchError as error:  # the pipeline makes it the row's drop
            reasons = {error.reason}
        if not entry.drops and gone & {*entry.files, *(m.file for m in entry.masks)}:
            assert "file_missing" in reasons, entry.name


def _parts(one: Opened, refs: list) -> set[str]:
    """The files of every entry that is whole: pictures, masks and containers."""
    entries = [msgspec.json.decode(ref.address, type=Entry) for ref in refs]
    return {f for e in entries if not e.drops for f in (*e.files, *(m.file for m in e.masks))}


class Hangs(BaseException):
    """Reading took too long; no reader can catch it by mistake."""


@contextmanager
def _within(seconds: int, what: str) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise Hangs(what)

    old = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)


def _noise(data: bytes, rng: random.Random) -> bytes:
    return rng.randbytes(max(200, len(data) // 4))


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) or 1)]


def _flipped(data: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, more of them at the start, where headers are."""
    changed = bytearray(data)
    for _ in range(8 if data else 0):
        top = rng.choice([64, 512, len(data)])
        changed[rng.randrange(min(top, len(data)))] = rng.randrange(256)
    return bytes(changed)


def _empty(data: bytes, rng: random.Random) -> bytes:
    return b""


def _odd_values(data: bytes, rng: random.Random) -> bytes:
    """Some numbers replaced by what no one expects there."""
    odd = [b"-1", b"0", b"1e999", b"NaN", b"99999999999999999999", b"null", b'""', b"[]", b"{}"]
    places = list(re.finditer(rb"\d+", data))
    for found in sorted(rng.sample(places, min(6, len(places))), key=re.Match.start, reverse=True):
        data = data[: found.start()] + rng.choice(odd) + data[found.end() :]
    return data


DAMAGES: list[Callable[[bytes, random.Random], bytes]] = [
    _noise,
    _cut,
    _flipped,
    _empty,
    _odd_values,
]


@every_set
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: d.__name__.strip("_"))
def test_damaged_files_raise_nothing_else(
    name: str, damage: Callable[[bytes, random.Random], bytes], tmp_path: Path
) -> None:
    """Each of some files in turn; only `BadData` and `BadImage` may come out, and soon."""
    root = shutil.copytree(MINI / name, tmp_path / name)
    files = sorted(p for p in root.rglob("*") if p.is_file())
    rng = random.Random(f"{name} {damage.__name__}")
    rng.shuffle(files)
    for path in itertools.islice(itertools.cycle(files), DAMAGED_FILES):
        whole = path.read_bytes()
        path.write_bytes(damage(whole, rng))
        with _within(SECONDS_PER_DAMAGE, f"{damage.__name__} {path.name}"):
            _list_and_read(name, root, str(path.relative_to(root)))
        path.write_bytes(whole)


def _list_and_read(name: str, root: Path, damaged: str) -> None:
    """List all, and read what has to do with the damaged file."""
    one = opened(name, root)
    try:
        entries = one.entries()
    except BadData:
        return
    assert msgspec.json.decode(msgspec.json.encode(entries), type=list[Entry]) == entries
    is_table = any(damaged in one.files.glob(pattern) for pattern in GIVEN[name].tables)
    for entry in entries:
        if is_table or damaged in {*entry.files, *(m.file for m in entry.masks)}:
            for reading in tried(one, entry):
                check_reading(reading)


# --- Files made to do harm -----------------------------------------------------------------------


def _changed(name: str, tmp_path: Path, file: str, old: bytes, new: bytes) -> Path:
    """A copy of the set with one place of one file changed."""
    root = shutil.copytree(MINI / name, tmp_path / name)
    data = (root / file).read_bytes()
    assert old in data
    (root / file).write_bytes(data.replace(old, new, 1))
    return root


OUTSIDE = [
    ("chest", "films.csv", b"101_2.png"),
    ("vqa-plain", "vqa.json", b"eye.jpg"),
    ("pairs", "captions.csv", b"brain.jpg"),
    ("polyps-prompts", "polyps.json", b"q0.jpg"),
    ("polyps-runs", "polyps.csv", b"r0.jpg"),
    ("cells-coco", "annotations.json", b"smear_1.jpg"),
]


@pytest.mark.parametrize(("name", "file", "picture"), OUTSIDE, ids=lambda v: str(v)[:20])
@pytest.mark.parametrize("way", [b"../outside.jpg", b"/etc/outside.jpg", b"x/../../outside.jpg"])
def test_no_picture_outside_the_folder_is_read(
    name: str, file: str, picture: bytes, way: bytes, tmp_path: Path
) -> None:
    shutil.copy(MINI / "vqa-plain" / "eye.jpg", tmp_path / "outside.jpg")
    root = _changed(name, tmp_path, file, picture, way)
    reasons = [drop.reason for sample, _ in rows(name, root) for drop in sample.drops]
    assert reasons.count("path_outside") == 1
    for entry in opened(name, root).entries():
        assert all((root / f).resolve().is_relative_to(root) for f in entry.files)


HALF = rb"\ud800"
BROKEN_TEXTS = [
    ("vqa-plain", "vqa.json", b"What kind", b"What" + HALF + b" kind"),
    ("vqa-plain", "vqa.json", b"eye.jpg", b"eye" + HALF + b".jpg"),
    ("vqa-plain", "vqa.json", b'"question"', b'"question' + HALF + b'"'),
    ("polyps-prompts", "polyps.json", b"a round", b"a" + HALF + b" round"),
    ("cells-coco", "annotations.json", b"smear_1.jpg", b"smear" + HALF + b".jpg"),
    ("cells-coco", "annotations.json", b"smear_1.jpg", b"smear\xff.jpg"),
    ("polyps-maps", "image2label_train.json", b"m0", b"m\xff"),
    ("polyps-runs", "polyps.csv", b"r1.jpg", b"r\xff1.jpg,a,b,c"),
    ("chest", "films.csv", b"101_1.png", b"101_\xff.png"),
    ("chest", "films.csv", b"Image,", b"Imag\xff,"),
    ("pairs", "captions.csv", b"Axial", b"Ax\xffial"),
]


@pytest.mark.parametrize(("name", "file", "old", "new"), BROKEN_TEXTS)
def test_text_that_cannot_be_encoded_stops_nothing(
    name: str, file: str, old: bytes, new: bytes, tmp_path: Path
) -> None:
    """Half a surrogate pair in JSON, bytes of another encoding in a table."""
    root = _changed(name, tmp_path, file, old, new)
    try:
        found = [sample for sample, _ in rows(name, root)]
    except BadData as error:  # the table as a whole: one line for the user
        assert "\n" not in str(error)
        return
    assert samples_to_table(found).num_rows == len(found)


XMLS = [
    ("blood-cells", "Annotations/cell_00.xml", b"<annotation>", b"<name>RBC"),
    ("reports", "ecgen-radiology/1.xml", b"<eCitation>", b'"FINDINGS">'),
]
_LAUGHS = "".join(f'<!ENTITY b{k} "{f"&b{k - 1};" * 10 if k else "ha" * 500}">' for k in range(10))
_SECRET = "told nobody"


@pytest.mark.parametrize(("name", "file", "root_tag", "place"), XMLS, ids=["voc", "openi"])
def test_xml_opens_no_file_and_does_not_grow(
    name: str, file: str, root_tag: bytes, place: bytes, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(_SECRET)
    whole = (MINI / name / file).read_bytes()
    for number, (entities, entity) in enumerate(
        ((_LAUGHS, "&b9;"), (f'<!ENTITY s SYSTEM "{secret.as_uri()}">', "&s;"))
    ):
        kind = f"<!DOCTYPE x [{entities}]>".encode()
        bad = whole.replace(root_tag, kind + root_tag, 1)
        bad = bad.replace(place, place + entity.encode(), 1)
        root = shutil.copytree(MINI / name, tmp_path / str(number))
        (root / file).write_bytes(bad)
        with _within(SECONDS_PER_DAMAGE, file):
            found = [sample for sample, _ in rows(name, root)]
        said = msgspec.json.encode(found).decode()
        assert _SECRET not in said
        assert len(said) < 200_000


def test_yaml_runs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    call = f"!!python/object/apply:os.mkdir ['{mark}']".encode()
    root = _changed("cells-yolo", tmp_path, "data.yaml", b"WBC", call)
    with pytest.raises(BadData):
        opened("cells-yolo", root).entries()
    assert not mark.exists()
