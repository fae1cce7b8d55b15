"""What Fabrica asks of vLLM, against vLLM itself: what the tiny models say is noise, its form is not."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from PIL import Image as Picture

from llm_rewrite import client
from llm_rewrite.answers import read_answer, schema_of
from llm_rewrite.asking.endpoint import ModelUnavailable
from llm_rewrite.asking.journal import Journal
from llm_rewrite.asking.usage import Usage
from llm_rewrite.asking.window import slide
from llm_rewrite.options import ModelOptions
from llm_rewrite.prompt import DATA_RULE, Request
from llm_rewrite.reply import Reply
from llm_rewrite.serving.batch_files import BatchFolder, prompt_files, waiting_files
from llm_rewrite.serving.server import Server
from llm_rewrite.serving.state import read_state
from llm_rewrite.task import Tools
from llm_rewrite.tasks import rewrite_caption
from llm_rewrite.writing import Exchange, Step, write_row
from schemas.sample import Image, Sample, Text
from tests.llm_rewrite.requests_made import Session
from tests.vllm.conftest import ARGUMENTS, ENVIRONMENT, SETTINGS, model_of

BLOCK = 128  # tokens that vLLM's CPU build keeps together in its prefix cache


Words = Annotated[str, msgspec.Meta(pattern="^[a-z]{3,8}( [a-z]{3,8}){0,2}$")]


class Short(msgspec.Struct, forbid_unknown_fields=True):
    """The answer of the task, one that even noise comes to the end of."""

    captions: Annotated[list[Words], msgspec.Meta(min_length=1, max_length=1)]


class Finding(msgspec.Struct, forbid_unknown_fields=True):
    """Something with all the forms of answer that tasks have, of bounded length."""

    present: bool
    side: Annotated[str, msgspec.Meta(pattern="^(left|right)$")]
    box: Annotated[list[Annotated[int, msgspec.Meta(ge=0, le=9)]], msgspec.Meta(max_length=4)]
    grade: Annotated[int, msgspec.Meta(ge=1, le=4)] | None


TASK = replace(rewrite_caption.TASK, answer=Short)


def step_of(model: ModelOptions, see_image: bool = False) -> Step:
    options = rewrite_caption.Options(**model.model_dump(), see_image=see_image)
    return Step(TASK, options, TASK.instructions(options), TASK.name)


def row_of(number: int, images: list[Image] | None = None) -> Sample:
    caption = f"Figure {number}. Chest radiograph, {number} mm nodule in the left upper lobe."
    name = f"row/{number}"
    return Sample(name, name, name, "made", images=images or [], texts=[Text("caption", caption)])


def request_of(
    words: str, model: ModelOptions, answer: type[msgspec.Struct] | None = Short
) -> Request:
    schema = schema_of(answer) if answer else None
    return Request("chat", "chat/1-0", model, DATA_RULE, words, schema=schema)


def replies_to(server: Server, folder: Path, requests: list[Request], **more: Any) -> list[Reply]:
    return Session(server.url, folder, **more).asked(requests)


def test_chat(text_server: Server, tmp_path: Path) -> None:
    model = model_of("text", extra={"structured_outputs": {"choice": ["yes", "no"]}})
    (reply,) = replies_to(text_server, tmp_path, [request_of("Is it so?", model, None)])
    assert (reply.problem, reply.finish) == ("", "stop")
    assert reply.content in ("yes", "no")
    assert reply.prompt_tokens > 20
    assert reply.completion_tokens > 0


def test_an_answer_that_is_too_long_is_cut_off(text_server: Server, tmp_path: Path) -> None:
    model = model_of("text", max_tokens=5, extra={"ignore_eos": True})
    (reply,) = replies_to(text_server, tmp_path, [request_of("Say much.", model, None)])
    assert reply.problem.startswith("cut_off")
    assert reply.completion_tokens == 5


def test_a_request_that_cannot_be_served_costs_itself(text_server: Server, tmp_path: Path) -> None:
    model = model_of("text")
    long, short = request_of("word " * 20_000, model), request_of("word", model)
    said = replies_to(text_server, tmp_path, [long, short])
    assert said[0].problem.startswith("http_400: ")
    assert not said[0].passing
    assert said[1].problem == ""


def test_structured_answers_fit_their_schema(text_server: Server, tmp_path: Path) -> None:
    models = [model_of("text", temperature=1.5, seed=s, max_tokens=300) for s in range(40)]
    requests = [request_of("What is there?", model, Finding) for model in models]
    replies = replies_to(text_server, tmp_path, requests)
    finished = [reply for reply in replies if not reply.problem]
    assert {reply.problem.partition(":")[0] for reply in replies} <= {"", "cut_off"}
    assert len(finished) >= 30  # noise may also put blanks without end
    found = [read_answer(reply.content, Finding) for reply in finished]
    assert {finding.side for finding in found} == {"left", "right"}


def test_the_fixed_part_of_a_prompt_is_found_in_the_cache(
    text_server: Server, tmp_path: Path
) -> None:
    """Instructions come first, so that a second row pays for its own words only."""
    step = step_of(model_of("text"))
    first = written(text_server, tmp_path, [row_of(1)], step)
    second = written(text_server, tmp_path, [row_of(2)], step)
    (one,), (other,) = first[0][1][0].replies, second[0][1][0].replies
    fixed = tokens(text_server, step.options.model, second[0][1][0].request.system)
    assert other.cached_tokens >= fixed // BLOCK * BLOCK > 0
    assert other.cached_tokens > one.prompt_tokens / 2
    words = replace(first[0][1][0].request, system=f"{os.getpid()} first. {'All is new. ' * 40}")
    (new,) = replies_to(text_server, tmp_path / "new", [words])
    assert new.cached_tokens == 0


def test_pictures_are_seen_and_come_after_the_fixed_part(
    image_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINY_KEY", "sk-tiny-0123")
    step = step_of(model_of("image", api_key_env="TINY_KEY"), see_image=True)
    rows = [row_of(number, [image(str(number))]) for number in range(4)]
    done = written(image_server, tmp_path, rows, step, picture=drawn)
    replies = [exchange.replies[0] for _, (exchange,) in done]
    assert [reply.problem for reply in replies] == [""] * 4
    blind = replace(done[0][1][0].request, images=())
    (without,) = replies_to(image_server, tmp_path, [blind])
    assert replies[0].prompt_tokens - without.prompt_tokens >= 16  # a picture's patches
    (again,) = written(
        image_server, tmp_path / "again", [row_of(9, [image("9")])], step, picture=drawn
    )
    fixed = tokens(image_server, step.options.model, again[1][0].request.system, "sk-tiny-0123")
    assert again[1][0].replies[0].cached_tokens >= fixed // BLOCK * BLOCK > 0


def test_a_picture_that_cannot_be_decoded_costs_one_row(
    image_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINY_KEY", "sk-tiny-0123")
    whole = client.data_uri

    def broken(data: bytes, side: int, quality: int) -> str:
        return "data:image/jpeg;base64,AAAA" if data == b"2" else whole(data, side, quality)

    monkeypatch.setattr(client, "data_uri", broken)
    step = step_of(model_of("image", api_key_env="TINY_KEY"), see_image=True)
    rows = [row_of(100 + number, [image(str(number))]) for number in range(4)]
    picture = lambda image: b"2" if image.path == "2" else drawn(image)  # noqa: E731
    done = written(image_server, tmp_path, rows, step, picture=picture)
    assert [row.sample_id for row, _ in done] == [row.sample_id for row in rows]
    words = [row.meta["rewrite_caption"] for row, _ in done]
    assert words[2].startswith("0 written, 1 failed (http_400: ")
    assert not any("failed" in word for word in words[:2] + words[3:])


def test_a_server_with_a_key_refuses_those_without(
    image_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINY_KEY", "sk-wrong-0123")
    model = model_of("image", api_key_env="TINY_KEY")
    with pytest.raises(ModelUnavailable, match=r"HTTP 401.*api_key_env"):
        replies_to(image_server, tmp_path, [request_of("Is it so?", model)])


def test_killed_amid_200_rows_no_row_is_lost(text_server: Server, tmp_path: Path) -> None:
    step, rows = step_of(model_of("text")), [row_of(1000 + number) for number in range(200)]
    state = read_state(text_server.folder)
    assert state is not None
    done: list[int] = []

    def kill(place: int, _: object) -> None:
        done.append(place)
        if len(done) == 60:
            os.killpg(state.leader, signal.SIGKILL)

    usage = Usage()
    written_rows = written(
        text_server, tmp_path, rows, step, told=kill, usage=usage, revive=text_server.wait
    )
    again = read_state(text_server.folder)
    assert again is not None
    assert (again.starts, again.port) == (2, state.port)
    assert again.leader != state.leader
    assert [row.sample_id for row, _ in written_rows] == [row.sample_id for row in rows]
    assert all(not exchange.problem for _, (exchange,) in written_rows)
    assert all(row.texts[1].text.islower() for row, _ in written_rows)
    counts = usage.of("rewrite_caption")
    assert counts.answered == 200
    assert counts.sent - sum(counts.failed_tries.values()) == 200  # none answered twice
    assert counts.failed_tries


def test_batch_jobs_read_our_prompts_and_we_their_answers(tmp_path: Path) -> None:
    model = model_of("text").model_copy(update={"serve": None, "batch": str(tmp_path / "batch")})
    requests = [request_of(f"Figure {number}", model) for number in range(5)]
    requests.append(request_of("word " * 20_000, model))

    def asked() -> list[Reply]:
        async def everything() -> list[Reply]:
            journal, usage = Journal(str(tmp_path / "journal"), "part-00000"), Usage()
            with BatchFolder(model, "part-00000", journal, usage, drawn) as folder:
                return list(await asyncio.gather(*map(folder.ask, requests)))

        return asyncio.run(everything())

    assert {reply.problem for reply in asked()} == {"waiting: for the answers of a batch job"}
    (prompts,) = prompt_files(Path(model.batch))
    command = [f"{ENVIRONMENT}/bin/vllm", "run-batch", "-i", str(prompts)]
    command += ["-o", str(prompts.with_suffix(".out.jsonl")), "--model", model.model]
    command += ARGUMENTS
    log = tmp_path / "log"
    with open(log, "wb") as file:
        environment = {**os.environ, **SETTINGS}
        job = subprocess.run(command, env=environment, stdout=file, stderr=file, timeout=300)
    assert job.returncode == 0, log.read_text()[-3000:]
    replies = asked()
    assert [reply.problem for reply in replies[:5]] == [""] * 5
    assert all(read_answer(reply.content, Short).captions for reply in replies[:5])
    assert replies[5].problem.startswith("http_400: ")
    assert waiting_files(Path(model.batch)) == []


def written(
    server: Server,
    folder: Path,
    rows: list[Sample],
    step: Step,
    *,
    told: Any = None,
    usage: Usage | None = None,
    **more: Any,
) -> list[tuple[Sample, list[Exchange]]]:
    """Rows through the engine, as the pipeline does it."""
    session = Session(server.url, folder, **more)
    session.usage = usage or session.usage

    async def work(asker: client.Client) -> Any:
        return await slide(rows, lambda row: write_row(row, step, asker.ask, Tools()), 32, told)

    return session.run(work, step.options)


def image(name: str) -> Image:
    return Image(name, 0, 1, 60, 40, "png", name, 0)


def drawn(image: Image) -> bytes:
    buffer = io.BytesIO()
    shade = 20 * int(image.path)
    Picture.new("RGB", (60, 40), (shade, 255 - shade, 90)).save(buffer, "PNG")
    return buffer.getvalue()


def tokens(server: Server, model: str, system: str, key: str = "") -> int:
    """How many tokens the fixed part of a prompt has, as the server counts."""
    body = {"model": model, "messages": [{"role": "system", "content": system}]}
    body["add_generation_prompt"] = False
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    address = f"{server.url.removesuffix('/v1')}/tokenize"
    asked = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(asked, timeout=20) as reply:
        return json.load(reply)["count"]
