"""PMC ids by an ESearch query (NCBI E-utilities), within NCBI's rate rules.

ESearch hands out 9,999 ids a query at most; a larger result is cut by date (`pmcrdat`, the
day an article came to PMC) until each part fits. 3 requests a second, 10 with an API key
(environment variable `NCBI_API_KEY`). https://www.ncbi.nlm.nih.gov/books/NBK25499/
"""

from __future__ import annotations

import datetime
import http.client
import json
import os
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator

from extractors.pmc.fetch import FetchError

_MOST = 9_999
_FIRST_DAY = datetime.date(2000, 1, 1)
_TRIES = 5
_TIMEOUT_S = 60.0


def search_ids(query: str, eutils: str, email: str = "") -> Iterator[str]:
    """`PMC<n>` for every article that the query finds, oldest first, each once."""
    session = _Session(eutils.rstrip("/"), query, email)
    count, ids = session.search(None)
    if count <= _MOST:
        yield from ids
        return
    seen: set[str] = set()
    for found in _by_date(session, _FIRST_DAY, datetime.date.today()):
        if found not in seen:
            seen.add(found)
            yield found


def _by_date(session: _Session, first: datetime.date, last: datetime.date) -> Iterator[str]:
    count, ids = session.search((first, last))
    if count <= _MOST:
        yield from ids
        return
    if first == last:
        raise FetchError(
            "query_too_large", f"ESearch finds {count:,} articles of {first}; narrow the query"
        )
    middle = first + (last - first) // 2
    yield from _by_date(session, first, middle)
    yield from _by_date(session, middle + datetime.timedelta(days=1), last)


class _Session:
    """Requests for one query, spaced as NCBI asks."""

    def __init__(self, eutils: str, query: str, email: str) -> None:
        if not eutils.startswith(("https://", "http://")):
            raise ValueError(f"eutils: {eutils!r} is no http address")
        self._url = f"{eutils}/esearch.fcgi"
        self._fixed = {"db": "pmc", "term": query, "retmode": "json", "tool": "fabrica"}
        if email:
            self._fixed["email"] = email
        self._key = os.environ.get("NCBI_API_KEY", "")
        self._gap_s = 0.1 if self._key else 0.34
        self._last = 0.0

    def search(self, days: tuple[datetime.date, datetime.date] | None) -> tuple[int, list[str]]:
        """How many articles match, and their ids (at most 9,999)."""
        fields = {**self._fixed, "retmax": str(_MOST)}
        if days:
            low, high = (day.strftime("%Y/%m/%d") for day in days)
            fields |= {"datetype": "pmcrdat", "mindate": low, "maxdate": high}
        if self._key:
            fields["api_key"] = self._key
        reply = self._ask(urllib.parse.urlencode(fields).encode())
        try:
            result = json.loads(reply, strict=False)["esearchresult"]
            if "ERROR" in result:
                words = " ".join(str(result["ERROR"]).split())
                raise FetchError("query_refused", f"ESearch: {words}")
            count, ids = int(result["count"]), [f"PMC{int(i)}" for i in result["idlist"]]
        except (ValueError, KeyError, TypeError):
            raise FetchError("query_failed", "ESearch: the reply is no ESearch result") from None
        if len(ids) < min(count, _MOST):
            raise FetchError("query_failed", f"ESearch: {len(ids)} ids given of {count} counted")
        return count, ids

    def _ask(self, body: bytes) -> bytes:
        problem = ""
        for attempt in range(_TRIES):
            pause = self._last + self._gap_s - time.monotonic()
            backoff = random.uniform(0, 2.0**attempt) if attempt else 0.0
            time.sleep(max(0.0, pause, backoff))
            try:
                with urllib.request.urlopen(  # noqa: S310 - the scheme is checked
                    self._url, data=body, timeout=_TIMEOUT_S
                ) as reply:
                    return reply.read()
            except urllib.error.HTTPError as error:
                problem = f"HTTP {error.code}"
                if error.code not in (429, 500, 502, 503, 504):
                    break
            except (OSError, http.client.HTTPException) as error:
                problem = " ".join(str(getattr(error, "reason", error)).split())
            finally:
                self._last = time.monotonic()
        raise FetchError("query_failed", f"ESearch at {self._url}: {problem}")
