"""Asking a served model: any OpenAI-compatible endpoint, many requests at once, each paid for once.

A request goes to the journal first, then joins an equal one that is under way, and only then to
the server. What may pass (a refused or cut connection, no answer in time, 408, 409, 425, 429, 5xx,
a 200 without a completion) is tried again; what concerns one request (400, 413, 422 and the like)
becomes that request's `problem`, unless all of a task are refused; what concerns everybody raises a `ModelUnavailable`
(see `llm_rewrite.asking.endpoint`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import msgspec

from llm_rewrite.asking.connection import Connection, Failed
from llm_rewrite.asking.endpoint import (
    OVERLOADED,
    UNREACHED,
    BadReply,
    EndpointDown,
    EndpointRefused,
    ModelUnavailable,
    concerns_one,
    key_of,
    may_pass,
    message_of,
    one_line,
    read_completion,
    refused,
)
from llm_rewrite.asking.journal import Journal
from llm_rewrite.asking.pacing import Pace
from llm_rewrite.asking.pictures import BadPicture, data_uri
from llm_rewrite.asking.refusals import Refusals
from llm_rewrite.asking.retrying import wait_s
from llm_rewrite.asking.served import check_served
from llm_rewrite.asking.usage import Usage
from llm_rewrite.options import ModelOptions
from llm_rewrite.prompt import Request
from llm_rewrite.reply import Reply
from schemas.sample import Image

_FIRST_WAIT_S = 0.5
_GRACE_S = 5.0
# Requests in a row that ran out of tries while no other was answered: is the server gone? Where it
# cannot be reached a few tell; where it answers 500 or too late, it may be the requests' own fault.
_LOST_UNREACHED, _LOST_ANYHOW = 3, 20
_DEATHS = 3


class Client:
    """An async context manager; `ask` may be called by any number of coroutines of one loop.

    `endpoint` is the address up to `/v1`, `in_flight` the most requests at a time; less where the
    server does not bear them (see `llm_rewrite.asking.pacing`). `read_picture` is called in threads.
    `first_wait_s` is the wait after a first failure. `revive` is called in a thread when nobody
    listens at the address: it waits for the server to be up again and gives its address, which may
    be another one. Left early, the client gives requests that are with the server a few seconds to
    be answered and journaled.
    """

    def __init__(
        self,
        model: ModelOptions,
        endpoint: str,
        read_picture: Callable[[Image], bytes],
        journal: Journal,
        usage: Usage,
        in_flight: int,
        *,
        first_wait_s: float = _FIRST_WAIT_S,
        revive: Callable[[], str] | None = None,
    ) -> None:
        self.endpoint = endpoint.rstrip("/")
        self.pace = Pace(in_flight)
        self._model, self._key = model, key_of(model)
        self._connection = Connection(self.endpoint, self._key, in_flight)
        self._read_picture, self._journal, self._usage = read_picture, journal, usage
        self._first_wait_s, self._revive = first_wait_s, revive
        self._reviving: asyncio.Task[str] | None = None
        self._fetching: dict[str, asyncio.Task[Reply]] = {}
        self._refusals, self._suspects = Refusals(), asyncio.Lock()
        self._sent: set[asyncio.Task[Any]] = set()
        self._counted: set[str] = set()
        self._unavailable: ModelUnavailable | None = None
        self._lost = 0

    async def __aenter__(self) -> Client:
        await self._connection.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        fetching = set(self._fetching.values())
        for task in fetching - self._sent:
            task.cancel()
        if with_server := fetching & self._sent:
            await asyncio.wait(with_server, timeout=_GRACE_S)
        for task in fetching:
            task.cancel()
        await asyncio.gather(*fetching, return_exceptions=True)
        await self._connection.__aexit__()

    async def check(self) -> None:
        """Raises `ModelUnavailable` where the server is not there or does not serve the model."""
        await check_served(self._model, self.endpoint)

    async def ask(self, request: Request) -> Reply:
        """The reply to a request, from the journal where it is there.

        Raises `ModelUnavailable` where no request can be answered, or no answer be kept.
        """
        key = request.key
        reply = self._journal.get(key)
        if reply is not None:
            self._usage.of(request.task).journaled += 1
            for told in [] if reply.problem else self._refusals.answered(request.task):
                self._keep(*told)
        else:
            reply = await asyncio.shield(self._fetched(key, request))
        if key not in self._counted:
            self._counted.add(key)
            self._usage.count(request, reply)
        return reply

    def _fetched(self, key: str, request: Request) -> asyncio.Task[Reply]:
        """The task that fetches a reply: one for all who ask the same at the same time."""
        task = self._fetching.get(key)
        if task is None:
            task = asyncio.create_task(self._fetch(request))
            self._fetching[key] = task
            task.add_done_callback(lambda done: self._landed(key, done))
        return task

    def _landed(self, key: str, task: asyncio.Task[Reply]) -> None:
        self._fetching.pop(key, None)
        if not task.cancelled():
            task.exception()  # taken note of, even where nobody waits any more

    async def _fetch(self, request: Request) -> Reply:
        try:
            body = await self._body(request)
        except BadPicture as error:
            return Reply(problem=f"picture: {one_line(str(error))}")
        except OSError as error:
            return Reply(problem=f"picture: cannot be read: {one_line(str(error))}", passing=True)
        reply = await self._insisted(request, body)
        for told in [] if reply.passing else self._refusals.settled(request, reply):
            self._keep(*told)
        if self._refusals.of_all(request.task):
            raise self._everybodys(
                EndpointRefused(
                    f"{self.endpoint} refuses every request of {request.task}: {reply.problem}; "
                    "see the server's options and log, then run again"
                )
            )
        return reply

    def _keep(self, request: Request, reply: Reply) -> None:
        try:
            self._journal.put(request, reply)
        except OSError as error:  # going on would pay for answers that are lost with the run
            said = one_line(str(error))
            raise self._everybodys(ModelUnavailable(f"answers cannot be kept: {said}")) from None

    async def _body(self, request: Request) -> bytes:
        """The JSON body, its pictures read and made as large as the model wants them."""
        pictures = await asyncio.to_thread(self._pictures, request) if request.images else []
        return msgspec.json.encode(request.body(pictures))

    def _pictures(self, request: Request) -> list[str]:
        side, quality = request.model.image_side, request.model.image_quality
        return [data_uri(self._read_picture(image), side, quality) for image in request.images]

    async def _insisted(self, request: Request, body: bytes) -> Reply:
        """The reply after as many tries as the recipe allows.

        Of the requests that a server of ours had when it died one may be the cause: they are sent
        again one after the other, and one with which it died too often no more.
        """
        tries, deaths = request.model.retries + 1, 0
        for attempt in range(tries):
            try:
                async with self._suspects if deaths else nullcontext():
                    reply = await self._paced(request, body)
            except Failed as error:
                failed = error
            else:
                self._lost = 0
                return reply
            deaths += failed.cut and self._revive is not None
            if deaths >= _DEATHS or attempt == tries - 1:
                break
            await self._mended(failed, attempt)
        return self._given_up(failed, attempt + 1)

    async def _paced(self, request: Request, body: bytes) -> Reply:
        """One try, when it is its turn. Raises `Failed`, `ModelUnavailable`."""
        entered = await self.pace.enter()
        try:
            return await self._tried(request, body, entered)
        finally:
            self.pace.leave()

    async def _mended(self, failed: Failed, attempt: int) -> None:
        """Wait as long as it makes sense before the next try."""
        if failed.gone and self._revive is not None:
            if self._reviving is None:
                self._reviving = asyncio.create_task(asyncio.to_thread(self._revive))
            try:
                self.endpoint = await asyncio.shield(self._reviving)
            except ModelUnavailable as error:
                raise self._everybodys(error) from None
            finally:
                self._reviving = None
            self._connection.move(self.endpoint)
        if not failed.after_s:  # else the pace holds everybody back
            await asyncio.sleep(wait_s(attempt, self._first_wait_s))

    def _given_up(self, failed: Failed, tries: int) -> Reply:
        """A request's own problem, or everybody's, where for some time none was answered."""
        self._lost += 1
        if self._lost < (_LOST_UNREACHED if failed.unreached else _LOST_ANYHOW):
            return Reply(problem=f"{failed} ({tries} tries)", passing=True)
        raise self._everybodys(
            EndpointDown(
                f"{self.endpoint} does not answer: {failed} ({self._lost} requests, {tries} tries "
                "each); see whether the server runs, then run again"
            )
        )

    def _everybodys(self, error: ModelUnavailable) -> ModelUnavailable:
        self._unavailable = self._unavailable or error
        return self._unavailable

    async def _tried(self, request: Request, body: bytes, entered: int) -> Reply:
        """One try, counted. Raises `Failed`, `ModelUnavailable`."""
        if self._unavailable is not None:
            raise self._unavailable
        task, problem = asyncio.current_task(), "cancelled"
        assert task is not None
        self._sent.add(task)
        try:
            reply = await self._posted(request, body)
            problem = reply.problem
        except Failed as failed:
            problem = str(failed)
            if failed.after_s:
                self.pace.pause(failed.after_s)
            if failed.overload:
                self.pace.overloaded(entered)
            raise
        except ModelUnavailable:
            problem = "endpoint_refused"
            raise
        finally:
            self._sent.discard(task)
            self._usage.count_try(request.task, problem)
        self.pace.answered()
        return reply

    async def _posted(self, request: Request, body: bytes) -> Reply:
        """What the server makes of the request. Raises `Failed`, `ModelUnavailable`."""
        began, model = time.perf_counter(), request.model
        said = await self._connection.say("POST", "chat/completions", body, model.timeout_s)
        latency_s = time.perf_counter() - began
        if 200 <= said.status < 300:
            try:
                return read_completion(said.body, latency_s)
            except BadReply as error:
                raise Failed(f"bad_reply: {one_line(str(error), self._key)}") from None
        status, word = said.status, message_of(said.body, self._key)
        if concerns_one(status):
            return Reply(problem=f"http_{status}: {word}", latency_s=round(latency_s, 4))
        if not may_pass(status):
            raise self._everybodys(refused(self.endpoint, status, word))
        raise Failed(
            f"http_{status}: {word}",
            unreached=status in UNREACHED,
            overload=status in OVERLOADED,
            after_s=said.after_s,
        )
