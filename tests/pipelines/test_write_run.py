"""The write stage in whole runs, against a real local server that speaks the chat protocol."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.invented_answers import invented_answer, texts_of
from benchmarks.kill import tree
from benchmarks.model_server import Asked, Fault, ModelServer, model_server
from pipelines.corpus import open_corpus, views
from pipelines.recipe_file import load_recipe
from pipelines.verify import verify
from tests.conftest import MINI_PMC, ROOT, fabrica

ARTICLES = ROOT / "examples" / "mini-pmc-articles.txt"
_PAID = ("stages/answers/", "stages/write/usage")


def written_recipe(folder: Path, server: ModelServer | None = None, **changes: Any) -> Path:
    """A recipe over the invented articles with one task; `changes` replace whole sections."""
    endpoint = server.url if server else "http://127.0.0.1:9/v1"
    recipe: dict[str, Any] = {
        "name": "written",
        "sources": [{"pmc": {"mirror": str(MINI_PMC), "articles": str(ARTICLES)}}],
        "writer": {"model": "tiny", "endpoint": endpoint, "in_flight": 8, "retries": 1},
        "write": [{"rewrite_caption": {}}],
        "run": {"documents_per_partition": 8},
        **changes,
    }
    path = folder / "written.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return path


def query(corpus: Path, sql: str) -> list[tuple]:
    return views(open_corpus(str(corpus))).execute(sql).fetchall()


def corpus_files(corpus: Path) -> dict[str, str]:
    """What a corpus is made of, without the answers that were paid for and what they cost."""
    return {k: v for k, v in tree(corpus).items() if not k.startswith(_PAID)}


def test_every_row_is_written_and_says_from_what(tmp_path, capsys) -> None:
    with model_server() as server:
        code, out, err = fabrica(
            capsys, "run", written_recipe(tmp_path, server), "--out", tmp_path / "c"
        )
        assert code == 0, err
        asked = sum(server.counts.values())
    assert "rewrite_caption: " in out
    assert list(verify(open_corpus(str(tmp_path / "c")))) == []
    rows = query(
        tmp_path / "c",
        "SELECT s.caption, t.text, t.writer, t.prompt, t.faithful, t.evidence, texts[1].text "
        "FROM samples s JOIN texts t USING (sample_id) WHERE kept AND t.kind = 'rewritten'",
    )
    kept = query(tmp_path / "c", "SELECT count(*) FROM samples WHERE kept AND caption <> ''")
    assert len(rows) == kept[0][0] > 30
    for caption, text, writer, prompt, faithful, evidence, source in rows:
        assert (writer, faithful, evidence) == ("tiny", True, "text:0")
        assert prompt.startswith("rewrite_caption/")
        assert caption == text == " ".join(source.split())  # what it was given, on one line
    state = json.loads((tmp_path / "c" / "corpus.json").read_text())
    assert state["counts"]["written"]["rewrite_caption"]["well"] == len(rows)
    assert "http://" not in json.dumps(state["recipe"]["writer"])
    page = (tmp_path / "c" / "report" / "written.html").read_text()
    assert page.count('class="made"') == len(rows)
    assert "Written by models" in (tmp_path / "c" / "report" / "index.html").read_text()
    assert "language models" in (tmp_path / "c" / "README.md").read_text()
    assert asked >= len(rows)


def test_rows_that_must_not_be_changed_are_not_sent(tmp_path, capsys) -> None:
    recipe = {"select": {"no_derivatives": "keep_verbatim", "retracted": "keep"}}
    with model_server() as server:
        code, _, err = fabrica(
            capsys, "run", written_recipe(tmp_path, server, **recipe), "--out", tmp_path / "c"
        )
        assert code == 0, err
        sent = {text for asked in server.asked for text in texts_of(asked.body)}
    skipped = query(
        tmp_path / "c",
        "SELECT texts[1].text, meta['rewrite_caption'], caption FROM samples "
        "WHERE kept AND meta['rewrite_caption'] LIKE 'skipped%'",
    )
    assert {word for _, word, _ in skipped} == {"skipped: no_derivatives", "skipped: retracted"}
    for text, _, caption in skipped:
        assert text not in sent
        assert caption == text


def test_a_lying_model_is_found_out_and_the_source_stays(tmp_path, capsys) -> None:
    def liar(body: dict[str, Any]) -> str:
        return _swapped(invented_answer(body))

    with model_server(answer=liar) as server:
        code, _, err = fabrica(
            capsys, "run", written_recipe(tmp_path, server), "--out", tmp_path / "c"
        )
        assert code == 0, err
    sided = query(
        tmp_path / "c",
        "SELECT s.caption, t.text, t.faithful, t.reasons, meta['rewrite_caption'], texts[1].text "
        "FROM samples s JOIN texts t USING (sample_id) WHERE kept AND t.kind = 'rewritten' "
        "AND t.text LIKE '% lung%' AND regexp_matches(t.text, '\\b(left|right) lung')",
    )
    assert sided
    for caption, text, faithful, reasons, word, source in sided:
        assert faithful is False
        assert any(reason.startswith("laterality_changed") for reason in reasons)
        assert "rejected" in word
        assert "laterality_changed" in word
        assert caption == source != text
    assert list(verify(open_corpus(str(tmp_path / "c")))) == []
    page = (tmp_path / "c" / "report" / "written.html").read_text()
    assert 'class="verdict rejected"' in page


def _swapped(text: str) -> str:
    return text.replace("left", "\0").replace("right", "left").replace("\0", "right")


def test_one_bad_prompt_costs_one_row(tmp_path, capsys) -> None:
    def marked(asked: Asked) -> bool:
        return any("blot haemorrhages" in text for text in texts_of(asked.body))

    with model_server() as server:
        server.fail(Fault("status", status=400, text="too long"), when=marked)
        recipe = written_recipe(tmp_path, server)
        code, _, err = fabrica(capsys, "run", recipe, "--out", tmp_path / "c")
        assert code == 0, err
        words = query(
            tmp_path / "c", "SELECT meta['rewrite_caption'], texts[1].text, caption FROM samples"
        )
        failed = [row for row in words if row[0] and "failed" in row[0]]
        assert len(failed) == 1
        assert "http_400: too long" in failed[0][0]
        assert failed[0][1] == failed[0][2]
        # a refusal is an answer: it is not asked for again
        before = sum(server.counts.values())
        code, _out, _ = fabrica(capsys, "run", recipe, "--out", tmp_path / "c")
        assert code == 0
        assert sum(server.counts.values()) == before


def test_what_may_pass_is_asked_again_by_the_next_run(tmp_path, capsys) -> None:
    def marked(asked: Asked) -> bool:
        return any("blot haemorrhages" in text for text in texts_of(asked.body))

    with model_server() as server:
        server.fail(Fault("status", status=500), when=marked)
        recipe = written_recipe(tmp_path, server)
        assert fabrica(capsys, "run", recipe, "--out", tmp_path / "c")[0] == 0
        first = dict(server.counts)
        server.heal()
        assert fabrica(capsys, "run", recipe, "--out", tmp_path / "c")[0] == 0
    again = {key: n for key, n in server.counts.items() if n > first.get(key, 0)}
    assert len(again) == 1
    assert query(tmp_path / "c", "SELECT count(*) FROM texts WHERE faithful")[0][0] > 40
    words = query(tmp_path / "c", "SELECT meta['rewrite_caption'] FROM samples")
    assert not any("failed" in (word or "") for (word,) in words)


def test_answers_outlive_a_change_of_recipe(tmp_path, capsys) -> None:
    with model_server() as server:
        recipe = written_recipe(tmp_path, server)
        assert fabrica(capsys, "run", recipe, "--out", tmp_path / "c")[0] == 0
        asked = sum(server.counts.values())
        more = [{"rewrite_caption": {}}, {"rewrite_caption": {"mode": "visible_only"}}]
        recipe = written_recipe(tmp_path, server, write=more)
        assert fabrica(capsys, "run", recipe, "--out", tmp_path / "c")[0] == 0
        assert sum(server.counts.values()) < 2 * asked + 1
        assert max(server.counts.values()) == 1
        # another address, price or patience is the same text
        writer = {"model": "tiny", "endpoint": server.url, "in_flight": 2, "timeout_s": 9}
        recipe = written_recipe(tmp_path, server, write=more, writer=writer)
        asked = sum(server.counts.values())
        _code, out, _ = fabrica(capsys, "plan", recipe, "--out", tmp_path / "c")
        assert "write      3 of 3 partitions done, nothing to do" in out
        assert fabrica(capsys, "run", recipe, "--out", tmp_path / "c")[0] == 0
        assert sum(server.counts.values()) == asked


def test_without_a_server_it_says_so_in_one_line(tmp_path, capsys) -> None:
    code, _, err = fabrica(capsys, "run", written_recipe(tmp_path), "--out", tmp_path / "c")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "http://127.0.0.1:9/v1 does not answer" in err
    with model_server(models=("other-8b",)) as server:
        code, _, err = fabrica(
            capsys, "run", written_recipe(tmp_path, server), "--out", tmp_path / "c"
        )
    assert code == 2
    assert "does not serve 'tiny'; it serves other-8b" in err


def test_by_files_for_a_batch_job(tmp_path, capsys) -> None:
    """Prompts go into files, a job answers them, the next run takes the answers in."""
    folder = tmp_path / "prompts"
    writer = {"model": "org/tiny-1", "batch": str(folder)}
    recipe = written_recipe(tmp_path, writer=writer)
    code, _, err = fabrica(capsys, "run", recipe, "--out", tmp_path / "c")
    assert code == 1
    assert "prompts wait for a batch job: 3 files" in err
    assert "vllm run-batch -i " in err
    prompts = sorted(folder.glob("part-*.jsonl"))
    assert len(prompts) == 3
    for path in prompts:
        lines = [json.loads(line) for line in path.read_bytes().splitlines()]
        answers = [_batch_answer(line["custom_id"], line["body"]) for line in lines]
        path.with_suffix(".out.jsonl").write_text("".join(f"{json.dumps(a)}\n" for a in answers))
    code, _, err = fabrica(capsys, "run", recipe, "--out", tmp_path / "c")
    assert code == 0, err
    assert list(verify(open_corpus(str(tmp_path / "c")))) == []
    words = query(tmp_path / "c", "SELECT meta['rewrite_caption'] FROM samples WHERE kept")
    assert all("1 written" in word for (word,) in words if word)
    with model_server(models=("org/tiny-1",)) as server:  # the same, asked at once
        writer = {"model": "org/tiny-1", "endpoint": server.url}
        recipe = written_recipe(tmp_path, writer=writer)
        assert fabrica(capsys, "run", recipe, "--out", tmp_path / "d")[0] == 0
    assert corpus_files(tmp_path / "d") == corpus_files(tmp_path / "c")


def _batch_answer(key: str, body: dict[str, Any]) -> dict[str, Any]:
    choice = {"message": {"content": invented_answer(body)}, "finish_reason": "stop"}
    response = {"status_code": 200, "body": {"choices": [choice], "usage": {}}}
    return {"id": "x", "custom_id": key, "response": response, "error": None}


def test_killed_in_the_middle_nothing_answered_is_asked_twice(tmp_path) -> None:
    """The server answers twenty requests and holds the others when everything is killed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pipelines.cli", "run"]
    with model_server() as server:
        recipe = written_recipe(tmp_path, server)
        whole = tmp_path / "whole"
        subprocess.run(
            [*command, str(recipe), "--out", str(whole), "--workers", "2"],
            check=True,
            env=environment,
            capture_output=True,
            timeout=120,
        )
    with model_server() as server:
        recipe = written_recipe(tmp_path, server)
        out = tmp_path / "killed"
        server.fail(Fault("hold"), when=lambda asked: asked.number >= 20)
        arguments = [*command, str(recipe), "--out", str(out), "--workers", "2"]
        process = subprocess.Popen(
            arguments,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _wait_for(lambda: _answers(out) == 20 and server.at_once > 0)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        answered = dict(server.answered)
        _wait_for(lambda: server.at_once == 0)
        server.heal()
        subprocess.run(arguments, check=True, env=environment, capture_output=True, timeout=120)
        assert sum(answered.values()) == 20
        assert all(server.counts[key] == 1 for key in answered)
        assert set(server.answered.values()) == {1}
    assert corpus_files(out) == corpus_files(whole)


def _answers(corpus: Path) -> int:
    segments = (corpus / "stages" / "answers").glob("*.jsonl")
    return sum(len(path.read_bytes().splitlines()) for path in segments)


def _wait_for(condition, timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"write": [{"rewrite_captions": {}}]}, "did you mean 'rewrite_caption'"),
        ({"write": [{"rewrite_caption": {"mood": "x"}}]}, "mood: unknown key"),
        ({"write": [{"rewrite_caption": {"mode": "short"}}]}, "write.0.rewrite_caption.mode"),
        ({"write": [{"rewrite_caption": {"reject": ["lies"]}}]}, "'lies' is no finding"),
        ({"write": [{"rewrite_caption": {"where": "widht > 3"}}]}, "unknown column 'widht'"),
        ({"write": [{"rewrite_caption": {"prompt": "none.txt"}}]}, "none.txt"),
        ({"writer": None}, "write.0.rewrite_caption.model: missing"),
        ({"writer": {"model": "tiny"}}, "where is tiny?"),
        ({"writer": {"model": "m", "endpoint": "localhost:8000"}}, "http://host:8000/v1"),
        ({"writer": {"model": "m", "endpoint": "http://h/v1", "batch": "b"}}, "only one of"),
        ({"writer": {"model": "m", "endpoint": "http://k:secret@h/v1"}}, "no key or password"),
    ],
)
def test_a_wrong_word_is_one_line(tmp_path, capsys, changes, words) -> None:
    code, _, err = fabrica(
        capsys, "run", written_recipe(tmp_path, **changes), "--out", tmp_path / "c"
    )
    assert code == 2
    assert words in err
    assert len(err.splitlines()) == 1


def test_fabrica_write_shows_prompt_answer_and_verdict(tmp_path, capsys, demo_corpus) -> None:
    with model_server() as server:
        options = ("--set", "model=tiny", "--set", f"endpoint={server.url}")
        code, out, err = fabrica(capsys, "write", demo_corpus, "rewrite_caption", *options)
        assert code == 0, err
        assert out.count("====") == 3
        assert "You rewrite" in out
        assert out.count("  well") == 3
        assert "[caption " in out
        asked = len(server.asked)
        assert asked == 3
        options += ("--where", "length(caption) > 60", "--rows", "2", "--json")
        code, out, _ = fabrica(capsys, "write", demo_corpus, "rewrite_caption", *options)
        rows = json.loads(out)
        assert len(rows) == 2
        assert rows[0]["exchanges"][0]["written"][0]["made"]["kind"] == "rewritten"
    code, out, _ = fabrica(capsys, "write", demo_corpus, "rewrite_caption", "--dry")
    assert code == 0
    assert "not asked" in out
    for wrong, words in (
        (("rewrite",), "did you mean 'rewrite_caption'"),
        (("rewrite_caption",), "model: missing"),
        (("rewrite_caption", "--dry", "--set", "mode"), "write it as key=value"),
        (("rewrite_caption", "--dry", "--rows", "0"), "--rows"),
        (("rewrite_caption", "--dry", "--where", "captoin = 1"), "unknown column 'captoin'"),
    ):
        code, _, err = fabrica(capsys, "write", demo_corpus, *wrong)
        assert code == 2, wrong
        assert words in err
        assert len(err.splitlines()) == 1


def test_a_prompt_of_ones_own(tmp_path, capsys) -> None:
    (tmp_path / "mine.txt").write_text("Say it as a telegram.", encoding="utf-8")
    write = [{"rewrite_caption": {"prompt": "mine.txt", "where": "length(caption) > 80"}}]
    with model_server() as server:
        recipe = written_recipe(tmp_path, server, write=write)
        assert fabrica(capsys, "run", recipe, "--out", tmp_path / "c")[0] == 0
        systems = {asked.body["messages"][0]["content"] for asked in server.asked}
        assert len(systems) == 1
        assert systems.pop().startswith("Say it as a telegram.")
        first = sum(server.counts.values())
        (tmp_path / "mine.txt").write_text("Say it as a poem.", encoding="utf-8")
        assert fabrica(capsys, "run", recipe, "--out", tmp_path / "c")[0] == 0
        assert sum(server.counts.values()) == 2 * first
    lengths = query(tmp_path / "c", "SELECT length(texts[1].text), kept FROM samples JOIN texts t "
                    "USING (sample_id) WHERE t.writer = 'tiny'")  # fmt: skip
    assert lengths
    assert all(length > 80 for length, _ in lengths)


def test_a_served_model_in_place_of_an_address(tmp_path) -> None:
    recipe = load_recipe(
        str(written_recipe(tmp_path)),
        ["writer.endpoint=", "writer.serve={args: [--max-model-len]}"],
    )
    assert recipe.writer is not None
    assert recipe.writer.endpoint == ""
    assert recipe.writer.serve is not None


def test_fabrica_write_alone_lists_the_tasks(capsys) -> None:
    code, out, err = fabrica(capsys, "write")
    assert code == 0, err
    for name in ("rewrite_caption", "describe_regions", "merge_questions", "judge"):
        assert f"\n{name}\n" in f"\n{out}"
    assert "mode" in out
    listed = json.loads(fabrica(capsys, "write", "--json")[1])
    assert listed["vqa"]["needs"]
    code, _, err = fabrica(capsys, "write", "corpus")
    assert code == 2
    assert "'' is no task" in err
