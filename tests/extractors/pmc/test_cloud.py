"""Mirrors in the cloud layout, whole and faulty: every article that goes in comes out as rows."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from extractors.pmc import cloud
from extractors.pmc.cloud import PmcOptions, access, describe, enumerate_refs, read_ids
from extractors.pmc.fetch import FetchError
from extractors.pmc.inventory import REPORTS, inventory_refs
from pipelines import layout
from pipelines.context import Context
from pipelines.errors import UserError
from pipelines.listing import freeze
from pipelines.recipe_file import check_recipe
from pipelines.tasks import describe_and_extract
from schemas.manifest import samples_from_table
from schemas.sample import Document, DocumentRef, Sample
from tests.servers import (
    KEYS,
    MIRROR,
    Fault,
    Mirror,
    folder_backend,
    free_port,
    moto_server,
    objects,
    s3_client,
    upload,
)

ARTICLES = str(MIRROR.parent / "mini-pmc-articles.txt")
TRUTH = json.loads((MIRROR.parent / "mini-pmc-truth.json").read_text())
FIRST = "PMC990000001"
FEW = [f"PMC9900000{n:02d}" for n in (1, 2, 3, 5, 6, 10)]


@pytest.fixture(autouse=True)
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Back-off without waiting; the waits that were asked for."""
    asked: list[float] = []
    monkeypatch.setattr("extractors.pmc.fetch.time.sleep", asked.append)
    return asked


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A mirror of our own to change."""
    return Path(shutil.copytree(MIRROR, tmp_path / "mirror"))


@pytest.fixture(scope="module")
def moto():
    with moto_server() as endpoint:
        upload(endpoint, "pmc-oa-opendata")
        yield endpoint


def rows(out: Path, pmc: dict, workers: int = 1, **run: int) -> list[Sample]:
    """List and extract as the workers do it, in this process."""
    pmc = {"retries": 2, "timeout_s": 5, **pmc}
    if not {"articles", "inventory"} & set(pmc):
        ids = out.with_suffix(".ids")
        ids.write_text("\n".join(FEW))
        pmc["articles"] = str(ids)
    recipe = check_recipe({"name": "test", "sources": [{"pmc": pmc}], "run": run})
    context = Context(
        recipe.model_dump_json(by_alias=True, exclude_unset=True),
        str(out),
        workers=workers,
        cache=str(out / "cache"),
    )
    found: list[Sample] = []
    for partition in range(freeze(context, again=False).partitions):
        describe_and_extract(context, partition, {}, lambda _: None)
        table = context.store.read_table(layout.extracted_part(partition))
        found += samples_from_table(table)
    return found


def told(samples: list[Sample]) -> dict[str, tuple]:
    """What matters of each row."""
    return {
        s.sample_id: (
            s.document_id,
            s.group_id,
            s.caption,
            s.texts,
            s.licence,
            [i.sha256 for i in s.images],
            [(d.stage, d.reason) for d in s.drops],
        )
        for s in samples
    }


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple]:
    """The rows of the mirror on disk."""
    folder = tmp_path_factory.mktemp("local")
    found = rows(folder, {"mirror": str(MIRROR), "articles": ARTICLES})
    assert len({s.document_id for s in found}) == TRUTH["counts"]["articles"]
    assert sum(s.figure is not None for s in found) == TRUTH["counts"]["figures"]
    return told(found)


@pytest.fixture(scope="module")
def few(local: dict[str, tuple]) -> dict[str, tuple]:
    """The rows of some articles on disk."""
    return {k: v for k, v in local.items() if v[1] in FEW}


def reasons(found: dict[str, tuple]) -> Counter:
    return Counter(drop for row in found.values() for drop in row[-1])


def same_but(local: dict[str, tuple], found: dict[str, tuple], changed: set[str]) -> None:
    """All rows are there, and those not named are as they should be."""
    assert set(found) == set(local)
    assert {k for k in local if local[k] != found[k]} == changed


# ------------------------------------------------------------------ the same rows from everywhere


@pytest.mark.parametrize("listing", [True, False])
def test_an_http_mirror_gives_the_same_rows(
    local: dict[str, tuple], tmp_path: Path, listing: bool
) -> None:
    with Mirror(folder_backend(listing=listing)) as server:
        pmc = {"mirror": server.url, "articles": ARTICLES}
        assert told(rows(tmp_path, pmc)) == local
        twice = {p: n for p, n in server.paths().items() if n > 1 and p.endswith((".xml", ".jpg"))}
        assert twice == {}
        asked = server.paths()
    assert not [path for path in asked if path.endswith((".txt", ".pdf", ".zip"))]
    if listing:
        assert server.count(status=404) == 0


@pytest.mark.parametrize("keys", [True, False])
def test_a_bucket_gives_the_same_rows(
    local: dict[str, tuple], tmp_path: Path, moto: str, keys: bool
) -> None:
    storage = {"endpoint_url": moto, **(KEYS if keys else {"anon": True})}
    pmc = {"mirror": "s3://pmc-oa-opendata", "storage": storage, "articles": ARTICLES}
    assert told(rows(tmp_path, pmc)) == local


def test_the_bucket_over_http(few: dict[str, tuple], tmp_path: Path, moto: str) -> None:
    """As `https://pmc-oa-opendata.s3.amazonaws.com`, with S3's own listing."""
    assert told(rows(tmp_path, {"mirror": f"{moto}/pmc-oa-opendata/"})) == few


def test_a_bucket_is_asked_to_list_by_prefix_only(tmp_path: Path, moto: str) -> None:
    from tests.servers import proxy_backend

    with Mirror(proxy_backend(moto)) as server:
        storage = {"endpoint_url": server.url, **KEYS}
        rows(tmp_path, {"mirror": "s3://pmc-oa-opendata", "storage": storage})
        lists = [r.query for r in server.requests if "list-type" in r.query]
    assert lists
    assert all("prefix=metadata%2FPMC" in query for query in lists)


# ------------------------------------------------------------------ faults


@pytest.mark.parametrize(
    "fault", [Fault("status", 503), Fault("truncate"), Fault("status", 429)], ids=str
)
def test_passing_faults_leave_no_trace(few: dict[str, tuple], tmp_path: Path, fault: Fault) -> None:
    with Mirror(folder_backend(listing=True)) as server:
        for path in ("metadata/PMC990000001", r"000002\.1/.*xml", "000003.1/.*jpg", "/$"):
            server.fail(path, fault, times=2)
        assert told(rows(tmp_path, {"mirror": server.url})) == few


def test_wrong_bytes_at_first_are_recovered(few: dict[str, tuple], tmp_path: Path) -> None:
    with Mirror(folder_backend(listing=True)) as server:
        server.fail("fig1.jpg", Fault("garble"), times=2)
        server.fail("PMC990000002.1.xml", Fault("garble"), times=2)
        assert told(rows(tmp_path, {"mirror": server.url})) == few


def test_always_wrong_bytes_mark_their_row_alone(few: dict[str, tuple], tmp_path: Path) -> None:
    with Mirror(folder_backend(listing=True)) as server:
        server.fail("990000001.1/fig1.jpg", Fault("garble"))
        found = told(rows(tmp_path, {"mirror": server.url}))
    same_but(few, found, {f"{FIRST}.1/F1"})
    assert found[f"{FIRST}.1/F1"][-1] == [("extract", "md5_mismatch")]
    assert found[f"{FIRST}.1/F1"][2] == few[f"{FIRST}.1/F1"][2]


def test_a_missing_picture_marks_its_row_alone(few: dict[str, tuple], tmp_path: Path) -> None:
    with Mirror(folder_backend(listing=True)) as server:
        server.fail("990000001.1/fig2.jpg", Fault("status", 404))
        found = told(rows(tmp_path, {"mirror": server.url}))
    same_but(few, found, {f"{FIRST}.1/F2"})
    assert found[f"{FIRST}.1/F2"][-1] == [("extract", "image_missing")]


@pytest.mark.parametrize("listing", [True, False])
def test_missing_metadata_marks_its_article_alone(
    few: dict[str, tuple], tmp_path: Path, listing: bool
) -> None:
    with Mirror(folder_backend(listing=listing)) as server:
        server.fail("metadata/PMC990000001", Fault("status", 404))
        found = told(rows(tmp_path, {"mirror": server.url}))
    assert found.pop(FIRST)[-1] == [("list", "metadata_missing")]
    assert found == {k: v for k, v in few.items() if not k.startswith(f"{FIRST}.")}


def test_an_article_that_is_not_in_the_mirror(tmp_path: Path, moto: str) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("PMC1\nPMC990000001.9\n990000002\n")
    with Mirror(folder_backend(listing=True)) as listed, Mirror(folder_backend()) as plain:
        storage = {"endpoint_url": moto, **KEYS}
        for i, pmc in enumerate(
            (
                {"mirror": str(MIRROR)},
                {"mirror": listed.url},
                {"mirror": plain.url},
                {"mirror": "s3://pmc-oa-opendata", "storage": storage},
            )
        ):
            found = told(rows(tmp_path / str(i), {**pmc, "articles": str(ids)}))
            assert found.pop("PMC1")[-1] == [("list", "metadata_missing")]
            assert found.pop("PMC990000001.9")[-1] == [("list", "metadata_missing")]
            assert {row[0] for row in found.values()} == {"PMC990000002.1"}


def test_missing_and_torn_xml_mark_their_articles(few: dict[str, tuple], tmp_path: Path) -> None:
    with Mirror(folder_backend(listing=True)) as server:
        server.fail("PMC990000001.1.xml", Fault("status", 404))
        server.fail("PMC990000002.1.xml", Fault("garble"))
        server.fail("PMC990000003.1.xml", Fault("truncate"))
        found = told(rows(tmp_path, {"mirror": server.url}))
    said = [found.pop(f"PMC99000000{n}.1")[-1] for n in (1, 2, 3)]
    assert [reason for ((_, reason),) in said] == ["file_missing", "md5_mismatch", "fetch_failed"]
    gone = ("PMC990000001.", "PMC990000002.", "PMC990000003.")
    assert found == {k: v for k, v in few.items() if not k.startswith(gone)}


def test_a_picture_server_that_dies_marks_what_it_could_not_give(
    few: dict[str, tuple], tmp_path: Path
) -> None:
    with Mirror(folder_backend(listing=True)) as server:
        server.fail(r"^/PMC.*\.(?!xml)\w+$", Fault("status", 503))
        found = told(rows(tmp_path, {"mirror": server.url}))
    assert set(found) == set(few)
    assert all(row[-1] for row in found.values())
    assert {s for _, s in reasons(found)} <= {"fetch_failed", "image_missing", "no_figures"}


def test_metadata_that_is_no_json(copy: Path, few: dict[str, tuple], tmp_path: Path) -> None:
    bad = [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"xml_url": 3, "media_urls": 7}', b"[" * 10**6]
    (copy / "metadata/PMC990000006.2.json").unlink()
    (copy / "metadata/PMC990000005.1.json").unlink()
    (copy / "metadata/PMC990000005.2.json").rename(copy / "metadata/PMC990000005.1.json")
    for article, content in zip([*FEW, FIRST], bad, strict=True):
        (copy / f"metadata/{article}.1.json").write_bytes(content)
    found = told(rows(tmp_path, {"mirror": str(copy)}))
    assert {row[1] for row in found.values()} == set(FEW)
    said = reasons(found)
    assert said[("list", "fault")] == 0
    assert said[("list", "metadata_unreadable")] + said[("extract", "xml_missing")] == len(FEW)


@pytest.mark.parametrize("kind", ["http", "s3"])
def test_nothing_listens_at_the_mirror(tmp_path: Path, sleeps: list[float], kind: str) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    pmc: dict = {"mirror": address, "retries": 1, "timeout_s": 1}
    if kind == "s3":
        storage = {"endpoint_url": address, **KEYS}
        pmc |= {"mirror": "s3://pmc-oa-opendata", "storage": storage}
    ids = tmp_path / "ids.txt"
    ids.write_text("PMC990000001\nPMC990000002\nPMC990000003\n")
    try:
        found = told(rows(tmp_path / "out", {**pmc, "articles": str(ids)}))
    except UserError as error:
        assert "\n" not in str(error)
        assert address in str(error) or "s3://pmc-oa-opendata" in str(error)
    else:
        assert len(found) == 3
        assert {stage for stage, _ in reasons(found)} == {"list"}
        assert all(row[-1] for row in found.values())
    # What a run with real waiting would wait: not for each of 29 versions of each article.
    assert sum(sleeps) < 15


def test_a_missing_local_mirror_is_one_line(tmp_path: Path) -> None:
    for mirror in (f"{tmp_path}/nowhere", f"file://{tmp_path}/nowhere", str(tmp_path)):
        with pytest.raises(UserError, match=r"no such folder, or no metadata/ folder") as caught:
            rows(tmp_path / "out", {"mirror": mirror})
        assert "\n" not in str(caught.value)


# ------------------------------------------------------------------ how many at once


@pytest.mark.parametrize("limit", [1, 4])
def test_requests_at_once_are_bounded(tmp_path: Path, limit: int) -> None:
    with Mirror(folder_backend(listing=True), delay_s=0.004) as server:
        rows(tmp_path, {"mirror": server.url, "concurrent_requests": limit})
    assert server.most_in_flight <= limit
    assert limit == 1 or server.most_in_flight > 1


def test_requests_at_once_are_shared_by_workers(tmp_path: Path) -> None:
    """One of two workers may use half."""
    with Mirror(folder_backend(listing=True), delay_s=0.004) as server:
        rows(tmp_path, {"mirror": server.url, "concurrent_requests": 4}, workers=2)
    assert server.most_in_flight <= 2


def test_a_second_source_does_not_lift_the_limit_of_the_first(tmp_path: Path) -> None:
    with (
        Mirror(folder_backend(listing=True), delay_s=0.004) as shy,
        Mirror(folder_backend(listing=True)) as bold,
    ):
        ids = str(tmp_path / "ids.txt")
        Path(ids).write_text("\n".join(FEW))
        sources = [
            {"pmc": {"mirror": shy.url, "articles": ids, "concurrent_requests": 2}},
            {"pmc": {"mirror": bold.url, "articles": ids, "concurrent_requests": 16}},
        ]
        recipe = check_recipe({"name": "test", "sources": sources})
        context = Context(recipe.model_dump_json(exclude_unset=True), str(tmp_path / "out"))
        for partition in range(freeze(context, again=False).partitions):
            describe_and_extract(context, partition, {}, lambda _: None)
    assert shy.most_in_flight <= 2


# ------------------------------------------------------------------ keys of others


def _with_media(copy: Path, urls: list[str], **more: object) -> None:
    """Article 1 with more media, and an XML that asks for them."""
    path = copy / f"metadata/{FIRST}.1.json"
    record = json.loads(path.read_text())
    record["media_urls"] += urls
    path.write_text(json.dumps({**record, **more}))


EVIL = [
    "s3://pmc-oa-opendata/other/evil.jpg",
    "s3://pmc-oa-opendata/PMC990000002.1/gr1.jpg",
    "s3://pmc-oa-opendata/PMC990000001.10/evil.jpg",
    "s3://pmc-oa-opendata/../../etc/passwd",
    "../../etc/passwd",
    "/etc/evil.jpg",
    "file:///etc/evil.jpg",
    "http://169.254.169.254/latest/evil.jpg",
    "s3://pmc-oa-opendata/PMC990000001.1/../other/evil.jpg",
    "s3://pmc-oa-opendata/PMC990000001.1/%2e%2e/other/evil.jpg",
    "s3://pmc-oa-opendata/PMC990000001.1/%252e%252e/other/evil.jpg",
    "s3://pmc-oa-opendata/PMC990000001.1/x/..%2f..%2fother/evil.jpg",
    "s3://pmc-oa-opendata/PMC990000001.1/./../other/evil.jpg",
    "s3://pmc-oa-opendata//PMC990000001.1/../evil.jpg",
    "s3://pmc-oa-opendata/PMC990000001.1/",
    "",
]


@pytest.mark.parametrize("url", EVIL)
def test_keys_outside_the_articles_prefix_are_never_asked_for(
    copy: Path, tmp_path: Path, url: str
) -> None:
    for folder in ("other", "PMC990000001.10"):
        (copy / folder).mkdir()
        shutil.copy(copy / "PMC990000002.1/gr1.jpg", copy / folder / "evil.jpg")
    shutil.copy(copy / "PMC990000002.1/gr1.jpg", copy / "evil.jpg")
    _with_media(copy, [url])
    xml = copy / f"{FIRST}.1/{FIRST}.1.xml"
    named = ("evil", "gr1", "passwd", "other/evil.jpg", "..", url.rpartition("?")[0] or url)
    text = xml.read_text()
    for name in named:  # every way the figure could ask for it
        text = text.replace(
            "</body>",
            f'<fig id="e{named.index(name)}"><caption><p>No.</p></caption>'
            f'<graphic xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="{name}"/></fig></body>',
        )
    xml.write_text(text)
    record = json.loads((copy / f"metadata/{FIRST}.1.json").read_text())
    md5 = hashlib.md5(xml.read_bytes()).hexdigest()
    record["xml_url"] = f"s3://pmc-oa-opendata/{FIRST}.1/{FIRST}.1.xml?md5={md5}"
    (copy / f"metadata/{FIRST}.1.json").write_text(json.dumps(record))
    ids = tmp_path / "ids.txt"
    ids.write_text(FIRST)
    with Mirror(folder_backend(copy, listing=True)) as server:
        found = rows(tmp_path / "out", {"mirror": server.url, "articles": str(ids)})
        asked = set(server.paths())
    allowed = ("/metadata/", f"/{FIRST}.1/")
    assert {path for path in asked if not path.startswith(allowed)} <= {"/"}
    assert not [path for path in asked if ".." in path or "passwd" in path]
    assert sum(not s.drops for s in found) == 3
    assert sum(s.drops != [] for s in found) == len(named)


def test_an_xml_outside_the_articles_prefix_is_never_asked_for(copy: Path, tmp_path: Path) -> None:
    _with_media(copy, [], xml_url="s3://pmc-oa-opendata/PMC990000002.1/PMC990000002.1.xml")
    ids = tmp_path / "ids.txt"
    ids.write_text(FIRST)
    with Mirror(folder_backend(copy, listing=True)) as server:
        (row,) = rows(tmp_path / "out", {"mirror": server.url, "articles": str(ids)})
        assert server.count("990000002") == 0
    assert [d.reason for d in row.drops] == ["xml_missing"]
    assert "PMC990000002.1" in row.meta["foreign_files"]


# ------------------------------------------------------------------ ids and versions


def test_ids_are_read_leniently_and_named_when_wrong(tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("# a list\nPMC12\n\n 0034 # four\npmc5.2\n")
    assert list(read_ids(str(ids))) == ["PMC12", "PMC34", "PMC5.2"]
    ids.write_text("PMC12\nPMC12 PMC13\n")
    with pytest.raises(ValueError, match=r"ids.txt line 2: 'PMC12 PMC13' is no PMC id"):
        list(read_ids(str(ids)))
    with pytest.raises(ValueError, match="cannot read"):
        list(read_ids(str(tmp_path / "none.txt")))


def test_a_version_named_twice_is_one_document(tmp_path: Path) -> None:
    """`PMC5` and `PMC5.2` may be the same version; its rows must not come twice."""
    ids = tmp_path / "ids.txt"
    numbers = range(990000001, 990000005)
    ids.write_text("".join(f"PMC{n}\npmc{n}\n{n}\n{n}.1\n" for n in numbers))
    for size in (100, 1):
        found = rows(
            tmp_path / str(size),
            {"mirror": str(MIRROR), "articles": str(ids)},
            documents_per_partition=size,
        )
        twice = {k: n for k, n in Counter(s.sample_id for s in found).items() if n > 1}
        assert twice == {}


@pytest.mark.parametrize("article", sorted(TRUTH["articles"]))
def test_the_preferred_version(article: str) -> None:
    options = PmcOptions(mirror=str(MIRROR), articles=ARTICLES)
    (document,) = describe(options, DocumentRef(article, article))
    truth = TRUTH["articles"][article]
    assert document.document_id == f"{article}.{truth['preferred_version']}"
    assert document.group_id == article
    assert document.licence == truth["licence"]


def _describe(mirror: Path, article: str) -> Document:
    options = PmcOptions(mirror=str(mirror), articles=ARTICLES)
    (document,) = describe(options, DocumentRef(article, article))
    return document


def test_a_checksum_changes_with_what_matters(copy: Path) -> None:
    before = _describe(copy, FIRST).checksum
    path = copy / f"metadata/{FIRST}.1.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "citation": "Another. 2027."}))
    assert _describe(copy, FIRST).checksum == before
    for change in (
        {"is_retracted": True},
        {"license_code": "CC BY-NC"},
        {"media_urls": record["media_urls"][1:]},
        {"media_urls": [record["media_urls"][0][:-1] + "0", *record["media_urls"][1:]]},
    ):
        path.write_text(json.dumps({**record, **change}))
        assert _describe(copy, FIRST).checksum != before


def test_a_new_version_is_seen_by_the_same_process(copy: Path) -> None:
    """`run(..., list_again=True)` from Python keeps its worker processes."""
    assert _describe(copy, FIRST).document_id == f"{FIRST}.1"
    record = (copy / f"metadata/{FIRST}.1.json").read_text().replace(f"{FIRST}.1", f"{FIRST}.2")
    (copy / f"metadata/{FIRST}.2.json").write_text(record)
    shutil.copytree(copy / f"{FIRST}.1", copy / f"{FIRST}.2")
    (copy / f"{FIRST}.2/{FIRST}.1.xml").rename(copy / f"{FIRST}.2/{FIRST}.2.xml")
    assert _describe(copy, FIRST).document_id == f"{FIRST}.2"


# ------------------------------------------------------------------ inventories


def inventory_files(date: str, etags: dict[str, str], md5: str | None = None) -> dict[str, bytes]:
    """Key to bytes of an inventory: `etags` maps `PMC1.1` to an ETag."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for name, etag in etags.items():
        key = f"metadata/{name}.json"
        writer.writerow(["pmc-oa-opendata", key, "2026-10-30T11:47:59.000Z", etag])
    data = gzip.compress(text.getvalue().encode(), mtime=0)
    key = f"{REPORTS}/data/{date}.csv.gz"
    checksum = hashlib.md5(data).hexdigest() if md5 is None else md5
    files = [{"key": key, "size": len(data), "MD5checksum": checksum}]
    manifest = {"fileFormat": "CSV", "files": files}
    return {key: data, f"{REPORTS}/{date}T01-00Z/manifest.json": json.dumps(manifest).encode()}


def put(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


@pytest.mark.parametrize(
    "which", ["latest", "2026-11-01", f"{REPORTS}/2026-11-01T01-00Z/manifest.json"]
)
@pytest.mark.parametrize("kind", ["local", "http", "s3"])
def test_an_inventory_lists_every_article_once(moto: str, which: str, kind: str) -> None:
    with Mirror(folder_backend(listing=True)) as server:
        options = {
            "local": PmcOptions(mirror=str(MIRROR), inventory=which),
            "http": PmcOptions(mirror=server.url, inventory=which),
            "s3": PmcOptions(
                mirror="s3://pmc-oa-opendata",
                inventory=which,
                storage={"endpoint_url": moto, **KEYS},
            ),
        }[kind]
        refs = list(enumerate_refs(options))
    assert sorted(ref.key for ref in refs) == sorted(TRUTH["articles"])
    tags = {ref.key: ref.tag for ref in refs}
    etag = hashlib.md5((MIRROR / f"metadata/{FIRST}.1.json").read_bytes()).hexdigest()
    assert etag in tags[FIRST]
    assert len(tags["PMC990000005"].split()) == 2


def test_the_order_of_an_inventorys_rows_does_not_change_tags(copy: Path) -> None:
    """The files of an inventory are in no order that is promised."""
    tags = []
    for date, names in (("2027-01-01", ("PMC1.1", "PMC1.2")), ("2027-01-02", ("PMC1.2", "PMC1.1"))):
        put(copy, inventory_files(date, {name: f"etag-{name}" for name in names}))
        way = access(PmcOptions(mirror=str(copy), inventory=date))
        tags += [ref.tag for ref in inventory_refs(way, date)]
    assert tags[0] == tags[1]


def test_latest_is_the_latest_of_the_dated_ones(copy: Path) -> None:
    for date in ("2027-01-09", "2027-01-10", "2026-12-31"):
        put(copy, inventory_files(date, {f"PMC{date[-2:]}.1": "e"}))
    (copy / REPORTS / "hive").mkdir()
    way = access(PmcOptions(mirror=str(copy), inventory="latest"))
    assert [ref.key for ref in inventory_refs(way, "latest")] == ["PMC10"]


def test_latest_is_looked_up_anew_each_time(moto: str) -> None:
    client = s3_client(moto)
    client.create_bucket(Bucket="growing")
    storage = {"endpoint_url": moto, **KEYS}
    way = access(PmcOptions(mirror="s3://growing", inventory="latest", storage=storage))
    for date in ("2027-01-01", "2027-01-02"):
        for key, data in inventory_files(date, {f"PMC{date[-2:]}.1": "e"}).items():
            client.put_object(Bucket="growing", Key=key, Body=data)
        assert [ref.key for ref in inventory_refs(way, "latest")] == [f"PMC{int(date[-2:])}"]
    assert objects(moto, "growing")


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("2020-01-01", "2020-01-01"),
        ("yesterday", "'yesterday' is neither latest, a date nor a manifest.json"),
        ("nowhere/manifest.json", "nowhere/manifest.json"),
    ],
)
def test_an_inventory_that_is_not_there(tmp_path: Path, which: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        rows(tmp_path, {"mirror": str(MIRROR), "inventory": which})
    assert "\n" not in str(caught.value)


def test_no_inventory_at_all(copy: Path, tmp_path: Path) -> None:
    shutil.rmtree(copy / "inventory-reports")
    with pytest.raises(UserError, match="holds no dated inventory"):
        rows(tmp_path / "out", {"mirror": str(copy), "inventory": "latest"})


def test_a_wrong_md5_in_an_inventory_is_a_clear_error(copy: Path, tmp_path: Path) -> None:
    put(copy, inventory_files("2027-01-01", {f"{FIRST}.1": "e"}, md5="0" * 32))
    with Mirror(folder_backend(copy, listing=True)) as server:
        for mirror in (str(copy), server.url):
            with pytest.raises(
                UserError, match=r"sources.0.pmc: .*csv.gz: MD5 is .*0{32}"
            ) as caught:
                rows(tmp_path / "out", {"mirror": mirror, "inventory": "2027-01-01"})
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "damage", ["truncated", "not gzip", "not utf-8", "not csv", "zlib"], ids=str
)
def test_a_damaged_inventory_is_a_clear_error(copy: Path, tmp_path: Path, damage: str) -> None:
    good = gzip.compress(b'"b","metadata/PMC990000001.1.json","t","e"\n' * 500, mtime=0)
    data = {
        "truncated": good[: len(good) // 2],
        "not gzip": b"no gzip at all",
        "not utf-8": gzip.compress(b'"b","\xff\xfe","t","e"\n'),
        "not csv": gzip.compress(b'"' + b"x" * 200_000 + b'"\n'),
        "zlib": good[:12] + b"\x00\xff\x00\xff" * 10 + good[52:],
    }[damage]
    key = f"{REPORTS}/data/x.csv.gz"
    manifest = json.dumps({"files": [{"key": key}]}).encode()
    put(copy, {key: data, f"{REPORTS}/2027-01-01T01-00Z/manifest.json": manifest})
    with pytest.raises(UserError, match=r"sources.0.pmc: ") as caught:
        rows(tmp_path / "out", {"mirror": str(copy), "inventory": "2027-01-01"})
    assert "\n" not in str(caught.value)


def test_an_inventory_of_strange_rows(copy: Path) -> None:
    names = {
        "PMC1.1": "a",
        "PMC1": "b",
        "PMC2.1.json/x": "c",
        "../PMC3.1": "d",
        "PMC4.x": "e",
        "PMC5.1": "f",
    }
    put(copy, inventory_files("2027-01-01", names))
    way = access(PmcOptions(mirror=str(copy), inventory="2027-01-01"))
    assert [ref.key for ref in inventory_refs(way, "2027-01-01")] == ["PMC1", "PMC5"]


def test_the_modules_default_is_nlms_bucket() -> None:
    options = PmcOptions(articles="ids.txt")
    assert options.mirror == cloud.OPEN_DATA_BUCKET
    assert access(options).anonymous
    assert not access(PmcOptions(mirror="s3://mine", articles="ids.txt")).anonymous
    with pytest.raises(ValueError, match=r"given: articles and query"):
        PmcOptions(articles="ids.txt", query="x")
    with pytest.raises(FetchError):
        list(enumerate_refs(PmcOptions(mirror="/nowhere/at/all", articles="ids.txt")))
