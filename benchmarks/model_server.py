"""A real local HTTP server that speaks the OpenAI chat protocol and fails when told to.

    with model_server(answer=..., capacity=64, latency_s=(0.01, 0.05)) as server:
        server.url        ends with /v1: what a recipe's `endpoint` takes
        server.fail(Fault("status", status=429, headers={"Retry-After": "1"}), times=3)
        server.fail(Fault("hold"), when=lambda asked: asked.number >= 25)
        server.release()  what is held is answered now
        server.heal()     no more faults, and `release`
        server.stop()     as if it had died: connections are cut, new ones refused
        server.start()    at the same address again
        server.counts     how often each request came, by `key_of(body)`
        server.answered   how often each was answered whole with status 200
        server.asked      every request in order: `number, key, body, headers`
        server.gone       requests whose client went away before the answer
        server.most_at_once

    python -m benchmarks.model_server [--port 8000] [--capacity 64] [--latency 0.2 2.0]

`answer` is a function from the request's body to the answer's text; `invented_answer`, the default,
fits the request's schema and is made of the texts it was given. `capacity` requests are worked on
at once, others queue. `latency_s` is a number of seconds, or the median and the 99th percentile of
a lognormal distribution drawn by the request's key, so that each request takes the same time in
every run. Tokens are words; `cached_tokens` those of the system message. `GET /v1/models`,
`/health` and `/counts` answer as well.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from benchmarks.chat_protocol import (
    Latency,
    assistant,
    completion,
    cut_in_half,
    error_response,
    key_of,
    seconds_for,
)
from benchmarks.invented_answers import CannotFill, invented_answer

FOREVER = 10**9
Answer = Callable[[dict[str, Any]], str]

_LARGEST_BODY = 256 * 2**20


@dataclass(frozen=True)
class Fault:
    """What the server does in place of its answer; `kind` is one of

    `status` (with `status`, `headers` and `text` as the error's message), `slow` (answers
    `seconds` later), `hold` (answers after `release`), `hang` (never answers), `reset` (the
    connection is cut before, `cut` in the middle of the body), `body` (200 with `text` as the whole
    body), `content` (a proper answer whose content is `text`), `finish` (with `text` as
    finish_reason), `message` (with the JSON object `text` as message), `huge` (200 with a body of
    `size` bytes).
    """

    kind: str
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    seconds: float = 0.0
    size: int = 64 * 2**20


@dataclass(frozen=True)
class Asked:
    """One chat request: its number from 0 on, the hash of its messages, its body and headers."""

    number: int
    key: str
    body: dict[str, Any]
    headers: Mapping[str, str]


When = Callable[[Asked], bool]


class ModelServer:
    """The server, a context manager; see the module. Runs in a thread of its own.

    Its port on 127.0.0.1 is free to choose unless given. `remember`: whether `asked` is filled.
    """

    def __init__(
        self,
        answer: Answer = invented_answer,
        capacity: int = 1024,
        latency_s: Latency = 0.0,
        models: tuple[str, ...] = ("tiny",),
        port: int = 0,
        remember: bool = True,
    ) -> None:
        self.answer, self.latency_s, self.models = answer, latency_s, models
        self.asked: list[Asked] = []
        self.counts: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.gone: list[Asked] = []
        self.most_at_once = self.at_once = self.total = 0
        self.port, self.capacity, self._remember = port, capacity, remember
        self._faults: list[tuple[Fault, When, int]] = []
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None
        self._gate = asyncio.Event()
        self._places = asyncio.Semaphore(capacity)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> ModelServer:
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.heal()
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def start(self) -> None:
        """Listen; at the same port as before."""
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(20)

    def stop(self) -> None:
        """Cut all connections and listen no more."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(20)

    def fail(self, fault: Fault, times: int = FOREVER, when: When = lambda asked: True) -> None:
        """The next `times` requests for which `when` holds meet this fault."""
        with self._lock:
            self._faults.append((fault, when, times))

    def release(self) -> None:
        """Answer what is held; only a new fault holds again."""
        with self._lock:
            self._faults = [entry for entry in self._faults if entry[0].kind != "hold"]
            gate, self._gate = self._gate, asyncio.Event()
        self._loop.call_soon_threadsafe(gate.set)

    def heal(self) -> None:
        """No more faults; what is held is answered."""
        with self._lock:
            self._faults.clear()
        self.release()

    async def _start(self) -> None:
        if self._runner is not None:
            return
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._list)
        app.router.add_get("/health", self._health)
        app.router.add_get("/counts", self._tell)
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, backlog=4096, reuse_address=True)
        await site.start()
        self.port = int(runner.addresses[0][1])
        self._runner = runner

    async def _stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is None:
            return
        if runner.server is not None:
            for handler in list(runner.server.connections):
                if handler.transport is not None:
                    handler.transport.abort()
        await runner.cleanup()

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response()

    async def _list(self, _: web.Request) -> web.Response:
        data = [{"id": name, "object": "model"} for name in self.models]
        return web.json_response({"object": "list", "data": data})

    async def _tell(self, _: web.Request) -> web.Response:
        told = {
            "asked": self.total,
            "distinct": len(self.counts),
            "answered": self.answered.total(),
            "gone": len(self.gone),
            "most_at_once": self.most_at_once,
        }
        return web.json_response(told)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        try:
            body = json.loads(await request.read())
        except ValueError as error:
            return error_response(400, f"the body is not JSON: {error}")
        asked = self._noted(body, request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answered(request, asked)
        except asyncio.CancelledError:
            self.gone.append(asked)
            raise
        finally:
            self.at_once -= 1

    def _noted(self, body: dict[str, Any], request: web.Request) -> Asked:
        asked = Asked(self.total, key_of(body), body, dict(request.headers))
        self.total += 1
        self.counts[asked.key] += 1
        if self._remember:
            self.asked.append(asked)
        return asked

    def _fault(self, asked: Asked) -> Fault | None:
        with self._lock:
            for place, (fault, when, left) in enumerate(self._faults):
                if left > 0 and when(asked):
                    self._faults[place] = (fault, when, left - 1)
                    return fault
        return None

    async def _answered(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        gate = self._gate  # before the fault is looked up, else a release could be missed
        fault = self._fault(asked) or Fault("")
        if fault.kind == "status":
            return error_response(fault.status, fault.text or "a fault on purpose", fault.headers)
        if fault.kind == "reset" and request.transport is not None:
            request.transport.abort()
            return web.Response()
        if fault.kind == "hang":
            await asyncio.Event().wait()
        if fault.kind == "hold":
            await gate.wait()
        async with self._places:
            await asyncio.sleep(seconds_for(asked.key, self.latency_s) + fault.seconds)
        return await self._sent(request, asked, fault)

    async def _sent(self, request: web.Request, asked: Asked, fault: Fault) -> web.StreamResponse:
        if fault.kind == "huge":
            return web.Response(body=b" " * fault.size, content_type="application/json")
        if fault.kind == "body":
            return web.Response(text=fault.text, content_type="application/json")
        try:
            content = fault.text if fault.kind == "content" else self.answer(asked.body)
        except CannotFill as error:
            return error_response(400, str(error))
        message = json.loads(fault.text) if fault.kind == "message" else assistant(content)
        finish = fault.text if fault.kind == "finish" else "stop"
        whole = json.dumps(completion(asked.body, message, finish)).encode()
        if fault.kind == "cut":
            return await cut_in_half(request, whole)
        self.answered[asked.key] += 1
        return web.Response(body=whole, content_type="application/json")


model_server = ModelServer  # as a context manager it reads better so


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--port", type=int, default=8000, help="0: any that is free")
    parser.add_argument("--capacity", type=int, default=64)
    parser.add_argument("--latency", type=float, nargs="+", default=[0.0], metavar="SECONDS")
    parser.add_argument("--model", action="append", default=[], help="a name it is served by")
    options = parser.parse_args()
    latency: Latency = options.latency[0]
    if len(options.latency) == 2:
        latency = (options.latency[0], options.latency[1])
    models = tuple(options.model) or ("tiny",)
    with ModelServer(
        capacity=options.capacity,
        latency_s=latency,
        models=models,
        port=options.port,
        remember=False,
    ) as server:
        try:
            print(server.url, flush=True)
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
