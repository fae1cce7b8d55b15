"""One HTTP request to a model's server: connections kept, answers bounded, failures by name."""

from __future__ import annotations

import ipaddress
import random
from dataclasses import dataclass

import aiohttp
from yarl import URL

from llm_rewrite.asking.endpoint import ModelUnavailable, one_line
from llm_rewrite.asking.retrying import retry_after_s

_LARGEST_BODY = 16 * 2**20
_CONNECT_S = 15.0
_KEEP_ALIVE_S = 4.0  # vLLM closes idle connections after 5 s


class Failed(Exception):
    """A try that may do better next time; the message is `name: what happened`.

    `gone`: nobody listens there. `unreached`: nor was the model asked. `cut`: the answer was not
    whole when it went away. `overload`: the server has too much to do. `after_s`: how long it asked
    to be left alone.
    """

    def __init__(
        self,
        problem: str,
        *,
        gone: bool = False,
        cut: bool = False,
        unreached: bool = False,
        overload: bool = False,
        after_s: float | None = None,
    ) -> None:
        super().__init__(problem)
        self.gone, self.cut, self.unreached = gone, cut, unreached or gone
        self.overload, self.after_s = overload, after_s


@dataclass(frozen=True)
class Said:
    """What a server said; `after_s` is its Retry-After with a little added by chance."""

    status: int
    body: bytes
    after_s: float | None


class Connection:
    """Connections to one server, at most `most` at a time; an async context manager.

    Redirects are not followed, so that the key goes nowhere else. Proxies of the environment are
    used unless the server is on this machine. Raises `ModelUnavailable` where the address is none.
    """

    def __init__(self, endpoint: str, key: str, most: int) -> None:
        self._root, self._key, self._most = _address(endpoint), key, most
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Connection:
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._most, keepalive_timeout=_KEEP_ALIVE_S),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # none was asked for; a bomb would unfold before it is bounded
            trust_env=not _is_here(self._root),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    def move(self, endpoint: str) -> None:
        """Speak to another address from now on."""
        self._root = _address(endpoint)

    async def say(self, method: str, path: str, body: bytes | None, timeout_s: float) -> Said:
        """One request and its whole answer. Raises `Failed`."""
        assert self._session is not None, "the connection is not open"
        times = aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(_CONNECT_S, timeout_s))
        try:
            async with self._session.request(
                method, self._root / path, data=body, timeout=times, allow_redirects=False
            ) as response:
                said = await _bounded(response)
                header = response.headers.get("Retry-After")
                return Said(response.status, said, _spread(retry_after_s(header)))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Failed(f"unreached: {self._brief(error)}", gone=True) from None
        except TimeoutError:
            raise Failed(f"timeout: no answer within {timeout_s:g} s", overload=True) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Failed(f"cut: {self._brief(error)}", cut=True) from None

    def _brief(self, error: Exception) -> str:
        return one_line(str(error) or type(error).__name__, self._key)


def _address(endpoint: str) -> URL:
    try:
        address = URL(endpoint.rstrip("/"))
        if address.scheme in ("http", "https") and address.host:
            return address
    except ValueError:
        pass
    raise ModelUnavailable(f"{one_line(endpoint)!r} is no address; write it as http://host:8000/v1")


def _is_here(address: URL) -> bool:
    host = address.host or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """The whole body. Raises `Failed` for one that is too large."""
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > _LARGEST_BODY:
            raise Failed(f"bad_reply: the answer is over {_LARGEST_BODY >> 20} MiB")
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _spread(after_s: float | None) -> float | None:
    return None if after_s is None else after_s * random.uniform(1.0, 1.1)
