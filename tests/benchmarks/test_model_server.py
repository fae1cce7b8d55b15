"""The local model server: what it answers, what it counts, and that its faults are real."""

from __future__ import annotations

import http.client
import json
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from benchmarks.chat_protocol import key_of, seconds_for
from benchmarks.invented_answers import CannotFill, invented_answer
from benchmarks.model_server import Fault, ModelServer, model_server
from llm_rewrite.answers import read_answer, schema_of
from llm_rewrite.options import ModelOptions
from llm_rewrite.prompt import Part, Prompt, Request, system_text, user_text
from llm_rewrite.tasks import TASKS
from tests.conftest import ROOT
from tests.servers import plain_environment

MODEL = ModelOptions(model="tiny")
SOURCES = ("A 12 mm nodule in the left lung.", "Figure 2 shows [no] effusion.")


@pytest.fixture(scope="module")
def shared():
    with model_server() as running:
        yield running


@pytest.fixture
def server(shared: ModelServer):
    shared.heal()
    yield shared
    shared.heal()
    shared.latency_s = 0.0


def _body(schema: dict[str, Any], structured: str = "json_schema", **more: Any) -> dict[str, Any]:
    parts = tuple(Part("caption", text) for text in SOURCES)
    model = MODEL.model_copy(update={"structured": structured, **more})
    user = user_text(Prompt(parts, "Do it."))
    request = Request("t", "t/1-0", model, system_text("Rules.", schema), user, schema=schema)
    return request.body()


def _ask(server: ModelServer, body: dict[str, Any], timeout: float = 10) -> dict[str, Any]:
    data, kind = json.dumps(body).encode(), {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/chat/completions", data, kind)
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return json.load(response)


def _plain(text: str) -> dict[str, Any]:
    return {"model": "tiny", "messages": [{"role": "user", "content": text}]}


def _get(server: ModelServer, path: str) -> Any:
    with urllib.request.urlopen(f"{server.url.removesuffix('/v1')}{path}") as response:
        return json.loads(response.read() or b"null")


# ------------------------------------------------------------------ answers


@pytest.mark.parametrize("structured", ["json_schema", "json_object", "none"])
@pytest.mark.parametrize("name", sorted(TASKS))
def test_its_answers_fit_the_schema_of_every_task(name: str, structured: str) -> None:
    answer = TASKS[name].answer
    content = invented_answer(_body(schema_of(answer), structured))
    read = read_answer(content, answer)
    said = msgspec.json.encode(read).decode()
    assert any(word in said for word in ("nodule", "effusion", "lung")) or "0" in said


def test_strings_are_the_blocks_in_their_order() -> None:
    properties = {name: {"type": "string"} for name in "abc"}
    content = json.loads(invented_answer(_body({"type": "object", "properties": properties})))
    assert [content[name] for name in "abc"] == [*SOURCES, SOURCES[0]]


def _filled(schema: dict[str, Any], **more: Any) -> Any:
    return json.loads(invented_answer(_body(schema, **more)))


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        ({"enum": ["x", "y"]}, lambda v: v in ("x", "y")),
        ({"const": 3}, lambda v: v == 3),
        ({"type": "integer", "minimum": 4, "maximum": 5}, lambda v: v in (4, 5)),
        ({"type": "integer", "exclusiveMinimum": 4, "exclusiveMaximum": 6}, lambda v: v == 5),
        ({"type": "number", "minimum": 0.5, "maximum": 1}, lambda v: 0.5 <= v <= 1),
        ({"type": "string", "minLength": 100}, lambda v: len(v) >= 100),
        ({"type": "string", "maxLength": 7}, lambda v: v == "A 12 mm"),
        ({"type": "string", "pattern": "^[A-D]$"}, lambda v: v == "A"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 3}, lambda v: len(v) == 3),
        ({"type": "array", "items": {"type": "string"}}, lambda v: len(v) == 1),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 0}, lambda v: v == []),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, lambda v: isinstance(v, bool)),
        ({"type": ["null", "string"]}, lambda v: v == SOURCES[0]),
    ],
)
def test_what_a_schema_bounds_is_kept(schema: dict[str, Any], fits) -> None:
    for seed in range(20):
        assert fits(_filled(schema, seed=seed))


def test_the_seed_chooses_and_the_same_seed_chooses_the_same() -> None:
    schema = {"enum": list("abcdefgh")}
    found = [_filled(schema, seed=seed) for seed in range(30)]
    assert len(set(found)) > 3
    assert found == [_filled(schema, seed=seed) for seed in range(30)]


def test_what_it_cannot_fill_is_a_400(server: ModelServer) -> None:
    schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
    with pytest.raises(CannotFill):
        invented_answer(_body(schema))
    with pytest.raises(urllib.error.HTTPError, match="400"):
        _ask(server, _body(schema))


def test_words_are_counted_as_tokens(server: ModelServer) -> None:
    body = _plain("five words are in here")
    body["messages"].insert(0, {"role": "system", "content": "be good"})
    said = _ask(server, body)
    assert said["choices"][0]["message"]["content"] == "five words are in here"
    assert said["usage"]["prompt_tokens"] == 7
    assert said["usage"]["completion_tokens"] == 5
    assert said["usage"]["prompt_tokens_details"] == {"cached_tokens": 2}


# ------------------------------------------------------------------ time and counts


def test_latency_is_lognormal_and_the_same_in_every_run() -> None:
    keys = [key_of(_plain(str(n))) for n in range(4000)]
    times = sorted(seconds_for(key, (0.1, 0.8)) for key in keys)
    assert statistics.median(times) == pytest.approx(0.1, rel=0.1)
    assert times[int(0.99 * len(times))] == pytest.approx(0.8, rel=0.25)
    assert seconds_for(keys[0], (0.1, 0.8)) == seconds_for(keys[0], (0.1, 0.8))
    assert seconds_for(keys[0], 0.25) == 0.25


def test_no_more_than_its_capacity_are_worked_on_at_once() -> None:
    with model_server(capacity=3, latency_s=0.1) as server, ThreadPoolExecutor(12) as pool:
        began = time.monotonic()
        list(pool.map(lambda n: _ask(server, _plain(str(n))), range(12)))
        assert time.monotonic() - began >= 0.4
        assert server.most_at_once > 3  # the others are queued, as vLLM does it
        assert _get(server, "/counts")["answered"] == 12


def test_it_counts_by_content_and_lists_models(server: ModelServer) -> None:
    for text in ("one", "two", "two"):
        _ask(server, _plain(text))
    assert server.counts[key_of(_plain("two"))] == server.answered[key_of(_plain("two"))] == 2
    assert [model["id"] for model in _get(server, "/v1/models")["data"]] == ["tiny"]
    assert _get(server, "/health") is None


# ------------------------------------------------------------------ faults


def test_a_status_with_its_headers_as_often_as_asked(server: ModelServer) -> None:
    server.fail(Fault("status", status=429, headers={"Retry-After": "7"}, text="later"), times=2)
    for _ in range(2):
        with pytest.raises(urllib.error.HTTPError) as raised:
            _ask(server, _plain("x"))
        assert raised.value.headers["Retry-After"] == "7"
        assert json.load(raised.value)["error"]["message"] == "later"
    assert _ask(server, _plain("x"))


def test_a_predicate_chooses_who_fails(server: ModelServer) -> None:
    server.fail(Fault("status"), when=lambda asked: "bad" in str(asked.body))
    assert _ask(server, _plain("good"))
    with pytest.raises(urllib.error.HTTPError, match="500"):
        _ask(server, _plain("bad"))


def test_connections_are_cut_before_and_in_the_middle(server: ModelServer) -> None:
    server.fail(Fault("reset"), times=1)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        _ask(server, _plain("cut1"))
    server.fail(Fault("cut"), times=1)
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        _ask(server, _plain("cut2"))
    assert server.answered[key_of(_plain("cut1"))] + server.answered[key_of(_plain("cut2"))] == 0


def test_bodies_contents_and_messages_are_as_told(server: ModelServer) -> None:
    server.fail(Fault("body", text="<html>"), times=1)
    with pytest.raises(json.JSONDecodeError):
        _ask(server, _plain("x"))
    server.fail(Fault("content", text="no JSON"), times=1)
    assert _ask(server, _plain("x"))["choices"][0]["message"]["content"] == "no JSON"
    server.fail(Fault("finish", text="length"), times=1)
    assert _ask(server, _plain("x"))["choices"][0]["finish_reason"] == "length"
    server.fail(Fault("message", text='{"content": null}'), times=1)
    assert _ask(server, _plain("x"))["choices"][0]["message"] == {"content": None}


def test_what_hangs_is_never_answered_and_who_goes_is_seen(server: ModelServer) -> None:
    server.fail(Fault("hang"), times=1)
    before = len(server.gone)
    with pytest.raises(TimeoutError):
        _ask(server, _plain("hang"), timeout=0.2)
    end = time.monotonic() + 5
    while len(server.gone) == before and time.monotonic() < end:
        time.sleep(0.01)
    assert [asked.key for asked in server.gone[before:]] == [key_of(_plain("hang"))]


def test_what_is_held_is_answered_on_release(server: ModelServer) -> None:
    server.fail(Fault("hold"))
    got: list[Any] = []
    asking = threading.Thread(target=lambda: got.append(_ask(server, _plain("held"))))
    asking.start()
    time.sleep(0.2)
    assert got == []
    server.release()
    asking.join(5)
    assert len(got) == 1
    server.fail(Fault("hold"))  # holds again, though it was released before
    with pytest.raises(TimeoutError):
        _ask(server, _plain("held again"), timeout=0.2)


def test_stopped_it_refuses_and_comes_back_at_the_same_address() -> None:
    with model_server() as server:
        url = server.url
        server.stop()
        with pytest.raises(urllib.error.URLError, match="refused"):
            _ask(server, _plain("x"))
        server.start()
        assert server.url == url
        assert _ask(server, _plain("x"))


def test_as_a_program_it_says_where_it_is_and_ends_quietly() -> None:
    command = [sys.executable, "-m", "benchmarks.model_server", "--port", "0", "--model", "mine"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=plain_environment(),
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}/models") as response:
            assert json.load(response)["data"][0]["id"] == "mine"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out.strip(), err) == (0, "stopped", "")
