"""Whole runs against object storage (a real moto server) and against mirrors that fail."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from pipelines.corpus import open_corpus
from pipelines.listing import read_listing
from pipelines.recipe import Recipe
from pipelines.recipe_file import check_recipe
from pipelines.run import RunOptions, run
from pipelines.storage import Store
from pipelines.verify import verify
from schemas.manifest import samples_from_table
from schemas.sample import Sample
from tests.extractors.pmc.test_cloud import inventory_files
from tests.servers import (
    KEYS,
    MIRROR,
    Fault,
    Mirror,
    folder_backend,
    free_port,
    moto_server,
    objects,
    plain_environment,
    proxy_backend,
    s3_client,
    upload,
)

ROOT = MIRROR.parent.parent
ARTICLES = str(MIRROR.parent / "mini-pmc-articles.txt")
FEW = [f"PMC9900000{n:02d}" for n in (1, 2, 3, 4, 5, 10)]


@pytest.fixture(scope="module")
def moto():
    with moto_server() as endpoint:
        upload(endpoint, "pmc-oa-opendata")
        yield endpoint


@pytest.fixture
def few(tmp_path: Path) -> str:
    """A list of some articles."""
    (tmp_path / "few.txt").write_text("\n".join(FEW))
    return str(tmp_path / "few.txt")


def recipe_of(pmc: dict, **run: object) -> Recipe:
    """The demo's rules over another source."""
    data = yaml.safe_load((ROOT / "recipes/demo.yaml").read_text())
    if "inventory" not in pmc:
        pmc = {"articles": ARTICLES, **pmc}
    pmc = {"retries": 1, **pmc}  # one picture's MD5 is wrong for ever
    run = {"documents_per_partition": 12, "max_fault_share": 1.0, **run}
    return check_recipe({**data, "sources": [{"pmc": pmc}], "run": run})


def recipe_file(folder: Path, pmc: dict, **run: object) -> str:
    path = folder / f"{len(list(folder.glob('*.yaml')))}.yaml"
    path.write_text(recipe_of(pmc, **run).model_dump_json(exclude_unset=True))
    return str(path)


def build(recipe: Recipe, out: Path | str, workers: int = 2, again: bool = False):
    return run(recipe, str(out), RunOptions(workers, list_again=again, say=lambda _: None))


def manifest(out: Path | str) -> list[Sample]:
    corpus = open_corpus(str(out))
    parts = [f"manifest/part-{p:05d}.parquet" for p in range(corpus.partitions)]
    return [s for part in parts for s in samples_from_table(corpus.store.read_table(part))]


def told(samples: list[Sample]) -> dict[str, tuple]:
    """What matters of each row."""
    found = {
        s.sample_id: (
            s.document_id,
            s.caption,
            [i.sha256 for i in s.images],
            [(d.stage, d.reason) for d in s.drops],
            s.split,
            s.shard,
        )
        for s in samples
    }
    assert len(found) == len(samples)
    return found


def files(folder: Path | str, *parts: str) -> dict[str, bytes]:
    root = Path(folder)
    found = [p for part in parts for p in (root / part).rglob("*") if p.is_file()]
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in found}


@dataclass
class Answer:
    code: int
    out: str
    err: str


_SCRIPT = """
import json, sys, traceback
from pipelines.cli import main
for arguments in json.loads(sys.argv[1]):
    try:
        code = main(arguments)
    except SystemExit as error:
        code = error.code
    except BaseException:
        traceback.print_exc()
        code = 99
    for stream in (sys.stdout, sys.stderr):
        print(f"<<{code}>>", file=stream, flush=True)
"""


def commands(*calls: list[str], timeout_s: float = 240, **environment: str) -> list[Answer]:
    """The answers of `fabrica` commands, given one after the other to one fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, json.dumps(calls)],
        cwd=ROOT,
        env=plain_environment(**environment),
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    split = [re.split(r"<<(\d+)>>\n", text) for text in (done.stdout, done.stderr)]
    assert len(split[0]) == 2 * len(calls) + 1, done.stderr
    return [
        Answer(int(split[0][2 * i + 1]), split[0][2 * i], split[1][2 * i])
        for i in range(len(calls))
    ]


def aws(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


# ------------------------------------------------------------------ a bucket as mirror


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus of the mirror on disk."""
    out = tmp_path_factory.mktemp("local") / "corpus"
    build(recipe_of({"mirror": str(MIRROR)}), out)
    return out


@pytest.fixture(scope="module")
def from_bucket(moto: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus of the same mirror in a bucket."""
    out = tmp_path_factory.mktemp("bucket") / "corpus"
    storage = {"endpoint_url": moto, **KEYS}
    build(recipe_of({"mirror": "s3://pmc-oa-opendata", "storage": storage}), out)
    return out


def test_a_bucket_makes_the_same_corpus(local: Path, from_bucket: Path) -> None:
    assert told(manifest(from_bucket)) == told(manifest(local))
    assert files(from_bucket, "shards") == files(local, "shards")
    assert list(verify(open_corpus(str(from_bucket)))) == []
    counts = [
        json.loads((out / "corpus.json").read_text())["counts"] for out in (local, from_bucket)
    ]
    assert counts[0] == counts[1]


def test_no_secret_reaches_the_corpus(moto: str, few: str, tmp_path: Path) -> None:
    """A corpus is published; the keys that read its mirror are not."""
    storage = {"endpoint_url": moto, "key": "testing", "secret": "hunter2-my-secret"}
    pmc = {"mirror": "s3://pmc-oa-opendata", "storage": storage, "articles": few}
    build(recipe_of(pmc), tmp_path / "corpus")
    told_in = [n for n, data in files(tmp_path / "corpus", "").items() if b"hunter2" in data]
    assert told_in == []


def test_fetched_files_do_not_stay(from_bucket: Path) -> None:
    """They wait for their partition's commit; afterwards they would double the corpus."""
    assert files(from_bucket, "stages/fetched") == {}


# ------------------------------------------------------------------ a bucket as output


_COUNT = "SELECT count(*) AS n, count(*) FILTER (kept) AS k FROM samples"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe for some articles on disk, and beside it the corpus."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "few.txt").write_text("\n".join(FEW))
    pmc = {"mirror": str(MIRROR), "articles": str(folder / "few.txt")}
    recipe_file(folder, pmc, documents_per_partition=3)
    build(recipe_of(pmc, documents_per_partition=3), folder / "corpus")
    return folder


@pytest.fixture(scope="module")
def in_bucket(moto: str, small: Path) -> dict[str, Answer]:
    """A corpus at s3://corpora/one, and what each command says of it."""
    s3_client(moto).create_bucket(Bucket="corpora")
    folder, recipe = small, str(small / "0.yaml")
    out, curated = "s3://corpora/one", "s3://corpora/curated"
    calls = {
        "run": ["run", recipe, "--out", out, "--workers", "2", "--cache", str(folder / "cache")],
        "verify": ["verify", out],
        "query": ["query", out, "--json", _COUNT],
        "report": ["report", out],
        "plan": ["plan", recipe, "--out", out],
        "again": ["run", recipe, "--out", out, "--workers", "2"],
        "curate": ["curate", out, "--where", "NOT licence.commercial", "--out", curated],
        "verify curated": ["verify", curated],
        "another": ["run", recipe, "--set", "name=other", "--out", out],
    }
    answers = commands(*calls.values(), **aws(moto))
    return dict(zip(calls, answers, strict=True))


def test_every_command_works_on_a_bucket(in_bucket: dict[str, Answer], small: Path) -> None:
    rows = manifest(small / "corpus")
    for name in ("run", "verify", "query", "report", "plan", "again", "curate", "verify curated"):
        assert in_bucket[name].code == 0, (name, in_bucket[name].err)
        assert "Traceback" not in in_bucket[name].err
    kept = sum(row.kept for row in rows)
    assert json.loads(in_bucket["query"].out) == {"n": len(rows), "k": kept}
    assert f"all is well: {kept} samples" in in_bucket["verify"].out
    assert "s3://corpora/one/report/index.html" in in_bucket["report"].out
    assert re.findall(r"(\d+) to do", in_bucket["plan"].out) == []


def test_a_corpus_in_a_bucket_has_the_same_bytes(
    moto: str, in_bucket: dict[str, Answer], small: Path
) -> None:
    local = small / "corpus"
    assert in_bucket["run"].code == 0
    there = objects(moto, "corpora", "one/")
    for part in ("shards", "manifest"):
        ours = files(local, part)
        assert ours
        assert {n: d for n, d in there.items() if n.startswith(f"{part}/")} == ours
    for name in ("corpus.json", "README.md", "ATTRIBUTION.csv", "croissant.json"):
        assert there[name] == (local / name).read_bytes()
    assert not [name for name in there if ".tmp-" in name]


def test_a_curated_corpus_in_a_bucket(moto: str, in_bucket: dict[str, Answer]) -> None:
    there = objects(moto, "corpora", "curated/")
    assert not [name for name in there if name.startswith("stages/")]
    assert {"corpus.json", "README.md", "report/index.html"} <= set(there)
    assert [name for name in there if name.startswith("shards/")]


def test_a_bucket_is_not_asked_hundreds_of_times(moto: str, in_bucket: dict[str, Answer]) -> None:
    """On S3 a request takes some 50 ms; a corpus has a thousand partitions, not two."""
    assert in_bucket["run"].code == 0
    with Mirror(proxy_backend(moto)) as server:
        answers = commands(
            ["query", "s3://corpora/one", "SELECT count(*) FROM samples WHERE kept"],
            ["verify", "s3://corpora/one"],
            **aws(server.url),
        )
        parts = server.paths().items()
        most = max(n for path, n in parts if "/manifest/part-" in path)
    assert [answer.code for answer in answers] == [0, 0]
    assert most <= 30


def test_another_corpus_in_a_bucket_is_not_overwritten(in_bucket: dict[str, Answer]) -> None:
    answer = in_bucket["another"]
    assert answer.code == 2
    assert "holds another corpus" in answer.err
    assert len(answer.err.strip().splitlines()) == 1


# ------------------------------------------------------------------ what is not there


def one_line(answer: Answer, code: int = 2) -> None:
    assert "Traceback" not in answer.err, answer.err[-300:]
    assert answer.code == code, answer.err
    assert len(answer.err.strip().splitlines()) == 1, answer.err


@pytest.fixture(scope="module")
def refusals(moto: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    folder = tmp_path_factory.mktemp("refusals")
    good = recipe_file(folder, {"mirror": str(MIRROR)})
    lost = recipe_file(folder, {"mirror": str(folder / "nowhere")})
    calls = {
        "missing local mirror": ["run", lost, "--out", str(folder / "lost")],
        "missing output bucket": ["run", good, "--out", "s3://no-such-bucket/corpus"],
        "verify nothing": ["verify", "s3://corpora/none"],
        "query nothing": ["query", "s3://no-such-bucket/none", "SELECT 1"],
        "unknown protocol": ["run", good, "--out", "gopher://corpora/none"],
    }
    answers = commands(*calls.values(), **aws(moto))
    return dict(zip(calls, answers, strict=True))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("missing local mirror", r"nowhere: no such folder, or no metadata/ folder in it"),
        ("missing output bucket", r"no-such-bucket"),
        ("verify nothing", r"s3://corpora/none: no corpus here"),
        ("query nothing", r"no-such-bucket"),
        ("unknown protocol", r"gopher"),
    ],
)
def test_what_is_not_there_is_one_line(refusals: dict[str, Answer], what: str, words: str) -> None:
    one_line(refusals[what])
    assert re.search(words, refusals[what].err)


def test_output_where_nothing_listens_is_one_line(tmp_path: Path) -> None:
    recipe = recipe_file(tmp_path, {"mirror": str(MIRROR)})
    address = f"http://127.0.0.1:{free_port()}"
    limits = {"AWS_MAX_ATTEMPTS": "1"}
    calls = (["run", recipe, "--out", "s3://corpora/x"], ["verify", "s3://corpora/x"])
    for answer in commands(*calls, **aws(address), **limits):
        one_line(answer)


def test_output_without_credentials_is_one_line(moto: str, tmp_path: Path) -> None:
    recipe = recipe_file(tmp_path, {"mirror": str(MIRROR)})
    environment = {
        "AWS_ENDPOINT_URL": moto,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    (answer,) = commands(["run", recipe, "--out", "s3://corpora/y"], **environment)
    one_line(answer)


@pytest.mark.parametrize("kind", ["http", "s3"])
def test_a_mirror_where_nothing_listens(tmp_path: Path, few: str, kind: str) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    pmc: dict = {"mirror": address, "articles": few, "retries": 0, "timeout_s": 1}
    if kind == "s3":
        pmc |= {"mirror": "s3://mine", "storage": {"endpoint_url": address, **KEYS}}
    recipe = recipe_file(tmp_path, pmc, max_fault_share=0.05)
    begun = time.monotonic()
    (answer,) = commands(["run", recipe, "--out", str(tmp_path / "corpus"), "--workers", "1"])
    took = time.monotonic() - begun
    assert "Traceback" not in answer.err
    assert answer.code in (1, 2), "a run that could fetch nothing is no success"
    if answer.code == 1:
        assert len(told(manifest(tmp_path / "corpus"))) == len(FEW)
    assert took < 20


# ------------------------------------------------------------------ listing again


def _write(client, bucket: str, found: dict[str, bytes]) -> None:
    for key, data in found.items():
        client.put_object(Bucket=bucket, Key=key, Body=data)


def _etags(found: dict[str, bytes]) -> dict[str, str]:
    names = [re.fullmatch(r"metadata/(PMC\d+\.\d+)\.json", key) for key in found]
    return {m[1]: hashlib.md5(found[m[0]]).hexdigest() for m in names if m}


def _changed(found: dict[str, bytes]) -> dict[str, bytes]:
    """What NLM does in a day, as the files that it writes."""
    new: dict[str, bytes] = {}
    retracted = json.loads(found["metadata/PMC990000002.1.json"])
    new["metadata/PMC990000002.1.json"] = json.dumps({**retracted, "is_retracted": True}).encode()
    # 3: a word of a caption is corrected.
    xml_key = "PMC990000003.1/PMC990000003.1.xml"
    xml = re.sub(rb"(<caption>\s*<p>)", rb"\1Corrected: ", found[xml_key])
    assert xml != found[xml_key]
    record = json.loads(found["metadata/PMC990000003.1.json"])
    record["xml_url"] = f"s3://pmc-oa-opendata/{xml_key}?md5={hashlib.md5(xml).hexdigest()}"
    new |= {xml_key: xml, "metadata/PMC990000003.1.json": json.dumps(record).encode()}
    # 1: written again, nothing that matters has changed.
    same = json.loads(found["metadata/PMC990000001.1.json"])
    new["metadata/PMC990000001.1.json"] = json.dumps({**same, "citation": "Another."}).encode()
    # 24: new.
    for key, data in found.items():
        if "PMC990000005.2" in key:
            to = key.replace("PMC990000005.2", "PMC990000024.1")
            text = key.endswith((".json", ".xml", ".txt"))
            new[to] = data.replace(b"PMC990000005.2", b"PMC990000024.1") if text else data
    record = json.loads(new["metadata/PMC990000024.1.json"])
    xml = new["PMC990000024.1/PMC990000024.1.xml"]
    record["xml_url"] = re.sub(r"md5=.*", f"md5={hashlib.md5(xml).hexdigest()}", record["xml_url"])
    new["metadata/PMC990000024.1.json"] = json.dumps(record).encode()
    return new


@dataclass
class Relisted:
    out: Path
    partitions: int
    before: dict[str, tuple]
    after: dict[str, tuple]
    files_before: dict[str, tuple[bytes, int]]
    files_after: dict[str, tuple[bytes, int]]
    asked: Counter[str]
    answers: list[Answer]


def _stages(out: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and times of what list and extract have written."""
    found = files(out, "stages/list", "stages/extract")
    return {n: (d, (out / n).stat().st_mtime_ns) for n, d in found.items()}


@pytest.fixture(scope="module")
def relisted(moto: str, tmp_path_factory: pytest.TempPathFactory) -> Relisted:
    """Two inventories, a run after each; the second by `--relist`, and again by both."""
    folder = tmp_path_factory.mktemp("relist")
    client, bucket = s3_client(moto), "pmc-relist"
    client.create_bucket(Bucket=bucket)
    found = {n: d for n, d in files(MIRROR, "").items() if any(article in n for article in FEW)}
    _write(client, bucket, {**found, **inventory_files("2026-11-01", _etags(found))})
    out = folder / "corpus"
    with Mirror(proxy_backend(moto)) as server:
        storage = {"endpoint_url": server.url, **KEYS}
        pmc = {"mirror": f"s3://{bucket}", "inventory": "latest", "storage": storage}
        build(recipe_of(pmc), out)
        listing = read_listing(Store(str(out)))
        assert listing
        before, files_before = told(manifest(out)), _stages(out)
        changed = _changed(found)
        _write(client, bucket, changed)
        etags = _etags({**found, **changed})
        etags = {name: etag for name, etag in etags.items() if not name.startswith("PMC990000004.")}
        _write(client, bucket, inventory_files("2026-11-02", etags))
        server.requests.clear()
        recipe = recipe_file(folder, pmc)
        call = ["run", recipe, "--out", str(out), "--workers", "2"]
        answers = commands([*call, "--relist"], ["verify", str(out)])
        asked = server.paths()
        after, files_after = told(manifest(out)), _stages(out)
        everything = files(out, "shards", "manifest")
        answers += commands(call, [*call, "--relist"], ["verify", str(out)])
        assert files(out, "shards", "manifest") == everything
    return Relisted(
        out, listing.partitions, before, after, files_before, files_after, asked, answers
    )


def test_listing_again_succeeds_and_verifies(relisted: Relisted) -> None:
    for answer in relisted.answers:
        assert answer.code == 0, answer.err + answer.out
    assert "documents are new or may have changed" in relisted.answers[0].out


def test_finished_partitions_are_left_alone(relisted: Relisted) -> None:
    for name, state in relisted.files_before.items():
        if "part-" in name:
            assert relisted.files_after[name] == state, name
    new = set(relisted.files_after) - set(relisted.files_before)
    assert new
    numbers = {int(m[1]) for n in new if (m := re.search(r"part-(\d+)", n))}
    assert min(numbers) >= relisted.partitions


def test_new_and_changed_documents_are_in_new_partitions(relisted: Relisted) -> None:
    documents = {row[0] for row in relisted.after.values()}
    new = documents - {row[0] for row in relisted.before.values()}
    plain = {name.partition("~")[0] for name in new}
    assert plain == {"PMC990000002.1", "PMC990000003.1", "PMC990000024.1"}
    assert set(relisted.before) <= set(relisted.after)
    captions = [row[1] for row in relisted.after.values() if row[0] in new]
    assert any(caption.startswith("Corrected: ") for caption in captions)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("PMC990000002.1", "retracted"),
        ("PMC990000003.1", "changed"),
        ("PMC990000004.1", "withdrawn"),
    ],
)
def test_old_rows_are_marked_with_the_reason(
    relisted: Relisted, document: str, reason: str
) -> None:
    rows = [row for row in relisted.after.values() if row[0] == document]
    assert rows
    for row in rows:
        assert ("list", reason) in row[3]
        assert row[5] == ""


def test_a_retracted_article_is_out_altogether(relisted: Relisted) -> None:
    rows = [row for row in relisted.after.values() if row[0].startswith("PMC990000002.")]
    assert len(rows) == 2 * sum(r[0] == "PMC990000002.1" for r in relisted.before.values())
    assert all(row[3] for row in rows)


def test_the_corrected_rows_are_kept_instead(relisted: Relisted) -> None:
    kept = {
        state: sorted(k for k, row in rows.items() if row[0].startswith("PMC990000003.") and row[5])
        for state, rows in (("before", relisted.before), ("after", relisted.after))
    }
    assert len(kept["before"]) == len(kept["after"]) > 0
    assert not set(kept["before"]) & set(kept["after"])


def test_other_rows_stay_as_they_were(relisted: Relisted) -> None:
    moved = ("PMC990000002.", "PMC990000003.", "PMC990000004.", "PMC990000005.", "PMC990000024.")
    for name, row in relisted.before.items():
        if not name.startswith(moved):
            assert relisted.after[name][:5] == row[:5]


def test_only_what_changed_is_fetched(relisted: Relisted) -> None:
    articles = {m[0] for path in relisted.asked if (m := re.search(r"PMC\d+", path))}
    assert articles == {f"PMC99000000{n}" for n in (1, 2, 3)} | {"PMC990000024"}
    assert not [path for path in relisted.asked if "PMC990000001.1/" in path]


@pytest.fixture
def inventories(tmp_path: Path) -> tuple[Path, Recipe]:
    """A mirror of some articles, listed by its inventories, and a recipe for it."""
    mirror = tmp_path / "mirror"
    for article in FEW:
        for path in MIRROR.glob(f"{article}.*"):
            shutil.copytree(path, mirror / path.name)
        for path in (MIRROR / "metadata").glob(f"{article}.*"):
            (mirror / "metadata").mkdir(exist_ok=True)
            shutil.copy(path, mirror / "metadata")
    inventory(mirror, 1)
    recipe = recipe_of({"mirror": str(mirror), "inventory": "latest"}, documents_per_partition=3)
    return mirror, recipe


def inventory(mirror: Path, day: int, without: str = "none") -> None:
    found = _etags(files(mirror, "metadata"))
    found = {name: etag for name, etag in found.items() if not name.startswith(without)}
    for name, data in inventory_files(f"2027-01-0{day}", found).items():
        (mirror / name).parent.mkdir(parents=True, exist_ok=True)
        (mirror / name).write_bytes(data)


def marks(out: Path, article: str) -> set[str]:
    rows = [row for row in told(manifest(out)).values() if row[0].startswith(article)]
    return {reason for row in rows for stage, reason in row[3] if stage == "list"}


def test_an_article_that_goes_and_comes_back(
    inventories: tuple[Path, Recipe], tmp_path: Path
) -> None:
    """Nothing new in the inventory, so no new partition: the mark must come all the same."""
    mirror, recipe = inventories
    out = tmp_path / "corpus"
    build(recipe, out)
    first = files(out, "shards", "manifest")
    inventory(mirror, 2, without="PMC990000003.")
    build(recipe, out, again=True)
    assert marks(out, "PMC990000003.") == {"withdrawn"}
    assert list(verify(open_corpus(str(out)))) == []
    inventory(mirror, 3)
    build(recipe, out, again=True)
    assert marks(out, "PMC990000003.") == set()
    assert files(out, "shards", "manifest") == first


def test_a_change_that_cannot_be_read_does_not_cost_the_article(
    inventories: tuple[Path, Recipe], tmp_path: Path
) -> None:
    """The listing says "changed", the file is torn at that moment: what was good stays good."""
    mirror, recipe = inventories
    out = tmp_path / "corpus"
    build(recipe, out)
    path = mirror / "metadata/PMC990000003.1.json"
    good = path.read_bytes()
    path.write_bytes(b"{")
    inventory(mirror, 2)
    build(recipe, out, again=True)
    rows = [row for row in told(manifest(out)).values() if row[0].startswith("PMC990000003")]
    broken = [row for row in rows if ("list", "metadata_unreadable") in row[3]]
    assert broken
    path.write_bytes(good)
    inventory(mirror, 3)
    build(recipe, out, again=True)
    rows = [row for row in told(manifest(out)).values() if row[0].startswith("PMC990000003")]
    assert any(row[5] for row in rows), "the article is readable again and must be in the corpus"
    assert list(verify(open_corpus(str(out)))) == []


# ------------------------------------------------------------------ stopped and failing runs


def test_a_killed_run_fetches_nothing_twice(tmp_path: Path, few: str) -> None:
    """Killed while the server hangs; what was fetched and verified is not asked for again."""
    with Mirror(folder_backend(listing=True)) as server:
        pmc = {"mirror": server.url, "articles": few, "concurrent_requests": 2, "retries": 0}
        recipe = recipe_file(tmp_path, pmc)
        out = tmp_path / "corpus"
        server.fail(r"PMC99000000[3-9]\.\d/.*(jpg|png)", Fault("hang", seconds=60))
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "pipelines.cli",
                "run",
                recipe,
                *("--out", str(out), "--workers", "1"),
            ],
            cwd=ROOT,
            env=plain_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            for _ in range(2):  # both threads hang: all that was sent before is in the cache
                assert server.hanging.acquire(timeout=30)
            time.sleep(0.2)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        server.heal()
        whole = {path for path in server.paths(status=200) if not path.startswith("/metadata/")}
        assert any(path.endswith(".jpg") for path in whole)
        assert any(path.endswith(".xml") for path in whole)
        assert not (out / "corpus.json").exists()
        build(check_recipe(json.loads(Path(recipe).read_text())), out, workers=1)
        twice = {p: n for p, n in server.paths(status=200).items() if p in whole and n > 1}
        twice.pop("/", None)  # listings
        assert twice == {}
    build(recipe_of({"mirror": str(MIRROR), "articles": few}), tmp_path / "other", workers=1)
    assert told(manifest(out)) == told(manifest(tmp_path / "other"))
    assert files(out, "shards") == files(tmp_path / "other", "shards")


def test_the_next_run_mends_what_a_failing_server_cost(tmp_path: Path, few: str) -> None:
    """Pictures fail for the moment: marked now, fetched by the next run, and nothing else is."""
    with Mirror(folder_backend(listing=True)) as server:
        recipe = recipe_of({"mirror": server.url, "articles": few, "retries": 0})
        server.fail(r"PMC99000000[3-9]\.\d/.*(jpg|png)", Fault("status", 503))
        out = tmp_path / "corpus"
        build(recipe, out, workers=1)
        rows = manifest(out)
        failed = {s.sample_id for s in rows for d in s.drops if d.reason == "fetch_failed"}
        assert failed
        whole = {path for path in server.paths(status=200) if not path.startswith("/metadata/")}
        server.heal()
        build(recipe, out, workers=1)
        twice = {p: n for p, n in server.paths(status=200).items() if p in whole and n > 1}
        twice.pop("/", None)
        # Its MD5 is wrong for good, so no copy of it can be trusted.
        twice.pop("/PMC990000010.1/arm5.png", None)
        assert twice == {}
        wholes = [
            {s.sample_id for s in r if not (s.figure and s.figure.box)}
            for r in (rows, manifest(out))
        ]
        assert wholes[0] == wholes[1]  # panels there are more of: of figures that came only now
        still = {s.sample_id for s in manifest(out) for d in s.drops if d.reason == "fetch_failed"}
        assert still == set()


@pytest.mark.parametrize(("limit", "workers"), [(4, 1), (4, 2), (1, 2)])
def test_requests_at_once_never_exceed_the_recipes_limit(
    tmp_path: Path, few: str, limit: int, workers: int
) -> None:
    with Mirror(folder_backend(listing=True), delay_s=0.02) as server:
        pmc = {"mirror": server.url, "articles": few, "concurrent_requests": limit}
        build(recipe_of(pmc, documents_per_partition=3), tmp_path / "corpus", workers=workers)
        assert server.count(status=200) > 20
        assert server.most_in_flight <= limit
