"""Fetching against real servers that fail on purpose: statuses, hangs, torn and wrong bytes."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from extractors.pmc.fetch import Access, FetchError, fetch, storage_text
from tests.servers import (
    KEYS,
    MIRROR,
    Fault,
    Mirror,
    folder_backend,
    free_port,
    moto_server,
    proxy_backend,
    upload,
)

PICTURE = "PMC990000001.1/fig1.jpg"
DATA = (MIRROR / PICTURE).read_bytes()
MD5 = hashlib.md5(DATA).hexdigest()


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Back-off without waiting; the waits that were asked for."""
    asked: list[float] = []
    monkeypatch.setattr("extractors.pmc.fetch.time.sleep", asked.append)
    return asked


@pytest.fixture
def mirror():
    with Mirror(folder_backend()) as server:
        yield server


@pytest.fixture(scope="module")
def moto():
    with moto_server() as endpoint:
        upload(endpoint, "pmc-oa-opendata")
        yield endpoint


@pytest.fixture
def bucket(moto: str):
    """A faulty way to the bucket."""
    with Mirror(proxy_backend(moto)) as server:
        yield server


def http(mirror: Mirror, **more: object) -> Access:
    return Access(mirror.url, **{"retries": 3, "timeout_s": 5.0, **more})


def s3(mirror: Mirror, **more: object) -> Access:
    storage = storage_text({"endpoint_url": mirror.url, **KEYS})
    settings = {"retries": 2, "timeout_s": 5.0, "storage": storage, **more}
    return Access("s3://pmc-oa-opendata", **settings)


def test_a_file_comes_as_it_is(mirror: Mirror, bucket: Mirror, sleeps: list[float]) -> None:
    assert fetch(http(mirror), PICTURE, MD5) == DATA
    assert fetch(s3(bucket), PICTURE, MD5.upper()) == DATA
    assert fetch(Access(str(MIRROR)), PICTURE, MD5) == DATA
    assert fetch(Access(MIRROR.as_uri()), PICTURE, MD5) == DATA
    assert sleeps == []


def test_anonymous_access_signs_nothing(bucket: Mirror, sleeps: list[float]) -> None:
    seen = []
    inner = bucket._backend
    bucket._backend = lambda m, p, q, h, b: seen.append(h) or inner(m, p, q, h, b)
    storage = storage_text({"endpoint_url": bucket.url})
    assert fetch(s3(bucket, storage=storage, anonymous=True), PICTURE, MD5) == DATA
    assert seen
    assert not any("Authorization" in headers for headers in seen)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_statuses_are_tried_again(mirror: Mirror, sleeps: list[float], status: int) -> None:
    mirror.fail(PICTURE, Fault("status", status), times=2)
    assert fetch(http(mirror), PICTURE, MD5) == DATA
    assert mirror.count(PICTURE) == 3
    assert len(sleeps) == 2
    assert 0 <= sleeps[0] <= 1
    assert 0 <= sleeps[1] <= 2


def test_tries_end(mirror: Mirror, sleeps: list[float]) -> None:
    mirror.fail(PICTURE, Fault("status", 503))
    with pytest.raises(FetchError) as caught:
        fetch(http(mirror, retries=3), PICTURE, MD5)
    assert caught.value.reason == "fetch_failed"
    assert PICTURE in str(caught.value)
    assert "503" in str(caught.value)
    assert mirror.count(PICTURE) == 4


def test_a_missing_file_is_asked_for_once(
    mirror: Mirror, bucket: Mirror, sleeps: list[float]
) -> None:
    for access, server in ((http(mirror), mirror), (s3(bucket), bucket)):
        with pytest.raises(FetchError) as caught:
            fetch(access, "PMC990000001.1/nothing.jpg", MD5)
        assert caught.value.reason == "file_missing"
        assert server.count("nothing.jpg", method="GET") <= 1
        assert server.count("nothing.jpg") == 1
    with pytest.raises(FetchError) as caught:
        fetch(Access(str(MIRROR)), "PMC990000001.1/nothing.jpg", MD5)
    assert caught.value.reason == "file_missing"
    assert sleeps == []


@pytest.mark.parametrize("kind", ["truncate", "garble"])
def test_torn_and_wrong_bytes_are_fetched_again(
    mirror: Mirror, bucket: Mirror, sleeps: list[float], kind: str
) -> None:
    for access, server in ((http(mirror), mirror), (s3(bucket), bucket)):
        server.fail(PICTURE, Fault(kind), times=1)
        assert fetch(access, PICTURE, MD5) == DATA


def test_always_wrong_bytes_are_named_so(mirror: Mirror, sleeps: list[float]) -> None:
    mirror.fail(PICTURE, Fault("garble"))
    with pytest.raises(FetchError) as caught:
        fetch(http(mirror, retries=2), PICTURE, MD5)
    assert caught.value.reason == "md5_mismatch"
    assert MD5 in str(caught.value)
    assert mirror.count(PICTURE) == 3


def test_a_torn_file_without_md5_is_noticed(mirror: Mirror, sleeps: list[float]) -> None:
    path = "metadata/PMC990000001.1.json"
    mirror.fail(path, Fault("truncate"), times=1)
    assert fetch(http(mirror), path) == (MIRROR / path).read_bytes()
    assert mirror.count(path) == 2


def test_an_http_server_that_hangs_is_given_up_after_timeout_s(
    mirror: Mirror, sleeps: list[float]
) -> None:
    mirror.fail(PICTURE, Fault("hang", seconds=6.0), times=1)
    begun = time.monotonic()
    assert fetch(http(mirror, timeout_s=0.5), PICTURE, MD5) == DATA
    assert time.monotonic() - begun < 4


def test_a_bucket_that_hangs_is_given_up_after_timeout_s(
    bucket: Mirror, sleeps: list[float]
) -> None:
    bucket.fail(PICTURE, Fault("hang", seconds=6.0), times=1)
    begun = time.monotonic()
    assert fetch(s3(bucket, timeout_s=0.5), PICTURE, MD5) == DATA
    assert time.monotonic() - begun < 4


@pytest.mark.parametrize("fault", [Fault("status", 503), Fault("truncate")])
def test_retries_are_ours_alone_on_s3(bucket: Mirror, sleeps: list[float], fault: Fault) -> None:
    """botocore and s3fs have retries of their own; multiplied, one dead file takes hours."""
    bucket.fail(PICTURE, fault)
    begun = time.monotonic()
    with pytest.raises(FetchError):
        fetch(s3(bucket, retries=1), PICTURE, MD5)
    took = time.monotonic() - begun
    assert bucket.count(PICTURE, method="GET") <= 2
    assert took < 10  # a machine at work on other tests is slow; botocore alone would take minutes


def test_one_request_a_file_on_s3(bucket: Mirror, sleeps: list[float]) -> None:
    fetch(s3(bucket), PICTURE, MD5)
    assert bucket.count(PICTURE) == 1


@pytest.mark.parametrize("kind", ["http", "s3"])
def test_nothing_listens(sleeps: list[float], kind: str) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    access = Access(address, retries=1, timeout_s=2.0)
    if kind == "s3":
        storage = storage_text({"endpoint_url": address, **KEYS})
        access = Access("s3://pmc-oa-opendata", retries=1, timeout_s=2.0, storage=storage)
    begun = time.monotonic()
    with pytest.raises(FetchError) as caught:
        fetch(access, PICTURE, MD5)
    assert caught.value.reason == "fetch_failed"
    assert "\n" not in str(caught.value)
    assert time.monotonic() - begun < 5


def test_a_refusal_says_so(bucket: Mirror, sleeps: list[float]) -> None:
    bucket.fail(PICTURE, Fault("status", 403))
    with pytest.raises(FetchError) as caught:
        fetch(s3(bucket), PICTURE, MD5)
    assert caught.value.reason == "fetch_failed"
    assert sleeps == []


def test_an_unknown_protocol_and_a_bad_option_are_one_line(sleeps: list[float]) -> None:
    for access in (
        Access("gopher://example"),
        Access(
            "s3://pmc-oa-opendata", storage=storage_text({"endpoint_url": "no address", **KEYS})
        ),
    ):
        with pytest.raises((FetchError, ValueError)) as caught:
            fetch(access, PICTURE)
        assert "\n" not in str(caught.value)


# ------------------------------------------------------------------ the resume cache


def test_a_verified_file_is_fetched_once(
    mirror: Mirror, sleeps: list[float], tmp_path: Path
) -> None:
    access = http(mirror, cache=str(tmp_path / "cache"))
    assert fetch(access, PICTURE, MD5) == DATA
    assert fetch(access, PICTURE, MD5) == DATA
    assert mirror.count(PICTURE) == 1


def test_a_file_without_md5_is_not_believed(
    mirror: Mirror, sleeps: list[float], tmp_path: Path
) -> None:
    access = http(mirror, cache=str(tmp_path / "cache"))
    for _ in range(2):
        fetch(access, "metadata/PMC990000001.1.json")
    assert mirror.count("metadata") == 2


def test_a_spoiled_cache_is_not_believed(
    mirror: Mirror, sleeps: list[float], tmp_path: Path
) -> None:
    access = http(mirror, cache=str(tmp_path))
    fetch(access, PICTURE, MD5)
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    file.write_bytes(DATA[:100])
    assert fetch(access, PICTURE, MD5) == DATA
    assert file.read_bytes() == DATA
    assert fetch(access, PICTURE, MD5) == DATA
    assert mirror.count(PICTURE) == 2


def test_wrong_bytes_do_not_reach_the_cache(
    mirror: Mirror, sleeps: list[float], tmp_path: Path
) -> None:
    mirror.fail(PICTURE, Fault("garble"))
    with pytest.raises(FetchError):
        fetch(http(mirror, cache=str(tmp_path)), PICTURE, MD5)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_two_mirrors_share_no_cached_file(
    mirror: Mirror, sleeps: list[float], tmp_path: Path
) -> None:
    with Mirror(folder_backend()) as other:
        for server in (mirror, other):
            fetch(http(server, cache=str(tmp_path)), PICTURE, MD5)
        assert (mirror.count(PICTURE), other.count(PICTURE)) == (1, 1)


def test_names_with_odd_characters(sleeps: list[float], tmp_path: Path) -> None:
    """Keys as PMC has them: blanks, plus, percent, hash, question mark, non-ASCII."""
    names = ["fig 1.jpg", "fig+1.jpg", "a%20b.jpg", "fig#1.jpg", "fig?1.jpg", "größe.jpg"]
    folder = tmp_path / "PMC1.1"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(name.encode())
    wrong = []
    with Mirror(folder_backend(tmp_path)) as server:
        for name in names:
            try:
                found = fetch(http(server), f"PMC1.1/{name}")
            except FetchError as error:
                found = str(error).encode()
            if found != name.encode():
                wrong.append(name)
    assert wrong == []
