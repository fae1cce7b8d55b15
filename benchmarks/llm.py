"""How near our client comes to the ideal closed loop against a server of fixed capacity.

    python -m benchmarks.llm [--requests 1500] [--window 64] [--rounds 5] [--json]

The server is a process of its own. It works on as many requests at once as the window is wide, and
takes a time for each that is lognormal with a heavy tail (median 0.1 s, 99th percentile 0.8 s) and
the same in every run. Three ways to send the same requests, in turn, several times:

    ideal     so many bare connections, each sending bytes made before as soon as it has an answer
    ours      `window.slide` over `Client.ask`, with its journal on disk
    gather    batches as wide as the window, each waited for as a whole before the next, as Beam's
              VLLM model handler does; with our client, and a quarter of the requests

`efficiency` and `gather_efficiency` are their medians of requests/s divided by the ideal's. The
clock stops when all but a last window's worth of answers are there, for at the end there is nothing
more to send and one slow answer would hide what came before. Then the client alone: requests/s and
CPU time against a server that answers at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from llm_rewrite.asking.journal import Journal
from llm_rewrite.asking.usage import Usage
from llm_rewrite.asking.window import slide
from llm_rewrite.client import Client
from llm_rewrite.options import ModelOptions
from llm_rewrite.prompt import Part, Prompt, Request, system_text, user_text
from schemas.sample import Image

_MODEL = ModelOptions(model="tiny")
_SCHEMA = {"type": "object", "properties": {"caption": {"type": "string"}}, "required": ["caption"]}
_INSTRUCTIONS = "Rewrite the caption of a medical figure. Keep every finding and number. " * 10
_CAPTION = (
    "Axial contrast-enhanced CT of patient {0} shows a {1} mm mass in the upper pole of the left "
    "kidney (arrow), with calcification and no enlarged lymph nodes. Scale bar, 2 cm. "
)
Way = Callable[[str, Sequence[Request], int], Coroutine[Any, Any, float]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--window", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.window < 1 or options.rounds < 1 or options.requests < 2 * options.window:
        parser.error("--requests has to be twice --window at least")
    found = measure(options.requests, options.window, options.rounds)
    if options.json:
        print(json.dumps(found))
        return
    print(f"{options.requests} requests, window and capacity {options.window}")
    for way in ("ideal", "ours", "gather"):
        share = found.get({"ours": "efficiency", "gather": "gather_efficiency"}.get(way, ""), 1.0)
        print(f"{way:8}{found[f'{way}_requests_per_s']:8.1f} requests/s   {share:.3f} of the ideal")
    print(
        f"a server that answers at once: {found['hot_requests_per_s']:.0f} requests/s by our client"
    )
    print(f"    {found['hot_cpu_ms']:.2f} ms of its CPU a request")
    print(f"    {found['hot_ideal_requests_per_s']:.0f} requests/s by the bare connections")


def measure(requests: int, window: int, rounds: int) -> dict[str, float]:
    """All figures; rates are requests per second."""
    asked = [_request(number) for number in range(requests)]
    rates = _alternated(asked, window, rounds)
    ideal, ours, gather = (statistics.median(rates[way]) for way in ("ideal", "ours", "gather"))
    found = {
        "efficiency": ours / ideal,
        "gather_efficiency": gather / ideal,
        "requests_per_s": ours,
        "ideal_requests_per_s": ideal,
        "ours_requests_per_s": ours,
        "gather_requests_per_s": gather,
    }
    return {name: round(value, 4) for name, value in {**found, **_hot(asked, window)}.items()}


def _alternated(asked: Sequence[Request], window: int, rounds: int) -> dict[str, list[float]]:
    ways: dict[str, tuple[Way, Sequence[Request]]] = {
        "ideal": (_bare, asked),
        "ours": (_ours, asked),
        "gather": (_gathered, asked[: max(2 * window, len(asked) // 4)]),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    with _server(window, 0.1, 0.8) as url:
        for _ in range(rounds):
            for name, (way, some) in ways.items():
                rates[name].append(asyncio.run(way(url, some, window)))
    return rates


def _hot(asked: Sequence[Request], window: int) -> dict[str, float]:
    """The client's own speed: nothing to wait for but the server's and its own work."""
    ours, bare, cpu = [], [], []
    with _server(4096, 0.0) as url:
        for _ in range(3):
            bare.append(asyncio.run(_bare(url, asked, window)))
            before = time.process_time()
            ours.append(asyncio.run(_ours(url, asked, window)))
            cpu.append(1000 * (time.process_time() - before) / len(asked))
    return {
        "hot_requests_per_s": statistics.median(ours),
        "hot_cpu_ms": statistics.median(cpu),
        "hot_ideal_requests_per_s": statistics.median(bare),
    }


def _request(number: int) -> Request:
    caption = (_CAPTION * 4).format(number, 5 + number % 60)
    prompt = Prompt((Part("caption", caption, "text:0"),), "Rewrite the caption.")
    return Request(
        task="rewrite_caption",
        prompt_id="rewrite_caption/1-00000000",
        model=_MODEL,
        system=system_text(_INSTRUCTIONS, _SCHEMA),
        user=user_text(prompt),
        schema=_SCHEMA,
    )


@contextmanager
def _server(capacity: int, *latency_s: float) -> Iterator[str]:
    """A server in a process of its own; gives its address."""
    told = ["--port", "0", "--capacity", str(capacity), "--latency", *map(str, latency_s)]
    command = [sys.executable, "-m", "benchmarks.model_server", *told]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


class _Clock:
    """Answers a second until `most` have come."""

    def __init__(self, most: int) -> None:
        self._most, self._count, self._rate = most, 0, 0.0
        self._began = time.perf_counter()

    def tick(self, *_: object) -> None:
        self._count += 1
        if self._count == self._most:
            self._rate = self._most / (time.perf_counter() - self._began)

    @property
    def rate(self) -> float:
        assert self._rate, "too few answers for the window"
        return self._rate


async def _bare(url: str, asked: Sequence[Request], window: int) -> float:
    """The rate of bare connections, bytes made before and answers thrown away."""
    bodies = [msgspec.json.encode(request.body()) for request in asked]
    place = urlsplit(url)
    head = (
        f"POST {place.path}/chat/completions HTTP/1.1\r\nHost: {place.netloc}\r\n"
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n"
    )
    messages = iter([head.format(len(body)).encode() + body for body in bodies])
    clock = _Clock(len(asked) - window)

    async def loop() -> None:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        for message in messages:
            writer.write(message)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = answer.partition(b"content-length:")[2].partition(b"\r\n")[0]
            assert answer.startswith(b"http/1.1 200"), answer
            await reader.readexactly(int(length))
            clock.tick()
        writer.close()

    await asyncio.gather(*(loop() for _ in range(window)))
    return clock.rate


async def _ours(url: str, asked: Sequence[Request], window: int) -> float:
    """The rate of the client with a sliding window."""
    with tempfile.TemporaryDirectory() as folder:
        async with _client(url, folder, window) as client:
            clock = _Clock(len(asked) - window)
            replies = await slide(asked, client.ask, window, clock.tick)
    assert not any(reply.problem for reply in replies)
    return clock.rate


async def _gathered(url: str, asked: Sequence[Request], window: int) -> float:
    """The rate of the client when each batch is waited for."""
    with tempfile.TemporaryDirectory() as folder:
        async with _client(url, folder, window) as client:
            clock = _Clock(len(asked) - window)
            for first in range(0, len(asked), window):
                for _ in await asyncio.gather(*map(client.ask, asked[first : first + window])):
                    clock.tick()
    return clock.rate


@asynccontextmanager
async def _client(url: str, folder: str, window: int) -> AsyncIterator[Client]:
    with closing(Journal(folder, "benchmark")) as journal:
        async with Client(_MODEL, url, _no_picture, journal, Usage(), window) as client:
            yield client


def _no_picture(image: Image) -> bytes:
    raise FileNotFoundError(image.path)


if __name__ == "__main__":
    main()
