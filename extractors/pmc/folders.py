"""Articles that lie in folders and archives: `jats` (any publisher) and `pmc_packages`.

A document is one article of one XML file: loose in a folder, or in a zip, tar or tar.gz beside
its pictures. Archives are read in memory, never unpacked to disk, and only within limits.
"""

from __future__ import annotations

import functools
import hashlib
import io
import re
import tarfile
import zipfile
from collections.abc import Iterator
from typing import Literal

from extractors.options import ArticleOptions
from extractors.pmc.articles import (
    ArticleFiles,
    Extracted,
    Signature,
    article_samples,
    safe_id,
)
from extractors.pmc.fetch import Access, FetchError, fetch, filesystem, storage_text
from extractors.pmc.jats.article import read_article
from extractors.pmc.jats.hrefs import is_raster
from extractors.pmc.jats.parse import (
    MAX_XML_BYTES,
    BadXml,
    NotAnArticle,
    parse_articles,
    peek_article,
)
from schemas.sample import Document, DocumentRef, Drop

XML_ENDINGS = (".xml", ".nxml")
ARCHIVE_ENDINGS = (".zip", ".tar.gz", ".tgz", ".tar")
MAX_MEMBER_BYTES = 256 * 2**20
MAX_ARCHIVE_BYTES = 2 * 2**30
_MAX_MEMBERS = 20_000
_PMCID = re.compile(r"(?:^|/)(PMC\d+)(?=[./_]|$)")


class FolderOptions(ArticleOptions):
    """`jats:` and `pmc_packages:` in a recipe; `root` is a folder at any fsspec address."""

    root: str
    storage: dict[str, object] = {}


def access(options: FolderOptions) -> Access:
    """How to reach the folder."""
    return Access(root=options.root.rstrip("/") or "/", storage=storage_text(options.storage))


def enumerate_refs(options: FolderOptions, packages: bool = False) -> Iterator[DocumentRef]:
    """One ref per XML file and archive below the root; `packages` names them by their PMCID."""
    way = access(options)
    fs, root = filesystem(way)
    if not fs.isdir(root):
        raise FetchError("no_folder", f"root: {options.root} is no folder that can be read")
    found = fs.find(root, detail=True)
    for path in sorted(found):
        relative = path[len(root) :].lstrip("/")
        low = relative.lower()
        if not low.endswith(XML_ENDINGS + ARCHIVE_ENDINGS) or "__MACOSX/" in relative:
            continue
        tag = f"{found[path].get('size')}-{found[path].get('ETag') or found[path].get('mtime')}"
        yield DocumentRef(key=_key(relative, packages), address=relative, tag=tag)


def _key(relative: str, packages: bool) -> str:
    if packages and (match := _PMCID.search(relative)):
        return match[1]
    for ending in XML_ENDINGS + ARCHIVE_ENDINGS:
        if relative.lower().endswith(ending):
            return safe_id(relative[: -len(ending)])
    return safe_id(relative)


def describe(options: FolderOptions, ref: DocumentRef, source: str) -> list[Document]:
    """Every article of a file, or one marked document where it holds none."""
    way = access(options)
    try:
        inner = _xml_members(way, ref.address)
    except (
        FetchError,
        OSError,
        ValueError,
        EOFError,
        zipfile.BadZipFile,
        tarfile.TarError,
    ) as error:
        return [_bad_document(ref, source, ref.address, "archive_unreadable", str(error))]
    if not inner:
        return [_bad_document(ref, source, ref.address, "no_article", "the archive holds no XML")]
    documents = []
    for address in inner:
        base = ref.key if len(inner) == 1 else f"{ref.key}/{safe_id(_stem(address))}"
        documents += _describe_xml(way, ref, source, address, base)
    return documents


def _describe_xml(
    way: Access, ref: DocumentRef, source: str, address: str, base: str
) -> list[Document]:
    try:
        files = open_article(way, address)
        peeked = peek_article(files.xml)
        roots = [peeked] if peeked is not None else parse_articles(files.xml)[0]
    except NotAnArticle as error:
        return [_bad_document(ref, source, address, "not_an_article", str(error), base)]
    except BadXml as error:
        return [_bad_document(ref, source, address, "xml_unreadable", str(error), base)]
    except (FetchError, OSError, ValueError, zipfile.BadZipFile, tarfile.TarError) as error:
        return [_bad_document(ref, source, address, "file_unreadable", str(error), base)]
    checksum = _checksum(files)
    documents = []
    for entry, root in enumerate(roots):
        article = read_article(root)
        document_id = base if len(roots) == 1 else f"{base}/{article.pmcid or entry + 1}"
        documents.append(
            Document(
                document_id=document_id,
                group_id=article.pmcid or article.doi.lower() or document_id,
                source=source,
                address=address,
                entry=entry,
                checksum=f"{checksum}-{entry}",
                meta={"file": address},
            )
        )
    return documents


def _bad_document(
    ref: DocumentRef, source: str, address: str, reason: str, detail: str, base: str = ""
) -> Document:
    name = base or ref.key
    drops = [Drop("list", reason, detail[:500])]
    meta = {"file": address}
    return Document(name, name, source, address, checksum=ref.tag, meta=meta, drops=drops)


def _checksum(files: ArticleFiles) -> str:
    digest = hashlib.md5(files.xml, usedforsecurity=False)
    digest.update("\n".join(sorted(files.names)).encode())
    return digest.hexdigest()


def _stem(address: str) -> str:
    inner = address.partition("!")[2]
    return re.sub(r"\.n?xml\Z", "", inner, flags=re.IGNORECASE)


def extract(
    options: FolderOptions, document: Document, signature: Signature
) -> Iterator[Extracted]:
    """The samples of one article."""
    files = open_article(access(options), document.address)
    yield from article_samples(document, files, options, signature)


def open_article(way: Access, address: str) -> ArticleFiles:
    """The article at `folder/a.xml` or `archive.zip!folder/a.xml` below the root."""
    archive, mark, inner = address.partition("!")
    if mark:
        members = _archive(way, archive)
        if inner not in members:
            raise FetchError("xml_missing", f"{address} is not in the archive")
        beside = [name for name in members if is_raster(name) and _near(inner, name)]
        return ArticleFiles(xml=members[inner], names=beside, read=members.__getitem__)
    names = _pictures_beside(way, address.rpartition("/")[0])
    return ArticleFiles(xml=fetch(way, address), names=names, read=lambda name: fetch(way, name))


def _near(xml: str, picture: str) -> bool:
    """Whether a picture lies in the folder of an XML file or below it."""
    folder = xml.rpartition("/")[0]
    return not folder or picture.startswith(f"{folder}/")


@functools.lru_cache(maxsize=64)
def _pictures_beside(way: Access, folder: str) -> tuple[str, ...]:
    """Pictures in the folder of an XML file, paths from the root."""
    fs, base = filesystem(way)
    names = fs.ls(f"{base}/{folder}".rstrip("/"), detail=False)
    inside = [str(name)[len(base) :].lstrip("/") for name in names]
    return tuple(sorted(name for name in inside if is_raster(name)))


def _xml_members(way: Access, address: str) -> list[str]:
    """Addresses of the XML files that a ref stands for."""
    if not address.lower().endswith(ARCHIVE_ENDINGS):
        return [address]
    names = sorted(name for name in _archive(way, address) if name.lower().endswith(XML_ENDINGS))
    # MECA packages carry descriptions of themselves beside the article.
    notes = ("manifest.xml", "directives.xml", "transfer.xml", "reviews.xml")
    articles = [n for n in names if n.rpartition("/")[2].lower() not in notes]
    return [f"{address}!{name}" for name in articles or names]


@functools.lru_cache(maxsize=2)
def _archive(way: Access, address: str) -> dict[str, bytes]:
    """XML and picture members of an archive by name, read within limits."""
    data = fetch(way, address)
    if address.lower().endswith(".zip"):
        return _zip_members(data, address)
    return _tar_members(data, address)


class _Budget:
    """Counts unpacked bytes and members, and refuses bombs."""

    def __init__(self, archive: str) -> None:
        self._archive, self._bytes, self._members = archive, 0, 0

    def take(self, name: str, size: int) -> None:
        self._members += 1
        self._bytes += size
        limit = MAX_XML_BYTES if name.lower().endswith(XML_ENDINGS) else MAX_MEMBER_BYTES
        if size > limit:
            raise FetchError("archive_too_large", f"{self._archive}: {name} has {size:,} bytes")
        if self._bytes > MAX_ARCHIVE_BYTES or self._members > _MAX_MEMBERS:
            raise FetchError("archive_too_large", f"{self._archive}: unpacks to too much")


def _wanted(name: str) -> bool:
    """XML and pictures with a path that stays inside the archive."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith("/") or ".." in parts or "__MACOSX" in parts or parts[-1].startswith("._"):
        return False
    return is_raster(name) or name.lower().endswith(XML_ENDINGS)


def _zip_members(data: bytes, address: str) -> dict[str, bytes]:
    members, budget = {}, _Budget(address)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if info.is_dir() or not _wanted(info.filename):
                continue
            budget.take(info.filename, info.file_size)
            with archive.open(info) as member:
                content = member.read(info.file_size + 1)
            if len(content) > info.file_size:
                raise FetchError(
                    "archive_too_large", f"{address}: {info.filename} lies on its size"
                )
            members[info.filename] = content
    return members


def _tar_members(data: bytes, address: str) -> dict[str, bytes]:
    members, budget = {}, _Budget(address)
    # "r:*" would try other compressions, whose bombs are worse than those of gzip.
    mode: Literal["r:", "r:gz"] = "r:" if address.lower().endswith(".tar") else "r:gz"
    with tarfile.open(fileobj=io.BytesIO(data), mode=mode) as archive:
        for info in archive:
            if info.isreg():
                budget.take(info.name, info.size)
                if _wanted(info.name) and (member := archive.extractfile(info)):
                    members[info.name] = member.read()
    return members
