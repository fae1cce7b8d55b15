"""Folders and archives of articles, friendly and hostile."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from extractors.pmc import folders
from extractors.pmc.fetch import FetchError
from extractors.pmc.folders import FolderOptions, describe, enumerate_refs, extract
from filters.alike.hashes import phash
from schemas.sample import Document, Sample
from tests.conftest import MINI_PMC

PICTURE = (MINI_PMC / "PMC990000001.1" / "fig1.jpg").read_bytes()
XML = (
    '<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>{ids}</article-meta>'
    '</front><body><fig id="F1"><label>Figure 1</label><caption><p>A film.</p></caption>'
    '<graphic xlink:href="{href}"/></fig></body></article>'
)


def _xml(href: str = "fig1.jpg", ids: str = "") -> bytes:
    return XML.format(href=href, ids=ids).encode()


def _documents(root: Path, packages: bool = False) -> list[Document]:
    options = FolderOptions(root=str(root))
    refs = list(enumerate_refs(options, packages))
    return [d for ref in refs for d in describe(options, ref, "jats")]


def _samples(root: Path) -> list[Sample]:
    options = FolderOptions(root=str(root))
    found = []
    for document in _documents(root):
        if not document.drops:
            found += [s for s, _ in extract(options, document, phash)]
    return found


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def _tar(members: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return out.getvalue()


def test_loose_zip_and_tar_give_the_same_sample(tmp_path: Path) -> None:
    members = {"a.xml": _xml(), "fig1.jpg": PICTURE}
    (tmp_path / "loose").mkdir()
    for name, data in members.items():
        (tmp_path / "loose" / name).write_bytes(data)
    (tmp_path / "z.zip").write_bytes(_zip(members))
    (tmp_path / "t.tar.gz").write_bytes(_tar({f"Some_Folder/{k}": v for k, v in members.items()}))
    samples = _samples(tmp_path)
    assert [s.document_id for s in samples] == ["loose/a", "t", "z"]
    assert {s.caption for s in samples} == {"A film."}
    assert all(s.kept for s in samples)


def test_packages_are_named_by_their_pmcid(tmp_path: Path) -> None:
    (tmp_path / "aa" / "PMC55").mkdir(parents=True)
    (tmp_path / "aa" / "PMC55" / "x.nxml").write_bytes(_xml())
    (tmp_path / "aa" / "PMC77.tar.gz").write_bytes(_tar({"J_2010/x.nxml": _xml()}))
    assert [d.document_id for d in _documents(tmp_path, packages=True)] == ["PMC55", "PMC77"]


def test_the_group_is_the_article_not_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(_xml(ids="<article-id pub-id-type='pmc'>9</article-id>"))
    (tmp_path / "b.xml").write_bytes(_xml(ids="<article-id pub-id-type='pmcid'>PMC9</article-id>"))
    (tmp_path / "c.xml").write_bytes(_xml(ids="<article-id pub-id-type='doi'>10.1/A</article-id>"))
    assert [d.group_id for d in _documents(tmp_path)] == ["PMC9", "PMC9", "10.1/a"]


def test_a_picture_in_another_articles_folder_is_not_taken(tmp_path: Path) -> None:
    data = _zip({"one/a.xml": _xml(), "two/b.xml": _xml(), "two/fig1.jpg": PICTURE})
    (tmp_path / "z.zip").write_bytes(data)
    kept = {s.document_id: s.kept for s in _samples(tmp_path)}
    assert kept == {"z/one/a": False, "z/two/b": True}


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.xml", b"no xml here", "xml_unreadable"),
        ("a.xml", b"<manifest/>", "not_an_article"),
        ("a.zip", b"no zip here", "archive_unreadable"),
        ("a.zip", _zip({"readme.txt": b"x"}), "no_article"),
        ("a.tar.gz", b"\x1f\x8b no gzip", "archive_unreadable"),
        ("a.tar.gz", _tar({"../../evil.xml": _xml(), "/etc/evil.xml": _xml()}), "no_article"),
        ("a.tar.gz", _tar({}, {"a.xml": "/etc/passwd"}), "no_article"),
        ("a.zip", _zip({"../up.xml": _xml()}), "no_article"),
    ],
)
def test_bad_files_are_one_marked_document(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good.xml").write_bytes(_xml())
    bad, good = _documents(tmp_path)
    assert [d.reason for d in bad.drops] == [reason]
    assert not good.drops


def test_a_zip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MAX_XML_BYTES", 1000)
    (tmp_path / "bomb.zip").write_bytes(_zip({"a.xml": b"<article>" + b" " * 10**6}))
    (document,) = _documents(tmp_path)
    assert document.drops[0].reason == "archive_unreadable"
    assert "1,000,009 bytes" in document.drops[0].detail


def test_a_zip_that_lies_about_sizes_is_refused(tmp_path: Path) -> None:
    data = bytearray(_zip({"a.xml": b"<article/>" + b" " * 50_000}))
    real = (50_010).to_bytes(4, "little")
    while real in data:
        data[data.index(real) : data.index(real) + 4] = (10).to_bytes(4, "little")
    (tmp_path / "lies.zip").write_bytes(bytes(data))
    (document,) = _documents(tmp_path)
    assert document.drops[0].reason in ("archive_unreadable", "xml_unreadable")


def test_hrefs_cannot_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(PICTURE)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.xml").write_bytes(_xml(href="../secret.jpg"))
    (row,) = _samples(tmp_path)
    assert [d.reason for d in row.drops] == ["image_missing"]


def test_a_missing_root_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="no folder"):
        list(enumerate_refs(FolderOptions(root=str(tmp_path / "none"))))
