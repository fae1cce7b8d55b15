"""The write stage on other runners, on object storage, and with servers that Fabrica starts."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks import kill
from benchmarks.model_server import Fault, model_server
from llm_rewrite.serving.state import answers
from pipelines.corpus import open_corpus
from pipelines.verify import verify
from tests.conftest import ROOT
from tests.pipelines.test_runners import job_service, portable  # noqa: F401 - a fixture
from tests.pipelines.test_s3 import aws, commands
from tests.pipelines.test_write_run import corpus_files, query
from tests.pipelines.write_runs import Place, undisturbed, until
from tests.servers import moto_server, objects, s3_client

_PAID = ("stages/answers/", "stages/write/usage")


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    return undisturbed()


def the_same(place: Place, reference: dict[str, str], *runner: str) -> None:
    with model_server() as server:
        code, said = place.run(server, *runner)
        assert code == 0, said
        assert set(server.counts.values()) == {1}, "a replayed bundle asks nothing again"
    assert not kill.differences(corpus_files(place.out), reference)


@pytest.mark.parametrize(
    "runner",
    [
        ("--runner=FnApiRunner", "--direct_runner_bundle_repeat=1"),
        ("--runner=BundleBasedDirectRunner",),
    ],
    ids=" ".join,
)
def test_the_runner_changes_no_byte(
    runner: tuple[str, ...], tmp_path: Path, reference: dict[str, str]
) -> None:
    the_same(Place(tmp_path), reference, *runner)


def test_a_portable_runner_changes_no_byte(
    tmp_path: Path,
    reference: dict[str, str],
    job_service: str,  # noqa: F811
) -> None:
    the_same(Place(tmp_path), reference, *portable(job_service))


def test_a_runner_that_retries_says_it_once_too(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with model_server() as server:
        server.fail(Fault("status", status=401, text="bad key"), when=lambda a: a.number > 9)
        code, said = place.run(server, "--runner=BundleBasedDirectRunner")
    lines = [line for line in said.splitlines() if line.startswith("fabrica: ")]
    assert code == 2
    assert len(lines) == 1
    assert "HTTP 401: bad key" in lines[0]


def test_answers_on_object_storage_are_paid_for_once(tmp_path: Path) -> None:
    """With pictures that are read from there; what was written is lost, the answers are not."""
    local, write = Place(tmp_path), [{"rewrite_caption": {"see_image": True}}]
    with moto_server() as storage, model_server() as server:
        s3_client(storage).create_bucket(Bucket="written")
        for path in filter(Path.is_file, sorted((local.out / "stages").rglob("*"))):
            key = f"one/{path.relative_to(local.out).as_posix()}"
            s3_client(storage).put_object(Bucket="written", Key=key, Body=path.read_bytes())
        words = local.command(server, write=write)
        run = [word.replace(str(local.out), "s3://written/one") for word in words]
        (first,) = commands(run, **aws(storage))
        assert first.code == 0, first.err
        assert all("data:image/" in json.dumps(asked.body) for asked in server.asked)
        before = objects(storage, "written", "one/")
        lost = [key for key in before if key.startswith(("stages/write/part", "manifest/"))]
        assert len(lost) == 6
        for key in lost:
            s3_client(storage).delete_object(Bucket="written", Key=f"one/{key}")
        again, checked = commands(run, ["verify", "s3://written/one"], **aws(storage))
        assert again.code == 0, again.err
        assert "known before" in again.out
        assert checked.code == 0, checked.out
        assert set(server.counts.values()) == {1}
        assert local.run(server, write=write)[0] == 0
        after = objects(storage, "written", "one/")
    assert after.keys() == before.keys()
    found = {k: hashlib.sha256(v).hexdigest() for k, v in after.items() if not k.startswith(_PAID)}
    assert not kill.differences(found, corpus_files(local.out))


def served_by(notes: Path, model: str, *words: str, **serve: Any) -> dict[str, Any]:
    """A model that Fabrica serves itself, by a program that is no vLLM."""
    command = f"{sys.executable} {Path(__file__).with_name('chat_server.py')}"
    given = {"command": command, "args": ["--notes", str(notes), *words], "linger_s": 1.0}
    more = {"env": {"PYTHONPATH": str(ROOT)}, "start_s": 60, **serve}
    return {"model": model, "in_flight": 8, "serve": {**given, **more}}


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where servers note their starts; the state of those of this test lies there too."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "notes").mkdir()
    return tmp_path / "notes"


def test_two_models_are_served_die_and_are_gone_in_the_end(tmp_path: Path, notes: Path) -> None:
    """Two workers share each server; each dies in the middle; the run ends as if nothing was."""
    place = Place(tmp_path)
    writer = served_by(notes, "org/writer", "--die-at", "10")
    judge = served_by(notes, "org/judge", "--die-at", "10")
    recipe = {"writer": writer, "write": [{"rewrite_caption": {}}, {"judge": judge}]}
    code, said = kill.Run(place.command(None, **recipe)).finish(90)
    assert code == 0, said
    lives = {
        name: [json.loads(line) for line in (notes / name).read_text().splitlines()]
        for name in ("org-writer", "org-judge")
    }
    assert {name: len(told) for name, told in lives.items()} == {"org-writer": 2, "org-judge": 2}
    ports = [told[-1]["port"] for told in lives.values()]
    until(lambda: not any(answers(port, 1) for port in ports), 15)
    until(
        lambda: not any(os.path.exists(f"/proc/{t['pid']}") for v in lives.values() for t in v), 15
    )
    words = query(place.out, "SELECT meta['rewrite_caption'] FROM samples WHERE caption <> ''")
    assert not [word for (word,) in words if "failed" in (word or "")]
    assert query(place.out, "SELECT count(*) FROM texts WHERE writer = 'org/writer'")[0][0] > 30
    assert not list(verify(open_corpus(str(place.out))))
    assert place.run(None, **recipe)[0] == 0
    assert len((notes / "org-writer").read_text().splitlines()) == 2, "nothing left to ask"


def test_a_prompt_that_ends_the_server_costs_one_row(tmp_path: Path, notes: Path) -> None:
    """Nobody says which of the requests under way it was."""
    place = Place(tmp_path)
    writer = served_by(notes, "org/weak", "--deadly", "blot haemorrhages")
    code, said = place.run(None, writer=writer)
    assert code == 0, said
    assert "1 failed" in said
    words = query(place.out, "SELECT caption, meta['rewrite_caption'] FROM samples WHERE kept")
    failed = [caption for caption, word in words if word and "failed" in word]
    assert len(failed) == 1
    assert "blot haemorrhages" in failed[0]
    assert 3 <= len((notes / "org-weak").read_text().splitlines()) <= 5


def test_a_server_that_cannot_start_is_one_line(tmp_path: Path, notes: Path) -> None:
    place = Place(tmp_path)
    code, said = place.run(None, writer=served_by(notes, "org/none", "--no-such-option"))
    lines = [line for line in said.splitlines() if line.startswith("fabrica: ")]
    assert code == 2
    assert len(lines) == 1
    assert "unrecognized arguments: --no-such-option" in lines[0]
