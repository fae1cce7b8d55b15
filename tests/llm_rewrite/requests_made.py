"""What tests of the client have in common: requests, a client against a server of ours, a journal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from llm_rewrite.asking.journal import Journal
from llm_rewrite.asking.usage import Usage
from llm_rewrite.asking.window import slide
from llm_rewrite.client import Client
from llm_rewrite.options import ModelOptions
from llm_rewrite.prompt import Part, Prompt, Request, system_text, user_text
from llm_rewrite.reply import Reply
from schemas.sample import Image

MODEL = ModelOptions(model="tiny", retries=4, timeout_s=20)
SCHEMA = {"type": "object", "properties": {"caption": {"type": "string"}}, "required": ["caption"]}


def request_of(text: str | int, model: ModelOptions = MODEL, **more: Any) -> Request:
    """A request whose answer, from our server, is its text."""
    prompt = Prompt((Part("caption", f"Figure {text}.", "text:0"),), "Rewrite the caption.")
    return Request(
        task="rewrite_caption",
        prompt_id="rewrite_caption/1-00000000",
        model=model,
        system=system_text("Rewrite the caption.", SCHEMA),
        user=user_text(prompt),
        schema=SCHEMA,
        **more,
    )


def content_of(text: str | int) -> str:
    """What our server answers to `request_of(text)`."""
    return f'{{"caption": "Figure {text}."}}'


def no_picture(image: Image) -> bytes:
    raise FileNotFoundError(image.path)


class Session:
    """One client's life: `asked` starts it, sends through a sliding window, and ends it."""

    def __init__(self, url: str, folder: Path, in_flight: int = 16, **more: Any) -> None:
        self.url, self.folder, self.in_flight = url, str(folder), in_flight
        self.more = {"first_wait_s": 0.02, **more}
        self.usage = Usage()

    def run(self, work: Callable[[Client], Awaitable[Any]], model: ModelOptions = MODEL) -> Any:
        async def whole() -> Any:
            journal = Journal(self.folder, "part-00000")
            picture = self.more.pop("picture", no_picture)
            try:
                async with Client(
                    model, self.url, picture, journal, self.usage, self.in_flight, **self.more
                ) as client:
                    return await work(client)
            finally:
                journal.close()

        return asyncio.run(whole())

    def asked(self, requests: Sequence[Request], width: int = 0) -> list[Reply]:
        model = requests[0].model
        return self.run(lambda c: slide(requests, c.ask, width or 2 * self.in_flight), model)


def everything_in(folder: Path) -> str:
    """All text of all files below a folder."""
    return "".join(p.read_text("utf-8") for p in sorted(folder.rglob("*")) if p.is_file())


def contents(replies: Sequence[Reply]) -> list[str]:
    """The answers' texts; none may have a problem."""
    assert not [r for r in replies if r.problem]
    return [r.content for r in replies]


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)
