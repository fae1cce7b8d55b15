"""The client against a real server of ours: what is sent, how many at once, what is kept."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import random

import aiohttp
import pytest
from PIL import Image as Picture

from benchmarks.model_server import Fault, model_server
from llm_rewrite.asking.endpoint import EndpointRefused, ModelUnavailable
from llm_rewrite.asking.window import slide
from llm_rewrite.client import Client
from llm_rewrite.options import ModelOptions, Price
from llm_rewrite.reply import Reply
from schemas.sample import Image
from tests.llm_rewrite.requests_made import (
    MODEL,
    Session,
    content_of,
    contents,
    everything_in,
    request_of,
    until,
)

KEY_NAME, KEY = "FABRICA_TEST_KEY", "sk-live-0123456789abcdef"
KEYED = MODEL.model_copy(update={"api_key_env": KEY_NAME})


@pytest.fixture
def server():
    with model_server() as running:
        yield running


# ------------------------------------------------------------------ what is sent, and how often


def test_answers_are_given_in_order_and_never_paid_for_twice(server, tmp_path) -> None:
    requests = [request_of(n) for n in range(100)]
    first = Session(server.url, tmp_path)
    replies = first.asked(requests)
    assert contents(replies) == [content_of(n) for n in range(100)]
    assert all(r.finish == "stop" and r.completion_tokens == 3 for r in replies)
    assert all(r.prompt_tokens > r.cached_tokens > 10 for r in replies)

    again = Session(server.url, tmp_path)
    assert again.asked(requests) == replies
    assert server.total == 100
    told = [s.usage.of("rewrite_caption").plain() for s in (first, again)]
    assert [(t.pop("sent"), t.pop("journaled")) for t in told] == [(100, 0), (0, 100)]
    assert told[0] == told[1]


def test_what_a_request_says_reaches_the_server(server, tmp_path) -> None:
    model = MODEL.model_copy(update={"seed": 7, "max_tokens": 33, "extra": {"top_k": 5}})
    Session(server.url, tmp_path).asked([request_of(1, model, turns=(("bad", "Again."),))])
    (asked,) = server.asked
    body = asked.body
    assert (body["model"], body["seed"], body["max_tokens"], body["top_k"]) == ("tiny", 7, 33, 5)
    assert [m["role"] for m in body["messages"]] == ["system", "user", "assistant", "user"]
    assert body["response_format"]["type"] == "json_schema"
    assert "Authorization" not in asked.headers


def test_equal_requests_at_the_same_time_are_sent_once(server, tmp_path) -> None:
    server.latency_s = 0.1
    session = Session(server.url, tmp_path)
    replies = session.asked([request_of(1), request_of(2), request_of(1)] * 5)
    assert server.total == 2
    assert len({r.content for r in replies}) == 2
    assert session.usage.of("rewrite_caption").answered == 2


def test_who_asked_first_may_go_and_the_second_still_gets_the_answer(server, tmp_path) -> None:
    server.fail(Fault("hold"))

    async def work(client: Client) -> Reply:
        first = asyncio.create_task(client.ask(request_of(1)))
        second = asyncio.create_task(client.ask(request_of(1)))
        await until(lambda: server.total == 1)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        server.release()
        return await second

    assert Session(server.url, tmp_path).run(work).content == content_of(1)
    assert (server.total, server.gone) == (1, [])


def test_connections_are_kept(server, tmp_path, monkeypatch) -> None:
    opened = []
    real = aiohttp.TCPConnector._create_connection

    async def counted(self, *arguments, **more):
        opened.append(1)
        return await real(self, *arguments, **more)

    monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", counted)
    Session(server.url, tmp_path, in_flight=4).asked([request_of(n) for n in range(60)])
    assert 1 <= len(opened) <= 4


# ------------------------------------------------------------------ how many at once


def test_never_more_are_under_way_than_allowed(server, tmp_path) -> None:
    server.latency_s = 0.02
    Session(server.url, tmp_path, in_flight=8).asked([request_of(n) for n in range(100)], width=64)
    assert server.most_at_once == 8  # and it uses all of it


def test_the_pace_falls_when_the_server_is_overloaded_and_comes_back(server, tmp_path) -> None:
    most, heads = 4, []
    server.latency_s = 0.01
    server.fail(Fault("status", status=429), when=lambda asked: server.at_once > most)

    async def work(client: Client) -> list[float]:
        limits = []
        await slide(
            [request_of(n) for n in range(250)],
            client.ask,
            64,
            lambda *_: limits.append(client.pace.limit),
        )
        server.heal()
        heads.append(min(limits))
        await slide([request_of(n) for n in range(250, 1300)], client.ask, 64)
        return [limits[-1], client.pace.limit]

    session = Session(server.url, tmp_path, in_flight=32)
    model = MODEL.model_copy(update={"retries": 50})
    session.more["first_wait_s"] = 0.01
    crowded, healed = session.run(work, model)
    assert 1 <= heads[0] <= most + 1
    assert crowded <= 2 * most + 2
    assert healed > 25
    failed = session.usage.of("rewrite_caption").failed_tries["http_429"]
    assert failed < 250  # without a pace, 28 of 32 fail at any moment


# ------------------------------------------------------------------ pictures


def _image(path: str = "a", sha256: str = "1" * 64) -> Image:
    return Image(path, 0, 10, 900, 300, "png", sha256, 0)


def test_pictures_arrive_in_the_size_that_was_asked_for(server, tmp_path) -> None:
    buffer, read = io.BytesIO(), []
    Picture.new("RGB", (900, 300), (10, 200, 30)).save(buffer, "PNG")

    def picture(image: Image) -> bytes:
        read.append(image.path)
        return buffer.getvalue()

    model = MODEL.model_copy(update={"image_side": 150})
    request = request_of(1, model, images=(_image("a"), _image("b", "2" * 64)))
    for _ in range(2):
        assert contents(Session(server.url, tmp_path, picture=picture).asked([request]))
    assert read == ["a", "b"]  # the second time nothing was sent, so nothing read
    parts = server.asked[0].body["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["image_url", "image_url", "text"]
    head, _, data = parts[0]["image_url"]["url"].partition(",")
    got = Picture.open(io.BytesIO(base64.b64decode(data)))
    assert (head, got.size, got.mode) == ("data:image/jpeg;base64", (150, 50), "RGB")


def test_a_picture_that_cannot_be_read_costs_its_own_row(server, tmp_path) -> None:
    def picture(image: Image) -> bytes:
        if image.path == "lost":
            raise OSError("the store\nis away")
        return b"no picture at all"

    session = Session(server.url, tmp_path, picture=picture)
    bad, lost = _image("bad"), _image("lost", "2" * 64)
    replies = session.asked(
        [request_of(1, images=(bad,)), request_of(2), request_of(3, images=(lost,))]
    )
    assert replies[0] == Reply(problem="picture: neither JPEG nor PNG")
    assert replies[1].content == content_of(2)
    assert replies[2] == Reply(problem="picture: cannot be read: the store is away", passing=True)
    assert server.total == 1


# ------------------------------------------------------------------ the key


def test_the_key_goes_to_the_server_and_nowhere_else(
    server, tmp_path, monkeypatch, caplog, capfd
) -> None:
    monkeypatch.setenv(KEY_NAME, KEY)
    caplog.set_level("DEBUG")
    server.fail(Fault("status", status=400, text=f"bad {KEY} here"), times=1)
    server.fail(Fault("body", text=f"<html>{KEY}</html>"), times=1)
    server.fail(Fault("status", status=401, text=f"Incorrect API key: {KEY}"), times=1)
    session = Session(server.url, tmp_path, in_flight=1)
    (refused,) = session.asked([request_of(1, KEYED)])
    with pytest.raises(EndpointRefused, match=r"401.*Incorrect API key: \*\*\*") as raised:
        session.asked([request_of(2, KEYED)])  # first the page, then 401
    assert refused.problem == "http_400: bad *** here"
    assert {asked.headers["Authorization"] for asked in server.asked} == {f"Bearer {KEY}"}
    shown = caplog.text + "".join(capfd.readouterr()) + everything_in(tmp_path)
    assert KEY not in shown + repr([refused, session.usage]) + str(raised.value)


def test_a_key_that_is_missing_is_named(server, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv(KEY_NAME, raising=False)
    with pytest.raises(ModelUnavailable, match=KEY_NAME):
        Session(server.url, tmp_path).asked([request_of(1, KEYED)])
    assert server.total == 0


def test_a_redirect_is_not_followed(server, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(KEY_NAME, KEY)
    with model_server() as elsewhere:
        to = {"Location": f"{elsewhere.url}/chat/completions"}
        server.fail(Fault("status", status=307, headers=to))
        with pytest.raises(EndpointRefused, match="307"):
            Session(server.url, tmp_path).asked([request_of(1, KEYED)])
        assert elsewhere.total == 0


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert contents(Session(server.url, tmp_path).asked([request_of(1)]))


# ------------------------------------------------------------------ what is served


def test_a_model_that_is_served_is_found(tmp_path) -> None:
    served = ("org/Other-7B", "Qwen/Qwen3-VL-8B-Instruct", "tiny-2")
    with model_server(models=served) as server:

        def check(name: str) -> None:
            model = ModelOptions(model=name, endpoint=server.url)
            Session(server.url, tmp_path).run(lambda client: client.check(), model)

        check("tiny-2")
        with pytest.raises(ModelUnavailable, match="serves Qwen/Qwen3-VL-8B-Instruct, ") as raised:
            check("Qwen/Qwen3-VL-8B")
        assert server.url in str(raised.value)
        assert "org/Other-7B" in str(raised.value)


def test_a_wrong_address_is_said_to_be_one(server, tmp_path) -> None:
    for address in (server.url.removesuffix("/v1"), f"{server.url}/v2"):
        with pytest.raises(EndpointRefused, match=r"404.*ends with /v1"):
            Session(address, tmp_path).run(lambda client: client.check())
    for address in ("http://", "http://[", "ftp://x/v1", "http://h:99999/v1"):
        with pytest.raises(ModelUnavailable, match="no address"):
            Session(address, tmp_path).run(lambda client: client.check())


# ------------------------------------------------------------------ cost


def test_tokens_and_cost_do_not_depend_on_the_order_of_answers(tmp_path) -> None:
    model = MODEL.model_copy(update={"price": Price(input=0.37, output=1.13)})
    numbers, told = list(range(80)), []
    for run in range(2):
        random.Random(run).shuffle(numbers)
        with model_server(latency_s=(0.005, 0.03)) as server:
            session = Session(server.url, tmp_path / str(run))
            session.asked([request_of(n, model) for n in numbers])
            told.append(session.usage.of("rewrite_caption"))
    assert told[0].cost == told[1].cost
    expected = (told[0].prompt_tokens * 0.37 + told[0].completion_tokens * 1.13) / 1e6
    assert told[0].cost == pytest.approx(expected)
    assert 0.004 < told[0].latency_s(0.5) < told[0].latency_s(0.95) < 30


def test_a_key_in_the_environment_with_a_line_break_is_refused(
    server, tmp_path, monkeypatch
) -> None:
    monkeypatch.setitem(os.environ, KEY_NAME, "sk\r\nX-Other: 1")
    with pytest.raises(ModelUnavailable, match=KEY_NAME):
        Session(server.url, tmp_path).asked([request_of(1, KEYED)])
