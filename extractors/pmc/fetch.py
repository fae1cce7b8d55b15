"""Reading files from any fsspec address with retries, back-off, MD5 checks and a resume cache."""

from __future__ import annotations

import functools
import hashlib
import os
import random
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import aiohttp
import fsspec
import msgspec
from fsspec.core import url_to_fs
from lxml import etree

# What asking again cannot mend.
_FINAL_ERRORS = (FileNotFoundError, PermissionError, IsADirectoryError, ImportError, TypeError)
_HTTP = ("http://", "https://")
_PASSING_STATUS = (408, 425, 429)
_SAME_WRONG_BYTES = 3
_LONGEST_WAIT_S = 60.0


class FetchError(OSError):
    """A file could not be read; `reason` is the drop reason, the message names file and cause."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Access(msgspec.Struct, frozen=True):
    """How to reach a mirror: where it is, how often to try, how long to wait.

    `storage` is a JSON object of fsspec options, as text so that an `Access` can be a key.
    """

    root: str
    anonymous: bool = False
    retries: int = 5
    timeout_s: float = 60.0
    storage: str = "{}"
    cache: str = ""


@functools.lru_cache(maxsize=32)
def _filesystem(
    root: str, options: bytes, timeout_s: float
) -> tuple[fsspec.AbstractFileSystem, str]:
    decoded = msgspec.json.decode(options)
    if root.startswith(_HTTP):
        decoded.setdefault("client_kwargs", {})["timeout"] = aiohttp.ClientTimeout(
            total=None, sock_connect=timeout_s, sock_read=timeout_s
        )
    fs, path = url_to_fs(root, **decoded)
    if root.startswith("s3://"):
        fs.retries = 1  # ours are enough; multiplied, one dead file would take an hour
    return fs, path.rstrip("/")


def storage_text(options: dict[str, object]) -> str:
    """fsspec options as `Access.storage` wants them."""
    return msgspec.json.encode(options, order="sorted").decode()


def filesystem(access: Access) -> tuple[fsspec.AbstractFileSystem, str]:
    """The fsspec file system of a mirror and the path of its root in it. Raises `FetchError`."""
    options = msgspec.json.decode(access.storage)
    if access.root.startswith("s3://"):
        options.setdefault("anon", access.anonymous)
        options.setdefault("max_concurrency", 1)  # else it asks for each file's size first
        once = {"max_attempts": 0, "mode": "standard"}
        times = {"connect_timeout": access.timeout_s, "read_timeout": access.timeout_s}
        options.setdefault("config_kwargs", {"retries": once, **times})
    try:
        encoded = msgspec.json.encode(options, order="sorted")
        return _filesystem(access.root, encoded, access.timeout_s)
    except ImportError as error:
        raise FetchError(
            "no_backend", f"{access.root}: {error}; install it with: pip install 'fabrica[cloud]'"
        ) from None
    except (ValueError, TypeError) as error:
        raise FetchError("no_backend", f"{access.root}: {brief(error)}") from None


def brief(error: BaseException) -> str:
    """An error of any library on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def rest_listing(access: Access, prefix: str, folders: bool = False) -> list[str] | None:
    """Keys (or, with `folders`, folder names) below a prefix by the S3 REST listing over HTTP.

    None where the server answers but offers no such listing. Raises `FetchError`.
    """
    found: list[str] = []
    token = ""
    while True:
        query = f"?list-type=2&prefix={quote(prefix, safe='')}"
        query += "&delimiter=%2F" if folders else ""
        query += f"&continuation-token={quote(token, safe='')}" if token else ""
        try:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            root = etree.fromstring(fetch(access, query), parser)
        except FetchError as error:
            if error.reason in ("file_missing", "fetch_refused"):
                return None
            raise
        except (etree.XMLSyntaxError, ValueError):
            return None
        if not str(root.tag).endswith("ListBucketResult"):
            return None
        path = "{*}CommonPrefixes/{*}Prefix" if folders else "{*}Contents/{*}Key"
        found += [element.text or "" for element in root.iterfind(path)]
        token = root.findtext("{*}NextContinuationToken") or ""
        if not token:
            return found


def fetch(access: Access, path: str, md5: str = "") -> bytes:
    """The bytes of `path` below the mirror's root, checked against `md5` where given.

    Tries again with exponential back-off and full jitter on passing faults, a wrong MD5 among
    them (a torn transfer looks like that). Raises `FetchError` in the end.
    """
    if cached := _from_cache(access, path, md5):
        return cached
    fs, root = filesystem(access)
    where = path
    if access.root.startswith(_HTTP) and not path.startswith("?"):
        where = quote(path)
    problem, reason = "", "fetch_failed"
    wrong: dict[str, int] = {}
    tries = access.retries + 1 if "://" in access.root else 1
    for attempt in range(tries):
        if attempt:
            time.sleep(random.uniform(0, min(_LONGEST_WAIT_S, 0.5 * 2**attempt)))
        try:
            data = fs.cat_file(f"{root}/{where}")
        except FileNotFoundError:
            raise FetchError("file_missing", f"{access.root}/{path} does not exist") from None
        except _FINAL_ERRORS as error:
            raise FetchError("fetch_failed", f"{path}: {brief(error)}") from None
        except Exception as error:  # Each backend has its own errors for a lost connection.
            problem, reason = brief(error), "fetch_failed"
            status = getattr(error, "status", None)
            if isinstance(status, int) and 400 <= status < 500 and status not in _PASSING_STATUS:
                raise FetchError("fetch_refused", f"{path}: HTTP {status}") from None
            continue
        found = hashlib.md5(data, usedforsecurity=False).hexdigest() if md5 else ""
        if found == md5.lower():
            _to_cache(access, path, data)
            return data
        problem, reason = f"MD5 is {found}, expected {md5}", "md5_mismatch"
        wrong[found] = wrong.get(found, 0) + 1
        if wrong[found] >= _SAME_WRONG_BYTES:
            break  # no torn transfer: the file is not what its metadata says
    raise FetchError(reason, f"{path}: {problem} (tries: {attempt + 1})")


def _cache_file(access: Access, path: str) -> Path:
    digest = hashlib.sha256(f"{access.root}\n{path}".encode()).hexdigest()
    return Path(access.cache) / digest[:2] / digest


def _from_cache(access: Access, path: str, md5: str) -> bytes | None:
    """A file fetched by an earlier, interrupted run; only one whose MD5 is known is trusted."""
    if not access.cache or not md5:
        return None
    try:
        data = _cache_file(access, path).read_bytes()
    except OSError:
        return None
    same = hashlib.md5(data, usedforsecurity=False).hexdigest() == md5.lower()
    return data if same else None


def _to_cache(access: Access, path: str, data: bytes) -> None:
    if not access.cache:
        return
    target = _cache_file(access, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.replace(name, target)
