"""ESearch against a server that speaks its JSON: splitting, retries, spacing, the API key."""

from __future__ import annotations

import datetime
import itertools
import json
import logging
import time

import pytest

from extractors.pmc.cloud import PmcOptions, enumerate_refs
from extractors.pmc.esearch import search_ids
from extractors.pmc.fetch import FetchError
from tests.servers import MIRROR, ESearch, Fault, Mirror, esearch_server, free_port

DAY = datetime.date(2015, 3, 1)
KEY = "0123456789abcdef-secret"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits are asked for, not waited; the clock moves on by them."""
    asked: list[float] = []
    real = time.monotonic
    monkeypatch.delenv("NCBI_API_KEY", raising=False)
    monkeypatch.setattr("extractors.pmc.fetch.time.sleep", asked.append)
    monkeypatch.setattr("extractors.pmc.esearch.time.monotonic", lambda: real() + sum(asked))
    return asked


def days(*counts: int) -> dict[datetime.date, list[int]]:
    """So many ids on each of some days a week apart."""
    found, number = {}, 100
    for i, count in enumerate(counts):
        found[DAY + datetime.timedelta(days=7 * i)] = list(range(number, number + count))
        number += count
    return found


def all_ids(search: ESearch) -> set[str]:
    return {f"PMC{n}" for numbers in search.days.values() for n in numbers}


def test_a_query_gives_ids(clock: list[float]) -> None:
    with esearch_server(days(3, 4)) as search:
        found = list(search_ids("open_access[Filter] AND Radiology", search.url, "me@example.org"))
    assert set(found) == all_ids(search)
    assert len(found) == 7
    ((_, fields),) = search.asked
    assert fields["db"] == "pmc"
    assert fields["term"] == "open_access[Filter] AND Radiology"
    assert fields["retmode"] == "json"
    assert fields["email"] == "me@example.org"
    assert fields["tool"]
    assert int(fields["retmax"]) <= 9_999


def test_a_query_in_a_recipe(clock: list[float]) -> None:
    with esearch_server(days(2)) as search:
        options = PmcOptions(mirror=str(MIRROR), query="x", eutils=search.url)
        refs = list(enumerate_refs(options))
    assert {ref.key for ref in refs} == {"PMC100", "PMC101"}
    assert [ref.key for ref in refs] == [ref.address for ref in refs]


def test_more_than_9999_are_cut_by_date(clock: list[float]) -> None:
    with esearch_server(days(6_000, 1, 9_999, 0, 4_000)) as search:
        found = list(search_ids("x", search.url))
    assert set(found) == all_ids(search)
    assert len(found) == 20_000
    assert all(int(fields["retmax"]) <= 9_999 for _, fields in search.asked)
    assert len(search.asked) < 60


def test_exactly_9999_need_one_request(clock: list[float]) -> None:
    with esearch_server(days(9_999)) as search:
        assert len(list(search_ids("x", search.url))) == 9_999
    assert len(search.asked) == 1


def test_too_many_on_one_day_is_one_clear_line(clock: list[float]) -> None:
    with (
        esearch_server(days(10_000)) as search,
        pytest.raises(FetchError, match=r"10,000 articles of 2015-03-01; narrow the query"),
    ):
        list(search_ids("x", search.url))


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_passing_statuses_are_tried_again(clock: list[float], status: int) -> None:
    with esearch_server(days(2)) as search:
        search.script = [(status, b"slow down")] * 3
        assert len(list(search_ids("x", search.url))) == 2
    assert len(search.asked) == 4


def test_tries_end_in_one_line(clock: list[float]) -> None:
    with esearch_server(days(2)) as search:
        search.script = [(429, b"slow down")] * 50
        with pytest.raises(FetchError, match="429") as caught:
            list(search_ids("x", search.url))
    assert "\n" not in str(caught.value)
    assert 2 <= len(search.asked) <= 10


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Service temporarily down</html>",
        b"",
        b"[]",
        b"null",
        b'{"error": "API key invalid"}',
        b'{"esearchresult": {"ERROR": "Search Backend failed: Query is too\\nlong"}}',
        b'{"esearchresult": {"count": "many", "idlist": []}}',
        b'{"esearchresult": {"count": "1", "idlist": ["x"]}}',
        b'{"esearchresult": ["count"]}',
        b"\xff\xfe\x00",
    ],
)
def test_error_replies_are_one_clear_line(clock: list[float], body: bytes) -> None:
    with esearch_server(days(2)) as search:
        search.script = [(200, body)] * 50
        with pytest.raises(FetchError, match="ESearch") as caught:
            list(search_ids("x", search.url))
    assert "\n" not in str(caught.value)


def test_the_words_of_a_refusal_are_shown(clock: list[float]) -> None:
    with esearch_server(days(2)) as search:
        search.script = [(200, b'{"esearchresult": {"ERROR": "Invalid db name specified: p"}}')]
        with pytest.raises(FetchError, match="Invalid db name"):
            list(search_ids("x", search.url))


def test_a_reply_with_fewer_ids_than_it_counts_is_no_answer(clock: list[float]) -> None:
    """ESearch does this when its backend is in trouble; the rest must not vanish silently."""
    with esearch_server(days(30), most=10) as search:
        try:
            found = list(search_ids("x", search.url))
        except FetchError:
            return
    assert len(found) == 30


def test_a_torn_reply_is_asked_for_again(clock: list[float]) -> None:
    with esearch_server(days(2_000)) as search, Mirror(search.answer) as server:
        server.fail("esearch", Fault("truncate"), times=1)
        found = list(search_ids("x", f"{server.url}/eutils"))
    assert len(found) == 2_000


def test_nothing_listens(clock: list[float]) -> None:
    with pytest.raises(FetchError, match="ESearch at http") as caught:
        list(search_ids("x", f"http://127.0.0.1:{free_port()}"))
    assert "\n" not in str(caught.value)


def test_a_wrong_address_is_one_line(clock: list[float]) -> None:
    with esearch_server() as search, pytest.raises((FetchError, ValueError), match="404"):
        list(search_ids("x", f"{search.url}/nowhere"))
    with pytest.raises((FetchError, ValueError, OSError)):
        list(search_ids("x", "no address"))


@pytest.mark.parametrize(("key", "gap_s"), [("", 0.33), (KEY, 0.1)])
def test_requests_are_spaced_as_ncbi_asks(
    clock: list[float], monkeypatch: pytest.MonkeyPatch, key: str, gap_s: float
) -> None:
    """By the true clock plus the waits that were asked for: the time that would have passed."""
    if key:
        monkeypatch.setenv("NCBI_API_KEY", key)
    times: list[float] = []
    with esearch_server(days(9_000, 9_000, 9_000)) as search:
        inner = search.answer
        with Mirror(lambda *a: (times.append(time.monotonic()), inner(*a))[1]) as server:
            list(search_ids("x", f"{server.url}/eutils"))
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert len(gaps) > 3
    assert min(gaps) >= gap_s - 0.02
    assert ("api_key" in search.asked[0][1]) == bool(key)


def test_two_real_requests_take_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NCBI_API_KEY", raising=False)
    begun = time.monotonic()
    with esearch_server(days(2)) as search:
        search.script = [(429, b"")]
        list(search_ids("x", search.url))
    (first, _), (second, _) = search.asked
    assert second - first >= 0.33
    assert time.monotonic() - begun < 5


def test_the_key_is_used_and_never_shown(
    clock: list[float],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NCBI_API_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    said = []
    refusal = json.dumps({"error": "API key invalid", "api-key": KEY}).encode()
    with esearch_server(days(2)) as search:
        list(search_ids("x", search.url))
        assert search.asked[0][1]["api_key"] == KEY
        for status, body in ((400, refusal), (429, refusal), (200, refusal), (200, b"<html>")):
            search.script = [(status, body)] * 20
            with pytest.raises(FetchError) as caught:
                list(search_ids("x", search.url))
            said.append(str(caught.value))
    with pytest.raises(FetchError) as caught:
        list(search_ids("x", f"http://127.0.0.1:{free_port()}"))
    printed = capfd.readouterr()
    for text in (*said, str(caught.value), caplog.text, printed.out, printed.err):
        assert KEY not in text
