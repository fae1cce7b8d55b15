"""The journal: what was put is there after any end; hostile lines cost themselves only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import fsspec
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_rewrite.asking import journal as journal_module
from llm_rewrite.asking.journal import Journal, Line
from llm_rewrite.reply import Reply
from tests.conftest import ROOT
from tests.llm_rewrite.requests_made import request_of
from tests.servers import moto_server, objects, s3_client

REPLY = Reply("an answer", "stop", 10, 5, 3, 0.25)
KEY = "a" * 64


@pytest.fixture(params=["local", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "local":
        return str(tmp_path / "journals")
    return f"memory://{tmp_path}/journals"


def _put(folder: str, name: str, replies: dict[int, Reply]) -> None:
    journal = Journal(folder, name)
    for number, reply in replies.items():
        journal.put(request_of(number), reply)
    journal.close()


def test_what_was_put_is_there_again(folder: str) -> None:
    refused = Reply(problem="http_400: too long", latency_s=0.1)
    _put(folder, "part-00000", {1: REPLY, 2: refused})
    _put(folder, "part-00000", {3: replace_content("third")})
    again = Journal(folder, "part-00000")
    found = [again.get(request_of(number).key) for number in (1, 2, 3, 4)]
    assert found == [REPLY, refused, replace_content("third"), None]
    assert (len(again), again.skipped) == (3, 0)


def replace_content(content: str) -> Reply:
    return msgspec.structs.replace(REPLY, content=content)


def _names_in(folder: str) -> list[str]:
    store, path = fsspec.core.url_to_fs(folder)
    return sorted(name.rpartition("/")[2] for name in store.ls(path, detail=False))


def test_the_first_answer_counts_by_name_then_by_line(folder: str) -> None:
    store, path = fsspec.core.url_to_fs(folder)
    store.makedirs(path)
    for number in reversed(range(30)):
        lines = [_line(KEY, {"content": f"{number} {place}"}) for place in range(2)]
        store.pipe_file(f"{path}/p.{number:06d}-{30 - number:08x}.jsonl", b"".join(lines))
    assert Journal(folder, "p").get(KEY) == Reply("0 0")


def test_a_later_process_writes_a_later_segment(folder: str) -> None:
    first, second = Journal(folder, "p"), Journal(folder, "p")  # at the same time
    first.put(request_of(1), replace_content("one"))
    first.put(request_of(1), replace_content("not this"))
    first.close()
    second.put(request_of(1), replace_content("another process's"))
    second.close()
    assert len(_names_in(folder)) == 2  # neither wrote into the other's
    kept = {Journal(folder, "p").get(request_of(1).key).content for _ in range(3)}
    assert len(kept) == 1
    assert kept <= {"one", "another process's"}
    _put(folder, "p", {2: REPLY})
    assert _names_in(folder)[-1] > "p.000001" > _names_in(folder)[0]


def test_names_that_begin_alike_are_apart(folder: str) -> None:
    _put(folder, "part-1", {1: REPLY})
    _put(folder, "part-1.000000-00000000", {2: REPLY})
    _put(folder, "part-10", {3: REPLY})
    assert len(Journal(folder, "part-1")) == 1
    assert len(Journal(folder, "part-10")) == 1


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".", "a b", "x\n"])
def test_a_name_is_a_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="name a journal"):
        Journal(str(tmp_path), name)


def test_nothing_put_makes_no_file(tmp_path: Path) -> None:
    Journal(str(tmp_path / "journals"), "p").close()
    assert not (tmp_path / "journals").exists()


def test_the_prompt_and_its_pictures_are_not_in_it(tmp_path: Path) -> None:
    request = replace(request_of("SECRET TEXT"), system="SECRET RULES")
    journal = Journal(str(tmp_path), "p")
    journal.put(request, REPLY)
    (segment,) = tmp_path.iterdir()
    line = msgspec.json.decode(segment.read_bytes(), type=Line)  # there before close
    assert line == Line(request.key, REPLY, "rewrite_caption", "rewrite_caption/1-00000000")
    assert b"SECRET" not in segment.read_bytes()
    journal.close()


def _line(key: str = KEY, reply: object = None) -> bytes:
    return msgspec.json.encode({"key": key, "reply": reply or {"content": "x"}}) + b"\n"


@pytest.mark.parametrize(
    "bad",
    [
        b"\n[1]\n",
        b"{}\n",
        b"\xff\xfe\n",
        b'{"key": "' + KEY.encode(),  # torn by a crash
        b"[" * 100_000 + b"\n",
        _line("short"),
        _line("A" * 64),
        _line(reply={"content": 5}),
        _line(reply={"content": "x", "prompt_tokens": "many"}),
        _line(reply={"content": "", "problem": "http_503", "passing": True}),
        b"\0" * 1000,
    ],
)
def test_lines_that_cannot_be_read_are_skipped(bad: bytes, tmp_path: Path) -> None:
    good = "b" * 64
    (tmp_path / "p.000000-00000000.jsonl").write_bytes(_line(good) + bad)
    (tmp_path / "p.000001-00000000.jsonl").write_bytes(bad.rstrip(b"\n") + b"\n" + _line("c" * 64))
    (tmp_path / "p.txt").write_bytes(_line("d" * 64))
    journal = Journal(str(tmp_path), "p")
    assert journal.skipped == 2
    assert [len(journal), journal.get(good), journal.get("c" * 64)] == [2, Reply("x"), Reply("x")]
    journal.put(request_of(1), REPLY)
    journal.close()
    assert Journal(str(tmp_path), "p").get(request_of(1).key) == REPLY


@given(content=st.text(st.characters(exclude_categories=("Cs",))), damage=st.integers(0, 10_000))
@settings(max_examples=80, deadline=None)
def test_any_text_comes_back_and_any_cut_costs_one_line(content, damage, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("journal")
    _put(str(folder), "p", {1: REPLY, 2: replace_content(content)})
    assert Journal(str(folder), "p").get(request_of(2).key).content == content
    (segment,) = folder.iterdir()
    whole = segment.read_bytes()
    segment.write_bytes(whole[: max(whole.index(b"\n") + 1, len(whole) - 1 - damage)])
    cut = Journal(str(folder), "p")
    assert cut.get(request_of(1).key) == REPLY
    assert cut.get(request_of(2).key) in (None, replace_content(content))


def test_a_line_half_written_does_not_spoil_the_next(tmp_path, monkeypatch) -> None:
    journal = Journal(str(tmp_path), "p")
    journal.put(request_of(0), REPLY)
    real, writes = os.write, []

    def full_disk(file: int, data: bytes) -> int:
        writes.append(data)
        if len(writes) == 1:
            return real(file, data[:20])
        if len(writes) == 2:
            raise OSError(28, "No space left on device")
        return real(file, data)

    monkeypatch.setattr(os, "write", full_disk)
    with pytest.raises(OSError, match="No space"):
        journal.put(request_of(1), REPLY)
    assert journal.get(request_of(1).key) is None  # not kept, so not claimed
    journal.put(request_of(2), REPLY)
    journal.close()
    again = Journal(str(tmp_path), "p")
    assert [again.get(request_of(n).key) for n in (0, 1, 2)] == [REPLY, None, REPLY]
    assert again.skipped == 1


_CHILD = """
import sys, time
from llm_rewrite.asking.journal import Journal
from tests.llm_rewrite.requests_made import request_of
from tests.servers import moto_server, objects, s3_client
from llm_rewrite.reply import Reply
journal = Journal(sys.argv[1], "p")
for number in range(100_000):
    journal.put(request_of(number), Reply(f"answer {number} " + "x" * 500))
    print(number, flush=True)
"""


def test_what_put_has_given_back_survives_sigkill(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _CHILD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(300)]
        child.send_signal(signal.SIGKILL)
        said += child.stdout.readlines()
    kept = Journal(str(tmp_path), "p")
    last = max(int(line) for line in said if line.strip().isdigit())
    assert last >= 299
    for number in range(last + 1):
        found = kept.get(request_of(number).key)
        assert found is not None
        assert found.content.startswith(f"answer {number} x")


# ------------------------------------------------------------------ object stores


def _segments_in(folder: str) -> list[str]:
    return sorted(fsspec.filesystem("memory").glob(f"{folder.removeprefix('memory://')}/*"))


def test_a_store_gets_a_segment_every_fifty_answers_or_after_a_time(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(journal_module, "_SECONDS_A_SEGMENT", 0.3)
    folder = f"memory://{tmp_path}/j"
    journal = Journal(folder, "p")
    for number in range(50):
        journal.put(request_of(number), REPLY)
    _until(lambda: len(Journal(folder, "p")) == 50)
    assert len(_segments_in(folder)) <= 2  # never one for each answer
    journal.put(request_of(50), REPLY)
    assert journal.get(request_of(50).key) == REPLY
    _until(lambda: len(Journal(folder, "p")) == 51)
    journal.put(request_of(51), REPLY)
    journal.close()
    assert len(Journal(folder, "p")) == 52


def test_an_s3_store_keeps_them_too(monkeypatch) -> None:
    with moto_server() as endpoint:
        named = {
            "ENDPOINT_URL": endpoint,
            "ACCESS_KEY_ID": "testing",
            "SECRET_ACCESS_KEY": "testing",
        }
        for name, value in named.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        s3_client(endpoint).create_bucket(Bucket="corpora")
        folder = "s3://corpora/run/stages/answers"
        _put(folder, "part-00000", dict.fromkeys(range(130), REPLY))
        _put(folder, "part-00000", {130: replace_content("another run's")})
        found = Journal(folder, "part-00000")
        assert found.get(request_of(130).key) == replace_content("another run's")
        assert (len(found), found.skipped) == (131, 0)
        assert len(objects(endpoint, "corpora")) <= 5  # object stores ask for money by the request


def test_a_store_that_refuses_is_heard_of(tmp_path, monkeypatch) -> None:
    folder = f"memory://{tmp_path}/j"
    tried = []

    def refusing(self, path, value, **_):
        tried.append(threading.current_thread())
        raise PermissionError("403")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "pipe_file", refusing)
    monkeypatch.setattr(journal_module, "_PAUSE_S", 0.01)
    journal = Journal(folder, "p")
    journal.put(request_of(1), REPLY)
    with pytest.raises(OSError, match=r"p\.000000-\w+\.jsonl: cannot be put: PermissionError: 403"):
        journal.close()
    assert len(tried) > 1
    assert threading.main_thread() not in tried  # nobody waits for the store
    with pytest.raises(OSError, match="cannot be put"):
        journal.put(request_of(2), REPLY)


def test_a_store_that_fails_once_loses_nothing(tmp_path, monkeypatch) -> None:
    store = type(fsspec.filesystem("memory"))
    real, failures = store.pipe_file, [ConnectionError("reset")]

    def shaky(self, path, value, **more):
        if failures:
            raise failures.pop()
        return real(self, path, value, **more)

    monkeypatch.setattr(store, "pipe_file", shaky)
    monkeypatch.setattr(journal_module, "_PAUSE_S", 0.01)
    _put(f"memory://{tmp_path}/j", "p", dict.fromkeys(range(120), REPLY))
    assert not failures
    assert len(Journal(f"memory://{tmp_path}/j", "p")) == 120


def _until(holds, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)
