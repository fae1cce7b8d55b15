"""Every fault that a server can show: what is tried again, what costs a row, what ends a run."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from benchmarks.model_server import Fault, model_server
from llm_rewrite.asking import connection
from llm_rewrite.asking.endpoint import EndpointDown, EndpointRefused
from llm_rewrite.asking.window import slide
from llm_rewrite.client import Client
from llm_rewrite.reply import Reply
from tests.llm_rewrite.requests_made import MODEL, Session, content_of, everything_in, request_of

BAD = 3
NUMBERS = range(12)


@pytest.fixture
def server():
    with model_server() as running:
        yield running


def _is_bad(asked) -> bool:
    return f"Figure {BAD}." in asked.body["messages"][1]["content"]


def _asked(server, folder: Path, **more) -> tuple[list[Reply], Session]:
    session = Session(server.url, folder, **more)
    return session.asked([request_of(n) for n in NUMBERS]), session


def _others_are_well(replies: list[Reply]) -> None:
    for number in NUMBERS:
        if number != BAD:
            assert replies[number].content == content_of(number)
            assert not replies[number].problem


PASSING = {
    **{
        f"http_{s}": Fault("status", status=s)
        for s in (408, 409, 425, 429, 500, 502, 503, 504, 529)
    },
    "cut": Fault("cut"),
    "cut ": Fault("reset"),
    "bad_reply": Fault("body", text="<html>Bad gateway</html>"),
    "bad_reply ": Fault("body", text=""),
    "bad_reply  ": Fault("body", text='{"choices": []}'),
    "bad_reply   ": Fault("body", text='{"error": {"message": "overloaded"}}'),
    "bad_reply    ": Fault("body", text='{"choices": [{"message": {"content": 5}}]}'),
    "bad_reply     ": Fault("body", text='{"choices": ' + "[" * 200_000),
    "bad_reply      ": Fault("body", text='{"x":' + "[" * 90_000 + "]" * 90_000 + ',"choices":[]}'),
    "bad_reply       ": Fault("body", text='{"choices": [{"message": {"content": "\\ud800"}}]}'),
    "bad_reply        ": Fault("huge", size=3 * 2**20),
    "bad_reply         ": Fault(
        "body", text='{"choices": [{"message": {"content": "x"}}]}' + " " * 2**21
    ),
}


@pytest.mark.parametrize(("name", "fault"), PASSING.items(), ids=lambda value: str(value)[:12])
def test_what_may_pass_is_tried_again(name, fault, server, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(connection, "_LARGEST_BODY", 2**20)
    server.fail(fault, times=2, when=_is_bad)
    replies, session = _asked(server, tmp_path)
    assert [r.content for r in replies] == [content_of(n) for n in NUMBERS]
    usage = session.usage.of("rewrite_caption")
    assert usage.failed_tries == {name.strip(): 2}
    assert (usage.sent, usage.answered, usage.problems) == (14, 12, {})


@pytest.mark.parametrize(
    "fault", [Fault("status", status=500), Fault("cut"), Fault("body", text="x")]
)
def test_a_row_that_never_gets_through_costs_itself_and_may_pass(fault, server, tmp_path) -> None:
    server.fail(fault, when=_is_bad)
    replies, session = _asked(server, tmp_path)
    _others_are_well(replies)
    assert replies[BAD].passing
    assert replies[BAD].problem.endswith("(5 tries)")
    assert session.usage.of("rewrite_caption").sent == 11 + 5
    assert "(5 tries)" not in everything_in(tmp_path)
    server.heal()  # the next run asks for it again, and for nothing else
    replies, session = _asked(server, tmp_path)
    assert replies[BAD].content == content_of(BAD)
    assert session.usage.of("rewrite_caption").sent == 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_bad_prompt_costs_one_row_and_one_request(status, server, tmp_path) -> None:
    said = "the prompt is\ntoo long \x1b[31m" + "x" * 5000
    server.fail(Fault("status", status=status, text=said), when=_is_bad)
    for _ in range(2):
        replies, _ = _asked(server, tmp_path)
        _others_are_well(replies)
        assert replies[BAD].problem.startswith(f"http_{status}: the prompt is too long [31mxxx")
        assert replies[BAD].problem.isprintable()
        assert len(replies[BAD].problem) < 400
        assert not replies[BAD].passing
    assert server.total == 12


@pytest.mark.parametrize(
    ("status", "advice"),
    [(401, "api_key_env"), (403, "api_key_env"), (404, "/v1"), (405, "/v1"), (402, "paid")],
)
def test_what_concerns_everybody_ends_the_run(status, advice, server, tmp_path) -> None:
    server.fail(Fault("status", status=status, text="no\nsuch thing"))
    with pytest.raises(EndpointRefused) as raised:
        _asked(server, tmp_path, in_flight=2)
    said = str(raised.value)
    assert said.startswith(f"{server.url} refuses: HTTP {status}: no such thing; ")
    assert advice in said
    assert server.total <= 2


def test_a_server_that_hangs_is_given_up(server, tmp_path) -> None:
    server.fail(Fault("hang"), times=2, when=_is_bad)
    model = MODEL.model_copy(update={"timeout_s": 0.3})
    session = Session(server.url, tmp_path)
    began = time.monotonic()
    replies = session.asked([request_of(n, model) for n in NUMBERS])
    assert 0.6 < time.monotonic() - began < 3
    assert [r.content for r in replies] == [content_of(n) for n in NUMBERS]
    assert session.usage.of("rewrite_caption").failed_tries == {"timeout": 2}
    assert len(server.gone) == 2  # it is told, and can stop working on them


def test_no_answer_in_time_slows_the_pace(server, tmp_path) -> None:
    server.fail(Fault("hang"), times=6)
    model = MODEL.model_copy(update={"timeout_s": 0.3})
    limits: list[float] = []

    async def work(client: Client) -> None:
        requests = [request_of(n, model) for n in NUMBERS]
        await slide(requests, client.ask, 12, lambda *_: limits.append(client.pace.limit))

    Session(server.url, tmp_path, in_flight=12).run(work)
    assert 6 <= min(limits) < 8  # the six timed out together: halved once


def test_slow_is_not_wrong(server, tmp_path) -> None:
    server.fail(Fault("slow", seconds=0.5), when=_is_bad)
    replies, session = _asked(server, tmp_path)
    assert replies[BAD].latency_s >= 0.5
    assert session.usage.of("rewrite_caption").sent == 12


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_waited_for_by_all(as_date, server, tmp_path) -> None:
    until = datetime.now(UTC) + timedelta(seconds=2)
    word = format_datetime(until, usegmt=True) if as_date else "1"
    server.fail(Fault("status", status=429, headers={"Retry-After": word}), times=4)
    times: list[float] = []
    server.answer = lambda body: times.append(time.monotonic()) or "{}"
    began = time.monotonic()
    replies, session = _asked(server, tmp_path, in_flight=4)
    assert not [r for r in replies if r.problem]
    assert times[0] - began > 0.95
    assert session.usage.of("rewrite_caption").failed_tries == {"http_429": 4}
    assert server.total == 16  # nobody knocked while it asked for quiet


@pytest.mark.parametrize("word", ["soon", "-5", "nan", "1e400", "0", "", "Mon, 99 Foo"])
def test_a_retry_after_that_says_nothing_is_no_wait(word, server, tmp_path) -> None:
    server.fail(Fault("status", status=503, headers={"Retry-After": word}), times=1)
    began = time.monotonic()
    replies, _ = _asked(server, tmp_path)
    assert not [r for r in replies if r.problem]
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault("finish", text="length"), "cut_off: "),
        (Fault("finish", text="content_filter"), "refused: "),
        (
            Fault("message", text='{"content": null, "refusal": "I\\nwill not"}'),
            "refused: I will not",
        ),
        (Fault("message", text='{"content": null}'), "no_content: "),
        (Fault("message", text="{}"), "no_content: "),
    ],
)
def test_an_answer_that_is_none_is_kept_as_what_it_is(fault, problem, server, tmp_path) -> None:
    server.fail(fault, when=_is_bad)
    for _ in range(2):
        replies, session = _asked(server, tmp_path)
        _others_are_well(replies)
        assert replies[BAD].problem.startswith(problem)
        assert not replies[BAD].passing
        assert replies[BAD].prompt_tokens > 0  # it was paid for
        assert session.usage.of("rewrite_caption").problems == {problem.partition(":")[0]: 1}
    assert server.total == 12


def test_thoughts_are_left_out(server, tmp_path) -> None:
    message = {"content": "{}", "reasoning_content": "SECRET THOUGHT", "reasoning": "SECRET"}
    server.fail(Fault("message", text=json.dumps(message)))
    replies, _ = _asked(server, tmp_path)
    assert {r.content for r in replies} == {"{}"}
    assert "SECRET" not in everything_in(tmp_path)


def test_content_is_given_as_it_is_whatever_it_holds(server, tmp_path) -> None:
    said = 'not JSON at all \0 \u2028 "\\ \n[end 00] 🩻'
    server.fail(Fault("content", text=said), when=_is_bad)
    for _ in range(2):
        replies, _ = _asked(server, tmp_path)
        assert replies[BAD].content == said


@pytest.mark.parametrize(
    "usage",
    [
        "null",
        "[]",
        '"many"',
        "{}",
        '{"prompt_tokens": "10"}',
        '{"prompt_tokens": -5}',
        '{"prompt_tokens": 1e999}',
        '{"prompt_tokens": null, "prompt_tokens_details": 3}',
    ],
)
def test_counts_that_are_none_count_nothing(usage, server, tmp_path) -> None:
    body = '{"choices": [{"message": {"content": "fine"}}], "usage": ' + usage + "}"
    server.fail(Fault("body", text=body))
    replies, session = _asked(server, tmp_path)
    assert {r.content for r in replies} == {"fine"}
    assert session.usage.of("rewrite_caption").prompt_tokens == 0
    assert {r.problem for r in _asked(server, tmp_path)[0]} == {""}
    assert server.total == 12


def test_a_server_that_answers_nobody_is_down_in_the_end(server, tmp_path) -> None:
    server.fail(Fault("status", status=500, text="EngineDeadError"))
    session = Session(server.url, tmp_path, first_wait_s=0.001)
    with pytest.raises(EndpointDown, match="EngineDeadError"):
        session.asked([request_of(n) for n in range(500)])
    assert server.total < 500


def test_a_few_rows_that_it_cannot_bear_do_not_end_a_run(server, tmp_path) -> None:
    # one at a time, all in a row: the worst case for telling a bad row from a dead server
    server.fail(Fault("status", status=500), when=lambda asked: asked.number < 5 * 5)
    replies, _ = _asked(server, tmp_path, in_flight=1, first_wait_s=0.001)
    assert [bool(r.problem) for r in replies].count(True) <= 5
    assert not replies[-1].problem


def test_many_bad_rows_among_good_ones_do_not_end_a_run(server, tmp_path) -> None:
    def every_third(asked) -> bool:
        text = asked.body["messages"][1]["content"]
        return int(text.partition("Figure ")[2].partition(".")[0]) % 3 == 0

    server.fail(Fault("status", status=500), when=every_third)
    session = Session(server.url, tmp_path, in_flight=4, first_wait_s=0.001)
    replies = session.asked([request_of(n) for n in range(120)])
    assert [place for place, r in enumerate(replies) if r.problem] == list(range(0, 120, 3))
