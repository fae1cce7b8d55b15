"""Real servers on 127.0.0.1 for the tests: S3 (moto), a mirror with faults on demand, ESearch."""

from __future__ import annotations

import datetime
import json
import logging
import os
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

MIRROR = Path(__file__).parent.parent / "examples" / "mini-pmc"
KEYS = {"key": "testing", "secret": "testing"}
FOREVER = 10**9


@contextmanager
def moto_server() -> Iterator[str]:
    """A moto S3 server; gives its address. Buckets live as long as it does."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def s3_client(endpoint: str):
    """A boto3 client, which shares no code or cache with s3fs."""
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def upload(endpoint: str, bucket: str, folder: Path = MIRROR) -> None:
    """A bucket with the files of a folder."""
    client = s3_client(endpoint)
    client.create_bucket(Bucket=bucket)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            client.put_object(Bucket=bucket, Key=name, Body=path.read_bytes(), ACL="public-read")


def objects(endpoint: str, bucket: str, prefix: str = "") -> dict[str, bytes]:
    """Key (without the prefix) to bytes of everything below a prefix."""
    client = s3_client(endpoint)
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    return {
        key.removeprefix(prefix): client.get_object(Bucket=bucket, Key=key)["Body"].read()
        for key in keys
    }


def free_port() -> int:
    """A port at which nothing listens."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ------------------------------------------------------------------ a mirror with faults


@dataclass(frozen=True)
class Fault:
    """What the server does in place of its answer: `status`, `hang`, `truncate` or `garble`."""

    kind: str
    status: int = 503
    seconds: float = 0.0


@dataclass(frozen=True)
class Request:
    """One request as the server saw it; `status` 0 where it sent no whole answer."""

    method: str
    path: str
    query: str
    status: int


Answer = tuple[int, dict[str, str], bytes]
Backend = Callable[[str, str, str, dict[str, str], bytes], Answer]


class Mirror:
    """An HTTP server over a backend, which counts requests and fails when told to."""

    def __init__(self, backend: Backend, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s
        self.most_in_flight = 0
        self.requests: list[Request] = []
        self._backend, self._in_flight = backend, 0
        self._faults: list[tuple[re.Pattern[str], Fault, int]] = []
        self._lock, self.released = threading.Lock(), threading.Event()
        self.hanging = threading.Semaphore(0)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Mirror:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def fail(self, path: str, fault: Fault, times: int = FOREVER) -> None:
        """The next `times` requests whose path (regular expression, searched) matches fail."""
        with self._lock:
            self._faults.append((re.compile(path), fault, times))

    def heal(self) -> None:
        """No more faults; what hangs is let go."""
        with self._lock:
            self._faults.clear()
        self.released.set()

    def count(self, path: str = "", **fields: object) -> int:
        """Requests whose path matches, with the given method or status."""
        with self._lock:
            found = [r for r in self.requests if re.search(path, r.path)]
        return sum(all(getattr(r, k) == v for k, v in fields.items()) for r in found)

    def paths(self, **fields: object) -> Counter[str]:
        """How often each path was asked for."""
        with self._lock:
            requests = list(self.requests)
        return Counter(
            r.path for r in requests if all(getattr(r, k) == v for k, v in fields.items())
        )

    def _fault(self, path: str) -> Fault | None:
        with self._lock:
            for i, (pattern, fault, left) in enumerate(self._faults):
                if left > 0 and pattern.search(path):
                    self._faults[i] = (pattern, fault, left - 1)
                    return fault
        return None

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        """One request."""
        with self._lock:
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        path, _, query = handler.path.partition("?")
        threading.Event().wait(self.delay_s)  # tests may replace time.sleep
        try:
            status, headers, body, cut = self._answer(handler, path, query)
        finally:
            with self._lock:
                self._in_flight -= 1
        whole = 0 if cut is not None else status
        with self._lock:  # before the client has its answer, so that counts are settled
            self.requests.append(Request(handler.command, path, query, whole))
        if cut is not None:
            handler.close_connection = True
        if status:
            with suppress(ConnectionError, TimeoutError):
                _send(handler, status, headers, body, cut)

    def _answer(
        self, handler: BaseHTTPRequestHandler, path: str, query: str
    ) -> tuple[int, dict[str, str], bytes, int | None]:
        """Status, headers, body, and where to cut the body off."""
        sent = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        fault = self._fault(urllib.parse.unquote(path))
        if fault and fault.kind == "hang":
            self.hanging.release()
            self.released.wait(fault.seconds)
            return 0, {}, b"", 0
        if fault and fault.kind == "status":
            return fault.status, {}, b"a fault on purpose", None
        status, headers, body = self._backend(
            handler.command, path, query, dict(handler.headers), sent
        )
        if fault and fault.kind == "garble" and status == 200:
            body = bytes(255 - byte for byte in body)
        if fault and fault.kind == "truncate" and status == 200:
            return status, headers, body, len(body) // 2
        return status, headers, body, None


def _send(
    handler: BaseHTTPRequestHandler,
    status: int,
    headers: dict[str, str],
    body: bytes,
    cut: int | None = None,
) -> None:
    handler.send_response_only(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    if "Content-Length" not in headers:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body[:cut])
    handler.wfile.flush()


def _handler(mirror: Mirror) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            mirror.handle(self)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve

        def handle_expect_100(self) -> bool:
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
            return True

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def folder_backend(folder: Path = MIRROR, listing: bool = False) -> Backend:
    """Files of a folder; with `listing`, S3's `?list-type=2&prefix=` at the root too."""

    def answer(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        name = urllib.parse.unquote(path).lstrip("/")
        fields = urllib.parse.parse_qs(query)
        if not name and listing and "list-type" in fields:
            return 200, {"Content-Type": "application/xml"}, _listing(folder, fields)
        file = folder / name
        if name and file.is_file():
            return 200, {"Content-Type": "application/octet-stream"}, file.read_bytes()
        if not name:  # what http.server shows
            return 200, {"Content-Type": "text/html"}, b"<html><title>a folder</title></html>"
        return 404, {"Content-Type": "application/xml"}, b"<Error><Code>NoSuchKey</Code></Error>"

    return answer


def _listing(folder: Path, fields: dict[str, list[str]]) -> bytes:
    prefix = fields.get("prefix", [""])[0]
    delimiter = fields.get("delimiter", [""])[0]
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    keys, folders = [], set()
    for name in names:
        if not name.startswith(prefix):
            continue
        rest = name.removeprefix(prefix)
        if delimiter and delimiter in rest:
            folders.add(prefix + rest.split(delimiter)[0] + delimiter)
        else:
            keys.append(name)
    entries = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in keys)
    entries += "".join(
        f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
        for name in sorted(folders)
    )
    head = '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    return f"{head}{entries}</ListBucketResult>".encode()


def proxy_backend(endpoint: str) -> Backend:
    """Hands requests on to another server (moto)."""
    import http.client

    host = urllib.parse.urlsplit(endpoint).netloc

    def answer(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        connection = http.client.HTTPConnection(host, timeout=20)
        try:
            kept = {k: v for k, v in headers.items() if k.lower() not in ("connection", "expect")}
            connection.request(method, f"{path}?{query}" if query else path, body or None, kept)
            reply = connection.getresponse()
            data = reply.read()
            dropped = ("connection", "transfer-encoding", "date", "server")
            found = {k: v for k, v in reply.getheaders() if k.lower() not in dropped}
            if method != "HEAD":
                found = {k: v for k, v in found.items() if k.lower() != "content-length"}
            return reply.status, found, data
        finally:
            connection.close()

    return answer


# ------------------------------------------------------------------ ESearch


@dataclass
class ESearch:
    """A server that speaks ESearch's JSON: ids by the day an article came to PMC.

    `script`: answers `(status, body)` given first, in order. It hands out `most` ids a query.
    """

    days: dict[datetime.date, list[int]]
    most: int = 9_999
    script: list[tuple[int, bytes]] = field(default_factory=list)
    asked: list[tuple[float, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, path: str, query: str, headers: dict, body: bytes) -> Answer:
        fields = dict(urllib.parse.parse_qsl(query or body.decode()))
        self.asked.append((time.monotonic(), fields))
        if path != "/eutils/esearch.fcgi":
            return 404, {}, b"no such page"
        if self.script:
            status, said = self.script.pop(0)
            return status, {"Content-Type": "application/json"}, said
        ids = [
            number
            for day, numbers in sorted(self.days.items())
            if _within(day, fields)
            for number in numbers
        ]
        ids.sort(reverse=True)  # newest first, as ESearch does
        limit = min(int(fields.get("retmax", 20)), self.most)
        result = {
            "count": str(len(ids)),
            "retmax": str(min(limit, len(ids))),
            "retstart": "0",
            "idlist": [str(i) for i in ids[:limit]],
        }
        reply = {"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result}
        return 200, {"Content-Type": "application/json"}, json.dumps(reply).encode()


def _within(day: datetime.date, fields: dict[str, str]) -> bool:
    if fields.get("datetype") != "pmcrdat":
        return True
    low, high = (
        datetime.date(*map(int, fields[name].split("/"))) for name in ("mindate", "maxdate")
    )
    return low <= day <= high


@contextmanager
def esearch_server(days: dict[datetime.date, list[int]] | None = None, **more) -> Iterator[ESearch]:
    """An ESearch server; `url` is what a recipe's `eutils` takes."""
    search = ESearch(days or {}, **more)
    with Mirror(search.answer) as server:
        search.url = f"{server.url}/eutils"
        yield search


def plain_environment(**more: str) -> dict[str, str]:
    """The environment for a child process: no proxies, no AWS settings but those given."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith("AWS_") and not k.lower().endswith("_proxy")
    }
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", **more}
