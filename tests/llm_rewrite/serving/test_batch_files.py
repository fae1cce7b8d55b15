"""Prompts as files, answers read back: complete, sorted, once; whatever the answers' files hold."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Picture

from llm_rewrite.asking.journal import Journal
from llm_rewrite.asking.usage import Usage
from llm_rewrite.options import ModelOptions
from llm_rewrite.prompt import Request
from llm_rewrite.reply import Reply
from llm_rewrite.serving.batch_answers import Answers
from llm_rewrite.serving.batch_files import BatchFolder, model_slug, prompt_files, waiting_files
from schemas.sample import Image
from tests.llm_rewrite.requests_made import no_picture, request_of

NAME = "part-00000"
KEY = "ab" * 32


class Site:
    """A corpus and a folder of batch files; `asked` is one run of one partition."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.batch, self.corpus, self.more = folder / "batch", folder / "answers", more
        self.model = ModelOptions(model="org/Tiny-1.5", batch=str(self.batch))
        self.slug = model_slug(self.model.model)
        self.usage = Usage()
        self.counts: dict[str, int] = {}

    def requests(self, count: int, first: int = 0) -> list[Request]:
        return [request_of(number, self.model) for number in range(first, first + count)]

    def asked(
        self,
        requests: Sequence[Request],
        name: str = NAME,
        picture: Callable[[Image], bytes] = no_picture,
        fail: bool = False,
    ) -> list[Reply]:
        self.usage = Usage()
        journal = Journal(str(self.corpus), name)

        async def everything(folder: BatchFolder) -> list[Reply]:
            return list(await asyncio.gather(*(folder.ask(r) for r in requests)))

        try:
            with BatchFolder(self.model, name, journal, self.usage, picture, **self.more) as folder:
                replies = asyncio.run(everything(folder))
                self.counts = folder.answers.counts
                if fail:
                    raise KeyboardInterrupt
        finally:
            journal.close()
        return replies

    def file(self, number: str = "", name: str = NAME) -> Path:
        return self.batch / f"{name}.{self.slug}{number}.jsonl"

    def files(self) -> list[str]:
        return sorted(path.name.replace(f".{self.slug}", "") for path in self.batch.iterdir())

    def answer(self, *prompts: Path, to: str = "", status: Callable[[str], int] = lambda _: 200):
        """What a batch job does: every prompt answered, in whatever order."""
        keys = [key_of(line) for path in prompts for line in read(path)]
        lines = [answer(key, status(key)) for key in keys]
        random.Random(1).shuffle(lines)
        target = self.batch / to if to else prompts[0].with_suffix(".out.jsonl")
        target.write_text("".join(f"{line}\n" for line in lines))


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def key_of(line: dict[str, Any]) -> str:
    return line["custom_id"]


def answer(key: str, status: int = 200) -> str:
    message = {"role": "assistant", "content": f"answer {key[:4]}"}
    body: dict[str, Any] = {
        "choices": [{"message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    }
    error = None
    if status != 200:
        body, error = None, {"error": {"message": "no such luck", "code": status}}  # type: ignore[assignment]
    response = {"status_code": status, "request_id": "x", "body": body}
    return json.dumps({"id": "vllm-1", "custom_id": key, "response": response, "error": error})


def contents(replies: Sequence[Reply]) -> list[str]:
    return [reply.problem or reply.content for reply in replies]


def expected(requests: Sequence[Request]) -> list[str]:
    return [f"answer {request.key[:4]}" for request in requests]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_prompts_go_out_and_answers_come_in(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "sk-very-secret")
    site.model = site.model.model_copy(update={"api_key_env": "KEY"})
    requests = site.requests(5)
    replies = site.asked([*requests, requests[0]])
    assert {(r.problem, r.passing) for r in replies} == {
        ("waiting: for the answers of a batch job", True)
    }
    assert site.files() == ["part-00000.jsonl"]
    lines = read(site.file())
    assert [key_of(line) for line in lines] == sorted(r.key for r in requests)
    body = {r.key: r.body() for r in requests}
    assert all(
        line == {"custom_id": k, "method": "POST", "url": "/v1/chat/completions", "body": body[k]}
        for line in lines
        for k in [key_of(line)]
    )
    assert "sk-very-secret" not in site.file().read_text()
    site.answer(site.file())
    assert contents(site.asked(requests)) == expected(requests)
    assert site.counts == {"taken": 5}
    used = site.usage.of("rewrite_caption")
    assert (used.answered, used.prompt_tokens, used.completion_tokens) == (5, 35, 15)
    for path in site.batch.iterdir():
        path.unlink()
    assert contents(site.asked(requests)) == expected(requests)  # out of the journal
    assert site.usage.of("rewrite_caption").journaled == 5
    assert site.files() == []


def test_the_same_prompts_are_written_once_and_the_same(site: Site) -> None:
    requests = site.requests(20)
    site.asked(requests)
    first = site.file().read_bytes()
    site.asked(requests[::-1])
    assert site.files() == ["part-00000.jsonl"]
    assert site.file().read_bytes() == first
    site.file().unlink()
    site.asked(requests[::-1])
    assert site.file().read_bytes() == first


def test_only_what_has_no_answer_is_asked_again(site: Site) -> None:
    requests = site.requests(6)
    site.asked(requests)
    keys = sorted(r.key for r in requests)
    statuses = {keys[0]: 500, keys[1]: 400, keys[2]: 404}
    site.answer(site.file(), status=lambda key: statuses.get(key, 200))
    said = dict(zip([r.key for r in requests], site.asked(requests), strict=True))
    assert said[keys[1]] == Reply(problem="http_400: no such luck")
    why = "waiting: to be asked again, for the batch job says http_500: no such luck"
    assert said[keys[0]] == Reply(problem=why, passing=True)
    assert said[keys[3]].content
    assert site.counts == {"taken": 4, "http_404": 1, "http_500": 1}
    assert site.files() == ["part-00000.2.jsonl", "part-00000.jsonl", "part-00000.out.jsonl"]
    assert [key_of(line) for line in read(site.file(".2"))] == sorted([keys[0], keys[2]])
    site.answer(site.file(".2"))
    later = site.requests(7)  # one more, as a repair would be
    assert [r.problem[:7] for r in site.asked(later)].count("waiting") == 1
    assert [key_of(line) for line in read(site.file(".3"))] == [later[-1].key]


def test_a_run_that_is_stopped_writes_nothing(site: Site) -> None:
    with pytest.raises(KeyboardInterrupt):
        site.asked(site.requests(3), fail=True)
    assert site.files() == []


def test_prompts_that_nobody_asks_any_more_are_taken_away(site: Site) -> None:
    site.asked(site.requests(3))
    site.asked(site.requests(3), "part-00001")
    site.asked(site.requests(3, first=10))  # the recipe's prompt was changed
    assert site.files() == ["part-00000.2.jsonl", "part-00001.jsonl"]
    assert len(read(site.file(".2"))) == 3


def test_files_are_bounded(tmp_path: Path) -> None:
    site = Site(tmp_path, max_requests=3)
    requests = site.requests(7)
    site.asked(requests)
    parts = [read(site.file(number)) for number in ("", ".2", ".3")]
    assert [len(part) for part in parts] == [3, 3, 1]
    assert [key_of(line) for part in parts for line in part] == sorted(r.key for r in requests)
    small = Site(tmp_path / "small", max_bytes=1)
    small.asked(small.requests(3))
    assert len(small.files()) == 3  # a prompt that is too large stands alone


def test_answers_of_one_job_for_all_partitions(site: Site) -> None:
    parts = {f"part-{n:05d}": site.requests(3, first=10 * n) for n in range(3)}
    for name, requests in parts.items():
        site.asked(requests, name)
    assert len(waiting_files(site.batch)) == 3
    prompts = prompt_files(site.batch)
    (site.batch / "all.jsonl").write_text("".join(path.read_text() for path in prompts))
    site.answer(*prompts, to="all.results.jsonl")
    for name, requests in parts.items():
        assert contents(site.asked(requests, name)) == expected(requests)
    assert waiting_files(site.batch) == []
    keys = [key_of(line) for line in read(site.file(".out", "part-00001"))]
    assert keys == sorted(r.key for r in parts["part-00001"])


def test_part_of_the_answers_elsewhere(site: Site) -> None:
    requests = site.requests(4)
    site.asked(requests)
    (site.batch / "half.out.jsonl").write_text(answer(requests[0].key) + "\n")
    replies = site.asked(requests)
    assert contents(replies)[:1] == expected(requests[:1])
    assert all(reply.passing for reply in replies[1:])
    assert [path.name for path in waiting_files(site.batch)] == [site.file().name]


def test_two_models_have_files_of_their_own(site: Site) -> None:
    site.asked(site.requests(2))
    first, site.model = site.slug, site.model.model_copy(update={"model": "other/Tiny-1.5"})
    site.slug = model_slug(site.model.model)
    site.asked(site.requests(2))
    assert {path.name for path in waiting_files(site.batch)} == {
        f"{NAME}.{first}.jsonl",
        f"{NAME}.{site.slug}.jsonl",
    }
    assert first.startswith("Tiny-1-5-")
    assert model_slug("../../etc/../") != model_slug("..")
    assert "/" not in model_slug("../../etc/passwd/")


def test_pictures_go_along(site: Site) -> None:
    def picture(image: Image) -> bytes:
        if image.path not in pictures:
            raise FileNotFoundError(image.path)
        return pictures[image.path]

    buffer = io.BytesIO()
    Picture.new("RGB", (900, 30), "red").save(buffer, "PNG")
    pictures = {"good": buffer.getvalue(), "bad": b"GIF89a"}
    images = [Image(path, 0, 1, 9, 9, "png", path, 0) for path in ("good", "bad", "gone")]
    requests = [request_of("x", site.model, images=(image,)) for image in images]
    replies = site.asked(requests, picture=picture)
    assert [r.problem.partition(":")[0] for r in replies] == ["waiting", "picture", "picture"]
    assert [r.passing for r in replies] == [True, False, True]
    (line,) = read(site.file())
    uri = line["body"]["messages"][1]["content"][0]["image_url"]["url"]
    shown = Picture.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/jpeg;base64,"))))
    assert shown.size == (768, 26)


HOSTILE = [
    b"",
    b"\n",
    b"{",
    b"[" * 100_000,
    b"\xff\xfe",
    b'{"custom_id": "short", "response": {"status_code": 200}}',
    b'{"custom_id": 5}',
    b'{"custom_id": "%s", "response": "yes"}' % KEY.encode(),
    b'{"custom_id": "%s", "response": {"status_code": "200"}}' % KEY.encode(),
    b'{"custom_id": "%s"}' % KEY.encode(),
    b'{"custom_id": "%s", "response": {"status_code": 200, "body": {"choices": []}}}'
    % KEY.encode(),
    b'{"custom_id": "%s", "error": {"code": "batch_expired", "message": "too late"}}'
    % KEY.encode(),
]


def test_hostile_lines_are_counted_and_the_rest_is_read(site: Site) -> None:
    answers = Answers()
    for line in [*HOSTILE, answer(KEY).encode(), answer(KEY, 400).encode()]:
        answers.add(line)
    assert answers.replies == {
        KEY: Reply("answer abab", "stop", prompt_tokens=7, completion_tokens=3)
    }
    assert answers.counts == {"taken": 1, "broken": 7}
    expired = Answers()
    expired.add(HOSTILE[-1])
    assert expired.failed == {KEY: "batch: too late"}
    requests = site.requests(2)
    site.asked(requests)
    site.answer(site.file())
    out = site.file(".out")
    out.write_bytes(b"\n".join(HOSTILE) + b"\n" + out.read_bytes())
    assert contents(site.asked(requests)) == expected(requests)


WORDS = st.sampled_from(["custom_id", "response", "status_code", "body", "error", "choices", KEY])
THINGS = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner),
)


@given(st.binary() | THINGS.map(lambda thing: json.dumps(thing).encode()))
def test_any_line_is_a_failure_or_broken(line: bytes) -> None:
    answers = Answers()
    assert answers.add(line) == ""
    assert not answers.replies
    assert bool(answers.failed) + answers.broken == bool(line.strip())
