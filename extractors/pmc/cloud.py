"""The PMC Cloud Service (bucket `pmc-oa-opendata`, layout of 2026) or a mirror of it.

Layout: `metadata/PMC<id>.<version>.json` describes a version; its XML and media lie under
`PMC<id>.<version>/`. See https://pmc.ncbi.nlm.nih.gov/tools/cloud/.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
from pydantic import Field, model_validator

from extractors.options import ArticleOptions
from extractors.pmc.articles import ArticleFiles, Extracted, Signature, article_samples
from extractors.pmc.esearch import search_ids
from extractors.pmc.fetch import (
    Access,
    FetchError,
    brief,
    fetch,
    filesystem,
    rest_listing,
    storage_text,
)
from extractors.pmc.inventory import inventory_refs
from extractors.pmc.jats.article import XLINK_HREF
from extractors.pmc.jats.hrefs import FileIndex, is_raster
from extractors.pmc.jats.parse import parse_articles
from schemas.licence import canonical_code
from schemas.sample import Document, DocumentRef, Drop, FileRef

OPEN_DATA_BUCKET = "s3://pmc-oa-opendata"
_ID = re.compile(r"(?:PMC)?(?P<number>\d{1,10})(?:\.(?P<version>\d{1,3}))?\Z", re.IGNORECASE)
_MOST_PROBED_VERSIONS = 30


class PmcOptions(ArticleOptions):
    """`pmc:` in a recipe. Exactly one of `articles`, `query` and `inventory` names the articles.

    `mirror`: fsspec address of a folder in the cloud layout. `articles`: a file with one id a
    line (`PMC123` or `PMC123.2`, `#` comments). `query`: an ESearch query. `inventory`:
    `latest`, a date, or the address of a manifest.json below the mirror.
    """

    mirror: str = OPEN_DATA_BUCKET
    articles: str | None = None
    query: str | None = None
    inventory: str | None = None
    eutils: str = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    email: str = ""
    anonymous: bool | None = None
    concurrent_requests: int = Field(16, ge=1, le=256)
    retries: int = Field(5, ge=0, le=20)
    timeout_s: float = Field(60.0, gt=0)
    storage: dict[str, object] = {}

    @model_validator(mode="after")
    def _one_way_to_choose(self) -> PmcOptions:
        given = [k for k in ("articles", "query", "inventory") if getattr(self, k)]
        if len(given) != 1:
            named = " and ".join(given) if given else "none"
            raise ValueError(f"give one of articles, query and inventory (given: {named})")
        return self


def access(options: PmcOptions, cache: str = "") -> Access:
    """How to reach the mirror."""
    anonymous = options.anonymous
    if anonymous is None:
        anonymous = options.mirror.startswith(OPEN_DATA_BUCKET)
    return Access(
        root=options.mirror.rstrip("/"),
        anonymous=anonymous,
        retries=options.retries,
        timeout_s=options.timeout_s,
        storage=storage_text(options.storage),
        cache=cache if "://" in options.mirror else "",
    )


def is_remote(options: PmcOptions) -> bool:
    """Whether articles are worth fetching several at a time."""
    return "://" in options.mirror and not options.mirror.startswith("file://")


def enumerate_refs(options: PmcOptions) -> Iterator[DocumentRef]:
    """One ref per article, versions left open unless the list names one."""
    _check_mirror(options)
    if options.inventory:
        yield from inventory_refs(access(options), options.inventory)
        return
    ids = (
        read_ids(options.articles)
        if options.articles
        else search_ids(options.query or "", options.eutils, options.email)
    )
    seen = set()
    for article_id in ids:
        if article_id not in seen:
            seen.add(article_id)
            # One key for all versions of an article puts them into one partition.
            yield DocumentRef(key=article_id.partition(".")[0], address=article_id)


def _check_mirror(options: PmcOptions) -> None:
    """A clear word now if the mirror is not there, instead of one fault per article."""
    way = access(options)
    fs, root = filesystem(way)
    if not is_remote(options):
        if not fs.isdir(f"{root}/metadata"):
            raise FetchError(
                "no_mirror", f"{options.mirror}: no such folder, or no metadata/ folder in it"
            )
        return
    once_more = msgspec.structs.replace(way, retries=min(2, way.retries))
    try:
        fetch(
            once_more, "?list-type=2&max-keys=1" if way.root.startswith("http") else "metadata/none"
        )
    except FetchError as error:
        # "Not there" and "not for you" are answers: somebody is there.
        if error.reason not in ("file_missing", "fetch_refused"):
            raise FetchError("no_mirror", f"{options.mirror} cannot be reached: {error}") from None


def read_ids(path: str) -> Iterator[str]:
    """The ids in a list file, `PMC` put before bare numbers. Raises ValueError naming the line."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"articles: cannot read {path}: {error}") from None
    for number, line in enumerate(text.splitlines(), start=1):
        word = line.split("#", 1)[0].strip()
        if not word:
            continue
        if not (match := _ID.match(word)):
            raise ValueError(f"articles: {path} line {number}: {word!r} is no PMC id")
        version = f".{match['version']}" if match["version"] else ""
        yield f"PMC{int(match['number'])}{version}"


def describe(options: PmcOptions, ref: DocumentRef, cache: str = "") -> list[Document]:
    """The preferred version of an article with its files, licence and checksum."""
    way = access(options, cache)
    article, _, version = ref.address.partition(".")
    try:
        versions = [int(version)] if version else _versions(way, article)
    except Exception as error:  # Each backend has its own errors for a lost connection.
        return [_unread(ref, article, "fetch_failed", brief(error))]
    described: list[Document] = []
    problem, reason = f"no metadata/{article}.*.json in the mirror", "metadata_missing"
    for number in versions:
        try:
            described.append(_read_metadata(way, article, number, options))
        except FetchError as error:
            if error.reason == "file_missing":
                break  # past the last one, where versions are probed
            # Another version in its place would be a silent choice.
            return [_unread(ref, article, error.reason, str(error))]
        except ValueError as error:
            problem, reason = str(error), "metadata_unreadable"
    if not described:
        return [_unread(ref, article, reason, problem)]
    return [_preferred(way, described)]


def _unread(ref: DocumentRef, article: str, reason: str, detail: str) -> Document:
    drops = [Drop("list", reason, detail[:500])]
    return Document(ref.address, article, "pmc", ref.address, drops=drops)


def _versions(way: Access, article: str) -> Sequence[int]:
    """The versions of an article that the mirror holds, ascending."""
    if way.root.startswith(("http://", "https://")):
        keys = rest_listing(way, f"metadata/{article}.")
        if keys is None:
            return range(1, _MOST_PROBED_VERSIONS)
        return sorted(v for v in (_version_of(key, article) for key in keys) if v)
    fs, root = filesystem(way)
    if "://" not in way.root or way.root.startswith("file://"):
        folder = f"{root}/metadata"
        return _local_versions(folder, os.stat(folder).st_mtime_ns).get(article, [])
    # s3fs and gcsfs list by prefix; a glob would list the whole bucket.
    fs.invalidate_cache()
    names = fs.find(f"{root}/metadata", prefix=f"{article}.")
    return sorted(_version_of(name, article) for name in names if _version_of(name, article))


@functools.lru_cache(maxsize=4)
def _local_versions(folder: str, changed_ns: int) -> dict[str, list[int]]:
    """Versions by article; `changed_ns`, the folder's time, is there to outdate the cache."""
    found: dict[str, list[int]] = {}
    for path in sorted(Path(folder).iterdir()):
        if match := re.fullmatch(r"(PMC\d+)\.(\d+)\.json", path.name):
            found.setdefault(match[1], []).append(int(match[2]))
    return {article: sorted(versions) for article, versions in found.items()}


def _version_of(name: str, article: str) -> int:
    match = re.search(rf"{article}\.(\d+)\.json\Z", name)
    return int(match[1]) if match else 0


def _read_metadata(way: Access, article: str, version: int, options: PmcOptions) -> Document:
    name = f"{article}.{version}"
    raw = fetch(way, f"metadata/{name}.json")
    try:
        record = json.loads(raw)
        files, foreign = _files(record, name)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"metadata/{name}.json: {error}") from None
    licence = canonical_code(str(record.get("license_code") or ""))
    meta = {
        "manuscript": "true" if record.get("is_manuscript") else "",
        "retracted": "true" if record.get("is_retracted") else "",
        "citation": str(record.get("citation") or "")[:1000],
        "foreign_files": "; ".join(foreign)[:500],
    }
    drops = []
    if options.licences is not None and licence not in options.licences:
        drops.append(Drop("list", "licence_not_chosen", licence or "no licence code"))
    return Document(
        document_id=name,
        group_id=article,
        source="pmc",
        address=name,
        licence=licence,
        checksum=_checksum(files, record),
        files=files,
        meta={k: v for k, v in meta.items() if v},
        drops=drops,
    )


def _checksum(files: list[FileRef], record: dict) -> str:
    """Changes with any file, the licence or a retraction."""
    state = [[f.name, f.md5] for f in files]
    state.append([str(record.get("license_code")), str(bool(record.get("is_retracted")))])
    return hashlib.md5(json.dumps(state).encode(), usedforsecurity=False).hexdigest()


def _files(record: dict, name: str) -> tuple[list[FileRef], list[str]]:
    """The XML and pictures of a version; what lies outside its own prefix is named, not fetched."""
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    urls = [record.get("xml_url"), *(record.get("media_urls") or [])]
    files, foreign = [], []
    for url in urls:
        if not isinstance(url, str):
            continue
        parts = urlsplit(url)
        key = unquote(parts.path).lstrip("/")
        inside = key.removeprefix(f"{name}/")
        if inside == key or not _stays_inside(inside):
            foreign.append(url)
            continue
        if url is not record.get("xml_url") and not is_raster(inside):
            continue
        md5 = parse_qs(parts.query).get("md5", [""])[0].lower()
        files.append(FileRef(name=inside, url=key, md5=md5))
    return files, foreign


def _stays_inside(name: str) -> bool:
    """Whether a name, however often it is percent-encoded, stays below its folder."""
    for _ in range(4):
        if not name or name.startswith("/") or "\\" in name or ".." in name.split("/"):
            return False
        if (decoded := unquote(name)) == name:
            return True
        name = decoded
    return False


def _preferred(way: Access, versions: list[Document]) -> Document:
    """The published version whose media match the hrefs of its XML; then the newest."""
    if len(versions) == 1:
        return versions[0]
    best = max(versions, key=lambda v: (*_version_rank(way, v), int(v.address.rpartition(".")[2])))
    others = ", ".join(v.document_id for v in versions if v is not best)
    return msgspec.structs.replace(best, meta={**best.meta, "other_versions": others})


def _version_rank(way: Access, version: Document) -> tuple[bool, float]:
    """Published before manuscript, then the share of graphics whose file is there."""
    published = version.meta.get("manuscript") != "true"
    try:
        root = parse_articles(_xml(way, version))[0][0]
    except (FetchError, ValueError):
        return published, -1.0
    hrefs = {g.get(XLINK_HREF) or "" for fig in root.iter("fig") for g in fig.iter("graphic")}
    index = FileIndex(f.name for f in version.files)
    found = sum(1 for href in hrefs if index.candidates(href))
    return published, found / len(hrefs) if hrefs else 0.0


def _xml(way: Access, document: Document) -> bytes:
    xml = next((f for f in document.files if f.name.endswith((".xml", ".nxml"))), None)
    if xml is None:
        raise FetchError("xml_missing", f"{document.document_id}: its metadata names no XML")
    return fetch(way, xml.url, xml.md5)


def extract(
    options: PmcOptions, document: Document, signature: Signature, cache: str = ""
) -> Iterator[Extracted]:
    """The samples of one article; pictures are fetched as figures ask for them."""
    way = access(options, cache)
    by_name = {f.name: f for f in document.files if is_raster(f.name)}

    def read(name: str) -> bytes:
        return fetch(way, by_name[name].url, by_name[name].md5)

    files = ArticleFiles(xml=_xml(way, document), names=by_name, read=read)
    yield from article_samples(document, files, options, signature)
