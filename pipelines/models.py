"""The models that a recipe's tasks ask: checked before a run, opened in each worker.

A model is an OpenAI-compatible endpoint, a vLLM that this machine's processes share, or a folder
of batch files; tasks see one function `ask` and do not know which.
"""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from llm_rewrite.asking.endpoint import ModelUnavailable
from llm_rewrite.asking.journal import Journal
from llm_rewrite.asking.served import check_served
from llm_rewrite.asking.usage import Usage
from llm_rewrite.client import Client
from llm_rewrite.options import ModelOptions, TaskOptions
from llm_rewrite.prompt import Request
from llm_rewrite.reply import Reply
from llm_rewrite.serving.batch_files import BatchFolder, waiting_files
from llm_rewrite.serving.server import Server, ServerFailed, check_command, opened_server
from llm_rewrite.writing import Ask
from pipelines.errors import UserError
from schemas.sample import Image

_HOW = ("model", "endpoint", "serve", "batch", "api_key_env", "in_flight", "timeout_s", "retries")
_WIDEST = 1024


def check_models(options: Sequence[TaskOptions], reach: bool) -> None:
    """Raise `UserError` for a model that is not served, or a server that could not be started.

    `reach`: whether models are asked from this machine.
    """
    for one in _different(options):
        try:
            if one.serve and reach:
                check_command(one.serve)
            elif one.endpoint and reach:
                asyncio.run(check_served(one, one.endpoint))
            elif one.batch:
                os.makedirs(one.batch, exist_ok=True)
        except (ModelUnavailable, ServerFailed) as error:
            raise UserError(f"write: {error}") from None
        except OSError as error:
            raise UserError(f"write: batch: {one.batch}: {error.strerror}") from None


def prompts_waiting(options: Sequence[TaskOptions]) -> list[Path]:
    """Files of prompts that no batch job has answered yet."""
    folders = dict.fromkeys(one.batch for one in options if one.batch)
    return [path for folder in folders for path in waiting_files(Path(folder))]


def width_of(options: Sequence[TaskOptions]) -> int:
    """How many rows to have in work: twice what the widest model takes, so that it never waits."""
    return min(_WIDEST, 2 * max((one.in_flight for one in options), default=1))


@asynccontextmanager
async def opened_models(
    options: Sequence[TaskOptions],
    name: str,
    journal: Journal,
    usage: Usage,
    picture: Callable[[Image], bytes],
    processes: int = 1,
) -> AsyncIterator[Ask]:
    """One `ask` for all models of these tasks; `processes` share what a model takes at a time.

    Raises `ModelUnavailable`.
    """
    askers: dict[str, Ask] = {}
    async with AsyncExitStack() as stack:
        for one in _different(options):
            in_flight = max(1, -(-one.in_flight // max(1, processes)))
            if one.batch:
                folder = stack.enter_context(BatchFolder(one, name, journal, usage, picture))
                askers[_place(one)] = folder.ask
                continue
            if one.serve:
                server = _opened(one)
                stack.callback(server.close)
                await asyncio.to_thread(_revived, server)
                revive = functools.partial(_revived, server)
                client = Client(one, server.url, picture, journal, usage, in_flight, revive=revive)
            else:
                client = Client(one, one.endpoint, picture, journal, usage, in_flight)
            askers[_place(one)] = (await stack.enter_async_context(client)).ask

        async def ask(request: Request) -> Reply:
            return await askers[_place(request.model)](request)

        yield ask


def _opened(options: ModelOptions) -> Server:
    """The server that this machine's processes share, not waited for. Raises `ModelUnavailable`."""
    try:
        return opened_server(options)
    except ServerFailed as error:
        raise ModelUnavailable(str(error)) from None


def _revived(server: Server) -> str:
    """The server's address once it is up again. Raises `ModelUnavailable`."""
    try:
        return server.wait()
    except ServerFailed as error:
        raise ModelUnavailable(str(error)) from None


def _different(options: Sequence[TaskOptions]) -> list[TaskOptions]:
    return list({_place(one): one for one in options}.values())


def _place(options: ModelOptions) -> str:
    """What two tasks must have in common to share a client."""
    how = ("model", "batch") if options.batch else _HOW
    return options.model_dump_json(include=set(how))
