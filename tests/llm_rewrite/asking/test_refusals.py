"""Requests that are refused: one for its own fault, or all for the server's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.model_server import Asked, Fault, model_server
from llm_rewrite.asking.endpoint import EndpointRefused
from tests.llm_rewrite.requests_made import Session, request_of

REFUSED = Fault("status", status=400, text="this model takes no pictures")


def of_other_task(text: str | int):
    return replace(request_of(text), task="vqa")


def test_a_server_that_refuses_everything_is_told_of_not_journaled(tmp_path: Path) -> None:
    requests = [request_of(n) for n in range(60)]
    with model_server() as server:
        server.fail(REFUSED)
        with pytest.raises(
            EndpointRefused, match="every request of rewrite_caption: http_400: this model"
        ):
            Session(server.url, tmp_path, 4).asked(requests)
        assert server.total < 40
        server.heal()
        replies = Session(server.url, tmp_path).asked(requests)
    assert not [reply.problem for reply in replies if reply.problem]


def test_few_refusals_of_a_task_without_an_answer_are_asked_again(tmp_path: Path) -> None:
    requests = [request_of(n) for n in range(5)]
    with model_server() as server:
        server.fail(REFUSED)
        replies = Session(server.url, tmp_path).asked(requests)
        assert {reply.problem for reply in replies} == {"http_400: this model takes no pictures"}
        server.heal()
        assert not any(r.problem for r in Session(server.url, tmp_path).asked(requests))


@pytest.mark.parametrize("answered_at", [0, 15, 39])
def test_beside_an_answer_a_refusal_is_of_one_request_and_kept(
    tmp_path: Path, answered_at: int
) -> None:
    """Wherever in the order of requests the one that is answered comes."""
    requests = [request_of(n) for n in range(18)]
    good = request_of("good")
    requests.insert(min(answered_at, 18), good)

    def bad(asked: Asked) -> bool:
        return "Figure good." not in str(asked.body)

    with model_server() as server:
        server.fail(REFUSED, when=bad)
        replies = Session(server.url, tmp_path, 1).asked(requests, width=1)
        assert sum(bool(reply.problem) for reply in replies) == 18
        before = server.total
        again = Session(server.url, tmp_path).asked(requests)
        assert server.total == before, "a refusal is an answer"
    assert again == replies


def test_an_answer_of_another_task_says_nothing(tmp_path: Path) -> None:
    requests = [of_other_task("good"), *(request_of(n) for n in range(40))]
    with model_server() as server:
        server.fail(REFUSED, when=lambda asked: "Figure good." not in str(asked.body))
        with pytest.raises(EndpointRefused, match="every request of rewrite_caption"):
            Session(server.url, tmp_path, 1).asked(requests, width=1)


def test_an_answer_of_an_earlier_run_counts(tmp_path: Path) -> None:
    requests = [request_of(n) for n in range(40)]
    with model_server() as server:
        Session(server.url, tmp_path).asked([request_of("good")])
        server.fail(REFUSED)
        replies = Session(server.url, tmp_path, 1).asked([request_of("good"), *requests], width=1)
        assert sum(bool(reply.problem) for reply in replies) == 40
        before = server.total
        Session(server.url, tmp_path).asked(requests)
        assert server.total == before
