"""What a kill, a dead server or a full disk costs: no answer twice, no run that goes on in vain."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.model_server import Fault, ModelServer, model_server
from llm_rewrite.asking import journal
from llm_rewrite.asking.endpoint import EndpointDown, EndpointRefused, ModelUnavailable
from llm_rewrite.asking.window import slide
from llm_rewrite.client import Client
from llm_rewrite.reply import Reply
from tests.conftest import ROOT
from tests.llm_rewrite.requests_made import MODEL, Session, content_of, contents, request_of, until


@pytest.fixture
def server():
    with model_server() as running:
        yield running


_CHILD = """
import sys
from pathlib import Path
from tests.llm_rewrite.requests_made import Session, request_of
session = Session(sys.argv[1], Path(sys.argv[2]), in_flight=8)
replies = session.asked([request_of(n) for n in range(60)], width=8)
print([reply.content for reply in replies], flush=True)
usage = session.usage.of("rewrite_caption")
print(usage.answered, usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens)
"""


def _child(server: ModelServer, folder: Path) -> subprocess.Popen:
    command = [sys.executable, "-c", _CHILD, server.url, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_after_sigkill_no_answered_request_is_sent_again(server, tmp_path) -> None:
    server.fail(Fault("hold"), when=lambda asked: asked.number >= 25)
    with _child(server, tmp_path / "killed") as child:
        # a worker asks again only when its answer is in the journal: 25 answered, 8 held
        asyncio.run(until(lambda: server.total == 25 + 8))
        child.send_signal(signal.SIGKILL)
    answered = set(server.answered)
    assert len(answered) == 25
    asyncio.run(until(lambda: len(server.gone) == 8))
    server.heal()
    with _child(server, tmp_path / "killed") as child:
        resumed = child.communicate(timeout=60)[0]
    assert {server.counts[key] for key in answered} == {1}
    assert set(server.answered.values()) == {1}
    assert server.total == 60 + 8
    with _child(server, tmp_path / "whole") as child:
        assert child.communicate(timeout=60)[0] == resumed
    assert "Figure 59." in resumed


def test_answers_that_cannot_be_kept_end_the_run(server, tmp_path, monkeypatch) -> None:
    def full(self, line: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal._LocalSegments, "append", full)
    with pytest.raises(ModelUnavailable, match=r"cannot be kept: .*No space left"):
        Session(server.url, tmp_path, in_flight=4).asked([request_of(n) for n in range(100)])
    assert server.total <= 8


def test_left_early_what_is_with_the_server_is_still_kept(server, tmp_path) -> None:
    server.fail(Fault("hold"))

    async def work(client: Client) -> None:
        asking = [asyncio.create_task(client.ask(request_of(number))) for number in range(9)]
        await until(lambda: server.total == len(asking) // 3)
        asyncio.get_running_loop().call_later(0.1, server.release)
        raise EndpointRefused("of another request")

    with pytest.raises(EndpointRefused, match="another"):
        Session(server.url, tmp_path, in_flight=3).run(work)
    assert server.total == 3  # those that waited for a place are not sent any more
    assert contents(Session(server.url, tmp_path).asked([request_of(n) for n in range(3)]))
    assert server.total == 3


def test_a_server_that_comes_back_in_time_loses_no_row(server, tmp_path) -> None:
    server.latency_s = 0.02
    model = MODEL.model_copy(update={"retries": 8})

    async def work(client: Client) -> list[Reply]:
        asking = asyncio.create_task(
            slide([request_of(n, model) for n in range(200)], client.ask, 32)
        )
        await until(lambda: server.total > 60)
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(server.start)
        return await asking

    session = Session(server.url, tmp_path, in_flight=16, first_wait_s=0.05)
    assert contents(session.run(work, model)) == [content_of(n) for n in range(200)]
    tries = session.usage.of("rewrite_caption").failed_tries
    assert tries["unreached"] + tries.get("cut", 0) >= 16


def test_a_server_that_is_gone_is_everybodys_problem(server, tmp_path) -> None:
    server.stop()
    session = Session(server.url, tmp_path, first_wait_s=0.01)
    with pytest.raises(EndpointDown) as raised:
        session.asked([request_of(n) for n in range(1000)])
    said = str(raised.value)
    assert server.url in said
    assert "\n" not in said
    assert session.usage.of("rewrite_caption").sent < 300


def test_one_request_that_cannot_get_through_may_pass_and_is_not_kept(server, tmp_path) -> None:
    server.stop()
    (reply,) = Session(server.url, tmp_path, first_wait_s=0.01).asked([request_of(1)])
    assert reply.problem.startswith("unreached: ")
    assert reply.passing
    server.start()
    (reply,) = Session(server.url, tmp_path).asked([request_of(1)])
    assert reply.content == content_of(1)


def test_a_server_of_ours_is_revived_wherever_it_is(server, tmp_path) -> None:
    revived = []
    with model_server() as other:

        def revive() -> str:
            revived.append(1)
            time.sleep(0.1)
            return other.url

        server.stop()
        session = Session(server.url, tmp_path, revive=revive)
        assert contents(session.asked([request_of(n) for n in range(40)]))
        assert len(revived) == 1
        assert other.total == 40


def test_one_that_cannot_be_revived_ends_the_run(server, tmp_path) -> None:
    def revive() -> str:
        raise ModelUnavailable("vllm serve: out of memory")

    server.stop()
    with pytest.raises(ModelUnavailable, match="out of memory"):
        Session(server.url, tmp_path, revive=revive).asked([request_of(n) for n in range(40)])
